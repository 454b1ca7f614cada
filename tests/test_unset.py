"""What is not set yet: every function of the lecture says what to call first, as a RuntimeError."""
import numpy as np
import pytest

from .test_lecture import STATE, small_problem

pytestmark = pytest.mark.needs('errors', 'training')

NEEDS = {
    'init_model': ((), 'input_cnt|set_hidden'), 'init_model_hidden1': ((), 'input_cnt'),
    'init_model_hiddens': ((), 'input_cnt'),
    'forward_neuralnet': ((np.ones((2, 3)),), 'init_model'), 'forward_neuralnet_hidden1': ((np.ones((2, 3)),), 'init_model'),
    'forward_neuralnet_hiddens': ((np.ones((2, 3)),), 'init_model'),
    'backprop_neuralnet': ((np.ones((2, 1)), [np.ones((2, 3))]), 'init_model'),
    'backprop_neuralnet_hidden1': ((np.ones((2, 1)), [np.ones((2, 3))]), 'init_model'),
    'backprop_neuralnet_hiddens': ((np.ones((2, 1)), [np.ones((2, 3))]), 'init_model'),
    'arrange_data': ((10,), 'load_'), 'get_test_data': ((), 'load_|arrange_data'),
    'get_train_data': ((10, 0), 'load_|arrange_data'), 'train_and_test': ((1, 10, 1), 'load_|init_model'),
    'run_train': ((np.ones((2, 3)), np.ones((2, 1))), 'problem|load_|init_model'),
    'run_test': ((np.ones((2, 3)), np.ones((2, 1))), 'problem|load_|init_model'),
    'forward_postproc': ((np.ones((2, 1)), np.ones((2, 1))), 'problem'),
    'backprop_postproc': ((1.0, [np.ones((2, 1)), np.ones((2, 1))]), 'problem'),
    'eval_accuracy': ((np.ones((2, 1)), np.ones((2, 1))), 'problem'),
}


@pytest.mark.parametrize('name', NEEDS)
def test_too_early_is_a_runtime_error(lecture, name):
    """A call before what it needs says what to call first."""
    arguments, remedy = NEEDS[name]
    for global_name in STATE:
        setattr(lecture, global_name, None)
    with pytest.raises(RuntimeError, match=remedy):
        getattr(lecture, name)(*arguments)


def test_widths_must_be_set(lecture):
    lecture.input_cnt, lecture.output_cnt, lecture.hidden_cnt, lecture.hidden_config = 3, 1, None, None
    with pytest.raises(RuntimeError, match='set_hidden'):
        lecture.init_model()


def test_model_before_data_split(lecture):
    small_problem(lecture)
    lecture.shuffle_map = lecture.test_begin_idx = None
    for call in (lecture.get_test_data, lambda: lecture.get_train_data(4, 0)):
        with pytest.raises(RuntimeError, match='arrange_data'):
            call()
