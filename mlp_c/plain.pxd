"""The plain loops: the order of every sum, written to be read. Every faster path must give these bits.

    one sum over p = 0 .. K-1:  blocks of 256 consecutive terms; within a block a chain of fused multiply-adds in
    ascending order from +0; the blocks' results added in ascending order.

Up to 256 terms that is one plain chain. Blocks bound the growth of the rounding error: a float32 sum over
10,000 rows is an order of magnitude more accurate than one long chain.
"""

from .simd cimport fma, real

cdef extern from "blocksizes.h" nogil:
    cdef enum:
        KC


cdef inline real dot(Py_ssize_t K, const real *a, Py_ssize_t a_step, const real *b, Py_ssize_t b_step) noexcept nogil:
    """sum over p of a[p * a_step] * b[p * b_step], steps in elements; +0 where K is 0."""
    cdef real total = 0, s
    cdef Py_ssize_t begin, p
    for begin from 0 <= begin < K by KC:
        s = 0
        for p in range(begin, min(begin + KC, K)):
            s = fma(a[p * a_step], b[p * b_step], s)
        total = s if begin == 0 else total + s
    return total


cdef inline real column_sum(Py_ssize_t rows, const real *a, Py_ssize_t step) noexcept nogil:
    """sum over i of a[i * step], by the same rule with plain additions."""
    cdef real total = 0, s
    cdef Py_ssize_t begin, i
    for begin from 0 <= begin < rows by KC:
        s = 0
        for i in range(begin, min(begin + KC, rows)):
            s = s + a[i * step]
        total = s if begin == 0 else total + s
    return total


cdef inline void product(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                         const real *A, Py_ssize_t A_row, Py_ssize_t A_col,
                         const real *B, Py_ssize_t B_row, Py_ssize_t B_col,
                         real *C) noexcept nogil:
    """C[M, N] = A[M, K] @ B[K, N]; C in C order, A and B by two steps each, in elements.

    The steps absorb the transposes:  x @ w (NN)   A = x, (I, 1)   B = w, (H, 1)
                                      x.T @ G (TN) A = x, (1, I)   B = G, (H, 1)
                                      G @ w.T (NT) A = G, (H, 1)   B = w, (1, H)
    """
    cdef Py_ssize_t i, j
    for i in range(M):
        for j in range(N):
            C[i * N + j] = dot(K, A + i * A_row, A_col, B + j * B_col, B_row)
