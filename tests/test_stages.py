"""Each function of the lecture, in its order, against values that can be followed by hand: pytest -m backprop_hidden1.

A port that is still being written is judged by what it has; the rest is skipped by name.
"""
import pytest

from mlp_py.conformance import contract

from . import messages, stages


def params():
    for one in stages.STAGES:
        marks = (getattr(pytest.mark, one.marker), pytest.mark.needs(*one.needs))
        yield pytest.param(one, marks=marks, id=f'{one.marker}: {one.label}')


@pytest.mark.parametrize('stage', list(params()))
def test_stage(lecture, stage):
    """The message stands alone: the lines of this suite would tell a learner nothing."""
    try:
        stage.run(lecture)
        return
    except messages.Unfinished as lacking:
        pytest.skip(f'the port lacks {contract.described(lacking.name)}')
    except messages.Failure as failed:
        text = str(failed)
    pytest.fail(text, pytrace=False)


def test_every_function_has_a_stage():
    """Of the thirteen functions none is without a case."""
    markers = {marker for _, marker, _ in contract.REQUIRED.values()}
    assert {one.marker for one in stages.STAGES} == markers
    assert {name for one in stages.STAGES for name in one.needs} - set(contract.OFFERS) == set(contract.REQUIRED)
