/* A training step on LIBXSMM: every product is machine code that the library makes at run time for its very sizes.

   LIBXSMM is column-major, so a row-major (rows, width) array is its (width, rows) one, and vectors run over widths:
     forward   h(n x B) = w(n x I+1) x(I+1 x B)        no transpose; the bias is one more row of w, with input 1
     gradient  g(I x B) = w'(I x n) g(n x B)           w' is a copy of w, transposed once a step (layer 2 onwards)
     update    w(n x I+1) += g(n x B) x(I+1 x B)'      the library's "B transposed" only changes strides
   The output's gradient is multiplied by -learning_rate, hence every gradient is, and the update is one product.
   Widths are padded to whole vectors; the padding stays zero by itself, but for the input 1 of the next bias.

   Tried on Zen 3, and chosen: PAD a 32-byte vector, half of one where a layer is narrow; blocks of the left operand of
   64 x 24 KB (48 and 96, 16 to 150 KB); a narrow layer's update with many rows is turned, w' += x' g, since LIBXSMM
   would sum into too few registers. No gain: its prefetch strategies, turning with few rows. */
#include <libxsmm.h>
#include <stdlib.h>
#include <string.h>

#define JOIN(a, b) a##b
#define FOR_TYPE(type, name) JOIN(FOR_, type)(name)
#define FOR_double(name) libxsmm_d##name
#define FOR_float(name) libxsmm_s##name
#ifndef PAD
#define PAD (32 / (int)sizeof(REAL))
#endif
#ifndef NARROW
#define NARROW (PAD / 2)
#endif
#ifndef M_BLOCK
#define M_BLOCK 64
#endif
#ifndef A_BYTES
#define A_BYTES 24576
#endif
#ifndef TURNED_ROWS
#define TURNED_ROWS 64
#endif

typedef FOR_TYPE(REAL, mmfunction) kernel;
typedef struct { kernel run; const REAL *a, *b; REAL *c; } call;                     /* c = a b  or  c += a b */
typedef struct { call *first; int count; } product;
typedef struct { int in, out, m, s, sb, turned; REAL *w, *wt, *h, *g; product forward, gradient, update; } layer;

static int padded(int n) { int p = n <= NARROW ? NARROW : PAD; return (n + p - 1) / p * p; }

static REAL *zeros(long count) {
    void *memory = aligned_alloc(64, (count * sizeof(REAL) + 127) / 64 * 64);
    return memset(memory, 0, (count * sizeof(REAL) + 127) / 64 * 64);
}

/* The calls for c(m x n) = or += a(m x k) b(k x n), or b(n x k) transposed: blocks of a that fit into the cache. */
static product plan(int m, int n, int k, const REAL *a, int lda, const REAL *b, int ldb, REAL *c, int ldc,
                    int transposed, int add) {
    int block_cnt = ((long)LIBXSMM_MIN(m, M_BLOCK) * k * sizeof(REAL) - 1) / A_BYTES + 1;
    int k_block = (k - 1) / block_cnt + 1;
    product p = {malloc(sizeof(call) * (m / M_BLOCK + 1) * block_cnt), 0};
    const REAL one = 1;
    for (int i = 0; i < m; i += M_BLOCK)
        for (int q = 0; q < k; q += k_block) {
            int flags = transposed ? LIBXSMM_GEMM_FLAG_TRANS_B : 0, mb = LIBXSMM_MIN(m - i, M_BLOCK);
            REAL beta = add || q ? 1 : 0;
            kernel run = FOR_TYPE(REAL, mmdispatch)(mb, n, LIBXSMM_MIN(k - q, k_block), &lda, &ldb, &ldc, &one, &beta,
                                                    &flags, NULL);
            if (!run)
                abort();
            p.first[p.count++] = (call){run, a + i + (long)q * lda, b + (transposed ? (long)q * ldb : q), c + i};
        }
    return p;
}

static inline void multiply(product p) {
    for (const call *step = p.first; step < p.first + p.count; step++)
        step->run(step->a, step->b, step->c);
}

static inline void update(layer *l) {
    multiply(l->update);
    if (l->turned)
        for (int o = 0; o < l->out; o++)
            for (int i = 0; i <= l->in; i++)
                l->w[i * l->m + o] = l->wt[o * l->sb + i];
}

double train(int layer_cnt, const int *widths, int rows, int data_rows, const REAL *x, const REAL *y, const long *order,
             long steps, REAL *theta, double learning_rate) {
    int inputs = widths[0], outputs = widths[layer_cnt], sx = padded(inputs + 1), sy = padded(outputs);
    REAL *all_x = zeros((long)data_rows * sx), *all_y = zeros((long)data_rows * sy);
    REAL *mb_x = zeros((long)rows * sx), *mb_y = zeros((long)rows * sy);
    for (int r = 0; r < data_rows; r++) {                       /* a padded copy of the data: rows of whole vectors */
        memcpy(all_x + (long)r * sx, x + (long)r * inputs, inputs * sizeof(REAL));
        memcpy(all_y + (long)r * sy, y + (long)r * outputs, outputs * sizeof(REAL));
        all_x[(long)r * sx + inputs] = 1;
    }
    libxsmm_init();
    layer layers[layer_cnt], *last = layers + layer_cnt - 1;
    REAL *from = theta, *below = mb_x;
    for (int n = 0; n < layer_cnt; n++) {
        layer *l = layers + n;
        int in = l->in = widths[n], out = l->out = widths[n + 1], m = l->m = padded(out), sb = l->sb = padded(in + 1);
        int s = l->s = n + 1 < layer_cnt ? padded(out + 1) : m;
        l->w = zeros((in + 1L) * m), l->wt = zeros((long)out * sb);
        l->h = zeros((long)rows * s), l->g = zeros((long)rows * s);
        for (int i = 0; i <= in; i++, from += out)
            memcpy(l->w + i * m, from, out * sizeof(REAL));
        if (n + 1 < layer_cnt) {                                /* the next layer's input 1 */
            if (m > out)
                l->w[in * m + out] = 1;
            for (int r = 0; r < rows; r++)
                l->h[r * s + out] = 1;
        }
        l->forward = plan(m, rows, in + 1, l->w, m, below, sb, l->h, s, 0, 0);
        l->turned = m <= 2 * PAD && in >= m && rows >= TURNED_ROWS;
        for (int i = 0; i <= in && l->turned; i++)
            for (int o = 0; o < out; o++)
                l->wt[o * sb + i] = l->w[i * m + o];
        l->update = l->turned ? plan(sb, out, rows, below, sb, l->g, s, l->wt, sb, 1, 1)
                              : plan(m, in + 1, rows, l->g, s, below, sb, l->w, m, 1, 1);
        if (n)
            l->gradient = plan(l->turned ? in : l[-1].m, rows, out, l->wt, sb, l->g, s, l[-1].g, sb, 0, 0);
        below = l->h;
    }
    const REAL scale = -learning_rate * 2 / ((double)rows * outputs);
    double loss = 0;
    for (long step = 0; step < steps; step++, order += rows) {
        for (int r = 0; r < rows; r++) {
            const REAL *row = all_x + order[r] * sx, *target = all_y + order[r] * sy;
            for (int i = 0; i < sx / NARROW * NARROW; i++)
                mb_x[(long)r * sx + i] = row[i];
            for (int i = 0; i < sy / NARROW * NARROW; i++)
                mb_y[(long)r * sy + i] = target[i];
        }
        for (layer *l = layers; l < last; l++) {
            multiply(l->forward);
            REAL *restrict h = l->h;
            for (int i = 0, n = rows * (l->s / NARROW) * NARROW; i < n; i++)
                h[i] = h[i] > 0 ? h[i] : 0;
        }
        multiply(last->forward);
        REAL sum = 0, *restrict g = last->g;
        const REAL *restrict h = last->h;
        for (int i = 0, n = rows * (sy / NARROW) * NARROW; i < n; i++) {
            REAL difference = h[i] - mb_y[i];
            sum += difference * difference;
            g[i] = difference * scale;
        }
        loss = (double)sum / ((double)rows * outputs);
        for (layer *l = last; l > layers; l--) {
            if (!l->turned)
                for (int i = 0; i < l->in; i++)
                    for (int o = 0; o < l->out; o++)
                        l->wt[o * l[-1].s + i] = l->w[i * l->m + o];
            multiply(l->gradient);
            REAL *restrict gb = l[-1].g;
            const REAL *restrict hb = l[-1].h;
            for (int i = 0, n = rows * (l[-1].s / NARROW) * NARROW; i < n; i++)
                gb[i] = hb[i] > 0 ? gb[i] : 0;
            update(l);
        }
        update(layers);
    }
    for (int n = 0; n < layer_cnt; n++) {
        for (int i = 0; i <= layers[n].in; i++, theta += layers[n].out)
            memcpy(theta, layers[n].w + i * layers[n].m, layers[n].out * sizeof(REAL));
        free(layers[n].w), free(layers[n].wt), free(layers[n].h), free(layers[n].g);
        free(layers[n].forward.first), free(layers[n].update.first);
        if (n)
            free(layers[n].gradient.first);
    }
    free(all_x), free(all_y), free(mb_x), free(mb_y);
    return loss;
}
