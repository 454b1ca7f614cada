"""The stages forward, gradients, update and steps: drawn networks of all shapes, pair by pair.

64 networks hold every pair of two of these: a hidden configuration, a number of inputs, of outputs, of rows. They are
the lines of an orthogonal array over the field of 8 elements: there outputs = hidden + inputs, rows = hidden + 2 inputs.
"""
from .building import bits, drawn, made, sharp
from .drawing import Draws, scalar
from .exact import Rejected

HIDDEN = ((), (1,), (4,), (3, 5), (1, 1, 1), (2,) * 8, (3, 3), (9,))
WIDTHS = (1, 2, 3, 4, 5, 7, 8, 9)
ROWS = (1, 2, 3, 5)
RATES = (0.5, 0.75, 1, 0.5, 0.125, 1.5, 0.5, 0.015625)


def twice(n):
    """2 n in the field of 8 elements, the polynomials modulo t^3 + t + 1."""
    return 2 * n if n < 4 else 2 * n ^ 11


def designs():
    """(rows, inputs, hidden, outputs) of the 64."""
    for h, hidden in enumerate(HIDDEN):
        for i, inputs in enumerate(WIDTHS):
            yield ROWS[(h ^ twice(i)) % 4], inputs, hidden, WIDTHS[h ^ i]


def network(draws, inputs, hidden, outputs, limit, grain):
    """{'w1', 'b1', ...}."""
    given, widths = {}, (inputs, *hidden, outputs)
    for n, (above, below) in enumerate(zip(widths, widths[1:]), 1):
        given[f'w{n}'] = draws.field(above, below, limit, grain)
        given[f'b{n}'] = draws.field(1, below, limit, grain)
    return given


def limits(hidden):
    """(largest number, grain): through many layers numbers grow, and so do their digits."""
    return (2, 16) if len(hidden) > 2 else (4, 64) if len(hidden) < 2 else (2, 64)


def numbers(op, seed, rows, inputs, hidden, outputs, rate):
    draws, (limit, grain) = Draws(seed), limits(hidden)
    given = {'x': draws.field(rows, inputs, 4, grain), **network(draws, inputs, hidden, outputs, limit, grain)}
    if op != 'forward':
        given['G_output'] = draws.field(rows, outputs, 4, grain)
    if op == 'update':
        given['rate'] = scalar(rate)
    return given


def lively(given, hidden):
    """Rejected unless every hidden layer has a unit that is on, and with four numbers or more also one that is off."""
    found = made('forward', {name: value for name, value in given.items() if name == 'x' or name[0] in 'wb'})
    for n in range(1, len(hidden) + 1):
        on = [set(text) != {'0'} for text in found.out[f'hidden{n}'][2]]
        if not any(on) or all(on) and len(on) > 3:
            raise Rejected('a layer all on, or all off')


def reaches(case):
    """Rejected if nothing reaches the first layer: its gradient, or what an update changes there, must not be all 0."""
    if case.op == 'gradients' and not any(set(text) != {'0'} for text in case.out['G_w1'][2]):
        raise Rejected('no gradient reaches the first layer')
    if case.op == 'update' and case.out['w1'][2] == [bits(float(text)) for text in case.given['w1'][2]]:
        raise Rejected('no update reaches the first layer')
    return case


def hunted(op, hidden, rows, inputs, outputs):
    """What the case is for, in a few words, and its flags."""
    widths = (inputs, *hidden, outputs)
    flags = ['Pairwise']
    if not hidden:
        return [*flags, 'NoHidden'], 'no hidden layer'
    words = {'forward': 'relu after each hidden layer, none after the last', 'gradients': 'the mask of each layer',
             'update': 'the weights of before the update go into every gradient'}[op]
    if any(a == b > 1 for a, b in zip(widths, widths[1:])):
        flags.append('Square')
        words = {'forward': 'square w: a transpose would fit', 'gradients': 'square w: a missing transpose would fit',
                 'update': 'square w: a missing transpose would fit'}[op]
    if len(set(hidden)) == 1 and len(hidden) > 1:
        words = 'equal widths: ' + {'forward': 'a skipped layer would fit', 'gradients': 'the mask of another layer',
                                    'update': 'activations of another layer'}[op]
    if rows == 1:
        words += '; one row'
    return flags, words


def pairwise(op):
    for n, (rows, inputs, hidden, outputs) in enumerate(designs()):
        flags, comment = hunted(op, hidden, rows, inputs, outputs)
        rate = RATES[n % len(RATES)]
        if op == 'update':
            comment += f'; rate {rate}'

        def attempt(k):
            given = numbers(op, f'{op} {n} {k}', rows, inputs, hidden, outputs, rate)
            lively(given, hidden)
            return reaches(sharp(made(op, given, flags, comment)))

        yield drawn(attempt)


# widths, rows, steps, rate
STEPS = (((2, 3, 2), 2, 2, 0.5), ((3, 3, 3), 3, 2, 0.5), ((1, 1, 1), 1, 2, 0.5), ((4, 2), 2, 2, 0.5),
         ((3, 4, 2), 5, 2, 0.25), ((2, 3, 3, 2), 2, 2, 0.25), ((9, 4, 1), 2, 2, 0.25), ((3, 5, 3), 1, 2, 0.75),
         ((4, 4, 4, 4), 3, 2, 0.125), ((2, 2, 2, 2, 2), 2, 2, 0.25), ((1, 9, 1), 3, 2, 0.5), ((5, 7, 4), 2, 2, 0.25),
         ((2, 3, 2), 2, 3, 0.25), ((3, 3, 3), 2, 3, 0.25), ((3, 2), 3, 3, 0.5), ((2, 2, 2, 2), 3, 3, 0.125),
         ((4, 5, 3), 1, 3, 0.125), ((1, 4, 1), 5, 3, 0.125), ((6, 3, 2), 2, 3, 0.0625), ((3, 3, 3, 3), 2, 3, 0.0625),
         ((2, 3, 2), 2, 10, 0.0625), ((3, 3, 3), 2, 10, 0.03125), ((2, 2), 3, 10, 0.125), ((3, 4, 1), 3, 10, 0.015625),
         ((2, 2, 2, 2), 2, 10, 0.015625), ((1, 3, 1), 5, 10, 0.03125))


def steps():
    for n, (widths, rows, count, rate) in enumerate(STEPS):
        inputs, *hidden, outputs = widths

        def attempt(k):
            draws = Draws(f'steps {n} {k}')
            given = network(draws, inputs, hidden, outputs, 2, 16)
            given['rate'] = scalar(rate)
            for m in range(1, count + 1):
                given[f'x{m}'] = draws.field(rows, inputs, 2, 8)
                given[f'G{m}'] = draws.field(rows, outputs, 1, 8)
            lively({**given, 'x': given['x1']}, hidden)
            return sharp(made('steps', given, ['Steps'] if hidden else ['Steps', 'NoHidden'],
                              f'{count} steps with rate {rate}: activations and weights of the step before'))

        yield drawn(attempt)
