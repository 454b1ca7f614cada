"""Pictures of a training run."""

import numpy as np
import pytest

from mlp_py import plots, training


def test_the_picture_shows_the_history():
    pytest.importorskip("matplotlib")
    history = training.History()
    history.epochs = [(3.0, 0.25, None), (2.0, 0.5, 0.5), (np.inf, np.nan, -np.inf), (1.0, 0.75, 0.625)]
    figure = plots.draw_history(history, "any $title")
    above, below = figure.axes
    assert figure.get_suptitle() == "any $title"
    assert (above.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == ("loss", "accuracy", "epoch")
    assert above.get_legend() and below.get_legend()
    (loss,), (training_accuracy, test_accuracy) = above.lines, below.lines
    np.testing.assert_array_equal(loss.get_xydata(), [[1, 3], [2, 2], [3, np.nan], [4, 1]])
    np.testing.assert_array_equal(training_accuracy.get_ydata(), [0.25, 0.5, np.nan, 0.75])
    np.testing.assert_array_equal(test_accuracy.get_xydata(), [[2, 0.5], [4, 0.625]])


@pytest.mark.parametrize("epochs", [100, *(pytest.param(few, marks=pytest.mark.full) for few in (0, 1))])
def test_a_picture_of_any_length_and_title(tmp_path, epochs, recwarn):
    pytest.importorskip("matplotlib")
    history = training.History()
    history.epochs = [(1.0, 0.5, None)] * epochs
    plots.write_plot(str(tmp_path / "x.svg"), history, "집 \udcff $x_{")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")
    assert not recwarn.list
