/* The network of the lecture in plain C99: matrices, forward, gradients, update, the three losses. */
#ifndef NETWORK_H
#define NETWORK_H

/* A matrix or a view of one: entry (i, j) is at[i * down + j * right]. */
typedef struct {
    int rows, columns, down, right;
    double *at;
} Matrix;

/* layer k is w[k], b[k]; the last of the `count` layers is the output layer */
typedef struct {
    int count;
    Matrix *w, *b;
} Network;

extern int float32;                 /* round every result to float32, not to float64 */

double rounded(double x);
Matrix matrix(int rows, int columns);                   /* zeros */
Matrix transposed(Matrix a);                            /* a view */
double *entry(Matrix a, int i, int j);
int same_shape(Matrix a, Matrix b);

Matrix product(Matrix a, Matrix b);
Matrix add_row(Matrix a, Matrix row);                   /* changes and returns a */
Matrix relu(Matrix a);

int fits(Network net, Matrix x);
void forward(Network net, Matrix *hidden, Matrix *output);      /* hidden[0] is x; fills hidden[1..count-1] */
void gradients(Network net, Matrix *hidden, Matrix G_output, Matrix *G_w, Matrix *G_b, Matrix *G_hidden);
void update(Network net, double rate, Matrix *G_w, Matrix *G_b);

/* "regression", "binary", "select": the loss, and its gradient in G_output (an array of the shape of output) */
double loss(const char *problem, Matrix output, Matrix y, Matrix G_output);

#endif
