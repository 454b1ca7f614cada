"""The packed path: a product of any size in blocks that suit the caches, each copied into the order of its use.

    rectangle   the part of C that is one thread's: blocks of columns, of KC terms, of rows (the loops of Goto and van de
                Geijn, Anatomy of high-performance matrix multiplication, 2008)
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
        SUMS_OF_ALL
        MOST_PARTS
        AHEAD

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
    """`size` cut into as few parts as may be, none above `most`: the size of the larger ones, a multiple of `unit`."""
    cdef Py_ssize_t parts = (size + most - 1) // most
    return ((size + parts - 1) // parts + unit - 1) // unit * unit


cdef inline Py_ssize_t packs_for(Py_ssize_t parts) noexcept nogil:
    """How many numbers of packing memory so many parts need."""
    return (parts * BLOCK_ROWS + BLOCK_COLS) * KC + SUMS_OF_ALL


cdef inline void rectangle(const Product *of, Py_ssize_t top, Py_ssize_t rows, Py_ssize_t left, Py_ssize_t cols, int part,
                           int parts) noexcept nogil:
    """C[top : top + rows, left : left + cols], in the share of the packing memory that is this part's."""
    cdef Tiles to
    cdef Py_ssize_t NR = TILE_VECTORS * FULL_LANES, most_cols = BLOCK_COLS // parts // NR * NR
    cdef Py_ssize_t most_sums = SUMS_OF_ALL // parts
    cdef real *strips = of.packs + part * <Py_ssize_t>(BLOCK_ROWS * KC)
    cdef real *panels = of.packs + parts * <Py_ssize_t>(BLOCK_ROWS * KC) + part * most_cols * KC
    cdef real *sums = of.packs + (parts * <Py_ssize_t>BLOCK_ROWS + BLOCK_COLS) * KC + part * most_sums
    cdef Py_ssize_t row, col, begin, wide, tall = rows, high, upper, upper_end
    cdef bint aside = of.finish == UPDATE and of.K > KC
    if rows <= 0 or cols <= 0:
        return
    wide = equal_parts(cols, most_cols, NR)
    if aside:
        tall = equal_parts(rows, most_sums // wide, 1)
    for col from 0 <= col < cols by wide:
        to.cols = min(wide, cols - col)
        for upper from 0 <= upper < rows by tall:
            upper_end = min(upper + tall, rows)
            high = equal_parts(upper_end - upper, BLOCK_ROWS, TILE_ROWS)
            for begin from 0 <= begin < max(of.K, <Py_ssize_t>1) by KC:
                to.K = min(<Py_ssize_t>KC, of.K - begin)
                pack_panels(to.K, to.cols, of.B + begin * of.B_row + (left + col) * of.B_col, of.B_row, of.B_col, panels)
                for row from upper <= row < upper_end by high:
                    to.rows = min(high, upper_end - row)
                    pack_strips(to.rows, to.K, of.A + (top + row) * of.A_row + begin * of.A_col, of.A_row, of.A_col, strips)
                    to.finish, to.strips, to.panels = of.finish, strips, panels
                    to.C, to.C_row = of.C + (top + row) * of.C_row + left + col, of.C_row
                    to.total, to.total_row = to.C, to.C_row
                    if aside:
                        to.total, to.total_row = sums + (row - upper) * wide, wide
                    if begin + KC < of.K:
                        to.finish, to.C, to.C_row = STORE, <real *>to.total, to.total_row
                    if begin == 0:
                        to.total = NULL
                    to.E_row, to.E_col = of.E_row, 0 if of.finish == UPDATE or of.finish == STORE else 1
                    to.E = of.E + (top + row) * of.E_row + (left + col) * to.E_col
                    block(&to)


cdef inline void share(void *job, int part, int parts) noexcept nogil:
    """Part number `part` of a Product: a rectangle over whole tiles, of its columns or of its rows.

    Each part packs all of the other operand, which should be the smaller one; B is packed faster than A where its rows
    lie in memory.
    """
    cdef const Product *of = <const Product *>job
    cdef bint by_columns = of.N >= (2 * of.M if of.B_col == 1 else of.M)
    cdef Py_ssize_t unit = TILE_VECTORS * FULL_LANES if by_columns else TILE_ROWS
    cdef Py_ssize_t size = of.N if by_columns else of.M, units = (size + unit - 1) // unit
    cdef Py_ssize_t begin = units * part // parts * unit, end = min(units * (part + 1) // parts * unit, size)
    if by_columns:
        rectangle(of, 0, of.M, begin, end - begin, part, parts)
    else:
        rectangle(of, begin, end - begin, 0, of.N, part, parts)
