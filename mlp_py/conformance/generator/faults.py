"""fingerprints.json: what each wrong implementation of `wrong_ports` answers to the cases with the flag Fingerprint.

This page computes with NumPy, since the wrong implementations do; sums run in loops, so that they are the same on
every machine.
"""
import json

import numpy as np

from .. import wrong_ports
from ..diagnosis import TOLERANCE, compared
from ..driving import answer
from ..fingerprints import apart
from .drawing import text


# To these the deciders are always put: something that is no Fault has the same answers elsewhere (a derivative of 0).
LIKE_OTHERS = ('hidden never learns',)


class InLoops:
    """NumPy, but for the order of sums."""

    def __getattr__(self, name):
        return getattr(np, name)

    def matmul(self, a, b):
        if a.shape[1] != b.shape[0]:
            raise ValueError(f'matmul of {a.shape} and {b.shape}')
        total = np.zeros((a.shape[0], b.shape[1]))
        for k in range(a.shape[1]):
            total = total + a[:, k:k + 1] * b[k:k + 1]
        return total

    def sum(self, a, axis=None):
        total = 0.0
        for part in (a.ravel() if axis is None else np.moveaxis(a, axis, 0)):
            total = total + part
        return np.asarray(total)

    def mean(self, a, axis=None):
        return self.sum(a, axis) / (a.size if axis is None else a.shape[axis])


def fresh(*faults):
    """A module with these faults, and nothing left of what it was asked before."""
    model = wrong_ports.module(*faults)
    model.np = InLoops()
    return model


def wrong_answers(faults, cases):
    """{ID: {field: array} of the fields that differ from the right ones, or 'raises'}; right answers are left out."""
    wrong = {}
    for case in cases:
        try:
            found = answer(fresh(*faults), case)
        except Exception:
            wrong[case.id] = 'raises'
            continue
        differ = {field: found[field] for field in compared(case)
                  if field in found and apart(found[field], case.expected[field][0]) > TOLERANCE['float64']}
        if differ:
            wrong[case.id] = differ
    return wrong


def document(cases):
    """The text of fingerprints.json, a fault a line."""
    asked = [case for case in cases if 'Fingerprint' in case.flags]
    deciders = [case for case in cases if 'Decider' in case.flags]
    lines = []
    for fault in wrong_ports.FAULTS:
        wrong = wrong_answers([fault], [*asked, *deciders])
        main = [wrong[case.id] for case in asked if case.id in wrong]
        seen = any(one != 'raises' for one in main)
        answers = {one: _written(given) for one, given in wrong.items()} if seen else {}
        entry = {'key': fault.key, 'english': fault.english, 'korean': fault.korean, 'seen': seen,
                 'decide': fault.key in LIKE_OTHERS, 'answers': answers}
        lines.append(json.dumps(entry, ensure_ascii=False, separators=(',', ':')))
    names = {'cases': [case.id for case in asked], 'deciders': [case.id for case in deciders]}
    head = json.dumps(names, separators=(',', ':'))
    return head[:-1] + ',"faults":[\n' + ',\n'.join(lines) + '\n]}\n'


def _written(given):
    if given == 'raises':
        return given
    return {field: [*array.shape, ' '.join(map(text, array.ravel().tolist()))] for field, array in given.items()}
