"""The main job: what it prints, when it fails, what it does without mlp_c or without scikit-learn."""

import dataclasses
import importlib.util

import numpy as np
import pytest

import mlp_py
from mlp_py import datasets, mainjob

from .command_line import BLOCKED, call, needs_lecture, python      # noqa: F401  (call is a fixture)

needs_sklearn = pytest.mark.skipif(not importlib.util.find_spec("sklearn"),
                                   reason="the embedded data sets need scikit-learn")


@needs_sklearn
def test_main_job(call):
    pytest.importorskip("mlp_c", reason="mlp_c is not built", exc_type=ImportError)
    status, out, err = call()
    lines = out.splitlines()
    assert (status, err) == (0, "")
    assert 20 <= len(lines) <= 32
    assert sum(line.startswith("Epoch ") for line in lines) == 6
    assert sum("은닉 계층" in line for line in lines) == sum("Final Test" in line for line in lines) == 3
    assert "printed by both twins" in out and "within the derived error bound" in out
    table = [line.split() for line in lines[-3:]]
    for name, row in zip(("diabetes", "cancer", "digits"), table):
        problem, layers, loss_py, loss_c, accuracy_py, accuracy_c, difference, _, _, speed_up, times = row
        assert (problem, times) == (name, "x") and layers.count("-") >= 2
        assert loss_py == loss_c and accuracy_py == accuracy_c
        assert float(difference) < 1e-6 and float(speed_up) > 0


class Twisted(mlp_py.Network):
    """A twin with a fault: each step's biases move a little too far."""

    def train_step(self, *arguments):
        before = [np.array(pair["b"]) for pair in self.params]
        result = super().train_step(*arguments)
        for pair, old in zip(self.params, before):
            pair["b"][...] += 1e-9 * (pair["b"] - old)
        return result


class Loud(mlp_py.Network):
    """A twin that trains rightly and reports another loss."""

    def train_epoch(self, *arguments):
        losses, accuracies = super().train_epoch(*arguments)
        return losses + 1, accuracies


class Silent(mlp_py.Network):
    """A twin whose step gives NaN."""

    def train_step(self, *arguments):
        result = super().train_step(*arguments)
        self.params[0]["w"][1, 2] = np.nan
        return result


@pytest.fixture
def pretend(monkeypatch):
    """Let the main job take two short generated problems, and another class in the place of mlp_c."""
    problems = [dataclasses.replace(datasets.generated(name), epochs=4) for name in ("binary", "select")]

    def pretend(network):
        monkeypatch.setattr(mainjob, "network_class",
                            lambda name: mlp_py.Network if name == "mlp_py" else network)
        monkeypatch.setattr(mainjob, "find_problems", lambda: (problems, "generated data"))
    return pretend


def test_equal_twins_pass(pretend, call):
    pretend(mlp_py.Network)
    status, out, _ = call()
    assert status == 0 and "FAILED" not in out


def test_a_step_beyond_the_bound_fails(pretend, call):
    pretend(Twisted)
    status, out, _ = call()
    assert status == 1
    assert "FAILED mlp_c, generated binary, one step from the initial parameters: params[" in out
    assert all(word in out for word in ("['b'][", "got ", "expected ", "bound "))
    assert "FAILED mlp_py" not in out and "within the derived" not in out


def test_another_printed_line_fails(pretend, call):
    pretend(Loud)
    status, out, _ = call()
    assert status == 1
    assert "FAILED generated binary: mlp_py printed 'Epoch 2: loss=" in out
    assert "printed by both" not in out


def test_a_nan_is_beyond_every_bound(pretend, call):
    pretend(Silent)
    status, out, _ = call()
    assert status == 1 and "params[0]['w'][1, 2]: got nan" in out


@pytest.mark.parametrize("blocked, says", [
    pytest.param("mlp_c,tqdm,matplotlib", "three data sets bundled with scikit-learn",
                 marks=pytest.mark.full),
    pytest.param("mlp_c,sklearn,scipy,tqdm,matplotlib,pooch",
                 "three small generated problems (scikit-learn is not installed)", marks=pytest.mark.full)])
def test_main_job_without(blocked, says):
    done = python(BLOCKED, blocked, "mlp_py", MLP_DATA="")
    out = done.stdout.decode("utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert says in out and "mlp_c is not built" in out and "pip install" in out
    assert "training with mlp_py alone" in out
    assert out.count("Final Test") == 3 and "speed-up" not in out


@needs_lecture
@pytest.mark.full
def test_main_job_without_scikit_learn_takes_the_lectures_files():
    done = python(BLOCKED, "mlp_c,sklearn", "mlp_py")
    out = done.stdout.decode("utf-8")
    assert done.returncode == 0
    assert "the lecture's three files from MLP_DATA" in out and "\nabalone: regression, 4177 rows" in out


def test_mlp_c_not_built_is_one_sentence_where_it_was_asked_for():
    for argv in ((), ("train", "digits")):
        done = python(BLOCKED, "mlp_c", "mlp_c", *argv)
        assert done.returncode == 1 and done.stdout == b""
        assert b"error: mlp_c is not built" in done.stderr and done.stderr.count(b"\n") == 1


def test_ctrl_c_in_the_main_job(pretend, call):
    class Stopped(mlp_py.Network):
        def train_epoch(self, *arguments):
            raise KeyboardInterrupt
    pretend(Stopped)
    status, out, err = call()
    assert status == 130 and "stopped by Ctrl-C while mlp_c trained generated binary" in err
