"""The tables of a run as Markdown: what is printed, and what RESULTS.md holds."""
from . import summary
from .arithmetic import grouped
from .training import best, ratios


def table(head, lines):
    """A Markdown table."""
    return ['| ' + ' | '.join(map(str, line)) + ' |' for line in (head, ['---'] * len(head), *lines)] + ['']


def machine_lines(machine):
    """Where and with what."""
    peaks = [f'{dtype}: {"?" if peak is None else f"{peak / 1e9:.1f} Gflop/s"}, latency '
             + ('?' if machine['latency_ns'][dtype] is None else f'{machine["latency_ns"][dtype]:.2f} ns')
             for dtype, peak in machine['peak'].items()]
    found = ', '.join(f'{name} {version}' for name, version in machine['versions'].items() if version)
    mlp_c = machine['mlp_c']
    told = [f'- OpenBLAS of the C and C++ peers: told that this is a {machine["told"]}, which it is too old to see'
            ] if machine.get('told') else []
    if isinstance(mlp_c, dict):
        mlp_c = ', '.join(f'{key} {value}' for key, value in mlp_c.items())
    return [f'- processor: {machine["processor"]}, {machine["cpus"]} to run on, load {machine["load"]:.2f} at the start'
            if machine['load'] is not None else f'- processor: {machine["processor"]}',
            f'- FMA peak of one core and latency, {"; ".join(peaks)}', f'- mlp_c: {mlp_c}',
            f'- BLAS of NumPy: {"; ".join(machine["blas"]) or "?"}', *told, f'- versions: {found}',
            f'- system: {machine["system"]}', f'- date: {machine["date"]}', f'- command: `{machine["command"]}`', '']


def training_table(result):
    """One case: us a step with quartiles, ratio to mlp_c, share of peak, form; who was left out."""
    base = 'mlp_c' if 'mlp_c' in result['contestants'] else next(iter(result['contestants']), None)
    lines = []
    ratio = ratios(result, base) if base else {}
    for name, figures in sorted(result['contestants'].items(), key=lambda item: item[1]['median']):
        share = figures['share_of_peak']
        remark = figures['form'] + ('' if figures['compared'] else ' theta not compared')
        lines.append([name, f'{figures["median"] * 1e6:.3f}', f'{figures["q1"] * 1e6:.3f} - {figures["q3"] * 1e6:.3f}',
                      f'{ratio[name]:.2f}', '' if share is None else f'{share:.1%}', remark.strip()])
    title = f'### {result["shape"]}, {result["rows"]} rows, {result["problem"]}, {result["dtype"]}'
    made = [title, '', *table(['contestant', 'us a step', 'quartiles', f'x {base}', 'of FMA peak', 'form'], lines)]
    made += [f'Excluded: {name} {verdict}.' for name, verdict in result['differing'].items()]
    if result['left_out']:
        made.append('Left out: ' + '; '.join(f'{name} ({why})' for name, why in result['left_out'].items()) + '.')
    return made + ([''] if made[-1] else [])


def wide_overview(results):
    """mlp_c beside the best of the others: a line for each case, dtype and number of threads."""
    lines = []
    for result in results:
        mine = result['contestants'].get('mlp_c')
        if mine:
            peers = [best(result, native=native) for native in (False, True)]
            share = mine['share_of_peak']
            lines.append([result['shape'], result['rows'], result['dtype'], result['threads'],
                          f'{mine["median"] * 1e6:.1f}', '' if share is None else f'{share:.0%}',
                          *('' if peer is None else f'{peer[1]:.2f} x ({peer[0]})' for peer in peers)])
    return table(['network', 'rows', 'dtype', 'threads', 'mlp_c, us a step', 'of FMA peak', 'best Python peer',
                  'best C or C++ peer'], lines)


def wide_table(results):
    """One case and dtype, everyone: us a step and times mlp_c's, at each number of threads; who was left out."""
    last = results[-1]
    names = sorted({name for result in results for name in result['contestants']},
                   key=lambda name: last['contestants'].get(name, {'median': float('inf')})['median'])
    lines = []
    for name in names:
        line, forms = [name], []
        for result in results:
            figures = result['contestants'].get(name)
            base = result['contestants'].get('mlp_c')
            line += [f'{figures["median"] * 1e6:.1f}' if figures else '',
                     f'{figures["median"] / base["median"]:.2f}' if figures and base else '']
            forms += [figures['form']] if figures else []
        as_it_is = not any(result['contestants'].get(name, {'resized': False})['resized'] for result in results)
        forms = ['with threads of its own' if name == 'JAX' else 'has one thread'] * as_it_is + forms
        lines.append([*line, '; '.join(filter(None, dict.fromkeys(forms)))])
    head = [text for result in results for text in (f'us, threads: {result["threads"]}', 'x mlp_c')]
    made = [f'### {last["shape"]}, {last["rows"]} rows, {last["problem"]}, {last["dtype"]}', '',
            *table(['contestant', *head, 'form'], lines)]
    for result in results:
        made += [f'Excluded at threads: {result["threads"]}: {name} {verdict}.'
                 for name, verdict in result['differing'].items()]
    if last['left_out']:
        made.append('Left out: ' + '; '.join(f'{name} ({why})' for name, why in last['left_out'].items()) + '.')
    return made + ([''] if made[-1] else [])


def calls_table(result):
    """Medians of calls with one row."""
    kinds = ('forward', 'predict', 'train_step')
    lines = [[name, *(f'{result[kind][name][1] * 1e6:.3f}' for kind in kinds)] for name in result['forward']]
    made = [f'### One row from Python, 10-4-1, {result["dtype"]}, us a call', '',
            *table(['contestant', *kinds], lines)]
    if 'each_train_step' in result:
        median, late = result['each_train_step']
        made += [f'`train_step` of mlp_c, calls timed one by one: median {median * 1e6:.3f} us, 99.9th percentile '
                 f'{late * 1e6:.3f} us.', '']
    return made


def published_table(results):
    """The four runs of the book, seconds."""
    ways = ('with loading', 'without loading')
    lines = [[result['id'], *(text for way in ways for text in (
        f'{result[way]["mlp_py"]:.2f}', f'{result[way]["mlp_c"]:.4f}', f'{result[way]["ratio"]:.0f}'))]
        for result in results]
    head = ['run', *(f'{name}, {way}' for way in ways for name in ('mlp_py s', 'mlp_c s', 'ratio'))]
    return ['### The four published runs', '', *table(head, lines)]


def markdown(run):
    """The whole report as one text; its first line says what the run shows."""
    kept = {True: 'yes', False: 'NO', None: '?'}
    lines = [summary.headline(run), '', *machine_lines(run['machine'])]
    promises = summary.rows(run)
    if promises:
        lines += ['## Promises', '']
        lines += table(['what', 'at least', 'measured', 'kept'], [[*row[:3], kept[row[3]]] for row in promises])
    lines += ['## Training steps', '',
              'Medians, each contestant in its best form; the share of peak counts the operations of the products.', '']
    for result in run['training']:
        lines += training_table(result)
    if run.get('wide'):
        lines += ['## Wide networks', '',
                  'At one thread and at all: shares are of the peak of so many cores. What has no setting was measured '
                  'once, as it is, and stands in both lists. Those far behind had one round.', '']
        lines += wide_overview(run['wide'])
        for results in grouped(run['wide'], 'shape', 'rows', 'dtype'):
            lines += wide_table(results)
    for result in run.get('calls', ()):
        lines += calls_table(result)
    if run.get('published'):
        lines += published_table(run['published'])
    return '\n'.join(lines).rstrip() + '\n'
