"""The picture of a training run: loss and accuracy by epoch, drawn with matplotlib (extra `demo`)."""

import os
import warnings

import numpy as np

# Two hues that stay apart for every kind of colour vision, and in grey.
TRAINING, TEST = "#1f4e9e", "#e07b00"


def picture_format(path):
    """The format that the ending of `path` asks for: 'png', 'svg', ...

    ValueError names the endings that matplotlib can write; ImportError says how to get matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError:
        raise ImportError('pictures need matplotlib: pip install "mlp-twins[demo]"') from None
    ending = os.path.splitext(path)[1].lower().lstrip(".")
    known = sorted(FigureCanvasAgg.get_supported_filetypes())
    if ending not in known:
        raise ValueError(f"{path!r} must end in one of .{', .'.join(known)}")
    return ending


def draw_history(history, title):
    """A matplotlib Figure: the loss by epoch above, training and test accuracy by epoch below.

    Figures that are NaN or infinite are left out; the test accuracy has a point wherever it was measured.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 6.5), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True)
    epochs = np.arange(1, len(history.epochs) + 1)
    columns = np.array(history.epochs, dtype=float).reshape(-1, 3)          # None becomes NaN: not drawn
    columns[~np.isfinite(columns)] = np.nan
    marker = "o" if len(epochs) <= 30 else ""
    above.plot(epochs, columns[:, 0], marker=marker, markersize=4, color=TRAINING,
               label="training (mean of the epoch)")
    above.set_ylabel("loss")
    below.plot(epochs, columns[:, 1], marker=marker, markersize=4, color=TRAINING,
               label="training (mean of the epoch)")
    tested = ~np.isnan(columns[:, 2])
    below.plot(epochs[tested], columns[tested, 2], marker="s", markersize=4, linestyle="--", color=TEST,
               label="test (after the epoch)")
    below.set_ylabel("accuracy")
    below.set_xlabel("epoch")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    for panel in (above, below):
        panel.grid(alpha=0.3)
        panel.legend()
    # A file's name may hold a $, or bytes that are no text.
    figure.suptitle(title.encode("utf-8", "replace").decode("utf-8"), parse_math=False)
    return figure


def write_plot(path, history, title):
    """Draw `history` into the file `path`, in the format that its ending names."""
    from .outputs import replacing

    figure = draw_history(history, title)
    with replacing(path) as file, warnings.catch_warnings():
        # A name in letters that the font lacks is drawn as boxes; a warning would only hide the lines above.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, format=picture_format(path), dpi=120)
