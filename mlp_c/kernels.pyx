"""One kernel module: the loops compiled for one instruction set and one precision, offered as a table.

This page is translated once and compiled once per level and precision (v3_f64, v3_f32, ...), the precision
by the macro MLP_F32. No Python object occurs in it but the capsule that carries the table. Below it:

    steps (the whole network)  ->  dense (a layer)  ->  plain (the sums)  ->  simd.h, blocksizes.h
                               ->  losses (the three problems)
"""

from cpython.pycapsule cimport PyCapsule_New

from . cimport dense, losses, plain, steps
from .simd cimport real
from .table cimport Batch, Kernels, Net


cdef void product(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K, const void *A, Py_ssize_t A_row, Py_ssize_t A_col,
                  const void *B, Py_ssize_t B_row, Py_ssize_t B_col, void *C) noexcept nogil:
    plain.product(M, N, K, <const real *>A, A_row, A_col, <const real *>B, B_row, B_col, <real *>C)


cdef void relu(Py_ssize_t size, const void *z, void *y) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        (<real *>y)[k] = dense.relu((<const real *>z)[k])


cdef void relu_derv(Py_ssize_t size, const void *y, void *sign) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        (<real *>sign)[k] = dense.relu_derv((<const real *>y)[k])


cdef void forward(const Net *net, Py_ssize_t rows, const void *x, void **outputs) noexcept nogil:
    steps.forward(net, rows, x, outputs)


cdef void backprop(const Net *net, const void **inputs, const void *G_output, double learning_rate,
                   Batch *batch) noexcept nogil:
    steps.backprop(net, inputs, G_output, learning_rate, batch)


cdef void gradients(const Net *net, const void **inputs, const void *G_output, void **G_w, void **G_b, void *G_x,
                    Batch *batch) noexcept nogil:
    steps.gradients(net, inputs, G_output, G_w, G_b, G_x, batch)


cdef void evaluate(int problem, Py_ssize_t B, Py_ssize_t O, const void *output, const void *y, void *scratch,
                   double *loss, double *accuracy) noexcept nogil:
    losses.evaluate(<losses.Problem>problem, B, O, <const real *>output, <const real *>y, <real *>scratch, loss, accuracy)


cdef void output_gradient(int problem, Py_ssize_t B, Py_ssize_t O, const void *output, const void *y, double G_loss,
                          void *G_output) noexcept nogil:
    losses.output_gradient(<losses.Problem>problem, B, O, <const real *>output, <const real *>y, <real>G_loss,
                           <real *>G_output)


cdef void probabilities(int problem, Py_ssize_t B, Py_ssize_t O, void *output) noexcept nogil:
    losses.probabilities(<losses.Problem>problem, B, O, <real *>output)


cdef void step(const Net *net, int problem, const void *x, const void *y, double learning_rate, Batch *batch,
               double *loss, double *accuracy) noexcept nogil:
    steps.step(net, problem, x, y, learning_rate, batch, loss, accuracy)


cdef void gathered_step(const Net *net, int problem, const void *x, const void *y, const Py_ssize_t *order,
                        double learning_rate, Batch *batch, double *loss, double *accuracy) noexcept nogil:
    steps.gather(batch.rows, net.layers[0].fan_in, <const real *>x, order, <real *>batch.x)
    steps.gather(batch.rows, net.layers[net.layer_cnt - 1].fan_out, <const real *>y, order, <real *>batch.y)
    steps.step(net, problem, batch.x, batch.y, learning_rate, batch, loss, accuracy)


cdef Kernels _table
_table.itemsize = sizeof(real)
_table.product = product
_table.relu = relu
_table.relu_derv = relu_derv
_table.forward = forward
_table.backprop = backprop
_table.gradients = gradients
_table.evaluate = evaluate
_table.output_gradient = output_gradient
_table.probabilities = probabilities
_table.step = step
_table.gathered_step = gathered_step

table = PyCapsule_New(&_table, "mlp_c.kernels", NULL)
