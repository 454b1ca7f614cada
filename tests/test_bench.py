"""The benchmark: its arithmetic, the agreement of its contestants, its command line. No test judges a time."""
import contextlib
import functools
import json

import numpy as np
import pytest

from mlp_py import benchjob, contestant_torch, contestants
from mlp_py.contestant_jax import FORMS, JAX

from .bench import __main__ as bench
from .bench import arithmetic, report, summary, training
from .command_line import python

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
    own_x, own_y = peer._convert(x[:7], y[:7])                 # the page that was compiled, as it stands
    layers = [peer.torch.from_numpy(np.concatenate([pair['w'], pair['b'][None]])) for pair in reference.net.params]
    loss = float(contestant_torch._step(peer.torch, layers, own_x, own_y, 0.05))
    assert loss == pytest.approx(reference.epoch(x[:7], y[:7], np.arange(7), 7, 0.05))
    assert np.concatenate([layer.ravel() for layer in layers]) == pytest.approx(reference.theta(), rel=1e-12)


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
