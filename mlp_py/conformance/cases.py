"""Reading the kit: its cases, and the two plain texts for judges that read no JSON.

`text(case)` is the line that a port gets (SPEC.md); `expected_text(case)` what a judge compares the answer with:

    ID RESULT DTYPE FIELD ...        RESULT valid, invalid or acceptable; DTYPE float64, float32, or any (all ports)
    FIELD = NAME ROWS COLUMNS TOKEN ...        NAME ends with ? where a port may leave the field out
    TOKEN = HEX | HEX~MAG | nan        IEEE bits of the expected number, 16 digits, or 8 in cases of float32 with the
                                       flag Bits; without ~MAG, mag is 0. A zero with ~0 is one whose sign counts.

An invalid case has no fields. Lines that begin with # are remarks.
"""
import json
import re
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

VERSION = 1
FOLDER = Path(__file__).parent / f'v{VERSION}'

# In the order in which a port is best written.
STAGES = ('product', 'layer', 'forward', 'gradients', 'update', 'steps', 'special', 'loss', 'bits', 'invalid')
REQUIRED = STAGES[:7]

# Fields of an answer that a port may leave out, by OP.
OPTIONAL = {'forward': r'hidden\d+', 'gradients': r'G_hidden\d+|G_x', 'steps': r'output\d+'}


class Case(NamedTuple):
    """One case.

    given: {name: (rows, columns, [text of each number])}. expected: {name: (array, its mag)}, both (rows, columns)
    in float64; empty for an invalid case. dtype: 'float64' or 'float32' where only such a port is asked, else None.
    """

    id: str
    stage: str
    op: str
    result: str
    flags: tuple
    comment: str
    dtype: str | None
    given: dict
    expected: dict


def read(stages=None, folder=FOLDER):
    """The cases of the kit.

    Parameters
    ----------
    stages : sequence of str, optional
        Names from STAGES; all of them, if not given.
    folder : path, optional
        Where the files lie; the installed ones, if not given.

    Returns
    -------
    list of Case, stage by stage
    """
    stages = STAGES if stages is None else tuple(stages)
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise ValueError(f'stages: expected names from {", ".join(STAGES)}, got {", ".join(map(repr, unknown))}')
    return [case_of(stage, entry) for stage in STAGES if stage in stages
            for entry in json.loads(Path(folder, f'{stage}.json').read_text(encoding='utf-8'))['cases']]


def case_of(stage, entry):
    """The Case of an entry of a file."""
    given = {name: (rows, columns, numbers.split()) for name, (rows, columns, numbers) in entry['in'].items()}
    expected = {name: _expected(*field) for name, field in entry.get('out', {}).items()}
    return Case(entry['id'], stage, entry['op'], entry['result'], tuple(entry['flags']), entry['comment'],
                entry.get('dtype'), given, expected)


def may_be_left_out(op, name):
    """Is it one of the fields in brackets in SPEC's table?"""
    return re.fullmatch(OPTIONAL.get(op, '(?!)'), name) is not None


def text(case):
    """The line for a port: ID OP FIELD ..."""
    fields = (f'{name} {rows} {columns} {" ".join(numbers)}'.rstrip()
              for name, (rows, columns, numbers) in case.given.items())
    return ' '.join((case.id, case.op, *fields))


def expected_text(case):
    """The line for a judge, in the form at the top of this page."""
    parts = [case.id, case.result, case.dtype or 'any']
    digits = 8 if case.dtype == 'float32' and 'Bits' in case.flags else 16
    for name, (array, mag) in case.expected.items():
        parts += [name + '?' * may_be_left_out(case.op, name), *map(str, array.shape)]
        parts += [_token(value, size, digits, 'SignedZero' in case.flags)
                  for value, size in zip(array.ravel().tolist(), mag.ravel().tolist())]
    return ' '.join(parts)


def _token(value, mag, digits, signed):
    if value != value:
        return 'nan'
    bits = struct.pack('>d' if digits == 16 else '>f', value).hex()
    return f'{bits}~{_short(mag)}' if mag or signed and value == 0 else bits


def _short(mag):
    return f'{mag:.3g}'


def _expected(rows, columns, numbers, mags=''):
    values = [_number(token) for token in numbers.split()]
    mags = [float(token) for token in mags.split()] or [0.0] * len(values)
    return np.array(values, float).reshape(rows, columns), np.array(mags, float).reshape(rows, columns)


def _number(token):
    """16 digits are the bits of a float64, 8 those of a float32."""
    if token == 'nan':
        return float('nan')
    return struct.unpack('>d' if len(token) == 16 else '>f', bytes.fromhex(token))[0]
