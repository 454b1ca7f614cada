"""The whole network: forward through all layers, backprop in place, gradients, one training step.

inputs[l] is the input of layer l: x, hidden_1, ..., hidden_n, which is the lecture's aux.
"""

from libc.string cimport memcpy

from .dense cimport dense_forward, dense_gradients, dense_input_gradient, mask, update
from .losses cimport Problem, evaluate, output_gradient
from .simd cimport real
from .table cimport Batch, Layer, Net


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


cdef inline void backprop(const Net *net, const void **inputs, const void *G_output, double learning_rate,
                          Batch *batch) noexcept nogil:
    """From the last layer to the first: G_w, G_b, then G of the input with w before it changes, then the update."""
    cdef Py_ssize_t l, rows = batch.rows
    cdef const Layer *layer
    cdef const real *G = <const real *>G_output
    cdef real *G_x
    for l in range(net.layer_cnt - 1, -1, -1):
        layer = &net.layers[l]
        dense_gradients(rows, layer.fan_in, layer.fan_out, <const real *>inputs[l], G,
                        <real *>batch.G_w, <real *>batch.G_b)
        if l > 0:
            G_x = <real *>batch.G[l % 2]
            dense_input_gradient(rows, layer.fan_in, layer.fan_out, G, <const real *>layer.w, G_x)
            mask(rows * layer.fan_in, <const real *>inputs[l], G_x)
            G = G_x
        update(layer.fan_in * layer.fan_out, <real>learning_rate, <const real *>batch.G_w, <real *>layer.w)
        update(layer.fan_out, <real>learning_rate, <const real *>batch.G_b, <real *>layer.b)


cdef inline void gradients(const Net *net, const void **inputs, const void *G_output, void **G_w, void **G_b,
                           void *G_input, Batch *batch) noexcept nogil:
    """The same walk without an update: G_w[l], G_b[l] (unless NULL) and G_input (unless NULL) are written."""
    cdef Py_ssize_t l, rows = batch.rows
    cdef const Layer *layer
    cdef const real *G = <const real *>G_output
    cdef real *G_x
    for l in range(net.layer_cnt - 1, -1, -1):
        layer = &net.layers[l]
        if G_w != NULL:
            dense_gradients(rows, layer.fan_in, layer.fan_out, <const real *>inputs[l], G,
                            <real *>G_w[l], <real *>G_b[l])
        if l > 0:
            G_x = <real *>batch.G[l % 2]
            dense_input_gradient(rows, layer.fan_in, layer.fan_out, G, <const real *>layer.w, G_x)
            mask(rows * layer.fan_in, <const real *>inputs[l], G_x)
            G = G_x
        elif G_input != NULL:
            dense_input_gradient(rows, layer.fan_in, layer.fan_out, G, <const real *>layer.w, <real *>G_input)


cdef inline void step(const Net *net, int problem, const void *x, const void *y, double learning_rate, Batch *batch,
                      double *loss, double *accuracy) noexcept nogil:
    """Forward, loss and accuracy, backprop with the update."""
    cdef Py_ssize_t l, last = net.layer_cnt - 1, O = net.layers[last].fan_out
    cdef const real *output = <const real *>batch.outputs[last]
    forward(net, batch.rows, x, batch.outputs)
    evaluate(<Problem>problem, batch.rows, O, output, <const real *>y, <real *>batch.G_b, loss, accuracy)
    output_gradient(<Problem>problem, batch.rows, O, output, <const real *>y, 1, <real *>batch.outputs[last])
    batch.inputs[0] = x
    for l in range(last):
        batch.inputs[l + 1] = batch.outputs[l]
    backprop(net, batch.inputs, output, learning_rate, batch)


cdef inline void gather(Py_ssize_t rows, Py_ssize_t cols, const real *source, const Py_ssize_t *order,
                        real *target) noexcept nogil:
    """target[i] = source[order[i]], row by row."""
    cdef Py_ssize_t i
    for i in range(rows):
        memcpy(target + i * cols, source + order[i] * cols, cols * sizeof(real))
