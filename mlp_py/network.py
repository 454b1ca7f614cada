"""Network: the lecture's multilayer perceptron with explicit state, in NumPy.

    hidden_1 = relu(x @ w_1 + b_1),  hidden_2 = relu(hidden_1 @ w_2 + b_2),  ...,  output = hidden_n @ w_out + b_out

The mathematics is that of `lecture.py`; here the parameters belong to an object, and nothing is printed.
"""

import numpy as np

from . import arguments as check
from . import problems
from .params import ParamPair, initial_theta, layer_shapes, pairs_of


def _leave(layer, G_w, G_b):
    """The visitor that changes nothing."""


class Network:
    """A multilayer perceptron: dense layers with ReLU between them, none after the last.

    Parameters
    ----------
    input_cnt, output_cnt : int
        I and O, at least 1.
    hidden : int or sequence of int
        The hidden widths; ``4`` and ``[4]`` are the same network, ``()`` has no hidden layer.
    dtype : {"float64", "float32"}
        In it everything is kept and computed.
    std : float or "he"
        Standard deviation of the initial weights (mean 0); "he" is sqrt(2 / fan_in) a layer. Biases are 0.
    rng : None, int, numpy.random.Generator or numpy.random.RandomState
        Where the weights are drawn from, in float64, layer by layer; None is fresh.

    Attributes
    ----------
    params : tuple of pairs {'w': (fan_in, fan_out), 'b': (fan_out,)}, the output pair last
        Views into theta; write into them, they cannot be replaced.
    theta : ndarray, (parameters,)
        All parameters as one flat vector.
    input_cnt, hidden, output_cnt, dtype

    One Network belongs to one thread at a time. Source: chapter 4 of the lecture.
    """

    def __init__(self, input_cnt, hidden, output_cnt, *, dtype="float64", std=0.003, rng=None):
        self._input_cnt = check.count("input_cnt", input_cnt)
        self._hidden = check.hidden_widths(hidden)
        self._output_cnt = check.count("output_cnt", output_cnt)
        dtype, std, rng = check.precision(dtype), check.spread(std), check.random_source(rng)
        shapes = layer_shapes(self._input_cnt, self._hidden, self._output_cnt)
        self._adopt(initial_theta(shapes, dtype, std, rng))

    def _adopt(self, theta):
        """Make `theta` the parameters."""
        self._theta = theta
        self._pairs = pairs_of(theta, layer_shapes(self._input_cnt, self._hidden, self._output_cnt))
        self._params = tuple(ParamPair(**pair) for pair in self._pairs)

    input_cnt = property(lambda self: self._input_cnt)
    hidden = property(lambda self: self._hidden)
    output_cnt = property(lambda self: self._output_cnt)
    dtype = property(lambda self: self._theta.dtype)
    theta = property(lambda self: self._theta)
    params = property(lambda self: self._params)

    def __repr__(self):
        return f"mlp_py.Network({self.input_cnt}, {list(self.hidden)}, {self.output_cnt}, dtype={self.dtype.name!r})"

    def __getstate__(self):
        return {"input_cnt": self.input_cnt, "hidden": self.hidden, "output_cnt": self.output_cnt,
                "theta": self.theta.copy()}

    def __setstate__(self, state):
        self._input_cnt, self._hidden, self._output_cnt = state["input_cnt"], state["hidden"], state["output_cnt"]
        self._adopt(check.restored_theta(state))

    # ---- the lecture's three: forward, backprop, and what backprop is made of ----------------------------

    def forward(self, x):
        """output = the layers applied to x.

        Parameters
        ----------
        x : (B, I) real numbers

        Returns
        -------
        output : (B, O)
        aux : [x, hidden_1, ..., hidden_n], what backprop needs; aux[0] is x itself where it needed no conversion

        Source: `forward_neuralnet_hiddens`.
        """
        hidden = check.matrix("x", x, None, self._input_cnt, self.dtype)
        aux = [hidden]
        for pm_hidden in self._pairs[:-1]:
            hidden = np.maximum(hidden @ pm_hidden["w"] + pm_hidden["b"], 0)
            aux.append(hidden)
        return hidden @ self._pairs[-1]["w"] + self._pairs[-1]["b"], aux

    def _backward(self, G_output, aux, visit):
        """From the last layer to the first: hand (layer, G_w, G_b) to `visit`, and return G_x.

        G_w = h.T @ G, G_b = sum of G over rows, G_h = (G @ w.T) * sign(h), where h is the layer's input.
        G_h is taken before `visit` may change w.
        """
        G = check.matrix("G_output", G_output, None, self._output_cnt, self.dtype)
        aux = check.activations("aux", aux, G.shape[0], (self._input_cnt, *self._hidden), self.dtype)
        for layer in reversed(range(len(self._pairs))):
            h = aux[layer]
            G_w, G_b, G_h = h.T @ G, np.sum(G, axis=0), G @ self._pairs[layer]["w"].T
            visit(layer, G_w, G_b)
            G = G_h * np.sign(h) if layer else G_h
        return G

    def backprop(self, G_output, aux, learning_rate):
        """p -= learning_rate * G_p for every parameter p, in place, from the last layer to the first.

        Parameters
        ----------
        G_output : (B, O), the gradient of the loss with respect to the output
        aux : what `forward` returned
        learning_rate : float, finite

        A batch of 0 rows changes nothing. Source: `backprop_neuralnet_hiddens`.
        """
        learning_rate = check.number("learning_rate", learning_rate, self.dtype)

        def update(layer, G_w, G_b):
            self._pairs[layer]["w"] -= learning_rate * G_w
            self._pairs[layer]["b"] -= learning_rate * G_b

        G_output = check.matrix("G_output", G_output, None, self._output_cnt, self.dtype)
        self._backward(G_output, aux, update if len(G_output) else _leave)

    def gradients(self, G_output, aux):
        """The gradients of every parameter, [{'w': ..., 'b': ...}, ...] as in params; nothing changes."""
        pairs = [None] * len(self._pairs)

        def keep(layer, G_w, G_b):
            pairs[layer] = {"w": G_w, "b": G_b}

        self._backward(G_output, aux, keep)
        return pairs

    def input_gradient(self, G_output, aux):
        """The gradient of the loss with respect to x, (B, I); nothing changes."""
        return self._backward(G_output, aux, _leave)

    # ---- with a problem: loss, step, epoch, prediction ---------------------------------------------------

    def _checked_batch(self, problem, x, y):
        check.problem(problem)
        x = check.at_least_one_row("x", check.matrix("x", x, None, self._input_cnt, self.dtype))
        return x, check.matrix("y", y, x.shape[0], self._output_cnt, self.dtype)

    def evaluate(self, problem, x, y):
        """(loss, accuracy) of x (B, I) against y (B, O), two floats; nothing changes."""
        x, y = self._checked_batch(problem, x, y)
        output, _ = self.forward(x)
        return problems.loss(problem, output, y), problems.accuracy(problem, output, y)

    def loss_and_gradients(self, problem, x, y):
        """(loss, gradients) of x (B, I) against y (B, O); nothing changes. See `problems` for the formulas."""
        x, y = self._checked_batch(problem, x, y)
        output, aux = self.forward(x)
        return (problems.loss(problem, output, y),
                self.gradients(problems.G_output(problem, output, y), aux))

    def train_step(self, problem, x, y, learning_rate):
        """One step of gradient descent on one minibatch; returns its (loss, accuracy) before the update.

        Parameters
        ----------
        problem : {"regression", "binary", "select"}
        x, y : (B, I) and (B, O), B at least 1; y one-hot for "select" (not checked to sum to 1)
        learning_rate : float, finite

        Source: `run_train`.
        """
        x, y = self._checked_batch(problem, x, y)
        learning_rate = check.number("learning_rate", learning_rate, self.dtype)
        output, aux = self.forward(x)
        result = problems.loss(problem, output, y), problems.accuracy(problem, output, y)
        self.backprop(problems.G_output(problem, output, y), aux, learning_rate)
        return result

    def train_epoch(self, problem, x, y, order, mb_size, learning_rate):
        """A `train_step` for every `mb_size` rows of `order`; returns losses and accuracies.

        Parameters
        ----------
        problem, x, y, learning_rate : as in `train_step`; x and y hold all rows
        order : 1-D integers from 0 to rows - 1, repeats allowed; a shorter last minibatch takes what is left
        mb_size : int, at least 1

        Returns
        -------
        losses, accuracies : float64, (minibatches,), each measured before its update

        Source: the inner loop of `train_and_test`.
        """
        x, y = self._checked_batch(problem, x, y)
        order = check.row_numbers("order", order, x.shape[0])
        mb_size = check.count("mb_size", mb_size)
        learning_rate = check.number("learning_rate", learning_rate, self.dtype)
        batches = [order[begin:begin + mb_size] for begin in range(0, len(order), mb_size)]
        steps = [self.train_step(problem, x[rows], y[rows], learning_rate) for rows in batches]
        losses, accuracies = np.array(steps, dtype=np.float64).T.copy()
        return losses, accuracies

    def predict(self, x, problem=None, out=None):
        """The output for x (B, I), (B, O); with a problem its probabilities (sigmoid, softmax).

        out : None or a C-contiguous array (B, O) of the network's dtype, which is written and returned.
        """
        if problem is not None:
            check.problem(problem)
        x = check.matrix("x", x, None, self._input_cnt, self.dtype)
        if out is not None:
            check.destination("out", out, (x.shape[0], self._output_cnt), self.dtype)
        output, _ = self.forward(x)
        if problem is not None:
            output = problems.probabilities(problem, output)
        if out is None:
            return output
        out[...] = output
        return out
