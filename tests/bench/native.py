"""The C and C++ contestants: built on first use with gcc into build/bench-peers/, loaded with ctypes.

    peers, left_out = available((10, 4, 1), 10, 'float64')
    loss = peers[0].train(x, y, order, steps, theta, learning_rate)        # theta changes in place

Their sources, in the folder peers/, share one C function, `train`. What cannot be built here is left out by name, with
the reason. Debian: apt install gcc g++ libeigen3-dev libxsmm-dev libfann-dev libopenblas-dev
"""
import contextlib
import ctypes
import functools
import hashlib
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SOURCES = HERE / 'peers'
CACHE = HERE.parent.parent / 'build' / 'bench-peers'
C_TYPES = {'float64': 'double', 'float32': 'float'}
FANN_LIBRARY = {'float64': 'doublefann', 'float32': 'floatfann'}
COMMON = '-O3 -march=native -fPIC -shared -DNDEBUG'
CORE = 'OPENBLAS_CORETYPE'
# What -ffast-math allows, without what it links: gcc 12 would make the whole process flush subnormal numbers to zero.
FAST = '-fno-math-errno -fno-trapping-math -fno-signed-zeros -fassociative-math -ffinite-math-only'


@dataclass(frozen=True)
class Recipe:
    """How one contestant is made: from which source, with which flags and libraries, and what must be installed."""
    name: str
    source: str
    flags: str = ''
    libraries: str = ''
    header: str = ''
    package: str = ''
    per_shape: bool = False             # the sizes are compiled in: one library for each shape
    matches: bool = True                # computes the numbers of mlp_py, but for rounding
    threaded: str = None                # what more than one thread takes: flags; None: it has one


EIGEN = dict(header='Eigen/Core', package='libeigen3-dev')
DYNAMIC = dict(EIGEN, threaded='-fopenmp')
BLAS = dict(header='cblas.h', package='libopenblas-dev', libraries='-lopenblas', threaded='')
EIGEN_BLAS = dict(EIGEN, package='libeigen3-dev libopenblas-dev', libraries='-lopenblas', threaded='')
FIXED = '-DEIGEN_STACK_ALLOCATION_LIMIT=0 -DORDER='
RECIPES = (
    Recipe('eigen_dynamic_row', 'eigen_dynamic.cpp', flags='-DORDER=RowMajor', **DYNAMIC),
    Recipe('eigen_dynamic_col', 'eigen_dynamic.cpp', flags='-DORDER=ColMajor', **DYNAMIC),
    Recipe('eigen_blas_row', 'eigen_dynamic.cpp', flags='-DEIGEN_USE_BLAS -DORDER=RowMajor', **EIGEN_BLAS),
    Recipe('eigen_blas_col', 'eigen_dynamic.cpp', flags='-DEIGEN_USE_BLAS -DORDER=ColMajor', **EIGEN_BLAS),
    Recipe('eigen_fixed_row', 'eigen_fixed.cpp', flags=FIXED + 'RowMajor', per_shape=True, **EIGEN),
    Recipe('eigen_fixed_col', 'eigen_fixed.cpp', flags=FIXED + 'ColMajor', per_shape=True, **EIGEN),
    Recipe('openblas', 'openblas.c', **BLAS),
    Recipe('xsmm', 'xsmm.c', header='libxsmm.h', package='libxsmm-dev',
           libraries='-lxsmm -lxsmmext -lxsmmnoblas -lpthread -ldl -lrt -lm'),
    Recipe('fann', 'fann_peer.c', header='fann.h', package='libfann-dev', libraries='-l{fann} -lm', matches=False),
)


class Peer:
    """One contestant, built and loaded for a shape, a number of rows and a dtype."""

    def __init__(self, recipe, library, shape, rows, dtype):
        self.name, self.matches = recipe.name, recipe.matches
        self.shape, self.rows, self.dtype = shape, rows, np.dtype(dtype)
        self._widths = (ctypes.c_int * len(shape))(*shape)
        # LIBXSMM would have each thread of an OpenMP that starts later bound to one CPU, and so those of our children.
        os.environ.setdefault('OMP_PROC_BIND', 'false')
        with told(blas_core() if '-lopenblas' in recipe.libraries else None):
            self._library = ctypes.CDLL(str(library))
        self._resizes = recipe.threaded is not None
        self._train = self._library.train
        real, pointer = ctypes.c_double, ctypes.c_void_p
        self._train.restype = real
        self._train.argtypes = (ctypes.c_int, pointer, ctypes.c_int, ctypes.c_int, pointer, pointer, pointer,
                                ctypes.c_long, pointer, real)

    def __repr__(self):
        return f'Peer({self.name!r}, {"-".join(map(str, self.shape))}, {self.rows} rows, {self.dtype})'

    def set_threads(self, threads):
        """For every peer of this library and dtype, until the next call; 1 at first. What has one thread keeps it."""
        if self._resizes:
            self._library.set_threads(threads)

    def train(self, x, y, order, steps, theta, learning_rate):
        """`steps` steps over the minibatches order[0:rows], order[rows:2 rows], ...; returns the last step's loss.

        x (n, I), y (n, O) and theta (parameters,) of this dtype, order (steps * rows or more,) int64, all C-contiguous.
        That the row numbers lie within 0..n-1 is not checked: the caller would measure it.
        """
        for array, dtype in ((x, self.dtype), (y, self.dtype), (theta, self.dtype), (order, np.dtype(np.int64))):
            if array.dtype != dtype or not array.flags.c_contiguous:
                raise ValueError(f'{self!r} needs C-contiguous arrays of {dtype}')
        parameters = sum((i + 1) * o for i, o in zip(self.shape, self.shape[1:]))
        if (x.shape != (len(x), self.shape[0]) or y.shape != (len(x), self.shape[-1]) or theta.shape != (parameters,)
                or order.size < steps * self.rows or steps < 1):
            raise ValueError(f'{self!r}: the arrays do not fit')
        return self._train(len(self.shape) - 1, self._widths, self.rows, len(x), x.ctypes.data, y.ctypes.data,
                           order.ctypes.data, steps, theta.ctypes.data, learning_rate)


class CannotBuild(Exception):
    """Its text is the reason, in one line."""


@functools.cache
def cpu_model():
    """What -march=native depends on."""
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').split('\n\n')[0].splitlines()
    except OSError:
        return platform.machine() + platform.processor()
    return ''.join(line for line in lines if line.startswith(('vendor_id', 'cpu family', 'model', 'flags')))


# Prints the processor that OpenBLAS, as the linker finds it, takes this one for.
ASK = "import ctypes; core = ctypes.CDLL('libopenblas.so.0').openblas_get_corename; " \
      "core.restype = ctypes.c_char_p; print(core().decode())"
OLD = 'Prescott'                        # what an OpenBLAS takes every Intel processor for that came later: SSE


@functools.cache
def blas_core():
    """What OpenBLAS must be told to use the vectors of this processor; None where it knows it, or is not here."""
    with told(None):
        if run(f'{shlex.quote(sys.executable)} -c {shlex.quote(ASK)}') != (0, OLD + '\n'):
            return None
    flags = cpu_model().split()
    return 'SkylakeX' if 'avx512vl' in flags else 'Haswell' if 'avx2' in flags else None


@contextlib.contextmanager
def told(core):
    """A context in which an OpenBLAS that is loaded for the first time takes this processor for `core`."""
    before = os.environ.pop(CORE, None)
    if core:
        os.environ[CORE] = core
    try:
        yield
    finally:
        os.environ.pop(CORE, None)
        if before is not None:
            os.environ[CORE] = before


@functools.cache
def run(command):
    """(exit status, what was printed) of a command."""
    try:
        done = subprocess.run(shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        return 127, str(error)
    return done.returncode, done.stdout


def cache_folder():
    """build/bench-peers of the checkout, or a temporary folder where that cannot be written."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        if os.access(CACHE, os.W_OK):
            return CACHE
    except OSError:
        pass
    folder = Path(tempfile.gettempdir()) / f'mlp-bench-peers-{os.getuid()}'
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def compiler_of(source):
    language, compiler = ('c++', 'g++') if source.endswith('.cpp') else ('c', 'gcc')
    status, printed = run(f'{compiler} --version')
    if status:
        raise CannotBuild(f'{compiler} is not installed')
    return language, compiler, printed


@functools.cache
def build(recipe, dtype, sizes=''):
    """The path of the contestant's shared library, compiled unless it lies in the cache."""
    language, compiler, version = compiler_of(recipe.source)
    include = '-isystem /usr/include/eigen3' if language == 'c++' else ''
    if recipe.header:
        probe = f'{compiler} -fsyntax-only -x {language} {include} -include {recipe.header} /dev/null'
        if run(probe)[0]:
            raise CannotBuild(f'{recipe.header} not found (Debian: apt install {recipe.package})')
    source = SOURCES / recipe.source
    flags = ' '.join(f'{COMMON} {FAST} {include} {recipe.flags} -DREAL={C_TYPES[dtype]} {sizes}'.split())
    libraries = recipe.libraries.format(fann=FANN_LIBRARY[dtype])
    text = source.read_text(encoding='utf-8') + flags + libraries + version + cpu_model()
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    library = cache_folder() / f'{recipe.name.split()[0]}-{dtype}-{key}.so'
    if not library.exists():
        partial = library.with_suffix(f'.{os.getpid()}.so')
        command = f'{compiler} {flags} {shlex.quote(str(source))} -o {shlex.quote(str(partial))} {libraries}'
        status, printed = run(command)
        if status:
            lines = [line for line in printed.splitlines() if 'error' in line or 'cannot find' in line] or ['?']
            raise CannotBuild(f'does not build: {lines[0][:150]}')
        partial.replace(library)
    return library


def find(name, shape, rows, dtype, threads=1):
    """(Peer, None), or (None, the reason why it cannot be had in one line)."""
    recipe = next(recipe for recipe in RECIPES if recipe.name == name)
    sizes = f'-DWIDTHS={",".join(map(str, shape))} -DROWS={rows}' if recipe.per_shape else ''
    if threads > 1:
        if recipe.threaded is None:
            return None, 'has one thread'
        recipe = replace(recipe, flags=f'{recipe.flags} {recipe.threaded}')
    try:
        return Peer(recipe, build(recipe, dtype, sizes), tuple(shape), rows, dtype), None
    except (CannotBuild, OSError) as reason:
        return None, str(reason)


def available(shape, rows, dtype, threads=1, refused=()):
    """The contestants that can run here.

    shape : (input width, hidden widths..., output width); rows : of a minibatch; dtype : 'float64' or 'float32'
    threads : what they are built for; `Peer.set_threads` sets them; refused : {name: reason} of who is not wanted
    Returns ([Peer, ...], [(name, reason), ...]): those built and loaded, and those left out.
    """
    peers, left_out, refused = [], [], dict(refused)
    for recipe in RECIPES:
        peer, reason = ((None, refused[recipe.name]) if recipe.name in refused
                        else find(recipe.name, shape, rows, dtype, threads))
        if peer is None:
            left_out.append((recipe.name, reason))
        else:
            peers.append(peer)
    return peers, left_out


def peak_library(dtype):
    library = ctypes.CDLL(str(build(Recipe('peak', 'peak.c'), dtype)))
    for function in (library.fma_peak, library.fma_latency):
        function.restype = ctypes.c_double
    library.fma_peak.argtypes = (ctypes.c_double,)
    return library


def fma_peak(dtype, seconds=0.2):
    """flop/s of one core by independent chains of vector fma; CannotBuild says why it cannot be measured."""
    return peak_library(dtype).fma_peak(seconds)


def fma_latency(dtype):
    """Nanoseconds from one scalar fma to the next that needs its result."""
    return peak_library(dtype).fma_latency()
