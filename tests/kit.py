"""The cases of the conformance kit put to an implementation: through its Network, or through its lecture module."""
import numpy as np

from mlp_py.conformance import driving
from mlp_py.conformance.driving import array

UNIT = {'float64': 2.0**-53, 'float32': 2.0**-24}
DTYPES = tuple(UNIT)


def applies(case, dtype):
    return case.dtype in (None, dtype)


def through_network(twin, case, dtype):
    """The fields of the answer; ValueError or TypeError where the arguments are wrong.

    Parameters of wrong shapes are refused here, as a port does that reads them: a Network has only those that fit.
    """
    given = {name: array(*field, dtype) for name, field in case.given.items()}
    with np.errstate(all='ignore'):
        if case.op == 'product':
            return {'c': network(twin, [(given['b'], None)], dtype).forward(given['a'])[0]}
        if case.op == 'layer':
            pair, above = (given['w'], given['b']), (np.ones((given['w'].shape[1], 1)), None)
            hidden = network(twin, [pair, above], dtype).forward(given['x'])[1][1]
            return {'sum': network(twin, [pair], dtype).forward(given['x'])[0], 'hidden': hidden}
        if case.op not in ('forward', 'gradients', 'update', 'steps'):
            return driving.answer(twin.lecture, case, dtype)
        net = network(twin, [(given[f'w{n}'], given[f'b{n}']) for n in range(1, 1 + count(given, 'w'))], dtype)
        return steps(net, given) if case.op == 'steps' else once(net, case.op, given)


def params_of(case, dtype='float64'):
    """[{'w': (I, O), 'b': (O,)}, ...] of a case with a network."""
    return [{'w': array(*case.given[f'w{n}'], dtype), 'b': array(*case.given[f'b{n}'], dtype)[0]}
            for n in range(1, 1 + count(case.given, 'w'))]


def count(given, letter):
    return sum(name[0] == letter for name in given)


def network(twin, pairs, dtype):
    """A Network with these parameters; bias None is 0."""
    widths = [pairs[0][0].shape[0], *(w.shape[1] for w, _ in pairs)]
    net = twin.Network(widths[0], widths[1:-1], widths[-1], dtype=dtype, rng=0)
    for mine, (w, b) in zip(net.params, pairs):
        b = np.zeros((1, w.shape[1])) if b is None else b
        if mine['w'].shape != w.shape or b.shape != (1, w.shape[1]):
            raise ValueError(f'w{w.shape}, b{b.shape}: expected w{mine["w"].shape} and one row of {w.shape[1]}')
        mine['w'][...], mine['b'][...] = w, b[0]
    return net


def once(net, op, given):
    output, aux = net.forward(given['x'])
    if op == 'forward':
        return {'output': output, **{f'hidden{n}': hidden for n, hidden in enumerate(aux[1:], 1)}}
    if op == 'gradients':
        return {**named(net.gradients(given['G_output'], aux), 'G_'), 'G_x': net.input_gradient(given['G_output'], aux)}
    net.backprop(given['G_output'], aux, rate(given))
    return named(net.params)


def steps(net, given):
    outputs = {}
    for n in range(1, 1 + count(given, 'x')):
        outputs[f'output{n}'], aux = net.forward(given[f'x{n}'])
        net.backprop(given[f'G{n}'], aux, rate(given))
    return {**named(net.params), **outputs}


def rate(given):
    if given['rate'].shape != (1, 1):
        raise ValueError('rate: expected one number')
    return float(given['rate'][0, 0])


def named(pairs, prefix=''):
    return {f'{prefix}{letter}{n}': np.atleast_2d(pair[letter]).copy()
            for n, pair in enumerate(pairs, 1) for letter in 'wb'}


def wrong(case, answer, dtype):
    """[(field, largest |g - e| / (2 u mag))] of what is wrong in an answer; [] if it is right."""
    return [(name, ratio) for name, ratio in ratios(case, answer, dtype) if not ratio <= 1]


def ratios(case, answer, dtype):
    """(field, ratio) of each field that the answer has: 0 where equal, infinite where it may not differ but does."""
    for name, (expected, mag) in case.expected.items():
        if name in answer:
            got = np.asarray(answer[name], float)
            fits = got.shape == expected.shape
            yield name, largest(got, expected, mag, dtype, 'SignedZero' in case.flags) if fits else np.inf


def largest(got, expected, mag, dtype, signed):
    with np.errstate(all='ignore'):
        equal = (got == expected) | np.isnan(got) & np.isnan(expected)
        if signed:
            equal &= (expected != 0) | (np.signbit(got) == np.signbit(expected))
        ratio = np.where(equal, 0, np.abs(got - expected) / (2 * UNIT[dtype] * mag))
    return float(np.max(np.where(np.isnan(ratio), np.inf, ratio), initial=0))
