"""Most of the oracle's time is compiling for each set of shapes; without most optimizations it takes half as long."""
from contextlib import contextmanager

import jax


@contextmanager
def quickly():
    """For pages that ask JAX about many shapes and few numbers."""
    before = jax.config.read('jax_disable_most_optimizations')
    jax.config.update('jax_disable_most_optimizations', True)
    try:
        yield
    finally:
        jax.config.update('jax_disable_most_optimizations', before)
