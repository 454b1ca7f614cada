"""Tests of the tests: every planted fault is rejected by the very checks that judge the twins; the right network passes."""
import numpy as np
import pytest

from . import cases, checks, faults
from .test_exact import exact_cases

SHAPE = cases.EXACT_SHAPES[1]       # small integers: units with a pre-activation of exactly 0


def judge(fault):
    """The checks of the suite over a few of its cases; AssertionError where the network is wrong."""
    subject = checks.ThroughNetwork(faults.twin(fault))
    try:
        for problem in cases.PROBLEMS:
            for dtype in cases.DTYPES:
                case = cases.random_case(problem, (6, 6), [7, 3], dtype, seed=1)
                checks.check_steps(subject, case)
                checks.check_given_gradient(subject, case)
        for case, steps in exact_cases('regression', SHAPE, 'float64', 1):
            checks.check_exact(subject, case, steps)
    finally:
        for key in [key for key in checks.RATIOS if key[0] == subject.name]:
            del checks.RATIOS[key]      # the table at the end is about the twins


def test_the_right_network_is_accepted():
    judge('')


@pytest.mark.parametrize('fault', faults.FAULTS)
def test_fault_is_rejected(fault):
    with pytest.raises(AssertionError), np.errstate(invalid='ignore'):
        judge(fault)


def test_the_integer_cases_have_units_at_exactly_0():
    """'derivative 1 at 0' shows only where a pre-activation is exactly 0."""
    at_kink = 0
    for case, _ in exact_cases('regression', SHAPE, 'float64', 1):
        at_kink += (case.batches[0][0] @ case.params[0]['w'] + case.params[0]['b'] == 0).sum()
    assert at_kink >= 8
