"""Network: `mlp_py.Network`, compiled. The mathematics is told there; the arithmetic stands in `trainer` and `engine`."""

from mlp_py import arguments as check
from mlp_py.params import ParamPair, initial_theta, layer_shapes, pairs_of

from .trainer cimport Trainer


class Network:
    """A multilayer perceptron: dense layers with ReLU between them, none after the last.

    Parameters, attributes and methods are those of `mlp_py.Network`. What differs: sums have one order for every
    shape (blocks of 256 terms, fused multiply-adds), so a row's output does not depend on its batch, and two runs
    give the same bits; long calls run without the GIL; arrays that fit (dtype, C order, aligned) are read where
    they lie, others are converted.
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
        pairs = pairs_of(theta, layer_shapes(self._input_cnt, self._hidden, self._output_cnt))
        self._params = tuple([ParamPair(**pair) for pair in pairs])
        self._engine = Trainer(pairs)

    input_cnt = property(lambda self: self._input_cnt)
    hidden = property(lambda self: self._hidden)
    output_cnt = property(lambda self: self._output_cnt)
    dtype = property(lambda self: self._theta.dtype)
    theta = property(lambda self: self._theta)
    params = property(lambda self: self._params)

    def __repr__(self):
        return f"mlp_c.Network({self.input_cnt}, {list(self.hidden)}, {self.output_cnt}, dtype={self.dtype.name!r})"

    def __getstate__(self):
        return {"input_cnt": self.input_cnt, "hidden": self.hidden, "output_cnt": self.output_cnt,
                "theta": self.theta.copy()}

    def __setstate__(self, state):
        self._input_cnt, self._hidden, self._output_cnt = state["input_cnt"], state["hidden"], state["output_cnt"]
        self._adopt(check.restored_theta(state))

    def forward(self, x):
        """(output (B, O), aux = [x, hidden_1, ..., hidden_n]) for x (B, I); aux[0] is x where it fits as it lies."""
        return (<Trainer>self._engine).forward(x)

    def backprop(self, G_output, aux, learning_rate):
        """p = fma(-learning_rate, G_p, p) for every parameter, in place, from the last layer to the first.

        G_output (B, O), aux as forward returned it. A batch of 0 rows changes nothing.
        """
        (<Trainer>self._engine).backprop(G_output, aux, learning_rate)

    def gradients(self, G_output, aux):
        """The gradients of every parameter, [{'w': ..., 'b': ...}, ...] as in params; nothing changes."""
        return (<Trainer>self._engine).gradients(G_output, aux)

    def input_gradient(self, G_output, aux):
        """The gradient of the loss with respect to x, (B, I); nothing changes."""
        return (<Trainer>self._engine).input_gradient(G_output, aux)

    def evaluate(self, problem, x, y):
        """(loss, accuracy) of x (B, I) against y (B, O), two floats; nothing changes."""
        return (<Trainer>self._engine).evaluate(problem, x, y)

    def loss_and_gradients(self, problem, x, y):
        """(loss, gradients) of x (B, I) against y (B, O); nothing changes."""
        return (<Trainer>self._engine).loss_and_gradients(problem, x, y)

    def train_step(self, problem, x, y, learning_rate):
        """One step of gradient descent on one minibatch; returns its (loss, accuracy) before the update."""
        return (<Trainer>self._engine).train_step(problem, x, y, learning_rate)

    def train_epoch(self, problem, x, y, order, mb_size, learning_rate):
        """A `train_step` for every `mb_size` rows of `order`, in one call without the GIL.

        Returns losses and accuracies, float64 (minibatches,). Ctrl-C is answered between minibatches.
        """
        return (<Trainer>self._engine).train_epoch(problem, x, y, order, mb_size, learning_rate)

    def predict(self, x, problem=None, out=None):
        """The output for x (B, I), (B, O); with a problem its probabilities; into `out` where it is given."""
        return (<Trainer>self._engine).predict(x, problem, out)
