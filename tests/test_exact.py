"""Small integers, where floating point never rounds: twin, JAX and `fractions.Fraction` agree with ==.

Any order of summation, any blocking, with or without fused multiply-adds: there is one right answer, so the
tolerance is zero. `rational` refuses the cases in which float32 might have to round.
"""
from functools import lru_cache

import numpy as np
import pytest

from . import cases, checks, rational

PER_SHAPE = 12      # x 5 shapes x 3 problems x 2 precisions = 360 cases a twin and door


@lru_cache(maxsize=None)
def exact_cases(problem, shape, dtype, seed):
    """The first cases of this kind that are exact, each with its rational steps."""
    found, number = [], 0
    while len(found) < PER_SHAPE:
        assert number < 40 * PER_SHAPE, f'hardly any exact cases for {problem} {shape}'
        case = cases.integer_case(problem, shape, dtype, 1000 * seed + number)
        number += 1
        try:
            found.append((case, checks.rational_steps(case)))
        except rational.NotExact:
            pass
    return found


each_problem = pytest.mark.parametrize('problem', cases.PROBLEMS)
each_shape = pytest.mark.parametrize('shape', cases.EXACT_SHAPES, ids=str)
each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)


@pytest.mark.needs('forward_postproc', 'backprop_postproc', 'eval_accuracy', 'run_train')
@each_problem
@each_shape
@each_dtype
def test_steps_equal_fractions(subject, problem, shape, dtype, seed):
    for case, steps in exact_cases(problem, shape, dtype, seed):
        checks.check_exact(subject, case, steps)


@each_shape
@each_dtype
def test_given_gradient_equals_fractions(subject, shape, dtype, seed):
    for case, _ in exact_cases('binary', shape, dtype, seed):
        small = cases.Case(case.name, case.problem, [{name: np.sign(pair[name]) for name in 'wb'} for pair in case.params],
                           case.batches, case.learning_rate, dtype, case.G_output)
        checks.check_exact_given(subject, small)


@each_problem
@each_shape
def test_oracle_equals_fractions(oracle, problem, shape, seed):
    """The oracle is judged by the same rational numbers, so twin, oracle and fractions are one chain of ==."""
    for case, steps in exact_cases(problem, shape, 'float64', seed):
        params = case.params
        for (x, y), wanted in zip(case.batches, steps):
            step = oracle.step(params, problem, x, y, case.learning_rate)
            got = checks.named(step)
            for name, value in wanted.items():
                checks.equal(f'{case}: {name}', got[name], value, np.float64)
            params = step.params
