"""The main job: three real problems, both twins from the same start, one table.

For every problem each twin gets a `RandomState(1234)` of its own, for weights, split and shuffles. Two things
are checked on the way and decide the exit status:

1. both twins print the same lines;
2. one training step of each, from equal parameters (the initial ones, and the trained ones), lies within the
   derived error bound around the same step in a wider type (`bounds.step_bounds`).
"""

import os
import sys
from dataclasses import dataclass

import numpy as np

from . import __version__, datasets
from .arguments import PROBLEMS
from .console import Bar, failed, init_model_line, layers_text
from .datasets import EMBEDDED, LECTURE_FILES
from .training import History, train
from .twins import network_class

SEED = 1234
LINES = 2                    # epoch lines of a problem, so that all of it fits on one screen


@dataclass
class Run:
    """One problem trained by one twin."""

    net: object
    history: History
    lines: list


def run_main_job(twin):
    """Train, compare, print about 25 lines; returns the exit status: 1 where the twins disagree."""
    networks, missing = {"mlp_py": network_class("mlp_py")}, None
    try:
        networks["mlp_c"] = network_class("mlp_c")
    except ImportError as error:
        if twin == "mlp_c" or "MLP_C_LEVEL" in str(error):         # asked for, by name or by level
            return failed(twin, error)
        missing = error
    problems, data_text = find_problems()
    print(f"mlp-twins {__version__}: {data_text}, trained by {' and '.join(networks)}, seed {SEED}")
    if missing:
        print(f"{missing}; training with mlp_py alone.")
    rows, other_lines, broken_bounds, shares = [], [], [], []
    with Bar(sum(dataset.epochs for dataset in problems) * len(networks)) as bar:
        for dataset in problems:
            runs = {}
            for name, network in networks.items():
                bar.label(f"{dataset.name} {name}")
                runs[name] = run_problem(network, dataset, bar, aloud=not runs)
                if runs[name].history.interrupted:
                    print(f"{twin}: stopped by Ctrl-C while {name} trained {dataset.name}, without a table",
                          file=sys.stderr)
                    return 130
            rows.append(table_row(dataset, runs))
            other_lines += compare_lines(dataset.name, runs)
            initial, trained = new_network(networks["mlp_py"], dataset)[0], runs["mlp_py"].net
            for moment, theta in (("initial", initial.theta.copy()), ("trained", trained.theta.copy())):
                for name, run in runs.items():
                    run.net.theta[...] = theta
                    share, broken = check_step(run.net, dataset)
                    shares.append(share)
                    broken_bounds += [f"{name}, {dataset.name}, one step from the {moment} parameters: {text}"
                                      for text in broken]
    print()
    if len(networks) > 1 and not other_lines:
        print("Every line above was printed by both twins, to the last digit.")
    if not broken_bounds:
        print(f"One step {'of each ' if len(networks) > 1 else ''}from equal parameters: within the derived "
              f"error bound (at most {max(shares):.2f} of it).")
    print_table(rows, list(networks))
    for text in other_lines + broken_bounds:
        print(f"FAILED {text}")
    return 1 if other_lines or broken_bounds else 0


def find_problems():
    """The data sets of the main job, and a few words that say which they are.

    scikit-learn's bundled sets; without scikit-learn the lecture's files where MLP_DATA names their folder;
    else generated problems. Nothing is fetched here.
    """
    try:
        return [datasets.load(name) for name in EMBEDDED], "three data sets bundled with scikit-learn"
    except ImportError:
        pass
    folder = os.environ.get("MLP_DATA")
    without = "(scikit-learn is not installed)"
    if folder:
        try:
            return ([datasets.load(name, data=folder) for name in LECTURE_FILES],
                    f"the lecture's three files from MLP_DATA {without}")
        except (OSError, ValueError) as error:
            without = f"(scikit-learn is not installed, and MLP_DATA: {' '.join(str(error).split())})"
    return [datasets.generated(name) for name in PROBLEMS], f"three small generated problems {without}"


def new_network(network, dataset):
    """A network of the class `network` for `dataset`, and the RandomState that it was drawn from."""
    rng = np.random.RandomState(SEED)
    net = network(dataset.x.shape[1], dataset.hidden, dataset.y.shape[1], std=dataset.std, rng=rng)
    return net, rng


def run_problem(network, dataset, bar, aloud):
    """Train `dataset` with a new network; the lines are printed where `aloud`, and kept."""
    net, rng = new_network(network, dataset)
    lines = []

    def say(text):
        lines.append(text.strip())
        if aloud:
            bar.say(lines[-1])

    if aloud:
        bar.say(f"\n{dataset.name}: {dataset.problem}, {len(dataset.x)} rows, layers {layers_text(net)}, "
                f"minibatches of {dataset.mb_size}")
    say(init_model_line(dataset.hidden))
    history = train(net, dataset.problem, dataset.x, dataset.y, epoch_count=dataset.epochs,
                    mb_size=dataset.mb_size, learning_rate=dataset.learning_rate,
                    report=max(1, dataset.epochs // LINES), rng=rng, say=say, progress=bar.step)
    return Run(net, history, lines)


def compare_lines(problem, runs):
    """A sentence for the first line in which the twins differ, or nothing."""
    first, *others = runs.items()
    for name, run in others:
        for number in range(max(len(first[1].lines), len(run.lines))):
            pair = [lines[number] if number < len(lines) else "nothing"
                    for lines in (first[1].lines, run.lines)]
            if pair[0] != pair[1]:
                return [f"{problem}: {first[0]} printed {pair[0]!r}, {name} printed {pair[1]!r}"]
    return []


def check_step(net, dataset):
    """One step of `net` on the first minibatch against the wide-type reference.

    Returns the largest error as a share of its bound, and a sentence for each array that breaks its bound:
    which parameter, got, expected, bound. NaN breaks every bound. `net` is changed.
    """
    from .bounds import step_bounds

    x = np.asarray(dataset.x[:dataset.mb_size], dtype=net.dtype)
    y = np.asarray(dataset.y[:dataset.mb_size], dtype=net.dtype)
    before = [{key: pair[key].copy() for key in "wb"} for pair in net.params]
    loss, _ = net.train_step(dataset.problem, x, y, dataset.learning_rate)
    expected = step_bounds(before, dataset.problem, x, y, dataset.learning_rate, net.dtype)
    compared = [("loss", np.float64(loss), expected.loss)]
    for layer, pair in enumerate(net.params):
        compared += [(f"params[{layer}][{key!r}]", pair[key], expected.params[layer][key]) for key in "wb"]
    largest, failures = 0.0, []
    for name, got, (value, bound) in compared:
        error, bound = np.abs(got - value), np.asarray(bound, dtype=np.float64)
        wrong = ~(error <= bound)                                           # a NaN is wrong
        if wrong.any():
            place = np.unravel_index(np.argmax(wrong), wrong.shape)
            entry = f"{list(map(int, place))}" if place else ""
            failures.append(f"{name}{entry}: got {got[place]}, expected {value[place]}, bound "
                            f"{bound[place]:.3g} ({np.count_nonzero(wrong)} of {wrong.size} entries beyond)")
        else:
            largest = max(largest, float(np.max(error[bound > 0] / bound[bound > 0], initial=0.0)))
    return largest, failures


def table_row(dataset, runs):
    """The figures of one problem, as a list of texts in the order of the table."""
    history = {name: run.history for name, run in runs.items()}
    cells = [dataset.name, layers_text(runs["mlp_py"].net)]
    cells += [f"{h.loss[-1]:.4f}" for h in history.values()]
    cells += [f"{h.final_accuracy:.4f}" for h in history.values()]
    if len(runs) > 1:
        difference = np.max(np.abs(runs["mlp_py"].net.theta - runs["mlp_c"].net.theta))
        cells.append(f"{difference:.1e}")
    cells += [f"{h.seconds:.3f}" for h in history.values()]
    if len(runs) > 1:
        cells.append(f"{history['mlp_py'].seconds / history['mlp_c'].seconds:.1f} x")
    return cells


def print_table(rows, names):
    """Final training loss, test accuracy and seconds of training, one column a twin; one line a problem."""
    both = len(names) > 1
    heads = [("problem", ""), ("layers", "")]
    for title in ("loss", "accuracy"):
        heads += [(title if name == names[0] else "", name) for name in names]
    heads += [("largest", "difference")] * both
    heads += [("seconds" if name == names[0] else "", name) for name in names]
    heads += [("speed-up", "")] * both
    table = [[head[0] for head in heads], [head[1] for head in heads], *rows]
    sizes = [max(len(line[column]) for line in table) for column in range(len(heads))]
    print()
    for line in table:
        cells = [cell.ljust(size) if column < 2 else cell.rjust(size)
                 for column, (cell, size) in enumerate(zip(line, sizes))]
        print("  ".join(cells).rstrip())
