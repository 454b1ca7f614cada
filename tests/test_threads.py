"""Threads: the same bits for any number of them, no more than allowed, none for small networks, none in a forked child."""
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import mlp_c
from mlp_c import levels

from . import bits, cases
from .drawn_networks import Drawn, everything

WIDE = ([300, 260, 9], 300), ([210, 200, 190, 3], 140), ([784, 128, 10], 100)
NARROW = ([700, 100], 300)      # so few columns that the threads take rows of the gradient, and have their own sums
TALL = ([560, 2040], 260)       # the sums of its weight gradient wait in pieces: more numbers than are kept at a time

each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)
float64_first = pytest.mark.parametrize('dtype', ['float64', pytest.param('float32', marks=pytest.mark.full)])


@pytest.fixture(autouse=True)
def unlimited():
    yield
    mlp_c.set_num_threads(10**6)


def with_threads(number, make):
    """What `make` gives while OpenMP allows 8 threads and mlp_c may take `number`."""
    mlp_c.set_num_threads(number)
    with threadpool_limits(8, user_api='openmp'):
        assert mlp_c.runtime_info()['threads'] == number
        return make()


def compare(use, networks, paths, dtype, seed, threads=(1, 2, 8)):
    with bits.Comparing() as same:
        for n, (widths, rows) in enumerate(networks):
            drawn = Drawn(widths, rows, dtype, 'mixed', [seed, n])
            use(levels.level, 'plain')
            wanted = list(everything(drawn))
            for path in paths:
                use(levels.level, path)
                for number in threads:
                    found = with_threads(number, lambda: list(everything(drawn)))
                    for (name, expected), (_, got) in zip(wanted, found, strict=True):
                        same(got, expected, path, number, 'threads', drawn, name)


@float64_first
def test_any_number_of_threads(use, dtype, seed):
    compare(use, WIDE[1:2], ('fast', 'packed', 'thin'), dtype, seed, (2, 8))


@float64_first
def test_small_ways_for_any_number_of_threads(use, dtype, seed, full):
    """Rows of a product with panels copied, columns of it, and what the rule makes of both, with work for some threads."""
    compare(use, (([90, 260, 40], 60), ([300, 128, 10], 250), ([250, 260, 9], 200)), ('small', 'fast'), dtype, seed,
            (1, 2, 3) if full else (3,))


@pytest.mark.full
@each_dtype
def test_wide_networks_for_any_number_of_threads(use, dtype, seed):
    compare(use, WIDE, ('fast', 'packed', 'thin'), dtype, seed, (2, 8))     # of one thread, test_network_bits tells


@float64_first
@pytest.mark.parametrize('outputs', [17, *(pytest.param(few, marks=pytest.mark.full) for few in (2, 3, 8))])
def test_losses_of_many_rows_of_a_wide_network(use, outputs, dtype):
    """Rows of `select` shorter than a vector, whose vectors run over into the next one, and longer ones, which are parted."""
    use(levels.level, 'fast')
    seen = [with_threads(number, lambda: trained([300, 140, outputs], 10_000, dtype, 'select', False)) for number in (1, 2, 8)]
    with bits.Comparing() as same:
        for others in seen[1:]:
            for got, expected in zip(others, seen[0], strict=True):
                same(got, expected, outputs, 'outputs')


@float64_first
@pytest.mark.parametrize('network', [TALL, NARROW], ids=['tall', 'narrow'])
def test_sums_that_wait_in_pieces(use, network, dtype, seed, full):
    """One backprop by one thread, which has the most sums to keep, and by two and three; in the full tier gradients and a
    training step, too."""
    widths, rows = network
    drawn = Drawn(widths, rows, dtype, 'mixed', [seed, 9])
    x, aux, seen = drawn.x[:rows], [drawn.x[:rows]], []
    for path, number in (('plain', 1), ('packed', 1), ('packed', 2), ('packed', 3)):
        use(levels.level, path)
        net, other = drawn.network(), drawn.network()
        with_threads(number, lambda: net.backprop(drawn.G, aux, 0.03))
        seen.append([net.theta])
        if full:
            [pair] = with_threads(number, lambda: other.gradients(drawn.G, aux))
            with_threads(number, lambda: other.train_step('regression', x, drawn.targets['regression'][:rows], 0.03))
            seen[-1] += [pair['w'], pair['b'], other.theta]
    with bits.Comparing() as same:
        for number in (1, 2, 3):
            for got, expected in zip(seen[number], seen[0], strict=True):
                same(got, expected, number, 'threads')


def trained(widths, rows, dtype, problem, ordered):
    """Parameters, losses and accuracies of two calls on `rows` rows."""
    rng = np.random.default_rng([rows, *widths])
    net = mlp_c.Network(widths[0], widths[1:-1], widths[-1], dtype=dtype, std=0.4, rng=5)
    x, y = (rng.normal(size=(rows + 9, width)).astype(dtype) for width in (widths[0], widths[-1]))
    if problem != 'regression':
        y = np.eye(widths[-1], dtype=dtype)[rng.integers(0, widths[-1], rows + 9)]
    order = np.tile(rng.permutation(rows + 9)[:rows], 2)    # two steps a call: the second one finds what the first one left
    told = [net.train_epoch(problem, x, y, order, rows, 0.1) if ordered else net.train_step(problem, x[:rows], y[:rows], 0.1)
            for _ in range(2)]
    return net.theta, np.array(told, float)


BLOCKS = ([4, 32, 16, 4], 3000), ([60, 5], 3000), ([3, 50, 1, 20, 2], 3000), ([30, 60, 5], 1025)
MORE_BLOCKS = ([2, 7], 40_000), ([4, 32, 16, 4], 17_000), ([10, 4, 1], 20_000), ([17, 33, 9], 640), ([3, 40, 40, 3], 4096)


@float64_first
@pytest.mark.parametrize('networks', [BLOCKS, pytest.param(MORE_BLOCKS, marks=pytest.mark.full)], ids=['some', 'more'])
def test_whole_blocks_of_rows_in_threads(use, dtype, networks):
    """Small networks on many rows: more than 64 blocks of 256, a shorter last one, rows taken in order or not."""
    with bits.Comparing() as same:
        for widths, rows in networks:
            for problem in ('regression', 'binary', 'select' if widths[-1] > 1 else 'binary'):
                for ordered in (True, False):
                    use(levels.level, 'plain')
                    wanted = trained(widths, rows, dtype, problem, ordered)
                    use(levels.level, 'fast')
                    for number in (1, 2, 8):
                        found = with_threads(number, lambda: trained(widths, rows, dtype, problem, ordered))
                        for got, expected in zip(found, wanted, strict=True):
                            same(got, expected, number, 'threads', widths, rows, problem, ordered)


def test_threads_allowed_later_are_taken(use):
    """Memory that was made for one thread is made anew for more; the bits stay."""
    use(levels.level, 'fast')
    net, x = mlp_c.Network(4, [32, 16], 4, std=0.4, rng=5), np.random.default_rng(1).normal(size=(3000, 4))
    other = mlp_c.Network(4, [32, 16], 4, std=0.4, rng=5)
    for number in (1, 3, 1, 8, 2):
        with_threads(number, lambda: net.train_step('regression', x, x, 0.1))
        with_threads(1, lambda: other.train_step('regression', x, x, 0.1))
    with bits.Comparing() as same:
        same(net.theta, other.theta)


def test_packing_memory_grows_with_the_threads(use):
    """Each of the threads has strips of its own in it."""
    use(levels.level, 'packed')
    net, other = (mlp_c.Network(90, [100], 90, std=0.1, rng=5) for _ in range(2))
    x = np.random.default_rng(1).normal(size=(70, 90))
    for number in (1, 3, 1, 8, 2):
        with_threads(number, lambda: net.train_step('regression', x, x, 0.1))
        with_threads(1, lambda: other.train_step('regression', x, x, 0.1))
    with bits.Comparing() as same:
        same(net.theta, other.theta)


# ---- how many --------------------------------------------------------------------------------------------------------

def test_set_num_threads():
    with threadpool_limits(4, user_api='openmp'):
        assert mlp_c.runtime_info()['threads'] == 4
        mlp_c.set_num_threads(3)
        assert mlp_c.runtime_info()['threads'] == 3
        with threadpool_limits(2, user_api='openmp'):
            assert mlp_c.runtime_info()['threads'] == 2
        mlp_c.set_num_threads(np.int64(7))
        assert mlp_c.runtime_info()['threads'] == 4


@pytest.mark.parametrize('number, error', [(0, ValueError), (-1, ValueError), (1.5, TypeError), ('2', TypeError),
                                           (None, TypeError), (True, TypeError)])
def test_set_num_threads_refuses(number, error):
    before = mlp_c.runtime_info()['threads']
    with pytest.raises(error, match='number'):
        mlp_c.set_num_threads(number)
    assert mlp_c.runtime_info()['threads'] == before


def run(script, **environment):
    """What a script prints in a process of its own, with a network to train beginning from the same numbers."""
    begin = """
        import os, sys
        import numpy as np
        import mlp_c

        def trained(widths, rows):
            rng = np.random.default_rng(1)
            net = mlp_c.Network(widths[0], widths[1:-1], widths[-1], rng=2, std='he')
            for _ in range(3):
                net.train_step('regression', rng.normal(size=(rows, widths[0])), rng.normal(size=(rows, widths[-1])), 0.01)
            return net.theta.tobytes()

        def task_count():
            return len(os.listdir('/proc/self/task'))

        WIDE, SMALL = ([300, 260, 9], 100), ([64, 32, 10], 32)
    """
    result = subprocess.run([sys.executable, '-c', textwrap.dedent(begin) + textwrap.dedent(script)], text=True,
                            capture_output=True, timeout=120,
                            env={**os.environ, 'OPENBLAS_NUM_THREADS': '1', 'MLP_C_LEVEL': levels.level, **environment})
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.mark.skipif(not os.path.isdir('/proc/self/task'), reason='threads are counted in /proc')
def test_small_networks_take_none():
    """A wide network makes OpenMP start its threads, and a small one on many rows; else a small one does not, nor one that
    may take one, nor a few rows of one whose weights lie in a thread's own cache."""
    script = 'trained(*SMALL); print(task_count()); trained(*WIDE); print(task_count(), mlp_c.runtime_info()["threads"])'
    assert run(script, OMP_NUM_THREADS='3') == ['1', '3', '3']
    assert run(script, OMP_NUM_THREADS='1') == ['1', '1', '1']
    assert run('mlp_c.set_num_threads(1);' + script, OMP_NUM_THREADS='3') == ['1', '1', '1']
    many_rows = 'trained([4, 32, 16, 4], 3000); print(task_count())'
    assert run(many_rows, OMP_NUM_THREADS='3') == ['3'] and run(many_rows, OMP_NUM_THREADS='1') == ['1']
    assert run('trained([210, 210, 10], 10); print(task_count())', OMP_NUM_THREADS='3') == ['1']


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='no fork here')
def test_forked_child_takes_none():
    """After its parent used threads a child goes on with one, to the same bits; it does not wait for the parent's."""
    script = """
        wanted, before = trained(*WIDE), mlp_c.runtime_info()['threads']
        child = os.fork()
        if child == 0:
            same = trained(*WIDE) == wanted and mlp_c.runtime_info()['threads'] == 1
            os._exit(7 if same else 8)
        print(before, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), mlp_c.runtime_info()['threads'])
    """
    assert run(script, OMP_NUM_THREADS='2') == ['2', '7', '2']


@pytest.mark.parametrize('name, value', [
    ('OMP_THREAD_LIMIT', '2'), pytest.param('OMP_DYNAMIC', 'true', marks=pytest.mark.full)])
def test_fewer_threads_than_allowed_may_come(name, value):
    """OpenMP may give a smaller team than it was asked for; what the threads share is divided among those that came."""
    script = 'import zlib; print(zlib.crc32(trained([300, 530, 260, 9], 300)))'
    assert run(script, OMP_NUM_THREADS='8', **{name: value}) == run(script, OMP_NUM_THREADS='1')


# ---- memory ----------------------------------------------------------------------------------------------------------

@pytest.mark.full
@pytest.mark.skipif(sys.platform != 'linux', reason='the peak is asked of /proc')
def test_memory_of_a_wide_training_run():
    """Beyond the parameters, gathered rows, activations and their gradients: at most 8 MiB."""
    script = """
        def resident(name):
            return int(next(line for line in open('/proc/self/status') if line.startswith(name)).split()[1])

        x, y = np.ones((512, 1024)), np.ones((512, 1024))
        net = mlp_c.Network(1024, [1024, 1024], 1024, rng=0)
        before = resident('VmRSS')
        open('/proc/self/clear_refs', 'w').write('5')       # the peak begins anew
        net.train_epoch('regression', x, y, np.arange(512), 512, 1e-6)
        print((resident('VmHWM') - before) * 1024)
    """
    rows = 512 * 1024 * 8
    gathered, activations = 2 * rows, 3 * rows
    grown, = map(int, run(script, OMP_NUM_THREADS='2'))
    bits.NOTES.append(f'1024 wide, 512 rows: resident memory grows by {grown / 2**20:.1f} MiB, of which rows, activations '
                      f'and gradients {(gathered + 2 * activations) / 2**20:.1f}')
    assert grown <= gathered + 2 * activations + 8 * 2**20
