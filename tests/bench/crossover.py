"""Who is quicker where: a network with one hidden layer, as wide as its input, over widths and batches.

The scaling curves are the row of the map with ROW rows, so nothing is measured twice. The others are taken at the better
of one thread and all; mlp_c, which chooses, may take all, and is also measured with one. The C and C++ peers are those
that need no compiling for each size.
"""
from mlp_py import benchjob
from mlp_py.console import Bar

from . import wide
from .arithmetic import flops_of_step, shape_text

WIDTHS, ROWS, ROW, OUTPUTS = (8, 16, 32, 64, 128, 256, 512, 1024), (1, 10, 32, 100, 512), 32, 10
PYTHON = ('mlp_c', 'lecture', 'JAX')
NATIVE = ('eigen_dynamic_row', 'eigen_dynamic_col', 'openblas', 'xsmm')
RIVALS = ('NumPy', 'JAX', 'C or C++')
TITLES = {'lecture': 'NumPy', 'JAX': 'JAX'}


def point(width, rows, dtype, rounds, chunk, patience):
    """dict for JSON: seconds of a step of mlp_c and of each of RIVALS that is there, those of mlp_c at each number of
    threads, and who differed from mlp_py."""
    widths = (width, width, OUTPUTS)
    counts = None if flops_of_step(widths, rows) > benchjob.THREADED else (1,)      # fewer: nobody gains from threads
    results = wide.measure(widths, rows, dtype, rounds=rounds, chunk=chunk, patience=patience, steps=500, names=PYTHON,
                           native=NATIVE, counts=counts)
    seconds, forms = {}, {}
    mine = {result['threads']: result['contestants'].pop('mlp_c')['median'] for result in results
            if 'mlp_c' in result['contestants']}
    if mine:
        seconds['mlp_c'], forms['mlp_c'] = mine[max(mine)], 'mlp_c'
    for result in results:
        for name, figures in result['contestants'].items():
            title = TITLES.get(name, 'C or C++')
            if figures['median'] < seconds.get(title, float('inf')):
                seconds[title], forms[title] = figures['median'], name
    return {'shape': shape_text(widths), 'width': width, 'rows': rows, 'dtype': dtype, 'seconds': seconds,
            'forms': forms, 'threads': mine,
            'differing': {name: text for result in results for name, text in result['differing'].items()}}


def measure(dtype, rounds=5, chunk=0.02, patience=1.0, widths=WIDTHS, rows=ROWS):
    """All points of the map; those of a row follow one another."""
    with Bar(len(widths) * len(rows), unit='point') as bar:
        found = []
        for count in rows:
            for width in widths:
                bar.label(f'map: width {width}, {count} rows')
                found.append(point(width, count, dtype, rounds, chunk, patience))
                bar.step()
    return found


def worst_of_threads(entries):
    """(mlp_c's time with all threads over that with one, the entry), where that is largest; None: one number alone."""
    found = [(entry['threads'][max(entry['threads'])] / entry['threads'][min(entry['threads'])], entry)
             for entry in entries if len(entry.get('threads', ())) > 1]
    return max(found, key=lambda item: item[0], default=None)


def rival(entry):
    """(the quickest of the others, how many times mlp_c's time it takes), or None."""
    others = {name: value for name, value in entry['seconds'].items() if name != 'mlp_c'}
    if 'mlp_c' not in entry['seconds'] or not others:
        return None
    name = min(others, key=others.get)
    return name, others[name] / entry['seconds']['mlp_c']
