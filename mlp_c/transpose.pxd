"""Transposes: w for G @ w.T."""

from .simd cimport FULL_LANES, full, full_load, full_store, full_zip_high, full_zip_low, real


cdef inline void transpose(Py_ssize_t rows, Py_ssize_t cols, const real *a, Py_ssize_t a_row,
                           real *t, Py_ssize_t t_row) noexcept nogil:
    """t[j, i] = a[i, j]"""
    cdef Py_ssize_t i, j
    for j in range(cols):
        for i in range(rows):
            t[j * t_row + i] = a[i * a_row + j]


cdef inline void transpose_square(full *square) noexcept nogil:
    """A square of FULL_LANES vectors, in place.

    Zipping row k with row k + half, again and again, moves every bit of a place from the row to the column: after
    log2(FULL_LANES) rounds the square is transposed.
    """
    cdef full zipped[FULL_LANES]
    cdef Py_ssize_t k, rounds = FULL_LANES
    while rounds > 1:
        rounds = rounds // 2
        for k in range(FULL_LANES // 2):
            zipped[2 * k] = full_zip_low(square[k], square[k + FULL_LANES // 2])
            zipped[2 * k + 1] = full_zip_high(square[k], square[k + FULL_LANES // 2])
        for k in range(FULL_LANES):
            square[k] = zipped[k]


cdef inline void transpose_padded(Py_ssize_t rows, Py_ssize_t cols, const real *a, Py_ssize_t a_row,
                                  real *t, Py_ssize_t t_row) noexcept nogil:
    """The same in squares of FULL_LANES x FULL_LANES; a and t have that many rows and vectors of memory to spare.

    A square's rows go out in ascending order, so where rows of t are shorter than a vector, the next row has the last
    word.
    """
    cdef full square[FULL_LANES]
    cdef Py_ssize_t i, j, k
    for j from 0 <= j < cols by FULL_LANES:
        for i from 0 <= i < rows by FULL_LANES:
            for k in range(FULL_LANES):
                square[k] = full_load(a + (i + k) * a_row + j)
            transpose_square(square)
            for k in range(FULL_LANES):
                full_store(t + (j + k) * t_row + i, square[k])
