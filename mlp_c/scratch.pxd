"""Scratch memory: arrays carved one after the other from one block, each on its own cache lines."""

from libc.stdint cimport uintptr_t

cdef enum:
    CACHE_LINE = 64             # bytes; also the widest vector


cdef inline void *carve(uintptr_t *place, Py_ssize_t size) noexcept nogil:
    """The next `size` bytes on a cache line; `place` moves behind them. From place 0 on it counts bytes."""
    cdef uintptr_t begin = (place[0] + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE
    place[0] = begin + size
    return <void *>begin
