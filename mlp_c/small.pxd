"""The small path: an output cut into tiles without packing anything; for matrices that stay in the caches.

    full panels    columns in whole vectors, two or three beside each other
    the rest       exact:   narrower vectors, then single numbers, so that nothing outside the output is touched
                   padded:  one vector, the narrowest that covers the rest, where rows are padded for it
    strips         rows in tiles of nearly equal height, as few as the registers allow

`cut` writes these calls down (a plan keeps them); `run` carries them out.
"""

from .plain cimport KC
from .simd cimport (FULL_LANES, HALF_LANES, QUARTER_LANES, full, full_load, full_store, full_zip_high, full_zip_low, half,
                    lanes, quarter, real, single)
from .tiles cimport ACCUMULATORS, MAX_ROWS, SINGLE_ACCUMULATORS, STORE, UPDATE, Call, sweep

cdef extern from "blocksizes.h" nogil:
    cdef enum:
        PIECE

cdef enum:
    MAX_CALLS = 12              # that one product may need: panels of 3, of 2 or 1, half, quarter, single; 2 heights

ctypedef void (*Runner)(const Call *, Py_ssize_t) noexcept nogil


cdef inline void any_height(lanes *like, int NV, bint A_in_columns, const Call *call, Py_ssize_t panel) noexcept nogil:
    """`sweep` with the call's MR as a constant."""
    if call.rows == 1:
        sweep[lanes](like, 1, NV, A_in_columns, call, panel)
    elif call.rows == 2:
        sweep[lanes](like, 2, NV, A_in_columns, call, panel)
    elif call.rows == 3:
        sweep[lanes](like, 3, NV, A_in_columns, call, panel)
    elif call.rows == 4:
        sweep[lanes](like, 4, NV, A_in_columns, call, panel)
    elif call.rows == 5:
        sweep[lanes](like, 5, NV, A_in_columns, call, panel)
    elif call.rows == 6:
        sweep[lanes](like, 6, NV, A_in_columns, call, panel)
    elif call.rows == 7:
        sweep[lanes](like, 7, NV, A_in_columns, call, panel)
    elif call.rows == 8:
        sweep[lanes](like, 8, NV, A_in_columns, call, panel)
    elif call.rows == 9:
        sweep[lanes](like, 9, NV, A_in_columns, call, panel)
    elif call.rows == 10:
        sweep[lanes](like, 10, NV, A_in_columns, call, panel)
    elif call.rows == 11:
        sweep[lanes](like, 11, NV, A_in_columns, call, panel)
    elif call.rows == 12:
        sweep[lanes](like, 12, NV, A_in_columns, call, panel)


# One function for every vector type, number of vectors and order of A: x @ w and G @ w.T have A in rows, x.T @ G
# in columns.
cdef inline void rows_full_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 1, False, call, panel)

cdef inline void rows_full_2(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 2, False, call, panel)

cdef inline void rows_full_3(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 3, False, call, panel)

cdef inline void rows_half_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[half](<half *>NULL, 1, False, call, panel)

cdef inline void rows_quarter_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[quarter](<quarter *>NULL, 1, False, call, panel)

cdef inline void rows_single_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 1, False, call, panel)

cdef inline void rows_single_2(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 2, False, call, panel)

cdef inline void rows_single_3(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 3, False, call, panel)

cdef inline void columns_full_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 1, True, call, panel)

cdef inline void columns_full_2(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 2, True, call, panel)

cdef inline void columns_full_3(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 3, True, call, panel)

cdef inline void columns_half_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[half](<half *>NULL, 1, True, call, panel)

cdef inline void columns_quarter_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[quarter](<quarter *>NULL, 1, True, call, panel)

cdef inline void columns_single_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 1, True, call, panel)

cdef inline void columns_single_2(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 2, True, call, panel)

cdef inline void columns_single_3(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 3, True, call, panel)


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
    cdef Py_ssize_t MR = min(<Py_ssize_t>MAX_ROWS, (ACCUMULATORS if lane_cnt > 1 else SINGLE_ACCUMULATORS) // vectors)
    cdef Py_ssize_t strips = (M + MR - 1) // MR, h = M // strips, tall = M - h * strips, row = 0
    cdef int cnt = 0
    cdef Call *call
    while row < M:
        call = calls + cnt
        call[0] = whole[0]
        call.run = runner(lane_cnt, vectors, whole.finish == UPDATE or whole.A_col != 1)
        call.panels = panels
        call.width = vectors * lane_cnt
        call.rows = <int>(h + 1 if row < tall else h)
        call.strips = tall if row < tall else strips - tall
        call.A = whole.A + row * whole.A_row
        call.B = whole.B + column
        call.C = whole.C + row * whole.C_row + column
        call.E = whole.E + row * whole.E_row + column * whole.E_col
        if whole.begun != NULL:
            call.begun = whole.begun + row * whole.C_row + column
        if whole.total != NULL:
            call.total = whole.total + row * whole.C_row + column
        row += call.rows * call.strips
        cnt += 1
    return cnt


cdef inline Py_ssize_t padded(Py_ssize_t N) noexcept nogil:
    """How many lanes `cut` covers N columns with when it may pad: one narrow vector where that is enough, else whole
    vectors (a narrow one beside them would cost as much as a whole one and broadcast A anew)."""
    if N == 1:
        return 1
    if N <= QUARTER_LANES:
        return QUARTER_LANES
    if N <= HALF_LANES:
        return HALF_LANES
    return (N + FULL_LANES - 1) // FULL_LANES * FULL_LANES


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


cdef inline Call described(int finish, const real *A, Py_ssize_t A_row, Py_ssize_t A_col, const real *B, Py_ssize_t B_row,
                           real *C, Py_ssize_t C_row, const real *E, Py_ssize_t E_row) noexcept nogil:
    """A product's operands and steps, for `cut` and `all_calls`."""
    cdef Call whole
    whole.finish = finish
    whole.A, whole.A_row, whole.A_col = A, A_row, A_col
    whole.B, whole.B_row = B, B_row
    whole.C, whole.C_row = C, C_row
    whole.E, whole.E_row, whole.E_col = E, E_row, 0 if finish == UPDATE or finish == STORE else 1
    whole.begun, whole.total = NULL, NULL
    return whole


cdef inline void run(const Call *calls, Py_ssize_t cnt) noexcept nogil:
    """Carry out `cnt` calls, panel by panel: a panel of B stays in the first-level cache while A streams by."""
    cdef Py_ssize_t n, panel
    for n in range(cnt):
        for panel in range(calls[n].panels):
            calls[n].run(&calls[n], panel)


cdef inline Py_ssize_t most_calls(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K) noexcept nogil:
    """A bound on what `all_calls` writes down."""
    return MAX_CALLS * ((K + KC - 1) // KC) * (1 if K <= KC else M * N // PIECE * 2 + 2)


cdef inline Py_ssize_t all_calls(Call *calls, const Call *whole, Py_ssize_t M, Py_ssize_t N, Py_ssize_t K, bint may_pad,
                                 real *piece) noexcept nogil:
    """Write down C[M, N], or carry it out at once where calls is NULL; returns how many calls.

    Sums of more than KC terms go block by block, and wait for the next block in C itself; but where C is to be updated,
    in `piece`, PIECE numbers at a time: so no whole gradient exists.
    """
    cdef Call at_once[MAX_CALLS]
    cdef Call part = whole[0]
    cdef Py_ssize_t row, begin, cnt = 0, height = M, width = padded(N) if may_pad else N
    if K <= KC:
        part.K = K
        if calls != NULL:
            return cut(calls, &part, M, N, may_pad)
        run(at_once, cut(at_once, &part, M, N, may_pad))
        return 0
    if whole.finish == UPDATE:
        height = max(<Py_ssize_t>1, PIECE // width)
    for row from 0 <= row < M by height:
        for begin from 0 <= begin < K by KC:
            part = whole[0]
            part.K = min(<Py_ssize_t>KC, K - begin)
            part.A += row * whole.A_row + begin * whole.A_col
            part.B += begin * whole.B_row
            part.C += row * whole.C_row
            part.E += row * whole.E_row
            if whole.finish == UPDATE:
                part.total = piece
            else:
                part.total = part.C
            if begin == 0:
                part.total = NULL
            if begin + KC < K:
                part.finish = STORE
                if whole.finish == UPDATE:
                    part.C = piece
            if calls != NULL:
                cnt += cut(calls + cnt, &part, min(height, M - row), N, may_pad)
            else:
                run(at_once, cut(at_once, &part, min(height, M - row), N, may_pad))
    return cnt


cdef inline void transpose(Py_ssize_t rows, Py_ssize_t cols, const real *a, Py_ssize_t a_row,
                           real *t, Py_ssize_t t_row) noexcept nogil:
    """t[j, i] = a[i, j]"""
    cdef Py_ssize_t i, j
    for j in range(cols):
        for i in range(rows):
            t[j * t_row + i] = a[i * a_row + j]


cdef inline void transpose_padded(Py_ssize_t rows, Py_ssize_t cols, const real *a, Py_ssize_t a_row,
                                  real *t, Py_ssize_t t_row) noexcept nogil:
    """The same in squares of FULL_LANES x FULL_LANES; a and t have that many rows and vectors of memory to spare.

    Zipping row k with row k + half, again and again, moves every bit of a place from the row to the column: after
    log2(FULL_LANES) rounds the square is transposed. A square's rows go out in ascending order, so where rows of t
    are shorter than a vector, the next row has the last word.
    """
    cdef full square[FULL_LANES]
    cdef full zipped[FULL_LANES]
    cdef Py_ssize_t i, j, k, rounds
    for j from 0 <= j < cols by FULL_LANES:
        for i from 0 <= i < rows by FULL_LANES:
            for k in range(FULL_LANES):
                square[k] = full_load(a + (i + k) * a_row + j)
            rounds = FULL_LANES
            while rounds > 1:
                rounds = rounds // 2
                for k in range(FULL_LANES // 2):
                    zipped[2 * k] = full_zip_low(square[k], square[k + FULL_LANES // 2])
                    zipped[2 * k + 1] = full_zip_high(square[k], square[k + FULL_LANES // 2])
                for k in range(FULL_LANES):
                    square[k] = zipped[k]
            for k in range(FULL_LANES):
                full_store(t + (j + k) * t_row + i, square[k])
