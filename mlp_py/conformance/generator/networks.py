"""The formulas of SPEC.md over Arrays: what a case gives, to what its answer must be."""
from .exact import Array


def pairs_of(given):
    """[(w1, b1), (w2, b2), ...]."""
    pairs = []
    while f'w{len(pairs) + 1}' in given:
        pairs.append((given[f'w{len(pairs) + 1}'], given[f'b{len(pairs) + 1}']))
    return pairs


def named(pairs, prefix=''):
    return {f'{prefix}{letter}{n}': array for n, pair in enumerate(pairs, 1) for letter, array in zip('wb', pair)}


def forward(rules, pairs, x):
    """[x, hidden1, ..., output]."""
    h = [x]
    for n, (w, b) in enumerate(pairs, 1):
        total = rules.product(h[-1], w, b)
        h.append(rules.relu(total) if n < len(pairs) else total)
    return h


def backward(rules, pairs, h, G):
    """The gradients of every pair, and those of every hidden layer and x: [G_x, G_hidden1, ...]."""
    gradients, below = [], []
    for n in reversed(range(len(pairs))):
        gradients.insert(0, (rules.product(h[n].transposed(), G), rules.column_sum(G)))
        G = rules.product(G, pairs[n][0].transposed())
        if n:
            G = rules.masked(G, h[n])
        below.insert(0, G)
    return gradients, below


def updated(rules, pairs, gradients, rate):
    return [tuple(rules.update(p, G, rate) for p, G in zip(pair, gradient)) for pair, gradient in zip(pairs, gradients)]


def evaluated(rules, op, given):
    """{name: Array} of the answer, the fields that may be left out behind the others."""
    if op == 'product':
        return {'c': rules.product(given['a'], given['b'])}
    if op == 'layer':
        total = rules.product(given['x'], given['w'], given['b'])
        return {'sum': total, 'hidden': rules.relu(total)}
    pairs = pairs_of(given)
    if op == 'steps':
        return _steps(rules, pairs, given)
    h = forward(rules, pairs, given['x'])
    if op == 'forward':
        return {'output': h[-1], **{f'hidden{n}': h[n] for n in range(1, len(pairs))}}
    gradients, below = backward(rules, pairs, h, given['G_output'])
    if op == 'gradients':
        hidden = {f'G_hidden{n}': below[n] for n in range(1, len(pairs))}
        return {**named(gradients, 'G_'), **hidden, 'G_x': below[0]}
    return named(updated(rules, pairs, gradients, given['rate'].values[0][0]))


def _steps(rules, pairs, given):
    outputs, rate = {}, given['rate'].values[0][0]
    for n in range(1, 1 + sum(name.startswith('x') for name in given)):
        h = forward(rules, pairs, given[f'x{n}'])
        outputs[f'output{n}'] = h[-1]
        pairs = updated(rules, pairs, backward(rules, pairs, h, given[f'G{n}'])[0], rate)
    return {**named(pairs), **outputs}


def mapped(number, given):
    """The same Arrays with `number` of every value."""
    return {name: Array(a.rows, a.columns, [[number(value) for value in row] for row in a.values])
            for name, a in given.items()}
