"""Wide networks: everyone at one thread and at all of them, checked against mlp_py first, then timed in turns.

A number of threads is set for each turn, outside the timed part: by mlp_c.set_num_threads; by threadpoolctl for NumPy's
BLAS (mlp_py, lecture, scikit-learn); by torch.set_num_threads; by another client of XLA for JAX; by OpenBLAS's and
Eigen's own functions in the C and C++ peers. Whoever has no such setting is measured once, as it is, and counts in the
lists of all numbers of threads: the peers of one thread.
"""
import contextlib
import gc
import os
import time

from mlp_py import benchjob, contestants
from mlp_py.params import theta_size

from . import training
from .arithmetic import flops_of_step, shape_text
from .training import PYTHON

FANN = {'fann': 'takes many times as long as the others on wide networks'}
SMALL_ONES = 1_000_000      # parameters, beyond which these are not asked:
REFUSED = {'eigen_fixed_row': 'the compiler refuses matrices of this size', 'xsmm': 'is made for small products',
           'eigen_fixed_col': 'the compiler refuses matrices of this size'}
DATA_ROWS, SLOW = 512, 3    # rows of the data, at least; who takes so many times the best's time has one round
MANY, HUGE = 1e9, 2e10      # operations of a step, from which on rounds are fewer


def thread_counts():
    """1, and as many as there are CPUs."""
    return sorted({1, len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1})


class Entry:
    """A contestant at a number of threads (None: as it is), in its best form there."""

    def __init__(self, contestant, threads, form):
        self.contestant, self.threads, self.key, self.look = contestant, threads, form, None
        self.name, self.mean_loss, self.matches = contestant.name, contestant.mean_loss, contestant.matches
        self.theta, self.form, self.trials = contestant.theta, contestant.form, contestant.trials

    @contextlib.contextmanager
    def ready(self):
        """Threads and form are set: its turn may come."""
        with self.contestant.taking(self.threads or 1):
            if self.key is not None:
                self.contestant._use(self.key)
            yield

    def epoch(self, *epoch):
        begin = time.perf_counter()
        loss = self.contestant.epoch(*epoch)
        seconds = time.perf_counter() - begin
        self.look = min(seconds, self.look or seconds)
        return loss


def entries_of(found, counts, epoch, patience):
    """{(name, threads): Entry} of the contestants, each tuned at every number of threads that it can be set to."""
    entries = {}
    for contestant in found:
        for threads in counts if contestant.resizes else [None]:
            with contestant.taking(threads or 1):
                form = contestant.tune(*epoch, patience=patience, threads=threads)
            entries[contestant.name, threads] = Entry(contestant, threads, form)
    return entries


def check(entries, widths, theta, epoch):
    """{key: how it differs} of those that do not compute what mlp_py does; the others have had their first look."""
    [reference], _ = contestants.available(['mlp_py'], widths, theta.dtype, 'regression', theta)
    expected, differing = (reference.epoch(*epoch), reference.theta()), {}
    for key, entry in entries.items():
        entry.contestant._start(theta.copy())
        with entry.ready():
            verdict = benchjob.compare(entry, expected, theta, epoch)
            if verdict:
                differing[key] = verdict
            elif entry.look < benchjob.LONG:                    # the first may have compiled something
                entry.epoch(*epoch)
    return differing


def timed(entries, epoch, rounds, chunk):
    """{key: [seconds of an epoch, ...]}: in turns, but for a single round of those far behind."""
    best = {threads: min(entry.look for entry in entries.values() if entry.threads == threads)
            for threads in {entry.threads for entry in entries.values()}}
    slow = {key for key, entry in entries.items() if entry.look > SLOW * best[entry.threads] and entry.name != 'mlp_c'}
    seconds = {}
    for keys, count in ((entries.keys() - slow, rounds), (slow, 1)):
        seconds |= benchjob.alternate(
            {key: lambda entry=entries[key]: entry.contestant.epoch(*epoch) for key in sorted(keys, key=str)}, count,
            chunk, pause=benchjob.LONG_PAUSE, around=lambda key: entries[key].ready(),
            looks={key: entries[key].look for key in keys if entries[key].look >= benchjob.LONG})
    return seconds


def measure(widths, rows, dtype, *, rounds, chunk, patience, steps=40, peak=None, names=PYTHON, native=None,
            counts=None):
    """One shape and one dtype with the loss of a regression, everyone, at all numbers of threads.

    Parameters
    ----------
    rounds, chunk : as in `benchjob.alternate`; fewer rounds where a step is MANY operations
    patience : seconds, after which a contestant tries no further form
    steps : of an epoch, at most
    peak : flop/s of one core, or None
    names : of the Python contestants
    native : of the C and C++ ones; None for all
    counts : numbers of threads, 1 among them; None for `thread_counts`

    Returns
    -------
    list of dicts as of `training.measure`, one for each number of threads, with it as 'threads'
    """
    gc.collect()                                                # the contestants of a wide network hold gigabytes
    counts, flops = counts or thread_counts(), flops_of_step(widths, rows)
    rounds = rounds if flops < MANY else min(rounds, 5 if flops < HUGE else 3)
    steps = max(2, min(steps, int(2e9 / flops)))
    theta, x, y, order = benchjob.exercise(widths, rows, dtype, 'regression', steps, data_rows=DATA_ROWS)
    # A mean over many outputs has small gradients: with a rate for ten of them, rounding would hide the change.
    epoch, steps = (x, y, order, rows, benchjob.RATE * max(1, widths[-1] / 10)), len(order) // rows
    found, left_out = contestants.available(names, widths, dtype, 'regression', theta)
    peers, missing = training.native_contestants(widths, rows, dtype, theta, counts, refused(widths, native))
    found, left_out = found + peers, left_out | missing
    short = order[:max(1, min(steps, int(1e9 / flops))) * rows]
    entries = entries_of(found, counts, (x, y, short, *epoch[3:]), patience)
    for contestant in found:
        left_out |= {f'{contestant.name}, {form}': reason for form, reason in contestant.refused.items()}
    differing = check(entries, widths, theta, epoch)
    entries = {key: entry for key, entry in entries.items() if key not in differing}
    seconds, results = timed(entries, epoch, rounds, chunk), []
    for count in counts:
        result = {'shape': shape_text(widths), 'rows': rows, 'dtype': dtype, 'problem': 'regression', 'threads': count,
                  'steps': steps, 'flops': flops, 'left_out': left_out, 'contestants': {},
                  'differing': {name: text for (name, threads), text in differing.items() if threads in (count, None)}}
        for (name, threads), entry in entries.items():
            if threads in (count, None):
                cores = max(counts) if name == 'JAX' and threads is None else count
                result['contestants'][name] = {
                    **training.figures_of(seconds[name, threads], steps, flops, peak and peak * cores),
                    'form': entry.form, 'compared': entry.matches, 'resized': threads is not None,
                    'trials': {str(form): value for form, value in entry.trials.items()}}
        results.append(result)
    return results


def refused(widths, native):
    """{name: reason} of the C and C++ peers that are not asked: `native` names the others, if it is not None."""
    from .native import RECIPES
    reasons = FANN | (REFUSED if theta_size(list(zip(widths, widths[1:]))) > SMALL_ONES else {})
    if native is None:
        return reasons
    return reasons | {recipe.name: 'not asked' for recipe in RECIPES if recipe.name not in native}
