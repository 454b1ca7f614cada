"""Gradients without calculus: central differences of the loss, so fine that they tell float64 apart to the last bit.

Numbers are Python integers in units of 2^-BITS, a product is shifted back by BITS. A difference over 2 H = 2^-79 then has
no rounding that matters (2^-320 / 2^-79), and its truncation error H^2 / 6 * (third derivative) lies below H as long
as the third derivative is below 6 / H = 2^82. So the slope must meet a correctly rounded gradient to half an
ulp plus H, where no unit comes near its kink (`smooth`).

The loss is that without the 1e-10 of select. Steps are trained by these slopes alone, from the unrounded parameters
of the step before. It shares nothing with the other oracles; the formulas are the plain ones, at this precision harmless.
"""
import math
from fractions import Fraction

import mpmath
import numpy as np

BITS = 320
H = 1 << (BITS - 80)
EPSILON = 1e-10


def fixed(values):
    """Floats as an array of integers in units of 2^-BITS."""
    return np.vectorize(lambda value: int(Fraction(float(value)) * 2**BITS), otypes=[object])(np.array(values, float))


def exact(value):
    """The fraction that such an integer stands for."""
    return Fraction(value, 1 << BITS)


def times(a, b):
    return (a * b) >> BITS


def _elementary(function):
    def of_fixed(value):
        with mpmath.workprec(BITS + 64):
            return mpmath.libmp.to_fixed(function(mpmath.ldexp(value, -BITS))._mpf_, BITS)
    return np.vectorize(of_fixed, otypes=[object])


exp, log = _elementary(mpmath.exp), _elementary(mpmath.log)
ONE = 1 << BITS


def forward(params, x):
    """Sums of every layer and the values between them: z[-1] is the output, h[0] is x."""
    z, h = [], [x]
    for n, pair in enumerate(params):
        z.append(((h[-1] @ pair['w']) >> BITS) + pair['b'])
        if n < len(params) - 1:
            h.append(np.where(z[-1] > 0, z[-1], 0))
    return z, h


def loss(problem, output, y):
    """The loss that the gradients belong to; 'given': the one whose gradient is y everywhere."""
    if problem == 'given':
        return times(output, y).sum()
    if problem == 'regression':
        return times(output - y, output - y).sum() // output.size
    if problem == 'binary':
        return (log(ONE + exp(output)) - times(output, y)).sum() // output.size
    return times(y, log(exp(output).sum(axis=1, keepdims=True)) - output).sum() // len(output)


def reported_loss(problem, output, y):
    if problem != 'select':
        return loss(problem, output, y)
    powers = exp(output)
    p = (powers << BITS) // powers.sum(axis=1, keepdims=True)
    return -times(y, log(p + int(fixed(EPSILON)))).sum() // len(output)


def slopes(function, array):
    """(function(entry + H) - function(entry - H)) / (2 H) for every entry; function reads array, which is put back."""
    result = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept, found = array[place], []
        for moved in (kept + H, kept - H):
            array[place] = moved
            found.append(function())
        array[place] = kept
        result[place] = ((found[0] - found[1]) << BITS) // (2 * H)
    return result


def steps(problem, params, batches, learning_rate):
    """Every quantity of every step, named as in `exact_reference`, as arrays of integers; 'smooth' is True or False."""
    params, rate, result = [{name: fixed(pair[name]) for name in 'wb'} for pair in params], int(fixed(learning_rate)), []
    for x, y in batches:
        x, y = fixed(x), fixed(y)
        z, h = forward(params, x)
        seen = {'output': z[-1], **{f'hidden {n}': values for n, values in enumerate(h[1:], 1)}, 'smooth': smooth(z[:-1])}
        if problem != 'given':
            output = z[-1].copy()
            seen['loss'] = np.array(reported_loss(problem, output, y), dtype=object)
            seen['G_output'] = slopes(lambda: loss(problem, output, y), output)

        def whole():
            return loss(problem, forward(params, x)[0][-1], y)

        seen['input gradient'] = slopes(whole, x)
        gradients = [{name: slopes(whole, pair[name]) for name in 'wb'} for pair in params]
        params = [{name: pair[name] - times(rate, gradient[name]) for name in 'wb'}
                  for pair, gradient in zip(params, gradients)]
        for n, (pair, gradient) in enumerate(zip(params, gradients), 1):
            seen.update({f'{name} {n}': pair[name] for name in 'wb'})
            seen.update({f'gradient {name} {n}': gradient[name] for name in 'wb'})
        result.append(seen)
    return result


def smooth(sums):
    """No sum within 2^-40 of 0: more than 4 H, even where weights and inputs make H larger by a factor of 2^38."""
    return all(abs(value) > ONE >> 40 for z in sums for value in z.flat)


def refused(golden, found):
    """The entries of `golden`, floats, that are not within half an ulp plus H of `found`."""
    golden = np.array(golden, float)
    assert golden.shape == found.shape, f'{golden.shape} against {found.shape}'
    return [(*place, golden[place], float(exact(found[place]))) for place in np.ndindex(golden.shape)
            if not (abs(Fraction(golden[place]) - exact(found[place])) <= Fraction(math.ulp(golden[place])) / 2 + exact(H))]
