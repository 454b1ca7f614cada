"""Which faults are planted: a seeded draw, spread over the pages and within a page over its lines."""
import random
from pathlib import Path

from .operators import mutants_of

KERNELS = ('kernels.pyx', 'plain.pxd', 'dense.pxd', 'steps.pxd', 'tiles.pxd', 'panels.pxd', 'small.pxd', 'direct.pxd',
           'plan.pxd', 'planned_step.pxd', 'losses.pxd', 'wide_losses.pxd', 'elementary.pxd', 'transpose.pxd', 'scratch.pxd',
           'packing.pxd', 'packed.pxd', 'matmul.pxd', 'thin.pxd', 'wide_step.pxd', 'row_blocks.pxd')
EXTENSIONS = ('engine', 'trainer', 'problems', 'arguments')
PYTHON = ('lecture.py', 'network.py', 'problems.py', 'training.py')

CYTHON_PAGES = [f'mlp_c/{name}' for name in (*KERNELS, *(f'{name}.pyx' for name in EXTENSIONS))]
PYTHON_PAGES = [f'mlp_py/{name}' for name in PYTHON]


def built_from(page):
    """The extension that a page ends up in; None for a page of Python."""
    name = Path(page).name
    return None if page in PYTHON_PAGES else 'kernels' if name in KERNELS else Path(page).stem


def shares(sizes, count):
    """`count` divided in proportion to the square roots of the sizes: large pages get more, small ones enough."""
    roots = [size**0.5 for size in sizes]
    ends = [round(count * sum(roots[:n]) / sum(roots)) for n in range(len(roots) + 1)]
    return [end - begin for begin, end in zip(ends, ends[1:])]


def drawn(mutants, count, rng):
    """`count` of a page's mutants: a fault for each of so many lines, then a second one for lines, and so on."""
    lines = {}
    for mutant in mutants:
        lines.setdefault(mutant.line, []).append(mutant)
    for line, there in lines.items():           # the rare operators of a line as often as its frequent ones
        rng.shuffle(there)
        seen = [sum(other.operator == mutant.operator for other in there[:n]) for n, mutant in enumerate(there)]
        lines[line] = [mutant for _, mutant in sorted(zip(seen, there), key=lambda pair: -pair[0])]
    chosen = []
    while len(chosen) < count and lines:
        left = sorted(lines)
        rng.shuffle(left)
        for line in left[:count - len(chosen)]:
            chosen.append(lines[line].pop())
        lines = {line: there for line, there in lines.items() if there}
    return sorted(chosen, key=lambda mutant: (mutant.line, mutant.begin, mutant.replacement))


def sample(root, seed, cython_count, python_count):
    """The drawn mutants of the tree at `root`, Cython pages first. A page's draw depends on its own text alone."""
    found = []
    for pages, count in ((CYTHON_PAGES, cython_count), (PYTHON_PAGES, python_count)):
        everything = [list(mutants_of(page, Path(root, page).read_text(encoding='utf-8'))) for page in pages]
        for page, mutants, share in zip(pages, everything, shares([len(m) for m in everything], count), strict=True):
            found += drawn(mutants, share, random.Random(f'{seed} {page}'))
    return found
