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

from mlp_py.conformance import contract, ports, protocol, wrong_ports

from . import stages

ROOT = Path(__file__).resolve().parent.parent
RIGHT = wrong_ports.source()
FAULTS = {fault.key: fault for fault in wrong_ports.FAULTS}
QUICK = ('hidden_config kept',)


def notebook(*cells, kind='code'):
    """The JSON text of a notebook; a cell is its text, or (kind, text)."""
    cells = [cell if isinstance(cell, tuple) else (kind, cell) for cell in cells]
    return json.dumps({'nbformat': 4, 'nbformat_minor': 5, 'metadata': {}, 'cells': [
        {'cell_type': kind, 'metadata': {}, 'source': text.splitlines(keepends=True)} for kind, text in cells]})


def in_cells(text):
    """The lecture as a notebook: text, a plot command, and one cell a function."""
    parts = re.split(r'\n(?=def )', text)
    return notebook(('markdown', '# 4. MLP'), '%matplotlib inline\n' + parts[0], '%%time\nnot python at all',
                    *parts[1:], '!ls')


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


@pytest.mark.parametrize('name, text, parts', [
    ('missing.py', None, ['found none']),
    ('missing.ipynb', None, ['found none']),
    ('broken.py', 'def relu(x)\n    return x\n', ['broken.py', 'SyntaxError']),
    ('raising.py', 'import numpy as np\n1 / 0\n', ['raising.py', 'ZeroDivisionError']),
    ('broken.ipynb', notebook('x = 1', ('markdown', 'text'), 'y = 1 / 0'), ['code cell 2', 'ZeroDivisionError']),
    ('syntax.ipynb', notebook('x = 1', 'def relu(x)'), ['code cell 2', 'SyntaxError']),
    ('text.ipynb', 'import numpy', ['expected a notebook']),
    ('list.ipynb', '[1, 2]', ['expected a notebook']),
], ids=lambda value: value if isinstance(value, str) and '.' in value[:12] else '')
def test_what_cannot_be_loaded_is_refused(tmp_path, name, text, parts):
    path = str(tmp_path / name) if text is None else written(tmp_path, name, text)
    with pytest.raises(ports.UnusablePort) as caught:
        ports.load(path)
    message = str(caught.value)
    assert message.startswith('--impl: ') and name in message and all(part in message for part in parts)


def test_a_module_that_does_not_exist_is_refused():
    with pytest.raises(ports.UnusablePort, match="--impl: .*got 'no_such_port'"):
        ports.load('no_such_port')


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


def test_words_that_nobody_knows_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"OFFERS of words\.py: .*got \['speed'\]"):
        ports.load(written(tmp_path, 'words.py', "OFFERS = ['speed']"))


# ---- whole runs -------------------------------------------------------------------------------------------------------

def judged(port, *arguments):
    """pytest itself on a port: (exit status, what it prints)."""
    command = [sys.executable, '-m', 'pytest', '-q', '-n0', '-p', 'no:cacheprovider', '-p', 'no:hypothesispytest',
               '--impl', port, 'tests/test_stages.py', *arguments]
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
    assert counted(output) == {'passed': 3 * len(stages.STAGES), 'deselected': 1}


@pytest.mark.full
@pytest.mark.parametrize('form', ['module', 'port.py', 'port.ipynb'])
def test_the_lecture_typed_in_passes_alone(tmp_path, form):
    text = in_cells(RIGHT) if form.endswith('ipynb') else RIGHT
    port = 'mlp_py.conformance.lecture_typed_in' if form == 'module' else written(tmp_path, form, text)
    status, output = judged(port)
    assert status == 0 and counted(output)['passed'] == len(stages.STAGES), output[-2000:]


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
