"""Ports that answer as they should not, before both judges: each has its own message, exit status 1, and no judge waits
for ever, loses an answer or forgives. What judge.c prints is what `python -m mlp_py check` prints."""
import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlp_py import cli
from mlp_py.conformance import cases, process

from .conformance_kit import (by_c, by_python, judge, python_port, right_answer, texts,    # noqa: F401  (fixtures too)
                              written)

STAGES = 'product', 'forward'
ASKED = [word for stage in STAGES for word in ('--stage', stage)]

# name: (what is said of it, which of its cases are wrong: a number, 'all', or None where that is not told)
MANNERS = {
    'crashes': ('! the port dies: exit status 3 (TURN)', 1),
    'breaks_off': ('! the port dies: exit status 3 (TURN)', 1),
    'killed': ('! the port dies: exit status 139 (signal 11) (TURN)', 1),
    'crashes_at_the_end': ('! the port dies: exit status 3 (TURN)', 1),
    'crashes_once': ('! the port dies, but not again when the cases are asked in smaller parts', 0),
    'leaves': ('! no answer (TURN)', 1),
    'says_nothing': ('! no answer (20 times, first FIRST)', 'all'),
    'floods': ('! prints without end; killed (LAST)', 0),
    'floods_in_one_line': ('! prints without end; killed (TURN)', 1),
    'too_much': ("  what:      expected the name of a field, got '1'", 'all'),
    'too_little': (r'  what:      expected \d+ x \d+ numbers behind c, got \d+', 'all'),
    'leaves_out': ('! no answer (TURN)', 1),
    'out_of_order': ('! the answer came late: that to a later case came before it (TURN)', 1),
    'backwards': ('! the answer came late: that to a later case came before it (19 times, first BEFORE_LAST)', 19),
    'all_nan': ('  relation:  every entry is NaN', 'all'),
    'answer_before': ('! the answer is the right one to the case before (19 times, first SECOND)', 19),
    'twice': ('! a second answer to the same case (TURN)', 0),
    'invents': ('! an answer to a case that was not asked (forward/999)', 0),
    'garbage': ('! a line that is no answer (loading the model ...)', 0),
    'words_for_numbers': (r"  what:      expected \d+ x \d+ numbers behind output, number 1 is '1,5'", 1),
    'no_name': ("  what:      expected the name of a field, got '1'", 1),
    'transposed': (r'  what:      c: expected \d+ x \d+, got \d+ x \d+', None),
    'negative': ('  relation:  every entry is minus the expected one', None),
    'bad_status': ('! ends with exit status 4, expected exit status 0 (LAST)', 0),
    'hangs': ('! no answer within the time limit; killed (TURN)', 1),
    'lingers': ('! does not end at the end of the input; killed (LAST)', 0),
    'closes_and_lingers': ('! does not end at the end of the input; killed (LAST)', 0),
    'leaves_a_child': ('! does not end at the end of the input; killed (LAST)', 0),
    'hangs_at_the_end': ('! no answer within the time limit; killed (TURN)', 1),
}
# These last as long as the time limit, or several times as long.
LIMITS = {'lingers': 2, 'closes_and_lingers': 2, 'leaves_a_child': 2, 'hangs_at_the_end': 2, 'hangs': 4}
RIGHT = 'right', 'at_the_end', 'shy', 'open_ended'
QUICK = {'crashes', 'breaks_off', 'leaves_out', 'out_of_order', 'all_nan', 'twice', 'garbage'}


@pytest.fixture(scope='session')
def small(tmp_path_factory):
    """(folder of a kit of twenty cases, the file of their right answers, their IDs)."""
    folder, chosen = tmp_path_factory.mktemp('small'), []
    for stage in STAGES:
        valid = [case for case in cases.read([stage]) if case.result == 'valid' and case.dtype is None]
        chosen += valid[::len(valid) // 10][:10]
    for stage in STAGES:
        names = {case.id for case in chosen}
        text = (cases.FOLDER / f'{stage}.json').read_text(encoding='utf-8')
        document = {'cases': [entry for entry in json.loads(text)['cases'] if entry['id'] in names]}
        (folder / f'{stage}.json').write_text(json.dumps(document), encoding='utf-8')
    written(folder, chosen)
    (folder / 'answers').write_text(''.join(right_answer(case) + '\n' for case in chosen), encoding='ascii')
    return folder, folder / 'answers', [case.id for case in chosen]


def heard(lines, said, ids):
    """Is it one of the lines? Some are regular expressions."""
    for word, n in (('FIRST', 0), ('SECOND', 1), ('TURN', 14), ('BEFORE_LAST', -2), ('LAST', -1)):
        said = said.replace(word, ids[n])
    return any(line.startswith(said) or re.fullmatch(said, line) for line in lines)


def wrong_cases(lines):
    """The number in the table."""
    return next(int(line.split()[3]) for line in lines if line.startswith('all '))


def both(small, judge, capsys, name, seconds):
    """[(exit status, lines)] of both judges, at the same time: where a port hangs, they wait."""
    folder, answers, ids = small
    alone = 'exec ' * name.startswith('closes')         # the shell would hold the output open
    port = ['--port', alone + python_port('bad_manners.py', name, answers, ids[14]), '--seconds', str(seconds), *ASKED]
    with ThreadPoolExecutor(1) as beside:
        other = beside.submit(by_c, judge, folder, *port)
        return by_python(capsys, '--kit', folder, *port), other.result()


@pytest.mark.parametrize('name', [
    pytest.param(name, marks=[pytest.mark.full] * (name not in QUICK)) for name in MANNERS])
def test_bad_manners_are_named(small, judge, capsys, name):     # noqa: F811
    said, wrong = MANNERS[name]
    ids = small[2]
    (status, lines), (status_c, lines_c) = both(small, judge, capsys, name, LIMITS.get(name, 20))
    assert status == status_c == 1
    assert lines[-1] == lines_c[-1] == 'NOT right.'
    assert heard(lines, said, ids), lines
    if wrong is not None:
        assert wrong_cases(lines) == (len(ids) if wrong == 'all' else wrong), lines
    if name.startswith('floods'):           # how many lines came until then is a matter of luck
        lines, lines_c = ([line for line in these if 'a line that is no' not in line] for these in (lines, lines_c))
    assert lines == lines_c


@pytest.mark.parametrize('name', RIGHT)
def test_good_manners_of_any_kind_are_right(small, judge, capsys, name):    # noqa: F811
    (status, lines), (status_c, lines_c) = both(small, judge, capsys, name, 20)
    assert status == status_c == 0 and lines == lines_c
    assert lines[-1] == 'Right in every case of the stages asked for.' and wrong_cases(lines) == 0


def test_a_program_that_is_not_there(small, judge, capsys):     # noqa: F811
    port = ['--port', './no-such-port', *ASKED]
    results = by_python(capsys, '--kit', small[0], *port), by_c(judge, small[0], *port)
    for status, lines in results:
        assert status == 1 and any(line.startswith('! the port dies: exit status 127 (20 times') for line in lines)
    assert results[0] == results[1]


def test_a_program_that_always_dies_is_given_up(judge, texts, capsys):      # noqa: F811
    """Asked in ever smaller parts, it has died a hundred times at the fiftieth case: the others are not asked."""
    port = ['--port', 'exit 3', *(word for stage in ('layer', 'forward') for word in ('--stage', stage))]
    results = by_python(capsys, *port), by_c(judge, texts, *port)
    for status, lines in results:
        assert status == 1 and any(line.startswith('! the port dies: exit status 3 (50 times') for line in lines), lines
        assert any(line.startswith('! not asked: the port died or hung too often (66 times') for line in lines), lines
    assert results[0] == results[1]


def is_running(process):
    """A process that was killed may wait for somebody to ask for its status."""
    try:
        return Path(f'/proc/{process}/stat').read_text(encoding='ascii').rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


@pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='no /proc to look processes up in')
def test_what_a_port_leaves_behind_is_killed(small, judge, capsys, tmp_path):       # noqa: F811
    command = f'sleep 1000 >/dev/null 2>&1 & echo $! > {tmp_path}/started'
    port = ['--port', command, '--stage', 'product', '--seconds', '9']
    for check in (lambda: by_python(capsys, '--kit', small[0], *port), lambda: by_c(judge, small[0], *port)):
        check()
        process = int((tmp_path / 'started').read_text(encoding='ascii'))
        end = time.monotonic() + 5
        while is_running(process) and time.monotonic() < end:
            time.sleep(0.01)
        assert not is_running(process)


def test_a_pipe_that_is_full_or_that_nobody_reads():
    """What is left to be written: all of it, and nothing."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with os.fdopen(writer, 'wb', buffering=0) as pipe:
        given, written_so_far = b'x' * process.PIECE, 0
        while len(left := process._write(pipe, given)) < len(given):
            written_so_far += len(given) - len(left)
        assert left == given and written_so_far == len(os.read(reader, 10**7))
        os.close(reader)
        assert process._write(pipe, given) == b''


def test_a_program_that_reads_nothing(small, judge, capsys):        # noqa: F811
    port = ['--port', 'exec true', *ASKED]
    results = by_python(capsys, '--kit', small[0], *port), by_c(judge, small[0], *port)
    assert results[0] == results[1] and results[0][0] == 1
    assert any(line.startswith('! no answer (20 times') for line in results[0][1])


@pytest.mark.parametrize('arguments, said', [
    ([], "expected one of PORT and --port 'COMMAND'"), (['port.py', '--port', './port'], 'expected one of PORT and'),
    (['port.py', '--dtype', 'float32'], '--dtype: expected --port'),
    (['--port', 'x', '--stage', 'all'], 'invalid choice'),
    (['--port', 'x', '--seconds', '0'], 'expected a finite number above 0'), (['no_such_port'], "got 'no_such_port'"),
    (['no_such_folder', '--report', 'x.csv'], '--report: expected a folder'),
    (['missing.py'], 'found none at missing.py'),
    (['--port', 'x', '--kit', 'no_such_folder'], '--kit: expected a folder of cases'),
])
def test_wrong_usage(capsys, arguments, said):
    assert cli.main(['check', *arguments]) == 2
    out, err = capsys.readouterr()
    assert not out and said in err and err.startswith('mlp_py check: error: ') and err.count('\n') == 1


@pytest.mark.parametrize('arguments', [[], ['--port', 'x'], ['--kit'], ['--kit', '/', '--port', 'x'],
                                       ['--port', 'x', '--dtype', 'float16'], ['--port', 'x', '--stage', 'all'],
                                       ['--port', 'x', '--seconds', '-1']])
def test_wrong_usage_of_judge_c(small, judge, arguments):       # noqa: F811
    kit = [] if '--kit' in arguments or len(arguments) < 4 else ['--kit', str(small[0])]
    done = subprocess.run([judge, *kit, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith('judge: ') and not done.stdout
