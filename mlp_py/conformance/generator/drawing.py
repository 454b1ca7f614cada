"""Drawn numbers: the same on every machine and with every Python, as short binary fractions in text.

A Field is (rows, columns, [texts]), what a case gives under one name.
"""
import hashlib
import struct

MASK = 2**64 - 1


class Draws:
    """splitmix64 (Steele, Lea and Flood, 2014), begun with a text."""

    def __init__(self, seed):
        self.state = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], 'big')

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return self.word() % n

    def choice(self, items):
        return items[self.below(len(items))]

    def multiple(self, limit, grain=64, zero=False):
        """A multiple of 1 / grain between -limit and limit, 0 only if asked for."""
        most = int(limit * grain)
        while True:
            number = self.below(2 * most + 1) - most
            if number or zero:
                return number / grain

    def field(self, rows, columns, limit, grain=64, zero=False):
        return rows, columns, [text(self.multiple(limit, grain, zero)) for _ in range(rows * columns)]

    def full(self, rows, columns, dtype):
        """Numbers between 2^-4 and 2 with all the digits of the type, of either sign."""
        return rows, columns, [full_text(self._full(dtype), dtype) for _ in range(rows * columns)]

    def _full(self, dtype):
        bits = 52 if dtype == 'float64' else 23
        number = (2**bits + (self.word() >> (64 - bits))) / 2**bits / 2**self.below(5)
        return number if self.below(2) else -number


def text(number):
    """The shortest decimal of a float64."""
    short = repr(float(number))
    return short[:-2] if short.endswith('.0') else short


def full_text(number, dtype):
    """Decimal digits that read back exactly: 17 or 9 of them."""
    return f'{number:.17g}' if dtype == 'float64' else f'{number:.9g}'


def number(short, dtype=None):
    """The float64 of a text; in a case for float32 alone the float32 nearest to it."""
    value = float(short)
    if dtype == 'float32' and value - value == 0:
        value, = struct.unpack('f', struct.pack('f', value))
    return value


def field(rows):
    """A Field of a list of rows of numbers."""
    return len(rows), len(rows[0]), [text(value) for row in rows for value in row]


def scalar(value):
    return 1, 1, [text(value)]
