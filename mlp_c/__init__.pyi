from typing import Any

from . import lecture as lecture
from .network import Network as Network

__version__: str
OFFERS: tuple[str, ...]

def runtime_info() -> dict[str, Any]: ...
def set_num_threads(number: int) -> None: ...
