"""The Python of a notebook: its code cells in order, with what only a notebook understands taken out or carried out.

    %matplotlib inline, !pip install, relu?      pass: line numbers stay
    %run ../chap01/abalone.ipynb                 that file is run in the same place
    %time train(), files = !ls                   the Python of it; None for what another program would say
    %%time, %%capture, ... above a cell          the cell without that line
    %%bash, %%html, ... above a cell             left out: it is not run here by a notebook either

What Python can read stays as it is: a line is a command only where Python itself stops at it.
"""
import ast
import json
import re
import shlex
from pathlib import Path

AROUND_PYTHON = {'time', 'timeit', 'capture', 'prun', 'debug'}      # magics whose cell is Python, run in its place
COMMAND = re.compile(r'(\s*)(%|!|\?|[\w.]+\?\??\s*$)')
TIMED = re.compile(r'(\s*)%(?:time|prun)\s+(.*)')
ASSIGNED = re.compile(r'(\s*[\w, .]+=\s*)[%!]')


def cells(text):
    """The texts of the code cells, ready for `pieces`; raises ValueError where the text is no notebook."""
    try:
        found = [''.join(cell['source']) for cell in json.loads(text)['cells'] if cell['cell_type'] == 'code']
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(repr(error)) from None
    return [_without_magic(text) for text in found]


def _without_magic(text):
    """A cell that begins with %%: as the magic of that name takes it."""
    if not text.lstrip().startswith('%%'):
        return text
    magic, newline, rest = text.partition('%%')[2].partition('\n')
    name = (magic.split() or [''])[0]
    return newline + rest if name in AROUND_PYTHON else ''


def pieces(text):
    """[(Python, None), ('', file that is to be run), ...] in their order; each Python keeps its line numbers."""
    lines, runs = text.split('\n'), []
    while True:
        try:
            ast.parse('\n'.join(lines))
            break
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
        replaced = _replaced(lines[number]) if 0 <= number < len(lines) else None
        if replaced is None:
            break                           # no command: compile will say what is wrong
        file = _run_by(lines[number])
        if file is not None:
            runs.append((number, file))
        lines[number] = replaced
    found, begun = [], 0
    for number, file in sorted(runs):
        found += [('\n' * begun + '\n'.join(lines[begun:number]), None), ('', file)]
        begun = number + 1
    return [*found, ('\n' * begun + '\n'.join(lines[begun:]), None)]


def _replaced(line):
    """The Python that stands for a line with a command; None where there is none in it."""
    timed, assigned, command = TIMED.match(line), ASSIGNED.match(line), COMMAND.match(line)
    if timed:
        return timed[1] + timed[2]
    return assigned[1] + 'None' if assigned else command[1] + 'pass' if command else None


class _Nothing:
    """Whatever it is asked for or called with, it does nothing: what a notebook shows is nobody's concern here."""

    def __getattr__(self, name):
        return self

    def __call__(self, *arguments, **options):
        return self


nothing = _Nothing()


def _run_by(line):
    """The file that a line %run names, '.py' where it names none; None for any other line, also where it is indented."""
    if not line.startswith('%run '):
        return None
    try:
        words = [word for word in shlex.split(line)[1:] if not word.startswith('-')]
    except ValueError:
        return None
    return None if not words else words[0] if Path(words[0]).suffix in ('.py', '.ipynb') else words[0] + '.py'
