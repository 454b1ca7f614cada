"""Failures that teach: which function, which case, which entry, the two numbers, how they relate, and the likely mistake.

The text is English, or Korean where LANGUAGE is 'ko'. Making a message never raises: what cannot be told is left out,
and a mistake that nobody has described is called unknown.
"""
import traceback
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlp_py.conformance import contract

LANGUAGE = 'en'


class Words(NamedTuple):
    english: str
    korean: str

    def __str__(self):
        return self.korean if LANGUAGE == 'ko' else self.english


class Diagnosis(NamedTuple):
    """fault: a Fault of wrong_ports, or None; whole: it explains everything that came out, not a part of it."""

    fault: object = None
    whole: bool = False
    functions: tuple = ()


UNKNOWN = Diagnosis()


def diagnosis(model, doors, function):
    """The Diagnosis of a port whose function fails; doors: there, then where a part of its fault may show. Never raises."""
    try:
        functions = tuple(getattr(model, name, None) for name in contract.REQUIRED)
        for number, door in enumerate(doors):
            fault = _named(model, functions, door)
            if fault is not None:
                blamed = _blamed(fault, function, lambda door: _is_right(model, functions, door))
                if blamed == ('alloc_param_pair',) and _draws_right(model, functions):
                    blamed = function,
                return Diagnosis(fault, number == 0, blamed)
    except (Exception, SystemExit):
        pass
    return UNKNOWN


@lru_cache(maxsize=64)
def _named(model, functions, door):
    """The Fault or None; a port with many failures is asked once, as long as its functions are the same."""
    from mlp_py.conformance import fingerprints
    return fingerprints.diagnose(model, door)


@lru_cache(maxsize=256)
def _is_right(model, functions, door):
    from mlp_py.conformance import fingerprints
    return fingerprints.is_right(model, door)


@lru_cache(maxsize=64)
def _draws_right(model, functions):
    """alloc_param_pair, called alone."""
    from mlp_py.conformance import fingerprints
    with fingerprints.untouched(model):
        model.RND_MEAN, model.RND_STD = 0.25, 0.5
        np.random.seed(7)
        pair = model.alloc_param_pair([3, 2])
    wanted = np.random.RandomState(7).normal(0.25, 0.5, [3, 2])
    return np.array_equal(pair['w'], wanted) and np.array_equal(pair['b'], np.zeros(2))


def _blamed(fault, failing, is_right):
    """The functions in which the mistake is made: those of its edits that are not right when they are called alone.

    What relu does wrong may have been written into forward, what one version does into the switch.
    """
    names = list(dict.fromkeys(name for name, *_ in fault.edits))
    if is_right('relu'):
        names = [instead for name in names for instead in {'relu': FORWARDS, 'relu_derv': BACKPROPS}.get(name, [name])]
    for version in ('hidden1', 'hiddens'):
        if is_right(version):
            names = [name for name in names if not name.endswith(f'neuralnet_{version}')]
    other = {'hidden1': '_hiddens', 'hiddens': '_hidden1'}.get(failing.rpartition('_')[2], '?')
    return tuple(name for name in dict.fromkeys(names) if not name.endswith(other)) or (failing,)


FORWARDS = 'forward_neuralnet_hidden1', 'forward_neuralnet_hiddens'
BACKPROPS = 'backprop_neuralnet_hidden1', 'backprop_neuralnet_hiddens'


def number(value):
    """A number as it is typed in; anything else in a few words."""
    if isinstance(value, (str, Words)):
        return str(value)
    try:
        return repr(float(value))
    except Exception:
        return kind(value)


def kind(value):
    """'an array (2, 3)', 'a tuple of 2', 'None'."""
    try:
        if value is None:
            return 'None'
        if hasattr(value, 'shape'):
            return str(Words(f'an array {tuple(value.shape)}', f'{tuple(value.shape)} 배열'))
        name = type(value).__name__
        return f'{name}[{len(value)}]' if isinstance(value, (list, tuple)) else f'{name} {value!r}'[:80]
    except Exception:
        return type(value).__name__


def raised(error, model=None):
    """An exception of the port as what came out, and the last line of the port on the way there."""
    try:
        text = (str(error).splitlines() or [''])[0][:160]
    except Exception:
        text = ''
    name = type(error).__name__ + (f': {text}' if text else '')
    lines = [(frame.f_code.co_name, number) for frame, number in traceback.walk_tb(error.__traceback__)
             if frame.f_globals is getattr(model, '__dict__', None)]
    if not lines:
        return Words(f'raises {name}', f'예외가 발생합니다. {name}')
    function, number = lines[-1]
    return Words(f'raises {name} (in {function}, line {number})', f'예외가 발생합니다. {name} ({function}, {number}행)')


class Unfinished(Exception):
    """The port needs a function of the lecture that it does not have yet: `name`."""

    def __init__(self, name):
        self.name = name
        super().__init__(name)


def check_finished(error, model):
    """Raises Unfinished where this is what an exception of the port comes from."""
    name = error.name if isinstance(error, NameError) else None
    if name in contract.REQUIRED and not hasattr(model, name):
        raise Unfinished(name) from None


class Failure(AssertionError):
    """What is wrong, in at most eight lines.

    function: a name of the lecture. case, quantity: Words. entry: the index, with `wrong` of `size` entries off; None
    where it is not about entries. expected, got: numbers, or Words. relation: of relations, or None. diagnosis: None
    where no mistakes of that function are on record.
    """

    def __init__(self, function, case, quantity, expected, got, entry=None, wrong=0, size=0, relation=None,
                 diagnosis=UNKNOWN):
        self.function, self.case, self.quantity, self.expected, self.got = function, case, quantity, expected, got
        self.entry, self.wrong, self.size, self.relation, self.diagnosis = entry, wrong, size, relation, diagnosis
        super().__init__(function, str(quantity))

    def __str__(self):
        try:
            return '\n'.join(self._korean() if LANGUAGE == 'ko' else self._english())
        except Exception as error:
            return f'{self.function}: {type(error).__name__}'

    def _english(self):
        yield _described(self.function)
        yield f'case:      {self.case}'
        where = f', entry {list(self.entry)}' if self.entry else ''
        count = f'   ({self.wrong} of {self.size} entries differ)' if self.size > 1 else ''
        yield f'what:      {self.quantity}{where}{count}'
        yield f'expected:  {number(self.expected)}'
        yield f'got:       {number(self.got)}'
        if self.relation:
            yield f'relation:  {self.relation.english}'
        if self.diagnosis is None:
            return
        fault, whole, functions = self.diagnosis
        if fault is None:
            yield 'diagnosis: unknown: none of the mistakes on record gives these answers'
        elif whole:
            yield f'diagnosis: = what comes out when {fault.english}: {", ".join(functions)}'
        else:
            yield f'diagnosis: unknown as a whole; a part of it: {fault.english}: {", ".join(functions)}'

    def _korean(self):
        yield _described(self.function).replace(', lecture ', ', 강의 ')
        yield f'경우:      {self.case}'
        where = f', 위치 {list(self.entry)}' if self.entry else ''
        count = f'   (값 {self.size}개 중 {self.wrong}개가 다름)' if self.size > 1 else ''
        yield f'대상:      {self.quantity}{where}{count}'
        yield f'기대한 값: {number(self.expected)}'
        yield f'나온 값:   {number(self.got)}'
        if self.relation:
            yield f'관계:      {self.relation.korean}.'
        if self.diagnosis is None:
            return
        fault, whole, functions = self.diagnosis
        if fault is None:
            yield '진단:      알 수 없습니다. 알려진 실수 가운데 이런 결과를 내는 것이 없습니다.'
        elif whole:
            yield f'진단:      다음 실수를 했을 때 나오는 결과와 똑같습니다. {fault.korean} ({", ".join(functions)})'
        else:
            yield f'진단:      전체 원인은 알 수 없지만, 그 일부는 다음과 같습니다. {fault.korean} ({", ".join(functions)})'


def _described(name):
    try:
        return contract.described(name)
    except Exception:
        return name
