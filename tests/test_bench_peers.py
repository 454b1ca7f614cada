"""The C and C++ contestants of the benchmark compute the numbers of mlp_py: a race between equals.

The quick tier compiles two of them for one shape each; the full tier all of them, for many shapes, half in each
precision: a compilation takes seconds, and the bench itself compares whom it times.
"""
import ctypes
import os
import sys

import numpy as np
import pytest

from mlp_py import Network

from .bench import native, training, wide

SHAPES = {(10, 4, 1): 10, (8, 12, 6, 1): 10, (27, 12, 6, 4, 7): 10, (24, 8, 2): 200, (64, 32, 10): 32, (5, 1): 10,
          (784, 128, 10): 100}
COMPILED_FOR = {'float64': [(10, 4, 1)], 'float32': [(27, 12, 6, 4, 7)]}      # of the forms that are compiled for each shape
STEPS, RATE = 5, 0.01
TOLERANCE = {'float64': 1e-12, 'float32': 1e-5}        # relative to the largest parameter

pytestmark = pytest.mark.skipif(not sys.platform.startswith('linux'), reason='the contestants are built on Linux only')


def compared(name, shape, rows, dtype, seed, threads=1):
    """Difference of theta after five steps, and of the last loss, between a contestant and mlp_py."""
    peer, reason = native.find(name, shape, rows, dtype, threads)
    if peer is None:
        pytest.skip(f'{name}: {reason}')
    peer.set_threads(threads)
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(size=(2 * rows + 3, width)).astype(dtype) for width in (shape[0], shape[-1]))
    order = rng.integers(0, len(x), size=STEPS * rows)
    net = Network(shape[0], shape[1:-1], shape[-1], dtype=dtype, std='he', rng=seed)
    for pair in net.params:
        pair['b'][:] = rng.normal(size=pair['b'].shape) / 10
    theta = net.theta.copy()
    try:
        loss = peer.train(x, y, order, STEPS, theta, RATE)
    finally:
        peer.set_threads(1)
    for picked in order.reshape(STEPS, rows):
        output, aux = net.forward(x[picked])
        difference = output - y[picked]
        net.backprop(2 * difference / difference.size, aux, RATE)
    expected = np.mean(difference.astype('float64') ** 2)
    return np.max(np.abs(theta - net.theta)) / np.max(np.abs(net.theta)), abs(loss - expected) / expected


@pytest.mark.parametrize('name, shape', [('openblas', (8, 12, 6, 1)), ('xsmm', (27, 12, 6, 4, 7))])
def test_two_contestants_match(name, shape, seed):
    assert max(compared(name, shape, SHAPES[shape], 'float64', seed)) < TOLERANCE['float64']


MATCHING = [recipe for recipe in native.RECIPES if recipe.matches]
DTYPE = {recipe.name: ('float64', 'float32')[n % 4 in (1, 2)] for n, recipe in enumerate(MATCHING)}     # rows, then columns
ASKED = [(recipe.name, shape, dtype) for recipe in MATCHING for dtype in TOLERANCE
         for shape in (COMPILED_FOR[dtype] if recipe.per_shape else SHAPES if dtype == DTYPE[recipe.name] else ())]


@pytest.mark.full
@pytest.mark.parametrize('name, shape, dtype', [
    pytest.param(*asked, id=f'{asked[0]}-{"-".join(map(str, asked[1]))}-{asked[2]}') for asked in ASKED])
def test_contestant_matches(name, shape, dtype, seed):
    assert max(compared(name, shape, SHAPES[shape], dtype, seed)) < TOLERANCE[dtype]


@pytest.mark.full
@pytest.mark.parametrize('name', [recipe.name for recipe in native.RECIPES if recipe.threaded is not None])
def test_contestant_matches_on_two_threads(name, seed):
    dtype = DTYPE[name]
    assert max(compared(name, (784, 128, 10), 100, dtype, seed, threads=2)) < TOLERANCE[dtype]


def test_a_contestant_has_a_library_for_each_number_of_threads(monkeypatch):
    theta, found = np.zeros(8), []
    monkeypatch.setattr(native, 'RECIPES', tuple(recipe for recipe in native.RECIPES if recipe.name == 'openblas'))
    peers, left_out = training.native_contestants((3, 2), 4, 'float64', theta, (1, 2))
    if not peers:
        pytest.skip(str(left_out))
    [peer] = peers
    assert peer.resizes
    for threads in (1, 2):
        monkeypatch.setattr(peer._peers[threads], 'set_threads', found.append)
        with peer.taking(threads):
            assert peer._peer is peer._peers[threads]
    assert found == [1, 1, 2, 1]


@pytest.mark.parametrize('taken, flags, core', [
    ('Prescott', 'avx2 avx512vl', 'SkylakeX'), ('Prescott', 'avx2 fma', 'Haswell'), ('Prescott', 'sse2', None),
    ('Zen', 'avx2 avx512vl', None), ('', 'avx2', None)])
def test_an_old_openblas_is_told_what_the_processor_is(monkeypatch, taken, flags, core):
    monkeypatch.setattr(native, 'run', lambda command: (0, taken + '\n') if taken else (1, 'OSError'))
    monkeypatch.setattr(native, 'cpu_model', lambda: 'flags : ' + flags)
    assert native.blas_core.__wrapped__() == core


def test_openblas_is_told_while_it_is_loaded(monkeypatch):
    for before in (None, 'Zen'):
        monkeypatch.delenv(native.CORE, raising=False)
        if before:
            monkeypatch.setenv(native.CORE, before)
        for core in ('Haswell', None):
            with native.told(core):
                assert os.environ.get(native.CORE) == core
            assert os.environ.get(native.CORE) == before
    peer, reason = native.find('openblas', (3, 2), 4, 'float64')
    if peer is None:
        pytest.skip(f'openblas: {reason}')
    taken = peer._library.openblas_get_corename
    taken.restype = ctypes.c_char_p
    assert native.blas_core() in (None, taken().decode())
    assert taken() != b'Prescott' or 'avx2' not in native.cpu_model().split()


def test_libxsmm_binds_nobody_to_a_cpu():
    assert max(compared('xsmm', (8, 12, 6, 1), 10, 'float64', 0)) < TOLERANCE['float64']
    getenv = ctypes.CDLL(None).getenv                          # os.environ does not see what a library sets
    getenv.restype, getenv.argtypes = ctypes.c_char_p, [ctypes.c_char_p]
    assert getenv(b'OMP_PROC_BIND').decode() == os.environ['OMP_PROC_BIND']


def test_who_is_not_wanted_or_has_one_thread_is_left_out_by_name():
    refused = {recipe.name: 'not asked' for recipe in native.RECIPES if recipe.name != 'xsmm'}
    peers, left_out = native.available((3, 2), 4, 'float64', threads=2, refused=refused)
    assert not peers and dict(left_out) == refused | {'xsmm': 'has one thread'}
    assert 'fann' in wide.refused((784, 128, 10), None) and 'xsmm' not in wide.refused((784, 128, 10), None)
    assert 'xsmm' in wide.refused((1024, 1024, 1024, 1024), None)
    assert 'openblas' in wide.refused((8, 8, 10), ('xsmm',))


def test_what_cannot_be_built_is_left_out_by_name(monkeypatch):
    missing = native.Recipe('nobody', 'xsmm.c', header='no_such_header.h', package='no-such-package')
    monkeypatch.setattr(native, 'RECIPES', (missing,))
    peers, left_out = native.available((10, 4, 1), 10, 'float64')
    assert not peers and left_out[0][0] == 'nobody'
    assert 'no_such_header.h' in left_out[0][1] or 'not installed' in left_out[0][1]


def test_train_refuses_arrays_that_do_not_fit():
    peer, reason = native.find('openblas', (3, 2), 4, 'float64')
    if peer is None:
        pytest.skip(f'openblas: {reason}')
    x, y, order, theta = np.zeros((5, 3)), np.zeros((5, 2)), np.zeros(8, 'int64'), np.zeros(8)
    for bad in ((x, y, order, 3, theta), (x[:, :2].copy(), y, order, 2, theta),
                (x, y, order, 2, theta[1:]), (x.astype('float32'), y, order, 2, theta)):
        with pytest.raises(ValueError):
            peer.train(*bad, 0.01)
