"""Packing: blocks of A and B laid out in the order in which a tile reads them, so that it reads straight on.

    A, a block of rows x K, in strips of TILE_ROWS rows (MR):

        row 0    a00 a01 a02 ..            strip 0   a00 a10 .. a50 | a01 a11 .. a51 | a02 ..   K times MR numbers
        row 1    a10 a11 a12 ..                      p = 0            p = 1            p = 2
        ..                                 strip 1   a60 a70 ..
        row 6    a60 a61 a62 ..

    B, a block of K x columns, in panels of TILE_VECTORS vectors (NR columns):

        b00 b01 .. b07 | b08 b09 ..        panel 0   b00 b01 .. b07 | b10 b11 .. b17 | b20 ..   K times NR numbers
        b10 b11 .. b17 | b18 b19 ..                  p = 0            p = 1            p = 2
        ..                                 panel 1   b08 b09 ..

Rows and columns beyond the block are zeros: they fill lanes of the output that nobody stores. The inner index is never
padded.
"""

from .simd cimport FULL_LANES, full, full_load, full_store, real
from .transpose cimport transpose_square

cdef extern from "blocksizes.h" nogil:
    cdef enum:
        TILE_ROWS
        TILE_VECTORS
        AT_ONCE


cdef inline void pack_rows(Py_ssize_t K, const real *A, Py_ssize_t A_row, real *strip) noexcept nogil:
    """A whole strip of an A whose rows lie in memory: in squares of vectors, then what is left of K.

    Where a strip is no multiple of a vector, the last square lies over the one before it. Where a vector is longer than
    a strip, it runs into the numbers of the next p, which are written later: so some p must be left.
    """
    cdef full square[FULL_LANES]
    cdef Py_ssize_t i, first, k, p, whole = (K - (FULL_LANES > TILE_ROWS)) // FULL_LANES * FULL_LANES
    for p from 0 <= p < whole by FULL_LANES:
        for first from 0 <= first < TILE_ROWS by FULL_LANES:
            i = max(<Py_ssize_t>0, min(first, <Py_ssize_t>(TILE_ROWS - FULL_LANES)))
            for k in range(FULL_LANES):
                square[k] = full_load(A + min(i + k, <Py_ssize_t>(TILE_ROWS - 1)) * A_row + p)
            transpose_square(square)
            for k in range(FULL_LANES):
                full_store(strip + (p + k) * TILE_ROWS + i, square[k])
    for p in range(max(whole, <Py_ssize_t>0), K):
        for i in range(TILE_ROWS):
            strip[p * TILE_ROWS + i] = A[i * A_row + p]


cdef inline void pack_strips(Py_ssize_t rows, Py_ssize_t K, const real *A, Py_ssize_t A_row, Py_ssize_t A_col,
                             real *strip) noexcept nogil:
    """The strips of A[rows, K], one after the other."""
    cdef Py_ssize_t row, i, p, first, here, whole = rows // TILE_ROWS * TILE_ROWS
    if A_row == 1:
        # AT_ONCE rows of memory through all strips: else each run of a strip's numbers would come from another page.
        for first from 0 <= first < K by AT_ONCE:
            for row from 0 <= row < whole by TILE_ROWS:
                for p in range(first, min(first + AT_ONCE, K)):
                    for i in range(TILE_ROWS):
                        strip[row * K + p * TILE_ROWS + i] = A[row + i + p * A_col]
    for row from 0 <= row < rows by TILE_ROWS:
        here = min(<Py_ssize_t>TILE_ROWS, rows - row)
        if here < TILE_ROWS:
            for p in range(K):
                for i in range(here):
                    strip[p * TILE_ROWS + i] = A[(row + i) * A_row + p * A_col]
                for i in range(here, TILE_ROWS):
                    strip[p * TILE_ROWS + i] = 0
        elif A_row != 1:
            pack_rows(K, A + row * A_row, A_row, strip)
        strip += K * TILE_ROWS


cdef inline void pack_transposed(Py_ssize_t K, const real *B, Py_ssize_t B_col, real *panel) noexcept nogil:
    """A whole panel of a B whose columns lie in memory, w.T: square by square, then what is left of K."""
    cdef full square[FULL_LANES]
    cdef Py_ssize_t j, k, p, whole = K // FULL_LANES * FULL_LANES
    for p from 0 <= p < whole by FULL_LANES:
        for j from 0 <= j < TILE_VECTORS * FULL_LANES by FULL_LANES:
            for k in range(FULL_LANES):
                square[k] = full_load(B + (j + k) * B_col + p)
            transpose_square(square)
            for k in range(FULL_LANES):
                full_store(panel + (p + k) * TILE_VECTORS * FULL_LANES + j, square[k])
    for p in range(whole, K):
        for j in range(TILE_VECTORS * FULL_LANES):
            panel[p * TILE_VECTORS * FULL_LANES + j] = B[j * B_col + p]


cdef inline void pack_panels(Py_ssize_t K, Py_ssize_t cols, const real *B, Py_ssize_t B_row, Py_ssize_t B_col,
                             real *panel) noexcept nogil:
    """The panels of B[K, cols], one after the other."""
    cdef Py_ssize_t col, j, p, first, here, width = TILE_VECTORS * FULL_LANES, whole = cols // width * width
    if B_col == 1:
        for first from 0 <= first < K by AT_ONCE:
            for col from 0 <= col < whole by width:
                for p in range(first, min(first + AT_ONCE, K)):
                    for j in range(TILE_VECTORS):
                        full_store(panel + col * K + p * width + j * FULL_LANES,
                                   full_load(B + p * B_row + col + j * FULL_LANES))
    for col from 0 <= col < cols by width:
        here = min(width, cols - col)
        if here < width:
            for p in range(K):
                for j in range(here):
                    panel[p * width + j] = B[p * B_row + (col + j) * B_col]
                for j in range(here, width):
                    panel[p * width + j] = 0
        elif B_col != 1:
            pack_transposed(K, B + col * B_col, B_col, panel)
        panel += K * width
