"""The four runs that the book printed, in both twins, with loading and without: where MLP_DATA is set."""
import contextlib
import importlib
import io
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np

from tests.epoch_speed import timed_run

ENTRIES = Path(__file__).parent.parent / 'published_chapter4.json'


def without_loading(lecture, entry):
    """(seconds, printed lines) of one published run whose data are already there."""
    np.random.seed(1234)
    lecture.set_hidden(entry['hidden'])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        getattr(lecture, f'load_{entry["problem"]}_dataset')()
        begin = time.perf_counter()
        lecture.init_model()
        lecture.train_and_test(entry['epochs'], entry['mb'], entry['report'])
        seconds = time.perf_counter() - begin
    return seconds, printed.getvalue()


def published_runs(rounds, runs=None):
    """A list for JSON, an entry a run: seconds of both twins both ways, their ratios, and whether all lines were equal.

    rounds : medians of so many; runs : only the first so many of the four, None for all
    Returns None where MLP_DATA does not name the folder of the lecture's files.
    """
    if 'MLP_DATA' not in os.environ:
        return None
    twins = {name: importlib.import_module(name + '.lecture') for name in ('mlp_py', 'mlp_c')}
    results = []
    for entry in json.loads(ENTRIES.read_text(encoding='utf-8'))[:runs]:
        result, lines = {'id': entry['id']}, set()
        for way, timed in (('with loading', timed_run), ('without loading', without_loading)):
            seconds = {name: [] for name in twins}
            for _ in range(rounds):
                for name, lecture in twins.items():
                    second, printed = timed(lecture, entry)
                    seconds[name].append(second)
                    lines.add(printed)
            medians = {name: statistics.median(values) for name, values in seconds.items()}
            result[way] = {**medians, 'ratio': medians['mlp_py'] / medians['mlp_c']}
        results.append(result | {'lines_equal': len(lines) == 1})
    return results
