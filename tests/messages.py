"""Failures that teach: which function, which case, which entry, the two numbers, how they relate, and the likely mistake.

The text is English, or Korean where LANGUAGE is 'ko'. Making a message never raises: what cannot be told is left out,
and a mistake that nobody has described is called unknown.
"""
import traceback
from functools import lru_cache
from typing import NamedTuple

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
                return Diagnosis(fault, number == 0, _functions(fault, function, _relu_is_right(model, functions)))
    except (Exception, SystemExit):
        pass
    return UNKNOWN


@lru_cache(maxsize=64)
def _named(model, functions, door):
    """The Fault or None; a port with many failures is asked once, as long as its functions are the same."""
    from mlp_py.conformance import fingerprints
    return fingerprints.diagnose(model, door)


@lru_cache(maxsize=64)
def _relu_is_right(model, functions):
    from mlp_py.conformance import fingerprints
    return fingerprints.is_right(model, 'relu')


def _functions(fault, function, relu_is_right):
    """Where the mistake is made: of the two versions the one that failed; not in a relu that is right when it is called."""
    names = list(dict.fromkeys(name for name, *_ in fault.edits))
    if relu_is_right:
        names = [name for name in names if name not in ('relu', 'relu_derv')] or [function]
    other = {'hidden1': '_hiddens', 'hiddens': '_hidden1'}.get(function.rpartition('_')[2], '?')
    return tuple(name for name in names if not name.endswith(other)) or tuple(names)


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
