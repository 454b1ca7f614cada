"""What the book printed in 2019, from both twins to the last digit; and twin against twin, line for line."""
import importlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

RUNS = json.loads(Path(__file__).with_name('published_chapter4.json').read_text(encoding='utf-8'))

pytestmark = pytest.mark.skipif('MLP_DATA' not in os.environ,
                                reason='the lecture\'s data files: set MLP_DATA to their folder')


def printed(capsys):
    return [line for line in capsys.readouterr().out.splitlines() if line]


def run(lecture, problem, hidden, **arguments):
    lecture.set_hidden(hidden)
    getattr(lecture, f'{problem}_exec')(**arguments)


@pytest.mark.parametrize('group', [['abalone-none', 'abalone-4'], ['pulsar-6'], ['steel-10']], ids=str)
def test_published_lines(lecture, capsys, group):
    """A run without a seed goes on with the generator of the run before it, so the two of abalone come together."""
    for entry in [entry for entry in RUNS if entry['id'] in group]:
        if entry['seed'] is not None:
            np.random.seed(entry['seed'])
        lecture.LEARNING_RATE = entry['lr']
        run(lecture, entry['problem'], entry['hidden'], epoch_count=entry['epochs'], mb_size=entry['mb'],
            report=entry['report'])
        assert printed(capsys) == entry['lines']


def test_all_published_runs_are_run():
    assert [entry['id'] for entry in RUNS] == ['abalone-none', 'abalone-4', 'pulsar-6', 'steel-10']


@pytest.mark.parametrize('problem', ['abalone', 'pulsar', 'steel'])
@pytest.mark.parametrize('hidden', [[], 4, [12, 6], [12, 6, 4]], ids=str)
def test_twin_against_twin(capsys, problem, hidden):
    """The same printed lines and the same state of NumPy's generator, float64 at the lecture's rate."""
    lines, draws = [], []
    for name in ('mlp_py', 'mlp_c'):
        np.random.seed(7)
        run(importlib.import_module(name + '.lecture'), problem, hidden, epoch_count=3)
        lines.append(printed(capsys))
        draws.append(np.random.random())
    assert len(lines[0]) == 5 and lines[0] == lines[1]
    assert draws[0] == draws[1]
