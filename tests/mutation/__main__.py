"""python -m tests.mutation: see the package's own page for what it is."""
import argparse
import json
import os
import random
import signal
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from . import report
from .sample import sample
from .workshop import KIT, TIERS, Workshop

ROOT = Path(__file__).resolve().parents[2]


def parsed(argv):
    cache = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache', 'mlp-twins', 'mutation.jsonl')
    parser = argparse.ArgumentParser(prog='python -m tests.mutation', description='plant faults, run the tests')
    parser.add_argument('--seed', type=int, default=1234)
    parser.add_argument('--cython', type=int, default=200, help='faults in the Cython pages')
    parser.add_argument('--python', type=int, default=60, help='faults in the pages of mlp_py')
    parser.add_argument('--tier', choices=(*TIERS, KIT), default='quick', help='first: the pages alone that kill fast; '
                        'each tier goes on with what survived the one before; kit: the conformance kit in place of the tests, '
                        'with --results of its own')
    parser.add_argument('--pages', nargs='+', metavar='PAGE', help='plant in these alone, e.g. mlp_c/packed.pxd')
    parser.add_argument('--jobs', type=int, choices=(1, 2), default=1)
    parser.add_argument('--results', type=Path, default=cache, help=f'a line of JSON for each fault ({cache})')
    parser.add_argument('--list', action='store_true', help='print the faults')
    parser.add_argument('--only', type=int, metavar='N', help='plant fault N alone, again, and show what the tests say')
    parser.add_argument('--report', action='store_true', help='print the report')
    parser.add_argument('--again', action='store_true', help='try survivors again, after tests were added')
    parser.add_argument('--trust', action='store_true', help='do not first run the tests without a fault')
    return parser.parse_args(argv)


def left(mutants, options, records):
    """Which mutants are to be judged, in an order of the seed's: so a part of them tells of all pages."""
    if options.only is not None:
        return [mutants[options.only]]

    def done(record):
        open_yet = record and record['verdict'] == 'survived' and options.tier != KIT and (
            options.again or TIERS.index(record['tier']) < TIERS.index(options.tier))
        return record and record['verdict'] != 'lost' and not open_yet

    mixed = random.Random(options.seed).sample(mutants, len(mutants))
    return [mutant for mutant in mixed if not done(records.get(mutant.key))
            and (not options.pages or mutant.page in options.pages)]


def write(path, record):
    """Append one line, whole."""
    with open(path, 'a', encoding='utf-8') as file:
        file.write(json.dumps(record, ensure_ascii=False) + '\n')


def work(shops, waiting, options, numbers, records):
    """Judge what waits, in as many threads as there are workshops, and write each result down."""
    free = SimpleQueue()
    for shop in shops:
        free.put(shop)

    def judged(mutant):
        shop = free.get()
        try:
            known = records.get(mutant.key) if options.only is None and not options.again else None
            return mutant, *shop.judge(mutant, options.tier, known and known['tier'])
        finally:
            free.put(shop)

    pool = ThreadPoolExecutor(len(shops))
    futures = [pool.submit(judged, mutant) for mutant in waiting]
    try:
        for future in as_completed(futures):
            mutant, record, output = future.result()
            write(options.results, record)
            print(f'{numbers[mutant.key]:4} {record["verdict"]:9} {record["seconds"]:6.1f} s  {mutant.page}:{mutant.line}  '
                  f'{record["by"] or mutant.after}', flush=True)
            if options.only is not None:
                print(output)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for shop in shops:
            shop.stop()
        raise
    finally:
        pool.shutdown()


def main(argv=None):
    signal.signal(signal.SIGTERM, signal.default_int_handler)       # where it runs unseen, the only Ctrl-C there is
    options = parsed(argv)
    mutants = sample(ROOT, options.seed, options.cython, options.python)
    numbers = {mutant.key: n for n, mutant in enumerate(mutants)}
    if options.list:
        for mutant in mutants:
            print(f'{numbers[mutant.key]:4} {mutant.page}:{mutant.line}  {mutant.operator}\n       {mutant.before}\n'
                  f'       {mutant.after}')
        return 0
    records, rehearsed = report.read(options.results)
    if options.report:
        print(report.told(mutants, records))
        return 0
    options.results.parent.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    waiting = left(mutants, options, records)
    print(f'{len(waiting)} of {len(mutants)} faults to plant; results in {options.results}', flush=True)
    if not waiting:
        return 0
    shops = []
    try:
        shops.append(Workshop(ROOT))
        tree = shops[0].digest()
        if (tree, options.tier) not in rehearsed and not options.trust:
            seconds = shops[0].rehearse(options.tier)
            write(options.results, {'rehearsed': tree, 'tier': options.tier, 'seconds': seconds})
            print(f'without a fault all tests pass, in {seconds[0]} s', flush=True)
        shops += [Workshop(ROOT, like=shops[0]) for _ in range(options.jobs - 1)]
        work(shops, waiting, options, numbers, records)
    except KeyboardInterrupt:
        print('\nstopped; the same command goes on from here')
        return 130
    finally:
        for shop in shops:
            shop.made.cleanup()
    return 0


if __name__ == '__main__':
    sys.exit(main())
