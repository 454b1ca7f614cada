"""One answer against one case: what is read as a number, what is right, and which relation is told."""
from types import SimpleNamespace

import numpy as np
import pytest

from mlp_py.conformance.verdict import Answer, Malformed, judge, read
from mlp_py.conformance.wording import FRAME, RELATIONS, TEXTS, Speaker, number, shortened

NAN, INF = np.nan, np.inf


def case(expected, mag=0.0, flags=(), result='valid', op='forward', name='output', **more):
    fields = {key: (np.atleast_2d(np.asarray(value, float)), np.asarray(mag, float))
              for key, value in {name: expected, **more}.items()}
    return SimpleNamespace(id='forward/001', stage='forward', op=op, result=result, flags=flags, comment='', dtype=None,
                           given={}, expected={} if result == 'invalid' else fields)


def verdict(the_case, line, dtype='float64'):
    return judge(the_case, read(line.split(), dtype), dtype)


# ---- reading ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('text, value', [
    ('-1.25', -1.25), ('3e-05', 3e-5), ('+.5', 0.5), ('7.', 7), ('1E3', 1000), ('inf', INF), ('-inf', -INF),
    ('-0', -0.0), ('Infinity', INF), ('NaN', NAN), ('-nan', NAN), ('xbff4000000000000', -1.25),
    ('x7FF0000000000000', INF),
    ('1e999', INF), ('x8000000000000000', -0.0), ('5e-324', 5e-324)])
def test_numbers_in_every_spelling(text, value):
    got = read(['output', '1', '1', text]).fields['output'][0, 0]
    assert (got == value and np.signbit(got) == np.signbit(value)) or (np.isnan(got) and np.isnan(value))


@pytest.mark.parametrize('text', ['', '1,5', '1_0', '0x1p3', 'x12', 'xbff400000000000', 'xbff40000000000000', 'e5', '.',
                                  '1e', 'nan(1)', '--1', '1.5f', 'null', 'xbff4000g00000000', '١'])
def test_what_is_no_number(text):
    with pytest.raises(Malformed):
        read(['output', '1', '1', text or 'x'])


def test_numbers_of_float32_are_rounded_to_it():
    """Nine digits stand for the nearest float32; its bits have eight digits, those of a double are refused."""
    got = read(['output', '1', '2', '0.100000001', 'x3dcccccd'], 'float32').fields['output']
    assert (got == np.float32(0.1)).all()
    for text, dtype in (('x3fb999999999999a', 'float32'), ('x3dcccccd', 'float64')):
        with pytest.raises(Malformed):
            read(['output', '1', '1', text], dtype)


@pytest.mark.parametrize('line, key', [
    ('', 'nothing behind the ID'), ('output', 'no sizes'), ('output 1', 'no sizes'), ('output one 1 2', 'no sizes'),
    ('output -1 1 2', 'no sizes'), ('output 1 2 3', 'too few'), ('output 1 1 2 3', 'no name'),
    ('refuse refuse', 'no sizes'), ('output 1 2 3 hidden1 1 1 2', 'no number'),
    ('output 1 1 2 output 1 1 2', 'field twice'),
    ('1 1 1', 'no name'),
    ('output 9999999 9999999 1', 'too few')])
def test_what_is_no_answer(line, key):
    with pytest.raises(Malformed) as caught:
        read(line.split())
    assert caught.value.problem.key == key


def test_fields_without_rows_have_no_numbers():
    fields = read('output 0 3 hidden1 0 2'.split()).fields
    assert fields['output'].shape == (0, 3) and fields['hidden1'].shape == (0, 2)


# ---- judging --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('expected, mag, got, right', [
    (1, 0, '1', True), (1, 0, '1.0000000000000002', False), (1, 1, '1.0000000000000002', True),
    (1, 1, '1.0000000000000004', False), (0, 0, '-0', True), (NAN, 0, 'nan', True), (NAN, 5, '1', False),
    (1, 5, 'nan', False), (INF, 0, 'inf', True), (INF, 9, '-inf', False), (INF, 9, '1e308', False),
    (1, 9, 'inf', False),
    (NAN, 0, 'inf', False), (INF, INF, 'nan', False), (INF, INF, '5', False), (0, 1, '1e-300', True),
    (0, 0, '1e-300', False)])
def test_when_a_number_is_right(expected, mag, got, right):
    assert (verdict(case(expected, mag), f'output 1 1 {got}').status == 'right') is right


def test_the_sign_of_a_zero_counts_with_its_flag_alone():
    for flags, right in (((), True), (('SignedZero',), False)):
        for expected, got in ((0.0, '-0'), (-0.0, '0')):
            assert (verdict(case(expected, flags=flags), f'output 1 1 {got}').status == 'right') is right
    assert verdict(case(-0.0, flags=('SignedZero',)), 'output 1 1 -0').status == 'right'


def test_float32_may_be_off_by_more():
    """2 u mag with u = 2^-24; where mag is 0 it must be equal, too."""
    for mag, right in ((1, True), (0, False)):
        assert (verdict(case(1, mag), 'output 1 1 1.00000012', 'float32').status == 'right') is right
    assert verdict(case(1, 1), 'output 1 1 1.00000024', 'float32').status == 'wrong'


def test_the_ratio_is_the_largest_of_the_entries_with_a_bound():
    found = verdict(case([[1, 2, 3]], [[0, 1, 4]]), 'output 1 3 1 2 3.0000000000000004')
    assert (found.status, found.ratio) == ('right', 0.5)
    assert verdict(case([[1, 2, 3]]), 'output 1 3 1 2 3').ratio is None
    assert verdict(case([[1, 2, 3]], 1), 'output 1 3 1 nan 3').ratio == 0


@pytest.mark.parametrize('result, line, status, key', [
    ('valid', 'refuse', 'wrong', 'refuse'), ('invalid', 'refuse', 'right', None),
    ('acceptable', 'refuse', 'right', None),
    ('invalid', 'output 1 1 1', 'wrong', 'computed'), ('acceptable', 'output 1 1 1', 'right', None),
    ('acceptable', 'output 1 1 2', 'wrong', 'number'), ('valid', 'skip', 'wrong', 'skip')])
def test_refusals(result, line, status, key):
    found = verdict(case(1, result=result), line)
    assert (found.status, found.problem and found.problem.key) == (status, key)


def test_skip_is_neither_right_nor_wrong_where_it_may_be():
    assert judge(case(1), Answer('skip'), optional=True).status == 'skipped'


def test_fields():
    two = case([[1.0]], hidden1=[[2.0]])
    assert verdict(two, 'output 1 1 1').status == 'right'                   # in brackets in SPEC.md
    assert verdict(two, 'hidden1 1 1 2 output 1 1 1').status == 'right'     # in any order
    assert verdict(two, 'output 1 1 1 hidden1 1 1 3').problem.values['name'] == 'hidden1'
    assert verdict(two, 'hidden1 1 1 2').problem.key == 'field missing'
    assert verdict(two, 'output 1 1 1 sum 1 1 3').problem.key == 'field unknown'
    layer = case([[1.0]], op='layer', name='sum', hidden=[[1.0]])
    assert verdict(layer, 'sum 1 1 1').problem == ('field missing', {'name': 'hidden'})


def test_the_first_wrong_entry_is_told():
    found = verdict(case([[1, 2], [3, 4]]), 'output 2 2 1 2 5 6')
    assert found.problem.values == {'name': 'output', 'row': 1, 'column': 0, 'wrong': 2, 'size': 4}
    assert (found.details['expected'], found.details['got']) == (3, 5)


@pytest.mark.parametrize('expected, line, relation', [
    ([[1, 2]], '1 2 -1 -2', 'minus'), ([[1, 2]], '1 2 2 4', 'twice'), ([[1, 2]], '1 2 0.5 1', 'half'),
    ([[1, 2]], '1 2 nan nan', 'nan'), ([[1, 2]], '1 2 0 0', 'zero'), ([[1, 2], [3, 4]], '2 2 1 3 2 4', 'transposed'),
    ([[1, 2, 3]], '3 1 1 2 3', 'transposed'), ([[1, 2]], '1 2 1 3', None), ([[0, 0]], '1 2 1 2', None),
    ([[NAN, 1]], '1 2 nan nan', 'nan'), ([[1, 2, 3]], '3 1 1 2 4', None), ([[INF, 1]], '1 2 -inf -1', None)])
def test_relations(expected, line, relation):
    found = verdict(case(expected), 'output ' + line)
    assert found.status == 'wrong' and found.details['relation'] == relation


# ---- words ----------------------------------------------------------------------------------------------------------

def test_every_sentence_is_there_in_both_languages():
    import re
    for english, korean in [*TEXTS.values(), *FRAME.values(), *RELATIONS.values()]:
        assert english and korean and set(re.findall('{.*?}', english)) == set(re.findall('{.*?}', korean))
        assert english.isascii()
    assert all(any('가' <= letter <= '힣' for letter in korean) for _, korean in [*TEXTS.values(), *RELATIONS.values()])
    assert not set(TEXTS) & set(FRAME)


@pytest.mark.parametrize('value, text', [(0.1, '0.1'), (1 / 3, '0.3333333333333333'), (1e22, '1e+22'), (NAN, 'nan'),
                                         (-INF, '-inf'), (-0.0, '-0'), (12345678, '12345678')])
def test_numbers_are_printed_in_as_few_digits_as_read_back(value, text):
    assert number(value) == text


def test_long_lines_lose_their_middle():
    assert shortened('x' * 100) == 'x' * 100
    assert shortened('a' * 90 + 'b' * 90) == 'a' * 77 + ' ... ' + 'b' * 18


def test_how_a_program_ended():
    say = Speaker()
    assert [say.status(n) for n in (3, -9, 139)] == ['exit status 3', 'signal 9', 'exit status 139 (signal 11)']
