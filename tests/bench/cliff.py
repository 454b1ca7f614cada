"""No cliffs: the step of 64-w-10 with 32 rows for every w, and how much one more unit costs at worst."""
import time

import numpy as np

from mlp_py import benchjob

LANES = {'v4': 64, 'v3': 32, 'neon': 16, 'baseline': 16}       # bytes of a vector


def scan(dtype, rounds, largest=256, steps=30):
    """Least seconds of a step for w = 1..largest, and the worst steps up.

    Every round walks through all w; the least of the rounds is what the machine can do when nobody disturbs it.

    Returns a dict: seconds (largest,), and for w beyond two vectors and for the others (ratio, w).
    """
    from mlp_c import Network, runtime_info
    best = np.full(largest, np.inf)
    _, x, y, order = benchjob.exercise((64, 1, 10), 32, dtype, 'regression', steps)
    nets = [Network(64, [w], 10, dtype=dtype, std='he', rng=0) for w in range(1, largest + 1)]
    for _ in range(rounds):
        for n, net in enumerate(nets):
            begin = time.perf_counter()
            net.train_epoch('regression', x, y, order, 32, benchjob.RATE)
            best[n] = min(best[n], time.perf_counter() - begin)
    ups = best[1:] / best[:-1]                                 # ups[n]: from w = n + 1 to n + 2
    lanes = LANES.get(str(dict(runtime_info()).get('level')), 16) // np.dtype(dtype).itemsize
    wide = np.arange(1, largest) > 2 * lanes

    def worst(chosen):
        n = int(np.argmax(np.where(chosen, ups, 0)))
        return [float(ups[n]), n + 1]

    return {'dtype': dtype, 'lanes': lanes, 'seconds': (best / steps).tolist(), 'beyond_two_vectors': worst(wide),
            'up_to_two_vectors': worst(~wide)}
