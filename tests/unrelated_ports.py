"""Mistakes that `fingerprints` does not know: whatever name it gave to one of these would be false.

Each is one edit (or the same edit in both versions) of the lecture's text, and none is a Fault of `wrong_ports`.
"""
import pytest

from mlp_py.conformance.edits import (B1, BACKPROP, BIAS, BN, F1, FN, FORWARD, G_B, G_W, HIDDEN_1, HIDDEN_N, WEIGHT,
                                      edit, first, hidden_lines, last, outset, part, update)
from mlp_py.conformance.wrong_ports import Fault


def relu(formula):
    return edit(['relu'], 'return np.maximum(x, 0)', f'return {formula}')


def derivative(formula):
    return edit(['relu_derv'], 'return np.sign(y)', f'return {formula}')


def hidden(line):
    """`line` behind the computation of each hidden layer."""
    return edit(F1, HIDDEN_1, f'{HIDDEN_1}\n{line}') + edit(FN, HIDDEN_N, f'{HIDDEN_N}\n{line}')


def weight(formula):
    return edit(['alloc_param_pair'], WEIGHT, f'weight = {formula}')


def bias(formula):
    return edit(['alloc_param_pair'], BIAS, f'bias = {formula}')


def chosen(line, new):
    return edit(['set_hidden'], line, new)


EDITS = {
    'relu is tanh': relu('np.tanh(x)'),
    'relu is the sigmoid': relu('1 / (1 + np.exp(-x))'),
    'relu is softplus': relu('np.log1p(np.exp(x))'),
    'relu ends at 6': relu('np.clip(x, 0, 6)'),
    'relu is squared': relu('np.maximum(x, 0)**2'),
    'relu from 1 on': relu('np.maximum(x, 1)'),
    'relu from -1 on': relu('np.maximum(x, -1)'),
    'relu with a threshold': relu('np.where(x > 1, x, 0)'),
    'relu leaks a tenth': relu('np.maximum(x, 0.1 * x)'),
    'relu leaks a little more than a hundredth': relu('np.maximum(x, 0.01001 * x)'),
    'relu rounds': relu('np.round(np.maximum(x, 0))'),
    'relu a millionth too large': relu('np.maximum(x, 0) * 1.000001'),
    'relu by the columns': relu('np.maximum(x, 0) * (np.arange(x.shape[1]) > 0)'),
    'derivative half at 0': derivative('np.where(y > 0, 1.0, 0.5)'),
    'derivative of tanh': derivative('1 - y**2'),
    'derivative of the sigmoid': derivative('y * (1 - y)'),
    'derivative too large': derivative('1.37 * np.sign(y)'),
    'derivative from 1 on': derivative('np.where(y > 1, 1.0, 0.0)'),
    'derivative is minus one': derivative('-np.sign(y)'),
    'derivative is 0': derivative('0 * y'),
    'derivative is the root': derivative('np.sqrt(y)'),
    'output too large': last('output = 1.37 * output'),
    'output one more': last('output = output + 1'),
    'output columns reversed': last('output = output[:, ::-1]'),
    'output rows reversed': last('output = output[::-1]'),
    'output rounded to tens': last('output = np.round(output, -1)'),
    'output in float32 and a bit': last("output = output.astype('float32') * (1 + 2.0**-20)"),
    'output through tanh': last('output = np.tanh(output)'),
    'output through softmax': last('output = np.exp(output) / np.sum(np.exp(output), axis=1, keepdims=True)'),
    'output has infinities': last('output = output * np.inf'),
    'output of the first row': last('output = output[:1] + 0 * output'),
    'noise on the output': last('output = output + np.random.normal(0, 1, output.shape)'),
    'one NaN in the output': last('output[0, 0] = np.nan'),
    'half of the units dropped': hidden('hidden = hidden * (np.arange(hidden.shape[1]) % 2)'),
    'units reversed': hidden('hidden = hidden[:, ::-1]'),
    'units halved': hidden('hidden = 0.5 * hidden'),
    'units normalised': hidden('hidden = hidden / (1 + np.max(hidden))'),
    'hidden bias doubled': hidden_lines(" + pm_hidden['b']", " + 2 * pm_hidden['b']"),
    'hidden bias subtracted': hidden_lines(" + pm_hidden['b']", " - pm_hidden['b']"),
    'hidden weights positive': hidden_lines("pm_hidden['w']", "np.abs(pm_hidden['w'])"),
    'x centred': first('x = x - np.mean(x, axis=0)'),
    'x one more': first('x = x + 1'),
    'x rows reversed': first('x = x[::-1]'),
    'x columns reversed': first('x = x[:, ::-1]'),
    'aux holds x twice as large': edit(F1, 'return output, [x, hidden]', 'return output, [2 * x, hidden]')
    + edit(FN, 'return output, hiddens', 'return output, [2 * x, *hiddens[1:]]'),
    'gradient too large': outset('G_output = 1.37 * G_output'),
    'gradient a little too large': outset('G_output = 1.002 * G_output'),
    'gradient tripled': outset('G_output = 3 * G_output'),
    'gradient is its sign': outset('G_output = np.sign(G_output)'),
    'gradient squared': outset('G_output = G_output**2'),
    'gradient rows reversed': outset('G_output = G_output[::-1]'),
    'gradient columns reversed': outset('G_output = G_output[:, ::-1]'),
    'gradient clipped': outset('G_output = np.clip(G_output, -1, 1)'),
    'gradient centred': outset('G_output = G_output - np.mean(G_output, axis=1, keepdims=True)'),
    'first row dropped': outset('G_output = np.concatenate([0 * G_output[:1], G_output[1:]])'),
    'gradient divided by outputs': outset('G_output = G_output / G_output.shape[1]'),
    'gradient is infinite': outset('G_output = G_output * np.inf'),
    'b is the largest row': part(BACKPROP, G_B, 'sum', 'max'),
    'b is the first row': part(BACKPROP, G_B, 'np.sum(', '(lambda G, axis: G[0])('),
    'b divided by rows and one': part(BACKPROP, G_B, 'axis=0)', 'axis=0) / (len(G_output) + 1)'),
    'w divided by 7': part(BACKPROP, G_W, ')', ') / 7'),
    'hidden gradient halved': edit(B1, 'x, hidden = aux', 'x, hidden = aux\nhidden = 0.5 * hidden')
    + edit(BN, 'hiddens = aux', 'hiddens = [0.5 * hidden for hidden in aux]'),
    'rate halved': update('LEARNING_RATE', '0.5 * LEARNING_RATE'),
    'rate too large': update('LEARNING_RATE', '1.37 * LEARNING_RATE'),
    'rate under the root': update('LEARNING_RATE', 'LEARNING_RATE ** 0.5'),
    'rate typed in as 0.01': update('LEARNING_RATE', '0.01'),
    'only weights go up': update('-=', '+=', names='w'),
    'only biases go up': update('-=', '+=', names='b'),
    'only the output goes up': update('-=', '+=', ['output']),
    'parameters shrink': update('-= LEARNING_RATE * ', '-= 0.01 + LEARNING_RATE * '),
    'weights never learn': update(None, '', names='w'),
    'parameters times the gradient': update('-= LEARNING_RATE', '*= LEARNING_RATE'),
    'weights ten times as wide': weight('np.random.normal(RND_MEAN, 10 * RND_STD, shape)'),
    'weights of variance RND_STD': weight('np.random.normal(RND_MEAN, RND_STD**0.5, shape)'),
    'weights positive': weight('np.abs(np.random.normal(RND_MEAN, RND_STD, shape))'),
    'weights drawn transposed': weight('np.random.normal(RND_MEAN, RND_STD, shape[::-1]).transpose()'),
    'weights from another generator': weight('np.random.default_rng(0).normal(RND_MEAN, RND_STD, shape)'),
    'weights around 0': weight('np.random.normal(0, RND_STD, shape)'),
    'weights even around 0': weight('np.random.uniform(-1, 1, shape)'),
    'biases are 1': bias('np.ones(shape[-1])'),
    'biases are a column': bias('np.zeros([shape[-1], 1])'),
    'one width more': chosen('hidden_cnt = info', 'hidden_cnt = info + 1'),
    'widths reversed': chosen('hidden_config = info', 'hidden_config = info[::-1]'),
    'first width only': chosen('hidden_config = info', 'hidden_config = info[:1]'),
    'refused': edit(['forward_neuralnet'], 'if hidden_config is not None:', "raise ValueError('no')\nif hidden_config:"),
    'output squared in one version': edit(FORWARD[:1], 'return output, [x, hidden]', 'return output**2, [x, hidden]'),
}

UNRELATED = tuple(Fault(key, key, '', edits) for key, edits in EDITS.items())


def each_unrelated(first):
    """A test's `fault`: every third one from `first` on in the quick tier, all in the full one."""
    return pytest.mark.parametrize('fault', [
        pytest.param(fault, marks=[pytest.mark.full] * ((n - first) % 3 > 0), id=fault.key) for n, fault in enumerate(UNRELATED)])
