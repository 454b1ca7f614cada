"""Chapter 4 of the lecture, compiled: the names, signatures, effects and printed lines of `mlp_py.lecture`.

What each function does is told there. Here a `Trainer` over the parameter arrays does the arithmetic, and
`train_and_test` runs a whole epoch in one call without the GIL.

Redefinition is the lecture's way of working: ``lecture.relu = mine`` is honoured by everything that calls relu.
So each function asks whether what it stands for is still its own (`redefined`); if not, it takes the slow path:
the lecture's body, one compiled layer at a time.
"""

import warnings

import numpy as np

from mlp_py import datasets
from mlp_py.lecture_arguments import checked, is_variable, parameter_pairs

from . import problems, trainer

# ---- 4.1 constants and state ---------------------------------------------------------------------------

RND_MEAN = 0
RND_STD = 0.0030

LEARNING_RATE = 0.001

input_cnt = output_cnt = hidden_cnt = hidden_config = None
pm_output = pm_hidden = pm_hiddens = None
data = shuffle_map = test_begin_idx = problem = None

_engine = None          # over the pairs that were used last
_own = {}               # this module's functions by name, filled at its end


def _redefined(*names):
    """Which of `names` somebody has replaced."""
    return [name for name in names if globals()[name] is not _own[name]]


def _engine_of(variable):
    """The Trainer over the model's pairs; a new one where an array was replaced."""
    global _engine
    pairs, _ = parameter_pairs(globals(), variable)
    if _engine is None or not _engine.serves(pairs):
        _engine = trainer.Trainer(pairs)
    return _engine


# ---- 4.2 one hidden layer ------------------------------------------------------------------------------

@checked
def init_model_hidden1():
    """Draw pm_hidden (I, H), then pm_output (H, O)."""
    global pm_output, pm_hidden
    pm_hidden = alloc_param_pair([input_cnt, hidden_cnt])
    pm_output = alloc_param_pair([hidden_cnt, output_cnt])


@checked
def alloc_param_pair(shape):
    """{'w': normal(RND_MEAN, RND_STD) of `shape`, 'b': zeros of its last length}, from NumPy's global generator."""
    return {'w': np.random.normal(RND_MEAN, RND_STD, shape), 'b': np.zeros(shape[-1])}


@checked
def forward_neuralnet_hidden1(x):
    """output (B, O) and aux = [x, hidden]."""
    if _redefined('relu'):
        return _forward_by_layers(x, [pm_hidden])
    return _engine_of(False).forward(x)


@checked
def relu(x):
    """max(x, 0), entry by entry; NaN stays NaN, -0.0 becomes +0.0."""
    return problems.relu(x)


@checked
def backprop_neuralnet_hidden1(G_output, aux):
    """p = fma(-LEARNING_RATE, G_p, p) for pm_output, then pm_hidden, in place; G_hidden with the old weights."""
    if _redefined('relu_derv'):
        _backprop_by_layers(G_output, aux, [pm_hidden])
    else:
        _engine_of(False).backprop(G_output, aux, LEARNING_RATE)


@checked
def relu_derv(y):
    """sign(y) of ReLU's output y."""
    return problems.relu_derv(y)


# ---- 4.3 a list of hidden layers -----------------------------------------------------------------------

@checked
def init_model_hiddens():
    """Draw pm_hiddens, one pair per width in hidden_config, then pm_output."""
    global pm_output, pm_hiddens
    pm_hiddens = []
    prev_cnt = input_cnt
    for width in hidden_config:
        pm_hiddens.append(alloc_param_pair([prev_cnt, width]))
        prev_cnt = width
    pm_output = alloc_param_pair([prev_cnt, output_cnt])


@checked
def forward_neuralnet_hiddens(x):
    """output (B, O) and aux = [x, hidden_1, ..., hidden_n]."""
    if _redefined('relu'):
        return _forward_by_layers(x, pm_hiddens)
    return _engine_of(True).forward(x)


@checked
def backprop_neuralnet_hiddens(G_output, aux):
    """p = fma(-LEARNING_RATE, G_p, p) in place, from the output layer back; each G_hidden with the old weights."""
    if _redefined('relu_derv'):
        _backprop_by_layers(G_output, aux, pm_hiddens)
    else:
        _engine_of(True).backprop(G_output, aux, LEARNING_RATE)


def _forward_by_layers(x, hidden_pairs):
    """The slow path: each layer compiled, the redefined relu between them."""
    hidden, aux = x, [x]
    for pm in hidden_pairs:
        hidden = relu(trainer.Trainer([pm]).forward(hidden)[0])
        aux.append(hidden)
    return trainer.Trainer([pm_output]).forward(hidden)[0], aux


def _backprop_by_layers(G_output, aux, hidden_pairs):
    """The slow path: each layer compiled, the redefined relu_derv between them."""
    G = G_output
    pairs = [*hidden_pairs, pm_output]
    for n in reversed(range(len(pairs))):
        layer = trainer.Trainer([pairs[n]])
        G_hidden = layer.input_gradient(G, [aux[n]]) if n > 0 else None
        layer.backprop(G, [aux[n]], LEARNING_RATE)
        if n > 0:
            G = G_hidden * relu_derv(aux[n])


# ---- 4.4 the switch between the two --------------------------------------------------------------------

@checked
def init_model():
    """Draw the model that set_hidden chose, and say which."""
    if hidden_config is not None:
        print('은닉 계층 {}개를 갖는 다층 퍼셉트론이 작동되었습니다.'.format(len(hidden_config)))
        init_model_hiddens()
    else:
        print('은닉 계층 하나를 갖는 다층 퍼셉트론이 작동되었습니다.')
        init_model_hidden1()


@checked
def forward_neuralnet(x):
    """forward_neuralnet_hiddens where hidden_config is set, else forward_neuralnet_hidden1."""
    return forward_neuralnet_hiddens(x) if hidden_config is not None else forward_neuralnet_hidden1(x)


@checked
def backprop_neuralnet(G_output, hiddens):
    """backprop_neuralnet_hiddens where hidden_config is set, else backprop_neuralnet_hidden1."""
    if hidden_config is not None:
        backprop_neuralnet_hiddens(G_output, hiddens)
    else:
        backprop_neuralnet_hidden1(G_output, hiddens)


@checked
def set_hidden(info):
    """An integer: one hidden layer of that width. A list, tuple or array of integers: a layer for each."""
    global hidden_cnt, hidden_config
    if isinstance(info, list):
        hidden_config = info
    else:
        hidden_cnt = info
        hidden_config = None


# ---- chapter 1: the training loop ----------------------------------------------------------------------

# What one call of Trainer.train_epoch stands for, and one of Trainer.train_step.
_STEP = ('forward_neuralnet', 'forward_neuralnet_hidden1', 'forward_neuralnet_hiddens', 'relu', 'forward_postproc',
         'eval_accuracy', 'backprop_postproc', 'backprop_neuralnet', 'backprop_neuralnet_hidden1',
         'backprop_neuralnet_hiddens', 'relu_derv')
_EPOCH = ('get_train_data', 'run_train', *_STEP)


@checked
def train_and_test(epoch_count, mb_size, report):
    """Train, print every `report` epochs and at the end; an epoch is one compiled call, unless redefined."""
    step_count = arrange_data(mb_size)
    test_x, test_y = get_test_data()
    noticed = False

    for epoch in range(epoch_count):
        replaced = _redefined(*_EPOCH)          # asked anew: run_test, or whoever prints, may redefine too
        if replaced and not noticed:
            warnings.warn(f"redefined: lecture.{', lecture.'.join(replaced)}; training goes step by step, the slow path",
                          stacklevel=3)
            noticed = True
        losses, accs = (_train_epoch_by_steps if replaced else _train_epoch)(step_count, mb_size)

        if report > 0 and (epoch + 1) % report == 0:
            acc = run_test(test_x, test_y)
            print('Epoch {}: loss={:5.3f}, accuracy={:5.3f}/{:5.3f}'
                  .format(epoch + 1, np.mean(losses), np.mean(accs), acc))

    final_acc = run_test(test_x, test_y)
    print('\nFinal Test: final accuracy = {:5.3f}'.format(final_acc))


def _train_epoch_by_steps(step_count, mb_size):
    """(losses, accuracies) of an epoch, step by step, as in the lecture."""
    losses, accs = [], []
    for n in range(step_count):
        train_x, train_y = get_train_data(mb_size, n)
        loss, acc = run_train(train_x, train_y)
        losses.append(loss)
        accs.append(acc)
    return losses, accs


def _train_epoch(step_count, mb_size):
    """The same as one compiled call; the columns of data are brought into C order and the parameters' dtype."""
    np.random.shuffle(shuffle_map[:test_begin_idx])
    net, (x, y) = _engine_of(is_variable(globals())), (data[:, :-output_cnt], data[:, -output_cnt:])
    return net.train_epoch(problem, x, y, shuffle_map[:step_count * mb_size], mb_size, LEARNING_RATE)


@checked
def arrange_data(mb_size):
    """Shuffle the row numbers into shuffle_map; 80 % of them, in whole minibatches, train. Returns step_count."""
    global shuffle_map, test_begin_idx
    shuffle_map = np.arange(data.shape[0])
    np.random.shuffle(shuffle_map)
    step_count = int(data.shape[0] * 0.8) // mb_size
    test_begin_idx = step_count * mb_size
    return step_count


@checked
def get_test_data():
    """x (rows, I) and y (rows, O) of the rows behind test_begin_idx in shuffle_map."""
    test_data = data[shuffle_map[test_begin_idx:]]
    return test_data[:, :-output_cnt], test_data[:, -output_cnt:]


@checked
def get_train_data(mb_size, nth):
    """x and y of minibatch `nth`; before the first, the training part of shuffle_map is shuffled in place."""
    if nth == 0:
        np.random.shuffle(shuffle_map[:test_begin_idx])
    train_data = data[shuffle_map[mb_size * nth:mb_size * (nth + 1)]]
    return train_data[:, :-output_cnt], train_data[:, -output_cnt:]


@checked
def run_train(x, y):
    """One training step; returns its loss and its accuracy, both from before the update."""
    if not _redefined(*_STEP):
        return _engine_of(is_variable(globals())).train_step(problem, x, y, LEARNING_RATE)
    output, aux_nn = forward_neuralnet(x)
    loss, aux_pp = forward_postproc(output, y)
    accuracy = eval_accuracy(output, y)
    backprop_neuralnet(backprop_postproc(1.0, aux_pp), aux_nn)
    return loss, accuracy


@checked
def run_test(x, y):
    """The accuracy on x and y; nothing changes."""
    output, _ = forward_neuralnet(x)
    return eval_accuracy(output, y)


# ---- chapters 1 to 3: regression, binary decision, selection; `problem` tells which ------------------------

@checked
def forward_postproc(output, y):
    """The loss and aux = [output, y]."""
    return problems.evaluate(problem, output, y)[0], [output, y]


@checked
def backprop_postproc(G_loss, aux):
    """G_output = G_loss * dloss/doutput, (B, O)."""
    return problems.output_gradient(problem, *aux, G_loss)


@checked
def eval_accuracy(output, y):
    """regression: 1 - mean relative error. binary and select: the share of right answers."""
    return problems.evaluate(problem, output, y)[1]


# ---- the three data sets -------------------------------------------------------------------------------

@checked
def load_abalone_dataset():
    """Abalone: sex as one-hot (I, M, F) and 7 measures -> rings; 10 inputs, 1 output, regression."""
    global data, input_cnt, output_cnt, problem
    data, input_cnt, output_cnt, problem = datasets.lecture_rows('abalone'), 10, 1, 'regression'


@checked
def load_pulsar_dataset():
    """Pulsar stars: 8 measures -> pulsar or not; 8 inputs, 1 output, binary."""
    global data, input_cnt, output_cnt, problem
    data, input_cnt, output_cnt, problem = datasets.lecture_rows('pulsar'), 8, 1, 'binary'


@checked
def load_steel_dataset():
    """Steel plates: 27 measures -> one of 7 faults; 27 inputs, 7 outputs, select."""
    global data, input_cnt, output_cnt, problem
    data, input_cnt, output_cnt, problem = datasets.lecture_rows('steel'), 27, 7, 'select'


@checked
def abalone_exec(epoch_count=10, mb_size=10, report=1):
    """Load the abalone data, draw the model, train and test it."""
    load_abalone_dataset()
    init_model()
    train_and_test(epoch_count, mb_size, report)


@checked
def pulsar_exec(epoch_count=10, mb_size=10, report=1):
    """Load the pulsar data, draw the model, train and test it."""
    load_pulsar_dataset()
    init_model()
    train_and_test(epoch_count, mb_size, report)


@checked
def steel_exec(epoch_count=10, mb_size=10, report=1):
    """Load the steel data, draw the model, train and test it."""
    load_steel_dataset()
    init_model()
    train_and_test(epoch_count, mb_size, report)


_own.update({name: value for name, value in globals().items() if callable(value) and hasattr(value, '__wrapped__')})
