"""Scratch memory: how the arrays of a `Batch` lie in one block, each on its own cache lines."""

from libc.stdint cimport uintptr_t

from .table cimport Batch, Net

cdef enum:
    ALIGNMENT = 64              # bytes: a cache line, and the widest vector


cdef inline object scratch_bytes(const Net *net, Py_ssize_t rows, Py_ssize_t item):
    """How many bytes `lay_out` may need, as a Python integer, which cannot overflow."""
    cdef Py_ssize_t l, last = net.layer_cnt - 1
    cdef object columns = 2 * net.widest + net.layers[0].fan_in + net.layers[last].fan_out
    for l in range(net.layer_cnt):
        columns += net.layers[l].fan_out
    arrays = net.layer_cnt + 8
    return (columns * rows + net.largest + net.widest) * item + arrays * (ALIGNMENT + 2 * sizeof(void *))


cdef inline void *carve(char **place, Py_ssize_t size) noexcept:
    """The next `size` bytes on a cache line; `place` moves behind them."""
    cdef char *begin = place[0] + -<uintptr_t>place[0] % ALIGNMENT
    place[0] = begin + size
    return begin


cdef inline void lay_out(Batch *batch, const Net *net, Py_ssize_t rows, Py_ssize_t item, char *place) noexcept:
    """Point every array of `batch`, for `rows` rows of `item` bytes an element, into the block at `place`."""
    cdef Py_ssize_t l, last = net.layer_cnt - 1
    batch.outputs = <void **>carve(&place, net.layer_cnt * sizeof(void *))
    batch.inputs = <const void **>carve(&place, net.layer_cnt * sizeof(void *))
    for l in range(net.layer_cnt):
        batch.outputs[l] = carve(&place, rows * net.layers[l].fan_out * item)
    batch.G[0] = carve(&place, rows * net.widest * item)
    batch.G[1] = carve(&place, rows * net.widest * item)
    batch.G_w = carve(&place, net.largest * item)
    batch.G_b = carve(&place, net.widest * item)
    batch.x = carve(&place, rows * net.layers[0].fan_in * item)
    batch.y = carve(&place, rows * net.layers[last].fan_out * item)
