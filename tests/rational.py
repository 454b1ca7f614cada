"""One training step in rational numbers, for data that floating point computes without a rounding.

`step` returns every quantity as `fractions.Fraction` in object arrays, and raises `NotExact` where float32
might have to round, in any order of summation: a sum is safe when all its terms are multiples of some power of two
g and their absolute values add up to at most 2^24 g. So a case that passes here must be reproduced with ==.

Written plainly from the formulas of the lecture, independent of both twins and of the oracle.
"""
from fractions import Fraction

import numpy as np

LARGEST = 2**24     # consecutive integers that float32 holds


class NotExact(Exception):
    """Some intermediate result does not fit into 24 bits, or is no rational number at all."""


def rational(values):
    """An array of Fraction, equal to `values`."""
    values = np.asarray(values)
    if values.dtype == object:
        return values
    return np.vectorize(Fraction, otypes=[object])(values.astype(float))


def _grid(values):
    """The largest power of two that divides all entries (1 for zeros)."""
    grids = [Fraction(value.numerator & -value.numerator, value.denominator) for value in values.flat if value]
    for value in values.flat:
        if value.denominator & (value.denominator - 1):
            raise NotExact(f'{value} is not dyadic')
    return min(grids, default=Fraction(1))


def _whole(values, grid):
    """values / grid as integers."""
    numbers = np.empty(values.shape, dtype=object)
    numbers.flat = [int(value / grid) for value in values.flat]
    return numbers


def _fits(largest_sum, *grids):
    if largest_sum > LARGEST * min(grids):
        raise NotExact(f'a sum may reach {float(largest_sum)} in steps of {float(min(grids))}')


def product(a, b, bias=None):
    """a @ b (+ bias), summed in the whole numbers of both grids, which takes a tenth of the time."""
    grid_a, grid_b = _grid(a), _grid(b)
    whole_a, whole_b, grids = _whole(a, grid_a), _whole(b, grid_b), [grid_a * grid_b]
    result, sizes = whole_a @ whole_b * grids[0], abs(whole_a) @ abs(whole_b) * grids[0]
    if bias is not None:
        sizes, grids, result = sizes + abs(bias), grids + [_grid(bias)], result + bias
    _fits(sizes.max(), *grids)
    return result


def _regression(z, y):
    e = z - y
    _fits((abs(z) + abs(y)).max(), _grid(z), _grid(y))
    _fits((e * e).sum(), _grid(e)**2)
    return (e * e).sum() / e.size, 2 * e / e.size


def _binary(z, y):
    if any(value and abs(value) < 1000 for value in z.flat):
        raise NotExact('a logit that is neither 0 nor beyond 1000')
    s = np.vectorize(lambda value: Fraction((value > 0) - (value < 0) + 1, 2), otypes=[object])(z)
    return None, (s - y) / z.size


def _select(z, y):
    gaps = z.max(axis=1, keepdims=True) - z
    if any(gap and gap < 1000 for gap in gaps.flat):
        raise NotExact('two logits that are neither equal nor 1000 apart')
    best = gaps == 0
    p = rational(best) / best.sum(axis=1, keepdims=True)
    return None, (p - y) / len(z)


def layers(params, x):
    """[x, hidden_1, ..., hidden_n, output]."""
    h = [x]
    for number, pair in enumerate(params, 1):
        z = product(h[-1], pair['w'], pair['b'])
        h.append(np.where(z > 0, z, Fraction(0)) if number < len(params) else z)
    return h


def step(params, problem, x, y, learning_rate):
    """{'output', 'hidden 1', ..., 'loss' (regression), 'G_output', 'gradient w 1', ..., 'input gradient', 'w 1', ...}"""
    params = [{name: rational(pair[name]) for name in 'wb'} for pair in params]
    *h, z = layers(params, rational(x))
    result = {'output': z, **{f'hidden {n}': values for n, values in enumerate(h[1:], 1)}}
    loss, G = {'regression': _regression, 'binary': _binary, 'select': _select}[problem](z, rational(y))
    if loss is not None:
        result['loss'] = np.array(loss, dtype=object)
    result['G_output'] = G
    result.update(backward(params, h, G, learning_rate))
    return result


def backward(params, h, G, learning_rate):
    """Gradients and updated parameters for the gradient G (B, O) of the output; h holds the input of every layer."""
    result, rate = {}, Fraction(learning_rate)
    ones = rational(np.ones((1, len(G))))
    for number in reversed(range(1, len(params) + 1)):
        pair = params[number - 1]
        gradients = {'w': product(h[number - 1].T, G), 'b': product(ones, G)[0]}
        for name in 'wb':
            moved = rate * gradients[name]
            _fits((abs(pair[name]) + abs(moved)).max(), _grid(pair[name]), _grid(moved))
            result[f'gradient {name} {number}'], result[f'{name} {number}'] = gradients[name], pair[name] - moved
        G = product(G, pair['w'].T)
        if number > 1:
            G = np.where(h[number - 1] > 0, G, Fraction(0))
    result['input gradient'] = G
    return result
