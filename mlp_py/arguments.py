"""Checks of arguments, shared by both twins, so that the same input raises the same error in both.

Every function takes the argument's name and value and returns the value in the form that the arithmetic
needs, or raises TypeError (wrong kind) or ValueError (wrong shape or range) with one sentence: the
argument, what was expected, what came. Nothing here computes anything of the network.
"""

import math
import numbers
import operator

import numpy as np

PROBLEMS = ("regression", "binary", "select")
REALS = (np.dtype(np.float64), np.dtype(np.float32))


def shown(value):
    """A short text of `value` for an error message."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    text = f"{type(value).__name__} {value!r}"
    return text if len(text) <= 80 else text[:77] + "..."


def count(name, value, at_least=1):
    """An integer (NumPy's too; not a bool) of at least `at_least`."""
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: expected an integer of at least {at_least}, got {shown(value)}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer of at least {at_least}, got {shown(value)}") from None
    if number < at_least:
        raise ValueError(f"{name}: expected an integer of at least {at_least}, got {number}")
    return number


def widths(name, value):
    """A list, tuple or 1-D array of integers of at least 1, as a tuple of ints; empty is legal."""
    if isinstance(value, np.ndarray) and value.ndim == 1 and (value.size == 0 or value.dtype.kind in "iu"):
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name}: expected an integer or a sequence of integers, got {shown(value)}")
    return tuple(count(f"{name}[{place}]", width) for place, width in enumerate(value))


def number(name, value, dtype=np.float64):
    """A finite real number (not a bool), as a float; finite in `dtype` too."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (numbers.Real, np.floating, np.integer)):
        raise TypeError(f"{name}: expected a finite real number, got {shown(value)}")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not abs(result) <= float(np.finfo(dtype).max):
        raise ValueError(f"{name}: expected a finite number in {np.dtype(dtype).name}, got {shown(value)}")
    return result


def problem(value, name="problem"):
    """One of "regression", "binary", "select"."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected one of {', '.join(PROBLEMS)}, got {shown(value)}")
    if value not in PROBLEMS:
        raise ValueError(f"{name}: expected one of {', '.join(PROBLEMS)}, got {value!r}")
    return value


def real_array(name, value, dtype=None):
    """`value` as an array of real numbers, of any shape: in `dtype`, or in its own precision.

    Own precision means float32 where it came as float32, else float64. Real numbers of every layout,
    byte order and precision (integers and bools too) are converted; an array that fits is returned as it is.
    """
    if type(value) is np.ndarray and value.dtype == dtype:
        return value
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError(f"{name}: expected real numbers, got a masked array with hidden entries")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: expected an array of real numbers, got rows of unequal length") from None
    except (TypeError, RuntimeError) as error:      # e.g. a tensor that refuses to become an array
        raise TypeError(f"{name}: expected real numbers, got {shown(value)}: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name}: expected real numbers, got {shown(value)}")
    if dtype is None:
        dtype = np.float32 if array.dtype == np.float32 else np.float64
    return array.astype(dtype, copy=False)


def matrix(name, value, rows, cols, dtype=None):
    """A 2-D array of real numbers, (rows, cols); None stands for any number."""
    array = real_array(name, value, dtype)
    shape = array.shape
    if len(shape) != 2 or (rows is not None and shape[0] != rows) or (cols is not None and shape[1] != cols):
        wanted = f"({'B' if rows is None else rows}, {'any' if cols is None else cols})"
        raise ValueError(f"{name}: expected an array of shape {wanted}, got shape {shape}")
    return array


def at_least_one_row(name, array):
    """Refuses a batch of 0 rows where a loss or an accuracy is asked for: their mean does not exist."""
    if array.shape[0] == 0:
        raise ValueError(f"{name}: expected at least one row, got shape {array.shape}")
    return array


def activations(name, value, rows, row_widths, dtype):
    """`aux` of forward: a list or tuple of one (B, width) array per entry of `row_widths`."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name}: expected the list of {len(row_widths)} arrays that forward returned, "
                        f"got {shown(value)}")
    if len(value) != len(row_widths):
        raise ValueError(f"{name}: expected {len(row_widths)} arrays (x and each hidden layer), got {len(value)}")
    return [matrix(f"{name}[{place}]", entry, rows, width, dtype)
            for place, (entry, width) in enumerate(zip(value, row_widths))]


def row_numbers(name, value, rows):
    """A 1-D array of integers from 0 to rows - 1, repeats allowed, as intp."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        raise TypeError(f"{name}: expected a 1-D array of row numbers, got {shown(value)}") from None
    if array.dtype.kind not in "iu" and not (array.size == 0 and array.dtype.kind == "f"):
        raise TypeError(f"{name}: expected a 1-D array of integers, got {shown(value)}")
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: expected a 1-D array of at least one row number, got shape {array.shape}")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= rows:
        raise ValueError(f"{name}: expected row numbers from 0 to {rows - 1}, got {low if low < 0 else high}")
    return np.ascontiguousarray(array, dtype=np.intp)


def precision(value):
    """float64 or float32, as a native np.dtype."""
    try:
        dtype = np.dtype(value)
    except TypeError:
        raise TypeError(f"dtype: expected float64 or float32, got {shown(value)}") from None
    if value is None or dtype not in REALS:
        raise ValueError(f"dtype: expected float64 or float32, got {shown(value)}")
    return dtype


def spread(value):
    """`std` of a Network: the string "he", or a finite number of at least 0."""
    if isinstance(value, str):
        if value != "he":
            raise ValueError(f'std: expected a number or "he", got {value!r}')
        return value
    result = number("std", value)
    if result < 0:
        raise ValueError(f"std: expected a number of at least 0, got {result}")
    return result


def random_source(value):
    """None (fresh), an integer, a Generator or a RandomState, as an object with `.normal`."""
    if value is None:
        return np.random.default_rng()
    if isinstance(value, (np.random.Generator, np.random.RandomState)):
        return value
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"rng: expected None, an integer, a Generator or a RandomState, got {shown(value)}")
    return np.random.default_rng(count("rng", value, at_least=0))


def hidden_widths(value):
    """`hidden` of a Network, an integer or a sequence of integers, as a tuple: 4 and [4] are the same."""
    if not isinstance(value, (bool, np.bool_)) and hasattr(value, "__index__") and np.ndim(value) == 0:
        return (count("hidden", value),)
    return widths("hidden", value)


def destination(name, value, shape, dtype):
    """An array that a result can be written into as it lies in memory."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name}: expected an array of shape {shape} and dtype {dtype}, got {shown(value)}")
    if value.shape != shape or value.dtype != dtype or not value.flags.carray:
        raise ValueError(f"{name}: expected a writeable, aligned, C-contiguous array of shape {shape} and dtype "
                         f"{dtype}, got {shown(value)}")
    return value


def restored_theta(state):
    """The parameters in a pickled or copied state, checked against the widths beside them."""
    from .params import aligned_zeros, layer_shapes, theta_size

    theta = state["theta"]
    size = theta_size(layer_shapes(state["input_cnt"], state["hidden"], state["output_cnt"]))
    if type(theta) is not np.ndarray or theta.dtype not in REALS or theta.shape != (size,):
        raise ValueError(f"theta: expected {size} parameters in float64 or float32, got {shown(theta)}")
    copy = aligned_zeros(size, theta.dtype)
    copy[...] = theta
    return copy
