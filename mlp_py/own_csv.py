"""A CSV of the user's own becomes inputs and targets: which columns, which problem, which numbers.

    numbers            stay numbers
    text in an input   becomes one column of 0 and 1 per distinct text, in alphabetical order
    text in a target   becomes classes, in alphabetical order

Nothing is filled in: a missing value is an error that names its line and column.
"""

import math
import operator

import numpy as np

from .arguments import problem, shown
from .csv_table import is_number, path_argument, read_table

MISSING = ("", "?", "na", "n/a", "nan", "null")     # compared in lower case
DISTINCT_TEXTS = 50         # more than this in one column are names or remarks, not categories
DISTINCT_CLASSES = 20       # up to this many distinct integers may be classes ...
ROWS_PER_CLASS = 10         # ... if they repeat: at least so many rows for each on average


def power_of_ten(values):
    """The power of ten that is nearest (in the logarithm) to mean|values|; 1.0 where all are 0."""
    with np.errstate(over="ignore"):
        size = float(np.mean(np.abs(values)))
    return 10.0 ** round(math.log10(size)) if 0 < size < math.inf else 1.0


def target_columns(table, target):
    """The numbers of the columns that `target` names.

    A str or int, or a sequence of them. A text is a column's name; where there is none of that name, names
    separated by commas; where it is a whole number, the column with that number (from 0; -1 is the last).
    """
    names = target if isinstance(target, (list, tuple)) else [target]
    columns = []
    for name in names:
        parts = name.split(",") if isinstance(name, str) and name.strip() not in table.header else [name]
        columns.extend(_column(table, part) for part in parts)
    for place, column in enumerate(columns):
        if column in columns[:place]:
            raise ValueError(f"target: the column {table.header[column]!r} is named twice")
    if not 0 < len(columns) < len(table.header):
        raise ValueError(f"target: expected some of the {len(table.header)} columns of {table.path}, so that "
                         f"at least one is left as input, got {len(columns)}")
    return columns


def _column(table, name):
    """The number of one column, from its name or its number."""
    count = len(table.header)
    if isinstance(name, str):
        name = name.strip()
        if name in table.header:
            return table.header.index(name)
        try:
            name = int(name)
        except ValueError:
            hint = "; are its fields separated by commas?" if count == 1 else ""
            raise ValueError(f"target: {table.path} has no column {name!r}; "
                             f"it has {', '.join(table.header)}{hint}") from None
    elif isinstance(name, (bool, np.bool_, np.ndarray)) or not hasattr(name, "__index__"):
        raise TypeError(f"target: expected a column's name or number, or a list of them, got {shown(name)}")
    place = operator.index(name)
    if not -count <= place < count:
        raise ValueError(f"target: expected a column from 0 to {count - 1} of {table.path}, got {place}")
    return place % count


def _texts(table, column):
    """The fields of a column, none of them missing."""
    texts = table.texts(column)
    for row, text in enumerate(texts):
        if text.lower() in MISSING:
            raise table.error(row, column, f"the value is missing ({text!r}); fill it in or remove the line")
    return texts


def _is_text(table, column, texts):
    """True for a column without any number, False for one of numbers; a mixture is an error."""
    numeric = [is_number(text) for text in texts]
    if any(numeric) and not all(numeric):
        row = numeric.index(False)
        raise table.error(row, column, f"expected a number as in line {table.lines[numeric.index(True)]}, "
                                       f"got {texts[row]!r}")
    return not numeric[0]


def _one_hot(table, column, texts):
    """The distinct values of a column and, for each, an array (N,) that is 1 where it stands, else 0.

    In ascending order where all are numbers (1 and 1.0 are one value), else in alphabetical order.
    """
    if all(map(is_number, texts)):
        values = table.numbers(column)
        named = [(value, str(int(value)) if value.is_integer() else repr(float(value)))
                 for value in np.unique(values)]
    else:
        values = np.array(texts, dtype=object)
        named = [(text, text) for text in sorted(set(texts))]
    if len(named) > DISTINCT_TEXTS:
        raise ValueError(f"{table.path}, column {table.header[column]!r}: {len(named)} distinct values, such "
                         f"as {named[0][1]!r}, are too many for categories (at most {DISTINCT_TEXTS})")
    return [name for _, name in named], [(values == value).astype(np.float64) for value, _ in named]


def inputs(table, columns):
    """x (N, I) and the names of its columns, from the given columns of the table."""
    parts, names = [], []
    for column in columns:
        texts, name = _texts(table, column), table.header[column]
        if _is_text(table, column, texts):
            kinds, hot = _one_hot(table, column, texts)
            parts, names = parts + hot, names + [f"{name}={kind}" for kind in kinds]
        else:
            parts, names = parts + [table.numbers(column)], names + [name]
    return np.stack(parts, axis=1), tuple(names)


def guess_kind(table, columns):
    """The problem that the target columns ask for.

    Several columns: "select" where they hold 0 and 1 with one 1 a row, else "regression". One column:
    "binary" for two texts or for 0 and 1, "select" for other texts and for few whole numbers that repeat
    (at most 20, and at least 10 rows for each), else "regression".
    """
    if len(columns) > 1:
        for column in columns:
            _texts(table, column)
        y = np.stack([table.numbers(column) for column in columns], axis=1)
        one_hot = np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1)
        return "select" if one_hot else "regression"
    texts = _texts(table, columns[0])
    if _is_text(table, columns[0], texts):
        return "binary" if len(set(texts)) == 2 else "select"
    values = np.unique(table.numbers(columns[0]))
    if np.array_equal(values, [0, 1]):
        return "binary"
    whole = np.all(values == np.rint(values))
    few = len(values) <= min(DISTINCT_CLASSES, len(texts) // ROWS_PER_CLASS)
    return "select" if whole and few and len(values) > 1 else "regression"


def targets(table, columns, kind):
    """y (N, O), the names of its columns and what each was divided by, for the problem `kind`."""
    names = tuple(table.header[column] for column in columns)
    columns_texts = [_texts(table, column) for column in columns]
    if kind == "regression":
        y = np.stack([table.numbers(column) for column in columns], axis=1)
        scale = tuple(power_of_ten(y[:, place]) for place in range(y.shape[1]))
        return y / scale, names, scale
    if len(columns) > 1:
        y = np.stack([_zero_or_one(table, column) for column in columns], axis=1)
        broken = np.flatnonzero(y.sum(axis=1) != 1) if kind == "select" else np.empty(0)
        if broken.size:
            row = int(broken[0])
            raise table.error(row, columns[0], f"expected one 1 in {', '.join(names)} together, "
                                               f"got {int(y[row].sum())}")
        return y, names, (1.0,) * len(columns)
    kinds, hot = _one_hot(table, columns[0], columns_texts[0])
    if len(kinds) == 1 or (kind == "binary" and len(kinds) > 2):
        wanted = "two distinct values" if kind == "binary" else "at least two distinct values"
        raise ValueError(f"{table.path}, column {names[0]!r}: a {kind} target needs {wanted}, "
                         f"this one has {len(kinds)}: {', '.join(kinds[:3])}")
    if kind == "binary" and kinds == ["0", "1"]:
        return hot[1][:, None], names, (1.0,)
    if kind == "binary":        # the later of the two is the one whose probability is learned
        kinds, hot = kinds[1:], hot[1:]
    return np.stack(hot, axis=1), tuple(f"{names[0]}={each}" for each in kinds), (1.0,) * len(kinds)


def _zero_or_one(table, column):
    values = table.numbers(column)
    broken = np.flatnonzero((values != 0) & (values != 1))
    if broken.size:
        row = int(broken[0])
        raise table.error(row, column, f"expected 0 or 1, got {table.rows[row][column]!r}")
    return values


def read_own_csv(path, target, kind):
    """(path, x, columns, y, targets, target_scale, problem) of a CSV file; see `datasets.load_csv`."""
    path = path_argument("path", path)
    if kind is not None:
        problem(kind, "kind")
    table = read_table(path)
    columns = target_columns(table, target)
    kind = guess_kind(table, columns) if kind is None else kind
    y, target_names, scale = targets(table, columns, kind)
    x, names = inputs(table, [column for column in range(len(table.header)) if column not in columns])
    return path, x, names, y, target_names, scale, kind
