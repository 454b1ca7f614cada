"""One training step without roundings: fractions where the numbers are rational, else as many digits as it takes.

regression and a given gradient of the output are computed in `fractions.Fraction`. binary and select have exp and log in
them: there everything is computed by mpmath with 128 bits, then with 256, 512 and so on, until every number that comes
out, rounded to float64, is what it was with half the bits.

Written in lists and loops from the formulas of the lecture. It shares nothing with the twins, the oracle or `rational`.
"""
from fractions import Fraction

import mpmath

EPSILON = Fraction(1e-10)       # in the reported loss of select, never in its gradient
FEWEST_BITS, MOST_BITS = 128, 8192


class Undecided(Exception):
    """Some number still changes with MOST_BITS: most likely it is exactly 0 and comes out as a tiny rest."""


def rounded(value):
    """The float64 nearest to a number or to each in nested lists, ties to even; the only rounding of this page."""
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    if isinstance(value, mpmath.mpf):
        value = Fraction(*map(int, mpmath.libmp.to_rational(value._mpf_)))
    return float(value)


def product(a, b):
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*b)] for row in a]


def transposed(a):
    return [list(column) for column in zip(*a)]


def entrywise(function, *arrays):
    """function of the entries of nested lists of the same shape."""
    if isinstance(arrays[0], list):
        return [entrywise(function, *parts) for parts in zip(*arrays)]
    return function(*arrays)


# ---- the losses: reported loss and gradient of the output ---------------------------------------------------

def _regression(z, y):
    size = len(z) * len(z[0])
    e = entrywise(lambda a, b: a - b, z, y)
    return sum(d * d for row in e for d in row) / size, entrywise(lambda d: 2 * d / size, e)


def _binary(z, y):
    size = len(z) * len(z[0])
    terms = entrywise(lambda a, b: mpmath.log(1 + mpmath.exp(a)) - a * b, z, y)
    G = entrywise(lambda a, b: (1 / (1 + mpmath.exp(-a)) - b) / size, z, y)
    return sum(map(sum, terms)) / size, G


def _select(z, y):
    powers = entrywise(mpmath.exp, z)
    p = [[power / sum(row) for power in row] for row in powers]
    epsilon = mpmath.mpf(EPSILON.numerator) / EPSILON.denominator
    terms = entrywise(lambda share, label: -label * mpmath.log(share + epsilon), p, y)
    return sum(map(sum, terms)) / len(z), entrywise(lambda share, label: (share - label) / len(z), p, y)


_LOSSES = {'regression': _regression, 'binary': _binary, 'select': _select}


# ---- steps ------------------------------------------------------------------------------------------------------

def step(problem, params, x, y, learning_rate):
    """Every quantity of one step, in the numbers that it is given; problem 'given': y is the gradient of the output.

    {'output', 'hidden 1', ..., 'sum 1' (before its ReLU), ..., 'loss', 'G_output', 'gradient w 1', ..., 'input gradient',
    'w 1', 'b 1', ...} as nested lists.
    """
    h, result = [x], {}
    for n, pair in enumerate(params, 1):
        z = [[total + bias for total, bias in zip(row, pair['b'])] for row in product(h[-1], pair['w'])]
        if n < len(params):
            h.append(entrywise(lambda value: value if value > 0 else 0, z))
            result[f'sum {n}'], result[f'hidden {n}'] = z, h[-1]
    result['output'], G = z, y
    if problem != 'given':
        result['loss'], G = _LOSSES[problem](z, y)
        result['G_output'] = G
    for n in reversed(range(1, len(params) + 1)):
        pair = params[n - 1]
        gradients = {'w': product(transposed(h[n - 1]), G), 'b': [sum(column) for column in zip(*G)]}
        for name, gradient in gradients.items():
            result[f'gradient {name} {n}'] = gradient
            result[f'{name} {n}'] = entrywise(lambda p, g: p - learning_rate * g, pair[name], gradient)
        G = product(G, transposed(pair['w']))
        if n > 1:
            G = entrywise(lambda g, value: g if value > 0 else 0, G, h[n - 1])
    result['input gradient'] = G
    return result


def _trajectory(number, problem, params, batches, learning_rate):
    """Every step, each from the unrounded parameters of the one before; each quantity rounded when all is done."""
    params = [{name: entrywise(number, pair[name]) for name in 'wb'} for pair in params]
    steps = []
    for x, y in batches:
        result = step(problem, params, entrywise(number, x), entrywise(number, y), number(learning_rate))
        params = [{name: result[f'{name} {n}'] for name in 'wb'} for n in range(1, len(params) + 1)]
        steps.append({name: rounded(values) for name, values in result.items()})
    return steps


def steps(problem, params, batches, learning_rate):
    """The quantities of `step` for each minibatch in turn, correctly rounded to float64.

    problem : 'regression', 'binary', 'select' or 'given'
    params : list of {'w': nested list (I, O), 'b': list (O)}, output pair last
    batches : list of (x, y); for 'given' of (x, G_output)
    """
    arguments = problem, params, batches, learning_rate
    if problem in ('regression', 'given'):
        return _trajectory(Fraction, *arguments)
    bits, before = FEWEST_BITS, None
    while bits <= MOST_BITS:
        with mpmath.workprec(bits):
            found = _trajectory(mpmath.mpf, *arguments)
        if found == before:
            return found
        bits, before = 2 * bits, found
    raise Undecided(f'{problem}: not the same float64 with {MOST_BITS} bits as with half of them')
