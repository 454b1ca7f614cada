from . import datasets as datasets, lecture as lecture, training as training
from .network import Network as Network

__version__: str
OFFERS: tuple[str, ...]
