"""The stage loss: the three losses and their gradients, logits of 0 and far from it, every number of outputs to 8."""
from .building import made
from .drawing import Draws, field

SIZES = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 3), (2, 3), (5, 3), (4, 4), (1, 5), (3, 5), (2, 6), (5, 7), (1, 8), (4, 8),
         (3, 1), (5, 1))


def regression():
    for rows, outputs in SIZES:
        draws = Draws(f'regression {rows} {outputs}')
        given = {'output': draws.field(rows, outputs, 8), 'y': draws.field(rows, outputs, 8)}
        yield made('regression', given, [], f'the mean over {rows} x {outputs} entries, not over the rows')
    same = field([[1, 2], [3, 4]])
    yield made('regression', {'output': same, 'y': same}, ['Zero'], 'no error at all')


def binary():
    for rows, outputs in ((1, 1), (2, 1), (3, 1), (5, 1), (2, 2), (3, 4), (1, 8)):
        draws = Draws(f'binary {rows} {outputs}')
        labels = rows, outputs, [str(draws.below(2)) for _ in range(rows * outputs)]
        yield made('binary', {'output': draws.field(rows, outputs, 8), 'y': labels}, [],
                   f'the mean over {rows} x {outputs} entries')
    ends = [[800, -800], [800, -800]]
    for output, y, flags, comment in (
            ([[0], [0]], [[0], [1]], ['ZeroLogit'], 'logits 0: sigmoid is a half, the loss log 2'),
            ([[0, 0, 0, 0]], [[0, 1, 0.5, 0.25]], ['ZeroLogit'], 'logits 0, labels between'),
            ([[0]], [[1]], ['ZeroLogit'], 'one logit, 0, label 1: the gradient is -0.5'),
            ([[800, -800]], [[1, 0]], ['Saturated'], 'certain and right: no loss, no gradient'),
            ([[800, -800]], [[0, 1]], ['Saturated'], 'certain and wrong: exp must not overflow'),
            (ends, [[0.5, 0.5], [1, 1]], ['Saturated'], 'saturated logits, labels between'),
            ([[100, -100]], [[0, 1]], ['Saturated'], 'logits at which exp overflows in float32 alone'),
            ([[16], [20], [24], [32], [40]], [[1]] * 5, ['Saturated'], 'log(1 + small)'),
            ([[-16], [-20], [-24], [-32], [-40]], [[0]] * 5, ['Saturated'], 'log(1 + small), other side'),
            ([[0.015625, -0.015625]], [[1, 0]], [], 'logits beside 0')):
        yield made('binary', {'output': field(output), 'y': field(y)}, flags, comment)


def select():
    for rows, classes in ((1, 2), (2, 3), (3, 4), (5, 5), (2, 6), (1, 7), (4, 8), (3, 3)):
        draws = Draws(f'select {rows} {classes}')
        right = [draws.below(classes) for _ in range(rows)]
        y = field([[float(j == best) for j in range(classes)] for best in right])
        yield made('select', {'output': draws.field(rows, classes, 4), 'y': y}, [],
                   f'divided by the rows ({rows}), not by the entries ({rows * classes})')
    for output, y, flags, comment in (
            ([[3, 3]], [[1, 0]], ['ZeroLogit'], 'two equal logits: a half each'),
            ([[0, 0, 0, 0], [5, 5, 5, 5]], [[0, 1, 0, 0], [0, 0, 0, 1]], ['ZeroLogit'], 'four equal logits'),
            ([[-2] * 8], [[0, 0, 0, 0, 0, 0, 0, 1]], ['ZeroLogit'], 'eight equal logits'),
            ([[2.5]], [[1]], [], 'one class: no gradient'),
            ([[1000, 0]], [[1, 0]], ['Saturated'], 'certain and right; the maximum must be subtracted'),
            ([[1000, 0], [-1000, 0]], [[0, 1], [1, 0]], ['Saturated'], 'certain and wrong: the 1e-10 bounds the loss'),
            ([[-1000, -1000, -1000, -1000]], [[0, 0, 1, 0]], ['Saturated'], 'equal, but far from 0'),
            ([[0, -20], [0, -25]], [[0, 1], [0, 1]], ['Saturated'], 'the 1e-10 is in the loss, not in the gradient'),
            ([[0, -100]], [[0, 1]], ['Saturated'], 'a share that is subnormal in float32'),
            ([[1, 2, 3]], [[0.25, 0.25, 0.5]], [], 'labels between'),
            ([[1, -1], [0.5, 0.25]], [[0.5, 0.5], [0.75, 0.25]], [], 'labels between, two rows'),
            ([[0.015625, 0, -0.015625]], [[1, 0, 0]], [], 'shares nearly equal')):
        yield made('select', {'output': field(output), 'y': field(y)}, flags, comment)
