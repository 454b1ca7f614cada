"""The Python of a notebook: its code cells in order, with what only a notebook understands taken out or carried out.

    %matplotlib inline, !pip install, relu?      emptied: line numbers stay
    %run ../chap01/abalone.ipynb                 that file is run in the same place, as the notebook would
    %%time, %%capture, ... above a cell          the cell without that line
    %%bash, %%html, ... above a cell             left out: it is no Python
"""
import ast
import json
import re

AROUND_PYTHON = {'time', 'timeit', 'capture', 'prun', 'python', 'python3', 'py', 'debug'}    # magics whose cell is Python
RUN = re.compile(r'\s*%run\s+(?:-\w+\s+)*[\'"]?(.+?\.(?:py|ipynb))[\'"]?(\s|$)')


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
    """[(Python, None), ('', file of a %run), ...] in their order; each Python keeps its line numbers."""
    try:
        ast.parse(text)
        return [(text, None)]
    except SyntaxError:
        pass
    lines, found, begun = text.split('\n'), [], 0
    for number, line in enumerate(lines):
        run = RUN.match(line)
        if run:
            found += [(_plain(lines, begun, number), None), ('', run[1])]
            begun = number + 1
    return [*found, (_plain(lines, begun, len(lines)), None)]


def _plain(lines, begin, end):
    """Lines begin to end - 1 below as many empty ones, without commands to the notebook."""
    return '\n'.join([''] * begin + ['' if line.lstrip().startswith(('%', '!', '?')) or line.rstrip().endswith('?') else line
                                     for line in lines[begin:end]])
