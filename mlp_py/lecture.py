"""Chapter 4 of the lecture: a multilayer perceptron by hand, with one hidden layer, then with a list of them.

Read it from top to bottom beside the lecture. The module's globals are the model's state, as in a notebook:
set them as attributes (``lecture.LEARNING_RATE = 0.1``). The page needs nothing but NumPy, and also runs
copied alone into a notebook; then it checks no arguments and reads the data files from MLP_DATA.

Names: ``pm_x`` is the parameter pair of x, ``G_x`` the gradient of the loss with respect to x, ``g_y_x`` the
local derivative of y with respect to x, ``aux`` what forward keeps for backprop. Sizes: B rows of a
minibatch, I inputs, H hidden units, O outputs.

Where the lecture and this page differ: ``np.random.seed(1234)`` stands in for its ``randomize()``, which
seeds with a float and raises; what is not set yet raises RuntimeError, not NameError; the gradient with
respect to the input, which the lecture's last backprop step computes and nobody uses, is left out.
"""

import csv
import os

import numpy as np

try:
    from . import datasets
    from .lecture_arguments import checked
except ImportError:             # the page stands alone: no checks, and the files from MLP_DATA only
    datasets = None

    def checked(function):
        return function


# ---- 4.1 constants and state ---------------------------------------------------------------------------

RND_MEAN = 0
RND_STD = 0.0030

LEARNING_RATE = 0.001

input_cnt = output_cnt = hidden_cnt = hidden_config = None
pm_output = pm_hidden = pm_hiddens = None
data = shuffle_map = test_begin_idx = problem = None


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
    weight = np.random.normal(RND_MEAN, RND_STD, shape)
    bias = np.zeros(shape[-1])
    return {'w': weight, 'b': bias}


@checked
def forward_neuralnet_hidden1(x):
    """hidden = relu(x @ w + b), output = hidden @ w + b; returns output (B, O) and aux = [x, hidden]."""
    hidden = relu(np.matmul(x, pm_hidden['w']) + pm_hidden['b'])
    output = np.matmul(hidden, pm_output['w']) + pm_output['b']
    return output, [x, hidden]


@checked
def relu(x):
    """max(x, 0), entry by entry; NaN stays NaN."""
    return np.maximum(x, 0)


@checked
def backprop_neuralnet_hidden1(G_output, aux):
    """p -= LEARNING_RATE * G_p for pm_output, then pm_hidden, in place.

    G_hidden is taken with the output weights as they were in forward, so before they change.
    """
    x, hidden = aux

    g_output_w_out = hidden.transpose()
    G_w_out = np.matmul(g_output_w_out, G_output)
    G_b_out = np.sum(G_output, axis=0)

    g_output_hidden = pm_output['w'].transpose()
    G_hidden = np.matmul(G_output, g_output_hidden)

    pm_output['w'] -= LEARNING_RATE * G_w_out
    pm_output['b'] -= LEARNING_RATE * G_b_out

    G_hidden = G_hidden * relu_derv(hidden)

    g_hidden_w_hid = x.transpose()
    G_w_hid = np.matmul(g_hidden_w_hid, G_hidden)
    G_b_hid = np.sum(G_hidden, axis=0)

    pm_hidden['w'] -= LEARNING_RATE * G_w_hid
    pm_hidden['b'] -= LEARNING_RATE * G_b_hid


@checked
def relu_derv(y):
    """The derivative of ReLU from its *output* y: sign(y), so 1 where y > 0 and 0 at 0.

    The lecture says 0 for a negative number too; sign gives -1 there, which no output of a ReLU reaches.
    """
    return np.sign(y)


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
    """The same for every layer of pm_hiddens; returns output (B, O) and aux = [x, hidden_1, ..., hidden_n]."""
    hidden = x
    hiddens = [x]

    for pm in pm_hiddens:
        hidden = relu(np.matmul(hidden, pm['w']) + pm['b'])
        hiddens.append(hidden)

    output = np.matmul(hidden, pm_output['w']) + pm_output['b']
    return output, hiddens


@checked
def backprop_neuralnet_hiddens(G_output, aux):
    """p -= LEARNING_RATE * G_p in place, from the output layer back to the first hidden layer.

    hiddens[n] is the input of layer n and hiddens[n + 1] its output; each G_hidden is taken with the
    weights before they change.
    """
    hiddens = aux

    g_output_w_out = hiddens[-1].transpose()
    G_w_out = np.matmul(g_output_w_out, G_output)
    G_b_out = np.sum(G_output, axis=0)

    g_output_hidden = pm_output['w'].transpose()
    G_hidden = np.matmul(G_output, g_output_hidden)

    pm_output['w'] -= LEARNING_RATE * G_w_out
    pm_output['b'] -= LEARNING_RATE * G_b_out

    for n in reversed(range(len(pm_hiddens))):
        G_hidden = G_hidden * relu_derv(hiddens[n + 1])

        g_hidden_w_hid = hiddens[n].transpose()
        G_w_hid = np.matmul(g_hidden_w_hid, G_hidden)
        G_b_hid = np.sum(G_hidden, axis=0)

        if n > 0:                   # the gradient of the input x is used by nobody
            g_hidden_hidden = pm_hiddens[n]['w'].transpose()
            G_hidden = np.matmul(G_hidden, g_hidden_hidden)

        pm_hiddens[n]['w'] -= LEARNING_RATE * G_w_hid
        pm_hiddens[n]['b'] -= LEARNING_RATE * G_b_hid


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
    if hidden_config is not None:
        return forward_neuralnet_hiddens(x)
    else:
        return forward_neuralnet_hidden1(x)


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
    if isinstance(info, (list, tuple, np.ndarray)):
        hidden_config = list(info)
    else:
        hidden_cnt = info
        hidden_config = None


# ---- chapter 1: the training loop ----------------------------------------------------------------------

@checked
def train_and_test(epoch_count, mb_size, report):
    """Train `epoch_count` epochs in minibatches of `mb_size` rows, print every `report` epochs and at the end.

    A line holds the means of the epoch's losses and training accuracies, then the accuracy on the test rows.
    report = 0 prints the final line only.
    """
    step_count = arrange_data(mb_size)
    test_x, test_y = get_test_data()

    for epoch in range(epoch_count):
        losses, accs = [], []

        for n in range(step_count):
            train_x, train_y = get_train_data(mb_size, n)
            loss, acc = run_train(train_x, train_y)
            losses.append(loss)
            accs.append(acc)

        if report > 0 and (epoch + 1) % report == 0:
            acc = run_test(test_x, test_y)
            print('Epoch {}: loss={:5.3f}, accuracy={:5.3f}/{:5.3f}'
                  .format(epoch + 1, np.mean(losses), np.mean(accs), acc))

    final_acc = run_test(test_x, test_y)
    print('\nFinal Test: final accuracy = {:5.3f}'.format(final_acc))


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
    output, aux_nn = forward_neuralnet(x)
    loss, aux_pp = forward_postproc(output, y)
    accuracy = eval_accuracy(output, y)

    G_loss = 1.0
    G_output = backprop_postproc(G_loss, aux_pp)
    backprop_neuralnet(G_output, aux_nn)

    return loss, accuracy


@checked
def run_test(x, y):
    """The accuracy on x and y; nothing changes."""
    output, _ = forward_neuralnet(x)
    return eval_accuracy(output, y)


# ---- chapters 1 to 3: regression, binary decision, selection; `problem` tells which ------------------------

@checked
def forward_postproc(output, y):
    """The loss and aux = [output, y].

    regression: mean((output - y)**2). binary: mean of the cross entropy of sigmoid(output) and y. select: mean
    over the rows of the cross entropy of softmax(output) and y; its 1e-10 keeps log from 0 and is not in the
    gradient.
    """
    if problem == 'regression':
        loss = np.mean(np.square(output - y))
    elif problem == 'binary':
        loss = np.mean(np.maximum(output, 0) - output * y + np.log(1 + np.exp(-np.abs(output))))
    else:
        entropy = -np.sum(y * np.log(_softmax(output) + 1.0e-10), axis=1)
        loss = np.mean(entropy)
    return loss, [output, y]


@checked
def backprop_postproc(G_loss, aux):
    """G_output = G_loss * dloss/doutput, (B, O), divided by the entries (regression, binary) or the rows (select)."""
    output, y = aux
    if problem == 'regression':
        return G_loss * (2 * (output - y) / output.size)
    elif problem == 'binary':
        return G_loss * ((_sigmoid(output) - y) / output.size)
    else:
        return G_loss * ((_softmax(output) - y) / output.shape[0])


@checked
def eval_accuracy(output, y):
    """regression: 1 - mean relative error. binary and select: the share of right answers."""
    if problem == 'regression':
        return 1 - np.mean(np.abs((output - y) / y))
    elif problem == 'binary':
        return np.mean(np.equal(np.greater(output, 0), np.greater(y, 0.5)))
    else:
        return np.mean(np.equal(np.argmax(output, axis=1), np.argmax(y, axis=1)))


def _sigmoid(x):
    """1 / (1 + exp(-x)), written so that no exp overflows."""
    return np.exp(-np.maximum(-x, 0)) / (1 + np.exp(-np.abs(x)))


def _softmax(x):
    """exp(x) / sum(exp(x)) along each row, the row's maximum subtracted first so that no exp overflows."""
    raised = np.exp(x - np.max(x, axis=1, keepdims=True))
    return raised / np.sum(raised, axis=1, keepdims=True)


# ---- the three data sets -------------------------------------------------------------------------------

def _read_rows(filename):
    """The rows of a file in the folder MLP_DATA, without its header line."""
    with open(os.path.join(os.environ['MLP_DATA'], filename), encoding='utf-8', newline='') as csvfile:
        return list(csv.reader(csvfile))[1:]


@checked
def load_abalone_dataset():
    """Abalone: sex as one-hot (I, M, F) and 7 measures -> rings; 10 inputs, 1 output, regression."""
    global data, input_cnt, output_cnt, problem
    if datasets is not None:
        loaded = datasets.lecture_rows('abalone')
    else:
        rows = _read_rows('abalone.csv')
        loaded = np.zeros([len(rows), 11])
        for n, row in enumerate(rows):
            loaded[n, 'IMF'.index(row[0])] = 1
            loaded[n, 3:] = [float(field) for field in row[1:]]
    data, input_cnt, output_cnt, problem = loaded, 10, 1, 'regression'


@checked
def load_pulsar_dataset():
    """Pulsar stars: 8 measures -> pulsar or not; 8 inputs, 1 output, binary."""
    global data, input_cnt, output_cnt, problem
    loaded = datasets.lecture_rows('pulsar') if datasets else np.array(_read_rows('pulsar_stars.csv'), dtype='float32')
    data, input_cnt, output_cnt, problem = loaded, 8, 1, 'binary'


@checked
def load_steel_dataset():
    """Steel plates: 27 measures -> one of 7 faults; 27 inputs, 7 outputs, select."""
    global data, input_cnt, output_cnt, problem
    loaded = datasets.lecture_rows('steel') if datasets else np.array(_read_rows('faults.csv'), dtype='float32')
    data, input_cnt, output_cnt, problem = loaded, 27, 7, 'select'


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
