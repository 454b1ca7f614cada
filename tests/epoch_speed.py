"""Seconds of the four published runs in both twins, in one process, alternating: python -m tests.epoch_speed

Medians of three rounds; printed lines are compared while at it. And two threads with a network each, against one.
"""
import contextlib
import importlib
import io
import json
import statistics
import threading
import time
from pathlib import Path

import numpy as np


def timed_run(lecture, entry):
    """(seconds, printed lines) of one published run."""
    np.random.seed(1234)
    lecture.set_hidden(entry['hidden'])
    printed = io.StringIO()
    begin = time.perf_counter()
    with contextlib.redirect_stdout(printed):
        getattr(lecture, entry['problem'] + '_exec')(entry['epochs'], entry['mb'], entry['report'])
    return time.perf_counter() - begin, printed.getvalue()


def two_threads():
    """How much more two threads do than one, each with a network of its own."""
    from mlp_c import Network
    rng = np.random.default_rng(0)
    x, y, order = rng.normal(size=(2000, 64)), rng.normal(size=(2000, 10)), np.arange(2000)
    nets = [Network(64, [32], 10, rng=n) for n in (0, 1)]

    def work(net):
        for _ in range(20):
            net.train_epoch('regression', x, y, order, 32, 0.01)

    rates = []
    for count in (1, 2):
        threads = [threading.Thread(target=work, args=(net,)) for net in nets[:count]]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rates.append(count / (time.perf_counter() - begin))
    return rates[1] / rates[0]


def main():
    twins = {name: importlib.import_module(name + '.lecture') for name in ('mlp_py', 'mlp_c')}
    print('| run | mlp_py s | mlp_c s | ratio |\n| --- | --- | --- | --- |')
    for entry in json.loads(Path(__file__).with_name('published_chapter4.json').read_text(encoding='utf-8')):
        seconds, lines = {name: [] for name in twins}, set()
        for _ in range(3):
            for name, lecture in twins.items():
                second, printed = timed_run(lecture, entry)
                seconds[name].append(second)
                lines.add(printed)
        assert len(lines) == 1, f'{entry["id"]}: the twins printed different lines'
        py, c = (statistics.median(seconds[name]) for name in twins)
        print(f'| {entry["id"]} | {py:.2f} | {c:.3f} | {py / c:.0f} |')
    ratios = sorted(two_threads() for _ in range(5))
    print(f'\nTwo threads, a network each: {ratios[2]:.2f} times one thread (median of 5).')


if __name__ == '__main__':
    main()
