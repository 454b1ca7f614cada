"""Golden bits: what mlp_c computes, as checksums, so that machines that never meet can be compared.

    python -m tests.golden_bits             compares every level that runs here, every path, with golden_bits.json
    python -m tests.golden_bits --write     writes golden_bits.json from the plain loops of the level in use

For each of 206 shapes and both precisions five checksums, so that a difference tells where it comes from:

    products    x @ w, x.T @ G, G @ w.T of the first layer's sizes
    forward     output and hidden layers
    gradients   of every parameter for a given gradient of the output, and of x
    steps       parameters after one backprop, after three training steps of regression; their losses and accuracies
    losses      binary and select: probabilities, loss, accuracy, parameters after a training step (exp, log)

A checksum is the beginning of the sha256 of the arrays' bytes, little-endian, one after the other. Inputs are made
by integers alone (splitmix64) and are dyadic fractions that fill the mantissa, so they are the same on every machine.
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from mlp_c import Network, levels

FILE = Path(__file__).with_name('golden_bits.json')
DTYPES = ('float64', 'float32')
PATHS = ('plain', 'small', 'packed', 'thin', 'fast')
PARTS = ('products', 'forward', 'gradients', 'steps', 'losses')
DIGITS = 16
ABOUT = ('Results of mlp_c, bit for bit, on every machine. Key: widths, then rows of the minibatch. Values: first '
         f'{DIGITS} hexadecimal digits of sha256 of: {", ".join(PARTS)}. Made by: python -m tests.golden_bits --write')


# ---- inputs ----------------------------------------------------------------------------------------------------

def random_bits(seed, size):
    """`size` 64-bit integers by splitmix64, as uint64."""
    constants = [np.uint64(c) for c in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)]
    z = (np.arange(1, size + 1, dtype=np.uint64) + np.uint64(seed << 32)) * constants[0]
    z = (z ^ (z >> np.uint64(30))) * constants[1]
    z = (z ^ (z >> np.uint64(27))) * constants[2]
    return z ^ (z >> np.uint64(31))


def numbers(seed, shape, dtype, exponent=0):
    """Uniform in -2**exponent .. 2**exponent, with the mantissa's full length."""
    width = 53 if dtype == 'float64' else 24
    integers = (random_bits(seed, int(np.prod(shape))) >> np.uint64(64 - width)).astype(np.int64) - (1 << (width - 1))
    return (integers.astype(dtype) * np.array(2.0**(exponent - width + 1), dtype)).reshape(shape)


def shapes():
    """206 pairs (widths, rows)."""
    found = [(widths, rows) for rows in (1, 2, 3, 10, 33)
             for widths in ((10, 4, 1), (8, 6, 1), (8, 12, 6, 1), (27, 10, 7), (27, 12, 6, 4, 7), (10, 1), (8, 1),
                            (27, 7), (24, 8, 2), (16, 32, 32, 4))]
    found += [((n, 21 - n, 1 + n % 7), n) for n in range(1, 21)]
    found += [((3, n, 2), 5 + n % 4) for n in range(1, 36)]
    found += [((n, 5), 9) for n in range(1, 21)]
    found += [((4, n), n % 13 + 1) for n in range(1, 21)]
    found += [((2, n, 1), 1) for n in range(2, 34)]
    found += [((n, 3, 2), 4) for n in (255, 256, 257)] + [((3, n, 2), 4) for n in (255, 256, 257)]
    found += [((5, 4, 3), rows) for rows in (255, 256, 257, 511, 512, 513)]
    found += [((1, 1), rows) for rows in (1, 255, 256, 257, 513)] + [((2, 9), 513), ((9, 17, 2), 512)]
    found += [((513, 2), 3), ((2, 513), 3), ((64, 32, 10), 32), ((70, 70, 3), 7)]
    found += [((784, 128, 10), 12), ((300, 260, 5), 40), ((130, 128, 3), 33), ((20, 700, 700, 3), 5), ((129, 136, 7), 260),
              ((1024, 520, 1030), 2)]       # wide: packed, the last one in two blocks of columns
    return found


class Inputs:
    """A network's parameters, x, a gradient of the output and targets; nothing in them is rounded or NaN."""

    def __init__(self, widths, rows, dtype, number):
        self.widths, self.rows, self.dtype = widths, rows, dtype
        self.pairs = [{'w': numbers(number << 8 | 2 * n, (a, b), dtype, 1 - a.bit_length() // 2),
                       'b': numbers(number << 8 | 2 * n + 1, (b,), dtype, -1)}
                      for n, (a, b) in enumerate(zip(widths, widths[1:]))]
        self.x = numbers(number << 8 | 101, (rows, widths[0]), dtype)
        self.G = numbers(number << 8 | 102, (rows, widths[-1]), dtype)
        self.G_first = numbers(number << 8 | 103, (rows, widths[1]), dtype)
        self.y = numbers(number << 8 | 104, (rows, widths[-1]), dtype, 1)
        self.binary = (random_bits(number << 8 | 105, self.y.size) >> np.uint64(63)).astype(dtype).reshape(self.y.shape)
        picked = random_bits(number << 8 | 106, rows) % np.uint64(widths[-1])
        self.select = (np.arange(widths[-1], dtype=np.uint64) == picked[:, None]).astype(dtype)

    def arrays(self):
        return [*[pair[name] for pair in self.pairs for name in 'wb'], self.x, self.G, self.G_first, self.y,
                self.binary, self.select]

    def network(self):
        net = Network(self.widths[0], self.widths[1:-1], self.widths[-1], dtype=self.dtype, std=0, rng=0)
        for pair, given in zip(net.params, self.pairs):
            pair['w'][...], pair['b'][...] = given['w'], given['b']
        return net


# ---- results ---------------------------------------------------------------------------------------------------

def products(inputs, level, path):
    x, w, G = inputs.x, inputs.pairs[0]['w'], inputs.G_first
    return [levels.product(A, B, level, path) for A, B in ((x, w), (x.T, G), (G, w.T))]


def results(inputs, level, path):
    """{part: list of arrays} by networks made while `levels.use(level, path)` holds."""
    net, x, G = inputs.network(), inputs.x, inputs.G
    output, aux = net.forward(x)
    gradients = [pair[name] for pair in net.gradients(G, aux) for name in 'wb']
    found = {'products': products(inputs, level, path), 'forward': [output, *aux[1:]],
             'gradients': [*gradients, net.input_gradient(G, aux)]}
    net.backprop(G, aux, 0.01)
    found['steps'] = [net.theta.copy()]
    seen = [net.train_step('regression', x, inputs.y, 0.01) for _ in range(3)]
    found['steps'] += [net.theta, np.array(seen)]
    found['losses'] = []
    for problem, y in (('binary', inputs.binary), ('select', inputs.select)):
        net = inputs.network()
        found['losses'] += [net.predict(x, problem), np.array(net.train_step(problem, x, y, 0.01)), net.theta]
    return found


def checksum(arrays):
    total = hashlib.sha256()
    for array in arrays:
        assert np.isfinite(array).all()
        total.update(array.astype(array.dtype.newbyteorder('<')).tobytes())
    return total.hexdigest()[:DIGITS]


def name_of(widths, rows):
    return f'{"-".join(map(str, widths))} x {rows}'


def checksums(level, path):
    """{shape: {dtype: its five checksums}} of one level and path; the levels module is left as it was."""
    levels.use(level, path)
    try:
        found = {}
        for number, (widths, rows) in enumerate(shapes()):
            found[name_of(widths, rows)] = {}
            for dtype in DTYPES:
                parts = results(Inputs(widths, rows, dtype, number), level, path)
                found[name_of(widths, rows)][dtype] = ' '.join(checksum(parts[part]) for part in PARTS)
        return found
    finally:
        levels.use(levels.level)


def inputs_checksum():
    """Of all inputs: where it differs, the inputs do, and no other checksum means anything."""
    return checksum([array for number, shape in enumerate(shapes()) for dtype in DTYPES
                     for array in Inputs(*shape, dtype, number).arrays()])


def differences(found, stored):
    """Lines that name what differs: shape, dtype, parts."""
    lines = []
    for shape in sorted({*found, *stored}):
        for dtype in DTYPES:
            got, wanted = (table.get(shape, {}).get(dtype, '').split() for table in (found, stored))
            if got != wanted:
                parts = [part for n, part in enumerate(PARTS) if got[n:n + 1] != wanted[n:n + 1]]
                lines.append(f'{shape}, {dtype}: {", ".join(parts)}')
    return lines


def stored():
    return json.loads(FILE.read_text(encoding='utf-8'))


def write():
    table = {'about': ABOUT, 'inputs': inputs_checksum(), 'shapes': checksums(levels.level, 'plain')}
    FILE.write_text(json.dumps(table, indent=1) + '\n', encoding='utf-8')
    print(f'{FILE}: {len(table["shapes"])} shapes, by the plain loops of level {levels.level}')


def main(arguments):
    if arguments == ['--write']:
        return write()
    if arguments:
        raise SystemExit(f'expected --write or nothing, got {" ".join(arguments)}\n{__doc__}')
    table, bad = stored(), 0
    if inputs_checksum() != table['inputs']:
        raise SystemExit('the inputs differ from those of golden_bits.json')
    for level in levels.runnable():
        for path in PATHS:
            lines = differences(checksums(level, path), table['shapes'])
            bad += len(lines)
            print(f'{level:10}{path:7}{len(table["shapes"])} shapes in both precisions, {len(lines)} different')
            print(''.join(f'    {line}\n' for line in lines[:10]), end='')
    return int(bad > 0)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
