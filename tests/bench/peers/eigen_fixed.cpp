/* A training step on Eigen with every size known to the compiler: -DWIDTHS=10,4,1 -DROWS=10, storage order ORDER.

   Bias: one more row of w, with input 1. The output's gradient is multiplied by -learning_rate, hence every gradient
   is, and the update is one product added in place. The contiguous dimension of every matrix is padded to whole
   vectors; the padding stays zero by itself. No memory is taken from the heap; the network is one static object. */
#include <Eigen/Core>
#include <cstring>
#include <tuple>
#ifndef PAD
#define PAD 4
#endif
#ifndef LAZY_LIMIT
#define LAZY_LIMIT (by_rows ? 5000 : 3000)  /* multiplications: above, the packed product (tried: 1000, 50000, none) */
#endif

constexpr int widths_of[] = {WIDTHS}, layer_count = sizeof(widths_of) / sizeof(int) - 1;
constexpr bool by_rows = Eigen::ORDER == Eigen::RowMajor;
constexpr int padded(int n) { return (n + PAD - 1) / PAD * PAD; }
constexpr int B = by_rows ? ROWS : padded(ROWS);

/* Eigen allows row vectors in row-major order only, column vectors in column-major order only. */
template <int R, int C>
using Matrix = Eigen::Matrix<REAL, R, C, R == 1 ? Eigen::RowMajor : C == 1 ? Eigen::ColMajor : Eigen::ORDER>;

template <int N> struct Layer {
    static constexpr int in = widths_of[N], out = widths_of[N + 1];
    static constexpr bool hidden = N + 1 < layer_count;
    static constexpr int m = by_rows ? padded(out) : out;
    static constexpr int s = !hidden ? m : by_rows ? padded(out + 1) : out + 1;
    Matrix<in + 1, m> w;                    /* [w; b] */
    Matrix<B, s> h, g;                      /* the output with its 1s, and its gradient times -learning_rate */
};

template <class Target, class Left, class Right> inline void multiply(Target &&c, const Left &a, const Right &b) {
    if constexpr (Left::RowsAtCompileTime * Left::ColsAtCompileTime * Right::ColsAtCompileTime <= LAZY_LIMIT)
        c = a.lazyProduct(b);
    else
        c.noalias() = a * b;
}

template <class Target, class Left, class Right> inline void multiply_add(Target &&c, const Left &a, const Right &b) {
    if constexpr (Left::RowsAtCompileTime * Left::ColsAtCompileTime * Right::ColsAtCompileTime <= LAZY_LIMIT)
        c += a.lazyProduct(b);
    else
        c.noalias() += a * b;
}

struct Network {
    static constexpr int inputs = widths_of[0], outputs = widths_of[layer_count];
    static constexpr int sx = by_rows ? padded(inputs + 1) : inputs + 1, sy = by_rows ? padded(outputs) : outputs;
    template <std::size_t... N> static std::tuple<Layer<N>...> layers_of(std::index_sequence<N...>);
    decltype(layers_of(std::make_index_sequence<layer_count>())) layers;
    Matrix<B, sx> x;
    Matrix<B, sy> y;

    template <int N> auto &input_of() {
        if constexpr (N)
            return std::get<N - 1>(layers).h;
        else
            return x;
    }

    template <int N = 0> void forward() {
        auto &l = std::get<N>(layers);
        using L = Layer<N>;
        multiply(l.h.template leftCols<L::m>(), input_of<N>().template leftCols<L::in + 1>(), l.w);
        if constexpr (L::hidden) {
            REAL *h = l.h.data();
            for (int i = 0; i < B * L::s; i++)
                h[i] = h[i] > 0 ? h[i] : 0;
            forward<N + 1>();
        }
    }

    template <int N = layer_count - 1> void backward() {
        auto &l = std::get<N>(layers);
        using L = Layer<N>;
        if constexpr (N > 0) {
            auto &below = std::get<N - 1>(layers);
            constexpr int I = by_rows ? Layer<N - 1>::m : L::in;
            constexpr int rows = I <= L::in + 1 ? I : L::in;    /* of w; the bias row's column is cleared */
            multiply(below.g.template leftCols<rows>(), l.g.template leftCols<L::out>(),
                     l.w.template topLeftCorner<rows, L::out>().transpose());
            REAL *__restrict g = below.g.data();
            const REAL *__restrict h = below.h.data();
            for (int i = 0; i < B * Layer<N - 1>::s; i++)
                g[i] = h[i] > 0 ? g[i] : 0;
            if constexpr (rows > L::in)
                below.g.col(L::in).setZero();
        }
        multiply_add(l.w, input_of<N>().template leftCols<L::in + 1>().transpose(), l.g.template leftCols<L::m>());
        if constexpr (N > 0)
            backward<N - 1>();
    }

    template <int N = 0> void start(const REAL *theta) {
        auto &l = std::get<N>(layers);
        using L = Layer<N>;
        l.w.setZero(), l.h.setZero(), l.g.setZero();
        for (int i = 0; i <= L::in; i++)
            for (int o = 0; o < L::out; o++)
                l.w(i, o) = *theta++;
        if constexpr (L::hidden) {
            l.h.col(L::out).template head<ROWS>().setOnes();
            if constexpr (L::m > L::out)
                l.w(L::in, L::out) = 1;     /* the product makes the next layer's input 1 itself */
            start<N + 1>(theta);
        }
    }

    template <int N = 0> void finish(REAL *theta) {
        using L = Layer<N>;
        for (int i = 0; i <= L::in; i++)
            for (int o = 0; o < L::out; o++)
                *theta++ = std::get<N>(layers).w(i, o);
        if constexpr (L::hidden)
            finish<N + 1>(theta);
    }
};

static Network net;

extern "C" double train(int, const int *, int, int, const REAL *x, const REAL *y, const long *order, long steps,
                        REAL *theta, double learning_rate) {
    constexpr int inputs = Network::inputs, outputs = Network::outputs;
    auto &last = std::get<layer_count - 1>(net.layers);
    net.start(theta);
    net.x.setZero(), net.y.setZero();
    net.x.col(inputs).template head<ROWS>().setOnes();
    const REAL scale = -learning_rate * 2 / (double(ROWS) * outputs);
    double loss = 0;
    for (long step = 0; step < steps; step++, order += ROWS) {
        for (int r = 0; r < ROWS; r++) {
            const REAL *row = x + order[r] * inputs, *target = y + order[r] * outputs;
            for (int i = 0; i < inputs; i++)
                net.x(r, i) = row[i];
            for (int o = 0; o < outputs; o++)
                net.y(r, o) = target[o];
        }
        net.forward();
        last.g = last.h - net.y;
        loss = last.g.squaredNorm() / (double(ROWS) * outputs);
        last.g *= scale;
        net.backward();
    }
    net.finish(theta);
    return loss;
}
