"""Tests of `fingerprints`: mistakes get their name, anything else gets none."""
import itertools
import re
from collections import Counter
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest

from mlp_py.conformance import fingerprints, lecture_typed_in
from mlp_py.conformance.fingerprints import CASES, TOLERANCE, alike, answers, diagnose, distance, is_right, right, wrong
from mlp_py.conformance.wrong_ports import FAULTS, TEXT, module

from .unrelated_ports import each_unrelated

DOORS, NETWORKS = tuple(CASES), ('hidden1', 'hiddens', 'switch')
KEYS = {fault.key: fault for fault in FAULTS}

# Both halves of a larger mistake are that mistake: its name is true of them, too.
WHOLE = {
    ('update before G_hidden, in the loop', 'update before G_hidden, output'): 'update before G_hidden',
    ('b averaged', 'w divided by rows'): 'divided by rows',
    ('output b never learns', 'hidden b never learns'): 'b never learns',
    ('output never learns', 'hidden never learns'): 'update lost',
}


def names(port):
    """The name that each door gives."""
    return {door: getattr(diagnose(port, door), 'key', None) for door in DOORS}


# ---- right ports ------------------------------------------------------------------------------------------------

def fractions(values):
    return np.vectorize(Fraction, otypes=[object])(values)


def exact_step(params, x, G, rate):
    """The lecture's formulas in rational numbers: {'output', 'aux 0', ..., 'w 1', 'b 1', ...}."""
    hiddens, wanted = [x], {}
    for pair in params[:-1]:
        z = hiddens[-1] @ pair['w'] + pair['b']
        hiddens.append(np.where(z > 0, z, Fraction(0)))
    wanted['output'] = hiddens[-1] @ params[-1]['w'] + params[-1]['b']
    for n in range(len(params), 0, -1):
        w, b, below = params[n - 1]['w'], params[n - 1]['b'], hiddens[n - 1]
        wanted[f'aux {n - 1}'] = below
        wanted[f'w {n}'], wanted[f'b {n}'] = w - Fraction(rate) * (below.T @ G), b - Fraction(rate) * G.sum(axis=0)
        G = np.where(below > 0, G @ w.T, Fraction(0))
    return wanted


@pytest.mark.parametrize('door', ['hidden1', 'hiddens'])
def test_right_answers_are_exact(door):
    """Every output, hidden layer and parameter equals the rational one with ==, though nothing is rounded there."""
    for n, case in enumerate(CASES[door], 1):
        params, _, steps = case.numbers()
        params = [{name: fractions(pair[name]) for name in 'wb'} for pair in params]
        for m, (x, G_output) in enumerate(steps, 1):
            wanted = exact_step(params, fractions(x), fractions(G_output), case.rate)
            for key, value in wanted.items():
                assert (fractions(right(door)[f'case {n}, step {m}: {key}']) == value).all(), (case, key)
            params = [{name: wanted[f'{name} {k}'] for name in 'wb'} for k in range(1, len(params) + 1)]


def test_cases_reach_what_they_are_for():
    """Batches of 1 and 4, one to three hidden layers, square weights, two steps, wide x and w, and units at exactly 0."""
    cases = [*CASES['hidden1'], *CASES['hiddens']]
    assert {1, 4} <= {case.rows for case in cases} and {3, 4, 5} <= {len(case.widths) for case in cases}
    assert {case.rate for case in cases} == {0.25, 0.5} and {case.steps for case in cases} == {1, 2}
    for door in ('hidden1', 'hiddens'):
        assert any(len(set(case.widths)) == 1 for case in CASES[door])
        at_zero = 0
        for case in CASES[door]:
            (first, *_, last), _, ((x, _), *_) = case.numbers()
            at_zero += np.sum(x @ first['w'] + first['b'] == 0)
            wide = {'x': x, 'w': last['w'].T, '': np.array([[0.1]])}[case.wide]
            assert (wide.astype('float32') != wide).any(axis=1).all()
        assert at_zero > 0 and {case.wide for case in CASES[door]} == {'', 'x', 'w'}


@pytest.mark.parametrize('door', DOORS)
@pytest.mark.parametrize('name', ['mlp_py.lecture', 'mlp_c.lecture', lecture_typed_in.__name__])
def test_the_twins_and_the_page_typed_in_are_right(name, door):
    port = pytest.importorskip(name)
    assert is_right(port, door) and diagnose(port, door) is None


RIGHT_TOO = {
    'arrays rebound': (r'(\S+) -= (.*)', r'\1 = \1 - \2'),
    'multiplied with dot': (r'np\.matmul\((.*?), (.*?)\)', r'np.dot(\1, \2)'),
    'summed as a method': (r'np\.sum\((\w+), axis=0\)', r'\1.sum(0)'),
    'derivative by comparison': (r'np\.sign\(y\)', '(y > 0).astype(float)'),
    'relu by where': (r'np\.maximum\(x, 0\)', 'np.where(x > 0, x, 0)'),
    'relu written into forward': (r'relu\(np.matmul\((.*)\)$', r'np.maximum(np.matmul(\1, 0)'),
    'mask taken of the gradient it lets through': (r'= G_hidden \* relu_derv\((.*)\)', r'= np.where(\1 > 0, G_hidden, 0)'),
    'draws scaled by hand': (r'np\.random\.normal\(.*', 'RND_MEAN + RND_STD * np.random.standard_normal(shape)'),
    'input gradient left out': (r'( +)G_hidden = np.matmul\(G_hidden, .*', r'\1if n:\n    \g<0>'),
    'a list copied': (r'hidden_config = info', 'hidden_config = [int(width) for width in info]'),
}


def retyped(text, name='a port'):
    made = ModuleType(name)
    exec(text, made.__dict__)
    return made


@pytest.mark.parametrize('pattern, new', RIGHT_TOO.values(), ids=RIGHT_TOO)
def test_the_same_said_in_other_words_is_right(pattern, new):
    text = re.sub(pattern, new, TEXT, flags=re.MULTILINE)
    assert text != TEXT
    port = retyped(text)
    assert all(is_right(port, door) for door in DOORS) and set(names(port).values()) == {None}


# ---- wrong ports ------------------------------------------------------------------------------------------------

def test_every_fault_is_told_from_the_right_text_and_named():
    """All of them are told at some door; nine of ten are named, also at each door where they show; none is misnamed."""
    named, shown = Counter(), Counter()
    for fault in FAULTS:
        port = module(fault)
        shows, given = [door for door in DOORS if fault in dict(wrong(door))], names(port)
        assert shows and not is_right(port, shows[0]), fault.key
        assert set(given.values()) <= {None, fault.key}, (fault.key, given)
        shown.update(shows)
        named.update([door for door in given if given[door]] + ['faults'] * any(given.values()))
    print({door: f'{named[door]} of {shown[door]}' for door in DOORS}, f'{named["faults"]} of {len(FAULTS)} faults')
    assert named['faults'] >= 0.9 * len(FAULTS) and all(named[door] >= 0.9 * shown[door] > 0 for door in DOORS)


@each_unrelated(first=0)
def test_what_is_not_in_the_list_gets_no_name(fault):
    port = module(fault)
    assert set(names(port).values()) == {None}
    assert not all(is_right(port, door) for door in DOORS)


def check_pairs(every, first=0):
    """Of two mistakes at once a door may name one, where it shows no other; a third it never names."""
    checked = 0
    for one, other in itertools.islice(itertools.combinations(FAULTS, 2), first, None, every):
        try:
            port = module(one, other)
        except ValueError:              # both want the same line
            continue
        given = names(port)
        true = {None, one.key, other.key, WHOLE.get((one.key, other.key))}
        assert set(given.values()) <= true, (one.key, other.key, given)
        checked += 1
    return checked


def test_two_mistakes_get_no_third_name():
    assert check_pairs(every=61) >= 40


@pytest.mark.full
def test_no_two_mistakes_get_a_third_name(seed):
    """Every second pair, the others with the next seed."""
    assert check_pairs(every=2, first=seed % 2) >= 1250


@pytest.mark.parametrize('halves, whole', WHOLE.items(), ids=WHOLE.values())
def test_both_halves_of_a_mistake_are_the_mistake(halves, whole):
    port = module(*[KEYS[key] for key in halves])
    assert any(alike(answers(port, door), dict(wrong(door)).get(KEYS[whole], {})) for door in NETWORKS)


# ---- the tolerance -----------------------------------------------------------------------------------------------

class Otherwise:
    """NumPy whose sums run from the last term to the first, in longdouble."""

    def __getattr__(self, name):
        return getattr(np, name)

    def matmul(self, a, b):
        return np.matmul(a[..., ::-1].astype(np.longdouble), b[::-1].astype(np.longdouble)).astype(float)

    def sum(self, a, axis=None):
        total = np.sum((a if axis is None else np.flip(a, axis)).astype(np.longdouble), axis=axis)
        return np.asarray(total, float)


@pytest.mark.full
def test_rounding_stays_below_the_tolerance():
    """The same mistakes, their sums in another order and precision: hardly moved, and right answers not at all."""
    largest = 0.0
    for door in ('hidden1', 'hiddens'):
        port = module()
        port.np = Otherwise()
        assert distance(answers(port, door), right(door)) == 0
        for fault, fingerprint in wrong(door):
            port = module(fault)
            port.np = Otherwise()
            largest = max(largest, distance(answers(port, door), fingerprint))
    print(f'rounding moves wrong answers by at most {largest:.2g}')
    assert 0 < largest <= TOLERANCE


def test_fingerprints_differ_by_more_than_the_tolerance():
    """Two fingerprints at a door are the same or more than twice TOLERANCE apart: no answers are near to both."""
    least, shared = np.inf, set()
    for door in DOORS:
        known = [*wrong(door), (None, right(door))]
        for (one, a), (other, b) in itertools.combinations(known, 2):
            apart = distance(a, b, enough=least)
            if apart == 0:
                shared.add((one.key, other.key))
            else:
                least = min(least, apart)
    print(f'two fingerprints differ by at least {least:.2g}')
    assert least > 2 * TOLERANCE
    assert shared == {('derivative 1 at 0', 'mask missing')}        # the same to a network; the table of relu_derv decides


def test_distance_sees_what_it_should():
    one = {'a': np.array([1.0, 4.0]), 'b': np.array([np.nan, np.inf, 2.0])}
    for name, values, wanted in (('a', [1.0, 4.0 + 2**-20], 2**-20 / (4 + 2**-20)), ('b', [np.nan, np.inf, 1.0], 0.5),
                                 ('b', [np.nan, -np.inf, 2.0], np.inf), ('b', [1.0, np.inf, 2.0], np.inf),
                                 ('a', [np.nan, 4.0], np.inf), ('a', [1.0], np.inf), ('a', [-0.0, 4.0], 0.25),
                                 ('a', ['1', '4'], np.inf)):
        for first, second in ((one, {**one, name: np.array(values)}), ({**one, name: np.array(values)}, one)):
            assert distance(first, second) == wanted, (name, values)
            assert alike(first, second) == (wanted == 0)
    assert distance(one, {'a': one['a']}) == np.inf and distance(one, dict(one)) == 0 and alike(one, dict(one))
    assert alike(one, {**one, 'a': one['a'] * (1 + 2**-41)}) and not alike(one, {**one, 'a': one['a'] * (1 + 2**-39)})
