"""The conformance kit made anew is the same, byte for byte; the arithmetic that makes it; the archive."""
import io
import subprocess
import sys
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mlp_py import cli
from mlp_py.conformance import archive, cases, command

KIT = cases.read()


@pytest.mark.full         # .ci/run has it as a command
def test_made_anew_it_is_the_same(tmp_path, capsys):
    pytest.importorskip('mpmath')
    assert cli.main(['conformance', 'generate', str(tmp_path / 'made')]) == 0
    assert capsys.readouterr().out.endswith('made: 12 files\nthe same as what is installed\n')
    for path in cases.FOLDER.iterdir():
        assert (tmp_path / 'made' / path.name).read_bytes() == path.read_bytes(), path.name


def executed(code):
    """What a fresh Python makes of it, in the folder of the checkout."""
    root = Path(__file__).parent.parent
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=root)


def test_what_is_different_is_named(monkeypatch, tmp_path):
    (tmp_path / 'loss.json').write_text('old', encoding='utf-8')
    (tmp_path / 'more.json').write_text('new', encoding='utf-8')
    (tmp_path / 'bits.json').write_text('same', encoding='utf-8')
    monkeypatch.setattr(cases, 'FOLDER', tmp_path)
    found = command.compared({'loss.json': 'changed', 'bits.json': 'same', 'layer.json': 'made'})
    assert found == ['layer.json', 'loss.json', 'more.json']


def test_a_kit_that_is_made_otherwise_is_exit_status_1(monkeypatch, capsys):
    writing = pytest.importorskip('mlp_py.conformance.generator.writing', reason='needs mpmath', exc_type=ImportError)
    there = {path.name: path.read_text(encoding='utf-8') for path in cases.FOLDER.glob('*.json')}
    monkeypatch.setattr(writing, 'files', lambda: there | {'loss.json': there['loss.json'].replace('1', '2', 1)})
    assert cli.main(['conformance', 'generate']) == 1
    assert capsys.readouterr().out == 'different from what is installed: loss.json\n'


def test_without_mpmath_it_says_what_to_install():
    done = executed('import sys; sys.modules["mpmath"] = None\nfrom mlp_py import cli\n'
                    'sys.exit(cli.main(["conformance", "generate"]))')
    assert done.returncode == 1 and done.stdout == ''
    assert done.stderr == 'mlp_py: error: conformance generate needs mpmath: pip install "mlp-twins[test]"\n'


def test_rounding_of_the_generator():
    """To float32 and float64, ties and all: as the machine rounds."""
    pytest.importorskip('mpmath')
    from mlp_py.conformance.generator.fused import Fused
    draw = np.random.RandomState(1)
    near = [float(np.float32(value)) + step * 2.0**-25 for value in 1 + draw.rand(500) for step in (-1, 0, 1)]
    ties = [1 - 2.0**-25, 2 - 2.0**-24, 1 + 2.0**-24, 1 + 3 * 2.0**-24, -1 - 2.0**-24]
    values = [*draw.normal(size=2000), *near, *ties]
    for value in values:
        assert float(Fused('float32').rounded(Fraction(value))) == np.float32(value)
    for value in values:
        third = Fraction(value) / 3
        assert float(Fused('float64').rounded(third)) == float(third)


@pytest.mark.parametrize('terms, fits', [
    ([1, 2, 3], True), ([2**24, 1], False), ([2**24 - 1, 1], True), ([2**24, 2], True), ([2**23, 2**23, 1], False),
    ([Fraction(1, 3)], False), ([Fraction(1, 64), 2**18 - 1], True), ([Fraction(1, 64), 2**18], False), ([], True),
    ([0, 0], True), ([2**24, -2**24, 1], False), ([Fraction(1, 2**140)], False)])
def test_what_float32_adds_without_a_rounding(terms, fits):
    pytest.importorskip('mpmath')
    from mlp_py.conformance.generator.exact import Rules
    assert Rules().fits(terms) == fits


def test_a_unit_that_a_rounding_could_switch_is_rejected():
    pytest.importorskip('mpmath')
    from mlp_py.conformance.generator.exact import Array, Rejected, Rules
    small = Fraction(1, 2**20)
    assert Rules().relu(Array(1, 2, [[small, -small]], [[0.0, 0.0]])).values == [[small, 0]]
    for value in (small, -small):
        with pytest.raises(Rejected):
            Rules().relu(Array(1, 1, [[value]], [[4.0]]))
        assert Rules().relu(Array(1, 1, [[value]], [[3.99]])).values == [[max(value, 0)]]


# ---- the archive ----------------------------------------------------------------------------------------------------

@pytest.mark.full
def test_the_archive(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(['conformance', 'archive']) == cli.main(['conformance', 'archive', 'other.zip']) == 0
    one, other = Path('mlp-conformance-1.zip').read_bytes(), Path('other.zip').read_bytes()
    assert one == other and len(one) < 1_000_000
    assert capsys.readouterr().out.startswith(f'mlp-conformance-1.zip: {len(one):,} bytes, ')
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        assert packed.testzip() is None
        found = {name.removeprefix('mlp-conformance-1/'): packed.read(name) for name in packed.namelist()}
        assert {entry.date_time for entry in packed.infolist()} == {archive.TIME}
    for path in (*cases.FOLDER.iterdir(), cases.FOLDER.parent / 'SPEC.md'):
        inside = f'v1/{path.name}' if path.suffix == '.json' else path.name
        assert found[inside] == path.read_bytes()
    assert found['cases.txt'].decode().splitlines() == [cases.text(case) for case in KIT]
    assert found['expected.txt'].decode().splitlines() == [cases.expected_text(case) for case in KIT]
    assert b'CC0' in found['LICENSE.txt'] and b'expected.txt' in found['README.txt']
    assert found['README.txt'].count(b'\n') <= 20 and str(len(KIT)).encode() in found['README.txt']


def test_the_command_wants_an_action(capsys):
    for words, said in ((['conformance'], 'expected an action'),
                        (['conformance', 'archive', '--fast'], 'unrecognized arguments: --fast')):
        assert cli.main(words) == 2 and said in capsys.readouterr().err
    assert cli.main(['conformance', '--help']) == 0 and 'generate' in capsys.readouterr().out


def test_reading_needs_numpy_alone():
    done = executed('import sys\nfrom mlp_py.conformance import archive, diagnosis\n'
                    'archive.contents(); diagnosis.name({})\n'
                    'left_out = "mlp_py.lecture", "mlp_py.network", "mlp_py.problems", "mlp_c", "mpmath", "jax"\n'
                    'print(sorted({*left_out} & set(sys.modules)))')
    assert (done.stdout, done.stderr) == ('[]\n', '')
