"""A relation is claimed where it holds in every entry, and nowhere else."""
import numpy as np
import pytest

from .relations import relation

A = np.array([[1.5, -2.0, 3.0], [0.5, 4.0, -1.0], [2.5, 7.0, 0.25]])
SHARES = [np.full((3, 3), 0.5), np.eye(3) * 2 + 1, A / 4]
TENTHS = A + 0.1        # none of them fits a shorter type
CONTEXT = {'others': {'the other one': A**2, ('another', '또 다른 것'): A - 9}, 'shares': SHARES,
           'ratios': {'rows': 3, 'LEARNING_RATE': 0.25}, 'before': A + 1}

HOLDS = {
    'minus': -A, '2': 2 * A, '1/2': A / 2, '-2': -2 * A, 'rows': 3 * A, '1 / rows': A / 3, 'LEARNING_RATE': A / 4,
    '1 / LEARNING_RATE': 4 * A, '-1 / rows': -A / 3, 'transposed': A.T, 'rows reversed': A[::-1],
    'rows shifted': np.roll(A, 1, 0), 'zero': 0 * A, 'nan': np.nan * A, 'other': A**2, 'unchanged': A + 1,
    'row missing': A - SHARES[1], 'row twice': A + SHARES[2],
}


@pytest.mark.parametrize('key', HOLDS)
def test_what_holds_is_claimed(key):
    found = relation(HOLDS[key], A, **CONTEXT)
    assert found.key == key and found.english and found.korean


@pytest.mark.parametrize('dtype', ['float16', 'float32'])
def test_a_shorter_type_is_claimed(dtype):
    assert relation(TENTHS.astype(dtype), TENTHS, **CONTEXT).key == dtype
    assert relation(A.astype(dtype) + np.eye(3) / 4, A, **CONTEXT) is None      # A fits: nothing was rounded


@pytest.mark.parametrize('key', [key for key in HOLDS if key != 'nan'])
def test_one_other_entry_and_nothing_is_claimed(key):
    """By more than a few units in the last place, up or down, in any entry."""
    for place in np.ndindex(A.shape):
        for step in (2.0**-40, -1.0):
            got = HOLDS[key].copy()
            got[place] += step
            found = relation(got, A, **CONTEXT)
            assert found is None or found.key != key


def test_one_rounding_is_allowed():
    got = np.nextafter(A / 3, np.inf)
    assert relation(got, A, **CONTEXT).key == '1 / rows'
    assert relation(A / 3 * (1 + 2.0**-48), A, **CONTEXT) is None


def test_names_of_others_in_both_languages():
    found = relation(A - 9, A, **CONTEXT)
    assert 'another' in found.english and '또 다른 것' in found.korean


def test_a_factor_of_two_reasons_has_none():
    """With two rows, 1/2 and 1 / rows are one number."""
    for ratios, reason in (({'rows': 2}, False), ({'rows': 3}, False), ({}, False)):
        assert ('rows' in relation(A / 2, A, ratios=ratios).english) == reason
    assert '(1 / rows)' in relation(A / 4, A, ratios={'rows': 4}).english
    assert 'rows' not in relation(A / 4, A, ratios={'rows': 4, 'LEARNING_RATE': 0.25}).english


def test_degenerate_arrays_claim_nothing():
    zero, one = np.zeros((2, 2)), np.array([[3.0]])
    assert relation(np.ones((2, 2)), zero, others={'ones': np.ones((2, 2))}) is None
    assert relation(zero, zero) is None and relation(np.empty((0, 2)), np.empty((0, 2))) is None
    for got in (6.0, 1.5, 0.0, 9.0, 3.5):
        assert relation([[got]], one, others={'nine': [[9.0]]}, before=[[3.5]], ratios={'rows': 2}) is None
    assert relation([[-3.0]], one).key == 'minus' and relation([[np.nan]], one).key == 'nan'
    assert relation([[0, 0, 6.0], [0, 0, 0]], [[0, 0, 3.0], [0, 0, 0]]) is None     # one number alone, zeros around it
    assert relation(np.full((2, 3), np.inf), np.ones((2, 3))) is None


def test_other_shapes():
    """Only a transpose can be told of another shape."""
    assert relation(A[:2].T, A[:2], **CONTEXT).key == 'transposed'
    assert relation(A[:2], A, **CONTEXT) is None and relation(A[0], A, **CONTEXT) is None


def test_unrelated_arrays_claim_nothing():
    rng = np.random.default_rng(0)
    for _ in range(300):
        got, expected, other = rng.integers(-4, 5, (3, 3, 4)) / 2
        if len({*map(np.count_nonzero, (got, expected))} - {0, 1, 2}):
            assert relation(got + 0.125, expected, others={'other': other}, ratios={'rows': 3}, before=other) is None


def test_size_of_a_difference():
    """(before - after) / rate carries the rounding of before and after, not its own."""
    before, G = 1e6 + A, A / 3
    got = before - (before + G)
    assert relation(got, G, size=1e6).key == 'minus' and relation(got, G) is None
