"""The small path: an output cut into tiles over operands as they lie; for matrices that stay in the caches, or few rows.

    full panels    columns in whole vectors, two or three beside each other
    the rest       exact:   narrower vectors, then single numbers, so that nothing outside the output is touched
                   padded:  one vector, the narrowest that covers the rest, where rows are padded for it
    strips         rows in tiles of nearly equal height, as few as the registers allow

`cut` writes the calls of one block of the inner index down, `all_calls` those of all blocks; `run` carries them out.
"""

from .packing cimport TILE_VECTORS, pack_panels
from .panels cimport runner
from .plain cimport KC
from .simd cimport FULL_LANES, HALF_LANES, QUARTER_LANES, real
from .tiles cimport ACCUMULATORS, MAX_ROWS, SINGLE_ACCUMULATORS, STORE, UPDATE, Call

cdef extern from "blocksizes.h" nogil:
    cdef enum:
        PIECE
        COPIED_STRIPS

cdef enum:
    MAX_CALLS = 12              # that one product may need: panels of 3, of 2 or 1, half, quarter, single; 2 heights


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
        call.rows = <int>(h + 1 if row < tall else h)
        call.strips = tall if row < tall else strips - tall
        call.A = whole.A + row * whole.A_row
        call.B = whole.B + column
        call.C = whole.C + row * whole.C_row + column
        call.E = whole.E + row * whole.E_row + column * whole.E_col
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


cdef inline void run_copied(const Call *calls, Py_ssize_t cnt, real *copy) noexcept nogil:
    """The same with each whole panel of B copied first. For threads: much of B was written by another one, and comes
    quicker line after line than where a tile waits for each. One thread gains nothing."""
    cdef Call call
    cdef Py_ssize_t n, panel, wide = TILE_VECTORS * FULL_LANES
    cdef bint whole_panels
    for n in range(cnt):
        call = calls[n]
        whole_panels = call.run == runner(FULL_LANES, TILE_VECTORS, call.finish == UPDATE or call.A_col != 1)
        if not whole_panels or call.strips < COPIED_STRIPS:
            run(calls + n, 1)
            continue
        call.B_row = wide
        for panel in range(call.panels):
            pack_panels(call.K, wide, calls[n].B + panel * wide, calls[n].B_row, 1, copy)
            call.B = copy - panel * wide        # where panel 0 would begin
            call.run(&call, panel)


cdef inline void carry_out(const Call *calls, Py_ssize_t cnt, real *copy) noexcept nogil:
    """`run_copied` where there is memory for a copy, otherwise `run`."""
    if copy == NULL:
        run(calls, cnt)
    else:
        run_copied(calls, cnt, copy)


cdef inline Py_ssize_t most_calls(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K) noexcept nogil:
    """A bound on what `all_calls` writes down."""
    return MAX_CALLS * ((K + KC - 1) // KC) * (1 if K <= KC else M * N // PIECE * 2 + 2)


cdef inline Py_ssize_t all_calls(Call *calls, const Call *whole, Py_ssize_t M, Py_ssize_t N, Py_ssize_t K, bint may_pad,
                                 real *piece, real *copy) noexcept nogil:
    """Write down C[M, N], or carry it out at once where calls is NULL; returns how many calls.

    copy: memory for a panel, KC x TILE_VECTORS vectors, where panels are to be copied; or NULL

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
        carry_out(at_once, cut(at_once, &part, M, N, may_pad), copy)
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
                carry_out(at_once, cut(at_once, &part, min(height, M - row), N, may_pad), copy)
    return cnt
