"""The multilayer perceptron of a lecture, compiled: `mlp_c.lecture` and `mlp_c.Network`.

The names, signatures, errors and effects are those of `mlp_py`; the arithmetic is compiled, and every sum has one
order, so that the same input gives the same bits on every machine.
"""

try:
    from . import levels
except ImportError as error:
    if "MLP_C_LEVEL" in str(error):
        raise ImportError(str(error), name=__name__) from None
    raise ImportError("mlp_c is not built here: in the checkout, run  pip install -e .  (it needs a C compiler and the "
                      "Python headers); mlp_py runs without", name=__name__) from error

from mlp_py import __version__

from . import lecture
from .levels import runtime_info, set_num_threads
from .network import Network

# What the suite may ask of this implementation beyond the lecture's thirteen functions (mlp_py/conformance/contract.py).
OFFERS = ("Network", "float32", "errors", "layouts", "training", "lines", "special")

__all__ = ["Network", "lecture", "runtime_info", "set_num_threads", "__version__"]
