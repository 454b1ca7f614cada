"""The lecture's training loop around a Network of either twin: split, epochs, printed lines, history.

    split:   shuffle_map = arange(rows), shuffled; the first train_cnt of it train, the rest test
    epoch:   shuffle shuffle_map[:train_cnt] in place, then one step per `mb_size` rows of it
    report:  Epoch {}: loss={:5.3f}, accuracy={:5.3f}/{:5.3f}     mean loss, mean training and test accuracy

Nothing is computed here: every figure comes from the network. Random draws happen in the lecture's order, so
one ``rng = np.random.RandomState(1234)`` given to ``Network``, then to ``train``, gives the lecture's lines.
Source: chapter 1 of the lecture, `arrange_data` and `train_and_test`.
"""

import math
import time

import numpy as np

from . import arguments as check


class History:
    """What a training run measured.

    Attributes
    ----------
    epochs : list of (loss, accuracy, test_accuracy), one entry a finished epoch
        Mean loss and mean accuracy over the minibatches, each measured before its update; the accuracy on
        the test rows after the epoch, None where the epoch was not reported.
    loss, accuracy, test_accuracy : the three columns of `epochs`, as lists
    seconds : float
        Wall-clock time of the training alone, without the tests; a stopped epoch counts.
    final_accuracy : float
        On the test rows, when all was done. None until then.
    interrupted : bool
        Ctrl-C ended the run; what was learned up to then is in the network.
    diverged : bool
        The loss of the last epoch is NaN or infinite, which ended the run: nothing can be learned from there.
    """

    def __init__(self):
        self.epochs = []
        self.seconds = 0.0
        self.final_accuracy = None
        self.interrupted = False

    loss = property(lambda self: [epoch[0] for epoch in self.epochs])
    accuracy = property(lambda self: [epoch[1] for epoch in self.epochs])
    test_accuracy = property(lambda self: [epoch[2] for epoch in self.epochs])
    diverged = property(lambda self: bool(self.epochs) and not math.isfinite(self.epochs[-1][0]))

    def __repr__(self):
        return (f"<History: {len(self.epochs)} epochs in {self.seconds:.3g} s, "
                f"final accuracy {self.final_accuracy}>")


def split(rows, mb_size, rng):
    """Which rows train and which test: 80 % train, cut to whole minibatches.

    Parameters
    ----------
    rows, mb_size : int
    rng : None, int, Generator or RandomState; one shuffle is drawn from it

    Returns
    -------
    shuffle_map : (rows,) intp, every row number once
    train_cnt : int, (int(rows * 0.8) // mb_size) * mb_size; shuffle_map[train_cnt:] are the test rows

    Raises ValueError where `mb_size` is larger than the training part: there would be no minibatch.
    Source: `arrange_data`.
    """
    rows, mb_size = check.count("rows", rows), check.count("mb_size", mb_size)
    rng = check.random_source(rng)
    step_count = int(rows * 0.8) // mb_size
    if step_count == 0:
        raise ValueError(f"mb_size: expected at most the {int(rows * 0.8)} rows that train (80 % of {rows}), "
                         f"got {mb_size}")
    shuffle_map = np.arange(rows)
    rng.shuffle(shuffle_map)
    return shuffle_map, step_count * mb_size


def train(net, problem, x, y, *, epoch_count=10, mb_size=10, learning_rate=0.001, report=1, rng=None,
          say=print, progress=None):
    """Train `net` on 80 % of the rows, test it on the rest, print the lecture's lines.

    Parameters
    ----------
    net : mlp_py.Network or mlp_c.Network
        Its parameters are changed in place.
    problem : {"regression", "binary", "select"}
    x, y : (N, I) and (N, O) real numbers
        All rows; they are converted to the network's dtype once.
    epoch_count : int, at least 0
    mb_size : int, from 1 to the number of training rows
    learning_rate : float, finite
    report : int, at least 0
        Every how many epochs the network is tested and a line printed; 0 is never.
    rng : None, int, numpy.random.Generator or numpy.random.RandomState
        One shuffle for the split, then one an epoch. Pass the RandomState that the network was drawn from to
        get the lecture's lines.
    say : callable taking one text
        Receives every line; the last begins with a line break, as the lecture's does.
    progress : callable taking (epoch, epoch_count), or None
        Called after every epoch, counted from 1.

    Returns
    -------
    History

    A KeyboardInterrupt during the epochs is answered with a final test of what was learned so far and
    `history.interrupted`; a loss that is NaN or infinite ends the run after its epoch (`history.diverged`).
    TypeError and ValueError name a bad argument; the network is then unchanged.
    Source: `train_and_test`.
    """
    epoch_count, report = check.count("epoch_count", epoch_count, 0), check.count("report", report, 0)
    learning_rate = check.number("learning_rate", learning_rate, net.dtype)
    check.problem(problem)
    x = np.ascontiguousarray(check.matrix("x", x, None, net.input_cnt, net.dtype))
    y = np.ascontiguousarray(check.matrix("y", y, x.shape[0], net.output_cnt, net.dtype))
    check.at_least_one_row("x", x)
    rng = check.random_source(rng)
    shuffle_map, train_cnt = split(x.shape[0], mb_size, rng)
    test_x, test_y = x[shuffle_map[train_cnt:]], y[shuffle_map[train_cnt:]]
    history = History()
    # A diverging run overflows, a target of 0 divides by zero. The figures and `diverged` say so for both
    # twins; NumPy's warnings would come from one of them alone.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            for epoch in range(1, epoch_count + 1):
                rng.shuffle(shuffle_map[:train_cnt])
                begin = time.perf_counter()
                try:
                    losses, accuracies = net.train_epoch(problem, x, y, shuffle_map[:train_cnt], mb_size,
                                                         learning_rate)
                finally:
                    history.seconds += time.perf_counter() - begin
                loss, accuracy, test_accuracy = float(np.mean(losses)), float(np.mean(accuracies)), None
                told = report and (epoch % report == 0 or not math.isfinite(loss))
                if told:
                    test_accuracy = net.evaluate(problem, test_x, test_y)[1]
                history.epochs.append((loss, accuracy, test_accuracy))
                if told:
                    say(f"Epoch {epoch}: loss={loss:5.3f}, accuracy={accuracy:5.3f}/{test_accuracy:5.3f}")
                if progress is not None:
                    progress(epoch, epoch_count)
                if history.diverged:
                    break
        except KeyboardInterrupt:
            history.interrupted = True
        history.final_accuracy = net.evaluate(problem, test_x, test_y)[1]
    say(f"\nFinal Test: final accuracy = {history.final_accuracy:5.3f}")
    return history
