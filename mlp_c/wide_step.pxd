"""The wide step: training on parameters where they lie, for networks with a layer too large to be copied.

Where the planned step keeps padded copies, here each product goes the way that `matmul` chooses; only the last layer's output lies in
padded rows, for the losses in vectors. The order of everything is that of `steps.step`.

    forward    h_l+1 = relu(h_l @ w + b)                       bias and ReLU in the store
    back       G_x = (G @ w.T) * sign(h), then w -= rate * h.T @ G     mask and update in the store
"""

from libc.stdint cimport uintptr_t

from .direct cimport dense_forward, dense_input, dense_weights
from .losses cimport SELECT, Problem
from .matmul cimport Scratch, carve_scratch, run_parts
from .planned_step cimport gather, take
from .scratch cimport carve
from .simd cimport FULL_LANES, real
from .small cimport padded
from .table cimport CHOSEN, PACKED, THIN, Layer, Net
from .tiles cimport MASK_RELU, UPDATE
from .wide_losses cimport loss_terms_apart, means_of, sum_rows

cdef extern from "blocksizes.h" nogil:
    enum:
        WIDE
        GATHER_WORK

cdef struct Wide:
    Scratch scratch             # for calls on arrays as they lie as well
    real **inputs               # (rows, fan_in) of each layer: x gathered, then the hidden layers
    Py_ssize_t O_row            # padded O
    real *output                # (rows, padded O), as the two below
    real *y
    real *G
    double *sums                # of the terms of loss and accuracy of each row


cdef inline bint is_wide(const Net *net) noexcept nogil:
    """Is this way taken? Otherwise the planned step's."""
    return net.path == PACKED or net.path == THIN or (net.path == CHOSEN and net.largest >= WIDE)


cdef inline Py_ssize_t lay_out(const Net *net, Py_ssize_t rows, Wide *work) noexcept nogil:
    """The bytes for minibatches of up to `rows` rows; where `work` is not NULL, it heads that memory."""
    cdef uintptr_t place = <uintptr_t>work
    cdef Py_ssize_t l, size
    cdef void *array
    cdef Wide head
    carve(&place, sizeof(Wide))
    head.inputs = <real **>carve(&place, net.layer_cnt * sizeof(void *))
    for l in range(net.layer_cnt):
        array = carve(&place, rows * net.layers[l].fan_in * sizeof(real))
        if work != NULL:
            head.inputs[l] = <real *>array
    head.O_row = padded(net.layers[net.layer_cnt - 1].fan_out)
    size = (rows * head.O_row + FULL_LANES) * sizeof(real)
    head.output = <real *>carve(&place, size)
    head.y = <real *>carve(&place, size)
    head.G = <real *>carve(&place, size)
    head.sums = <double *>carve(&place, 2 * rows * sizeof(double))
    carve_scratch(net, rows, &place, &head.scratch)
    if work != NULL:
        work[0] = head
    return <Py_ssize_t>(place - <uintptr_t>work)


cdef struct Gathering:
    # x of a minibatch, row by row
    Py_ssize_t rows
    Py_ssize_t cols
    const real *source
    const Py_ssize_t *order
    real *target


cdef inline void share_gathering(void *job, int part, int parts) noexcept nogil:
    """Part number `part` of the rows."""
    cdef const Gathering *of = <const Gathering *>job
    cdef Py_ssize_t begin = of.rows * part // parts, end = of.rows * (part + 1) // parts
    gather(end - begin, of.cols, of.source, of.order + begin, of.target + begin * of.cols, of.cols)


cdef struct Losses:
    # The output of B rows, whose terms of loss and accuracy are asked for
    Problem problem
    Py_ssize_t B
    Py_ssize_t O
    Py_ssize_t row
    const real *output
    const real *y
    real *term
    real *hit
    real *G
    double *sums


cdef inline void share_losses(void *job, int part, int parts) noexcept nogil:
    """Part number `part` of the rows: terms, their sums, and G_output. As many rows as a vector has lanes stay together: so
    no vector runs over into the next part, but of `select`, which goes row by row."""
    cdef const Losses *of = <const Losses *>job
    cdef Py_ssize_t begin = of.B // FULL_LANES * part // parts * FULL_LANES, at = begin * of.row
    cdef Py_ssize_t end = of.B // FULL_LANES * (part + 1) // parts * FULL_LANES if part + 1 < parts else of.B
    loss_terms_apart(of.problem, end - begin, of.B, of.O, of.output + at, of.y + at, of.row, of.term + at, of.hit + at,
                     of.G + at)
    sum_rows(end - begin, of.O, of.row, of.term + at, of.hit + at, of.sums + 2 * begin)


cdef inline void step(const Net *net, Wide *work, Problem problem, Py_ssize_t B, const real *x, const real *y,
                      const Py_ssize_t *order, double learning_rate, double *loss, double *accuracy) noexcept nogil:
    """One step on the rows order[0 .. B-1] of x and y, or where order is NULL on their first B rows."""
    cdef Scratch *scratch = &work.scratch
    cdef Py_ssize_t l, G_row = work.O_row, last = net.layer_cnt - 1, I = net.layers[0].fan_in, O = net.layers[last].fan_out
    cdef const Layer *layer
    cdef const real *h = x                  # the input of the layer at hand
    cdef const real *G = work.G
    cdef real rate = -<real>learning_rate
    cdef Gathering of_x
    cdef Losses losses
    cdef bint parted
    if order == NULL:
        take(B, O, y, work.y, work.O_row)
    else:
        gather(B, O, y, order, work.y, work.O_row)
        of_x.rows, of_x.cols, of_x.source, of_x.order, of_x.target = B, I, x, order, work.inputs[0]
        run_parts(scratch.threads if B * I >= GATHER_WORK else 1, share_gathering, &of_x)
        h = work.inputs[0]
    for l in range(last):
        dense_forward(scratch, B, &net.layers[l], h, True, work.inputs[l + 1], net.layers[l].fan_out)
        h = work.inputs[l + 1]
    dense_forward(scratch, B, &net.layers[last], h, False, work.output, work.O_row)
    # The terms of loss and accuracy lie where the gradients of hidden layers will.
    losses.problem, losses.B, losses.O, losses.row, losses.output, losses.y = problem, B, O, work.O_row, work.output, work.y
    losses.term, losses.hit, losses.G, losses.sums = scratch.G[0], scratch.G[1], work.G, work.sums
    parted = B * O >= GATHER_WORK and (problem != SELECT or work.O_row % FULL_LANES == 0)
    run_parts(scratch.threads if parted else 1, share_losses, &losses)
    means_of(problem, B, O, work.sums, loss, accuracy)
    for l in range(last, -1, -1):
        layer = &net.layers[l]
        if l > 0:
            h = work.inputs[l]
            dense_input(scratch, B, layer, G, G_row, MASK_RELU, h, scratch.G[l % 2])
        else:
            h = x if order == NULL else work.inputs[0]
        dense_weights(scratch, B, layer, h, G, G_row, UPDATE, &rate, <real *>layer.w, <real *>layer.b)
        G, G_row = scratch.G[l % 2], layer.fan_in
