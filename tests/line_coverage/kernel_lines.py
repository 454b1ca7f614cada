"""Reached lines of the kernels: gcov counts lines of kernels.c, the comments in it say whose lines these are.

Before the code of a line Cython writes

      /* "small.pxd":67
     *     while row < M:             # <<<<<<<<<<<<<<
     */

so lines of C belong to line 67 up to the next such comment, or up to the end of the function, whose code is no line's.
(cython --line-directives would be shorter, but gives that code to the last line of the function.) The headers that
kernels.c includes are pages too: there gcov's lines are the page's.

A line is there if it is in the kernels of any level and precision, and reached if it is reached in any of them. Levels
that were never loaded, because this CPU cannot run them, are not asked.
"""
import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

MARK = re.compile(r' */\* "(?:mlp_c/)?([^"/]+)":(\d+)$')
FUNCTION_END = re.compile(r' */\* function exit code \*/$')
COUNTERS = 'kernels.gcda'


def owners(text):
    """{line of C: (page, line)} of the text of a C page."""
    owner, lines = None, {}
    for number, line in enumerate(text.splitlines(), start=1):
        mark = MARK.match(line)
        if mark:
            owner = f'mlp_c/{mark[1]}', int(mark[2])
        elif FUNCTION_END.match(line) or line == '}':
            owner = None
        elif owner is not None:
            lines[number] = owner
    return lines


def counted(objects):
    """What gcov says about kernels.c and its headers, as compiled into the folder `objects`."""
    answer = subprocess.run(['gcov', '--json-format', '--stdout', '--object-directory', str(objects),
                             str(objects / COUNTERS)], capture_output=True, text=True, check=True).stdout
    return json.loads(answer)['files']


def measured(root):
    """({page: {line: reached}}, names of the kernels that ran), after the suite has run in the copy `root`."""
    pages, ran = defaultdict(dict), []
    for counters in sorted(root.glob(f'build/temp*/**/{COUNTERS}')):
        ran.append(next(part for part in counters.parts if part.startswith('mlp_c.')))
        for file in counted(counters.parent):
            path = Path(file['file'])
            if path.is_absolute():
                continue                                        # Python's headers and the compiler's
            owner_of = owners((root / path).read_text(encoding='utf-8')) if path.suffix == '.c' else None
            for line in file['lines']:
                number = line['line_number']
                page, number = (f'mlp_c/{path.name}', number) if owner_of is None else owner_of.get(number, (None, 0))
                if page is not None:
                    pages[page][number] = pages[page].get(number, False) or line['count'] > 0
    return dict(pages), ran
