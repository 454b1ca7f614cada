/* A training step on OpenBLAS: gemm for every product, the rest in plain loops.

   Row-major arrays as they are. The bias is added in the loop that applies ReLU, its gradient summed in the loop that
   masks. The output's gradient is multiplied
   by -learning_rate, hence every gradient is, and the update is one product added in place, in theta itself. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#define JOIN(a, b) a##b
#define FOR_TYPE(type, name) JOIN(FOR_, type)(name)
#define FOR_double(name) cblas_d##name
#define FOR_float(name) cblas_s##name
#define gemm FOR_TYPE(REAL, gemm)

extern void openblas_set_num_threads(int);

static int threads = 1;
void set_threads(int wanted) { threads = wanted; }

typedef struct { int in, out; REAL *w, *b, *h, *g; } layer;

static REAL *reals(long count) { return aligned_alloc(64, (count * sizeof(REAL) + 63) / 64 * 64); }

double train(int layer_cnt, const int *widths, int rows, int data_rows, const REAL *x, const REAL *y, const long *order,
             long steps, REAL *theta, double learning_rate) {
    const int inputs = widths[0], outputs = widths[layer_cnt];
    REAL *mb_x = reals((long)rows * inputs);
    layer layers[layer_cnt], *last = layers + layer_cnt - 1;
    for (int n = 0; n < layer_cnt; n++) {
        layer *l = layers + n;
        l->in = widths[n], l->out = widths[n + 1];
        l->w = theta, l->b = theta + (long)l->in * l->out, theta = l->b + l->out;
        l->h = reals((long)rows * l->out), l->g = reals((long)rows * l->out);
    }
    openblas_set_num_threads(threads);
    const REAL scale = -learning_rate * 2 / ((double)rows * outputs);
    double loss = 0;
    for (long step = 0; step < steps; step++, order += rows) {
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < inputs; i++)
                mb_x[(long)r * inputs + i] = x[order[r] * inputs + i];
        const REAL *below = mb_x;
        for (layer *l = layers; l <= last; below = l++->h) {
            const int in = l->in, out = l->out;
            gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, out, in, 1, below, in, l->w, out, 0, l->h, out);
            const REAL *restrict b = l->b;
            for (int r = 0; r < rows && l < last; r++) {
                REAL *restrict h = l->h + (long)r * out;
                for (int o = 0; o < out; o++)
                    h[o] = h[o] + b[o] > 0 ? h[o] + b[o] : 0;
            }
        }
        REAL sum = 0;
        for (int r = 0; r < rows; r++) {
            const REAL *restrict h = last->h + (long)r * outputs, *restrict t = y + order[r] * outputs;
            const REAL *restrict b = last->b;
            REAL *restrict g = last->g + (long)r * outputs;
            for (int o = 0; o < outputs; o++) {
                REAL difference = h[o] + b[o] - t[o];
                sum += difference * difference;
                g[o] = difference * scale;
            }
        }
        loss = (double)sum / ((double)rows * outputs);
        for (layer *l = last; l >= layers; l--) {
            const int in = l->in, out = l->out;
            const REAL *h = l > layers ? l[-1].h : mb_x;
            if (l > layers) {
                gemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, in, out, 1, l->g, out, l->w, out, 0, l[-1].g, in);
                REAL *restrict g = l[-1].g;
                for (int i = 0, n = rows * in; i < n; i++)
                    g[i] = h[i] > 0 ? g[i] : 0;
            }
            gemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, out, rows, 1, h, in, l->g, out, 1, l->w, out);
            REAL *restrict b = l->b;
            for (int r = 0; r < rows; r++) {
                const REAL *restrict g = l->g + (long)r * out;
                for (int o = 0; o < out; o++)
                    b[o] += g[o];
            }
        }
    }
    for (layer *l = layers; l <= last; l++)
        free(l->h), free(l->g);
    free(mb_x);
    return loss;
}
