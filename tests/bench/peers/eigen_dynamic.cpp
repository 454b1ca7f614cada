/* A training step on Eigen, sizes known at run time, in the storage order ORDER; -DEIGEN_USE_BLAS hands the larger
   products to OpenBLAS.

   Bias: one more row of w, with input 1. The output's gradient is multiplied by -learning_rate, hence every gradient
   is, and the update is one product added in place. Products of few numbers are lazy, coefficient by
   coefficient; larger ones go through Eigen's packed product, without temporaries (noalias).
   Tried: a limit of 0, 1000, 1500, 3000, none; padding to 1, 4, 8 numbers; the length of the sums padded too. */
#include <Eigen/Core>
#include <vector>
#ifdef EIGEN_USE_BLAS
extern "C" void openblas_set_num_threads(int);
#endif

static int threads = 1;
extern "C" void set_threads(int wanted) { threads = wanted; }

#ifndef PAD
#define PAD 4
#endif
#ifndef LAZY_LIMIT
#define LAZY_LIMIT 1000     /* multiplications */
#endif

using Matrix = Eigen::Matrix<REAL, Eigen::Dynamic, Eigen::Dynamic, Eigen::ORDER>;
using Stored = Eigen::Map<Eigen::Matrix<REAL, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using Data = Eigen::Map<const Eigen::Matrix<REAL, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using Eigen::Index;

static const bool by_rows = Matrix::IsRowMajor;

static bool lazy(Index m, Index n, Index k) { return m * n * k <= LAZY_LIMIT || (!by_rows && std::min(n, k) <= 2); }

/* Contiguous dimensions are padded to whole vectors; the padding stays zero by itself. */
static int padded(int n, int pad = PAD) { return (n + pad - 1) / pad * pad; }

struct Layer {
    Matrix w, h, g;         /* [w; b] (I+1, m), the output with its 1s (B, s), its gradient times -rate (B, s) */
    int out;
};

/* In plain loops over whole arrays, which the compiler turns into vectors: Eigen 3.4 has none for select. */
static void relu(Matrix &matrix) {
    REAL *h = matrix.data();
    for (Index i = 0, n = matrix.size(); i < n; i++)
        h[i] = h[i] > 0 ? h[i] : 0;
}

static void mask(Matrix &gradient, const Matrix &output) {
    REAL *__restrict g = gradient.data();
    const REAL *__restrict h = output.data();
    for (Index i = 0, n = gradient.size(); i < n; i++)
        g[i] = h[i] > 0 ? g[i] : 0;
}

/* h = x w, with the inputs 1 of the next layer left alone. */
static void forward(Layer &layer, const Matrix &x) {
    auto h = layer.h.leftCols(layer.w.cols());
    auto inputs = x.leftCols(layer.w.rows());
    if (lazy(x.rows(), layer.w.cols(), layer.w.rows()))
        h = inputs.lazyProduct(layer.w);
    else
        h.noalias() = inputs * layer.w;
}

/* g of the layer below = g w' where its output is positive, else 0. */
static void gradient(Layer &below, const Layer &layer) {
    auto w = layer.w.topLeftCorner(below.out, layer.out);
    auto g = below.g.leftCols(below.out);
    if (lazy(g.rows(), w.rows(), w.cols()))
        g = layer.g.leftCols(layer.out).lazyProduct(w.transpose());
    else
        g.noalias() = layer.g.leftCols(layer.out) * w.transpose();
    mask(below.g, below.h);
}

static void update(Layer &layer, const Matrix &x) {
    auto inputs = x.leftCols(layer.w.rows()).transpose();
    auto g = layer.g.leftCols(layer.w.cols());
    if (lazy(layer.w.rows(), layer.w.cols(), x.rows()))
        layer.w += inputs.lazyProduct(g);
    else
        layer.w.noalias() += inputs * g;
}

extern "C" double train(int layer_cnt, const int *widths, int rows, int data_rows, const REAL *x, const REAL *y,
                        const long *order, long steps, REAL *theta, double learning_rate) {
#ifdef EIGEN_USE_BLAS
    openblas_set_num_threads(threads);
#else
    Eigen::setNbThreads(threads);           /* it has them only with -fopenmp */
#endif
    const int inputs = widths[0], outputs = widths[layer_cnt];
    Data all_x(x, data_rows, inputs);
    const int b = by_rows ? rows : padded(rows);
    const int sx = padded(inputs + 1, by_rows ? PAD : 1);
    Matrix mb_x = Matrix::Zero(b, sx), padded_x = Matrix::Zero(data_rows, sx);
    padded_x.leftCols(inputs) = all_x;
    padded_x.col(inputs).setOnes();
    const Matrix zeros = Matrix::Zero(1, inputs);
    Matrix mb_y = Matrix::Zero(b, by_rows ? padded(outputs) : outputs);
    mb_x.col(inputs).head(rows).setOnes();
    std::vector<Layer> layers(layer_cnt);
    REAL *from = theta;
    for (int n = 0; n < layer_cnt; n++) {
        const int in = widths[n], out = layers[n].out = widths[n + 1], m = by_rows ? padded(out) : out;
        const bool hidden = n + 1 < layer_cnt;
        const int s = hidden ? padded(out + 1, by_rows ? PAD : 1) : m;
        layers[n].w = Matrix::Zero(padded(in + 1, 1), m);
        layers[n].w.topLeftCorner(in + 1, out) = Stored(from, in + 1, out);
        layers[n].h = layers[n].g = Matrix::Zero(b, s);
        if (hidden)
            layers[n].h.col(out).head(rows).setOnes();
        if (hidden && m > out)
            layers[n].w(in, out) = 1;           /* the product makes the next layer's input 1 itself */
        from += (in + 1) * out;
    }
    Layer &last = layers.back();
    const REAL scale = -learning_rate * 2 / (double(rows) * outputs);
    double loss = 0;
    for (long step = 0; step < steps; step++, order += rows) {
        if (by_rows)
            for (int r = 0; r < rows; r++)
                for (int i = 0; i < sx / PAD * PAD; i++)
                    mb_x.data()[r * sx + i] = padded_x.data()[order[r] * sx + i];
        else
            for (int r = 0; r < rows; r += 4) {             /* four rows at a time become pieces of columns */
                const REAL *row[4];
                for (int k = 0; k < 4; k++)
                    row[k] = r + k < rows ? x + order[r + k] * inputs : zeros.data();
                for (int i = 0; i < inputs; i++)
                    for (int k = 0; k < 4; k++)
                        mb_x.data()[r + k + long(i) * b] = row[k][i];
            }
        for (int r = 0; r < rows; r++)
            for (int o = 0; o < outputs; o++)
                mb_y(r, o) = y[order[r] * outputs + o];
        for (int n = 0; n < layer_cnt; n++) {
            forward(layers[n], n ? layers[n - 1].h : mb_x);
            if (n + 1 < layer_cnt)
                relu(layers[n].h);
        }
        last.g = last.h - mb_y;
        loss = last.g.squaredNorm() / (double(rows) * outputs);
        last.g *= scale;
        for (int n = layer_cnt - 1; n > 0; n--) {
            gradient(layers[n - 1], layers[n]);
            update(layers[n], layers[n - 1].h);
        }
        update(layers[0], mb_x);
    }
    for (int n = 0; n < layer_cnt; n++) {
        Stored(theta, widths[n] + 1, widths[n + 1]) = layers[n].w.topLeftCorner(widths[n] + 1, widths[n + 1]);
        theta += (widths[n] + 1) * widths[n + 1];
    }
    return loss;
}
