"""The network on arrays as they lie, product by product: forward, predict, backprop, gradients.

Bias, ReLU, mask and update happen in the store of a tile; so no gradient array exists in `backprop`. The same functions
by plain loops: `steps`.
"""

from .matmul cimport Scratch, matmul
from .simd cimport real
from .table cimport Layer, Net
from .tiles cimport BIAS, BIAS_RELU, MASK, STORE, UPDATE


cdef inline void dense_forward(const Scratch *scratch, Py_ssize_t B, const Layer *layer, const real *x, bint with_relu,
                               real *y, Py_ssize_t y_row) noexcept nogil:
    """y[B, H] = relu(x @ w + b), or without the ReLU; rows of y lie y_row numbers apart."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    matmul(scratch, BIAS_RELU if with_relu else BIAS, B, H, I, x, I, 1, <const real *>layer.w, H, 1, y, y_row,
           <const real *>layer.b, 0)


cdef inline void dense_weights(const Scratch *scratch, Py_ssize_t B, const Layer *layer, const real *x, const real *G,
                               Py_ssize_t G_row, int finish, const real *rate, real *w, real *b) noexcept nogil:
    """With STORE: w[I, H] = x.T @ G, b[H] = sum of G over rows. With UPDATE: w and b descend these gradients."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    cdef real one = 1                           # fma(1, g, sum) = sum + g
    matmul(scratch, finish, I, H, B, x, 1, I, G, G_row, 1, w, H, rate, 0)
    matmul(scratch, finish, 1, H, B, &one, 1, 0, G, G_row, 1, b, H, rate, 0)


cdef inline void dense_input(const Scratch *scratch, Py_ssize_t B, const Layer *layer, const real *G, Py_ssize_t G_row,
                             int finish, const real *hidden, real *G_x) noexcept nogil:
    """G_x[B, I] = G @ w.T with STORE, its product with sign(hidden) with MASK."""
    cdef Py_ssize_t I = layer.fan_in, H = layer.fan_out
    matmul(scratch, finish, B, I, H, G, G_row, 1, <const real *>layer.w, 1, H, G_x, I, hidden, 0 if finish == STORE else I)


cdef inline void forward(const Net *net, Py_ssize_t rows, const void *x, void **outputs, const Scratch *scratch) noexcept nogil:
    """outputs[l] = relu(inputs[l] @ w + b), the last layer without ReLU."""
    cdef Py_ssize_t l
    cdef const real *h = <const real *>x
    for l in range(net.layer_cnt):
        dense_forward(scratch, rows, &net.layers[l], h, l + 1 < net.layer_cnt, <real *>outputs[l], net.layers[l].fan_out)
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
            dense_forward(scratch, B, &net.layers[l], h, l < last, output, net.layers[l].fan_out)
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
            dense_input(scratch, rows, layer, G, layer.fan_out, MASK, <const real *>inputs[l], G_x)
        dense_weights(scratch, rows, layer, <const real *>inputs[l], G, layer.fan_out, UPDATE, &rate, <real *>layer.w,
                      <real *>layer.b)
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
            dense_weights(scratch, rows, layer, <const real *>inputs[l], G, layer.fan_out, STORE, G, <real *>G_w[l],
                          <real *>G_b[l])
        if l > 0:
            G_x = scratch.G[l % 2]
            dense_input(scratch, rows, layer, G, layer.fan_out, MASK, <const real *>inputs[l], G_x)
            G = G_x
        elif G_input != NULL:
            dense_input(scratch, rows, layer, G, layer.fan_out, STORE, G, <real *>G_input)
