"""The tile of the small path: a block of an output kept in registers while the inner index runs.

    acc[i][j] = fma(A[i, p], B[p, j], acc[i][j])     for p = 0 .. K-1; i over MR rows, j over NV vectors of columns

Lanes run over columns of the output, tiles over its rows, and the sum over p stays one chain an element: so the
bits are those of `plain.dot`, whatever the vector's width. A enters one number at a time through two steps, so one
tile serves x @ w, x.T @ G, and G @ w.T given w.T. What becomes of the sums is fused into the store (`finish`).

MR, NV and the vector's type are constants wherever these functions are called: the compiler makes one tile of each.
"""

from .plain cimport KC
from .simd cimport lane_cnt, lanes, load, real, spread, store, vfma, vrelu, vsign

cdef extern from "blocksizes.h" nogil:
    cdef enum:
        ACCUMULATORS
        MAX_ROWS
        MAX_VECTORS

cdef enum Finish:
    STORE = 0                   # C = sum
    BIAS = 1                    # C = sum + E[j]
    BIAS_RELU = 2               # C = relu(sum + E[j])
    MASK = 3                    # C = sum * sign(E[i, j])
    UPDATE = 4                  # C = fma(E[0], sum, C), with E[0] = -learning_rate

cdef struct Call:
    # One rectangle of an output, cut into panels x strips tiles of one shape.
    void (*run)(const Call *call) noexcept nogil
    int finish                  # a Finish
    int rows                    # MR, rows of a tile
    Py_ssize_t strips           # tiles below each other
    Py_ssize_t panels           # tiles beside each other
    Py_ssize_t K                # terms of a sum
    const real *A
    Py_ssize_t A_row            # steps in elements
    Py_ssize_t A_col
    const real *B
    Py_ssize_t B_row
    real *C
    Py_ssize_t C_row
    const real *E               # what `finish` needs
    Py_ssize_t E_row


cdef inline void chain(lanes *like, int MR, int NV, bint A_in_columns, Py_ssize_t K, const real *A, Py_ssize_t A_row,
                       Py_ssize_t A_col, const real *B, Py_ssize_t B_row, lanes acc[MAX_ROWS][MAX_VECTORS]) noexcept nogil:
    """acc = the chains over K terms, from +0. A_in_columns: A_row is 1, known to the compiler; else A_col is."""
    cdef lanes a
    cdef lanes b[MAX_VECTORS]
    cdef Py_ssize_t i, j, p, L = lane_cnt[lanes](like)
    for i in range(MR):
        for j in range(NV):
            spread[lanes](&acc[i][j], 0)
    for p in range(K):
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
            else:
                load[lanes](&c, C + i * C_row + j * L)
                c = vfma[lanes](e, acc[i][j], c)
            store[lanes](C + i * C_row + j * L, c)


cdef inline void sweep(lanes *like, int MR, int NV, bint A_in_columns, const Call *call) noexcept nogil:
    """All tiles of one call, panel by panel: a panel of B stays in the first-level cache while A streams by."""
    cdef lanes acc[MAX_ROWS][MAX_VECTORS]
    cdef lanes total[MAX_ROWS][MAX_VECTORS]
    cdef const real *A
    cdef const real *B = call.B
    cdef real *C
    cdef const real *E
    cdef Py_ssize_t panel, strip, begin, i, j, width = NV * lane_cnt[lanes](like)
    if MR * NV > ACCUMULATORS:
        return
    for panel in range(call.panels):
        A = call.A
        C = call.C + panel * width
        E = call.E if call.finish == UPDATE else call.E + panel * width
        for strip in range(call.strips):
            chain[lanes](like, MR, NV, A_in_columns, min(call.K, KC), A, call.A_row, call.A_col, B, call.B_row, acc)
            for begin from KC <= begin < call.K by KC:
                for i in range(MR):
                    for j in range(NV):
                        total[i][j] = acc[i][j]
                chain[lanes](like, MR, NV, A_in_columns, min(call.K - begin, KC), A + begin * call.A_col, call.A_row,
                      call.A_col, B + begin * call.B_row, call.B_row, acc)
                for i in range(MR):
                    for j in range(NV):
                        acc[i][j] = total[i][j] + acc[i][j]
            if call.finish == BIAS_RELU:
                finish[lanes](like, MR, NV, BIAS_RELU, E, 0, C, call.C_row, acc)
            elif call.finish == UPDATE:
                finish[lanes](like, MR, NV, UPDATE, E, 0, C, call.C_row, acc)
            elif call.finish == MASK:
                finish[lanes](like, MR, NV, MASK, E, call.E_row, C, call.C_row, acc)
            elif call.finish == BIAS:
                finish[lanes](like, MR, NV, BIAS, E, 0, C, call.C_row, acc)
            else:
                finish[lanes](like, MR, NV, STORE, E, 0, C, call.C_row, acc)
            A = A + MR * call.A_row
            C = C + MR * call.C_row
            E = E + MR * call.E_row
        B = B + width
