"""One archive of the kit for those who have no use for Python: data, plain texts, specification, judge.c.

The same bytes every time, as long as zlib is the same.
"""
import io
import zipfile

from . import cases, plain

NAME = f'mlp-conformance-{cases.VERSION}'
PAGES = 'SPEC.md', 'judge.c'        # of this folder
TIME = 1980, 1, 1, 0, 0, 0          # the first one that a zip file can hold

README = '''The conformance kit of mlp-twins, version {version}: {count} cases for ports of a multilayer perceptron; a port in
float64 is asked {float64} of them, one in float32 {float32}: the stage bits has cases of its own for each.
SPEC.md        what is computed, how a port reads cases and writes answers, when an answer is right
cases.txt      what a port reads: one case a line
expected.txt   what it must answer, one case a line: ID RESULT DTYPE, then NAME ROWS COLUMNS NUMBER ... of each field.
               RESULT valid, invalid (must be refused), acceptable (either); DTYPE float64, float32, or any.
               A number is HEX or HEX~MAG or nan: 16 digits of IEEE bits (8 in float32 cases of the stage bits), mag 0
               if not given; HEX~0 is a zero whose sign counts. A field whose name ends with ? may be left out.
v{version}/*.json      the same as data, with comments and flags; their sha256 in MANIFEST.json
fingerprints   .json in v{version}, .txt here: what known mistakes answer
judge.c        the judge, one file of C99: cc -std=c99 -D_POSIX_C_SOURCE=200809L -O2 -o judge judge.c -lm
               ./judge --kit . --port './my_port' --stage product     this stage alone; may be given several times
               ./judge --kit . --port './my_port' --dtype float32     all stages, of a port in float32
               ./judge --help                                         all options
               Exit status: 0 every case is right, 1 not, 2 wrong usage. Cases of the stages loss, bits and invalid may
               be answered with skip, unless --stage asks for them.
LICENSE.txt    data and specification are in the public domain
'''

NOTICE = '''CC0 1.0 Universal: https://creativecommons.org/publicdomain/zero/1.0/

To the extent possible under law, the authors of mlp-twins have waived all copyright and related or neighboring rights
to the cases and the specification in this archive. They are published without any warranty.
'''


def contents():
    """{name in the archive: bytes}, sorted by name."""
    folder = cases.FOLDER.parent
    files = {f'v{cases.VERSION}/{path.name}': path.read_bytes() for path in cases.FOLDER.glob('*.json')}
    files.update({name: (folder / name).read_bytes() for name in PAGES})
    everything = cases.read()
    readme = README.format(version=cases.VERSION, count=len(everything), **{
        dtype: sum(case.dtype in (None, dtype) for case in everything) for dtype in ('float64', 'float32')})
    for name, text in {'README.txt': readme, 'LICENSE.txt': NOTICE, **plain.texts()}.items():
        files[name] = text.encode()
    return dict(sorted(files.items()))


def packed():
    """The archive as bytes: everything in one folder, compressed, no times of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as archive:
        for name, content in contents().items():
            entry = zipfile.ZipInfo(f'{NAME}/{name}', TIME)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(entry, content, compresslevel=9)
    return buffer.getvalue()

