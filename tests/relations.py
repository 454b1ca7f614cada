"""How a wrong array relates to the right one: minus it, twice it, transposed, another quantity, ...

A relation is claimed only where it holds for every entry, exactly or within a few units in the last place, and only
where it could have failed: an array of zeros tells nothing, and one number alone tells its sign, or that it is NaN.
"""
from typing import NamedTuple

import numpy as np

ULPS = 4        # one rounding in the port's way to k x the expected entry, one in ours, and the update's own


class Relation(NamedTuple):
    key: str
    english: str
    korean: str


def relation(got, expected, others=None, ratios=None, shares=(), before=None, size=0.0):
    """The Relation of two arrays, or None.

    others: {name: array}, quantities that may have been taken in place of the expected one; a name is a string or an
    (English, Korean) pair. ratios: {name: number}, such as {'rows': 3}; the numbers, what divides by them, 2 and 1/2
    are tried. shares: what each row adds to the sum. before: the values before the update. size: of the numbers whose
    difference `got` is, which were rounded at that size.
    """
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    if got.size and np.isnan(got).all():
        return Relation('nan', 'every entry is NaN', '모든 값이 NaN입니다')
    if not expected.any() or not np.isfinite(got).all():
        return None
    if got.shape != expected.shape:
        return _transposed(got, expected, size)
    if _close(got, -expected, size):
        return Relation('minus', 'every entry is minus the expected one', '모든 값이 기대한 값과 부호만 반대입니다')
    if got.size == 1:
        return None
    if before is not None and np.any(before) and np.array_equal(got, before):
        return Relation('unchanged', 'nothing has changed: these are the values before the update',
                        '아무것도 바뀌지 않았습니다. 수정하기 전의 값 그대로입니다')
    if not got.any():
        return Relation('zero', 'every entry is 0', '모든 값이 0입니다')
    return (_ratio(got, expected, ratios or {}, size) or _transposed(got, expected, size)
            or _moved(got, expected, size) or _other(got, expected, others or {}, size)
            or _row_share(got, expected, shares, size) or _rounded(got, expected))


def _close(a, b, size):
    return a.shape == b.shape and bool((np.abs(a - b) <= ULPS * np.spacing(np.maximum(np.abs(b), size))).all())


def _telling(values):
    """Few entries agree by chance: it takes three that are not 0, or two of at most four."""
    count = np.count_nonzero(values)
    return count >= 3 or count == 2 and values.size <= 4


def _ratio(got, expected, ratios, size):
    """k x expected; where k may have two reasons, none is given."""
    if not _telling(expected):
        return None
    factors = {'2': 2.0, '1/2': 0.5}
    for name, number in ratios.items():
        if number:
            factors.update({name: float(number), f'1 / {name}': 1 / number})
    for sign in (1, -1):
        names = [name for name, k in factors.items() if k != 1 and _close(got, sign * k * expected, size)]
        if names:
            factor = f'{sign * factors[names[0]]:.6g}'
            why = f' ({"-" if sign < 0 else ""}{names[0]})' if len(names) == 1 and names[0] not in ('2', '1/2') else ''
            return Relation(('-' if sign < 0 else '') + names[0], f'every entry is {factor} x the expected one{why}',
                            f'모든 값이 기대한 값의 {factor}배입니다{why}')
    return None


def _transposed(got, expected, size):
    if expected.ndim == 2 and expected.size > 1 and _close(got, expected.T, size):
        return Relation('transposed', 'it is the transpose of the expected array', '기대한 배열을 전치한 것입니다')
    return None


def _moved(got, expected, size):
    """Rows in another order."""
    if _close(got, expected[::-1], size):
        return Relation('rows reversed', 'the rows are in reverse order', '행의 순서가 거꾸로입니다')
    for by in (1, -1):
        if _close(got, np.roll(expected, by, axis=0), size):
            return Relation('rows shifted', f'the rows are shifted by {abs(by)}', f'행이 {abs(by)}칸 밀려 있습니다')
    return None


def _other(got, expected, others, size):
    for name, values in others.items():
        values = np.asarray(values, float)
        if _telling(values) and _close(got, values, size) and not np.array_equal(values, expected):
            english, korean = (name, name) if isinstance(name, str) else name
            return Relation('other', f'it is {english}', f'다음 값과 같습니다: {korean}')
    return None


def _row_share(got, expected, shares, size):
    for n, share in enumerate(shares if len(shares) > 1 else ()):
        if not _telling(np.asarray(share, float)):
            continue
        if _close(got, expected - share, size):
            return Relation('row missing', f'the share of row {n} of the minibatch is missing',
                            f'미니배치의 {n}번 행의 몫이 빠졌습니다')
        if _close(got, expected + share, size):
            return Relation('row twice', f'row {n} of the minibatch is counted twice', f'미니배치의 {n}번 행을 두 번 더했습니다')
    return None


def _rounded(got, expected):
    """Numbers of a shorter type, near expected ones that this type cannot hold."""
    for dtype in (np.float16, np.float32):
        with np.errstate(over='ignore'):
            short = expected.astype(dtype)
        ulps = ULPS * np.spacing(np.abs(short)).astype(float)
        if (np.any(short != expected) and np.isfinite(short).all() and np.array_equal(got, got.astype(dtype))
                and (np.abs(got - expected) <= ulps).all()):
            name = np.dtype(dtype).name
            return Relation(name, f'every entry is rounded to {name}', f'모든 값이 {name} 정밀도로 반올림되어 있습니다')
    return None
