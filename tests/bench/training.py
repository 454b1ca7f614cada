"""Training steps: all contestants on one shape, checked against mlp_py first, then timed in turns."""
import contextlib

from mlp_py import benchjob, contestants

from .arithmetic import flops_of_step, quartiles, shape_text

PYTHON = ('mlp_c', 'mlp_py', 'lecture', 'scikit-learn', 'PyTorch', 'JAX')
OURS = ('mlp_c', 'mlp_py')


class Native:
    """A C or C++ peer of native.py with the methods of the Python contestants; it changes its own copy of theta.

    peers : {threads: Peer}; the one for 1 thread is there always
    """

    mean_loss, form, refused, trials = False, '', {}, {}

    def __init__(self, peers, theta):
        self._peers, self._peer, self.resizes = peers, peers[1], len(peers) > 1
        self.name, self.matches = self._peer.name, self._peer.matches
        self._start(theta)

    def _start(self, theta):
        self._theta = theta.copy()

    def theta(self):
        return self._theta.copy()

    @contextlib.contextmanager
    def taking(self, threads):
        self._peer = self._peers.get(threads, self._peers[1])
        self._peer.set_threads(threads)
        try:
            yield
        finally:
            self._peer.set_threads(1)
            self._peer = self._peers[1]

    def tune(self, *_, **__):
        """There is one form."""

    def epoch(self, x, y, order, rows, learning_rate):
        return self._peer.train(x, y, order, len(order) // rows, self._theta, learning_rate)


def native_contestants(widths, rows, dtype, theta, counts=(1,), refused=()):
    """([Native, ...], {name: reason}); a machine without a compiler has none.

    counts : the numbers of threads that they are built for, 1 among them; refused : {name: reason} of who is not wanted
    """
    try:
        from . import native
        found, left_out = {}, {}
        for threads in sorted(counts):
            peers, missing = native.available(widths, rows, dtype, threads, refused)
            left_out = left_out or dict(missing)
            for peer in peers:
                found.setdefault(peer.name, {})[threads] = peer
    except Exception as error:
        return [], {'C and C++': f'{type(error).__name__}: {error}'}
    return [Native(peers, theta) for peers in found.values()], left_out


def measure(widths, rows, dtype, problem, *, rounds, chunk, steps, patience, peak=None, names=PYTHON):
    """One shape, one dtype, one problem, everyone.

    Parameters
    ----------
    widths, rows, dtype, problem : the network and its minibatches
    rounds, chunk : as in `benchjob.alternate`
    steps : of an epoch, at most
    patience : seconds, after which a contestant tries no further form
    peak : flop/s of one core, or None

    Returns
    -------
    dict for JSON: of every contestant the seconds of a step (all rounds, quartiles), its form and whether its theta was
    compared; who was left out, who computed something else.
    """
    flops = flops_of_step(widths, rows)
    steps = max(2, min(steps, int(1e9 / flops)))
    theta, x, y, order = benchjob.exercise(widths, rows, dtype, problem, steps)
    epoch, steps = (x, y, order, rows, benchjob.RATE), len(order) // rows
    found, left_out = contestants.available(names, widths, dtype, problem, theta)
    for contestant in found:
        contestant.tune(*epoch, patience=patience)
    if problem == 'regression':                                # the C and C++ peers know no other
        peers, missing = native_contestants(widths, rows, dtype, theta)
        found, left_out = found + peers, left_out | missing
    found, differing = benchjob.agreeing(found, theta, epoch)
    calls = {contestant.name: lambda c=contestant: c.epoch(*epoch) for contestant in found}
    pause = benchjob.LONG_PAUSE if flops > benchjob.THREADED else benchjob.PAUSE
    seconds = benchjob.alternate(calls, rounds, chunk, pause=pause)
    result = {'shape': shape_text(widths), 'rows': rows, 'dtype': dtype, 'problem': problem, 'steps': steps,
              'flops': flops, 'left_out': left_out, 'differing': differing, 'contestants': {}}
    for contestant in found:
        result['contestants'][contestant.name] = {
            **figures_of(seconds[contestant.name], steps, flops, peak), 'form': contestant.form,
            'compared': contestant.matches, 'trials': {str(form): value for form, value in contestant.trials.items()}}
    return result


def figures_of(seconds, steps, flops, peak):
    """What is kept of the seconds of epochs, a round each, of `steps` steps; peak : flop/s, or None."""
    each = [value / steps for value in seconds]
    q1, median, q3 = quartiles(each)
    return {'median': median, 'q1': q1, 'q3': q3, 'rounds': each,
            'share_of_peak': flops / median / peak if peak else None}


def ratios(result, over='mlp_c'):
    """{name: how many times the time of `over` it takes}."""
    base = result['contestants'][over]['median']
    return {name: figures['median'] / base for name, figures in result['contestants'].items()}


def best(result, names=None, native=False):
    """(name, ratio to mlp_c) of the quickest peer: among `names`, or else Python's, or the C and C++ ones."""
    if 'mlp_c' not in result['contestants']:
        return None
    peers = {name: ratio for name, ratio in ratios(result).items() if name not in OURS
             and (name in names if names else (name not in PYTHON) == native)}
    return min(peers.items(), key=lambda item: item[1]) if peers else None
