"""Other people's multilayer perceptrons before the judge of the kit: python -m tests.verdicts [NAME ...]

Asks each implementation whose library is installed (NAME: these alone, e.g. torch fann), and writes results.json and
VERDICTS.md beside this page. Exit status 1: a sentence of explanations.json no longer fits what came out. To install:

    pip install scikit-learn torch equinox jax optax thinc tinygrad nerva-numpy
    apt-get install clang libfann-dev
    npm install --prefix FOLDER @tensorflow/tfjs synaptic
    NODE_PATH=FOLDER/node_modules python -m tests.verdicts

About 8 minutes on one core, nearly all of it compiling in tinygrad and JAX.
"""
import argparse
import json
import sys
import time

from . import page, running


def main(argv=None):
    ones = running.implementations()
    parser = argparse.ArgumentParser(prog='tests.verdicts', allow_abbrev=False, description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('name', metavar='NAME', nargs='*', help=', '.join(one['key'] for one in ones))
    names = parser.parse_args(argv).name
    unknown = set(names) - {one['key'] for one in ones}
    if unknown:
        parser.error(f'NAME: expected the names above, got {", ".join(sorted(unknown))}')
    results, complaints = running.known(), []
    for one in ones:
        if names and one['key'] not in names:
            continue
        if running.version(one) is None:
            kept = f'its row of {results[one["key"]]["version"]} is kept' if one['key'] in results else 'it has no row'
            print(f'{one["name"]}: not installed ({one["install"]}); {kept}')
            continue
        begin = time.perf_counter()
        results[one['key']] = result = running.ask(one)
        right, asked = (sum(counts[n] for counts in result['stages'].values()) for n in (0, 1))
        seconds = time.perf_counter() - begin
        print(f'{one["name"]} {result["version"]}: {right} of {asked} right, {seconds:.0f} s', flush=True)
        complaints += running.explained(one, result)[0]
    lines = [f' {json.dumps(one["key"])}: {json.dumps(results[one["key"]])}' for one in ones if one['key'] in results]
    running.RESULTS.write_text('{\n' + ',\n'.join(lines) + '\n}\n', encoding='utf-8')
    page.PAGE.write_text(page.text(results), encoding='utf-8')
    for complaint in complaints:
        print(f'CHANGED: {complaint}')
    return 1 if complaints else 0


if __name__ == '__main__':
    sys.exit(main())
