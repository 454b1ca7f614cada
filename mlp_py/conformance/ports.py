"""Loading what is to be judged: a module by its name, a .py file, or the code cells of a notebook."""
import ast
import importlib
import json
import sys
import types
from pathlib import Path

from .contract import OFFERS


class Port:
    """One implementation: `lecture`, the module with the functions; `Network`, a class or None; `block`, the length of
    the blocks in its sums or None (unknown)."""

    def __init__(self, name, lecture, package=None, block=None):
        self.name, self.lecture, self.block = name, lecture, block
        self.package = package if package is not None else lecture
        self.Network = getattr(lecture, 'Network', None) or getattr(self.package, 'Network', None)
        self.words = {*getattr(lecture, 'OFFERS', ()), *getattr(self.package, 'OFFERS', ())}
        if self.words - set(OFFERS):
            raise ValueError(f'OFFERS of {name}: expected words from {sorted(OFFERS)}, got {sorted(self.words)}')

    def lacks(self, *names):
        """Those of the names (of functions, or words of OFFERS) that this port does not have."""
        return [name for name in names if not (
            self.Network is not None if name == 'Network' else
            name in self.words if name in OFFERS else
            callable(getattr(self.lecture, name, None)))]


class UnusablePort(ValueError):
    """--impl names something that cannot be loaded; the message says what and why."""


def load(name):
    """The Port for 'my_port', 'mlp_c.lecture', 'mlp_c', 'folder/port.py' or 'folder/port.ipynb'."""
    if name.endswith(('.py', '.ipynb')):
        path = Path(name)
        if not path.is_file():
            raise UnusablePort(f'--impl: expected a file, found none at {name}')
        return Port(path.name, _executed(path))
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UnusablePort(f'--impl: expected an importable module, a .py or an .ipynb file, got {name!r}: {error}') from None
    if not hasattr(module, 'relu') and hasattr(module, '__path__'):      # a package: its page lecture
        module = importlib.import_module(name + '.lecture')
    package = sys.modules.get(module.__package__ or '')
    short = name.removesuffix('.lecture')
    return Port(short, module, package, 256 if short == 'mlp_c' else None)


def _executed(path):
    """A module whose globals are those of the file, run from top to bottom."""
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    folder = str(path.resolve().parent)
    sys.modules[path.stem], before = module, sys.modules.get(path.stem)
    sys.path.insert(0, folder)              # what lies beside it can be imported, as if it were run there
    try:
        for number, text in enumerate(_cells(path), 1):
            where = str(path) if path.suffix == '.py' else f'{path}, code cell {number}'
            try:
                exec(compile(text, where, 'exec'), module.__dict__)
            except Exception as error:
                raise UnusablePort(f'--impl: {where} raises {type(error).__name__}: {error}') from error
    finally:
        sys.path.remove(folder)
        if before is not None:
            sys.modules[path.stem] = before
    return module


def _cells(path):
    """The text of a file; of a notebook its code cells in order, without lines that only a notebook understands."""
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.py':
        return [text]
    try:
        cells = json.loads(text)['cells']
    except (ValueError, KeyError, TypeError) as error:
        raise UnusablePort(f'--impl: expected a notebook with cells, got {path}: {error!r}') from None
    texts = [''.join(cell['source']) for cell in cells if cell['cell_type'] == 'code']
    return [_plain(text) for text in texts if not text.lstrip().startswith('%%')]


def _plain(text):
    """Lines that begin with % or ! are commands to the notebook; they become empty, so that line numbers stay."""
    try:
        ast.parse(text)
        return text
    except SyntaxError:
        return '\n'.join('' if line.lstrip().startswith(('%', '!')) else line for line in text.split('\n'))
