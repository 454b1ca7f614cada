"""Data sets: the embedded and the generated ones, their settings, standardised inputs, bad arguments."""

import importlib
import sys

import numpy as np
import pytest

from mlp_py import datasets
from mlp_py.training import train


def assert_standardised(x):
    """Mean 0, spread 1 or (in a column without spread) zeros, within the rounding of the mean of N terms.

    A mean of N terms of size at most max|x| is off by at most N u max|x| (one u a term); standardising takes
    a mean away that has this error and divides by a spread whose relative error is of the same size.
    """
    bound = 4 * len(x) * 2.0**-53 * np.abs(x).max(axis=0) ** 2
    flat = ~np.any(x, axis=0)
    assert np.all(np.abs(x.mean(axis=0)) <= bound + flat)
    assert np.all(np.abs(x.std(axis=0) - ~flat) <= bound)
    return flat


@pytest.mark.parametrize("name, problem, shape, outputs", [
    ("diabetes", "regression", (442, 10), 1),
    ("cancer", "binary", (569, 30), 1),
    ("digits", "select", (1797, 64), 10),
])
def test_embedded(name, problem, shape, outputs):
    dataset = datasets.load(name)
    assert dataset.name == name and dataset.problem == problem and "scikit-learn" in dataset.source
    assert dataset.x.shape == shape and dataset.y.shape == (shape[0], outputs)
    assert len(dataset.columns) == shape[1] and len(dataset.targets) == len(dataset.target_scale) == outputs
    flat = assert_standardised(dataset.x)
    assert flat.sum() == (3 if name == "digits" else 0)     # three pixels are never inked
    raw = datasets.load(name, scale=False)
    assert np.array_equal(raw.y, dataset.y) and np.array_equal(datasets.standardise(raw.x), dataset.x)
    assert (raw.learning_rate, raw.std) == (0.001, 0.003)   # unscaled inputs: the lecture's careful steps


def test_embedded_targets():
    diabetes = datasets.load("diabetes")
    from sklearn.datasets import load_diabetes
    assert diabetes.target_scale == (100.0,)                # at most divided by a constant
    assert np.array_equal(diabetes.y[:, 0], load_diabetes().target / 100)
    assert (diabetes.y.min(), diabetes.y.max()) == (0.25, 3.46)
    assert datasets.load("cancer").y.sum() == 357           # benign
    digits = datasets.load("digits").y
    assert np.array_equal(digits.sum(axis=1), np.ones(1797)) and np.array_equal(np.unique(digits), [0, 1])


def test_settings():
    """Different kinds of hidden, about five lines a problem."""
    all_sets = [datasets.load(name) for name in ("diabetes", "cancer", "digits")]
    assert [dataset.hidden for dataset in all_sets] == [8, (12, 6), (64, 32, 16)]
    for dataset in all_sets + [datasets.generated(name) for name in ("regression", "binary", "select")]:
        assert dataset.epochs % dataset.report == 0 and dataset.epochs // dataset.report == 5
        assert dataset.mb_size == 10


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(sys.modules, "sklearn.datasets", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r'scikit-learn.*pip install "mlp-twins\[demo\]"'):
        datasets.load("digits")


@pytest.mark.full
@pytest.mark.parametrize("name, at_least", [("diabetes", 0.55), ("cancer", 0.95), ("digits", 0.95)])
def test_the_network_learns(name, at_least):
    """Median test accuracy over ten seeds, with the set's own settings; guessing the mean gives 0.35."""
    Network, dataset = importlib.import_module("mlp_c").Network, datasets.load(name)
    accuracies = []
    for seed in range(10):
        rng = np.random.RandomState(seed)
        net = Network(dataset.x.shape[1], dataset.hidden, dataset.y.shape[1], std=dataset.std, rng=rng)
        history = train(net, dataset.problem, dataset.x, dataset.y, epoch_count=dataset.epochs,
                        mb_size=dataset.mb_size, learning_rate=dataset.learning_rate, report=0, rng=rng,
                        say=lambda line: None)
        accuracies.append(history.final_accuracy)
    assert np.median(accuracies) >= at_least, accuracies


@pytest.mark.parametrize("name", ["regression", "binary", "select"])
def test_generated(name):
    first, second = datasets.generated(name), datasets.generated(name)
    assert np.array_equal(first.x, second.x) and np.array_equal(first.y, second.y)
    assert first.name == f"generated {name}" and "generated" in first.source and first.problem == name
    assert_standardised(first.x)
    if name == "regression":
        assert first.y.min() > 0
    else:
        shares = first.y.mean(axis=0)
        assert np.all((first.y == 0) | (first.y == 1)) and 0.2 < shares.min() and shares.max() < 0.6


# ---- standardise, bad arguments --------------------------------------------------------------------------

def test_standardise():
    assert datasets.standardise([[1, 5], [3, 5]]).tolist() == [[-1, 0], [1, 0]]
    assert not np.any(datasets.standardise(np.full((10, 1), 0.1)))      # whose mean is not 0.1
    big = datasets.standardise(np.array([[1e308], [-1e308]]))
    assert big.tolist() == [[1], [-1]]
    tiny = datasets.standardise(np.array([[1e-320], [0.0]]))
    assert tiny.tolist() == [[1], [-1]]
    x = np.array([[1, 2], [4, 8], [2, 0]], np.float32)
    kept = x.copy()
    assert datasets.standardise(x).dtype == np.float64 and np.array_equal(x, kept)
    assert_standardised(datasets.standardise(np.random.RandomState(0).lognormal(5, 3, (500, 4))))


@pytest.mark.parametrize("call, error, names", [
    (lambda: datasets.load("iris"), ValueError, "name.*diabetes.*iris"),
    (lambda: datasets.load(3), TypeError, "name.*int 3"),
    (lambda: datasets.load("digits", scale="no"), TypeError, "scale.*'no'"),
    (lambda: datasets.load("steel", data=7), TypeError, "data.*int 7"),
    (lambda: datasets.load("steel", data=b"x"), TypeError, "data.*bytes"),
    (lambda: datasets.lecture_rows("digits"), ValueError, "name.*abalone.*digits"),
    (lambda: datasets.lecture_file(None), TypeError, "name.*None"),
    (lambda: datasets.generated("abalone"), ValueError, "name.*regression.*abalone"),
    (lambda: datasets.generated(None), TypeError, "name"),
    (lambda: datasets.standardise([1, 2]), ValueError, "x:"),
    (lambda: datasets.standardise([["a"]]), TypeError, "x:"),
    (lambda: datasets.standardise(np.empty((0, 2))), ValueError, "x:"),
    (lambda: datasets.standardise([[np.nan]]), ValueError, "x:.*finite"),
])
def test_bad_arguments(call, error, names):
    with pytest.raises(error, match=names):
        call()
