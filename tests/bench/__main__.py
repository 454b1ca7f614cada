"""Measure everyone on this machine: python -m tests.bench

    python -m tests.bench --quick                          under 3 minutes, without the wide networks
    python -m tests.bench --shape 50-20-3 --rows 64        a network of one's own, and nothing else
    python -m tests.bench --json run.json --plot run.png   all figures, a picture
    python -m tests.bench --results                        writes tests/bench/RESULTS.md; under 25 minutes
    python -m tests.bench --map map.png                    only who is quicker where, by width and batch
    python -m tests.bench --switch                         only which way mlp_c goes, and when on threads

Contestants take turns in shuffled order; medians count. Nobody is timed whose parameters, after the same steps, are not
those of mlp_py. Let the machine be idle otherwise.
"""
import os
import sys

# OpenBLAS reads them as NumPy is loaded; they would make NumPy slower or quicker than it is by itself.
REMOVED = [name for name in ('OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE') if os.environ.pop(name, None) is not None]
if REMOVED and 'numpy' in sys.modules:                          # too late in this process: start again without them
    os.execv(sys.executable, [sys.executable, '-m', 'tests.bench', *sys.argv[1:]])
os.environ.setdefault('JAX_PLATFORMS', 'cpu')

import argparse         # noqa: E402  (the settings above must come before anything imports NumPy or JAX)
import json             # noqa: E402
from pathlib import Path                                        # noqa: E402

from mlp_py import outputs                                      # noqa: E402
from mlp_py.cli import Parser, layers, whole                    # noqa: E402
from mlp_py.console import Bar                                  # noqa: E402

from . import (accuracy, calls, cliff, crossover, imports, machine, picture, published, report, switch,     # noqa: E402
               training, wide)
from .arithmetic import DTYPES, LARGER, PROBLEMS, SMALL, WIDE, shape_text    # noqa: E402

RESULTS = Path(__file__).with_name('RESULTS.md')
# Rounds, seconds of a turn, steps of an epoch, seconds of trying forms; of the smaller jobs: rounds of one-row calls,
# of the published runs (and how many of them), of the scan for cliffs, of imports; seeds of the accuracy; calls timed
# one by one; of the wide networks how many there are, their rounds and seconds of trying forms; of the map's points
# rounds, seconds of a turn and of trying forms.
FULL = dict(rounds=15, chunk=0.05, steps=1000, patience=60, calls=15, published=(3, None), cliff=15, imports=25,
            seeds=20, single=100_000, wide=(5, 15, 4), map=(3, 0.02, 0.5))
QUICK = dict(rounds=7, chunk=0.02, steps=250, patience=2, calls=7, published=(1, 2), cliff=5, imports=7, seeds=5,
             single=20_000, wide=(0, 0, 0), map=(3, 0.01, 0.5))


def arguments_of(argv):
    """The parsed command line."""
    parser = Parser(prog='tests.bench', usage='python -m tests.bench [options]', allow_abbrev=False,
                    formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    add = parser.add_argument
    add('--quick', action='store_true', help='fewer rounds and shorter turns')
    add('--shape', metavar='WIDTHS', type=layers, help='time this network alone, e.g. --shape 50-20-3')
    add('--rows', metavar='N', type=whole(1), help='rows of a minibatch for --shape (default 10), e.g. --rows 64')
    add('--problem', choices=PROBLEMS, help='the loss for --shape (default regression), e.g. --problem select')
    add('--dtype', choices=DTYPES, help='this precision alone, e.g. --dtype float32')
    add('--json', metavar='FILE', help='write every figure, e.g. --json run.json')
    add('--plot', metavar='FILE', help='draw the training steps and the map, e.g. --plot run.png (needs matplotlib)')
    add('--map', metavar='FILE', help='measure and draw the map alone, e.g. --map map.png (needs matplotlib)')
    add('--switch', action='store_true', help='time products small, packed and thin, and nothing else')
    add('--results', action='store_true', help=f'write {RESULTS.name} beside this page')
    arguments = parser.parse_args(argv)
    for option in ('rows', 'problem'):
        if getattr(arguments, option) is not None and arguments.shape is None:
            parser.error(f'argument --{option}: only with --shape')
    if arguments.results and arguments.shape:
        parser.error('argument --results: not with --shape, which times one network alone')
    for option in ('map', 'switch'):
        if getattr(arguments, option) and (arguments.shape or arguments.results or arguments.plot):
            parser.error(f'argument --{option}: not with --shape, --results or --plot, for it measures this alone')
    if arguments.switch and (arguments.map or arguments.json):
        parser.error('argument --switch: not with --map or --json, for it prints a table alone')
    for option in ('json', 'plot', 'map'):
        if getattr(arguments, option) is not None:
            try:
                setattr(arguments, option, outputs.checked_path(getattr(arguments, option)))
                if option != 'json':
                    picture.picture_format(getattr(arguments, option))
            except (OSError, ValueError, ImportError) as error:
                parser.error(f'argument --{option}: {error}')
    return arguments


def cases(arguments, dtypes):
    """[(widths, rows, dtype, problem, names), ...] to be timed; with their own losses only the twins and JAX."""
    if arguments.shape:
        return [(arguments.shape, arguments.rows or 10, dtype, arguments.problem or 'regression', training.PYTHON)
                for dtype in dtypes]
    timed = [(*case, dtype, 'regression', training.PYTHON) for dtype in dtypes for case in SMALL + LARGER]
    # The first small network's own loss is mse: timed above.
    return timed + [(*case, dtype, problem, ('mlp_c', 'mlp_py', 'JAX')) for dtype in dtypes
                    for case, problem in list(zip(SMALL, PROBLEMS))[1:]]


def measure(arguments):
    """The whole run as a dict for JSON."""
    effort = QUICK if arguments.quick else FULL
    dtypes = (arguments.dtype,) if arguments.dtype else DTYPES
    wanted = cases(arguments, dtypes)
    run = {'machine': machine.about(), 'effort': effort, 'dtypes': dtypes, 'training': [], 'wide': []}
    has_mlp_c = isinstance(run['machine']['mlp_c'], dict)
    count, rounds, patience = effort['wide'] if not arguments.shape else (0, 0, 0)
    with Bar(len(wanted) + len(dtypes) * count + 5, unit='job') as bar:
        for widths, rows, dtype, problem, names in wanted:
            bar.label(f'{shape_text(widths)} {dtype} {problem}')
            run['training'].append(training.measure(
                widths, rows, dtype, problem, peak=run['machine']['peak'][dtype], names=names,
                **{key: effort[key] for key in ('rounds', 'chunk', 'steps', 'patience')}))
            bar.step()
        if arguments.shape:
            return run
        for dtype in dtypes:
            for widths, rows in WIDE[:count]:
                bar.label(f'{shape_text(widths)} {dtype}')
                run['wide'] += wide.measure(widths, rows, dtype, rounds=rounds, chunk=effort['chunk'],
                                            patience=patience, peak=run['machine']['peak'][dtype])
                bar.step()
        jobs = [('calls', lambda: [calls.one_row(dtype, effort['calls'], effort['chunk'], effort['single'])
                                   for dtype in dtypes])]
        if has_mlp_c:
            jobs += [('accuracy', lambda: accuracy.largest_errors(effort['seeds'])),
                     ('cliff', lambda: cliff.scans(dtypes, effort['cliff'])),
                     ('imports', lambda: imports.import_seconds(effort['imports'])),
                     ('published', lambda: published.published_runs(*effort['published']))]
        for name, job in jobs:
            bar.label(name)
            run[name] = job()
            bar.step()
    if arguments.plot:
        run['map'] = measure_map(arguments)
    return run


def measure_map(arguments):
    """The points of the map, in one precision: float64 unless --dtype names another."""
    return crossover.measure(arguments.dtype or DTYPES[0], *(QUICK if arguments.quick else FULL)['map'])


def write_json(arguments, run):
    """The file of --json, if it is wanted."""
    if arguments.json:
        with outputs.replacing(arguments.json) as file:
            file.write(json.dumps(run, indent=1).encode())


def main(argv=None):
    """Measure, print the report, write what was asked for; returns the exit status."""
    arguments = arguments_of(argv)
    if REMOVED:
        print(f'tests.bench: ignored {" and ".join(REMOVED)}', file=sys.stderr)
    if arguments.switch:
        switch.run((arguments.dtype,) if arguments.dtype else DTYPES)
        return 0
    if arguments.map:
        run = {'machine': machine.about(), 'map': measure_map(arguments)}
        picture.write(arguments.map, [], run['map'])
        write_json(arguments, run)
        return 1 if any(entry['differing'] for entry in run['map']) else 0
    run = measure(arguments)
    text = report.markdown(run)
    print(text)
    write_json(arguments, run)
    if arguments.plot:
        most = max(wide.thread_counts())
        panels = run['training'] + [result for result in run['wide'] if result['threads'] == most]
        picture.write(arguments.plot, panels, run.get('map', ()))
    if arguments.results:
        with outputs.replacing(str(RESULTS)) as file:
            file.write(f'# Results of `python -m tests.bench`\n\n{text}'.encode())
    return 1 if any(result['differing'] for result in run['training'] + run['wide']) else 0


if __name__ == '__main__':
    raise SystemExit(main())
