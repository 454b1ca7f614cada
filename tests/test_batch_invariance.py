"""A row's output does not depend on its batch: not on how many rows there are, on its place, nor on where they lie.

Asked of every port, promised by mlp_c (whose sums have one order): 0 rows may differ there. What the others do is shown
beside it at the end of the run.
"""
import numpy as np
import pytest

from . import bits, cases, checks

TRIES = 1000
WIDTHS = ((4, 2), (1, 1), (10, 4, 1), (7, 17, 3), (33, 9, 9, 2), (27, 12, 6, 4, 7), (64, 70), (300, 5, 4), (16, 257, 2),
          (5, 1, 8))
MOST_ROWS = 40


def network(port, widths, dtype, seed):
    """A forward of that port with drawn parameters; through Network where it has one."""
    case = cases.random_case('regression', widths[1:-1], [1], dtype, seed, inputs=widths[0], outputs=widths[-1])
    subject = checks.ThroughNetwork(port) if port.Network is not None else checks.ThroughLecture(port)
    subject.begin(case)
    return subject.forward


def placed(rows, offset, gaps):
    """The rows, the first of them `offset` bytes behind a multiple of 64; with gaps of NaN between rows and numbers."""
    count, width = rows.shape
    step_rows, step_columns = (2, 2) if gaps else (1, 1)
    size = count * step_rows * width * step_columns
    raw = np.full(size * rows.itemsize + 128, 255, np.uint8)        # 255s are NaN in both precisions
    begin = -raw.ctypes.data % 64 + offset
    whole = raw[begin:begin + size * rows.itemsize].view(rows.dtype).reshape(count * step_rows, width * step_columns)
    view = whole[::step_rows, ::step_columns]
    view[...] = rows
    assert view.ctypes.data % 64 == offset
    return view


def differing(port, seed):
    """How many of TRIES rows give other bits in a batch than alone, and the first of them."""
    rng = np.random.default_rng(seed)
    dtypes = cases.DTYPES if not port.lacks('float32') else cases.DTYPES[:1]
    drawn = [(widths, dtype) for widths in WIDTHS for dtype in dtypes]
    wrong = []
    for n, (widths, dtype) in enumerate(drawn):
        forward = network(port, widths, dtype, n)
        pool = rng.normal(size=(MOST_ROWS, widths[0])).astype(dtype)
        alone = [forward(row[None].copy()) for row in pool]
        for _ in range(n, TRIES, len(drawn)):
            count, offset, gaps = int(rng.integers(1, MOST_ROWS + 1)), int(rng.integers(64)), bool(rng.integers(2))
            chosen = rng.permutation(MOST_ROWS)[:count]
            place = int(rng.integers(count))
            output, aux = forward(placed(pool[chosen], offset, gaps))
            one, its_aux = alone[chosen[place]]
            found = [bits.difference(values[place:place + 1], wanted)
                     for values, wanted in zip([output, *aux[1:]], [one, *its_aux[1:]], strict=True)]
            if any(found):
                wrong.append(f'{widths} {dtype}, row {place} of {count}, {offset} bytes behind a boundary'
                             f'{", with gaps" * gaps}: {next(filter(None, found))}')
    return wrong


@pytest.mark.needs('forward_neuralnet', 'layouts')
def test_a_row_is_the_same_in_every_batch(twin, lecture, seed):
    wrong = differing(twin, seed)
    bits.NOTES.append(f'{twin.name}: {len(wrong)} of {TRIES} rows have other bits in a batch than alone')
    if twin.block is not None:
        assert not wrong, f'{len(wrong)} of {TRIES} rows differ, the first: {wrong[0]}'


@pytest.mark.needs('Network')
@pytest.mark.parametrize('problem', cases.PROBLEMS)
def test_repeated_runs_are_identical(twin, problem, seed):
    """100 runs of three training steps from the same parameters, each over rows that lie elsewhere in memory."""
    if twin.block is None:
        pytest.skip(f'{twin.name} promises no order of its sums')
    first = None
    for run in range(100):
        dtype = cases.DTYPES[run % 2]
        case = cases.random_case(problem, (9, 5), [33], dtype, seed, inputs=11, outputs=3)
        subject = checks.ThroughNetwork(twin)
        subject.begin(case)
        x, y = case.batches[0]
        x = placed(x, run * 8 % 64, run % 3 == 0)
        results = [np.array(subject.net.train_step(problem, x, y, 0.25)) for _ in range(3)]
        seen = [*results, subject.net.theta.copy(), subject.net.predict(x)]
        if run < 2:
            first = {**(first or {}), dtype: seen}
        for got, wanted in zip(seen, first[dtype], strict=True):
            assert bits.difference(got, wanted) is None, f'run {run} {dtype}: {bits.difference(got, wanted)}'


@pytest.mark.full
def test_a_sum_of_another_order_is_seen(seed):
    """The comparison above refuses a network whose sums depend on the number of rows."""
    class Port:
        name, block, Network, lecture = 'turned', 256, None, None

        def lacks(self, *names):
            return []

    class Turned:
        def __init__(self, port):
            pass

        def begin(self, case):
            self.params = case.params

        def forward(self, x):
            h, aux = x, [x]
            for pair in self.params:
                order = slice(None, None, -1) if len(x) % 2 else slice(None)
                terms = [h[:, k:k + 1] * pair['w'][k] for k in range(h.shape[1])[order]]
                h = sum(terms[1:], terms[0]) + pair['b']
                aux.append(h)
            return h, aux[:-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, 'ThroughLecture', Turned)
        assert len(differing(Port(), seed)) > TRIES / 10
