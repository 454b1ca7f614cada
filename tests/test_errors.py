"""Bad inputs on every public function of both twins: the exception, its words, and that nothing has changed."""
import re

import numpy as np
import pytest

from .bad_inputs import Bench, lecture_rows, network_rows, single_rows
from .conftest import find_twin

GROUPS = {'Network': (network_rows, (4, 3)), 'lecture': (lecture_rows, (4, 3)), 'lecture, single': (single_rows, (4,))}
ROWS = [(group, hidden, *row) for group, (table, hidden) in GROUPS.items() for row in table()]


def refused(twin, hidden, call, dtype='float64'):
    """The exception of a call on fresh objects; a call that returns, or changes something, fails."""
    bench = Bench(twin, dtype, hidden)
    before = bench.everything()
    with np.errstate(all='ignore'):
        try:
            call(bench)
        except (TypeError, ValueError) as error:
            if isinstance(bench.lecture.pm_output, dict):
                after = bench.everything()
                assert after[0][:8] == before[0][:8] and after[2] == before[2], f'something changed before {error!r}'
            return error
    raise AssertionError('the call was not refused')


@pytest.mark.parametrize('group, hidden, row, named, expected, call', ROWS, ids=[f'{row[0]}-{row[2]}' for row in ROWS])
def test_bad_input(twin, lecture, group, hidden, row, named, expected, call):
    error = refused(twin, hidden, call)
    assert isinstance(error, expected), f'{error!r} is no {expected}'
    assert re.search(rf'\b({named})\b', str(error)), f'{error} does not name {named}'
    assert re.search('expected|got|cannot', str(error)), f'{error} does not say what was expected and what came'


def test_same_exception_in_both_twins():
    """Also where one may argue whether the kind or the range is wrong; and the table is as long as it should be."""
    different = []
    twins = [find_twin(name) for name in ('mlp_c', 'mlp_py')]
    for _, hidden, row, _, _, call in ROWS:
        errors = [refused(twin, hidden, call) for twin in twins]
        if type(errors[0]) is not type(errors[1]):
            different.append((row, *errors))
    assert not different
    assert len(ROWS) > 700


@pytest.mark.parametrize('rate', [1e39, -1e39])
def test_rate_beyond_float32(twin, lecture, rate):
    """Finite as a float, infinite in the network's own dtype."""
    error = refused(twin, (4, 3), lambda bench: bench.net.train_step('binary', bench.x, bench.y, rate), 'float32')
    assert isinstance(error, ValueError) and 'learning_rate' in str(error)
    bench = Bench(twin)
    assert np.isfinite(bench.net.train_step('binary', bench.x, bench.y, rate)[0])
