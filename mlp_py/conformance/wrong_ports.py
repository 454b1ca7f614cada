"""Mistakes that a learner makes, each as an edit of the lecture's text typed in: what `fingerprints` can name.

A Fault is one mistake. Where the version with one hidden layer and the version with a list can both have it, its edits
are in both. The edits are made with the words of the page `edits`.
"""
import types
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .edits import (B1, BACK_HIDDEN, BACK_OUTPUT, BACKPROP, BIAS, BN, F1, FN, FORWARD, G_B, G_W, HIDDEN_1, HIDDEN_N, LOOP,
                    MASK_1, MASK_N, OUTPUT, UPDATED_N, UPDATED_OUTPUT, WEIGHT, delayed, edit, first, hidden_lines, last,
                    masks, outset, part, update)

TEXT = (Path(__file__).parent / 'lecture_typed_in.py').read_text(encoding='utf-8')


class Fault(NamedTuple):
    key: str
    english: str
    korean: str
    edits: tuple


def source(*faults):
    """The text with the edits of all the faults; ValueError unless each line is there exactly once."""
    lines = TEXT.split('\n')
    for fault in faults:
        for function, old, new in fault.edits:
            begin = lines.index(next(line for line in lines if line.startswith(f'def {function}(')))
            end = next((n for n in range(begin + 1, len(lines)) if lines[n].startswith('def ')), len(lines))
            found = [n for n in range(begin, end) if lines[n].strip() == old]
            if len(found) != 1:
                raise ValueError(f'{fault.key}: expected {old!r} once in {function}, found it {len(found)} times')
            at = found[0]
            indent = lines[at][:len(lines[at]) - len(old)]
            lines[at:at + 1] = [indent + line for line in new.split('\n')] if new else []
    return '\n'.join(lines)


def module(*faults):
    """A fresh module that holds the text with these faults; with none, the right text."""
    made = types.ModuleType(_name(faults))
    exec(_compiled(*faults), made.__dict__)
    return made


@lru_cache(maxsize=128)
def _compiled(*faults):
    """The code of a module: one is asked many cases, each in a module of its own."""
    return compile(source(*faults), _name(faults), 'exec')


def _name(faults):
    return ' + '.join(fault.key for fault in faults) or 'lecture_typed_in'


FAULTS = (
    # ---- relu and relu_derv
    Fault('relu missing', 'relu returns its argument as it is', 'relu가 입력을 그대로 돌려줍니다.',
          edit(['relu'], 'return np.maximum(x, 0)', 'return x')),
    Fault('relu as abs', 'relu takes the absolute value: -2 becomes 2, not 0', 'relu가 절댓값을 구합니다. -2는 2가 아니라 0이 되어야 합니다.',
          edit(['relu'], 'return np.maximum(x, 0)', 'return np.abs(x)')),
    Fault('relu leaky', 'relu lets a hundredth of negative numbers through', 'relu가 음수를 0으로 만들지 않고 0.01배 해서 내보냅니다.',
          edit(['relu'], 'return np.maximum(x, 0)', 'return np.maximum(x, 0.01 * x)')),
    Fault('relu as minimum', 'relu keeps the negative numbers: minimum in place of maximum',
          'relu에서 maximum 대신 minimum을 써서 음수만 남습니다.', edit(['relu'], 'return np.maximum(x, 0)', 'return np.minimum(x, 0)')),
    Fault('relu as step', 'relu returns 1 for positive numbers, not the number itself',
          'relu가 양수를 그대로 두지 않고 1로 바꿉니다.', edit(['relu'], 'return np.maximum(x, 0)', 'return np.sign(np.maximum(x, 0))')),
    Fault('derivative 1 at 0',
          'relu_derv is 1 at 0, so a unit that is off passes its gradient on: y >= 0 in place of y > 0',
          '0에서 relu_derv가 1입니다. 꺼져 있는(출력이 0인) 유닛으로도 기울기가 흐릅니다(y > 0 대신 y >= 0).',
          edit(['relu_derv'], 'return np.sign(y)', 'return np.where(y >= 0, 1.0, 0.0)')),
    Fault('derivative is y', 'relu_derv returns y itself, not its sign', 'relu_derv가 부호가 아니라 y 자체를 돌려줍니다.',
          edit(['relu_derv'], 'return np.sign(y)', 'return y')),
    Fault('derivative inverted', 'relu_derv is 1 where the unit is off and 0 where it is on',
          'relu_derv가 거꾸로입니다. 꺼진 유닛에서 1, 켜진 유닛에서 0입니다.',
          edit(['relu_derv'], 'return np.sign(y)', 'return 1 - np.sign(y)')),
    # ---- forward
    Fault('relu on the output', 'the output layer goes through relu, too', '출력 계층에도 relu를 적용합니다.',
          part(FORWARD, [OUTPUT], OUTPUT[9:], f'relu({OUTPUT[9:]})')),
    Fault('relu on the first only', 'only the first hidden layer goes through relu', '첫 번째 은닉 계층에만 relu를 적용합니다.',
          edit(FN, HIDDEN_N, f'pre = {HIDDEN_N[14:-1]}\nhidden = relu(pre) if len(hiddens) == 1 else pre')),
    Fault('relu not on the last', 'the last hidden layer does not go through relu', '마지막 은닉 계층에 relu를 적용하지 않습니다.',
          edit(FN, HIDDEN_N, f'pre = {HIDDEN_N[14:-1]}\nhidden = relu(pre) if len(hiddens) < len(pm_hiddens) else pre')),
    Fault('relu before the bias', 'the bias is added after relu', 'relu를 먼저 적용하고 나서 편향을 더합니다.',
          hidden_lines(") + pm_hidden['b'])", ")) + pm_hidden['b']")),
    Fault('output bias forgotten', 'forward does not add the bias of the output layer', '순전파에서 출력 계층의 편향을 더하지 않습니다.',
          part(FORWARD, [OUTPUT], " + pm_output['b']", '')),
    Fault('hidden bias forgotten', 'forward does not add the bias of the hidden layers', '순전파에서 은닉 계층의 편향을 더하지 않습니다.',
          hidden_lines(" + pm_hidden['b']", '')),
    Fault('last layer skipped forward', 'forward leaves out the last hidden layer', '순전파에서 마지막 은닉 계층을 건너뜁니다.',
          edit(FN, 'for pm_hidden in pm_hiddens:', 'for pm_hidden in pm_hiddens[:-1]:')),
    Fault('every layer from x', 'each hidden layer starts from x again, not from the layer below',
          '은닉 계층마다 바로 아래 계층의 출력 대신 x를 다시 입력으로 씁니다.', part(FN, [HIDDEN_N], 'matmul(hidden', 'matmul(x')),
    Fault('aux without x', 'aux holds the hidden layers but not x', 'aux에 은닉 계층만 있고 x가 없습니다.',
          edit(F1, 'return output, [x, hidden]', 'return output, [hidden]') + edit(FN, 'hiddens = [x]', 'hiddens = []')),
    Fault('aux not returned', 'forward returns the output alone', '순전파가 출력만 돌려주고 aux를 돌려주지 않습니다.',
          edit(F1, 'return output, [x, hidden]', 'return output') + edit(FN, 'return output, hiddens', 'return output')),
    Fault('hidden before relu kept', 'aux holds the hidden layers as they are before relu',
          'aux에 relu를 적용하기 전의 값이 들어 있습니다.',
          edit(F1, HIDDEN_1, f'pre = {HIDDEN_1[14:-1]}\nhidden = relu(pre)')
          + edit(F1, 'return output, [x, hidden]', 'return output, [x, pre]')
          + edit(FN, HIDDEN_N, f'pre = {HIDDEN_N[14:-1]}\nhidden = relu(pre)')
          + edit(FN, 'hiddens.append(hidden)', 'hiddens.append(pre)')),
    Fault('x in float32', 'x is rounded to float32', 'x를 float32로 바꾸어 정밀도를 잃습니다.', first("x = x.astype('float32')")),
    Fault('x in float16', 'x is rounded to float16', 'x를 float16으로 바꾸어 정밀도를 크게 잃습니다.', first("x = x.astype('float16')")),
    Fault('x is changed', 'forward puts x itself through relu in place, so the data of the caller change',
          '순전파가 x 자체에 relu를 적용해 제자리에서 바꿉니다. 호출한 쪽의 데이터까지 달라집니다.', first('np.maximum(x, 0, out=x)')),
    Fault('all NaN', 'the output is NaN everywhere', '출력이 모두 NaN입니다.', last('output = output * np.nan')),
    Fault('all zero', 'the output is 0 everywhere', '출력이 모두 0입니다.', last('output = np.zeros_like(output)')),
    Fault('answer of the call before', 'forward returns the output that it computed one call earlier',
          '순전파가 지금 계산한 출력이 아니라 바로 전 호출의 출력을 돌려줍니다.',
          edit(FORWARD, OUTPUT, f"global kept\n{OUTPUT}\nlast = globals().get('kept', output)\nkept = output\n"
                                'output = last if last.shape == output.shape else output')),
    # ---- the gradients
    Fault('update before G_hidden', 'the weights change before the gradient of the layer below is taken with them',
          '가중치를 먼저 수정한 뒤, 수정된 가중치로 아래 계층의 기울기를 구합니다.',
          delayed(BACK_OUTPUT, BACKPROP, UPDATED_OUTPUT) + delayed(BACK_HIDDEN, BN, UPDATED_N)),
    Fault('update before G_hidden, in the loop',
          'the weights of a hidden layer change before the layer below gets its gradient',
          '은닉 계층의 가중치를 먼저 수정한 뒤, 그 가중치로 아래 은닉 계층의 기울기를 구합니다.', delayed(BACK_HIDDEN, BN, UPDATED_N)),
    Fault('update before G_hidden, output',
          'the output weights change before the last of several hidden layers gets its gradient',
          '은닉 계층 여러 개를 쓸 때, 출력 가중치를 먼저 수정하고 나서 G_hidden을 구합니다.', delayed(BACK_OUTPUT, BN, UPDATED_OUTPUT)),
    Fault('mask missing', 'G_hidden is not multiplied by relu_derv (a mask of y >= 0 is 1 everywhere: as good as none)',
          'G_hidden에 relu_derv를 곱하지 않습니다(y >= 0으로 만든 마스크는 언제나 1이므로 곱하지 않은 것과 같습니다).', masks('', '')),
    Fault('mask on the last only', 'only the last hidden layer multiplies by relu_derv', '마지막 은닉 계층에서만 relu_derv를 곱합니다.',
          edit(BN, MASK_N, 'G_hidden = G_hidden * (relu_derv(hiddens[n + 1]) if n == len(pm_hiddens) - 1 else 1)')),
    Fault('mask of the layer below', 'relu_derv is taken of the input of the layer, not of its output',
          'relu_derv를 그 계층의 출력이 아니라 입력에 대해 구합니다.', masks(MASK_1.replace('(hidden', '(x'), MASK_N.replace('n + 1', 'n'))),
    Fault('mask of the gradient', 'relu_derv is taken of G_hidden, not of the hidden layer',
          'relu_derv를 은닉 계층 출력이 아니라 G_hidden에 대해 구합니다.',
          masks('G_hidden = G_hidden * relu_derv(G_hidden)', 'G_hidden = G_hidden * relu_derv(G_hidden)')),
    Fault('mask too late', 'the gradients of w and b are taken before G_hidden is multiplied by relu_derv',
          'relu_derv를 곱하기 전의 G_hidden으로 w와 b의 기울기를 구합니다.', delayed(MASK_N, BN, G_B[1])),
    Fault('mask in place of G_hidden', 'G_hidden becomes relu_derv alone: the product with the gradient above is missing',
          'G_hidden에 relu_derv만 넣습니다. 위에서 내려온 기울기를 곱하지 않습니다.',
          masks('G_hidden = relu_derv(hidden)', 'G_hidden = relu_derv(hiddens[n + 1])')),
    Fault('b averaged', 'bias gradients are means over the rows, not sums', '편향의 기울기를 행의 합이 아니라 평균으로 구합니다.',
          part(BACKPROP, G_B, 'sum', 'mean')),
    Fault('b over axis 1', 'bias gradients are summed over axis 1', '편향의 기울기를 axis=1 방향으로 더합니다.',
          part(BACKPROP, G_B, 'axis=0', 'axis=1')),
    Fault('b summed to one number', 'bias gradients are summed over everything: axis=0 is missing',
          '편향의 기울기를 전부 더해 수 하나로 만듭니다. axis=0이 빠졌습니다.', part(BACKPROP, G_B, ', axis=0', '')),
    Fault('divided by rows', 'all gradients are divided by the number of rows once more', '모든 기울기를 행의 수로 한 번 더 나눕니다.',
          outset('G_output = G_output / len(G_output)')),
    Fault('w divided by rows', 'the gradients of the weights alone are divided by the number of rows',
          '가중치의 기울기만 행의 수로 나눕니다.',
          part(BACKPROP, G_W, ')', ') / len(G_output)')),
    Fault('gradient doubled', 'all gradients are twice as large', '모든 기울기가 두 배입니다.', outset('G_output = 2 * G_output')),
    Fault('gradient off by 1e-3', 'all gradients are too large by one part in a thousand', '모든 기울기가 0.1%만큼 큽니다.',
          outset('G_output = 1.001 * G_output')),
    Fault('last row dropped', 'the last row of a minibatch adds nothing to the gradients', '미니배치의 마지막 행이 기울기에 반영되지 않습니다.',
          outset('G_output = np.concatenate([G_output[:-1], 0 * G_output[-1:]])')),
    Fault('output w.T missing',
          'the gradient goes back through w of the output layer, not its transpose: fits square weights only',
          '출력 가중치를 전치하지 않고 곱합니다. 정사각 행렬일 때만 오류 없이 돌아갑니다.',
          edit(BACKPROP, "g_output_hidden = pm_output['w'].transpose()", "g_output_hidden = pm_output['w']")),
    Fault('hidden w.T missing',
          'the gradient goes back through w of a hidden layer, not its transpose: fits square weights only',
          '은닉 가중치를 전치하지 않고 곱합니다. 정사각 행렬일 때만 오류 없이 돌아갑니다.',
          part(BN, ["g_hidden_hidden = pm_hiddens[n]['w'].transpose()"], '.transpose()', '')),
    Fault('activations not transposed', 'the gradient of w lacks the transpose of the activations',
          '가중치의 기울기를 구할 때 활성값을 전치하지 않습니다.',
          edit(B1, 'g_output_w_out = hidden.transpose()', 'g_output_w_out = hidden')
          + edit(B1, 'g_hidden_w_hid = x.transpose()', 'g_hidden_w_hid = x')
          + edit(BN, 'g_output_w_out = hiddens[-1].transpose()', 'g_output_w_out = hiddens[-1]')
          + edit(BN, 'g_hidden_w_hid = hiddens[n].transpose()', 'g_hidden_w_hid = hiddens[n]')),
    Fault('stale activations, output', 'the output layer takes its gradient with the layer below the last hidden one',
          '출력 가중치의 기울기를 마지막 은닉 계층이 아니라 그 아래 계층의 값으로 구합니다.',
          edit(B1, 'g_output_w_out = hidden.transpose()', 'g_output_w_out = x.transpose()')
          + part(BN, ['g_output_w_out = hiddens[-1].transpose()'], '-1', '-2')),
    Fault('stale activations, hidden', 'a hidden layer takes its gradient with its own output, not its input',
          '은닉 가중치의 기울기를 그 계층의 입력이 아니라 출력으로 구합니다.',
          edit(B1, 'g_hidden_w_hid = x.transpose()', 'g_hidden_w_hid = hidden.transpose()')
          + part(BN, ['g_hidden_w_hid = hiddens[n].transpose()'], '[n]', '[n + 1]')),
    Fault('chain broken', 'G_hidden is not handed on to the layer below', 'G_hidden을 아래 계층으로 전달하는 곱이 빠졌습니다.',
          edit(BN, BACK_HIDDEN, '')),
    Fault('hidden layers forward', 'backprop visits the hidden layers from first to last', '역전파가 은닉 계층을 앞에서부터 차례로 돕니다.',
          edit(BN, LOOP, 'for n in range(len(pm_hiddens)):')),
    Fault('last layer skipped back', 'backprop leaves out the last hidden layer', '역전파에서 마지막 은닉 계층을 건너뜁니다.',
          edit(BN, LOOP, LOOP.replace('))):', ') - 1)):'))),
    Fault('first layer skipped back', 'backprop leaves out the first hidden layer', '역전파에서 첫 번째 은닉 계층을 건너뜁니다.',
          edit(BN, LOOP, LOOP.replace('range(', 'range(1, '))),
    # ---- the update
    Fault('sign of the update', 'parameters move up the gradient: += in place of -=',
          '기울기를 빼지 않고 더합니다(-= 대신 +=).', update('-=', '+=')),
    Fault('update lost', 'nothing is ever changed', '파라미터가 전혀 바뀌지 않습니다.', update('-=', '-')),
    Fault('b never learns', 'the biases never change', '편향이 전혀 학습되지 않습니다.', update(None, '', names='b')),
    Fault('output b never learns', 'the bias of the output layer never changes', '출력 계층의 편향이 학습되지 않습니다.',
          update(None, '', ['output'], 'b')),
    Fault('hidden b never learns', 'the biases of the hidden layers never change', '은닉 계층의 편향이 학습되지 않습니다.',
          update(None, '', ['hidden'], 'b')),
    Fault('output never learns', 'only the hidden layers learn',
          '은닉 계층만 학습되고 출력 계층은 그대로입니다.', update(None, '', ['output'])),
    Fault('hidden never learns', 'only the output layer learns',
          '출력 계층만 학습되고 은닉 계층은 그대로입니다.', update(None, '', ['hidden'])),
    Fault('rate missing', 'the gradient is subtracted without the learning rate', '학습률을 곱하지 않고 기울기를 그대로 뺍니다.',
          update('LEARNING_RATE * ', '')),
    Fault('rate missing for b', 'the biases are updated without the learning rate', '편향을 수정할 때만 학습률을 곱하지 않습니다.',
          update('LEARNING_RATE * ', '', names='b')),
    Fault('rate squared', 'the learning rate is multiplied twice',
          '학습률을 두 번 곱합니다.', update('LEARNING_RATE', 'LEARNING_RATE ** 2')),
    Fault('rate typed in', 'the update uses 0.001, whatever LEARNING_RATE is', 'LEARNING_RATE 대신 0.001을 직접 써 넣었습니다.',
          update('LEARNING_RATE', '0.001')),
    Fault('rate divides', 'the gradient is divided by the learning rate', '학습률을 곱하지 않고 기울기를 학습률로 나눕니다.',
          update('LEARNING_RATE *', '1 / LEARNING_RATE *')),
    # ---- the draws, set_hidden and the switch
    Fault('mean and std swapped', 'RND_MEAN and RND_STD change places', 'RND_MEAN과 RND_STD의 자리가 바뀌었습니다.',
          part(['alloc_param_pair'], [WEIGHT], 'RND_MEAN, RND_STD', 'RND_STD, RND_MEAN')),
    Fault('std ignored', 'weights are drawn with mean 0 and deviation 1',
          '가중치를 평균 0, 표준편차 1로 뽑습니다. RND_MEAN과 RND_STD를 쓰지 않습니다.',
          part(['alloc_param_pair'], [WEIGHT], 'RND_MEAN, RND_STD', '0, 1')),
    Fault('weights are 0', 'weights start at 0',
          '가중치가 모두 0에서 시작합니다.', edit(['alloc_param_pair'], WEIGHT, 'weight = np.zeros(shape)')),
    Fault('weights uniform', 'weights are drawn evenly from 0 to 1', '가중치를 정규분포가 아니라 0과 1 사이의 균등분포에서 뽑습니다.',
          edit(['alloc_param_pair'], WEIGHT, 'weight = np.random.rand(*shape)')),
    Fault('bias drawn', 'biases are drawn at random, too, not 0', '편향도 0이 아니라 난수로 초기화합니다.',
          edit(['alloc_param_pair'], BIAS, 'bias = np.random.normal(RND_MEAN, RND_STD, shape[-1])')),
    Fault('bias of the inputs', 'a bias has one entry for each input of its layer, not for each unit',
          '편향의 길이가 유닛 수가 아니라 그 계층의 입력 수입니다.', part(['alloc_param_pair'], [BIAS], '-1', '0')),
    Fault('output drawn first', 'the output layer is drawn before the hidden layer', '은닉 계층보다 출력 계층의 난수를 먼저 뽑습니다.',
          delayed('pm_hidden = alloc_param_pair([input_cnt, hidden_cnt])', ['init_model_hidden1'],
                  'pm_output = alloc_param_pair([hidden_cnt, output_cnt])')
          + edit(['init_model_hiddens'], 'pm_output = alloc_param_pair([prev_cnt, output_cnt])', '')
          + edit(['init_model_hiddens'], 'pm_hiddens = []',
                 'pm_hiddens = []\npm_output = alloc_param_pair([hidden_config[-1], output_cnt])')),
    Fault('one pair for all', 'all hidden layers share one parameter pair', '모든 은닉 계층이 파라미터 쌍 하나를 함께 씁니다.',
          edit(['init_model_hiddens'], 'pm_hiddens = []',
               'pm_hiddens = []\nshared = alloc_param_pair([input_cnt, hidden_config[0]])')
          + part(['init_model_hiddens'], ['pm_hiddens.append(alloc_param_pair([prev_cnt, hidden_cnt]))'],
                 'alloc_param_pair([prev_cnt, hidden_cnt])', 'shared')),
    Fault('width before not kept', 'every hidden layer is made for input_cnt inputs: prev_cnt is never moved on',
          '은닉 계층마다 입력 수가 input_cnt입니다. prev_cnt를 갱신하지 않습니다.', edit(['init_model_hiddens'], 'prev_cnt = hidden_cnt', '')),
    Fault('hidden_config kept', 'set_hidden with an integer does not clear hidden_config',
          'set_hidden에 정수를 주어도 hidden_config를 None으로 되돌리지 않습니다.', edit(['set_hidden'], 'hidden_config = None', '')),
    Fault('list becomes its length', 'set_hidden with a list keeps its length alone',
          'set_hidden에 리스트를 주면 리스트 대신 그 길이만 저장합니다.',
          edit(['set_hidden'], 'hidden_config = info', 'hidden_cnt = len(info)\nhidden_config = None')),
    Fault('switch reversed',
          'forward_neuralnet takes the one-layer version where hidden_config is set, and the other way round',
          'forward_neuralnet의 조건이 거꾸로여서 hidden_config가 있을 때 은닉 계층 하나짜리를 부릅니다.',
          edit(['forward_neuralnet'], 'if hidden_config is not None:', 'if hidden_config is None:')),
    Fault('switch without return', 'forward_neuralnet returns nothing, whichever version it calls',
          'forward_neuralnet이 어느 함수를 부르든 결과를 return하지 않습니다.',
          part(['forward_neuralnet'], ['return forward_neuralnet_hiddens(x)', 'return forward_neuralnet_hidden1(x)'],
               'return ', '')),
    Fault('switch of backprop missing', 'backprop_neuralnet always takes the version with a list',
          'backprop_neuralnet이 언제나 여러 은닉 계층용 함수만 부릅니다.',
          edit(['backprop_neuralnet'], 'if hidden_config is not None:', 'if True:')),
)
