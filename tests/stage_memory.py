"""Stages of what must not be remembered: what one call has seen, returned or drawn makes no difference to the next.

A buffer that is used again, a result kept by the identity or the numbers of x, a seed set on the way: none of them shows
in a single call.
"""
import numpy as np

from mlp_py.conformance import protocol

from . import rational
from .judge import Judge, stage
from .messages import Words
from .stage_networks import HIDDEN1, HIDDENS, Net, copied, expected, floats, numbers

NETS1 = {'calls apart': HIDDEN1['three rows'], 'calls apart, square': HIDDEN1['square']}
NETS = {'calls apart': Net((2, 2, 2, 2), 2, 0.5, 6), 'calls apart, no hidden layer': HIDDENS['no hidden layer']}


def _right(params, x):
    """[x, hidden_1, ..., output] by rational arithmetic."""
    pairs = [{name: rational.rational(pair[name]) for name in 'wb'} for pair in params]
    return [floats(values) for values in rational.layers(pairs, rational.rational(x))]


def _undrawn(judge, function, before):
    """Whatever else draws numbers would no longer draw the same ones."""
    after = np.random.get_state()
    same = all(np.array_equal(a, b) for a, b in zip(before, after))
    what = Words(f'np.random after {function}', f'{function} 뒤의 np.random')
    judge.plain(function, what, 'as before' if same else 'moved', 'as before')


def _same(judge, function, when, got, h):
    output, aux = got
    judge.equal(function, Words(f'{when.english}: output', f'{when.korean}: output'), output, h[-1])
    for n, (layer, values) in enumerate(zip(aux, h[:-1])):
        judge.equal(function, Words(f'{when.english}: aux[{n}]', f'{when.korean}: aux[{n}]'), layer, values)


def _forward(model, marker, function, net, single):
    params, [(x, _), (other, _)] = numbers(net)
    judge = Judge(model, marker, net.words)
    judge.ready(params, net.rate, single)
    drawn = np.random.get_state()
    given = x.copy()
    first = judge.forward(function, given)
    second = judge.forward(function, other.copy())
    _same(judge, function, Words('another x', '다른 x'), second, _right(params, other))
    _same(judge, function, Words('what the first call returned, after the second', '두 번째 호출 뒤에 본 첫 번째 호출의 반환값'),
          first, _right(params, x))
    changed = x.copy()
    judge.forward(function, changed)
    changed[...] = other
    _same(judge, function, Words('the same array x with other numbers in it', '같은 배열 x에 다른 수를 넣은 뒤'),
          judge.forward(function, changed), _right(params, other))
    moved = copied(params)
    for mine, pair in zip(protocol.pairs(model, single), moved, strict=True):
        for name in 'wb':
            pair[name] += 0.5
            mine[name][...] = pair[name]
    _same(judge, function, Words('the same x, other parameters', '같은 x, 다른 파라미터'),
          judge.forward(function, other.copy()), _right(moved, other))
    _undrawn(judge, function, drawn)


@stage('forward_hidden1', ('forward_neuralnet_hidden1',), NETS1)
def check_forward_hidden1(model, net):
    _forward(model, 'forward_hidden1', 'forward_neuralnet_hidden1', net, True)


@stage('forward_hiddens', ('forward_neuralnet_hiddens',), NETS)
def check_forward_hiddens(model, net):
    _forward(model, 'forward_hiddens', 'forward_neuralnet_hiddens', net, False)


def _step(model, marker, suffix, net, single):
    """Two minibatches seen, then their backprops in turn: each by its own aux; then the first x with what was learned."""
    params, [(x, G_output), (other, _)] = numbers(net)
    forward, backprop = 'forward_neuralnet' + suffix, 'backprop_neuralnet' + suffix
    judge = Judge(model, marker, net.words)
    judge.ready(params, net.rate, single)
    _, aux = judge.forward(forward, x.copy())
    judge.forward(forward, other.copy())
    drawn = np.random.get_state()
    judge.call(backprop, G_output.copy(), aux)
    _undrawn(judge, backprop, drawn)
    wanted, moved = expected(net)[0], protocol.read(model, single)
    for n, pair in enumerate(moved, 1):
        for name in 'wb':
            what = Words(f'backprop with the aux of the call before the last: {name} of layer {n}',
                         f'바로 앞이 아니라 그 앞 호출의 aux로 부른 역전파: {n}번째 계층의 {name}')
            judge.equal(backprop, what, pair[name], wanted[f'{name} {n}'])
    _same(judge, forward, Words('the first x again, after backprop', '역전파 뒤에 다시 넣은 첫 x'),
          judge.forward(forward, x.copy()), _right(moved, x))


@stage('backprop_hidden1', ('forward_neuralnet_hidden1', 'backprop_neuralnet_hidden1'), NETS1)
def check_backprop_hidden1(model, net):
    _step(model, 'backprop_hidden1', '_hidden1', net, True)


@stage('backprop_hiddens', ('forward_neuralnet_hiddens', 'backprop_neuralnet_hiddens'), NETS)
def check_backprop_hiddens(model, net):
    _step(model, 'backprop_hiddens', '_hiddens', net, False)
