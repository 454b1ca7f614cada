"""The stages product and layer: every inner length from 1 to 35, those around 64 and 128, square and oblong shapes."""
from .building import drawn, made, sharp
from .drawing import Draws, field, text
from .exact import Rejected

LENGTHS = (*range(1, 36), 63, 64, 65, 127, 128, 129)
SHAPES = ((1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4), (5, 5, 5), (1, 9, 9), (9, 1, 9), (9, 9, 1), (2, 3, 9), (5, 2, 8),
          (4, 7, 3), (3, 8, 4), (9, 9, 9), (1, 1, 9), (9, 1, 1))


def product():
    for length in LENGTHS:
        draws = Draws(f'product {length}')
        rows, columns = (2, 3) if length < 9 else (1, 2) if length % 2 else (2, 1)
        field_of = large if length > 100 else short
        given = {'a': field_of(draws, rows, length), 'b': field_of(draws, length, columns)}
        yield made('product', given, ['Length'], f'inner length {length}: a sum that ends too early')
    for rows, length, columns in SHAPES:
        draws = Draws(f'product {rows} {length} {columns}')
        given = {'a': draws.field(rows, length, 4, 4), 'b': draws.field(length, columns, 4, 4)}
        square = rows == length == columns > 1
        yield made('product', given, ['Square'] if square else ['Shape'],
                   'square: a transpose would fit, too' if square else f'{rows} x {length} by {length} x {columns}')
    yield from _plain_products()


def short(draws, rows, columns):
    return draws.field(rows, columns, 8)


def large(draws, rows, columns):
    """Numbers from 6 to 8: 127 products of two of them are more than 24 bits hold."""
    return rows, columns, [text(draws.choice((-1, 1)) * (7 + draws.multiple(1))) for _ in range(rows * columns)]


def _plain_products():
    """Products that can be checked in the head."""
    some = field([[1, 2, 3], [4, 5, 6]])
    for b, flag, comment in (([[1, 0], [0, 1], [0, 0]], 'Shape', 'the first two columns of a'),
                             ([[0, 0, 1], [0, 1, 0], [1, 0, 0]], 'Shape', 'the columns of a reversed'),
                             ([[1], [1], [1]], 'Shape', 'the sums of the rows of a'),
                             ([[1, -1], [2, -2], [-1, 1]], 'Sign', 'terms that cancel to 2 and 8')):
        yield made('product', {'a': some, 'b': field(b)}, [flag], comment)
    yield made('product', {'a': field([[0, 0], [0, 0]]), 'b': field([[1, 2], [3, 4]])}, ['Zero'], 'a is 0')
    large_and_small = {'a': field([[4096, 1], [1, 4096]]), 'b': field([[0.015625, 1], [1, 0.015625]])}
    yield made('product', large_and_small, ['Shape'], 'large beside small')


LAYERS = ((1, 1, 1), (1, 2, 1), (2, 1, 2), (2, 2, 2), (3, 3, 3), (4, 4, 4), (5, 5, 5), (1, 9, 4), (5, 1, 9), (3, 9, 1),
          (2, 5, 7), (5, 4, 3), (3, 7, 5), (1, 8, 8), (2, 9, 9), (5, 9, 9), (3, 2, 8), (2, 6, 4), (1, 3, 9), (5, 6, 2))
LONG = (7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 128)


def layer():
    for n, (rows, inputs, units) in enumerate(LAYERS):
        comment = 'rows, inputs, units alike: a transpose would fit' if rows == inputs == units > 1 else \
            'bias in every row, relu of every sum'
        grain = 64 if n % 2 else 4
        yield drawn(lambda k: _layer(f'layer {rows} {inputs} {units} {k}', rows, inputs, units, grain, comment))
    for length in LONG:
        comment = f'{length} inputs: a lost last term, and the bias'
        yield drawn(lambda k: _layer(f'long layer {length} {k}', 2, length, 2, 64, comment))
    yield from _plain_layers()


def _layer(seed, rows, inputs, units, grain, comment):
    draws = Draws(seed)
    given = {'x': draws.field(rows, inputs, 8, grain), 'w': draws.field(inputs, units, 4, grain),
             'b': draws.field(1, units, 4, grain)}
    case = sharp(made('layer', given, ['Square'] if rows == inputs == units > 1 else ['Shape'], comment))
    both(case.out['hidden'][2])
    return case


def both(texts):
    """Of two or more numbers, some are 0 and some are not; of one, it is not."""
    zeros = sum(set(short) == {'0'} for short in texts)
    if zeros == len(texts) or zeros == 0 and len(texts) > 1:
        raise Rejected('all units on, or all off')


def _plain_layers():
    x = field([[1, -2], [3, 0.5]])
    w = field([[1, -1, 2], [0.5, 1, -1]])
    nothing = field([[0, 0, 0], [0, 0, 0]])
    yield made('layer', {'x': x, 'w': w, 'b': field([[0, 0, 0]])}, ['Zero'], 'no bias; one sum is exactly 0')
    yield made('layer', {'x': x, 'w': w, 'b': field([[-8, -8, -8]])}, ['DeadLayer'], 'all sums are negative')
    yield made('layer', {'x': x, 'w': w, 'b': field([[8, 8, 8]])}, ['Sign'], 'all sums are positive')
    yield made('layer', {'x': x, 'w': nothing, 'b': field([[-1, 0, 1]])}, ['Zero'], 'the bias alone')
    yield made('layer', {'x': field([[0, 0]]), 'w': w, 'b': field([[2, -2, 0.25]])}, ['Zero'], 'x is 0')
    yield made('layer', {'x': field([[1], [2], [3], [4], [5]]), 'w': field([[1]]), 'b': field([[-3]])}, ['Kink'],
               'sums -2, -1, 0, 1, 2')
    yield made('layer', {'x': field([[1, 2, 3]]), 'w': field([[1, 10, 100], [1, 10, 100], [1, 10, 100]]),
                         'b': field([[0.5, 0.25, 0.125]])}, ['Shape'], 'which bias belongs to which unit')
    yield made('layer', {'x': field([[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
                         'w': field([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), 'b': field([[0, 0, 0]])}, ['Square'],
               'x is the unit matrix: w itself comes out')
