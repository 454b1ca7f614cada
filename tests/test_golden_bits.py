"""Every level that runs here, on every path, gives the bits of golden_bits.json; and these are right: exact fractions,
rounded where the order of sums says so, give them, too.
"""
import json
from fractions import Fraction

import numpy as np
import pytest

from mlp_c import levels

from . import bits, golden_bits

STORED = golden_bits.stored()


def test_the_inputs_are_those_of_the_file():
    """If this fails, nothing else here means anything: the generator differs, not the arithmetic."""
    assert golden_bits.inputs_checksum() == STORED['inputs']
    assert list(STORED['shapes']) == [golden_bits.name_of(*shape) for shape in golden_bits.shapes()]
    assert len(STORED['shapes']) == 206 and golden_bits.FILE.stat().st_size < 60_000


def test_the_inputs_fill_the_mantissa():
    """Known first integers of splitmix64; numbers exact in their dtype, and too long for a shorter one."""
    known = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [int(z) for z in golden_bits.random_bits(0, 3)] == known
    for dtype, width in (('float64', 53), ('float32', 24)):
        scaled = golden_bits.numbers(1, (1000,), dtype).astype(float) * 2.0**(width - 1)
        assert (scaled == np.rint(scaled)).all() and 0.4 < (scaled % 2).mean() < 0.6
        assert abs(scaled).max() < 2.0**(width - 1) and abs(scaled.mean()) < 0.1 * 2.0**(width - 1)


QUICK = [(levels.level, 'packed'), (levels.level, 'fast')]      # MLP_C_LEVEL: another level in the quick tier


@pytest.mark.parametrize('level, path', [
    pytest.param(level, path, marks=[pytest.mark.full] * ((level, path) not in QUICK))
    for level in levels.runnable() for path in golden_bits.PATHS])
def test_golden_bits(level, path):
    found = golden_bits.checksums(level, path)
    different = golden_bits.differences(found, STORED['shapes'])
    count = sum(len(sums.split()) for by_dtype in found.values() for sums in by_dtype.values())
    bits.NOTES.append(f'golden bits: level {level}, path {path}: {count:,} checksums compared, {len(different)} shapes '
                      'different')
    assert not different, '\n'.join(different[:20])


def test_differences_are_named():
    """A checksum that differs, is missing, or is too many, is told with shape, precision and part."""
    good = {'3-2 x 1': {'float64': 'a b c d e', 'float32': 'f g h i j'}}
    assert golden_bits.differences(good, good) == []
    bad = {'3-2 x 1': {'float64': 'a b X d Y', 'float32': 'f g h i'}}
    wanted = ['3-2 x 1, float64: gradients, losses', '3-2 x 1, float32: losses']
    assert golden_bits.differences(bad, good) == golden_bits.differences(good, bad) == wanted
    assert len(golden_bits.differences({}, good)) == 2
    assert golden_bits.checksum([np.array([0.0])]) != golden_bits.checksum([np.array([-0.0])])
    one = np.float64(1)
    assert golden_bits.checksum([np.array([one])]) != golden_bits.checksum([np.array([np.nextafter(one, 2)])])


def test_command(monkeypatch, tmp_path, capsys):
    """python -m tests.golden_bits on three shapes: passes, names what is wrong, refuses other inputs, writes anew."""
    shapes = golden_bits.shapes()[:3]
    monkeypatch.setattr(golden_bits, 'shapes', lambda: shapes)
    monkeypatch.setattr(golden_bits, 'FILE', tmp_path / 'bits.json')
    golden_bits.main(['--write'])
    table = golden_bits.stored()
    assert table['shapes'] == {name: STORED['shapes'][name] for name in table['shapes']} and len(table['shapes']) == 3
    assert golden_bits.main([]) == 0
    ways = len(levels.runnable()) * len(golden_bits.PATHS)
    assert capsys.readouterr().out.count('3 shapes in both precisions, 0 different\n') == ways
    name = golden_bits.name_of(*shapes[1])
    table['shapes'][name]['float32'] = table['shapes'][name]['float32'].replace(' ', ' 0', 1)
    golden_bits.FILE.write_text(json.dumps(table), encoding='utf-8')
    assert golden_bits.main([]) == 1
    assert capsys.readouterr().out.count(f'1 different\n    {name}, float32: forward\n') == ways
    table['inputs'] = 'other'
    golden_bits.FILE.write_text(json.dumps(table), encoding='utf-8')
    for arguments, message in (([], 'inputs differ'), (['--nonsense'], 'expected --write')):
        with pytest.raises(SystemExit, match=message):
            golden_bits.main(arguments)


# ---- the same bits by fractions --------------------------------------------------------------------------------

def rounded(exact, width):
    """A fraction to `width` bits, ties to even; nothing here comes near the ends of the exponent's range."""
    if exact == 0:
        return exact
    size = abs(exact)
    shift = width - (size.numerator.bit_length() - size.denominator.bit_length())
    for shift in (shift - 1, shift, shift + 1):     # until the integer part has `width` bits
        scaled = size * Fraction(2)**shift
        if 2**(width - 1) <= scaled < 2**width:
            break
    value = round(scaled) / Fraction(2)**shift      # round: ties to even
    return value if exact > 0 else -value


class Fractions:
    """The order of sums of DESIGN 4.1 in exact arithmetic with one rounding per operation."""

    def __init__(self, dtype):
        self.dtype, self.width = dtype, 53 if dtype == 'float64' else 24

    def fma(self, a, b, c):
        return rounded(a * b + c, self.width)

    def sum(self, pairs):
        """sum of a * b over pairs, in blocks of 256; a bias gradient is one with b = 1."""
        total = None
        for begin in range(0, len(pairs), 256):
            chain = Fraction(0)
            for a, b in pairs[begin:begin + 256]:
                chain = self.fma(a, b, chain)
            total = chain if total is None else rounded(total + chain, self.width)
        return total

    def product(self, A, B):
        return [[self.sum(list(zip(row, column))) for column in zip(*B)] for row in A]

    def array(self, rows):
        return np.array([[float(v) for v in row] for row in rows]).astype(self.dtype)


def exact(array):
    return [[Fraction(float(v)) for v in row] for row in np.atleast_2d(array)]


def transposed(rows):
    return [list(column) for column in zip(*rows)]


@pytest.mark.parametrize('dtype', golden_bits.DTYPES)
@pytest.mark.parametrize('shape', [((10, 4, 1), 3), ((3, 5, 2), 6), ((1, 1), 513),
                                   pytest.param(((257, 3, 2), 4), marks=pytest.mark.full),
                                   pytest.param(((8, 12, 6, 1), 2), marks=pytest.mark.full),
                                   pytest.param(((256, 3, 2), 4), marks=pytest.mark.full),
                                   pytest.param(((5, 4, 3), 257), marks=pytest.mark.full)], ids=str)
def test_golden_bits_by_fractions(shape, dtype):
    """Products, forward, gradients and the parameters of one backprop have the bits of the file."""
    inputs = golden_bits.Inputs(*shape, dtype, golden_bits.shapes().index(shape))
    by, x, G = Fractions(dtype), exact(inputs.x), exact(inputs.G)
    pairs = [(exact(pair['w']), exact(pair['b'])[0]) for pair in inputs.pairs]
    first, G_first = pairs[0][0], exact(inputs.G_first)
    products = [by.product(x, first), by.product(transposed(x), G_first), by.product(G_first, transposed(first))]

    h = [x]
    for n, (w, b) in enumerate(pairs):
        z = [[rounded(v + bias, by.width) for v, bias in zip(row, b)] for row in by.product(h[-1], w)]
        h.append(z if n == len(pairs) - 1 else [[max(v, Fraction(0)) for v in row] for row in z])

    gradients, theta, rate = [], [], Fraction(float(np.array(-0.01, dtype)))
    for n in reversed(range(len(pairs))):
        w, b = pairs[n]
        G_w, G_b = by.product(transposed(h[n]), G), [by.sum([(v, Fraction(1)) for v in column]) for column in zip(*G)]
        gradients = [by.array(G_w), by.array([G_b])[0], *gradients]
        new_w = [[by.fma(rate, g, p) for g, p in zip(*rows)] for rows in zip(G_w, w)]
        theta = [by.array(new_w).ravel(), by.array([[by.fma(rate, g, p) for g, p in zip(G_b, b)]])[0], *theta]
        G = by.product(G, transposed(w))
        if n > 0:
            G = [[g * (v > 0) for g, v in zip(*rows)] for rows in zip(G, h[n])]

    parts = STORED['shapes'][golden_bits.name_of(*shape)][dtype].split()
    assert golden_bits.checksum(map(by.array, products)) == parts[0]
    forward = [by.array(h[-1]), *map(by.array, h[1:-1])]
    assert golden_bits.checksum(forward) == parts[1]
    seen = golden_bits.results(inputs, levels.level, 'plain')
    with bits.Comparing() as same:
        for n, (got, wanted) in enumerate(zip(seen['gradients'], [*gradients, by.array(G)], strict=True)):
            same(got + 0.0, wanted + 0.0, shape, 'gradient', n)     # fractions know no -0.0, which dead units have
        same(seen['steps'][0], np.concatenate(theta), shape, 'theta')
