"""exp and log of our own: at most an ulp off, through public calls that leave nothing else in the result."""
import numpy as np
import pytest

from mlp_c import Network

from . import bits, cases

each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)


def unit_network(width, dtype):
    """A network that returns its input."""
    net = Network(width, [], width, dtype=dtype, std=0)
    net.params[0]['w'][...] = np.eye(width)
    return net


def exps(points, dtype):
    """(x, exp(x)) by mlp_c for points <= 0, through calls that leave nothing else in the result.

    Far out: the sigmoid t / (1 + t) of x is t = exp(x) itself where 1 + t is 1.
    Near 0: a softmax of logits 0, x and z, with z such that 1 + exp(x) + exp(z) is exactly 2, which shows in the first
    probability, 1/2; the second one is then exp(x) / 2. Points for which no such z turns up are left out.
    """
    x, limits = np.asarray(points, dtype), np.finfo(dtype)
    values = unit_network(1, dtype).predict(x.reshape(-1, 1), 'binary').ravel()
    near = np.flatnonzero(x >= np.log(limits.eps) - 2)
    values[near] = np.nan
    with np.errstate(divide='ignore'):
        z = np.maximum(np.log(-np.expm1(x[near].astype(float))), limits.min / 4).astype(dtype)
    for nudge in (0, 1, -1, 2, -2, 3, -3):
        logits = np.stack([np.zeros_like(z), x[near], z * np.array(1 + nudge * float(limits.eps), dtype)], axis=1)
        p = unit_network(3, dtype).predict(logits, 'select')
        hit = p[:, 0] == 0.5
        values[near[hit]] = 2 * p[hit, 1]
        near, z = near[~hit], z[~hit]
    found = ~np.isnan(values)
    return x[found], values[found]


def logs(problem, x, labels):
    """log of something by mlp_c: the loss of a row is one logarithm; each row is a minibatch that trains nothing."""
    net = unit_network(x.shape[1], x.dtype)
    losses, _ = net.train_epoch(problem, x, labels, np.arange(len(x)), 1, 0.0)
    some = slice(None, None, max(1, len(x) // 500))
    one_by_one = [net.evaluate(problem, row[None], label[None])[0] for row, label in zip(x[some], labels[some])]
    assert one_by_one == losses[some].tolist()
    return (-losses if problem == 'select' else losses).astype(x.dtype)


def binary_logs(x):
    """(arguments, logarithms): 1 + t of the binary loss, for the t that are exp(x)."""
    x, t = exps(x, x.dtype)
    x, t = x[x < 0].reshape(-1, 1), t[x < 0]
    return 1 + t, logs('binary', x, np.zeros_like(x))


def select_logs(x, chosen):
    """(arguments, logarithms): p + 1e-10 of the loss of select, for both probabilities of logits x and 0."""
    logits, labels = np.stack([x, np.zeros_like(x)], axis=1), np.eye(2, dtype=x.dtype)[chosen]
    p = unit_network(2, x.dtype).predict(logits, 'select')[labels == 1]
    return p + x.dtype.type(1e-10), logs('select', logits, labels)


def ulps(function, points, got):
    """abs(got - function(points)) in units of the last place of the exact value, the largest one and where."""
    mpmath = pytest.importorskip('mpmath', reason='exact values need mpmath: pip install "mlp-twins[test]"')
    limits = np.finfo(got.dtype)
    lowest, digits, worst = int(limits.minexp) - limits.nmant, limits.nmant, (0.0, 0.0)
    with mpmath.workprec(160):
        for x, value in zip(points.tolist(), got.tolist()):
            exact = getattr(mpmath, function)(mpmath.mpf(x))
            exponent = mpmath.frexp(exact)[1] - 1 if exact else lowest
            unit = mpmath.ldexp(1, int(max(exponent - digits, lowest)))
            worst = max(worst, (float(abs(value - exact) / unit), x))
    return worst


def float32_ulps(exact, got):
    """The same where float64 values of NumPy are exact enough, a billionth of an ulp: the largest one."""
    unit = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 24, -149))
    return float((abs(got.astype(float) - exact) / unit).max(initial=0))


def note(text, worst, count):
    bits.NOTES.append(f'{text}: off by at most {worst:.3f} ulp, of {count:,} points')
    assert worst < 1


@each_dtype
def test_exp_is_within_an_ulp(dtype, seed):
    """For x from -750 (float32: -110) to 0, results below the smallest normal number included."""
    rng, lowest = np.random.default_rng(seed), -750 if dtype == 'float64' else -110
    smallest = np.log(np.finfo(dtype).smallest_normal)
    points = np.concatenate((rng.uniform(lowest, 0, 6000), rng.uniform(smallest - 40, smallest + 5, 2000),
                             rng.uniform(-40, 0, 4000), rng.uniform(-1, 0, 4000), -2.0**rng.uniform(-60, 0, 1000),
                             np.log(2) * -np.arange(0, 1100)[:160 if dtype == 'float32' else None],
                             np.log(2) * -(np.arange(0, 60) + 0.5), [0, -1, lowest, -2 * abs(lowest), -1e30]))
    points = np.unique(points.astype(dtype))
    x, got = exps(points, dtype)
    assert len(x) > 0.95 * len(points), 'the way to exp through a softmax fails too often'
    assert x[-1] == 0 and got[-1] == 1 and x[0] < -1e29 and got[0] == 0
    worst, _ = ulps('exp', x, got)
    note(f'exp {dtype}', worst, len(x))
    assert ((got > 0) & (got < np.finfo(dtype).smallest_normal)).sum() > 500


@each_dtype
def test_log_is_within_an_ulp(dtype, seed):
    """For arguments from 1e-10 to 2."""
    rng = np.random.default_rng([seed, 1])
    x = -np.concatenate((rng.uniform(0, 3, 3000), 2.0**rng.uniform(-50, 5, 2000), rng.uniform(0, 40, 2000)))
    first, second = binary_logs(x.astype(dtype)), select_logs(x.astype(dtype), rng.integers(0, 2, len(x)))
    arguments, got = np.concatenate((first[0], second[0])), np.concatenate((first[1], second[1]))
    assert arguments.dtype == got.dtype == dtype
    assert arguments.min() < 1.1e-10 and arguments.max() > 1.99 and len(got) > 10_000
    worst, _ = ulps('log', arguments, got)
    note(f'log {dtype}', worst, len(got))


def every_float32(first, last, step=1):
    """Pieces of the numbers from -first to -last."""
    begin, end = (int(np.array(value, np.float32).view(np.uint32)) for value in (first, last))
    for place in range(begin, end, step << 20):
        yield -np.arange(place, min(place + (step << 20), end), step, dtype=np.uint32).view(np.float32)


@pytest.mark.full
def test_exp_of_every_float32():
    """All from -2**-10 to -110 for which the way to exp works, nearly every one."""
    worst = count = asked = 0
    for points in every_float32(2.0**-10, 110):
        x, got = exps(points, np.float32)
        worst = max(worst, float32_ulps(np.exp(x.astype(float)), got))
        count, asked = count + len(x), asked + len(points)
    assert count > 0.95 * asked
    note('exp float32, nearly every number', worst, count)


@pytest.mark.full
def test_log_of_many_float32():
    """Arguments from 1e-10 to 2, a ninth to a seventeenth of all that the two ways lead to."""
    worst = count = 0
    for step, first, last in ((17, 2.0**-20, 24), (9, 2.0**-3, 8)):
        for x in every_float32(first, last, step):
            for arguments, got in (binary_logs(x), select_logs(x, np.arange(len(x)) % 2)):
                some = arguments != 1               # the logarithm is 0, and exactly so
                assert (got[~some] == 0).all()
                exact = np.log(arguments[some].astype(float))
                worst, count = max(worst, float32_ulps(exact, got[some])), count + len(got)
    note('log float32', worst, count)
