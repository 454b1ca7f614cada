"""Engine, for other compiled pages: its C members, in the order of their use."""

cimport numpy as cnp

from .table cimport Kernels, Layer, Net


cdef enum:
    LONG_WORK = 20_000          # multiply-adds from which a call releases the GIL (some microseconds)


cdef class Engine:
    cdef const Kernels *kernels         # the loops for this precision
    cdef readonly cnp.dtype dtype
    cdef readonly list arrays           # [w_1, b_1, w_2, ...], kept alive
    cdef Net net
    cdef Py_ssize_t weight_cnt          # multiply-adds of one row's forward
    cdef const void **inputs            # where the layers' inputs lie, during a call
    cdef void **outputs                 # where the layers' outputs lie, or their gradients of w
    cdef void **more                    # the gradients of b
    cdef void *work                     # the kernels' memory
    cdef Py_ssize_t capacity            # rows that the work is made for
    cdef int threads                    # threads that it is made for
    cdef bint busy                      # all this is in use, perhaps by another thread

    cdef cnp.ndarray rows_of(self, str name, object value)
    cdef cnp.ndarray targets_of(self, str name, object value, Py_ssize_t rows)
    cdef cnp.ndarray apart(self, cnp.ndarray array)
    cdef list inputs_of(self, str name, object aux, Py_ssize_t rows)
    cdef cnp.ndarray empty(self, Py_ssize_t rows, Py_ssize_t cols)
    cdef int reserve(self, Py_ssize_t rows) except -1
    cdef int enter(self, Py_ssize_t rows) except -1
    cdef int point_at(self, list arrays) except -1
    cdef void predict_rows(self, Py_ssize_t rows, const void *x, void *y, int wanted, Py_ssize_t O) noexcept nogil

    cpdef tuple forward(self, x)
    cpdef cnp.ndarray predict(self, x, problem, out)
    cpdef int backprop(self, G_output, aux, learning_rate, str rate_name=*, str aux_name=*) except -1
    cpdef list gradients(self, G_output, aux)
    cpdef cnp.ndarray input_gradient(self, G_output, aux)
