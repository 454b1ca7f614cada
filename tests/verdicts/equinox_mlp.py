"""JAX in float64 with Equinox: equinox.nn.Linear and jax.nn.relu under jax.vmap, jax.vjp, and optax.sgd.

optax gives a loss for each entry or row; what is judged is the mean of them, as its documentation takes it.
"""
import equinox
import jax
import optax
from jax import numpy as jnp

from . import line

jax.config.update('jax_enable_x64', True)
OPTAX = {'regression': optax.squared_error, 'binary': optax.sigmoid_binary_cross_entropy,
         'select': optax.softmax_cross_entropy}


@jax.jit
def run(net, x):
    hiddens = [x]
    for layer in net[:-1]:
        hiddens.append(jax.nn.relu(jax.vmap(layer)(hiddens[-1])))
    return jax.vmap(net[-1])(hiddens[-1]), hiddens[1:]


@jax.jit
def pull(net, x, G_output):
    return jax.vjp(lambda *given: run(*given)[0], net, x)[1](G_output)


class Equinox:
    product = staticmethod(jnp.matmul)

    def network(self, pairs):
        blank = equinox.nn.Linear(1, 1, key=jax.random.key(0))
        return [equinox.tree_at(lambda net: (net.weight, net.bias), blank, (w.T, b)) for w, b in pairs]

    def layer(self, x, w, b):
        return (found := run(self.network([(w, b)]), x)[0]), jax.nn.relu(found)

    def forward(self, pairs, x):
        return run(self.network(pairs), x)

    def gradients(self, pairs, x, G_output):
        found, G_x = pull(self.network(pairs), x, G_output)
        return [(layer.weight.T, layer.bias) for layer in found], (), G_x

    def train(self, pairs, rate, steps):
        net, sgd = self.network(pairs), optax.sgd(rate)
        state = sgd.init(net)
        for x, G_output in steps:
            updates, state = sgd.update(pull(net, x, G_output)[0], state)
            net = equinox.apply_updates(net, updates)
        return [(layer.weight.T, layer.bias) for layer in net]

    def loss(self, op, output, y):
        return jax.value_and_grad(lambda output: jnp.mean(OPTAX[op](output, y)))(output)


if __name__ == '__main__':
    line.serve(Equinox(), invalid=True)
