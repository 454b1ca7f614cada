"""The picture of a run: bars of each case, and the map of who is quicker where, with its curves."""
import math

from mlp_py.outputs import replacing
from mlp_py.plots import TEST, TRAINING, picture_format

from . import crossover

BARS_WIDTH, MAP_HEIGHT = 6.5, 5.0       # inches: of a panel of bars, of the map
FACTOR = 8                              # colours end where somebody is so many times as fast


def draw(results, points=()):
    """A matplotlib Figure: the map and the curves of `points` above, if there are any, bars of `results` below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(2 if len(results) < 5 else 3, len(results))
    lines = math.ceil(len(results) / columns) if columns else 0
    height = lines * (0.9 + 0.23 * max((len(result['contestants']) for result in results), default=0))
    heights = [size for size in (MAP_HEIGHT if points else 0, height) if size]
    figure = Figure(figsize=(max(BARS_WIDTH * columns, 2 * BARS_WIDTH if points else 0), sum(heights)),
                    layout='constrained')
    FigureCanvasAgg(figure)
    parts = list(figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False).ravel())
    if points:
        left, right = parts.pop(0).subplots(1, 2)
        draw_map(left, points)
        draw_curves(right, points)
    if results:
        panels = parts.pop(0).subplots(lines, columns, squeeze=False).ravel()
        for panel in panels[len(results):]:
            panel.set_visible(False)
        for panel, result in zip(panels, results):
            draw_bars(panel, result)
    return figure


def draw_bars(panel, result):
    """A bar a contestant, us a step on a logarithmic scale; mlp_c in another colour, the quickest on top."""
    ranked = sorted(result['contestants'].items(), key=lambda item: -item[1]['median'])
    names = [name for name, _ in ranked]
    values = [figures['median'] * 1e6 for _, figures in ranked]
    bars = panel.barh(names, values, color=[TEST if name == 'mlp_c' else TRAINING for name in names])
    panel.bar_label(bars, fmt='%.3g', padding=3, fontsize=8)
    panel.set_xscale('log')
    panel.set_xlim(min(values) / 2, max(values) * 3)
    panel.set_xlabel('us a training step')
    threads = f', threads: {result["threads"]}' if 'threads' in result else ''
    title = f'{result["shape"]}, {result["rows"]} rows, {result["problem"]}, {result["dtype"]}{threads}'
    panel.set_title(title, fontsize=10)
    panel.tick_params(axis='y', labelsize=8)


def draw_map(panel, points):
    """A field a point: the quickest of the others, and how many times mlp_c's time it takes."""
    import numpy as np
    from matplotlib.colors import LogNorm

    widths, rows = (sorted({entry[key] for entry in points}) for key in ('width', 'rows'))
    ratios = np.full((len(rows), len(widths)), np.nan)
    for entry in points:
        found = crossover.rival(entry)
        if found:
            place = rows.index(entry['rows']), widths.index(entry['width'])
            ratios[place] = found[1]
            strong = abs(math.log(found[1], FACTOR)) > 0.6                  # light letters on dark colours
            panel.text(*reversed(place), f'{found[1]:.2g}\n{found[0]}', ha='center', va='center', fontsize=7,
                       color='white' if strong else 'black')
    image = panel.imshow(ratios, origin='lower', aspect='auto', cmap='PuOr_r', norm=LogNorm(1 / FACTOR, FACTOR))
    ticks = [1 / FACTOR, 0.25, 0.5, 1, 2, 4, FACTOR]
    bar = panel.figure.colorbar(image, ax=panel, ticks=ticks, extend='both')
    bar.ax.set_yticklabels([f'{tick:g}' for tick in ticks])
    bar.ax.minorticks_off()
    panel.set_xticks(range(len(widths)), widths)
    panel.set_yticks(range(len(rows)), rows)
    panel.set_xlabel('width of input and hidden layer (10 outputs)')
    panel.set_ylabel('rows of a minibatch')
    panel.set_title(f'time of the quickest of the others over that of mlp_c, {points[0]["dtype"]}', fontsize=10)


def draw_curves(panel, points):
    """us a step against the width, for the row of the map that comes nearest to crossover.ROW rows."""
    rows = min((entry['rows'] for entry in points), key=lambda count: abs(count - crossover.ROW))
    chosen = sorted((entry for entry in points if entry['rows'] == rows), key=lambda entry: entry['width'])
    styles = zip(('mlp_c', *crossover.RIVALS), (TEST, TRAINING, 'black', 'gray'), 'os^D')
    for name, colour, marker in styles:
        line = [(entry['width'], entry['seconds'][name] * 1e6) for entry in chosen if name in entry['seconds']]
        if line:
            panel.plot(*zip(*line), marker=marker, markersize=4, color=colour, label=name)
    panel.set_xscale('log', base=2)
    panel.set_yscale('log')
    widths = [entry['width'] for entry in chosen]
    panel.set_xticks(widths, widths)
    panel.set_xlabel('width of input and hidden layer (10 outputs)')
    panel.set_ylabel('us a training step')
    panel.set_title(f'{rows} rows, {points[0]["dtype"]}', fontsize=10)
    panel.grid(alpha=0.3)
    panel.legend()


def write(path, results, points=()):
    """Draw into the file `path`, in the format that its ending names."""
    figure = draw(results, points)
    with replacing(path) as file:
        figure.savefig(file, format=picture_format(path), dpi=110)
