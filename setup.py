"""Builds mlp_c: each kernel page is translated once and compiled once per instruction set and precision.

    MLP_BUILD=debug      -O0 -g, assertions on; python -m tests.line_coverage builds on it
"""

import copy
import os
import platform
import subprocess
import sysconfig
import tempfile
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MODE = os.environ.get("MLP_BUILD", "release")

# Said explicitly: some Pythons build with -O2, and contraction would fuse where the contract says two roundings.
FLAGS = {"release": ["-O3", "-g0"], "debug": ["-O0", "-g", "-UNDEBUG"]}[MODE]
FLAGS += ["-ffp-contract=off", "-fno-math-errno", "-Wno-unused-function"]

LEVELS = {
    "x86_64": {"baseline": [], "v3": ["-march=x86-64-v3"], "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"]},
    "aarch64": {"neon": []},
}
MACHINE = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
levels = LEVELS.get(MACHINE, {"portable": []})

PAGES = sorted(str(path) for pattern in ("*.pxd", "*.h") for path in Path("mlp_c").glob(pattern))
# boundscheck stays on: the kernels use pointers alone, and in the other pages it costs nothing that shows.
DIRECTIVES = {"language_level": 3, "cdivision": True}
MACROS = [("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")]


def extension(name, source, macros=(), flags=()):
    return Extension(f"mlp_c.{name}", [source], include_dirs=["mlp_c", numpy.get_include()], depends=PAGES,
                     define_macros=[*MACROS, *macros], extra_compile_args=[*FLAGS, *flags])


def extensions():
    """The pages that hold Python objects, once; the kernels, once per level and precision, from one C file."""
    described = [("MLP_LEVELS", f'"{" ".join(levels)}"'), ("MLP_FLAGS", f'"{" ".join(FLAGS)}"')]
    pages = [extension("levels", "mlp_c/levels.pyx", described),
             *(extension(name, f"mlp_c/{name}.pyx") for name in ("arguments", "problems", "engine", "trainer", "network")),
             extension("kernels", "mlp_c/kernels.pyx")]
    # cythonize looks at the pages' times, not at the directives': a changed setup.py translates anew.
    translated = Path(f"build/cython-{MODE}")
    stale = any(path.stat().st_mtime < Path(__file__).stat().st_mtime for path in translated.glob("mlp_c/*.c"))
    *pages, kernels = cythonize(pages, compiler_directives=DIRECTIVES, build_dir=str(translated), force=stale, quiet=True)
    for level, flags in levels.items():
        for precision, macros in (("f64", []), ("f32", [("MLP_F32", "1")])):
            macros = [("PyInit_kernels", f"PyInit_{level}_{precision}"),
                      ("CYTHON_INLINE", "inline __attribute__((always_inline))"), *macros]
            pages.append(extension(f"{level}_{precision}", kernels.sources[0], macros, flags))
    return pages


def works(compiler):
    """Can `compiler` build an extension, that is, are it and the Python headers there?"""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <Python.h>\nint main(void) { return 0; }\n", encoding="utf-8")
        command = [*compiler, "-I", sysconfig.get_path("include"), "-c", str(source), "-o", str(Path(folder, "probe.o"))]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            return False


def threads(compiler):
    """The flag for OpenMP, if `compiler` can also link with it (clang may lack the library); without it one thread works."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n", encoding="utf-8")
        command = [*compiler, "-fopenmp", str(source), "-o", str(Path(folder, "probe"))]
        return ["-fopenmp"] * (subprocess.run(command, capture_output=True, check=False).returncode == 0)


class Build(build_ext):
    """build_ext with a folder of objects per extension (all kernels would write kernels.o), in parallel."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self):
        compiler = getattr(self.compiler, "compiler_so", None)
        if compiler and not works(compiler):
            raise SystemExit("mlp-twins: mlp_c needs a C compiler and the Python headers (Debian: apt install gcc "
                             "python3-dev; Fedora: dnf install gcc python3-devel; macOS: xcode-select --install); "
                             "mlp_py runs without them, in the unpacked sources: python -m mlp_py")
        flag = threads(compiler) if compiler else []
        for ext in self.extensions:
            ext.extra_compile_args += flag
            ext.extra_link_args += flag
        super().build_extensions()

    def build_extension(self, ext):
        own = copy.copy(self)
        own.build_temp = os.path.join(self.build_temp, ext.name)
        build_ext.build_extension(own, ext)


setup(ext_modules=extensions(), cmdclass={"build_ext": Build})
