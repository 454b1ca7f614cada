"""The network on arrays as they lie, by the small path: forward, predict, backprop, gradients.

Nothing is copied but w, transposed, for G @ w.T. Bias, ReLU, mask and update happen in the store of a tile; so no
gradient array exists in `backprop`. The same functions by plain loops: `steps`.
"""

from .simd cimport real
from .small cimport all_calls, described
from .table cimport Layer, Net
from .tiles cimport BIAS, BIAS_RELU, MASK, STORE, UPDATE, Call
from .transpose cimport transpose

cdef struct Scratch:
    Py_ssize_t rows             # the largest batch that it is made for
    real *G[2]                  # two arrays (rows, widest)
    real *wT                    # (largest,), one layer's w transposed
    real *piece                 # PIECE numbers, or one row


cdef inline void dense_forward(Py_ssize_t B, const Layer *layer, const real *x, bint with_relu, real *y) noexcept nogil:
    """y[B, H] = relu(x @ w + b), or without the ReLU."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    cdef Call nn = described(BIAS_RELU if with_relu else BIAS, x, I, 1, <const real *>layer.w, H, y, H,
                             <const real *>layer.b, 0)
    all_calls(NULL, &nn, B, H, I, False, NULL)


cdef inline void dense_weights(Py_ssize_t B, const Layer *layer, const real *x, const real *G, int finish,
                               const real *rate, real *piece, real *w, real *b) noexcept nogil:
    """With STORE: w[I, H] = x.T @ G, b[H] = sum of G over rows. With UPDATE: w and b descend these gradients."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    cdef real one = 1                           # fma(1, g, sum) = sum + g
    cdef Call tn = described(finish, x, 1, I, G, H, w, H, rate, 0)
    cdef Call of_bias = described(finish, &one, 1, 0, G, H, b, H, rate, 0)
    all_calls(NULL, &tn, I, H, B, False, piece)
    all_calls(NULL, &of_bias, 1, H, B, False, piece)


cdef inline void dense_input(Py_ssize_t B, const Layer *layer, const real *G, const real *hidden, real *wT,
                             real *G_x) noexcept nogil:
    """G_x[B, I] = (G @ w.T) * sign(hidden), or without the mask where hidden is NULL; wT receives w.T."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    cdef Call nt = described(STORE if hidden == NULL else MASK, G, H, 1, wT, I, G_x, I, hidden, I)
    transpose(I, H, <const real *>layer.w, H, wT, I)
    if hidden == NULL:
        nt.E, nt.E_row = G, 0
    all_calls(NULL, &nt, B, I, H, False, NULL)


cdef inline void forward(const Net *net, Py_ssize_t rows, const void *x, void **outputs) noexcept nogil:
    """outputs[l] = relu(inputs[l] @ w + b), the last layer without ReLU."""
    cdef Py_ssize_t l
    cdef const real *h = <const real *>x
    for l in range(net.layer_cnt):
        dense_forward(rows, &net.layers[l], h, l + 1 < net.layer_cnt, <real *>outputs[l])
        h = <const real *>outputs[l]


cdef inline void predict(const Net *net, Py_ssize_t rows, const void *x, void *y, Scratch *scratch) noexcept nogil:
    """y[rows, O] = the output alone, as many rows at a time as the scratch holds."""
    cdef Py_ssize_t l, begin, B, last = net.layer_cnt - 1
    cdef const real *h
    cdef real *output
    for begin from 0 <= begin < rows by scratch.rows:
        B = min(scratch.rows, rows - begin)
        h = <const real *>x + begin * net.layers[0].fan_in
        for l in range(net.layer_cnt):
            output = scratch.G[l % 2] if l < last else <real *>y + begin * net.layers[last].fan_out
            dense_forward(B, &net.layers[l], h, l < last, output)
            h = output


cdef inline void backprop(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output,
                          double learning_rate, Scratch *scratch) noexcept nogil:
    """From the last layer to the first: G of the input with w before it changes, then the update."""
    cdef Py_ssize_t l
    cdef const Layer *layer
    cdef const real *G = <const real *>G_output
    cdef real *G_x = NULL
    cdef real rate = -<real>learning_rate
    for l in range(net.layer_cnt - 1, -1, -1):
        layer = &net.layers[l]
        if l > 0:
            G_x = scratch.G[l % 2]
            dense_input(rows, layer, G, <const real *>inputs[l], scratch.wT, G_x)
        dense_weights(rows, layer, <const real *>inputs[l], G, UPDATE, &rate, scratch.piece, <real *>layer.w, <real *>layer.b)
        G = G_x


cdef inline void gradients(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output, void **G_w,
                           void **G_b, void *G_input, Scratch *scratch) noexcept nogil:
    """The same walk without an update: G_w[l], G_b[l] (unless NULL) and G_input (unless NULL) are written."""
    cdef Py_ssize_t l
    cdef const Layer *layer
    cdef const real *G = <const real *>G_output
    cdef real *G_x
    for l in range(net.layer_cnt - 1, -1, -1):
        layer = &net.layers[l]
        if G_w != NULL:
            dense_weights(rows, layer, <const real *>inputs[l], G, STORE, G, NULL, <real *>G_w[l], <real *>G_b[l])
        if l > 0:
            G_x = scratch.G[l % 2]
            dense_input(rows, layer, G, <const real *>inputs[l], scratch.wT, G_x)
            G = G_x
        elif G_input != NULL:
            dense_input(rows, layer, G, NULL, scratch.wT, <real *>G_input)
