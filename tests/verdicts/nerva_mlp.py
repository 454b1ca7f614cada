"""nerva-numpy, given float64 arrays: MultilayerPerceptron of ActivationLayer (ReLU) and LinearLayer, GradientDescent.

Its losses are sums; loss and gradient are divided alike, by rows times outputs (SquaredError) or the rows
(SoftmaxCrossEntropy). Its LogisticCrossEntropy has no term for labels of 0, so it is not the loss `binary`.
"""
import nerva_numpy.layers as layers
from nerva_numpy import matrix_operations
from nerva_numpy.activation_functions import ReLUActivation
from nerva_numpy.loss_functions import parse_loss_function
from nerva_numpy.multilayer_perceptron import MultilayerPerceptron

from . import line


class Nerva:
    product = staticmethod(matrix_operations.product)

    def network(self, pairs, last=False):
        net = MultilayerPerceptron([])
        for n, (w, b) in enumerate(pairs):
            shape = *w.shape,
            net.layers.append(layers.LinearLayer(*shape) if n == len(pairs) - 1 and not last
                              else layers.ActivationLayer(*shape, ReLUActivation()))
            made = net.layers[-1]
            made.W, made.b, made.DW, made.Db = w.T.copy(), b.copy(), 0 * w.T, 0 * b
            made.set_optimizer('GradientDescent')
        return net

    def layer(self, x, w, b):
        hidden = (net := self.network([(w, b)], last=True)).feedforward(x)
        return net.layers[0].Z, hidden

    def forward(self, pairs, x):
        net = self.network(pairs)
        output = net.feedforward(x)
        return output, [layer.X for layer in net.layers[1:]]

    def gradients(self, pairs, x, G_output):
        net = self.network(pairs)
        net.backpropagate(net.feedforward(x), G_output)
        return ([(layer.DW.T, layer.Db) for layer in net.layers], [layer.DZ for layer in net.layers[:-1]],
                net.layers[0].DX)

    def train(self, pairs, rate, steps):
        net = self.network(pairs)
        for x, G_output in steps:
            net.backpropagate(net.feedforward(x), G_output)
            net.optimize(rate)
        return [(layer.W.T, layer.b) for layer in net.layers]

    def loss(self, op, output, y):
        if op == 'binary':
            line.skip()
        name, parts = ('SquaredError', output.size) if op == 'regression' else ('SoftmaxCrossEntropy', len(output))
        function = parse_loss_function(name)
        return function(output, y) / parts, function.gradient(output, y) / parts


if __name__ == '__main__':
    line.serve(Nerva(), invalid=True)
