"""What is promised about speed, each promise beside what this run measured.

A row is (what, at least, measured, kept): kept is True, False, or None where this run cannot tell.
"""
from .arithmetic import LARGER, PROBLEMS, SMALL, WIDE, geometric_mean, grouped, quartiles, shape_text
from .crossover import worst_of_threads
from .training import best, ratios


# Of the last networks of WIDE: times the best of all on one thread and on all (one number: each in its better number of
# threads), and share of the FMA peak with AVX-512 and without, on one and on all; whether either is enough.
LEVEL = {
    (784, 128, 10): ((1.1, 1.15), None, None, False),
    (784, 512, 256, 10): ((1.0, 1.05), (0.8, 0.8), (0.8, 0.8), True),
    (1024, 1024, 1024, 1024): (0.98, (0.85, 0.82), (0.8, 0.77), False),
    (4096, 4096, 4096): (0.98, (0.75, 0.75), (0.75, 0.75), False),
}


def find(results, case, dtype, problem='regression'):
    """The result of measuring `case`, (widths, rows), or None."""
    return next((result for result in results if result['shape'] == shape_text(case[0]) and result['rows'] == case[1]
                 and result['dtype'] == dtype and result['problem'] == problem
                 and 'mlp_c' in result['contestants']), None)


def rows(run):
    """All rows that the run has figures for."""
    made = [row for dtype in run['dtypes'] for row in training_rows(run['training'], dtype)]
    for results in grouped(run.get('wide', ()), 'shape', 'rows', 'dtype'):
        info = run['machine'].get('mlp_c')
        made += wide_rows([result for result in results if 'mlp_c' in result['contestants']],
                          isinstance(info, dict) and info.get('level') == 'v4')
    for result in run.get('calls', ()):
        made += call_rows(result)
    if run.get('published'):
        made += published_rows(run['published'])
    if run.get('accuracy'):
        for kind, seeds in run['accuracy'].items():
            largest = {name: max(values) for name, values in seeds.items()}
            text = ', '.join(f'{name} {largest[name]:.1e} (median of seeds {quartiles(values)[1]:.1e})'
                             for name, values in seeds.items())
            made.append((f'float32 gradients of 10,000 rows, {kind}, largest error', "no larger than NumPy's", text,
                         largest['mlp_c'] <= largest['mlp_py']))
    for scan in run.get('cliff', ()):
        for key, limit in (('beyond_two_vectors', 1.5), ('up_to_two_vectors', 2.0)):
            if scan[key] is None:
                continue
            worst, width = scan[key]
            where = ('' if scan['threads'] is None else
                     f'{scan["rows"]} rows, w from {scan["widths"][0]} on, threads: {scan["threads"]}, ')
            made.append((f'64-w-10, {scan["dtype"]}, {where}w to w + 1, {key.replace("_", " ")}', f'at most {limit}',
                         f'{worst:.2f} at w = {width}', worst <= limit))
    worst = worst_of_threads(run.get('map', ()))
    if worst:
        ratio, entry = worst
        count = sum(len(point['threads']) > 1 for point in run['map'])
        made.append((f'{count} points of the map, {entry["dtype"]}, mlp_c allowed all threads, against one',
                     'at most 1.25 times its time', f'{ratio:.2f} at {entry["shape"]}, {entry["rows"]} rows', ratio <= 1.25))
    if run.get('imports'):
        made.append(('import of mlp_c beyond NumPy', 'under 50 ms', f'{run["imports"]["mlp_c"] * 1e3:.1f} ms',
                     run['imports']['mlp_c'] < 0.05))
    return made


def training_rows(results, dtype):
    """Steps of the small networks, with mse and with their own losses; then the two larger ones."""
    small = [find(results, case, dtype) for case in SMALL]
    label = f'three small networks, {dtype}, '
    for native, title, mean, least in ((False, 'best Python peer', 10, 8), (True, 'best C or C++ form', 1.4, 1.2)):
        found = [best(result, native=native) for result in small if result]
        if len(found) == len(SMALL) and all(found):
            figures = [ratio for _, ratio in found]
            text = ', '.join(f'{ratio:.2f} ({name})' for name, ratio in found)
            yield (label + title, f'{mean} x mean, none under {least}', f'{geometric_mean(figures):.2f} x: {text}',
                   geometric_mean(figures) >= mean and min(figures) >= least)
    if all(small):
        figures = [ratios(result)['mlp_py'] for result in small]
        yield (label + 'mlp_py', '80 x mean', f'{geometric_mean(figures):.0f} x', geometric_mean(figures) >= 80)
    own = [find(results, case, dtype, problem) for case, problem in zip(SMALL, PROBLEMS)]
    if all(own):
        jax = [best(result, ('JAX',)) for result in own]
        if all(jax):
            yield (label + 'own losses, JAX', '8 x each', ', '.join(f'{ratio:.2f}' for _, ratio in jax),
                   min(ratio for _, ratio in jax) >= 8)
    limits = {'float64': (1.2, 1.0), 'float32': (1.1, 1.2)}[dtype]
    for case, limit in zip(LARGER, limits):
        result = find(results, case, dtype)
        if not result:
            continue
        found = [peer for peer in (best(result), best(result, native=True)) if peer]
        title = f'{shape_text(case[0])}, {case[1]} rows, {dtype}, best of all'
        if found:
            name, ratio = min(found, key=lambda item: item[1])
            yield title, f'{limit} x', f'{ratio:.2f} x ({name})', ratio >= limit
        share = result['contestants']['mlp_c']['share_of_peak']
        if case == LARGER[0] and dtype == 'float64' and share:
            yield title.replace('best of all', 'share of FMA peak'), '50 %', f'{share:.0%}', share >= 0.5


def wide_rows(results, avx512):
    """One wide network in one dtype; `results` has an entry a number of threads."""
    shapes = {shape_text(widths): widths for widths, _ in WIDE}
    for result in results:
        widths, many = shapes.get(result['shape']), result['threads'] > 1
        if widths not in LEVEL:
            continue
        times, *shares, either = LEVEL[widths]
        label = f'{result["shape"]}, {result["rows"]} rows, {result["dtype"]}, threads: {result["threads"]}, '
        found = [peer for peer in (best(result), best(result, native=True)) if peer]
        name, ratio = min(found, key=lambda item: item[1], default=('nobody', None))
        limit = shares[not avx512] and shares[not avx512][many]
        share = result['contestants']['mlp_c']['share_of_peak']
        enough = None if share is None or limit is None else share >= limit
        text = '?' if ratio is None else f'{ratio:.2f} x ({name})'
        of_each = isinstance(times, tuple)
        ahead = None if ratio is None or not of_each else ratio >= times[many]
        if either:
            kept = True if ahead or enough else None if ahead is None or enough is None else False
            yield (label + 'best of all', f'{times[many]} x, or {limit:.0%} of FMA peak',
                   text + ('' if share is None else f', {share:.0%}'), kept)
            continue
        if of_each:
            yield label + 'best of all', f'{times[many]} x', text, ahead
        if limit:
            yield label + 'share of FMA peak', f'{limit:.0%}', '?' if share is None else f'{share:.0%}', enough
    of_all = LEVEL.get(shapes.get(results[0]['shape']) if results else None, ((),))[0]
    if results and results[0]['shape'] == shape_text(WIDE[0][0]):
        yield from better_of_all_threads(results, 2, 'best Python peer', (False,))
    elif of_all and not isinstance(of_all, tuple):
        yield from better_of_all_threads(results, of_all, 'best of all', (False, True))


def better_of_all_threads(results, times, what, kinds):
    """One row: mlp_c and its best peer, each with the number of threads that suits it; native peers where a kind says so."""
    mine = min(result['contestants']['mlp_c']['median'] for result in results)
    peers = [(peer[1] * result['contestants']['mlp_c']['median'], peer[0]) for result in results
             for peer in (best(result, native=native) for native in kinds) if peer]
    if peers:
        seconds, name = min(peers)
        label = f'{results[0]["shape"]}, {results[0]["rows"]} rows, {results[0]["dtype"]}, better of all threads, '
        yield label + what, f'{times} x', f'{seconds / mine:.2f} x ({name})', seconds >= times * mine


def call_rows(result):
    """One row from Python, as calls.py measured it."""
    label = f'one row, 10-4-1, {result["dtype"]}, '
    if 'mlp_c' not in result['forward']:
        return
    for kind, limit, times in (('forward', 0.5, 8), ('predict', 0.25, None), ('train_step', 1.0, None)):
        seconds = {name: values[1] for name, values in result[kind].items()}
        mine = seconds['mlp_c'] * 1e6
        peers = [(seconds[name] * 1e6 / mine, name) for name in seconds if name not in ('mlp_c', 'mlp_py')]
        ratio, name = min(peers, default=(None, ''))
        text = f'{mine:.3f} us' + (f', {ratio:.1f} x ({name})' if peers else '')
        kept = mine < limit and (times is None or not peers or ratio >= times)
        yield label + kind, f'under {limit} us' + (f', {times} x the best peer' if times else ''), text, kept
    median, late = result['each_train_step']
    yield (label + 'train_step, 99.9th percentile over median', 'under 3', f'{late / median:.2f}', late < 3 * median)


def published_rows(results):
    """The four runs of the book: the smallest of the four ratios must hold."""
    equal = all(result['lines_equal'] for result in results)
    for way, limit in (('without loading', 60), ('with loading', 25)):
        figures = [result[way]['ratio'] for result in results]
        text = ', '.join(f'{result["id"]} {figure:.0f}' for result, figure in zip(results, figures))
        yield (f'published runs {way}, against mlp_py', f'{limit} x each, printed lines equal',
               text + ('' if equal else ', LINES DIFFER'), min(figures) >= limit and equal)


def headline(run):
    """What the run shows, in one sentence."""
    factors = {'Python': [], 'C and C++': []}
    for result in run['training']:
        for title, native in (('Python', False), ('C and C++', True)):
            peer = best(result, native=native)
            if peer:
                factors[title].append(peer[1])
    shown = [f'{geometric_mean(values):.2f} times as fast as the best {title} peer ({min(values):.2f} to '
             f'{max(values):.2f})' for title, values in factors.items() if values]
    kept = [row[3] for row in rows(run) if row[3] is not None]
    promises = f'; {sum(kept)} of {len(kept)} promises kept' if kept else ''
    measured = f'in the geometric mean of {len(run["training"])} cases'
    subject = f'On {run["machine"]["processor"]} a training step of mlp_c is '
    compared = f'{" and ".join(shown)} {measured}' if shown else 'without a peer to compare with'
    return f'{subject}{compared}{promises}.'
