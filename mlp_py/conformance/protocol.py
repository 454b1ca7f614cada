"""Driving a port as a reader of the lecture would: set its globals, call its functions, read its arrays.

`model` may be a module or any object whose attributes are the functions and the state that `contract` names.
"""
import numpy as np

from .contract import CONSTANTS


def begin(model, params, learning_rate, single=False):
    """Make a model of the shapes in `params` ([{'w': (I, H), 'b': (H,)}, ..., output pair]) and give it their values.

    single: one hidden layer goes through set_hidden(width), so through the functions named hidden1; else a list does.
    What a port that is still being written lacks of set_hidden and the init functions is done in its place.
    """
    for name, value in CONSTANTS.items():
        if not hasattr(model, name):
            setattr(model, name, value)
    widths = [pair['w'].shape[0] for pair in params]
    model.input_cnt, model.output_cnt = int(widths[0]), int(params[-1]['w'].shape[1])
    if single and len(widths) != 2:
        raise ValueError(f'single: expected one hidden layer, got {len(widths) - 1}')
    choose(model, int(widths[1]) if single else [int(width) for width in widths[1:]])
    names = 'init_model', 'init_model_hidden1' if single else 'init_model_hiddens'
    if not hasattr(model, 'set_hidden'):        # init_model is still that of an earlier chapter
        names = reversed(names)
    draw = next((getattr(model, name) for name in names if hasattr(model, name)), None)
    if draw is not None:
        draw()
    else:
        made = [{name: np.zeros_like(pair[name]) for name in 'wb'} for pair in params]
        model.pm_output = made.pop()
        model.pm_hidden, model.pm_hiddens = (made[0], None) if single else (None, made)
    for mine, given in zip(pairs(model, single), params, strict=True):
        for name in 'wb':
            if np.asarray(mine[name]).dtype == given[name].dtype:
                mine[name][...] = given[name]
            else:                               # another precision: only asked of a port that offers it
                mine[name] = np.array(given[name])
    model.LEARNING_RATE = learning_rate


def choose(model, info):
    """set_hidden, or what it does."""
    if hasattr(model, 'set_hidden'):
        model.set_hidden(info)
    elif isinstance(info, list):
        model.hidden_config = info
    else:
        model.hidden_cnt, model.hidden_config = info, None


def pairs(model, single=False):
    """The model's own parameter pairs, first hidden layer first, output last."""
    return [*([model.pm_hidden] if single else model.pm_hiddens), model.pm_output]


def read(model, single=False):
    """Copies of the parameters."""
    return [{name: np.array(pair[name]) for name in 'wb'} for pair in pairs(model, single)]


def gradients(before, after, learning_rate):
    """What the update subtracted, divided by the rate: exact for a power of two, but for the update's own rounding."""
    return [{name: (old[name] - new[name]) / learning_rate for name in 'wb'} for old, new in zip(before, after, strict=True)]
