"""Names the mistake of a port, in whatever language, by its answers: those of one Fault of `wrong_ports` and no other.

The fingerprints are data (`fingerprints.json`): for each fault its wrong answers to the cases with the flag
Fingerprint, small integers throughout, so that right answers are exact. Another mistake, or two at once, is
unknown (None).
"""
import json
from functools import lru_cache

from . import cases
from .driving import array
from .fingerprints import apart

# Entries may differ by this share of the array's largest: wrong answers may be sums of rounded terms (a third, 0.01).
TOLERANCE = {'float64': 2.0**-40, 'float32': 2.0**-14}

# Where a fault lets the port raise, it might answer anything in another language; so many other cases must tell then.
ENOUGH = 3


def name(answers, dtype='float64'):
    """The mistake whose answers these are.

    Parameters
    ----------
    answers : {case ID: {field: array}, or 'raises' or 'refuse'}
        Of one port. Fields that SPEC.md puts in brackets may be missing. A stage counts if all its cases with the flag
        Fingerprint are there.
    dtype : {'float64', 'float32'}
        That of the port.

    Returns
    -------
    dict with 'key', 'english', 'korean', or None: right, unknown, or two faults with the same answers
    """
    known = _known(dtype)
    asked = [one for stage in cases.REQUIRED for one in _whole_stage(known['cases'], stage, answers)]
    right = {case.id: _alike(answers[case.id], case, case.expected, dtype)[0] for case in asked}
    if all(right.values()):
        return None
    found = [fault for fault in known['faults'] if _is_fault(fault, asked, right, answers, dtype)]
    if len(found) > 1 or found and found[0]['decide']:
        found = [fault for fault in found if _decided(fault, known['deciders'], answers, dtype)]
    return {key: found[0][key] for key in ('key', 'english', 'korean')} if len(found) == 1 else None


@lru_cache(maxsize=None)
def _known(dtype):
    """fingerprints.json with its cases and arrays in place of their names and texts."""
    data = json.loads((cases.FOLDER / 'fingerprints.json').read_text(encoding='utf-8'))
    there = {case.id: case for case in cases.read(cases.REQUIRED) if case.dtype in (None, dtype)}
    faults = [{**fault, 'answers': {one: _arrays(wrong) for one, wrong in fault['answers'].items()}}
              for fault in data['faults'] if fault['seen']]
    asked = {kind: [there[one] for one in data[kind] if one in there] for kind in ('cases', 'deciders')}
    return {'faults': faults, **asked}


def _arrays(wrong):
    if wrong == 'raises':
        return wrong
    return {field: array(rows, columns, numbers.split()) for field, (rows, columns, numbers) in wrong.items()}


def _whole_stage(known, stage, answers):
    there = [case for case in known if case.stage == stage]
    return there if all(case.id in answers for case in there) else []


def compared(case):
    """The fields by which a fault is told: sums and gradients of what lies between the layers are not among them."""
    return [field for field in case.expected if field not in ('sum', 'G_x') and not field.startswith('G_hidden')]


def _alike(answer, case, wanted, dtype):
    """(are the fields those wanted, or else the right ones; is one of those wanted there)"""
    if isinstance(answer, str):
        return False, False
    told = False
    for field in compared(case):
        if field in answer:
            right = case.expected[field][0]
            other = wanted.get(field, right)
            if apart(answer[field], other[0] if isinstance(other, tuple) else other) > TOLERANCE[dtype]:
                return False, False
            told = told or field in wanted
        elif not cases.may_be_left_out(case.op, field):
            return False, False
    return True, told


def _is_fault(fault, asked, right, answers, dtype):
    """Are the answers those of the fault everywhere, or everywhere but in gradients that are right?

    A program may compute those apart from its update.
    """
    gradients = {case.id for case in asked if case.stage == 'gradients'}
    apart_from = gradients if all(right[one] for one in gradients) else set()
    told, raised = 0, False
    for case in asked:
        wrong = fault['answers'].get(case.id)
        if wrong is None or case.id in apart_from:
            if not right[case.id]:
                return False
        elif wrong == 'raises':
            raised = True
            if right[case.id]:
                return False
        else:
            alike, there = _alike(answers[case.id], case, wrong, dtype)
            if not alike:
                return False
            told += there
    return told >= (ENOUGH if raised else 1)


def _decided(fault, deciders, answers, dtype):
    return all(case.id in answers
               and _alike(answers[case.id], case, fault['answers'].get(case.id, {}), dtype)[0] for case in deciders)
