"""The figures that the lecture's book printed, and twin against twin on the lecture's own data.

The three files come from the folder MLP_DATA names. Every printed line must be equal, to the last digit.
"""
import json
import os
from pathlib import Path

import numpy as np
import pytest

from .conftest import find_port, restored

pytestmark = pytest.mark.skipif('MLP_DATA' not in os.environ,
                                reason="the lecture's files are elsewhere: set MLP_DATA to their folder")

RUNS = json.loads((Path(__file__).parent / 'published_chapter4.json').read_text(encoding='utf-8'))


def lines_of(text):
    """Without the blank ones, as in the file of the published figures."""
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture
def fresh(lecture):
    """The constants at their defaults."""
    lecture.LEARNING_RATE, lecture.RND_MEAN, lecture.RND_STD = 0.001, 0, 0.0030
    return lecture


@pytest.mark.needs('training')
@pytest.mark.parametrize('book', [RUNS[:1], *(pytest.param(book, marks=pytest.mark.full('mlp_py'))
                                              for book in (RUNS[:2], RUNS[2:3], RUNS[3:]))],
                         ids=['abalone_first', 'abalone', 'pulsar', 'steel'])
def test_published_lines(fresh, capsys, book):
    """A run without a seed goes on where the generator stood after the run before it."""
    assert len(RUNS) == 4 and book[0]['seed'] == 1234
    for run in book:
        if run['seed'] is not None:
            np.random.seed(run['seed'])
        fresh.set_hidden(run['hidden'])
        fresh.LEARNING_RATE = run['lr']
        capsys.readouterr()
        getattr(fresh, run['problem'] + '_exec')(run['epochs'], run['mb'], run['report'])
        assert lines_of(capsys.readouterr().out) == run['lines'], run['id']


@pytest.mark.full
@pytest.mark.parametrize('hidden', [[], 4, [12, 6], [12, 6, 4]], ids=str)
@pytest.mark.parametrize('problem, epochs', [('abalone', 10), ('pulsar', 4), ('steel', 10)])
def test_twins_print_the_same(capsys, problem, epochs, hidden):
    """float64, the default rate: line for line."""
    printed = []
    for name in ('mlp_py', 'mlp_c'):
        with restored(find_port(name).lecture) as lecture:
            lecture.set_hidden(hidden)
            np.random.seed(1234)
            capsys.readouterr()
            getattr(lecture, problem + '_exec')(epochs)
            printed.append(lines_of(capsys.readouterr().out))
    assert len(printed[0]) == epochs + 2
    assert printed[0] == printed[1]
