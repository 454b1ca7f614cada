"""Which twins there are, found by name: mlp_py always, mlp_c where it is built."""

import importlib


def network_class(name):
    """The class Network of the twin `name`, "mlp_py" or "mlp_c".

    ImportError, in one sentence, where mlp_c is not built or MLP_C_LEVEL asks for what it does not have.
    """
    try:
        return importlib.import_module(name).Network
    except ImportError as error:
        reason = " ".join(str(error).split())
        if not reason.startswith((f"{name} is not built", "MLP_C_LEVEL")):
            reason = f'{name} is not built ({reason}); with a C compiler, pip install -e ".[demo]" builds it'
        raise ImportError(reason, name=name) from None
