"""The small path: an output cut into tiles without packing anything; for matrices that stay in the caches.

    full panels    columns in whole vectors, two or three beside each other
    the rest       exact:   narrower vectors, then single numbers, so that nothing outside the output is touched
                   padded:  one vector, the narrowest that covers the rest, where rows are padded for it
    strips         rows in tiles of nearly equal height, as few as the registers allow

`cut` writes these calls down (a plan keeps them); `run` carries them out.
"""

from .simd cimport FULL_LANES, HALF_LANES, QUARTER_LANES, full, half, lanes, quarter, real, single
from .tiles cimport ACCUMULATORS, MAX_ROWS, UPDATE, Call, sweep

cdef enum:
    MAX_CALLS = 12              # that one product may need: panels of 3, of 2 or 1, half, quarter, single; 2 heights

ctypedef void (*Runner)(const Call *) noexcept nogil


cdef inline void any_height(lanes *like, int NV, bint A_in_columns, const Call *call) noexcept nogil:
    """`sweep` with the call's MR as a constant."""
    if call.rows == 1:
        sweep[lanes](like, 1, NV, A_in_columns, call)
    elif call.rows == 2:
        sweep[lanes](like, 2, NV, A_in_columns, call)
    elif call.rows == 3:
        sweep[lanes](like, 3, NV, A_in_columns, call)
    elif call.rows == 4:
        sweep[lanes](like, 4, NV, A_in_columns, call)
    elif call.rows == 5:
        sweep[lanes](like, 5, NV, A_in_columns, call)
    elif call.rows == 6:
        sweep[lanes](like, 6, NV, A_in_columns, call)
    elif call.rows == 7:
        sweep[lanes](like, 7, NV, A_in_columns, call)
    elif call.rows == 8:
        sweep[lanes](like, 8, NV, A_in_columns, call)
    elif call.rows == 9:
        sweep[lanes](like, 9, NV, A_in_columns, call)
    elif call.rows == 10:
        sweep[lanes](like, 10, NV, A_in_columns, call)
    elif call.rows == 11:
        sweep[lanes](like, 11, NV, A_in_columns, call)
    elif call.rows == 12:
        sweep[lanes](like, 12, NV, A_in_columns, call)


# One function for every vector type, number of vectors and order of A: x @ w and G @ w.T have A in rows, x.T @ G
# in columns.
cdef inline void rows_full_1(const Call *call) noexcept nogil:
    any_height[full](<full *>NULL, 1, False, call)

cdef inline void rows_full_2(const Call *call) noexcept nogil:
    any_height[full](<full *>NULL, 2, False, call)

cdef inline void rows_full_3(const Call *call) noexcept nogil:
    any_height[full](<full *>NULL, 3, False, call)

cdef inline void rows_half_1(const Call *call) noexcept nogil:
    any_height[half](<half *>NULL, 1, False, call)

cdef inline void rows_quarter_1(const Call *call) noexcept nogil:
    any_height[quarter](<quarter *>NULL, 1, False, call)

cdef inline void rows_single_1(const Call *call) noexcept nogil:
    any_height[single](<single *>NULL, 1, False, call)

cdef inline void rows_single_2(const Call *call) noexcept nogil:
    any_height[single](<single *>NULL, 2, False, call)

cdef inline void rows_single_3(const Call *call) noexcept nogil:
    any_height[single](<single *>NULL, 3, False, call)

cdef inline void columns_full_1(const Call *call) noexcept nogil:
    any_height[full](<full *>NULL, 1, True, call)

cdef inline void columns_full_2(const Call *call) noexcept nogil:
    any_height[full](<full *>NULL, 2, True, call)

cdef inline void columns_full_3(const Call *call) noexcept nogil:
    any_height[full](<full *>NULL, 3, True, call)

cdef inline void columns_half_1(const Call *call) noexcept nogil:
    any_height[half](<half *>NULL, 1, True, call)

cdef inline void columns_quarter_1(const Call *call) noexcept nogil:
    any_height[quarter](<quarter *>NULL, 1, True, call)

cdef inline void columns_single_1(const Call *call) noexcept nogil:
    any_height[single](<single *>NULL, 1, True, call)

cdef inline void columns_single_2(const Call *call) noexcept nogil:
    any_height[single](<single *>NULL, 2, True, call)

cdef inline void columns_single_3(const Call *call) noexcept nogil:
    any_height[single](<single *>NULL, 3, True, call)


cdef inline Runner runner(int lane_cnt, int vectors, bint A_in_columns) noexcept nogil:
    """The function for panels of `vectors` vectors of `lane_cnt` lanes."""
    if lane_cnt == 1 and FULL_LANES > 1:
        if vectors == 1:
            return columns_single_1 if A_in_columns else rows_single_1
        if vectors == 2:
            return columns_single_2 if A_in_columns else rows_single_2
        return columns_single_3 if A_in_columns else rows_single_3
    if lane_cnt == FULL_LANES:
        if vectors == 1:
            return columns_full_1 if A_in_columns else rows_full_1
        if vectors == 2:
            return columns_full_2 if A_in_columns else rows_full_2
        return columns_full_3 if A_in_columns else rows_full_3
    if lane_cnt == HALF_LANES:
        return columns_half_1 if A_in_columns else rows_half_1
    return columns_quarter_1 if A_in_columns else rows_quarter_1


cdef inline int add_panels(Call *calls, const Call *whole, Py_ssize_t M, Py_ssize_t column, int lane_cnt, int vectors,
                           Py_ssize_t panels) noexcept nogil:
    """Write down the calls for `panels` panels from `column` on: strips of h + 1 rows, then of h. Returns how many."""
    cdef Py_ssize_t MR = min(<Py_ssize_t>MAX_ROWS, ACCUMULATORS // vectors)
    cdef Py_ssize_t strips = (M + MR - 1) // MR, h = M // strips, tall = M - h * strips, row = 0
    cdef int cnt = 0
    cdef Call *call
    while row < M:
        call = calls + cnt
        call[0] = whole[0]
        call.run = runner(lane_cnt, vectors, whole.A_col != 1)
        call.panels = panels
        call.rows = <int>(h + 1 if row < tall else h)
        call.strips = tall if row < tall else strips - tall
        call.A = whole.A + row * whole.A_row
        call.B = whole.B + column
        call.C = whole.C + row * whole.C_row + column
        call.E = whole.E + row * whole.E_row + (0 if whole.finish == UPDATE else column)
        row += call.rows * call.strips
        cnt += 1
    return cnt


cdef inline Py_ssize_t padded(Py_ssize_t N) noexcept nogil:
    """How many lanes `cut` covers N columns with when it may pad: whole vectors, and the narrowest for the rest."""
    cdef Py_ssize_t rest = N % FULL_LANES
    if rest > HALF_LANES:
        return N - rest + FULL_LANES
    if rest > QUARTER_LANES:
        return N - rest + HALF_LANES
    if rest > 1:
        return N - rest + QUARTER_LANES
    return N


cdef inline int cut(Call *calls, const Call *whole, Py_ssize_t M, Py_ssize_t N, bint may_pad) noexcept nogil:
    """Write down the calls that cover C[M, N], at most MAX_CALLS; returns how many.

    `whole` holds the operands' places and steps and the finish; A_col 1 means that A lies in rows, else A_row is 1.
    may_pad: rows of B, C and E (not of A) may be read and written up to padded(N).
    """
    cdef int cnt = 0
    cdef Py_ssize_t column = 0, rest = padded(N) if may_pad else N, vectors = rest // FULL_LANES
    if M == 0:
        return 0
    rest = rest % FULL_LANES
    if vectors >= 3 and vectors % 2 == 1:
        cnt += add_panels(calls + cnt, whole, M, column, FULL_LANES, 3, 1)
        column += 3 * FULL_LANES
        vectors -= 3
    if vectors >= 2:
        cnt += add_panels(calls + cnt, whole, M, column, FULL_LANES, 2, vectors // 2)
        column += vectors * FULL_LANES
    elif vectors == 1:
        cnt += add_panels(calls + cnt, whole, M, column, FULL_LANES, 1, 1)
        column += FULL_LANES
    if rest >= HALF_LANES and HALF_LANES > 1:
        cnt += add_panels(calls + cnt, whole, M, column, HALF_LANES, 1, 1)
        column += HALF_LANES
        rest -= HALF_LANES
    if rest >= QUARTER_LANES and QUARTER_LANES > 1:
        cnt += add_panels(calls + cnt, whole, M, column, QUARTER_LANES, 1, 1)
        column += QUARTER_LANES
        rest -= QUARTER_LANES
    if rest > 0:
        cnt += add_panels(calls + cnt, whole, M, column, 1, <int>rest, 1)
    return cnt


cdef inline void run(const Call *calls, int cnt) noexcept nogil:
    """Carry out `cnt` calls."""
    cdef int n
    for n in range(cnt):
        calls[n].run(&calls[n])


cdef inline void product(const Call *whole, Py_ssize_t M, Py_ssize_t N) noexcept nogil:
    """C[M, N] at once, with `whole` as for `cut`; nothing outside of C is touched."""
    cdef Call calls[MAX_CALLS]
    run(calls, cut(calls, whole, M, N, False))


cdef inline void transpose(Py_ssize_t rows, Py_ssize_t cols, const real *a, Py_ssize_t a_row,
                           real *t, Py_ssize_t t_row) noexcept nogil:
    """t[j, i] = a[i, j]"""
    cdef Py_ssize_t i, j
    for j in range(cols):
        for i in range(rows):
            t[j * t_row + i] = a[i * a_row + j]
