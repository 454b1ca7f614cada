"""The oracle: values and gradients of the network by JAX, in float64. It imports neither twin.

The gradients are those of `jax.grad` of losses in a stable form, because the literal formulas of the lecture
have wrong derivatives under automatic differentiation:

- binary: mean(softplus(z) - z y). The literal relu(z) - z y + log(1 + exp(-|z|)) has derivative -1.5 instead of
  -0.5 at z = 0, y = 1, since JAX gives relu, abs and exp(-abs) one-sided derivatives there.
- select: mean over rows of -sum(y log_softmax(z)). In log(softmax + 1e-10) the 1e-10 swallows the gradient where
  the softmax is small; it belongs to the reported loss alone, which `reported_loss` evaluates.
- the hidden layers use `jax.nn.relu`, whose derivative at 0 is 0 (`jnp.maximum` has 1/2).

`probe` checks what the other pages rely on, once a session. Compiling takes a tenth of a second for every new
set of shapes, so callers keep the number of shapes modest. XLA on a CPU treats subnormal numbers as zero, and
differs from the lecture at NaN: neither is asked of it.
"""
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np


@dataclass
class Step:
    """What one training step computes, as NumPy float64."""

    output: np.ndarray          # (B, O)
    hiddens: list               # [(B, H1), ...]
    loss: float                 # without the 1e-10 of `select`
    reported_loss: float        # with it
    G_output: np.ndarray        # (B, O)
    gradients: list             # [{'w': (I, H), 'b': (H,)}, ...]
    input_gradient: np.ndarray  # (B, I)
    params: list                # after p - learning_rate * gradient


def forward(params, x):
    """output and the hidden layers."""
    hiddens, h = [], x
    for pair in params[:-1]:
        h = jax.nn.relu(h @ pair['w'] + pair['b'])
        hiddens.append(h)
    return h @ params[-1]['w'] + params[-1]['b'], hiddens


def _stable_loss(problem, output, y):
    if problem == 'regression':
        return jnp.mean((output - y)**2)
    if problem == 'binary':
        return jnp.mean(jax.nn.softplus(output) - output * y)
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(output, axis=1), axis=1))


def _reported_loss(problem, output, y):
    if problem == 'select':
        return -jnp.mean(jnp.sum(y * jnp.log(jax.nn.softmax(output, axis=1) + 1e-10), axis=1))
    return _stable_loss(problem, output, y)


@partial(jax.jit, static_argnames='problem')
def _step(params, problem, x, y, learning_rate):
    output, hiddens = forward(params, x)

    def loss(params, x):
        return _stable_loss(problem, forward(params, x)[0], y)

    value, (gradients, input_gradient) = jax.value_and_grad(loss, argnums=(0, 1))(params, x)
    G_output = jax.grad(lambda z: _stable_loss(problem, z, y))(output)
    after = jax.tree.map(lambda p, G: p - learning_rate * G, params, gradients)
    return Step(output, hiddens, value, _reported_loss(problem, output, y), G_output, gradients, input_gradient, after)


_forward = jax.jit(forward)


@jax.jit
def _pull_back(params, x, G_output):
    _, back = jax.vjp(lambda params, x: forward(params, x)[0], params, x)
    return back(G_output)


jax.tree_util.register_dataclass(Step)


def _given(tree):
    """Copies in float64: JAX may otherwise share memory with the arrays that a twin updates in place."""
    return jax.tree.map(lambda a: jnp.array(np.array(a, dtype=np.float64), copy=True), tree)


def _taken(tree):
    """Back to NumPy; that everything was computed in float64 is not taken for granted."""
    for leaf in jax.tree.leaves(tree):
        assert leaf.dtype == jnp.float64, f'the oracle computed in {leaf.dtype}'
    return jax.tree.map(np.array, tree)


def _plain(params):
    return [{name: pair[name] for name in 'wb'} for pair in params]


def step(params, problem, x, y, learning_rate):
    """`Step` for one minibatch; the arguments stay as they are."""
    return _taken(_step(_given(_plain(params)), problem, *_given((x, y, learning_rate))))


def layers(params, x):
    """(output, hidden layers)."""
    return _taken(_forward(_given(_plain(params)), _given(x)))


def pull_back(params, x, G_output):
    """(gradients, input_gradient) for a given gradient of the output."""
    return _taken(_pull_back(_given(_plain(params)), *_given((x, G_output))))


def probe():
    """What this page relies on in the JAX at hand; raises AssertionError where it does not hold."""
    assert jnp.zeros(1).dtype == jnp.float64, 'JAX computes in float32: set JAX_ENABLE_X64=1 before it is imported'
    assert jax.default_backend() == 'cpu'
    assert jax.grad(jax.nn.relu)(0.0) == 0, "relu'(0) must be 0"
    assert jax.grad(jax.nn.relu)(-0.0) == 0
    assert np.isnan(jax.nn.relu(jnp.nan)), 'relu must let NaN pass'
    assert (jnp.array([[1 + 2.0**-50]]) @ jnp.ones((1, 1)))[0, 0] == 1 + 2.0**-50, 'matmul is not in full precision'
    assert jax.grad(jax.nn.softplus)(0.0) == 0.5
    given = np.ones(3)
    kept = _given(given)
    given[:] = 7
    assert np.array_equal(kept, np.ones(3)), 'JAX shares the memory of its arguments'
