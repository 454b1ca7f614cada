"""How exact float32 gradients over 10,000 rows are: mlp_c's, and NumPy's with its OpenBLAS, against float64.

For the weight gradient alone, x.T @ G, whose 10,000 terms are what the order of sums is about, and for a whole
network, where the rounding of forward counts as well. Errors are taken relative to the entry itself, where one entry
that cancels to almost nothing decides, by luck; and as a share of the array's largest entry, where none does.
"""
import numpy as np

from mlp_py import Network

ROWS, SUM, WHOLE = 10_000, (32, (), 10), (10, (8,), 1)


def largest_errors(seeds):
    """{(what, relative to what) as text: {'mlp_c': [largest error, one a seed], 'mlp_py': ...}}."""
    import mlp_c
    twins = {'mlp_c': mlp_c.Network, 'mlp_py': Network}
    errors = {}
    for seed in range(seeds):
        for kind, (inputs, hidden, outputs) in (('x.T @ G', SUM), ('a whole network', WHOLE)):
            rng = np.random.default_rng(seed)
            x, y = (rng.normal(size=(ROWS, width)).astype('float32') for width in (inputs, outputs))
            exact = Network(inputs, hidden, outputs, std='he', rng=seed)
            exact.theta[...] = exact.theta.astype('float32')   # all three start from the same numbers
            expected = weight_gradients(exact, kind, x, y)
            scales = {'of the entry': np.abs(expected), 'of the largest entry': np.max(np.abs(expected))}
            for name, twin in twins.items():
                net = twin(inputs, hidden, outputs, dtype='float32')
                net.theta[...] = exact.theta
                error = np.abs(weight_gradients(net, kind, x, y) - expected)
                for which, scale in scales.items():
                    largest = errors.setdefault(f'{kind}, {which}', {twin: [] for twin in twins})
                    largest[name].append(float(np.max(error / scale)))
    return errors


def weight_gradients(net, kind, x, y):
    """All G_w in one float64 vector: of the loss, or ('x.T @ G') with y as the gradient of the output."""
    if kind == 'x.T @ G':
        gradients = net.gradients(y, [x])
    else:
        _, gradients = net.loss_and_gradients('regression', x, y)
    return np.concatenate([pair['w'].ravel() for pair in gradients]).astype('float64')
