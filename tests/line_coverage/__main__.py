"""Name every line of mlp_py and mlp_c that the suite does not reach: python -m tests.line_coverage

    python -m tests.line_coverage                       quick tier and more; takes minutes, and more beside others
    python -m tests.line_coverage tests/test_cli.py     these tests alone (or any other arguments of pytest)

    .py pages      coverage.py, in the subprocesses of the tests too
    .pyx pages     coverage.py too, told by Cython's linetrace
    kernels        kernels.pyx, the .pxd pages it is made of and their headers by gcov (needs gcc)

Not measured: cpu.h, and levels that this CPU cannot run. Everything happens in a copy of the project. Exit status 1 where
a line has no reason in unreached.json or a reason has no line: so give MLP_DATA, and install what ".[test]" asks for.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import coverage

from . import kernel_lines, reasons

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = ('*.so', '*.gcda', '__pycache__', '.git', '.hypothesis', '.pytest_cache', 'build', '*.egg-info', '.venv')
# Runs of the suite inside the suite are slow, and what they reach is reached outside too. The next judges a release build.
# A signal that comes while mlp_c trains is mostly answered inside the tracing: the error is lost there, the epoch never
# ends, and coverage.py goes on without Cython's plugin. A hand-in that deletes its folder: coverage.py of that
# process is in it.
SKIPPED = ('--ignore=tests/test_faults.py', '--ignore=tests/mutation', '--deselect=tests/test_levels.py::test_machine_code',
           '--deselect=tests/test_cli.py::test_ctrl_c_keeps_what_was_learned[mlp_c]',
           '--deselect=tests/test_work_memory.py::test_ctrl_c_ends_an_epoch_between_two_steps',
           '--deselect=tests/test_conformance_report.py::test_a_hand_in_deletes_its_copy_alone')
# Of the full tier: what alone reaches the losses of the contestants of `bench`, the main job without mlp_c, a command line
# that Ctrl-C ends, and much of the conformance kit.
ALSO = ('--full', *(f'tests/test_{name}.py' for name in (
    'bench', 'bench_wide', 'cli', 'mainjob', 'kit_made', 'conformance_manners', 'conformance_report', 'conformance_verdict',
    'conformance_numbers')))

CONFIGURATION = """
[run]
core = ctrace
parallel = true
patch = subprocess, _exit
plugins = Cython.Coverage
source = {root}/mlp_py, {root}/mlp_c
data_file = {root}/build/lines/counted
disable_warnings = module-not-measured, no-data-collected
[report]
exclude_lines = ^no line is excluded$
"""


def begin(*command, cwd):
    """Run a Python command in the copy; its exit status."""
    return subprocess.run(['nice', sys.executable, *map(str, command)], cwd=cwd, check=False).returncode


def run_tests(root, configuration, *wanted):
    """pytest under coverage.py in one process; failures are shown, and are other runs' affair."""
    begin('-m', 'coverage', 'run', f'--rcfile={configuration}', '-m', 'pytest', '-q', '-r', 'f', '--tb=line', '-n', '0',
          '-p', 'no:cacheprovider', '--continue-on-collection-errors', *SKIPPED, *wanted, cwd=root)


def python_lines(root, configuration):
    """{page: {line: reached}} of the .py and .pyx pages."""
    os.chdir(root)                                  # in Cython's C pages, the names of pages are relative
    measuring = coverage.Coverage(config_file=str(configuration))
    measuring.combine()
    pages = {}
    for path in sorted([*root.glob('mlp_*/**/*.py'), *root.glob('mlp_c/*.pyx')]):
        if path.stem != 'kernels':
            page = path.relative_to(root).as_posix()
            try:
                _, lines, _, missing, _ = measuring.analysis2(str(path))
            except coverage.exceptions.NotPython:
                raise SystemExit(f'tests.line_coverage: nothing was heard of {page}: did no test import it?') from None
            pages[page] = {line: line not in missing for line in lines}
    return pages


def unreached(root, pages):
    """[(page, line, text), ...]"""
    found = []
    for page, lines in sorted(pages.items()):
        texts = (root / page).read_text(encoding='utf-8').splitlines()
        found += [(page, line, texts[line - 1].strip()) for line, reached in sorted(lines.items()) if not reached]
    return found


def report(pages, kernels, named, stale):
    """Print it; the exit status."""
    width = max(map(len, pages))
    for page, lines in sorted(pages.items()):
        print(f'{page:{width}} {sum(lines.values()):5} of {len(lines):5} lines reached')
    print(f'{"all":{width}} {sum(sum(lines.values()) for lines in pages.values()):5} of '
          f'{sum(map(len, pages.values())):5} lines reached; kernels that ran: {", ".join(kernels)}')
    for page, line, text, reason in named:
        print(f'{page}:{line}: {text}\n    {reason or "NO REASON"}')
    for page, text, reason in stale:
        print(f'{page}: reached, or gone: {text}\n    STALE: {reason}')
    bare = sum(reason is None for *_, reason in named)
    print(f'{len(named)} lines not reached, {bare} of them without a reason; {len(stale)} stale reasons')
    return 1 if bare or stale else 0


def main(wanted):
    """Copy, build, run, and judge; returns the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / 'lines'
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
        configuration = root / 'lines.ini'
        configuration.write_text(CONFIGURATION.format(root=root), encoding='utf-8')
        if begin('-m', 'tests.line_coverage.traced_build', cwd=root) or begin('-c', 'import mlp_c', cwd=root):
            raise SystemExit('tests.line_coverage: mlp_c could not be built')
        for tests in [wanted] if wanted else [(), ALSO]:
            run_tests(root, configuration, *tests)
        counted, kernels = kernel_lines.measured(root)
        pages = {**python_lines(root, configuration), **counted}
        named, stale = reasons.judged(unreached(root, pages), reasons.that_count(reasons.load(), kernels))
        os.chdir(ROOT)
        return report(pages, kernels, named, stale)


if __name__ == '__main__':
    raise SystemExit(main(sys.argv[1:]))
