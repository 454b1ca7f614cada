"""Lines that nothing else reaches, as `python -m tests.line_coverage` names them: arguments, globals, mlp_c."""
import sys

import numpy as np
import pytest

from mlp_py import arguments

from .command_line import python


# ---- arguments -------------------------------------------------------------------------------------------

class Refuses:
    """A tensor that will not become an array."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError('it lies on another device')


@pytest.mark.parametrize('name, error, says', [
    ('count', TypeError, 'n: expected an integer of at least 1'),
    ('real_array', TypeError, 'n: expected real numbers, got a masked array'),
    ('refused', TypeError, 'it lies on another device'),
    ('ragged', TypeError, 'n: expected a 1-D array of row numbers'),
])
def test_arguments_of_odd_kinds(name, error, says):
    calls = {'count': lambda: arguments.count('n', np.array([1, 2])),
             'real_array': lambda: arguments.real_array('n', np.ma.masked_equal([1.0, 2.0], 2.0)),
             'refused': lambda: arguments.real_array('n', Refuses()),
             'ragged': lambda: arguments.row_numbers('n', [[1], [1, 2]], 5)}
    with pytest.raises(error, match=says):
        calls[name]()


def test_an_array_without_dimensions_is_a_number():
    assert arguments.number('rate', np.array(0.25)) == 0.25


@pytest.mark.needs('Network')
def test_a_broken_state_is_refused(twin):
    net = twin.Network(3, 2, 1)
    state = net.__getstate__()
    with pytest.raises(ValueError, match='theta: expected 11 parameters'):
        net.__setstate__({**state, 'theta': state['theta'][:-1]})


@pytest.mark.needs('Network')
def test_a_pair_of_parameters_counts_and_shows_itself(twin):
    pair = twin.Network(3, 2, 1, dtype='float32').params[0]
    assert len(pair) == 2 and repr(pair) == 'ParamPair(w: (3, 2), b: (2,), float32)'


def test_bounds_know_two_precisions():
    from mlp_py import bounds
    pairs = [{'w': np.ones((2, 1)), 'b': np.zeros(1)}]
    with pytest.raises(TypeError, match='dtype: expected float32 or float64, got float16'):
        bounds.step_bounds(pairs, 'regression', np.ones((1, 2)), np.ones((1, 1)), 0.5, np.float16)


# ---- the lecture's globals -------------------------------------------------------------------------------

def narrow(model):
    model.pm_output['b'] = model.pm_output['b'].astype('float32')


def backwards(model):
    model.pm_output['w'] = model.pm_output['w'][::-1]


def listed(model):
    model.pm_output['w'] = model.pm_output['w'].tolist()


def too_short(model):
    model.pm_output['b'] = np.zeros(5)


BROKEN = [
    (lambda model: setattr(model, 'pm_hiddens', 3), TypeError, 'pm_hiddens: expected a list'),
    (narrow, TypeError, 'pm_output: expected all parameters in one of'),
    (too_short, ValueError, 'pm_output: expected w'),
    (backwards, ValueError, 'pm_output: expected writeable'),
    (lambda model: setattr(model, 'pm_output', 3), TypeError, "pm_output: expected {'w': array"),
    (listed, TypeError, "pm_output: expected arrays under 'w' and 'b', got list"),
]


@pytest.mark.needs('errors')
@pytest.mark.parametrize('break_it, error, says', BROKEN)
def test_broken_parameters_are_named(lecture, break_it, error, says):
    lecture.input_cnt, lecture.output_cnt = 3, 2
    lecture.set_hidden([4])
    lecture.init_model()
    break_it(lecture)
    with pytest.raises(error, match=says):
        lecture.forward_neuralnet(np.ones((1, 3)))


@pytest.mark.needs('errors', 'training')
def test_broken_data_and_constants_are_named(lecture):
    lecture.input_cnt, lecture.output_cnt, lecture.problem = 3, 2, 'regression'
    for data, error, says in (('abc', TypeError, 'data: expected an array'),
                              (np.ones((9, 4)), ValueError, r'got \(9, 4\)')):
        lecture.data = data
        with pytest.raises(error, match=says):
            lecture.arrange_data(2)
    lecture.data, lecture.RND_STD = np.ones((9, 5)), -1.0
    steps = lecture.arrange_data(2)
    assert steps == 3
    lecture.shuffle_map = lecture.shuffle_map[:-1]
    with pytest.raises(ValueError, match='shuffle_map: expected an array of 9 row numbers'):
        lecture.get_train_data(2, 1)
    with pytest.raises(ValueError, match='RND_STD: expected a number of at least 0'):
        lecture.alloc_param_pair([3, 2])
    with pytest.raises(ValueError, match='aux: '):
        lecture.backprop_postproc(1.0, [np.ones((2, 2)), np.ones((2, 3))])


def test_the_page_alone_reads_the_lectures_files(tmp_path):
    """Without the pages beside it, lecture.py reads MLP_DATA by itself."""
    rows = {'abalone.csv': ['F,1,2,3,4,5,6,7,8'], 'pulsar_stars.csv': ['1,2,3,4,5,6,7,8,0', '1,2,3,4,5,6,7,8,1'],
            'faults.csv': [','.join(map(str, range(34)))]}
    for name, lines in rows.items():
        (tmp_path / name).write_text('\n'.join(['header', *lines]) + '\n', encoding='utf-8')
    done = python("""
        import sys
        sys.modules['mlp_py.lecture_arguments'] = None
        from mlp_py import lecture
        for load in (lecture.load_abalone_dataset, lecture.load_pulsar_dataset, lecture.load_steel_dataset):
            load()
            print(lecture.problem, lecture.data.shape, lecture.data[-1].tolist()[:5])
    """, MLP_DATA=str(tmp_path))
    assert done.stdout.decode().split('\n') == [
        'regression (1, 11) [0.0, 0.0, 1.0, 1.0, 2.0]', 'binary (2, 9) [1.0, 2.0, 3.0, 4.0, 5.0]',
        'select (1, 34) [0.0, 1.0, 2.0, 3.0, 4.0]', ''], done.stderr.decode()


# ---- mlp_c -----------------------------------------------------------------------------------------------

def test_a_product_asks_for_matrices_that_fit():
    levels = pytest.importorskip('mlp_c.levels')
    A, B = np.ones((4, 3)), np.ones((3, 2))
    for matrices, error, says in (((A, B.astype(np.float32)), TypeError, 'B: expected two matrices'),
                                  ((A[::2], B), ValueError, 'A: expected an aligned array'),
                                  ((A, B[:2]), ValueError, 'B: expected 3 rows, got 2')):
        with pytest.raises(error, match=says):
            levels.product(*matrices, levels.level)
    assert np.array_equal(levels.product(A, B, levels.level), np.full((4, 2), 3.0))


def test_an_extension_that_is_not_built_is_one_sentence():
    done = python("""
        import sys
        sys.modules['mlp_c.levels'] = None
        try:
            import mlp_c
        except ImportError as error:
            print(error)
    """)
    assert done.stdout.startswith(b'mlp_c is not built here: ') and done.stdout.count(b'\n') == 1


@pytest.mark.skipif(sys.platform != 'linux', reason='only Linux keeps to RLIMIT_AS')
def test_work_memory_that_does_not_fit_is_an_error_and_the_network_goes_on():
    pytest.importorskip('mlp_c')
    done = python("""
        import resource
        import numpy as np
        from mlp_c import Network
        net = Network(1, [1000], 1, rng=1)
        x = np.ones((1_000_000, 1))
        held = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + 2**30, held + 2**30))
        try:
            net.train_step('regression', x, x, 0.5)
        except MemoryError as error:
            print(error)
        print(net.train_step('regression', x[:2], x[:2], 0.0)[0] > 0)
    """)
    assert done.stdout.startswith(b'a minibatch of 1000000 rows needs ') and done.stdout.endswith(b'\nTrue\n'), done
