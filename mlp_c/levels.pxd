"""levels, for other compiled pages."""

cimport numpy as cnp

from .table cimport Kernels

cdef int path_in_use

cdef const Kernels *kernels_of(cnp.ndarray array, bint plain=*) noexcept
cdef int threads_in_use() noexcept nogil
