"""scikit-learn: MLPRegressor and MLPClassifier, by their private _forward_pass and _backprop and their SGDOptimizer.

_backprop divides by the rows and takes output - y for the gradient: y is an array from which that is G_output times the
rows. Checks are in fit, where nothing is asked: no stage `invalid`. Loss and gradient of a loss are those of _backprop,
both times one factor: 2 for the regression, 1 / outputs for the binary loss (a sum over the outputs here). The gradient
with respect to `output` is that of the weights of a net without hidden layers; x is the identity, the weights are it.
"""
import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer
from sklearn.utils.extmath import safe_sparse_dot

from . import line


class Upstream(np.ndarray):
    def __rsub__(self, output):
        return np.array(self)


class ScikitLearn:
    def network(self, pairs, op='regression'):
        net = (MLPRegressor if op == 'regression' else MLPClassifier)(activation='relu', alpha=0.0)
        net.out_activation_ = {'regression': 'identity', 'binary': 'logistic', 'select': 'softmax'}[op]
        net.n_layers_, net.coefs_, net.intercepts_ = len(pairs) + 1, *map(list, zip(*pairs))
        return net

    def backprop(self, net, x, y):
        deltas, weights, biases = ([None] * len(net.coefs_) for _ in range(3))
        return net._backprop(x, y, None, [x, *deltas], deltas, weights, biases)

    product = staticmethod(safe_sparse_dot)

    def layer(self, x, w, b):
        above = np.eye(len(b)), np.zeros(len(b))
        return self.forward([(w, b)], x)[0], self.forward([(w, b), above], x)[1][0]

    def forward(self, pairs, x):
        *hiddens, output = self.network(pairs)._forward_pass([x] + [None] * len(pairs))[1:]
        return output, hiddens

    def gradients(self, pairs, x, G_output):
        return zip(*self.backprop(self.network(pairs), x, (len(x) * G_output).view(Upstream))[1:]), (), None

    def train(self, pairs, rate, steps):
        net = self.network(pairs)
        sgd = SGDOptimizer(net.coefs_ + net.intercepts_, rate, momentum=0, nesterov=False)
        for x, G_output in steps:
            _, weights, biases = self.backprop(net, x, (len(x) * G_output).view(Upstream))
            sgd.update_params(net.coefs_ + net.intercepts_, weights + biases)
        return zip(net.coefs_, net.intercepts_)

    def loss(self, op, output, y):
        found, weights, _ = self.backprop(self.network([(output, 0 * output[0])], op), np.eye(len(output)), y)
        factor = {'regression': 2, 'binary': 1 / output.shape[1], 'select': 1}[op]
        return factor * found, factor * weights[0]


if __name__ == '__main__':
    line.serve(ScikitLearn())
