"""Numbers without roundings, and beside each how far any rounding could lead: the arithmetic of the generator.

An Array holds values (Fraction, int or mpf; nan and +-inf as float) and their errors in units of the unit roundoff u:
a correct program's number is off by at most u * error, in any order of summation, with or without fma. Errors are 0
where nothing is rounded at all: where all terms of a sum are multiples of a power of two g and their absolute values
add up to at most 2^24 g (2^53 g in cases for float64 alone), every partial sum is a number of the type.

Errors grow as the absolute values do (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3); a product
that underflows is off by `eta`, the smallest subnormal number.
"""
from fractions import Fraction
from math import inf, isfinite, nan


class Rejected(Exception):
    """The drawn case is of no use: a rounding could turn a decision, or hide what the case is for."""


class Array:
    """rows x columns; `values` and `errors` are lists of rows."""

    def __init__(self, rows, columns, values, errors=None):
        self.rows, self.columns, self.values = rows, columns, values
        self.errors = [[0.0] * columns for _ in range(rows)] if errors is None else errors

    def transposed(self):
        def turned(lists):
            return [list(column) for column in zip(*lists)] if self.rows else [[] for _ in range(self.columns)]
        return Array(self.columns, self.rows, turned(self.values), turned(self.errors))

    def flat(self):
        """[(value, error), ...], row after row."""
        return [pair for values, errors in zip(self.values, self.errors) for pair in zip(values, errors)]


def rational(value):
    """A finite value as Fraction."""
    if hasattr(value, '_mpf_'):
        sign, man, exp, _ = value._mpf_
        return Fraction(-int(man) if sign else int(man)) * Fraction(2)**exp
    return Fraction(value)


def size(value):
    """The absolute value as float; infinite where it is no finite number."""
    try:
        return abs(float(value)) if value == value else inf
    except OverflowError:
        return inf


class Rules:
    """The arithmetic of the types a case is for: `dtype` None stands for float64 and float32 at once."""

    def __init__(self, dtype=None):
        self.bits = 53 if dtype == 'float64' else 24
        self.u = 2.0**-self.bits
        self.smallest = Fraction(2)**(-1022 if dtype == 'float64' else -126)      # of the normal numbers
        self.eta = float(self.smallest) * 2                                       # of the subnormal ones, in units of u
        self.largest = (2 - 2.0**(1 - self.bits)) * 2.0**(1023 if dtype == 'float64' else 127)

    def fits(self, terms):
        """May these terms be added in any order without a rounding?"""
        terms = [rational(term) for term in terms if term]
        if not terms:
            return True
        below = max(term.denominator for term in terms)
        if below & (below - 1):
            return False
        whole = [abs(term.numerator) * (below // term.denominator) for term in terms]
        grain = 0
        for number in whole:
            grain |= number
        grain &= -grain
        return sum(whole) <= grain << self.bits and Fraction(grain, below) >= self.smallest

    def total(self, terms, moved, whole, roundings, products):
        """(sum of the terms, its error). moved: what errors of the factors make; whole: the sum of absolute values."""
        value = sum(terms)
        if isinstance(value, float):            # nan or infinite: the only floats among the values
            return value, 0.0
        if size(value) > self.largest:
            return (inf if value > 0 else -inf), 0.0
        if not moved and self.fits(terms):
            return value, 0.0
        return value, moved + roundings / (1 - roundings * self.u) * whole + products * self.eta

    def product(self, a, b, bias=None):
        """a b (+ bias in every row)."""
        columns, errors_b = b.transposed().values, b.transposed().errors
        sizes_b = [[size(value) for value in column] for column in columns]
        values, errors = [], []
        for row, errors_a in zip(a.values, a.errors):
            sizes_a = [size(value) for value in row]
            made = []
            for j in range(b.columns):
                terms = [p * q for p, q in zip(row, columns[j])]
                moved = whole = 0.0
                for p, e, q, f in zip(sizes_a, errors_a, sizes_b[j], errors_b[j]):
                    moved += (e * q if e else 0.0) + ((p + self.u * e) * f if f else 0.0)
                    whole += (p + self.u * e) * (q + self.u * f)
                if bias is not None:
                    terms.append(bias.values[0][j])
                    moved += bias.errors[0][j]
                    whole += size(terms[-1]) + self.u * bias.errors[0][j]
                made.append(self.total(terms, moved, whole, a.columns + (bias is not None), a.columns))
            values.append([value for value, _ in made])
            errors.append([error for _, error in made])
        return Array(a.rows, b.columns, values, errors)

    def column_sum(self, a):
        made = []
        for column, errors in zip(a.transposed().values, a.transposed().errors):
            moved = sum(errors)
            whole = sum(map(size, column)) + self.u * moved
            made.append(self.total(column, moved, whole, a.rows, 0))
        return Array(1, a.columns, [[value for value, _ in made]], [[error for _, error in made]])

    def relu(self, a):
        """A value that a rounding could carry across 0 is Rejected: no tolerance would be honest behind it."""
        for value, error in a.flat():
            if error and isfinite(size(value)) and size(value) <= 4 * self.u * error:
                raise Rejected('a unit that a rounding could switch')
        return Array(a.rows, a.columns,
                     [[value if value != value or value > 0 else 0 for value in row] for row in a.values],
                     [[error if value > 0 else 0.0 for value, error in zip(*rows)] for rows in zip(a.values, a.errors)])

    def masked(self, G, h):
        """G * sign(h), a product."""
        values = [[g * sign(value) for g, value in zip(*rows)] for rows in zip(G.values, h.values)]
        errors = [[error if value > 0 else 0.0 for error, value in zip(*rows)] for rows in zip(G.errors, h.values)]
        return Array(G.rows, G.columns, values, errors)

    def update(self, p, G, rate):
        """p - rate G, entry by entry."""
        step, values, errors = size(rate), [], []
        for row, moves, errors_p, errors_G in zip(p.values, G.values, p.errors, G.errors):
            made = []
            for value, move, e, f in zip(row, moves, errors_p, errors_G):
                moved = e + step * f
                whole = size(value) + 2 * step * (size(move) + self.u * f) + self.u * e
                made.append(self.total([value, -(rate * move)], moved, whole, 1, 1))
            values.append([value for value, _ in made])
            errors.append([error for _, error in made])
        return Array(p.rows, p.columns, values, errors)


def sign(value):
    return nan if value != value else (value > 0) - (value < 0)
