"""The command line: `python -m mlp_py` and `python -m mlp_c` both enter here.

    python -m mlp_c                                the main job: three real problems, both twins (mainjob.py)
    python -m mlp_c train digits --hidden 32,16    one problem with one twin
    python -m mlp_c train my.csv --target price    data of one's own
    python -m mlp_c bench 16-32-32-4 --batch 64    how fast a network trains here, beside other libraries
    python -m mlp_py check my_port.py              is this port of the lecture right?
    python -m mlp_py conformance archive           cases by which a program in another language is judged

Exit status: 0 done, 1 failed (data, twins differ, the run diverged), 2 a wrong argument, 130 Ctrl-C.
A command is a function `add_<name>(commands, twin)` that adds its parser and sets `run`, a function of the
parsed arguments that returns the exit status.
"""

import argparse
import contextlib
import math
import os
import sys

from . import __version__
from .conformance.check_command import add_check
from .conformance.command import add_conformance
from .console import failed, tolerate_any_encoding
from .datasets import EMBEDDED, LECTURE_FILES


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line, without the usage above it, and exit status 2."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def whole(at_least, at_most=None):
    """An argument type: an integer in a range."""
    wanted = f"an integer {f'of at least {at_least}' if at_most is None else f'from {at_least} to {at_most}'}"

    def parse(text):
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected {wanted}, got {text!r}") from None
        if number < at_least or (at_most is not None and number > at_most):
            raise argparse.ArgumentTypeError(f"expected {wanted}, got {text}")
        return number

    return parse


def widths(text):
    """'4' is the integer 4 (the single-hidden model), '12,6' and '4,' are tuples, 'none' is ()."""
    if text.strip().lower() == "none":
        return ()
    if "," not in text:
        return whole(1)(text)
    parts = text.split(",")
    return tuple(map(whole(1), parts if parts[-1].strip() else parts[:-1]))


def layers(text):
    """'16-32-4': the widths of a whole network, inputs first, outputs last; at least these two."""
    parts = tuple(map(whole(1, 2**24), text.split("-")))
    if len(parts) < 2:
        raise argparse.ArgumentTypeError(f"expected inputs and outputs at least, e.g. 16-32-4, got {text!r}")
    return parts


def rate(text):
    """A finite number above 0."""
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a finite number above 0, got {text!r}")
    return number


def deviation(text):
    """'he', or a finite number of at least 0."""
    if text == "he":
        return text
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a finite number of at least 0, or 'he', got {text!r}")
    return number


def _number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan


def add_train(commands, twin):
    """The command `train`."""
    parser = commands.add_parser(
        "train", allow_abbrev=False, help="train one problem with one twin",
        usage=f"python -m {twin} train PROBLEM [options]",
        description="Train one problem, print the lecture's lines, test on the rows that did not train "
                    "(20 %). What is not given takes the problem's own setting; for the lecture's files that "
                    "is the lecture's: 10 epochs, minibatches of 10, rate and std 0.001 and 0.003.",
        epilog="Ctrl-C stops at once: what was learned until then is tested, drawn and written.")
    add = parser.add_argument
    add("problem", metavar="PROBLEM",
        help=f"{', '.join(LECTURE_FILES)} (the lecture's files), {', '.join(EMBEDDED)} (from scikit-learn), "
             "or the path of a CSV file with one header line, e.g. houses.csv")
    add("--target", metavar="COLUMN", action="append",
        help="for a CSV file: name or number (from 0) of the column to be learned; may be given several "
             "times; e.g. --target price")
    add("--kind", choices=("regression", "binary", "select"),
        help="for a CSV file: a number, yes or no, or one of several classes; guessed from the target if not "
             "given; e.g. --kind binary")
    add("--hidden", metavar="WIDTHS", type=widths,
        help="widths of the hidden layers: an integer alone is the single-hidden model, none is no hidden "
             "layer; e.g. --hidden 4, --hidden 12,6, --hidden none")
    add("--epochs", metavar="N", type=whole(1), help="how often all training rows are seen, e.g. --epochs 50")
    add("--batch", metavar="ROWS", type=whole(1), help="rows in a minibatch, e.g. --batch 10")
    add("--lr", metavar="RATE", type=rate, help="learning rate, e.g. --lr 0.001")
    add("--std", metavar="STD", type=deviation,
        help="standard deviation of the initial weights, or he for sqrt(2 / inputs of the layer); "
             "e.g. --std 0.003")
    add("--seed", metavar="N", type=whole(0, 2**32 - 1), default=1234,
        help="of NumPy's RandomState, which draws weights, split and epoch shuffles (default 1234); "
             "e.g. --seed 7")
    add("--dtype", choices=("float64", "float32"), default="float64",
        help="the precision of everything (default float64), e.g. --dtype float32")
    add("--report", metavar="N", type=whole(0),
        help="test and print a line every N epochs; 0: the last line only; e.g. --report 10")
    add("--scale", action=argparse.BooleanOptionalAction,
        help="standardise the inputs (mean 0, spread 1 in every column) or leave them as they are, "
             "e.g. --no-scale; the lecture's data are left as they are by default, all others are "
             "standardised")
    add("--data", metavar="DIR",
        help=f"folder of the lecture's files ({', '.join(LECTURE_FILES)}); default: the environment variable "
             "MLP_DATA, else they are fetched once; e.g. --data ~/lecture")
    add("--plot", metavar="FILE",
        help="draw loss and accuracy by epoch, e.g. --plot run.png (needs matplotlib)")
    add("--history", metavar="FILE",
        help="write settings, versions and the figures of every epoch as JSON, e.g. --history run.json")

    def run(arguments):
        from .trainjob import run_train
        return run_train(arguments, twin, parser)

    parser.set_defaults(run=run, parser=parser)


def add_bench(commands, twin):
    """The command `bench`."""
    parser = commands.add_parser(
        "bench", allow_abbrev=False, help="time one network here, beside other libraries",
        usage=f"python -m {twin} bench WIDTHS [options]",
        description="Time a training step of one network on this machine: both twins and whatever of scikit-learn, "
                    "PyTorch and JAX is installed, each in its quickest form, in turns, for about ten seconds. All "
                    "train the same random data, and all parameters are compared before anything is timed.",
        epilog='The other libraries: pip install "mlp-twins[bench]"')
    add = parser.add_argument
    add("widths", metavar="WIDTHS", type=layers,
        help="widths of all layers from inputs to outputs, joined by -, e.g. 16-32-32-4")
    add("--batch", metavar="ROWS", type=whole(1, 2**24), default=10,
        help="rows in a minibatch (default 10), e.g. --batch 64")
    add("--dtype", choices=("float64", "float32"), default="float64",
        help="the precision of everything (default float64), e.g. --dtype float32")
    add("--problem", choices=("regression", "binary", "select"), default="regression",
        help="whose loss: the squared error, the cross entropy of a sigmoid or of a softmax (default regression), "
             "e.g. --problem select")

    def run(arguments):
        from .benchjob import run_bench
        return run_bench(arguments, twin)

    parser.set_defaults(run=run, parser=parser)


def build_parser(twin):
    """The parser of the whole command line; `run` of its result does the work."""
    parser = Parser(
        prog=twin, allow_abbrev=False, usage=f"python -m {twin} [COMMAND ...]",
        description="The multilayer perceptron of a lecture, twice: mlp_py in NumPy, mlp_c compiled. Without "
                    "a command: train three real problems with both twins from the same start and compare "
                    "them.",
        epilog=f"Options of a command: python -m {twin} train --help")
    parser.add_argument("--version", action="version", version=f"{twin} {__version__} (mlp-twins)")

    def run(_):
        from .mainjob import run_main_job
        return run_main_job(twin)

    parser.set_defaults(run=run, parser=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog=twin)
    add_train(commands, twin)
    add_bench(commands, twin)
    add_check(commands, twin)
    add_conformance(commands, twin)
    return parser


def main(argv=None, twin="mlp_py"):
    """Run the command line `argv` (default: that of the process) and return the exit status.

    `twin`, "mlp_py" or "mlp_c", is the one that `train` uses and that messages begin with.
    """
    tolerate_any_encoding()
    try:
        arguments, unknown = build_parser(twin).parse_known_args(argv)
        if unknown:                            # the command says so, not the program
            arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except SystemExit as stop:                 # argparse's way out: --help, --version, a wrong argument
        return stop.code
    except KeyboardInterrupt:
        print(f"{twin}: stopped by Ctrl-C", file=sys.stderr)
        return 130
    except BrokenPipeError:                    # the reader (a pager, head) is gone; nobody is left to be told
        _drop_stdout()
        return 1
    except OSError as error:                   # e.g. stdout goes to a full disk
        _drop_stdout()
        return failed(twin, error)


def _drop_stdout():
    """Send what stdout still holds nowhere: Python would try to write it once more at its end."""
    with contextlib.suppress(OSError, ValueError):             # a stdout without a file behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
