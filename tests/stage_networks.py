"""The networks of the stages and everything that is right about them: small multiples of 1/2, followed exactly.

Expected values come from rational arithmetic, which refuses numbers that a sum might have to round: so they are
compared with ==. `numbers` and `expected` are computed once; whoever hands their arrays to a port copies them.
"""
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import rational
from .messages import Words


class Net(NamedTuple):
    """widths: inputs, hidden, outputs. at_zero: hidden unit 0 of each layer is exactly 0. dead: that layer is all 0."""

    widths: tuple
    rows: int
    rate: float
    seed: int
    at_zero: bool = False
    dead: int = 0

    @property
    def words(self):
        inputs, *hidden, outputs = self.widths
        special = [('a unit at exactly 0', '출력이 정확히 0인 유닛')] * self.at_zero
        special += [('a dead layer', '모두 꺼진 계층')] * bool(self.dead)
        english, korean = (''.join(f', {pair[n]}' for pair in special) for n in (0, 1))
        x, output, rate = (self.rows, inputs), (self.rows, outputs), f'LEARNING_RATE {self.rate}'
        return Words(f'x {x}, hidden layers {hidden}, output {output}, {rate}{english}',
                     f'x {x}, 은닉 계층 {hidden}, 출력 {output}, {rate}{korean}')


HIDDEN1 = {
    'three rows': Net((4, 3, 2), 3, 0.25, 2), 'one row': Net((2, 3, 2), 1, 0.5, 1), 'smallest': Net((1, 1, 1), 1, 0.5, 43),
    'square': Net((3, 3, 3), 3, 0.125, 23), 'five rows': Net((2, 4, 3), 5, 0.25, 4),
    'small rate': Net((3, 2, 2), 3, 2.0**-6, 17),
    'rate above 1': Net((3, 2, 2), 3, 4.0, 17), 'unit at 0': Net((3, 4, 2), 3, 0.25, 9, at_zero=True),
    'dead layer': Net((3, 4, 2), 3, 0.25, 7, dead=1)}
HIDDENS = {
    'two layers': Net((3, 4, 2, 2), 3, 0.25, 32), 'list of one': Net((4, 3, 2), 3, 0.25, 2),
    'no hidden layer': Net((3, 2), 3, 0.25, 1), 'square': Net((3, 3, 3, 3), 3, 0.125, 4),
    'three layers': Net((2, 3, 4, 3, 2), 5, 0.25, 35), 'one row': Net((2, 3, 2, 2), 1, 0.5, 48),
    'small rate': Net((3, 2, 3, 2), 3, 2.0**-4, 39),
    'rate above 1': Net((3, 2, 3, 2), 3, 4.0, 39), 'units at 0': Net((3, 4, 3, 2), 3, 0.25, 42, at_zero=True),
    'dead layer': Net((3, 4, 3, 2), 3, 0.25, 9, dead=2)}


@lru_cache(maxsize=None)
def numbers(net):
    """Parameters, and two minibatches [(x, G_output), ...]: multiples of 1/2."""
    draw = np.random.default_rng(net.seed).integers
    shapes = list(zip(net.widths, net.widths[1:]))
    params = [{'w': draw(-3, 4, shape) / 2, 'b': draw(-2, 3, shape[1]) / 2} for shape in shapes]
    for number, pair in enumerate(params[:-1], 1):
        if net.at_zero:
            pair['w'][:, 0], pair['b'][0] = 0, 0
        if net.dead == number:
            pair['b'][:] = -64
    x_shape, G_shape = (net.rows, net.widths[0]), (net.rows, net.widths[-1])
    return params, [(draw(-3, 4, x_shape) / 2, draw(-3, 4, G_shape) / 2) for _ in range(2)]


@lru_cache(maxsize=None)
def expected(net, moving=True):
    """For each minibatch {'h': [x, hidden_1, ..., output], 'z': the sums before relu, 'w 1', 'gradient w 1', ...}.

    moving: the second starts from the parameters that the first has left; else both from the same.
    """
    params, batches = numbers(net)
    params, steps = [{name: rational.rational(pair[name]) for name in 'wb'} for pair in params], []
    for x, G_output in batches:
        h = rational.layers(params, rational.rational(x))
        z = [rational.product(below, pair['w'], pair['b']) for below, pair in zip(h, params)]
        moved = rational.backward(params, h[:-1], rational.rational(G_output), net.rate)
        steps.append({'h': [floats(values) for values in h], 'z': [floats(values) for values in z]})
        steps[-1].update((name, floats(values)) for name, values in moved.items())
        if moving:
            params = [{name: moved[f'{name} {n}'] for name in 'wb'} for n in range(1, len(params) + 1)]
    return steps


def floats(values):
    return np.asarray(values).astype(float)


def copied(pairs):
    return [{name: pair[name].copy() for name in 'wb'} for pair in pairs]


def followed(params, h, G, rate, masked=True, late=False):
    """[{'G': of the layer's sums, 'w', 'b'}, ...]: backprop, also as it goes wrong.

    masked False: without relu_derv. late: each gradient is taken with the weights that have changed already.
    """
    layers = []
    for n in reversed(range(len(params))):
        layers.insert(0, {'G': G, 'w': h[n].T @ G, 'b': G.sum(axis=0)})
        w = params[n]['w']
        G = G @ (w - rate * layers[0]['w'] if late else w).T
        if masked and n:
            G = G * (h[n] > 0)
    return layers
