"""The conformance kit under test: a small kit for ports with bad manners, judge.c and the ports compiled, both judges."""
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlp_py import cli
from mlp_py.conformance import cases, plain

ROOT = Path(__file__).resolve().parent.parent
PORTS = Path(__file__).resolve().parent / 'ports'
CC = shutil.which('cc') or shutil.which('gcc') or shutil.which('clang')
NODE = shutil.which('node')
RUSTC = shutil.which('rustc')
WARNINGS = ['-Wall', '-Wextra', '-Werror', '-std=c99', '-ffp-contract=off']
BUILT = {}          # {target's name: its path}; each page that imports a fixture has one of its own


def compiled(folders, name, *sources, flags=()):
    """A C program, compiled once in a session; its compiler may warn of nothing."""
    if CC is None:
        pytest.skip('no C compiler (cc) on the path')
    if name not in BUILT:
        target = str(folders.mktemp(name) / name)
        command = [CC, *WARNINGS, *flags, '-o', target, *map(str, sources), '-lm']
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr
        BUILT[name] = target
    return BUILT[name]


def written(folder, chosen):
    """The plain texts of some cases of the kit in a folder, and all fingerprints."""
    (folder / 'cases.txt').write_text(''.join(cases.text(case) + '\n' for case in chosen), encoding='ascii')
    (folder / 'expected.txt').write_text(''.join(cases.expected_text(case) + '\n' for case in chosen), encoding='ascii')
    (folder / 'fingerprints.txt').write_text(plain.texts()['fingerprints.txt'], encoding='ascii')
    return folder


def right_answer(case):
    """What a right port answers, in IEEE bits."""
    if case.result == 'invalid':
        return f'{case.id} refuse'
    parts = [case.id]
    for token in cases.expected_text(case).split(' ')[3:]:
        token = token.removesuffix('?').split('~')[0]
        parts.append('x' + token if re.fullmatch('[0-9a-f]{16}', token) else token)
    return ' '.join(parts)


def by_python(capsys, *arguments):
    """(exit status, lines) of `python -m mlp_py check`, in this process, but for the comment of the case."""
    status = cli.main(['check', *map(str, arguments)])
    out, err = capsys.readouterr()
    assert not err, err
    return status, [line for line in out.splitlines() if not line.startswith('  about:')]


def by_c(judge, kit, *arguments):
    """The same of judge.c."""
    done = subprocess.run([judge, '--kit', str(kit), *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def python_port(page, *arguments):
    """The command of a page of tests/ports; -S: it needs nothing that is installed."""
    return shlex.join([sys.executable, '-S', '-E', str(PORTS / page), *map(str, arguments)])


@pytest.fixture(scope='session')
def judge(tmp_path_factory):
    """judge.c, compiled."""
    source = ROOT / 'mlp_py' / 'conformance' / 'judge.c'
    return compiled(tmp_path_factory, 'judge', source, flags=['-D_POSIX_C_SOURCE=200809L'])


@pytest.fixture(scope='session')
def port_c(tmp_path_factory):
    """The port in C99, compiled."""
    return compiled(tmp_path_factory, 'port', PORTS / 'port.c', PORTS / 'network.c')


@pytest.fixture(scope='session')
def port_js():
    """The command of the port in JavaScript."""
    if NODE is None:
        pytest.skip('no node on the path')
    return shlex.join([NODE, str(PORTS / 'port.js')])


@pytest.fixture(scope='session')
def port_rs(tmp_path_factory):
    """The port in Rust, compiled."""
    if RUSTC is None:
        pytest.skip('no rustc on the path')
    target = tmp_path_factory.mktemp('rust') / 'port'
    command = [RUSTC, '--edition', '2021', '-o', str(target), str(PORTS / 'port.rs')]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return shlex.quote(str(target))


@pytest.fixture(scope='session')
def texts(tmp_path_factory):
    """The folder of the kit's plain texts, all cases."""
    folder = tmp_path_factory.mktemp('texts')
    plain.write(folder)
    return folder
