"""Networks with units exactly at the kink of ReLU, in small integers: the derivative there is 0, with no tolerance.

Each kind puts one hidden layer at or below 0 in its own way; the layers around it are ordinary. A case is kept only if its
kink shows: with the derivative 1 instead of 0 there (where the hidden value is 0), some gradient would be another. The
width of that layer straddles the vector lengths, 1 to 17.
"""
from functools import lru_cache

import numpy as np

from . import cases, checks, rational

ROWS, INPUTS, NEIGHBOURS, OUTPUTS = 4, 3, 4, 2


def cancelling_unit(rng, h, pair):
    """The bias cancels one row's products: one unit is exactly 0 in one row."""
    unit, row = rng.integers(pair['b'].size), rng.integers(ROWS)
    pair['b'][unit] = -(h[row] @ pair['w'][:, unit])


def cancelling_row(rng, h, pair):
    """One row finds every unit of the layer at exactly 0."""
    pair['b'][:] = -(h[rng.integers(ROWS)] @ pair['w'])


def cancelling_rows(rng, h, pair):
    """Every unit is h - h of two equal inputs: exactly 0 in every row, though no weight there is 0."""
    pair['w'][:], pair['b'][:] = 0, 0
    if len(pair['w']) > 1:
        h[:, 1] = h[:, 0]
        pair['w'][0], pair['w'][1] = 1, -1


def plus_zero(rng, h, pair):
    """One unit without weights, its bias +0.0."""
    unit = rng.integers(pair['b'].size)
    pair['w'][:, unit], pair['b'][unit] = 0.0, 0.0


def minus_zero(rng, h, pair):
    """One unit whose weights and bias are -0.0."""
    unit = rng.integers(pair['b'].size)
    pair['w'][:, unit], pair['b'][unit] = -0.0, -0.0


def dead_unit(rng, h, pair):
    """One unit far below 0 in every row."""
    pair['b'][rng.integers(pair['b'].size)] = -4096


def dead_layer(rng, h, pair):
    """All of them: nothing in front of this layer learns."""
    pair['b'][:] = -4096


def no_weights(rng, h, pair):
    """All weights and biases of the layer are 0."""
    pair['w'][:], pair['b'][:] = 0, 0


KINDS = (cancelling_unit, cancelling_row, cancelling_rows, plus_zero, minus_zero, dead_unit, dead_layer, no_weights)
# (kind, width, depth, layer): every kind at every width and at two of the depths, the layer in turn
CASES = [(kind, width, depth, (width + depth) % depth)
         for number, kind in enumerate(KINDS) for width in range(1, 18)
         for depth in sorted({1 + (number + width + turn) % 3 for turn in (0, 1)})]
assert len(CASES) >= 200, len(CASES)


def _layers(params, x):
    h = [x]
    for pair in params[:-1]:
        h.append(np.maximum(h[-1] @ pair['w'] + pair['b'], 0))
    return h


def _gradients(params, h, G, derivative):
    """Bias gradients, which are sums of each layer's G; the layer with a wrong `derivative` changes those below."""
    result = []
    for n in reversed(range(len(params))):
        result.append(G.sum(axis=0))
        G = (G @ params[n]['w'].T) * (derivative(h[n]) if n else 1)
    return np.concatenate(result)


def shows(case):
    """Would derivative 1 at hidden value 0 change a gradient?"""
    h, G = _layers(case.params, case.batches[0][0]), case.G_output
    return (_gradients(case.params, h, G, np.sign) != _gradients(case.params, h, G, np.ones_like)).any()


def _drawn(kind, width, depth, layer, seed):
    rng = np.random.default_rng([KINDS.index(kind), width, depth, seed])
    widths = [INPUTS, *[NEIGHBOURS] * depth, OUTPUTS]
    widths[layer + 1] = width
    params = [{'w': rng.integers(-1, 2, (a, b)).astype(float), 'b': rng.integers(-1, 2, b).astype(float)}
              for a, b in zip(widths, widths[1:])]
    x = rng.integers(-2, 3, (ROWS, INPUTS)).astype(float)
    h = _layers(params[:layer + 1], x)[layer]
    kind(rng, h, params[layer])
    if kind is cancelling_rows and layer:        # equal inputs come from equal units below
        for name in 'wb':
            params[layer - 1][name][..., 1:2] = params[layer - 1][name][..., :1]
    G_output = rng.integers(-2, 3, (ROWS, OUTPUTS)).astype(float)
    name = f'{kind.__name__} width {width} depth {depth} layer {layer + 1}'
    return cases.Case(name, 'regression', params, [(x, G_output)], 0.25, 'float64', G_output)


def _integers(array):
    """Python integers, exact and faster than fractions that are whole."""
    return array.astype(int).astype(object)


@lru_cache(maxsize=None)
def built(number):
    """(case in float64, the rational answers under the names of `checks`, as float64 since they are exact)."""
    for seed in range(1000):
        case = _drawn(*CASES[number], seed)
        if not shows(case):
            continue
        params = [{name: _integers(pair[name]) for name in 'wb'} for pair in case.params]
        try:
            *h, output = rational.layers(params, _integers(case.batches[0][0]))
            answers = rational.backward(params, h, _integers(case.G_output), case.learning_rate)
        except rational.NotExact:
            continue
        answers = {'output': output, **{f'hidden {n}': values for n, values in enumerate(h[1:], 1)}, **answers}
        return case, {name: values.astype(float) for name, values in answers.items()}
    raise AssertionError(f'no case of {CASES[number]} in which the kink shows')


def check(subject, number, dtype):
    """One case through one door: forward, gradients, input gradient and update, all with ==."""
    case, answers = built(number)
    params = [{name: pair[name].astype(dtype) for name in 'wb'} for pair in case.params]
    x, G_output = case.batches[0][0].astype(dtype), case.G_output.astype(dtype)
    mine = cases.Case(case.name, case.problem, params, [(x, G_output)], case.learning_rate, dtype, G_output)
    subject.begin(mine)
    for name, got in subject.observe_given(x, G_output).items():
        checks.equal(f'{case.name}: {name}', got, answers[name], dtype)
