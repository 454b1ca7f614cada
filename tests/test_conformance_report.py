"""The report over a folder of hand-ins: one line each, in both languages, whatever one of them does to the others."""
import csv
import json
import re

import pytest

from mlp_py import cli
from mlp_py.conformance import cases, wrong_ports

FAULTS = {fault.key: fault for fault in wrong_ports.FAULTS}
RIGHT = wrong_ports.TEXT
STAGES = f'{len(cases.REQUIRED)}/{len(cases.REQUIRED)}'
SECONDS = 15        # what is right takes one of them here


def notebook(text):
    return json.dumps({'cells': [{'cell_type': 'code', 'source': part} for part in re.split(r'\n(?=def )', text)]})


HAND_INS = {
    # name: (text, status, stages right, what the first failure says)
    'right.py': (RIGHT, 'right', STAGES, ''),
    'right.ipynb': (notebook(RIGHT), 'right', STAGES, ''),
    'chapter.ipynb': (notebook('%run ../chap01/abalone.ipynb\n' + RIGHT), 'right', STAGES, ''),     # not there, not needed
    'needs.ipynb': (notebook('%run ../chap01/abalone.ipynb\nprint(numbers)\n' + RIGHT), 'cannot be loaded', '',
                    r'needs\.ipynb, code cell 1 raises NameError: .*; .*%run \.\./chap01/abalone\.ipynb found no file'),
    'derivative.py': (wrong_ports.source(FAULTS['derivative is y']), 'wrong', None, r'layer/\d+: relu_derv, entry .*'),
    'sign.py': (wrong_ports.source(FAULTS['sign of the update']), 'wrong', None,
                r'gradients/\d+: .*every entry is minus the expected one'),
    'draws.py': (wrong_ports.source(FAULTS['mean and std swapped']), 'wrong', STAGES,
                 'set_hidden and init_model make .*'),
    'half.py': (RIGHT[:RIGHT.index('def init_model_hiddens')], 'wrong', None,
                r'the port lacks init_model_hiddens\(\), .*'),
    'exits.py': (RIGHT + '\nimport sys; sys.exit(0)\n', 'cannot be loaded', '', 'exits.py raises SystemExit: 0'),
    'gone.py': (RIGHT + '\nimport os; os._exit(0)\n', 'ended by itself', '', '.*exit status 0'),
    'syntax.py': ('def relu(x)\n', 'cannot be loaded', '', 'syntax.py raises SyntaxError: .*'),
    'prints.py': (RIGHT + '\nprint("x" * 20_000_000)\ndef relu(x):\n    print(x)\n    return np.maximum(x, 0)\n',
                  'right', STAGES, ''),
    'of-one/beside.py': ('from deletes_not import *\n', 'cannot be loaded', '', ".*No module named 'deletes_not'"),
}
DELETES = {'of-one/deletes.py': (RIGHT + '\nimport os, shutil; shutil.rmtree(os.getcwd())\n', 'right', STAGES, '')}
LOOPS = {
    'loops.py': (RIGHT + '\nwhile True: pass\n', 'too long', '', 'not done within 3 s; killed'),
    'sleeps.py': (RIGHT.replace('return np.sign(y)', 'import time; time.sleep(100)'), 'too long', '', 'not done .*'),
}


def folder_of(path, hand_ins):
    for name, (text, *_) in hand_ins.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding='utf-8')
    return path


def reported(capsys, folder, target, *arguments):
    """(exit status, what is printed, {file: the other cells})."""
    status = cli.main(['check', str(folder), '--report', str(target), *arguments])
    out, err = capsys.readouterr()
    assert not err
    with open(target, encoding='utf-8-sig', newline='') as file:
        head, *rows = csv.reader(file)
    return status, out, head, {row[0]: row[1:] for row in rows}


def matches(hand_ins, rows):
    for name, (_, status, stages, first) in hand_ins.items():
        found = rows[name]
        assert found[0] == status and (stages is None or found[1] == stages) and re.fullmatch(first, found[3]), found
    assert set(rows) == set(hand_ins)


@pytest.mark.full
def test_each_hand_in_has_its_line(tmp_path, capsys):
    hand_ins = HAND_INS
    folder, target = folder_of(tmp_path, hand_ins), tmp_path.parent / (tmp_path.name + '.csv')
    status, out, head, rows = reported(capsys, folder, target, '--seconds', str(4 * SECONDS))
    assert head == ['file', 'status', 'stages right', 'worst ratio', 'first failure', 'diagnosis']
    matches(hand_ins, rows)
    right = sum(row[0] == 'right' for row in rows.values())
    assert status == 1 and out == f'{target}: {right} of {len(rows)} hand-ins right\n' and right == 4
    assert rows['derivative.py'][4] == FAULTS['derivative is y'].english
    assert rows['draws.py'][4] == FAULTS['mean and std swapped'].english
    assert 0 <= float(rows['right.py'][2]) < 1


@pytest.mark.full
def test_a_hand_in_deletes_its_copy_alone(tmp_path, capsys):
    folder = folder_of(tmp_path / 'hand-ins', DELETES)
    _, _, _, rows = reported(capsys, folder, tmp_path / 'report.csv', '--seconds', str(SECONDS))
    matches(DELETES, rows)
    for name, (text, *_) in DELETES.items():
        assert (folder / name).read_text(encoding='utf-8') == text


@pytest.mark.full
def test_endless_hand_ins_cost_the_time_limit_alone(tmp_path, capsys):
    status, _, _, rows = reported(capsys, folder_of(tmp_path, LOOPS), tmp_path / 'report.csv', '--seconds', '3')
    assert status == 1
    matches(LOOPS, rows)


@pytest.mark.full
def test_in_korean_and_for_some_stages(tmp_path, capsys):
    hand_ins = {name: HAND_INS[name] for name in ('derivative.py', 'gone.py')}
    status, out, head, rows = reported(capsys, folder_of(tmp_path, hand_ins), tmp_path / 'report.csv', '--korean',
                                       '--stage', 'layer', '--seconds', str(SECONDS))
    assert status == 1 and '제출 2개 중 0개가 맞음' in out
    assert head == ['파일', '상태', '맞힌 단계', '최대 비율', '첫 번째로 틀린 곳', '진단']
    assert rows['derivative.py'][:2] == ['틀림', '0/1'] and rows['derivative.py'][4] == FAULTS['derivative is y'].korean
    assert rows['gone.py'][0] == '스스로 끝남' and '종료 상태 0' in rows['gone.py'][3]


def test_an_empty_folder_is_wrong_usage(tmp_path, capsys):
    assert cli.main(['check', str(tmp_path), '--report', str(tmp_path / 'report.csv')]) == 2
    assert 'holds no .py and no .ipynb file' in capsys.readouterr().err
    assert not (tmp_path / 'report.csv').exists()


def test_hidden_folders_and_caches_are_no_hand_ins(tmp_path):
    from mlp_py.conformance import handins
    for name in ('a.py', '.ipynb_checkpoints/a.ipynb', '__pycache__/a.py', 'b/c.ipynb', 'notes.txt', '__init__.py'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('', encoding='utf-8')
    assert [path.relative_to(tmp_path).as_posix() for path in handins.files(tmp_path)] == ['a.py', 'b/c.ipynb']


@pytest.mark.parametrize('words, told', [
    (['port.py', '--seconds', 'soon'], '--seconds'), (['port.py', '--seconds', '0'], '--seconds'),
    (['.'], 'is a folder: expected --report FILE with it')])
def test_wrong_usage_is_named(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    assert cli.main(['check', *words]) == 2
    assert told in capsys.readouterr().err
