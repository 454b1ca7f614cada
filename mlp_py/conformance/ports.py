"""Loading what is to be judged: a module by its name, a .py file, or the code cells of a notebook."""
import importlib
import os
import sys
import types
from contextlib import contextmanager, suppress
from pathlib import Path

from . import contract, notebooks


class Port:
    """One implementation: `lecture`, the module with the functions; `Network`, a class or None; `block`, the length of
    the blocks in its sums or None (unknown)."""

    def __init__(self, name, lecture, package=None, block=None):
        self.name, self.lecture, self.block = name, lecture, block
        self.package = package if package is not None else lecture
        self.words = {*getattr(lecture, 'OFFERS', ()), *getattr(self.package, 'OFFERS', ())}
        if self.words - set(contract.OFFERS):
            raise UnusablePort(f'OFFERS of {name}: expected words from {sorted(contract.OFFERS)}, got {sorted(self.words)}')
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


def load(name):
    """The Port for 'my_port', 'mlp_c.lecture', 'mlp_c', 'folder/port.py' or 'folder/port.ipynb'."""
    if name.endswith(('.py', '.ipynb')):
        path = Path(name)
        if not path.is_file():
            raise UnusablePort(f'expected a file, found none at {name}')
        return Port(path.name, _executed(path.resolve(), name))
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UnusablePort(f'expected an importable module, a .py or an .ipynb file, got {name!r}: {error}') from None
    if not hasattr(module, 'relu') and hasattr(module, '__path__'):      # a package: its page lecture
        module = importlib.import_module(name + '.lecture')
    package = sys.modules.get(module.__package__ or '')
    short = name.removesuffix('.lecture')
    return Port(short, module, package, 256 if short == 'mlp_c' else None)


def _executed(path, name):
    """A module whose globals are those of the file, run from top to bottom in its folder."""
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[path.stem], before = module, sys.modules.get(path.stem)
    try:
        with _inside(path.parent):
            _run(path, name, module.__dict__)
    finally:
        if before is not None:
            sys.modules[path.stem] = before
    return module


@contextmanager
def _inside(folder):
    """What lies beside a file can be imported and opened, as if it were run there."""
    before, path = os.getcwd(), list(sys.path)
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    try:
        yield
    finally:
        with suppress(OSError):             # a port may have deleted it
            os.chdir(before)
        sys.path[:] = path


def _run(path, name, space):
    """The file, or each cell of the notebook, and what its lines %run name, in the globals `space`."""
    if path.suffix == '.py':
        _carry_out(path.read_bytes(), name, space)      # bytes: compile knows a coding line and a byte order mark
        return
    space.setdefault('display', lambda *arguments, **options: None)
    try:
        cells = notebooks.cells(path.read_text(encoding='utf-8-sig'))
    except ValueError as error:
        raise UnusablePort(f'expected a notebook with cells, got {name}: {error}') from None
    for number, cell in enumerate(cells, 1):
        where = f'{name}, code cell {number}'
        for text, other in notebooks.pieces(cell):
            if other is not None and not Path(other).is_file():
                raise UnusablePort(f'{where}: %run: expected a file, found none at {other}')
            if other is not None:
                _run(Path(other).resolve(), f'{where}: %run {other}', space)
            else:
                _carry_out(text, where, space)


def _carry_out(text, where, space):
    try:
        exec(compile(text, where, 'exec'), space)
    except UnusablePort:
        raise
    except (Exception, SystemExit) as error:
        raise UnusablePort(f'{where} raises {type(error).__name__}: {error}') from error
