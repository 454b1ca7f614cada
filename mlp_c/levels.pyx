"""Which kernel modules run here: the instruction sets of this build, this CPU's, and the choice at import.

baseline  x86-64 as it began, without FMA instructions: right, but slow
v3        AVX2 and FMA            v4        AVX-512
neon      64-bit ARM              portable  any other machine, plain C

The environment variable MLP_C_LEVEL forces a level. Every level gives the same bits.
"""

import importlib
import os

import numpy as np

from mlp_py import arguments as check

cimport numpy as cnp
from cpython.pycapsule cimport PyCapsule_GetPointer

from .table cimport CHOSEN, PACKED, SMALL, THIN, Kernels

cnp.import_array()

# The tables of the level in use: fast ones, and the plain loops; and a Path, which only tests set.
path_in_use = CHOSEN
cdef const Kernels *float64_kernels = NULL
cdef const Kernels *float32_kernels = NULL
cdef const Kernels *plain_float64_kernels = NULL
cdef const Kernels *plain_float32_kernels = NULL

cdef extern from "cpu.h":
    int cpu_can(const char *level)

cdef extern from *:
    """
    #define MLP_THREADS_OF_PROCESS
    """

cdef extern from "threads.h":
    void watch_forks()
    int allowed_threads() nogil
    int forked

cdef int MOST_THREADS = 1_000_000
cdef int threads_wanted = MOST_THREADS

cdef extern from *:
    """
    #ifndef MLP_LEVELS
    #define MLP_LEVELS "portable"
    #define MLP_FLAGS ""
    #endif
    #if defined(__clang__)
    #define MLP_COMPILER "clang " __clang_version__
    #else
    #define MLP_COMPILER "gcc " __VERSION__
    #endif
    """
    const char *MLP_LEVELS          # names of this build's levels, slowest first, with blanks between
    const char *MLP_FLAGS
    const char *MLP_COMPILER

built = tuple(MLP_LEVELS.decode().split())


def runnable():
    """The levels of this build that this CPU can run, slowest first."""
    return [level for level in built if cpu_can(level.encode())]


def chosen(wish=None):
    """The level to run: `wish` (from MLP_C_LEVEL), or the best; ImportError names the possible ones."""
    possible = runnable()
    if not wish:
        return possible[-1]
    if wish not in possible:
        raise ImportError(f"MLP_C_LEVEL: expected one of {', '.join(possible)} (what this build has and this CPU can "
                          f"run), got {wish!r}")
    return wish


# The ways of working: the plain loops; everything by the small path; everything packed; thin whatever can be; and what
# `matmul` chooses.
PATHS = {"plain": CHOSEN, "small": SMALL, "packed": PACKED, "thin": THIN, "fast": CHOSEN}


cdef const Kernels *table_of(str level, str precision, str path) except NULL:
    """The table for a way of working in one kernel module."""
    if path not in PATHS:
        raise ValueError(f"path: expected one of {', '.join(PATHS)}, got {path!r}")
    module = importlib.import_module(f"{__package__}.{level}_{precision}")
    name = "plain_table" if path == "plain" else "fast_table"
    return <const Kernels *>PyCapsule_GetPointer(getattr(module, name), "mlp_c.kernels")


def use(str level, str path="fast"):
    """Take the kernels of `level` for every Engine made from now on; paths other than "fast" are for tests."""
    global float64_kernels, float32_kernels, plain_float64_kernels, plain_float32_kernels, path_in_use
    float64_kernels, float32_kernels = table_of(level, "f64", path), table_of(level, "f32", path)
    plain_float64_kernels, plain_float32_kernels = table_of(level, "f64", "plain"), table_of(level, "f32", "plain")
    path_in_use = PATHS[path]


cdef const Kernels *kernels_of(cnp.ndarray array, bint plain=False) noexcept:
    """The kernels for the precision of `array`."""
    if cnp.PyArray_TYPE(array) == cnp.NPY_FLOAT32:
        return plain_float32_kernels if plain else float32_kernels
    return plain_float64_kernels if plain else float64_kernels


cdef int threads_in_use() noexcept nogil:
    """How many threads a call may take now."""
    return min(threads_wanted, allowed_threads())


def set_num_threads(number):
    """Let `mlp_c` take at most `number` threads, and never more than OpenMP allows.

    What OpenMP allows is asked anew at each call: OMP_NUM_THREADS, or threadpoolctl.threadpool_limits around it. Only
    products large enough to gain from threads take any, and training steps of small networks on many rows. The bits are
    the same for every number.

    Parameters
    ----------
    number : int, at least 1

    Raises
    ------
    TypeError, ValueError
        Not an integer; less than 1.
    """
    global threads_wanted
    threads_wanted = min(check.count("number", number), MOST_THREADS)


packs_of = {}                   # memory of `product` by dtype: new pages of it would cost more than a small product


def product(cnp.ndarray A, cnp.ndarray B, str level, str path="fast", int threads=1):
    """A (M, K) @ B (K, N) by the kernels of one level and path, a new array: for tests and for the curious.

    A and B are of one dtype, float64 or float32; each lies in C order, or transposed (`x.T`).
    """
    cdef const Kernels *kernels = table_of(level, "f32" if A.dtype == np.float32 else "f64", path)
    cdef Py_ssize_t M = A.shape[0], K = A.shape[1], N = B.shape[1], size = kernels.itemsize
    for name, array in (("A", A), ("B", B)):
        if array.dtype not in (np.float64, np.float32) or array.dtype != A.dtype or array.ndim != 2:
            raise TypeError(f"{name}: expected two matrices of float64 or two of float32, got {array.dtype}")
        if not (array.flags.c_contiguous or array.flags.f_contiguous) or not array.flags.aligned:
            raise ValueError(f"{name}: expected an aligned array in C order, or the transpose of one")
    if B.shape[0] != K:
        raise ValueError(f"B: expected {K} rows, got {B.shape[0]}")
    cdef cnp.ndarray C = np.empty((M, N), dtype=A.dtype), wT = np.empty((K, N), dtype=A.dtype)
    cdef cnp.ndarray packs = packs_of.setdefault(A.dtype, None)
    if packs is None or packs.size < kernels.packs:
        packs = np.empty(kernels.packs + 64 // size, dtype=A.dtype)
        packs = packs_of[A.dtype] = packs[-(<size_t>cnp.PyArray_DATA(packs)) % 64 // size:]     # on a cache line
    cdef bint A_lies = A.flags.c_contiguous, B_lies = B.flags.c_contiguous
    kernels.product(PATHS[path], 1 if forked else threads, M, N, K, cnp.PyArray_DATA(A), K if A_lies else 1, 1 if A_lies else M,
                    cnp.PyArray_DATA(B), N if B_lies else 1, 1 if B_lies else K, cnp.PyArray_DATA(C),
                    cnp.PyArray_DATA(wT), cnp.PyArray_DATA(packs))
    return C


level = chosen(os.environ.get("MLP_C_LEVEL"))
use(level)
watch_forks()


def runtime_info():
    """What runs: level, levels (all that this CPU can run), threads (that a large product may take now), compiler, flags;
    a new dict."""
    return {"level": level, "levels": runnable(), "threads": threads_in_use(), "compiler": MLP_COMPILER.decode(),
            "flags": MLP_FLAGS.decode()}
