"""The picture of a run: one panel a case, a bar a contestant, us a training step on a logarithmic scale."""
import math

from mlp_py.outputs import replacing
from mlp_py.plots import TEST, TRAINING, picture_format


def draw(results):
    """A matplotlib Figure; mlp_c in another colour, the quickest on top."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(2 if len(results) < 5 else 3, len(results))
    lines = math.ceil(len(results) / columns)
    height = 0.9 + 0.23 * max(len(result['contestants']) for result in results)
    figure = Figure(figsize=(6.5 * columns, height * lines), layout='constrained')
    FigureCanvasAgg(figure)
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel in panels[len(results):]:
        panel.set_visible(False)
    for panel, result in zip(panels, results):
        ranked = sorted(result['contestants'].items(), key=lambda item: -item[1]['median'])
        names = [name for name, _ in ranked]
        values = [figures['median'] * 1e6 for _, figures in ranked]
        bars = panel.barh(names, values, color=[TEST if name == 'mlp_c' else TRAINING for name in names])
        panel.bar_label(bars, fmt='%.3g', padding=3, fontsize=8)
        panel.set_xscale('log')
        panel.set_xlim(min(values) / 2, max(values) * 3)
        panel.set_xlabel('us a training step')
        title = f'{result["shape"]}, {result["rows"]} rows, {result["problem"]}, {result["dtype"]}'
        panel.set_title(title, fontsize=10)
        panel.tick_params(axis='y', labelsize=8)
    return figure


def write(path, results):
    """Draw `results` into the file `path`, in the format that its ending names."""
    figure = draw(results)
    with replacing(path) as file:
        figure.savefig(file, format=picture_format(path), dpi=110)
