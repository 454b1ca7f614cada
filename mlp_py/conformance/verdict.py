"""One answer against one case: read the line, compare its numbers, say what is wrong.

`read` turns the tokens behind the ID into an Answer or raises Malformed; `judge` compares an Answer with a case.
Neither prints: what is wrong is a Problem, a key of `wording` with the values that belong into its sentence.
"""
import re
from typing import NamedTuple

import numpy as np

from .cases import may_be_left_out

DTYPES = {'float64': np.float64, 'float32': np.float32}
UNIT = {'float64': 2.0**-53, 'float32': 2.0**-24}
DIGITS = {'float64': 16, 'float32': 8}         # hexadecimal digits of the IEEE bits

NUMBER = re.compile(r'[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|nan|inf|infinity)', re.ASCII | re.IGNORECASE)
NAME = re.compile(r'[A-Za-z_]\w*', re.ASCII)
SIZE = re.compile(r'\d{1,7}', re.ASCII)


class Problem(NamedTuple):
    """What is wrong: a key of `wording.TEXTS` and the values of its sentence."""

    key: str
    values: dict


class Malformed(ValueError):
    """A line that is not an answer; `problem` says why."""

    def __init__(self, key, **values):
        super().__init__(key, values)
        self.problem = Problem(key, values)


class Answer(NamedTuple):
    """kind: 'numbers', 'refuse' or 'skip'; fields: {name: array of float64}."""

    kind: str
    fields: dict = {}


class Verdict(NamedTuple):
    """status: 'right', 'wrong' or 'skipped'; ratio: the largest |g - e| / (2 u mag), None where all mag are 0.

    kind: that of the answer, None where none came. details: of a wrong number, {'expected', 'got', 'relation'}.
    """

    status: str
    kind: str | None = None
    ratio: float | None = None
    problem: Problem | None = None
    details: dict = {}


# ---- reading ------------------------------------------------------------------------------------------------------

def read(tokens, dtype='float64'):
    """The Answer in the tokens behind the ID; raises Malformed."""
    if tokens in (['refuse'], ['skip']):
        return Answer(tokens[0])
    if not tokens:
        raise Malformed('nothing behind the ID')
    fields, at = {}, 0
    while at < len(tokens):
        name, *sizes = tokens[at:at + 3]
        if not NAME.fullmatch(name):
            raise Malformed('no name', got=name)
        if name in fields:
            raise Malformed('field twice', name=name)
        if len(sizes) < 2 or not all(map(SIZE.fullmatch, sizes)):
            raise Malformed('no sizes', name=name)
        rows, columns = map(int, sizes)
        texts = tokens[at + 3:at + 3 + rows * columns]
        for number, text in enumerate(texts):
            if not _is_number(text, dtype):
                raise Malformed('no number', name=name, rows=rows, columns=columns, at=number + 1, got=text)
        if len(texts) < rows * columns:
            raise Malformed('too few', name=name, rows=rows, columns=columns, at=len(texts))
        fields[name] = np.array([_number(text, dtype) for text in texts], float).reshape(rows, columns)
        at += 3 + rows * columns
    return Answer('numbers', fields)


def _is_number(text, dtype):
    if text[0] == 'x':
        return bool(re.fullmatch(r'x[0-9a-fA-F]{%d}' % DIGITS[dtype], text))
    return bool(NUMBER.fullmatch(text))


def _number(text, dtype):
    """The number that the port meant: in float32, nine digits stand for the float32 nearest to them."""
    if text[0] == 'x':
        return float(np.array(int(text[1:], 16), f'u{DIGITS[dtype] // 2}').view(DTYPES[dtype]))
    if dtype == 'float64':
        return float(text)
    with np.errstate(over='ignore'):
        return float(np.float32(float(text)))


# ---- comparing ----------------------------------------------------------------------------------------------------

def judge(case, answer, dtype='float64', optional=False):
    """The Verdict on an Answer; optional: the stage may be skipped."""
    if answer.kind == 'skip':
        return Verdict('skipped' if optional else 'wrong', 'skip', None,
                       None if optional else Problem('skip', {}))
    if answer.kind == 'refuse':
        right = case.result in ('invalid', 'acceptable')
        return Verdict('right' if right else 'wrong', 'refuse', None, None if right else Problem('refuse', {}))
    if case.result == 'invalid':
        return Verdict('wrong', 'numbers', None, Problem('computed', {}))
    problem, details, ratio = _fields(case, answer.fields, dtype)
    return Verdict('wrong' if problem else 'right', 'numbers', ratio, problem, details)


def _fields(case, fields, dtype):
    """The first problem in the order of the expected fields, and the largest ratio of all of them."""
    worst, first, details = None, None, {}
    for name, (expected, mag) in case.expected.items():
        if name not in fields:
            if not may_be_left_out(case.op, name):
                first = first or Problem('field missing', {'name': name})
            continue
        got, (expected, mag) = fields[name], np.broadcast_arrays(expected, mag)
        if got.shape != expected.shape:
            if not first:
                first = Problem('shape', {'name': name, 'rows': expected.shape[0], 'columns': expected.shape[1],
                                          'got_rows': got.shape[0], 'got_columns': got.shape[1]})
                details = {'relation': relation(got, expected, mag, dtype)}
            continue
        ok, ratio = within(got, expected, mag, dtype, 'SignedZero' in case.flags)
        if ratio is not None:
            worst = ratio if worst is None else max(worst, ratio)
        if not first and not ok.all():
            row, column = map(int, np.argwhere(~ok)[0])
            first = Problem('number', {'name': name, 'row': row, 'column': column, 'wrong': int((~ok).sum()),
                                       'size': ok.size})
            details = {'expected': expected[row, column], 'bound': 2 * UNIT[dtype] * mag[row, column],
                       'got': got[row, column], 'relation': relation(got, expected, mag, dtype)}
    for name in fields:
        if not first and name not in case.expected and not may_be_left_out(case.op, name):
            first = Problem('field unknown', {'name': name})
    return first, details, worst


def within(got, expected, mag, dtype, signed=False):
    """Which entries are right, and the largest |g - e| / (2 u mag) where mag is not 0."""
    bound = 2 * UNIT[dtype] * mag
    with np.errstate(all='ignore'):
        error = np.abs(got - expected)
        ok = (got == expected) | np.isnan(got) & np.isnan(expected) | np.isfinite(expected) & (error <= bound)
        told = (bound > 0) & np.isfinite(error)
        ratio = float(np.max(error[told] / bound[told])) if told.any() else None
    if signed:
        ok &= (got != 0) | (expected != 0) | (mag != 0) | (np.signbit(got) == np.signbit(expected))
    return ok, ratio


def relation(got, expected, mag, dtype):
    """How a wrong array relates to the right one, as a key of `wording.RELATIONS`, or None."""
    if got.size and np.isnan(got).all() and not np.isnan(expected).all():
        return 'nan'
    if got.shape == expected.shape:
        if not np.any(expected) or not np.isfinite(expected).all() or not np.isfinite(got).all():
            return None
        if not got.any():
            return 'zero'
        for key, factor in (('minus', -1.0), ('twice', 2.0), ('half', 0.5)):
            if within(got, factor * expected, abs(factor) * mag, dtype)[0].all():
                return key
    if got.shape == expected.shape[::-1] and expected.size > 1 and within(got, expected.T, mag.T, dtype)[0].all():
        return 'transposed'
    return None
