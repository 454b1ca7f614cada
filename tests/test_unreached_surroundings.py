"""Lines that nothing else reaches, as `python -m tests.line_coverage` names them: what stands around the networks."""
import io
import os
import runpy
import sys
import types

import numpy as np
import pytest

from mlp_py import benchjob, cli, console, contestants, lecture_files, mainjob, outputs, training, trainjob

from .command_line import call, csv      # noqa: F401  (fixtures)


# ---- the command line ------------------------------------------------------------------------------------

@pytest.mark.parametrize('name', ['mlp_py', 'mlp_c'])
def test_python_dash_m(monkeypatch, name):
    pytest.importorskip(name)
    begun = []

    def interrupted(twin):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, 'main', lambda twin: begun.append(twin) or 7)
    with pytest.raises(SystemExit) as stop:
        runpy.run_module(name, run_name='__main__')
    assert stop.value.code == 7 and begun == [name]
    monkeypatch.setattr(cli, 'main', interrupted)
    with pytest.raises(SystemExit) as stop:
        runpy.run_module(name, run_name='__main__')
    assert stop.value.code == 130


def test_ctrl_c_anywhere_is_one_line(call, monkeypatch):
    def interrupted(twin):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, 'build_parser', interrupted)
    assert call() == (130, '', 'mlp_py: stopped by Ctrl-C\n')


def test_a_rate_that_is_infinite_in_float32_is_refused(call, csv):
    status, out, err = call('train', csv, '--target', 'price', '--dtype', 'float32', '--lr', '1e39')
    assert (status, out) == (2, '') and 'argument --lr: 1e+39 is infinite in float32' in err


def test_a_disk_that_fills_up_is_one_line(call, csv, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(outputs, 'write_history', full)
    status, _, err = call('train', csv, '--target', 'price', '--epochs', '1', '--history', tmp_path / 'run.json')
    assert (status, err) == (1, 'mlp_py train: error: [Errno 28] No space left on device\n')


def test_a_system_that_tells_little(monkeypatch):
    def nothing(*_, **__):
        raise OSError

    monkeypatch.setattr(trainjob.os, 'sysconf', nothing, raising=False)
    assert trainjob._memory() == float('inf')
    monkeypatch.setattr(benchjob.Path, 'read_text', nothing)
    monkeypatch.setattr(benchjob.platform, 'processor', lambda: 'a processor')
    assert benchjob.processor() == 'a processor'


def test_a_bar_lets_lines_through(monkeypatch, capsys):
    pytest.importorskip('tqdm')
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, 'isatty', lambda: True, raising=False)
    monkeypatch.setattr(sys, 'stderr', terminal)
    with console.Bar(3) as bar:
        bar.say('one line')
    assert capsys.readouterr().out == 'one line\n' and '0/3' in terminal.getvalue()


# ---- files, data and contestants -------------------------------------------------------------------------

def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / 'run.json'
    path.write_text('old', encoding='utf-8')
    with pytest.raises(ZeroDivisionError), outputs.replacing(str(path)) as file:
        file.write(b'half')
        raise ZeroDivisionError
    assert [(entry.name, entry.read_text(encoding='utf-8')) for entry in tmp_path.iterdir()] == [('run.json', 'old')]


def test_protected_places_are_refused(monkeypatch, tmp_path):
    def refuse(dir):
        raise PermissionError(13, 'Permission denied')

    path = tmp_path / 'run.json'
    monkeypatch.setattr(outputs.tempfile, 'TemporaryFile', refuse)
    with pytest.raises(OSError, match=r'cannot be written to \(Permission denied\)'):
        outputs.checked_path(path)
    path.touch()
    monkeypatch.setattr(os, 'access', lambda *_: False)
    with pytest.raises(OSError, match='is write-protected'):
        outputs.checked_path(path)


@pytest.mark.parametrize('readable', [True, False])
def test_without_scikit_learn_the_lectures_files_serve(monkeypatch, readable):
    def load(name, data=None):
        if data is None:
            raise ImportError
        if not readable:
            raise OSError(f'no file\n{name}')
        return name, data

    monkeypatch.setattr(mainjob.datasets, 'load', load)
    monkeypatch.setenv('MLP_DATA', 'a folder')
    found, says = mainjob.find_problems()
    if readable:
        assert found == [(name, 'a folder') for name in mainjob.LECTURE_FILES] and "lecture's three files" in says
    else:
        assert len(found) == 3 and says.endswith('(scikit-learn is not installed, and MLP_DATA: no file abalone)')


def test_a_server_that_does_not_answer():
    requests = pytest.importorskip('requests')
    assert lecture_files._reason(requests.Timeout()) == 'no answer within 30 seconds'


def test_scikit_learn_models_two_classes_otherwise():
    pytest.importorskip('sklearn')
    theta = benchjob.exercise((3, 4, 2), 5, 'float64', 'select', steps=1)[0]
    ready, missing = contestants.available(['scikit-learn'], (3, 4, 2), 'float64', 'select', theta)
    assert ready == [] and 'models two classes with one output' in missing['scikit-learn']


def test_a_contestant_with_another_loss_is_left_out(call, monkeypatch):
    theta = np.array([1.0])
    other = types.SimpleNamespace(epoch=lambda: 2.0, theta=lambda: theta, mean_loss=True, matches=True)
    verdict = benchjob.compare(other, (1.0, np.array([2.0])), theta, ())
    assert verdict == 'computes another loss: 2, not 1'
    monkeypatch.setattr(benchjob, 'NAMES', ('mlp_py', 'scikit-learn'))
    monkeypatch.setattr(benchjob, 'agreeing', lambda found, theta, epoch: (found, {'other': verdict}))
    monkeypatch.setattr(benchjob, 'alternate', lambda calls, *_: {name: [1.0] for name in calls})
    status, out, _ = call('bench', '4-2', '--problem', 'select')
    assert status == 1 and 'other is left out: it computes another loss: 2, not 1\nleft out: scikit-learn (' in out


def test_what_shows_itself():
    import mlp_py
    assert {'Network', 'bounds', 'OFFERS'} <= set(dir(mlp_py))
    assert repr(training.History()) == '<History: 0 epochs in 0 s, final accuracy None>'
