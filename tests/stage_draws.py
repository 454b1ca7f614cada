"""Stages of what is drawn and chosen: alloc_param_pair, the three init functions, set_hidden.

Parameters are the next numbers of NumPy's legacy global generator, layer after layer, and zeros; so a seed tells them.
Each check sets the globals of the lecture by hand and needs only the functions that it names.
"""
import io
from contextlib import redirect_stdout

import numpy as np

from mlp_py.conformance import contract, protocol

from .judge import Judge, pair_names, seeded, stage
from .messages import Words

MEAN, STD = 0.5, 0.25       # far from the lecture's 0 and 0.003, between which a mix-up would hardly show


def _pair_equal(judge, function, where, pair, shape, source, seed=7):
    """A drawn pair is the next normal numbers of the generator, and zeros."""
    if not isinstance(pair, dict) or not {'w', 'b'} <= set(pair):
        judge.fail(function, where, "{'w': ..., 'b': ...}", repr(pair)[:80])
    others = {('what mean and deviation swapped would draw', '평균과 표준편차를 바꾸어 뽑은 값'): _ahead(source, STD, MEAN, shape),
              ('what mean 0 and deviation 1 would draw', '평균 0, 표준편차 1로 뽑은 값'): _ahead(source, 0, 1, shape)}
    after = f'np.random.seed({seed})'
    w = Words(f"{where.english}['w'], drawn after {after}", f"{after} 뒤에 뽑은 {where.korean}['w']")
    judge.equal(function, w, pair['w'], source.normal(MEAN, STD, shape), others=others)
    judge.equal(function, Words(f"{where.english}['b']", f"{where.korean}['b']"), pair['b'], np.zeros(shape[-1]))
    for name in 'wb':               # b of integers could not be moved by a fraction
        what = Words(f"dtype of {where.english}['{name}']", f"{where.korean}['{name}']의 dtype")
        judge.plain(function, what, str(np.asarray(pair[name]).dtype), 'float64')


def _ahead(source, mean, deviation, shape):
    """What the generator would draw, without moving it."""
    other = np.random.RandomState()
    other.set_state(source.get_state())
    return other.normal(mean, deviation, shape)


def _nothing_more(judge, function, source):
    what = Words('the next number of np.random afterwards', '그다음 np.random 난수')
    judge.equal(function, what, np.random.normal(), source.normal())


def _settings(model, widths=None):
    """The globals of the lecture, set as at the prompt; widths: inputs, outputs."""
    model.RND_MEAN, model.RND_STD = MEAN, STD
    if not hasattr(model, 'LEARNING_RATE'):
        model.LEARNING_RATE = contract.CONSTANTS['LEARNING_RATE']
    if widths:
        model.input_cnt, model.output_cnt = widths


SHAPES = {'3 to 2': [3, 2], 'square': [2, 2], 'one unit': [4, 1], 'one input': [1, 5]}


@stage('alloc_param_pair', ('alloc_param_pair',), SHAPES)
def check_alloc_param_pair(model, shape):
    """Two pairs in a row: the draws go on, and the arrays are not shared."""
    words = f'RND_MEAN {MEAN}, RND_STD {STD}, alloc_param_pair({shape})'
    judge, source = Judge(model, 'alloc_param_pair', Words(words, words)), np.random.RandomState(7)
    _settings(model)
    with seeded(7):
        pairs = [judge.call('alloc_param_pair', list(shape)) for _ in range(2)]
        for where, pair in zip((Words('first pair', '첫째 쌍'), Words('second pair', '둘째 쌍')), pairs):
            _pair_equal(judge, 'alloc_param_pair', where, pair, shape, source)
        _nothing_more(judge, 'alloc_param_pair', source)


def _drawn(judge, function, widths, single, seed=7):
    """Calls an init function; the layers follow one another in the draws. Returns what it printed."""
    source, printed, model = np.random.RandomState(seed), io.StringIO(), judge.model
    with seeded(seed):
        with redirect_stdout(printed):
            judge.call(function)
        names = pair_names(len(widths) - 1, single)
        try:
            pairs = protocol.pairs(model, single)
        except Exception:
            pairs = ()
        what = Words('pm_* afterwards', '호출 뒤의 pm_*')
        if len(pairs) != len(names):
            judge.fail(function, what, ', '.join(names), Words(f'{len(pairs)} pairs', f'{len(pairs)}쌍'))
        for where, pair, shape in zip(names, pairs, zip(widths, widths[1:])):
            _pair_equal(judge, function, Words(where, where), pair, shape, source, seed)
        _nothing_more(judge, function, source)
    arrays = [pair[name] for pair in pairs for name in 'wb']
    if any(np.shares_memory(a, b) for n, a in enumerate(arrays) for b in arrays[:n]):
        judge.fail(function, what, Words('arrays of their own', '서로 다른 배열'),
                   Words('two names for one array', '한 배열을 함께 쓰고 있음'))
    return printed.getvalue()


def _twice(judge, function, widths, single):
    """Once more with another seed: new numbers, the same widths, which are still those that were asked for."""
    _drawn(judge, function, widths, single)
    if not single:
        what = Words(f'hidden_config after {function}', f'{function} 뒤의 hidden_config')
        judge.plain(function, what, list(judge.model.hidden_config), list(widths[1:-1]))
    _drawn(judge, function, widths, single, 8)


def _begun(model, marker, widths, single):
    """A Judge, with the globals of these widths set by hand, so without set_hidden."""
    inputs, *hidden, outputs = widths
    chosen = f'hidden_cnt {hidden[0]}' if single else f'hidden_config {hidden}'
    words = f'input_cnt {inputs}, output_cnt {outputs}, {chosen}'
    _settings(model, (inputs, outputs))
    model.pm_hidden = model.pm_hiddens = model.pm_output = None
    if single:
        model.hidden_cnt, model.hidden_config = hidden[0], None
    else:
        model.hidden_config = hidden
    return Judge(model, marker, Words(words, words))


@stage('init_model_hidden1', ('init_model_hidden1',), {'4-3-2': (4, 3, 2), 'square': (2, 2, 2), 'smallest': (1, 1, 1)})
def check_init_model_hidden1(model, widths):
    _twice(_begun(model, 'init_model_hidden1', widths, True), 'init_model_hidden1', widths, True)


LISTS = {'no hidden layer': (3, 2), 'list of one': (4, 3, 2), 'two': (3, 4, 2, 2), 'square': (2, 2, 2, 2, 2)}


@stage('init_model_hiddens', ('init_model_hiddens',), LISTS)
def check_init_model_hiddens(model, widths):
    _twice(_begun(model, 'init_model_hiddens', widths, False), 'init_model_hiddens', widths, False)


MODELS = {'integer': ((4, 3, 2), True), 'list of two': ((3, 4, 2, 2), False), 'list of one': ((4, 3, 2), False),
          'empty list': ((3, 2), False)}
INIT_MODEL = 'init_model', 'init_model_hidden1', 'init_model_hiddens'


@stage('init_model', INIT_MODEL, MODELS)
def check_init_model(model, case):
    """It draws the model that the globals ask for."""
    widths, single = case
    _twice(_begun(model, 'init_model', widths, single), 'init_model', widths, single)


@stage('init_model', (*INIT_MODEL, 'lines'), {f'line, {label}': case for label, case in MODELS.items()})
def check_line(model, case):
    """It says in one line which model it has made."""
    widths, single = case
    judge = _begun(model, 'init_model', widths, single)
    count = '하나를' if single else f'{len(widths) - 2}개를'
    printed = _drawn(judge, 'init_model', widths, single)
    line = f'은닉 계층 {count} 갖는 다층 퍼셉트론이 작동되었습니다.\n'
    judge.plain('init_model', Words('the line printed', '출력된 문장'), printed, line)


# ---- choosing the layers ----------------------------------------------------------------------------------------------

CALLS = {'an integer': [4], 'a list': [[4, 3]], 'an empty list': [[]], 'an integer, then a list': [4, [3]],
         'a list, then an integer': [[4, 3], 2], 'back and forth': [[5], 3, [2, 2], 1]}


@stage('set_hidden', ('set_hidden',), CALLS)
def check_set_hidden(model, calls):
    """An integer: hidden_cnt, and hidden_config is None again. A list: hidden_config."""
    text = ', '.join(f'set_hidden({info})' for info in calls)
    judge = Judge(model, 'set_hidden', Words(text, text))
    model.hidden_cnt = model.hidden_config = None
    for info in calls:
        judge.call('set_hidden', list(info) if isinstance(info, list) else info)
        after = f'set_hidden({info})'
        config = model.hidden_config
        found = {'hidden_config': list(config) if isinstance(config, (tuple, np.ndarray)) else config}
        wanted = {'hidden_config': info if isinstance(info, list) else None}
        if not isinstance(info, list):
            found['hidden_cnt'], wanted['hidden_cnt'] = model.hidden_cnt, info
        for name, value in wanted.items():
            judge.plain('set_hidden', Words(f'{name} after {after}', f'{after} 뒤의 {name}'), found[name], value)
