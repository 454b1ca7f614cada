"""Wrong implementations, served as programs: both judges reject each and name its mistake, or say that it is unknown.

Faults of the draws, of set_hidden and of the switch do not show in a program that answers as SPEC.md says; as modules
they are named, too (test_wrong_ports, test_conformance_ports).
"""
import itertools
import random
import shlex
import sys

import pytest

from mlp_py.conformance import cases, diagnosis, table, wrong_ports
from mlp_py.conformance.conversation import Conversation
from mlp_py.conformance.program import told

from .conformance_kit import by_c, by_python, judge, texts     # noqa: F401  (fixtures too)
from .ports import served

FAULTS = {fault.key: fault for fault in wrong_ports.FAULTS}

# They raise before there is an answer, or keep something from one case to the next, or make other models and draws.
MODULES_ONLY = {
    'aux not returned', 'answer of the call before', 'mean and std swapped', 'std ignored', 'weights are 0',
    'weights uniform', 'bias drawn', 'bias of the inputs', 'output drawn first', 'width before not kept',
    'hidden_config kept', 'list becomes its length', 'switch reversed', 'switch without return',
    'switch of backprop missing'}
SHOWN = [key for key in FAULTS if key not in MODULES_ONLY]

# Gradients are served as what an update has subtracted, which is NaN where a parameter is.
UNKNOWABLE = 3

SAMPLE = {'relu as abs': 'layer', 'hidden bias forgotten': 'forward', 'derivative is y': 'gradients',
          'rate squared': 'steps'}
LATER = {'relu as abs', 'rate squared', 'derivative is y'}


def command(*keys):
    return shlex.join([sys.executable, '-m', 'tests.ports.served', *keys])


def named(lines):
    """The sentence of the diagnosis, or None."""
    text = next((line for line in lines if line.startswith('diagnosis: ')), '')
    return text.removeprefix('diagnosis: = what comes out when ') if '= what' in text else None


def wrong_cases(lines):
    return int([line for line in lines if line.split()[0] in ('all', *cases.STAGES)][-1].split()[3])


def stage_words(stages):
    return [word for stage in stages for word in ('--stage', stage)]


@pytest.mark.parametrize('key', [pytest.param(key, marks=[pytest.mark.full] * (key in LATER)) for key in SAMPLE])
def test_a_wrong_program_is_named_by_both_judges(judge, texts, capsys, key):       # noqa: F811
    asked = stage_words(['layer'] * (SAMPLE[key] != 'layer') + [SAMPLE[key]])
    status, lines = by_python(capsys, '--port', command(key), *asked)
    assert status == 1 and named(lines) == FAULTS[key].english, lines
    assert by_c(judge, texts, '--port', command(key), *asked) == (status, lines)


@pytest.mark.full
def test_the_right_text_served_is_right(judge, texts, capsys):      # noqa: F811
    asked = stage_words(['layer', 'gradients', 'steps'])
    status, lines = by_python(capsys, '--port', command(), *asked)
    assert status == 0 and named(lines) is None
    assert by_c(judge, texts, '--port', command(), *asked) == (status, lines)


@pytest.mark.full
@pytest.mark.parametrize('key', FAULTS)
def test_every_wrong_program_is_rejected_and_none_gets_a_false_name(judge, texts, capsys, key):     # noqa: F811
    """By judge.c; every second one by the judge in Python, too, which test_conformance_ports gives each as a module."""
    asked = stage_words(cases.REQUIRED)
    status, lines = by_c(judge, texts, '--port', command(key), *asked)
    if list(FAULTS).index(key) % 2 == 0:
        assert by_python(capsys, '--port', command(key), *asked) == (status, lines)
    assert status == 1 and named(lines) in (None, FAULTS[key].english)
    if key in SHOWN:
        assert named(lines) == FAULTS[key].english and wrong_cases(lines) > UNKNOWABLE, lines


# ---- without processes: the same answers, many more of them ---------------------------------------------------------

ASKED = [case for case in cases.read(cases.REQUIRED) if case.dtype in (None, 'float64')]


def name_of(*keys):
    """The key that the diagnosis names."""
    model = wrong_ports.module(*(FAULTS[key] for key in keys))
    tokens = [served.answer(model, cases.text(case)).split()[1:] for case in ASKED]
    talk = Conversation(tokens, [None] * len(ASKED), [], {})
    found = diagnosis.name(told(table.of_conversation(ASKED, talk, 'float64', ()), talk))
    return found and found['key']


@pytest.mark.full
def test_nine_of_ten_that_show_are_named():
    """And of all of them, draws included, eight of ten."""
    assert len(SHOWN) >= 0.8 * len(FAULTS)
    sample = SHOWN[4::20]
    assert [name_of(key) for key in sample] == sample


@pytest.mark.full
def test_two_mistakes_at_once_are_unknown_or_one_of_them():
    """A third name is right only where it means both: two halves of a larger mistake."""
    pairs = list(itertools.combinations(SHOWN, 2))
    false = {}
    for one, other in random.Random(5).sample(pairs, 60):
        try:
            wrong_ports.source(FAULTS[one], FAULTS[other])
        except ValueError:              # both edit the same line
            continue
        found = name_of(one, other)
        if found not in (None, one, other):
            false[one, other] = found
    whole = {'update before G_hidden', 'divided by rows', 'b never learns', 'update lost'}
    assert {pair: name for pair, name in false.items() if name not in whole} == {}
