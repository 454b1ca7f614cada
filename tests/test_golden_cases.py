"""The golden cases: three oracles that share no line agree on every number, and both twins meet each of them.

    exact reference     rebuilds the file, byte for byte
    JAX                 within the bound of its own float64 roundings, plus half an ulp of the golden number
    finite differences  to half an ulp, where no unit is at its kink; forward values everywhere
"""
import copy
import math
from fractions import Fraction
from functools import lru_cache

import mpmath
import numpy as np
import pytest

from mlp_py.bounds import Bounded, backprop_bounds, step_bounds
from mlp_py.conformance import contract

from . import cases, checks, exact_reference, finite_differences, golden_cases

GOLDEN = golden_cases.read()
AHEAD = ('output', 'hidden', 'loss', 'G_output')     # what no later kink can touch

each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)
each_shape = pytest.mark.parametrize('shape', [         # a given gradient needs no loss: any port can be asked for it
    pytest.param(number, marks=[pytest.mark.needs(*contract.WITH_LOSSES)] * (problem != 'given'))
    for number, (problem, *_) in enumerate(golden_cases.SHAPES)])


def of_shape(number):
    problem, inputs, hidden, outputs, rows = golden_cases.SHAPES[number]
    name = f'{problem} {"-".join(map(str, (inputs, *hidden, outputs)))} rows {rows} '
    return [case for case in GOLDEN if case['name'].startswith(name)]


def as_case(golden, dtype):
    """The arrays of a golden case; nothing is rounded, whichever the dtype."""
    params = [{name: np.array(pair[name], dtype) for name in 'wb'} for pair in golden['params']]
    batches = [(np.array(x, dtype), np.array(y, dtype)) for x, y in golden['batches']]
    problem = 'regression' if golden['problem'] == 'given' else golden['problem']
    return cases.Case(golden['name'], problem, params, batches, golden['learning_rate'], dtype, batches[0][1])


def own_bounds(golden, dtype, block=None):
    """{name: Bounded} of every step: what a correct computation in that dtype may be off by."""
    case, errors, result = as_case(golden, dtype), None, []
    params = case.params
    for x, y in case.batches:
        if golden['problem'] == 'given':
            bound = backprop_bounds(params, x, y, case.learning_rate, dtype, errors, block=block)
        else:
            bound = step_bounds(params, case.problem, x, y, case.learning_rate, dtype, errors, block=block)
        result.append(checks.named(bound))
        params, errors = bound.next_values(), bound.next_errors()
    return result


def around(values, error):
    """The golden numbers; they themselves are off by half an ulp."""
    values = np.array(values, float)
    return Bounded(values.astype(np.longdouble), error + np.vectorize(math.ulp, otypes=[float])(values) / 2)


@lru_cache(maxsize=None)
def wanted(name, dtype, block):
    golden = next(case for case in GOLDEN if case['name'] == name)
    return [{name: around(values, bounds[name].error) for name, values in step.items()}
            for step, bounds in zip(golden['steps'], own_bounds(golden, dtype, block), strict=True)]


# ---- the oracles --------------------------------------------------------------------------------------------------

class Confirmations(dict):
    """(case, step, quantity) -> the oracles that confirmed it."""

    def add(self, oracle, *key):
        self.setdefault(key, set()).add(oracle)


def jax_steps(oracle, golden):
    """What JAX computes, named as in the file; for a given gradient the update is p - rate G in float64."""
    case = as_case(golden, 'float64')
    params = case.params
    for x, y in case.batches:
        if golden['problem'] != 'given':
            step = oracle.step(params, case.problem, x, y, case.learning_rate)
            params = step.params
            yield checks.named(step)
            continue
        gradients, input_gradient = oracle.pull_back(params, x, y)
        output, hiddens = oracle.layers(params, x)
        params = [{name: pair[name] - case.learning_rate * gradient[name] for name in 'wb'}
                  for pair, gradient in zip(params, gradients)]
        yield {'output': output, **{f'hidden {n}': h for n, h in enumerate(hiddens, 1)}, 'input gradient': input_gradient,
               **checks.named_pairs('gradient ', gradients), **checks.named_pairs('', params)}


def confirm_by_jax(oracle, golden, confirmed=None):
    bounds = own_bounds(golden, 'float64')
    for n, (step, bound, seen) in enumerate(zip(golden['steps'], bounds, jax_steps(oracle, golden), strict=True), 1):
        for name, values in step.items():
            checks.compare(f'{golden["name"]}, step {n}: {name} by JAX', seen[name], around(values, bound[name].error))
            if confirmed is not None:
                confirmed.add('JAX', golden['name'], n, name)


@lru_cache(maxsize=None)
def differences(name):
    golden = next(case for case in GOLDEN if case['name'] == name)
    return finite_differences.steps(*(golden[key] for key in ('problem', 'params', 'batches', 'learning_rate')))


def confirm_by_differences(golden, confirmed=None):
    for n, (step, seen) in enumerate(zip(golden['steps'], differences(golden['name']), strict=True), 1):
        for name, values in step.items():
            if seen['smooth'] or name.startswith(AHEAD):
                refused = finite_differences.refused(values, seen[name])
                assert not refused, f'{golden["name"]}, step {n}: {name}: expected the second, got the first in {refused}'
                if confirmed is not None:
                    confirmed.add('finite differences', golden['name'], n, name)
        if not seen['smooth']:
            return          # the parameters of the next step are no longer the same


def test_a_rebuild_gives_the_same_bytes():
    assert golden_cases.text(golden_cases.built()).encode() == golden_cases.FILE.read_bytes()
    assert golden_cases.FILE.stat().st_size < 400_000


def test_what_the_cases_cover():
    assert len(GOLDEN) >= 60 and len({case['name'] for case in GOLDEN}) == len(GOLDEN)
    widths = {width for case in GOLDEN for pair in case['params'] for width in (len(pair['w']), len(pair['b']))}
    assert {len(case['params']) - 1 for case in GOLDEN} == {0, 1, 2, 3} and widths == {1, 2, 3, 4, 5}
    assert {len(x) for case in GOLDEN for x, _ in case['batches']} == {1, 2, 3, 4, 5}
    assert {case['problem'] for case in GOLDEN} == {*cases.PROBLEMS, 'given'}
    assert {len(case['steps']) for case in GOLDEN} == {1, 2}
    assert all(math.frexp(case['learning_rate'])[0] == 0.5 for case in GOLDEN)


KINDS = ('given', 3), ('select', 2)         # a problem and how many layers
SAMPLE = [next(case for case in GOLDEN if (case['problem'], len(case['params'])) == kind) for kind in KINDS]


@pytest.mark.parametrize('asked', [SAMPLE, pytest.param(GOLDEN, marks=pytest.mark.full)], ids=['some', 'all'])
def test_each_golden_is_confirmed(oracle, asked):
    """Twice where nothing is special, else at least once: a value that only the exact reference knows would be named."""
    confirmed = Confirmations()
    for golden in asked:
        confirm_by_jax(oracle, golden, confirmed)
        confirm_by_differences(golden, confirmed)
    alone, once = [], []
    for golden in asked:
        for n, step in enumerate(golden['steps'], 1):
            for name in step:
                by = confirmed.get((golden['name'], n, name), ())
                alone += [(golden['name'], n, name)] * (not by)
                once += [(golden['name'], n, name)] * (len(by) == 1)
    assert not alone, f'confirmed by no oracle: {alone}'
    drawn = [key for key in once if ' drawn ' in key[0]]
    assert not drawn, f'confirmed by one oracle only: {drawn}'
    print(f'{len(confirmed)} quantities of {len(asked)} cases: {len(confirmed) - len(once)} confirmed by both JAX and '
          f'finite differences, {len(once)} at kinks by JAX alone')


def spoilt(golden, name, relative):
    """A copy with the largest number of one quantity of the last step moved by a little."""
    wrong = copy.deepcopy(golden)
    values = np.array(wrong['steps'][-1][name])
    place = np.unravel_index(np.abs(values).argmax(), values.shape)
    assert values[place] != 0
    values[place] = np.nextafter(values[place], np.inf) if relative == 'ulp' else values[place] * (1 + relative)
    wrong['steps'][-1][name] = values.tolist()
    return wrong


def test_a_wrong_golden_is_refused(oracle, full):
    """In every quantity of one case a problem (the quick tier: of select): JAX refuses 1e-9, the finite differences one ulp."""
    for problem in (*cases.PROBLEMS, 'given') if full else ('select',):
        golden = next(case for case in GOLDEN if case['problem'] == problem and len(case['params']) == 2)
        for name in golden['steps'][-1]:
            with pytest.raises(AssertionError, match=f'{name} by JAX'):
                confirm_by_jax(oracle, spoilt(golden, name, 1e-9))
            with pytest.raises(AssertionError, match=name):
                confirm_by_differences(spoilt(golden, name, 'ulp'))


def test_rounded_is_to_nearest():
    """Ties to even, numbers below the smallest normal one, and mpmath's numbers, whatever its own rounding."""
    rounded, tiny = exact_reference.rounded, Fraction(1, 2**1074)
    assert rounded([1 + Fraction(1, 2**53), 1 + Fraction(3, 2**53)]) == [1, 1 + 2.0**-51]
    assert rounded([tiny * 3 / 4, tiny / 4]) == [5e-324, 0]
    with mpmath.workprec(200):
        half = mpmath.mpf(2)**-53
        assert rounded([1 + half, 1 + half + mpmath.mpf(2)**-150]) == [1, 1 + 2.0**-52]
        assert rounded(-mpmath.mpf(1) / 3) == -1 / 3


# ---- the twins ----------------------------------------------------------------------------------------------------

def check_golden(subject, golden, steps):
    """Every step of the case through one door, each quantity within the bound of that dtype around the golden number."""
    case = steps.case
    subject.begin(case)
    for n, ((x, y), expected) in enumerate(zip(case.batches, steps.wanted, strict=True), 1):
        seen = subject.observe_given(x, y) if golden['problem'] == 'given' else subject.observe(x, y)
        for name, got in seen.items():
            if name in expected:
                checks.compare(f'{golden["name"]}, step {n}: {name}', got, expected[name],
                               (subject.name, case.problem, case.dtype), None if name == 'loss' else case.dtype)


class Steps:
    def __init__(self, golden, dtype, block):
        self.case, self.wanted = as_case(golden, dtype), wanted(golden['name'], dtype, block)


@pytest.mark.full('lecture, single')
@each_dtype
@each_shape
def test_twins_meet_the_goldens(subject, shape, dtype):
    for golden in of_shape(shape):
        check_golden(subject, golden, Steps(golden, dtype, subject.block))


@pytest.mark.of_the_suite
def test_twins_refuse_a_wrong_golden(subject):
    """The comparison above does see a number that is off by 1e-9."""
    golden = next(case for case in GOLDEN if case['problem'] == 'select' and len(case['params']) == 2)
    for name in ('output', 'loss', 'w 1'):
        steps, wrong = Steps(golden, 'float64', subject.block), spoilt(golden, name, 1e-9)
        error = steps.wanted[-1][name].error
        steps.wanted = [*steps.wanted[:-1], {**steps.wanted[-1], name: Bounded(np.array(wrong['steps'][-1][name]), error)}]
        with pytest.raises(AssertionError, match=name):
            check_golden(subject, golden, steps)
