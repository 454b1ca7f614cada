"""Products of the fast paths of mlp_c against its plain loops, bit for bit; and the comparison itself.

The level is the one in use (MLP_C_LEVEL forces another); where a test says so, every level that runs here.
"""
from itertools import product

import numpy as np
import pytest

from mlp_c import levels

from . import bits, cases

LANES = (1, 2, 3, 7, 8, 9, 17, 33, 70)
LENGTHS = (*range(1, 71), 255, 256, 257, 511, 512, 513)
PATHS = ('plain', 'small', 'packed', 'thin')

each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)
each_kind = pytest.mark.parametrize('kind', bits.KINDS)


# ---- the comparison itself ------------------------------------------------------------------------------------

@each_dtype
def test_the_comparison_sees_one_bit(dtype):
    good = np.array([[1, 0.0, np.nan, np.inf, -2, np.finfo(dtype).smallest_subnormal]], dtype)
    other_nan = good.copy()
    other_nan.view(f'u{good.itemsize}')[0, 2] += 1 + (1 << (8 * good.itemsize - 1))     # payload and sign
    assert np.isnan(other_nan[0, 2]) and other_nan.tobytes() != good.tobytes()
    assert bits.difference(good, good.copy()) is bits.difference(other_nan, good) is None
    for place, value in ((0, np.nextafter(good[0, 0], 2)), (0, np.nan), (1, -0.0), (2, 1), (2, np.inf), (3, -np.inf),
                         (3, np.nan), (4, np.nextafter(good[0, 4], 0)), (5, 0)):
        bad = good.copy()
        bad[0, place] = value
        assert f'[0, {place}]' in bits.difference(bad, good) and f'[0, {place}]' in bits.difference(good, bad)
    for bad in (good[0], good.T, np.zeros((1, 5), dtype), good.astype('float16')):
        assert 'expected' in bits.difference(bad, good)
    before = dict(bits.COUNT)
    with pytest.raises(AssertionError, match='1 of 2 arrays differ, the first: row 7'), bits.Comparing() as same:
        same(good, good, 'row', 6)
        same(-good, good, 'row', 7)
    bits.COUNT.update(before)


# ---- products ----------------------------------------------------------------------------------------------------

def laid_out(A, B, kind):
    """A (M, K) and B (K, N) as the three products have them: x @ w, x.T @ G, G @ w.T."""
    return (np.asfortranarray(A) if kind == 'TN' else A), (np.asfortranarray(B) if kind == 'NT' else B)


def compare_products(shapes, dtype, pool, ways, level):
    """Each way (level, path, NN or TN or NT, threads) against the plain loops of `level`. Operands: pieces of the pool."""
    with bits.Comparing() as same:
        for n, (M, N, K) in enumerate(shapes):
            at = n * 7919 % (len(pool) - M * K - K * N)     # a prime: every alignment comes about
            A, B = pool[at:at + M * K].reshape(M, K), pool[at + M * K:at + M * K + K * N].reshape(K, N)
            wanted = levels.product(A, B, level, 'plain')
            for way in ways:
                same(levels.product(*laid_out(A, B, way[2]), *way[:2], *way[3:]), wanted, *way, M, N, K)


def all_shapes(others):
    """Each of M, N, K through LENGTHS, the two others from `others`."""
    return sorted({turned for length in LENGTHS for a, b in product(others, others)
                   for turned in ((length, a, b), (b, length, a), (a, b, length))})


KIND_OF_PRODUCT = ('NN', 'TN', 'NT')


@each_dtype
@each_kind
def test_products(kind, dtype, seed):
    """Every fortieth shape for each kind of number; the full tier: every fourth one for each, see below."""
    shapes, pool = all_shapes(LANES), bits.KINDS[kind](np.random.default_rng(seed), 100_000, dtype)
    compare_products(shapes[list(bits.KINDS).index(kind)::40], dtype, pool,
                     [(levels.level, path, product) for path in PATHS[1:] for product in KIND_OF_PRODUCT], levels.level)


# Around the sizes of a tile, of a block of rows, of KC terms, of a block of columns: in both precisions, for 16 and 32
# registers, divided among threads or not.
AROUND_ROWS = (1, 5, 6, 7, 11, 12, 13, 95, 96, 97, 191, 192, 193)
AROUND_COLS = (1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025)
AROUND_TERMS = (1, 2, 255, 256, 257, 511, 512, 513, 600)
THREADS = (1, 2, 8)


def around_blocks(step, offset):
    """Every pair of sizes of two kinds, with a third of the other kind that changes from pair to pair."""
    kinds = AROUND_ROWS, AROUND_COLS, AROUND_TERMS
    shapes = []
    for left_out in range(3):
        first, second = (kind for n, kind in enumerate(kinds) if n != left_out)
        for n, pair in enumerate(product(first, second)):
            shape = list(pair)
            shape.insert(left_out, kinds[left_out][n * 5 % len(kinds[left_out])])
            shapes.append(tuple(shape))
    return shapes[offset::step]


@each_dtype
@pytest.mark.parametrize('step', [96, pytest.param(5, marks=pytest.mark.full)])
def test_products_around_blocks(dtype, step, seed):
    """NN, TN, NT: packed for 1, 2 and 8 threads; small, thin and as chosen for 2."""
    pool = bits.mixed(np.random.default_rng([seed, 7]), 1_400_000, dtype)
    compare_products(around_blocks(step, seed % step), dtype, pool, [
        (levels.level, path, kind, threads) for path in ('packed', 'small', 'thin', 'fast') for kind in KIND_OF_PRODUCT
        for threads in (THREADS if path == 'packed' else (2,))], levels.level)


@each_dtype
def test_products_of_more_rows_than_there_are_strips(dtype, seed):
    """In one slab or two, by one thread or several; columns enough for several blocks, and too few."""
    pool = bits.mixed(np.random.default_rng([seed, 10]), 1_400_000, dtype)
    compare_products([(516, 129, 20), (517, 40, 300), (1037, 300, 7), (1037, 17, 257)], dtype, pool,
                     [(levels.level, 'packed', kind, threads) for kind in KIND_OF_PRODUCT for threads in THREADS], levels.level)


@each_dtype
def test_thin_products_of_more_columns_than_sums(dtype, seed):
    """More columns than there is room for sums on the stack: in two goes, beside each other in threads. And no terms."""
    pool = bits.mixed(np.random.default_rng([seed, 9]), 1_400_000, dtype)
    compare_products([(1, 4100, 257), (2, 2060, 9), (3, 1400, 257), (2, 70, 0)], dtype, pool,
                     [(levels.level, 'thin', kind, threads) for kind in KIND_OF_PRODUCT for threads in THREADS], levels.level)


@pytest.mark.full
@each_dtype
@pytest.mark.parametrize('level', levels.runnable())
def test_products_around_blocks_of_levels(level, dtype, seed):
    pool = bits.mixed(np.random.default_rng([seed, 8]), 1_400_000, dtype)
    step = 20 if level == levels.level else 40
    compare_products(around_blocks(step, seed % step), dtype, pool,
                     [(level, 'packed', kind, threads) for kind in KIND_OF_PRODUCT for threads in THREADS], levels.level)


@each_dtype
@pytest.mark.parametrize('level', [pytest.param(level, marks=[pytest.mark.full] * (level != levels.level))
                                   for level in levels.runnable()])
def test_products_of_levels(level, dtype, seed):
    """All paths of every level that runs here, against the plain loops of the level in use."""
    for k, (kind, numbers) in enumerate(bits.KINDS.items()):
        pool = numbers(np.random.default_rng([seed, k]), 100_000, dtype)
        compare_products(all_shapes((1, 3, 8, 17))[k::2 * len(bits.KINDS)], dtype, pool,
                         [(level, path, kind) for path in PATHS for kind in KIND_OF_PRODUCT], levels.level)


@pytest.mark.full
@each_dtype
@each_kind
@pytest.mark.parametrize('level', levels.runnable())
def test_every_product_of_levels(level, kind, dtype, seed):
    """Each with one of the four kinds of numbers, the next seed with another; of levels that are not in use, two fifths."""
    pool, first = bits.KINDS[kind](np.random.default_rng([seed, 5]), 100_000, dtype), list(bits.KINDS).index(kind) + seed
    step = len(bits.KINDS) if level == levels.level else 10
    compare_products(all_shapes(LANES)[first % step::step], dtype, pool,
                     [(level, path, kind) for path in PATHS for kind in KIND_OF_PRODUCT], levels.level)


@pytest.mark.full
@each_dtype
def test_cube_of_products(dtype, seed):
    """Every M, N, K from 1 to 70 whose sum is a multiple of 5: each pair of them meets every fifth value of the third."""
    pool = bits.mixed(np.random.default_rng([seed, 6]), 100_000, dtype)
    for M in range(1, 71):
        compare_products([(M, N, K) for N in range(1, 71) for K in range(1, 71) if (M + N + K) % 5 == 0], dtype, pool,
                         [(levels.level, path, kind) for path in PATHS[1:] for kind in KIND_OF_PRODUCT], levels.level)
