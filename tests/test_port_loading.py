"""--impl: a module by its name, a file, a notebook; judged in a run of pytest of its own, whose exit status tells.

A right port passes in each of the three forms, a wrong one fails with its mistake named, an unfinished one is skipped
by the name of what it lacks, and what cannot be loaded is refused with the reason.
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mlp_py.conformance import contract, loading, ports, protocol, wrong_ports

from . import stages

ROOT = Path(__file__).resolve().parent.parent
RIGHT = wrong_ports.source()
CASES = [one for one in stages.STAGES if not set(one.needs) & set(contract.OFFERS)]     # what every port is asked
FAULTS = {fault.key: fault for fault in wrong_ports.FAULTS}
QUICK = ('hidden_config kept',)


def notebook(*cells, kind='code'):
    """The JSON text of a notebook; a cell is its text, or (kind, text)."""
    cells = [cell if isinstance(cell, tuple) else (kind, cell) for cell in cells]
    return json.dumps({'nbformat': 4, 'nbformat_minor': 5, 'metadata': {}, 'cells': [
        {'cell_type': kind, 'metadata': {}, 'source': text.splitlines(keepends=True)} for kind, text in cells]})


def in_cells(text):
    """The lecture as a notebook: text, a plot command, and one cell a function, each second one timed."""
    parts = re.split(r'\n(?=def )', text)
    timed = ['%%time\n' * (n % 2) + part for n, part in enumerate(parts[1:])]
    return notebook(('markdown', '# 4. MLP'), '%matplotlib inline\n' + parts[0], '%%bash\nnot python at all', *timed, '!ls',
                    'display(relu(np.zeros(2)))\nrelu?')


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding='utf-8')
    return str(path)


# ---- loading ----------------------------------------------------------------------------------------------------------

def test_a_module_by_its_name():
    port = ports.load('mlp_py.conformance.lecture_typed_in')
    assert port.lacks(*contract.REQUIRED) == [] and port.lecture.__name__ == 'mlp_py.conformance.lecture_typed_in'
    assert port.Network is None and port.words == set()


def test_a_package_is_its_page_lecture():
    port = ports.load('mlp_py')
    assert port.name == 'mlp_py' and port.lecture.__name__ == 'mlp_py.lecture' and port.Network is not None


@pytest.mark.parametrize('name, text', [('port.py', RIGHT), ('port.ipynb', in_cells(RIGHT))], ids=['file', 'notebook'])
def test_a_file_is_run_from_top_to_bottom(tmp_path, name, text):
    """Its globals are those of its functions, so setting them as attributes is seen inside; sys.path is put back."""
    before = list(sys.path)
    port = ports.load(written(tmp_path, name, text))
    assert port.lacks(*contract.REQUIRED) == [] and port.name == name and sys.path == before
    port.lecture.set_hidden(3)
    assert port.lecture.hidden_cnt == 3 and port.lecture.relu.__globals__ is port.lecture.__dict__


def test_what_lies_beside_a_file_can_be_imported(tmp_path):
    written(tmp_path, 'beside_a_port.py', 'ANSWER = 42')
    try:
        assert ports.load(written(tmp_path, 'port.py', 'from beside_a_port import ANSWER')).lecture.ANSWER == 42
    finally:
        sys.modules.pop('beside_a_port', None)


def test_lines_only_a_notebook_understands_keep_their_numbers(tmp_path):
    """A cell that is Python stays as it is: here % begins a line of an expression."""
    text = notebook('%matplotlib inline\n!pip list\nx = 1', 'y = (7\n     % 4)')
    port = ports.load(written(tmp_path, 'port.ipynb', text))
    assert (port.lecture.x, port.lecture.y) == (1, 3)
    with pytest.raises(ports.UnusablePort) as caught:
        ports.load(written(tmp_path, 'broken.ipynb', notebook('%matplotlib inline\n\n1 / 0')))
    assert caught.value.__cause__.__traceback__.tb_next.tb_lineno == 3


def test_magic_above_a_cell(tmp_path):
    """What %%time and its like stand above is Python, and judged; another language is left out."""
    text = notebook('%%time\na = 1', '%%capture out\n%matplotlib inline\nb = 2', '%%html\n<b>c</b>', '\n%%bash\nc = 3', '%%')
    port = ports.load(written(tmp_path, 'port.ipynb', text)).lecture
    assert (port.a, port.b) == (1, 2) and not hasattr(port, 'c')


def test_a_line_that_runs_another_file(tmp_path, monkeypatch):
    """%run, as the lecture's own notebooks begin: in the same globals, in its place, relative to the folder of the port."""
    written(tmp_path, 'first.ipynb', notebook('%run ../second.py\nb = a + 1'))
    written(tmp_path, 'second.py', 'a = 1\n')
    (tmp_path / 'chapter').mkdir()
    path = written(tmp_path / 'chapter', 'port.ipynb', notebook('a = 7\n%run -i "../first.ipynb"\nc = b + a\nd = 1 / e'))
    with pytest.raises(ports.UnusablePort, match=r"port\.ipynb, code cell 1 raises NameError: name 'e'") as caught:
        ports.load(path)
    assert caught.value.__cause__.__traceback__.tb_next.tb_lineno == 4
    written(tmp_path / 'chapter', 'port.ipynb', notebook('a = 7\n%run "../first.ipynb"\nc = b + a'))
    port = ports.load(path).lecture
    assert (port.a, port.b, port.c) == (1, 2, 3)
    written(tmp_path / 'chapter', 'port.ipynb', notebook('%run ../third.py'))
    with pytest.raises(ports.UnusablePort, match=r'code cell 1: %run: expected a file, found none at \.\./third\.py'):
        ports.load(path)


def test_it_is_run_in_its_own_folder(tmp_path):
    """A file beside it is found by its name, and the working folder is that of before, whatever the port did to it."""
    written(tmp_path, 'beside.csv', '4,2')
    before = os.getcwd(), list(sys.path)
    text = "import os, sys\ntext = open('beside.csv').read()\nos.chdir('/')\nsys.path.clear()\n"
    port = ports.load(written(tmp_path, 'port.py', text))
    assert port.lecture.text == '4,2' and (os.getcwd(), sys.path) == before


@pytest.mark.parametrize('encoding, first', [('utf-8-sig', ''), ('latin-1', '# -*- coding: latin-1 -*-\n')])
def test_whatever_python_can_read(tmp_path, encoding, first):
    """The byte order mark of an editor, and a coding line; a notebook may have the mark as well."""
    text = first + "word = 'Größe'\n"
    (tmp_path / 'port.py').write_bytes(text.encode(encoding))
    assert ports.load(str(tmp_path / 'port.py')).lecture.word == 'Größe'
    if not first:
        (tmp_path / 'port.ipynb').write_bytes(notebook(text).encode(encoding))
        assert ports.load(str(tmp_path / 'port.ipynb')).lecture.word == 'Größe'


@pytest.mark.parametrize('name, text, parts', [
    ('missing.py', None, ['found none']),
    ('missing.ipynb', None, ['found none']),
    ('broken.py', 'def relu(x)\n    return x\n', ['broken.py', 'SyntaxError']),
    ('raising.py', 'import numpy as np\n1 / 0\n', ['raising.py', 'ZeroDivisionError']),
    ('leaving.py', 'raise SystemExit(0)\n', ['leaving.py', 'SystemExit']),
    ('coding.py', b'word = "\xc0\xba"\n', ['coding.py', 'SyntaxError']),
    ('words.py', "OFFERS = ['speed']\n", ['words.py', "got ['speed']"]),
    ('class.py', "OFFERS = ['Network']\n", ['class.py', 'a class Network']),
    ('broken.ipynb', notebook('x = 1', ('markdown', 'text'), 'y = 1 / 0'), ['code cell 2', 'ZeroDivisionError']),
    ('syntax.ipynb', notebook('x = 1', 'def relu(x)'), ['code cell 2', 'SyntaxError']),
    ('text.ipynb', 'import numpy', ['expected a notebook']),
    ('list.ipynb', '[1, 2]', ['expected a notebook']),
], ids=lambda value: value if isinstance(value, str) and '.' in value[:12] else '')
def test_what_cannot_be_loaded_is_refused(tmp_path, name, text, parts):
    if text is not None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ports.UnusablePort) as caught:
        ports.load(str(tmp_path / name))
    message = str(caught.value)
    assert name in message and all(part in message for part in parts)


def test_a_module_that_does_not_exist_is_refused():
    with pytest.raises(ports.UnusablePort, match="got 'no_such_port'"):
        ports.load('no_such_port')


@pytest.mark.parametrize('line, part', [('1 / 0', 'ZeroDivisionError: division by zero'), ('raise SystemExit', 'SystemExit')])
def test_a_module_that_cannot_be_imported_is_refused(tmp_path, monkeypatch, line, part):
    written(tmp_path, 'a_port_that_raises.py', line)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ports.UnusablePort, match=f'^a_port_that_raises raises {part}$'):
        loading.load('a_port_that_raises')


def test_what_is_lacking_is_described():
    assert contract.described('relu').startswith('relu(x), lecture 4.')
    assert contract.described('float32') == contract.OFFERS['float32']


def test_what_a_port_lacks_of_the_beginning_is_done_in_its_place():
    """A port that has forward and backprop alone: its parameters are made for it; set_hidden is done for it, too."""
    params = [{'w': np.ones((inputs, outputs)), 'b': np.zeros(outputs)} for inputs, outputs in ((3, 2), (2, 1))]
    for single in (True, False):
        model = SimpleNamespace()
        protocol.begin(model, params, 0.5, single)
        assert (model.input_cnt, model.output_cnt, model.LEARNING_RATE) == (3, 1, 0.5)
        assert model.hidden_config == (None if single else [2])
        for mine, pair in zip(protocol.read(model, single), params, strict=True):
            assert all(np.array_equal(mine[name], pair[name]) for name in 'wb')
    with pytest.raises(ValueError, match='single: expected one hidden layer, got 0'):
        protocol.begin(SimpleNamespace(), params[1:], 0.5, True)


def test_init_model_of_an_earlier_chapter_is_not_asked():
    """Before set_hidden is written, an init_model that is there makes the network of chapter 1."""
    params = [{'w': np.ones((inputs, outputs)), 'b': np.zeros(outputs)} for inputs, outputs in ((3, 2), (2, 1))]
    def earlier():
        raise AssertionError('asked')
    model = SimpleNamespace(init_model=earlier)
    def own():
        model.pm_hidden, model.pm_output = [{'w': np.zeros((3, 2)), 'b': np.zeros(2)}, {'w': np.zeros((2, 1)), 'b': np.zeros(1)}]
    model.init_model_hidden1 = own
    protocol.begin(model, params, 0.5, True)
    assert (protocol.read(model, True)[0]['w'] == 1).all()
    model.set_hidden = lambda info: None
    with pytest.raises(AssertionError, match='asked'):
        protocol.begin(model, params, 0.5, True)


def test_network_is_offered_by_a_word(tmp_path):
    """A class of that name alone may be anything."""
    assert ports.load(written(tmp_path, 'port.py', 'class Network:\n    pass\n')).lacks('Network') == ['Network']
    assert ports.load(written(tmp_path, 'port.py', 'class Network:\n    pass\nOFFERS = ["Network"]\n')).lacks('Network') == []


# ---- whole runs -------------------------------------------------------------------------------------------------------

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
