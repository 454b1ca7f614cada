"""The whole network by plain loops: forward through all layers, backprop in place, gradients, one training step.

This page is what `direct` and `plan` must reproduce, bit for bit; it trains itself where parameters share memory.
inputs[l] is the input of layer l: x, hidden_1, ..., hidden_n, which is the lecture's aux.
"""

from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from .dense cimport dense_forward, dense_gradients, dense_input_gradient, mask, update
from .losses cimport Problem, evaluate, output_gradient
from .scratch cimport carve
from .simd cimport real
from .table cimport Layer, Net

cdef struct Work:
    Py_ssize_t rows             # the largest batch that it is made for
    void **outputs              # (rows, fan_out) of each layer
    const void **inputs         # the layers' inputs
    real *G[2]                  # (rows, widest): the gradient of a layer's output and of its input
    real *G_w                   # (largest,), the gradient of one layer's w
    real *G_b                   # (widest,)
    real *x                     # (rows, I), gathered
    real *y                     # (rows, O), gathered


cdef inline Py_ssize_t lay_out(const Net *net, Py_ssize_t rows, Work *work) noexcept nogil:
    """The bytes that work on up to `rows` rows needs; where `work` is not NULL, it heads that memory."""
    cdef uintptr_t place = <uintptr_t>work
    cdef Py_ssize_t l, last = net.layer_cnt - 1
    cdef void *array
    cdef Work here
    carve(&place, sizeof(Work))
    here.rows = rows
    here.outputs = <void **>carve(&place, net.layer_cnt * sizeof(void *))
    here.inputs = <const void **>carve(&place, net.layer_cnt * sizeof(void *))
    for l in range(net.layer_cnt):
        array = carve(&place, rows * net.layers[l].fan_out * sizeof(real))
        if work != NULL:
            here.outputs[l] = array
    here.G[0] = <real *>carve(&place, rows * net.widest * sizeof(real))
    here.G[1] = <real *>carve(&place, rows * net.widest * sizeof(real))
    here.G_w = <real *>carve(&place, net.largest * sizeof(real))
    here.G_b = <real *>carve(&place, net.widest * sizeof(real))
    here.x = <real *>carve(&place, rows * net.layers[0].fan_in * sizeof(real))
    here.y = <real *>carve(&place, rows * net.layers[last].fan_out * sizeof(real))
    if work != NULL:
        work[0] = here
    return <Py_ssize_t>(place - <uintptr_t>work)


cdef inline void forward(const Net *net, Py_ssize_t rows, const void *x, void **outputs) noexcept nogil:
    """outputs[l] = relu(inputs[l] @ w + b), the last layer without ReLU."""
    cdef Py_ssize_t l
    cdef const Layer *layer
    cdef const void *h = x
    for l in range(net.layer_cnt):
        layer = &net.layers[l]
        dense_forward(rows, layer.fan_in, layer.fan_out, <const real *>h, <const real *>layer.w, <const real *>layer.b,
                      l + 1 < net.layer_cnt, <real *>outputs[l])
        h = outputs[l]


cdef inline void predict(const Net *net, Py_ssize_t rows, const void *x, void *y, Work *work) noexcept nogil:
    """y[rows, O] = the output alone, as many rows at a time as there is memory for."""
    cdef Py_ssize_t begin, B, last = net.layer_cnt - 1, I = net.layers[0].fan_in, O = net.layers[last].fan_out
    for begin from 0 <= begin < rows by work.rows:
        B = min(work.rows, rows - begin)
        forward(net, B, <const real *>x + begin * I, work.outputs)
        memcpy(<real *>y + begin * O, work.outputs[last], B * O * sizeof(real))


cdef inline void backprop(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output,
                          double learning_rate, Work *work) noexcept nogil:
    """From the last layer to the first: G_w, G_b, then G of the input with w before it changes, then the update."""
    cdef Py_ssize_t l
    cdef const Layer *layer
    cdef const real *G = <const real *>G_output
    cdef real *G_x
    for l in range(net.layer_cnt - 1, -1, -1):
        layer = &net.layers[l]
        dense_gradients(rows, layer.fan_in, layer.fan_out, <const real *>inputs[l], G,
                        work.G_w, work.G_b)
        if l > 0:
            G_x = work.G[l % 2]
            dense_input_gradient(rows, layer.fan_in, layer.fan_out, G, <const real *>layer.w, G_x)
            mask(rows * layer.fan_in, <const real *>inputs[l], G_x)
            G = G_x
        update(layer.fan_in * layer.fan_out, <real>learning_rate, <const real *>work.G_w, <real *>layer.w)
        update(layer.fan_out, <real>learning_rate, <const real *>work.G_b, <real *>layer.b)


cdef inline void gradients(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output, void **G_w,
                           void **G_b, void *G_input, Work *work) noexcept nogil:
    """The same walk without an update: G_w[l], G_b[l] (unless NULL) and G_input (unless NULL) are written."""
    cdef Py_ssize_t l
    cdef const Layer *layer
    cdef const real *G = <const real *>G_output
    cdef real *G_x
    for l in range(net.layer_cnt - 1, -1, -1):
        layer = &net.layers[l]
        if G_w != NULL:
            dense_gradients(rows, layer.fan_in, layer.fan_out, <const real *>inputs[l], G,
                            <real *>G_w[l], <real *>G_b[l])
        if l > 0:
            G_x = work.G[l % 2]
            dense_input_gradient(rows, layer.fan_in, layer.fan_out, G, <const real *>layer.w, G_x)
            mask(rows * layer.fan_in, <const real *>inputs[l], G_x)
            G = G_x
        elif G_input != NULL:
            dense_input_gradient(rows, layer.fan_in, layer.fan_out, G, <const real *>layer.w, <real *>G_input)


cdef inline void gather(Py_ssize_t rows, Py_ssize_t cols, const real *source, const Py_ssize_t *order,
                        real *target) noexcept nogil:
    """target[i] = source[order[i]], row by row; without an order the first rows."""
    cdef Py_ssize_t i
    for i in range(rows):
        memcpy(target + i * cols, source + (i if order == NULL else order[i]) * cols, cols * sizeof(real))


cdef inline void step(const Net *net, Problem problem, Py_ssize_t rows, const real *x, const real *y,
                      const Py_ssize_t *order, double learning_rate, Work *work, double *loss, double *accuracy) noexcept nogil:
    """Forward, loss and accuracy, backprop with the update, on rows order[0 .. rows-1] of x and y."""
    cdef Py_ssize_t l, last = net.layer_cnt - 1, O = net.layers[last].fan_out
    cdef real *output = <real *>work.outputs[last]
    gather(rows, net.layers[0].fan_in, x, order, work.x)
    gather(rows, O, y, order, work.y)
    forward(net, rows, work.x, work.outputs)
    evaluate(problem, rows, O, output, work.y, O, work.G_b, loss, accuracy)
    output_gradient(problem, rows, O, output, work.y, O, 1, output)
    work.inputs[0] = work.x
    for l in range(last):
        work.inputs[l + 1] = work.outputs[l]
    backprop(net, rows, work.inputs, output, learning_rate, work)
