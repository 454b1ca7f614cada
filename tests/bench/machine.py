"""Where a run took place: processor, its FMA peak and latency, threads, versions, date and command."""
import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path

from mlp_py.benchjob import processor

from .arithmetic import DTYPES

DISTRIBUTIONS = ('mlp-twins', 'numpy', 'scipy', 'scikit-learn', 'torch', 'jax', 'jaxlib')
DEBIAN = ('libeigen3-dev', 'libxsmm-dev', 'libfann-dev', 'libopenblas-dev')


def about():
    """Everything that a reader needs to judge the figures, as a dict for JSON."""
    import mlp_py
    found = {'mlp-twins': mlp_py.__version__, 'python': platform.python_version()}
    for name in DISTRIBUTIONS[1:]:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    for command in ('gcc', 'g++'):
        found[command] = first_line([command, '--version'])
    for package in DEBIAN:
        found[package] = first_line(['dpkg-query', '-W', '-f', '${Version}', package])
    return {
        'date': datetime.datetime.now().astimezone().isoformat(timespec='seconds'),
        'command': ' '.join(['python', '-m', 'tests.bench', *(Path(word).name for word in sys.argv[1:])]),
        'processor': processor(), 'cpus': len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else
        os.cpu_count(), 'load': os.getloadavg()[0] if hasattr(os, 'getloadavg') else None,
        'system': platform.platform(), 'mlp_c': mlp_c_info(),
        'blas': blas(), 'peak': {dtype: native('fma_peak', dtype, max) for dtype in DTYPES},
        'latency_ns': {dtype: native('fma_latency', dtype, min) for dtype in DTYPES},
        'versions': found, 'told': told(),
    }


def blas():
    """NumPy's BLAS with the kind of processor that it took this one for, and its threads."""
    try:
        import threadpoolctl
    except ImportError:
        return []
    return [f'{info["internal_api"]} {info["version"]} {info.get("architecture", "")}, {info["num_threads"]} threads'
            for info in threadpoolctl.threadpool_info() if info['user_api'] == 'blas']


def told():
    """What the OpenBLAS of the C and C++ peers is told that this processor is, or None."""
    try:
        from . import native as page
        return page.blas_core()
    except ImportError:
        return None


def native(function, dtype, best, times=3):
    """The best of what native.py measures, or None where it cannot (no compiler)."""
    try:
        from . import native as page
        return best(float(getattr(page, function)(dtype)) for _ in range(times))
    except Exception as error:                                     # whatever a missing compiler leads to
        print(f'tests.bench: no {function} for {dtype}: {error}', file=sys.stderr)
        return None


def mlp_c_info():
    """mlp_c.runtime_info() as text, or why there is none."""
    try:
        import mlp_c
    except ImportError as error:
        return str(error)
    return {key: str(value) for key, value in dict(mlp_c.runtime_info()).items()}


def first_line(command):
    """The first line that a command prints, or None where it does not run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return None
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else None
