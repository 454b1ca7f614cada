"""Both judges on the whole kit, with answers that are off by a known part of the bound: they agree in every number."""
import numpy as np
import pytest

from mlp_py.conformance import cases
from mlp_py.conformance.verdict import UNIT

from .conformance_kit import by_c, by_python, judge, python_port, right_answer, texts    # noqa: F401  (fixtures too)

ASKED = [case for case in cases.read() if case.dtype in (None, 'float64')]
STAGES = [word for stage in cases.STAGES for word in ('--stage', stage)]


def answers_off_by(part):
    """Each number off by this part of its bound 2 u mag, as far as a float64 can be."""
    for case in ASKED:
        if case.result == 'invalid':
            yield case, f'{case.id} refuse'
            continue
        parts = [case.id]
        for name, (value, mag) in case.expected.items():
            with np.errstate(invalid='ignore'):
                moved = np.where(np.isfinite(value) & (mag > 0), value + part * 2 * UNIT['float64'] * mag, value)
            parts += [name, *map(str, value.shape), *(repr(number) for number in moved.ravel().tolist())]
        yield case, ' '.join(parts)


def zeros_turned():
    """Right, but for the sign of every zero."""
    for case, line in answers_off_by(0):
        yield case, ' '.join({'0.0': '-0.0', '-0.0': '0.0'}.get(token, token) for token in line.split(' '))


ANSWERS = {
    # name: (answers, is this case wrong then)
    'right': (lambda: ((case, right_answer(case)) for case in ASKED), lambda case: False),
    'within': (lambda: answers_off_by(0.7), lambda case: False),
    'beyond': (lambda: answers_off_by(-2.5), lambda case: any(mag.any() for _, mag in case.expected.values())),
    'zeros': (zeros_turned, lambda case: 'SignedZero' in case.flags and any(
        ((value == 0) & (mag == 0)).any() for value, mag in case.expected.values())),
    'refused': (lambda: ((case, f'{case.id} refuse') for case in ASKED), lambda case: case.result == 'valid'),
    'computed': (lambda: ((case, right_answer(case) if case.result != 'invalid' else f'{case.id} c 1 1 0')
                          for case in ASKED), lambda case: case.result == 'invalid'),
}


@pytest.mark.parametrize('name', [pytest.param(name, marks=[pytest.mark.full] * (name != 'beyond'))
                                  for name in ANSWERS])
def test_both_judges_find_the_same_cases_wrong(judge, texts, capsys, tmp_path, name):       # noqa: F811
    made, is_wrong = ANSWERS[name]
    (tmp_path / 'answers').write_text(''.join(line + '\n' for _, line in made()), encoding='ascii')
    port = ['--port', python_port('bad_manners.py', 'right', tmp_path / 'answers', '-'), *STAGES]
    status, lines = by_python(capsys, *port)
    wrong = {stage: sum(map(is_wrong, (case for case in ASKED if case.stage == stage))) for stage in cases.STAGES}
    found = {words[0]: int(words[3]) for words in map(str.split, lines) if words[0] in wrong}
    assert found == wrong and status == (1 if any(wrong.values()) else 0), lines
    assert by_c(judge, texts, *port) == (status, lines)
