"""The checks themselves: plain functions over an implementation, used on both twins and on planted faults.

A *subject* is an implementation seen through one of its doors, `ThroughNetwork` or `ThroughLecture`; a twin is any
object with the attributes `name`, `lecture`, `Network` and `block` (length of the blocks in its sums, None: unknown).
Each door answers with a dict of named quantities, 'output', 'hidden 1', 'loss', 'gradient w 1', 'w 1' (after the step)
and so on; every quantity is compared (`comparing`) with a value and a bound of that name. Bounds are derived
(`mlp_py.bounds`) or zero (`rational`), never chosen.
"""
import traceback

import numpy as np

from mlp_py.bounds import Bounded, backprop_bounds, step_bounds
from mlp_py.conformance import protocol

from . import rational
from .comparing import RATIOS, Off, compare, equal, frozen, same     # noqa: F401  (checks.compare, ...)
from .messages import Words, kind, raised


# ---- names ----------------------------------------------------------------------------------------------------

def named(step):
    """The quantities of a `StepBounds` or of the oracle's `Step` under their names."""
    result = {'output': step.output, 'G_output': step.G_output, 'input gradient': step.input_gradient,
              'loss': getattr(step, 'reported_loss', step.loss), 'accuracy': getattr(step, 'accuracy', None)}
    result.update({f'hidden {n}': h for n, h in enumerate(step.hiddens, 1)})
    return {**result, **named_pairs('gradient ', step.gradients), **named_pairs('', step.params)}


def named_pairs(prefix, pairs):
    return {f'{prefix}{name} {n}': pair[name] for n, pair in enumerate(pairs, 1) for name in 'wb'}


def copies(pairs):
    return [{name: np.array(pair[name]) for name in 'wb'} for pair in pairs]


def arrays_of(pairs):
    return [pair[name] for pair in pairs for name in 'wb']


# ---- the two doors ------------------------------------------------------------------------------------------

class ThroughNetwork:
    """A twin's class Network."""

    def __init__(self, twin):
        self.twin, self.name, self.block = twin, twin.name, getattr(twin, 'block', None)

    def begin(self, case):
        inputs, hidden, outputs = case.sizes
        self.case = case
        self.net = self.twin.Network(inputs, hidden, outputs, dtype=case.dtype, rng=0)
        for pair, given in zip(self.net.params, case.params, strict=True):
            pair['w'][...], pair['b'][...] = given['w'], given['b']

    def params(self):
        return copies(self.net.params)

    def forward(self, x):
        return self.net.forward(x)

    def backprop(self, G_output, aux):
        self.net.backprop(G_output, aux, self.case.learning_rate)

    def observe(self, x, y):
        """One training step and what can be seen of it."""
        net, problem, before = self.net, self.case.problem, arrays_of(self.params())
        output, aux = net.forward(x)
        loss, gradients = net.loss_and_gradients(problem, x, y)
        evaluated = net.evaluate(problem, x, y)
        frozen('params by forward, loss_and_gradients, evaluate', before, arrays_of(net.params))
        trained = net.train_step(problem, x, y, self.case.learning_rate)
        same('loss of loss_and_gradients, evaluate, train_step', [loss, *evaluated], [trained[0], *trained])
        return {'output': output, 'loss': loss, 'accuracy': trained[1],
                **{f'hidden {n}': h for n, h in enumerate(aux[1:], 1)},
                **named_pairs('gradient ', gradients), **named_pairs('', self.params())}

    def observe_given(self, x, G_output):
        """One backprop of a given gradient."""
        net, before = self.net, arrays_of(self.params())
        output, aux = net.forward(x)
        kept = [np.array(a) for a in aux]
        gradients, input_gradient = net.gradients(G_output, aux), net.input_gradient(G_output, aux)
        frozen('params by gradients, input_gradient', before, arrays_of(net.params))
        self.backprop(G_output, aux)
        frozen('aux by backprop', kept, aux)
        return {'output': output, 'input gradient': input_gradient,
                **named_pairs('gradient ', gradients), **named_pairs('', self.params())}


class ThroughLecture:
    """A twin's module lecture; one hidden layer is driven through `hidden_cnt` where single is true."""

    def __init__(self, twin, single=False):
        self.module, self.single = twin.lecture, single
        self.name, self.block = twin.name, getattr(twin, 'block', None)

    def begin(self, case):
        self.case = case
        self.through_one = self.single and len(case.sizes[1]) == 1
        self.trained_by = 'backprop_neuralnet'
        try:
            protocol.begin(self.module, case.params, case.learning_rate, self.through_one)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if comes_from(error, self.module):
                raise
            found = shapes(getattr(self.module, name, None) for name in ('pm_hidden', 'pm_hiddens', 'pm_output'))
            raise Off(f'pm_* after init_model: {error}', Words('pm_* after init_model', 'init_model 뒤의 pm_*'),
                      shapes([case.params]), found, function='init_model') from error
        self.module.problem = case.problem

    def call(self, function, *arguments):
        """What the function returns; that it cannot be called with these arguments is its fault, too."""
        try:
            return getattr(self.module, function)(*arguments)
        except TypeError as error:
            if comes_from(error, self.module) or not callable(getattr(self.module, function)):
                raise
            raise Off(f'{function}: {error}', Words(f'a call of {function}', f'{function} 호출'),
                      Words('no exception', '예외 없음'), raised(error), function=function) from error

    def params(self):
        return protocol.read(self.module, self.through_one)

    def forward(self, x):
        """(output, aux), and aux is a list of x and the hidden layers."""
        output, aux = two('forward_neuralnet', self.call('forward_neuralnet', x), 'output, aux')
        wanted = len(self.case.params)
        if not isinstance(aux, (tuple, list)) or len(aux) != wanted:
            raise Off(f'aux: expected a list of {wanted}, got {kind(aux)}', 'aux',
                      Words(f'x and each hidden layer: a list of {wanted}', f'x와 은닉 계층: 길이 {wanted}인 리스트'), kind(aux),
                      function='forward_neuralnet')
        return output, aux

    def backprop(self, G_output, aux):
        self.call('backprop_neuralnet', G_output, aux)

    def observe(self, x, y):
        before, given = arrays_of(self.params()), (x.copy(), y.copy())
        self.trained_by = 'run_train'
        output, aux = self.forward(x)
        frozen('pm_*', before, arrays_of(self.params()), 'forward_neuralnet')
        frozen('x', given[:1], (x,), 'forward_neuralnet')
        loss, aux_pp = two('forward_postproc', self.call('forward_postproc', output, y), 'loss, aux')
        accuracy = self.call('eval_accuracy', output, y)
        G_output = self.call('backprop_postproc', 1.0, aux_pp)
        frozen('pm_*', before, arrays_of(self.params()), 'backprop_postproc')
        frozen('x, y', given, (x, y), 'backprop_postproc')
        trained = two('run_train', self.call('run_train', x, y), 'loss, accuracy')
        same('loss, accuracy of run_train', floats(trained), floats((loss, accuracy)))
        frozen('x, y', given, (x, y), 'run_train')
        return {'output': output, 'loss': loss, 'accuracy': accuracy, 'G_output': G_output,
                **{f'hidden {n}': h for n, h in enumerate(aux[1:], 1)}, **named_pairs('', self.params())}

    def observe_given(self, x, G_output):
        given, before = (x.copy(), G_output.copy()), arrays_of(self.params())
        output, aux = self.forward(x)
        frozen('x', given[:1], (x,), 'forward_neuralnet')
        frozen('pm_*', before, arrays_of(self.params()), 'forward_neuralnet')
        kept = [np.array(a) for a in aux]
        self.backprop(G_output, aux)
        frozen('aux', kept, aux, 'backprop_neuralnet')
        frozen('x, G_output', given, (x, G_output), 'backprop_neuralnet')
        return {'output': output, **named_pairs('', self.params())}


def shapes(groups):
    """'(3, 4) (4,) (4, 2) (2,)' of the arrays in pairs and lists of pairs, as far as they are such."""
    pairs = [pair for group in groups for pair in (group if isinstance(group, (list, tuple)) else [group])]
    text = ' '.join(str(np.shape(pair[name])) for pair in pairs if isinstance(pair, dict) for name in 'wb' if name in pair)
    return Words(text, text)


def comes_from(error, module):
    """Was it raised inside a function of this module?"""
    return any(frame.f_globals is getattr(module, '__dict__', None) for frame, _ in traceback.walk_tb(error.__traceback__))


def two(function, result, names):
    """What the function returns: two things."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Off(f'{function}: expected {names}, got {kind(result)}', Words(f'what {function} returns', f'{function}의 반환값'),
                  Words(names, names), kind(result), function=function)
    return result


def floats(values):
    """As float64, if that is what they are."""
    try:
        return np.array(values, float)
    except (TypeError, ValueError):
        return np.array(None)


# ---- what is checked ------------------------------------------------------------------------------------------

def _array_dtype(name, case):
    return None if name in ('loss', 'accuracy') else case.dtype


def _both(value, bound, own):
    """A twin against the oracle: each is off by its own error."""
    return Bounded(value, np.asarray(bound.error) + np.asarray(own.error))


def within_reach(bound, dtype):
    """Does the bound still say something, and is everything far from overflow, squares (the loss) included?

    A network that diverges leaves what the bounds cover; its later steps would be accepted, or overflow.
    """
    limit = np.sqrt(float(np.finfo(dtype).max)) * 2.0**-20
    pairs = [bound.output, *bound.hiddens, *[pair[name] for pair in bound.params for name in 'wb']]
    return all(np.max(np.abs(value) + error) < limit and np.max(error) <= np.max(np.abs(value)) + 2.0**-10
               for value, error in pairs)


def check_steps(subject, case, oracle=None, while_bounded=False):
    """Every step of the case: output, hidden layers, loss, accuracy, gradients, updated parameters.

    while_bounded: later steps of a diverging network are left out, see `within_reach`. Returns the steps checked.

    Compared with the wide values; with an oracle also with its values, whose own rounding errors are those of float64.
    The errors of earlier steps are carried on by the bounds, those of the oracle's steps too.
    """
    subject.begin(case)
    key = subject.name, case.problem, case.dtype
    values, errors, theirs, own_errors = case.params, None, case.params, None
    for n, (x, y) in enumerate(case.batches, 1):
        given = x.copy(), y.copy()
        bound = step_bounds(values, case.problem, x, y, case.learning_rate, case.dtype, errors, block=subject.block)
        if while_bounded and n > 1 and not within_reach(bound, case.dtype):
            return n - 1
        bounds, seen = named(bound), subject.observe(x, y)
        frozen('x and y by a training step', given, (x, y))
        for name, got in seen.items():
            compare(f'step {n}: {name}', got, bounds[name], key, _array_dtype(name, case))
        if oracle is not None:
            step = oracle.step(theirs, case.problem, x, y, case.learning_rate)
            own = step_bounds(values, case.problem, x, y, case.learning_rate, 'float64', own_errors)
            owns, expected = named(own), named(step)
            for name, got in seen.items():
                if expected[name] is not None:
                    compare(f'step {n}: {name}, oracle', got, _both(expected[name], bounds[name], owns[name]), key)
            theirs, own_errors = step.params, own.next_errors()
        values, errors = bound.next_values(), bound.next_errors()
    return len(case.batches)


def check_given_gradient(subject, case, oracle=None):
    """backprop, gradients and input_gradient of an arbitrary gradient of the output."""
    subject.begin(case)
    key, (x, _) = (subject.name, case.problem, case.dtype), case.batches[0]
    given = x.copy(), case.G_output.copy()
    bounds = named(backprop_bounds(case.params, x, case.G_output, case.learning_rate, case.dtype, block=subject.block))
    seen = subject.observe_given(x, case.G_output)
    frozen('x and G_output by backprop', given, (x, case.G_output))
    for name, got in seen.items():
        compare(name, got, bounds[name], key, case.dtype)
    if oracle is not None:
        gradients, input_gradient = oracle.pull_back(case.params, x, case.G_output)
        owns = named(backprop_bounds(case.params, x, case.G_output, case.learning_rate, 'float64'))
        for name, value in {'input gradient': input_gradient, **named_pairs('gradient ', gradients)}.items():
            if name in seen:
                compare(f'{name}, oracle', seen[name], _both(value, bounds[name], owns[name]), key)


def check_exact(subject, case, steps):
    """Every quantity equals the rational one (`steps`, from `rational_steps`) with ==."""
    subject.begin(case)
    for n, ((x, y), wanted) in enumerate(zip(case.batches, steps, strict=True), 1):
        for name, got in subject.observe(x, y).items():
            if name in wanted:
                equal(f'step {n}: {name}', got, wanted[name], _array_dtype(name, case))


def check_exact_given(subject, case, wanted):
    """backprop, gradients and input_gradient of a given gradient (`wanted`, from `rational_given`), with ==."""
    subject.begin(case)
    for name, got in subject.observe_given(case.batches[0][0], case.G_output).items():
        equal(name, got, wanted[name], case.dtype)


def rational_given(case):
    """The rational output, gradients and parameters of a case whose gradient of the output is given."""
    params = [{name: rational.rational(pair[name]) for name in 'wb'} for pair in case.params]
    *h, output = rational.layers(params, rational.rational(case.batches[0][0]))
    return {'output': output, **rational.backward(params, h, rational.rational(case.G_output), case.learning_rate)}


def rational_steps(case):
    """The rational quantities of every step of a case."""
    params, steps = case.params, []
    for x, y in case.batches:
        steps.append(rational.step(params, case.problem, x, y, case.learning_rate))
        params = [{name: steps[-1][f'{name} {n}'] for name in 'wb'} for n in range(1, len(params) + 1)]
    return steps
