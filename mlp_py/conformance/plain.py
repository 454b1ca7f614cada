"""The kit in three plain texts, for judge.c and for whoever reads no JSON: cases.txt, expected.txt, fingerprints.txt.

The forms of the first two are told in `cases`. fingerprints.txt is fingerprints.json, a word in front of each line:

    case ID                                      a case by which mistakes are told
    decider ID                                   a case that decides where two mistakes answer alike
    fault SENTENCE                               a mistake; what follows is what it answers, where that is wrong
    doubtful SENTENCE                            the same; its name needs the word of the decider
    raises ID
    wrong ID NAME ROWS COLUMNS NUMBER ...        NUMBER: 16 digits of IEEE bits, or nan
"""
import json
import struct
from pathlib import Path

from . import cases


def texts():
    """{name: text} of the three files."""
    everything = cases.read()
    return {'cases.txt': ''.join(cases.text(case) + '\n' for case in everything),
            'expected.txt': ''.join(cases.expected_text(case) + '\n' for case in everything),
            'fingerprints.txt': ''.join(line + '\n' for line in _fingerprints())}


def write(folder):
    """Writes them into a folder that is there."""
    for name, text in texts().items():
        Path(folder, name).write_text(text, encoding='utf-8', newline='\n')


def _fingerprints():
    data = json.loads((cases.FOLDER / 'fingerprints.json').read_text(encoding='utf-8'))
    for kind in ('case', 'decider'):
        yield from (f'{kind} {name}' for name in data[kind + 's'])
    for fault in data['faults']:
        if fault['seen']:
            yield f"{'doubtful' if fault['decide'] else 'fault'} {fault['english']}"
            for name, wrong in fault['answers'].items():
                if wrong == 'raises':
                    yield f'raises {name}'
                    continue
                for field, (rows, columns, numbers) in wrong.items():
                    yield f'wrong {name} {field} {rows} {columns} {" ".join(map(_bits, numbers.split()))}'


def _bits(text):
    value = float(text)
    return 'nan' if value != value else struct.pack('>d', value).hex()
