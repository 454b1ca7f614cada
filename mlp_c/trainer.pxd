"""Trainer, for other compiled pages."""

from .engine cimport Engine


cdef class Trainer(Engine):
    cpdef tuple train_step(self, problem, x, y, learning_rate)
    cdef void one_step(self, int problem, Py_ssize_t rows, const void *x, const void *y, double rate, double *loss,
                       double *accuracy) noexcept nogil
