"""`lecture.relu = mine`: what somebody redefines is used by everything that calls it, in both twins.

One test per name. A recorder in the place of a function counts its calls in one small training run; the numbers are
those of the lecture's own text. Then replacements that do something else must show in the result.
"""
import warnings

import numpy as np
import pytest

from . import checks
from .test_lecture import parameters, small_problem

pytestmark = pytest.mark.needs('training')

# 25 rows, minibatches of 4: 5 steps an epoch; 2 epochs, a line each: 10 steps and 3 tests of the accuracy
CALLS = {'arrange_data': 1, 'get_test_data': 1, 'get_train_data': 10, 'run_train': 10, 'run_test': 3,
         'forward_neuralnet': 13, 'forward_postproc': 10, 'eval_accuracy': 13, 'backprop_postproc': 10,
         'backprop_neuralnet': 10}
CALLS_SINGLE = {'forward_neuralnet_hidden1': 13, 'backprop_neuralnet_hidden1': 10, 'relu': 13, 'relu_derv': 10}
CALLS_LIST = {'forward_neuralnet_hiddens': 13, 'backprop_neuralnet_hiddens': 10, 'relu': 26, 'relu_derv': 20}
RUNS = [(name, 4, count) for name, count in {**CALLS, **CALLS_SINGLE}.items()]
RUNS += [(name, [4, 3], count) for name, count in {**CALLS, **CALLS_LIST}.items()]
PREPARING = {'init_model': ('abalone_exec', 1), 'init_model_hidden1': ('init_model', 1), 'alloc_param_pair': ('init_model', 2),
             'train_and_test': ('abalone_exec', 1), 'load_abalone_dataset': ('abalone_exec', 1)}


def record(lecture, name):
    """Put a function in the place of `name` that counts its calls and does the same."""
    own, calls = getattr(lecture, name), []

    def recorder(*arguments, **keywords):
        calls.append(arguments)
        return own(*arguments, **keywords)

    setattr(lecture, name, recorder)
    return calls


def train(lecture, hidden, problem='select'):
    small_problem(lecture, problem, hidden)
    with warnings.catch_warnings(record=True) as notices:
        warnings.simplefilter('always')
        lecture.train_and_test(2, 4, 1)
    return [a.copy() for a in parameters(lecture)], notices


@pytest.mark.parametrize('name, hidden, count', RUNS, ids=[f'{name}-{hidden}' for name, hidden, _ in RUNS])
def test_called_in_training(lecture, capsys, name, hidden, count):
    """As often as in the lecture's text; the run itself stays the same, bit for bit and line for line."""
    wanted, notices = train(lecture, hidden)
    lines = capsys.readouterr().out
    assert not notices
    calls = record(lecture, name)
    trained, notices = train(lecture, hidden)
    assert len(calls) == count
    assert len(notices) <= 1, [str(notice.message) for notice in notices]
    for one, other in zip(trained, wanted):
        checks.same('parameters', one, other)
    assert capsys.readouterr().out == lines


@pytest.mark.parametrize('name', PREPARING)
def test_called_before_training(lecture, name):
    caller, count = PREPARING[name]
    small_problem(lecture, hidden=4)
    data = lecture.data
    if name != 'load_abalone_dataset':      # the run itself on the small data
        lecture.load_abalone_dataset = lambda: None
    else:
        def load():
            lecture.data = data
        lecture.load_abalone_dataset = load
    calls = record(lecture, name)
    getattr(lecture, caller)()
    assert len(calls) == count


@pytest.mark.parametrize('problem', ['pulsar', 'steel'])
def test_other_runs_call_their_loader(lecture, problem):
    small_problem(lecture, hidden=4)
    setattr(lecture, f'load_{problem}_dataset', lambda: None)
    calls = [record(lecture, name) for name in (f'load_{problem}_dataset', 'init_model', 'train_and_test')]
    getattr(lecture, f'{problem}_exec')(2, 5, 0)
    assert [len(c) for c in calls] == [1, 1, 1] and calls[2] == [(2, 5, 0)]


def test_init_model_hiddens_is_called(lecture):
    small_problem(lecture, hidden=[4, 3])
    calls = record(lecture, 'init_model_hiddens'), record(lecture, 'alloc_param_pair')
    lecture.init_model()
    assert [len(c) for c in calls] == [1, 3]


# ---- replacements that do something else ------------------------------------------------------------------------

@pytest.mark.parametrize('hidden', [4, [4], [4, 3]])
def test_another_relu(lecture, hidden):
    small_problem(lecture, hidden=hidden)
    lecture.relu = lambda z: np.full_like(z, 2.0)
    output, aux = lecture.forward_neuralnet(np.ones((5, 3)))
    for layer in aux[1:]:
        checks.same('hidden', layer, np.full(layer.shape, 2.0))
    pair = lecture.pm_output
    pair['w'][...], pair['b'][...] = 1, 3
    checks.same('output', lecture.forward_neuralnet(np.ones((5, 3)))[0], np.full((5, 2), 2.0 * len(pair['w']) + 3))


@pytest.mark.parametrize('hidden', [4, [4], [4, 3]])
def test_another_relu_derv(lecture, hidden):
    """A derivative of 0 everywhere: only the output layer learns, in backprop and in training."""
    small_problem(lecture, hidden=hidden)
    lecture.relu_derv = np.zeros_like
    before = [a.copy() for a in parameters(lecture)]
    _, aux = lecture.forward_neuralnet(lecture.data[:6, :3])
    lecture.backprop_neuralnet(np.ones((6, 2)), aux)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        lecture.train_and_test(1, 5, 1)
    checks.frozen('hidden layers', before[:-2], parameters(lecture)[:-2])
    assert not np.array_equal(parameters(lecture)[-1], before[-1])


@pytest.mark.parametrize('hidden, which', [(4, 'hidden1'), ([4, 3], 'hiddens')])
def test_another_forward_and_backprop(lecture, hidden, which):
    small_problem(lecture, hidden=hidden)
    answer, given = (object(), object()), []
    setattr(lecture, f'forward_neuralnet_{which}', lambda x: answer)
    assert lecture.forward_neuralnet(np.ones((5, 3))) is answer
    setattr(lecture, f'backprop_neuralnet_{which}', lambda *arguments: given.append(arguments))
    before = [a.copy() for a in parameters(lecture)]
    widths = [3, *([hidden] if hidden == 4 else hidden)]
    lecture.backprop_neuralnet(np.ones((5, 2)), [np.ones((5, width)) for width in widths])
    assert len(given) == 1
    checks.frozen('parameters', before, parameters(lecture))


def test_another_loss(lecture, capsys):
    """The course redefines the postprocessing chapter by chapter: loss, gradient and accuracy are then the user's."""
    small_problem(lecture, hidden=[])
    lecture.forward_postproc = lambda output, y: (7.0, [output, y])
    lecture.backprop_postproc = lambda G_loss, aux: np.full_like(aux[0], G_loss * 0.25)
    lecture.eval_accuracy = lambda output, y: 0.5
    lecture.pm_output['w'][...], lecture.pm_output['b'][...] = 0, 8
    capsys.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        lecture.train_and_test(2, 4, 1)
    assert capsys.readouterr().out.splitlines() == [
        'Epoch 1: loss=7.000, accuracy=0.500/0.500', 'Epoch 2: loss=7.000, accuracy=0.500/0.500', '',
        'Final Test: final accuracy = 0.500']
    checks.same('b', lecture.pm_output['b'], np.full(2, 8 - 10 * 0.125 * 4 * 0.25))


def test_another_run_test_may_change_the_run(lecture):
    """Between two epochs somebody's run_test lowers the rate, replaces an array, redefines a function: all count."""
    small_problem(lecture, hidden=4)
    epochs = []

    def lower_the_rate(x, y):
        lecture.LEARNING_RATE = 0
        epochs.append(lecture.pm_output['b'].copy())
        return 0.0

    lecture.run_test = lower_the_rate
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        lecture.train_and_test(3, 5, 1)
    checks.same('after the first epoch nothing moves', epochs[0], epochs[2])


def test_arrays_replaced_during_the_run(lecture):
    small_problem(lecture, hidden=4)
    fresh = {'w': np.zeros((4, 2)), 'b': np.zeros(2)}

    def replace(x, y):
        lecture.pm_output = fresh
        return 0.0

    lecture.run_test = replace
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        lecture.train_and_test(2, 5, 1)
    assert fresh['b'].all(), 'the second epoch trained the old array'


def test_function_redefined_during_the_run(lecture):
    small_problem(lecture, hidden=4)
    calls = []

    def redefine(x, y):
        if not calls:
            calls.append(record(lecture, 'relu'))
        return 0.0

    lecture.run_test = redefine
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        lecture.train_and_test(2, 5, 1)
    assert len(calls[0]) == 4, 'four steps of the second epoch go through the new relu'
