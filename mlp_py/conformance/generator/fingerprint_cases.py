"""Cases by whose wrong answers a mistake is told: small integers, all exact, square and oblong, one row and more."""
from .building import drawn, made
from .drawing import Draws, field, text
from .network_cases import lively, reaches
from .special_cases import exact, small_network

# widths, rows
NETWORKS = (((3, 4, 2), 4), ((3, 3, 3), 3), ((2, 3, 2), 1), ((4, 2, 4), 4), ((3, 4, 3, 2), 4), ((3, 3, 3, 3, 3), 3),
            ((3, 3, 3, 3), 3), ((2, 3, 2, 4, 2), 1), ((3, 3, 3, 2), 4))
STEPS = (((3, 3, 3), 3, 0.25), ((3, 4, 2), 2, 0.5), ((3, 3, 3, 3), 2, 0.25))
RATES = (0.5, 0.25)


def layer():
    for comment, bias in (('units on and off', [[1, -2, 0, 2]]), ('every unit off, by much', [[-40, -60, -80, -50]]),
                          ('every unit on', [[40, 60, 80, 50]])):
        draws = Draws(f'fingerprint {comment}')
        given = {'x': draws.field(3, 3, 3, 1), 'w': draws.field(3, 4, 3, 1), 'b': field(bias)}
        yield exact(made('layer', given, ['Fingerprint'], comment))


def of(op):
    networks = STEPS if op == 'steps' else [(*one, RATES[n % 2]) for n, one in enumerate(NETWORKS)]
    for widths, rows, rate in networks:
        def attempt(k):
            given = small_network(op, Draws(f'fingerprint {op} {widths} {rows} {k}'), widths, rows, rate)
            lively(given if op != 'steps' else {**given, 'x': given['x1']}, widths[1:-1])
            return exact(reaches(made(op, given, ['Fingerprint'], 'tells one mistake from another')))
        yield drawn(attempt)


def wide():
    """x has more digits than the next smaller type holds; for ports of one type alone."""
    for dtype, digits in (('float64', 26), ('float32', 12)):
        def attempt(k):
            draws = Draws(f'wide {dtype} {k}')
            given = small_network('forward', draws, (3, 4, 2), 3)
            rows, columns, texts = given['x']
            given['x'] = rows, columns, [text(float(short) + (2 * draws.below(2**(digits - 4)) + 1) / 2**digits)
                                         for short in texts]
            lively(given, (4,))
            return exact(made('forward', given, ['Fingerprint', 'Wide'],
                              f'x has {digits} binary digits behind the point', dtype=dtype))
        yield drawn(attempt)

