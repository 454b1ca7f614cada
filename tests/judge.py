"""Judging one case of one stage: asks the port, compares, and turns what is wrong into a Failure."""
import io
from contextlib import contextmanager, redirect_stdout
from typing import NamedTuple

import numpy as np

from mlp_py.conformance import protocol

from . import messages, relations
from .messages import Failure, Words

# Where a stage fails; then where a part of its fault may show.
DOORS = {
    'relu': ('relu',), 'relu_derv': ('relu',), 'alloc_param_pair': ('init',), 'set_hidden': ('init',),
    'init_model_hidden1': ('init',), 'init_model_hiddens': ('init',), 'init_model': ('init',),
    'forward_hidden1': ('hidden1', 'relu', 'init'), 'backprop_hidden1': ('hidden1', 'relu', 'init'),
    'forward_hiddens': ('hiddens', 'relu', 'init'), 'backprop_hiddens': ('hiddens', 'relu', 'init'),
    'forward': ('switch', 'hidden1', 'hiddens', 'relu', 'init'),
    'backprop': ('switch', 'hidden1', 'hiddens', 'relu', 'init'),
}

STAGES = []     # filled by `stage`; the page stages puts them in order


class Stage(NamedTuple):
    """One case of one function of the lecture; needs: functions that the port must have."""

    marker: str
    label: str
    needs: tuple
    check: object       # a function of (model, case)
    case: object

    def run(self, model):
        __tracebackhide__ = True
        self.check(model, self.case)


def stage(marker, needs, table):
    """Makes a Stage of each case of the table {label: case}."""
    def registered(check):
        STAGES.extend(Stage(marker, label, needs, check, case) for label, case in table.items())
        return check
    return registered


@contextmanager
def seeded(seed):
    """NumPy's global generator, seeded, and put back afterwards."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


def pair_names(count, single):
    """("pm_hidden", ..., "pm_output") as the lecture writes them."""
    return (['pm_hidden'] if single else [f'pm_hiddens[{n}]' for n in range(count - 1)]) + ['pm_output']


class Judge:
    """model: the port; stage: one of DOORS; case: Words."""

    def __init__(self, model, stage, case):
        self.model, self.stage, self.case = model, stage, case

    def fail(self, function, quantity, expected, got, cause=None, doors=None, **details):
        __tracebackhide__ = True
        found = messages.diagnosis(self.model, doors or DOORS[self.stage], function)
        raise Failure(function, self.case, quantity, expected, got, diagnosis=found, **details) from cause

    def call(self, function, *arguments):
        """What the port's function returns; its exception is a Failure."""
        __tracebackhide__ = True
        try:
            return getattr(self.model, function)(*arguments)
        except (Exception, SystemExit) as error:
            messages.check_finished(error, self.model)
            self.fail(function, Words(f'a call of {function}', f'{function} 호출'), Words('no exception', '예외 없음'),
                      messages.raised(error, self.model), error)

    def ready(self, params, rate, single):
        """A model of these parameters, made as `protocol` does."""
        __tracebackhide__ = True
        try:
            with seeded(0), redirect_stdout(io.StringIO()):
                protocol.begin(self.model, params, rate, single)
            made = [{name: np.shape(pair[name]) for name in 'wb'} for pair in protocol.pairs(self.model, single)]
        except (Exception, SystemExit) as error:
            messages.check_finished(error, self.model)
            config = None if single else [pair['w'].shape[1] for pair in params[:-1]]
            chosen = getattr(self.model, 'hidden_config', 'nothing')
            at = 'init_model' if config == chosen or not hasattr(self.model, 'set_hidden') else 'set_hidden'
            what = Words('set_hidden, then init_model: the arrays in pm_*', 'set_hidden 다음 init_model을 부른 뒤의 pm_*')
            self.fail(at, what, Words('arrays of the right shapes', '모양이 맞는 배열'), messages.raised(error, self.model),
                      error, ('init',))
        for where, mine, pair in zip(pair_names(len(params), single), made, params):
            for name in 'wb':
                if mine[name] != pair[name].shape:
                    what = f"{where}['{name}']"
                    self.fail('init_model', Words(f'{what} after init_model', f'init_model 뒤의 {what}'),
                              _shape(pair[name].shape), _shape(mine[name]), doors=('init',))

    def forward(self, function, x):
        """(output, aux); anything else returned is a Failure."""
        __tracebackhide__ = True
        result = self.call(function, x)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            self.fail(function, Words(f'what {function} returns', f'{function}의 반환값'), Words('output, aux', 'output, aux'),
                      messages.kind(result))
        if not isinstance(result[1], (tuple, list)):
            self.fail(function, Words(f'aux, the second thing that {function} returns', f'{function}의 둘째 반환값 aux'),
                      Words('a list of arrays: x, then each hidden layer', '배열의 리스트: x 다음에 은닉 계층마다 하나씩'),
                      messages.kind(result[1]))
        return result

    def equal(self, function, quantity, got, expected, **context):
        """Equal shape, and equal with == in every entry; context: of relations.relation."""
        __tracebackhide__ = True
        expected = np.asarray(expected, float)
        values = self._numbers(function, quantity, got, expected, context)
        self._entries(function, quantity, values, expected, values == expected, context)

    def within(self, function, quantity, got, bounded):
        """Within a derived bound in every entry."""
        __tracebackhide__ = True
        value, error = np.asarray(bounded.value), np.asarray(bounded.error)
        values = self._numbers(function, quantity, got, value, {})
        with np.errstate(invalid='ignore'):
            ok = np.abs(values.astype(value.dtype) - value) <= error
        self._entries(function, quantity, values, value, ok, {}, error)

    def untouched(self, function, what, got, before):
        """Only read: equal to its copy, NaN and all."""
        __tracebackhide__ = True
        wrong = np.argwhere(np.asarray(got) != before)
        if len(wrong):
            entry = tuple(map(int, wrong[0]))
            english, korean = what if isinstance(what, Words) else (what, what)
            where = Words(f'{english} after {function}, which must only read it', f'{function} 뒤의 {korean}(읽기만 해야 함)')
            self.fail(function, where, before[entry], got[entry], entry=entry, wrong=len(wrong), size=before.size)

    def plain(self, function, quantity, got, expected):
        """Equal objects that are no arrays."""
        __tracebackhide__ = True
        if got != expected:
            self.fail(function, quantity, repr(expected), repr(got))

    def _numbers(self, function, quantity, got, expected, context):
        __tracebackhide__ = True
        try:
            values = np.asarray(got)
        except (TypeError, ValueError):         # lists of different lengths
            values = np.array(None)
        if values.dtype.kind not in 'fiub':
            self.fail(function, quantity, Words('an array of real numbers', '실수 배열'), messages.kind(got))
        values = values.astype(float)
        if values.shape != expected.shape:
            self.fail(function, quantity, _shape(expected.shape), _shape(values.shape),
                      relation=related(values, expected, **context))
        return values

    def _entries(self, function, quantity, values, expected, ok, context, error=None):
        __tracebackhide__ = True
        wrong = np.argwhere(~ok)
        if not len(wrong):
            return
        entry = tuple(map(int, wrong[0]))
        right = expected[entry]
        if error is not None:
            right = Words(f'{float(right)!r} within {error[entry]:.2g}', f'{float(right)!r}, 오차 {error[entry]:.2g} 이내')
        self.fail(function, quantity, right, values[entry], entry=entry, wrong=len(wrong), size=expected.size,
                  relation=related(values, expected, **context))


def _shape(shape):
    return Words(f'shape {tuple(shape)}', f'모양 {tuple(shape)}')


def related(values, expected, **context):
    """A relation is an extra: a mistake in finding one must not hide the failure."""
    try:
        with np.errstate(all='ignore'):
            return relations.relation(values, expected, **context)
    except Exception:
        return None
