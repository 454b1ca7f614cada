"""The training loop: the split, the order of random draws, the printed lines, the history, how a run ends."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlp_py import training

from .command_line import needs_lecture

pytestmark = pytest.mark.needs('training', 'Network')

PUBLISHED = json.loads((Path(__file__).parent / "published_chapter4.json").read_text(encoding="utf-8"))


@pytest.fixture
def network(twin):
    """The Network class of each twin."""
    return twin.Network


class Recorder:
    """Stands where a Network stands, computes nothing, and remembers what it was asked."""

    input_cnt, output_cnt, dtype = 2, 1, np.dtype(np.float64)

    def __init__(self, fail_in_epoch=None, losses=(0.5, 0.25)):
        self.orders, self.tested, self.fail_in_epoch, self.losses = [], [], fail_in_epoch, losses

    def train_epoch(self, problem, x, y, order, mb_size, learning_rate):
        self.orders.append(np.array(order))
        if len(self.orders) == self.fail_in_epoch:
            raise KeyboardInterrupt
        return np.array(self.losses), np.array([0.25, 0.75])

    def evaluate(self, problem, x, y):
        self.tested.append(np.array(x))
        return 9.0, len(self.tested) / 8


def rows_of(count, width=2):
    """x and y of `count` rows; x[:, 0] is the row's number."""
    x = np.arange(count, dtype=float)[:, None] * np.ones(width)
    return x, np.ones((count, 1))


def run(net, x, y, **settings):
    """(history, printed lines) of a training run."""
    lines = []
    history = training.train(net, "regression", x, y, say=lines.append,
                             **{"rng": np.random.RandomState(5), "mb_size": 4, **settings})
    return history, lines


@pytest.mark.parametrize("rows, mb_size, train_cnt", [(10, 4, 8), (10, 8, 8), (11, 3, 6), (4177, 10, 3340),
                                                      (2, 1, 1), (100, 7, 77)])
def test_split_trains_on_whole_minibatches_of_80_percent(rows, mb_size, train_cnt):
    shuffle_map, got = training.split(rows, mb_size, np.random.RandomState(1234))
    expected = np.arange(rows)
    np.random.RandomState(1234).shuffle(expected)
    assert got == train_cnt
    assert np.array_equal(shuffle_map, expected)


@pytest.mark.parametrize("rows, mb_size", [(10, 9), (1, 1), (12, 10)])
def test_split_without_a_full_minibatch_is_refused(rows, mb_size):
    with pytest.raises(ValueError, match="mb_size: expected at most"):
        training.split(rows, mb_size, 0)


@pytest.mark.parametrize("rows, mb_size, kind", [(0, 1, ValueError), (10, 0, ValueError),
                                                 (10, 2.0, TypeError), ("10", 2, TypeError),
                                                 (10, True, TypeError)])
def test_split_refuses_bad_counts(rows, mb_size, kind):
    with pytest.raises(kind):
        training.split(rows, mb_size, 0)


def test_draws_come_in_the_lectures_order():
    net = Recorder()
    x, y = rows_of(23)
    rng = np.random.RandomState(77)
    run(net, x, y, epoch_count=3, rng=rng)
    expected = np.random.RandomState(77)
    shuffle_map = np.arange(23)
    expected.shuffle(shuffle_map)
    for order in net.orders:
        expected.shuffle(shuffle_map[:16])
        assert np.array_equal(order, shuffle_map[:16])
    for tested in net.tested:
        assert np.array_equal(tested[:, 0], shuffle_map[16:])
    assert rng.random_sample() == expected.random_sample()         # and not one draw more


def test_an_integer_is_one_generator_for_all_draws():
    """Split and epochs draw from the one generator that rng=5 stands for."""
    nets = Recorder(), Recorder()
    for net, rng in zip(nets, (5, np.random.default_rng(5))):
        run(net, *rows_of(23), epoch_count=3, rng=rng)
    assert len(nets[0].orders) == 3
    assert np.array_equal(nets[0].orders, nets[1].orders)


def test_lines_and_columns():
    history, lines = run(Recorder(), *rows_of(10), epoch_count=5, report=2)
    assert lines == ["Epoch 2: loss=0.375, accuracy=0.500/0.125", "Epoch 4: loss=0.375, accuracy=0.500/0.250",
                     "\nFinal Test: final accuracy = 0.375"]
    assert history.loss == [0.375] * 5
    assert history.accuracy == [0.5] * 5
    assert history.test_accuracy == [None, 0.125, None, 0.25, None]
    assert history.final_accuracy == 0.375
    assert history.seconds > 0
    assert not history.interrupted and not history.diverged


@pytest.mark.parametrize("epoch_count, report", [(0, 1), (3, 0), (3, 4)])
def test_only_the_final_line(epoch_count, report):
    history, lines = run(Recorder(), *rows_of(10), epoch_count=epoch_count, report=report)
    assert lines == ["\nFinal Test: final accuracy = 0.125"]
    assert len(history.epochs) == epoch_count


def test_progress_is_told_every_epoch():
    told = []
    run(Recorder(), *rows_of(10), epoch_count=3, report=0, progress=lambda *epoch: told.append(epoch))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_ctrl_c_keeps_what_was_learned():
    history, lines = run(Recorder(fail_in_epoch=3), *rows_of(10), epoch_count=9)
    assert history.interrupted
    assert len(history.loss) == len(history.accuracy) == len(history.test_accuracy) == 2
    assert history.final_accuracy == 0.375
    assert lines[-1] == "\nFinal Test: final accuracy = 0.375"


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_ends_the_run(loss):
    history, lines = run(Recorder(losses=(0.5, loss)), *rows_of(10), epoch_count=9, report=5)
    assert history.diverged and not history.interrupted
    assert len(history.epochs) == 1
    assert len(lines) == 2 and lines[0].startswith("Epoch 1: loss=")


def test_divergence_in_both_twins(network, recwarn):
    net = network(2, 3, 1, std=1.0, rng=0)
    history, _ = run(net, *rows_of(50), epoch_count=200, learning_rate=10.0)
    assert history.diverged and len(history.epochs) < 200
    assert not recwarn.list


def test_trains_the_lectures_way(network):
    """The loop in plain sight, step by step, gives the same parameters, to the bit."""
    x = np.random.RandomState(3).normal(size=(37, 4))
    y = x @ np.array([[1.0], [2.0], [-1.0], [0.5]]) + 3
    rng, other_rng = np.random.RandomState(8), np.random.RandomState(8)
    net, other = network(4, 5, 1, std=0.3, rng=rng), network(4, 5, 1, std=0.3, rng=other_rng)
    history, _ = run(net, x, y, epoch_count=3, mb_size=5, learning_rate=0.05, rng=rng)
    shuffle_map, train_cnt = training.split(37, 5, other_rng)
    for epoch in range(3):
        other_rng.shuffle(shuffle_map[:train_cnt])
        figures = []
        for begin in range(0, train_cnt, 5):
            rows = shuffle_map[begin:begin + 5]
            figures.append(other.train_step("regression", x[rows], y[rows], 0.05))
        assert history.epochs[epoch][:2] == tuple(np.mean(figures, axis=0))
    assert np.array_equal(net.theta, other.theta)
    test = shuffle_map[train_cnt:]
    assert history.final_accuracy == other.evaluate("regression", x[test], y[test])[1]
    assert history.final_accuracy == history.test_accuracy[-1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_learns_in_both_precisions(network, dtype):
    x = np.random.RandomState(3).normal(size=(400, 4))
    y = (x[:, :1] > 0).astype(int)                                  # integers are converted
    rng = np.random.RandomState(1)
    net = network(4, 6, 1, dtype=dtype, std=0.3, rng=rng)
    history = training.train(net, "binary", x, y, epoch_count=30, learning_rate=0.3, rng=rng,
                             say=lambda _: None)
    assert net.dtype == dtype
    assert history.final_accuracy >= 0.9                            # guessing gives about 0.5
    assert history.loss[-1] < history.loss[0]


BAD = [
    ("epoch_count", -1, ValueError), ("epoch_count", 2.5, TypeError), ("epoch_count", True, TypeError),
    ("mb_size", 0, ValueError), ("mb_size", 41, ValueError), ("mb_size", "4", TypeError),
    ("learning_rate", np.nan, ValueError), ("learning_rate", np.inf, ValueError),
    ("learning_rate", "1", TypeError),
    ("report", -1, ValueError), ("report", None, TypeError), ("rng", "seed", TypeError),
    ("rng", -1, ValueError),
    ("problem", "sort", ValueError), ("problem", 3, TypeError),
    ("x", np.ones((50, 3)), ValueError), ("x", np.ones(50), ValueError), ("x", np.ones((0, 2)), ValueError),
    ("x", np.ones((50, 2), dtype=complex), TypeError), ("x", "data", TypeError),
    ("y", np.ones(50), ValueError), ("y", np.ones((50, 2)), ValueError), ("y", np.ones((49, 1)), ValueError),
]


@pytest.mark.parametrize("name, value, kind", BAD)
def test_bad_arguments_name_themselves_and_change_nothing(network, name, value, kind):
    net = network(2, 3, 1, rng=0)
    before = net.theta.tobytes()
    x, y = rows_of(50)
    arguments = {"net": net, "problem": "regression", "x": x, "y": y, "say": lambda _: None, name: value}
    if name == "x" and isinstance(value, np.ndarray) and value.shape == (0, 2):
        arguments["y"] = np.ones((0, 1))
    with pytest.raises(kind, match=f"^{name}"):
        training.train(**arguments)
    assert net.theta.tobytes() == before


def train_published(network, entry, rng):
    """The lines that one published run prints, without blanks, from a generator perhaps used before."""
    from mlp_py import console, datasets
    dataset = datasets.load(entry["problem"])
    hidden = entry["hidden"] if isinstance(entry["hidden"], int) else tuple(entry["hidden"])
    net = network(dataset.x.shape[1], hidden, dataset.y.shape[1], std=0.003, rng=rng)
    lines = [console.init_model_line(hidden)]
    training.train(net, dataset.problem, dataset.x, dataset.y, epoch_count=entry["epochs"],
                   mb_size=entry["mb"],
                   learning_rate=entry["lr"], report=entry["report"], rng=rng, say=lines.append)
    return [line.strip() for line in lines]


@needs_lecture
@pytest.mark.parametrize("names", [
    pytest.param(("abalone-none", "abalone-4"), id="abalone", marks=pytest.mark.full("mlp_py")),
    pytest.param(("steel-10",), id="steel", marks=pytest.mark.full("mlp_py")),
    pytest.param(("pulsar-6",), id="pulsar", marks=pytest.mark.full)])
def test_published_lines_to_the_last_digit(network, names):
    """abalone-4 goes on with the generator that abalone-none left behind, as in the book."""
    rng = None
    for entry in (entry for entry in PUBLISHED if entry["id"] in names):
        if entry["seed"] is not None:
            rng = np.random.RandomState(entry["seed"])
        assert train_published(network, entry, rng) == entry["lines"]
