"""The command line: `train`, its lines and files, what it refuses, and the surroundings it must bear."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mlp_py
from mlp_py import console

from .command_line import BLOCKED, ROOT, call, csv, needs_lecture, python   # noqa: F401  (fixtures too)

pytestmark = pytest.mark.needs('training', 'Network')

PUBLISHED = json.loads((Path(__file__).parent / "published_chapter4.json").read_text(encoding="utf-8"))
SINGLE = "은닉 계층 하나를 갖는 다층 퍼셉트론이 작동되었습니다."


# ---- train: what it prints and writes --------------------------------------------------------------------

def lecture_output(capsys, lecture, hidden, epoch_count, problem="abalone"):
    """What the functions of the lecture print from seed 1234."""
    np.random.seed(1234)
    lecture.set_hidden(hidden)
    getattr(lecture, f"{problem}_exec")(epoch_count=epoch_count)
    return capsys.readouterr().out


@needs_lecture
@pytest.mark.parametrize("text, hidden", [
    ("4", 4), ("4,", [4]), pytest.param("none", [], marks=pytest.mark.full),
    pytest.param("12,6", [12, 6], marks=pytest.mark.full)])
def test_train_prints_what_the_lecture_prints(twin, lecture, call, capsys, text, hidden):
    expected = lecture_output(capsys, lecture, hidden, 2)
    status, out, err = call("train", "abalone", "--hidden", text, "--seed", "1234", "--epochs", "2",
                            twin=twin.package.__name__)
    assert (status, out, err) == (0, expected, "")


@needs_lecture
def test_train_prints_the_published_lines(call):
    entry = PUBLISHED[0]
    status, out, _ = call("train", "abalone", "--hidden", "none")     # all else is the lecture's by default
    assert status == 0
    assert [line for line in out.splitlines() if line] == entry["lines"]


@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.full)])
def test_train_a_csv_with_every_option(call, csv, tmp_path, dtype):
    plot, history = tmp_path / "run.png", tmp_path / "run.json"
    history.write_text("old", encoding="utf-8")
    status, out, err = call("train", csv, "--target", "price", "--kind", "regression", "--hidden", "5,3",
                            "--epochs", "30", "--batch", "4", "--lr", "0.05", "--std", "he", "--seed", "7",
                            "--dtype", dtype, "--report", "10", "--no-scale", "--plot", plot,
                            "--history", history)
    lines = out.splitlines()
    assert (status, err) == (0, "")
    assert lines[0] == console.init_model_line((5, 3)) == SINGLE.replace("하나를", "2개를")
    assert [line.split(":")[0] for line in lines[1:4]] == ["Epoch 10", "Epoch 20", "Epoch 30"]
    document = json.loads(history.read_text(encoding="utf-8"))
    assert lines[4:6] == ["", f"Final Test: final accuracy = {document['final_accuracy']:5.3f}"]
    assert document["loss"][-1] < 0.1 * document["loss"][0]
    settings = document["settings"]
    expected = {"twin": "mlp_py", "problem": "houses", "kind": "regression", "layers": "2-5-3-1",
                "hidden": [5, 3], "epochs": 30, "batch": 4, "lr": 0.05, "std": "he", "seed": 7,
                "dtype": dtype, "report": 10,
                "scale": False, "rows": 60, "inputs": ["a", "b"], "targets": ["price"]}
    assert {name: settings[name] for name in expected} == expected
    assert document["versions"]["numpy"] == np.__version__
    assert len(document["loss"]) == len(document["accuracy"]) == len(document["test_accuracy"]) == 30
    assert [value is not None for value in document["test_accuracy"]] == (9 * [False] + [True]) * 3
    assert lines[3] == "Epoch 30: loss={:5.3f}, accuracy={:5.3f}/{:5.3f}".format(
        document["loss"][-1], document["accuracy"][-1], document["test_accuracy"][-1])
    assert document["seconds"] > 0 and not document["interrupted"] and not document["diverged"]
    assert plot.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["houses.csv", "run.json", "run.png"]


def test_scale_changes_what_is_learned_from(call, csv):
    outputs = {call("train", csv, "--target", "price", "--epochs", "3", *option)[1]
               for option in ((), ("--scale",), ("--no-scale",))}
    assert len(outputs) == 2                                            # a CSV is standardised by default


def test_a_few_epochs_are_reported_without_asking(call, csv):
    assert call("train", csv, "--target", "price", "--epochs", "2")[1].count("Epoch ") == 2
    assert call("train", csv, "--target", "price", "--epochs", "2", "--report", "0")[1].count("Epoch ") == 0


def test_a_diverging_run_says_so(call, csv, tmp_path):
    history = tmp_path / "h.json"
    status, out, err = call("train", csv, "--target", "price", "--lr", "1e6", "--std", "1",
                            "--history", history)
    assert status == 1 and "Final Test" in out
    assert err.count("\n") == 1 and "diverged" in err and "smaller --lr than 1e+06" in err
    assert json.loads(history.read_text(encoding="utf-8"))["loss"][-1] is None


def test_a_target_of_zero_is_noted(call, tmp_path):
    path = tmp_path / "zeros.csv"
    path.write_text("a,b\n" + "".join(f"{i},{i % 7 * 0.5}\n" for i in range(40)), encoding="utf-8")
    status, _, err = call("train", path, "--target", "b", "--kind", "regression", "--epochs", "1")
    assert status == 0 and "0 in 6 of 40 places" in err


# ---- train: what it refuses ------------------------------------------------------------------------------

WRONG = [
    ("--hidden", "4,x"), ("--hidden", "0"), ("--hidden", "-3"), ("--hidden", ","), ("--hidden", ""),
    ("--hidden", "3,,4"), ("--hidden", "2.5"), ("--hidden", "1" + 40 * "0"), ("--epochs", "0"),
    ("--epochs", "x"), ("--batch", "0"), ("--batch", "49"), ("--batch", "1" + 400 * "0"), ("--lr", "0"),
    ("--lr", "nan"),
    ("--lr", "-1"), ("--lr", "inf"), ("--lr", "x"), ("--std", "-1"), ("--std", "x"), ("--std", "inf"),
    ("--seed", "-1"), ("--seed", "4294967296"), ("--seed", "x"), ("--dtype", "float16"), ("--report", "-1"),
    ("--kind", "sort"), ("--target", "cost"), ("--data", "."), ("--plot", "no/folder/x.png"), ("--plot", "x"),
    ("--plot", "x.foo"), ("--history", "no/folder/x.json"), ("--history", "."),
    pytest.param("--history", os.devnull, marks=pytest.mark.skipif(os.name == "nt", reason="a device file")),
]


@pytest.mark.parametrize("option, value", WRONG)
def test_a_wrong_value_is_one_line_that_names_it(call, csv, option, value):
    arguments = ["train", csv, f"{option}={value}"] + (["--target=price"] if option != "--target" else [])
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"mlp_py train: error: argument {option}: ") and err.count("\n") == 1


@pytest.mark.parametrize("argv, says", [
    (["train"], "mlp_py train: error: the following arguments are required: PROBLEM"),
    (["train", "no.csv"], "mlp_py train: error: argument PROBLEM: 'no.csv' is neither"),
    (["train", "digits", "--nosuch"], "mlp_py train: error: unrecognized arguments: --nosuch"),
    (["train", "digits", "--target", "a"], "mlp_py train: error: argument --target: only for a CSV"),
    (["train", "digits", "--kind", "binary"], "mlp_py train: error: argument --kind: only for a CSV"),
    (["train", "abalone", "--data", "no/folder"], "mlp_py train: error: argument --data: there is no folder"),
    (["train", "digits", "--epoch", "3"], "mlp_py train: error: unrecognized arguments: --epoch"),
    (["teach"], "mlp_py: error: argument COMMAND: invalid choice"),
    (["--nosuch"], "mlp_py: error: unrecognized arguments: --nosuch")])
def test_a_wrong_command_line_is_one_line(call, argv, says):
    status, out, err = call(*argv)
    assert (status, out) == (2, "")
    assert err.startswith(says) and err.count("\n") == 1


def test_a_csv_needs_its_target_and_two_files_two_names(call, csv, tmp_path):
    assert "argument --target: needed" in call("train", csv)[2]
    same = tmp_path / "same.png"
    status, _, err = call("train", csv, "--target", "price", "--plot", same, "--history", same)
    assert status == 2 and "the same file" in err and not same.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0,
                    reason="the superuser may write everywhere")
def test_a_protected_folder_is_refused_at_once(call, csv, tmp_path):
    folder = tmp_path / "protected"
    folder.mkdir(mode=0o500)
    status, out, err = call("train", csv, "--target", "price", "--history", folder / "h.json")
    assert (status, out) == (2, "") and "cannot be written to" in err


@pytest.mark.parametrize("text", ["", "a,price\n", "a,price\n1,2\n3\n",
                                  "a,price\n1,2\n3,x\n", "a,price\n1,2\n3,nan\n"])
def test_a_broken_file_is_the_loaders_sentence(call, tmp_path, text):
    path = tmp_path / "broken.csv"
    path.write_text(text, encoding="utf-8")
    status, out, err = call("train", path, "--target", "price")
    assert (status, out) == (1, "")
    assert err.startswith("mlp_py train: error: ") and "broken.csv" in err and err.count("\n") == 1


def test_missing_libraries_are_one_sentence():
    done = python(BLOCKED, "sklearn", "mlp_py", "train", "digits")
    assert done.returncode == 1 and b'pip install "mlp-twins[demo]"' in done.stderr
    assert done.stderr.count(b"\n") == 1
    done = python(BLOCKED, "matplotlib", "mlp_py", "train", "digits", "--plot", "x.png")
    assert done.returncode == 2 and b"argument --plot: pictures need matplotlib" in done.stderr
    assert done.stdout == b"" and done.stderr.count(b"\n") == 1


# ---- help and version ------------------------------------------------------------------------------------

@pytest.mark.parametrize("twin_name", ["mlp_py", "mlp_c"])
def test_version_and_help(call, twin_name):
    assert call("--version", twin=twin_name) == (0, f"{twin_name} {mlp_py.__version__} (mlp-twins)\n", "")
    status, out, err = call("--help", twin=twin_name)
    assert (status, err) == (0, "") and f"usage: python -m {twin_name}" in out and "train" in out


def test_help_explains_every_option_with_an_example(call):
    status, out, _ = call("train", "--help")
    text = " ".join(out.split())
    assert status == 0
    for option in ("target", "kind", "hidden", "epochs", "batch", "lr", "std", "seed", "dtype", "report",
                   "data", "plot", "history"):
        assert f"e.g. --{option} " in text
    assert "e.g. --no-scale" in text and "e.g. houses.csv" in text


# ---- surroundings ----------------------------------------------------------------------------------------

MAIN = "import sys; from mlp_py.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.parametrize("environment", [
    pytest.param({"PYTHONIOENCODING": "ascii"}, marks=pytest.mark.full),
    pytest.param({"PYTHONIOENCODING": "cp1252"}, marks=pytest.mark.full),
    {"PYTHONIOENCODING": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["ascii", "cp1252", "LC_ALL=C"])
def test_a_console_without_hangul(csv, environment):
    done = python(MAIN, "train", csv, "--target", "price", "--epochs", "2", **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"?? ?? ??? ??") and b"Final Test: final accuracy" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="on Windows no process can send another a Ctrl-C")
@pytest.mark.full('mlp_py')
def test_ctrl_c_keeps_what_was_learned(csv, tmp_path, twin):
    name = twin.package.__name__
    # A process started in the background ignores SIGINT; this one must not.
    code = ("import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "from mlp_py.cli import main; sys.exit(main(sys.argv[2:], twin=sys.argv[1]))")
    plot, history = tmp_path / "run.png", tmp_path / "run.json"
    command = [sys.executable, "-c", code, name, "train", csv, "--target", "price", "--epochs", "1000000000",
               "--report", "100", "--plot", plot, "--history", history]
    with subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "PYTHONIOENCODING": "utf-8"}) as process:
        begun = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert begun[1].startswith(b"Epoch 100: loss=")
    assert process.returncode == 130
    assert b"Final Test: final accuracy" in out
    assert f"{name} train: stopped by Ctrl-C after ".encode() in err and b"Traceback" not in err
    document = json.loads(history.read_text(encoding="utf-8"))
    assert document["interrupted"] and len(document["loss"]) >= 100
    assert plot.stat().st_size > 1000


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
def test_a_reader_that_leaves_and_a_full_disk(csv):
    command = [sys.executable, "-c", MAIN, "train", str(csv), "--target", "price", "--report", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in (0, 1)                      # 0: it had written all before the reader left
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 1
        assert done.stderr.startswith(b"mlp_py: error: ") and done.stderr.count(b"\n") == 1
