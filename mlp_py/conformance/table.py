"""What the judge prints: a table by stage, what was not as agreed, the first failure, the name of the mistake."""
import unicodedata
from typing import NamedTuple

from .verdict import Malformed, Problem, Verdict, judge, read
from .wording import number, shortened


class Outcome(NamedTuple):
    """What came out of a check.

    verdicts: one for each case. answers: {ID: Answer} of those that could be read, for the diagnosis. manners:
    [(Problem, where or '')]. notes: {number of a case: [(key of wording, text)]}, lines for its failure. fault: what
    the diagnosis found, with `english` and `korean`, or None.
    """

    cases: list
    verdicts: list
    answers: dict
    manners: list = []
    notes: dict = {}
    fault: object = None

    def is_right(self):
        return all(verdict.status != 'wrong' for verdict in self.verdicts) and not self.manners

    def first(self):
        """The number of the first wrong case, or None."""
        return next((n for n, verdict in enumerate(self.verdicts) if verdict.status == 'wrong'), None)

    def worst(self):
        """The largest ratio of all cases, or None."""
        return max((verdict.ratio for verdict in self.verdicts if verdict.ratio is not None), default=None)

    def stages(self):
        """{stage: the numbers of its cases}, in the order of the cases."""
        found = {}
        for n, case in enumerate(self.cases):
            found.setdefault(case.stage, []).append(n)
        return found


def of_conversation(cases, talk, dtype, may_skip):
    """The Outcome of a Conversation; may_skip: stages in which skip is neither right nor wrong."""
    verdicts, answers, manners = [], {}, list(talk.manners)
    for n, (case, tokens, fault) in enumerate(zip(cases, talk.answers, talk.faults, strict=True)):
        verdict, answer = _answered(case, tokens, dtype, case.stage in may_skip)
        if answer is not None:
            answers[case.id] = answer
            if verdict.status == 'wrong' and n and _is_of(cases[n - 1], answer, dtype):
                verdict = Verdict('wrong', verdict.kind, verdict.ratio, Problem('previous', {}))
                manners.append((verdict.problem, case.id))
        if fault is not None:
            verdict = Verdict('wrong', verdict.kind, verdict.ratio, fault)
        verdicts.append(verdict)
    notes = {n: [('stderr', text)] for n, text in talk.stderr.items() if text}
    return Outcome(list(cases), verdicts, answers, manners, notes)


def _answered(case, tokens, dtype, may_skip):
    """(Verdict, Answer or None) of the tokens; None of both where no answer came."""
    if tokens is None:
        return Verdict('wrong'), None
    try:
        answer = read(tokens, dtype)
    except Malformed as error:
        return Verdict('wrong', problem=error.problem), None
    return judge(case, answer, dtype, may_skip), answer


def _is_of(case, answer, dtype):
    """Is it, in numbers, the right answer to this case?"""
    return answer.kind == 'numbers' and judge(case, answer, dtype).status == 'right'


# ---- printing -----------------------------------------------------------------------------------------------------

def lines(outcome, say, text_of=None, some_stages=False):
    """The lines for the console; text_of: a function of a case that gives its line; some_stages: not all were asked."""
    yield from table(outcome, say)
    yield from (f'! {text}' for text in manners(outcome, say))
    if outcome.first() is not None:
        yield from failure(outcome, outcome.first(), say, text_of)
    if outcome.fault or outcome.first() is not None and outcome.verdicts[outcome.first()].problem.key != 'lacks':
        yield diagnosis(outcome.fault, say)
        if outcome.fault is None and some_stages:
            yield say('other stages')
    yield say('passed' if outcome.is_right() else 'failed')


def table(outcome, say):
    rows = [[say(key) for key in ('stage', 'cases', 'right', 'wrong', 'refused', 'skipped', 'worst')]]
    stages = outcome.stages()
    for stage, numbers in [*stages.items(), *([(say('all'), range(len(outcome.cases)))] if len(stages) > 1 else [])]:
        verdicts = [outcome.verdicts[n] for n in numbers]
        counts = [sum(verdict.status == status for verdict in verdicts) for status in ('right', 'wrong')]
        counts += [sum(verdict.kind == 'refuse' for verdict in verdicts),
                   sum(verdict.status == 'skipped' for verdict in verdicts)]
        worst = max((verdict.ratio for verdict in verdicts if verdict.ratio is not None), default=None)
        rows.append([stage, *map(str, [len(verdicts), *counts]), ratio_text(worst)])
    for row in rows:
        yield _padded(row[0], 10) + ''.join('  ' + _padded(cell, 7, right=True) for cell in row[1:])


def ratio_text(ratio):
    if ratio is None:
        return '-'
    return f'{ratio:.3f}' if ratio < 10 else f'{ratio:.2g}'


def _padded(text, size, right=False):
    """Korean letters take two columns of the console."""
    space = ' ' * (size - sum(1 + (unicodedata.east_asian_width(letter) in 'WF') for letter in text))
    return space + text if right else text + space


def manners(outcome, say):
    """A line for each kind of bad manners: how often, and where first."""
    seen = {}
    for problem, where in outcome.manners:
        seen.setdefault((problem.key, problem.values.get('name')), []).append((problem, where))
    for found in seen.values():
        problem, where = found[0]
        key = 'times' if len(found) > 1 else 'once only'
        text = say.problem(problem)
        yield say(key, text=text, n=len(found), where=shortened(where)) if where else text


def failure(outcome, n, say, text_of=None):
    case, verdict = outcome.cases[n], outcome.verdicts[n]
    yield f"{say('first failure')}: {case.id}"
    if text_of is not None:
        yield '  ' + say('case') + shortened(text_of(case))
    if case.comment:
        yield '  ' + say('about') + case.comment
    yield from (f'  {say(key)}{text}' for key, text in outcome.notes.get(n, ()))
    yield '  ' + say('what') + say.problem(verdict.problem)
    details = verdict.details
    if 'expected' in details:
        value, bound = number(details['expected']), details['bound']
        yield '  ' + say('expected') + (say('within', value=value, bound=f'{bound:.2g}') if bound > 0 else value)
        yield '  ' + say('got') + number(details['got'])
    if details.get('relation'):
        yield '  ' + say('relation') + say.relation(details['relation'])


def diagnosis(fault, say):
    """The line that names the mistake."""
    if fault is None:
        return say('unknown fault')
    text = fault['korean' if say.korean else 'english']
    return say('part of a fault' if fault.get('part') else 'fault', text=text)


def fault_text(fault, say):
    """For a cell of the report."""
    text = fault['korean' if say.korean else 'english']
    return say('in part', text=text) if fault.get('part') else text
