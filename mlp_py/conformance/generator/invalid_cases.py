"""The stage invalid: one argument of a plain case has a shape that does not fit, or the rate is not finite."""
from .building import refused
from .drawing import Draws

SIZES = {'x': (3, 4), 'w1': (4, 5), 'b1': (1, 5), 'w2': (5, 2), 'b2': (1, 2), 'G_output': (3, 2)}
DEEP = {'x': (2, 3), 'w1': (3, 4), 'b1': (1, 4), 'w2': (4, 5), 'b2': (1, 5), 'w3': (5, 2), 'b3': (1, 2), 'G_output': (2, 2)}
FLAT = {'x': (3, 4), 'w1': (4, 2), 'b1': (1, 2), 'G_output': (3, 2)}
RATE = {'rate': (1, 1)}
STEPS = {'w1': (4, 5), 'b1': (1, 5), 'w2': (5, 2), 'b2': (1, 2), **RATE, 'x1': (3, 4), 'G1': (3, 2), 'x2': (3, 4), 'G2': (3, 2)}


def without(sizes, name):
    return {key: size for key, size in sizes.items() if key != name}


# op, the right sizes, and for each case: name=(rows, columns)
WRONG = (
    ('product', {'a': (3, 4), 'b': (4, 2)}, ({'a': (3, 5)}, {'a': (3, 3)}, {'b': (5, 2)}, {'b': (2, 4)}, {'a': (4, 3)}, {'b': (1, 2)})),
    ('layer', {'x': (3, 4), 'w': (4, 2), 'b': (1, 2)},
     ({'x': (3, 5)}, {'w': (3, 2)}, {'w': (2, 4)}, {'b': (1, 3)}, {'b': (1, 1)}, {'b': (2, 2)}, {'b': (3, 2)})),
    ('forward', without(SIZES, 'G_output'),
     ({'x': (3, 5)}, {'x': (4, 3)}, {'w1': (3, 5)}, {'w1': (4, 6)}, {'b1': (1, 4)}, {'b1': (1, 1)}, {'b1': (5, 1)}, {'w2': (4, 2)},
      {'w2': (2, 5)}, {'b2': (1, 3)}, {'b2': (2, 2)})),
    ('forward', without(DEEP, 'G_output'), ({'w2': (5, 5)}, {'w2': (4, 4)}, {'b2': (1, 4)}, {'w3': (4, 2)}, {'b3': (1, 1)})),
    ('forward', without(FLAT, 'G_output'), ({'x': (3, 2)}, {'w1': (5, 2)}, {'b1': (1, 4)})),
    ('gradients', SIZES, ({'x': (2, 4)}, {'x': (3, 3)}, {'w1': (5, 4)}, {'b1': (1, 6)}, {'w2': (6, 2)}, {'b2': (1, 1)},
                          {'G_output': (2, 2)}, {'G_output': (3, 1)}, {'G_output': (3, 3)}, {'G_output': (1, 2)}, {'G_output': (2, 3)})),
    ('gradients', FLAT, ({'G_output': (3, 4)}, {'G_output': (0, 2)})),
    ('update', {**SIZES, **RATE}, ({'x': (3, 5)}, {'w1': (4, 4)}, {'b1': (2, 5)}, {'w2': (5, 3)}, {'b2': (1, 3)}, {'G_output': (4, 2)},
                                   {'G_output': (3, 5)}, {'rate': (1, 2)}, {'rate': (2, 1)})),
    ('steps', STEPS, ({'w1': (5, 5)}, {'b2': (1, 1)}, {'x1': (3, 5)}, {'x2': (3, 3)}, {'G1': (3, 1)}, {'G2': (2, 2)}, {'G2': (3, 3)},
                      {'x2': (2, 4)})),
    *((op, {'output': (3, 2), 'y': (3, 2)}, ({'y': (3, 1)}, {'y': (2, 2)}, {'y': (1, 2)}, {'output': (3, 3)}, {'output': (0, 2), 'y': (0, 2)}))
      for op in ('regression', 'binary', 'select')),
)


def fields(op, sizes):
    draws = Draws(f'{op} {sorted(sizes.items())}')
    given = {name: draws.field(rows, columns, 4, 4) for name, (rows, columns) in sizes.items()}
    if 'rate' in given:
        given['rate'] = *sizes['rate'], ['0.5'] * (sizes['rate'][0] * sizes['rate'][1])
    return given


def invalid():
    for op, sizes, wrong in WRONG:
        for change in wrong:
            words = ' and '.join(f'{name} {rows} x {columns}' for name, (rows, columns) in change.items())
            meant = ' and '.join('{} x {}'.format(*sizes[name]) for name in change)
            yield refused(op, fields(op, {**sizes, **change}), ['Shape'],
                          'a loss of no rows' if op not in ('gradients',) and (0, 2) in change.values() else f'{words} for {meant}')
    for op, sizes in (('update', {**SIZES, **RATE}), ('steps', STEPS)):
        for rate in ('nan', 'inf', '-inf'):
            yield refused(op, {**fields(op, sizes), 'rate': (1, 1, [rate])}, ['Rate'], f'the rate is {rate}')
