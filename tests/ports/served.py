"""The lecture typed in, as a program: python -m tests.ports.served [FAULT ...] answers the kit's cases on stdin.

Each FAULT is the key of a planted mistake of `wrong_ports`. What the lecture does not do is skipped, an exception
becomes a refusal.
"""
import sys
import warnings

import numpy as np

from mlp_py.conformance import cases, driving, wrong_ports


def answer_text(fields):
    """'NAME ROWS COLUMNS NUMBER ...' of each field."""
    parts = []
    for name, values in fields.items():
        array = np.array(values, float)
        array = array.reshape(1, -1) if array.ndim < 2 else array
        parts += [name, *map(str, array.shape), *(repr(value) for value in array.ravel().tolist())]
    return ' '.join(parts)


def case_of(line):
    """The Case in a line of the kit, as far as a port sees it."""
    name, op, *tokens = line.split()
    given = {}
    while tokens:
        rows, columns = int(tokens[1]), int(tokens[2])
        size = rows * columns
        given[tokens[0]] = rows, columns, tokens[3:3 + size]
        tokens = tokens[3 + size:]
    return cases.Case(name, name.split('/')[0], op, 'valid', (), '', None, given, {})


def answer(model, line):
    """The answer to one line, its ID before it."""
    case = case_of(line)
    if case.stage in ('loss', 'bits', 'invalid'):
        return f'{case.id} skip'
    try:
        with np.errstate(all='ignore'), warnings.catch_warnings(action='ignore'):
            return f'{case.id} {answer_text(driving.answer(model, case))}'
    except Exception:
        return f'{case.id} refuse'


def main(*keys):
    faults = {fault.key: fault for fault in wrong_ports.FAULTS}
    model, output = wrong_ports.module(*(faults[key] for key in keys)), sys.stdout
    sys.stdout = sys.stderr             # the lecture prints when it makes a model
    for line in sys.stdin:
        output.write(answer(model, line) + '\n')
        output.flush()


if __name__ == '__main__':
    main(*sys.argv[1:])
