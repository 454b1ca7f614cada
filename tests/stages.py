"""The lecture's functions one after another: what each must do, on numbers short enough to be followed by hand.

STAGES holds every case of every function, in the order of contract.MARKERS; the pages stage_draws, stage_steps and
stage_memory hold those that are longer than a table. `check(model)` runs them all and raises the first messages.Failure.
"""
import numpy as np

from mlp_py.conformance import contract

from . import stage_draws, stage_memory, stage_steps    # noqa: F401  (they fill STAGES)
from .judge import STAGES, Judge, stage
from .messages import Words


def check(model, *markers):
    """Every stage (of these markers), in order."""
    for one in STAGES:
        if not markers or one.marker in markers:
            one.run(model)


# ---- relu, relu_derv ------------------------------------------------------------------------------------------------

TABLES = {'positive': [[0.5, 1, 3]], 'negative': [[-0.5, -1, -3]], 'zero': [[0, 0]], 'mixed': [[-2, 0, 2], [4, -4, 0.25]],
          'one number': [[-7]], 'a column': [[1], [-1], [0]], 'far apart': [[2.0**40, -2.0**40, 2.0**-40, -2.0**-40]]}


def _table(model, function, x, result):
    judge = Judge(model, function, Words(f'{function}({x.tolist()})', f'{function}({x.tolist()})'))
    given = x.copy()
    got = judge.call(function, given)
    judge.untouched(function, Words('its argument', '인수'), given, x)
    judge.equal(function, Words('what it returns', '반환값'), got, result, others={('the argument itself', '인수 그대로'): x})


@stage('relu', ('relu',), TABLES)
def check_relu(model, numbers):
    """max(x, 0)."""
    x = np.array(numbers, float)
    _table(model, 'relu', x, np.where(x > 0, x, 0))


@stage('relu_derv', ('relu_derv',), {label: table for label, table in TABLES.items() if label != 'negative'})
def check_relu_derv(model, numbers):
    """From the output y of relu: 1 where y > 0, and 0 at 0."""
    y = np.maximum(np.array(numbers, float), 0)
    _table(model, 'relu_derv', y, np.where(y > 0, 1, 0))


STAGES.sort(key=lambda one: contract.MARKERS.index(one.marker))
