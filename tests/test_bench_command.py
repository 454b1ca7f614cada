"""The command `bench`: it times whatever is installed and refuses what it cannot do. No test judges a time."""
import functools

import pytest

from mlp_py import benchjob
from mlp_py.contestant_jax import FORMS, JAX

from .command_line import BLOCKED, call, python                             # noqa: F401  (a fixture too)


@pytest.fixture
def quick(monkeypatch):
    """The command with hardly any time, and one form of JAX."""
    monkeypatch.setattr(benchjob, 'run_bench', functools.partial(benchjob.run_bench, rounds=1, chunk=0, steps=3))
    monkeypatch.setattr(JAX, 'forms', FORMS[:1])


@pytest.mark.full
@pytest.mark.parametrize('option', [(),
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


@pytest.mark.parametrize('seconds, sentence', [
    ({'mlp_c': 1.0}, '10-4-1: mlp_c is alone here'),
    ({'JAX': 3.0, 'mlp_c': 1.0, 'mlp_py': 80.0},
     '10-4-1: mlp_c is 3 times as fast as JAX, 80 times as fast as mlp_py')])
def test_bench_says_who_is_quickest(seconds, sentence):
    assert benchjob.headline(seconds, '10-4-1') == sentence
