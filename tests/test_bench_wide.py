"""The benchmark's wide networks, cliffs, switch of paths and map, with tiny sizes. No test judges a time."""
import json
import os

import pytest

from mlp_py import contestant_jax, contestants
from mlp_py.contestant_jax import FORMS, JAX

from .bench import __main__ as bench
from .bench import arithmetic, cliff, crossover, picture, report, summary, switch, training, wide
from .test_bench import fake


# ---- promises and report ---------------------------------------------------------------------------------

def fake_wide(case, dtype, *lists, peak=None):
    """Results of measuring the network `case` of WIDE: medians of everyone, a dict for each number of threads."""
    widths, rows = arithmetic.WIDE[case]
    results = []
    for threads, medians in enumerate(lists, 1):
        result = fake(**medians) | {'shape': arithmetic.shape_text(widths), 'rows': rows, 'dtype': dtype,
                                    'threads': threads}
        for figures in result['contestants'].values():
            figures.update(resized=True, share_of_peak=peak and peak / figures['median'])
        results.append(result)
    return results


def test_promises_of_wide_networks():
    def kept(*arguments, avx512=False, **options):
        return [row[3] for row in summary.wide_rows(fake_wide(*arguments, **options), avx512)]

    one, two = dict(mlp_c=1.0, JAX=1.12, openblas=1.3), dict(mlp_c=0.6, JAX=1.12, openblas=0.68)
    assert kept(1, 'float64', one, two) == [True, False]               # 1.12 of 1.1, 1.13 of 1.15
    assert kept(2, 'float64', dict(one, JAX=0.9), two, peak=0.5) == [False, True]
    assert kept(2, 'float64', dict(one, JAX=0.9), peak=0.81) == [True]                  # 80 % are enough
    assert kept(3, 'float64', one, peak=0.81) == [True, True]
    assert kept(3, 'float64', one, peak=0.81, avx512=True) == [False, True]
    assert kept(3, 'float64', one) == [None, True]
    assert kept(3, 'float64', dict(one, JAX=0.7), two) == [None, None, True]            # each with the threads that suit it
    assert kept(3, 'float64', one, dict(two, openblas=0.58)) == [None, None, False]
    assert kept(4, 'float64', dict(mlp_c=1.0, lecture=0.97), peak=0.75) == [True, False]
    [row] = summary.wide_rows(fake_wide(0, 'float32', dict(mlp_c=3.0, JAX=4.1), dict(mlp_c=2.0, PyTorch=5.0)), False)
    assert row == ('4-32-16-4, 10000 rows, float32, better of all threads, best Python peer', '2 x', '2.05 x (JAX)',
                   True)


def test_the_report_of_wide_networks():
    results = fake_wide(1, 'float64', dict(mlp_c=1e-3, JAX=2e-3, xsmm=3e-3), dict(mlp_c=5e-4, JAX=2e-3), peak=4e-4)
    results[0]['contestants']['JAX']['resized'] = results[1]['contestants']['JAX']['resized'] = False
    run = {'machine': {'processor': 'P'}, 'training': [], 'dtypes': ['float64'], 'wide': results}
    assert len(summary.rows(run)) == 2
    text = '\n'.join(report.wide_overview(results))
    assert '| 784-128-10 | 100 | float64 | 1 | 1000.0 | 40% | 2.00 x (JAX) | 3.00 x (xsmm) |' in text
    assert '| 784-128-10 | 100 | float64 | 2 | 500.0 | 80% | 4.00 x (JAX) |  |' in text
    text = '\n'.join(report.wide_table(results))
    assert '| JAX | 2000.0 | 2.00 | 2000.0 | 4.00 | with threads of its own |' in text
    assert '| xsmm | 3000.0 | 3.00 |  |  |  |' in text
    assert 'Excluded at threads: 2: wrong computes' in text and 'Left out: FANN (not installed).' in text


# ---- everyone at one thread and at two --------------------------------------------------------------------

def small_wide(monkeypatch, names, **options):
    """`wide.measure` of a tiny network at one thread and at two, without C and C++ peers."""
    monkeypatch.setattr(wide, 'thread_counts', lambda: [1, 2])
    monkeypatch.setattr(training, 'native_contestants', lambda *_: ([], {'C and C++': 'not in this test'}))
    return wide.measure((5, 4, 2), 7, 'float64', rounds=2, chunk=0, patience=0, steps=3, names=names, **options)


@pytest.mark.full
def test_wide_networks_at_one_thread_and_at_two(monkeypatch):
    pytest.importorskip('threadpoolctl')
    results = small_wide(monkeypatch, ('mlp_c', 'mlp_py', 'lecture'), peak=1e9)
    assert [result['threads'] for result in results] == [1, 2]
    for result in results:
        assert not result['differing'] and result['left_out'] == {'C and C++': 'not in this test'}
        assert list(result['contestants']) == ['mlp_c', 'mlp_py', 'lecture']
        assert all(figures['median'] > 0 and figures['resized'] for figures in result['contestants'].values())
        assert len(result['contestants']['mlp_c']['rounds']) == 2
    mine = results[1]['contestants']['mlp_c']
    assert mine['share_of_peak'] == pytest.approx(results[1]['flops'] / mine['median'] / 2e9)


@pytest.mark.full
@pytest.mark.parametrize('resizes', [True, False])
def test_jax_at_one_thread_and_at_two(monkeypatch, resizes):
    pytest.importorskip('jax')
    monkeypatch.setattr(JAX, 'forms', FORMS[:1])
    monkeypatch.setattr(JAX, 'resizes', resizes)
    one, two = (result['contestants']['JAX'] for result in small_wide(monkeypatch, ('mlp_c', 'mlp_py', 'JAX')))
    assert one['resized'] == two['resized'] == resizes and (one == two) == (not resizes)


@pytest.mark.full
def test_a_client_of_xla_with_one_thread(monkeypatch):
    pytest.importorskip('jax')
    cpus, bound, right = getattr(os, 'sched_getaffinity', lambda _: {0})(0), [], contestant_jax._device.__wrapped__
    if len(cpus) == 1:
        pytest.skip('one CPU')
    from jaxlib import xla_client
    make = xla_client.make_cpu_client
    everywhere = right(len(cpus))                              # JAX's own client is made before the patch
    monkeypatch.setattr(xla_client, 'make_cpu_client', lambda: bound.append(len(os.sched_getaffinity(0))) or make())
    assert everywhere is right(len(cpus)) and right(1) is not right(len(cpus)) and bound == [1]
    assert all(os.sched_getaffinity(int(task)) == cpus for task in os.listdir('/proc/self/task'))


@pytest.mark.full
def test_nobody_is_timed_wide_who_computes_something_else(monkeypatch):
    pytest.importorskip('threadpoolctl')
    right = contestants.Lecture.epoch
    monkeypatch.setattr(contestants.Lecture, 'epoch', lambda self, *arguments: right(self, *arguments) * (1 + 1e-6))
    for result in small_wide(monkeypatch, ('mlp_c', 'mlp_py', 'lecture')):
        assert 'lecture' not in result['contestants']
        assert result['differing']['lecture'].startswith('computes another loss')


# ---- cliffs, the switch of paths, the map ----------------------------------------------------------------

def test_a_scan_for_cliffs():
    for threads in (1, 2):
        found = cliff.scan('float32', 1, (62, 68, 3), 1, threads)
        assert len(found['seconds']) == 7 and min(found['seconds']) > 0
        ratio, width = found['beyond_two_vectors']
        assert ratio > 0 and 62 <= width < 68 and found['up_to_two_vectors'] is None
    [row] = summary.rows({'machine': {}, 'training': [], 'dtypes': [], 'cliff': [found]})
    assert row[0] == '64-w-10, float32, 3 rows, w from 62 on, threads: 2, w to w + 1, beyond two vectors'


def test_small_against_packed():
    for kind, order in (('x @ w', (True, True)), ('x.T @ G', (False, True)), ('G @ w.T', (True, False))):
        A, B = switch.operands(kind, 4, (3, 5), 'float64')
        assert (A.flags.c_contiguous, B.flags.c_contiguous) == order and A.shape[1] == B.shape[0]
    found = switch.measure('float64', 1, 0, layers=((6, 5),), rows=(4,))
    assert [entry['kind'] for entry in found] == list(switch.KINDS)
    assert list(switch.ways_of(1)) == ['small', 'packed', 'thin', 'chosen']
    assert switch.ways_of(2)['packed, 2 threads'] == ('packed', 2)
    text = switch.markdown([{'kind': 'x @ w', 'rows': 4, 'layer': (6, 5), 'dtype': 'float64', 'seconds': {
        'small': 2e-6, 'packed': 4e-6, 'packed, 2 threads': 1e-6, 'chosen': 2e-6}}])
    assert '| x @ w | 4 | 6 x 5 | 2.00 | 4.00 | 1.00 | 2.00 | 0.50 | 4.00 | 2.00 |' in text


def points():
    """A map of two widths and two batches, without one of the figures."""
    entries = [{'width': width, 'rows': rows, 'dtype': 'float64', 'differing': {},
                'seconds': {'mlp_c': 1e-6, 'NumPy': 4e-6, 'JAX': width * 1e-7}}
               for width in (8, 16) for rows in (1, 32)]
    del entries[0]['seconds']['JAX']
    return entries


@pytest.mark.full
def test_who_is_quicker_where(monkeypatch):
    pytest.importorskip('threadpoolctl')
    assert len(crossover.WIDTHS) * len(crossover.ROWS) <= 40 and crossover.ROW in crossover.ROWS
    assert crossover.rival(points()[0]) == ('NumPy', pytest.approx(4))
    assert crossover.rival(points()[1]) == ('JAX', pytest.approx(0.8))
    assert crossover.rival({'seconds': {'mlp_c': 1.0}}) is None
    monkeypatch.setattr(training, 'native_contestants', lambda *_: ([], {}))
    monkeypatch.setattr(crossover, 'PYTHON', ('mlp_c', 'lecture'))
    [found] = crossover.measure('float64', 1, 0, 0, widths=(3,), rows=(400,))
    assert set(found['seconds']) == {'mlp_c', 'NumPy'} and found['shape'] == '3-3-10' and not found['differing']
    assert found['threads'] == {1: found['seconds']['mlp_c']} and crossover.worst_of_threads([found]) is None


def test_threads_that_cost_more_than_they_gain():
    entries = [{'shape': '3-3-10', 'rows': rows, 'dtype': 'float64', 'threads': {1: 2.0, 2: seconds}}
               for rows, seconds in ((1, 1.0), (10, 2.6), (32, 2.2))]
    assert crossover.worst_of_threads(entries) == (1.3, entries[1])
    [row] = summary.rows({'machine': {}, 'training': [], 'dtypes': [], 'map': entries})
    assert row[2:] == ('1.30 at 3-3-10, 10 rows', False)


@pytest.mark.full
def test_the_picture_of_the_map(tmp_path):
    pytest.importorskip('matplotlib')
    results = [fake(mlp_c=1e-7, JAX=2e-6)]
    for name, panels, places in (('map', [], points()), ('all', results, points())):
        file = tmp_path / f'{name}.png'
        picture.write(str(file), panels, places)
        assert file.read_bytes()[:8] == b'\x89PNG\r\n\x1a\n'


@pytest.mark.full
def test_the_map_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(bench.machine, 'about', lambda: {'processor': 'P'})
    monkeypatch.setattr(crossover, 'measure', lambda dtype, *effort: points())
    file, plot = tmp_path / 'run.json', tmp_path / 'map.png'
    assert bench.main(['--map', str(plot), '--json', str(file)]) == 0
    assert json.loads(file.read_text(encoding='utf-8'))['map'] == points()
    assert plot.read_bytes()[:8] == b'\x89PNG\r\n\x1a\n'
