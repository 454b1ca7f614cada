"""One row from Python, 10-4-1: forward, predict(x, out=) and train_step against everyone's quickest call."""
import functools
import time

import numpy as np

from mlp_py import benchjob, contestants
from mlp_py.twins import network_class

from .arithmetic import quartiles
from .training import PYTHON

WIDTHS, PROBLEM = (10, 4, 1), 'regression'


def twin_calls(name, dtype, theta, x, y):
    """forward, predict and train_step of a twin; predict writes into an array that is there already."""
    net = network_class(name)(WIDTHS[0], WIDTHS[1:-1], WIDTHS[-1], dtype=dtype)
    net.theta[...] = theta
    out = np.empty((1, WIDTHS[-1]), dtype)
    return {'forward': lambda: net.forward(x), 'predict': lambda: net.predict(x, out=out),
            'train_step': lambda: net.train_step(PROBLEM, x, y, benchjob.RATE)}


def lecture_calls(lecture, x, y):
    """The lecture's functions without argument checks; a prediction is a forward."""
    module = lecture.module
    module.LEARNING_RATE = benchjob.RATE
    forward = functools.partial(module.forward_neuralnet, x)
    return {'forward': forward, 'predict': forward, 'train_step': lambda: module.run_train(x, y)}


def sklearn_calls(sklearn, x, y):
    """`predict`, and one `partial_fit` of one row."""
    order = np.zeros(1, dtype=np.int64)
    forward = functools.partial(sklearn.model.predict, x)
    return {'forward': forward, 'predict': forward, 'train_step': lambda: sklearn.epoch(x, y, order, 1, benchjob.RATE)}


def torch_calls(contestant, x, y):
    """Two products with their biases, in inference mode; training as in the epoch, on one row with its 1."""
    torch, own = contestant.torch, torch_tensor(contestant, x)
    target, error = torch_tensor(contestant, y), torch_tensor(contestant, np.empty_like(y))
    with_one = torch_tensor(contestant, np.hstack([x, np.ones((1, 1), x.dtype)]))
    (w, b), (w_out, b_out) = ((layer[:-1], layer[-1]) for layer in contestant.w)
    hidden, out = (torch.empty(1, width, dtype=contestant.type) for width in WIDTHS[1:])

    @torch.inference_mode()
    def forward():
        return torch.addmm(b_out, torch.addmm(b, own, w).relu_(), w_out)

    @torch.inference_mode()
    def predict():
        return torch.addmm(b_out, torch.addmm(b, own, w, out=hidden).relu_(), w_out, out=out)

    @torch.inference_mode()
    def train_step():
        contestant.step(with_one, target, error, error, benchjob.RATE)
        return error.square().mean().item()

    return {'forward': forward, 'predict': predict, 'train_step': train_step}


def torch_tensor(contestant, array):
    """A tensor with a copy of `array`."""
    return contestant.torch.from_numpy(array.copy())


def jax_calls(contestant, x, y):
    """A jitted forward, and a jitted step whose parameters are donated; the row is on the device already."""
    import jax
    import jax.numpy as jnp

    from mlp_py.contestant_jax import _step
    x, y = contestant._own(x, y)
    state = [contestant.layers]
    step = jax.jit(functools.partial(_step, jnp, PROBLEM, 'sums', contestant.dtype.type(benchjob.RATE)),
                   donate_argnums=0)

    @jax.jit
    def apply(layers, x):
        w, w_out = layers
        hidden = jnp.maximum((x[:, :, None] * w[None, :-1]).sum(1) + w[-1], 0)
        return (hidden[:, :, None] * w_out[None, :-1]).sum(1) + w_out[-1]

    kept = [jnp.array(layer) for layer in contestant.layers]           # the step's own are donated

    def forward():
        return apply(kept, x).block_until_ready()

    def train_step():
        state[0], loss = step(state[0], (x, y))
        return float(loss)

    return {'forward': forward, 'predict': forward, 'train_step': train_step}


def each_call(call, count):
    """[median, 99.9th percentile] in seconds of calls timed one by one; the clock's own time is taken off."""
    def timed(function):
        times = np.empty(count)
        for n in range(count):
            begin = time.perf_counter_ns()
            function()
            times[n] = time.perf_counter_ns() - begin
        return times * 1e-9

    clock = float(np.median(timed(int)))
    return [max(0.0, float(value) - clock) for value in np.quantile(timed(call), [0.5, 0.999])]


def one_row(dtype, rounds, chunk, count=100_000):
    """dict for JSON: seconds of each call (quartiles) by contestant, and the spread of mlp_c's train_step."""
    theta, x, y, _ = benchjob.exercise(WIDTHS, 1, dtype, PROBLEM, 1)
    x, y = x[:1].copy(), y[:1].copy()
    found, left_out = contestants.available(PYTHON, WIDTHS, dtype, PROBLEM, theta)
    makers = {'lecture': lecture_calls, 'scikit-learn': sklearn_calls, 'PyTorch': torch_calls, 'JAX': jax_calls}
    calls = {contestant.name: makers[contestant.name](contestant, x, y) if contestant.name in makers
             else twin_calls(contestant.name, dtype, theta, x, y) for contestant in found}
    result = {'dtype': dtype, 'left_out': left_out}
    for kind in ('forward', 'predict', 'train_step'):
        seconds = benchjob.alternate({name: mine[kind] for name, mine in calls.items()}, rounds, chunk)
        result[kind] = {name: quartiles(values) for name, values in seconds.items()}
    if 'mlp_c' in calls:
        result['each_train_step'] = each_call(calls['mlp_c']['train_step'], count)
    return result
