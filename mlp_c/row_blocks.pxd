"""The planned step in threads: each takes whole blocks of KC rows of a large minibatch through the network.

    block 0   rows   0 .. 255    part 0    its weight gradients  -> sums[0]
    block 1   rows 256 .. 511    part 0                          -> sums[1]
    block 2   rows 512 .. 767    part 1                          -> sums[2]       then, by one thread, in this order:
    ...                                                                           total = sums[0] + sums[1] + ...
                                                                                  P = fma(-rate, total, P)

A block of KC terms is one chain in every sum (`plain`), so what a block adds does not depend on who computes it, and the
order of the additions is the contract's. Each part has a plan of its own, with a copy of the parameters that is taken anew
at every step; the terms of loss and accuracy go to the first plan, where their means are taken.
"""

from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from .losses cimport Problem
from .matmul cimport run_parts
from .packed cimport MOST_PARTS
from .plain cimport KC
from .plan cimport LayerPlan, Plan, block_rows, list_for
from .plan cimport lay_out as lay_out_plan
from .planned_step cimport fetch, renew_transpose
from .planned_step cimport step as step_alone
from .scratch cimport carve
from .simd cimport FULL_LANES, full, full_load, full_store, real, spread, vfma
from .small cimport padded, run
from .table cimport Net
from .tiles cimport STORE, Call
from .wide_losses cimport loss_terms_apart, means

cdef extern from "blocksizes.h" nogil:
    enum:
        THREAD_WORK
        MOST_BLOCKS

cdef struct Crew:
    Plan *first                 # the plan of a step without threads; part 0 works with it
    Plan *plans[MOST_PARTS]     # one a part
    int parts                   # how many there are; 1: no threads at all
    Py_ssize_t weight_cnt       # multiply-adds of one row's forward
    Py_ssize_t slot             # numbers of one block's weight gradients, laid out as the Ps one after the other
    real *sums                  # a slot for each block, at most MOST_BLOCKS


cdef inline Py_ssize_t numbers_of(const LayerPlan *layer) noexcept nogil:
    """P of a layer, in whole vectors."""
    return ((layer.I + 1) * layer.H_row + FULL_LANES - 1) // FULL_LANES * FULL_LANES


cdef inline Crew *crew_of(Plan *plan) noexcept nogil:
    """It lies behind the first plan."""
    return <Crew *>plan.crew


cdef inline Py_ssize_t lay_out(const Net *net, Py_ssize_t batch, Plan *plan) noexcept nogil:
    """The bytes of the first plan, and of the crew behind it; where `plan` is not NULL, it heads that memory."""
    cdef uintptr_t place = <uintptr_t>plan + lay_out_plan(net, batch, plan)
    cdef Crew head
    cdef Crew *crew
    cdef Plan *other
    cdef Py_ssize_t l, size, blocks = min(<Py_ssize_t>MOST_BLOCKS, (batch + KC - 1) // KC)
    cdef int part
    crew = <Crew *>carve(&place, sizeof(Crew))
    head.first, head.plans[0], head.parts, head.slot, head.weight_cnt = plan, plan, 1, 0, 0
    for l in range(net.layer_cnt):
        head.weight_cnt += net.layers[l].fan_in * net.layers[l].fan_out
        size = (net.layers[l].fan_in + 1) * padded(net.layers[l].fan_out)
        head.slot += (size + FULL_LANES - 1) // FULL_LANES * FULL_LANES
    head.sums = NULL
    if batch > KC and net.threads > 1:
        head.parts = min(net.threads, <int>MOST_PARTS)
        head.sums = <real *>carve(&place, blocks * head.slot * sizeof(real))
        for part in range(1, head.parts):
            size = lay_out_plan(net, KC, NULL)
            other = <Plan *>carve(&place, size)
            head.plans[part] = other
            if plan != NULL:
                lay_out_plan(net, KC, other)
    if plan != NULL:
        crew[0] = head
        plan.crew = crew
    return <Py_ssize_t>(place - <uintptr_t>plan)


cdef inline int parts_for(const Crew *crew, int threads, Py_ssize_t B) noexcept nogil:
    """How many threads are worth it for B rows: forward and both gradients are three products."""
    cdef Py_ssize_t most
    if crew.parts == 1 or not crew.first.in_blocks:
        return 1
    most = min(3 * B * crew.weight_cnt // THREAD_WORK, (B + KC - 1) // KC)
    return <int>max(<Py_ssize_t>1, min(most, <Py_ssize_t>min(threads, crew.parts)))


# ---- one part ------------------------------------------------------------------------------------------------------

cdef struct Share:
    # blocks first_block .. first_block + block_cnt - 1 of the minibatch
    Crew *crew
    Problem problem
    Py_ssize_t B
    const real *x
    const real *y
    const Py_ssize_t *order
    Py_ssize_t first_block
    Py_ssize_t block_cnt


cdef inline void take_parameters(const Plan *source, Plan *plan) noexcept nogil:
    """P and wT of another plan of the same layout."""
    cdef Py_ssize_t l
    cdef const LayerPlan *other
    cdef LayerPlan *layer
    for l in range(plan.layer_cnt):
        layer, other = &plan.layers[l], &source.layers[l]
        memcpy(layer.P, other.P, numbers_of(layer) * sizeof(real))
        if l > 0 and layer.H > 1:
            memcpy(layer.wT, other.wT, layer.H * layer.I_row * sizeof(real))


cdef inline void back(Plan *plan, int k, Py_ssize_t begin, Py_ssize_t rows, bint ends, real *sums) noexcept nogil:
    """From the last layer to the first. begin: of these rows in their block; its last rows leave the sums of all of it."""
    cdef Py_ssize_t l, n, place
    cdef LayerPlan *layer
    cdef Call *call
    for l in range(plan.layer_cnt):
        sums += numbers_of(&plan.layers[l])
    for l in range(plan.layer_cnt - 1, -1, -1):
        layer = &plan.layers[l]
        sums -= numbers_of(layer)
        run(layer.input[k], layer.input_cnt[k])
        for n in range(layer.weights_cnt[k]):
            call = &layer.weights[k][n]
            place = (call.A - (layer.x - 1)) * layer.H_row + (call.B - layer.G)
            call.begun = NULL if begin == 0 else layer.S + place
            call.total, call.finish = NULL, STORE
            call.C = sums + place if ends else layer.S + place
        run(layer.weights[k], layer.weights_cnt[k])
    plan.aimed[k] = True


cdef inline void share_blocks(void *job, int part, int parts) noexcept nogil:
    """Part number `part` of the blocks, one after the other, each in pieces that fit the first-level cache."""
    cdef const Share *of = <const Share *>job
    cdef const Crew *crew = of.crew
    cdef Plan *plan = crew.plans[part]
    cdef Plan *first = crew.first
    cdef LayerPlan *last = &plan.layers[plan.layer_cnt - 1]
    cdef Py_ssize_t block, begin, end, rows, at, place, height = block_rows(first, of.B)
    cdef int k
    if part > 0:
        take_parameters(first, plan)
    for block in range(of.block_cnt * part // parts, of.block_cnt * (part + 1) // parts):
        begin = (of.first_block + block) * KC
        end = min(begin + KC, of.B)
        for at from begin <= at < end by height:
            rows = min(height, end - at)
            k = list_for(plan, rows)
            fetch(plan, rows, at, of.x, of.y, of.order)
            run(plan.calls[k], plan.forward_cnt[k])
            place = at * last.H_row
            # By way of memory of its own: the last vector of narrow rows runs over into what the next part has written.
            loss_terms_apart(of.problem, rows, of.B, last.H, plan.output, plan.y, last.H_row, plan.scratch.G[0],
                             plan.scratch.G[1], last.G)
            memcpy(first.term + place, plan.scratch.G[0], rows * last.H_row * sizeof(real))
            memcpy(first.hit + place, plan.scratch.G[1], rows * last.H_row * sizeof(real))
            back(plan, k, at - begin, rows, at + rows == end, crew.sums + block * crew.slot)


# ---- all of them -----------------------------------------------------------------------------------------------------

cdef inline void add_up(const Crew *crew, Py_ssize_t block_cnt, bint goes_on, bint update, real rate) noexcept nogil:
    """T of every layer = (T +) the blocks' sums in ascending order; update: P = fma(rate, T, P)."""
    cdef Py_ssize_t l, n, block, at = 0
    cdef LayerPlan *layer
    cdef full total, rates
    spread[full](&rates, rate)
    for l in range(crew.first.layer_cnt):
        layer = &crew.first.layers[l]
        for n from 0 <= n < numbers_of(layer) by FULL_LANES:
            total = full_load(layer.T + n) + full_load(crew.sums + at + n) if goes_on else full_load(crew.sums + at + n)
            for block in range(1, block_cnt):
                total = total + full_load(crew.sums + block * crew.slot + at + n)
            full_store(layer.T + n, total)
            if update:
                full_store(layer.P + n, vfma[full](rates, total, full_load(layer.P + n)))
        at += numbers_of(layer)
        if update and l > 0 and layer.H > 1:
            renew_transpose(layer)


cdef inline void step(Plan *plan, int threads, Problem problem, Py_ssize_t B, const real *x, const real *y,
                      const Py_ssize_t *order, double learning_rate, double *loss, double *accuracy) noexcept nogil:
    """`planned_step.step`, in threads where they are worth it."""
    cdef Crew *crew = crew_of(plan)
    cdef LayerPlan *last = &plan.layers[plan.layer_cnt - 1]
    cdef int parts
    cdef Py_ssize_t done, blocks = (B + KC - 1) // KC
    cdef Share job
    parts = 1 if B <= KC else parts_for(crew, threads, B)
    if parts == 1:
        step_alone(plan, problem, B, x, y, order, learning_rate, loss, accuracy)
        return
    job.crew, job.problem, job.B, job.x, job.y, job.order = crew, problem, B, x, y, order
    for done from 0 <= done < blocks by MOST_BLOCKS:
        job.first_block, job.block_cnt = done, min(<Py_ssize_t>MOST_BLOCKS, blocks - done)
        run_parts(parts, share_blocks, &job)
        add_up(crew, job.block_cnt, done > 0, done + job.block_cnt == blocks, -<real>learning_rate)
    means(problem, B, last.H, last.H_row, plan.term, plan.hit, loss, accuracy)
