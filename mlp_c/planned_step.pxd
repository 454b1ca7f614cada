"""The planned step at work: parameters in, any number of steps, parameters out.

A step: gather the rows, walk the lists of `plan` forward, take the loss and its gradient, walk back. The gradient of
a layer's input is taken before the layer's weights change.
"""

from libc.string cimport memset

from .losses cimport Problem
from .plain cimport KC
from .plan cimport LayerPlan, Plan, block_rows, list_for
from .simd cimport FULL_LANES, full_load, full_store, real
from .small cimport run
from .table cimport Net
from .tiles cimport STORE, UPDATE, Call
from .transpose cimport transpose, transpose_padded
from .wide_losses cimport loss_terms, means


cdef inline void copy(Py_ssize_t cnt, const real *source, real *target) noexcept nogil:
    """target = source, cnt numbers: whole vectors, the last one perhaps over the one before it."""
    cdef Py_ssize_t k
    if cnt >= FULL_LANES:
        for k from 0 <= k < cnt - FULL_LANES by FULL_LANES:
            full_store(target + k, full_load(source + k))
        full_store(target + cnt - FULL_LANES, full_load(source + cnt - FULL_LANES))
    else:
        for k in range(cnt):
            target[k] = source[k]


cdef inline void gather(Py_ssize_t rows, Py_ssize_t cols, const real *source, const Py_ssize_t *order,
                        real *target, Py_ssize_t target_row) noexcept nogil:
    """target[i] = source[order[i]], row by row; widths of 1, and of 2 to 4 vectors, without an inner loop."""
    cdef Py_ssize_t i, tail = cols - FULL_LANES
    cdef const real *row
    if cols == 1:
        for i in range(rows):
            target[i * target_row] = source[order[i]]
    elif 2 * FULL_LANES < cols <= 4 * FULL_LANES:
        for i in range(rows):
            row = source + order[i] * cols
            full_store(target, full_load(row))
            full_store(target + FULL_LANES, full_load(row + FULL_LANES))
            full_store(target + tail - FULL_LANES, full_load(row + tail - FULL_LANES))
            full_store(target + tail, full_load(row + tail))
            target += target_row
    elif FULL_LANES <= cols <= 2 * FULL_LANES:
        for i in range(rows):
            row = source + order[i] * cols
            full_store(target, full_load(row))
            full_store(target + tail, full_load(row + tail))
            target += target_row
    else:
        for i in range(rows):
            copy(cols, source + order[i] * cols, target + i * target_row)


cdef inline void take(Py_ssize_t rows, Py_ssize_t cols, const real *source, real *target, Py_ssize_t target_row) noexcept nogil:
    """target[i] = source[i]"""
    cdef Py_ssize_t i
    for i in range(rows):
        copy(cols, source + i * cols, target + i * target_row)


cdef inline void renew_transpose(const LayerPlan *layer) noexcept nogil:
    """wT = the w in P, transposed."""
    if layer.H_row >= FULL_LANES:
        transpose_padded(layer.I, layer.H, layer.P + layer.H_row, layer.H_row, layer.wT, layer.I_row)
    else:       # a whole vector would span rows that were stored one by one a moment ago, and wait for them
        transpose(layer.I, layer.H, layer.P + layer.H_row, layer.H_row, layer.wT, layer.I_row)


cdef inline void load_parameters(const Net *net, Plan *plan) noexcept nogil:
    """P and wT from the parameters; padding becomes zero."""
    cdef Py_ssize_t l, i
    cdef LayerPlan *layer
    for l in range(plan.layer_cnt):
        layer = &plan.layers[l]
        if layer.H_row != layer.H:
            memset(layer.P, 0, (layer.I + 1) * layer.H_row * sizeof(real))
        copy(layer.H, <const real *>net.layers[l].b, layer.P)
        take(layer.I, layer.H, <const real *>net.layers[l].w, layer.P + layer.H_row, layer.H_row)
        if l > 0 and layer.H > 1:
            renew_transpose(layer)


cdef inline void store_parameters(const Net *net, const Plan *plan) noexcept nogil:
    """The parameters from P."""
    cdef Py_ssize_t l, i
    cdef const LayerPlan *layer
    for l in range(plan.layer_cnt):
        layer = &plan.layers[l]
        copy(layer.H, layer.P, <real *>net.layers[l].b)
        for i in range(layer.I):
            copy(layer.H, layer.P + (i + 1) * layer.H_row, <real *>net.layers[l].w + i * layer.H)


cdef inline void aim(LayerPlan *layer, int k, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t B) noexcept nogil:
    """Where the weight sums of rows begin .. end-1 of B go on from, and where they go: S, T, or the update of P."""
    cdef Py_ssize_t n, place
    cdef Call *call
    for n in range(layer.weights_cnt[k]):
        call = &layer.weights[k][n]
        place = (call.A - (layer.x - 1)) * layer.H_row + (call.B - layer.G)
        call.begun = NULL if begin % KC == 0 else layer.S + place
        call.total = NULL if begin < KC or (end % KC != 0 and end < B) else layer.T + place
        call.finish = STORE
        if end == B:
            call.finish = UPDATE
            call.C = layer.P + place
        elif end % KC == 0:
            call.C = layer.T + place
        else:
            call.C = layer.S + place


cdef inline void fetch(Plan *plan, Py_ssize_t rows, Py_ssize_t begin, const real *x, const real *y,
                       const Py_ssize_t *order) noexcept nogil:
    """Rows begin .. begin+rows-1 of the minibatch, into the plan's x and y."""
    cdef LayerPlan *first = plan.layers
    cdef LayerPlan *last = &plan.layers[plan.layer_cnt - 1]
    if order != NULL:
        gather(rows, first.I, x, order + begin, first.x, first.x_row)
        gather(rows, last.H, y, order + begin, plan.y, last.H_row)
    else:
        take(rows, first.I, x + begin * first.I, first.x, first.x_row)
        take(rows, last.H, y + begin * last.H, plan.y, last.H_row)


cdef inline void back(Plan *plan, int k, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t B) noexcept nogil:
    """From the last layer to the first: the gradient of its input, then of its weights, for rows begin .. end-1 of B."""
    cdef LayerPlan *layer = &plan.layers[plan.layer_cnt - 1]
    cdef bint by_blocks = begin > 0 or end < B
    while True:
        run(layer.input[k], layer.input_cnt[k])
        if by_blocks or plan.aimed[k]:
            aim(layer, k, begin, end, B)
        run(layer.weights[k], layer.weights_cnt[k])
        if layer == plan.layers:
            break
        if layer.H > 1 and end == B:
            renew_transpose(layer)
        layer -= 1
    plan.aimed[k] = by_blocks


cdef inline void step(Plan *plan, Problem problem, Py_ssize_t B, const real *x, const real *y, const Py_ssize_t *order,
                      double learning_rate, double *loss, double *accuracy) noexcept nogil:
    """One step on the rows order[0 .. B-1] of x and y, or where order is NULL on their first B rows."""
    cdef LayerPlan *last = &plan.layers[plan.layer_cnt - 1]
    cdef Py_ssize_t begin, rows, place, height = block_rows(plan, B)
    cdef int k
    plan.rate = -<real>learning_rate
    for begin from 0 <= begin < B by height:
        rows = min(height, B - begin)
        k = list_for(plan, rows)
        fetch(plan, rows, begin, x, y, order)
        run(plan.calls[k], plan.forward_cnt[k])
        place = begin * last.H_row
        loss_terms(problem, rows, B, last.H, plan.output, plan.y, last.H_row, plan.term + place, plan.hit + place, last.G)
        back(plan, k, begin, begin + rows, B)
    means(problem, B, last.H, last.H_row, plan.term, plan.hit, loss, accuracy)
