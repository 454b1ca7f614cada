"""The tile: a block of an output kept in registers while the inner index runs.

    acc[i][j] = fma(A[i, p], B[p, j], acc[i][j])     for p = 0 .. K-1; i over MR rows, j over NV vectors of columns

Lanes run over columns of the output, tiles over its rows, and the sum over p stays one chain an element: so the
bits are those of `plain.dot`, whatever the vector's width. A enters one number at a time through two steps, so one
tile serves x @ w, x.T @ G, and G @ w.T given w.T. What becomes of the sums is fused into the store (`finish`).

MR, NV, `ahead` and the vector's type are constants wherever these functions are called: the compiler makes one tile of each.
"""

from .simd cimport afresh, lane_cnt, lanes, load, prefetch_to_read, real, spread, store, vfma, vrelu, vsign, vsign_of_relu

cdef extern from "blocksizes.h" nogil:
    cdef enum:
        ACCUMULATORS
        SINGLE_ACCUMULATORS
        MAX_ROWS
        MAX_VECTORS
        LINE

cdef enum Finish:
    STORE = 0                   # C = sum
    BIAS = 1                    # C = sum + E[j]
    BIAS_RELU = 2               # C = relu(sum + E[j])
    MASK = 3                    # C = sum * sign(E[i, j])
    MASK_RELU = 4               # the same where E came out of a ReLU: positive, +0 or NaN
    UPDATE = 5                  # C = fma(E[0], sum, C), with E[0] = -learning_rate

cdef struct Call:
    # One rectangle of an output, cut into panels x strips tiles of one shape.
    void (*run)(const Call *call, Py_ssize_t panel) noexcept nogil
    int finish                  # a Finish
    int rows                    # MR, rows of a tile
    Py_ssize_t strips           # tiles below each other
    Py_ssize_t panels           # tiles beside each other
    Py_ssize_t K                # terms of a sum, at most KC
    const real *A
    Py_ssize_t A_row            # steps in elements
    Py_ssize_t A_col
    const real *B
    Py_ssize_t B_row
    real *C
    Py_ssize_t C_row
    const real *E               # what `finish` needs
    Py_ssize_t E_row
    Py_ssize_t E_col            # 1, or 0 for UPDATE
    const real *begun           # chains to go on with, in the layout of C; NULL: begin at +0 (as `cut` leaves it)
    const real *total           # sums of the blocks before, in the layout of C, to add the chains to; NULL: none


cdef inline void chain(lanes *like, int MR, int NV, bint A_in_columns, Py_ssize_t ahead, Py_ssize_t K, const real *A,
                       Py_ssize_t A_row, Py_ssize_t A_col, const real *B, Py_ssize_t B_row,
                       lanes acc[MAX_ROWS][MAX_VECTORS]) noexcept nogil:
    """acc goes on with K terms. A_in_columns: A_row is 1, known to the compiler; else A_col is.

    ahead: of packed operands, each term is asked for so many terms before its turn; 0: not at all.
    """
    cdef lanes a
    cdef lanes b[MAX_VECTORS]
    cdef Py_ssize_t i, j, p, L = lane_cnt[lanes](like)
    for p in range(K):
        if ahead > 0:
            for j from 0 <= j < NV by LINE // L:
                prefetch_to_read(B + (p + ahead) * B_row + j * L)
            for i from 0 <= i < MR by LINE:
                prefetch_to_read(A + (p + ahead) * A_col + i)
        for j in range(NV):
            load[lanes](&b[j], B + p * B_row + j * L)
        for i in range(MR):
            spread[lanes](&a, A[p * A_col + i] if A_in_columns else A[i * A_row + p])
            for j in range(NV):
                acc[i][j] = vfma[lanes](a, b[j], acc[i][j])


cdef inline void finish(lanes *like, int MR, int NV, int how, const real *E, Py_ssize_t E_row, real *C, Py_ssize_t C_row,
                        lanes acc[MAX_ROWS][MAX_VECTORS]) noexcept nogil:
    """C = what `how` makes of the sums."""
    cdef lanes e, c
    cdef Py_ssize_t i, j, L = lane_cnt[lanes](like)
    for j in range(NV):
        if how == BIAS or how == BIAS_RELU:
            load[lanes](&e, E + j * L)
        elif how == UPDATE:
            spread[lanes](&e, E[0])
        for i in range(MR):
            if how == STORE:
                c = acc[i][j]
            elif how == BIAS:
                c = acc[i][j] + e
            elif how == BIAS_RELU:
                c = vrelu[lanes](acc[i][j] + e)
            elif how == MASK:
                load[lanes](&e, E + i * E_row + j * L)
                c = acc[i][j] * vsign[lanes](e)
            elif how == MASK_RELU:
                load[lanes](&e, E + i * E_row + j * L)
                c = acc[i][j] * vsign_of_relu[lanes](e)
            else:
                load[lanes](&c, C + i * C_row + j * L)
                c = vfma[lanes](e, acc[i][j], c)
            store[lanes](C + i * C_row + j * L, c)


cdef inline void finish_as(lanes *like, int how, const real *E, real *C, lanes sums) noexcept nogil:
    """One vector of an output."""
    cdef lanes acc[MAX_ROWS][MAX_VECTORS]
    acc[0][0] = sums
    if how == STORE:
        finish[lanes](like, 1, 1, STORE, E, 0, C, 0, acc)
    elif how == UPDATE:
        finish[lanes](like, 1, 1, UPDATE, E, 0, C, 0, acc)
    elif how == BIAS_RELU:
        finish[lanes](like, 1, 1, BIAS_RELU, E, 0, C, 0, acc)
    elif how == BIAS:
        finish[lanes](like, 1, 1, BIAS, E, 0, C, 0, acc)
    elif how == MASK_RELU:
        finish[lanes](like, 1, 1, MASK_RELU, E, 0, C, 0, acc)
    else:
        finish[lanes](like, 1, 1, MASK, E, 0, C, 0, acc)


cdef inline void sweep(lanes *like, int MR, int NV, bint A_in_columns, const Call *call, Py_ssize_t panel) noexcept nogil:
    """All tiles of one panel. `call` is read afresh around the chain, whose loop needs all registers."""
    cdef lanes acc[MAX_ROWS][MAX_VECTORS]
    cdef lanes v
    cdef Py_ssize_t strip, i, j, C_row, L = lane_cnt[lanes](like), column = panel * NV * lane_cnt[lanes](like)
    cdef const real *A = call.A
    cdef real *C = call.C + column
    cdef const real *E = call.E + column * call.E_col
    if MR * NV > (ACCUMULATORS if L > 1 else SINGLE_ACCUMULATORS):
        return                                  # never called: no such tile is made
    for strip in range(call.strips):
        call = <const Call *>afresh(call)
        for i in range(MR):
            for j in range(NV):
                spread[lanes](&acc[i][j], 0)
        if call.begun != NULL:
            C_row = call.C_row
            for i in range(MR):
                for j in range(NV):
                    load[lanes](&acc[i][j], call.begun + (C - call.C) + i * C_row + j * L)
        chain[lanes](like, MR, NV, A_in_columns, 0, call.K, A, call.A_row, call.A_col, call.B + column, call.B_row, acc)
        call = <const Call *>afresh(call)
        if call.total != NULL:
            C_row = call.C_row
            for i in range(MR):
                for j in range(NV):
                    load[lanes](&v, call.total + (C - call.C) + i * C_row + j * L)
                    acc[i][j] = v + acc[i][j]
            call = <const Call *>afresh(call)
        C_row = call.C_row
        if call.finish == STORE:
            finish[lanes](like, MR, NV, STORE, E, 0, C, C_row, acc)
        elif A_in_columns:                      # x.T @ G
            finish[lanes](like, MR, NV, UPDATE, E, 0, C, C_row, acc)
        elif call.finish == BIAS_RELU:          # x @ w, or G @ w.T
            finish[lanes](like, MR, NV, BIAS_RELU, E, 0, C, C_row, acc)
        elif call.finish == BIAS:
            finish[lanes](like, MR, NV, BIAS, E, 0, C, C_row, acc)
        elif call.finish == MASK_RELU:
            finish[lanes](like, MR, NV, MASK_RELU, E, call.E_row, C, C_row, acc)
        else:
            finish[lanes](like, MR, NV, MASK, E, call.E_row, C, C_row, acc)
        call = <const Call *>afresh(call)
        A = A + MR * call.A_row
        C = C + MR * call.C_row
        E = E + MR * call.E_row
