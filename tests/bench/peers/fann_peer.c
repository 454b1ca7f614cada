/* A training step on FANN, in its batch mode: fann_train_epoch over one minibatch. Its numbers are its own:

   - FANN 2.2 has no ReLU; the nearest is FANN_LINEAR_PIECE, a straight line cut off below 0 and above 1, whose
     derivative FANN takes as 1 everywhere. The output is linear.
   - its gradient is (target - output) without our factor 2 / (rows * outputs); the learning rate is scaled to ours
     (FANN divides by the number of rows itself). Its errors are clipped nowhere (FANN_ERRORFUNC_LINEAR).
   - the rows of a minibatch are taken as pointers into the data, which saves it the gather.
   - it starts from theta's weights, and theta is written back, but does not match.
   FANN has no vector code and allocates nothing in the loop. Float64 is its library doublefann, float32 floatfann. */
#define JOIN(a, b) a##b
#define CHOOSE(type) JOIN(PICK_, type)
#define PICK_double 2
#define PICK_float 1
#if CHOOSE(REAL) == 2
#include <doublefann.h>
#else
#include <floatfann.h>
#endif
#include <stdlib.h>

double train(int layer_cnt, const int *widths, int rows, int data_rows, const REAL *x, const REAL *y, const long *order,
             long steps, REAL *theta, double learning_rate) {
    const int inputs = widths[0], outputs = widths[layer_cnt];
    unsigned sizes[layer_cnt + 1];
    for (int n = 0; n <= layer_cnt; n++)
        sizes[n] = widths[n];
    struct fann *net = fann_create_standard_array(layer_cnt + 1, sizes);
    fann_set_training_algorithm(net, FANN_TRAIN_BATCH);
    fann_set_train_error_function(net, FANN_ERRORFUNC_LINEAR);
    fann_set_activation_function_hidden(net, FANN_LINEAR_PIECE);
    fann_set_activation_function_output(net, FANN_LINEAR);
    fann_set_activation_steepness_hidden(net, 1);
    fann_set_activation_steepness_output(net, 1);
    fann_set_learning_rate(net, 2 * learning_rate / outputs);

    REAL *from = theta;                         /* FANN keeps, neuron by neuron, the weights of its inputs and bias */
    fann_type *to = net->weights;
    for (int n = 0; n < layer_cnt; from += (widths[n] + 1L) * widths[n + 1], n++)
        for (int o = 0; o < widths[n + 1]; o++)
            for (int i = 0; i <= widths[n]; i++)
                *to++ = from[(long)i * widths[n + 1] + o];

    struct fann_train_data minibatch = {0};
    minibatch.num_data = rows, minibatch.num_input = inputs, minibatch.num_output = outputs;
    minibatch.input = malloc(rows * sizeof(fann_type *));
    minibatch.output = malloc(rows * sizeof(fann_type *));
    double loss = 0;
    for (long step = 0; step < steps; step++, order += rows) {
        for (int r = 0; r < rows; r++) {
            minibatch.input[r] = (fann_type *)x + order[r] * inputs;
            minibatch.output[r] = (fann_type *)y + order[r] * outputs;
        }
        loss = fann_train_epoch(net, &minibatch);
    }
    from = theta, to = net->weights;
    for (int n = 0; n < layer_cnt; from += (widths[n] + 1L) * widths[n + 1], n++)
        for (int o = 0; o < widths[n + 1]; o++)
            for (int i = 0; i <= widths[n]; i++)
                from[(long)i * widths[n + 1] + o] = *to++;
    free(minibatch.input), free(minibatch.output);
    fann_destroy(net);
    (void)data_rows;
    return loss;
}
