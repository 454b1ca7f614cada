"""The command `check`: is this port of the lecture right?

    python -m mlp_py check my_port.py                        a Python module, file or notebook
    python -m mlp_py check --port './port' --dtype float32   any program that answers as SPEC.md says
    python -m mlp_py check hand-ins --report report.csv      a folder of hand-ins, one line each
"""
import argparse
import math
import sys
from pathlib import Path

STAGES = ('product', 'layer', 'forward', 'gradients', 'update', 'steps', 'special', 'loss', 'bits', 'invalid')
PROGRAM_SECONDS, HANDIN_SECONDS = 10.0, 60.0


def duration(text):
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f'expected a finite number above 0, got {text!r}')
    return number


def add_check(commands, twin):
    """The command `check`."""
    parser = commands.add_parser(
        'check', allow_abbrev=False, help='judge a port of the lecture, in any language',
        usage=f'python -m {twin} check (PORT | --port COMMAND | FOLDER --report FILE) [options]',
        description='Put the cases of the conformance kit to a port of the lecture, compare every number, and name '
                    'the mistake where it is a known one. Exit status 0: every case is right.',
        epilog='What a port is asked, and how a program answers: mlp_py/conformance/SPEC.md')
    add = parser.add_argument
    add('what', metavar='PORT', nargs='?',
        help='an importable module, a .py file or an .ipynb notebook with the functions of the lecture; or, with '
             '--report, a folder of them')
    add('--port', metavar='COMMAND',
        help="a program that reads one case a line and answers each with a line, e.g. --port 'node port.js'")
    add('--dtype', choices=('float64', 'float32'), help='the precision of a program (default float64)')
    add('--stage', metavar='NAME', action='append', choices=STAGES,
        help=f"this stage alone, and no skipping in it; may be given several times; one of {', '.join(STAGES)}")
    add('--seconds', metavar='S', type=duration,
        help=f'how long a program may be silent (default {PROGRAM_SECONDS:g}), or how long a hand-in may take '
             f'(default {HANDIN_SECONDS:g})')
    add('--report', metavar='FILE',
        help='write a line for each hand-in in the folder, as CSV; e.g. --report report.csv')
    add('--korean', action='store_true', help='explain in Korean')
    add('--kit', metavar='DIR', help='the folder of the cases, if not those that are installed')

    def run(arguments):
        _demand(arguments, parser)
        from .wording import Speaker
        say = Speaker(arguments.korean)
        if arguments.report:
            return _report(arguments, say, parser)
        return _check(arguments, say, parser, twin)

    parser.set_defaults(run=run, parser=parser)


def _demand(arguments, parser):
    """Exit status 2 for what does not go together."""
    if (arguments.what is None) == (arguments.port is None):
        parser.error("expected one of PORT and --port 'COMMAND'")
    if arguments.dtype and not arguments.port:
        parser.error('--dtype: expected --port, a Python port is judged in float64')
    if arguments.report and (arguments.port or not Path(arguments.what).is_dir()):
        parser.error(f'--report: expected a folder of hand-ins, got {arguments.port or arguments.what!r}')
    what = Path(arguments.what or '')
    if not arguments.report and arguments.what and what.is_dir() and not (what / '__init__.py').is_file():
        parser.error(f'{arguments.what!r} is a folder: expected --report FILE with it')
    if arguments.kit and (arguments.report or not Path(arguments.kit).is_dir()):
        parser.error(f'--kit: expected a folder of cases, got {arguments.kit!r}')


def _check(arguments, say, parser, twin):
    """One port: prints the table and the rest; returns the exit status."""
    from . import cases, module, ports, program, table
    dtype = arguments.dtype or 'float64'
    kit = {'folder': arguments.kit} if arguments.kit else {}
    asked = [case for case in cases.read(arguments.stage, **kit) if case.dtype in (None, dtype)]
    may_skip = () if arguments.stage else [stage for stage in cases.STAGES if stage not in cases.REQUIRED]
    if arguments.port:
        seconds = arguments.seconds or PROGRAM_SECONDS
        outcome = program.check(arguments.port, asked, cases.text, dtype, seconds, may_skip)
    else:
        from .loading import load
        try:
            port = load(arguments.what)
        except ports.NoSuchPort as error:
            parser.error(str(error))
        except ports.UnusablePort as error:
            print(f'{twin}: {error}', file=sys.stderr)
            return 1
        for what in port.missing:
            print(f'{twin}: {what}', file=sys.stderr)
        outcome = module.check(port, asked, may_skip, not arguments.stage)
    for line in table.lines(outcome, say, cases.text, bool(arguments.stage) and set(arguments.stage) < set(STAGES)):
        print(line)
    return 0 if outcome.is_right() else 1


def _report(arguments, say, parser):
    """A folder of hand-ins: writes the CSV file; returns 0 where all are right."""
    from . import handins
    right, count = handins.report(arguments.what, arguments.report, say, arguments.seconds or HANDIN_SECONDS,
                                  arguments.stage or ())
    if not count:
        parser.error(f'{arguments.what!r} holds no .py and no .ipynb file')
    print(say('report done', path=arguments.report, right=right, n=count))
    return 0 if right == count else 1
