"""Ports in other languages, the twins and the lecture typed in, all of the kit: right in every case."""
import json
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from mlp_py import cli
from mlp_py.conformance import cases, check_command, contract, lecture_typed_in, module, ports, wrong_ports

from .conformance_kit import (PORTS, ROOT, by_c, by_python, judge, port_c, port_js,  # noqa: F401  (fixtures too)
                              port_rs, texts)

PASSED = 'Right in every case of the stages asked for.'
OPTIONAL = [stage for stage in cases.STAGES if stage not in cases.REQUIRED]


def counts(lines):
    """{stage: (cases, right, wrong, refused, skipped)} from the table."""
    return {words[0]: tuple(map(int, words[1:6])) for words in map(str.split, lines)
            if words[0] in (*cases.STAGES, 'all')}


@pytest.mark.parametrize('dtype', ['float64', pytest.param('float32', marks=pytest.mark.full)])
def test_the_port_in_c_is_right_in_every_stage(port_c, judge, texts, capsys, dtype):        # noqa: F811
    """None is skipped: it refuses what is invalid, and has every bit where every bit counts."""
    port = ['--port', shlex.quote(port_c) + ' --float32' * (dtype == 'float32'), '--dtype', dtype]
    stages = [word for stage in cases.STAGES for word in ('--stage', stage)]
    status, lines = by_python(capsys, *port, *stages)
    assert (status, lines[-1]) == (0, PASSED), lines
    assert set(counts(lines)) == {*cases.STAGES, 'all'}
    assert by_c(judge, texts, *port, *stages) == (status, lines)


@pytest.mark.full
def test_the_port_in_javascript_is_right_and_skips_bits_alone(port_js, judge, texts, capsys):       # noqa: F811
    status, lines = by_python(capsys, '--port', port_js)
    assert (status, lines[-1]) == (0, PASSED), lines
    assert by_c(judge, texts, '--port', port_js) == (status, lines)
    assert [stage for stage, (*_, skipped) in counts(lines).items() if skipped] == ['bits', 'all']


@pytest.mark.full
def test_the_port_in_rust_is_right_in_every_stage(port_rs, judge, texts, capsys):       # noqa: F811
    stages = [word for stage in cases.STAGES for word in ('--stage', stage)]
    status, lines = by_python(capsys, '--port', port_rs, *stages)
    assert (status, lines[-1]) == (0, PASSED), lines
    assert by_c(judge, texts, '--port', port_rs, *stages) == (status, lines)


@pytest.mark.parametrize('port', [
    'port_c', *(pytest.param(port, marks=pytest.mark.full) for port in ('port_js', 'port_rs'))])
def test_what_a_port_does_not_know_it_skips(request, port):
    """As SPEC says; also where the name is a part of one that it knows."""
    command = shlex.split(request.getfixturevalue(port))
    asked = 'x/1 step w1 1 1 1\nx/2 toString x 1 1 1\nx/3 product a 1 1 2 b 1 1 -3\nx/4 product a 1 1 2 b 2 1 -3 0\n'
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=60, check=True)
    *skipped, product, refused = done.stdout.splitlines()
    assert (skipped, refused) == (['x/1 skip', 'x/2 skip'], 'x/4 refuse')
    assert product.split()[:4] == ['x/3', 'c', '1', '1'] and float(product.split()[4]) == -6


@pytest.mark.full
def test_a_stage_that_is_asked_for_may_not_be_skipped(port_js, judge, texts, capsys):       # noqa: F811
    for status, lines in (by_python(capsys, '--port', port_js, '--stage', 'bits'),
                          by_c(judge, texts, '--port', port_js, '--stage', 'bits')):
        assert status == 1 and '  what:      skip, in a stage that is asked for' in lines
        (asked, right, wrong, refused, skipped), = counts(lines).values()
        assert asked == wrong > 0 and right == refused == skipped == 0


def test_a_port_of_the_wrong_precision_is_wrong(port_c, judge, texts, capsys):      # noqa: F811
    """float32 where float64 is asked; the other way round a float64 port is good enough, but for its bits."""
    port = ['--port', shlex.quote(port_c) + ' --float32', '--stage', 'forward', '--stage', 'loss']
    for status, lines in (by_python(capsys, *port), by_c(judge, texts, *port)):
        assert status == 1 and counts(lines)['all'][2] > 0


def test_the_command_knows_the_stages():
    """It has their names typed in, so that the command line starts without reading the kit."""
    assert check_command.STAGES == cases.STAGES


@pytest.mark.parametrize('source', ['port.c', 'port.js', 'port.rs'])
def test_adapters_are_short(source):
    assert len((PORTS / source).read_text(encoding='utf-8').splitlines()) < 120


def test_all_lines_of_the_ports_fit_a_page():
    for path in PORTS.iterdir():
        if path.suffix in ('.c', '.h', '.js', '.rs'):
            assert max(map(len, path.read_text(encoding='utf-8').splitlines())) <= 120, path


# ---- Python ports ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('name', [pytest.param('mlp_py.lecture', marks=pytest.mark.full), 'mlp_c.lecture'])
def test_the_twins_are_right(capsys, name):
    """They refuse, and have the losses; mlp_c has every bit of float64, but for gradients, which only updates show."""
    pytest.importorskip(name)
    status, lines = by_python(capsys, name)
    assert (status, lines[-1]) == (0, PASSED), lines
    found = counts(lines)
    assert found['loss'][4] == found['invalid'][4] == 0
    assert (found['bits'][1] > 0) == (name == 'mlp_c.lecture')


def in_cells(text):
    """A notebook: text, a plot command, and one cell a function."""
    parts = re.split(r'\n(?=def )', text)
    made = [('markdown', '# 4. MLP'), ('code', '%matplotlib inline\n' + parts[0])]
    made += [('code', part) for part in parts[1:]]
    return json.dumps({'nbformat': 4, 'nbformat_minor': 5, 'metadata': {}, 'cells': [
        {'cell_type': kind, 'metadata': {}, 'source': text.splitlines(keepends=True)} for kind, text in made]})


@pytest.mark.parametrize('form', [pytest.param('module', marks=pytest.mark.full),
                                  pytest.param('port.py', marks=pytest.mark.full), 'port.ipynb'])
def test_the_lecture_typed_in_is_right_in_every_form(tmp_path, capsys, form):
    name = lecture_typed_in.__name__
    if form != 'module':
        name = str(tmp_path / form)
        text = wrong_ports.TEXT if form.endswith('py') else in_cells(wrong_ports.TEXT)
        (tmp_path / form).write_text(text, encoding='utf-8')
    status, lines = by_python(capsys, name)
    assert (status, lines[-1]) == (0, PASSED), lines
    assert [stage for stage, (*_, skipped) in counts(lines).items() if skipped] == [*OPTIONAL, 'all']


def saved(tmp_path, text):
    path = tmp_path / 'port.py'
    path.write_text(text, encoding='utf-8')
    return str(path)


def test_what_a_port_lacks_is_named(tmp_path, capsys):
    """4.2 alone: the rest is named with its place in the lecture."""
    text = wrong_ports.TEXT[:wrong_ports.TEXT.index('def init_model_hiddens')]
    status, lines = by_python(capsys, saved(tmp_path, text))
    missing = [name for name, (_, _, where) in contract.REQUIRED.items() if where != '4.2']
    assert status == 1
    assert [line for line in lines if line.startswith('! ')] == [
        f'! the port lacks {contract.described(name)}' for name in missing]


def test_a_stage_may_be_asked_before_the_port_is_finished(tmp_path, capsys):
    """Without the switch of 4.4 its two versions are called by their names."""
    text = wrong_ports.TEXT[:wrong_ports.TEXT.index('def init_model():')]
    path = saved(tmp_path, text)
    assert by_python(capsys, path, '--stage', 'forward', '--stage', 'gradients')[0] == 0


@pytest.mark.full
@pytest.mark.parametrize('key', ['mean and std swapped', 'bias drawn'])
def test_mistakes_of_the_draws_are_named_though_every_case_is_right(tmp_path, capsys, key):
    fault, = (fault for fault in wrong_ports.FAULTS if fault.key == key)
    path = saved(tmp_path, wrong_ports.source(fault))
    status, lines = by_python(capsys, path)
    assert status == 1 and counts(lines)['all'][2] == 0
    assert lines[-2] == f'diagnosis: = what comes out when {fault.english}'
    assert cli.main(['check', path, '--korean']) == 1
    assert fault.korean in capsys.readouterr().out


@pytest.mark.full
@pytest.mark.parametrize('fault', wrong_ports.FAULTS, ids=lambda fault: fault.key)
def test_every_mistake_in_a_module_is_named(tmp_path, capsys, fault):
    status, lines = by_python(capsys, saved(tmp_path, wrong_ports.source(fault)))
    assert status == 1 and f'diagnosis: = what comes out when {fault.english}' in lines, lines


@pytest.mark.parametrize('version, model', [('hidden1', r'set_hidden\(\d+\)'), ('hiddens', r'set_hidden\(\[\d+\]\)')])
def test_one_hidden_layer_is_asked_of_both_models(tmp_path, capsys, version, model):
    """A port of which one version alone is wrong, in what both can be asked."""
    text = wrong_ports.TEXT + f'''

right = forward_neuralnet_{version}

def forward_neuralnet_{version}(x):
    output, aux = right(x)
    return output + (len(aux) == 2), aux
'''
    status, lines = by_python(capsys, saved(tmp_path, text), '--stage', 'forward')
    assert status == 1 and any(re.fullmatch('  model:     ' + model, line) for line in lines), lines


def test_a_bound_is_enough_for_gradients_as_they_are_recovered():
    """The rounding of an update of weights far larger than its rate times the gradient must be allowed for."""
    texts = {'x': (1, 1, ['0.1']), 'w1': (1, 1, ['1000000.7']), 'b1': (1, 1, ['0.3']), 'G_output': (1, 1, ['0.7'])}
    expected = {'G_w1': (np.array([[0.1 * 0.7]]), np.array([[0.07]])), 'G_b1': (np.array([[0.7]]), np.array([[0.0]]))}
    case = cases.Case('gradients/999', 'gradients', 'gradients', 'valid', (), '', None, texts, expected)
    verdict, _ = module.ask(ports.load(lecture_typed_in.__name__), case, None, False)
    assert verdict.status == 'right' and verdict.ratio < 1


@pytest.mark.parametrize('line, said', [
    ('1 / 0', 'ZeroDivisionError'), ('import sys; sys.exit(0)', 'SystemExit'), ('def relu(x)', 'SyntaxError'),
    ("OFFERS = ['speed']", "got ['speed']")])
def test_what_cannot_be_loaded_has_failed(tmp_path, capsys, line, said):
    assert cli.main(['check', saved(tmp_path, wrong_ports.TEXT + f'\n\n{line}\n')]) == 1
    out, err = capsys.readouterr()
    assert not out and said in err and err.count('\n') == 1


@pytest.mark.parametrize('line, said', [
    ('return None', 'raises TypeError'), ("return 'x', [x]", 'raises ValueError'),
    ('raise SystemExit(0)', 'raises SystemExit'),
    ('return np.zeros((2, 2, 2)), [x]', 'output: expected'), ('return [[1], [2, 3]], [x]', 'raises ValueError')])
def test_odd_answers_are_wrong_answers(tmp_path, capsys, line, said):
    text = wrong_ports.TEXT + f'\n\ndef forward_neuralnet(x):\n    {line}\n'
    status, lines = by_python(capsys, saved(tmp_path, text), '--stage', 'forward')
    assert status == 1 and any(line.startswith('  what:') and said in line for line in lines), lines


def test_a_file_that_a_notebook_runs_and_lacks_is_named(tmp_path, capsys):
    """It goes on without it: a function that needs it says so when it is called."""
    cells = ['%run ../chap01/abalone.ipynb', wrong_ports.TEXT.replace('import numpy as np', '')]
    path = tmp_path / 'port.ipynb'
    path.write_text(json.dumps({'cells': [{'cell_type': 'code', 'source': cell} for cell in cells]}), encoding='utf-8')
    assert cli.main(['check', str(path), '--stage', 'product']) == 1
    out, err = capsys.readouterr()
    assert "name 'np' is not defined" in out and '%run ../chap01/abalone.ipynb found no file' in err


def test_a_port_is_left_as_it_was(capsys):
    lecture_typed_in.pm_hidden = mine = {'w': 1}
    try:
        by_python(capsys, lecture_typed_in.__name__, '--stage', 'update')
        assert lecture_typed_in.pm_hidden is mine and not hasattr(lecture_typed_in, 'pm_hiddens')
    finally:
        del lecture_typed_in.pm_hidden


@pytest.mark.full
def test_numpy_is_enough():
    code = ('import sys\nfrom mlp_py import cli\n'
            'cli.main(["check", "mlp_py.conformance.lecture_typed_in", "--stage", "layer"])\n'
            'print(sorted({"jax", "torch", "scipy", "sklearn", "pytest", "mlp_c", "mlp_py.lecture", "mlp_py.network", '
            '"mlp_py.problems"} & set(sys.modules)))')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == '[]'
