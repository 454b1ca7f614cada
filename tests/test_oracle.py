"""Both twins against JAX and against the wide values: forward, every gradient, every updated parameter.

Tolerances are derived (`mlp_py.bounds`); none is chosen. Each case runs through `Network` and through `lecture`.
"""
import numpy as np
import pytest

from mlp_py.bounds import step_bounds
from mlp_py.conformance import contract

from . import cases, checks


class Remembering:
    """The oracle, which answers the same question once: both twins and both doors ask it."""

    def __init__(self, oracle):
        self.oracle, self.answers = oracle, {}

    def _ask(self, function, *arguments):
        key = function.__name__, repr([np.asarray(a).tobytes() if not isinstance(a, (str, list)) else
                                       a if isinstance(a, str) else [v.tobytes() for v in checks.arrays_of(a)]
                                       for a in arguments])
        if key not in self.answers:
            self.answers[key] = function(*arguments)
        return self.answers[key]

    def step(self, *arguments):
        return self._ask(self.oracle.step, *arguments)

    def pull_back(self, *arguments):
        return self._ask(self.oracle.pull_back, *arguments)


@pytest.fixture(scope='module')
def jax(oracle):
    return Remembering(oracle)


with_losses = pytest.mark.needs(*contract.WITH_LOSSES)
single_later = pytest.mark.full('lecture, single')      # the quick tier asks that door in test_exact and test_kinks
each_problem = pytest.mark.parametrize('problem', cases.PROBLEMS)
each_hidden = pytest.mark.parametrize('hidden', cases.HIDDEN.values(), ids=cases.HIDDEN)
many_first = pytest.mark.parametrize('hidden', [        # in the quick tier the list of layers alone: each shape is compiled
    pytest.param(hidden, id=name, marks=[pytest.mark.full] * (name != 'many')) for name, hidden in cases.HIDDEN.items()])
each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)
each_rows = pytest.mark.parametrize('rows', [pytest.param(rows, marks=[pytest.mark.full] * (rows == [1]), id=name)
                                             for name, rows in cases.ROWS.items()])


@with_losses
@single_later
@each_problem
@many_first
@each_rows
@each_dtype
def test_one_step(subject, jax, problem, hidden, rows, dtype, seed):
    checks.check_steps(subject, cases.random_case(problem, hidden, rows, dtype, seed), jax)


@with_losses
@single_later
@pytest.mark.parametrize('problem', [        # in the quick tier the one with the longest loss alone: each is compiled
    pytest.param(problem, marks=[pytest.mark.full] * (problem != 'select')) for problem in cases.PROBLEMS])
@many_first
@pytest.mark.parametrize('dtype', ['float64', pytest.param('float32', marks=pytest.mark.full)])
def test_several_steps(subject, jax, problem, hidden, dtype, seed):
    case = cases.random_case(problem, hidden, cases.SEVERAL, dtype, seed + 1, learning_rate=0.25)
    checks.check_steps(subject, case, jax)


@each_hidden
@each_rows
@each_dtype
def test_given_gradient(subject, jax, hidden, rows, dtype, seed):
    """gradients, input_gradient and backprop of an upstream gradient that belongs to no loss."""
    checks.check_given_gradient(subject, cases.random_case('regression', hidden, rows, dtype, seed + 2), jax)


def drawn(twin, seeds, check, *largest):
    """check(case) for a drawn case of each of the seeds, in float64 alone where the twin knows no other; counts."""
    total = 0
    for seed in seeds:
        case = cases.drawn_case(seed, *largest)
        if case.dtype == 'float32' and twin.lacks('float32'):
            case = cases.drawn_case(seed, *largest, dtype='float64')
        try:
            total += check(case) or 0
        except AssertionError as error:
            error.add_note(f'drawn_case({", ".join(map(str, (seed, *largest)))}): {case}')
            raise
    return total


quarters = pytest.mark.parametrize('part', [0, *(pytest.param(part, marks=pytest.mark.full) for part in (1, 2, 3))])


@with_losses
@single_later
@quarters
def test_drawn_networks(subject, twin, seed, part):
    """100 networks of drawn sizes against the wide values."""
    begin = 1000 * seed + 25 * part
    drawn(twin, range(begin, begin + 25), lambda case: checks.check_steps(subject, case))


@quarters
def test_given_gradients_of_drawn_networks(subject, twin, seed, part):
    """The same networks, and a gradient of the output that belongs to no loss."""
    begin = 1000 * seed + 25 * part
    drawn(twin, range(begin, begin + 25), lambda case: checks.check_given_gradient(subject, case))


@with_losses
@pytest.mark.full
@pytest.mark.parametrize('part', range(10))
def test_many_drawn_networks(subject, twin, seed, part):
    """10,000 networks through Network, 500 through each door of the lecture; widths up to 129, up to 257 rows.

    4,000 of mlp_py, whose sums are NumPy's. Most have several steps, some of which diverge.
    """
    count = 50 if isinstance(subject, checks.ThroughLecture) else 400 if twin.name == 'mlp_py' else 1000
    begin = 1000 * seed + 100 + 1000 * part
    steps = drawn(twin, range(begin, begin + count),
                  lambda case: checks.check_steps(subject, case, while_bounded=True), 129, 257)
    assert steps >= 1.3 * count, 'hardly any second step was checked'


@with_losses
@each_problem
@each_dtype
@pytest.mark.parametrize('inputs, hidden, rows', [(700, 3, 5), (3, 300, 5), (3, 4, 700)])
def test_long_sums(subject, problem, dtype, inputs, hidden, rows, seed):
    """Sums over several blocks of 256: over inputs, over hidden units, over rows."""
    case = cases.random_case(problem, (hidden,), [rows], dtype, seed, inputs=inputs, learning_rate=0.05)
    checks.check_steps(subject, case)


def smooth_case(problem, hidden, seed, h):
    """The first case from `seed` on in which no unit comes near its kink when one parameter moves by 2 h."""
    while True:
        case = cases.random_case(problem, hidden, [5], 'float64', seed)
        layer, far = case.batches[0][0], True
        for pair in case.params[:-1]:
            z = layer @ pair['w'] + pair['b']
            far &= np.abs(z).min() > 64 * h * max(1, np.abs(layer).max())
            layer = np.maximum(z, 0)
        if far:
            return case
        seed += 1000


@pytest.mark.needs('Network')
@each_problem
@many_first
def test_gradient_is_slope_of_the_loss(twin, problem, hidden, seed):
    """Central differences of the loss itself, for every parameter: loss and gradient come from one function.

    slope(h) is off by c h^2 + O(h^4) and slope(2 h) by 4 c h^2, so their difference is three times the error of the
    first. Each loss is off by its bound E, a slope by E / h. The 1e-10 in the loss of select moves it by at most
    1e-10 / p of the slope.
    """
    h = 2.0**-12
    case = smooth_case(problem, hidden, seed + 3, h)
    subject, (x, y) = checks.ThroughNetwork(twin), case.batches[0]
    subject.begin(case)
    bound = step_bounds(case.params, problem, x, y, 0.0, 'float64')
    _, gradients = subject.net.loss_and_gradients(problem, x, y)
    gradient = np.concatenate([np.ravel(a) for a in checks.arrays_of(gradients)])
    smallest = subject.net.predict(x, problem).min() if problem == 'select' else np.inf
    theta, slopes = subject.net.theta, {}
    for step in (h, 2 * h):
        slopes[step] = np.empty(theta.size)
        for n, kept in enumerate(theta.copy()):
            losses = []
            for theta[n] in (kept + step, kept - step):
                losses.append(subject.net.evaluate(problem, x, y)[0])
            theta[n] = kept
            slopes[step][n] = (losses[0] - losses[1]) / (2 * step)
    allowed = np.abs(slopes[2 * h] - slopes[h]) + 4 * bound.loss.error / h + 4e-10 / smallest * np.abs(gradient).max()
    checks.compare('gradient', gradient, checks.Bounded(slopes[h], allowed))
    assert allowed.max() < 1e-4 * np.abs(gradient).max()
