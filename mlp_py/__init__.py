"""The multilayer perceptron of a lecture, in NumPy: the text to read and to port from.

``mlp_py.lecture`` holds the lecture's functions and its global state, ``mlp_py.Network`` the same
mathematics with explicit state. ``mlp_c`` offers both under the same names, compiled.

Submodules are loaded when they are first asked for (PEP 562), so that ``mlp_c``, which shares the data
sets and the argument checks, never loads the arithmetic of its twin.
"""

import importlib

__version__ = "0.1.0"

# What the suite may ask of this implementation beyond the lecture's thirteen functions (mlp_py/conformance/contract.py).
OFFERS = ("Network", "float32", "errors", "layouts", "training", "lines", "special")

_SUBMODULES = ("arguments", "bounds", "cli", "datasets", "lecture", "network", "params", "problems", "training")

__all__ = ["Network", "lecture", "datasets", "training", "__version__"]


def __getattr__(name):
    if name == "Network":
        return importlib.import_module(".network", __name__).Network
    if name in _SUBMODULES:
        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__) | set(_SUBMODULES))
