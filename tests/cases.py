"""The networks and minibatches that the suite judges with: random ones, and exact ones in small integers.

Everything is drawn from the seed in the case's name, so a failing case can be drawn again by hand:
`cases.random_case('binary', (5,), [7], 'float32', seed=3)`.
"""
from dataclasses import dataclass

import numpy as np

PROBLEMS = ('regression', 'binary', 'select')
HIDDEN = {'none': (), 'one': (5,), 'many': (6, 3, 4)}
DTYPES = ('float64', 'float32')
ROWS = {'one row': [1], 'ragged': [7]}
SEVERAL = [7, 7, 3]     # rows of the minibatches of several steps; the last one is shorter


@dataclass(frozen=True)
class Case:
    """A network's parameters and the minibatches it is trained on."""

    name: str
    problem: str
    params: list            # [{'w': (I, H), 'b': (H,)}, ...] of dtype
    batches: list           # [(x (B, I), y (B, O)), ...] of dtype
    learning_rate: float
    dtype: str
    G_output: np.ndarray    # (B, O), an arbitrary gradient of the first minibatch's output

    @property
    def sizes(self):
        """(I, hidden widths, O)."""
        widths = [pair['w'].shape[0] for pair in self.params]
        return widths[0], tuple(widths[1:]), self.params[-1]['w'].shape[1]

    def __repr__(self):
        return self.name


def _labels(rng, problem, rows, outputs):
    """Regression: away from 0, since the accuracy divides by y. Select: one-hot, sometimes shares that sum to 1."""
    if problem == 'regression':
        return rng.uniform(0.5, 3, (rows, outputs)) * rng.choice([-1, 1], (rows, outputs))
    if problem == 'binary':
        return rng.integers(0, 2, (rows, outputs)).astype(float)
    labels = np.eye(outputs)[rng.integers(0, outputs, rows)]
    return labels if rng.integers(4) else (labels + 1 / outputs) / 2


def random_case(problem, hidden, rows, dtype, seed, inputs=4, outputs=None, scale=1.0, learning_rate=0.5):
    """Weights normal(0, scale * sqrt(2 / fan_in)), biases normal(0, scale), so that about half the units live.

    rows: the lengths of the minibatches. The rate is large, so that an update that is early, late or doubled shows.
    """
    rng = np.random.default_rng(seed)
    outputs = outputs or (4 if problem == 'select' else 2)
    widths = (inputs, *hidden, outputs)
    params = [{'w': (rng.normal(size=(a, b)) * scale * np.sqrt(2 / a)).astype(dtype),
               'b': (rng.normal(size=b) * scale).astype(dtype)} for a, b in zip(widths, widths[1:])]
    batches = [(rng.normal(size=(count, inputs)).astype(dtype), _labels(rng, problem, count, outputs).astype(dtype))
               for count in rows]
    G_output = rng.normal(size=(rows[0], outputs)).astype(dtype)
    name = f'{problem} {widths} rows {rows} {dtype} seed {seed}'
    return Case(name, problem, params, batches, learning_rate, dtype, G_output)


def drawn_case(seed, largest=20, most_rows=40, dtype=None):
    """A case whose sizes are drawn, too: 0 to 4 hidden layers, a quarter of them 0 to 6; one to three steps.

    dtype: None is drawn as well. The logarithm of a size is uniform: as many networks are 2 to 4 wide as 32 to 64, and
    the large ones, whose wide values take long, are few.
    """
    rng = np.random.default_rng([seed, 1])
    problem, dtype = PROBLEMS[seed % 3], dtype or DTYPES[seed // 3 % 2]

    def sizes(most, count):
        return [int((most + 1)**power) for power in rng.random(count)]

    hidden, rows = tuple(sizes(largest, rng.integers(0, 5 if seed % 4 else 7))), sizes(most_rows, rng.integers(1, 4))
    return random_case(problem, hidden, rows, dtype, seed, inputs=sizes(largest, 1)[0],
                       outputs=int(rng.integers(1 + (problem == 'select'), 9)),
                       scale=float(rng.choice([0.25, 1.0, 2.0])), learning_rate=float(rng.choice([0.5, 0.05])))


# ---- small integers, where every sum and product is exact in float32 ------------------------------------

EXACT_SHAPES = ((3, (), 2), (3, (4,), 2), (2, (3, 2), 1), (4, (2, 3, 2), 4), (5, (1, 2), 2))


def integer_case(problem, shape, dtype, seed, rows=4, steps=2):
    """Weights, inputs and targets in -2..2; rows and outputs are powers of two, and so are the rates.

    binary, select: the last weights are multiples of 2048, so that a logit, or the gap of two, is 0 or beyond 1000
    in size: sigmoid and softmax are then exactly 0, 1/2, 1 (or 1/2^k), in both precisions. One step only.
    """
    rng = np.random.default_rng(seed)
    inputs, hidden, outputs = shape
    if problem == 'select':
        outputs = max(outputs, 2)
    widths = (inputs, *hidden, outputs)
    params = [{'w': rng.integers(-2, 3, (a, b)).astype(dtype), 'b': rng.integers(-2, 3, b).astype(dtype)}
              for a, b in zip(widths, widths[1:])]
    if problem == 'regression':
        batches = [(rng.integers(-2, 3, (rows, inputs)).astype(dtype),
                    rng.choice([-4, -2, -1, 1, 2, 4], (rows, outputs)).astype(dtype)) for _ in range(steps)]
    else:
        factor = np.array(2048 if seed % 4 else 0, dtype)    # every fourth: all logits 0
        params[-1] = {name: values * factor for name, values in params[-1].items()}
        batches = [(rng.integers(-2, 3, (rows, inputs)).astype(dtype),
                    _labels(np.random.default_rng([seed, 2]), 'binary', rows, outputs).astype(dtype)
                    if problem == 'binary' else np.eye(outputs, dtype=dtype)[rng.integers(0, outputs, rows)])]
    G_output = rng.integers(-2, 3, (rows, outputs)).astype(dtype)
    name = f'integers {problem} {widths} {dtype} seed {seed}'
    return Case(name, problem, params, batches, 2.0**-int(rng.integers(2, 5)), dtype, G_output)
