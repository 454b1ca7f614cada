"""Files that a run leaves behind: checked before the work starts, written whole or not at all.

A file is written beside its destination and then moved over it, so that a full disk or a stopped process
never leaves half a file where a whole one was.
"""

import contextlib
import json
import math
import os
import platform
import tempfile


def checked_path(path):
    """`path` as an absolute one that a file can be written to; OSError with one sentence where it cannot."""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise OSError(f"there is no folder {folder!r}")
    if os.path.isdir(path):
        raise OSError(f"{path!r} is a folder")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise OSError(f"{path!r} is not a regular file")
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise OSError(f"{path!r} is write-protected")
    try:                                   # only trying tells: rights, read-only disks, Windows' own rules
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(f"folder {folder!r} cannot be written to ({error.strerror})") from None
    return path


@contextlib.contextmanager
def replacing(path):
    """A temporary file beside `path`, open for bytes; it takes the place of `path` if all went well."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=os.path.basename(path) + ".")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _usual_mode(path))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _usual_mode(path):
    """The permissions that an ordinary open() would leave: those of the old file, else what umask allows."""
    if os.path.exists(path):
        return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def versions():
    """What computed: versions of this project, of NumPy, of Python, and the machine's kind."""
    import numpy

    from . import __version__

    return {"mlp-twins": __version__, "numpy": numpy.__version__, "python": platform.python_version(),
            "machine": platform.machine(), "system": platform.system()}


def write_history(path, history, settings):
    """Write a run as JSON, UTF-8: settings, versions, the columns of `History`, seconds, how it ended.

    JSON has no NaN and no infinity: such a figure becomes null.
    """
    def plain(figures):
        return [None if figure is None or not math.isfinite(figure) else figure for figure in figures]

    document = {
        "settings": settings, "versions": versions(),
        "loss": plain(history.loss), "accuracy": plain(history.accuracy),
        "test_accuracy": plain(history.test_accuracy), "final_accuracy": plain([history.final_accuracy])[0],
        "seconds": history.seconds, "interrupted": history.interrupted, "diverged": history.diverged,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with replacing(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))       # a path may hold bytes that are no UTF-8
