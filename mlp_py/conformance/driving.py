"""A module with the lecture's functions answers the cases of the kit: through `contract` alone, as `protocol` does.

    product      the output of no hidden layer without a bias
    layer        sum: the output of no hidden layer; hidden: aux of one hidden layer
    gradients    what an update with rate 1 subtracts: exact where the update is; G_hidden and G_x are left out
    losses       forward_postproc and backprop_postproc, where the module has them
"""
import io
from contextlib import redirect_stdout

import numpy as np

from . import protocol


class Skipped(Exception):
    """The module does not have what the case asks for."""


def answer(model, case, dtype='float64'):
    """The fields of the answer, {name: array (rows, columns)}; whatever the module raises is raised.

    Parameters
    ----------
    model : module, or an object with the attributes that `contract` names
    case : cases.Case
    dtype : {'float64', 'float32'}
        In it x, the parameters and G_output are handed over.
    """
    given = {name: array(*field, dtype) for name, field in case.given.items()}
    with redirect_stdout(io.StringIO()), np.errstate(all='ignore'):
        if case.op == 'product':
            columns = given['b'].shape[1]
            return {'c': _forward(model, given['a'], [(given['b'], np.zeros((1, columns), dtype))])[0]}
        if case.op == 'layer':
            w, b, columns = given['w'], given['b'], given['w'].shape[1]
            above = np.zeros((columns, 1), dtype), np.zeros((1, 1), dtype)
            hidden = _forward(model, given['x'], [(w, b), above])[1][1]
            return {'sum': _forward(model, given['x'], [(w, b)])[0], 'hidden': hidden}
        if case.op in ('forward', 'gradients', 'update', 'steps'):
            return _ask(model, case.op, given)
        return _loss(model, case.op, given)


def array(rows, columns, texts, dtype='float64'):
    """The array of a Field."""
    return np.array([float(text) for text in texts], dtype).reshape(rows, columns)


def _ask(model, op, given):
    pairs = [(given[f'w{n}'], given[f'b{n}']) for n in range(1, 1 + sum(name[0] == 'w' for name in given))]
    if op == 'forward':
        output, aux = _forward(model, given['x'], pairs)
        return {'output': output, **{f'hidden{n}': hidden for n, hidden in enumerate(aux[1:], 1)}}
    rate = float(given['rate'][0, 0]) if 'rate' in given else 1.0
    _begin(model, pairs, rate)
    before, outputs = protocol.read(model), {}
    if op == 'steps':
        for n in range(1, 1 + sum(name[0] == 'x' for name in given)):
            output, aux = model.forward_neuralnet(given[f'x{n}'])
            outputs[f'output{n}'] = np.array(output)
            model.backprop_neuralnet(given[f'G{n}'], aux)
    else:
        _, aux = model.forward_neuralnet(given['x'])
        model.backprop_neuralnet(given['G_output'], aux)
    after = protocol.read(model)
    if op == 'gradients':
        return _named(protocol.gradients(before, after, rate), 'G_')
    return {**_named(after), **outputs}


def _begin(model, pairs, rate):
    """Biases of more than one row are handed over as they are: a module that checks its arguments refuses them."""
    protocol.begin(model, [{'w': w, 'b': b[0] if len(b) == 1 else b} for w, b in pairs], rate)


def _forward(model, x, pairs):
    """(output, aux) as copies."""
    _begin(model, pairs, 1.0)
    output, aux = model.forward_neuralnet(x)
    return np.array(output), [np.array(hidden) for hidden in aux]


def _named(pairs, prefix=''):
    return {f'{prefix}{letter}{n}': pair[letter] if letter == 'w' else np.atleast_2d(pair[letter])
            for n, pair in enumerate(pairs, 1) for letter in 'wb'}


def _loss(model, problem, given):
    if not all(callable(getattr(model, name, None)) for name in ('forward_postproc', 'backprop_postproc')):
        raise Skipped(f'{problem}: forward_postproc and backprop_postproc')
    model.problem = problem
    loss, aux = model.forward_postproc(given['output'], given['y'])
    return {'loss': np.array(loss, float).reshape(1, 1), 'G_output': np.array(model.backprop_postproc(1.0, aux))}
