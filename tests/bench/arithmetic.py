"""What the figures mean: the shapes that are timed, the operations of a training step, means and quartiles."""
import statistics

SMALL = (((10, 4, 1), 10), ((8, 12, 6, 1), 10), ((27, 12, 6, 4, 7), 10))       # the lecture's networks
LARGER = (((24, 8, 2), 200), ((64, 32, 10), 32))
WIDE = (((4, 32, 16, 4), 10_000), ((784, 128, 10), 100), ((784, 512, 256, 10), 128),
        ((1024, 1024, 1024, 1024), 512), ((4096, 4096, 4096), 256))
PROBLEMS = ('regression', 'binary', 'select')                                  # what SMALL are for, in this order
DTYPES = ('float64', 'float32')


def flops_of_step(widths, rows):
    """Operations of the products of one training step: forward, weight gradients, and input gradients but the first.

    2 B (2 sum(I O) + sum(I O without the first layer)); bias, ReLU, loss and update are not counted.
    """
    products = [i * o for i, o in zip(widths, widths[1:])]
    return 2 * rows * (2 * sum(products) + sum(products[1:]))


def geometric_mean(values):
    """The geometric mean, or None where there is nothing to average."""
    values = list(values)
    return statistics.geometric_mean(values) if values else None


def quartiles(values):
    """[first quartile, median, third quartile]."""
    if len(values) == 1:
        return [values[0]] * 3
    return statistics.quantiles(values, n=4, method='inclusive')


def grouped(results, *keys):
    """Lists of those that are alike in all of `keys`, in the order of the first of each."""
    groups = {}
    for result in results:
        groups.setdefault(tuple(result[key] for key in keys), []).append(result)
    return list(groups.values())


def shape_text(widths):
    """(10, 4, 1) is '10-4-1'."""
    return '-'.join(map(str, widths))
