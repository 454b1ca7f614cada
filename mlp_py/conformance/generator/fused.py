"""The order of the stage bits, rounding by rounding: blocks of 256, fma within a block. SPEC.md, `Conventions`.

Numbers are Fractions of numbers of the type; each operation is exact and then rounded once, to the nearest, ties to
even. A zero has a sign that Fraction lacks: it is +0 but where a negative gradient is multiplied by the 0 of a mask;
these are the NEGATIVE_ZERO.
"""
from fractions import Fraction

from .exact import Array

BLOCK = 256
BITS = {'float64': 53, 'float32': 24}
SMALLEST = {'float64': Fraction(2)**-1022, 'float32': Fraction(2)**-126}


class NegativeZero(Fraction):
    """-0: 0 to all arithmetic, and no other number."""


NEGATIVE_ZERO = NegativeZero(0)


class Fused:
    def __init__(self, dtype):
        self.bits, self.smallest = BITS[dtype], SMALLEST[dtype]

    def rounded(self, value):
        """The number of the type nearest to it; OverflowError below the normal numbers, which no case needs."""
        if not value:
            return Fraction(0)
        if abs(value) < self.smallest:
            raise OverflowError(f'{float(value)} is subnormal')
        over, under = abs(value.numerator), value.denominator
        shift = over.bit_length() - under.bit_length() - self.bits        # over / under is near 2^(bits + shift)
        over, under = over << max(-shift, 0), under << max(shift, 0)
        if over >= under << self.bits:
            under, shift = under * 2, shift + 1
        whole, rest = divmod(over, under)
        whole += 2 * rest > under or 2 * rest == under and whole % 2
        return Fraction(whole if value > 0 else -whole) * Fraction(2)**shift

    def chain(self, terms):
        """terms: (a, b) of each product; the sum in blocks."""
        total = Fraction(0)
        for begin in range(0, len(terms), BLOCK):
            part = Fraction(0)
            for a, b in terms[begin:begin + BLOCK]:
                part = self.rounded(a * b + part)
            total = self.rounded(total + part) if begin else part
        return total

    def product(self, a, b, bias=None):
        columns, values = b.transposed().values, []
        for row in a.values:
            sums = [self.chain(list(zip(row, column))) for column in columns]
            values.append(sums if bias is None else [self.rounded(s + t) for s, t in zip(sums, bias.values[0])])
        return Array(a.rows, b.columns, values)

    def column_sum(self, a):
        return Array(1, a.columns, [[self.chain([(value, 1) for value in column]) for column in a.transposed().values]])

    def relu(self, a):
        return Array(a.rows, a.columns, [[max(value, Fraction(0)) for value in row] for row in a.values])

    def masked(self, G, h):
        def mask(g, value):
            return g if value > 0 else NEGATIVE_ZERO if g < 0 else Fraction(0)
        values = [[mask(g, value) for g, value in zip(*rows)] for rows in zip(G.values, h.values)]
        return Array(G.rows, G.columns, values)

    def update(self, p, G, rate):
        return Array(p.rows, p.columns,
                     [[self.rounded(value - rate * g) for value, g in zip(*rows)] for rows in zip(p.values, G.values)])
