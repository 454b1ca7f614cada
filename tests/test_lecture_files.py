"""The lecture's three files: what is in them, and what a broken one is told."""

import hashlib
import os

import numpy as np
import pytest

from mlp_py import datasets, lecture_files

from .sample_files import ABALONE, PULSAR, STEEL, header_of, write

NAMES = ("abalone", "pulsar", "steel")
with_files = pytest.mark.skipif(not os.environ.get("MLP_DATA"),
                                reason="the environment variable MLP_DATA does not name the lecture's files")

# ---- the lecture's files as they are ---------------------------------------------------------------------

@with_files
@pytest.mark.parametrize("name, rows, inputs, outputs, dtype, sums", [
    # number of I, M, F and the sum of Rings (integers); of the binary targets; of each fault
    ("abalone", 4177, 10, 1, np.float64, {0: 1342, 1: 1528, 2: 1307, 10: 41493}),
    ("pulsar", 17898, 8, 1, np.float32, {8: 1639}),
    ("steel", 1941, 27, 7, np.float32, {27: 158, 28: 190, 29: 391, 30: 72, 31: 55, 32: 402, 33: 673}),
])
def test_counts_and_sums_of_the_real_files(name, rows, inputs, outputs, dtype, sums):
    data = datasets.lecture_rows(name)
    assert data.shape == (rows, inputs + outputs) and data.dtype == dtype and data.flags.c_contiguous
    assert {column: data[:, column].sum(dtype=np.float64) for column in sums} == sums
    dataset = datasets.load(name)
    assert np.array_equal(np.hstack([dataset.x, dataset.y]), data)
    assert dataset.x.dtype == dataset.y.dtype == dtype
    assert len(dataset.columns) == inputs and len(dataset.targets) == outputs


@with_files
@pytest.mark.parametrize("name", NAMES)
def test_the_real_files_have_the_sums_that_a_fetch_demands(name):
    path = datasets.lecture_file(name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == lecture_files.known(name).sha256


@with_files
@pytest.mark.parametrize("name", ["pulsar", "steel"])
def test_texts_become_float32_as_numpy_reads_them(name):
    lines = datasets.lecture_file(name).read_text(encoding="utf-8").splitlines()[1:]
    texts = [line.split(",") for line in lines]
    assert np.array_equal(datasets.lecture_rows(name), np.array(texts, "float32"))


def test_abalone_is_laid_out_as_in_the_lecture(tmp_path):
    write(tmp_path, "abalone", ABALONE)
    data = datasets.lecture_rows("abalone", tmp_path)
    assert data[:, :3].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]        # I, M, F
    assert data[0, 3:].tolist() == [0.455, 0.365, 0.095, 0.514, 0.2245, 0.101, 0.15, 15]
    dataset = datasets.load("abalone", tmp_path)
    assert dataset.columns[:4] == ("Sex=I", "Sex=M", "Sex=F", "Length") and dataset.targets == ("Rings",)


# ---- broken files ----------------------------------------------------------------------------------------

def changed(text, old, new):
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


BROKEN = {
    "missing column": ("abalone", changed(ABALONE, ",Height", ""), 1, "Height"),
    "column gone": ("steel", changed(STEEL, ",Other_Faults", "")[:-3] + "\n", 1, "Other_Faults"),
    "unknown column": ("abalone", changed(ABALONE, "Height", "Hieght"), 1, "Height"),
    "one column more": ("abalone", changed(ABALONE, "Rings", "Rings,Age"), 1, "Age"),
    "column named twice": ("abalone", changed(ABALONE, "Height", "Length"), 1, "Length"),
    "no header": ("pulsar", PULSAR.split("\n", 1)[1], 1, "0"),
    "text in a number": ("abalone", changed(ABALONE, "0.0895", "light"), 3, "Shucked weight"),
    "number as in Python's source": ("pulsar", changed(PULSAR, "3,4", "1_0,4"), 2, "Excess kurtosis of the"),
    "empty field": ("abalone", changed(ABALONE, ",0.08,", ",,"), 3, "Height"),
    "NaN": ("abalone", changed(ABALONE, "0.135", "nan"), 4, "Height"),
    "infinity": ("pulsar", changed(PULSAR, "8.1", "-inf"), 3, "Skewness of the DM-SNR curve"),
    "beyond float32": ("pulsar", changed(PULSAR, "8.1", "1e39"), 3, "Skewness of the DM-SNR curve"),
    "unknown Sex": ("abalone", changed(ABALONE, "F,", "f,"), 4, "Sex"),
    "field missing": ("abalone", changed(ABALONE, ",0.055,7", ",0.055"), 3, "Rings"),
    "field too many": ("abalone", changed(ABALONE, ",0.055,7", ",0.055,7,1"), 3, "Rings"),
    "half a line": ("steel", STEEL[:-9], 2, "Stains"),
    "class 2": ("pulsar", changed(PULSAR, "8,0\n", "8,2\n"), 2, "target_class"),
    "two faults": ("steel", changed(STEEL, ",0,0,1", ",0,1,1"), 2, "Pastry"),
    "no fault": ("steel", changed(STEEL, ",0,0,1", ",0,0,0"), 2, "Pastry"),
    "empty file": ("abalone", "", 1, None),
    "blank lines only": ("abalone", "\n\n", 1, None),
    "header only": ("steel", header_of("steel"), 2, "X_Minimum"),
    "Latin-1": ("abalone", changed(ABALONE, "F,", "\xe9,").encode("latin-1"), 4, "Sex"),
    "Latin-1 header": ("abalone", changed(ABALONE, "Sex", "S\xe9x").encode("latin-1"), 1, None),
    "UTF-16": ("abalone", ABALONE.encode("utf-16"), 1, None),
    "bytes of zero": ("abalone", changed(ABALONE, "0.0895", "\0").encode(), 3, "Shucked weight"),
    "quote not closed": ("abalone", changed(ABALONE, "F,", '"F,'), 4, None),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named_with_line_and_column(case, tmp_path):
    name, text, line, column = BROKEN[case]
    path = write(tmp_path, name, text)
    with pytest.raises(ValueError) as caught:
        datasets.load(name, tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line {line}"), message
    assert column is None or f"'{column}" in message or f"column {column}" in message, message
    assert not isinstance(caught.value, UnicodeError)


def test_what_is_not_broken(tmp_path):
    """A byte order mark, other line ends, blank lines, quotes, blanks, another order of the columns."""
    write(tmp_path, "abalone", ABALONE)
    plain = datasets.lecture_rows("abalone", tmp_path)
    columns = [line.split(",") for line in ABALONE.splitlines()]
    turned = "\n".join(",".join(reversed(fields)) for fields in columns)
    for text in (b"\xef\xbb\xbf" + ABALONE.encode(), ABALONE.replace("\n", "\r\n"),
                 ABALONE.replace("\n", "\n\n"), ABALONE.replace("M", '"M"').replace(",", ",  "),
                 turned, ABALONE.rstrip("\n")):
        write(tmp_path, "abalone", text)
        assert np.array_equal(datasets.lecture_rows("abalone", tmp_path), plain)


# ---- their settings --------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", NAMES)
def test_the_widths_of_the_book_and_better_steps_for_scaled_inputs(name, tmp_path):
    write(tmp_path, name, {"abalone": ABALONE, "pulsar": PULSAR, "steel": STEEL}[name])
    dataset = datasets.load(name, tmp_path)
    assert dataset.hidden == {"abalone": 4, "pulsar": 6, "steel": 10}[name]
    assert (dataset.learning_rate, dataset.std, dataset.epochs, dataset.report) == (0.001, 0.003, 50, 10)
    scaled = datasets.load(name, tmp_path, scale=True)
    assert scaled.learning_rate > 0.001 and np.array_equal(scaled.x, datasets.standardise(dataset.x))
