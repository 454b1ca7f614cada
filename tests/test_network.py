"""Network: what DESIGN promises of the class, for both twins."""
import copy
import inspect
import pickle
import threading

import numpy as np
import pytest

import mlp_c
import mlp_py

from . import checks

pytestmark = pytest.mark.needs('Network', 'float32', 'errors')

X = np.random.default_rng(0).normal(size=(7, 3))
Y = np.random.default_rng(1).normal(size=(7, 2))


@pytest.fixture
def net(twin):
    return twin.Network(3, [4, 5], 2, std='he', rng=1)


def test_params_are_views_of_theta(net):
    assert [pair['w'].shape for pair in net.params] == [(3, 4), (4, 5), (5, 2)]
    net.theta[...] = np.arange(net.theta.size)
    checks.same('theta', np.concatenate([array.ravel() for array in checks.arrays_of(net.params)]), net.theta)
    net.params[1]['b'] -= 1
    assert net.theta[16 + 20] == 35


def test_entries_cannot_be_rebound(net):
    before = net.theta.copy()
    with pytest.raises(TypeError, match="'w'"):
        net.params[0]['w'] = np.zeros((3, 4))
    with pytest.raises(TypeError):
        net.params[0] = {}
    for name in ('params', 'theta', 'hidden', 'dtype', 'input_cnt', 'output_cnt'):
        with pytest.raises(AttributeError):
            setattr(net, name, None)
    checks.same('theta', net.theta, before)


def test_one_width_or_a_list_of_one(twin):
    a, b = (twin.Network(3, hidden, 2, rng=5) for hidden in (4, [4]))
    for each in (a, b):
        each.train_step('regression', X, Y, 0.5)
    checks.same('theta', a.theta, b.theta)
    assert a.hidden == b.hidden == (4,)


@pytest.mark.parametrize('dtype', ['float64', 'float32'])
@pytest.mark.parametrize('std', [0.003, 'he', 0])
def test_weights_are_drawn_layer_by_layer_in_float64(twin, dtype, std):
    net, rng = twin.Network(3, (4,), 2, dtype=dtype, std=std, rng=9), np.random.default_rng(9)
    for pair, (fan_in, fan_out) in zip(net.params, [(3, 4), (4, 2)], strict=True):
        drawn = rng.normal(0, np.sqrt(2 / fan_in) if std == 'he' else std, (fan_in, fan_out))
        checks.same('w', pair['w'], drawn.astype(dtype))
        checks.same('b', pair['b'], np.zeros(fan_out, dtype))


def test_kinds_of_rng(twin):
    same = [twin.Network(3, 4, 2, rng=rng).theta for rng in (7, np.random.default_rng(7), np.int64(7))]
    checks.same('theta', same[0], same[1])
    checks.same('theta', same[0], same[2])
    assert not np.array_equal(twin.Network(3, 4, 2).theta, twin.Network(3, 4, 2).theta), 'None is fresh'
    checks.same('w', twin.Network(3, 4, 2, rng=np.random.RandomState(7)).params[0]['w'],
                np.random.RandomState(7).normal(0, 0.003, (3, 4)))


@pytest.mark.parametrize('copied', [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=['deepcopy', 'pickle'])
def test_copies_stand_on_their_own(net, copied):
    twin = copied(net)
    checks.same('theta', twin.theta, net.theta)
    before = net.theta.copy()
    twin.train_step('regression', X, Y, 0.5)
    checks.same('theta of the original', net.theta, before)
    assert not np.array_equal(twin.theta, before)
    assert twin.params[0]['w'].base is not None and repr(twin) == repr(net)


def test_signatures_are_the_same_in_both_twins():
    assert inspect.signature(mlp_c.Network) == inspect.signature(mlp_py.Network)
    names = [name for name in dir(mlp_py.Network) if not name.startswith('_')]
    assert names == [name for name in dir(mlp_c.Network) if not name.startswith('_')]
    for name in names:
        mine, theirs = getattr(mlp_py.Network, name), getattr(mlp_c.Network, name)
        if callable(mine):
            assert inspect.signature(mine) == inspect.signature(theirs), name
            assert mine.__doc__ and theirs.__doc__, name


def test_aux_holds_x_itself(net):
    x = np.ascontiguousarray(X)
    assert net.forward(x)[1][0] is x
    assert len(net.forward(x)[1]) == 3


@pytest.mark.parametrize('order, mb_size', [([0, 1, 2, 3, 4, 5, 6], 3), ([5, 5, 0, 6], 4), ([2], 10), ([6, 0, 0], 1)])
def test_an_epoch_is_its_steps(twin, order, mb_size):
    nets = [twin.Network(3, [4], 2, std='he', rng=3) for _ in range(2)]
    losses, accuracies = nets[0].train_epoch('regression', X, Y, order, mb_size, 0.25)
    steps = [nets[1].train_step('regression', X[order[begin:begin + mb_size]], Y[order[begin:begin + mb_size]], 0.25)
             for begin in range(0, len(order), mb_size)]
    checks.same('losses', losses, np.array(steps)[:, 0])
    checks.same('accuracies', accuracies, np.array(steps)[:, 1])
    checks.same('theta', nets[0].theta, nets[1].theta)


def test_batch_of_no_rows(net):
    x, before = np.zeros((0, 3)), net.theta.copy()
    output, aux = net.forward(x)
    assert output.shape == (0, 2) and [a.shape for a in aux] == [(0, 3), (0, 4), (0, 5)]
    net.backprop(np.zeros((0, 2)), aux, 0.5)
    assert all((array == 0).all() for array in checks.arrays_of(net.gradients(output, aux)))
    assert net.input_gradient(output, aux).shape == (0, 3) and net.predict(x).shape == (0, 2)
    for call in (net.evaluate, net.loss_and_gradients):
        with pytest.raises(ValueError, match='^x:'):
            call('regression', x, np.zeros((0, 2)))
    with pytest.raises(ValueError, match='^x:'):
        net.train_step('regression', x, np.zeros((0, 2)), 0.5)
    checks.same('theta', net.theta, before)


@pytest.mark.parametrize('problem', ['regression', 'binary', 'select'])
def test_predict(net, problem):
    raw, out = net.predict(X), np.full((7, 2), np.nan)
    checks.same('predict', raw, net.forward(X)[0])
    assert net.predict(X, problem, out=out) is out
    checks.same('out', out, net.predict(X, problem=problem))
    if problem == 'regression':
        checks.same('probabilities', out, raw)
    elif problem == 'binary':
        assert ((out > 0.5) == (raw > 0)).all() and (out > 0).all() and (out < 1).all()
    else:
        assert np.abs(out.sum(axis=1) - 1).max() <= 2 * 2.0**-52 and (out.argmax(1) == raw.argmax(1)).all()


def test_predict_into_its_own_input(twin):
    net = twin.Network(3, [4], 3, std='he', rng=3)
    x = X.copy()
    checks.same('x', net.predict(x, out=x), net.predict(X))


def test_two_threads_on_one_network(twin):
    """Unsupported, but safe: the second thread gets its turn or a RuntimeError, and everything stays finite."""
    net, other = twin.Network(3, [64], 2, std='he', rng=3), []
    order = np.tile(np.arange(7), 2000)

    def work():
        try:
            net.train_epoch('regression', X, Y, order, 7, 1e-3)
        except RuntimeError as error:
            other.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.isfinite(net.theta).all() and all('thread' in text for text in other)


def test_rows_do_not_depend_on_their_batch():
    """mlp_c's promise: a row's output has the same bits in every batch."""
    net, rng = mlp_c.Network(300, [17, 5], 3, std='he', rng=2), np.random.default_rng(4)
    x = rng.normal(size=(64, 300))
    together = net.predict(x)
    for begin, end in [(n, n + 1) for n in range(64)] + [(3, 20), (1, 64)]:
        checks.same(f'rows {begin}:{end}', net.predict(x[begin:end]), together[begin:end])


def test_mlp_c_never_loads_the_arithmetic_of_its_twin():
    import subprocess
    import sys
    code = ('import sys, mlp_c; print([name for name in sys.modules if name in '
            '("mlp_py.lecture", "mlp_py.network", "mlp_py.problems")])')
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.strip() == '[]'
