"""Verdicts on other implementations: adapters are short, the table is what was found, one row is found again."""
import importlib.metadata
import re
from pathlib import Path

import pytest

from mlp_py.conformance import cases

from .verdicts import page, running

ONES = {one['key']: one for one in running.implementations()}
ADAPTERS = sorted(running.FOLDER.glob('*_mlp.*'))
STAGE = 'loss'                  # the one in which scikit-learn differs most


def test_every_implementation_has_an_adapter_and_every_adapter_an_implementation():
    assert sorted(one['adapter'] for one in ONES.values()) == [path.name for path in ADAPTERS]
    assert len(ONES) >= 6


@pytest.mark.parametrize('path', ADAPTERS, ids=lambda path: path.name)
def test_adapters_have_60_lines_at_most(path):
    lines = path.read_text(encoding='utf-8').splitlines()
    assert len(lines) <= 60 and max(map(len, lines)) <= 120


def test_the_table_holds_what_was_found():
    rows, known = page.read(), running.known()
    assert set(known) == set(ONES) and len(rows) == len(ONES)
    for key, one in ONES.items():
        row = rows[one['name']]
        assert row['version'] == known[key]['version'] and row['kind'] == one['kind']
        for stage in page.COLUMNS:
            right, asked = known[key]['stages'][stage]
            assert row[stage] == (f'{right}/{asked}' if asked else '-')
    assert page.PAGE.read_text(encoding='utf-8') == page.text(known)


@pytest.mark.parametrize('key', ONES)
def test_a_sentence_stands_for_every_failure_and_none_for_what_is_right(key):
    result = running.known()[key]
    complaints, fitting = running.explained(ONES[key], result)
    assert not complaints
    assert sorted(name for named, _ in fitting for name in named) == sorted(result['wrong'])
    wrong = sum(asked - right for right, asked in result['stages'].values())
    assert wrong == len(result['wrong'])


def test_the_command_tells_of_other_counts():
    one, result = ONES['sklearn'], running.known()['sklearn']
    wrong = {name: fields for name, fields in result['wrong'].items() if name != 'loss/002'}
    less = running.explained(one, {**result, 'wrong': wrong})[0]
    more = running.explained(one, {**result, 'wrong': {**result['wrong'], 'layer/001': 'sum'}})[0]
    other = running.explained(one, {**result, 'wrong': {**result['wrong'], 'loss/002': 'loss G_output'}})[0]
    assert [len(found) for found in (less, more, other)] == [1, 1, 1]
    assert 'no longer wrong: loss/002' in less[0] and 'nothing is said of it: layer/001' in more[0]
    assert 'not in G_output alone: loss/002' in other[0]


@pytest.mark.parametrize('text', ['loss/002', 'loss/002-004', 'loss/002 loss/004-014 special/072'])
def test_runs_of_cases_are_spelled_and_shortened(text):
    assert running.short(running.spelled(text)) == text


def test_the_command_is_told_in_both_places():
    """How to install stands in the page and in the docstring of the command."""
    docstring = Path(running.FOLDER, '__main__.py').read_text(encoding='utf-8')
    for one in ONES.values():
        for name in one['install'].split(' (')[0].split()[2:]:
            assert re.search(rf'install .*{re.escape(name)}', docstring), name
            assert re.search(rf'install .*{re.escape(name)}', page.install()), name


@pytest.mark.full
def test_scikit_learn_again():
    """The counts of the table, if it is of this version: with 2 outputs or more the gradient is wrong."""
    pytest.importorskip('sklearn')
    then, now = running.known()['sklearn'], importlib.metadata.version('scikit-learn')
    if now != then['version']:
        pytest.skip(f'the table is about scikit-learn {then["version"]}, here is {now}')
    found = running.ask(ONES['sklearn'], [STAGE])
    assert found['stages'] == {STAGE: then['stages'][STAGE]}
    assert found['wrong'] == {name: fields for name, fields in then['wrong'].items() if name.startswith(STAGE)}
    for case in cases.read([STAGE]):
        if case.op == 'regression' and 'Zero' not in case.flags:
            outputs = case.given['output'][1]
            assert found['wrong'].get(case.id) == (None if outputs == 1 else 'G_output'), case.id
