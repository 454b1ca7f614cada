"""What a compiled call leaves behind: no memory after the first call of a shape, whole parameters after Ctrl-C."""
import signal
import threading
import tracemalloc

import numpy as np
import pytest

from mlp_c import Network

WIDTHS, ROWS = (30, (17, 9), 3), 40


def make(dtype):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(ROWS, WIDTHS[0])), rng.uniform(0.5, 1.5, size=(ROWS, WIDTHS[2]))
    return Network(*WIDTHS, dtype=dtype, std='he', rng=1), x.astype(dtype), y.astype(dtype)


def traced(call, dtype):
    """(bytes that stay, bytes at most) of twenty calls of one method, after three to warm up."""
    net, x, y = make(dtype)
    out, G = np.empty_like(y), np.full_like(y, 1e-6)
    output, aux = net.forward(x)
    order = np.arange(ROWS)
    calls = {'train_step': lambda: net.train_step('regression', x, y, 1e-6), 'predict': lambda: net.predict(x, out=out),
             'backprop': lambda: net.backprop(G, aux, 1e-6),
             'train_epoch': lambda: net.train_epoch('regression', x, y, order, ROWS, 1e-6)}
    tracemalloc.start()
    try:
        for _ in range(3):
            calls[call]()
        tracemalloc.clear_traces()              # from here on only what is allocated anew counts, even in place of old
        for _ in range(20):
            calls[call]()
        return tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize('dtype', ['float64', 'float32'])
@pytest.mark.parametrize('call', ['train_step', 'predict', 'backprop', 'train_epoch'])
def test_no_memory_after_the_first_call(call, dtype):
    """tracemalloc sees the work memory (PyMem_RawCalloc) and NumPy's arrays: after warming up, nothing stays, and what
    a call allocates on the way is what it returns. It sees other threads too (those of pytest-xdist, JAX, tqdm), which may
    wake up meanwhile: so the smallest figures of three networks count."""
    after, peak = map(min, zip(*[traced(call, dtype) for _ in range(3)]))
    # Bytes. The work memory of this network is over 100 kB; small Python objects and one-number arrays are not.
    assert after < 500
    assert peak < 4000


def test_a_smaller_and_a_larger_batch_use_the_same_work_memory():
    net, x, y = make('float64')
    net.train_step('regression', x, y, 1e-6)
    tracemalloc.start()
    try:
        for rows in (ROWS, 1, 7, ROWS, 39):
            net.train_step('regression', x[:rows], y[:rows], 1e-6)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4000


@pytest.mark.skipif(not hasattr(signal, 'setitimer'), reason='this system has no interval timer')
@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason='signals reach the main thread only')
@pytest.mark.parametrize('dtype', ['float64', pytest.param('float32', marks=pytest.mark.full)])
def test_ctrl_c_ends_an_epoch_between_two_steps(dtype):
    """The parameters are those of a whole number of steps, bit for bit: not of none, not of all."""
    net, x, y = make(dtype)
    start = net.theta.copy()
    mb_size, steps = 8, 2_000_000
    order = np.random.default_rng(2).integers(0, ROWS, size=50 * mb_size)
    long_order = np.resize(order, steps * mb_size)

    def interrupt(number, frame):
        raise KeyboardInterrupt

    # By the time that this process has run, not by the clock: a busy machine may let it begin late.
    previous = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            net.train_epoch('regression', x, y, long_order, mb_size, 1e-5)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)
    replay, _, _ = make(dtype)
    replay.theta[...] = start
    for done in range(steps):
        if np.array_equal(replay.theta, net.theta):
            break
        rows = long_order[done * mb_size:(done + 1) * mb_size]
        replay.train_epoch('regression', x, y, rows, mb_size, 1e-5)
    assert np.array_equal(replay.theta, net.theta) and 0 < done < steps - 1
    net.train_step('regression', x, y, 1e-5)                    # and the network is free again
