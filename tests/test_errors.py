"""Bad input: the same kind of error from both twins, naming the argument; parameters and inputs stay as they were."""
import numpy as np
import pytest

import mlp_c
import mlp_py

from . import checks

pytestmark = pytest.mark.needs('Network', 'training', 'errors')

X, Y, G = np.ones((4, 3)), np.ones((4, 2)), np.ones((4, 2))
GOOD = {'x': X, 'y': Y, 'G_output': G, 'aux': [X, np.ones((4, 5))], 'learning_rate': 0.5, 'problem': 'regression',
        'order': [0, 1, 2, 3], 'mb_size': 2, 'out': None}

NOT_NUMBERS = [(value, TypeError) for value in (None, 'text', object(), 1j * X, np.array([[object()] * 3] * 4), [['a']],
                                                {'a': 1}, np.zeros((4, 3), 'M8[s]'), b'bytes')]
BAD = {
    'x': [*NOT_NUMBERS, (X[0], ValueError), (X.T, ValueError), (X[None], ValueError), ([[1, 2], [3]], ValueError),
          (3.0, ValueError), (np.ones((4, 0)), ValueError), ([], ValueError)],
    'y': [*NOT_NUMBERS, (Y[:1], ValueError), (Y[:, :1], ValueError), (Y[:, 0], ValueError), (1.0, ValueError)],
    'G_output': [*NOT_NUMBERS, (G[:, :1], ValueError), (G[0], ValueError), (G[None], ValueError)],
    'aux': [(None, TypeError), (X, TypeError), ('ab', TypeError), ([X], ValueError), ([X, X, X], ValueError),
            ([X, None], TypeError), ([X, np.ones((3, 5))], ValueError), ([X, np.ones((4, 6))], ValueError),
            ([X, 'text'], TypeError)],
    'learning_rate': [(None, TypeError), ('0.1', TypeError), (1j, TypeError), (True, TypeError), ([0.1], TypeError),
                      (np.nan, ValueError), (np.inf, ValueError), (-np.inf, ValueError), (10**400, ValueError)],
    'problem': [(1, TypeError), (b'binary', TypeError), ('softmax', ValueError), ('', ValueError), (['binary'], TypeError)],
    'order': [('0', TypeError), ([0.0, 1.0], TypeError), ([True], TypeError), ([[0]], ValueError), ([], ValueError),
              ([4], ValueError), ([-1], ValueError), (3, ValueError), (None, TypeError)],
    'mb_size': [(0, ValueError), (-1, ValueError), (1.0, TypeError), ('1', TypeError), (None, TypeError), (True, TypeError)],
    'out': [([[0.0]], TypeError), (np.ones((4, 3)), ValueError), (np.ones((4, 2), 'float32'), ValueError),
            (np.ones((2, 4)).T, ValueError), (np.ones((4, 2)).view('>f8'), ValueError)],
}
CALLS = {
    'forward': ['x'], 'backprop': ['G_output', 'aux', 'learning_rate'], 'gradients': ['G_output', 'aux'],
    'input_gradient': ['G_output', 'aux'], 'evaluate': ['problem', 'x', 'y'], 'loss_and_gradients': ['problem', 'x', 'y'],
    'train_step': ['problem', 'x', 'y', 'learning_rate'],
    'train_epoch': ['problem', 'x', 'y', 'order', 'mb_size', 'learning_rate'], 'predict': ['x', 'problem', 'out'],
}
TABLE = [(call, name) for call, names in CALLS.items() for name in names]


def refused(call, arguments, kind, name):
    """`call` raises `kind` with a message that begins with `name`."""
    try:
        call(**arguments)
    except Exception as error:
        assert type(error) is kind and str(error).startswith(name) and 'got' in str(error), (arguments, kind, error)
    else:
        pytest.fail(f'{arguments} raised nothing')


@pytest.mark.parametrize('call, name', TABLE)
def test_methods_of_network(twin, call, name):
    for value, kind in BAD[name]:
        net = twin.Network(3, 5, 2, std=1, rng=1)
        arguments = {each: GOOD[each] for each in CALLS[call]}
        before = [net.theta.copy(), X.copy(), Y.copy(), G.copy()]
        getattr(net, call)(**arguments)
        net.theta[...] = before[0]
        refused(getattr(net, call), {**arguments, name: value}, kind, name)
        checks.frozen('parameters or inputs', before, [net.theta, X, Y, G])


@pytest.mark.parametrize('name, value, kind', [
    *[(name, value, kind) for name in ('input_cnt', 'output_cnt') for value, kind in
      ((0, ValueError), (-1, ValueError), (True, TypeError), (2.0, TypeError), ('3', TypeError), (None, TypeError))],
    ('hidden', 0, ValueError), ('hidden', [4, 0], ValueError), ('hidden', True, TypeError), ('hidden', [True], TypeError),
    ('hidden', 'ab', TypeError), ('hidden', None, TypeError), ('hidden', 4.0, TypeError), ('hidden', [4.0], TypeError),
    ('hidden', np.ones((2, 2), int), TypeError), ('dtype', 'float16', ValueError), ('dtype', 'text', TypeError),
    ('dtype', None, ValueError), ('dtype', int, ValueError), ('std', -1, ValueError), ('std', 'xavier', ValueError),
    ('std', np.nan, ValueError), ('std', None, TypeError), ('rng', 'seed', TypeError), ('rng', -1, ValueError),
    ('rng', 1.5, TypeError), ('rng', True, TypeError)])
def test_constructor(twin, name, value, kind):
    refused(twin.Network, {'input_cnt': 3, 'hidden': 5, 'output_cnt': 2, 'dtype': 'float64', 'rng': 1, name: value},
            kind, name)


def test_a_rate_beyond_float32(twin):
    net = twin.Network(3, 5, 2, dtype='float32', rng=1)
    refused(net.train_step, {'problem': 'regression', 'x': X, 'y': Y, 'learning_rate': 1e39}, ValueError, 'learning_rate')


LECTURE = [
    *[(call, {'x': value}, kind, 'x') for call in ('forward_neuralnet', 'forward_neuralnet_hidden1') for value, kind in BAD['x']],
    *[('backprop_neuralnet', {'G_output': G, 'hiddens': value}, kind, 'hiddens') for value, kind in BAD['aux']],
    *[('backprop_neuralnet_hidden1', {'G_output': value, 'aux': GOOD['aux']}, kind, 'G_output')
      for value, kind in BAD['G_output']],
    *[('run_train', {'x': X, 'y': value}, kind, 'y') for value, kind in BAD['y']],
    *[('run_test', {'x': value, 'y': Y}, kind, 'x') for value, kind in BAD['x']],
    *[(call, {'output': Y, 'y': value}, kind, 'y') for call in ('forward_postproc', 'eval_accuracy') for value, kind in BAD['y']],
    *[('backprop_postproc', {'G_loss': value, 'aux': [Y, Y]}, kind, 'G_loss') for value, kind in BAD['learning_rate']],
    *[('backprop_postproc', {'G_loss': 1.0, 'aux': value}, TypeError, 'aux') for value in (None, [Y], [Y, Y, Y], 3)],
    *[(call, {name: value}, TypeError, name) for call, name in (('relu', 'x'), ('relu_derv', 'y')) for value in (None, 'a', 1j)],
    *[('set_hidden', {'info': value}, kind, 'info') for value, kind in
      ((None, TypeError), (True, TypeError), ('4', TypeError), (4.0, TypeError), (0, ValueError), ([4, -1], ValueError),
       ([4.0], TypeError), (np.ones((2, 2), int), TypeError))],
    *[('alloc_param_pair', {'shape': value}, kind, 'shape') for value, kind in
      ((None, TypeError), (3, TypeError), ([3, 0], ValueError), ([], ValueError), ([1.5], TypeError))],
    *[('arrange_data', {'mb_size': value}, kind, 'mb_size') for value, kind in [*BAD['mb_size'], (9, ValueError)]],
    *[('train_and_test', {'epoch_count': 1, 'mb_size': 2, 'report': 1, name: value}, kind, name)
      for name in ('epoch_count', 'mb_size', 'report') for value, kind in
      ((-1, ValueError), (1.0, TypeError), ('1', TypeError), (None, TypeError), (True, TypeError))],
    *[('get_train_data', {'mb_size': 2, 'nth': 0, name: value}, kind, name) for name, value, kind in
      (('nth', 9, ValueError), ('nth', -1, ValueError), ('nth', '0', TypeError), ('mb_size', 0, ValueError))],
]


@pytest.mark.parametrize('call', dict.fromkeys(call for call, *_ in LECTURE))
def test_functions_of_the_lecture(lecture, call):
    for _, arguments, kind, name in (entry for entry in LECTURE if entry[0] == call):
        check_function(lecture, call, arguments, kind, name)


def check_function(lecture, call, arguments, kind, name):
    lecture.input_cnt, lecture.output_cnt, lecture.problem = 3, 2, 'regression'
    lecture.data = np.arange(50.0).reshape(10, 5)
    lecture.set_hidden(5)
    lecture.init_model()
    lecture.arrange_data(2)
    arrays = [lecture.pm_hidden['w'], lecture.pm_hidden['b'], lecture.pm_output['w'], lecture.data, X, Y, G]
    before, state = [array.copy() for array in arrays], np.random.get_state()[1].tobytes()
    refused(getattr(lecture, call), arguments, kind, name)
    checks.frozen('parameters, data or inputs', before, arrays)
    assert np.random.get_state()[1].tobytes() == state, 'something was drawn'
    assert lecture.hidden_cnt == 5 and lecture.hidden_config is None


@pytest.mark.parametrize('value, kind', BAD['learning_rate'])
def test_rate_of_the_lecture(lecture, value, kind):
    lecture.input_cnt, lecture.output_cnt = 3, 2
    lecture.set_hidden(5)
    lecture.init_model()
    lecture.LEARNING_RATE = value
    refused(lecture.backprop_neuralnet, {'G_output': G, 'hiddens': GOOD['aux']}, kind, 'LEARNING_RATE')


def test_the_table_is_large_enough():
    assert sum(len(BAD[name]) for _, name in TABLE) + len(LECTURE) >= 200
    assert {mlp_c.__name__, mlp_py.__name__} == {'mlp_c', 'mlp_py'}


@pytest.mark.parametrize('layout', ['F', 'step', 'negative', 'offset', 'swapped', 'float32', 'float16', 'int', 'bool',
                                    'broadcast', 'read-only', 'subclass', 'list'])
def test_layouts_of_x_give_the_same_bits(twin, layout):
    rng = np.random.default_rng(0)
    plain = np.round(rng.normal(size=(6, 3)) * 4)
    if layout == 'bool':
        plain = (plain > 0).astype(float)
    if layout == 'broadcast':
        plain = np.repeat(plain[:1], 6, axis=0)
    gaps = np.full((12, 6), np.nan)
    gaps[::2, ::2] = plain
    raw = np.zeros(plain.nbytes + 1, np.uint8)
    raw[1:] = np.frombuffer(plain.tobytes(), np.uint8)
    frozen = plain.copy()
    frozen.flags.writeable = False
    x = {'F': np.asfortranarray(plain), 'step': gaps[::2, ::2], 'negative': plain[::-1, ::-1].copy()[::-1, ::-1],
         'offset': raw[1:].view(np.float64).reshape(6, 3), 'swapped': plain.astype('>f8'),
         'float32': plain.astype('f4'), 'float16': plain.astype('f2'), 'int': plain.astype(int),
         'bool': plain.astype(bool), 'broadcast': np.broadcast_to(plain[:1], (6, 3)), 'read-only': frozen,
         'subclass': np.asmatrix(plain), 'list': plain.tolist()}[layout]
    net = twin.Network(3, [4], 2, std='he', rng=1)
    checks.same('output', net.predict(x), net.predict(plain) if twin.name == 'mlp_c' else net.predict(np.array(x, float)))
    checks.compare('output', net.predict(x), checks.Bounded(net.predict(plain), 1e-13))
