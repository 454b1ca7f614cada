"""Relations between two runs, which need no right answer: what must not matter does not matter.

Two runs whose exact results are equal differ by at most the sum of their derived bounds; scaling by a power of two
changes no bit. And the gradient that is returned is the slope of the loss that is returned.
"""
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from mlp_py.bounds import Bounded, step_bounds
from mlp_py.conformance import contract

from . import bits, cases, checks, faults

HIDDEN = ((), (5,), (6, 3, 4))

with_losses = pytest.mark.needs(*contract.WITH_LOSSES)
each_problem = pytest.mark.parametrize('problem', cases.PROBLEMS)
each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)


class Run:
    """One training step of a case through one door, and the bound of everything in it."""

    def __init__(self, subject, case):
        (x, y), = case.batches
        subject.begin(case)
        self.seen = subject.observe(x, y)
        self.bounds = checks.named(step_bounds(case.params, case.problem, x, y, case.learning_rate, case.dtype,
                                               block=subject.block))

    def equal(self, name, other, mine=lambda values: values, theirs=lambda values: values):
        """mine(this run's quantity) and theirs(the other's): the same number, each off by its own bound."""
        error = mine(np.asarray(self.bounds[name].error)) + theirs(np.asarray(other.bounds[name].error))
        wanted = theirs(np.asarray(other.seen[name]))
        checks.compare(name, mine(np.asarray(self.seen[name])), Bounded(wanted.astype(np.longdouble), error))

    def names(self, *beginnings):
        return [name for name in self.seen if name.startswith(beginnings)]


def with_rows(case, rows):
    (x, y), = case.batches
    return replace(case, batches=[(x[rows], y[rows])])


def check_doubled(subject, case):
    """Every row twice: the means stay, so do loss, accuracy, gradients and updated parameters."""
    count = len(case.batches[0][0])
    once, twice = Run(subject, case), Run(subject, with_rows(case, np.r_[0:count, 0:count]))
    for name in once.names('loss', 'accuracy', 'gradient', 'w ', 'b '):
        twice.equal(name, once)
    for name in once.names('output', 'hidden'):
        twice.equal(name, once, theirs=lambda values: np.concatenate([values, values]))


def check_rows_permuted(subject, case):
    order = np.random.default_rng(5).permutation(len(case.batches[0][0]))
    plain, permuted = Run(subject, case), Run(subject, with_rows(case, order))
    for name in plain.names('output', 'hidden', 'G_output'):
        permuted.equal(name, plain, theirs=lambda values: values[order])
    for name in plain.names('loss', 'accuracy', 'gradient', 'w ', 'b '):
        permuted.equal(name, plain)


def check_units_permuted(subject, case):
    """The units of every hidden layer in another order: everything that belongs to them moves along."""
    rng = np.random.default_rng(6)
    orders = [slice(None), *[rng.permutation(pair['b'].size) for pair in case.params[:-1]], slice(None)]

    def moved(name, values):
        n = int(name.split()[-1]) if name[-1].isdigit() else 0
        if not n:
            return values
        if name.startswith('hidden'):
            return values[:, orders[n]]
        return values[orders[n]] if values.ndim == 1 else values[orders[n - 1]][:, orders[n]]

    params = [{name: np.ascontiguousarray(moved(f'{name} {n}', pair[name])) for name in 'wb'}
              for n, pair in enumerate(case.params, 1)]
    plain, permuted = Run(subject, case), Run(subject, replace(case, params=params))
    for name in plain.seen:
        permuted.equal(name, plain, theirs=lambda values: moved(name, values))


def check_scaled(subject, case, power=7):
    """x times 2^k with the first weights times 2^-k: no bit changes, but in the gradient of those weights, times 2^k."""
    (x, y), = case.batches
    factor = np.array(2.0**power, case.dtype)
    params = [{'w': case.params[0]['w'] / factor, 'b': case.params[0]['b']}, *case.params[1:]]
    plain, scaled = Run(subject, case), Run(subject, replace(case, params=params, batches=[(x * factor, y)]))
    for name, wanted in plain.seen.items():
        if name != 'w 1':       # p - rate G, where p shrinks and G grows
            checks.same(name, scaled.seen[name], wanted * factor if name == 'gradient w 1' else wanted)


def check_prefix(subject, case):
    """The first rows alone: their outputs stay, bit for bit where the order of sums is promised."""
    plain = Run(subject, case)
    for count in (1, 4):
        prefix = Run(subject, with_rows(case, slice(count)))
        for name in plain.names('output', 'hidden'):
            prefix.equal(name, plain, theirs=lambda values: values[:count])
            if subject.block is not None:
                found = bits.difference(prefix.seen[name], plain.seen[name][:count])
                assert found is None, f'{name} of {count} rows: {found}'


# each relation, and a fault that it must see
RELATIONS = {check_doubled: 'last row ignored', check_rows_permuted: 'stale activations', check_scaled: 'x is normalised',
             check_units_permuted: 'off by 1e-5 in one weight', check_prefix: 'x is normalised'}


@pytest.mark.full('lecture, single')
@with_losses
@each_problem
@each_dtype
@pytest.mark.parametrize('relation', RELATIONS, ids=lambda relation: relation.__name__)
@pytest.mark.full('lecture, single')
def test_relations(subject, relation, problem, dtype, seed):
    for hidden in HIDDEN:
        relation(subject, cases.random_case(problem, hidden, [7], dtype, seed + 11))


@each_problem
@pytest.mark.parametrize('relation, fault', RELATIONS.items(), ids=lambda value: getattr(value, '__name__', ''))
def test_each_relation_sees_its_fault(relation, fault, problem):
    case = cases.random_case(problem, (6, 3, 4), [7], 'float64', 11)
    relation(checks.ThroughNetwork(faults.twin('none')), case)
    with pytest.raises(AssertionError):
        relation(checks.ThroughNetwork(faults.twin(fault)), case)


# ---- the loss and its gradient ------------------------------------------------------------------------------------

H = 2.0**-12
# 1 to 8 outputs (select: 2 to 8), 1 to 7 rows, 0 to 4 hidden layers; two of three, like a board's squares in three colours
COMBINATIONS = [(problem, outputs, rows, depth) for problem in cases.PROBLEMS
                for outputs in range(1 + (problem == 'select'), 9) for rows in range(1, 8) for depth in range(5)
                if (outputs + rows + depth) % 3]
assert len(COMBINATIONS) >= 500, len(COMBINATIONS)


@lru_cache(maxsize=None)
def smooth_case(problem, outputs, rows, depth, seed):
    """The first case from `seed` on in which no unit comes near its kink when one parameter moves by 2 H."""
    for number in range(1000):
        case = cases.random_case(problem, (2,) * depth, [rows], 'float64', [seed, outputs, rows, depth, number], inputs=2,
                                 outputs=outputs, scale=0.5)
        h, far = case.batches[0][0], True
        for pair in case.params[:-1]:
            z = h @ pair['w'] + pair['b']
            far &= np.abs(z).min() > 16 * H * max(1, np.abs(h).max())
            h = np.maximum(z, 0)
        if far:
            return case
    raise AssertionError(f'no smooth case for {problem}, {outputs} outputs, {rows} rows, depth {depth}')


def slopes(net, problem, x, y):
    """Central differences over 2 H and 4 H of the loss that is returned, extrapolated: the error is of order H^4."""
    result = []
    for array in checks.arrays_of(net.params):
        for place in np.ndindex(array.shape):
            kept, losses = float(array[place]), []
            for array[place] in (kept + H, kept - H, kept + 2 * H, kept - 2 * H):
                losses.append(net.evaluate(problem, x, y)[0])
            array[place] = kept
            result.append((8 * (losses[0] - losses[1]) - (losses[2] - losses[3])) / (12 * H))
    return np.array(result)


def flat(pairs):
    return np.concatenate([np.ravel(array) for array in checks.arrays_of(pairs)])


def of_the_epsilon(output, y):
    """What the 1e-10 in the loss of select adds to its gradient (B, O): about 1e-10 / p of it."""
    p = np.exp(output - output.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    lost = y * 1e-10 / (p + 1e-10)
    return (lost - p * lost.sum(axis=1, keepdims=True)) / len(y)


def check_slope(subject, case):
    """The gradient to 1e-7 |g| + 1e-10 max(1, loss), and the loss is the same wherever it is returned."""
    subject.begin(case)
    net, problem, (x, y) = subject.net, case.problem, case.batches[0]
    loss, gradients = net.loss_and_gradients(problem, x, y)
    gradient = flat(gradients)
    slope = slopes(net, problem, x, y)
    if problem == 'select':
        output, aux = net.forward(x)
        slope = slope - flat(net.gradients(of_the_epsilon(output, y), aux))
    checks.compare(f'{case}: gradient', gradient, Bounded(slope, 1e-7 * np.abs(gradient) + 1e-10 * max(1, loss)))


@pytest.mark.needs('Network')
@pytest.mark.parametrize('depth', range(5))
@each_problem
def test_gradient_is_the_slope_of_the_returned_loss(twin, problem, depth, seed, full):
    """Every parameter of every combination; of every sixth in the quick tier."""
    subject = checks.ThroughNetwork(twin)
    asked = [(outputs, rows) for p, outputs, rows, d in COMBINATIONS if (p, d) == (problem, depth)]
    for outputs, rows in asked if full else asked[depth::6]:
        check_slope(subject, smooth_case(problem, outputs, rows, depth, seed))


@pytest.mark.parametrize('fault', ['1/rows in place of 1/size', '1/size in place of 1/rows', 'loss is a sum', 'all zero',
                                   'off by 1e-3', 'no mask', 'last bias dropped'])
def test_slope_sees_a_fault(fault):
    problem = 'select' if fault == '1/size in place of 1/rows' else 'regression'
    case = smooth_case(problem, 3, 4, 2, 5)
    check_slope(checks.ThroughNetwork(faults.twin('none')), case)
    with pytest.raises(AssertionError, match='gradient'):
        check_slope(checks.ThroughNetwork(faults.twin(fault)), case)
