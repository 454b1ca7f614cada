"""Wide networks: everyone at one thread and at all of them, checked against mlp_py first, then timed in turns.

A number of threads is set for each turn, outside the timed part: by mlp_c.set_num_threads; by threadpoolctl for NumPy's
BLAS (mlp_py, lecture, scikit-learn); by torch.set_num_threads; by OpenBLAS's and Eigen's own functions in the C and C++
peers. Whoever has no such setting is measured once, as it is, and counts in the lists of all numbers of threads: JAX,
whose threads are made when XLA starts, and the peers of one thread.
"""
import contextlib
import gc
import os
import time

from mlp_py import benchjob, contestants

from . import training
from .arithmetic import flops_of_step, shape_text
from .training import PYTHON

FANN = {'fann': 'an order of magnitude behind on wide networks'}
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


def check(entries, theta, epoch):
    """{key: how it differs} of those that do not compute what mlp_py does; the others have had a first look after it."""
    model = next(iter(entries.values())).contestant
    [reference], _ = contestants.available(['mlp_py'], epoch_widths(epoch, model), theta.dtype, 'regression', theta)
    expected, differing = (reference.epoch(*epoch), reference.theta()), {}
    for key, entry in entries.items():
        entry.contestant._start(theta)
        with entry.ready():
            verdict = benchjob.compare(entry, expected, theta, epoch)
            if verdict:
                differing[key] = verdict
            elif entry.look < benchjob.LONG:                    # the first may have compiled something
                entry.epoch(*epoch)
    return differing
