"""The report over a folder of hand-ins: each in a process of its own, with a time limit, one line of CSV each.

A hand-in works on a copy of its folder, so it can delete or overwrite nothing else, and its process group is killed
when it is done or its time is over. What it prints goes nowhere.
"""
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .handin import cells

COLUMNS = 'state', 'stages right', 'worst ratio', 'first', 'diagnosis'
HOME = str(Path(__file__).resolve().parent.parent.parent)          # where the package mlp_py lies


def files(folder):
    """The .py and .ipynb files under a folder, by name; hidden folders and caches are left out."""
    found = (path for path in Path(folder).rglob('*') if path.suffix in ('.py', '.ipynb') and path.is_file())
    return sorted(path for path in found
                  if not any(part.startswith(('.', '__')) for part in path.relative_to(folder).parts))


def report(folder, target, say, seconds, stages=()):
    """Writes the CSV file `target`; returns (hand-ins that are right, all hand-ins)."""
    paths = files(folder)
    if not paths:
        return 0, 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        rows = list(pool.map(lambda path: examined(path, Path(folder), say, seconds, stages), paths))
    with open(target, 'w', encoding='utf-8-sig', newline='') as file:         # with the mark that spreadsheets look for
        writer = csv.writer(file)
        writer.writerow([say('file'), *map(say, COLUMNS)])
        for path, row in zip(paths, rows):
            writer.writerow([path.relative_to(folder).as_posix(), *(row[name] for name in COLUMNS)])
    return sum(row.get('is right', False) for row in rows), len(rows)


def examined(path, folder, say, seconds, stages=()):
    """The cells of one hand-in."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as space:
        copy, result = Path(space, 'hand-in'), Path(space, 'result.json')
        _copied(path, folder, copy)
        words = ['korean'] * say.korean + list(stages)
        command = [sys.executable, '-m', 'mlp_py.conformance.handin', path.name, str(result), *words]
        status = _run(command, copy, seconds)
        if status is None:
            return cells(say('too long'), first=say('too long text', seconds=f'{seconds:g}'))
        try:
            return json.loads(result.read_text(encoding='utf-8'))
        except (OSError, ValueError):
            return cells(say('gone'), first=say('gone text', status=say.status(status)))


def _copied(path, folder, copy):
    """The folder of the hand-in; of the folder that holds them all, its files only."""
    if path.parent != folder:
        shutil.copytree(path.parent, copy, symlinks=True)
        return
    copy.mkdir()
    for file in folder.iterdir():
        if file.is_file():
            shutil.copy2(file, copy)


def _run(command, folder, seconds):
    """The exit status; None where the time was over."""
    places = [HOME, os.environ.get('PYTHONPATH', '')]
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, places)), 'PYTHONSAFEPATH': '1',
                   'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1', 'MPLBACKEND': 'Agg'}
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
