"""Tests of the tests: every planted fault is rejected by the very checks that judge the twins; the right network passes."""
import numpy as np
import pytest

from . import cases, checks, faults


def judge(fault):
    """The checks of the suite over a few of its cases; AssertionError where the network is wrong."""
    subject = checks.ThroughNetwork(faults.twin(fault))
    for problem in cases.PROBLEMS:
        for dtype in cases.DTYPES:
            case = cases.random_case(problem, (4, 4), [7, 3], dtype, seed=5)
            checks.check_steps(subject, case)
            checks.check_given_gradient(subject, case)
    for seed in range(8):
        case = cases.integer_case('regression', (4, (4, 4), 4), 'float64', seed)
        checks.check_exact(subject, case, checks.rational_steps(case))
        checks.check_exact_given(subject, case)


def test_the_right_network_is_accepted():
    judge('')


@pytest.mark.parametrize('fault', faults.FAULTS)
def test_fault_is_rejected(fault):
    with pytest.raises(AssertionError), np.errstate(invalid='ignore'):
        judge(fault)


def test_the_kink_cases_have_units_at_exactly_0():
    """'derivative 1 at 0' shows only where a pre-activation is exactly 0: the integer cases have some."""
    case = cases.integer_case('regression', (4, (4, 4), 4), 'float64', 0)
    z = case.batches[0][0] @ case.params[0]['w'] + case.params[0]['b']
    assert (z == 0).any()
