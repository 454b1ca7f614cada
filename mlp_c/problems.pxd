"""problems, for other compiled pages."""

cimport numpy as cnp

cdef int problem_number(object problem) except -1
cdef cnp.ndarray as_it_lies(object array)
