"""The verdict on a Python module, file or notebook: what a reader of the lecture would do at the prompt with each case.

The lecture returns no gradients. They are what an update has subtracted, divided by the rate: with a power of two as
the rate nothing is lost but the rounding of the update itself, and `as_recovered` adds that to the bound.
"""
import io
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import numpy as np

from . import contract, fingerprints, ports, protocol
from .table import Outcome
from .verdict import Answer, Problem, UNIT, Verdict, judge

RATE = 2.0**20      # p - RATE G: bits of p are kept where all is short fractions, and little of p is in the rounding

NEEDED = {'product': ('forward_neuralnet_hiddens',), 'layer': ('forward_neuralnet_hiddens', 'relu', 'relu_derv')}
POSTPROC = 'forward_postproc', 'backprop_postproc'
DOORS = ('relu', 'hidden1', 'hiddens', 'switch', 'init')
LOSSES = ('regression', 'binary', 'select')


def check(port, cases, may_skip=(), whole=True):
    """The Outcome of a Port of `ports` on the cases.

    may_skip: stages in which it counts neither as right nor as wrong that the port does not offer them. whole: the port
    must be finished, and make its models and draw its numbers as the lecture does.
    """
    with ports.nobody_there():
        return _check(port, cases, may_skip, whole)


def _check(port, cases, may_skip, whole):
    verdicts, notes, answers = [], {}, {}
    for n, case in enumerate(cases):
        for single in doors(case):
            verdict, answer = ask(port, case, single, case.stage in may_skip)
            if verdict.status == 'wrong' and single is not None:
                info = hidden_width(case) if single else [hidden_width(case)]
                notes[n] = [('model', f'set_hidden({info})')]
            if verdict.status != 'right':
                break
        verdicts.append(verdict)
        if answer is not None:
            answers[case.id] = answer
    manners = [(Problem('lacks', {'name': contract.described(name)}), '')
               for name in port.lacks(*contract.REQUIRED) if whole]
    draws = whole and not port.lacks(*fingerprints.FUNCTIONS['init'])
    if draws and not _at('init', fingerprints.is_right, port.lecture):
        manners.append((Problem('init', {}), ''))
    outcome = Outcome(list(cases), verdicts, answers, manners, notes)
    return outcome if outcome.is_right() else outcome._replace(fault=named(port.lecture))


def named(model):
    """The mistake that its fingerprints at the doors of the lecture name, or None."""
    for door in DOORS:
        fault = _at(door, fingerprints.diagnose, model)
        if fault is not None:
            whole = _at(fault, fingerprints.explains, model)
            return {'key': fault.key, 'english': fault.english, 'korean': fault.korean, 'part': not whole}
    return None


def _at(asked, ask_there, model):
    """What `fingerprints` says; None where the port ends the process, which no mistake on record does."""
    try:
        return ask_there(model, asked)
    except SystemExit:
        return None


def doors(case):
    """With one hidden layer there are two models: set_hidden(4) and set_hidden([4])."""
    return (True, False) if hidden_width(case) is not None else (None,)


def hidden_width(case):
    """The width of the only hidden layer, or None where there is another number of them."""
    return case.given['w1'][1] if 'w2' in case.given and 'w3' not in case.given else None


# ---- one case -----------------------------------------------------------------------------------------------------

def offers(port, case):
    """Is the port to be asked this case? What goes beyond the lecture is asked of a port that offers it."""
    if case.stage == 'bits':
        return port.block == 256 and case.op != 'gradients' and case.dtype != 'float32'
    if case.stage == 'invalid' and 'errors' not in port.words:
        return False
    return case.op not in LOSSES or hasattr(port.lecture, 'problem') and not port.lacks(*POSTPROC)


def needed(port, case, single):
    """The functions of the port that this case calls."""
    if case.op in LOSSES:
        return POSTPROC
    if case.op in NEEDED:
        return NEEDED[case.op]
    names = ('forward_neuralnet', 'backprop_neuralnet')[:1 + (case.op != 'forward')]
    return [name + suffix(port.lecture, name, single) for name in names]


def suffix(model, name, single):
    """Where the switch of 4.4 is not there yet, the version that it would choose is called by its own name."""
    own = '_hidden1' if single else '_hiddens'
    return own if not hasattr(model, name) and hasattr(model, name + own) else ''


def ask(port, case, single, may_skip):
    """(Verdict, Answer or None) of one case, at one of its doors."""
    if may_skip and not offers(port, case):
        return Verdict('skipped', 'skip'), None
    lacks = port.lacks(*needed(port, case, single))
    if lacks:
        return Verdict('wrong', problem=Problem('lacks', {'name': contract.described(lacks[0])})), None
    with fingerprints.untouched(port.lecture), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), \
            np.errstate(all='ignore'), warnings.catch_warnings(action='ignore'):
        try:
            fields = answer(port.lecture, case, bool(single))
        except (Exception, SystemExit) as error:
            if case.result != 'valid' and isinstance(error, (TypeError, ValueError)):
                return Verdict('right', 'refuse'), Answer('refuse')
            return Verdict('wrong', problem=Problem('raises', {'error': _told(error)})), None
    try:
        fields = {name: _table(values) for name, values in fields.items()}
    except (TypeError, ValueError) as error:
        return Verdict('wrong', problem=Problem('raises', {'error': _told(error)})), None
    if case.op in ('gradients', 'layer') and case.result != 'invalid':
        case = as_recovered(case) if case.op == 'gradients' else with_derivative(case)
    given = Answer('numbers', fields)
    return judge(case, given), given


def _told(error):
    text = (str(error).splitlines() or [''])[0][:120]
    return type(error).__name__ + (f': {text}' if text else '')


def _table(values):
    """An array of two dimensions; a bias is one row, a loss one entry."""
    array = np.array(values, float)
    return array.reshape(1, -1) if array.ndim < 2 else array


def numbers(field):
    rows, columns, texts = field
    return np.array([float(text) for text in texts], float).reshape(rows, columns)


def answer(model, case, single):
    """The fields of the answer, from the port."""
    given = {name: numbers(field) for name, field in case.given.items()}
    if case.op in LOSSES:
        return _loss(model, case.op, given)
    if case.op in ('product', 'layer'):
        return _layer(model, case.op, given)
    params = [{'w': given[f'w{n}'], 'b': given[f'b{n}']} for n in range(1, 1 + sum(name[0] == 'w' for name in given))]
    rate = given.get('rate', np.array([[RATE]]))
    rate = float(rate[0, 0]) if rate.shape == (1, 1) else rate
    begin(model, params, rate, single)
    if case.op == 'forward':
        output, aux = _forward(model, given['x'], single)
        return {'output': output, **{f'hidden{n}': hidden for n, hidden in enumerate(aux[1:], 1)}}
    if case.op == 'gradients':
        before = protocol.read(model, single)
        _step(model, given['x'], given['G_output'], single)
        moved = protocol.gradients(before, protocol.read(model, single), RATE)
        return _flat(moved, 'G_w', 'G_b')
    outputs = {}
    if case.op == 'update':
        _step(model, given['x'], given['G_output'], single)
    for n in range(1, 1 + sum(re.fullmatch(r'x\d+', name) is not None for name in given)):
        outputs[f'output{n}'] = _step(model, given[f'x{n}'], given[f'G{n}'], single)
    return {**_flat(protocol.read(model, single), 'w', 'b'), **outputs}


def begin(model, params, rate, single):
    """As `protocol.begin`; arrays of shapes that do not fit together replace those of the model."""
    chain = [pair['w'].shape for pair in params]
    fits = all(one[1] == other[0] for one, other in zip(chain, chain[1:]))
    if fits and all(pair['b'].shape == (1, pair['w'].shape[1]) for pair in params):
        protocol.begin(model, [{'w': pair['w'], 'b': pair['b'][0]} for pair in params], rate, single)
        return
    zeros = [{'w': np.zeros((one[0], above)), 'b': np.zeros(above)}
             for one, above in zip(chain, [shape[0] for shape in chain[1:]] + [chain[-1][1]])]
    protocol.begin(model, zeros, rate, single)
    for mine, pair in zip(protocol.pairs(model, single), params, strict=True):
        mine['w'], mine['b'] = pair['w'].copy(), pair['b'][0].copy() if len(pair['b']) == 1 else pair['b'].copy()


def _flat(pairs, w, b):
    return {name + str(n): pair[key] for n, pair in enumerate(pairs, 1) for name, key in ((w, 'w'), (b, 'b'))}


def _forward(model, x, single):
    return getattr(model, 'forward_neuralnet' + suffix(model, 'forward_neuralnet', single))(x)


def _step(model, x, G_output, single):
    """Forward and backprop; returns a copy of the output."""
    output, aux = _forward(model, x, single)
    kept = np.array(output)
    getattr(model, 'backprop_neuralnet' + suffix(model, 'backprop_neuralnet', single))(G_output, aux)
    return kept


def _layer(model, op, given):
    """A network without hidden layers is x w + b; relu and relu_derv are called themselves."""
    x, w = (given['a'], given['b']) if op == 'product' else (given['x'], given['w'])
    b = np.zeros((1, w.shape[1])) if op == 'product' else given['b']
    begin(model, [{'w': w, 'b': b}], RATE, False)
    total, _ = model.forward_neuralnet_hiddens(x)
    if op == 'product':
        return {'c': total}
    hidden = model.relu(np.array(total))
    return {'sum': total, 'hidden': hidden, 'relu_derv': model.relu_derv(np.array(hidden))}


def _loss(model, problem, given):
    model.problem = problem
    loss, aux = model.forward_postproc(given['output'], given['y'])
    return {'loss': loss, 'G_output': model.backprop_postproc(1.0, aux)}


# ---- what is expected of the lecture's protocol --------------------------------------------------------------------

def with_derivative(case):
    """The case of a layer, and sign(hidden) as a field: an exact one."""
    hidden, _ = case.expected['hidden']
    return _changed(case, {**case.expected, 'relu_derv': (np.sign(hidden), np.zeros_like(hidden))})


def as_recovered(case):
    """The case of gradients as (p - p') / RATE gives them, p' = p - RATE G rounded once.

    Where e is expected with `mag`, G is at most |e| + 2 u mag. Rounding p' errs by at most u |p'|, which is at most
    u (|p| + RATE |G|), so the quotient by u (|p| / RATE + |G|): half of that more in `mag`, which counts 2u. Nothing
    where e is exact and the subtraction is, too. What p or the product makes infinite or NaN, the quotient cannot tell
    apart.
    """
    expected = {}
    for name, (value, mag) in case.expected.items():
        p = numbers(case.given[name[2:]]) if name[2:] in case.given else None
        if p is None or name[2] not in 'wb':
            continue
        with np.errstate(all='ignore'):
            value, mag = np.broadcast_arrays(value, mag)
            back = (p - (p - RATE * value)) / RATE
            rounding = (np.abs(p) / RATE + np.abs(value) + 2 * UNIT['float64'] * mag) / 2 * (1 + 2.0**-20)
            exact = (mag == 0) & (back == value) & (_lost(p, -RATE * value) == 0)
            finite = np.isfinite(back)
            expected[name] = np.where(finite, value, back), np.where(exact | ~finite, mag, mag + rounding)
    return _changed(case, expected)


def _lost(a, b):
    """The rounding error of a + b, exactly."""
    total = a + b
    part = total - a
    return (a - (total - part)) + (b - part)


def _changed(case, expected):
    names = 'id', 'stage', 'op', 'result', 'flags', 'comment', 'dtype', 'given'
    return SimpleNamespace(**{name: getattr(case, name) for name in names}, expected=expected)
