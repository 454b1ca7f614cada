"""Deliberately wrong implementations: what the suite must reject. And the same text without a fault, which it must accept.

A small multilayer perceptron written straight in NumPy, with the same two doors as the twins (a lecture and a Network),
in which `FAULTS` names what can be made wrong. `pytest --impl tests.faults:NAME` runs the suite itself on one of them.
"""
from types import SimpleNamespace

import numpy as np

from mlp_py.conformance.contract import OFFERS
from mlp_py.conformance.ports import Port

FAULTS = {
    'sign flipped': 'parameters move up the gradient',
    'bias gradient dropped': 'biases never learn',
    'last bias dropped': 'the output bias never learns',
    'update before G_hidden': 'G_hidden is taken with the updated weights',
    'mask from the wrong layer': 'the mask is that of the layer below (where it fits, else none)',
    'no mask': 'the derivative of ReLU is 1 everywhere',
    'derivative 1 at 0': 'a unit at exactly 0 passes its gradient on',
    'mask by select': 'np.where instead of the product: 0 * inf is 0, and sign(-2) is 0',
    'last row ignored': 'the last row of a minibatch adds nothing to the gradients',
    'transposed square w': 'G @ w instead of G @ w.T where w is square',
    '1/rows in place of 1/size': 'regression and binary divide by the rows alone',
    '1/size in place of 1/rows': 'select divides by all entries',
    'divides by the full minibatch': 'a shorter minibatch is divided by the length of the first one',
    'off by 1e-3': 'gradients too large by one part in a thousand',
    'off by 1e-5 in one weight': 'one weight of one layer is moved by a little',
    'float16 inside': 'the first product is rounded to half precision',
    'float32 inside': 'float64 networks compute in float32',
    'all NaN': 'everything is NaN',
    'all zero': 'everything is 0',
    'update is missing': 'nothing is ever learned',
    'answers the case before': 'forward returns what it returned last time, where the shape fits',
    'first layer only': 'only the first layer learns',
    'rate twice': 'the learning rate enters squared',
    'relu hides NaN': 'NaN becomes 0 in ReLU',
    'relu keeps -0.0': '-0.0 stays -0.0',
    'no bias': 'forward forgets the bias of the output layer',
    'stale activations': 'the output layer takes its gradient from x shifted by one row',
    'softmax without maximum': 'exp overflows for large logits',
    'sigmoid overflows': '1 / (1 + exp(-x)) and log(sigmoid): NaN for saturated logits',
    'epsilon in the gradient': 'select differentiates its 1e-10, too',
    'loss without epsilon': 'the reported loss of select lacks its 1e-10',
    'loss is a sum': 'the reported loss is not divided',
    'accuracy after the update': 'the accuracy is measured too late',
    'tail of the last block': 'the sum over more than 16 inputs loses its last term',
    'input gradient masked': 'the mask is applied to the input gradient, too',
    'x is changed': 'x is overwritten',
    'x is normalised': 'x is divided by its largest entry',
}


class Core:
    """The arithmetic over a list of parameter pairs; `fault` is a name from FAULTS or ''."""

    def __init__(self, fault):
        self.fault, self.before, self.first_rows = fault, None, None

    def relu(self, z):
        if self.fault == 'relu hides NaN':
            return np.where(z > 0, z, z.dtype.type(0))
        if self.fault == 'relu keeps -0.0':
            return np.where(z < 0, z.dtype.type(0), z)
        return np.where(z <= 0, z.dtype.type(0), z)

    def derivative(self, h):
        if self.fault == 'derivative 1 at 0':
            return np.where(h == 0, h.dtype.type(1), np.sign(h))
        if self.fault == 'no mask':
            return np.ones_like(h)
        return np.sign(h)

    def product(self, a, b):
        if self.fault == 'tail of the last block' and a.shape[1] > 16:
            a, b = a[:, :-1], b[:-1]
        if self.fault == 'float32 inside':
            return (a.astype('f4') @ b.astype('f4')).astype(a.dtype)
        return a @ b

    def forward(self, pairs, x):
        if self.fault == 'x is changed' and x.size and x.flags.writeable:
            x[-1] *= 0.5
        h = x / np.abs(x).max() if self.fault == 'x is normalised' and x.size else x
        aux = [h]
        for n, pair in enumerate(pairs):
            z = self.product(h, pair['w'])
            if n == 0 and self.fault == 'float16 inside':
                z = z.astype('f2').astype(z.dtype)
            if not (self.fault == 'no bias' and n == len(pairs) - 1):
                z = z + pair['b']
            h = self.relu(z) if n < len(pairs) - 1 else z
            aux.append(h)
        *aux, output = aux
        if self.fault == 'answers the case before' and self.before is not None and self.before.shape == output.shape:
            output, self.before = self.before, output
        elif self.fault in ('all NaN', 'all zero'):
            output = np.full_like(output, np.nan if 'NaN' in self.fault else 0)
        else:
            self.before = output
        return output, aux

    def backward(self, pairs, G, aux, learning_rate=None):
        """Gradients and input gradient; with a rate the update as well, layer by layer from the last."""
        gradients, fault, count = [], self.fault, len(pairs)
        for n in reversed(range(count)):
            h, w = aux[n], pairs[n]['w']
            if fault == 'stale activations' and n == count - 1 and n:
                h = np.roll(h, 1, axis=0)
            rows = slice(None, -1) if fault == 'last row ignored' and len(G) > 1 else slice(None)
            G_w, G_b = self.product(h[rows].T, G[rows]), G[rows].sum(axis=0)
            if fault == 'bias gradient dropped' or fault == 'last bias dropped' and n == count - 1:
                G_b = np.zeros_like(G_b)
            if fault == 'off by 1e-3':
                G_w, G_b = G_w * G_w.dtype.type(1.001), G_b * G_b.dtype.type(1.001)
            if fault == 'off by 1e-5 in one weight' and n == 0:
                G_w = G_w.copy()
                G_w.flat[-1] += G_w.dtype.type(1e-5)
            gradients.insert(0, {'w': G_w, 'b': G_b})
            if fault == 'update before G_hidden' and learning_rate is not None:
                self.update(pairs, gradients[0], n, learning_rate)
            back = w if fault == 'transposed square w' and w.shape[0] == w.shape[1] else w.T
            G = self.product(G, back)
            if fault != 'update before G_hidden' and learning_rate is not None:
                self.update(pairs, gradients[0], n, learning_rate)
            if n or fault == 'input gradient masked':
                mask = aux[n]
                if fault == 'mask from the wrong layer':
                    mask = aux[n - 1] if aux[n - 1].shape == mask.shape else np.ones_like(mask)
                G = np.where(mask > 0, G, 0) if fault == 'mask by select' else G * self.derivative(mask)
        if fault in ('all NaN', 'all zero'):
            G = G * np.nan if 'NaN' in fault else G * 0
        return gradients, G

    def update(self, pairs, gradient, n, learning_rate):
        if self.fault == 'update is missing' or self.fault == 'first layer only' and n:
            return
        rate = -learning_rate if self.fault == 'sign flipped' else learning_rate
        rate = rate * learning_rate if self.fault == 'rate twice' else rate
        for name in 'wb':
            pairs[n][name][...] -= rate * gradient[name]

    # ---- the three problems -----------------------------------------------------------------------------------

    def sigmoid(self, z):
        if self.fault == 'sigmoid overflows':
            return np.exp(z) / (1 + np.exp(z))
        return np.where(z > 0, 1, np.exp(-np.abs(z))).astype(z.dtype) / (1 + np.exp(-np.abs(z)))

    def softmax(self, z):
        raised = np.exp(z if self.fault == 'softmax without maximum' else z - z.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    def loss(self, problem, z, y):
        if problem == 'regression':
            terms = (z - y)**2
        elif problem == 'binary':
            terms = np.maximum(z, 0) - z * y + np.log(1 + np.exp(-np.abs(z)))
        else:
            terms = -(y * np.log(self.softmax(z) + (0 if self.fault == 'loss without epsilon' else 1e-10))).sum(axis=1)
        return float(terms.sum() if self.fault == 'loss is a sum' else terms.mean(dtype=float))

    def G_output(self, problem, z, y):
        size, rows = z.size, len(z)
        if self.fault == '1/rows in place of 1/size':
            size = rows
        if self.fault == '1/size in place of 1/rows':
            rows = z.size
        if self.fault == 'divides by the full minibatch':
            self.first_rows = max(self.first_rows or 0, len(z))
            size, rows = self.first_rows * z.shape[1], self.first_rows
        if problem == 'regression':
            return 2 * (z - y) / size
        if problem == 'binary':
            return (self.sigmoid(z) - y) / size
        p = self.softmax(z)
        if self.fault == 'epsilon in the gradient':
            inner = y * p / (p + 1e-10)
            return ((p * inner.sum(axis=1, keepdims=True) - inner) / rows).astype(z.dtype)
        return (p - y) / rows

    def accuracy(self, problem, z, y):
        if problem == 'regression':
            return float(1 - np.abs((z - y) / y).mean(dtype=float))
        if problem == 'binary':
            return float(((z > 0) == (y > 0.5)).mean())
        return float((z.argmax(axis=1) == y.argmax(axis=1)).mean())

    def train_step(self, pairs, problem, x, y, learning_rate):
        output, aux = self.forward(pairs, x)
        result = self.loss(problem, output, y), self.accuracy(problem, output, y)
        self.backward(pairs, self.G_output(problem, output, y), aux, learning_rate)
        if self.fault == 'accuracy after the update':
            result = result[0], self.accuracy(problem, self.forward(pairs, x)[0], y)
        return result


def network_class(fault):
    """A class with the methods of Network that the checks use."""

    class Network:
        def __init__(self, input_cnt, hidden, output_cnt, *, dtype='float64', std=0.003, rng=None):
            widths = (input_cnt, *hidden, output_cnt)
            self.params = [{'w': np.zeros(shape, dtype), 'b': np.zeros(shape[1], dtype)} for shape in zip(widths, widths[1:])]
            self.core = Core(fault)

        def forward(self, x):
            return self.core.forward(self.params, x)

        def backprop(self, G_output, aux, learning_rate):
            self.core.backward(self.params, G_output, aux, learning_rate)

        def gradients(self, G_output, aux):
            return self.core.backward(self.params, G_output, aux)[0]

        def input_gradient(self, G_output, aux):
            return self.core.backward(self.params, G_output, aux)[1]

        def evaluate(self, problem, x, y):
            output, _ = self.forward(x)
            return self.core.loss(problem, output, y), self.core.accuracy(problem, output, y)

        def loss_and_gradients(self, problem, x, y):
            output, aux = self.forward(x)
            return self.core.loss(problem, output, y), self.gradients(self.core.G_output(problem, output, y), aux)

        def train_step(self, problem, x, y, learning_rate):
            return self.core.train_step(self.params, problem, x, y, learning_rate)

    return Network


class Lecture:
    """An object with the lecture's names that the checks use."""

    LEARNING_RATE, RND_MEAN, RND_STD = 0.001, 0, 0.003
    input_cnt = output_cnt = hidden_cnt = hidden_config = pm_output = pm_hidden = pm_hiddens = None
    data = shuffle_map = test_begin_idx = problem = None

    def __init__(self, fault):
        self._core = Core(fault)

    def _pairs(self):
        return [*([self.pm_hidden] if self.hidden_config is None else self.pm_hiddens), self.pm_output]

    def set_hidden(self, info):
        self.hidden_cnt, self.hidden_config = (None, info) if isinstance(info, list) else (info, None)

    def init_model(self):
        hidden = [self.hidden_cnt] if self.hidden_config is None else self.hidden_config
        widths = [self.input_cnt, *hidden, self.output_cnt]
        pairs = [{'w': np.zeros(shape), 'b': np.zeros(shape[1])} for shape in zip(widths, widths[1:])]
        *self.pm_hiddens, self.pm_output = pairs
        self.pm_hidden = pairs[0]

    def relu(self, x):
        return self._core.relu(x)

    def relu_derv(self, y):
        return self._core.derivative(y)

    def forward_neuralnet(self, x):
        return self._core.forward(self._pairs(), x)

    def backprop_neuralnet(self, G_output, hiddens):
        self._core.backward(self._pairs(), G_output, hiddens, self.LEARNING_RATE)

    def forward_postproc(self, output, y):
        return self._core.loss(self.problem, output, y), [output, y]

    def backprop_postproc(self, G_loss, aux):
        return G_loss * self._core.G_output(self.problem, *aux)

    def eval_accuracy(self, output, y):
        return self._core.accuracy(self.problem, output, y)

    def run_train(self, x, y):
        return self._core.train_step(self._pairs(), self.problem, x, y, self.LEARNING_RATE)


def twin(fault):
    """An implementation with that fault, or with none for 'none'."""
    if fault != 'none' and fault not in FAULTS:
        raise ValueError(f'fault: expected one of {sorted(FAULTS)} or none, got {fault!r}')
    fault = '' if fault == 'none' else fault
    return Port(f'fault {fault}', Lecture(fault), SimpleNamespace(Network=network_class(fault), OFFERS=tuple(OFFERS)))
