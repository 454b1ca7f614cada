"""Who trains the same network beside us: every Python library in the quickest form that we found for it.

A contestant is made from (widths, dtype, problem, theta) and has one method that is timed:

    epoch(x, y, order, rows, learning_rate) -> mean loss of the minibatches

`order` holds row numbers, whole minibatches of `rows`. Every contestant computes the loss of every minibatch, and all
but rounding of what it does to theta is what mlp_py does. `tune`, called once before, tries the forms that a
contestant has and keeps the quickest, named in `form`. Libraries are imported by the contestant that needs them.

What was tried and left out, because it was never quicker at the widths of small networks:

- JAX: `jax.value_and_grad` instead of backprop by hand (equal within noise); rows gathered inside the scan; the loss
  taken after the scan; one thread (`--xla_cpu_multi_thread_eigen=false`, `intra_op_parallelism_threads=1`): XLA does
  not split products of this size, so nothing changes, and the settings belong to the whole process.
- PyTorch: autograd with `optim.SGD` (plain, foreach or fused): 5 to 16 times as long as the form below.
- scikit-learn: its private `_backprop` in a loop of our own does what `partial_fit` does.
"""

import contextlib
import importlib
import importlib.util
import time
from pathlib import Path

import numpy as np

from .params import layer_shapes, pairs_of
from .twins import network_class

TRIALS = 3                  # timed epochs of a form; the shortest counts
ALL = 1_000_000             # threads: mlp_c takes no more than it is allowed


class Contestant:
    """What they share: the start, and each library's own copy of the data, made once."""

    name = form = ""
    matches = True          # theta may be compared with mlp_py's
    mean_loss = True        # epoch returns the mean of the losses (else the last minibatch's)
    resizes = True          # works with as many threads as `taking` says

    def __init__(self, widths, dtype, problem, theta):
        self.widths, self.dtype, self.problem = tuple(widths), np.dtype(dtype), problem
        self.shapes = layer_shapes(widths[0], widths[1:-1], widths[-1])
        self._start(np.array(theta, dtype=self.dtype))
        self._source = self._data = None
        self.trials = {}                                        # form: seconds of an epoch
        self.refused = {}                                       # form: why it does not work here

    def _own(self, x, y):
        """`_convert(x, y)`, remembered for as long as x and y are the same arrays."""
        if self._source is None or self._source[0] is not x or self._source[1] is not y:
            self._source, self._data = (x, y), self._convert(x, y)
        return self._data

    def taking(self, threads):
        """A context in which epochs take `threads` threads; here: NumPy's BLAS does."""
        import threadpoolctl
        return threadpoolctl.threadpool_limits(threads, user_api="blas")

    def tune(self, x, y, order, rows, learning_rate, patience=60.0, threads=None):
        """Keep the quickest form for this epoch; theta is afterwards what it was before.

        patience : seconds, after which no further form is tried
        threads : only forms for so many; None: the contestant may choose

        Returns
        -------
        The form, None where there is but one; what `_use` takes.
        """
        self.trials = {}
        epoch, before, begin = (x, y, order, rows, learning_rate), self.theta(), time.perf_counter()
        for form in self._forms(threads):
            self._use(form)
            try:
                self.epoch(*epoch)                              # compiles, warms up
                self.trials[form] = min(self._timed(epoch) for _ in range(TRIALS))
            except RuntimeError as error:                       # what a missing compiler leads to
                self.refused[self.form] = " ".join(str(error).split())[:150]
            self._start(before)
            if time.perf_counter() - begin > patience:
                break
        if not self.trials:
            return None
        best = min(self.trials, key=self.trials.get)
        self._use(best)
        return best

    def _timed(self, epoch):
        begin = time.perf_counter()
        self.epoch(*epoch)
        return time.perf_counter() - begin

    def _forms(self, threads):
        return ()


class Twin(Contestant):
    """`Network.train_epoch` of mlp_py or mlp_c."""

    def _start(self, theta):
        widths = self.widths
        self.net = network_class(self.name)(widths[0], list(widths[1:-1]), widths[-1], dtype=self.dtype.name)
        self.net.theta[...] = theta

    def theta(self):
        return self.net.theta.copy()

    def epoch(self, x, y, order, rows, learning_rate):
        return float(self.net.train_epoch(self.problem, x, y, order, rows, learning_rate)[0].mean())


class MlpC(Twin):
    name = "mlp_c"

    @contextlib.contextmanager
    def taking(self, threads):
        import mlp_c
        mlp_c.set_num_threads(threads)
        try:
            yield
        finally:
            mlp_c.set_num_threads(ALL)


class MlpPy(Twin):
    name = "mlp_py"


class Lecture(Contestant):
    """The page `lecture.py` alone, as in a notebook: no argument checks; its own two lines a minibatch."""

    name = "lecture"

    def _start(self, theta):
        # Under a name outside the package its relative imports fail, and it falls back to no checks.
        spec = importlib.util.spec_from_file_location("lecture_alone", Path(__file__).with_name("lecture.py"))
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self._theta = theta
        *self.module.pm_hiddens, self.module.pm_output = pairs_of(theta, self.shapes)
        self.module.hidden_config = list(self.widths[1:-1])
        self.module.problem, self.module.output_cnt = self.problem, self.widths[-1]

    def theta(self):
        return self._theta.copy()

    def _convert(self, x, y):
        return np.hstack([x, y])

    def epoch(self, x, y, order, rows, learning_rate):
        lecture, losses = self.module, []
        lecture.data, lecture.shuffle_map, lecture.LEARNING_RATE = self._own(x, y), order, learning_rate
        lecture.test_begin_idx = 0                              # nothing is shuffled: the order is given
        for n in range(len(order) // rows):
            loss, _ = lecture.run_train(*lecture.get_train_data(rows, n))
            losses.append(loss)
        return float(np.mean(losses))


class ScikitLearn(Contestant):
    """MLPRegressor or MLPClassifier with solver "sgd": plain gradient descent, one `partial_fit` an epoch.

    Its losses differ from ours by constant factors (half the squared error; sums over the outputs where ours is a
    mean), so the learning rate is scaled to make the steps equal. Two exclusive classes are one output there, two
    here: left out.
    """

    name = "scikit-learn"

    def _start(self, theta):
        if self.problem == "select" and self.widths[-1] < 3:
            raise ImportError("models two classes with one output")
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        regression = self.problem == "regression"
        self.model = (MLPRegressor if regression else MLPClassifier)(
            hidden_layer_sizes=self.widths[1:-1], solver="sgd", alpha=0, momentum=0, nesterovs_momentum=False,
            shuffle=False)
        outputs = self.widths[-1]
        self.factor = {"regression": 2 / outputs, "binary": 1 / outputs, "select": 1}[self.problem]
        self.loss_factor = {"regression": 2, "binary": 1 / outputs, "select": 1}[self.problem]
        # Its first call draws parameters of the right shapes; ours take their places.
        y = np.zeros((2, self.widths[-1]), dtype=self.dtype)
        y[1, 0] = 1
        self._fit(np.zeros((2, self.widths[0]), dtype=self.dtype), self._targets(y), 2, 0.0)
        for w, b, pair in zip(self.model.coefs_, self.model.intercepts_, pairs_of(theta, self.shapes)):
            w[...], b[...] = pair["w"], pair["b"]

    def _fit(self, x, targets, rows, learning_rate):
        self.model.batch_size = rows
        if hasattr(self.model, "_optimizer"):
            self.model._optimizer.learning_rate = learning_rate * self.factor
        classes = {} if self.problem == "regression" else {"classes": np.arange(max(2, self.widths[-1]))}
        self.model.partial_fit(x, targets, **classes)

    def _targets(self, y):
        if self.problem == "select":
            return np.argmax(y, axis=1)
        narrow = y[:, 0] if self.widths[-1] == 1 else y
        return narrow if self.problem == "regression" else narrow.astype(int)

    def theta(self):
        pairs = zip(self.model.coefs_, self.model.intercepts_)
        return np.concatenate([array.ravel() for pair in pairs for array in pair])

    def _convert(self, x, y):
        return x, self._targets(y)

    def epoch(self, x, y, order, rows, learning_rate):
        x, targets = self._own(x, y)
        self._fit(x[order], targets[order], rows, learning_rate)
        return float(self.model.loss_ * self.loss_factor)


CONTESTANTS = {"mlp_c": MlpC, "mlp_py": MlpPy, "lecture": Lecture, "scikit-learn": ScikitLearn}
PAGES = {"PyTorch": "contestant_torch", "JAX": "contestant_jax"}        # where the others are, under the same names


def available(names, widths, dtype, problem, theta):
    """The contestants of these names, ready to train, and those left out.

    Parameters
    ----------
    names : of CONTESTANTS and PAGES, in the order of the result
    widths : (I, hidden..., O)
    dtype : {"float64", "float32"}
    problem : {"regression", "binary", "select"}
    theta : (parameters,), where they start; it is copied

    Returns
    -------
    ready : list of Contestant
    left_out : {name: reason}
    """
    ready, left_out = [], {}
    for name in names:
        try:
            if name in PAGES:
                contestant = getattr(importlib.import_module("." + PAGES[name], __package__), name)
            else:
                contestant = CONTESTANTS[name]
            ready.append(contestant(widths, dtype, problem, theta))
        except (ImportError, OSError) as error:
            left_out[name] = "not installed" if isinstance(error, ModuleNotFoundError) else " ".join(str(error).split())
    return ready, left_out
