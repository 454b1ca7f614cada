"""arguments, for other compiled pages."""

cimport numpy as cnp

cdef cnp.ndarray as_it_lies(object array)
cdef cnp.ndarray matrix(str name, object value, Py_ssize_t rows, Py_ssize_t cols, cnp.dtype dtype)
cdef cnp.ndarray destination(str name, object value, Py_ssize_t rows, Py_ssize_t cols, cnp.dtype dtype)
cdef double number(str name, object value, cnp.dtype dtype) except? -1
cdef cnp.ndarray row_numbers(str name, object value, Py_ssize_t rows)
cdef int problem_number(object problem) except -1
cdef bint overlap(cnp.ndarray a, const void *begin, Py_ssize_t size) noexcept
