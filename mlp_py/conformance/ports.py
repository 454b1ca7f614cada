"""Loading what is to be judged: a module by its name, a .py file, or the code cells of a notebook."""
import importlib
import io
import os
import sys
import types
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from . import contract, notebooks


class Port:
    """One implementation: `lecture`, the module with the functions; `Network`, a class or None; `block`, the length of
    the blocks in its sums or None (unknown); `missing`, what was not found while it was loaded."""

    def __init__(self, name, lecture, package=None, block=None, missing=()):
        self.name, self.lecture, self.block, self.missing = name, lecture, block, missing
        self.package = package if package is not None else lecture
        self.words = {*getattr(lecture, 'OFFERS', ()), *getattr(self.package, 'OFFERS', ())}
        if self.words - set(contract.OFFERS):
            known = sorted(contract.OFFERS)
            raise UnusablePort(f'OFFERS of {name}: expected words from {known}, got {sorted(self.words)}')
        self.Network = None
        if 'Network' in self.words:
            self.Network = getattr(lecture, 'Network', None) or getattr(self.package, 'Network', None)
            if self.Network is None:
                raise UnusablePort(f"OFFERS of {name}: expected a class Network with the word 'Network', found none")

    def lacks(self, *names):
        """Those of the names (of functions, globals, or words of OFFERS) that this port does not have."""
        return [name for name in names if not (
            name in self.words if name in contract.OFFERS else
            hasattr(self.lecture, name) if name in contract.GLOBALS else
            callable(getattr(self.lecture, name, None)))]


class UnusablePort(ValueError):
    """A port that cannot be loaded; the message says what and why."""


class NoSuchPort(UnusablePort):
    """There is nothing of that name."""


def load(name):
    """The Port for 'my_port', 'mlp_c.lecture', 'mlp_c', 'folder/port.py' or 'folder/port.ipynb'."""
    if name.endswith(('.py', '.ipynb')):
        path = Path(name)
        if not path.is_file():
            raise NoSuchPort(f'expected a file, found none at {name}')
        missing = []
        return Port(path.name, _executed(path.resolve(), name, missing), missing=missing)
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise NoSuchPort(f'expected an importable module, a .py or an .ipynb file, got {name!r}: {error}') from None
    if not hasattr(module, 'relu') and hasattr(module, '__path__'):      # a package: its page lecture
        module = importlib.import_module(name + '.lecture')
    package = sys.modules.get(module.__package__ or '')
    short = name.removesuffix('.lecture')
    return Port(short, module, package, 256 if short == 'mlp_c' else None)


def _executed(path, name, missing):
    """A module whose globals are those of the file, run from top to bottom in its folder; missing: a list to fill."""
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[path.stem], before = module, sys.modules.get(path.stem)
    try:
        with _inside(path), np.errstate():
            _run(path, name, module.__dict__, missing)
    finally:
        if before is not None:
            sys.modules[path.stem] = before
    return module


@contextmanager
def nobody_there():
    """Who asks for input() gets EOFError."""
    before, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = before


_BROUGHT = {}       # {name of a module that lay beside a port: its folder}


@contextmanager
def _inside(file):
    """What lies beside a file can be imported and opened, as if it were run there, and by its functions later.

    Of two ports each has its own helper.py: what one of that name has brought is forgotten. Nothing is to be typed in.
    """
    folder, before, path, argv = file.parent, os.getcwd(), list(sys.path), sys.argv
    for name in [name for name, other in _BROUGHT.items() if other != folder and _lies_in(folder, name)]:
        del _BROUGHT[name]
        sys.modules.pop(name, None)
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    sys.argv = [str(file)]
    try:
        with nobody_there():
            yield
    finally:
        with suppress(OSError):             # a port may have deleted it
            os.chdir(before)
        sys.argv = argv
        sys.path[:] = [*path, *([str(folder)] if str(folder) not in path else [])]
        _BROUGHT.update({name: folder for name in set(sys.modules) - known if _lies_in(folder, name)})


def _lies_in(folder, name):
    return (folder / f'{name}.py').is_file() or (folder / name / '__init__.py').is_file()


def _run(path, name, space, missing):
    """The file, or each cell of the notebook, and what its lines %run name, in the globals `space`."""
    if path.suffix == '.py':
        _carry_out(path.read_bytes(), name, space, missing)     # bytes: compile knows a coding line and a byte order mark
        return
    space.setdefault('display', notebooks.nothing)
    space.setdefault('get_ipython', notebooks.nothing)
    try:
        cells = notebooks.cells(path.read_text(encoding='utf-8-sig'))
    except ValueError as error:
        raise UnusablePort(f'expected a notebook with cells, got {name}: {error}') from None
    for number, cell in enumerate(cells, 1):
        where = f'{name}, code cell {number}'
        for text, other in notebooks.pieces(cell):
            if other is None:
                _carry_out(text, where, space, missing)
            elif Path(other).is_file():
                with _importable(Path(other).resolve().parent):
                    _run(Path(other).resolve(), f'{where}: %run {other}', space, missing)
            else:                           # often an earlier chapter, of which nothing is needed; if it is, it is named
                missing.append(f'{where}: %run {other} found no file')


@contextmanager
def _importable(folder):
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with suppress(ValueError):
            sys.path.remove(str(folder))


def _carry_out(text, where, space, missing):
    """Run it; what it raises makes the port unusable. missing: what may be the reason."""
    try:
        exec(compile(text, where, 'exec'), space)
    except (Exception, SystemExit) as error:
        reasons = ''.join(f'; {reason}' for reason in missing)
        raise UnusablePort(f'{where} raises {type(error).__name__}: {error}{reasons}') from error
