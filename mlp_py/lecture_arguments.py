"""What each function of the lecture asks of its arguments and of the module's state, for both twins.

One function here per function there, of the same name and parameters behind `state`, the module's globals.
It returns the arguments in the form that the arithmetic needs (arrays in the parameters' dtype), or raises:
TypeError or ValueError for an argument or a global of wrong kind, shape or range; RuntimeError, saying what
to call, for one that is not set yet. Nothing is changed before every check has passed.
"""

import functools

import numpy as np

from . import arguments as check


def checked(function):
    """Let the arguments of `function` pass through the check of its name on this page."""
    check_arguments = globals()["check_" + function.__name__]
    state = function.__globals__

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*check_arguments(state, *args, **kwargs))

    return wrapper


# ---- the state -----------------------------------------------------------------------------------------

def is_set(state, name, remedy):
    """The global `name`, which must not be None."""
    value = state[name]
    if value is None:
        raise RuntimeError(f"{name} is not set: {remedy}")
    return value


def counts(state, *names):
    """The globals `names` are integers of at least 1."""
    remedies = {"hidden_cnt": "call set_hidden(4), or a list of widths, first"}
    for name in names:
        check.count(name, is_set(state, name, remedies.get(name, "load a data set, or set it, first")))


def parameter_pairs(state, variable):
    """The model's pairs in forward order, and their dtype, after a look at kinds, shapes and layout."""
    if variable:
        hidden = is_set(state, "pm_hiddens", "call init_model() first")
        if not isinstance(hidden, (list, tuple)):
            raise TypeError(f"pm_hiddens: expected a list of parameter pairs, got {check.shown(hidden)}")
        names = [f"pm_hiddens[{n}]" for n in range(len(hidden))]
    else:
        hidden, names = [is_set(state, "pm_hidden", "call init_model() first")], ["pm_hidden"]
    pairs = [*hidden, is_set(state, "pm_output", "call init_model() first")]
    names.append("pm_output")
    fan_in = dtype = None
    for name, pair in zip(names, pairs):
        w, b = _pair_arrays(name, pair)
        if dtype is None:
            dtype = w.dtype
        if w.dtype != dtype or b.dtype != dtype or dtype not in check.REALS:
            raise TypeError(f"{name}: expected all parameters in one of float64, float32, got {w.dtype} and {b.dtype}")
        if w.ndim != 2 or b.shape != w.shape[1:] or 0 in w.shape or (fan_in is not None and w.shape[0] != fan_in):
            raise ValueError(f"{name}: expected w ({fan_in or 'I'}, H) and b (H,), got {w.shape} and {b.shape}")
        if not (w.flags.carray and b.flags.carray):
            raise ValueError(f"{name}: expected writeable, aligned, C-contiguous arrays")
        fan_in = w.shape[1]
    return pairs, dtype


def _pair_arrays(name, pair):
    try:
        w, b = pair['w'], pair['b']
    except (TypeError, KeyError, IndexError):
        raise TypeError(f"{name}: expected {{'w': array, 'b': array}}, got {check.shown(pair)}") from None
    if not isinstance(w, np.ndarray) or not isinstance(b, np.ndarray):
        raise TypeError(f"{name}: expected arrays under 'w' and 'b', got {type(w).__name__} and {type(b).__name__}")
    return w, b


def is_variable(state):
    """Does the switch pick the variable model?"""
    return state["hidden_config"] is not None


def known_problem(state):
    check.problem(is_set(state, "problem", "load a data set, or set problem, first"))


def problem_if_used(state):
    """`problem` is asked for by the module's own loss functions; whoever redefines all three needs none."""
    if any(hasattr(state[name], "__wrapped__") for name in ("forward_postproc", "backprop_postproc", "eval_accuracy")):
        known_problem(state)


def table(state):
    """`data`, (rows, I + O)."""
    data = is_set(state, "data", "call load_abalone_dataset(), or set data, first")
    counts(state, "input_cnt", "output_cnt")
    columns = state["input_cnt"] + state["output_cnt"]
    if not isinstance(data, np.ndarray) or data.dtype.kind not in "fiub":
        raise TypeError(f"data: expected an array of real numbers (rows, {columns}), got {check.shown(data)}")
    if data.ndim != 2 or data.shape[1] != columns or data.shape[0] == 0:
        raise ValueError(f"data: expected shape (rows, {columns}), input_cnt + output_cnt columns, got {data.shape}")
    return data


def training_rows(state, mb_size):
    """A minibatch size that gives at least one whole minibatch."""
    mb_size, rows = check.count("mb_size", mb_size), int(table(state).shape[0] * 0.8)
    if mb_size > rows:
        raise ValueError(f"mb_size: expected at most {rows}, the number of training rows, got {mb_size}")
    return mb_size


def arranged_rows(state, begin, end):
    """shuffle_map[begin:end] holds row numbers of data."""
    rows = table(state).shape[0]
    shuffle_map = is_set(state, "shuffle_map", "call arrange_data(mb_size) first")
    if not isinstance(shuffle_map, np.ndarray) or shuffle_map.shape != (rows,):
        raise ValueError(f"shuffle_map: expected an array of {rows} row numbers, got {check.shown(shuffle_map)}")
    check.row_numbers("shuffle_map", shuffle_map[begin:end], rows)


def test_begin(state):
    """test_begin_idx, as arrange_data leaves it."""
    return check.count("test_begin_idx", is_set(state, "test_begin_idx", "call arrange_data(mb_size) first"), 0)


# ---- the model -----------------------------------------------------------------------------------------

def check_alloc_param_pair(state, shape):
    shape = check.widths("shape", shape)
    if not shape:
        raise ValueError("shape: expected at least one length, got none")
    mean, std = check.number("RND_MEAN", state["RND_MEAN"]), check.number("RND_STD", state["RND_STD"])
    if std < 0:
        raise ValueError(f"RND_STD: expected a number of at least 0, got {std} (RND_MEAN is {mean})")
    return (list(shape),)


def check_init_model_hidden1(state):
    counts(state, "input_cnt", "output_cnt", "hidden_cnt")
    return ()


def check_init_model_hiddens(state):
    counts(state, "input_cnt", "output_cnt")
    check.widths("hidden_config", is_set(state, "hidden_config", "call set_hidden([4]), or another list, first"))
    return ()


def check_init_model(state):
    return check_init_model_hiddens(state) if is_variable(state) else check_init_model_hidden1(state)


def _forward(state, x, variable):
    pairs, dtype = parameter_pairs(state, variable)
    return (check.matrix("x", x, None, pairs[0]['w'].shape[0], dtype),)


def check_forward_neuralnet_hidden1(state, x):
    return _forward(state, x, False)


def check_forward_neuralnet_hiddens(state, x):
    return _forward(state, x, True)


def check_forward_neuralnet(state, x):
    return _forward(state, x, is_variable(state))


def _backprop(state, G_output, aux, variable, name="aux"):
    pairs, dtype = parameter_pairs(state, variable)
    check.number("LEARNING_RATE", state["LEARNING_RATE"], dtype)
    G_output = check.matrix("G_output", G_output, None, pairs[-1]['w'].shape[1], dtype)
    row_widths = [pair['w'].shape[0] for pair in pairs]
    return G_output, check.activations(name, aux, G_output.shape[0], row_widths, dtype)


def check_backprop_neuralnet_hidden1(state, G_output, aux):
    return _backprop(state, G_output, aux, False)


def check_backprop_neuralnet_hiddens(state, G_output, aux):
    return _backprop(state, G_output, aux, True)


def check_backprop_neuralnet(state, G_output, hiddens):
    return _backprop(state, G_output, hiddens, is_variable(state), "hiddens")


def check_relu(state, x):
    return (check.real_array("x", x),)


def check_relu_derv(state, y):
    return (check.real_array("y", y),)


def check_set_hidden(state, info):
    if not isinstance(info, (bool, np.bool_)) and hasattr(info, "__index__") and np.ndim(info) == 0:
        return (check.count("info", info),)
    return (list(check.widths("info", info)),)


# ---- the training loop ---------------------------------------------------------------------------------

def check_train_and_test(state, epoch_count, mb_size, report):
    arguments = check.count("epoch_count", epoch_count, 0), training_rows(state, mb_size), check.count("report", report, 0)
    problem_if_used(state)
    parameter_pairs(state, is_variable(state))
    return arguments


def check_arrange_data(state, mb_size):
    return (training_rows(state, mb_size),)


def check_get_test_data(state):
    arranged_rows(state, test_begin(state), None)
    return ()


def check_get_train_data(state, mb_size, nth):
    mb_size, nth = check.count("mb_size", mb_size), check.count("nth", nth, 0)
    end = test_begin(state)
    if (nth + 1) * mb_size > end:
        raise ValueError(f"nth: expected a minibatch below {end // mb_size}, the number that arrange_data gave, got {nth}")
    arranged_rows(state, nth * mb_size, (nth + 1) * mb_size)
    return mb_size, nth


def check_run_train(state, x, y):
    problem_if_used(state)
    pairs, dtype = parameter_pairs(state, is_variable(state))
    check.number("LEARNING_RATE", state["LEARNING_RATE"], dtype)
    x = check.at_least_one_row("x", check.matrix("x", x, None, pairs[0]['w'].shape[0], dtype))
    return x, check.matrix("y", y, x.shape[0], pairs[-1]['w'].shape[1], dtype)


check_run_test = check_run_train


# ---- the problems --------------------------------------------------------------------------------------

def _postproc(state, output, y):
    known_problem(state)
    output = check.at_least_one_row("output", check.matrix("output", output, None, None))
    return output, check.matrix("y", y, *output.shape, output.dtype)


def check_forward_postproc(state, output, y):
    return _postproc(state, output, y)


check_eval_accuracy = check_forward_postproc


def check_backprop_postproc(state, G_loss, aux):
    if not isinstance(aux, (list, tuple)) or len(aux) != 2:
        raise TypeError(f"aux: expected [output, y] as forward_postproc returns it, got {check.shown(aux)}")
    try:
        pair = list(_postproc(state, *aux))
    except (TypeError, ValueError) as error:
        raise type(error)(f"aux: {error}") from None
    return check.number("G_loss", G_loss, pair[0].dtype), pair


# ---- data and runs -------------------------------------------------------------------------------------

def check_load_abalone_dataset(state):
    return ()


check_load_pulsar_dataset = check_load_steel_dataset = check_load_abalone_dataset


def check_abalone_exec(state, epoch_count=10, mb_size=10, report=1):
    return check.count("epoch_count", epoch_count, 0), check.count("mb_size", mb_size), check.count("report", report, 0)


check_pulsar_exec = check_steel_exec = check_abalone_exec
