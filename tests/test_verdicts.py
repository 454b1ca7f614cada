"""Verdicts on other implementations: short adapters, a table that is the results', and scikit-learn asked anew."""
import json
from pathlib import Path

import pytest

from .verdicts import running

FOLDER = Path(running.__file__).parent
RESULTS = json.loads(running.RESULTS.read_text(encoding='utf-8'))
TEXT = (FOLDER / 'VERDICTS.md').read_text(encoding='utf-8')


def test_adapters_are_short():
    """The network of each library in 60 lines; reading and printing is in line.py and line.js."""
    pages = [path for path in FOLDER.glob('*_mlp.*')]
    assert len(pages) >= 6
    for page in pages:
        assert len(page.read_text(encoding='utf-8').splitlines()) <= 60, page.name


def test_the_table_is_that_of_the_results():
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in TEXT.splitlines() if line.startswith('| ')]
    head, rows = rows[0], [row for row in rows[2:] if len(row) == len(rows[0])]
    assert len(rows) >= 6
    for row in rows:
        cells = dict(zip(head, row))
        stored, = (result for result in RESULTS.values() if result['version'] == cells['version'])
        for stage, (right, asked) in stored['stages'].items():
            if stage in cells:
                assert cells[stage] == (f'{right}/{asked}' if asked else '-'), (cells['implementation'], stage)


def test_a_gradient_that_is_not_that_of_its_loss_is_told():
    """scikit-learn's regression: right with one output, wrong with more, in G_output alone."""
    wrong = RESULTS['sklearn']['wrong']
    assert 'scikit-learn issue 8349' in TEXT
    assert {'loss/002', 'loss/004', 'loss/014'} <= set(wrong)
    assert 'loss/001' not in wrong and 'loss/003' not in wrong


@pytest.mark.full
def test_scikit_learn_asked_anew():
    pytest.importorskip('sklearn')
    one = next(one for one in running.implementations() if one['key'] == 'sklearn')
    if running.version(one) != RESULTS['sklearn']['version']:
        pytest.skip('the results are those of another version of scikit-learn')
    assert running.ask(one)['stages'] == RESULTS['sklearn']['stages']
