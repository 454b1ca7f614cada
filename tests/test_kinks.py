"""At the kink of ReLU the derivative is 0: both twins, JAX and the rational reference agree with ==."""
import numpy as np
import pytest

from . import cases, checks, faults, kinks

PARTS = 5
NUMBERS = range(len(kinks.CASES))


@pytest.mark.parametrize('dtype', cases.DTYPES)
@pytest.mark.parametrize('part', [0, *(pytest.param(part, marks=pytest.mark.full) for part in range(1, PARTS))])
def test_kinks(subject, dtype, part):
    for number in NUMBERS[part::PARTS]:
        kinks.check(subject, number, dtype)


@pytest.mark.full
def test_every_case_has_a_unit_at_or_below_zero():
    """By the reference: a hidden unit whose value is 0, at the sum 0 unless it is one of the dead."""
    exactly = 0
    for number in NUMBERS:
        kind, width, depth, layer = kinks.CASES[number]
        case, answers = kinks.built(number)
        hidden, pair = answers[f'hidden {layer + 1}'], case.params[layer]
        z = (answers[f'hidden {layer}'] if layer else case.batches[0][0]) @ pair['w'] + pair['b']
        assert hidden.shape == (kinks.ROWS, width) and len(case.params) == depth + 1
        assert (hidden[z <= 0] == 0).all() and (z <= 0).any()
        assert kind in (kinks.dead_unit, kinks.dead_layer) or (z == 0).any(), case
        exactly += bool((z == 0).any())
    print(f'{len(NUMBERS)} kink cases, {exactly} of them with a sum of exactly 0')
    assert exactly >= 200


def test_jax_agrees(oracle):
    """The cases of one shape for each depth, so that there are three to compile."""
    asked = [number for number in NUMBERS if kinks.CASES[number][1] == kinks.NEIGHBOURS]
    assert len(asked) >= 2 * len(kinks.KINDS)
    for number in asked:
        case, answers = kinks.built(number)
        gradients, input_gradient = oracle.pull_back(case.params, case.batches[0][0], case.G_output)
        for name, got in {'input gradient': input_gradient, **checks.named_pairs('gradient ', gradients)}.items():
            checks.equal(f'{case.name}: {name} by JAX', got, answers[name], np.float64)


@pytest.mark.parametrize('fault, seen', [
    ('derivative 1 at 0', len(NUMBERS)), pytest.param('no mask', len(NUMBERS), marks=pytest.mark.full),
    pytest.param('none', 0, marks=pytest.mark.full)])
def test_a_wrong_derivative_is_refused_by_each_case(fault, seen):
    subject, refused = checks.ThroughLecture(faults.twin(fault)), 0
    for number in NUMBERS:
        try:
            kinks.check(subject, number, 'float64')
        except AssertionError:
            refused += 1
    assert refused == seen
