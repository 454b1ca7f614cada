"""What the Python adapters share: a case is read from a line, the library is asked, its answer is written on a line.

An adapter is an object with these methods; where it lacks one, or that calls skip(), the answer is `skip`:

    product(a, b)                     a b
    layer(x, w, b)                    sum, hidden
    forward(pairs, x)                 output, hiddens                   pairs is [(w, b), ..., (w, b) of the output]
    gradients(pairs, x, G_output)     [(G_w, G_b), ...], G_hiddens, G_x              (), None if unknown
    train(pairs, rate, steps)         [(w, b), ...] after all steps     steps is [(x, G_output), ...]
    loss(op, output, y)               loss, G_output                    op is 'regression', 'binary' or 'select'

Arrays are float64, b is the vector that libraries take (or the array as it is, where it has not one row). Neither this
page nor an adapter checks shapes or values: where the library raises, the answer is `refuse`. The stage `bits`, which
wants one order of summation, is skipped.
"""
import sys

import numpy as np


class Skip(Exception):
    """The library does not do that."""


def skip(it=True):
    if it:
        raise Skip


def serve(adapter, invalid=False):
    """Answers the cases on stdin; invalid: whether arrays of any shape reach the library as they are."""
    output, sys.stdout = sys.stdout, sys.stderr             # whatever a library prints is no answer
    for line in sys.stdin:
        name, op, *tokens = line.split()
        stage = name.split('/')[0]
        try:
            if stage == 'bits' or stage == 'invalid' and not invalid:
                skip()
            with np.errstate(all='ignore'):
                answer = text(asked(adapter, op, **fields(tokens)))
        except Skip:
            answer = 'skip'
        except Exception as error:              # whatever it is, the library would not do it
            print(f'# {name}: {type(error).__name__}: {error}'.splitlines()[0], file=output)
            answer = 'refuse'
        print(name, answer, file=output, flush=True)


def asked(adapter, op, **given):
    """{name: array}, the answer."""
    kind = {'update': 'train', 'steps': 'train', 'regression': 'loss', 'binary': 'loss', 'select': 'loss'}.get(op, op)
    if not hasattr(adapter, kind):
        skip()
    ask, pairs = getattr(adapter, kind), pairs_of(given)
    if kind == 'product':
        return {'c': ask(given['a'], given['b'])}
    if kind == 'loss':
        return dict(zip(('loss', 'G_output'), ask(op, **given), strict=True))
    if kind == 'layer':
        return dict(zip(('sum', 'hidden'), ask(given['x'], given['w'], vector(given['b'])), strict=True))
    if kind == 'forward':
        output, hiddens = ask(pairs, given['x'])
        return {'output': output, **named('hidden', zip(hiddens))}
    if kind == 'gradients':
        found, G_hiddens, G_x = ask(pairs, given['x'], given['G_output'])
        return {**named('G_w G_b', found), **named('G_hidden', zip(G_hiddens)), **({} if G_x is None else {'G_x': G_x})}
    skip(given['rate'].size != 1)               # libraries take a number
    return named('w b', ask(pairs, given['rate'].item(), steps_of(given)))


def fields(tokens):
    """{name: array} of the tokens behind the OP."""
    found = {}
    while tokens:
        rows, columns = int(tokens[1]), int(tokens[2])
        size = rows * columns
        found[tokens[0]] = np.array(tokens[3:3 + size], float).reshape(rows, columns)
        tokens = tokens[3 + size:]
    return found


def text(answer):
    """'NAME ROWS COLUMNS NUMBER ...' of each array; a vector is one row. float32 has digits enough as float64."""
    parts = []
    for name, values in answer.items():
        values = values.detach() if hasattr(values, 'detach') else values       # a tensor of PyTorch
        array = np.atleast_2d(np.asarray(values, float))
        array = array.reshape(-1, array.shape[-1]) if array.ndim > 2 else array
        parts += [name, *map(str, array.shape), *map(repr, array.ravel().tolist())]
    return ' '.join(parts)


def vector(b):
    return b[0] if len(b) == 1 else b


def pairs_of(given):
    """[(w1, b1), (w2, b2), ...]."""
    count = sum(name[0] == 'w' and name[1:].isdigit() for name in given)
    return [(given[f'w{n}'], vector(given[f'b{n}'])) for n in range(1, count + 1)]


def steps_of(given):
    """[(x1, G1), (x2, G2), ...], or the only step of an update."""
    if 'x' in given:
        return [(given['x'], given['G_output'])]
    count = sum(name[0] == 'x' for name in given)
    return [(given[f'x{n}'], given[f'G{n}']) for n in range(1, count + 1)]


def named(names, rows):
    """named('w b', [(w, b), ...]) is {'w1': w, 'b1': b, 'w2': ..., ...}."""
    return {f'{name}{n}': array for n, row in enumerate(rows, 1) for name, array in zip(names.split(), row)}
