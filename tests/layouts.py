"""The same numbers, laid out differently in memory: `layouts` gives every array argument its disguises.

The entries are small integers, so that each number type holds them and each order of summation gives the same sum. The
gaps of strided arrays are filled with NaN: whoever reads them shows it.
"""
import numpy as np


class Labelled(np.ndarray):
    """A subclass, as pandas-like libraries make them."""


class Wrapped:
    """Not an array, but it can become one."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype=dtype)


def _shifted(array, offset):
    """A copy that begins `offset` bytes behind a 64-byte boundary."""
    raw = np.full(array.nbytes + 128, 255, np.uint8)        # 255s are NaN in both precisions
    begin = -raw.ctypes.data % 64 + offset
    copy = raw[begin:begin + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _in_gaps(array, step_rows, step_columns):
    """A view with NaN between the rows and columns."""
    rows, columns = array.shape
    wide = np.full((rows * abs(step_rows) or 1, columns * abs(step_columns) or 1), np.nan, array.dtype)
    view = wide[::step_rows, ::step_columns][:rows, :columns]
    view[...] = array
    return view


def layouts(array):
    """{name: something equal to `array`}, a 2-D array of small integers in float64 or float32."""
    inner = np.full((array.shape[0] + 4, array.shape[1] + 3), np.nan, array.dtype)
    inner[2:-2, 1:-2] = array
    read_only = array.copy()
    read_only.flags.writeable = False
    other = np.float32 if array.dtype == np.float64 else np.float64
    result = {
        'C': array.copy(), 'Fortran': np.asfortranarray(array), 'transposed view': np.ascontiguousarray(array.T).T,
        'rows with gaps': _in_gaps(array, 2, 1), 'columns with gaps': _in_gaps(array, 1, 2),
        'gaps of three': _in_gaps(array, 3, 3), 'rows reversed': array[::-1].copy()[::-1],
        'columns reversed': array[:, ::-1].copy()[:, ::-1], 'both reversed': _in_gaps(array, -1, -2),
        'inner block': inner[2:-2, 1:-2], 'byteswapped': array.astype(array.dtype.newbyteorder()),
        'read-only': read_only, 'subclass': array.copy().view(Labelled), 'list': array.tolist(),
        'tuple of rows': tuple(array), 'list of arrays': list(array), 'other float': array.astype(other),
        'float16': array.astype(np.float16), 'int8': array.astype(np.int8), 'int64': array.astype(np.int64),
        'uint16 swapped': abs(array).astype('>u2') if (array >= 0).all() else array.astype('>i2'),
        'longdouble': array.astype(np.longdouble), 'wrapped': Wrapped(array), 'memoryview': memoryview(array.copy()),
    }
    result.update({f'byte offset {offset}': _shifted(array, offset) for offset in range(1, 64)})
    return result


def repeated_rows(array):
    """The first row again and again, with a stride of 0 bytes; and the array it must be equal to."""
    view = np.broadcast_to(array[:1], array.shape)
    return view, view.copy()


def repeated_columns(array):
    view = np.broadcast_to(array[:, :1], array.shape)
    return view, view.copy()
