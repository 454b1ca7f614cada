"""Deliberately wrong networks, each with one fault, and the right one: what the suite must reject, and accept.

One small NumPy network, written straight from the formulas and apart from both twins; `Network(...)` with a fault's
name goes wrong in that one place. `twin('sign flipped')` wraps it for the checks' door `ThroughNetwork`.
"""
from types import SimpleNamespace

import numpy as np

FAULTS = {
    'sign flipped': 'the update adds the gradient',
    'bias gradient dropped': 'G_b is 0',
    'update before G_hidden': 'w is updated, then used for the gradient of its input',
    'mask from the wrong layer': 'the gradient is masked by the activations of another row',
    'mask missing': 'the gradient passes ReLU unmasked',
    'derivative 1 at 0': 'ReLU counts as alive at exactly 0',
    'last row ignored': 'the weight gradient leaves out the last row',
    'transposed square w': 'G @ w instead of G @ w.T where w is square',
    '1/size wrong': 'G_output divides by the rows where it should by the entries, and the other way round',
    'off by 1e-3': 'every weight gradient is 0.1 % too large',
    'rate twice': 'biases move by twice the rate',
    'first layer not trained': 'the first layer stays as it was',
    'stale activations': 'the weight gradient uses the first row for all rows',
    'loss halved': 'the reported loss is half of what it is',
    'all NaN': 'every gradient is NaN',
    'float16 inside': 'the gradient of the output passes through float16',
}


def twin(fault):
    """An implementation with `fault`, or '' for none."""
    if fault and fault not in FAULTS:
        raise ValueError(f'fault: expected one of {", ".join(FAULTS)}, got {fault!r}')
    return SimpleNamespace(name=f'fault {fault!r}', block=None, lecture=None,
                           Network=lambda *sizes, dtype, rng: Network(*sizes, dtype, fault))


class Network:
    """The part of the twins' Network that the checks use."""

    def __init__(self, inputs, hidden, outputs, dtype, fault):
        widths = (inputs, *hidden, outputs)
        self.fault, self.dtype = fault, np.dtype(dtype)
        self.params = [{'w': np.zeros((a, b), dtype), 'b': np.zeros(b, dtype)} for a, b in zip(widths, widths[1:])]

    def forward(self, x):
        aux = [x]
        for pair in self.params[:-1]:
            aux.append(np.maximum(aux[-1] @ pair['w'] + pair['b'], 0))
        return aux[-1] @ self.params[-1]['w'] + self.params[-1]['b'], aux

    def _walk(self, G, aux, learning_rate=None):
        """(gradients, input gradient), with the update where there is a rate."""
        fault, result = self.fault, [None] * len(self.params)
        G = np.array(G)
        self.before = [{name: values.copy() for name, values in pair.items()} for pair in self.params]
        if fault == 'float16 inside':
            G = G.astype(np.float16).astype(self.dtype)
        for n in reversed(range(len(self.params))):
            w, b, h = self.params[n]['w'], self.params[n]['b'], aux[n]
            G_w, G_b = h.T @ G, G.sum(axis=0)
            if fault == 'last row ignored':
                G_w = h[:-1].T @ G[:-1]
            if fault == 'stale activations':
                G_w = np.repeat(h[:1], len(h), axis=0).T @ G
            if fault == 'off by 1e-3':
                G_w = G_w * self.dtype.type(1.001)
            if fault == 'bias gradient dropped':
                G_b = 0 * G_b
            if fault == 'all NaN':
                G_w, G_b = G_w * np.nan, G_b * np.nan
            result[n] = {'w': G_w, 'b': G_b}
            G_h = G @ (w if fault == 'transposed square w' and len(w) == len(b) else w.T)
            if learning_rate is not None and not (n == 0 and fault == 'first layer not trained'):
                rate = -learning_rate if fault == 'sign flipped' else learning_rate
                w -= rate * G_w
                b -= (2 * rate if fault == 'rate twice' else rate) * G_b
                if fault == 'update before G_hidden':
                    G_h = G @ w.T
            if n > 0 and fault != 'mask missing':
                mask = np.sign(np.roll(h, 1, axis=0) if fault == 'mask from the wrong layer' else h)
                if fault == 'derivative 1 at 0':
                    mask = (aux[n - 1] @ self.before[n - 1]['w'] + self.before[n - 1]['b'] >= 0).astype(self.dtype)
                G_h = G_h * mask
            G = G_h
        return result, G

    def gradients(self, G_output, aux):
        return self._walk(G_output, aux)[0]

    def input_gradient(self, G_output, aux):
        return self._walk(G_output, aux)[1]

    def backprop(self, G_output, aux, learning_rate):
        self._walk(G_output, aux, learning_rate)

    def _judge(self, problem, output, y):
        """loss, accuracy, G_output."""
        size = output.shape[0] if problem == 'select' else output.size
        if problem == 'regression':
            loss, accuracy, G = np.mean((output - y)**2), 1 - np.mean(np.abs((output - y) / y)), 2 * (output - y)
        elif problem == 'binary':
            t = np.exp(-np.abs(output))
            loss = np.mean(np.maximum(output, 0) - output * y + np.log(1 + t))
            accuracy, G = np.mean((output > 0) == (y > 0.5)), np.where(output < 0, t, 1) / (1 + t) - y
        else:
            raised = np.exp(output - output.max(axis=1, keepdims=True))
            p = raised / raised.sum(axis=1, keepdims=True)
            loss, accuracy = -np.sum(y * np.log(p + 1e-10)) / size, np.mean(output.argmax(1) == y.argmax(1))
            G = p - y
        if self.fault == '1/size wrong':
            size = output.size if problem == 'select' else output.shape[0]
        return float(loss) / (2 if self.fault == 'loss halved' else 1), float(accuracy), (G / size).astype(self.dtype)

    def evaluate(self, problem, x, y):
        return self._judge(problem, self.forward(x)[0], y)[:2]

    def loss_and_gradients(self, problem, x, y):
        output, aux = self.forward(x)
        loss, _, G = self._judge(problem, output, y)
        return loss, self.gradients(G, aux)

    def train_step(self, problem, x, y, learning_rate):
        output, aux = self.forward(x)
        loss, accuracy, G = self._judge(problem, output, y)
        self.backprop(G, aux, learning_rate)
        return loss, accuracy
