"""Thin products: a few rows of x or G and a w of some size, which is read once and in the order of memory.

The tiles of the other ways walk down a panel of columns. Where w is large and there are few rows, nothing makes up for
what that costs: each row of a panel lies in another page of memory.

    onward    x @ w         GROUP rows of w at a time are added onto a row of sums
    back      G @ w.T       squares of w, transposed in registers
    outer     x.T @ G       tiles along the rows of w, four at a time; for gradients and the update

Each element's chain has the order of `plain.dot`.
"""

from .packed cimport Product
from .plain cimport KC, dot
from .simd cimport FULL_LANES, full, full_fma, full_load, full_of, lane_cnt, lanes, load, real, single, spread, store, vfma
from .tiles cimport MAX_ROWS, MAX_VECTORS, STORE, UPDATE, chain, finish, finish_as
from .transpose cimport transpose_square

cdef extern from "blocksizes.h" nogil:
    cdef enum:
        GROUP
        THIN_SUMS
        THIN_ONWARD
        THIN_BACK
        THIN_OUTER


# ---- x @ w -------------------------------------------------------------------------------------------------

cdef inline Py_ssize_t add_rows(lanes *like, int terms, bint begins, Py_ssize_t j, Py_ssize_t cols, const real *a,
                                Py_ssize_t a_step, const real *B, Py_ssize_t B_row, real *sums) noexcept nogil:
    """sums[j ..] go on with `terms` terms a[p] * B[p, j], in whole vectors; returns the column that it came to."""
    cdef lanes each[GROUP]
    cdef lanes s, b
    cdef Py_ssize_t p, L = lane_cnt[lanes](like)
    for p in range(terms):
        spread[lanes](&each[p], a[p * a_step])
    while j + L <= cols:
        if begins:
            spread[lanes](&s, 0)
        else:
            load[lanes](&s, sums + j)
        for p in range(terms):
            load[lanes](&b, B + p * B_row + j)
            s = vfma[lanes](each[p], b, s)
        store[lanes](sums + j, s)
        j += L
    return j


cdef inline void add_group(int terms, bint begins, Py_ssize_t cols, const real *a, Py_ssize_t a_step, const real *B,
                           Py_ssize_t B_row, real *sums) noexcept nogil:
    """The same for all columns."""
    cdef Py_ssize_t j = add_rows[full](<full *>NULL, terms, begins, 0, cols, a, a_step, B, B_row, sums)
    add_rows[single](<single *>NULL, terms, begins, j, cols, a, a_step, B, B_row, sums)


cdef inline Py_ssize_t settle(lanes *like, int how, bint begins, Py_ssize_t j, Py_ssize_t cols, const real *sums,
                              const real *E, Py_ssize_t E_col, real *C) noexcept nogil:
    """A block's sums join those of the blocks before, which wait in C; then what `how` makes of them."""
    cdef lanes s, total
    cdef Py_ssize_t L = lane_cnt[lanes](like)
    while j + L <= cols:
        load[lanes](&s, sums + j)
        if not begins:
            load[lanes](&total, C + j)
            s = total + s
        finish_as[lanes](like, how, E + j * E_col, C + j, s)
        j += L
    return j


cdef inline void onward(const Product *of, Py_ssize_t left, Py_ssize_t end) noexcept nogil:
    """Columns left .. end-1 of C, as many at a time as there is room for their sums."""
    cdef real sums[THIN_SUMS]
    cdef Py_ssize_t room = THIN_SUMS // max(of.M, <Py_ssize_t>1), cols, begin, block_end, p, i, j, terms
    cdef Py_ssize_t E_col = 0 if of.finish == STORE else 1
    cdef const real *a
    cdef const real *B
    cdef int how
    while left < end:
        cols = min(room, end - left)
        for begin from 0 <= begin < max(of.K, <Py_ssize_t>1) by KC:
            block_end = min(begin + KC, of.K)
            for i in range(of.M if of.K == 0 else 0):
                for j in range(cols):
                    sums[i * cols + j] = 0
            p = begin
            while p < block_end:
                terms = GROUP if p + GROUP <= block_end else 1
                B = of.B + p * of.B_row + left
                for i in range(of.M):
                    a = of.A + i * of.A_row + p * of.A_col
                    if terms == 1:
                        add_group(1, p == begin, cols, a, of.A_col, B, of.B_row, sums + i * cols)
                    elif p == begin:
                        add_group(GROUP, True, cols, a, of.A_col, B, of.B_row, sums + i * cols)
                    else:
                        add_group(GROUP, False, cols, a, of.A_col, B, of.B_row, sums + i * cols)
                p += terms
            how = of.finish if block_end == of.K else STORE
            for i in range(of.M):
                j = settle[full](<full *>NULL, how, begin == 0, 0, cols, sums + i * cols, of.E + i * of.E_row + left * E_col,
                                 E_col, of.C + i * of.C_row + left)
                settle[single](<single *>NULL, how, begin == 0, j, cols, sums + i * cols, of.E + i * of.E_row + left * E_col,
                               E_col, of.C + i * of.C_row + left)
        left += cols


# ---- G @ w.T -----------------------------------------------------------------------------------------------

cdef inline void squares(int MR, const Product *of, Py_ssize_t row, Py_ssize_t col) noexcept nogil:
    """MR rows from `row` on, of as many columns as a vector is long."""
    cdef full square[FULL_LANES]
    cdef full acc[MAX_ROWS]
    cdef full total[MAX_ROWS]
    cdef real column[FULL_LANES]
    cdef Py_ssize_t i, k, p, begin, block_end, E_col = 0 if of.finish == STORE else 1
    cdef const real *A = of.A + row * of.A_row
    cdef const real *B = of.B + col * of.B_col
    for i in range(MR):
        total[i] = full_of(0)
    for begin from 0 <= begin < of.K by KC:
        block_end = min(begin + KC, of.K)
        for i in range(MR):
            acc[i] = full_of(0)
        p = begin
        while p + FULL_LANES <= block_end:
            for k in range(FULL_LANES):
                square[k] = full_load(B + k * of.B_col + p)
            transpose_square(square)
            for k in range(FULL_LANES):
                for i in range(MR):
                    acc[i] = full_fma(full_of(A[i * of.A_row + p + k]), square[k], acc[i])
            p += FULL_LANES
        while p < block_end:
            for k in range(FULL_LANES):
                column[k] = B[k * of.B_col + p]
            for i in range(MR):
                acc[i] = full_fma(full_of(A[i * of.A_row + p]), full_load(column), acc[i])
            p += 1
        for i in range(MR):
            total[i] = acc[i] if begin == 0 else total[i] + acc[i]
    for i in range(MR):
        finish_as[full](<full *>NULL, of.finish, of.E + (row + i) * of.E_row + col * E_col,
                        of.C + (row + i) * of.C_row + col, total[i])


cdef inline void back(const Product *of, Py_ssize_t left, Py_ssize_t end) noexcept nogil:
    """Columns left .. end-1 of C: each is a row of w."""
    cdef Py_ssize_t row, i, col = left, E_col = 0 if of.finish == STORE else 1
    while col < end:
        if col + FULL_LANES <= end:
            row = 0
            while row + 4 <= of.M:
                squares(4, of, row, col)
                row += 4
            if row + 2 <= of.M:
                squares(2, of, row, col)
                row += 2
            if row < of.M:
                squares(1, of, row, col)
            col += FULL_LANES
        else:
            for i in range(of.M):
                finish_as[single](<single *>NULL, of.finish, of.E + i * of.E_row + col * E_col, of.C + i * of.C_row + col,
                                  <single>dot(of.K, of.A + i * of.A_row, 1, of.B + col * of.B_col, 1))
            col += 1


# ---- x.T @ G -----------------------------------------------------------------------------------------------

cdef inline Py_ssize_t along(lanes *like, int MR, int NV, const Product *of, Py_ssize_t row, Py_ssize_t col) noexcept nogil:
    """MR rows of C from column `col` on, in steps of NV vectors; returns the column that it came to."""
    cdef lanes acc[MAX_ROWS][MAX_VECTORS]
    cdef Py_ssize_t i, j, width = NV * lane_cnt[lanes](like)
    cdef real *C = of.C + row * of.C_row
    while col + width <= of.N:
        for i in range(MR):
            for j in range(NV):
                spread[lanes](&acc[i][j], 0)
        chain[lanes](like, MR, NV, True, 0, of.K, of.A + row, 1, of.A_col, of.B + col, of.B_row, acc)
        if of.finish == UPDATE:
            finish[lanes](like, MR, NV, UPDATE, of.E, 0, C + col, of.C_row, acc)
        else:
            finish[lanes](like, MR, NV, STORE, of.E, 0, C + col, of.C_row, acc)
        col += width
    return col


cdef inline void outer(const Product *of, Py_ssize_t top, Py_ssize_t end) noexcept nogil:
    """Rows top .. end-1 of C, of at most THIN_OUTER terms."""
    cdef Py_ssize_t row = top, col
    while row < end:
        if row + 4 <= end:
            col = along[full](<full *>NULL, 4, 2, of, row, 0)
            col = along[full](<full *>NULL, 4, 1, of, row, col)
            along[single](<single *>NULL, 4, 1, of, row, col)
            row += 4
        else:
            col = along[full](<full *>NULL, 1, 2, of, row, 0)
            col = along[full](<full *>NULL, 1, 1, of, row, col)
            along[single](<single *>NULL, 1, 1, of, row, col)
            row += 1


# ---- whichever it is ---------------------------------------------------------------------------------------

cdef inline bint is_outer(const Product *of) noexcept nogil:
    """Is it x.T @ G of few rows?"""
    return of.B_col == 1 and of.A_row == 1 and of.K <= THIN_OUTER and (of.finish == UPDATE or of.finish == STORE)


cdef inline bint can_be_thin(const Product *of) noexcept nogil:
    """Are there few rows? How few gain from it differs among the three."""
    if of.B_col != 1:
        return of.M <= THIN_BACK and of.A_col == 1
    return is_outer(of) or (of.M <= THIN_ONWARD and of.finish != UPDATE)


cdef inline void share(void *job, int part, int parts) noexcept nogil:
    """Part number `part` of a Product that can be thin: of the rows of w, or of its columns."""
    cdef const Product *of = <const Product *>job
    cdef Py_ssize_t unit = 4 if is_outer(of) else FULL_LANES, size = of.M if is_outer(of) else of.N
    cdef Py_ssize_t units = (size + unit - 1) // unit
    cdef Py_ssize_t begin = units * part // parts * unit, end = min(units * (part + 1) // parts * unit, size)
    if is_outer(of):
        outer(of, begin, end)
    elif of.B_col == 1:
        onward(of, begin, end)
    else:
        back(of, begin, end)
