"""A CSV file as a checked table of texts, whose errors name the file, the line and the column.

The reading itself is the csv module's. What it lets pass is caught here: rows of another length than the
header, bytes that are not UTF-8, quotes that never close, a header that names a column twice or not at all.
"""

import csv
import os
from pathlib import Path

import numpy as np

from .arguments import shown


def path_argument(name, value):
    """A str or os.PathLike (not bytes, not a file number) as a Path, `~` expanded."""
    if not isinstance(value, (str, os.PathLike)) or not isinstance(os.fspath(value), str):
        raise TypeError(f"{name}: expected a str or a path, got {shown(value)}")
    return Path(value).expanduser()


def number(text):
    """float(text), but for the digit groups of Python's own source code ("1_000"); ValueError otherwise."""
    if "_" in text:
        raise ValueError(text)
    return float(text)


def is_number(text):
    try:
        number(text)
    except ValueError:
        return False
    return True


def _check_utf8(path, line, fields, header):
    # "surrogateescape" turned every undecodable byte into a lone surrogate, which cannot be encoded again
    for place, field in enumerate(fields):
        try:
            field.encode("utf-8")
        except UnicodeEncodeError:
            name = header[place] if header and place < len(header) else place
            raise ValueError(f"{path}, line {line}, column {name!r}: the text is not UTF-8") from None


class Table:
    """The rows of one CSV file.

    Attributes
    ----------
    path : pathlib.Path
    header : list of str
        The names, without blanks around them; a column without a name is called "column 0", counted from 0.
    rows : list of list of str
        As many fields each as the header has; at least one row.
    lines : list of int
        The line of the file, counted from 1, on which each row begins.
    """

    def __init__(self, path, header, rows, lines):
        self.path, self.header, self.rows, self.lines = path, header, rows, lines

    def error(self, row, column, sentence):
        """The ValueError for one field: file, line and column, then `sentence`."""
        return ValueError(f"{self.path}, line {self.lines[row]}, column {self.header[column]!r}: {sentence}")

    def texts(self, column):
        """The fields of a column, without blanks around them."""
        return [fields[column].strip() for fields in self.rows]

    def numbers(self, column, dtype=np.float64):
        """A column as an array (rows,) of finite numbers.

        The texts become float64 and are then rounded to `dtype`, as NumPy reads texts. ValueError for text,
        an empty field, NaN, an infinity or a number too large for `dtype`.
        """
        fields = [fields[column] for fields in self.rows]
        try:
            values = np.array(list(map(float, fields)))
        except ValueError:
            values = None
        if values is None or "_" in "".join(fields):        # then one of them is no `number`
            row = next(row for row, field in enumerate(fields) if not is_number(field))
            came = repr(fields[row]) if fields[row].strip() else "an empty field"
            raise self.error(row, column, f"expected a number, got {came}")
        with np.errstate(over="ignore"):
            values = values.astype(dtype)
        broken = np.flatnonzero(~np.isfinite(values))
        if broken.size:
            row = int(broken[0])
            raise self.error(row, column, f"expected a finite {np.dtype(dtype).name}, "
                                          f"got {self.rows[row][column]!r}")
        return values


def _refuse_width(path, line, fields, header):
    if len(fields) < len(header):
        raise ValueError(f"{path}, line {line}, column {header[len(fields)]!r}: missing; "
                         f"the line has {len(fields)} fields, the header {len(header)}")
    if len(fields) > len(header):
        raise ValueError(f"{path}, line {line}: the field after column {header[-1]!r} has no column; "
                         f"the line has {len(fields)} fields, the header {len(header)}")


def _header(path, line, fields, expected):
    """The names in a header line, each once; exactly the `expected` ones, in any order, where some are."""
    names = [field.strip() or f"column {place}" for place, field in enumerate(fields)]
    if all(is_number(name) for name in names):
        raise ValueError(f"{path}, line {line}, column 0: expected a header that names the columns, "
                         f"got the number {names[0]}")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f"{path}, line {line}, column {name!r}: the header names it twice")
    for name in expected or ():
        if name not in names:
            raise ValueError(f"{path}, line {line}, column {name!r}: missing; "
                             f"the header names {', '.join(names)}")
    for name in names:
        if expected and name not in expected:
            raise ValueError(f"{path}, line {line}, column {name!r}: unknown; expected {', '.join(expected)}")
    return names


def read_table(path, expected=None):
    """Read a comma-separated file with a header line as UTF-8 (a byte order mark is accepted).

    expected : sequence of str, optional
        The columns that it has to have, in any order.

    Blank lines are skipped, as csv.DictReader does. Returns a Table; every broken form is a ValueError with
    file, line and column, a file that is not there the usual FileNotFoundError.
    """
    header, rows, lines, last = None, [], [], 0
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, strict=True, skipinitialspace=True)
        try:
            for fields in reader:
                line, last = last + 1, reader.line_num     # a quoted field may run over several lines
                if len(fields) <= 1 and not "".join(fields).strip():
                    continue
                if not "".join(fields).isascii():
                    _check_utf8(path, line, fields, header)
                if header is None:
                    header = _header(path, line, fields, expected)
                else:
                    if len(fields) != len(header):
                        _refuse_width(path, line, fields, header)
                    rows.append(fields)
                    lines.append(line)
        except csv.Error as error:
            raise ValueError(f"{path}, line {last + 1}: broken quotes or fields ({error})") from None
    if header is None:
        raise ValueError(f"{path}, line 1: the file is empty; expected a header that names the columns")
    if not rows:
        raise ValueError(f"{path}, line {last + 1}, column {header[0]!r}: no row after the header")
    return Table(path, header, rows, lines)
