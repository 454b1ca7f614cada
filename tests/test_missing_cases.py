"""Promises that planted faults broke unnoticed by the tests before these (see the package `mutation`)."""
import threading
from fractions import Fraction

import numpy as np
import pytest

import mlp_c

from . import checks
from .test_golden_bits import rounded

ROWS, WIDTH = 128, 256


def long_calls(net):
    """Each call that works for milliseconds, on ROWS rows."""
    x = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    y, order = np.ones((ROWS, WIDTH)), np.arange(ROWS)
    aux = net.forward(x)[1]
    return {'forward': lambda: net.forward(x), 'predict': lambda: net.predict(x, 'select'),
            'backprop': lambda: net.backprop(y, aux, 0.0), 'gradients': lambda: net.gradients(y, aux),
            'input_gradient': lambda: net.input_gradient(y, aux),
            'train_step': lambda: net.train_step('regression', x, y, 0.0),
            'train_epoch': lambda: net.train_epoch('regression', x, y, order, ROWS, 0.0)}


@pytest.mark.parametrize('name', ['forward', 'predict', 'backprop', 'gradients', 'input_gradient', 'train_step',
                                  'train_epoch'])
def test_a_long_call_lets_other_threads_run(name):
    """Another thread meets the network at work, which it can only while the GIL is free."""
    net = mlp_c.Network(WIDTH, [WIDTH], WIDTH, std='he', rng=1)
    call, nothing, done, wrong = long_calls(net)[name], np.zeros((0, WIDTH)), threading.Event(), []

    def work():
        try:
            for _ in range(1000):
                if done.is_set():
                    return
                call()
        except BaseException as error:          # a thread that dies would let this test end as if it had been held up
            wrong.append(error)

    thread, met = threading.Thread(target=work), False
    thread.start()
    while thread.is_alive() and not met:
        try:
            net.predict(nothing)                # no rows: too short to release the GIL itself
        except RuntimeError as error:
            met = 'at work in another thread' in str(error)
    done.set()
    thread.join()
    assert met and not wrong


def test_a_minibatch_too_large_for_the_memory_is_one_error():
    """More than 2**47 bytes, which no process can have: MemoryError says so, and the network works on."""
    net = mlp_c.Network(1, [2**22], 1, std=0.5, rng=1)
    x, before = np.ones((2**21, 1)), net.theta.copy()
    with pytest.raises(MemoryError, match=r'^a minibatch of 2097152 rows needs \d+ bytes of work memory$') as refused:
        net.train_step('regression', x, x, 0.5)
    assert int(str(refused.value).split()[6]) > 2**47
    checks.same('theta', net.theta, before)
    first, second = net.train_step('regression', x[:2], x[:2], 0.0), net.train_step('regression', x[:2], x[:2], 0.0)
    assert first == second and np.isfinite(first[0])


# ---- exp, step by step ---------------------------------------------------------------------------------------

LOG2_E, LN2_HIGH, LN2_LOW = (Fraction(float(np.float32(c))) for c in (1.44269504, 0.693145751953125, 1.42860682030941723e-6))
EXP = [Fraction(float(np.float32(c))) for c in (0.5000000027015336, 0.1666657682628897, 0.04166637466509261,
                                                0.008363205156839165, 0.0013941165993112147)]


def once(exact):
    """Rounded to float32."""
    return rounded(exact, 24)


def exp_by_steps(x, n):
    """`elementary.vexp` in float32 by fractions: n log(2) is taken off x in two parts, then a polynomial."""
    r_high, r_low = once(x - n * LN2_HIGH), once(n * LN2_LOW)
    r = once(r_high - r_low)
    lost = once(once(r_high - r) - r_low)
    q = EXP[-1]
    for coefficient in EXP[-2::-1]:
        q = once(q * r + coefficient)
    q = once(once(r * r) * q + lost)
    return once(1 + once(r + q)) * Fraction(2)**n


def test_the_integer_in_exp_is_rounded_once():
    """x log2(e) close to a half: rounded on its way, it would lead to the wrong integer, and so to other bits."""
    halves = -(np.arange(26, 125) + 0.5) * np.log(2)
    ulps = np.arange(-8, 9) * 2.0**-24
    x = np.unique(np.outer(halves, 1 + ulps).astype('float32'))
    net = mlp_c.Network(1, [], 1, dtype='float32', std=0)
    net.params[0]['w'][...] = 1
    got = net.predict(x[:, None], 'binary')[:, 0]       # t / (1 + t) of t = exp(x), so t itself
    telling = 0
    for at, value in zip(x.tolist(), got.tolist()):
        product = Fraction(at) * LOG2_E
        n, twice = round(product), round(once(product))
        assert value == exp_by_steps(Fraction(at), n), at
        telling += n != twice and exp_by_steps(Fraction(at), n) != exp_by_steps(Fraction(at), twice)
    assert telling
