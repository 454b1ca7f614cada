"""The command `bench`: one network of the user's own, here, in every library that is installed.

Nobody is timed who computes something else: first all train the same minibatches from the same start, and their
parameters are compared with mlp_py's. Then they take turns, in another order every round, so that a machine that is
busy or changes its clock disturbs all alike; the median of the rounds counts.
"""

import contextlib
import gc
import itertools
import math
import platform
import random
import statistics
import time
from pathlib import Path

import numpy as np

from . import contestants
from .console import Bar
from .params import initial_theta, layer_shapes, theta_size
from .trainjob import _memory

NAMES = ("mlp_c", "mlp_py", "scikit-learn", "PyTorch", "JAX")
DATA_ROWS = 4000            # about as many as the lecture's Abalone data
EPOCH_ROWS = 40_000         # of an epoch's order, so that a call's own cost is spread over many steps
RATE = 0.001
# Largest difference from mlp_py, as a share of the largest change in the epoch: far above rounding (1e-12 and 1e-3 were
# seen), far below any other arithmetic.
TOLERANCE = {"float64": 1e-9, "float32": 0.02}
# Seconds in which a predecessor's threads stop waiting for work (OpenMP's after 1 ms, OpenBLAS's after 20); below
# THREADED operations a step nobody starts any.
PAUSE, LONG_PAUSE, THREADED = 0.003, 0.03, 1_000_000
LONG = 0.3                  # seconds, from which on a call warms itself up


# ---- what is trained -------------------------------------------------------------------------------------

def exercise(widths, rows, dtype, problem, steps=1000, seed=1234, data_rows=DATA_ROWS):
    """Random data of the right kind: theta, x, y, and an order of whole minibatches (at most `steps` of them)."""
    rng = np.random.RandomState(seed)
    count, outputs = max(data_rows, rows), widths[-1]
    theta = initial_theta(layer_shapes(widths[0], widths[1:-1], outputs), dtype, "he", rng)
    x = rng.normal(0, 1, (count, widths[0])).astype(dtype)
    if problem == "regression":
        y = rng.uniform(1, 3, (count, outputs)).astype(dtype)
    elif problem == "binary":
        y = rng.randint(0, 2, (count, outputs)).astype(dtype)
    else:
        y = np.eye(outputs, dtype=dtype)[rng.randint(0, outputs, count)]
    wanted = max(1, min(steps, EPOCH_ROWS // rows)) * rows
    order = np.concatenate([rng.permutation(count) for _ in range(math.ceil(wanted / count))])[:wanted]
    return theta, x, y, order


def compare(contestant, reference, theta, epoch):
    """Train one epoch with `contestant`; None, or a sentence that says how it differs from `reference`.

    reference : (loss, theta) of mlp_py after the same epoch from the same `theta`
    """
    loss, after = contestant.epoch(*epoch), contestant.theta()
    tolerance, change = TOLERANCE[theta.dtype.name], np.max(np.abs(reference[1] - theta))
    if contestant.mean_loss and not abs(loss - reference[0]) <= tolerance * abs(reference[0]):
        return f"computes another loss: {loss:.9g}, not {reference[0]:.9g}"
    difference = np.max(np.abs(after - reference[1])) / change
    if contestant.matches and not difference <= tolerance:
        return f"computes other parameters: they differ by {difference:.1e} of the change"
    return None


def agreeing(found, theta, epoch):
    """Those of the contestants `found` that compute what mlp_py does, and {name: how it differs} of the others."""
    model = found[0]
    [reference], _ = contestants.available(["mlp_py"], model.widths, model.dtype.name, model.problem, theta)
    expected = reference.epoch(*epoch), reference.theta()
    verdicts = {contestant.name: compare(contestant, expected, theta, epoch) for contestant in found}
    return ([contestant for contestant in found if not verdicts[contestant.name]],
            {name: verdict for name, verdict in verdicts.items() if verdict})


# ---- how it is timed -------------------------------------------------------------------------------------

def orders(names, rounds, seed=0):
    """`rounds` orders of `names`, shuffled: no contestant always follows the same one."""
    rng, names = random.Random(seed), list(names)
    return [rng.sample(names, len(names)) for _ in range(rounds)]


def first_look(call):
    """Seconds of a call, roughly: the shorter of two, of which a long one needs no second."""
    seconds = _seconds(call, 1)
    return seconds if seconds >= LONG else min(seconds, _seconds(call, 1))


def alternate(calls, rounds=7, chunk=0.03, progress=lambda: None, pause=PAUSE, around=None, looks=()):
    """Time `calls`, {name: function without arguments}, in turns.

    Parameters
    ----------
    rounds : int, how often each has its turn
    chunk : seconds that a turn lasts, at least; each turn begins with a call that is not timed, unless calls are long
    progress : called after every turn
    pause : seconds before every turn
    around : name -> context in which its turns take place, entered and left outside the timed part
    looks : {name: seconds of a call} where they are known

    Returns
    -------
    {name: [seconds of one call, ...]}, an entry a round
    """
    around, looks = around or (lambda name: contextlib.nullcontext()), dict(looks)
    for name in calls.keys() - looks.keys():
        with around(name):
            looks[name] = first_look(calls[name])
    seconds = {name: [] for name in calls}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for name in itertools.chain.from_iterable(orders(calls, rounds)):
            time.sleep(pause)
            with around(name):
                if looks[name] < LONG:
                    calls[name]()
                seconds[name].append(_seconds(calls[name], max(1, math.ceil(chunk / max(looks[name], 1e-9)))))
            progress()
    finally:
        if collecting:
            gc.enable()
    return seconds


def _seconds(call, repeats):
    begin = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - begin) / repeats


# ---- what is said ----------------------------------------------------------------------------------------

def processor():
    """The name of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def headline(seconds, where):
    """One sentence: who is the quickest, and how far ahead of whom."""
    (first, best), *others = sorted(seconds.items(), key=lambda item: item[1])
    if not others:
        return f"{where}: {first} is alone here"
    rivals = ", ".join(f"{value / best:.3g} times as fast as {name}" for name, value in others)
    return f"{where}: {first} is {rivals}"


def run_bench(arguments, twin, rounds=7, chunk=0.03, steps=1000):
    """Do what the parsed `arguments` of `bench` ask for; returns the exit status: 1 where somebody computes otherwise.

    rounds, chunk : as in `alternate`; steps : of an epoch, at most
    """
    widths, rows = arguments.widths, arguments.batch
    # Inputs, gradients, and the copies that libraries make of the data.
    needed = 8 * (4 * theta_size(list(zip(widths, widths[1:]))) + 4 * max(rows, DATA_ROWS) * sum(widths))
    if needed > _memory():
        arguments.parser.error("argument WIDTHS: this network and its data do not fit into memory")
    # A large network: fewer steps, and fewer rounds, for each takes longer.
    flops = 6 * rows * sum(i * o for i, o in zip(widths, widths[1:]))
    steps = max(1, min(steps, int(3e8 / flops)))
    rounds = rounds if flops < 1e9 else min(rounds, 3)
    theta, x, y, order = exercise(widths, rows, arguments.dtype, arguments.problem, steps)
    epoch, steps = (x, y, order, rows, RATE), len(order) // rows
    found, left_out = [], {}
    with Bar(len(NAMES) * (rounds + 1), unit="turn") as bar:
        for name in NAMES:
            bar.label(f"{twin} bench: {name}")
            ready, missing = contestants.available([name], widths, arguments.dtype, arguments.problem, theta)
            left_out |= missing
            for contestant in ready:
                contestant.tune(*epoch, patience=2.5)
                found.append(contestant)
            bar.step()
        found, differing = agreeing(found, theta, epoch)
        bar.label(f"{twin} bench: in turns")
        calls = {contestant.name: lambda c=contestant: c.epoch(*epoch) for contestant in found}
        seconds = alternate(calls, rounds, chunk, bar.step, LONG_PAUSE if flops > THREADED else PAUSE)
    medians = {name: statistics.median(values) / steps for name, values in seconds.items()}
    where = (f"{'-'.join(map(str, widths))}, {arguments.problem}, minibatches of {rows}, {arguments.dtype}, on "
             f"{processor()}")
    print(headline(medians, where))
    base = "mlp_c" if "mlp_c" in medians else "mlp_py"
    forms = {contestant.name: contestant.form for contestant in found}
    for name, value in medians.items():
        form = f"   ({forms[name]})" if forms[name] else ""
        print(f"{name:13}{value * 1e6:10.3f} us a training step{value / medians[base]:10.2f} x {base}{form}")
    for name, verdict in differing.items():
        print(f"{name} is left out: it {verdict}")
    if left_out:
        print("left out: " + "; ".join(f"{name} ({reason})" for name, reason in left_out.items()))
    return 1 if differing else 0
