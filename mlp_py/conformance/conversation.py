"""All cases to a program, through as many runs as it takes: which answer belongs to which case, and what went wrong.

A port that dies or hangs is started again behind the case that did it. Which one that was is not known of a port that
answers at the end only, so the next case is asked alone, then two, four, eight, ...: a run of one case that goes wrong
has found it. Everything else goes on from there, all at once again.
"""
import re
from typing import NamedTuple

from .process import ask
from .verdict import Problem

DEATHS = 100        # runs that end badly, then it is given up
HANGS = 10          # of these, runs that last as long as the time limit

ID = re.compile(r'[a-z]+/\w+', re.ASCII)


class Conversation(NamedTuple):
    """answers: the tokens behind the ID for each case, or None. faults: a Problem for each case, or None.

    manners: [(key of wording, where)] of all that is not as agreed, in the order in which it happened.
    stderr: {number of a case: the last line on stderr of the run that it ended}.
    """

    answers: list
    faults: list
    manners: list
    stderr: dict


class _Run:
    """The state between two runs: `at` is the first case that is neither answered nor given up."""

    def __init__(self, ids):
        self.ids, self.number = ids, {name: n for n, name in enumerate(ids)}
        self.at, self.size, self.pending = 0, len(ids), None
        self.deaths = self.hangs = 0
        self.talk = Conversation([None] * len(ids), [None] * len(ids), [], {})

    def take(self, session, end):
        """Puts the lines of a run to their cases; moves `at` behind the last case that was answered."""
        for line in session.lines:
            name, *tokens = line.split() or ['']
            n = self.number.get(name)
            if n is None:
                self.note('unknown' if ID.fullmatch(name) else 'garbage', name if ID.fullmatch(name) else line)
            elif self.talk.answers[n] is not None or n >= end:
                self.note('duplicate' if n < end else 'unknown', name)
            else:
                self.talk.answers[n] = tokens
                if n < self.at:
                    self.fault(n, 'late')
                else:
                    self.at = n + 1

    def missed(self, begin):
        """Cases before `at` that have neither an answer nor a fault."""
        for n in range(begin, self.at):
            if self.talk.answers[n] is None and self.talk.faults[n] is None:
                self.fault(n, 'missing')

    def fault(self, n, key, **values):
        self.talk.faults[n] = Problem(key, values)
        self.note(key, self.ids[n], **values)

    def note(self, key, where, **values):
        self.talk.manners.append((Problem(key, values), where))


def converse(command, lines, ids, seconds):
    """The Conversation with `command` about the cases: `lines` are their texts, `ids` their names."""
    run = _Run(ids)
    while run.at < len(ids):
        begin, end = run.at, min(run.at + run.size, len(ids))
        session = ask(command, lines[begin:end], ids[begin:end], seconds)
        run.take(session, end)
        run.missed(begin)
        badly = session.ended in ('hang', 'flood') or session.status and session.ended == 'exit' and run.at < end
        if run.at == end and session.ended == 'lingers':
            run.note('lingers', ids[end - 1])
        elif run.at == end and session.ended == 'exit' and session.status:
            run.note('status', ids[end - 1], status=session.status)
        if run.at == end and session.ended == 'flood':
            run.note('flood', ids[end - 1])
        elif badly:
            _badly(run, session, begin, end)
        elif run.at < end:              # ended in peace, without the rest of its answers
            run.deaths += 1
            run.fault(run.at, 'missing')
            run.at += 1
        elif end < len(ids):
            run.size *= 2
        if run.pending and run.at >= run.pending[1]:
            run.note('once', ids[run.pending[0]])
            run.pending = None
        if run.deaths >= DEATHS or run.hangs >= HANGS:
            break
    for n in range(run.at, len(ids)):
        run.fault(n, 'not asked')
    return run.talk


def _badly(run, session, begin, end):
    """A run that died, hung or flooded before its last answer."""
    run.deaths += 1
    run.hangs += session.ended == 'hang'
    if end - begin > 1:
        run.pending = run.pending or (run.at, end)
        run.size = 1
        return
    values = {'status': session.status} if session.ended == 'exit' else {}
    run.fault(run.at, 'crash' if session.ended == 'exit' else session.ended, **values)
    run.talk.stderr[run.at] = session.stderr
    run.at, run.size, run.pending = run.at + 1, len(run.ids), None
