"""Both twins answer every case of the conformance kit, in both precisions, and its tolerances are what they should be."""
from fractions import Fraction

import numpy as np
import pytest

from mlp_py.bounds import backprop_bounds
from mlp_py.conformance import cases, driving

from . import faults, kit

KIT = cases.read()
BY_STAGE = {stage: [case for case in KIT if case.stage == stage] for stage in cases.STAGES}
each_dtype = pytest.mark.parametrize('dtype', kit.DTYPES)


# ---- the twins ------------------------------------------------------------------------------------------------------

@pytest.mark.needs('Network')
@pytest.mark.parametrize('dtype', ['float64', pytest.param('float32', marks=pytest.mark.full)])
@pytest.mark.parametrize('stage', [stage for stage in cases.STAGES if stage not in ('bits', 'invalid')])
def test_a_twin_is_right(twin, lecture, stage, dtype):
    """Every case within its bound: through Network, and what the lecture's functions can be asked through those."""
    worst = 0
    for case in BY_STAGE[stage]:
        if not kit.applies(case, dtype):
            continue
        answers = [kit.through_network(twin, case, dtype)]
        if case.op != 'gradients' and stage != 'loss':      # gradients recovered from an update have its rounding, too
            answers.append(driving.answer(lecture, case, dtype))
        for answer in answers:
            asked = {name for name in case.expected if not cases.may_be_left_out(case.op, name)}
            assert asked <= set(answer), case.id
            assert not kit.wrong(case, answer, dtype), (case.id, kit.wrong(case, answer, dtype))
            worst = max(worst, *(ratio for _, ratio in kit.ratios(case, answer, dtype)))
    print(f'{stage}, {dtype}: at most {worst:.3f} of the bound')


@each_dtype
def test_mlp_c_has_every_bit(dtype):
    import mlp_c
    asked = [case for case in BY_STAGE['bits'] if kit.applies(case, dtype)]
    assert len(asked) == 16
    for case in asked:
        answer = kit.through_network(mlp_c, case, dtype)
        for name, values in answer.items():
            assert np.array(values, dtype).tobytes() == case.expected[name][0].astype(dtype).tobytes(), (case.id, name)


def test_another_order_has_other_bits():
    """What the stage hunts: one chain over all terms, products rounded, terms from the last to the first."""
    case = next(case for case in BY_STAGE['bits'] if case.op == 'product' and case.given['a'][1] == 300)
    assert case.dtype == 'float64'
    a, b = (driving.array(*case.given[name]).ravel() for name in 'ab')
    chain = Fraction(0)
    for p, q in zip(a.tolist(), b.tolist()):
        chain = Fraction(float(Fraction(p) * Fraction(q) + chain))
    others = float(chain), sum((a * b).tolist()), sum((a * b)[::-1].tolist())
    assert case.expected['c'][0][0, 0] not in others


@pytest.mark.needs('Network', 'errors')
@each_dtype
def test_a_twin_refuses(twin, lecture, dtype):
    for case in BY_STAGE['invalid']:
        with pytest.raises((ValueError, TypeError)):
            kit.through_network(twin, case, dtype)
            pytest.fail(f'{case.id} was computed: {case.comment}')


LOSS_FAULTS = ('1/rows in place of 1/size', '1/size in place of 1/rows', 'softmax without maximum', 'sigmoid overflows',
               'epsilon in the gradient', 'loss without epsilon', 'loss is a sum')

# What no case of the required stages shows of `faults`: losses, accuracy, minibatches; and no sum of NumPy is -0.
UNSEEN = {*LOSS_FAULTS, 'accuracy after the update', 'divides by the full minibatch', 'relu keeps -0.0'}


@pytest.mark.full
@each_dtype
def test_planted_faults_are_seen(dtype):
    """Through Network alone: the losses have their own test below."""
    asked = [case for case in KIT
             if case.stage in cases.REQUIRED and kit.applies(case, dtype) and case.result == 'valid']
    unseen = set()
    for fault in faults.FAULTS:
        twin, seen = faults.twin(fault), 0
        for case in asked:
            try:
                seen += bool(kit.wrong(case, kit.through_network(twin, case, dtype), dtype))
            except Exception:
                seen += 1
            if seen:
                break
        if not seen:
            unseen.add(fault)
    assert unseen - {'float32 inside'} == UNSEEN, unseen ^ UNSEEN
    assert ('float32 inside' in unseen) == (dtype == 'float32')


@each_dtype
@pytest.mark.parametrize('fault', LOSS_FAULTS)
def test_planted_faults_of_the_losses_are_seen(fault, dtype):
    found = [case.id for case in BY_STAGE['loss']
             if kit.wrong(case, driving.answer(faults.twin(fault).lecture, case, dtype), dtype)]
    right = [case.id for case in BY_STAGE['loss']
             if kit.wrong(case, driving.answer(faults.twin('none').lecture, case, dtype), dtype)]
    assert found and not right


# ---- the tolerances --------------------------------------------------------------------------------------------------

def test_the_tolerances_are_not_far_above_the_bounds():
    """Twice u mag beside `mlp_py.bounds`, which does not know what is exact, and has the factor 1."""
    ratios = []
    for case in BY_STAGE['gradients']:
        given = (driving.array(*case.given[name]) for name in ('x', 'G_output'))
        bound = backprop_bounds(kit.params_of(case), *given, 1.0, 'float32')
        mine = {f'G_{letter}{n}': pair[letter] for n, pair in enumerate(bound.gradients, 1) for letter in 'wb'}
        mine['G_x'] = bound.input_gradient
        for name, bounded in mine.items():
            mag = case.expected[name][1]
            ratios += list(2 * kit.UNIT['float32'] * mag[mag > 0] / np.atleast_2d(bounded.error)[mag > 0])
    print(f'2 u mag is at most {max(ratios):.2f} of the bound, in the middle {np.median(ratios):.2f}')
    assert len(ratios) > 500 and max(ratios) < 4


class InAnyOrder:
    """The formulas in float32, each sum from one term to the next in an order of its own, the bias anywhere in it."""

    def __init__(self, seed):
        self.draw = np.random.RandomState(seed)

    def product(self, a, b, bias=None):
        terms = a.T[:, :, None] * b[:, None, :]             # (K, M, N), rounded to float32
        if bias is not None:
            terms = np.concatenate([terms, np.broadcast_to(bias, (1, *terms.shape[1:]))])
        total = np.zeros(terms.shape[1:], terms.dtype)
        for k in self.draw.permutation(len(terms)):
            total = total + terms[k]
        return total

    def answer(self, case):
        given = {name: driving.array(*field, 'float32') for name, field in case.given.items()}
        pairs = [(given[f'w{n}'], given[f'b{n}']) for n in range(1, 1 + kit.count(given, 'w'))]
        found = {}
        for n in range(1, 2 + (case.op == 'steps') * (kit.count(given, 'x') - 1)):
            x, G = (given['x'], given['G_output']) if case.op != 'steps' else (given[f'x{n}'], given[f'G{n}'])
            h = [x]
            for w, b in pairs:
                h.append(np.maximum(self.product(h[-1], w, b), 0) if len(h) < len(pairs) else self.product(h[-1], w, b))
            found[f'output{n}'], moved = h.pop(), []
            for (w, b), below in zip(reversed(pairs), reversed(h)):
                ones = np.ones((1, len(G)), G.dtype)
                moved.insert(0, (w, b, self.product(below.T, G), self.product(ones, G)))
                G = self.product(G, w.T) * (np.sign(below) if below is not x else np.float32(1))
            if case.op == 'gradients':
                named = {f'G_{key}{n}': pair[2 + (key == 'b')] for n, pair in enumerate(moved, 1) for key in 'wb'}
                return {'G_x': G, **named}
            rate = given['rate'][0, 0]
            pairs = [(w - rate * G_w, b - rate * G_b) for w, b, G_w, G_b in moved]
        return {**found, **{f'{key}{n}': pair[key == 'b'] for n, pair in enumerate(pairs, 1) for key in 'wb'}}


@pytest.mark.parametrize('stage', ['gradients', 'update', 'steps'])
def test_any_order_is_within_the_tolerance(stage):
    """Sums in drawn orders, in float32: what is said to be exact is so in all of them, and the rest is well within."""
    worst, told = 0, 0
    for seed in range(5):
        for case in BY_STAGE[stage]:
            for name, ratio in kit.ratios(case, InAnyOrder(seed).answer(case), 'float32'):
                assert ratio < 0.7, (case.id, name, seed, ratio)
                worst, told = max(worst, ratio), told + (ratio > 0)
    print(f'{stage}: at most {worst:.2f} of the tolerance in {told} arrays with a rounding')
    assert told > 40
