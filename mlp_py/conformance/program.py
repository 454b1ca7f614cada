"""The verdict on a program: asks it all the cases and looks at what it answers."""
from . import diagnosis
from .conversation import converse
from .table import of_conversation


def check(command, cases, text, dtype='float64', seconds=10.0, may_skip=()):
    """The Outcome of `command` on the cases.

    text: a function of a case that gives its line. seconds: without an answer, until the port is killed. may_skip:
    stages in which skip is neither right nor wrong.
    """
    talk = converse(command, [text(case) for case in cases], [case.id for case in cases], seconds)
    outcome = of_conversation(cases, talk, dtype, may_skip)
    return outcome if outcome.is_right() else outcome._replace(fault=diagnosis.name(told(outcome, talk), dtype))


def told(outcome, talk):
    """The answers as `diagnosis` takes them: arrays, 'refuse', or 'raises' where the port died."""
    answers = {name: answer.fields if answer.kind == 'numbers' else 'refuse'
               for name, answer in outcome.answers.items() if answer.kind != 'skip'}
    died = (case.id for case, fault in zip(outcome.cases, talk.faults) if fault is not None and fault.key == 'crash')
    return {**answers, **{name: 'raises' for name in died}}
