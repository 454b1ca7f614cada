"""Every array argument in every layout: the result has the bits of the contiguous one, or the documented error."""
import numpy as np
import pytest

from . import cases, checks
from .layouts import layouts, repeated_columns, repeated_rows

pytestmark = pytest.mark.needs('Network', 'layouts', 'errors')

HIDDEN = [(), pytest.param((5,), marks=pytest.mark.full), (5, 3)]


def integers(shape, dtype, seed=0):
    return np.random.default_rng([seed, *shape]).integers(-3, 4, shape).astype(dtype)


class Calls:
    """One call per array argument of Network: name -> (good value, function of the disguised one -> results)."""

    def __init__(self, twin, dtype, hidden, real=False):
        self.twin, self.dtype, self.hidden = twin, dtype, hidden
        make = integers if not real else lambda shape, dtype: np.random.default_rng(shape).normal(size=shape).astype(dtype)
        self.x, self.y, self.G = make((8, 6), dtype), make((8, 4), dtype), make((8, 4), dtype)
        self.theta = make((self.net_of_zeros().theta.size,), dtype)
        self.aux = self.net().forward(self.x)[1]
        self.table = {
            'x of forward': (self.x, lambda a: self.flat(*self.net().forward(a))),
            'x of predict': (self.x, lambda a: [self.net().predict(a)]),
            'x of evaluate': (self.x, lambda a: [np.array(self.net().evaluate('regression', a, self.y))]),
            'y of evaluate': (self.y, lambda a: [np.array(self.net().evaluate('regression', self.x, a)[0])]),
            'x of train_step': (self.x, lambda a: self.after(lambda net: net.train_step('regression', a, self.y, 0.5))),
            'y of train_step': (self.y, lambda a: self.after(lambda net: net.train_step('regression', self.x, a, 0.5))),
            'x of train_epoch': (self.x, lambda a: self.after(
                lambda net: net.train_epoch('regression', a, self.y, [3, 1, 1, 6, 0], 4, 0.5))),
            'y of train_epoch': (self.y, lambda a: self.after(
                lambda net: net.train_epoch('regression', self.x, a, [3, 1, 1, 6, 0], 4, 0.5))),
            'x of loss_and_gradients': (self.x, lambda a: checks.arrays_of(
                self.net().loss_and_gradients('regression', a, self.y)[1])),
            'G_output of backprop': (self.G, lambda a: self.after(lambda net: net.backprop(a, self.aux, 0.5))),
            'G_output of gradients': (self.G, lambda a: checks.arrays_of(self.net().gradients(a, self.aux))),
            'G_output of input_gradient': (self.G, lambda a: [self.net().input_gradient(a, self.aux)]),
        }
        for n, entry in enumerate(self.aux):
            self.table[f'aux[{n}] of backprop'] = entry, lambda a, n=n: self.after(
                lambda net: net.backprop(self.G, self.with_aux(n, a), 0.5))
            self.table[f'aux[{n}] of input_gradient'] = entry, lambda a, n=n: [
                self.net().input_gradient(self.G, self.with_aux(n, a))]

    def net_of_zeros(self):
        return self.twin.Network(6, self.hidden, 4, dtype=self.dtype, std=0)

    def net(self):
        net = self.net_of_zeros()
        net.theta[...] = self.theta
        return net

    def after(self, change):
        net = self.net()
        change(net)
        return [net.theta]

    def with_aux(self, n, entry):
        return [*self.aux[:n], entry, *self.aux[n + 1:]]

    @staticmethod
    def flat(output, aux):
        return [output, *aux[1:]]


def agree(name, got, wanted):
    for one, other in zip(got, wanted, strict=True):
        checks.same(name, one, other)


@pytest.mark.filterwarnings('ignore:divide by zero', 'ignore:invalid value')     # the accuracy divides by a target of 0
@pytest.mark.parametrize('dtype', ['float64', pytest.param('float32', marks=pytest.mark.full)])
@pytest.mark.parametrize('hidden', HIDDEN, ids=str)
def test_layouts_of_network_arguments(twin, hidden, dtype):
    calls = Calls(twin, dtype, hidden)
    for name, (good, call) in calls.table.items():
        wanted = call(good)
        for layout, disguised in layouts(good).items():
            before = None if not isinstance(disguised, np.ndarray) else disguised.tobytes()
            agree(f'{name}, {layout}', call(disguised), wanted)
            assert before is None or before == disguised.tobytes()


@pytest.mark.filterwarnings('ignore:divide by zero', 'ignore:invalid value')
@pytest.mark.parametrize('dtype', cases.DTYPES)
@pytest.mark.parametrize('hidden', HIDDEN, ids=str)
def test_repeated_by_stride_0(twin, hidden, dtype):
    calls = Calls(twin, dtype, hidden)
    for name, (good, call) in calls.table.items():
        for repeat in (repeated_rows, repeated_columns):
            view, copy = repeat(good)
            agree(f'{name}, {repeat.__name__}', call(view), call(copy))


@pytest.mark.filterwarnings('ignore:divide by zero', 'ignore:invalid value')
@pytest.mark.parametrize('hidden', HIDDEN, ids=str)
def test_bool_is_0_and_1(twin, hidden):
    calls = Calls(twin, 'float64', hidden)
    for name, (good, call) in calls.table.items():
        agree(name, call(good > 0), call((good > 0).astype(float)))


@pytest.mark.parametrize('dtype', cases.DTYPES)
def test_layouts_with_real_numbers(twin, dtype):
    """Not only exact data: in mlp_c the order of a sum does not depend on the layout (in NumPy it may)."""
    if twin.name != 'mlp_c':
        pytest.skip("NumPy's products may sum strided arrays in another order: promised by mlp_c alone")
    calls = Calls(twin, dtype, (5, 3), real=True)
    fits = ('int8', 'int64', 'uint16 swapped', 'float16')
    for name, (good, call) in calls.table.items():
        wanted = call(good)
        for layout, disguised in layouts(good).items():
            if layout not in fits and not (layout == 'other float' and dtype == 'float64'):
                agree(f'{name}, {layout}', call(disguised), wanted)


@pytest.mark.parametrize('dtype', cases.DTYPES)
def test_numbers_are_rounded_once(twin, dtype):
    """What no dtype of the network holds is rounded to it before anything is computed."""
    calls, x = Calls(twin, dtype, (5,)), np.random.default_rng(3).normal(size=(8, 6)) / 3
    for kind in (np.float64, np.float32, np.float16, np.longdouble):
        agree(str(kind), calls.flat(*calls.net().forward(x.astype(kind))),
              calls.flat(*calls.net().forward(x.astype(kind).astype(dtype))))


@pytest.mark.parametrize('kind', [np.int32, np.uint8, np.int64, '>i4', np.intp, list, tuple])
def test_layouts_of_order(twin, kind):
    calls, order = Calls(twin, 'float64', (5,)), np.array([3, 1, 1, 6, 0])

    def run(order):
        return calls.after(lambda net: net.train_epoch('binary', calls.x, calls.y > 0, order, 2, 0.5))

    disguised = kind(order.tolist()) if kind in (list, tuple) else order.astype(kind)
    agree(str(kind), run(disguised), run(order))
    if kind not in (list, tuple):
        spread = np.full(10, 99, kind)
        spread[::2] = order
        agree('a step', run(spread[::2]), run(order))
        agree('reversed', run(disguised[::-1].copy()[::-1]), run(order))


@pytest.mark.parametrize('dtype', cases.DTYPES)
@pytest.mark.parametrize('hidden', [[], 5, [5], [5, 3]], ids=str)
def test_layouts_of_lecture_arguments(twin, lecture, hidden, dtype):
    """x, y, G_output and aux of the lecture, with parameters of either precision."""
    widths = [6, *([hidden] if hidden == 5 else hidden), 4]
    start = [{'w': integers(shape, dtype), 'b': integers(shape[1:], dtype)} for shape in zip(widths, widths[1:])]
    lecture.input_cnt, lecture.output_cnt, lecture.problem, lecture.LEARNING_RATE = 6, 4, 'regression', 0.5
    lecture.set_hidden(hidden)
    x, G_output, y = integers((8, 6), dtype), integers((8, 4), dtype, 1), np.tile(1 + np.eye(4, dtype=dtype), (2, 1))

    def restart():
        pairs = checks.copies(start)
        lecture.pm_output, lecture.pm_hidden, lecture.pm_hiddens = pairs[-1], pairs[0], pairs[:-1]
        return checks.arrays_of(pairs)

    def forward(a):
        restart()
        output, aux = lecture.forward_neuralnet(a)
        return [output, *aux[1:]]

    def backprop(G, aux):
        arrays = restart()
        lecture.backprop_neuralnet(G, aux)
        return arrays

    def train(x, y):
        arrays = restart()
        return [*map(np.float64, lecture.run_train(x, y)), *arrays]

    restart()
    _, aux = lecture.forward_neuralnet(x)
    wanted = forward(x), backprop(G_output, aux), train(x, y)
    for layout, disguised in layouts(x).items():
        agree(f'x of forward, {layout}', forward(disguised), wanted[0])
        agree(f'aux[0], {layout}', backprop(G_output, [disguised, *aux[1:]]), wanted[1])
        agree(f'x of run_train, {layout}', train(disguised, y), wanted[2])
    for layout, disguised in layouts(G_output).items():
        agree(f'G_output, {layout}', backprop(disguised, aux), wanted[1])
    for layout, disguised in layouts(y).items():
        agree(f'y of run_train, {layout}', train(x, disguised), wanted[2])


@pytest.mark.parametrize('offset', range(8, 64, 8))
def test_parameters_of_lecture_anywhere(lecture, offset):
    """Parameter arrays may begin at any address that suits their numbers."""
    lecture.set_hidden([5])
    lecture.problem = 'regression'
    seen = []
    for shift in (0, offset):
        pairs = []
        for shape in ((6, 5), (5, 4)):
            raw = np.zeros(shape[0] * shape[1] + 16)
            begin = (-raw.ctypes.data % 64 + shift) // 8
            pairs.append({'w': raw[begin:begin + shape[0] * shape[1]].reshape(shape), 'b': integers(shape[1:], float)})
            pairs[-1]['w'][...] = np.random.default_rng(shape).normal(size=shape)
        lecture.pm_hiddens, lecture.pm_output = pairs[:1], pairs[1]
        lecture.run_train(integers((7, 6), float), integers((7, 4), float) + 10)
        seen.append(checks.arrays_of(checks.copies(pairs)))
    agree('parameters', *seen)
