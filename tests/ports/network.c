/* Sums are made in blocks of 256 terms, each a chain of fma: then even the last bit is prescribed (stage `bits`).
   A port that does not care for `bits` sums as it likes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "network.h"

enum { BLOCK = 256 };

int float32 = 0;

static double multiply_add(double a, double b, double c) {
    return float32 ? fmaf((float)a, (float)b, (float)c) : fma(a, b, c);
}

double rounded(double x) { return float32 ? (float)x : x; }

Matrix matrix(int rows, int columns) {
    Matrix a = {rows, columns, columns, 1, calloc((size_t)rows * columns + 1, sizeof(double))};
    if (!a.at) abort();
    return a;
}

Matrix transposed(Matrix a) {
    Matrix view = {a.columns, a.rows, a.right, a.down, a.at};
    return view;
}

double *entry(Matrix a, int i, int j) { return &a.at[i * a.down + j * a.right]; }

int same_shape(Matrix a, Matrix b) { return a.rows == b.rows && a.columns == b.columns; }

/* The sum of a[i][p] b[p][j] over p. */
static double dot(Matrix a, Matrix b, int i, int j) {
    double total = 0;
    for (int begin = 0; begin < a.columns; begin += BLOCK) {
        double sum = 0;
        for (int p = begin; p < a.columns && p < begin + BLOCK; p++)
            sum = multiply_add(*entry(a, i, p), *entry(b, p, j), sum);
        total = begin ? rounded(total + sum) : sum;
    }
    return total;
}

Matrix product(Matrix a, Matrix b) {
    Matrix c = matrix(a.rows, b.columns);
    for (int i = 0; i < c.rows; i++)
        for (int j = 0; j < c.columns; j++) *entry(c, i, j) = dot(a, b, i, j);
    return c;
}

Matrix add_row(Matrix a, Matrix row) {
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < a.columns; j++) *entry(a, i, j) = rounded(*entry(a, i, j) + *entry(row, 0, j));
    return a;
}

Matrix relu(Matrix a) {
    Matrix c = matrix(a.rows, a.columns);
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < a.columns; j++) {
            double z = *entry(a, i, j);
            *entry(c, i, j) = z <= 0 ? 0 : z;           /* NaN passes, -0 becomes +0 */
        }
    return c;
}

static double sign(double h) { return h > 0 ? 1 : h < 0 ? -1 : h; }

static Matrix sum_of_rows(Matrix a) {
    Matrix ones = matrix(1, a.rows);
    for (int i = 0; i < a.rows; i++) ones.at[i] = 1;
    Matrix sum = product(ones, a);                      /* fma(1, a, s) is s + a */
    free(ones.at);
    return sum;
}

int fits(Network net, Matrix x) {
    int inputs = x.columns;
    for (int k = 0; k < net.count; k++) {
        if (net.w[k].rows != inputs || net.b[k].rows != 1 || net.b[k].columns != net.w[k].columns) return 0;
        inputs = net.w[k].columns;
    }
    return net.count > 0;
}

void forward(Network net, Matrix *hidden, Matrix *output) {
    for (int k = 0; k < net.count; k++) {
        Matrix sum = add_row(product(hidden[k], net.w[k]), net.b[k]);
        if (k == net.count - 1) {
            *output = sum;
        } else {
            hidden[k + 1] = relu(sum);
            free(sum.at);
        }
    }
}

/* G_hidden[k] is the gradient of hidden[k]; G_hidden[0], that of x, is not multiplied by a sign. */
void gradients(Network net, Matrix *hidden, Matrix G_output, Matrix *G_w, Matrix *G_b, Matrix *G_hidden) {
    Matrix D = G_output;
    for (int k = net.count - 1; k >= 0; k--) {
        G_w[k] = product(transposed(hidden[k]), D);
        G_b[k] = sum_of_rows(D);
        D = G_hidden[k] = product(D, transposed(net.w[k]));
        for (int i = 0; k > 0 && i < D.rows; i++)
            for (int j = 0; j < D.columns; j++) *entry(D, i, j) *= sign(*entry(hidden[k], i, j));
    }
}

static void move(Matrix p, double rate, Matrix G) {
    for (int i = 0; i < p.rows; i++)
        for (int j = 0; j < p.columns; j++) *entry(p, i, j) = multiply_add(-rate, *entry(G, i, j), *entry(p, i, j));
}

void update(Network net, double rate, Matrix *G_w, Matrix *G_b) {
    for (int k = 0; k < net.count; k++) {
        move(net.w[k], rate, G_w[k]);
        move(net.b[k], rate, G_b[k]);
    }
}

/* ---- the losses, in float64; only what comes out is rounded ---- */

static double regression(double v, double y, double *G) {
    *G = 2 * (v - y);
    return (v - y) * (v - y);
}

static double binary(double v, double y, double *G) {
    double e = exp(-fabs(v));                           /* never overflows */
    *G = (v > 0 ? 1 / (1 + e) : e / (1 + e)) - y;
    return (v > 0 ? v : 0) - v * y + log1p(e);
}

static double select_row(Matrix output, Matrix y, Matrix G, int i) {
    double largest = -INFINITY, sum = 0, total = 0;
    for (int j = 0; j < output.columns; j++) largest = fmax(largest, *entry(output, i, j));
    for (int j = 0; j < output.columns; j++) sum += exp(*entry(output, i, j) - largest);
    for (int j = 0; j < output.columns; j++) {
        double p = exp(*entry(output, i, j) - largest) / sum;
        *entry(G, i, j) = p - *entry(y, i, j);
        total -= *entry(y, i, j) * log(p + 1e-10);
    }
    return total;
}

double loss(const char *problem, Matrix output, Matrix y, Matrix G_output) {
    int is_select = !strcmp(problem, "select"), is_binary = !strcmp(problem, "binary");
    double total = 0, count = is_select ? output.rows : (double)output.rows * output.columns;
    for (int i = 0; i < output.rows; i++) {
        if (is_select) total += select_row(output, y, G_output, i);
        for (int j = 0; j < output.columns && !is_select; j++) {
            double *G = entry(G_output, i, j), v = *entry(output, i, j), target = *entry(y, i, j);
            total += is_binary ? binary(v, target, G) : regression(v, target, G);
        }
    }
    for (int i = 0; i < output.rows; i++)
        for (int j = 0; j < output.columns; j++) *entry(G_output, i, j) = rounded(*entry(G_output, i, j) / count);
    return rounded(total / count);
}
