"""Where a network's parameters lie: pairs of views into one flat vector, theta.

    theta = [w_1 (I*H), b_1 (H), w_2, b_2, ..., w_out, b_out], every array in C order

One vector makes copying, saving and comparing one line each; the views keep the lecture's `['w']`, `['b']`.
"""

from collections.abc import Mapping

import numpy as np


class ParamPair(Mapping):
    """One layer's parameters, {'w': (I, H), 'b': (H,)}, whose arrays are written into but never replaced.

    ``pair['w'][...] = values`` and ``pair['w'] -= step`` work; ``pair['w'] = other`` raises TypeError,
    because the network would go on with the old array.
    """

    __slots__ = ("_arrays",)

    def __init__(self, w, b):
        self._arrays = {"w": w, "b": b}

    def __getitem__(self, key):
        return self._arrays[key]

    def __setitem__(self, key, value):
        if value is not self._arrays[key]:
            raise TypeError(f"params entry {key!r} cannot be replaced: write into it, params[i][{key!r}][...] = values")

    def __iter__(self):
        return iter(self._arrays)

    def __len__(self):
        return len(self._arrays)

    def __repr__(self):
        return f"ParamPair(w: {self['w'].shape}, b: {self['b'].shape}, {self['w'].dtype})"


def layer_shapes(input_cnt, hidden, output_cnt):
    """[(fan_in, fan_out), ...] of every layer, the output layer last."""
    sizes = (input_cnt, *hidden, output_cnt)
    return list(zip(sizes[:-1], sizes[1:]))


def theta_size(shapes):
    """Number of parameters, weights and biases, of all layers."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in shapes)


def aligned_zeros(size, dtype, alignment=64):
    """A vector of zeros that begins on a cache line (`alignment` bytes)."""
    dtype = np.dtype(dtype)
    raw = np.zeros(size * dtype.itemsize + alignment, dtype=np.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start:start + size * dtype.itemsize].view(dtype)


def pairs_of(theta, shapes):
    """The layers' arrays as views into theta: [{'w': (I, H), 'b': (H,)}, ...] as plain dicts."""
    pairs, begin = [], 0
    for fan_in, fan_out in shapes:
        middle, end = begin + fan_in * fan_out, begin + (fan_in + 1) * fan_out
        pairs.append({"w": theta[begin:middle].reshape(fan_in, fan_out), "b": theta[middle:end]})
        begin = end
    return pairs


def initial_theta(shapes, dtype, std, rng):
    """Weights from normal(0, std) drawn in float64, layer by layer, then rounded to dtype; biases zero.

    ``std="he"`` is sqrt(2 / fan_in) a layer (He et al. 2015, "Delving deep into rectifiers").
    """
    theta = aligned_zeros(theta_size(shapes), dtype)
    for pair in pairs_of(theta, shapes):
        fan_in, fan_out = pair["w"].shape
        spread = np.sqrt(2.0 / fan_in) if std == "he" else std
        pair["w"][...] = rng.normal(0.0, spread, (fan_in, fan_out))
    return theta
