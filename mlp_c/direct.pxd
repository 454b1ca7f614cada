"""The network on arrays as they lie, by the small path: forward, predict, backprop, gradients.

Nothing is copied but w, transposed, for G @ w.T. Bias, ReLU, mask and update happen in the store of a tile; so no
gradient array exists in `backprop`. The same functions by plain loops: `steps`.
"""

from .simd cimport real
from .small cimport product, transpose
from .table cimport Layer, Net
from .tiles cimport BIAS, BIAS_RELU, MASK, STORE, UPDATE, Call, Finish

cdef struct Scratch:
    Py_ssize_t rows             # the largest batch that it is made for
    real *G[2]                  # two arrays (rows, widest)
    real *wT                    # (largest,), one layer's w transposed


cdef inline void dense_forward(Py_ssize_t B, const Layer *layer, const real *x, bint with_relu, real *y) noexcept nogil:
    """y[B, H] = relu(x @ w + b), or without the ReLU."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    cdef Call nn
    nn.finish, nn.K = BIAS_RELU if with_relu else BIAS, I
    nn.A, nn.A_row, nn.A_col = x, I, 1
    nn.B, nn.B_row = <const real *>layer.w, H
    nn.C, nn.C_row = y, H
    nn.E, nn.E_row = <const real *>layer.b, 0
    product(&nn, B, H)


cdef inline void dense_weights(Py_ssize_t B, const Layer *layer, const real *x, const real *G, int finish,
                               const real *rate, real *w, real *b) noexcept nogil:
    """With STORE: w[I, H] = x.T @ G, b[H] = sum of G over rows. With UPDATE: w and b descend these gradients."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    cdef Call tn
    cdef real one = 1
    tn.finish, tn.K = finish, B
    tn.B, tn.B_row = G, H
    tn.E, tn.E_row = rate, 0
    tn.A, tn.A_row, tn.A_col = x, 1, I
    tn.C, tn.C_row = w, H
    product(&tn, I, H)
    tn.A, tn.A_row, tn.A_col = &one, 1, 0       # fma(1, g, sum) = sum + g
    tn.C = b
    product(&tn, 1, H)


cdef inline void dense_input(Py_ssize_t B, const Layer *layer, const real *G, const real *hidden, real *wT,
                             real *G_x) noexcept nogil:
    """G_x[B, I] = (G @ w.T) * sign(hidden), or without the mask where hidden is NULL; wT receives w.T."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    cdef Call nt
    transpose(I, H, <const real *>layer.w, H, wT, I)
    nt.finish, nt.K = MASK, H
    nt.A, nt.A_row, nt.A_col = G, H, 1
    nt.B, nt.B_row = wT, I
    nt.C, nt.C_row = G_x, I
    nt.E, nt.E_row = hidden, I
    if hidden == NULL:
        nt.finish, nt.E = STORE, G
    product(&nt, B, I)


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


cdef inline void backprop(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output, double learning_rate,
                          Scratch *scratch) noexcept nogil:
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
        dense_weights(rows, layer, <const real *>inputs[l], G, UPDATE, &rate, <real *>layer.w, <real *>layer.b)
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
            dense_weights(rows, layer, <const real *>inputs[l], G, STORE, G, <real *>G_w[l], <real *>G_b[l])
        if l > 0:
            G_x = scratch.G[l % 2]
            dense_input(rows, layer, G, <const real *>inputs[l], scratch.wT, G_x)
            G = G_x
        elif G_input != NULL:
            dense_input(rows, layer, G, NULL, scratch.wT, <real *>G_input)
