"""Small integers, where floating point never rounds: twin, JAX and `fractions.Fraction` agree with ==.

Any order of summation, any blocking, with or without fused multiply-adds: there is one right answer, so the
tolerance is zero. `rational` refuses the cases in which float32 might have to round.
"""
from functools import lru_cache

import numpy as np
import pytest

from mlp_py.conformance import contract

from . import cases, checks, rational

PER_SHAPE = 34          # in the full tier; the quick one takes the first QUICK of them
QUICK = 3
COUNT = PER_SHAPE * len(cases.EXACT_SHAPES) * len(cases.PROBLEMS)   # for each twin and door, in either precision
assert COUNT >= 500, COUNT


@lru_cache(maxsize=None)
def exact_seeds(problem, shape, seed, count):
    """The first cases of this kind that are exact: (seed of the case, its rational steps), for both precisions.

    Nothing is rounded, so the steps are handed on as float64, which compares faster than fractions.
    """
    found, number = [], 0
    while len(found) < count:
        assert number < 40 * PER_SHAPE, f'hardly any exact cases for {problem} {shape}'
        drawn = 1000 * seed + number
        number += 1
        try:
            steps = checks.rational_steps(cases.integer_case(problem, shape, 'float64', drawn))
        except rational.NotExact:
            continue
        found.append((drawn, [{name: _exactly(values) for name, values in step.items()} for step in steps]))
    return found


def _exactly(values):
    floats = values.astype(float)
    assert (floats == values).all()
    return floats


@lru_cache(maxsize=None)
def exact_cases(problem, shape, dtype, seed, count):
    drawn = exact_seeds(problem, shape, seed, count)
    return [(cases.integer_case(problem, shape, dtype, number), steps) for number, steps in drawn]


@pytest.fixture(scope='module')
def count(full):
    return PER_SHAPE if full else QUICK


each_problem = pytest.mark.parametrize('problem', cases.PROBLEMS)
each_shape = pytest.mark.parametrize('shape', cases.EXACT_SHAPES, ids=str)
each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)


@pytest.mark.needs(*contract.WITH_LOSSES)
@each_problem
@each_shape
@each_dtype
def test_steps_equal_fractions(subject, problem, shape, dtype, seed, count):
    assert len(exact_cases(problem, shape, dtype, seed, count)) == count
    for case, steps in exact_cases(problem, shape, dtype, seed, count):
        checks.check_exact(subject, case, steps)


@lru_cache(maxsize=None)
def given_cases(shape, dtype, seed, count):
    """The same with weights of -1, 0, 1 and a given gradient of the output."""
    found = []
    for case, _ in exact_cases('binary', shape, dtype, seed, count):
        params = [{name: np.sign(pair[name]) for name in 'wb'} for pair in case.params]
        small = cases.Case(case.name, case.problem, params, case.batches, case.learning_rate, dtype, case.G_output)
        wanted = checks.rational_given(small)
        found.append((small, {name: _exactly(values) for name, values in wanted.items()}))
    return found


@each_shape
@each_dtype
def test_given_gradient_equals_fractions(subject, shape, dtype, seed, count):
    assert len(given_cases(shape, dtype, seed, count)) == count
    for case, wanted in given_cases(shape, dtype, seed, count):
        checks.check_exact_given(subject, case, wanted)


@pytest.mark.parametrize('problem', ['select', *(pytest.param(problem, marks=pytest.mark.full)
                                                for problem in cases.PROBLEMS[:2])])
@pytest.mark.parametrize('shape', [pytest.param(shape, marks=[pytest.mark.full] * (n > 0), id=str(shape))
                                   for n, shape in enumerate(reversed(cases.EXACT_SHAPES))])
def test_oracle_equals_fractions(oracle, problem, shape, seed, count):
    """The oracle is judged by the same rational numbers, so twin, oracle and fractions are one chain of ==."""
    for case, steps in exact_cases(problem, shape, 'float64', seed, count):
        params = case.params
        for (x, y), wanted in zip(case.batches, steps):
            step = oracle.step(params, problem, x, y, case.learning_rate)
            got = checks.named(step)
            for name, value in wanted.items():
                checks.equal(f'{case}: {name}', got[name], value, np.float64)
            params = step.params
