"""Stages of forward and backprop: one hidden layer, a list of them, the switch between the two, and random networks.

backprop is given an aux computed here, so that a wrong forward does not fail it. Pairs are judged by what they hold: an
update may be `pm['w'] -= ...` or `pm['w'] = pm['w'] - ...`, as long as the dict stays the same one.
"""
import numpy as np

from mlp_py.bounds import backprop_bounds
from mlp_py.conformance import protocol

from .judge import Judge, pair_names, stage
from .messages import Words
from .stage_networks import HIDDEN1, HIDDENS, Net, expected, followed, numbers


def _at(kind, step, english, korean=None):
    """'call 2: output'."""
    which = {'call': '호출', 'step': '단계'}[kind]
    return Words(f'{kind} {step}: {english}', f'{("첫", "두")[step - 1]} 번째 {which}: {korean or english}')


def _forward(judge, function, net, single, step, x, wanted):
    """One forward: output, every hidden layer and aux; x and the parameters are only read."""
    model, given, before = judge.model, x.copy(), protocol.read(judge.model, single)
    output, aux = judge.forward(function, given)
    judge.untouched(function, 'x', given, x)
    names = pair_names(len(net.widths) - 1, single)
    for where, old, now in zip(names, before, protocol.pairs(model, single)):
        for name in 'wb':
            judge.untouched(function, f"{where}['{name}']", now[name], old[name])
    *h, z = wanted['h']
    judge.plain(function, _at('call', step, 'len(aux)'), len(aux), len(h))
    for n, (got, values) in enumerate(zip(aux, h)):
        others = {('x', 'x'): x, ('the sum before relu', 'relu를 적용하기 전의 합'): wanted['z'][n - 1]} if n else {}
        what = 'x' if n == 0 else 'hidden' if single else f'hidden_{n}'
        judge.equal(function, _at('call', step, f'aux[{n}], {what}'), got, values, others=others)
    others = {('relu of the expected output', '기대한 출력에 relu를 적용한 값'): np.maximum(z, 0),
              ('the output without the bias', '편향을 더하지 않은 출력'): z - before[-1]['b']}
    if step == 2:
        others[('the output of the call before', '바로 전 호출의 출력')] = expected(net, moving=False)[0]['h'][-1]
    judge.equal(function, _at('call', step, 'output'), output, z, others=others, ratios={'rows': net.rows})


def _forward_twice(model, marker, function, net, single):
    """Another x of the same shape, the same parameters."""
    params, batches = numbers(net)
    judge = Judge(model, marker, net.words)
    judge.ready(params, net.rate, single)
    for step, ((x, _), wanted) in enumerate(zip(batches, expected(net, moving=False)), 1):
        _forward(judge, function, net, single, step, x, wanted)


@stage('forward_hidden1', ('forward_neuralnet_hidden1',), HIDDEN1)
def check_forward_hidden1(model, net):
    _forward_twice(model, 'forward_hidden1', 'forward_neuralnet_hidden1', net, True)


@stage('forward_hiddens', ('forward_neuralnet_hiddens',), HIDDENS)
def check_forward_hiddens(model, net):
    _forward_twice(model, 'forward_hiddens', 'forward_neuralnet_hiddens', net, False)


# ---- backprop -------------------------------------------------------------------------------------------------------

def _pair_words(where, name, function, step):
    key = f"{where}['{name}']"
    return (_at('step', step, f'G of {key} (change / -LEARNING_RATE)', f'{key}의 G(변화량 / -LEARNING_RATE)'),
            _at('step', step, f'{key} after {function}', f'{function} 뒤의 {key}'))


def _mistakes(before, aux, G_output, rate):
    """What a gradient may have been taken for: [{(English, Korean): pair}, ...], a dict a layer."""
    right = followed(before, aux, G_output, rate)
    unmasked, late = followed(before, aux, G_output, rate, masked=False), followed(before, aux, G_output, rate, late=True)
    named = {('the gradient without relu_derv', 'relu_derv를 곱하지 않은 기울기'): unmasked,
             ('the gradient taken with weights that have changed already', '이미 수정된 가중치로 구한 기울기'): late}
    return right, [{key: layers[n] for key, layers in named.items()} for n in range(len(right))]


def _backprop(judge, function, net, single, step, batch, aux, wanted):
    """One backprop: gradients, and the parameters after it; what is given is only read."""
    model, (_, G_output), rate = judge.model, batch, net.rate
    names, pairs = pair_names(len(net.widths) - 1, single), protocol.pairs(model, single)
    before = protocol.read(model, single)
    G_given, kept = G_output.copy(), [np.array(a) for a in aux]
    judge.call(function, G_given, aux)
    judge.untouched(function, 'G_output', G_given, G_output)
    judge.plain(function, Words('len(aux) afterwards', '호출 뒤의 len(aux)'), len(aux), len(kept))
    for n, (got, values) in enumerate(zip(aux, kept)):
        judge.untouched(function, f'aux[{n}]', got, values)
    for where, old, now in zip(names, pairs, protocol.pairs(model, single), strict=True):
        if old is not now:
            judge.fail(function, Words(f'{where} afterwards', f'호출 뒤의 {where}'),
                       Words('the same dict, changed in place', '제자리에서 수정된 같은 dict'), Words('another dict', '다른 dict'))
    right, mistakes = _mistakes(before, kept, G_output, rate)
    for n, (where, old, pair) in enumerate(zip(names, before, protocol.pairs(model, single)), 1):
        for name in 'wb':
            of_change, of_values = _pair_words(where, name, function, step)
            G, shape = wanted[f'gradient {name} {n}'], np.shape(pair[name])
            if shape == old[name].shape:
                rows = [(layer_in[:, None] if name == 'w' else 1) * layer_G
                        for layer_in, layer_G in zip(kept[n - 1], right[n - 1]['G'])]
                size = max(np.max(np.abs(old[name])), np.max(np.abs(pair[name]))) / rate
                judge.equal(function, of_change, (old[name] - pair[name]) / rate, G, shares=rows, size=size,
                            ratios={'rows': net.rows, 'LEARNING_RATE': rate},
                            others={key: layer[name] for key, layer in mistakes[n - 1].items()})
            judge.equal(function, of_values, pair[name], wanted[f'{name} {n}'], before=old[name])


def _backprop_twice(model, marker, function, net, single):
    """Two steps in a row: the second starts from what the first has left."""
    params, batches = numbers(net)
    judge = Judge(model, marker, net.words)
    judge.ready(params, net.rate, single)
    for step, (batch, wanted) in enumerate(zip(batches, expected(net)), 1):
        aux = [values.copy() for values in wanted['h'][:-1]]
        _backprop(judge, function, net, single, step, batch, aux, wanted)


@stage('backprop_hidden1', ('backprop_neuralnet_hidden1',), HIDDEN1)
def check_backprop_hidden1(model, net):
    _backprop_twice(model, 'backprop_hidden1', 'backprop_neuralnet_hidden1', net, True)


@stage('backprop_hiddens', ('backprop_neuralnet_hiddens',), HIDDENS)
def check_backprop_hiddens(model, net):
    _backprop_twice(model, 'backprop_hiddens', 'backprop_neuralnet_hiddens', net, False)


# ---- the switch -------------------------------------------------------------------------------------------------------

ONE, MANY, NONE, OTHER = HIDDEN1['three rows'], HIDDENS['two layers'], HIDDENS['no hidden layer'], HIDDEN1['square']
TURNS = {'an integer': [(ONE, True)], 'a list': [(MANY, False)], 'an empty list': [(NONE, False)],
         'back and forth': [(ONE, True), (MANY, False), (OTHER, True), (NONE, False)],
         'a list of one is as an integer': [(OTHER, True), (OTHER, False)]}
FORWARD = 'forward_neuralnet', 'forward_neuralnet_hidden1', 'forward_neuralnet_hiddens'
BACKPROP = 'backprop_neuralnet', 'backprop_neuralnet_hidden1', 'backprop_neuralnet_hiddens'


@stage('forward', FORWARD, TURNS)
def check_forward(model, turns):
    for net, single in turns:
        _forward_twice(model, 'forward', 'forward_neuralnet', net, single)


@stage('backprop', FORWARD + BACKPROP, TURNS)
def check_backprop(model, turns):
    """Forward and backprop as a training loop calls them, with the aux that the port has made."""
    for net, single in turns:
        params, batches = numbers(net)
        judge = Judge(model, 'backprop', net.words)
        judge.ready(params, net.rate, single)
        for step, (batch, wanted) in enumerate(zip(batches, expected(net)), 1):
            _, aux = judge.forward('forward_neuralnet', batch[0].copy())
            _backprop(judge, 'backprop_neuralnet', net, single, step, batch, aux, wanted)


# ---- random networks ----------------------------------------------------------------------------------------------------

RANDOM = {f'random {seed}': seed for seed in range(24)}      # from 20 on larger ones


def _random(model, marker, suffix, seed, single):
    """Numbers that round: each result lies within the bound derived for it, in whatever order it was summed."""
    rng = np.random.default_rng([seed, 4])
    most = 13 if seed < 20 else 70
    widths = rng.integers(1, most, 3 if single else rng.integers(2, 6)).tolist()
    rows, rate = int(rng.integers(1, 9 if seed < 20 else 70)), float(rng.uniform(0.01, 0.5))
    params = [{'w': rng.normal(size=(a, b)), 'b': rng.normal(size=b)} for a, b in zip(widths, widths[1:])]
    x, G_output = rng.normal(size=(rows, widths[0])), rng.normal(size=(rows, widths[-1]))
    words = Net(tuple(widths), rows, round(rate, 4), seed).words
    judge = Judge(model, marker, Words(f'random, {words.english}', f'난수, {words.korean}'))
    judge.ready(params, rate, single)
    bounds = backprop_bounds(params, x, G_output, rate, 'float64')
    forward, backprop = 'forward_neuralnet' + suffix, 'backprop_neuralnet' + suffix
    output, aux = judge.forward(forward, x.copy())
    judge.within(forward, Words('output', 'output'), output, bounds.output)
    judge.plain(forward, Words('len(aux)', 'len(aux)'), len(aux), len(params))
    for n, (got, bounded) in enumerate(zip(aux[1:], bounds.hiddens), 1):
        judge.within(forward, Words(f'aux[{n}]', f'aux[{n}]'), got, bounded)
    judge.call(backprop, G_output.copy(), aux)
    for where, pair, bounded in zip(pair_names(len(params), single), protocol.pairs(model, single), bounds.params):
        for name in 'wb':
            words = Words(f"{where}['{name}'] after {backprop}", f"{backprop} 뒤의 {where}['{name}']")
            judge.within(backprop, words, pair[name], bounded[name])


@stage('backprop_hidden1', FORWARD[1:2] + BACKPROP[1:2], RANDOM)
def check_random_hidden1(model, seed):
    _random(model, 'backprop_hidden1', '_hidden1', seed, True)


@stage('backprop_hiddens', FORWARD[2:] + BACKPROP[2:], RANDOM)
def check_random_hiddens(model, seed):
    _random(model, 'backprop_hiddens', '_hiddens', seed, False)
