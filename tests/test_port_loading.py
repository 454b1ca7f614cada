"""Loading a port: a module by its name, a file, a notebook; what cannot be loaded is refused with the reason."""
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mlp_py.conformance import contract, loading, ports, protocol, wrong_ports

from .port_files import in_cells, notebook, written

RIGHT = wrong_ports.source()


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
    assert port.lacks(*contract.REQUIRED) == [] and port.name == name and sys.path == [*before, str(tmp_path)]
    port.lecture.set_hidden(3)
    assert port.lecture.hidden_cnt == 3 and port.lecture.relu.__globals__ is port.lecture.__dict__


def test_what_lies_beside_a_file_can_be_imported(tmp_path):
    written(tmp_path, 'beside_a_port.py', 'ANSWER = 42')
    try:
        assert ports.load(written(tmp_path, 'port.py', 'from beside_a_port import ANSWER')).lecture.ANSWER == 42
    finally:
        sys.modules.pop('beside_a_port', None)


def test_lines_only_a_notebook_understands_keep_their_numbers(tmp_path):
    text = notebook('%matplotlib inline\n!pip list\nx = 1')
    assert ports.load(written(tmp_path, 'port.ipynb', text)).lecture.x == 1
    with pytest.raises(ports.UnusablePort) as caught:
        ports.load(written(tmp_path, 'broken.ipynb', notebook('%matplotlib inline\n\n1 / 0')))
    assert caught.value.__cause__.__traceback__.tb_next.tb_lineno == 3


@pytest.mark.parametrize('line', [
    'y = (7\n     % 4)', 'y = 3   # right?', '"""Is it\nright?"""\ny = 3', 's = """\n%cd\n!ls\n?"""\ny = 3',
    's = """\n%run other.py\n"""\ny = 3', 'if True:\n    !pip list\ny = 3', '??len\ny = 3', '!echo (\ny = 3',
    '!ls | grep """\ny = 3', 'len?\nnp.sum??\ny = 3', '%run "unclosed.py\ny = 3', '%time y = 3',
    'z = !ls\ny = 3 if z is None else 4', 't = %timeit -o 1\ny = 3',
    'get_ipython().run_line_magic("matplotlib", "inline")\ny = 3'])
def test_what_python_can_read_stays_as_it_is(tmp_path, line):
    """Beside a command, too: a line of code may end in a question, and one of a text begin like a command."""
    for text in (line, '%matplotlib inline\n' + line, line + '\n%timeit 1'):
        assert ports.load(written(tmp_path, 'port.ipynb', notebook('y = 0', text))).lecture.y == 3


def test_magic_above_a_cell(tmp_path):
    """What %%time and its like stand above is Python, and judged; another language is left out."""
    text = notebook('%%time\na = 1', '%%capture out\n%matplotlib inline\nb = 2', '%%html\n<b>c</b>', '\n%%bash\nc = 3', '%%')
    port = ports.load(written(tmp_path, 'port.ipynb', text)).lecture
    assert (port.a, port.b) == (1, 2) and not hasattr(port, 'c')


def test_a_line_that_runs_another_file(tmp_path):
    """%run, as the lecture's own notebooks begin: in the same globals, in its place, relative to the folder of the port."""
    for folder in ('chapter', 'other'):
        (tmp_path / folder).mkdir()
    written(tmp_path / 'other', 'first.ipynb', notebook('%run ../other/second\nb = a + 1'))
    written(tmp_path / 'other', 'second.py', 'from beside_second import one\na = one\n')
    written(tmp_path / 'other', 'beside_second.py', 'one = 1\n')
    cell = 'a = 7\n%run -i "../other/first.ipynb"\nc = b + a\nd = 1 / e'
    path = written(tmp_path / 'chapter', 'port.ipynb', notebook(cell))
    with pytest.raises(ports.UnusablePort, match=r"port\.ipynb, code cell 1 raises NameError: name 'e'") as caught:
        ports.load(path)
    assert caught.value.__cause__.__traceback__.tb_next.tb_lineno == 4
    written(tmp_path / 'chapter', 'port.ipynb', notebook('a = 7\n%run "../other/first.ipynb"\nc = b + a'))
    port = ports.load(path)
    assert (port.lecture.a, port.lecture.b, port.lecture.c) == (1, 2, 3) and port.missing == []


def test_a_line_that_runs_a_file_that_is_not_there(tmp_path):
    """Often of an earlier chapter, and nothing in it is needed; it is said, and where something stops, as its reason."""
    text = notebook('%run ../chap01/abalone.ipynb\nx = 1')
    port = ports.load(written(tmp_path, 'port.ipynb', text))
    [told] = port.missing
    assert port.lecture.x == 1 and told.endswith('port.ipynb, code cell 1: %run ../chap01/abalone.ipynb found no file')
    told = r"cell 2 raises NameError: name 'np'.*; .*cell 1: %run ../third.py found no file"
    with pytest.raises(ports.UnusablePort, match=told):
        ports.load(written(tmp_path, 'port.ipynb', notebook('%run ../third', 'x = np.zeros(3)')))


def test_each_port_has_its_own_helper(tmp_path):
    """Modules of one name beside two ports."""
    for folder in 'ab':
        (tmp_path / folder).mkdir()
        written(tmp_path / folder, 'helper_of_a_port.py', f'name = {folder!r}')
    for folder in 'aba':
        path = written(tmp_path / folder, 'port.py', 'from helper_of_a_port import name')
        assert ports.load(path).lecture.name == folder


def test_a_port_may_reconfigure_its_output(tmp_path):
    """As Korean programs do on Windows."""
    text = "import sys\nsys.stdout.reconfigure(encoding='utf-8')\nsys.stdout.buffer.write(b'x')\nprint('은닉')\ny = 1"
    assert loading.load(written(tmp_path, 'port.py', text)).lecture.y == 1


def test_it_is_run_in_its_own_folder(tmp_path):
    """A file beside it is found by its name, and the working folder is that of before, whatever the port did to it."""
    written(tmp_path, 'beside.csv', '4,2')
    before = os.getcwd(), [*sys.path, str(tmp_path)]
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
    model = SimpleNamespace()

    def earlier():
        raise AssertionError('asked')

    def own():
        model.pm_hidden, model.pm_output = [{'w': np.zeros(shape), 'b': np.zeros(shape[1])} for shape in ((3, 2), (2, 1))]

    model.init_model, model.init_model_hidden1 = earlier, own
    protocol.begin(model, params, 0.5, True)
    assert (protocol.read(model, True)[0]['w'] == 1).all()
    model.set_hidden = lambda info: None
    with pytest.raises(AssertionError, match='asked'):
        protocol.begin(model, params, 0.5, True)


def test_network_is_offered_by_a_word(tmp_path):
    """A class of that name alone may be anything."""
    for word, lacks in (('', ['Network']), ('OFFERS = ["Network"]', [])):
        port = ports.load(written(tmp_path, 'port.py', 'class Network:\n    pass\n' + word))
        assert port.lacks('Network') == lacks
