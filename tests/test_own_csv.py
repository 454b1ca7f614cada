"""A CSV of one's own: which columns, which problem, which numbers, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

from mlp_py import datasets, own_csv

HOUSES = ("area,town,rooms,price\n"
          "50,Ulm,2,150000\n"
          "80,Bonn,3,310000\n"
          "120,Ulm,5,420000\n")


def saved(folder, text, name="houses.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def column_file(folder, values, header="x,t"):
    """Two columns, x counting the rows and the target t."""
    return saved(folder, header + "\n" + "".join(f"{row},{value}\n" for row, value in enumerate(values)))


def test_a_regression(tmp_path):
    path = saved(tmp_path, HOUSES)
    dataset = datasets.load_csv(path, "price", scale=False)
    assert (dataset.name, dataset.problem) == ("houses", "regression") and str(path) in dataset.source
    assert dataset.columns == ("area", "town=Bonn", "town=Ulm", "rooms") and dataset.targets == ("price",)
    assert dataset.x.tolist() == [[50, 0, 1, 2], [80, 1, 0, 3], [120, 0, 1, 5]]
    assert dataset.target_scale == (1e5,) and dataset.y[:, 0].tolist() == [1.5, 3.1, 4.2]
    assert dataset.x.dtype == dataset.y.dtype == np.float64
    scaled = datasets.load_csv(str(path), "price")
    assert np.array_equal(scaled.x, datasets.standardise(dataset.x)) and np.array_equal(scaled.y, dataset.y)


@pytest.mark.parametrize("target, columns", [
    ("price", (3,)), ("3", (3,)), (3, (3,)), (-1, (3,)), (np.int64(3), (3,)),
    (["price"], (3,)), (("3",), (3,)),
    ("rooms,price", (2, 3)), (" price , rooms ", (3, 2)), (["rooms", 0], (2, 0)), ("area,3", (0, 3)),
])
def test_naming_the_target(target, columns, tmp_path):
    dataset = datasets.load_csv(saved(tmp_path, HOUSES), target, kind="regression")
    names = HOUSES.split("\n")[0].split(",")
    assert dataset.targets == tuple(names[column] for column in columns)
    assert dataset.y.shape == (3, len(columns))


def test_a_name_goes_before_a_number_and_before_a_comma(tmp_path):
    path = saved(tmp_path, 'a,0,"b,c"\n1,2,3\n4,5,6\n')
    assert datasets.load_csv(path, "0", "regression").targets == ("0",)
    assert datasets.load_csv(path, "b,c", "regression").targets == ("b,c",)
    assert datasets.load_csv(path, "a,0", "regression").targets == ("a", "0")


@pytest.mark.parametrize("target, error, says", [
    ("cost", ValueError, "target.*'cost'.*area, town, rooms, price"),
    (4, ValueError, "from 0 to 3"), (-5, ValueError, "from 0 to 3"), ("7", ValueError, "from 0 to 3"),
    ("price,price", ValueError, "'price' is named twice"), ([3, "price"], ValueError, "named twice"),
    ([0, 1, 2, 3], ValueError, "left as input"), ([], ValueError, "target"), ("", ValueError, "target"),
    (None, TypeError, "target"), (True, TypeError, "target.*True"), (1.0, TypeError, "target.*1.0"),
    ([["price"]], TypeError, "target"), ({"price"}, TypeError, "target"),
    (np.array([0, 1]), TypeError, "target"),
])
def test_a_target_that_is_none(target, error, says, tmp_path):
    with pytest.raises(error, match=says):
        datasets.load_csv(saved(tmp_path, HOUSES), target)


# ---- guessing the problem --------------------------------------------------------------------------------

@pytest.mark.parametrize("values, problem, targets", [
    (["no", "yes"] * 2, "binary", ("t=yes",)),
    (["0", "1"] * 2, "binary", ("t",)),
    (["1.0", "0"] * 2, "binary", ("t",)),
    (["c", "a", "b"], "select", ("t=a", "t=b", "t=c")),
    (["10", "2", "2.0"] * 10, "select", ("t=2", "t=10")),            # numbers in the order of their size
    (["-1", "1"] * 10, "select", ("t=-1", "t=1")),
    (["1", "2"] * 9, "regression", ("t",)),                          # 18 rows: fewer than 10 a class
    ([str(row % 20) for row in range(200)], "select", tuple(f"t={value}" for value in range(20))),
    ([str(row % 21) for row in range(210)], "regression", ("t",)),
    (["0.5", "1"] * 10, "regression", ("t",)),
    (["7"] * 20, "regression", ("t",)),
])
def test_one_target_column(values, problem, targets, tmp_path):
    dataset = datasets.load_csv(column_file(tmp_path, values), "t")
    assert (dataset.problem, dataset.targets) == (problem, targets)
    if problem == "select":
        assert np.array_equal(dataset.y.sum(axis=1), np.ones(len(values)))
        chosen = [targets[place] for place in dataset.y.argmax(axis=1)]
        assert chosen == [f"t={value.removesuffix('.0')}" for value in values]
    elif problem == "binary":
        assert dataset.y[:, 0].tolist() == [float(value in ("yes", "1", "1.0")) for value in values]
    else:
        undone = dataset.y[:, 0] * dataset.target_scale         # two roundings, each of at most 2**-53
        assert np.allclose(undone, np.array(values, float), rtol=2**-51, atol=0)


def test_several_target_columns(tmp_path):
    one_hot = "x,a,b,c\n1,0,1,0\n2,1,0,0\n3,0,0,1\n"
    dataset = datasets.load_csv(saved(tmp_path, one_hot), "a,b,c")
    assert dataset.problem == "select" and dataset.y.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    two_ones = saved(tmp_path, one_hot.replace("3,0", "3,1"))
    assert datasets.load_csv(two_ones, "a,b,c").problem == "regression"
    assert datasets.load_csv(two_ones, "a,b,c", kind="binary").y.shape == (3, 3)
    with pytest.raises(ValueError, match="line 4, column 'a': expected one 1 in a, b, c together, got 2"):
        datasets.load_csv(two_ones, "a,b,c", kind="select")
    with pytest.raises(ValueError, match="line 2, column 'x': expected 0 or 1, got '4'"):
        datasets.load_csv(saved(tmp_path, one_hot.replace("1,0,1", "4,0,1")), "x,a", kind="binary")
    mixed = datasets.load_csv(saved(tmp_path, "x,a,b\n1,1000,0.002\n2,3000,-0.001\n"), "a,b")
    assert mixed.target_scale == (1000.0, 0.001) and np.allclose(mixed.y, [[1, 2], [3, -1]], rtol=2**-51)


@pytest.mark.parametrize("values, kind, says", [
    (["1", "2", "3"], "binary", "column 't'.*two distinct values.*3: 1, 2, 3"),
    (["a", "a"], None, "column 't'.*at least two"),
    (["0", "0"], "binary", "column 't'.*two distinct"),
    (["a", "b"], "regression", "line 2, column 't': expected a number, got 'a'"),
    (["1", "2", "x"], None, "line 4, column 't': expected a number as in line 2, got 'x'"),
    ([f"name{row}" for row in range(51)], None, "column 't': 51 distinct values, such as 'name0'"),
])
def test_targets_that_do_not_fit(values, kind, says, tmp_path):
    with pytest.raises(ValueError, match=says) as caught:
        datasets.load_csv(column_file(tmp_path, values), "t", kind=kind)
    assert str(tmp_path / "houses.csv") in str(caught.value)


def test_classes_may_mix_numbers_and_text_where_the_kind_is_given(tmp_path):
    dataset = datasets.load_csv(column_file(tmp_path, ["1", "2", "x", "x"]), "t", kind="select")
    assert dataset.targets == ("t=1", "t=2", "t=x")


@pytest.mark.parametrize("values, scale", [
    ([25, 346], 100), ([0.3, 0.4], 1), ([0.03, 0.04], 0.01 * 10 ** round(np.log10(3.5))), ([0, 0], 1),
    ([-2000, 1500], 1000), ([1e308, 1e308], 1), ([1e-310, 2e-310], 1e-310),
])
def test_power_of_ten(values, scale):
    assert own_csv.power_of_ten(np.array(values, float)) == pytest.approx(scale, rel=1e-12, abs=0)


# ---- inputs ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("text, says", [
    (HOUSES.replace("80,", ","), "line 3, column 'area': the value is missing"),
    (HOUSES.replace("Bonn", " "), "line 3, column 'town': the value is missing"),
    (HOUSES.replace("Bonn", "NA"), "line 3, column 'town': the value is missing .*'NA'"),
    (HOUSES.replace("120", "NaN"), "line 4, column 'area': the value is missing .*'NaN'"),
    (HOUSES.replace("420000", "?"), "line 4, column 'price': the value is missing"),
    (HOUSES.replace("120", "big"), "line 4, column 'area': expected a number as in line 2, got 'big'"),
    (HOUSES.replace("120", "1e999"), "line 4, column 'area': expected a finite float64, got '1e999'"),
    (HOUSES.replace("420000", "inf"), "line 4, column 'price': expected a finite float64, got 'inf'"),
    (HOUSES.replace("5,420000", "420000"), "line 4, column 'price': missing; the line has 3 fields"),
    (HOUSES.replace("420000", "420,000"), "line 4: the field after column 'price' has no column"),
    (HOUSES.replace("Ulm", "K\xf6ln", 1).encode("latin-1"), "line 2, column 'town': the text is not UTF-8"),
    (HOUSES.replace("rooms", "area"), "line 1, column 'area': the header names it twice"),
    (HOUSES.replace(",", ";"), "no column 'price'.*separated by commas"),
    (HOUSES.split("\n")[0], "line 2, column 'area': no row after the header"),
    ("", "line 1: the file is empty"),
    ("1,2\n3,4\n", "line 1, column 0: expected a header"),
    ('area,price\n1,"2\n3,4\n', "line 2: broken quotes"),
    ("area,price\n1,2\n", "at least 2 rows"),
])
def test_broken_files(text, says, tmp_path):
    path = saved(tmp_path, text)
    with pytest.raises(ValueError, match=says) as caught:
        datasets.load_csv(path, "price")
    assert str(path) in str(caught.value)


def test_line_numbers_count_blank_lines_and_lines_within_quotes(tmp_path):
    text = 'note,x,t\n\n"two\nlines",1,2\nb,oops,3\nb,2,4\n'
    with pytest.raises(ValueError, match="line 5, column 'x': expected a number as in line 3, got 'oops'"):
        datasets.load_csv(saved(tmp_path, text), "t")


def test_fifty_categories_are_enough(tmp_path):
    def text(kinds):
        return "name,t\n" + "".join(f"n{row:02},{row + 0.5}\n" for row in range(kinds))
    assert datasets.load_csv(saved(tmp_path, text(50)), "t").x.shape == (50, 50)
    with pytest.raises(ValueError, match="column 'name': 51 distinct values, such as 'n00', are too many"):
        datasets.load_csv(saved(tmp_path, text(51)), "t")


def test_a_column_without_a_name_is_called_by_its_number(tmp_path):
    dataset = datasets.load_csv(saved(tmp_path, ",t\n1,2.5\n2,3.5\n"), "t")
    assert dataset.columns == ("column 0",)


def test_other_bad_arguments(tmp_path):
    path = saved(tmp_path, HOUSES)
    for call, error, says in [
        (lambda: datasets.load_csv(7, "price"), TypeError, "path.*int 7"),
        (lambda: datasets.load_csv(path, "price", kind="softmax"), ValueError, "kind.*'softmax'"),
        (lambda: datasets.load_csv(path, "price", kind=2), TypeError, "kind"),
        (lambda: datasets.load_csv(path, "price", scale=1), TypeError, "scale"),
        (lambda: datasets.load_csv(tmp_path / "none.csv", "price"), FileNotFoundError, "none.csv"),
        (lambda: datasets.load_csv(tmp_path, "price"), OSError, tmp_path.name),
    ]:
        with pytest.raises(error, match=says):
            call()


@pytest.mark.parametrize("rows, epochs, mb_size", [(2, 100, 1), (60, 100, 6), (150, 100, 10), (5000, 20, 10),
                                                   pytest.param(50000, 5, 10, marks=pytest.mark.full)])
def test_settings(rows, epochs, mb_size, tmp_path):
    path = column_file(tmp_path, [row + 0.5 for row in range(rows)])
    dataset = datasets.load_csv(path, "t")
    assert (dataset.epochs, dataset.report, dataset.mb_size) == (epochs, epochs // 5, mb_size)
    assert int(rows * 0.8) // dataset.mb_size >= 1          # at least one minibatch trains
    assert datasets.load_csv(path, "t", scale=False).learning_rate == 0.001


@pytest.mark.full
def test_read_as_utf8_whatever_the_locale(tmp_path):
    """In a process whose locale is plain ASCII, with and without a byte order mark."""
    program = ("import sys; from mlp_py import datasets; d = datasets.load_csv(sys.argv[1], '\\uac12'); "
               "print(ascii(d.columns), ascii(d.targets))")
    text = "도시,값\n서울,1.5\n부산,2.5\n"
    for encoding in ("utf-8", "utf-8-sig"):
        path = saved(tmp_path, text.encode(encoding), f"{encoding}.csv")
        done = subprocess.run([sys.executable, "-X", "utf8=0", "-c", program, str(path)], capture_output=True,
                              text=True, env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0",
                                              "PYTHONPATH": ":".join(filter(None, sys.path))})
        assert done.stdout.strip() == ascii(("도시=부산", "도시=서울")) + " " + ascii(("값",)), done.stderr
