"""The lecture, whole: every name, signature and global of the contract, in both twins, and the order of its effects."""
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from . import checks

pytestmark = pytest.mark.needs('training', 'errors', 'float32')

SIGNATURES = {
    'alloc_param_pair': '(shape)', 'relu': '(x)', 'relu_derv': '(y)',
    'init_model_hidden1': '()', 'forward_neuralnet_hidden1': '(x)', 'backprop_neuralnet_hidden1': '(G_output, aux)',
    'init_model_hiddens': '()', 'forward_neuralnet_hiddens': '(x)', 'backprop_neuralnet_hiddens': '(G_output, aux)',
    'init_model': '()', 'forward_neuralnet': '(x)', 'backprop_neuralnet': '(G_output, hiddens)',
    'set_hidden': '(info)', 'arrange_data': '(mb_size)', 'get_test_data': '()', 'get_train_data': '(mb_size, nth)',
    'run_train': '(x, y)', 'run_test': '(x, y)', 'train_and_test': '(epoch_count, mb_size, report)',
    'forward_postproc': '(output, y)', 'backprop_postproc': '(G_loss, aux)', 'eval_accuracy': '(output, y)',
    'load_abalone_dataset': '()', 'load_pulsar_dataset': '()', 'load_steel_dataset': '()',
    'abalone_exec': '(epoch_count=10, mb_size=10, report=1)', 'pulsar_exec': '(epoch_count=10, mb_size=10, report=1)',
    'steel_exec': '(epoch_count=10, mb_size=10, report=1)',
}
CONSTANTS = {'LEARNING_RATE': 0.001, 'RND_MEAN': 0, 'RND_STD': 0.0030}
STATE = ('input_cnt', 'output_cnt', 'hidden_cnt', 'hidden_config', 'pm_output', 'pm_hidden', 'pm_hiddens', 'data',
         'shuffle_map', 'test_begin_idx', 'problem')
ROOT = Path(__file__).resolve().parent.parent


def small_problem(lecture, problem='regression', hidden=4, rows=25, seed=5):
    """Data of 3 inputs and 2 outputs, and a model with weights large enough to learn."""
    rng = np.random.RandomState(seed)
    y = rng.uniform(1, 2, (rows, 2)) if problem == 'regression' else np.eye(2)[rng.randint(0, 2, rows)]
    lecture.data = np.hstack([rng.normal(size=(rows, 3)), y])
    lecture.input_cnt, lecture.output_cnt, lecture.problem = 3, 2, problem
    lecture.RND_STD, lecture.LEARNING_RATE = 0.5, 0.125
    lecture.set_hidden(hidden)
    np.random.seed(seed)
    lecture.init_model()


def parameters(lecture):
    hidden = [lecture.pm_hidden] if lecture.hidden_config is None else lecture.pm_hiddens
    return checks.arrays_of([*hidden, lecture.pm_output])


def run_python(code, *paths, **environment):
    """A fresh interpreter that runs `code` and finds modules in `paths`."""
    variables = {**os.environ, 'PYTHONPATH': os.pathsep.join(map(str, paths)), 'PYTHONIOENCODING': 'utf-8',
                 **environment}
    return subprocess.run([sys.executable, '-c', code], capture_output=True, encoding='utf-8', env=variables, timeout=60)


# ---- names --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('name', SIGNATURES)
def test_signature(lecture, name):
    assert str(inspect.signature(getattr(lecture, name))) == SIGNATURES[name]
    assert inspect.getdoc(getattr(lecture, name))


def test_state_at_import(twin):
    code = f'import {twin.name}.lecture as lecture\nfor name in {(*CONSTANTS, *STATE)}: print(getattr(lecture, name))'
    result = run_python(code, ROOT)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [*map(str, CONSTANTS.values()), *['None'] * len(STATE)]


def test_lecture_page_runs_alone(tmp_path):
    """mlp_py/lecture.py copied into an empty folder: no package around it, and it trains."""
    shutil.copy(ROOT / 'mlp_py' / 'lecture.py', tmp_path)
    code = ('import numpy as np, lecture\n'
            'lecture.data = np.random.RandomState(0).uniform(1, 2, (50, 5))\n'
            'lecture.input_cnt, lecture.output_cnt, lecture.problem = 3, 2, "regression"\n'
            'lecture.set_hidden([4, 3]); lecture.init_model(); lecture.train_and_test(2, 10, 1)')
    result = run_python(code, tmp_path)
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if line]
    assert len(lines) == 4 and lines[1].startswith('Epoch 1: loss=') and lines[3].startswith('Final Test: ')


# ---- the model ----------------------------------------------------------------------------------------------

def test_model_lines(lecture, capsys):
    small_problem(lecture, hidden=4)
    small_problem(lecture, hidden=[])
    small_problem(lecture, hidden=[4, 3, 2])
    assert capsys.readouterr().out.splitlines() == [
        '은닉 계층 하나를 갖는 다층 퍼셉트론이 작동되었습니다.', '은닉 계층 0개를 갖는 다층 퍼셉트론이 작동되었습니다.',
        '은닉 계층 3개를 갖는 다층 퍼셉트론이 작동되었습니다.']


def test_alloc_param_pair(lecture):
    lecture.RND_MEAN, lecture.RND_STD = 2, 0.5
    for shape in ([3, 4], (3, 4)):
        np.random.seed(3)
        pair = lecture.alloc_param_pair(shape)
        assert set(pair) == {'w', 'b'}
        checks.same('w', pair['w'], np.random.RandomState(3).normal(2, 0.5, (3, 4)))
        checks.same('b', pair['b'], np.zeros(4))


def test_set_hidden(lecture):
    lecture.set_hidden([12, 6])
    assert lecture.hidden_config == [12, 6] and isinstance(lecture.hidden_config, list)
    lecture.set_hidden(7)
    assert lecture.hidden_cnt == 7 and lecture.hidden_config is None
    for several in ((5, 4), np.array([5, 4]), [np.int32(5), np.int64(4)]):
        lecture.set_hidden(several)
        assert lecture.hidden_config == [5, 4] and isinstance(lecture.hidden_config, list)
    lecture.set_hidden([])
    assert lecture.hidden_config == []
    for one in (np.int64(3), np.uint8(3)):
        lecture.set_hidden(one)
        assert lecture.hidden_cnt == 3 and lecture.hidden_config is None
    for wrong, error in ((True, TypeError), (None, TypeError), ('4', TypeError), (4.0, TypeError), ([4.0], TypeError),
                         ([True], TypeError), (0, ValueError), (-1, ValueError), ([4, 0], ValueError)):
        with pytest.raises(error, match='info'):
            lecture.set_hidden(wrong)
    assert lecture.hidden_cnt == 3 and lecture.hidden_config is None


def test_assigned_globals_rule(lecture):
    """hidden_config, input_cnt, LEARNING_RATE assigned from outside are what the functions use."""
    lecture.input_cnt, lecture.output_cnt, lecture.hidden_config = 10, 2, [12, 6, 4]
    lecture.init_model()
    assert [pm['w'].shape for pm in (*lecture.pm_hiddens, lecture.pm_output)] == [(10, 12), (12, 6), (6, 4), (4, 2)]
    output, aux = lecture.forward_neuralnet(np.ones((3, 10)))
    assert output.shape == (3, 2) and [a.shape for a in aux] == [(3, 10), (3, 12), (3, 6), (3, 4)]
    for rate in (0.0, 0.25, 1.0):
        before = lecture.pm_output['b'].copy()
        lecture.LEARNING_RATE = rate
        lecture.backprop_neuralnet(np.ones((3, 2)), aux)
        checks.same('b', lecture.pm_output['b'], before - rate * 3)


@pytest.mark.parametrize('dtype', ['float64', 'float32'])
def test_one_width_is_a_list_of_one(lecture, dtype):
    """hidden_cnt = 4 and hidden_config = [4]: the same bits after init, forward and three steps."""
    seen = []
    for hidden in (4, [4]):
        small_problem(lecture, 'select', hidden)
        pairs = [lecture.pm_hidden if hidden == 4 else lecture.pm_hiddens[0], lecture.pm_output]
        for pair in pairs:
            pair['w'], pair['b'] = pair['w'].astype(dtype), pair['b'].astype(dtype)
        x, y = lecture.data[:7, :3].astype(dtype), lecture.data[:7, 3:].astype(dtype)
        results = [lecture.run_train(x, y) for _ in range(3)]
        output, aux = lecture.forward_neuralnet(x)
        assert output.dtype == dtype
        seen.append([np.array(results, float), output, *aux, *parameters(lecture)])
    for one, other in zip(*seen, strict=True):
        checks.same('a quantity', one, other)


@pytest.mark.parametrize('hidden', [1, [1]])
def test_G_hidden_uses_the_old_weights(lecture, hidden):
    """By hand: w_hidden 1, w_output 2, x 1, G 1, rate 1. G_hidden is 2, not the 1 of the updated output weight."""
    lecture.input_cnt = lecture.output_cnt = 1
    lecture.set_hidden(hidden)
    lecture.init_model()
    lecture.LEARNING_RATE = 1.0
    w_hidden, w_output = parameters(lecture)[::2]
    w_hidden[...], w_output[...] = 1, 2
    _, aux = lecture.forward_neuralnet(np.array([[1.0]]))
    lecture.backprop_neuralnet(np.array([[1.0]]), aux)
    assert [float(a) for a in map(np.squeeze, parameters(lecture))] == [-1, -2, 1, -1]


@pytest.mark.parametrize('hidden', [4, [4], [4, 3]])
def test_arrays_change_in_place_and_may_be_replaced(lecture, hidden):
    small_problem(lecture, hidden=hidden)
    x, y = lecture.data[:6, :3], lecture.data[:6, 3:]
    arrays = parameters(lecture)
    before = [a.copy() for a in arrays]
    lecture.run_train(x, y)
    for array, kept, old in zip(parameters(lecture), arrays, before):
        assert array is kept and not np.array_equal(array, old)
    lecture.pm_output = {'w': np.zeros_like(arrays[-2]), 'b': np.array([1.0, 2.0])}
    checks.same('output', lecture.forward_neuralnet(x)[0], np.tile([1.0, 2.0], (6, 1)))
    lecture.pm_output['b'] = np.array([3.0, 4.0])
    checks.same('output', lecture.forward_neuralnet(x)[0], np.tile([3.0, 4.0], (6, 1)))


def test_aux_begins_with_x_itself(lecture):
    for hidden in (4, [], [4, 3]):
        small_problem(lecture, hidden=hidden)
        x = np.ones((2, 3))
        assert lecture.forward_neuralnet(x)[1][0] is x


@pytest.mark.parametrize('hidden', [4, [], [4, 3]])
def test_batch_of_no_rows(lecture, hidden):
    small_problem(lecture, hidden=hidden)
    before = [a.copy() for a in parameters(lecture)]
    output, aux = lecture.forward_neuralnet(np.zeros((0, 3)))
    assert output.shape == (0, 2) and output.dtype == np.float64
    lecture.backprop_neuralnet(np.zeros((0, 2)), aux)
    checks.frozen('parameters', before, parameters(lecture))
    for call in (lecture.run_train, lecture.run_test):
        with pytest.raises(ValueError):
            call(np.zeros((0, 3)), np.zeros((0, 2)))


# ---- the order of random draws --------------------------------------------------------------------------------

@pytest.mark.parametrize('hidden', [4, [], [4, 3]])
def test_order_of_random_draws(lecture, hidden):
    """Weights layer by layer, then the split, then one shuffle of the training part an epoch; nothing else draws."""
    small_problem(lecture, hidden=hidden, rows=25, seed=11)
    start = [a.copy() for a in parameters(lecture)]
    widths = [3, *([hidden] if hidden == 4 else hidden), 2]
    rng = np.random.RandomState(11)
    for array, shape in zip(start[::2], zip(widths, widths[1:])):
        checks.same('w', array, rng.normal(0, 0.5, shape))
    lecture.train_and_test(3, 4, 1)
    rows = np.arange(25)
    rng.shuffle(rows)
    for _ in range(3):
        rng.shuffle(rows[:20])
    checks.same('shuffle_map', lecture.shuffle_map, rows)
    assert lecture.test_begin_idx == 20
    assert np.random.get_state()[1].tobytes() == rng.get_state()[1].tobytes()
    assert np.random.get_state()[2:] == rng.get_state()[2:]


def test_data_functions(lecture):
    small_problem(lecture, rows=23)
    data = lecture.data
    np.random.seed(4)
    assert lecture.arrange_data(4) == 4        # int(23 * 0.8) = 18 rows, four whole minibatches
    assert lecture.test_begin_idx == 16 and sorted(lecture.shuffle_map) == list(range(23))
    x, y = lecture.get_test_data()
    checks.same('test x', x, data[lecture.shuffle_map[16:], :3])
    checks.same('test y', y, data[lecture.shuffle_map[16:], 3:])
    before = lecture.shuffle_map.copy()
    x, y = lecture.get_train_data(4, 1)
    checks.same('shuffle_map', lecture.shuffle_map, before)
    checks.same('x', x, data[before[4:8], :3])
    checks.same('y', y, data[before[4:8], 3:])
    lecture.get_train_data(4, 0)
    assert sorted(lecture.shuffle_map[:16]) == sorted(before[:16]) and list(lecture.shuffle_map[:16]) != list(before[:16])
    checks.same('test rows', lecture.shuffle_map[16:], before[16:])


def test_printed_lines(lecture, capsys):
    """Every `report` epochs a line, at the end a blank line and the final one; report 0: the final one alone."""
    for report, epochs in ((1, [1, 2, 3, 4]), (2, [2, 4]), (3, [3]), (0, []), (9, [])):
        small_problem(lecture, 'binary')
        capsys.readouterr()
        assert lecture.train_and_test(4, 5, report) is None
        *lines, blank, last = capsys.readouterr().out.split('\n')[:-1]
        assert [line.split(':')[0] for line in lines] == [f'Epoch {n}' for n in epochs]
        assert blank == '' and last.startswith('Final Test: final accuracy = ')


@pytest.mark.parametrize('problem', ['regression', 'binary', 'select'])
@pytest.mark.parametrize('hidden', [4, [], [4, 3]])
def test_training_is_made_of_its_steps(lecture, problem, hidden):
    """train_and_test leaves the same bits as run_train over get_train_data, minibatch by minibatch."""
    small_problem(lecture, problem, hidden)
    lecture.train_and_test(3, 4, 1)
    trained = [a.copy() for a in parameters(lecture)]
    small_problem(lecture, problem, hidden)
    steps = lecture.arrange_data(4)
    for _ in range(3):
        for nth in range(steps):
            lecture.run_train(*lecture.get_train_data(4, nth))
    for one, other in zip(trained, parameters(lecture)):
        checks.same('parameters', one, other)
