"""Engine, for other compiled pages: its C members, in the order of their use."""

cimport numpy as cnp

from .table cimport Batch, Kernels, Layer, Net


cdef class Engine:
    cdef const Kernels *kernels         # the loops for this precision
    cdef readonly object dtype
    cdef readonly list arrays           # [w_1, b_1, w_2, ...], kept alive
    cdef int typenum
    cdef Net net
    cdef Batch batch                    # scratch for `capacity` rows
    cdef Py_ssize_t capacity
    cdef void *memory                   # what batch's arrays are carved from
    cdef bint busy                      # the scratch is in use, perhaps by another thread

    cdef cnp.ndarray matrix(self, str name, object value, Py_ssize_t rows, Py_ssize_t cols)
    cdef cnp.ndarray empty(self, Py_ssize_t rows, Py_ssize_t cols)
    cdef list inputs(self, str name, object aux, Py_ssize_t rows)
    cdef int reserve(self, Py_ssize_t rows) except -1
    cdef int enter(self, Py_ssize_t rows) except -1
    cdef tuple checked_gradient(self, object G_output, object aux, str aux_name)
    cdef tuple checked_rows(self, object x, object y)
    cdef int point_at(self, list arrays) except -1
    cdef list walk(self, cnp.ndarray G, list arrays, bint with_pairs, cnp.ndarray G_x)
