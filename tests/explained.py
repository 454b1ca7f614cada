"""What a check of the suite finds wrong in a port, as the stages put it: function, case, quantity, relation, mistake.

The checks see a port through `ThroughLecture`, so every number comes from a function of the lecture.
"""
import re
import traceback

from mlp_py.conformance import contract

from . import checks, messages
from .judge import DOORS, pair_names, related
from .messages import Failure, Words

# A quantity's name, and the function that has made it.
MADE_BY = (('loss, accuracy of run_train', 'run_train'), ('loss', 'forward_postproc'), ('accuracy', 'eval_accuracy'),
           ('G_output', 'backprop_postproc'), (r'(gradient )?[wb] \d|input gradient', 'backprop_neuralnet'))
PARAMETER = re.compile(r'(gradient )?([wb]) (\d+)')


def failure(error, subject):
    """The Failure for an exception of a check through `subject`; None: not of the port's making."""
    messages.check_finished(error, subject.module)
    try:
        return _off(error, subject) if isinstance(error, checks.Off) else _raised(error, subject)
    except (Exception, SystemExit):             # the port is asked for its mistake, and may leave
        return None


def _raised(error, subject):
    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)
             if frame.f_globals is getattr(subject.module, '__dict__', None)]
    function = next((name for name in names if name in {**contract.REQUIRED, **contract.LOSSES}), None)
    if function is None:
        return None
    return Failure(function, _case(subject), Words(f'a call of {function}', f'{function} 호출'),
                   Words('no exception', '예외 없음'), messages.raised(error, subject.module),
                   diagnosis=_diagnosis(subject, function))


def _off(off, subject):
    where, name = '', off.quantity
    if not isinstance(name, Words):
        where, _, name = name.rpartition(': ')
    function = off.function or next((function for pattern, function in MADE_BY if re.match(pattern, name)),
                                    'forward_neuralnet')
    if function == 'backprop_neuralnet' and off.function is None and _right(subject):
        function = subject.trained_by           # each of its parts is right
    words = name if isinstance(name, Words) else _quantity(name, subject)
    step = re.search(r'step (\d+)$', where)
    if step:
        words = Words(f'{step[0]}: {words.english}', f'{step[1]}단계: {words.korean}')
    return Failure(function, _case(subject), words, off.expected, off.got, off.entry, off.wrong, off.size,
                   related(*off.values) if off.values else None, _diagnosis(subject, function))


def _right(subject):
    from mlp_py.conformance import fingerprints
    return fingerprints.is_right(subject.module, 'switch')


def _case(subject):
    case = subject.case
    text = f'{case.name}, LEARNING_RATE {case.learning_rate}'
    return Words(text, text)


def _quantity(name, subject):
    """'w 2' as the lecture calls it."""
    found = PARAMETER.match(name)
    if not found:
        return Words(name, name)
    pm = f"{pair_names(len(subject.case.params), subject.through_one)[int(found[3]) - 1]}['{found[2]}']"
    return Words(f'G of {pm}', f'{pm}의 G') if found[1] else Words(f'{pm} after the update', f'수정한 뒤의 {pm}')


def _diagnosis(subject, function):
    """None for the losses: no mistakes in them are on record."""
    doors = DOORS.get(contract.REQUIRED.get(function, ('', ''))[1])
    return messages.diagnosis(subject.module, doors, function) if doors else None
