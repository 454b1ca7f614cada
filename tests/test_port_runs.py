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
               f'--impl={port}', *tests, *arguments]
    kept = {name: value for name, value in os.environ.items() if name != 'CI'}     # with it, pytest says everything twice
    result = subprocess.run(command, cwd=ROOT, capture_output=True, encoding='utf-8', errors='replace', timeout=300,
                            env={**kept, 'PYTHONIOENCODING': 'utf-8', 'COLUMNS': '200'})
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
    assert status == 0 and found['passed'] >= len(CASES) + 20 and 'failed' not in found, output[-2000:]
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


@pytest.mark.full
@pytest.mark.parametrize('problem', [True, False])
def test_losses_are_judged_where_a_global_rules_them(tmp_path, problem):
    """The course's own functions know the loss of chapter 1 alone: skipped by the name of what would choose another."""
    port = written(tmp_path, 'port.py', RIGHT + LOSS + "problem = 'regression'\n" * problem)
    status, output = judged(port, '-rs', '-m', 'postproc', tests=('tests/test_exact.py',))
    found = counted(output)
    assert (found.get('failed', 0) > 0) == problem and status == (1 if problem else 5), output[-2000:]
    assert problem or 'port.py lacks a global problem' in output


@pytest.mark.parametrize('text, workers', [('', '0'), pytest.param('', '2', marks=pytest.mark.full),
                                           pytest.param('def relu(x):\n    return x\n', '0', marks=pytest.mark.full)])
def test_a_run_that_judged_nothing_is_not_green(tmp_path, text, workers):
    status, output = judged(written(tmp_path, 'port.py', text), '-m', 'backprop_hidden1', '-n', workers)
    assert status == 5 and {'passed', 'failed', 'error'}.isdisjoint(counted(output)) and 'skipped' in counted(output)
    assert f'port.py: {bool(text):d} of the 13 functions of the lecture were there; missing: ' in output
    assert 'port.py: nothing of it was judged' in output


@pytest.mark.full
def test_of_two_ports_both_must_be_judged(tmp_path):
    """One that is empty is not covered by one that is right; to collect alone is no run."""
    right, empty = written(tmp_path, 'right.py', RIGHT), written(tmp_path, 'empty.py', '')
    both = right, f'--impl={empty}', '-m', 'relu'
    status, output = judged(*both)
    assert status == 5 and counted(output)['passed'] == 7 and 'empty.py: nothing of it was judged' in output
    assert judged(*both, '--collect-only')[0] == 0


@pytest.mark.full
def test_a_port_may_lie_anywhere(tmp_path):
    """README's command with a file outside the checkout; = keeps pytest from taking it for a file of tests."""
    status, output = judged(written(tmp_path, 'port.py', RIGHT), '-m', 'relu', tests=())
    assert status == 0 and counted(output)['passed'] == 7, output


@pytest.mark.full
def test_inside_the_checkout_a_blank_will_do():
    status, output = judged('mlp_py.conformance.lecture_typed_in', '--impl', 'mlp_py/conformance/lecture_typed_in.py',
                            '-m', 'relu', tests=())
    assert status == 0 and counted(output)['passed'] == 14, output


@pytest.mark.full
def test_what_is_not_there_yet_is_skipped_also_inside_another(tmp_path):
    """init_model_hidden1 is finished, alloc_param_pair is not: skipped by its name, and nothing has been judged."""
    status, output = judged(written(tmp_path, 'port.py', without('alloc_param_pair')), '-rs', '-m', 'init_model_hidden1')
    assert status == 5 and 'failed' not in counted(output), output
    assert 'the port lacks alloc_param_pair(shape), lecture 4.2' in output


EXPLAINED = {       # a mistake on record, or what is replaced in the lecture; the function that each message must name
    'sign of the update': ((), 'backprop_neuralnet('),
    'no output': ([('return output, [x, hidden]', 'pass'), ('return output, hiddens', 'pass')], 'forward_neuralnet('),
    'no aux': ([('return output, [x, hidden]', 'return output, None'), ('return output, hiddens', 'return output, None')],
               'forward_neuralnet('),
    'ragged': ([('return output, ', 'return [[1], [1, 2]], ')], 'forward_neuralnet('),
    'transposed': ([('RND_STD, shape)', 'RND_STD, shape[::-1])')], 'init_model('),
    'x changed': ([('def forward_neuralnet_hidden1(x):\n', 'def forward_neuralnet_hidden1(x):\n    x += 1\n'),
                   ('def forward_neuralnet_hiddens(x):\n', 'def forward_neuralnet_hiddens(x):\n    x += 1\n')],
                  'forward_neuralnet('),
    'leaves': ([('    hiddens = aux\n', '    raise SystemExit\n'), ('    x, hidden = aux\n', '    raise SystemExit\n')],
               'backprop_neuralnet'),
}
PAGES = 'test_exact.py', 'test_kinks.py', 'test_oracle.py', 'test_golden_cases.py'


@pytest.mark.parametrize('name', [
    pytest.param(name, marks=[pytest.mark.full] * (n > 0)) for n, name in enumerate(EXPLAINED)])
def test_every_check_explains_itself(tmp_path, name, full):
    """Function, case, the entry and the mistake, in place of the lines of the suite; in Korean, too."""
    (edits, function), fault, text = EXPLAINED[name], FAULTS.get(name), RIGHT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    port = written(tmp_path, 'port.py', wrong_ports.source(fault) if fault else text)
    languages = [((), 'case:      '), (('--korean',), '경우:      ')]
    for option, case in languages if full and name in ('sign of the update', 'x changed') else languages[:1]:
        status, output = judged(port, *option, tests=[f'tests/{page}' for page in (PAGES if full else PAGES[:1])])
        failed = counted(output)['failed']
        assert status == 1 and output.count(case) == failed >= (20 if full else 10), output[-3000:]
        assert output.count(f'\n{function}') == failed
        assert not [word for word in ('AssertionError', 'tests/checks.py', 'tests/comparing.py') if word in output]
        if fault:
            assert output.count(fault.korean if option else fault.english) == failed
        if option:
            english = 'case:', 'expected', ' within ', 'shape', 'changed', 'as before'
            assert not [word for word in english if word in output]


@pytest.mark.full
def test_a_wrong_run_train_is_not_the_fault_of_backprop(tmp_path):
    """All that it calls is right; and a loss has no mistakes on record, so none is denied."""
    losses = LOSS + "problem = 'regression'\n"
    port = written(tmp_path, 'port.py', RIGHT + losses.replace('backprop_postproc(1.0,', 'backprop_postproc(2.0,'))
    status, output = judged(port, '-x', '-k', 'steps and regression and single', tests=('tests/test_exact.py',))
    assert status == 1 and '\nrun_train(x, y)' in output and 'diagnosis' not in output, output


@pytest.mark.full
def test_an_exception_of_the_port_explains_itself(tmp_path):
    port = written(tmp_path, 'port.py', RIGHT.replace('x, hidden = aux\n', 'x, hidden = aux\n    hidden[7, 7]\n'))
    status, output = judged(port, '-x', '-k', 'single', tests=('tests/test_exact.py',))
    assert status == 1 and 'backprop_neuralnet(G_output, hiddens), lecture 4.4' in output, output
    assert 'raises IndexError' in output and '(in backprop_neuralnet_hidden1, line ' in output
    assert 'tests/checks.py' not in output


@pytest.mark.parametrize('key', [pytest.param(key, marks=[pytest.mark.full] * (key not in QUICK))
                                 for key in list(FAULTS)[::3]])
def test_a_wrong_port_fails_and_is_named(tmp_path, key):
    """Every third one by its exit status; test_messages has them all. -x: the first failure is enough."""
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


@pytest.mark.full
@pytest.mark.parametrize('marker', [marker for _, marker, _ in contract.REQUIRED.values()])
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
    assert status == 4 and '--impl: ' in output and part in output and 'Traceback' not in output
