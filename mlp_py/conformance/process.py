"""One run of a program: lines in, lines out, never a deadlock, never longer than the time limit.

`ask` feeds all lines and reads at the same time, so it does not matter whether a port answers line by line or at the
end. The port has a process group of its own, which is killed when the run is over, so that no child of it stays.
"""
import os
import selectors
import signal
import subprocess
import time
from typing import NamedTuple

PIECE = 65536           # bytes a read or a write
LONGEST = 1 << 22       # bytes of a line: the longest right answer has a hundredth of it
IDLE = 1000             # lines that answer nothing, beyond ten a case: more is printing without end


class Session(NamedTuple):
    """ended: 'exit' (by itself), 'hang', 'flood' or 'lingers' (all answered, but it does not end).

    lines: what it printed, as far as it is no remark. status: as in `subprocess`. stderr: its last line there.
    """

    lines: list
    ended: str
    status: int
    stderr: str


class _Output:
    """Collects complete lines; counts those that begin with one of the IDs, once each."""

    def __init__(self, ids):
        self.lines, self.rest, self.open, self.idle = [], b'', set(ids), 0
        self.most = IDLE + 10 * len(ids)

    def take(self, data):
        """Returns whether an answer was among it."""
        *lines, self.rest = (self.rest + data).split(b'\n')
        before = len(self.open)
        for line in lines:
            text = line.decode('utf-8', 'replace').removesuffix('\r')
            self.idle += 1
            if not text.startswith('#'):
                self.lines.append(text)
                self.open.difference_update(text.split(None, 1)[:1])
        self.idle -= before - len(self.open)
        return len(self.open) < before

    def is_flood(self):
        return self.idle > self.most or len(self.rest) > LONGEST


def ask(command, lines, ids, seconds):
    """Run `command` (a shell's line) once on the lines; returns the Session."""
    with subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True, bufsize=0) as process:
        try:
            return _converse(process, ''.join(line + '\n' for line in lines).encode(), _Output(ids), seconds)
        finally:
            _kill(process)


def _kill(process):
    """The port and whatever it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _converse(process, data, output, seconds):
    given, errors, ended = memoryview(data), b'', 'exit'
    with selectors.DefaultSelector() as selector:
        os.set_blocking(process.stdin.fileno(), False)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        deadline = time.monotonic() + seconds
        while _reads(selector, process.stdout):
            left = deadline - time.monotonic()
            if left <= 0:
                ended = 'hang' if output.open else 'lingers'
                break
            for key, _ in selector.select(left):
                if key.fileobj is process.stdin:
                    given = _write(process.stdin, given)
                    if not given:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                    continue
                piece = key.fileobj.read(PIECE)
                if not piece:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    errors = (errors + piece)[-1000:]
                elif output.take(piece):
                    deadline = time.monotonic() + seconds
            if output.is_flood():
                ended = 'flood'
                break
    status = _status(process, ended, deadline)
    if output.rest and ended == 'exit' and not status:      # a last line without its end: of a port that died, half an answer
        output.take(b'\n')
    errors += _left(process.stderr)
    if status is None:
        ended, status = 'hang' if output.open else 'lingers', -signal.SIGKILL
    last = errors.decode('utf-8', 'replace').strip().splitlines()[-1:]
    return Session(output.lines, ended, status, ''.join(last))


def _reads(selector, file):
    return any(key.fileobj is file for key in selector.get_map().values())


def _write(pipe, given):
    """What is still to be written; nothing where the port does not listen any more."""
    try:
        return given[os.write(pipe.fileno(), given[:PIECE]):]
    except BlockingIOError:
        return given
    except BrokenPipeError:
        return given[:0]


def _left(pipe):
    """What stands in a pipe at the moment."""
    os.set_blocking(pipe.fileno(), False)
    return pipe.read(PIECE) or b''


def _status(process, ended, deadline):
    """The exit status; None where it has closed its output but does not end in time."""
    if ended != 'exit':
        return -signal.SIGKILL
    try:
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None
