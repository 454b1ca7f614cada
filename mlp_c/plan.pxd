"""The planned step: the small path for training, with everything laid out once for the widths and the minibatch.

For the length of a call, parameters and activations live in rows padded to whole vectors (no tails over output
lanes), and a step walks lists of calls in which every pointer, step and tile size is already written down. This page
lays out the memory and writes the lists; `planned_step` walks them.

    P       (1 + I, padded H)       b above w: one array to update
    wT      (H, padded I)           w transposed, for G @ w.T; in step with the update; not for the first layer
    x       rows of  1 x_1 .. x_I           the 1 makes the bias one more weight: [1 x].T @ G = [G_b; G_w],
    hidden  rows of  .. 1 h_1 .. h_H ..     and fma(1, g, sum) = sum + g
    G       (rows, padded H)

Padding is read and written, never used: each of its lanes only ever feeds lanes that are padding themselves.

A minibatch whose rows do not fit the first-level cache goes through in blocks of rows, if the network is small: then
its weight gradients wait between the blocks, chains that have begun in S, sums of whole blocks of 256 terms in T.
"""

from libc.stdint cimport uintptr_t

from .matmul cimport Scratch, carve_scratch, run_apart
from .plain cimport KC
from .scratch cimport carve
from .simd cimport FULL_LANES, real
from .small cimport all_calls, described, most_calls, padded
from .table cimport Net
from .tiles cimport BIAS, BIAS_RELU, MASK_RELU, UPDATE, Call

cdef extern from "blocksizes.h" nogil:
    enum:
        ROWS_BYTES
        SUMS

cdef struct LayerPlan:
    Py_ssize_t I
    Py_ssize_t H
    Py_ssize_t H_row            # padded H: the row step of P and G
    Py_ssize_t I_row            # padded I: the row step of wT
    real *P
    real *S                     # like P, or NULL
    real *T                     # like P, or NULL
    real *wT
    real *x                     # the layer's input: where x_1 or h_1 of row 0 lies; the 1 lies before it
    Py_ssize_t x_row
    real *G                     # the gradient of the layer's output
    # Two lists of each kind, for blocks of two heights: backwards through this layer.
    Call *input[2]              # G of the layer's input
    Py_ssize_t input_cnt[2]
    Call *weights[2]            # the update of P
    Py_ssize_t weights_cnt[2]

cdef struct Plan:
    Scratch scratch             # for calls on arrays as they lie
    Py_ssize_t layer_cnt
    LayerPlan *layers
    bint in_blocks              # large minibatches go through in blocks of rows
    Py_ssize_t most_rows        # of such a block
    Py_ssize_t rows[2]          # the heights of blocks that the two lists are written for; 0 for none
    bint aimed[2]               # does the list's update go by way of S and T?
    int recent                  # the list used last
    Call *calls[2]              # where the lists begin: forward through all layers comes first
    Py_ssize_t forward_cnt[2]
    real *output                # (rows, padded O)
    real *y                     # (rows, padded O), gathered
    real *term                  # (rows of the minibatch, padded O), the terms of the loss
    real *hit                   # (rows of the minibatch, padded O), the terms of the accuracy
    real rate                   # -learning_rate of the step at hand
    void *crew                  # of `row_blocks`; NULL: none


cdef inline Py_ssize_t lay_out(const Net *net, Py_ssize_t batch, Plan *plan) noexcept nogil:
    """The bytes that a plan for minibatches of up to `batch` rows needs; where plan is not NULL, it heads that memory."""
    cdef uintptr_t place = <uintptr_t>plan
    cdef Py_ssize_t l, I, H, size, x_row = net.layers[0].fan_in + 1, lead = 1, sums = 0, a_row = 0, call_cnt = 0
    cdef Py_ssize_t rows = batch
    cdef LayerPlan *layers
    cdef LayerPlan here
    cdef Plan head
    carve(&place, sizeof(Plan))
    layers = <LayerPlan *>carve(&place, net.layer_cnt * sizeof(LayerPlan))
    for l in range(net.layer_cnt):
        sums += (net.layers[l].fan_in + 1) * padded(net.layers[l].fan_out)
        a_row = max(a_row, net.layers[l].fan_in + 1 + FULL_LANES + padded(net.layers[l].fan_out))
    head.layer_cnt, head.layers = net.layer_cnt, layers
    head.in_blocks = sums <= SUMS
    head.most_rows = max(<Py_ssize_t>32, ROWS_BYTES // (a_row * <Py_ssize_t>sizeof(real)))
    if head.in_blocks:
        rows = min(rows, <Py_ssize_t>KC)
    for l in range(net.layer_cnt):
        I, H = net.layers[l].fan_in, net.layers[l].fan_out
        call_cnt += most_calls(rows, H, I) + most_calls(rows, I, H) + most_calls(I + 1, padded(H), rows)
    head.calls[0] = <Call *>carve(&place, call_cnt * sizeof(Call))
    head.calls[1] = <Call *>carve(&place, call_cnt * sizeof(Call))
    for l in range(net.layer_cnt):
        I, H = net.layers[l].fan_in, net.layers[l].fan_out
        here.I, here.H, here.I_row, here.H_row = I, H, padded(I), padded(H)
        # To spare: rows and vectors that transposing in squares reads and writes beyond the end.
        size = max((I + 1) * here.H_row, 1 + here.I_row) + FULL_LANES * here.H_row
        here.P = <real *>carve(&place, size * sizeof(real))
        here.S = <real *>carve(&place, (size if head.in_blocks else 0) * sizeof(real))
        here.T = <real *>carve(&place, (size if head.in_blocks else 0) * sizeof(real))
        # A w of one column is its own transpose.
        size = 0 if l == 0 else (H + FULL_LANES) * (here.I_row + FULL_LANES)
        here.wT = here.P + 1 if H == 1 else <real *>carve(&place, size * sizeof(real))
        here.x = <real *>carve(&place, (lead + rows * x_row) * sizeof(real)) + lead
        here.x_row = x_row
        here.G = <real *>carve(&place, (rows * here.H_row + FULL_LANES) * sizeof(real))
        lead = min(<Py_ssize_t>FULL_LANES, here.H_row)
        x_row = lead + here.H_row
        if plan != NULL:
            layers[l] = here
    head.output = <real *>carve(&place, (rows * here.H_row + FULL_LANES) * sizeof(real))
    head.y = <real *>carve(&place, (rows * here.H_row + FULL_LANES) * sizeof(real))
    head.term = <real *>carve(&place, (batch * here.H_row + FULL_LANES) * sizeof(real))
    head.hit = <real *>carve(&place, (batch * here.H_row + FULL_LANES) * sizeof(real))
    carve_scratch(net, batch, &place, &head.scratch)
    head.rows[0], head.rows[1], head.recent, head.rate, head.crew = 0, 0, 0, 0, NULL
    if plan != NULL:
        plan[0] = head
        for l in range(net.layer_cnt):
            for I in range(rows):
                layers[l].x[I * layers[l].x_row - 1] = 1
    return <Py_ssize_t>(place - <uintptr_t>plan)


cdef inline Py_ssize_t block_rows(const Plan *plan, Py_ssize_t B) noexcept nogil:
    """The height of the blocks that B rows go through in: equal parts up to KC rows, beyond that a divisor of KC."""
    cdef Py_ssize_t blocks, height = KC
    if not plan.in_blocks or B <= min(plan.most_rows, <Py_ssize_t>KC):
        return B
    if B <= KC:
        blocks = (B + plan.most_rows - 1) // plan.most_rows
        return (B + blocks - 1) // blocks
    while height > plan.most_rows:
        height = height // 2
    return height


cdef inline void write_lists(Plan *plan, int k, Py_ssize_t B) noexcept nogil:
    """List k of every layer, for B rows, in the order of a step."""
    cdef Call *place = plan.calls[k]
    cdef Py_ssize_t l
    cdef LayerPlan *layer
    cdef Call call
    plan.rows[k], plan.aimed[k] = B, False
    for l in range(plan.layer_cnt):
        layer = &plan.layers[l]
        call = described(BIAS_RELU, layer.x, layer.x_row, 1, layer.P + layer.H_row, layer.H_row, plan.output, layer.H_row,
                         layer.P, 0)
        if l + 1 < plan.layer_cnt:
            call.C, call.C_row = layer[1].x, layer[1].x_row
        else:
            call.finish = BIAS
        place += all_calls(place, &call, B, layer.H, layer.I, True, NULL, NULL)
    plan.forward_cnt[k] = place - plan.calls[k]
    for l in range(plan.layer_cnt - 1, -1, -1):
        layer = &plan.layers[l]
        layer.input[k], layer.input_cnt[k] = place, 0
        if l > 0:
            call = described(MASK_RELU, layer.G, layer.H_row, 1, layer.wT, layer.I_row, layer[-1].G, layer.I_row,
                             layer.x, layer.x_row)
            layer.input_cnt[k] = all_calls(place, &call, B, layer.I, layer.H, True, NULL, NULL)
            place += layer.input_cnt[k]
        call = described(UPDATE, layer.x - 1, 1, layer.x_row, layer.G, layer.H_row, layer.P, layer.H_row, &plan.rate, 0)
        layer.weights[k] = place
        layer.weights_cnt[k] = all_calls(place, &call, layer.I + 1, layer.H, B, True, plan.scratch.piece, NULL)
        place += layer.weights_cnt[k]


cdef struct Writing:
    Plan *plan
    int k
    Py_ssize_t B


cdef inline void write(void *job) noexcept nogil:
    """A Writing: `write_lists`, compiled once for all who need lists."""
    cdef const Writing *of = <const Writing *>job
    write_lists(of.plan, of.k, of.B)


cdef inline int list_for(Plan *plan, Py_ssize_t B) noexcept nogil:
    """The list for blocks of B rows, written anew where there is none: over the one that was not used last."""
    cdef int k = 0 if plan.rows[0] == B else 1
    cdef Writing job
    if plan.rows[k] != B:
        k = 1 - plan.recent
        job.plan, job.k, job.B = plan, k, B
        run_apart(write, &job)
    plan.recent = k
    return k
