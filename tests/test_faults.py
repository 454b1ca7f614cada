"""Tests of the tests: each planted fault of `faults` is rejected by the suite's own checks, the faultless text is not.

The checks are those that judge the twins (`checks`, `special_values`), called in the same way, on fewer cases.
"""
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from . import cases, checks, faults, rational, special_values


def judged_by():
    """The name of each check and a function that runs it on a subject."""
    for problem in cases.PROBLEMS:
        for label, hidden in (*cases.HIDDEN.items(), ('square', (4, 4))):
            for dtype in cases.DTYPES:
                case = cases.random_case(problem, hidden, cases.SEVERAL, dtype, seed=2, inputs=4, learning_rate=0.25)
                yield f'steps {problem} {label} {dtype}', lambda s, case=case: checks.check_steps(s, case)
                yield f'given {problem} {label} {dtype}', lambda s, case=case: checks.check_given_gradient(s, case)
        wide = cases.random_case(problem, (3,), [4], 'float64', seed=3, inputs=20)
        yield f'wide {problem}', lambda s, case=wide: checks.check_steps(s, case)
        exact = exact_case(problem)
        yield f'exact {problem}', lambda s, case=exact: checks.check_exact(s, *case)
        yield f'special step {problem}', lambda s, p=problem: special_values.check_special_step(s, p, 'float64')
    for problem in ('binary', 'select'):
        yield f'saturated {problem}', lambda s, p=problem: special_values.check_saturated(s, p, 'float64')
    yield 'special inputs', lambda s: special_values.check_special_inputs(s, 5, 'float64')
    yield 'zero sums', lambda s: special_values.check_zero_sums(s, 'float64')
    yield 'dead layer', lambda s: special_values.check_dead_layer(s, 'float64')
    yield 'relu', lambda s: hasattr(s, 'module') and special_values.check_relu(s.module, 9, 'float64')
    yield 'hand-made aux', lambda s: special_values.check_hand_made_aux(s, 'float64')


def exact_case(problem):
    for seed in range(100):
        case = cases.integer_case(problem, (3, (4,), 2), 'float64', seed)
        try:
            return case, checks.rational_steps(case)
        except rational.NotExact:
            continue
    raise AssertionError('no exact case')


CHECKS = list(judged_by())
DOORS = {'Network': checks.ThroughNetwork, 'lecture': checks.ThroughLecture,
         'lecture, single': lambda twin: checks.ThroughLecture(twin, single=True)}
# What a door cannot show: the lecture has no input gradient. Whether a product ever gives -0.0 to the ReLU inside of
# `Network` is the affair of NumPy's BLAS (none of its AVX2 sums does, AVX-512 sums may): the lecture's `relu` decides.
HIDDEN_FROM = {'input gradient masked': ('lecture', 'lecture, single')}
UP_TO_BLAS = ('relu keeps -0.0', 'Network')


def rejected_by(name, check, fault, door):
    """Does that check reject an implementation with that fault?"""
    recorded = {key: list(ratios) for key, ratios in checks.RATIOS.items()}
    try:
        with np.errstate(all='ignore'):
            check(DOORS[door](faults.twin(fault)))
    except AssertionError as error:
        assert str(error), f'{name} says nothing about what is wrong'
        return True
    finally:        # the report at the end is about the twins
        checks.RATIOS.clear()
        checks.RATIOS.update(recorded)
    return False


@pytest.mark.parametrize('door', DOORS)
def test_faultless_is_accepted(door):
    assert not [name for name, check in CHECKS if rejected_by(name, check, 'none', door)]


@pytest.mark.parametrize('fault, door', [pytest.param(fault, door, marks=[pytest.mark.full] * ((n + list(DOORS).index(door)) % 3 > 0))
                                         for n, fault in enumerate(faults.FAULTS) for door in DOORS if (fault, door) != UP_TO_BLAS])
def test_fault_is_rejected(fault, door):
    noticed = any(rejected_by(name, check, fault, door) for name, check in CHECKS)
    assert noticed != (door in HIDDEN_FROM.get(fault, ())), faults.FAULTS[fault]


def test_compare_is_strict():
    """NaN, a wrong shape and a wrong dtype are never within a bound, however wide it is."""
    wide = checks.Bounded(np.zeros(3), np.full(3, np.inf))
    checks.compare('fine', np.array([1.0, -5.0, 1e300]), wide)
    for wrong in (np.array([0, np.nan, 0]), np.zeros(2), np.zeros((1, 3))):
        with pytest.raises(AssertionError, match='value'):
            checks.compare('value', wrong, wide)
    with pytest.raises(AssertionError, match='dtype'):
        checks.compare('value', np.zeros(3, 'f4'), wide, dtype='float64')
    with pytest.raises(AssertionError, match='value'):
        checks.compare('value', np.zeros(3), checks.Bounded(np.zeros(3), np.full(3, np.nan)))
    with pytest.raises(AssertionError, match='value'):
        checks.same('value', np.zeros(3), np.array([0, -0.0, 0]))
    with pytest.raises(AssertionError, match='off by'):
        checks.compare('value', np.array([0, 2.0, 0]), checks.Bounded(np.zeros(3), np.ones(3)))


@pytest.mark.full
@pytest.mark.parametrize('fault, status', [('none', 0), ('sign flipped', 1)])
def test_whole_run_turns_red(fault, status):
    """pytest itself, on a faulty implementation in the place of the twins: the exit status says so."""
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, '-m', 'pytest', '-q', '-n0', '-p', 'no:cacheprovider', '--impl', f'tests.faults:{fault}',
               'tests/test_special.py', '-k', 'test_hand_made_aux and float32']
    result = subprocess.run(command, cwd=root, capture_output=True, encoding='utf-8', errors='replace', timeout=120)
    assert result.returncode == status, result.stdout[-2000:]
    assert ('failed' in result.stdout) == bool(status) and 'passed' in result.stdout + 'passed' * status
