"""The stage special, first part: kinks, layers that are off, weights of 0, no rows, no hidden layer, all exact.

A kink is a unit whose sum is exactly 0. It is made by its bias: minus what the weights give in some row.
"""
from fractions import Fraction

from .building import drawn, made
from .drawing import Draws, field, scalar
from .exact import Rejected
from .network_cases import lively, network

# op, widths, rows, kinks as (layer, row, unit)
KINKS = (('layer', (3, 4), 2, [(1, 0, 1)]), ('layer', (2, 2), 3, [(1, 2, 0), (1, 1, 1)]),
         ('layer', (5, 3), 1, [(1, 0, 0)]),
         ('forward', (3, 3, 2), 2, [(1, 0, 0)]), ('forward', (2, 4, 3, 1), 3, [(1, 1, 2), (2, 0, 1)]),
         ('forward', (1, 1, 1), 1, [(1, 0, 0)]),
         ('gradients', (3, 4, 2), 1, [(1, 0, 2)]), ('gradients', (3, 4, 2), 3, [(1, 0, 0), (1, 2, 3)]),
         ('gradients', (3, 3, 3), 3, [(1, 1, 1)]), ('gradients', (2, 3, 3, 2), 2, [(2, 0, 1)]),
         ('gradients', (2, 3, 3, 2), 2, [(1, 1, 0), (2, 1, 2)]), ('gradients', (1, 1, 1), 1, [(1, 0, 0)]),
         ('gradients', (4, 2, 2, 2, 1), 2, [(1, 0, 0), (2, 1, 1), (3, 0, 1)]),
         ('gradients', (2, 5, 2), 5, [(1, 4, 4), (1, 3, 0)]),
         ('update', (3, 4, 2), 1, [(1, 0, 2)]), ('update', (3, 4, 2), 2, [(1, 1, 0), (1, 0, 3)]),
         ('update', (2, 3, 3, 2), 2, [(1, 0, 1), (2, 1, 0)]), ('update', (3, 3, 3), 3, [(1, 2, 2)]),
         ('update', (1, 1, 1, 1), 2, [(2, 0, 0)]), ('steps', (3, 4, 2), 2, [(1, 0, 1)]),
         ('steps', (2, 3, 3, 2), 2, [(2, 1, 1)]))


def whole(draws, rows, columns):
    return draws.field(rows, columns, 3, 1)


def small_network(op, draws, widths, rows, rate=0.5):
    """Small integers: everything is exact, and a case of any op."""
    inputs, *hidden, outputs = widths
    given = {} if op == 'steps' else {'x': whole(draws, rows, inputs)}
    given.update(network(draws, inputs, hidden, outputs, 2, 1))
    if op in ('gradients', 'update'):
        given['G_output'] = whole(draws, rows, outputs)
    if op in ('update', 'steps'):
        given['rate'] = scalar(rate)
    if op == 'steps':
        for n in (1, 2):
            given[f'x{n}'], given[f'G{n}'] = whole(draws, rows, inputs), whole(draws, rows, outputs)
    return given


def kinked(given, widths, kinks):
    """The same network with the biases that put these units at 0."""
    for layer, row, unit in kinks:
        h = [list(map(Fraction, given['x'][2][r * widths[0]:(r + 1) * widths[0]])) for r in range(given['x'][0])]
        for n in range(1, layer + 1):
            _, columns, w = given[f'w{n}']
            b = given[f'b{n}'][2]
            sums = [[sum(value * Fraction(w[i * columns + j]) for i, value in enumerate(inputs)) + Fraction(b[j])
                     for j in range(columns)] for inputs in h]
            if n == layer:
                b[unit] = str(Fraction(b[unit]) - sums[row][unit])
            h = [[max(value, 0) for value in values] for values in sums]
    return given


def exact(case):
    if 'Exact' not in case.flags:
        raise Rejected('something would be rounded')
    return case


def kinks():
    for n, (op, widths, rows, where) in enumerate(KINKS):
        def attempt(k):
            draws = Draws(f'kink {n} {k}')
            given = small_network('gradients' if op != 'steps' else op, draws, widths, rows)
            if op == 'steps':
                given = {'x': given['x1'], **given}
            if op == 'layer':
                given = kinked({**given, 'w2': (widths[1], 1, ['1'] * widths[1]), 'b2': (1, 1, ['0'])}, widths, where)
                given = {'x': given['x'], 'w': given['w1'], 'b': given['b1']}
                return exact(made(op, given, ['Kink'], at_zero(where)))
            given = kinked(given, widths, where)
            if rows * len(widths) > 4:
                lively(given, widths[1:-1])
            if op == 'update':
                given['rate'] = scalar((0.5, 1)[n % 2])
            if op == 'forward':
                del given['G_output']
            if op == 'steps':
                del given['x']
            return exact(made(op, given, ['Kink'], at_zero(where)))

        yield drawn(attempt)


def at_zero(where):
    words = ', '.join(f'unit {unit + 1} of layer {layer} in row {row + 1}' for layer, row, unit in where)
    if len(where) > 2:
        return 'a unit of each layer at exactly 0'
    return f'exactly 0: {words}; nothing goes back through it'


def plain(op, widths, rows, flags, comment, change=None, result='valid', rate=0.5):
    """A small network with some of its fields changed."""
    def attempt(k):
        draws = Draws(f'{op} {comment} {k}')
        given = small_network(op, draws, widths, rows, rate)
        if change:
            change(given)
        return exact(made(op, given, flags, comment, result)) if rows else made(op, given, flags, comment, result)
    return drawn(attempt)


def filled(value, *names):
    """A change: every number of these fields becomes `value`."""
    def change(given):
        for name in names:
            rows, columns, texts = given[name]
            given[name] = rows, columns, [value] * len(texts)
    return change


def dead_layers():
    for op in ('forward', 'gradients', 'update'):
        yield plain(op, (3, 2, 2), 2, ['DeadLayer'], 'the hidden layer is off: the output is its bias',
                    filled('-40', 'b1'))
        yield plain(op, (2, 3, 2, 2), 2, ['DeadLayer'], 'the second hidden layer is off, nothing goes below',
                    filled('-200', 'b2'))
    yield plain('steps', (3, 2, 2), 2, ['DeadLayer'], 'the hidden layer is off in both steps', filled('-40', 'b1'))


def zeros():
    for op in ('forward', 'gradients', 'update'):
        yield plain(op, (3, 4, 2), 2, ['ZeroWeights', 'Kink'], 'all weights and biases are 0: every unit at its kink',
                    filled('0', 'w1', 'b1', 'w2', 'b2'))
    yield plain('gradients', (3, 4, 2), 2, ['ZeroWeights'], 'output weights 0: no gradient below them',
                filled('0', 'w2'))
    yield plain('update', (3, 4, 2), 2, ['Zero'], 'G_output is 0: nothing changes', filled('0', 'G_output'))
    yield plain('update', (3, 4, 2), 2, ['Zero'], 'rate 0: nothing changes', rate=0)
    yield plain('update', (3, 4, 2), 2, ['Zero'], 'a negative rate: up the gradient', rate=-0.5)
    yield plain('gradients', (3, 4, 2), 3, ['Zero'], 'x is 0: no gradient of w1', filled('0', 'x'))


def edges():
    """No rows, which a port may refuse; no hidden layer."""
    for op, widths in (('forward', (3, 4, 2)), ('forward', (3, 2)), ('gradients', (3, 4, 2)), ('gradients', (3, 2)),
                       ('update', (3, 4, 2)), ('steps', (3, 4, 2))):
        yield plain(op, widths, 0, ['Empty'], 'no rows: gradients are 0, nothing changes', result='acceptable')
    yield made('layer', {'x': (0, 2, []), 'w': field([[1, 2], [3, 4]]), 'b': field([[5, 6]])}, ['Empty'],
               'no rows', 'acceptable')
    for op in ('forward', 'gradients', 'update', 'steps'):
        yield plain(op, (4, 3), 2, ['NoHidden'], 'no hidden layer: the output layer sees x')
    yield plain('gradients', (1, 1), 1, ['NoHidden'], 'one weight, one bias')
