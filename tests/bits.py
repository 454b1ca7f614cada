"""Comparing bits, and counting how often: every NaN is the same NaN; infinities and the sign of zero count.

    with bits.Comparing() as same:
        same(got, wanted, 'hidden', 3)

At its end, if anything differed, one AssertionError that tells how many arrays did and what the first one was.
"""
import numpy as np

COUNT = {'compared': 0, 'different': 0}     # arrays; printed at the end of the run
NOTES = []                                  # further lines to print there


def difference(got, wanted):
    """None where got and wanted are the same arrays, bit for bit, else what differs first."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    if (got.shape, got.dtype) != (wanted.shape, wanted.dtype):
        return f'expected {wanted.shape} {wanted.dtype}, got {got.shape} {got.dtype}'
    if got.tobytes() == wanted.tobytes():
        return None
    unsigned = f'u{got.dtype.itemsize}'
    other = np.ascontiguousarray(got).view(unsigned) != np.ascontiguousarray(wanted).view(unsigned)
    other = other.reshape(got.shape) & ~(np.isnan(got) & np.isnan(wanted))
    if not other.any():
        return None
    where = tuple(int(i) for i in np.argwhere(other)[0])
    return (f'at {list(where)} got {float(got[where]).hex()}, expected {float(wanted[where]).hex()} '
            f'({other.sum()} of {other.size} numbers)')


class Comparing:
    """Compares as long as it is open, and raises where it is closed."""

    def __enter__(self):
        self.compared = self.different = 0
        self.first = None
        return self

    def __call__(self, got, wanted, *name):
        self.compared += 1
        found = difference(got, wanted)
        if found is not None:
            self.different += 1
            self.first = self.first or f'{" ".join(map(str, name))}: {found}'

    def __exit__(self, kind, *_):
        COUNT['compared'] += self.compared
        COUNT['different'] += self.different
        if self.different and kind is None:
            raise AssertionError(f'{self.different} of {self.compared} arrays differ, the first: {self.first}')


# ---- numbers to compare with --------------------------------------------------------------------------------

def ordinary(rng, size, dtype):
    return rng.normal(size=size).astype(dtype)


def mixed(rng, size, dtype):
    """Magnitudes from 2**-20 to 2**20, and zeros of both signs."""
    numbers = rng.normal(size=size) * 2.0**rng.integers(-20, 21, size)
    draw = rng.random(size)
    return np.where(draw < 0.03, 0.0, np.where(draw < 0.06, -0.0, numbers)).astype(dtype)


def tiny(rng, size, dtype):
    """Products of two of them lie around the smallest normal number, or are lost altogether."""
    exponents = (-560, -490) if dtype == 'float64' else (-80, -50)
    return (rng.normal(size=size) * 2.0**rng.integers(*exponents, size)).astype(dtype)


def wild(rng, size, dtype):
    """A few infinities and NaN, some huge numbers, some below the smallest normal one."""
    numbers, draw, limits = mixed(rng, size, dtype), rng.random(size), np.finfo(dtype)
    numbers[draw < 0.02] *= limits.smallest_normal
    numbers[(draw >= 0.02) & (draw < 0.021)] = limits.max
    for k, special in enumerate((np.inf, -np.inf, np.nan)):
        numbers[(draw >= 0.03 + k / 4000) & (draw < 0.03 + (k + 1) / 4000)] = special
    return numbers


KINDS = {'ordinary': ordinary, 'mixed': mixed, 'tiny': tiny, 'wild': wild}
