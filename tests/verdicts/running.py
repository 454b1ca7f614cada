"""Asks an implementation through the kit's judge, and says how that goes with the sentences of explanations.json.

A result is {'version', 'worst', 'stages': {stage: [right, asked]}, 'wrong': {case: the fields that are wrong}}; asked
are the cases that were not skipped, worst is the largest ratio of the right answers.
"""
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from mlp_py.conformance import cases, program, verdict

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
RESULTS = FOLDER / 'results.json'
SECONDS = 120               # of silence: some compile for each shape


def implementations():
    """The list in explanations.json."""
    return json.loads((FOLDER / 'explanations.json').read_text(encoding='utf-8'))


def version(one):
    """'1.2.3', or with the names before it where there are several; None: not installed."""
    try:
        found = {name: _version(one['kind'], name) for name in one['packages']}
    except (importlib.metadata.PackageNotFoundError, subprocess.CalledProcessError, FileNotFoundError):
        return None
    return ', '.join(found.values() if len(found) == 1 else map(' '.join, found.items()))


def _version(kind, name):
    """Raises where there is no such package."""
    if kind.startswith('Python'):
        return importlib.metadata.version(name)
    command = ['node', '-p', f"require('{name}/package.json').version"] if kind.startswith('JavaScript') else \
        ['pkg-config', '--modversion', name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def command(one):
    """What answers the cases, for a shell at the root of the repository."""
    words = [f'{name}={value}' for name, value in one.get('environment', {}).items()]
    if one['adapter'].endswith('.js'):
        return ' '.join([*words, 'node', f'tests/verdicts/{one["adapter"]}'])
    return ' '.join([*words, f"'{sys.executable}'", '-m', f'tests.verdicts.{one["adapter"].removesuffix(".py")}'])


def ask(one, stages=None):
    """The result; all stages, if not given."""
    asked = [case for case in cases.read(stages) if case.dtype in (None, one['dtype'])]
    here = os.getcwd()
    os.chdir(ROOT)
    try:
        outcome = program.check(command(one), asked, cases.text, one['dtype'], SECONDS, may_skip=cases.STAGES)
    finally:
        os.chdir(here)
    found, wrong = {}, {}
    for case, judged in zip(outcome.cases, outcome.verdicts, strict=True):
        counts = found.setdefault(case.stage, [0, 0])
        counts[0] += judged.status == 'right'
        counts[1] += judged.status != 'skipped'
        if judged.status == 'wrong':
            wrong[case.id] = wrong_fields(case, outcome.answers.get(case.id), one['dtype'])
    ratios = [judged.ratio for judged in outcome.verdicts if judged.status == 'right' and judged.ratio is not None]
    return {'version': version(one), 'worst': max(ratios, default=None), 'stages': found, 'wrong': wrong}


def wrong_fields(case, answer, dtype):
    """'loss G_output', of numbers; 'refuse', 'numbers' where it should have refused, or 'no answer'."""
    if answer is None:
        return 'no answer'
    if answer.kind != 'numbers' or case.result == 'invalid':
        return answer.kind
    names = [name for name, (expected, mag) in case.expected.items() if name in answer.fields and not (
        answer.fields[name].shape == expected.shape
        and verdict.within(answer.fields[name], expected, mag, dtype, 'SignedZero' in case.flags)[0].all())]
    return ' '.join(names)


def explained(one, result):
    """(what does not fit, sentences): the lines of complaint, and the reasons that still fit, with their cases."""
    complaints, fitting, left = [], [], dict(result['wrong'])
    for reason in one['reasons']:
        named = spelled(reason['cases'])
        missing = [name for name in named if name not in left]
        other = [name for name in named if name in left and 'only' in reason and left[name] != reason['only']]
        for name in named:
            left.pop(name, None)
        for names, what in ((missing, 'no longer wrong'), (other, f'not in {reason.get("only")} alone')):
            if names:
                complaints.append(f'{one["name"]}: {what}: {short(names)}, of which is said: {reason["text"]}')
        if not missing and not other:
            fitting.append((named, reason['text']))
    if left:
        complaints.append(f'{one["name"]}: wrong, and nothing is said of it: {short(left)}')
    return complaints, fitting


def spelled(text):
    """'loss/002 loss/004-014' as a list of cases."""
    found = []
    for stage, begin, end in re.findall(r'([a-z]+)/(\d+)(?:-(\d+))?', text):
        found += [f'{stage}/{number:03}' for number in range(int(begin), int(end or begin) + 1)]
    return found


def short(names):
    """The way back."""
    runs = []
    for stage, number in (name.split('/') for name in sorted(names)):
        if runs and runs[-1][0] == stage and runs[-1][2] == int(number) - 1:
            runs[-1][2] = int(number)
        else:
            runs.append([stage, int(number), int(number)])
    return ' '.join(f'{stage}/{begin:03}' + (f'-{end:03}' if end > begin else '') for stage, begin, end in runs)


def known():
    """{key: result} of the last run."""
    return json.loads(RESULTS.read_text(encoding='utf-8')) if RESULTS.exists() else {}
