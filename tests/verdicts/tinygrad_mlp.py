"""tinygrad in float64 (DEFAULT_FLOAT=DOUBLE): nn.Linear, relu, Tensor.gradient and backward, nn.optim.SGD.

The losses are the mean of the squares, and binary_crossentropy_logits and cross_entropy as they are by default.
"""
import itertools

from tinygrad import Context, Tensor, nn

from . import line

LOSSES = {'regression': lambda output, y: (output - y).square().mean(),
          'binary': Tensor.binary_crossentropy_logits, 'select': Tensor.cross_entropy}


def numpy(*tensors):
    Tensor.realize(*tensors)
    return [tensor.numpy() for tensor in tensors]


class Tinygrad:
    def network(self, pairs):
        net = [nn.Linear(1, 1) for _ in pairs]
        for layer, (w, b) in zip(net, pairs):
            layer.weight, layer.bias = Tensor(w.T.copy()), Tensor(b.copy())
        return net, [tensor for layer in net for tensor in (layer.weight, layer.bias)]

    def run(self, net, x):
        hiddens = list(itertools.accumulate(net[:-1], lambda hidden, layer: layer(hidden).relu(), initial=x))
        return [*hiddens[1:], net[-1](hiddens[-1])]

    def product(self, a, b):
        return (Tensor(a) @ Tensor(b)).numpy()

    def layer(self, x, w, b):
        found = self.network([(w, b)])[0][0](Tensor(x))
        return numpy(found, found.relu())

    def forward(self, pairs, x):
        return (values := numpy(*self.run(self.network(pairs)[0], Tensor(x))))[-1], values[:-1]

    def gradients(self, pairs, x, G_output):
        (net, params), x = self.network(pairs), Tensor(x)
        *found, G_x = numpy(*self.run(net, x)[-1].gradient(*params, x, gradient=Tensor(G_output)))
        return [(w.T, b) for w, b in zip(found[::2], found[1::2])], (), G_x

    def train(self, pairs, rate, steps):
        net, params = self.network(pairs)
        with Context(TRAINING=1):
            sgd = nn.optim.SGD(params, lr=rate)
            for x, G_output in steps:
                sgd.zero_grad(), self.run(net, Tensor(x))[-1].backward(Tensor(G_output)), sgd.step()
        return [(w.T, b) for w, b in zip(numpy(*params[::2]), numpy(*params[1::2]))]

    def loss(self, op, output, y):
        found = LOSSES[op](output := Tensor(output), Tensor(y))
        return numpy(found, *found.gradient(output))


if __name__ == '__main__':
    line.serve(Tinygrad(), invalid=True)
