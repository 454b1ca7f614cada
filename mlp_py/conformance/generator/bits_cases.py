"""The stage bits: inputs with all the digits of their type, sums as long as one block and longer."""
import struct

from . import networks
from .building import Made, arrays
from .drawing import Draws, full_text
from .fused import NEGATIVE_ZERO, Fused

LENGTHS = (1, 2, 5, 17, 255, 256, 257, 300)
# op, widths, rows
NETWORKS = (('layer', (257, 2), 1), ('forward', (3, 4, 2), 3), ('forward', (5, 3, 3, 2), 2),
            ('gradients', (3, 4, 2), 3), ('gradients', (1, 1), 300), ('gradients', (2, 3, 3, 1), 4),
            ('update', (3, 4, 2), 3), ('steps', (2, 3, 2), 2))


def bits():
    for dtype in ('float64', 'float32'):
        for length in LENGTHS:
            draws = Draws(f'bits {dtype} {length}')
            rows, columns = (2, 2) if length < 100 else (1, 1)
            given = {'a': draws.full(rows, length, dtype), 'b': draws.full(length, columns, dtype)}
            yield case('product', given, dtype, f'inner length {length}: blocks of 256, fma from +0 upwards')
        for op, widths, rows in NETWORKS:
            yield case(op, numbers(op, widths, rows, dtype), dtype, f'{rows} rows, widths {"-".join(map(str, widths))}')


def numbers(op, widths, rows, dtype):
    draws = Draws(f'bits {op} {widths} {rows} {dtype}')
    if op == 'layer':
        sizes = {'x': (rows, widths[0]), 'w': widths, 'b': (1, widths[1])}
        return {name: draws.full(*size, dtype) for name, size in sizes.items()}
    given = {} if op == 'steps' else {'x': draws.full(rows, widths[0], dtype)}
    for n, (above, below) in enumerate(zip(widths, widths[1:]), 1):
        given[f'w{n}'], given[f'b{n}'] = draws.full(above, below, dtype), draws.full(1, below, dtype)
    if op in ('gradients', 'update'):
        given['G_output'] = draws.full(rows, widths[-1], dtype)
    if op in ('update', 'steps'):
        given['rate'] = 1, 1, [full_text(0.30000001192092896, dtype)]       # a third or so, a float32
    if op == 'steps':
        for n in (1, 2):
            given[f'x{n}'], given[f'G{n}'] = draws.full(rows, widths[0], dtype), draws.full(rows, widths[-1], dtype)
    return given


def case(op, given, dtype, comment):
    fused = Fused(dtype)
    found = networks.evaluated(fused, op, arrays(given, dtype))
    out = {name: (a.rows, a.columns, [hexadecimal(value, dtype) for row in a.values for value in row],
                  ['0'] * (a.rows * a.columns)) for name, a in found.items()}
    return Made(op, given, out, ('Bits', 'SignedZero'), comment, 'valid', dtype)


def hexadecimal(value, dtype):
    number = -0.0 if value is NEGATIVE_ZERO else float(value)
    return struct.pack('>d' if dtype == 'float64' else '>f', number).hex()
