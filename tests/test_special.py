"""Zeros, infinities, NaN, dead units and saturated logits: both twins against the definition in `special_values`."""
import warnings

import numpy as np
import pytest

from mlp_py.bounds import LIBM, Bounded

from . import cases, checks, special_cells, special_values

pytestmark = pytest.mark.needs('special')

each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)
# every remainder of every vector width; the quick tier takes those at the edges, and one hidden layer as a list of one
each_width = pytest.mark.parametrize('width', [pytest.param(width, marks=[pytest.mark.full] * (width not in (1, 3, 8, 17)))
                                               for width in range(1, 18)])
single_later = pytest.mark.full('lecture, single')


@single_later
@each_dtype
@each_width
def test_special_inputs(subject, width, dtype):
    special_values.check_special_inputs(subject, width, dtype)


@each_dtype
@pytest.mark.parametrize('problem', cases.PROBLEMS)
def test_special_step(subject, problem, dtype):
    special_values.check_special_step(subject, problem, dtype)


@single_later
@each_dtype
@pytest.mark.parametrize('problem', cases.PROBLEMS)
def test_cells(subject, problem, dtype):
    """The table of `special_cells.CELLS`, a third of it for each problem."""
    checked = special_cells.check_cells(subject, problem, dtype)
    assert sorted(checked) == sorted(cell for cell in special_cells.CELLS if f', {problem}, ' in cell)
    assert len(checked) >= 40


@single_later
@each_dtype
@each_width
def test_nan_reaches_output_and_loss(subject, width, dtype):
    special_cells.check_nan_reaches(subject, width, dtype)


@each_dtype
def test_zero_sums(subject, dtype):
    special_values.check_zero_sums(subject, dtype)


@each_dtype
@pytest.mark.parametrize('hidden', [1, 2, 3])
def test_dead_layer(subject, dtype, hidden):
    special_values.check_dead_layer(subject, dtype, hidden)


@each_dtype
def test_hand_made_aux(subject, dtype):
    special_values.check_hand_made_aux(subject, dtype)


@single_later
@each_dtype
@pytest.mark.parametrize('problem', ['binary', 'select'])
def test_saturated(subject, problem, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        special_values.check_saturated(subject, problem, dtype)
    with np.errstate(over='ignore'):        # NumPy rightly warns of a difference that overflows
        special_values.check_saturated(subject, problem, dtype, special_values.OVERFLOWING)


@each_dtype
@each_width
def test_relu_and_its_derivative(lecture, width, dtype):
    special_values.check_relu(lecture, width, dtype)


@each_dtype
def test_logits_exactly_zero(subject, dtype):
    """All weights 0: sigmoid(0) = 1/2, softmax = 1/4 and the first step's gradients are exact."""
    for problem, half in (('binary', 0.5), ('select', 0.25)):
        case = cases.random_case(problem, (3,), [4], dtype, seed=1, outputs=4)
        for pair in case.params:
            pair['w'][...], pair['b'][...] = 0, 0
        x = case.batches[0][0]
        y = np.eye(4, dtype=dtype)
        subject.begin(case)
        seen = subject.observe(x, y)
        G = (half - y) / (16 if problem == 'binary' else 4)
        checks.same('b 2', seen['b 2'], (0 - 0.5 * G.sum(axis=0)).astype(dtype))
        if problem == 'select':
            assert not seen['b 2'].any()
        special_values.agree('w 2', seen['w 2'], np.zeros((3, 4)))


def test_special_losses(lecture):
    """Loss, gradient and accuracy where the output itself is not finite, by the formulas taken literally.

    The second output is 0, whose sigmoid is exact; a finite loss is one logarithm, off by `LIBM` u and two roundings.
    """
    for problem in cases.PROBLEMS:
        lecture.problem = problem
        for value in special_values.VALUES:
            for label in (1.0, 0.0) if problem != 'regression' else (1.0, 4.0):
                output, y = np.array([[value, 0.0]]), np.array([[label, 1 - label]])
                if problem == 'regression':
                    y = np.array([[label, 2.0]])
                with np.errstate(all='ignore'):
                    loss, accuracy, G_output = special_values.postproc(problem, output, y)
                    got, aux = lecture.forward_postproc(output, y)
                    got_G, got_accuracy = lecture.backprop_postproc(1.0, aux), lecture.eval_accuracy(output, y)
                name = f'{problem} of output {value}, label {label}'
                if np.isfinite(loss):
                    checks.compare(name, got, Bounded(loss, (LIBM * abs(loss) + 2) * 2.0**-53))
                else:
                    special_values.agree(name, got, loss)
                special_values.agree(f'{name}: accuracy', got_accuracy, accuracy)
                special_values.agree(f'{name}: G_output', got_G, G_output)


def test_first_nan_is_the_maximum(lecture):
    """argmax as np.argmax: the first maximum, and NaN counts as the maximum."""
    lecture.problem = 'select'
    rows = [[1, 2, 2, 0], [np.nan, 9, 1, 1], [9, np.nan, 1, np.nan], [-np.inf] * 4, [np.inf, 1, np.inf, 1],
            [-0.0, 0, -0.0, 0]]
    for row in rows:
        for label in range(4):
            with np.errstate(all='ignore'):
                accuracy = lecture.eval_accuracy(np.array([row], float), np.eye(4)[[label]])
            assert accuracy == (np.argmax(row) == label), (row, label)


@each_dtype
def test_divergence_raises_nothing(subject, dtype):
    """A rate that is far too large ends in infinities and NaN, and every call still returns."""
    case = cases.random_case('regression', (5,), [7], dtype, seed=1, learning_rate=1e30)
    subject.begin(case)
    x, y = case.batches[0]
    with np.errstate(all='ignore'):
        for _ in range(4):
            seen = subject.observe(x, y)
    assert not np.isfinite(seen['loss'])
