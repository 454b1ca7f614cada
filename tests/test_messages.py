"""A failure tells a learner where, what, how much, how the numbers relate and which mistake gives them; nothing false.

Ports are judged here as test_stages judges them; what is looked at is the text.
"""
import re

import numpy as np
import pytest

from mlp_py.conformance import contract, fingerprints, wrong_ports

from . import messages, relations, stages

FAULTS = {fault.key: fault for fault in wrong_ports.FAULTS}
STAGES = {f'{one.marker}: {one.label}': one for one in stages.STAGES}

# fault: (stage, function, quantity in English and Korean, entry, key of the relation)
TOLD = {
    'relu missing': (
        'relu: mixed', 'relu',
        'what it returns', '반환값', [0, 0], 'other'),
    'derivative 1 at 0': (
        'relu_derv: zero', 'relu_derv',
        'what it returns', '반환값', [0, 0], None),
    'mean and std swapped': (
        'alloc_param_pair: 3 to 2', 'alloc_param_pair',
        "first pair['w']", "첫째 쌍['w']", [0, 0], 'other'),
    'output drawn first': (
        'init_model_hidden1: square', 'init_model_hidden1',
        "pm_hidden['w']", "pm_hidden['w']", [0, 0], None),
    'relu not on the last': (
        'forward_hiddens: square', 'forward_neuralnet_hiddens',
        'aux[2], hidden_2', 'aux[2], hidden_2', None, 'other'),
    'answer of the call before': (
        'forward_hidden1: three rows', 'forward_neuralnet_hidden1',
        'call 2: output', '두 번째 호출: output', [0, 0], 'other'),
    'all NaN': (
        'forward_hidden1: square', 'forward_neuralnet_hidden1',
        'call 1: output', '첫 번째 호출: output', [0, 0], 'nan'),
    'sign of the update': (
        'backprop_hidden1: three rows', 'backprop_neuralnet_hidden1',
        "G of pm_hidden['w']", "pm_hidden['w']의 G", None, 'minus'),
    'gradient doubled': (
        'backprop_hiddens: two layers', 'backprop_neuralnet_hiddens',
        "G of pm_hiddens[0]['w']", "pm_hiddens[0]['w']의 G", None, '2'),
    'rate squared': (
        'backprop_hidden1: five rows', 'backprop_neuralnet_hidden1',
        "G of pm_hidden['w']", "pm_hidden['w']의 G", None, 'LEARNING_RATE'),
    'b averaged': (
        'backprop_hidden1: three rows', 'backprop_neuralnet_hidden1',
        "G of pm_hidden['b']", "pm_hidden['b']의 G", None, '1 / rows'),
    'last row dropped': (
        'backprop_hiddens: no hidden layer', 'backprop_neuralnet_hiddens',
        "G of pm_output['w']", "pm_output['w']의 G", None, 'row missing'),
    'mask missing': (
        'backprop_hidden1: square', 'backprop_neuralnet_hidden1',
        "G of pm_hidden['w']", "pm_hidden['w']의 G", None, 'other'),
    'update before G_hidden': (
        'backprop_hidden1: three rows', 'backprop_neuralnet_hidden1',
        "G of pm_hidden['w']", "pm_hidden['w']의 G", None, 'other'),
}


def failure(model, name):
    """What this stage says of the port."""
    with np.errstate(all='ignore'), pytest.raises(messages.Failure) as caught:
        STAGES[name].run(model)
    return caught.value


@pytest.fixture(params=['en', 'ko'])
def language(request, monkeypatch):
    monkeypatch.setattr(messages, 'LANGUAGE', request.param)
    return request.param


@pytest.mark.parametrize('key', TOLD)
def test_everything_is_told(key, language):
    name, function, english, korean, entry, relation = TOLD[key]
    failed = failure(wrong_ports.module(FAULTS[key]), name)
    text = str(failed)
    lines = text.split('\n')
    assert lines[0].startswith(function + '(') and str(failed.case) in lines[1]
    assert (english if language == 'en' else korean) in lines[2]
    if entry:
        assert list(failed.entry) == entry
    assert str(list(failed.entry)) in lines[2]
    assert lines[3].endswith(repr(float(failed.expected))) and lines[4].endswith(repr(float(failed.got)))
    assert failed.expected != failed.got
    assert (failed.relation.key if failed.relation else None) == relation
    if relation:
        assert getattr(failed.relation, 'english' if language == 'en' else 'korean') in lines[5]
    assert getattr(FAULTS[key], 'english' if language == 'en' else 'korean') in lines[-1]
    assert function in lines[-1] or relation == 'other'     # the mistake may lie in what the function calls


def test_numbers_are_those_of_the_relation():
    """minus, 2 x, LEARNING_RATE x: the two numbers shown are really so."""
    for key, factor in {'sign of the update': -1, 'gradient doubled': 2, 'rate squared': 0.25, 'b averaged': 1 / 3}.items():
        failed = failure(wrong_ports.module(FAULTS[key]), TOLD[key][0])
        assert failed.got == pytest.approx(factor * failed.expected, rel=1e-14)


WHOLE = {
    'en': "relu(x), lecture 4.2\n"
          "case:      relu([[-2.0, 0.0, 2.0], [4.0, -4.0, 0.25]])\n"
          "what:      what it returns, entry [0, 0]   (2 of 6 entries differ)\n"
          "expected:  0.0\n"
          "got:       -2.0\n"
          "relation:  it is the argument itself\n"
          "diagnosis: = what comes out when relu returns its argument as it is: relu",
    'ko': "relu(x), 강의 4.2\n"
          "경우:      relu([[-2.0, 0.0, 2.0], [4.0, -4.0, 0.25]])\n"
          "대상:      반환값, 위치 [0, 0]   (값 6개 중 2개가 다름)\n"
          "기대한 값: 0.0\n"
          "나온 값:   -2.0\n"
          "관계:      다음 값과 같습니다: 인수 그대로.\n"
          "진단:      다음 실수를 했을 때 나오는 결과와 똑같습니다. relu가 입력을 그대로 돌려줍니다. (relu)",
}


def test_whole_text(language):
    assert str(failure(wrong_ports.module(FAULTS['relu missing']), 'relu: mixed')) == WHOLE[language]


@pytest.mark.parametrize('key', [pytest.param(key, marks=[pytest.mark.full] * (n % 6 > 0)) for n, key in enumerate(FAULTS)])
def test_every_fault_fails_and_is_named(key, monkeypatch):
    """At the first stage that fails: in at most eight lines, each in its language, and with that mistake's text."""
    with np.errstate(all='ignore'), pytest.raises(messages.Failure) as caught:
        stages.check(wrong_ports.module(FAULTS[key]))
    english = str(caught.value)
    assert english.count('\n') < 8 and not re.search('[가-힣]', english)
    assert FAULTS[key].english in english
    monkeypatch.setattr(messages, 'LANGUAGE', 'ko')
    korean = str(caught.value)
    assert korean.count('\n') < 8 and FAULTS[key].korean in korean
    assert not re.search('case:|what:|expected|got:|relation|diagnosis', korean)


# ---- right ports ------------------------------------------------------------------------------------------------

def typed_in(*replaced, text=None):
    """The lecture typed in, with pieces of its text replaced everywhere."""
    text = wrong_ports.source() if text is None else text
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    made = type(np)('typed_in')
    exec(compile(text, 'typed_in', 'exec'), made.__dict__)
    return made


ASSIGNED = re.sub(r"(pm_\w+(?:\[n\])?\['[wb]'\]) -= (.*)", r"\1 = \1 - \2", wrong_ports.source())


@pytest.mark.parametrize('text', [wrong_ports.source(), ASSIGNED], ids=['-=', '= -'])
def test_a_right_port_raises_nothing(text):
    assert (' -= ' in text) == (text is not ASSIGNED)
    stages.check(typed_in(text=text))


def test_a_port_without_what_is_not_named_is_judged():
    """A check needs only the functions that it names: relu may be spelled out in forward, set_hidden may be missing."""
    without = typed_in(('relu(np.matmul', 'np.maximum(0, np.matmul'), ('def relu(', 'def unused('),
                       ('def set_hidden(', 'def other('), ('def init_model()', 'def another()'))
    stages.check(without, 'forward_hidden1', 'backprop_hidden1', 'forward_hiddens', 'backprop_hiddens')


@pytest.mark.parametrize('marker, key, old, new, blamed', [
    ('forward_hidden1', 'relu leaky', 'hidden = relu(', 'hidden = (lambda z: np.where(z > 0, z, z / 100))(',
     'forward_neuralnet_hidden1'),
    ('forward_hiddens', 'relu missing', 'hidden = relu(', 'hidden = (', 'forward_neuralnet_hiddens'),
    ('backprop_hidden1', 'mask missing', 'relu_derv(hidden)', '(hidden >= 0)', 'backprop_neuralnet_hidden1'),
    ('backprop_hiddens', 'mask missing', 'relu_derv(hiddens[n + 1])', '(hiddens[n + 1] >= 0)', 'backprop_neuralnet_hiddens')])
def test_a_relu_that_is_right_is_not_blamed(marker, key, old, new, blamed):
    """The mistake of a relu that is spelled out elsewhere is told, and where it is; y >= 0 and no mask at all are one."""
    with np.errstate(all='ignore'), pytest.raises(messages.Failure) as caught:
        stages.check(typed_in((old, new)), marker)
    *_, told = str(caught.value).split('\n')
    assert told == f'diagnosis: = what comes out when {FAULTS[key].english}: {blamed}'


def test_another_dict_is_told():
    """pm_output = {...} leaves whoever holds the pair with the old one."""
    model = typed_in(('    x, hidden = aux\n', '    global pm_output\n    x, hidden = aux\n'),
                     ("    pm_output['w'] -= LEARNING_RATE * G_w_out\n",
                      "    pm_output = {'w': pm_output['w'] - LEARNING_RATE * G_w_out, 'b': pm_output['b']}\n"))
    text = str(failure(model, 'backprop_hidden1: three rows'))
    assert 'pm_output afterwards' in text and 'another dict' in text


# ---- exceptions, and what is not known ------------------------------------------------------------------------------

def test_an_exception_is_a_failure(language):
    model = wrong_ports.module()

    def broken(x):
        raise ZeroDivisionError('that was mine')

    model.forward_neuralnet_hiddens = broken
    failed = failure(model, 'forward_hiddens: two layers')
    assert 'ZeroDivisionError: that was mine' in str(failed) and 'forward_neuralnet_hiddens' in str(failed)
    assert isinstance(failed.__cause__, ZeroDivisionError)
    assert ('raises' if language == 'en' else '예외가 발생합니다') in str(failed)


def test_an_exception_is_told_with_its_line():
    """The last line of the port's own, not one of NumPy's."""
    model = typed_in(('    hidden = x\n', '    hidden = x.reshape(7, 7, 7)\n'))
    line = 1 + wrong_ports.source().split('\n').index('    hidden = x')
    assert f'(in forward_neuralnet_hiddens, line {line})' in str(failure(model, 'forward_hiddens: square'))


def test_an_exception_on_the_way_is_a_failure():
    """Not in what is judged but in what the model is made with."""
    model = wrong_ports.module()
    model.set_hidden = lambda: None
    text = str(failure(model, 'backprop_hidden1: square'))
    assert text.startswith('set_hidden(info)') and 'raises TypeError' in text


NONSENSE = {'None': None, 'text': 'text', 'an array': np.zeros((3, 2)), 'three': (1, 2, 3), 'Nones': (None, [None, None]),
            'texts': ('a', ['b', 'c']), 'ragged': (0.0, [[[1, 2], [3]], 0.0])}


@pytest.mark.parametrize('returned', NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_a_failure(returned):
    model = wrong_ports.module()
    model.forward_neuralnet_hidden1 = lambda x: returned
    assert failure(model, 'forward_hidden1: three rows').function == 'forward_neuralnet_hidden1'


@pytest.mark.filterwarnings('ignore:Casting complex')
@pytest.mark.parametrize('kind', [complex, str, object])
def test_the_kind_of_number_counts(kind):
    """Complex numbers whose real part is right, or right numbers as text, are not the right array."""
    model = wrong_ports.module()
    model.relu = lambda x: np.maximum(x, 0).astype(kind)
    assert 'array of real numbers' in str(failure(model, 'relu: mixed'))


def test_unknown_is_said(language):
    model = typed_in(('g_output_w_out = hidden.transpose()', 'g_output_w_out = 1.37 * hidden.transpose()'))
    last = str(failure(model, 'backprop_hidden1: three rows')).split('\n')[-1]
    assert ('unknown' if language == 'en' else '알 수 없습니다') in last
    assert not any(fault.english in last or fault.korean in last for fault in FAULTS.values())


def test_a_part_is_called_a_part(language):
    """Two mistakes: relu, looked at alone, has a known one; it does not explain all that came out."""
    model = wrong_ports.module(FAULTS['relu leaky'], FAULTS['gradient doubled'])
    last = str(failure(model, 'backprop_hidden1: square')).split('\n')[-1]
    assert ('unknown as a whole; a part' if language == 'en' else '그 일부는') in last


def test_a_diagnosis_that_breaks_is_unknown(monkeypatch):
    def broken(model, door):
        raise RuntimeError

    monkeypatch.setattr(fingerprints, 'diagnose', broken)
    failed = failure(wrong_ports.module(FAULTS['relu missing']), 'relu: mixed')
    assert failed.diagnosis == messages.UNKNOWN and 'unknown' in str(failed)


def test_a_message_never_raises(monkeypatch):
    """Neither a port's hostile exception nor a broken relation hides the failure."""
    class Hostile(Exception):
        def __str__(self):
            raise RuntimeError

    model = wrong_ports.module()
    model.relu = lambda x: (_ for _ in ()).throw(Hostile())
    assert 'raises Hostile' in str(failure(model, 'relu: mixed'))

    def broken(*arguments, **context):
        raise RuntimeError

    monkeypatch.setattr(relations, 'relation', broken)
    assert failure(wrong_ports.module(FAULTS['relu missing']), 'relu: mixed').relation is None
    assert str(messages.Failure('no function of the lecture', None, None, None, None)).count('\n') < 8


def test_the_port_is_left_as_it_was():
    """A diagnosis drives the port; afterwards its state is what the stage had made of it, and so is np.random."""
    model = wrong_ports.module(FAULTS['sign of the update'])
    np.random.seed(3)
    failure(model, 'backprop_hidden1: three rows')
    assert np.random.normal() == np.random.RandomState(3).normal()
    assert model.input_cnt == 4 and model.pm_hidden['w'].shape == (4, 3)
    assert all(hasattr(model, name) for name in contract.CONSTANTS)
