"""The benchmark: its arithmetic, the agreement of its contestants, the command `bench`. No test judges a time."""
import contextlib
import functools
import json

import numpy as np
import pytest

from mlp_py import benchjob, contestants
from mlp_py.contestant_jax import FORMS, JAX

from .bench import __main__ as bench
from .bench import arithmetic, cliff, crossover, picture, report, summary, switch, training, wide
from .command_line import call, python                                      # noqa: F401  (a fixture too)

NETWORKS = {'regression': (5, 4, 3, 2), 'binary': (5, 4, 1), 'select': (5, 6, 3)}


# ---- arithmetic ------------------------------------------------------------------------------------------

def test_the_operations_of_a_step():
    assert arithmetic.flops_of_step((10, 4, 1), 10) == 2 * 10 * (2 * 44 + 4)
    assert arithmetic.flops_of_step((3, 2), 1) == 2 * 2 * 6                # no input gradient with one layer
    assert arithmetic.flops_of_step((64, 32, 10), 32) == 2 * 32 * (2 * (2048 + 320) + 320)


def test_means_and_quartiles():
    assert arithmetic.geometric_mean([2, 8]) == pytest.approx(4)
    assert arithmetic.geometric_mean([]) is None
    assert arithmetic.quartiles([5.0]) == [5, 5, 5]
    assert arithmetic.quartiles([1, 2, 3, 4, 5]) == [2, 3, 4]


def test_every_round_has_everyone_in_another_order():
    found = benchjob.orders('abcde', 20)
    assert all(sorted(order) == list('abcde') for order in found)
    assert len(set(map(tuple, found))) > 15
    assert found == benchjob.orders('abcde', 20)


def test_turns_are_counted_and_rounds_kept():
    counts = {'a': 0, 'b': 0}

    def job(name):
        counts[name] += 1

    seconds = benchjob.alternate({name: functools.partial(job, name) for name in counts}, rounds=3, chunk=0)
    assert {name: len(values) for name, values in seconds.items()} == {'a': 3, 'b': 3}
    assert counts == {'a': 8, 'b': 8}                          # two to find the repeats; then one untimed, one timed


def test_turns_have_surroundings_and_long_calls_are_not_repeated():
    events = []

    @contextlib.contextmanager
    def around(name):
        events.append(f'enter {name}')
        yield
        events.append(f'leave {name}')

    calls = {name: functools.partial(events.append, name) for name in 'ab'}
    benchjob.alternate(calls, rounds=1, chunk=0, around=around, looks={'a': benchjob.LONG, 'b': 0.001})
    text = ', '.join(events)
    assert 'enter a, a, leave a' in text and 'enter b, b, b, leave b' in text and len(events) == 7


def fake(**medians):
    """A result of measuring 10-4-1 with these medians."""
    figures = {name: {'median': value, 'q1': value, 'q3': value, 'share_of_peak': None, 'form': '', 'compared': True}
               for name, value in medians.items()}
    return {'shape': '10-4-1', 'rows': 10, 'dtype': 'float64', 'problem': 'regression', 'contestants': figures,
            'left_out': {'FANN': 'not installed'}, 'differing': {'wrong': 'computes other parameters'}}


def test_best_peers_and_the_report():
    result = fake(mlp_c=1e-7, mlp_py=5e-5, JAX=2e-6, PyTorch=3e-5, xsmm=2e-7)
    assert training.best(result) == ('JAX', pytest.approx(20))
    assert training.best(result, native=True) == ('xsmm', pytest.approx(2))
    assert training.best(fake(mlp_py=1.0)) is None
    run = {'machine': {'processor': 'P'}, 'training': [result], 'dtypes': ['float64'],
           'imports': {'mlp_c': 0.02}}
    assert summary.headline(run) == (
        'On P a training step of mlp_c is 20.00 times as fast as the best Python peer (20.00 to 20.00) and 2.00 times '
        'as fast as the best C and C++ peer (2.00 to 2.00) in the geometric mean of 1 cases; 1 of 1 promises kept.')
    text = '\n'.join(report.training_table(result))
    assert '| JAX | 2.000 | 2.000 - 2.000 | 20.00 |' in text
    assert 'Left out: FANN (not installed).' in text and 'Excluded: wrong computes other parameters.' in text


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
    assert kept(3, 'float64', one, peak=0.81, avx512=True) == [True, False]
    assert kept(3, 'float64', one) == [True, None]
    assert kept(4, 'float64', dict(mlp_c=1.0, lecture=0.97), peak=0.75) == [False, True]
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


# ---- the contestants agree -------------------------------------------------------------------------------

def trained(name, problem, dtype, form=None):
    """(loss, theta, start) after an epoch of 30 steps."""
    widths = NETWORKS[problem]
    theta, x, y, order = benchjob.exercise(widths, 7, dtype, problem, steps=30)
    ready, left_out = contestants.available([name], widths, dtype, problem, theta)
    if left_out:
        pytest.skip(f'{name}: {left_out[name]}')
    if form:
        ready[0]._use(form)
    return ready[0].epoch(x, y, order, 7, 0.05), ready[0].theta(), theta


OTHERS = ('mlp_c', 'lecture', 'scikit-learn', 'PyTorch', 'JAX')
EVERYONE = [(name, None, problem) for name in OTHERS for problem in NETWORKS]


@pytest.mark.full
@pytest.mark.parametrize('name, form, problem',
                         EVERYONE + [('JAX', form, 'regression') for form in FORMS[1:] if form[1] == 1])
def test_everyone_computes_what_mlp_py_does(name, form, problem):
    loss, theta, start = trained('mlp_py', problem, 'float64')
    assert np.max(np.abs(theta - start)) > 1e-3
    other_loss, other, _ = trained(name, problem, 'float64', form)
    assert other_loss == pytest.approx(loss, rel=1e-9 if name != 'scikit-learn' else 1e-7)  # no 1e-10 in its logarithm
    assert np.max(np.abs(other - theta)) <= 1e-9 * np.max(np.abs(theta))


@pytest.mark.full
@pytest.mark.parametrize('name', OTHERS)
def test_float32_is_float32(name):
    loss, theta, _ = trained('mlp_py', 'regression', 'float32')
    other_loss, other, _ = trained(name, 'regression', 'float32')
    assert other.dtype == np.float32
    assert other_loss == pytest.approx(loss, rel=1e-4)
    assert np.max(np.abs(other - theta)) <= 1e-4 * np.max(np.abs(theta))


@pytest.mark.full
def test_tuning_leaves_the_start_as_it_was():
    theta, x, y, order = benchjob.exercise((5, 4, 2), 7, 'float64', 'regression', steps=5)
    for name in ('PyTorch', 'JAX'):
        ready, _ = contestants.available([name], (5, 4, 2), 'float64', 'regression', theta)
        for contestant in ready:
            contestant.tune(x, y, order, 7, 0.05, patience=0)
            assert np.array_equal(contestant.theta(), theta) and contestant.form


@pytest.mark.full
def test_compiled_pytorch_computes_what_mlp_py_does():
    theta, x, y, order = benchjob.exercise((5, 4, 3, 2), 7, 'float64', 'regression', steps=5)
    epoch, forms = (x, y, order, 7, 0.05), {}
    [reference], _ = contestants.available(['mlp_py'], (5, 4, 3, 2), 'float64', 'regression', theta)
    ready, left_out = contestants.available(['PyTorch'], (5, 4, 3, 2), 'float64', 'regression', theta)
    if not ready:
        pytest.skip(str(left_out))
    [peer] = ready
    assert peer._forms(None)[0] == ('by hand', 1) and peer._forms(1) == [('by hand', 1), ('compiled', 1)]
    with peer.taking(1):
        assert peer.tune(*epoch, threads=1) in peer._forms(1)
        forms = peer.trials.keys() | peer.refused.keys()
        assert len(forms) == 2 and np.array_equal(peer.theta(), theta)
        if peer.refused:
            pytest.skip(str(peer.refused))
        peer._use(('compiled', 1))
        assert peer.form == 'compiled, 1 thread'
        assert benchjob.compare(peer, (reference.epoch(*epoch), reference.theta()), theta, epoch) is None


def test_a_form_that_does_not_work_is_left_out_by_name():
    theta, *epoch = benchjob.exercise((5, 4, 2), 7, 'float64', 'regression', steps=5)
    [peer], _ = contestants.available(['mlp_py'], (5, 4, 2), 'float64', 'regression', theta)
    peer._forms, peer._use = lambda threads: ('good', 'bad'), lambda form: setattr(peer, 'form', form)
    right = peer.epoch

    def epoch_of(*arguments):
        if peer.form == 'bad':
            raise RuntimeError('no compiler\nhere')
        return right(*arguments)

    peer.epoch = epoch_of
    assert peer.tune(*epoch, 7, 0.05) == 'good' == peer.form
    assert peer.refused == {'bad': 'no compiler here'} and list(peer.trials) == ['good']


def test_sums_are_not_written_out_for_wide_layers():
    for width, sums in ((64, True), (65, False)):
        jax = JAX.__new__(JAX)
        jax.shapes = [(64, width)]
        assert any(form[0] == 'sums' for form in jax._forms(None)) == sums


def small_wide(monkeypatch, names, **options):
    """`wide.measure` of a tiny network at one thread and at two, without C and C++ peers."""
    monkeypatch.setattr(wide, 'thread_counts', lambda: [1, 2])
    monkeypatch.setattr(training, 'native_contestants', lambda *_: ([], {'C and C++': 'not in this test'}))
    return wide.measure((5, 4, 2), 7, 'float64', rounds=2, chunk=0, patience=0, steps=3, names=names, **options)


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
def test_jax_is_measured_once_for_both_lists(monkeypatch):
    pytest.importorskip('jax')
    monkeypatch.setattr(JAX, 'forms', FORMS[:1])
    one, two = small_wide(monkeypatch, ('mlp_c', 'mlp_py', 'JAX'))
    assert one['contestants']['JAX'] == two['contestants']['JAX'] and not two['contestants']['JAX']['resized']


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
    assert list(switch.ways_of(1)) == ['small', 'packed', 'chosen']
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


@pytest.mark.full
def test_the_picture_of_the_map(tmp_path):
    pytest.importorskip('matplotlib')
    results = [fake(mlp_c=1e-7, JAX=2e-6)]
    for name, panels, places in (('map', [], points()), ('all', results, points())):
        file = tmp_path / f'{name}.png'
        picture.write(str(file), panels, places)
        assert file.read_bytes()[:8] == b'\x89PNG\r\n\x1a\n'


def test_who_computes_something_else_is_not_timed():
    theta, *epoch = benchjob.exercise((5, 4, 2), 7, 'float64', 'regression', steps=5)
    epoch = (*epoch, 7, 0.05)
    found, _ = contestants.available(['mlp_py', 'lecture'], (5, 4, 2), 'float64', 'regression', theta)
    right = found[1].epoch

    def wrong(*arguments):
        loss = right(*arguments)
        found[1]._theta *= 1 + 1e-6
        return loss

    found[1].epoch = wrong
    kept, differing = benchjob.agreeing(found, theta, epoch)
    assert [contestant.name for contestant in kept] == ['mlp_py']
    assert differing['lecture'].startswith('computes other parameters')


def test_nothing_is_imported_before_it_is_needed():
    done = python("""
        import sys, mlp_py.benchjob, mlp_py.contestants, mlp_py.contestant_jax, mlp_py.contestant_torch
        print(sorted(set(sys.modules) & {'jax', 'torch', 'sklearn', 'matplotlib', 'mlp_c'}))
        """)
    assert (done.stdout.strip(), done.stderr) == (b'[]', b'')


# ---- the command `bench` ---------------------------------------------------------------------------------

@pytest.fixture
def quick(monkeypatch):
    """The command with hardly any time, and one form of JAX."""
    monkeypatch.setattr(benchjob, 'run_bench', functools.partial(benchjob.run_bench, rounds=1, chunk=0, steps=3))
    monkeypatch.setattr(JAX, 'forms', FORMS[:1])


@pytest.mark.parametrize('option', [pytest.param((), marks=pytest.mark.full),
                                    ('--dtype', 'float32', '--problem', 'select', '--batch', '3')])
def test_bench_times_whatever_is_installed(call, quick, option):
    status, out, err = call('bench', '4-5-3', *option)
    lines = out.splitlines()
    assert (status, err) == (0, '')
    assert lines[0].startswith('4-5-3, ' + ('select, minibatches of 3, float32' if option else
                                            'regression, minibatches of 10, float64') + ', on ')
    assert ' times as fast as ' in lines[0]
    timed = [line.split()[0] for line in lines[1:] if ' us a training step' in line]
    missing = [line for line in lines[1:] if line.startswith('left out: ')]
    assert 'mlp_py' in timed and len(lines) == 1 + len(timed) + len(missing) <= 7
    assert all(name in timed or name in missing[0] for name in benchjob.NAMES)


@pytest.mark.full
def test_bench_without_anything_else(quick):
    from .command_line import BLOCKED
    done = python(BLOCKED, 'mlp_c,sklearn,torch,jax', 'mlp_py', 'bench', '4-3')
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, done.stderr, len(lines)) == (0, b'', 3)
    assert 'mlp_py is alone here' in lines[0] and lines[2].startswith('left out: mlp_c (mlp_c is not built')
    assert all(f'{name} (not installed)' in lines[2] for name in ('scikit-learn', 'PyTorch', 'JAX'))


@pytest.mark.parametrize('argv, names', [
    (['16-x'], 'WIDTHS'), (['16'], 'WIDTHS'), (['16-0-1'], 'WIDTHS'), (['16--1'], 'WIDTHS'), ([''], 'WIDTHS'),
    (['9999999-9999999'], 'WIDTHS'), (['4-2', '--batch', '0'], '--batch'), (['4-2', '--batch=x'], '--batch'),
    (['4-2', '--dtype=float16'], '--dtype'), (['4-2', '--problem=sort'], '--problem')])
def test_bench_refuses_in_one_line(call, argv, names):
    status, out, err = call('bench', *argv)
    assert (status, out) == (2, '')
    assert err.startswith(f'mlp_py bench: error: argument {names}: ') and err.count('\n') == 1


def test_bench_help(call):
    text = call('bench', '--help')[1]
    assert all(f'e.g. {example}' in ' '.join(text.split())
               for example in ('16-32-32-4', '--batch 64', '--dtype float32', '--problem select'))


# ---- python -m tests.bench -------------------------------------------------------------------------------

@pytest.mark.full
def test_a_network_of_ones_own(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, 'QUICK', bench.QUICK | dict(rounds=1, chunk=0, steps=2))
    monkeypatch.setattr(training, 'native_contestants', lambda *_: ([], {'C and C++': 'not in this test'}))
    monkeypatch.setattr(bench.machine, 'native', lambda *_: 5e10)
    monkeypatch.setattr(training, 'PYTHON', ('mlp_c', 'mlp_py', 'lecture'))
    file, plot = tmp_path / 'run.json', tmp_path / 'run.png'
    status = bench.main(['--quick', '--shape', '5-4-3', '--rows', '6', '--json', str(file), '--plot', str(plot)])
    out = capsys.readouterr().out
    assert status == 0 and out.startswith('On ') and '### 5-4-3, 6 rows, regression, float32' in out
    run = json.loads(file.read_text(encoding='utf-8'))
    assert [result['dtype'] for result in run['training']] == ['float64', 'float32']
    assert run['training'][0]['contestants']['mlp_c']['median'] > 0
    assert plot.read_bytes()[:8] == b'\x89PNG\r\n\x1a\n'


@pytest.mark.parametrize('argv, names', [
    (['--map', 'x.png', '--results'], '--map'), (['--switch', '--shape', '3-2'], '--switch'),
    (['--switch', '--json', 'x.json'], '--switch'), (['--map', 'x.txt'], '--map')])
def test_what_does_not_go_together(capsys, argv, names):
    with pytest.raises(SystemExit):
        bench.arguments_of(argv)
    assert f'error: argument {names}: ' in capsys.readouterr().err


def test_the_map_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(bench.machine, 'about', lambda: {'processor': 'P'})
    monkeypatch.setattr(crossover, 'measure', lambda dtype, *effort: points())
    file, plot = tmp_path / 'run.json', tmp_path / 'map.png'
    assert bench.main(['--map', str(plot), '--json', str(file)]) == 0
    assert json.loads(file.read_text(encoding='utf-8'))['map'] == points()
    assert plot.read_bytes()[:8] == b'\x89PNG\r\n\x1a\n'


def test_openblas_settings_are_dropped_before_numpy():
    done = python("""
        import sys
        sys.argv[1:] = ['--rows', '3']
        import runpy
        try:
            runpy.run_module('tests.bench', run_name='__main__')
        except SystemExit as stop:
            import os
            print(stop.code, [name for name in os.environ if name.startswith('OPENBLAS_')])
        """, OPENBLAS_CORETYPE='Prescott', OPENBLAS_L2_SIZE='1024')
    assert done.stdout.strip() == b'2 []' and b'argument --rows: only with --shape' in done.stderr
