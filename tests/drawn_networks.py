"""Networks with drawn parameters, and everything that their methods give: what the tests of bits compare."""
import numpy as np

from mlp_c import Network

from . import bits


class Drawn:
    """A network's parameters and everything that its methods take, of one kind of number."""

    def __init__(self, widths, batch, dtype, kind, seed):
        self.rng = np.random.default_rng(seed)
        self.widths, self.batch, self.dtype, self.kind = widths, batch, dtype, kind
        self.draw = bits.KINDS[kind]
        rows = batch + 3
        scale = np.repeat([(2 / a)**0.5 for a in widths[:-1]], [(a + 1) * b for a, b in zip(widths, widths[1:])])
        with np.errstate(over='ignore'):
            self.theta = (self.draw(self.rng, scale.size, dtype) * scale).astype(dtype)
        self.x = self.numbers(rows, widths[0])
        self.G = self.numbers(batch, widths[-1])
        self.targets = {'regression': self.numbers(rows, widths[-1]),
                        'binary': self.rng.integers(0, 2, (rows, widths[-1])).astype(dtype),
                        'select': np.eye(widths[-1], dtype=dtype)[self.rng.integers(0, widths[-1], rows)]}
        self.order = self.rng.integers(0, rows, 2 * batch + batch // 2)     # rows come twice, the last minibatch is cut
        self.made_up = [self.x[:batch].copy(), *(self.numbers(batch, width) for width in widths[1:-1])]

    def numbers(self, rows, cols):
        return self.draw(self.rng, rows * cols, self.dtype).reshape(rows, cols)

    def network(self):
        net = Network(self.widths[0], self.widths[1:-1], self.widths[-1], dtype=self.dtype, std=0, rng=0)
        net.theta[...] = self.theta
        return net

    def __str__(self):
        return f'{"-".join(map(str, self.widths))} rows {self.batch} {self.dtype} {self.kind}'


def everything(drawn):
    """(name, array) for all that the methods of Network return and change, one network through all of them."""
    net, x, G = drawn.network(), drawn.x[:drawn.batch], drawn.G
    output, aux = net.forward(x)
    yield 'output', output
    yield from ((f'hidden {n}', hidden) for n, hidden in enumerate(aux[1:], 1))
    yield 'predict', net.predict(x)
    for kind, inputs in (('gradient', aux), ('gradient of an aux made up', drawn.made_up)):
        for pair in net.gradients(G, inputs):
            yield from ((f'{kind} {name}', values) for name, values in pair.items())
        yield f'input {kind}', net.input_gradient(G, inputs)
    for problem, y in drawn.targets.items():
        yield f'probabilities {problem}', net.predict(x, problem, np.empty_like(output))
        yield f'evaluate {problem}', np.array(net.evaluate(problem, x, y[:drawn.batch]))
        loss, pairs = net.loss_and_gradients(problem, x, y[:drawn.batch])
        yield f'loss {problem}', np.array(loss)
        yield from ((f'gradient {name} {problem}', values) for pair in pairs for name, values in pair.items())
    yield 'theta untouched', net.theta.copy()
    for kind, inputs in (('backprop', aux), ('backprop of an aux made up', drawn.made_up)):
        net.theta[...] = drawn.theta
        net.backprop(G, inputs, 0.03)
        yield kind, net.theta.copy()
    for problem, y in drawn.targets.items():
        net.theta[...] = drawn.theta
        for rows in (drawn.batch, 1, drawn.batch):          # what a shorter minibatch leaves behind must not matter
            yield f'train_step {problem}', np.array(net.train_step(problem, x[:rows], y[:rows], 0.01))
            yield f'theta of train_step {problem}', net.theta.copy()
        net.theta[...] = drawn.theta
        for mb_size in (drawn.batch, max(1, drawn.batch // 2)):
            losses, accuracies = net.train_epoch(problem, drawn.x, y, drawn.order, mb_size, 0.01)
            yield f'losses {problem}', losses
            yield f'accuracies {problem}', accuracies
            yield f'theta of train_epoch {problem}', net.theta.copy()
