"""Loading a port for the judge: quietly, and whatever it does at its top level."""
import io
from contextlib import redirect_stderr, redirect_stdout

from . import ports


def load(name):
    """The Port of that name; raises UnusablePort, also where importing it raises, or calls sys.exit."""
    try:
        with redirect_stdout(_sink()), redirect_stderr(_sink()):
            return ports.load(name)
    except ports.UnusablePort:
        raise
    except (Exception, SystemExit) as error:
        text = f'{name} raises {type(error).__name__}' + (f': {error}' if str(error) else '')
        raise ports.UnusablePort(text) from error


def _sink():
    """A stream with all that one of a terminal has: a port may reconfigure it, or write to its buffer."""
    return io.TextIOWrapper(io.BytesIO(), encoding='utf-8')
