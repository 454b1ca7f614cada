"""Small, packed or thin, and when on threads: single products all ways, for the rule in mlp_c/matmul.pxd.

    python -m tests.bench --switch

The products are those of a layer (I, O) and a minibatch: x @ w goes forward, x.T @ G is a weight gradient, G @ w.T an
input gradient. `chosen` is the way that the rule takes, beside the quickest of all: about 1 where the rule is right.
"""
import statistics

import numpy as np

from mlp_py import benchjob

from .arithmetic import DTYPES
from .report import table
from .wide import thread_counts

LAYERS = ((32, 32), (64, 64), (64, 128), (256, 10), (10, 256), (128, 128), (256, 256), (784, 128),
          (512, 512), (1024, 1024))
ROWS = (1, 2, 3, 4, 8, 12, 16, 20, 24, 32, 100, 400)
KINDS = ('x @ w', 'x.T @ G', 'G @ w.T')


def operands(kind, rows, layer, dtype):
    """(A, B) of a product of this kind."""
    rng, (inputs, outputs) = np.random.default_rng(0), layer
    x, G, w = (rng.normal(size=size).astype(dtype) for size in ((rows, inputs), (rows, outputs), layer))
    return {'x @ w': (x, w), 'x.T @ G': (x.T, G), 'G @ w.T': (G, w.T)}[kind]


def ways_of(most):
    """{name: (path, threads)}; `most` is the largest number of threads."""
    ways = {'small': ('small', 1), 'packed': ('packed', 1), 'thin': ('thin', 1),
            **{f'{path}, {most} threads': (path, most) for path in ('small', 'packed', 'thin')}, 'chosen': ('fast', most)}
    return ways if most > 1 else {name: way for name, way in ways.items() if ', ' not in name}


def measure(dtype, rounds=7, chunk=0.002, layers=LAYERS, rows=ROWS):
    """list of dicts: kind, rows, layer, and the seconds of every way, without what a call costs by itself."""
    from mlp_c import levels
    ways, found = ways_of(max(thread_counts())), []

    def medians(A, B):
        calls = {name: lambda way=way: levels.product(A, B, levels.level, *way) for name, way in ways.items()}
        return {name: statistics.median(values) for name, values in benchjob.alternate(calls, rounds, chunk).items()}

    one = np.ones((1, 1), dtype)
    itself = medians(one, one)['small']
    for kind in KINDS:
        for layer in layers:
            for count in rows:
                seconds = {name: max(value - itself, 1e-9)
                           for name, value in medians(*operands(kind, count, layer, dtype)).items()}
                found.append({'kind': kind, 'rows': count, 'layer': layer, 'dtype': dtype, 'seconds': seconds})
    return found


def markdown(found):
    """The table of what `measure` found."""
    names = list(found[0]['seconds'])
    lines = []
    for entry in found:
        seconds = entry['seconds']
        quickest = min(value for name, value in seconds.items() if name != 'chosen')
        inputs, outputs = entry['layer']
        lines.append([entry['kind'], entry['rows'], f'{inputs} x {outputs}',
                      *(f'{seconds[name] * 1e6:.2f}' for name in names),
                      f'{seconds["small"] / seconds["packed"]:.2f}',
                      *(f'{seconds["packed"] / seconds[name]:.2f}' for name in names if name.startswith('packed, ')),
                      f'{seconds["chosen"] / quickest:.2f}'])
    gains = ['threads gain'] * any(name.startswith('packed, ') for name in names)
    head = ['product', 'rows', 'I x O', *(f'{name}, us' for name in names), 'small / packed', *gains,
            'chosen / quickest']
    return '\n'.join([f'### Small, packed or thin, {found[0]["dtype"]}', '', *table(head, lines)])


def run(dtypes=DTYPES):
    """Measure and print."""
    for dtype in dtypes:
        print(markdown(measure(dtype)))
