"""The command `conformance` of the command line: the kit for ports in other languages.

    python -m mlp_py conformance archive               all of it in one file, for people without Python
    python -m mlp_py conformance generate              computes the cases anew, and compares them with those installed

An action is a function `add_<name>(actions, twin)` that adds its parser and sets `run`, a function of the parsed
arguments that returns the exit status.
"""
from pathlib import Path

from ..console import failed


def add_conformance(commands, twin):
    """The command `conformance`."""
    parser = commands.add_parser(
        'conformance', allow_abbrev=False, help='cases for programs in other languages',
        usage=f'python -m {twin} conformance ACTION [options]',
        description='The conformance kit: cases with their right answers, by which a program in any language is judged '
                    'that computes what the lecture computes. SPEC.md beside the data says how.')
    parser.set_defaults(run=lambda _: parser.error('expected an action: archive or generate'), parser=parser)
    actions = parser.add_subparsers(title='actions', metavar='ACTION', prog=f'{twin} conformance')
    add_archive(actions, twin)
    add_generate(actions, twin)


def add_archive(actions, twin):
    """The action `archive`."""
    parser = actions.add_parser(
        'archive', allow_abbrev=False, help='write the whole kit into one zip file',
        usage=f'python -m {twin} conformance archive [FILE]',
        description='Write one zip file with the specification, the cases as JSON and as plain text, and the right '
                    'answers. It is the same, byte for byte, each time.')
    parser.add_argument('file', metavar='FILE', nargs='?', help='by default mlp-conformance-1.zip in this folder')

    def run(arguments):
        from . import archive
        path = Path(arguments.file or f'{archive.NAME}.zip')
        content = archive.packed()
        path.write_bytes(content)
        print(f'{path}: {len(content):,} bytes, {len(archive.contents())} files')
        return 0

    parser.set_defaults(run=run, parser=parser)


def add_generate(actions, twin):
    """The action `generate`."""
    parser = actions.add_parser(
        'generate', allow_abbrev=False, help='compute the cases anew',
        usage=f'python -m {twin} conformance generate [FOLDER]',
        description='Compute all cases and their right answers anew, in fractions and with as many digits as it takes, '
                    'and compare them with those installed, byte for byte. Takes about ten seconds.',
        epilog='It needs mpmath: pip install "mlp-twins[test]"')
    parser.add_argument('folder', metavar='FOLDER', nargs='?', help='write the files there, too')

    def run(arguments):
        try:
            from .generator import writing
        except ModuleNotFoundError as error:
            if error.name != 'mpmath':
                raise
            return failed(twin, 'conformance generate needs mpmath: pip install "mlp-twins[test]"')
        files = writing.files()
        different = compared(files)
        if arguments.folder:
            folder = Path(arguments.folder)
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (folder / name).write_bytes(text.encode())
            print(f'{folder}: {len(files)} files')
        if different:
            print('different from what is installed: ' + ', '.join(different))
        else:
            print('the same as what is installed')
        return int(bool(different))

    parser.set_defaults(run=run, parser=parser)


def compared(files):
    """Names of the files that are installed otherwise, or not at all, or should not be there."""
    from . import cases
    installed = {path.name: path.read_bytes() for path in cases.FOLDER.glob('*.json')}
    return sorted(name for name in {*files, *installed} if installed.get(name) != files.get(name, '').encode())
