"""levels, for other compiled pages."""

cimport numpy as cnp

from .table cimport Kernels

cdef const Kernels *kernels_of(cnp.ndarray array, bint plain=*) noexcept
