"""The packed path: a product of any size in blocks that suit the caches, each copied into the order of its use.

    rectangle   rows of C, cut into slabs
    slab        KC terms at a time: strips of A for all its rows, then block of columns after block of columns: its panels
                of B, and all tiles (the loops of Goto and van de Geijn, Anatomy of high-performance matrix multiplication,
                2008, with A and B exchanged)
    block       tiles over packed strips and panels: a panel stays in the first-level cache while the strips stream by
    tile        the registers, as in `tiles`; what becomes of the sums is fused into its store

A sum of more than KC terms waits for the next block of terms in C itself; where C is to be updated, in a bounded piece
of memory beside it: so no whole gradient exists.
"""

from .packing cimport TILE_ROWS, TILE_VECTORS, pack_panels, pack_strips
from .plain cimport KC
from .simd cimport FULL_LANES, afresh, full, full_load, full_of, full_store, lanes, load, prefetch, real, single
from .tiles cimport BIAS, BIAS_RELU, MASK, MASK_RELU, MAX_ROWS, MAX_VECTORS, STORE, UPDATE, chain, finish, finish_as

cdef extern from "blocksizes.h" nogil:
    cdef enum:
        BLOCK_ROWS
        BLOCK_COLS
        TILE_NUMBERS
        STRIP_ROWS
        SUMS_OF_ALL
        SUM_COLS
        MOST_PARTS
        AHEAD
        TURNS

cdef extern from "threads.h" nogil:
    void wait_for_team(int parts)
    Py_ssize_t take_turn(Py_ssize_t *next)

cdef struct Turns:
    # The next of each one's blocks of columns, counted from its first, for two rounds in turn; beyond its last: none is left
    Py_ssize_t taken[2][MOST_PARTS]

cdef struct Hand:
    # One of the threads at work on a slab
    int part
    int parts
    int turn                    # of the round at hand, 0 or 1
    Turns *turns                # all of them share it
    real *strips[2]             # for two rounds in turn
    real *panels                # its own
    real *sums                  # where the sums of a gradient wait, or NULL
    Py_ssize_t most_sums

cdef struct Product:
    # C[M, N] = what `finish` makes of A[M, K] @ B[K, N]; steps in elements
    int finish
    Py_ssize_t M
    Py_ssize_t N
    Py_ssize_t K
    const real *A
    Py_ssize_t A_row
    Py_ssize_t A_col
    const real *B
    Py_ssize_t B_row
    Py_ssize_t B_col
    real *C
    Py_ssize_t C_row
    const real *E
    Py_ssize_t E_row
    real *packs                 # packing memory, `packs_for` the parts that share it
    Turns *turns                # all 0 at first
    const void *scratch         # of `matmul`

cdef struct Tiles:
    # One block's tiles, and where their sums come from and go to
    int finish
    Py_ssize_t rows
    Py_ssize_t cols
    Py_ssize_t K
    const real *strips
    const real *panels
    real *C
    Py_ssize_t C_row
    const real *total           # the sums of the blocks of terms before, or NULL
    Py_ssize_t total_row
    const real *E
    Py_ssize_t E_row
    Py_ssize_t E_col


cdef inline void join(lanes *like, const Tiles *to, Py_ssize_t row, Py_ssize_t col, const real *sums) noexcept nogil:
    """One vector of a tile's sums, on its own."""
    cdef lanes s, total
    load[lanes](&s, sums)
    if to.total != NULL:
        load[lanes](&total, to.total + row * to.total_row + col)
        s = total + s
    finish_as[lanes](like, to.finish, to.E + row * to.E_row + col * to.E_col, to.C + row * to.C_row + col, s)


cdef inline void edge(int MR, const Tiles *to, Py_ssize_t row, Py_ssize_t col, const real *strip, const real *panel) noexcept nogil:
    """A tile of MR rows that reaches beyond the block: its rows one by one, in vectors as far as these fit."""
    cdef full acc[MAX_ROWS][MAX_VECTORS]
    cdef real sums[TILE_NUMBERS]
    cdef Py_ssize_t i, j, L = FULL_LANES, wide = min(<Py_ssize_t>(TILE_VECTORS * FULL_LANES), to.cols - col)
    for i in range(MR):
        for j in range(TILE_VECTORS):
            acc[i][j] = full_of(0)
    chain[full](<full *>NULL, MR, TILE_VECTORS, True, AHEAD, to.K, strip, 1, TILE_ROWS, panel, TILE_VECTORS * L, acc)
    for i in range(MR):
        for j in range(TILE_VECTORS):
            full_store(sums + (i * TILE_VECTORS + j) * L, acc[i][j])
    for i in range(min(<Py_ssize_t>MR, to.rows - row)):
        j = 0
        while j + L <= wide:
            join[full](<full *>NULL, to, row + i, col + j, sums + i * TILE_VECTORS * L + j)
            j += L
        while j < wide:
            join[single](<single *>NULL, to, row + i, col + j, sums + i * TILE_VECTORS * L + j)
            j += 1


cdef inline void whole(const Tiles *to, Py_ssize_t row, Py_ssize_t col, const real *strip, const real *panel) noexcept nogil:
    """A tile within the block. `to` is read afresh around the chain, whose loop needs all registers."""
    cdef full acc[MAX_ROWS][MAX_VECTORS]
    cdef const real *E
    cdef real *C
    cdef Py_ssize_t i, j, C_row, L = FULL_LANES
    for i in range(TILE_ROWS):
        for j in range(TILE_VECTORS):
            prefetch(to.C + (row + i) * to.C_row + col + j * L)
            acc[i][j] = full_of(0)
    chain[full](<full *>NULL, TILE_ROWS, TILE_VECTORS, True, AHEAD, to.K, strip, 1, TILE_ROWS, panel, TILE_VECTORS * L, acc)
    to = <const Tiles *>afresh(to)
    if to.total != NULL:
        C_row = to.total_row
        for i in range(TILE_ROWS):
            for j in range(TILE_VECTORS):
                acc[i][j] = full_load(to.total + (row + i) * C_row + col + j * L) + acc[i][j]
    C_row = to.C_row
    C = to.C + row * C_row + col
    E = to.E + row * to.E_row + col * to.E_col
    if to.finish == STORE:
        finish[full](<full *>NULL, TILE_ROWS, TILE_VECTORS, STORE, E, 0, C, C_row, acc)
    elif to.finish == UPDATE:
        finish[full](<full *>NULL, TILE_ROWS, TILE_VECTORS, UPDATE, E, 0, C, C_row, acc)
    elif to.finish == BIAS_RELU:
        finish[full](<full *>NULL, TILE_ROWS, TILE_VECTORS, BIAS_RELU, E, 0, C, C_row, acc)
    elif to.finish == BIAS:
        finish[full](<full *>NULL, TILE_ROWS, TILE_VECTORS, BIAS, E, 0, C, C_row, acc)
    elif to.finish == MASK_RELU:
        finish[full](<full *>NULL, TILE_ROWS, TILE_VECTORS, MASK_RELU, E, to.E_row, C, C_row, acc)
    else:
        finish[full](<full *>NULL, TILE_ROWS, TILE_VECTORS, MASK, E, to.E_row, C, C_row, acc)


cdef inline void block(const Tiles *to) noexcept nogil:
    """All tiles of a block, panel by panel; where at most a third or two thirds of its rows are left, the last tile is cut to that."""
    cdef const real *strip
    cdef const real *panel = to.panels
    cdef Py_ssize_t row, col, rest, NR = TILE_VECTORS * FULL_LANES
    for col from 0 <= col < to.cols by NR:
        strip = to.strips
        for row from 0 <= row < to.rows by TILE_ROWS:
            to = <const Tiles *>afresh(to)
            rest = to.rows - row
            if rest >= TILE_ROWS and col + NR <= to.cols:
                whole(to, row, col, strip, panel)
            elif rest <= TILE_ROWS // 3:
                edge(TILE_ROWS // 3, to, row, col, strip, panel)
            elif rest <= TILE_ROWS // 3 * 2:
                edge(TILE_ROWS // 3 * 2, to, row, col, strip, panel)
            else:
                edge(TILE_ROWS, to, row, col, strip, panel)
            strip += to.K * TILE_ROWS
        panel += to.K * NR


cdef inline Py_ssize_t equal_parts(Py_ssize_t size, Py_ssize_t most, Py_ssize_t unit) noexcept nogil:
    """`size` cut into as few parts as may be, none above `most` (rounded up to `unit`): the size of the larger ones, a multiple of `unit`."""
    cdef Py_ssize_t parts = (size + most - 1) // most
    return ((size + parts - 1) // parts + unit - 1) // unit * unit


cdef inline Py_ssize_t strip_rows(Py_ssize_t parts) noexcept nogil:
    """Rows of A for which each of so many parts has memory."""
    return max(<Py_ssize_t>BLOCK_ROWS, (STRIP_ROWS // max(parts, <Py_ssize_t>2) + TILE_ROWS - 1) // TILE_ROWS * TILE_ROWS)


cdef inline Py_ssize_t packs_for(Py_ssize_t parts) noexcept nogil:
    """How many numbers of packing memory so many parts need."""
    return parts * (strip_rows(parts) + BLOCK_COLS) * KC + SUMS_OF_ALL


cdef inline void columns(const Product *of, Tiles *to, const Hand *hand, Py_ssize_t begin, Py_ssize_t top,
                         Py_ssize_t bottom, Py_ssize_t left, Py_ssize_t right, bint alone, real *strips, real *sums,
                         Py_ssize_t sums_row) noexcept nogil:
    """C[top : bottom, left : right] of the terms from `begin` on: its panels are packed, then goes block below block;
    `alone`, where no other columns need them, the strips of each block are packed here, too."""
    cdef Py_ssize_t row, high = equal_parts(bottom - top, BLOCK_ROWS, TILE_ROWS)
    to.cols, to.panels = right - left, hand.panels
    pack_panels(to.K, to.cols, of.B + begin * of.B_row + left * of.B_col, of.B_row, of.B_col, hand.panels)
    for row from top <= row < bottom by high:
        to.rows = min(high, bottom - row)
        to.strips = strips + (row - top) * to.K
        if alone:
            to.strips = strips
            pack_strips(to.rows, to.K, of.A + row * of.A_row + begin * of.A_col, of.A_row, of.A_col, strips)
        to.finish, to.C, to.C_row = of.finish, of.C + row * of.C_row + left, of.C_row
        to.E = of.E + row * of.E_row + left * to.E_col
        to.total, to.total_row = to.C, to.C_row
        if sums != NULL:
            to.total, to.total_row = sums + (row - top) * sums_row, sums_row
        if begin + KC < of.K:
            to.finish, to.C, to.C_row = STORE, <real *>to.total, to.total_row
        if begin == 0:
            to.total = NULL
        block(to)


cdef inline void slab(const Product *of, Hand *hand, Py_ssize_t top, Py_ssize_t bottom, Py_ssize_t left,
                      Py_ssize_t right) noexcept nogil:
    """C[top : bottom, left : right], in rounds of KC terms: all hands pack the strips of A, then each its own columns.

    Who is done takes columns of the next one, so that none waits long; then it packs strips of the next round, while
    others still read those of this one. Whoever takes a block, its numbers are the same.
    """
    cdef Tiles to
    cdef Py_ssize_t NR = TILE_VECTORS * FULL_LANES, strip_cnt = (bottom - top + TILE_ROWS - 1) // TILE_ROWS
    cdef Py_ssize_t begin, first, last, block_cnt, wide, n, col
    cdef real *strips
    cdef int other, whose
    cdef bint alone
    wide = BLOCK_COLS
    if hand.parts > 1:
        wide = min(wide, max(NR, (right - left) // (TURNS * hand.parts)))
    wide = equal_parts(right - left, wide, NR)
    block_cnt = (right - left + wide - 1) // wide
    alone = hand.parts == 1 and block_cnt == 1
    to.E_row, to.E_col = of.E_row, 0 if of.finish == UPDATE or of.finish == STORE else 1
    for begin from 0 <= begin < max(of.K, <Py_ssize_t>1) by KC:
        strips, to.K = hand.strips[hand.turn], min(<Py_ssize_t>KC, of.K - begin)
        first = strip_cnt * hand.part // hand.parts * TILE_ROWS
        last = min(strip_cnt * (hand.part + 1) // hand.parts * TILE_ROWS, bottom - top)
        if not alone:
            pack_strips(last - first, to.K, of.A + (top + first) * of.A_row + begin * of.A_col, of.A_row, of.A_col,
                        strips + first * to.K)
        wait_for_team(hand.parts)               # those without a strip or a column come here, too
        if hand.part == 0:                      # nobody counts in the next round's numbers before the next wait
            for whose in range(hand.parts):
                hand.turns.taken[1 - hand.turn][whose] = 0
        for other in range(hand.parts):
            whose = (hand.part + other) % hand.parts
            n = block_cnt * whose // hand.parts + take_turn(&hand.turns.taken[hand.turn][whose])
            while n < block_cnt * (whose + 1) // hand.parts:
                col = left + n * wide
                columns(of, &to, hand, begin, top, bottom, col, min(col + wide, right), alone, strips,
                        hand.sums + n * wide if hand.sums != NULL else NULL, right - left)
                n = block_cnt * whose // hand.parts + take_turn(&hand.turns.taken[hand.turn][whose])
        hand.turn = 1 - hand.turn


cdef inline void rectangle(const Product *of, Hand *hand, Py_ssize_t top, Py_ssize_t bottom,
                           Py_ssize_t tall) noexcept nogil:
    """Rows of C, in slabs of at most `tall` of them."""
    cdef Py_ssize_t row, col, wide = of.N
    if bottom <= top or of.N <= 0:
        return
    if hand.sums != NULL:
        wide = equal_parts(of.N, SUM_COLS, 1)
        tall = min(tall, hand.most_sums // wide // TILE_ROWS * TILE_ROWS)
    tall = equal_parts(bottom - top, tall, TILE_ROWS)
    for col from 0 <= col < of.N by wide:
        for row from top <= row < bottom by tall:
            slab(of, hand, row, min(row + tall, bottom), col, min(col + wide, of.N))


cdef inline void share(void *job, int part, int parts) noexcept nogil:
    """Part number `part` of a Product: of slabs that all work on together; where there are few columns, of its rows, and
    each packs all of B. The memory is divided among those that came: `packs_for` grows with their number."""
    cdef const Product *of = <const Product *>job
    cdef Hand hand
    cdef Turns turns
    cdef Py_ssize_t each = strip_rows(parts), units = (of.M + TILE_ROWS - 1) // TILE_ROWS
    cdef Py_ssize_t top = 0, bottom = of.M, tall = parts * each // 2 // TILE_ROWS * TILE_ROWS
    hand.part, hand.parts, hand.turn, hand.turns = part, parts, 0, of.turns
    hand.strips[0], hand.strips[1] = of.packs, of.packs + tall * KC
    hand.panels = of.packs + parts * each * KC + part * <Py_ssize_t>(BLOCK_COLS * KC)
    hand.sums, hand.most_sums = of.packs + parts * (each + BLOCK_COLS) * KC, SUMS_OF_ALL
    if parts == 1 or of.N < of.M // 4:
        top, bottom, tall = units * part // parts * TILE_ROWS, min(units * (part + 1) // parts * TILE_ROWS, of.M), each
        hand.part, hand.parts, hand.turns = 0, 1, &turns
        turns.taken[0][0] = 0
        hand.strips[0] = hand.strips[1] = of.packs + part * each * KC
        hand.most_sums = SUMS_OF_ALL // parts
        hand.sums += part * hand.most_sums
    if of.finish != UPDATE or of.K <= KC:
        hand.sums = NULL
    rectangle(of, &hand, top, bottom, tall)
