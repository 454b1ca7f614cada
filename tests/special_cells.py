"""The table of special values: each value at each position, for each problem, forward and backward.

What a cell must give is computed by `special_values.step`, the definition, in the network's own precision.
"""
import numpy as np

from mlp_py.bounds import LIBM, Bounded

from . import cases, checks
from .special_values import agree, integer_network, step

SPECIALS = {'nan': lambda limits: np.nan, 'inf': lambda limits: np.inf, '-inf': lambda limits: -np.inf,
            '-0.0': lambda limits: -0.0, 'subnormal': lambda limits: limits.smallest_subnormal,
            'largest': lambda limits: limits.max}
POSITIONS = {'x': (0, 1), 'hidden w': (1, 1), 'hidden b': 1, 'output w': (1, 1), 'output b': 1, 'y': (0, 1)}
DIRECTIONS = {'forward': ('output', 'hidden', 'loss', 'accuracy'), 'backward': ('G_output', 'gradient', 'w', 'b')}
CELLS = [f'{value} in {position}, {problem}, {direction}' for value in SPECIALS for position in POSITIONS
         for problem in cases.PROBLEMS for direction in DIRECTIONS]
assert len(CELLS) >= 120, len(CELLS)


def cell_case(value, position, problem, dtype):
    """One row through two layers whose weights are diagonal, with the value at one place.

    So no sum has two terms that are neither 0 nor lost in rounding: a subnormal or the largest number gives the same in
    any order, fused or not. The logits lie 2048 apart or more, where sigmoid and softmax are exactly 0 or 1.
    """
    scale = 1 if problem == 'regression' else 2048
    params = [{'w': np.diag([1, 1, -1, 2]).astype(dtype), 'b': np.array([1, 0, 1, -1], dtype)},
              {'w': scale * np.diag([1, 1, 1, -1]).astype(dtype), 'b': scale * np.array([1, 4, -8, 16], dtype)}]
    x = np.array([[1, 2, -1, 2]], dtype)
    y = np.array([[2, -4, 1, -2] if problem == 'regression' else [1, 0, 0, 0]], dtype)
    arrays = {'x': x, 'y': y, 'hidden w': params[0]['w'], 'hidden b': params[0]['b'], 'output w': params[1]['w'],
              'output b': params[1]['b']}
    arrays[position][POSITIONS[position]] = SPECIALS[value](np.finfo(dtype))
    return cases.Case(f'{value} in {position}, {problem}', problem, params, [(x, y)], 0.25, dtype, y)


def check_cells(subject, problem, dtype):
    """Every cell of a problem against the definition, ==; returns their names.

    A finite loss with logarithms in it is one of them, rounded, in a sum of four terms: on both sides that far off.
    """
    checked = []
    for value, position in ((value, position) for value in SPECIALS for position in POSITIONS):
        case = cell_case(value, position, problem, dtype)
        x, y = case.batches[0]
        wanted = step(case, x, y, dtype)
        with np.errstate(all='ignore'):
            subject.begin(case)
            seen = subject.observe(x, y)
        for direction, beginnings in DIRECTIONS.items():
            compared = 0
            for name, got in seen.items():
                if not name.startswith(beginnings):
                    continue
                compared += 1
                if name == 'loss' and problem != 'regression' and np.isfinite(wanted[name]):
                    error = 2 * (LIBM + 8) * abs(float(wanted[name])) * float(np.finfo(dtype).eps) / 2
                    checks.compare(f'{case}: loss', got, Bounded(wanted[name], error))
                else:       # an accuracy is a mean in double: round it as the definition does
                    agree(f'{case}: {name}', np.asarray(got, dtype) if name == 'accuracy' else got, wanted[name])
            assert compared >= 4, f'{case}, {direction}: only {compared} quantities'
            checked.append(f'{case}, {direction}')
    return checked


def check_nan_reaches(subject, width, dtype):
    """NaN anywhere in a row of x makes that row's output NaN, and the loss; the other rows' outputs stay finite."""
    for column in range(width):
        case = integer_network(width, dtype, cases.PROBLEMS[(width + column) % 3])
        x, y = case.batches[0]
        row = column % len(x)
        spoilt = x.copy()
        spoilt[row, column] = np.nan
        with np.errstate(all='ignore'):
            subject.begin(case)
            seen = subject.observe(spoilt, np.abs(y) / 4)
        name = f'{case.problem}, nan at x[{row}, {column}] of width {width}'
        reached = np.isnan(seen['output'])
        assert reached[row].all(), f'{name}: expected NaN in all of row {row}, got {seen["output"][row]}'
        assert not np.delete(reached, row, axis=0).any(), f'{name}: NaN in other rows'
        assert np.isnan(seen['loss']), f'{name}: loss {seen["loss"]!r}'
