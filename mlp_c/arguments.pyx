"""Arguments of compiled calls: what fits is taken after a short look, all else goes to `mlp_py.arguments`.

An array fits if it is a plain ndarray of the right dtype and shape, in C order and aligned: it is then used where it
lies. Everything else goes through the twin's checks, which convert it or raise the twin's error.
"""

import numpy as np

from mlp_py import arguments as check

cimport numpy as cnp
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.unicode cimport PyUnicode_CheckExact

cnp.import_array()

cdef dict _numbers = {name: place for place, name in enumerate(check.PROBLEMS)}
cdef double _largest_float32 = np.finfo(np.float32).max, _largest_float64 = np.finfo(np.float64).max


cdef cnp.ndarray as_it_lies(object array):
    """`array` in C order and aligned; itself where it is so already."""
    return np.require(array, requirements=("C", "A"))


cdef bint fits(object value, Py_ssize_t rows, Py_ssize_t cols, cnp.dtype dtype) noexcept:
    """Is `value` an array of that shape and dtype, in C order and aligned? rows -1 stands for any number."""
    cdef cnp.ndarray array
    if not cnp.PyArray_CheckExact(value):
        return False
    array = value
    return (cnp.PyArray_NDIM(array) == 2 and cnp.PyArray_TYPE(array) == dtype.type_num
            and cnp.PyArray_DIM(array, 1) == cols and (rows < 0 or cnp.PyArray_DIM(array, 0) == rows)
            and cnp.PyArray_ISCARRAY_RO(array))


cdef cnp.ndarray matrix(str name, object value, Py_ssize_t rows, Py_ssize_t cols, cnp.dtype dtype):
    """`value` as (rows, cols), rows -1 for any, in C order and in this dtype; itself where it fits."""
    if fits(value, rows, cols, dtype):
        return value
    return as_it_lies(check.matrix(name, value, None if rows < 0 else rows, cols, dtype))


cdef cnp.ndarray destination(str name, object value, Py_ssize_t rows, Py_ssize_t cols, cnp.dtype dtype):
    """`value`, an array that a result can be written into as it lies in memory."""
    if fits(value, rows, cols, dtype) and cnp.PyArray_ISCARRAY(value):
        return value
    return check.destination(name, value, (rows, cols), dtype)


cdef double number(str name, object value, cnp.dtype dtype) except? -1:
    """A finite real number, finite in `dtype` too."""
    cdef double real
    if PyFloat_CheckExact(value):
        real = PyFloat_AS_DOUBLE(value)
        if -_largest_float32 <= real <= _largest_float32 or (
                dtype.type_num == cnp.NPY_FLOAT64 and -_largest_float64 <= real <= _largest_float64):
            return real
    return check.number(name, value, dtype)


cdef int problem_number(object problem) except -1:
    """The kernels' number of a problem."""
    cdef object place
    if PyUnicode_CheckExact(problem):
        place = _numbers.get(problem)
        if place is not None:
            return place
    return check.PROBLEMS.index(check.problem(problem))


cdef cnp.ndarray row_numbers(str name, object value, Py_ssize_t rows):
    """`value` as row numbers from 0 to rows - 1, intp in C order; itself where it fits."""
    cdef cnp.ndarray array
    cdef const Py_ssize_t *numbers
    cdef Py_ssize_t k, outside = 0
    if cnp.PyArray_CheckExact(value):
        array = value
        if (cnp.PyArray_NDIM(array) == 1 and cnp.PyArray_TYPE(array) == cnp.NPY_INTP and cnp.PyArray_ISCARRAY_RO(array)
                and cnp.PyArray_SIZE(array) > 0):
            numbers = <const Py_ssize_t *>cnp.PyArray_DATA(array)
            for k in range(cnp.PyArray_SIZE(array)):
                outside |= numbers[k] | (rows - 1 - numbers[k])         # negative if either is
            if outside >= 0:
                return array
    return check.row_numbers(name, value, rows)


cdef bint overlap(cnp.ndarray a, const void *begin, Py_ssize_t size) noexcept:
    """Does the memory of `a`, in C order, share bytes with the `size` bytes at `begin`?"""
    cdef const char *a_begin = <const char *>cnp.PyArray_DATA(a)
    return a_begin < <const char *>begin + size and <const char *>begin < a_begin + cnp.PyArray_NBYTES(a)
