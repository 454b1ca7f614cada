"""VERDICTS.md: written from the results and from the sentences of explanations.json, and read again by a test."""
from pathlib import Path

from mlp_py.conformance.cases import STAGES

from . import running

PAGE = Path(__file__).with_name('VERDICTS.md')
COLUMNS = [stage for stage in STAGES if stage != 'bits']

HEAD = '''# Verdicts on other implementations

The judge of the conformance kit, put to other people's multilayer perceptrons. Each has an adapter of 60 lines or less
in this folder, which hands the numbers of a case to the library as they are and gives back what the library says; it
checks and repairs nothing. The libraries were not made to this specification: `wrong` means another answer than SPEC.md
has, and several of these answers are a convention that is documented over there. Written by

    python -m tests.verdicts

which asks whatever is installed, keeps the rows of what is not, and says so where a sentence below no longer fits what
came out. To install the libraries, in an environment of their own if need be:

{install}

and with the folder of npm: `NODE_PATH=FOLDER/node_modules python -m tests.verdicts`.

Right of asked, by stage; `-`: does not apply, skipped. `ratio` is the largest |error| / bound of the right answers. The
stage `bits`, which wants one order of summation, is not asked. `invalid` is asked where arrays of any shape reach the
library; whether to refuse them is its own decision. Where a loss and its gradient come in another unit, both are
multiplied by one factor, which stands below.
'''


def text(results):
    """The page. results: {key: result}."""
    ones = [one for one in running.implementations() if one['key'] in results]
    parts = [HEAD.format(install=install()), '\n'.join(table(ones, results))]
    parts += ['\n'.join(section(one, results[one['key']])) for one in ones]
    return '\n'.join(parts) + '\n'


def install():
    """The commands, one for each package manager."""
    words = {'pip': [], 'apt-get': ['clang'], 'npm': ['--prefix', 'FOLDER']}
    for one in running.implementations():
        tool, _, *names = one['install'].split(' (')[0].split()
        words[tool] += names
    return '\n'.join(f'    {tool} install {" ".join(names)}' for tool, names in words.items())


def table(ones, results):
    yield '| implementation | version | kind | ' + ' | '.join(COLUMNS) + ' | ratio |'
    yield '| ' + ' | '.join(['---'] * (len(COLUMNS) + 4)) + ' |'
    for one in ones:
        result = results[one['key']]
        worst = '-' if result['worst'] is None else f'{result["worst"]:.3f}'
        yield f'| {one["name"]} | {result["version"]} | {one["kind"]} | ' + ' | '.join(
            cell(*result['stages'].get(stage, (0, 0))) for stage in COLUMNS) + f' | {worst} |'


def cell(right, asked):
    return f'{right}/{asked}' if asked else '-'


def section(one, result):
    """What is wrong, the most cases first."""
    yield f'\n## {one["name"]}\n'
    yield f'Adapter: [{one["adapter"]}]({one["adapter"]}), judged in {one["dtype"]}. Convention: {one["convention"]}.\n'
    complaints, fitting = running.explained(one, result)
    for named, sentence in fitting:
        yield f'- {len(named)} wrong: {sentence} ({running.short(named)})'
    yield from (f'- **does not fit what came out**: {complaint}' for complaint in complaints)
    if not result['wrong']:
        yield '- nothing is wrong'


def read():
    """{name: {column: cell}} of the table in VERDICTS.md."""
    rows = [[cell.strip() for cell in line.strip('|').split('|')]
            for line in PAGE.read_text(encoding='utf-8').splitlines() if line.startswith('|')]
    return {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[2:]}
