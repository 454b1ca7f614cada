"""The planned step: the small path for training, with everything laid out once for the widths and the minibatch.

For the length of a call, parameters and activations live in rows padded to whole vectors (no tails over output
lanes), and a step walks a list of calls in which every pointer, step and tile size is already written down.

    P       (1 + I, padded H)       b above w: one array to update
    wT      (H, padded I)           w transposed, for G @ w.T; in step with the update; not for the first layer
    x       rows of  1 x_1 .. x_I           the 1 makes the bias one more weight: [1 x].T @ G = [G_b; G_w],
    hidden  rows of  .. 1 h_1 .. h_H ..     and fma(1, g, sum) = sum + g
    G       (rows, padded H)

Padding is read and written, never used: each of its lanes only ever feeds lanes that are padding themselves.
"""

from libc.stdint cimport uintptr_t
from libc.string cimport memset

from .direct cimport Scratch
from .losses cimport Problem, evaluate, output_gradient
from .scratch cimport carve
from .simd cimport FULL_LANES, full, load, real, store
from .small cimport MAX_CALLS, cut, padded, run, transpose
from .table cimport Net
from .tiles cimport BIAS, BIAS_RELU, MASK, UPDATE, Call

cdef struct LayerPlan:
    Py_ssize_t I, H
    Py_ssize_t H_row            # padded H: the row step of P and G
    Py_ssize_t I_row            # padded I: the row step of wT
    real *P
    real *wT
    real *x                     # the layer's input: where x_1 or h_1 of row 0 lies; the 1 lies before it
    Py_ssize_t x_row
    real *G                     # the gradient of the layer's output
    Call *forward               # y = relu(x @ w + b)
    int forward_cnt
    Call *back                  # G of the layer's input, then the update of P
    int back_cnt

cdef struct Plan:
    Scratch scratch             # for calls on arrays as they lie
    Py_ssize_t capacity         # the largest minibatch that there is memory for
    Py_ssize_t rows             # the minibatch that the calls are written for
    Py_ssize_t layer_cnt
    LayerPlan *layers
    real *output                # (rows, padded O)
    real *y                     # (rows, padded O), gathered
    real rate                   # -learning_rate of the step at hand


cdef inline void copy(Py_ssize_t cnt, const real *source, real *target) noexcept nogil:
    """target = source, cnt numbers: whole vectors, the last one perhaps over the one before it."""
    cdef Py_ssize_t k = 0
    cdef full v
    if cnt >= FULL_LANES:
        while k + FULL_LANES < cnt:
            load[full](&v, source + k)
            store[full](target + k, v)
            k += FULL_LANES
        load[full](&v, source + cnt - FULL_LANES)
        store[full](target + cnt - FULL_LANES, v)
    else:
        while k < cnt:
            target[k] = source[k]
            k += 1


cdef inline Py_ssize_t lay_out(const Net *net, Py_ssize_t rows, Plan *plan) noexcept nogil:
    """The bytes that a plan for minibatches of `rows` rows needs; where plan is not NULL, it heads that memory."""
    cdef uintptr_t place = <uintptr_t>plan
    cdef Py_ssize_t l, I, H, widest = 0, largest = 0, x_row = net.layers[0].fan_in + 1, lead = 1
    cdef LayerPlan *layers
    cdef LayerPlan here
    carve(&place, sizeof(Plan))
    layers = <LayerPlan *>carve(&place, net.layer_cnt * sizeof(LayerPlan))
    here.forward = <Call *>carve(&place, 3 * MAX_CALLS * net.layer_cnt * sizeof(Call))
    for l in range(net.layer_cnt):
        I, H = net.layers[l].fan_in, net.layers[l].fan_out
        here.I, here.H, here.I_row, here.H_row = I, H, padded(I), padded(H)
        here.P = <real *>carve(&place, max((I + 1) * here.H_row, 1 + here.I_row) * sizeof(real))
        # A w of one column is its own transpose.
        here.wT = here.P + 1 if H == 1 else <real *>carve(&place, (0 if l == 0 else H * here.I_row) * sizeof(real))
        here.x = <real *>carve(&place, (lead + rows * x_row) * sizeof(real)) + lead
        here.x_row = x_row
        here.G = <real *>carve(&place, rows * here.H_row * sizeof(real))
        lead = min(<Py_ssize_t>FULL_LANES, here.H_row)
        x_row = lead + here.H_row
        widest, largest = max(widest, I, H), max(largest, I * H)
        if plan != NULL:
            layers[l] = here
    here.x = <real *>carve(&place, rows * here.H_row * sizeof(real))
    here.wT = <real *>carve(&place, rows * here.H_row * sizeof(real))
    here.P = <real *>carve(&place, largest * sizeof(real))
    here.G = <real *>carve(&place, 2 * rows * widest * sizeof(real))
    if plan != NULL:
        plan.capacity, plan.rows, plan.layer_cnt, plan.layers = rows, 0, net.layer_cnt, layers
        plan.output, plan.y = here.x, here.wT
        plan.scratch.rows, plan.scratch.wT = rows, here.P
        plan.scratch.G[0], plan.scratch.G[1] = here.G, here.G + rows * widest
    return <Py_ssize_t>(place - <uintptr_t>plan)


cdef inline void prepare(const Net *net, Py_ssize_t rows, Plan *plan) noexcept nogil:
    """Lay the plan out in its memory, which is all zeros, and write the ones before each row of each input."""
    cdef Py_ssize_t l, i
    lay_out(net, rows, plan)
    for l in range(net.layer_cnt):
        for i in range(rows):
            plan.layers[l].x[i * plan.layers[l].x_row - 1] = 1


cdef inline void write_calls(Plan *plan, Py_ssize_t B) noexcept nogil:
    """All calls of a step on B rows, in the order of the step."""
    cdef Call *place = plan.layers[0].forward
    cdef Py_ssize_t l
    cdef LayerPlan *layer
    cdef Call call
    plan.rows = B
    for l in range(plan.layer_cnt):
        layer = &plan.layers[l]
        layer.forward = place
        call.finish, call.K = BIAS_RELU if l + 1 < plan.layer_cnt else BIAS, layer.I
        call.A, call.A_row, call.A_col = layer.x, layer.x_row, 1
        call.B, call.B_row = layer.P + layer.H_row, layer.H_row
        call.C, call.C_row = plan.output, layer.H_row
        if l + 1 < plan.layer_cnt:
            call.C, call.C_row = layer[1].x, layer[1].x_row
        call.E, call.E_row = layer.P, 0
        layer.forward_cnt = cut(place, &call, B, layer.H, True)
        place += layer.forward_cnt
    for l in range(plan.layer_cnt - 1, -1, -1):
        layer = &plan.layers[l]
        layer.back = place
        if l > 0:
            call.finish, call.K = MASK, layer.H
            call.A, call.A_row, call.A_col = layer.G, layer.H_row, 1
            call.B, call.B_row = layer.wT, layer.I_row
            call.C, call.C_row = layer[-1].G, layer.I_row
            call.E, call.E_row = layer.x, layer.x_row
            place += cut(place, &call, B, layer.I, True)
        call.finish, call.K = UPDATE, B
        call.A, call.A_row, call.A_col = layer.x - 1, 1, layer.x_row
        call.B, call.B_row = layer.G, layer.H_row
        call.C, call.C_row = layer.P, layer.H_row
        call.E, call.E_row = &plan.rate, 0
        place += cut(place, &call, layer.I + 1, layer.H, True)
        layer.back_cnt = <int>(place - layer.back)


cdef inline void load_parameters(const Net *net, Plan *plan) noexcept nogil:
    """P and wT from the parameters; padding becomes zero."""
    cdef Py_ssize_t l, i, j
    cdef LayerPlan *layer
    for l in range(plan.layer_cnt):
        layer = &plan.layers[l]
        memset(layer.P, 0, max((layer.I + 1) * layer.H_row, 1 + layer.I_row) * sizeof(real))
        copy(layer.H, <const real *>net.layers[l].b, layer.P)
        for i in range(layer.I):
            copy(layer.H, <const real *>net.layers[l].w + i * layer.H, layer.P + (i + 1) * layer.H_row)
        if l > 0 and layer.H > 1:
            memset(layer.wT, 0, layer.H * layer.I_row * sizeof(real))
            transpose(layer.I, layer.H, layer.P + layer.H_row, layer.H_row, layer.wT, layer.I_row)


cdef inline void store_parameters(const Net *net, const Plan *plan) noexcept nogil:
    """The parameters from P."""
    cdef Py_ssize_t l, i
    cdef const LayerPlan *layer
    for l in range(plan.layer_cnt):
        layer = &plan.layers[l]
        copy(layer.H, layer.P, <real *>net.layers[l].b)
        for i in range(layer.I):
            copy(layer.H, layer.P + (i + 1) * layer.H_row, <real *>net.layers[l].w + i * layer.H)


cdef inline void step(Plan *plan, Problem problem, Py_ssize_t B, const real *x, const real *y, const Py_ssize_t *order,
                      double learning_rate, double *loss, double *accuracy) noexcept nogil:
    """One step on the rows order[0 .. B-1] of x and y, or where order is NULL on their first B rows."""
    cdef LayerPlan *first = &plan.layers[0]
    cdef LayerPlan *last = &plan.layers[plan.layer_cnt - 1]
    cdef LayerPlan *layer
    cdef Py_ssize_t i, row, l
    if B != plan.rows:
        write_calls(plan, B)
    plan.rate = -<real>learning_rate
    for i in range(B):
        row = i if order == NULL else order[i]
        copy(first.I, x + row * first.I, first.x + i * first.x_row)
        copy(last.H, y + row * last.H, plan.y + i * last.H_row)
    for l in range(plan.layer_cnt):
        run(plan.layers[l].forward, plan.layers[l].forward_cnt)
    evaluate(problem, B, last.H, plan.output, plan.y, last.H_row, last.G, loss, accuracy)
    output_gradient(problem, B, last.H, plan.output, plan.y, last.H_row, 1, last.G)
    for l in range(plan.layer_cnt - 1, -1, -1):
        layer = &plan.layers[l]
        run(layer.back, layer.back_cnt)
        if l > 0 and layer.H > 1:
            transpose(layer.I, layer.H, layer.P + layer.H_row, layer.H_row, layer.wT, layer.I_row)
