"""Whole networks by the fast paths of mlp_c against its plain loops, bit for bit: every method, many shapes.

The level is the one in use (MLP_C_LEVEL forces another); where a test says so, every level that runs here.
"""
from itertools import product

import numpy as np
import pytest

from mlp_c import Network, levels

from . import bits, cases
from .drawn_networks import Drawn, everything

WIDTHS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 33, 70, 256, 257, 300)
BATCHES = (1, 2, 3, 7, 10, 33, 64, 65, 128, 200, 255, 256, 257, 300, 512, 513, 600, 1000)
PATHS = ('plain', 'small', 'packed', 'thin')

each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)


def drawn_widths(rng, width, depth, batch, budget):
    """`depth` hidden layers; one width is `width`, the others are drawn, smaller ones where it would take long."""
    place = int(rng.integers(depth + 2))
    for choices in range(len(WIDTHS), 0, -1):
        widths = [int(rng.choice(WIDTHS[:choices])) for _ in range(depth + 2)]
        widths[place] = width
        if batch * sum(a * b for a, b in zip(widths, widths[1:])) <= budget:
            break
    return widths


EVERY_SIZE = list(product(WIDTHS, BATCHES))


def compare_networks(use, ways, dtype, seed, budget, numbers):
    """A network for each of these widths and batches; each way (level, path) against the first one."""
    with bits.Comparing() as same:
        for n in numbers:
            width, batch = EVERY_SIZE[n]
            rng = np.random.default_rng([seed, n])
            kind = list(bits.KINDS)[int(rng.integers(len(bits.KINDS)))]
            drawn = Drawn(drawn_widths(rng, width, n % 5, batch, budget), batch, dtype, kind, [seed, n, 1])
            seen = []
            for way in ways:
                use(*way)
                seen.append(list(everything(drawn)))
            for way, other in zip(ways[1:], seen[1:]):
                for (name, wanted), (_, got) in zip(seen[0], other, strict=True):
                    same(got, wanted, *way, drawn, name)


def squares(dtype, seed):
    """Of a chessboard of widths and batches the white ones in float64, the black ones in float32; the next seed turns it."""
    return [n for n in range(len(EVERY_SIZE)) if (n + n // len(BATCHES) + seed) % 2 == cases.DTYPES.index(dtype)]


@each_dtype
def test_networks(use, dtype, seed):
    """Every eleventh square, which is no divisor of the 9 in a row: so every batch size comes."""
    compare_networks(use, [(levels.level, path) for path in PATHS], dtype, seed, 100_000, squares(dtype, seed)[::11])


@each_dtype
def test_networks_of_levels(use, dtype, seed):
    in_use_first = sorted(levels.runnable(), key=lambda level: level != levels.level)
    ways = [(level, path) for level in in_use_first for path in PATHS]
    compare_networks(use, ways, dtype, seed + 1, 10_000, range(0, len(EVERY_SIZE), 47))


@each_dtype
def test_many_layers(use, dtype, seed):
    """More of them than there are pointers on a cache line: a table of layers that is too short would be written over."""
    drawn, seen = Drawn([4, 9] * 12, 7, dtype, 'mixed', [seed, 14]), []
    for path in PATHS:
        use(levels.level, path)
        seen.append(list(everything(drawn)))
    with bits.Comparing() as same:
        for path, other in zip(PATHS[1:], seen[1:]):
            for (name, wanted), (_, got) in zip(seen[0], other, strict=True):
                same(got, wanted, path, name)


@pytest.mark.full
@each_dtype
def test_larger_networks(use, dtype, seed):
    """Every square. "fast" as well: where a layer is wide, `matmul` chooses."""
    compare_networks(use, [(levels.level, path) for path in (*PATHS, 'fast')], dtype, seed + 10, 300_000, squares(dtype, seed))


@pytest.mark.full
@each_dtype
def test_a_layer_larger_than_all_work_memory(use, dtype, seed):
    """A transpose of its w would run over: G @ w.T of a large layer must be packed, or thin."""
    rng, seen = np.random.default_rng([seed, 13]), []
    x, G = (bits.ordinary(rng, 13 * width, dtype).reshape(13, width) for width in (2, 2600))
    for path in ('plain', 'fast'):
        use(levels.level, path)
        net = Network(2, [2600], 2600, std=0.01, rng=5, dtype=dtype)
        output, aux = net.forward(x)
        net.backprop(G, aux, 0.5)
        seen.append((output, net.theta))
    with bits.Comparing() as same:
        for got, expected in zip(*seen, strict=True):
            same(got, expected)


@each_dtype
def test_a_network_recovers_from_nan(use, dtype, seed):
    """What NaN and infinities leave in the work memory never shows in later calls."""
    with bits.Comparing() as same:
        for widths in ([10, 4, 1], [3, 9, 5, 7], [17, 33, 2], [1, 1, 1], [70, 3]):
            drawn = Drawn(widths, 10, dtype, 'ordinary', [seed, *widths])
            spoilt, seen = np.full_like(drawn.x, np.nan), {}
            for path in PATHS:
                use(levels.level, path)
                net = drawn.network()
                seen[path] = []
                for rows in (10, 7, 1):
                    for problem, y in drawn.targets.items():
                        net.train_step(problem, spoilt[:rows + 3], y[:rows + 3], 0.1)
                        net.theta[...] = drawn.theta
                        result = net.train_step(problem, drawn.x[:rows], y[:rows], 0.1)
                        assert np.isfinite(result).all() and np.isfinite(net.theta).all()
                        seen[path] += [np.array(result), net.theta.copy(), net.predict(drawn.x)]
            for path in PATHS[1:]:
                for got, wanted in zip(seen[path], seen['plain'], strict=True):
                    same(got, wanted, path, drawn)
