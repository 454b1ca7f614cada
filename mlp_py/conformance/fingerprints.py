"""Names the mistake of a port by its answers: each Fault of `wrong_ports` leaves its own fingerprint.

Small integer networks are put through one door of the port. Right answers are exact in float64, so a port is right or
it is not; a wrong one is named where its answers are those of exactly one Fault, in every quantity of every case.
A port with another mistake, or with two, is unknown (None), never guessed at. Needs NumPy alone.
"""
import io
from contextlib import contextmanager, redirect_stdout
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import contract, protocol, wrong_ports

# Entries may differ by this share of the array's largest. Right answers do not differ at all; wrong ones may be sums
# of rounded terms (a third, 0.01). test_fingerprints measures both sides: rounding stays below, faults differ by more.
TOLERANCE = 2.0**-40


# ---- the cases ------------------------------------------------------------------------------------------------

class Case(NamedTuple):
    """A network and its training steps; `wide`: x, or the output's w, has more bits than float32 and float16 hold: 28."""
    widths: tuple
    rows: int
    rate: float
    steps: int = 1
    wide: str = ''
    seed: int = 0

    def numbers(self):
        """Fresh parameters, an x to warm up with, and [(x, G_output), ...]: small integers, the same each time."""
        params, xs, Gs = _drawn(self)
        params = [{name: pair[name].copy() for name in 'wb'} for pair in params]
        return params, xs[0].copy(), list(zip(xs[1:].copy(), Gs.copy()))


@lru_cache(maxsize=None)
def _drawn(case):
    draw = np.random.RandomState(case.seed).randint
    params = [{'w': draw(-2, 4, shape).astype(float), 'b': draw(-2, 3, shape[1]).astype(float)}
              for shape in zip(case.widths, case.widths[1:])]
    xs = draw(-2, 4, (case.steps + 1, case.rows, case.widths[0])).astype(float)
    for wide in [xs] if case.wide == 'x' else [params[-1]['w']] if case.wide else []:
        wide += (2 * draw(0, 2**22, wide.shape) + 1) * 2.0**-26
    return params, xs, draw(-2, 4, (case.steps, case.rows, case.widths[-1])).astype(float)


class Draw(NamedTuple):
    """set_hidden with each of `calls` in turn, then init_model."""
    calls: tuple
    input_cnt: int = 3


HIDDEN1 = (Case((3, 4, 2), 4, 0.5), Case((3, 3, 3), 3, 0.25, steps=2, seed=1), Case((2, 3, 2), 1, 0.5, seed=2),
           Case((4, 2, 4), 4, 0.25, seed=3), Case((3, 4, 2), 3, 0.5, wide='x', seed=4),
           Case((3, 4, 2), 3, 0.5, wide='w', seed=11))
HIDDENS = (Case((3, 4, 2), 4, 0.5, seed=5), Case((3, 4, 3, 2), 4, 0.25, seed=6), Case((3, 3, 3, 3, 3), 3, 0.5, seed=7),
           Case((3, 3, 3, 3), 3, 0.25, steps=2, seed=8), Case((2, 3, 2, 4, 2), 1, 0.5, seed=9),
           Case((3, 3, 3, 2), 4, 0.5, wide='x', seed=10),
           Case((3, 3, 3, 2), 4, 0.5, wide='w', seed=12))

CASES = {
    'relu': (),
    'hidden1': HIDDEN1,
    'hiddens': HIDDENS,
    'switch': (HIDDEN1[1], HIDDENS[3], HIDDEN1[0], HIDDENS[2]),
    'init': (Draw((4,)), Draw(([4, 3],)), Draw(([3, 3, 3],)), Draw(([4, 3], 2)), Draw((2, [3]), 2)),
}
FUNCTIONS = {
    'relu': ('relu', 'relu_derv'),
    'hidden1': ('forward_neuralnet_hidden1', 'backprop_neuralnet_hidden1'),
    'hiddens': ('forward_neuralnet_hiddens', 'backprop_neuralnet_hiddens'),
    'switch': ('forward_neuralnet', 'backprop_neuralnet'),
    'init': ('set_hidden', 'init_model'),
}


# ---- asking a port ----------------------------------------------------------------------------------------------

@contextmanager
def untouched(model):
    """The port's state, its parameter arrays and NumPy's global generator are put back afterwards."""
    before = {name: getattr(model, name) for name in contract.STATE if hasattr(model, name)}
    inside = [(array, np.array(array)) for array in _arrays(before)]
    drawn = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(drawn)
        for name in contract.STATE:
            if name in before:
                setattr(model, name, before[name])
            elif hasattr(model, name):
                delattr(model, name)
        for array, values in inside:
            array[...] = values


def _arrays(state):
    """The writeable arrays under pm_*."""
    hiddens = state.get('pm_hiddens')
    pairs = [state.get('pm_output'), state.get('pm_hidden'), *(hiddens if isinstance(hiddens, (list, tuple)) else ())]
    arrays = [array for pair in pairs if isinstance(pair, dict) for array in pair.values()]
    return [array for array in arrays if isinstance(array, np.ndarray) and array.flags.writeable]


def answers(model, door):
    """Everything that the port answers at this door, as {'case 1, step 1: output': array, ...}.

    An exception ends its case and becomes an answer of its own: what was asked, and the kind of exception.
    """
    seen = {}
    with untouched(model), redirect_stdout(io.StringIO()), np.errstate(all='ignore'):
        if door == 'relu':
            _ask_relu(model, seen)
        for n, case in enumerate(CASES[door], 1):
            _forget(model)
            if door == 'init':
                _ask_init(model, case, seen, f'case {n}')
            else:
                _ask_steps(model, case, seen, f'case {n}', door)
    return seen


def _forget(model):
    """What an earlier use of the port has left must not show in its answers."""
    for name in contract.STATE:
        if name not in contract.CONSTANTS:
            setattr(model, name, None)


@contextmanager
def _noting(seen, what):
    try:
        yield
    except Exception as error:
        seen[f'{what} raises'] = np.array(type(error).__name__)


def _ask_relu(model, seen):
    """Both tables; relu_derv is asked only of what relu can return."""
    for name, numbers in (('relu', [[-8, -3, -0.5, 0], [0.25, 1, 2, 100]]), ('relu_derv', [[0, 0.25, 1], [3, 0, 100]])):
        with _noting(seen, name):
            seen[name] = np.array(getattr(model, name)(np.array(numbers)), float)


def _ask_init(model, case, seen, where):
    model.RND_MEAN, model.RND_STD = 0.25, 0.5           # far from the lecture's 0 and 0.003, which would hide a mix-up
    model.input_cnt, model.output_cnt = case.input_cnt, 2
    np.random.seed(1234)
    with _noting(seen, where):
        for info in case.calls:
            model.set_hidden(list(info) if isinstance(info, list) else info)
        single = not isinstance(case.calls[-1], list)
        config = model.hidden_config
        seen[f'{where}: hidden_config'] = np.array('None' if config is None else config)
        if single:
            seen[f'{where}: hidden_cnt'] = np.array(model.hidden_cnt)
        model.init_model()
        _note_params(model, single, seen, where)


def _ask_steps(model, case, seen, where, door):
    """A forward that is thrown away, so that every port has one behind it; then the steps."""
    single = case in HIDDEN1
    suffix = {'hidden1': '_hidden1', 'hiddens': '_hiddens'}.get(door, '')
    forward, backprop = getattr(model, 'forward_neuralnet' + suffix), getattr(model, 'backprop_neuralnet' + suffix)
    params, warm, steps = case.numbers()
    with _noting(seen, f'{where}: begin'):
        if door == 'switch':            # the other version has its model, too, so that a wrong turn finds one
            others = [{name: pair[name] + 1 for name in 'wb'} for pair in (params[0], params[-1])]
            protocol.begin(model, others, case.rate, not single)
        protocol.begin(model, params, case.rate, single)
    if f'{where}: begin raises' in seen:
        return
    with _noting({}, 'what it raises, it raises again'):
        forward(warm)
    for n, (x, G_output) in enumerate(steps, 1):
        at, kept = f'{where}, step {n}', {}
        with _noting(seen, f'{at}: forward'):
            output, aux, layers = _pair(forward(x))
            kept = {'output': np.array(output, float), 'aux': np.array(-1 if aux is None else len(layers)), 'x after forward': x.copy(),
                    **{f'aux {m}': np.array(h, float) for m, h in enumerate(layers)}}
        seen.update({f'{at}: {name}': value for name, value in kept.items()})
        if not kept:
            return
        with _noting(seen, f'{at}: backprop'):
            backprop(G_output, aux)
            seen[f'{at}: x after backprop'], seen[f'{at}: G_output after backprop'] = x.copy(), G_output.copy()
            _note_params(model, single, seen, at)
        if f'{at}: backprop raises' in seen:
            return


def _pair(result):
    """(output, aux, its layers); whatever else came is taken for an output without aux."""
    if isinstance(result, (tuple, list)) and len(result) == 2:
        return *result, () if result[1] is None else result[1]
    return result, None, ()


def _note_params(model, single, seen, where):
    for n, pair in enumerate(protocol.read(model, single), 1):
        seen.update({f'{where}: {name} {n}': pair[name] for name in 'wb'})


# ---- comparing, naming --------------------------------------------------------------------------------------------

def distance(one, other, enough=np.inf):
    """The largest difference of any entry, as a share of its array's largest; infinite where they differ in kind.

    enough: no matter how much more, once it is more than this.
    """
    if len(one) != len(other):
        return np.inf
    largest = 0.0
    for name in reversed(one):          # what comes last depends on the most
        largest = max(largest, apart(one[name], other[name]) if name in other else np.inf)
        if largest > enough:
            break
    return largest


def alike(one, other):
    return distance(one, other, TOLERANCE) <= TOLERANCE


def apart(a, b):
    """The largest difference of any entry, as a share of the largest of both; infinite where they differ in kind."""
    if a.shape != b.shape or (a.dtype.kind == 'U') != (b.dtype.kind == 'U'):
        return np.inf
    if a.dtype == b.dtype and a.tobytes() == b.tobytes() or not a.size:
        return 0.0
    if a.dtype.kind == 'U':
        return 0.0 if np.array_equal(a, b) else np.inf
    with np.errstate(invalid='ignore'):         # infinity less infinity
        off = abs(a - b).max()
    if np.isfinite(off):
        return float(off / max(abs(a).max(), abs(b).max())) if off else 0.0
    odd = ~(np.isfinite(a) & np.isfinite(b))        # NaN and infinities: the same ones, in the same places
    same = odd.any() and np.array_equal(a[odd], b[odd], equal_nan=True)
    return apart(a[~odd], b[~odd]) if same else np.inf


def _told_apart(wrong, right):
    """Does anything but an exception differ? A mere exception is the sign of too many mistakes."""
    return any(name not in right or apart(wrong[name], right[name]) > TOLERANCE
               for name in wrong if not name.endswith('raises'))


@lru_cache(maxsize=None)
def right(door):
    return answers(wrong_ports.module(), door)


@lru_cache(maxsize=None)
def wrong(door):
    """[(fault, its answers)] of the faults that show at this door; computed once."""
    seen = [(fault, answers(wrong_ports.module(fault), door)) for fault in wrong_ports.FAULTS]
    return [(fault, given) for fault, given in seen if _told_apart(given, right(door))]


def explains(model, fault):
    """Is it the whole of what is wrong: are the answers at every door, as far as it is there, those of this Fault alone?"""
    alone = wrong_ports.module(fault)
    return all(alike(answers(model, door), answers(alone, door)) for door in CASES if not _lacks(model, door))


def _lacks(model, door):
    return any(not callable(getattr(model, name, None)) for name in FUNCTIONS[door])


def is_right(model, door):
    """Are all answers at this door the right ones?"""
    return not _lacks(model, door) and alike(answers(model, door), right(door))


def diagnose(model, door):
    """The one Fault whose answers are the port's, or None: right, unknown, ambiguous, or the door is missing."""
    if _lacks(model, door):
        return None
    given = answers(model, door)
    if alike(given, right(door)):
        return None
    found = [fault for fault, fingerprint in wrong(door) if alike(given, fingerprint)]
    if found and door in ('hidden1', 'hiddens', 'switch') and not _lacks(model, 'relu'):
        found = _agreeing(found, answers(model, 'relu'))
    return found[0] if len(found) == 1 else None


def _agreeing(found, table):
    """Those that fit the port's relu and relu_derv, too: a derivative of 0 is not hidden layers left out of the update.

    Of two with one fingerprint (1 at 0, no mask at all) the one with just this table. A right table fits everything:
    the mistake may have been written into forward or backprop themselves.
    """
    exact = [fault for fault in found if alike(table, dict(wrong('relu')).get(fault, right('relu')))]
    return exact or [fault for fault in found if alike(table, right('relu'))]
