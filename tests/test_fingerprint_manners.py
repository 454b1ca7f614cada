"""Manners of `fingerprints`: a port is left as it was, is asked in any order, and may lack what it likes."""
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mlp_py.conformance import fingerprints
from mlp_py.conformance.fingerprints import answers, diagnose, distance, is_right
from mlp_py.conformance.wrong_ports import module

from .test_fingerprints import DOORS, KEYS


def test_the_port_is_left_as_it_was(capsys):
    port = module(KEYS['x is changed'])
    port.LEARNING_RATE, port.hidden_config, port.pm_hidden = 7, [2, 5], None
    port.pm_hiddens = [{'w': np.full((2, 2), 3.0), 'b': np.ones(2)}]
    config, array = port.hidden_config, port.pm_hiddens[0]['w']
    before, drawn = set(vars(port)), np.random.get_state()[1].copy()
    for door in DOORS:
        diagnose(port, door)
    assert set(vars(port)) == before and port.LEARNING_RATE == 7 and port.pm_hidden is None
    assert port.hidden_config is config == [2, 5] and port.pm_hiddens[0]['w'] is array and (array == 3).all()
    assert (np.random.get_state()[1] == drawn).all() and capsys.readouterr().out == ''


def test_arrays_that_the_port_keeps_get_their_values_back():
    """An init_model that draws nothing, so that the cases overwrite the arrays that are there."""
    port = module()
    port.pm_hidden, port.pm_output = ({'w': np.full(shape, 5.0), 'b': np.full(shape[1], 5.0)} for shape in ((3, 4), (4, 2)))
    kept = port.pm_hidden, port.pm_output
    port.init_model = lambda: vars(port).update(pm_hidden=kept[0], pm_output=kept[1])
    assert (answers(port, 'hidden1')['case 1, step 1: w 1'] != 5).any()
    assert all((array == 5).all() for pair in kept for array in pair.values())


def test_what_was_asked_before_makes_no_difference():
    """A port in the middle of its work, through all doors, forth and back, is answered for like a fresh one."""
    for key in ('answer of the call before', 'hidden_config kept', 'one pair for all'):
        port, fresh = module(KEYS[key]), {door: answers(module(KEYS[key]), door) for door in DOORS}
        port.hidden_config, port.pm_hiddens = [4], []
        for door in (*DOORS, *reversed(DOORS)):
            assert distance(answers(port, door), fresh[door]) == 0, (key, door)


def test_two_faults_with_one_fingerprint_and_nothing_to_decide_get_no_name():
    port = module(KEYS['mask missing'])         # needs no relu_derv; 1 at 0 would answer alike
    assert diagnose(port, 'hidden1') is KEYS['mask missing']
    del port.relu_derv
    assert diagnose(port, 'hidden1') is None and not is_right(port, 'hidden1')


def test_a_port_without_the_functions_of_a_door_gets_no_name_there():
    for door, functions in fingerprints.FUNCTIONS.items():
        for name in functions:
            port = module(KEYS['relu as abs'])
            delattr(port, name)
            assert diagnose(port, door) is None and not is_right(port, door)
    assert diagnose(ModuleType('empty'), 'relu') is None


@pytest.mark.parametrize('name', [name for functions in fingerprints.FUNCTIONS.values() for name in functions])
def test_exceptions_alone_are_no_fingerprint(name):
    """A function that always raises makes its door wrong, but could have any mistake at all."""
    [door] = [door for door, functions in fingerprints.FUNCTIONS.items() if name in functions]
    port = module()
    setattr(port, name, lambda *args: 1 / 0)
    assert not is_right(port, door) and diagnose(port, door) is None and 'raises' in str(list(answers(port, door)))


@pytest.mark.full
def test_numpy_is_enough():
    code = ('import sys\nfrom mlp_py.conformance import fingerprints as f, wrong_ports as w\n'
            'print(f.diagnose(w.module(w.FAULTS[1]), "relu").key, f.diagnose(w.module(w.FAULTS[1]), "init"))\n'
            'left_out = "mlp_py.lecture", "mlp_py.network", "mlp_py.problems", "mlp_c", "jax", "torch", "pytest"\n'
            'print(sorted({*left_out} & set(sys.modules)))')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    assert (done.stdout, done.stderr) == ('relu as abs None\n[]\n', '')
