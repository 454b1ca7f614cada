"""The stage invalid: one argument of a plain case has a shape that does not fit, or the rate is not finite."""
from .building import refused
from .drawing import Draws

NETWORK = {'x': (3, 4), 'w1': (4, 5), 'b1': (1, 5), 'w2': (5, 2), 'b2': (1, 2)}
DEEP = {'x': (2, 3), 'w1': (3, 4), 'b1': (1, 4), 'w2': (4, 5), 'b2': (1, 5), 'w3': (5, 2), 'b3': (1, 2)}
FLAT = {'x': (3, 4), 'w1': (4, 2), 'b1': (1, 2)}
G, RATE = {'G_output': (3, 2)}, {'rate': (1, 1)}
STEPS = {'w1': (4, 5), 'b1': (1, 5), 'w2': (5, 2), 'b2': (1, 2), **RATE,
         'x1': (3, 4), 'G1': (3, 2), 'x2': (3, 4), 'G2': (3, 2)}
LOSS = {'output': (3, 2), 'y': (3, 2)}

# op, the right sizes, and for each case what is wrong in it: 'name rows columns', several joined by /
WRONG = (
    ('product', {'a': (3, 4), 'b': (4, 2)}, 'a 3 5, a 3 3, b 5 2, b 2 4, a 4 3, b 1 2'),
    ('layer', {'x': (3, 4), 'w': (4, 2), 'b': (1, 2)}, 'x 3 5, w 3 2, w 2 4, b 1 3, b 1 1, b 2 2, b 3 2'),
    ('forward', NETWORK, 'x 3 5, x 4 3, w1 3 5, w1 4 6, b1 1 4, b1 1 1, b1 5 1, w2 4 2, w2 2 5, b2 1 3, b2 2 2'),
    ('forward', DEEP, 'w2 5 5, w2 4 4, b2 1 4, w3 4 2, b3 1 1'),
    ('forward', FLAT, 'x 3 2, w1 5 2, b1 1 4'),
    ('gradients', {**NETWORK, **G}, 'x 2 4, x 3 3, w1 5 4, b1 1 6, w2 6 2, b2 1 1, G_output 2 2, G_output 3 1, '
                                    'G_output 3 3, G_output 1 2, G_output 2 3'),
    ('gradients', {**FLAT, **G}, 'G_output 3 4, G_output 0 2'),
    ('update', {**NETWORK, **G, **RATE}, 'x 3 5, w1 4 4, b1 2 5, w2 5 3, b2 1 3, G_output 4 2, G_output 3 5, rate 1 2, '
                                         'rate 2 1'),
    ('steps', STEPS, 'w1 5 5, b2 1 1, x1 3 5, x2 3 3, G1 3 1, G2 2 2, G2 3 3, x2 2 4'),
    *((op, LOSS, 'y 3 1, y 2 2, y 1 2, output 3 3, output 0 2/y 0 2') for op in ('regression', 'binary', 'select')),
)


def fields(op, sizes):
    draws = Draws(f'{op} {sorted(sizes.items())}')
    given = {name: draws.field(rows, columns, 4, 4) for name, (rows, columns) in sizes.items()}
    if 'rate' in given:
        given['rate'] = *sizes['rate'], ['0.5'] * (sizes['rate'][0] * sizes['rate'][1])
    return given


def invalid():
    for op, sizes, wrong in WRONG:
        for change in (dict(map(named, one.split('/'))) for one in wrong.split(', ')):
            name, size = next(iter(change.items()))
            comment = 'a loss of no rows' if len(change) > 1 else '{} {} x {} for {} x {}'.format(name, *size, *sizes[name])
            yield refused(op, fields(op, {**sizes, **change}), ['Shape'], comment)
    for op, sizes in (('update', {**NETWORK, **G, **RATE}), ('steps', STEPS)):
        for rate in ('nan', 'inf', '-inf'):
            yield refused(op, {**fields(op, sizes), 'rate': (1, 1, [rate])}, ['Rate'], f'the rate is {rate}')


def named(words):
    name, rows, columns = words.split()
    return name, (int(rows), int(columns))
