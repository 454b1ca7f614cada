"""The verdict on a program: asks it all the cases and looks at what it answers."""
from .conversation import converse
from .table import of_conversation


def check(command, cases, text, dtype='float64', seconds=10.0, may_skip=()):
    """The Outcome of `command` on the cases.

    text: a function of a case that gives its line. seconds: without an answer, until the port is killed. may_skip:
    stages in which skip is neither right nor wrong.
    """
    talk = converse(command, [text(case) for case in cases], [case.id for case in cases], seconds)
    return of_conversation(cases, talk, dtype, may_skip)
