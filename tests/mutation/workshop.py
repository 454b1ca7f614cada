"""A copy of the tree in which faults are planted, built and judged; the checkout is never touched.

In the copy everything is built with -O1, which is there in seconds, and for one level alone: so no level without the
fault stands beside the faulty one, and what the suite notices it would notice of a real fault.
"""
import ast
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import numpy as np

from mlp_c import runtime_info
from mlp_c.levels import PATHS

from .sample import EXTENSIONS, built_from

# Runs of pytest, one after the other: what kills fast, on its own, for it need not collect the rest; then the rest.
COMPILED = (['network_bits', 'product_bits'],
            ['threads', 'golden_bits', 'memory_bits', 'exact', 'oracle', 'special', 'network', 'errors', 'levels', 'training'])
PYTHON = (['--impl=mlp_py', 'exact', 'oracle', 'special', 'network', 'training', 'lecture', 'errors'],)

# They judge how setup.py builds: flags, levels, machine code; which is not done here.
LEFT_OUT = [f'tests/test_levels.py::test_{name}' for name in (
    'machine_code', 'runtime_info', 'levels_of_this_machine', 'levels_agree_with_the_kernel')]

HANGS = 300             # seconds for one test; the slowest takes 3: a busy machine must not pass for a hang
HANGS_FULL = 3600
WHOLE_RUN = 7200        # seconds

COPIED = ('mlp_c', 'mlp_py', 'tests', 'setup.py', 'pyproject.toml')


def level_flags(script):
    """(name, flags) of the best level that runs here, from setup.py's own table."""
    tree = ast.parse(script.read_text(encoding='utf-8'))
    table, = (node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == 'LEVELS')
    levels = {name: flags for machine in ast.literal_eval(table).values() for name, flags in machine.items()}
    best = runtime_info()['levels'][-1]
    return best, levels.get(best, [])


# Who ends the tests with these stands outside, or is the system short of memory: no test noticed anything.
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

TIERS = ('first', 'quick', 'full')
KIT = 'kit'             # instead of tests: python -m mlp_py check, the conformance kit alone; mlp_c on each of its ways
BY_KIT = [['-c', f"""from mlp_c import levels
from mlp_py import cli
levels.use(levels.level, {path!r})
raise SystemExit(cli.main(['check', 'mlp_c.lecture']))"""] for path in PATHS]


class Workshop:
    """One copy; `judge` plants one mutant in it and says what became of it."""

    def __init__(self, root, like=None):
        self.made = tempfile.TemporaryDirectory(prefix='mutation-')
        self.folder, self.running, self.stopped = Path(self.made.name, 'tree'), None, False
        self.level, self.flags = (like.level, like.flags) if like else level_flags(Path(root, 'setup.py'))
        if like:
            shutil.copytree(like.folder, self.folder)
        else:
            self.folder.mkdir()
            for name in COPIED:
                source = Path(root, name)       # what C there is in mlp_c is translated; elsewhere it is a source
                leave = shutil.ignore_patterns('__pycache__', '*.so', 'build', *(['*.c'] if name == 'mlp_c' else []))
                (shutil.copytree(source, self.folder / name, ignore=leave) if source.is_dir()
                 else shutil.copy(source, self.folder))
            for name in ('levels', 'network', 'kernels', *EXTENSIONS):
                wrong = self.build(name)
                if wrong:
                    raise SystemExit(f'tests.mutation: {name} cannot be built:\n{wrong}')
        self.sound = {path: path.read_bytes() for path in self.folder.glob('mlp_c/*.so')}

    def digest(self):
        """What is judged and what judges it, in one number."""
        total = hashlib.sha256()
        for path in sorted(self.folder.rglob('*')):
            if path.suffix in ('.py', '.pyx', '.pxd', '.h', '.json') and 'mutation' not in path.parts:
                total.update(str(path.relative_to(self.folder)).encode() + path.read_bytes())
        return total.hexdigest()[:16]

    # ---- building ---------------------------------------------------------------------------------------------

    def call(self, command, limit):
        """(exit status, output, did the time run out?) of a command in the copy, with all that it starts."""
        environment = {**os.environ, 'PYTHONPATH': str(self.folder), 'PYTHONHASHSEED': '0', 'OMP_NUM_THREADS': '1'}
        if self.stopped:
            raise KeyboardInterrupt
        self.running = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                                        encoding='utf-8', errors='replace')
        try:
            output, late = self.running.communicate(timeout=limit)[0], False
        except subprocess.TimeoutExpired:
            self.kill()
            output, late = self.running.communicate()[0], True
        except BaseException:
            self.kill()
            raise
        if self.stopped:
            raise KeyboardInterrupt
        return self.running.returncode, output, late

    def kill(self):
        if self.running is not None and self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGKILL)

    def stop(self):
        """From another thread: end what runs, begin nothing more."""
        self.stopped = True
        self.kill()

    def build(self, name):
        """Translate and compile one page (the kernels in both precisions); returns what went wrong, or ''."""
        translated = Path('build', f'{name}.c')
        (self.folder / 'build').mkdir(exist_ok=True)
        command = [sys.executable, '-m', 'cython', '-3', '-X', 'cdivision=True', f'mlp_c/{name}.pyx', '-o', str(translated)]
        status, output, late = self.call(command, 300)
        if status:
            return output or 'Cython ended'
        if name == 'kernels':
            made = [(f'{self.level}_f64', []), (f'{self.level}_f32', ['-DMLP_F32'])]
        else:
            made = [(name, [f'-DMLP_LEVELS="{self.level}"', '-DMLP_FLAGS="-O1"'])]
        for target, macros in made:
            if name == 'kernels':
                macros = [*macros, *self.flags, f'-DPyInit_kernels=PyInit_{target}']
            suffix = sysconfig.get_config_var('EXT_SUFFIX')
            status, output, late = self.call(
                [*sysconfig.get_config_var('CC').split(), '-O1', '-w', '-fPIC', '-shared', '-fopenmp', '-ffp-contract=off',
                 '-fno-math-errno', '-DCYTHON_INLINE=inline', *macros, '-Imlp_c', f'-I{sysconfig.get_path("include")}',
                 f'-I{np.get_include()}', str(translated), '-o', f'mlp_c/{target}{suffix}'], 300)
            if status:
                return output or 'the compiler ended'
        return ''

    # ---- judging ----------------------------------------------------------------------------------------------

    def test(self, compiled, tier, begun=None):
        """(verdict, by which test, output) of a tier: 'survived', 'killed' or 'hangs'.

        begun: the tier that was survived already; its runs are not made again.
        """
        if tier == KIT:
            for command in BY_KIT if compiled else [['-m', 'mlp_py', 'check', 'mlp_py.lecture']]:
                status, output, late = self.call([sys.executable, *command], HANGS)
                if status or late:
                    break
            return 'hangs' if late else 'killed' if status else 'survived', KIT if status else '', output
        there = sorted(path.name[5:-3] for path in self.folder.glob('tests/test_*.py'))
        first = [[name for name in run if name.startswith('-') or name in there]
                 for run in (COMPILED if compiled else PYTHON)]
        done = {name for run in first for name in run if not run[0].startswith('-')}
        runs = [] if begun == 'first' and tier == 'quick' else first
        if tier != 'first':
            runs = [*runs, [name for name in there if name not in done]]
        for run in runs:
            answer = self.pytest(run, tier == 'full')
            if answer[0] != 'survived':
                break
        return answer

    def pytest(self, names, full):
        """The same of one run, stopped at the first failure; 'lost' where it was ended from outside."""
        given = [name if name.startswith('-') else f'tests/test_{name}.py' for name in names]
        status, output, late = self.call(
            [sys.executable, '-m', 'pytest', '-x', '-q', '-n0', '-p', 'no:cacheprovider', '-p', 'no:randomly', '--tb=short',
             '-o', f'faulthandler_timeout={HANGS_FULL if full else HANGS}', '-o', 'faulthandler_exit_on_timeout=true',
             *(f'--deselect={name}' for name in LEFT_OUT), *(['--full'] if full else []), *given],
            WHOLE_RUN * (4 if full else 1))
        if status == 0:
            return 'survived', '', output
        if not late and -status in FROM_OUTSIDE:
            return 'lost', f'ended by {signal.Signals(-status).name}', output
        named = re.findall(r'^(?:FAILED|ERROR) (?:tests/)?([^\n]+?)(?: - .*)?$', output, re.MULTILINE)
        if named:
            return 'killed', named[0], output
        stack = re.findall(r'tests[/\\](test_\w+\.py)", line \d+ in (\w+)', output)
        at = '::'.join(stack[0]) if stack else 'no test of its own'
        if late or 'Timeout (' in output:
            return 'hangs', at, output
        return 'killed', f'{signal.Signals(-status).name if status < 0 else f"status {status}"} in {at}', output

    def judge(self, mutant, tier='quick', begun=None):
        """Plant, build, test, and put everything back: a record of what happened, and the tests' output."""
        page, begin, extension = self.folder / mutant.page, time.perf_counter(), built_from(mutant.page)
        sound = page.read_bytes()
        try:
            self.forget()
            planted = mutant.planted(sound.decode('utf-8'))
            page.write_text(planted, encoding='utf-8', newline='')
            if extension:
                output = self.build(extension)
            else:
                output = wrong_syntax(planted)
            verdict, by = 'stillborn', ''
            if not output:
                verdict, by, output = self.test(extension is not None, tier, begun)
        finally:
            page.write_bytes(sound)
            for path, content in self.sound.items():
                if path.read_bytes() != content:
                    path.unlink()               # a new file: the old one may be mapped by what still ends
                    path.write_bytes(content)
            self.forget()
        return {'key': mutant.key, 'operator': mutant.operator, 'verdict': verdict, 'by': by,
                'tier': tier, 'seconds': round(time.perf_counter() - begin, 1)}, output

    def forget(self):
        """Bytecode is found by time and size, which a fault need not change."""
        shutil.rmtree(self.folder / 'mlp_py' / '__pycache__', ignore_errors=True)

    def rehearse(self, tier):
        """The suite without a fault must be green, in both orders; returns the seconds of each."""
        seconds = []
        for compiled in (True, False):
            begin = time.perf_counter()
            verdict, by, output = self.test(compiled, tier)
            if verdict != 'survived':
                raise SystemExit(f'tests.mutation: the suite is red without any fault ({by}):\n{output[-3000:]}')
            seconds.append(round(time.perf_counter() - begin, 1))
        return seconds


def wrong_syntax(text):
    """What Python says of a page that it cannot compile, or ''."""
    try:
        compile(text, 'page', 'exec')
    except SyntaxError as error:
        return str(error)
    return ''
