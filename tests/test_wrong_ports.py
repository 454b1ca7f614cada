"""Tests of `wrong_ports` and `unrelated_ports`: each edit does what it says, where it says."""
import re

import pytest

from mlp_py.conformance import contract
from mlp_py.conformance.wrong_ports import FAULTS, TEXT, Fault, module, source

from .unrelated_ports import UNRELATED


def test_the_text_holds_the_thirteen_functions_and_no_state():
    assert [line.split('(')[0][4:] for line in TEXT.split('\n') if line.startswith('def ')] == list(contract.REQUIRED)
    assert not set(contract.STATE) & set(vars(module())) and source() == TEXT


def test_every_edit_changes_its_own_function_and_no_other():
    before = re.split('\n(?=def )', TEXT)
    for fault in (*FAULTS, *UNRELATED):
        after = re.split('\n(?=def )', source(fault))
        changed = {old.split('(')[0][4:] for old, new in zip(before, after, strict=True) if old != new}
        assert changed == {function for function, _, _ in fault.edits}, fault.key
        module(fault)


def test_faults_have_names_of_their_own_in_two_languages():
    assert len({fault.key for fault in FAULTS}) == len(FAULTS) >= 34 and len(UNRELATED) >= 50
    assert not {fault.key for fault in FAULTS} & {fault.key for fault in UNRELATED}
    for texts in zip(*[(fault.english, fault.korean) for fault in FAULTS]):
        assert len(set(texts)) == len(FAULTS)
    assert all(any('가' <= letter <= '힣' for letter in fault.korean) for fault in FAULTS)


@pytest.mark.parametrize('line, times', [('G_hidden = 1', 0), ('hidden_config = None', 0), ('', 8)])
def test_an_edit_that_does_not_fit_exactly_once_is_refused(line, times):
    with pytest.raises(ValueError, match=f'found it {times} times'):
        source(Fault('misfit', '', '', (('backprop_neuralnet_hidden1', line, 'pass'),)))
