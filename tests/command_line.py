"""The command line under test: in this process, in another, and in one that lacks some libraries."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from mlp_py import cli

ROOT = Path(__file__).parent.parent
needs_lecture = pytest.mark.skipif("MLP_DATA" not in os.environ,
                                   reason="MLP_DATA does not name the folder of the lecture's files")


@pytest.fixture
def csv(tmp_path):
    """A small regression problem, price = 3 + a - b, as a CSV file."""
    rng = np.random.RandomState(2)
    path = tmp_path / "houses.csv"
    rows = [f"{a!r},{b!r},{3 + a - b!r}" for a, b in rng.uniform(0, 1, (60, 2)).tolist()]
    path.write_text("\n".join(["a,b,price", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def call(capsys):
    """Run the command line in this process: (exit status, stdout, stderr)."""
    def call(*argv, twin="mlp_py"):
        status = cli.main([str(argument) for argument in argv], twin=twin)
        captured = capsys.readouterr()
        return status, captured.out, captured.err
    return call


def python(code, *argv, **environment):
    """A finished subprocess that runs `code` in the root of the project."""
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code), *map(str, argv)], cwd=ROOT,
                          timeout=120, capture_output=True,
                          env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment})


# A process in which the modules named in argv[1] cannot be imported; the rest goes to the command line.
BLOCKED = """
    import importlib.abc, sys
    class Blocker(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in sys.argv[1].split(","):
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    sys.meta_path.insert(0, Blocker())
    from mlp_py.cli import main
    sys.exit(main(sys.argv[3:], twin=sys.argv[2]))
"""
