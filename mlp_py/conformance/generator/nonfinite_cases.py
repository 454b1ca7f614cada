"""The stage special, second part: NaN, infinities, -0, overflow, subnormal numbers.

Each is a small network of plain numbers with one of them replaced.
"""
from .building import made
from .drawing import field, scalar

X = [[1, -2], [3, 0.5]]
W1, B1 = [[1, -1, 2], [0.5, 1, -1]], [[0.5, -0.25, -2]]
W2, B2 = [[1, -2], [0.5, 3], [-1, 2]], [[0.25, -1]]
G = [[1, -0.5], [2, 3]]
NAN, INF = float('nan'), float('inf')


def given(op, **changes):
    """The network above; changes: name=(row, column, number)."""
    fields = {'x': X, 'w1': W1, 'b1': B1, 'w2': W2, 'b2': B2, 'G_output': G}
    for name, (i, j, value) in changes.items():
        fields[name] = [list(row) for row in fields[name]]
        fields[name][i][j] = value
    if op == 'forward':
        del fields['G_output']
    made_fields = {name: field(rows) for name, rows in fields.items()}
    return {**made_fields, 'rate': scalar(0.5)} if op == 'update' else made_fields


def nan():
    for name, comment in (('x', 'NaN in x: its row alone'), ('w1', 'NaN in w1: one unit, then all'),
                          ('b1', 'NaN in b1: relu lets it pass'), ('w2', 'NaN in w2: one output'),
                          ('b2', 'NaN in b2: one output')):
        yield made('forward', given('forward', **{name: (0, 1, NAN)}), ['NaN'], comment)
    for name, comment in (('x', 'NaN in x: sign(NaN) is NaN'), ('w2', 'NaN in w2 goes back through a unit of each row'),
                          ('G_output', 'NaN in G_output: a product with 0 is NaN, too')):
        yield made('gradients', given('gradients', **{name: (1, 1, NAN)}), ['NaN'], comment)
    plain = given('gradients', x=(1, 1, NAN))
    deep = {**plain, 'w2': field([[1, -2], [2, 1], [0.5, 1]]), 'w3': field([[1, 2], [-1, 3]]), 'b3': field([[1, 0]]),
            'G_output': plain['G_output']}
    yield made('gradients', {name: deep[name] for name in ('x', 'w1', 'b1', 'w2', 'b2', 'w3', 'b3', 'G_output')},
               ['NaN', 'Decider'], 'NaN in x, two hidden layers: both masks are NaN')
    yield made('update', given('update', G_output=(0, 0, NAN)), ['NaN'], 'NaN in G_output')
    rows, w = field([[NAN, 1], [1, 2], [0, 0]]), field([[1, 2, 0], [1, -2, 4]])
    yield made('layer', {'x': rows, 'w': w, 'b': field([[0.5, -1, 1]])}, ['NaN'], 'NaN in one row; 0 times NaN is NaN')
    for units in (1, 2, 3, 5, 9):
        sums = [[1.5 * (-1)**j * (j + 1) for j in range(units)]]
        sums[0][-1] = NAN
        yield made('layer', {'x': field([[1]]), 'w': field([[2] * units]), 'b': field(sums)}, ['NaN'],
                   f'NaN in the last of {units} units')


def infinities():
    for op, name, change, comment in (
            ('forward', 'b1', (0, 0, INF), 'a unit is infinite'),
            ('forward', 'b1', (0, 0, -INF), 'relu(-inf) is 0'),
            ('forward', 'w1', (1, 1, INF), 'an infinite weight: -inf in one row, inf in the other'),
            ('forward', 'x', (0, 0, INF), 'infinities of both signs meet: NaN'),
            ('forward', 'w2', (2, 0, INF), '0 times an infinite weight is NaN'),
            ('forward', 'b2', (0, 1, -INF), 'no relu on the output: -inf stays'),
            ('gradients', 'G_output', (0, 0, INF), '0 * inf in the step back: NaN where the unit is off'),
            ('gradients', 'w2', (2, 1, INF), 'an infinite weight above a unit that is off: NaN'),
            ('gradients', 'b1', (0, 1, INF), 'sign(inf) is 1'),
            ('gradients', 'x', (0, 1, -INF), 'an infinite input'),
            ('update', 'G_output', (1, 0, -INF), 'parameters become infinite, or NaN')):
        yield made(op, given(op, **{name: change}), ['Infinity'], comment)
    rows, w = field([[INF, 1], [-INF, 1], [1, INF]]), field([[1, -1], [2, 0]])
    yield made('layer', {'x': rows, 'w': w, 'b': field([[0, 1]])}, ['Infinity'],
               'infinities of either sign, and 0 times one')


def signed_zeros():
    """Only numbers whose sign is beyond doubt: relu of 0 and of negative numbers; sums that are not 0."""
    x = field([[1, 2], [-1, 1]])
    zero = {'x': field([[-0.0]]), 'w1': field([[1, -1]]), 'b1': field([[-0.0, -0.0]])}
    yield made('forward', {**zero, 'w2': field([[1], [1]]), 'b2': field([[3]])}, ['SignedZero'],
               'sums of -0 or 0: relu makes +0 of both')
    off = {'x': x, 'w1': field([[-1, 1], [-1, -1]]), 'b1': field([[-1, -1]])}
    yield made('forward', {**off, 'w2': field([[1], [2]]), 'b2': field([[-2]])}, ['SignedZero'],
               'relu of a negative number is +0, not -0')
    yield made('layer', {'x': x, 'w': field([[-2, 1], [-1, 3]]), 'b': field([[-4, -8]])}, ['SignedZero'],
               'units that are off are +0: no product of a number with a mask')
    yield made('layer', {'x': field([[1, -1], [2, -2]]), 'w': field([[1], [1]]), 'b': field([[0]])}, ['SignedZero'],
               'a sum that cancels is +0')


def of_one_type():
    """Cases for ports of one type alone."""
    for dtype, most, least in (('float64', 2.0**1023, 2.0**-1074), ('float32', 2.0**127, 2.0**-149)):
        yield made('layer', {'x': field([[most, 1]]), 'w': field([[2, -2, 0.5], [0, 0, 0]]), 'b': field([[0, 0, 1]])},
                   ['Overflow'], 'a product beyond the largest number is infinite', dtype=dtype)
        infinite = {'x': field([[most]]), 'w1': field([[2]]), 'b1': field([[0]])}
        yield made('forward', {**infinite, 'w2': field([[0.5, 0, -1]]), 'b2': field([[1, 1, 1]])}, ['Overflow', 'NaN'],
                   'an infinite unit does not come back; 0 times it is NaN', dtype=dtype)
        yield made('product', {'a': field([[least * 2**20, least]]), 'b': field([[0.5, 1], [1, -2]])}, ['Subnormal'],
                   'subnormal numbers', 'acceptable', dtype)
        yield made('layer', {'x': field([[least * 2**30]]), 'w': field([[2.0**-6]]), 'b': field([[least * 4]])},
                   ['Subnormal'], 'a product that underflows a little', 'acceptable', dtype)
