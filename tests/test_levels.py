"""Levels of instruction sets: the choice at import, what was built, its machine code.

What a level computes is judged in the tests of bits.
"""
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mlp_c
from mlp_c import levels

ROOT = Path(__file__).parent.parent
PRECISIONS = ('f64', 'f32')
PAGES = ('arguments', 'levels', 'problems', 'engine', 'trainer', 'network')


# ---- the choice at import --------------------------------------------------------------------------------------

PROGRAM = """
import json, sys
import mlp_c
import numpy as np
net = mlp_c.Network(3, [5], 2, rng=1, std='he')
net.train_step('select', np.ones((7, 3)), np.ones((7, 2)) / 2, 0.1)
kernels = sorted(name for name in sys.modules if name.startswith('mlp_c.') and name.endswith(('_f64', '_f32')))
print(json.dumps([mlp_c.runtime_info(), kernels, net.theta.tobytes().hex()]))
"""


def run(level):
    """A fresh process with MLP_C_LEVEL; None leaves it out."""
    environment = {name: value for name, value in os.environ.items() if name != 'MLP_C_LEVEL'}
    environment['PYTHONPATH'] = os.pathsep.join([str(ROOT), *filter(None, [environment.get('PYTHONPATH')])])
    if level is not None:
        environment['MLP_C_LEVEL'] = level
    return subprocess.run([sys.executable, '-c', PROGRAM], env=environment, capture_output=True, text=True, timeout=120)


def test_levels_are_forced():
    """Each level that runs here, in a process of its own: it alone is loaded, and all train to the same bits."""
    thetas = set()
    for level in levels.runnable():
        ran = run(level)
        assert ran.returncode == 0, ran.stderr
        info, kernels, theta = json.loads(ran.stdout)
        assert info['level'] == level and info['levels'] == levels.runnable()
        assert kernels == [f'mlp_c.{level}_{precision}' for precision in sorted(PRECISIONS)]
        thetas.add(theta)
    assert len(thetas) == 1


@pytest.mark.parametrize('level', [None, ''])
def test_the_best_level_is_picked(level):
    ran = run(level)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)[0]['level'] == levels.runnable()[-1]


@pytest.mark.parametrize('level', [
    'v9', *(pytest.param(name, marks=pytest.mark.full) for name in ('V3', 'v3 ', 'avx2')),
    *(set(levels.built) - set(levels.runnable()))])
def test_an_impossible_level_is_one_import_error(level):
    """Misspelt, unknown, or built and beyond this CPU: one ImportError that names the possible ones."""
    ran = run(level)
    assert ran.returncode == 1 and ran.stdout == ''
    assert ran.stderr.count('Traceback') == 1
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith('ImportError: MLP_C_LEVEL: expected one of ') and repr(level) in last
    named = re.search(r'one of ([^(]*) \(', last).group(1).split(', ')
    assert named == levels.runnable()


def test_runtime_info():
    info = mlp_c.runtime_info()
    assert sorted(info) == ['compiler', 'flags', 'level', 'levels', 'threads']
    assert info['level'] == levels.level and info['level'] in info['levels'] == levels.runnable()
    assert set(levels.runnable()) <= set(levels.built)
    assert isinstance(info['threads'], int) and info['threads'] >= 1
    assert re.match(r'(gcc|clang) \d+\.', info['compiler'])
    assert '-ffp-contract=off' in info['flags'] and 'fast' not in info['flags']
    info['levels'].clear()
    assert mlp_c.runtime_info()['levels'] == levels.runnable(), 'a new dict each time'


def test_levels_of_this_machine():
    """x86-64 and 64-bit ARM have levels of their own, other machines plain C; the slowest always runs."""
    machine = {'AMD64': 'x86_64', 'arm64': 'aarch64'}.get(platform.machine(), platform.machine())
    assert levels.built == {'x86_64': ('baseline', 'v3', 'v4'), 'aarch64': ('neon',)}.get(machine, ('portable',))
    assert levels.runnable() == [level for level in levels.built if level in levels.runnable()]
    assert levels.runnable()[0] == levels.built[0]


@pytest.mark.skipif(not Path('/proc/cpuinfo').exists() or 'v3' not in levels.built, reason='Linux on x86-64')
def test_levels_agree_with_the_kernel():
    """What the operating system lists as this CPU's features, for each level, against the choice of mlp_c."""
    flags = re.search(r'^flags\s*:(.*)$', Path('/proc/cpuinfo').read_text(), re.MULTILINE).group(1).split()
    v3 = {'avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe'}
    v4 = v3 | {'avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'}
    wanted = ['baseline', *(level for level, needed in (('v3', v3), ('v4', v4)) if needed <= set(flags))]
    assert levels.runnable() == wanted


# ---- machine code ----------------------------------------------------------------------------------------------

def module_file(name):
    """Where a module of mlp_c lies, without importing it: this CPU may not be able to run it."""
    found = importlib.util.find_spec(f'mlp_c.{name}')
    assert found is not None, f'mlp_c.{name} was not built'
    return Path(found.origin)


@pytest.mark.parametrize('precision', PRECISIONS)
@pytest.mark.parametrize('level', levels.built)
def test_levels_are_built(level, precision):
    """Also those that cannot run here."""
    assert module_file(f'{level}_{precision}').stat().st_size > 10_000


def machine_code(name):
    """The disassembled instructions of a module."""
    objdump = shutil.which('objdump')
    if objdump is None:
        pytest.skip('objdump is not installed (Debian: binutils): machine code is not looked at')
    listing = subprocess.run([objdump, '-d', '--no-show-raw-insn', str(module_file(name))], capture_output=True,
                             text=True, check=True, timeout=300).stdout
    assert listing.count('\n') > 1000
    return listing


def holds(listing):
    """Which of these occur: wide registers, fused multiply-adds, anything that came with AVX (names with a v)."""
    patterns = {'ymm': r'\bymm\d', 'zmm': r'\bzmm\d', 'fma': r'\bvfn?m(add|sub)\d*[ps]', 'vex': r'\tv[a-z]+\S*\s'}
    return {name for name, pattern in patterns.items() if re.search(pattern, listing)}


x86 = pytest.mark.skipif('v3' not in levels.built, reason='registers of x86-64')
WANTED = {'baseline': set(), 'v3': {'ymm', 'fma', 'vex'}, 'v4': {'ymm', 'zmm', 'fma', 'vex'}}
REGISTER = {'v3': 'ymm', 'v4': 'zmm'}


@x86
@pytest.mark.parametrize('precision', ['f64', pytest.param('f32', marks=pytest.mark.full)])
@pytest.mark.parametrize('level', [
    pytest.param(level, marks=[pytest.mark.full] * (level != levels.level and level in levels.runnable()))
    for level in levels.built])
def test_machine_code(level, precision):
    """The registers and instructions of the level, no others: a wrong -march shows, also where it cannot run."""
    listing = machine_code(f'{level}_{precision}')
    assert holds(listing) == WANTED[level]
    if level in REGISTER:           # the tiles: fused multiply-adds over the whole width, in the module's precision
        count = {of: len(re.findall(rf'\bvfmadd\d+{suffix}\s[^\n]*{REGISTER[level]}\d', listing))
                 for of, suffix in zip(PRECISIONS, ('pd', 'ps'))}
        other = PRECISIONS[precision == 'f64']
        assert count[precision] > 100 and count[other] == 0, count


@x86
@pytest.mark.parametrize('page', PAGES)
def test_machine_code_before_the_choice(page):
    """What runs on any CPU, before a level is picked and around it, is code of the baseline."""
    assert holds(machine_code(page)) == set()


@pytest.mark.skipif('neon' not in levels.built, reason='registers of 64-bit ARM')
@pytest.mark.parametrize('precision, lanes', [('f64', '2d'), ('f32', '4s')])
def test_machine_code_of_neon(precision, lanes):
    assert re.search(rf'\bfmla\s+v\d+\.{lanes}', machine_code(f'neon_{precision}'))


def test_an_unknown_path_is_refused(use):
    with pytest.raises(ValueError, match="path: expected one of plain, small, packed, thin, fast, got 'quick'"):
        use(levels.level, 'quick')
