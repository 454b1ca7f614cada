"""The three losses, with as many binary digits as it takes, and how far a correct program may be from them.

SPEC.md allows twice these errors, which leaves room for an exp and a log that are off by 4 units in the last place.
"""
from fractions import Fraction

import mpmath

from .exact import Array, Rejected, Rules, rational, size

EPSILON = Fraction(1e-10)       # in the reported loss of select, never in its gradient
FEWEST_BITS, MOST_BITS = 2048, 32768        # exp(-1000) must not vanish beside 1
GONE = 800                      # exp(-800) is 0 in float64, and 1 + exp(-800) is 1


def settled(compute, fewest=FEWEST_BITS):
    """compute(convert) with twice as many binary digits, until no number changes that is rounded to float64."""
    precision, before = fewest, None
    while precision <= MOST_BITS:
        with mpmath.workprec(precision):
            found = compute(converted)
            now = [[float(rational(value)) for value, _ in a.flat()] for a in found.values()]
        if now == before:
            return found
        precision, before = 2 * precision, now
    raise Rejected(f'not the same float64 with {MOST_BITS} binary digits as with half of them')


def converted(value):
    return mpmath.mpf(value.numerator) / value.denominator


def evaluated(op, given):
    """{'loss': Array, 'G_output': Array}; the errors are taken from the rounded values, which is near enough."""
    found = settled(lambda convert: _values(op, given['output'], given['y'], convert))
    output, y = given['output'].values, given['y'].values
    errors = LOSSES[op](output, y, found)
    for name, array in found.items():
        array.errors = errors[name]
    return found


def _values(op, output, y, convert):
    z, y = ([[convert(value) for value in row] for row in a.values] for a in (output, y))
    rows, columns = output.rows, output.columns
    if op == 'regression':
        terms = [[(a - b)**2 for a, b in zip(*pair)] for pair in zip(z, y)]
        G = [[2 * (a - b) / (rows * columns) for a, b in zip(*pair)] for pair in zip(z, y)]
    elif op == 'binary':
        terms = [[mpmath.log(1 + mpmath.exp(a)) - a * b for a, b in zip(*pair)] for pair in zip(z, y)]
        G = [[(1 / (1 + mpmath.exp(-a)) - b) / (rows * columns) for a, b in zip(*pair)] for pair in zip(z, y)]
    else:
        p = [[mpmath.exp(a) / sum(map(mpmath.exp, row)) for a in row] for row in z]
        terms = [[-b * mpmath.log(share + convert(EPSILON)) for share, b in zip(*pair)] for pair in zip(p, y)]
        G = [[(share - b) / rows for share, b in zip(*pair)] for pair in zip(p, y)]
    count = rows if op == 'select' else rows * columns
    return {'loss': Array(1, 1, [[sum(map(sum, terms)) / count]]), 'G_output': Array(rows, columns, G)}


def _power_of_two(n):
    return n & (n - 1) == 0


def _regression(z, y, found):
    """Exact where size is a power of two and all terms fit; else (size + 4) roundings of the loss, 4 of a gradient."""
    rules, count = Rules(), len(z) * len(z[0])
    rest = [[a - b for a, b in zip(*pair)] for pair in zip(z, y)]
    fit = [[rules.fits([a, -b]) for a, b in zip(*pair)] for pair in zip(z, y)]
    exact = _power_of_two(count)
    squares = [d * d for row in rest for d in row]
    sure = exact and all(map(all, fit)) and rules.fits(squares)
    loss = 0.0 if sure else (count + 4) * size(found['loss'].values[0][0])
    G = [[0.0 if exact and sure else 4 * size(g) + rules.eta for g, sure in zip(*pair)]
         for pair in zip(found['G_output'].values, fit)]
    return {'loss': [[loss]], 'G_output': G}


def _binary(z, y, found):
    """A logit of 0, or one whose exp is gone, makes an exact sigmoid; the loss has a log in it and is never exact."""
    rules, count = Rules(), len(z) * len(z[0])
    G, parts, whole = [], 0.0, 0.0
    for row, labels in zip(z, y):
        errors = []
        for a, b in zip(row, labels):
            s = Fraction(1, 2) if a == 0 else Fraction(a > 0) if abs(a) >= GONE else None
            if s is not None and _power_of_two(count) and rules.fits([s, -b]):
                errors.append(0.0)
            else:
                share = size(1 / (1 + mpmath.exp(-converted(a))))
                errors.append((8 * share + 3 * (share + size(b))) / count + 2 * rules.eta)
            soft = size(mpmath.log(1 + mpmath.exp(-abs(converted(a)))))
            parts += 2 * size(max(a, 0)) + 3 * size(a * b) + 8 + rules.eta
            whole += size(max(a, 0)) + size(a * b) + soft
        G.append(errors)
    return {'loss': [[parts / count + whole]], 'G_output': G}


def _select(z, y, found):
    """Logits of a row that are equal or far apart make exact shares; no loss is exact."""
    rules, rows, classes = Rules(), len(z), len(z[0])
    G, total = [], 0.0
    for row, labels in zip(z, y):
        best, errors = max(row), []
        ties = sum(value == best for value in row)
        exact = _power_of_two(ties) and all(value == best or best - value >= GONE for value in row)
        powers = [mpmath.exp(converted(value)) for value in row]
        for value, power, label in zip(row, powers, labels):
            share = size(power / sum(powers))
            off = 0.0 if exact else share * (classes + 10 + 2 * max(map(size, row))) + 3 * rules.eta
            sure = exact and _power_of_two(rows) and rules.fits([Fraction(value == best) / ties, -label])
            errors.append(0.0 if sure else (off + 3 * (share + size(label))) / rows + rules.eta)
            log = abs(float(mpmath.log(mpmath.mpf(share) + float(EPSILON))))
            total += size(label) * (off / (share + 1e-10) + 1 + 4 * log + (classes + rows) * log)
        G.append(errors)
    return {'loss': [[total / rows + rules.eta]], 'G_output': G}


LOSSES = {'regression': _regression, 'binary': _binary, 'select': _select}
