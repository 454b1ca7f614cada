"""The command `train`: one problem, one twin, the lecture's lines, a picture and a history on demand."""

import math
import os
import sys

import numpy as np

from . import datasets, outputs
from .arguments import hidden_widths
from .console import Bar, failed, init_model_line, layers_text
from .datasets import EMBEDDED, LECTURE_FILES
from .params import layer_shapes, theta_size
from .training import train
from .twins import network_class

# Named data sets, the embedded ones and the lecture's; all else is the path of a CSV file.
NAMES = (*LECTURE_FILES, *EMBEDDED)
# The lecture's own defaults, those of `abalone_exec` and its like.
LECTURE_DEFAULTS = {"epochs": 10, "batch": 10, "report": 1}


def run_train(arguments, twin, parser):
    """Do what the parsed `arguments` of `train` ask for; returns the exit status."""
    _check_problem(arguments, parser)
    plot, history_file = _check_outputs(arguments, parser)
    try:
        network = network_class(twin)
        dataset = _load(arguments)
    except ValueError as error:
        if str(error).startswith("target:"):                   # the argument is wrong, not the file
            parser.error(f"argument --{error}")
        return failed(parser.prog, error)
    except (OSError, ImportError) as error:                    # a sentence written for the user
        return failed(parser.prog, error)
    settings = _settings(arguments, twin, dataset, parser)
    net, rng = _new_network(network, dataset, settings, parser)
    if dataset.problem == "regression" and not np.all(dataset.y):
        print(f"{parser.prog}: note: the accuracy of a regression divides by the target, which is 0 in "
              f"{np.count_nonzero(dataset.y == 0)} of {dataset.y.size} places", file=sys.stderr)
    with Bar(settings["epochs"]) as bar:
        bar.label(f"{twin} {dataset.name}")
        bar.say(init_model_line(settings["hidden"]))
        history = train(net, dataset.problem, dataset.x, dataset.y, epoch_count=settings["epochs"],
                        mb_size=settings["batch"], learning_rate=settings["lr"], report=settings["report"],
                        rng=rng, say=bar.say, progress=bar.step)
    status = _say_how_it_ended(history, settings, parser.prog)
    settings["layers"] = layers_text(net)
    try:
        if history_file:
            outputs.write_history(history_file, history, settings)
            print(f"history written to {history_file}")
        if plot:
            from .plots import write_plot
            title = f"{dataset.name} ({dataset.problem}), layers {settings['layers']}, trained by {twin}"
            write_plot(plot, history, title)
            print(f"picture written to {plot}")
    except OSError as error:
        return failed(parser.prog, error)
    return status


def _check_problem(arguments, parser):
    """Refuse a PROBLEM that is neither a name nor a file, and options that do not belong to it."""
    problem = arguments.problem
    if problem in NAMES:
        for option in ("target", "kind"):
            if getattr(arguments, option) is not None:
                parser.error(f"argument --{option}: only for a CSV file of your own, not for {problem}")
    elif not os.path.isfile(problem):
        parser.error(f"argument PROBLEM: {problem!r} is neither {', '.join(NAMES)} nor a file")
    elif arguments.target is None:
        parser.error(f"argument --target: needed for {problem!r}: the column to be learned, "
                     "e.g. --target price")
    if arguments.data is not None:
        if problem not in LECTURE_FILES:
            parser.error(f"argument --data: only for {', '.join(LECTURE_FILES)}, not for {problem}")
        if not os.path.isdir(arguments.data):
            parser.error(f"argument --data: there is no folder {arguments.data!r}")


def _check_outputs(arguments, parser):
    """The absolute paths of picture and history (None where not asked for), found writable."""
    checked = []
    for option in ("plot", "history"):
        path = getattr(arguments, option)
        if path is not None:
            try:
                path = outputs.checked_path(path)
                if option == "plot":
                    from .plots import picture_format
                    picture_format(path)
            except (OSError, ValueError, ImportError) as error:
                parser.error(f"argument --{option}: {error}")
        checked.append(path)
    if checked[0] is not None and checked[0] == checked[1]:
        parser.error("argument --history: the same file as --plot")
    return checked


def _load(arguments):
    """The Dataset of PROBLEM."""
    if arguments.problem in NAMES:
        return datasets.load(arguments.problem, data=arguments.data, scale=arguments.scale)
    scale = True if arguments.scale is None else arguments.scale
    return datasets.load_csv(arguments.problem, arguments.target, kind=arguments.kind, scale=scale)


def _settings(arguments, twin, dataset, parser):
    """Every setting of the run: what was asked for, else the problem's own."""
    own = {"hidden": dataset.hidden, "epochs": dataset.epochs, "batch": dataset.mb_size,
           "lr": dataset.learning_rate, "std": dataset.std, "report": dataset.report}
    if arguments.problem in LECTURE_FILES:
        own |= LECTURE_DEFAULTS
    elif arguments.epochs is not None:
        own["report"] = max(1, arguments.epochs // 5)
    asked = {name: getattr(arguments, name) for name in own if getattr(arguments, name) is not None}
    scale = arguments.problem not in LECTURE_FILES if arguments.scale is None else arguments.scale
    settings = {
        "twin": twin, "problem": dataset.name, "kind": dataset.problem, "source": dataset.source,
        "rows": len(dataset.x), "inputs": dataset.columns, "targets": dataset.targets,
        "target_scale": dataset.target_scale, "scale": scale,
        "seed": arguments.seed, "dtype": arguments.dtype, **own, **asked,
    }
    training_rows = int(len(dataset.x) * 0.8)
    if settings["batch"] > training_rows:
        parser.error(f"argument --batch: expected at most {training_rows}, the rows of {dataset.name} that "
                     f"train, got {settings['batch']}")
    if settings["lr"] > float(np.finfo(settings["dtype"]).max):
        parser.error(f"argument --lr: {settings['lr']} is infinite in {settings['dtype']}")
    return settings


def _new_network(network, dataset, settings, parser):
    """A network of the class `network` as `settings` say, and the RandomState that it was drawn from."""
    shapes = layer_shapes(dataset.x.shape[1], hidden_widths(settings["hidden"]), dataset.y.shape[1])
    rng = np.random.RandomState(settings["seed"])
    try:
        if theta_size(shapes) * np.dtype(settings["dtype"]).itemsize > _memory():
            raise MemoryError
        with np.errstate(over="ignore"):                   # a std beyond float32 diverges, and train says so
            return network(dataset.x.shape[1], settings["hidden"], dataset.y.shape[1],
                           dtype=settings["dtype"], std=settings["std"], rng=rng), rng
    except (MemoryError, OverflowError, ValueError):       # NumPy's three ways of saying so
        parser.error(f"argument --hidden: {theta_size(shapes)} parameters do not fit into memory")


def _memory():
    """Bytes of memory in this machine; infinite where the system does not tell."""
    # Asked beforehand, for many systems promise more memory than there is and end the process that uses it.
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return math.inf


def _say_how_it_ended(history, settings, prog):
    """A sentence on stderr where the run did not end as planned; returns the exit status."""
    if history.interrupted:
        print(f"{prog}: stopped by Ctrl-C after {len(history.epochs)} of {settings['epochs']} epochs; "
              "the final test is of what was learned until then", file=sys.stderr)
        return 130
    if history.diverged:
        print(f"{prog}: the run diverged: the loss of epoch {len(history.epochs)} is {history.loss[-1]}; "
              f"try a smaller --lr than {settings['lr']:g}", file=sys.stderr)
        return 1
    return 0
