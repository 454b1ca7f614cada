"""From what a case gives to the whole case: its right answer, its flags, its form in the file."""
import struct
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from math import isfinite
from typing import NamedTuple

from . import losses, networks
from .drawing import number
from .exact import Array, Rejected, Rules, rational

# The largest 2 u mag (float32) of a drawn array, as a share of its largest number: above, it would hunt nothing.
SHARPNESS = 2.0**-9


class Made(NamedTuple):
    """A case as it is written: `given` {name: Field}; `out` {name: (rows, columns, [hex], [mag as text])} or None."""

    op: str
    given: dict
    out: dict | None
    flags: tuple
    comment: str
    result: str = 'valid'
    dtype: str | None = None


def made(op, given, flags=(), comment='', result='valid', dtype=None):
    """The case with its right answer; Rejected where no honest tolerance exists."""
    out = evaluated(op, given, dtype)
    if any(array.rows for array in out.values()) and not any(error for a in out.values() for _, error in a.flat()):
        flags = (*flags, 'Exact')
    fields = {name: (a.rows, a.columns, [bits(value) for value, _ in a.flat()], [mag(error) for _, error in a.flat()])
              for name, a in out.items()}
    return Made(op, given, fields, tuple(flags), comment, result, dtype)


def refused(op, given, flags, comment):
    """An invalid case."""
    return Made(op, given, None, tuple(flags), comment, 'invalid')


def arrays(given, dtype=None):
    """{name: Array} of Fields; what is not finite stays a float."""
    def value(short):
        read = number(short, dtype)
        return Fraction(read) if isfinite(read) else read
    return {name: Array(rows, columns, [[value(short) for short in texts[i * columns:(i + 1) * columns]]
                                        for i in range(rows)])
            for name, (rows, columns, texts) in given.items()}


def evaluated(op, given, dtype=None):
    """{name: Array}, in fractions; with more than two steps, or exp and log, in as many digits as it takes."""
    rules, given = Rules(dtype), arrays(given, dtype)
    if op in losses.LOSSES:
        return losses.evaluated(op, given)
    if op == 'steps' and 'x3' in given:
        return losses.settled(lambda convert: networks.evaluated(rules, op, networks.mapped(convert, given)), 128)
    return networks.evaluated(rules, op, given)


def rounded(value):
    """The float64 nearest to it; 0 has no sign."""
    return value if isinstance(value, float) else float(rational(value)) + 0.0


def bits(value):
    value = rounded(value)
    return 'nan' if value != value else struct.pack('>d', value).hex()


def mag(error):
    """Three digits, rounded up; the errors themselves are sums in float64, which 2^-30 covers by far."""
    if not error:
        return '0'
    short = Context(prec=3, rounding=ROUND_CEILING).create_decimal(Decimal(error * (1 + 2.0**-30)))
    return f'{float(short):.3g}'


def sharp(case):
    """The case, or Rejected: in each array, half of the numbers that are not 0 must be well above their tolerance."""
    for name, (_, _, texts, mags) in case.out.items():
        values = [abs(struct.unpack('>d', bytes.fromhex(short))[0]) for short in texts]
        if 2.0**-23 * max(map(float, mags), default=0) > SHARPNESS * max(values, default=0):
            raise Rejected(f'{name}: its tolerance hides its numbers')
    return case


def drawn(attempt, most=20000):
    """The first of attempt(0), attempt(1), ... that is not Rejected."""
    for n in range(most):
        try:
            return attempt(n)
        except Rejected:
            pass
    raise Rejected(f'none of {most} draws is of use')
