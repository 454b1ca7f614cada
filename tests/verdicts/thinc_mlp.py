"""thinc in float64: chain of Relu and Linear, its backprop callback, and thinc.optimizers.SGD (without its clipping).

Of the losses L2Distance is asked, times 2 / outputs in loss and gradient alike, and CategoricalCrossentropy on thinc's
own softmax, whose gradient is with respect to the logits. It has none for `binary`.
"""
import functools

import thinc.api as thinc
from thinc.backends import NumpyOps

from . import line

OPS = NumpyOps()


class Thinc:
    def network(self, pairs):
        parts = [thinc.Relu() for _ in pairs[:-1]] + [thinc.Linear()]
        for part, (w, b) in zip(parts, pairs):
            part.set_param('W', w.T.copy()), part.set_param('b', b.copy())
        return parts

    def run(self, parts, x):
        found = [(x, None)]             # the value of each layer and its way back
        for part in parts:
            found.append(part(found[-1][0], True))
        return found

    def pull(self, parts, x, G_output):
        return functools.reduce(lambda G, layer: layer[1](G), reversed(self.run(parts, x)[1:]), G_output)

    product = staticmethod(OPS.gemm)

    def layer(self, x, w, b):
        return (found := OPS.affine(x, w.T, b)), OPS.relu(found)

    def forward(self, pairs, x):
        values = [value for value, _ in self.run(self.network(pairs), x)]
        return values[-1], values[1:-1]

    def gradients(self, pairs, x, G_output):
        G_x = self.pull(parts := self.network(pairs), x, G_output)
        return [(part.get_grad('W').T, part.get_grad('b')) for part in parts], (), G_x

    def train(self, pairs, rate, steps):
        parts, sgd = self.network(pairs), thinc.SGD(rate, L2=0.0, grad_clip=0.0, use_averages=False)
        for x, G_output in steps:
            self.pull(parts, x, G_output)
            for part in parts:
                part.finish_update(sgd)
        return [(part.get_param('W').T, part.get_param('b')) for part in parts]

    def loss(self, op, output, y):
        if op == 'regression':
            return [2 / output.shape[1] * found for found in reversed(thinc.L2Distance()(output, y))]
        return reversed(thinc.CategoricalCrossentropy()(OPS.softmax(output), y)) if op == 'select' else line.skip()


if __name__ == '__main__':
    line.serve(Thinc(), invalid=True)
