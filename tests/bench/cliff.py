"""No cliffs: the step of 64-w-10 for every w, and how much one more unit costs at worst.

Small networks: 32 rows, w = 1..256. Wide ones: 64 rows, w = 64..512, where products begin to go packed and to be shared
among threads (mlp_c/blocksizes.h says from where on).
"""
import time

import numpy as np

from mlp_py import benchjob, contestants

from .wide import thread_counts

LANES = {'v4': 64, 'v3': 32, 'neon': 16, 'baseline': 16}       # bytes of a vector
SMALL, WIDE = (1, 256, 32), (64, 512, 64)                      # the first w, the last, rows


def scan(dtype, rounds, widths=SMALL, steps=30, threads=None):
    """Least seconds of a step for w = first..last, and the worst steps up.

    Every round walks through all w; the least of the rounds is what the machine can do when nobody disturbs it.

    Returns a dict: seconds, one a w, and for w beyond two vectors and for the others (ratio, w), None where there are
    none.
    """
    import mlp_c
    first, last, rows = widths
    _, x, y, order = benchjob.exercise((64, 1, 10), rows, dtype, 'regression', steps)
    nets = [mlp_c.Network(64, [w], 10, dtype=dtype, std='he', rng=0) for w in range(first, last + 1)]
    best = np.full(len(nets), np.inf)
    mlp_c.set_num_threads(threads or contestants.ALL)
    try:
        for _ in range(rounds):
            for n, net in enumerate(nets):
                begin = time.perf_counter()
                net.train_epoch('regression', x, y, order, rows, benchjob.RATE)
                best[n] = min(best[n], time.perf_counter() - begin)
    finally:
        mlp_c.set_num_threads(contestants.ALL)
    ups = best[1:] / best[:-1]                                 # ups[n]: from w = first + n to the next
    lanes = LANES.get(str(dict(mlp_c.runtime_info()).get('level')), 16) // np.dtype(dtype).itemsize
    beyond = np.arange(first, last) > 2 * lanes

    def worst(chosen):
        n = int(np.argmax(np.where(chosen, ups, 0)))
        return [float(ups[n]), first + n] if chosen.any() else None

    return {'dtype': dtype, 'lanes': lanes, 'widths': [first, last], 'rows': rows, 'threads': threads,
            'seconds': (best / steps).tolist(), 'beyond_two_vectors': worst(beyond),
            'up_to_two_vectors': worst(~beyond)}


def scans(dtypes, rounds):
    """The small networks, then the wide ones at every number of threads."""
    found = [scan(dtype, rounds) for dtype in dtypes]
    return found + [scan(dtype, max(3, rounds // 2), WIDE, 10, threads) for dtype in dtypes
                    for threads in thread_counts()]
