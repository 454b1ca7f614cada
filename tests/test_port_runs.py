"""--impl: a whole run of pytest on a port, whose exit status tells.

A right port passes as a module, a file and a notebook; a wrong one fails with its mistake named, whichever check sees it;
an unfinished one is skipped by the name of what it lacks; a run that judged nothing is not green.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlp_py.conformance import contract, wrong_ports

from . import stages
from .port_files import in_cells, written

ROOT = Path(__file__).resolve().parent.parent
RIGHT = wrong_ports.source()
FAULTS = {fault.key: fault for fault in wrong_ports.FAULTS}
QUICK = ('hidden_config kept',)
CASES = [one for one in stages.STAGES if not set(one.needs) & set(contract.OFFERS)]     # what every port is asked


def judged(port, *arguments, tests=('tests/test_stages.py',)):
    """pytest itself on a port: (exit status, what it prints)."""
    command = [sys.executable, '-m', 'pytest', '-q', '-n0', '-p', 'no:cacheprovider', '-p', 'no:hypothesispytest',
               '--impl', port, *tests, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, encoding='utf-8', errors='replace', timeout=300,
                            env={**os.environ, 'PYTHONIOENCODING': 'utf-8', 'COLUMNS': '200'})
    return result.returncode, result.stdout + result.stderr


def counted(text):
    """{'passed': 100, 'skipped': 3, ...} from the last line."""
    return {word: int(number) for number, word in re.findall(r'(\d+) (passed|failed|skipped|deselected|error)', text)}


def test_the_lecture_typed_in_passes_in_every_form(tmp_path):
    """Module, file and notebook in one run: --impl may be repeated."""
    file, cells = written(tmp_path, 'port.py', RIGHT), written(tmp_path, 'port.ipynb', in_cells(RIGHT))
    status, output = judged('mlp_py.conformance.lecture_typed_in', '--impl', file, '--impl', cells)
    assert status == 0, output[-2000:]
    assert counted(output) == {'passed': 3 * len(CASES), 'deselected': 1 + 3 * (len(stages.STAGES) - len(CASES))}


@pytest.mark.full
@pytest.mark.parametrize('form', ['module', 'port.py', 'port.ipynb'])
def test_the_lecture_typed_in_passes_alone(tmp_path, form):
    text = in_cells(RIGHT) if form.endswith('ipynb') else RIGHT
    port = 'mlp_py.conformance.lecture_typed_in' if form == 'module' else written(tmp_path, form, text)
    status, output = judged(port)
    assert status == 0 and counted(output)['passed'] == len(CASES), output[-2000:]


@pytest.mark.full
def test_the_lecture_typed_in_passes_the_whole_suite():
    """README's command as it is, without a choice of tests: nothing more is asked than the thirteen functions."""
    status, output = judged('mlp_py.conformance.lecture_typed_in', '-rs', tests=())
    found = counted(output)
    assert status == 0 and found['passed'] > len(CASES) + 25 and 'failed' not in found, output[-2000:]
    assert '13 of the 13 functions of the lecture were there' in output


LOSS = """
def forward_postproc(output, y):
    return np.mean(np.square(output - y)), [output, y]
def backprop_postproc(G_loss, aux):
    output, y = aux
    return G_loss * 2 * (output - y) / output.size
def eval_accuracy(output, y):
    return 1 - np.mean(np.abs((output - y) / y))
def run_train(x, y):
    output, aux = forward_neuralnet(x)
    loss, aux_pp = forward_postproc(output, y)
    accuracy = eval_accuracy(output, y)
    backprop_neuralnet(backprop_postproc(1.0, aux_pp), aux)
    return loss, accuracy
"""


@pytest.mark.parametrize('problem', [pytest.param(True, marks=pytest.mark.full), False])
def test_losses_are_judged_where_the_port_has_all_three(tmp_path, problem):
    """The course's own functions know the loss of chapter 1 alone: skipped by the name of what rules them."""
    port = written(tmp_path, 'port.py', RIGHT + LOSS + "problem = 'regression'\n" * problem)
    status, output = judged(port, '-rs', '-m', 'postproc', tests=('tests/test_exact.py',))
    found = counted(output)
    assert (found.get('failed', 0) > 0) == problem and status == (1 if problem else 5), output[-2000:]
    assert problem or 'port.py lacks a global problem' in output


@pytest.mark.parametrize('text', ['', 'def relu(x):\n    return x\n'], ids=['empty', 'another function'])
def test_a_run_that_judged_nothing_is_not_green(tmp_path, text):
    status, output = judged(written(tmp_path, 'port.py', text), '-m', 'backprop_hidden1')
    assert status == 5 and set(counted(output)) == {'skipped', 'deselected'}
    assert f'port.py: {bool(text):d} of the 13 functions of the lecture were there; missing: ' in output


@pytest.mark.parametrize('tests, function, quantity', [
    ('test_exact.py', 'backprop_neuralnet', "pm_output['w'] after the update"),
    pytest.param('test_kinks.py', 'backprop_neuralnet', "pm_output['b'] after the update", marks=pytest.mark.full),
    pytest.param('test_oracle.py', 'backprop_neuralnet', "after the update", marks=pytest.mark.full),
    pytest.param('test_golden_cases.py', 'backprop_neuralnet', "after the update", marks=pytest.mark.full)])
def test_every_check_explains_itself(tmp_path, tests, function, quantity):
    """Function, case, the entry and the mistake, in place of the lines of the suite; in Korean, too."""
    fault = FAULTS['sign of the update']
    port = written(tmp_path, 'port.py', wrong_ports.source(fault))
    for option, words in (((), (quantity, fault.english)), (('--korean',), ('수정한 뒤의 pm_', fault.korean))):
        status, output = judged(port, '-x', *option, tests=(f'tests/{tests}',))
        assert status == 1 and all(word in output for word in words) and contract.described(function)[:15] in output
        assert 'AssertionError' not in output and 'tests/checks.py' not in output


def test_an_exception_of_the_port_explains_itself(tmp_path):
    port = written(tmp_path, 'port.py', RIGHT.replace('x, hidden = aux\n', 'x, hidden = aux\n    hidden[7, 7]\n'))
    status, output = judged(port, '-x', '-k', 'single', tests=('tests/test_exact.py',))
    assert status == 1 and 'backprop_neuralnet(G_output, hiddens), lecture 4.4' in output, output
    assert 'raises IndexError' in output and '(in backprop_neuralnet_hidden1, line ' in output and 'tests/checks.py' not in output


@pytest.mark.parametrize('key', [pytest.param(key, marks=[pytest.mark.full] * (key not in QUICK)) for key in FAULTS])
def test_a_wrong_port_fails_and_is_named(tmp_path, key):
    """-x: the first failure is enough."""
    status, output = judged(written(tmp_path, 'port.py', wrong_ports.source(FAULTS[key])), '-x')
    assert status == 1 and counted(output)['failed'] == 1, output[-2000:]
    assert FAULTS[key].english in output


def without(*names):
    """The lecture typed in, as far as it has been written."""
    text = RIGHT
    for name in names:
        text, count = re.subn(rf'\ndef {name}\(.*?(?=\ndef |\Z)', '', text, flags=re.DOTALL)
        assert count == 1
    return text


def test_an_unfinished_port_is_skipped_by_name(tmp_path):
    """4.2 alone is written: what is there passes, what is not is named with its place in the lecture."""
    missing = [name for name, (_, _, where) in contract.REQUIRED.items() if where != '4.2']
    status, output = judged(written(tmp_path, 'port.py', without(*missing)))
    found = counted(output)
    assert status == 0 and found['passed'] > 40 and found['skipped'] > 40, output[-2000:]
    for name in missing:
        assert re.search('port.py lacks .*' + re.escape(contract.described(name)), output)


@pytest.mark.parametrize('marker', [pytest.param(marker, marks=[pytest.mark.full] * (marker != 'forward_hidden1'))
                                    for _, marker, _ in contract.REQUIRED.values()])
def test_a_marker_selects_a_function(tmp_path, marker):
    """-m forward_hidden1 leaves a port alone whose other functions all fail, and sees it when that one does."""
    names = {marker: name for name, (_, marker, _) in contract.REQUIRED.items()}
    port = written(tmp_path, 'port.py', RIGHT + f'\n\ndef {names[marker]}(*arguments):\n    raise OSError\n')
    status, output = judged(port, '-m', marker)
    found = counted(output)
    assert status == 1 and found['failed'] and 'passed' not in found and 'OSError' in output, output[-2000:]


@pytest.mark.parametrize('name, part', [
    pytest.param('no_such_port', "got 'no_such_port'", marks=pytest.mark.full), ('missing.py', 'found none at missing.py')])
def test_a_port_that_cannot_be_loaded_ends_the_run(name, part):
    """Exit status 4, usage error, and the reason; no traceback."""
    status, output = judged(name)
    assert status == 4 and part in output and 'Traceback' not in output
