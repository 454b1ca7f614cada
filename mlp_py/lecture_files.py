"""The lecture's three data files: where they are found, how they are fetched, and how they become `data`.

They stand in the public repository of the lecture's book, at one pinned commit:

    abalone   UCI Abalone, Nash et al. 1994, doi 10.24432/C55C7W, CC BY 4.0
    pulsar    UCI HTRU2, Lyon 2015, doi 10.24432/C5DK6R, CC BY 4.0
    steel     UCI Steel Plates Faults, Buscema et al. 2010, doi 10.24432/C5J88N, CC BY 4.0
"""

import os
from dataclasses import dataclass

import numpy as np

from .arguments import shown
from .csv_table import path_argument, read_table

REPOSITORY = "KONANtechnology/Academy.ALZZA"
COMMIT = "b5d6ce67175770736e633ffc0702671480f549f4"
BASE_URL = f"https://raw.githubusercontent.com/{REPOSITORY}/{COMMIT}/data"
SEXES = ("I", "M", "F")     # the lecture's order of the one-hot columns


@dataclass(frozen=True)
class LectureFile:
    """One of the three: what it is called, and what must stand in it."""
    problem: str
    chapter: str            # its folder, in the book's repository and in a mirror
    file: str
    sha256: str
    dtype: type
    input_names: tuple      # the columns of the file, in the lecture's order
    target_names: tuple
    source: str


_OF_PROFILE, _OF_CURVE = "of the integrated profile", "of the DM-SNR curve"
_MOMENTS = ("Mean", "Standard deviation", "Excess kurtosis", "Skewness")
_LICENCE = "CC BY 4.0; from the repository of the lecture's book"

LECTURE_FILES = {
    "abalone": LectureFile(
        "regression", "chap01", "abalone.csv",
        "6fda3c4b0c0cff9bd5f7a46434509179069ed620c8fc7090d872a08d2c1a729a", np.float64,
        ("Sex", "Length", "Diameter", "Height", "Whole weight", "Shucked weight", "Viscera weight",
         "Shell weight"),
        ("Rings",), f"UCI Abalone, Nash et al. 1994, doi 10.24432/C55C7W, {_LICENCE}"),
    "pulsar": LectureFile(
        "binary", "chap02", "pulsar_stars.csv",
        "0065496fca80131a319f68128407dcab69f5f662ff6bc49cae477f79c63351ed", np.float32,
        tuple(f"{moment} {of}" for of in (_OF_PROFILE, _OF_CURVE) for moment in _MOMENTS),
        ("target_class",), f"UCI HTRU2, Lyon 2015, doi 10.24432/C5DK6R, {_LICENCE}"),
    "steel": LectureFile(
        "select", "chap03", "faults.csv",
        "315b45ecd2b7ab441335dc83efa0daed49eb97e6eee59f9612b4b7a1048aeb03", np.float32,
        ("X_Minimum", "X_Maximum", "Y_Minimum", "Y_Maximum", "Pixels_Areas", "X_Perimeter", "Y_Perimeter",
         "Sum_of_Luminosity", "Minimum_of_Luminosity", "Maximum_of_Luminosity", "Length_of_Conveyer",
         "TypeOfSteel_A300", "TypeOfSteel_A400", "Steel_Plate_Thickness", "Edges_Index", "Empty_Index",
         "Square_Index", "Outside_X_Index", "Edges_X_Index", "Edges_Y_Index", "Outside_Global_Index",
         "LogOfAreas", "Log_X_Index", "Log_Y_Index", "Orientation_Index", "Luminosity_Index",
         "SigmoidOfAreas"),
        ("Pastry", "Z_Scratch", "K_Scatch", "Stains", "Dirtiness", "Bumps", "Other_Faults"),
        f"UCI Steel Plates Faults, Buscema et al. 2010, doi 10.24432/C5J88N, {_LICENCE}"),
}


def known(name):
    """The LectureFile of "abalone", "pulsar" or "steel"; TypeError or ValueError for anything else."""
    if not isinstance(name, str):
        raise TypeError(f"name: expected one of {', '.join(LECTURE_FILES)}, got {shown(name)}")
    if name not in LECTURE_FILES:
        raise ValueError(f"name: expected one of {', '.join(LECTURE_FILES)}, got {name!r}")
    return LECTURE_FILES[name]


def input_columns(name):
    """The names of the I input columns of `lecture_rows`: Sex of abalone is three of them."""
    names = known(name).input_names
    return tuple(f"Sex={sex}" for sex in SEXES) + names[1:] if names[0] == "Sex" else names


def lecture_file(name, data=None):
    """The path of one of the lecture's files, fetched where it has to be.

    Parameters
    ----------
    name : {"abalone", "pulsar", "steel"}
    data : str or path, optional
        The folder of the files; else the environment variable MLP_DATA; else the user's cache, into which
        the file is fetched (with pooch) and checked against its sha256. MLP_DATA_URL replaces the base
        address: a copy of the repository's folder `data`, with `chap01/abalone.csv` and so on in it.

    A folder that was named is used alone: where it lacks the file (also looked for in chap01, chap02 or
    chap03 below it), that is an error, and nothing is fetched behind the user's back. A file found there is
    used whatever its sha256.

    Raises
    ------
    FileNotFoundError : a named folder without the file, or nothing named and pooch not installed
    ConnectionError : it cannot be fetched, or what came is not the lecture's file; nothing stays in the cache
    """
    wanted = known(name)
    given = data if data is not None else os.environ.get("MLP_DATA") or None
    if given is None:
        return _fetch(wanted)
    folder = path_argument("data", given)
    for path in (folder / wanted.file, folder / wanted.chapter / wanted.file):
        if path.is_file():
            return path
    what = "data" if data is not None else "the environment variable MLP_DATA"
    why = f"there is no {wanted.file} in it" if folder.is_dir() else "there is no such folder"
    raise FileNotFoundError(f"{what} names the folder {folder}, but {why}; "
                            f"put {wanted.file} there, or leave the folder unnamed to have it fetched")


def _fetch(wanted):
    """The file in the user's cache, fetched and checked where it is not there yet or not intact."""
    by_hand = f"put {wanted.file} into a folder and name that folder in the environment variable MLP_DATA"
    try:
        import pooch
    except ImportError:
        raise FileNotFoundError(f"{wanted.file} is fetched with pooch, which is not installed: "
                                f'pip install "mlp-twins[demo]", or {by_hand}') from None
    base = os.environ.get("MLP_DATA_URL") or BASE_URL
    if not base.startswith(("http://", "https://")):
        raise ValueError(f"MLP_DATA_URL: expected an address with http:// or https:// in front, got {base!r}")
    url = f"{base.rstrip('/')}/{wanted.chapter}/{wanted.file}"
    # Read at once, not as a stream: pooch leaves a stream open when the transfer fails.
    downloader = pooch.HTTPDownloader(timeout=30, stream=False)
    try:
        # pooch writes under another name, checks the sum, and only then moves the file into place
        found = pooch.retrieve(url, known_hash=f"sha256:{wanted.sha256}", fname=wanted.file,
                               path=pooch.os_cache("mlp-twins"), downloader=downloader)
    except OSError as error:    # no network, an answer like 404, a transfer cut off, an unwritable cache
        raise ConnectionError(f"{wanted.file} could not be fetched from {url} ({_reason(error)}): "
                              f"{by_hand}") from None
    except ValueError:
        raise ConnectionError(f"what {url} sent is not the lecture's {wanted.file} (its sha256 differs) and "
                              f"was thrown away: try again, or {by_hand}") from None
    return path_argument("path", found)


def _reason(error):
    """An error of the transfer in a few words: those of the libraries fill half a page."""
    import requests             # pooch fetches with it

    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer within 30 seconds"
    if isinstance(error, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        return "no connection, or it was cut off"
    return " ".join(str(error).split())


def lecture_rows(name, data=None):
    """The lecture's array `data` of one of its files: the inputs, then the targets.

    Parameters
    ----------
    name, data : as in `lecture_file`

    Returns
    -------
    ndarray, (N, I + O)
        abalone (4177, 10 + 1) in float64, Sex as three columns I, M, F; pulsar (17898, 8 + 1) and steel
        (1941, 27 + 7) in float32. The counts are those of the published files; a copy may have others.

    Raises
    ------
    ValueError : a broken file, with file, line and column
    FileNotFoundError, ConnectionError : as in `lecture_file`

    Source: `load_abalone_dataset` (chapter 1), `load_pulsar_dataset` (2), `load_steel_dataset` (3).
    """
    wanted = known(name)
    names = wanted.input_names + wanted.target_names
    table = read_table(lecture_file(name, data), names)
    parts = []
    for column in map(table.header.index, names):
        if table.header[column] == "Sex":
            parts.extend(_sexes(table, column))
        else:
            parts.append(table.numbers(column, wanted.dtype))
    rows = np.ascontiguousarray(np.stack(parts, axis=1), dtype=wanted.dtype)
    if wanted.problem != "regression":
        _check_classes(table, wanted, rows[:, -len(wanted.target_names):])
    return rows


def _sexes(table, column):
    """The one-hot columns of abalone's first field."""
    texts = table.texts(column)
    for row, text in enumerate(texts):
        if text not in SEXES:
            raise table.error(row, column, f"expected one of {', '.join(SEXES)}, got {text!r}")
    return [np.array([text == sex for text in texts], np.float64) for sex in SEXES]


def _check_classes(table, wanted, y):
    """Targets are 0 or 1, and of several exactly one is 1: with others the loss would mean nothing."""
    for place, name in enumerate(wanted.target_names):
        broken = np.flatnonzero((y[:, place] != 0) & (y[:, place] != 1))
        if broken.size:
            column = table.header.index(name)
            row = int(broken[0])
            raise table.error(row, column, f"expected 0 or 1, got {table.rows[row][column]!r}")
    broken = np.flatnonzero(y.sum(axis=1) != 1) if y.shape[1] > 1 else np.empty(0)
    if broken.size:
        row = int(broken[0])
        raise table.error(row, table.header.index(wanted.target_names[0]),
                          f"expected one 1 in {', '.join(wanted.target_names)} together, "
                          f"got {int(y[row].sum())}")
