"""JAX as a contestant: a whole epoch is one jitted scan over the minibatches, with the parameters donated.

There are three ways to write a step, and none is the quickest everywhere (AMD EPYC Zen 3, us a step, float64):

| products                                   | 10-4-1, 10 rows | 27-12-6-4-7, 10 | 24-8-2, 200 | 64-32-10, 32 |
| ------------------------------------------ | --------------- | --------------- | ----------- | ------------ |
| `x @ w + b`: XLA calls a library           | 2.1             | 8.6             | 31          | 26           |
| sums written out: XLA fuses them           | 0.94            | 4.2             | 65          | 110          |
| `[x, 1] @ [w; b]`: the bias is a row of w  | 2.1             | 9.7             | 26          | 25           |
"""

import contextlib
import functools
import os
from pathlib import Path

import numpy as np

from .contestants import Contestant

# The ways with the numbers of unrolled minibatches that were ever the best; more only compile longer.
FORMS = [("sums", 2), ("x @ w", 1), ("[x, 1] @ [w; b]", 1), ("sums", 4), ("sums", 1), ("x @ w", 4)]
SUMS = 4096                 # weights of a layer, beyond which sums written out take many times as long


class JAX(Contestant):
    """One call an epoch, no callback to Python. Forms: those above, `tune` keeps the quickest.

    XLA's threads are made when a client starts, and none can be set for a turn: for fewer there is another client.
    """

    name, resizes = "JAX", hasattr(os, "sched_setaffinity")
    forms = FORMS
    device = None

    def _start(self, theta):
        import jax
        if self.dtype == np.float64:
            jax.config.update("jax_enable_x64", True)
        self.jax = jax
        sizes = np.cumsum([(i + 1) * o for i, o in self.shapes])[:-1]
        if self.device is None:
            self.device = jax.devices("cpu")[0]
        # Kept as one array a layer, w over b, as they lie in theta.
        self.layers = [jax.device_put(part.reshape(i + 1, o).copy(), self.device)
                       for part, (i, o) in zip(np.split(theta, sizes), self.shapes)]
        if not self.form:
            self._use(self.forms[0])

    def theta(self):
        return np.concatenate([np.asarray(layer).ravel() for layer in self.layers])

    def _convert(self, x, y):
        return self.jax.device_put(x, self.device), self.jax.device_put(y, self.device)

    def taking(self, threads):
        """Parameters and data move to a client with so many threads, and stay there until the next call."""
        device = _device(threads) if self.resizes else self.device
        if device is not self.device:
            self.device = device
            self.layers, self._data = ([self.jax.device_put(np.asarray(array), device) for array in arrays or ()]
                                       for arrays in (self.layers, self._data))
        return contextlib.nullcontext()

    def _forms(self, threads):
        if max(i * o for i, o in self.shapes) <= SUMS:
            return self.forms
        return [form for form in self.forms if form[0] != "sums"]

    def _use(self, form):
        products, unroll = form
        self.form = f"{products}, unroll {unroll}"
        self._epoch = _compiled(self.problem, products, unroll)

    def epoch(self, x, y, order, rows, learning_rate):
        batches = order.astype(np.int32).reshape(-1, rows)
        self.layers, loss = self._epoch(self.layers, *self._own(x, y), batches, self.dtype.type(learning_rate))
        return float(loss.block_until_ready())


@functools.cache
def _device(threads):
    """The CPU as a client of XLA with so many threads sees it; the process's own client has one for every CPU.

    A client counts the CPUs that the process may run on when it starts: so the process is bound to as few meanwhile.
    """
    import jax
    from jaxlib import xla_client
    cpus, tasks = os.sched_getaffinity(0), Path("/proc/self/task")
    if threads >= len(cpus):
        return jax.devices("cpu")[0]
    before = {task.name for task in tasks.iterdir()}
    os.sched_setaffinity(0, sorted(cpus)[:threads])
    try:
        client = xla_client.make_cpu_client()
    finally:
        os.sched_setaffinity(0, cpus)
    for task in tasks.iterdir():                                # its threads have inherited the binding
        if task.name not in before:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(task.name), cpus)
    return client.devices()[0]


@functools.cache
def _compiled(problem, products, unroll):
    """epoch(layers, x, y, batches, rate) -> (layers, loss), for jax.jit to compile at the first call of a shape."""
    import jax
    import jax.numpy as jnp

    def epoch(layers, x, y, batches, rate):
        step = functools.partial(_step, jnp, problem, products, rate)
        layers, losses = jax.lax.scan(step, layers, (x[batches], y[batches]), unroll=unroll)
        return layers, losses.mean()

    return jax.jit(epoch, donate_argnums=0)


def _step(jnp, problem, products, rate, layers, batch):
    """One training step: forward, loss, backprop and update; returns (layers, loss)."""
    (x, y), inputs, h = batch, [], batch[0]
    matmul = _summed if products == "sums" else jnp.matmul
    bias_is_row = products.startswith("[")
    for n, layer in enumerate(layers):
        if bias_is_row:
            h = jnp.concatenate([h, jnp.ones((len(x), 1), x.dtype)], axis=1)
        inputs.append(h)
        h = matmul(h, layer) if bias_is_row else matmul(h, layer[:-1]) + layer[-1]
        if n + 1 < len(layers):
            h = jnp.maximum(h, 0)
    loss, G = _loss(jnp, problem, h, y)
    updated = []
    for layer, h in zip(reversed(layers), reversed(inputs)):
        G_layer = matmul(h.T, G)
        if not bias_is_row:
            G_layer = jnp.concatenate([G_layer, G.sum(axis=0, keepdims=True)])
        updated.append(layer - rate * G_layer)
        if len(updated) < len(layers):
            G = jnp.where((h[:, :-1] if bias_is_row else h) > 0, matmul(G, layer[:-1].T), 0)
    return updated[::-1], loss


def _summed(a, b):
    """a @ b as a sum over the middle axis, without a call of a library."""
    return (a[:, :, None] * b[None]).sum(axis=1)


def _loss(jnp, problem, output, y):
    """(loss, G_output), the formulas of `problems`."""
    if problem == "regression":
        error = output - y
        return jnp.mean(error * error), error * (2 / output.size)
    if problem == "binary":
        small = jnp.exp(-jnp.abs(output))
        loss = jnp.mean(jnp.maximum(output, 0) - output * y + jnp.log1p(small))
        return loss, (jnp.where(output >= 0, 1, small) / (1 + small) - y) / output.size
    raised = jnp.exp(output - output.max(axis=1, keepdims=True))
    softmax = raised / raised.sum(axis=1, keepdims=True)
    return -jnp.sum(y * jnp.log(softmax + 1e-10)) / len(y), (softmax - y) / len(y)
