"""Builds mlp_c in the folder it is started in so that every line leaves a trace: python -m tests.line_coverage.traced_build

    pages with Python objects    Cython's linetrace: a line tells Python's trace function, so coverage.py hears of it
    kernels                      gcc --coverage: they hold vectors, which a trace function cannot be handed, and no
                                 Python objects; kept out of line, so that a function of a page is one function in C

What the extensions are is asked of setup.py; here only the way of compiling changes. One process, for the sake of others.
"""
import os

os.environ['MLP_BUILD'] = 'debug'

import copy                                 # noqa: E402
from pathlib import Path                    # noqa: E402

import setuptools                           # noqa: E402, F401  (before distutils, which it replaces)
from distutils.core import run_setup        # noqa: E402

from Cython.Build import cythonize          # noqa: E402

TRACED = {'language_level': 3, 'cdivision': True, 'linetrace': True}
# Since Python 3.13 Cython would tell sys.monitoring, where coverage.py has no plugins.
TRACE_MACROS = [('CYTHON_TRACE_NOGIL', '1'), ('CYTHON_USE_SYS_MONITORING', '0')]
# Functions that nobody calls keep their counters too, so that their lines are named; the linker then drops their code,
# because Python's headers bring functions that refer to what is not there.
COUNTED_FLAGS = ['--coverage', '-g0', '-fkeep-inline-functions', '-ffunction-sections']
COUNTED_LINK = ['--coverage', '-Wl,--gc-sections']


def traced(extension):
    """The same extension with line tracing; its C page beside its .pyx page, where Cython's plugin looks for it."""
    extension = copy.copy(extension)
    extension.sources = ['{}.pyx'.format(extension.name.replace('.', '/'))]
    translated = cythonize(extension, compiler_directives=TRACED, force=True, quiet=True)[0]
    translated.define_macros = [*extension.define_macros, *TRACE_MACROS]
    return translated


def counted(extension):
    """The same kernels with counters."""
    extension = copy.copy(extension)
    extension.define_macros = [macro for macro in extension.define_macros if macro[0] != 'CYTHON_INLINE']
    extension.define_macros.append(('CYTHON_INLINE', 'inline'))
    extension.extra_compile_args = [*extension.extra_compile_args, *COUNTED_FLAGS]
    extension.extra_link_args = [*extension.extra_link_args, *COUNTED_LINK]
    return extension


def main():
    """Build in place."""
    built = run_setup('setup.py', ['-q', 'build_ext', '--inplace', '--parallel', '1'], stop_after='commandline')
    built.ext_modules = [counted(extension) if Path(extension.sources[0]).stem == 'kernels' else traced(extension)
                         for extension in built.ext_modules]
    built.run_commands()


if __name__ == '__main__':
    main()
