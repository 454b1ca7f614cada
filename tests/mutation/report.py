"""What came of the faults, counted; and the reasons of those that survived."""
import json
from collections import Counter
from pathlib import Path

REASONS = Path(__file__).with_name('survivors.json')
OPEN = 'NOT CAUGHT'


def reasons():
    """{key of a mutant: 'equivalent: ...', or 'NOT CAUGHT: ...'}"""
    return json.loads(REASONS.read_text(encoding='utf-8')) if REASONS.exists() else {}


def read(path):
    """{key: last record} of a results file, and its rehearsals; a line cut short by an interruption is left out."""
    records, rehearsed = {}, {}
    for line in path.read_text(encoding='utf-8').splitlines() if path.exists() else ():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if 'rehearsed' in record:
            rehearsed[record['rehearsed'], record['tier']] = record['seconds']
        else:
            records[record['key']] = record
    return records, rehearsed


def state_of(mutant, records, known):
    """'caught', 'caught by full', 'equivalent', 'not caught', 'stillborn', 'survived first' or 'to come'.

    survived first: only the pages that kill fast have run so far, which decides nothing.
    """
    record = records.get(mutant.key)
    if record is None or record['verdict'] == 'lost':
        return 'to come'
    if record['verdict'] == 'stillborn':
        return 'stillborn'
    if record['verdict'] != 'survived':
        return 'caught by full' if record['tier'] == 'full' else 'caught'
    if record['tier'] == 'first':
        return 'survived first'
    return 'equivalent' if known.get(mutant.key, '').startswith('equivalent') else 'not caught'


def told(mutants, records):
    """The report, in Markdown."""
    known = reasons()
    states = {mutant: state_of(mutant, records, known) for mutant in mutants}
    columns = ('caught', 'caught by full', 'equivalent', 'not caught', 'stillborn', 'survived first', 'to come')
    lines = ['| page | faults | ' + ' | '.join(columns) + ' |', '| --- |' + ' ---: |' * (len(columns) + 1)]
    total = Counter()
    for page in dict.fromkeys(mutant.page for mutant in mutants):
        counts = Counter(state for mutant, state in states.items() if mutant.page == page)
        total += counts
        lines.append(f'| {page} | {sum(counts.values())} | ' + ' | '.join(str(counts[c] or '') for c in columns) + ' |')
    lines.append(f'| all | {len(mutants)} | ' + ' | '.join(str(total[column]) for column in columns) + ' |')
    wrong, undecided = (sum(total[state] for state in some) for some in (
        ('caught', 'caught by full', 'not caught'), ('survived first', 'to come')))
    cython = sum(mutant.page.startswith('mlp_c/') and state not in ('stillborn', 'survived first', 'to come')
                 for mutant, state in states.items())
    lines += ['', f'{wrong + total["equivalent"]} faults decided, {cython} of them in Cython pages; {wrong} of them change '
              f'what is computed or promised, {total["caught"]} of these the quick tier caught.', '']
    if undecided:       # those that survive take longest, so a share of the decided ones would flatter
        lines += [f'{undecided} are undecided: no score yet.', '']
    elif wrong:
        lines += [f'Score of the quick tier: {100 * total["caught"] / wrong:.1f} %.', '']
    killers = Counter(records[mutant.key]['by'].split('::')[0].split()[-1] for mutant, state in states.items()
                      if state in ('caught', 'caught by full') and records[mutant.key]['by'])
    lines += ['First test page to notice: '
              + ', '.join(f'{name} {count}' for name, count in killers.most_common()) + '.', '']
    refuted = [mutant.key for mutant, state in states.items() if mutant.key in known and state.startswith('caught')]
    if refuted:
        lines += ['## Called equivalent, but caught', '', *(f'- {key}' for key in refuted), '']
    for wanted, title in (('not caught', 'Not caught'), ('equivalent', 'Survivors that are equivalent')):
        some = [mutant for mutant, state in states.items() if state == wanted]
        lines += [f'## {title}: {len(some)}', '']
        for mutant in some:
            lines += [f'- {mutant.page}:{mutant.line} ({mutant.operator})', f'  `{mutant.before}`', f'  `{mutant.after}`',
                      f'  {known.get(mutant.key, OPEN + ": no reason given")}']
        lines.append('')
    return '\n'.join(lines)
