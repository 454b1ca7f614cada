"""Where the numbers lie changes no bit: any alignment, any batch position, arrays that share memory."""
import numpy as np
import pytest

from mlp_c import levels
from mlp_c.trainer import Trainer

from . import bits, cases, checks
from .drawn_networks import Drawn

PATHS = ('plain', 'small', 'packed', 'thin')

each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)


# ---- where the numbers lie -----------------------------------------------------------------------------------------

class Surrounded:
    """Copies of arrays at any number's address, among NaN that nobody may overwrite."""

    def __init__(self, offset):
        self.offset, self.made = offset, []

    def __call__(self, array):
        raw = np.full(array.size + 128, np.nan, array.dtype)
        begin = -raw.ctypes.data % 64 // array.itemsize + 32 + self.offset
        self.made.append((raw, begin, begin + array.size))
        copy = raw[begin:begin + array.size].reshape(array.shape)
        copy[...] = array
        return copy

    def check(self):
        for raw, begin, end in self.made:
            assert np.isnan(raw[:begin]).all() and np.isnan(raw[end:]).all(), 'numbers outside of an array were written'


def anywhere(drawn, place):
    """Everything once more, each array that goes in or comes out where `place` puts it."""
    pairs = [{name: place(values) for name, values in pair.items()} for pair in drawn.network().params]
    engine, x, G = Trainer(pairs), place(drawn.x[:drawn.batch]), place(drawn.G)
    output, aux = engine.forward(x)
    results = [output, *aux]
    aux = [place(h) for h in aux]
    results += [values for pair in engine.gradients(G, aux) for values in pair.values()]
    results += [engine.input_gradient(G, aux), engine.predict(x, None, place(np.zeros_like(output))),
                engine.predict(x, 'select', place(np.zeros_like(output)))]
    engine.backprop(G, aux, 0.03)
    results += checks.arrays_of(checks.copies(pairs))
    whole = place(drawn.x)
    for problem, y in drawn.targets.items():
        results.append(np.array(engine.train_step(problem, x, place(y[:drawn.batch]), 0.01)))
        results += engine.train_epoch(problem, whole, place(y), drawn.order, drawn.batch, 0.01)
        results += checks.arrays_of(checks.copies(pairs))
    return results


@each_dtype
def test_any_alignment(use, dtype, seed):
    with bits.Comparing() as same:
        for widths in ([10, 4, 1], [5, 9, 17, 3], [1, 2, 1], [33, 70, 7], [16, 8]):
            drawn = Drawn(widths, 13, dtype, 'mixed', [seed, *widths])
            use(levels.level, 'plain')
            wanted = anywhere(drawn, np.copy)
            for path in PATHS[1:]:
                use(levels.level, path)
                for offset in range(64 // np.dtype(dtype).itemsize):
                    place = Surrounded(offset)
                    for n, (got, expected) in enumerate(zip(anywhere(drawn, place), wanted, strict=True)):
                        same(got, expected, drawn, path, 'offset', offset, 'array', n)
                    place.check()


@each_dtype
def test_any_batch_position(dtype, seed):
    """A row's hidden layers, output, probabilities and input gradient do not depend on the rows beside it."""
    with bits.Comparing() as same:
        for widths in ([10, 4, 1], [5, 9, 17, 3], [1, 2, 1], [300, 33, 70, 7], [257, 8], [9, 256, 2],
                       [160, 150, 11]):             # the last one packed where there are rows enough
            for kind in ('mixed', 'wild'):
                drawn = Drawn(widths, 300, dtype, kind, [seed, *widths])
                net, x, G = drawn.network(), drawn.x[:300], drawn.G

                def rows_of(part):
                    output, aux = net.forward(x[part])
                    return [output, *aux, net.predict(x[part]), net.predict(x[part], 'binary'),
                            net.predict(x[part], 'select'), net.input_gradient(G[part], aux)]

                wanted = rows_of(slice(None))
                parts = [slice(n, n + 1) for n in (*range(20), 63, 64, 255, 256, 257, 299)]
                parts += [slice(begin, begin + rows) for begin in (0, 1, 2, 3, 5, 8, 43) for rows in (2, 3, 9, 64, 257)]
                for part in parts:
                    for got, expected in zip(rows_of(part), wanted, strict=True):
                        same(got, expected[part], drawn, part)


# ---- arrays that share memory ----------------------------------------------------------------------------------------

def tied(how, rng, dtype):
    """Pairs of a 5-5-5-5 network in which something is shared."""
    memory = rng.normal(size=200).astype(dtype)
    pairs = [{'w': memory[40 * n:40 * n + 25].reshape(5, 5), 'b': memory[40 * n + 30:40 * n + 35]} for n in range(3)]
    if how == 'two pairs are one':
        return [pairs[0], pairs[0], pairs[2]]
    if how == 'all pairs are one':
        return [pairs[1]] * 3
    if how == 'two w are one array':
        pairs[2]['w'] = pairs[0]['w']
    elif how == 'a bias is a row of its w':
        pairs[1]['b'] = pairs[1]['w'][2]
    elif how == 'a bias is a row of another w':
        pairs[0]['b'] = pairs[2]['w'][4]
    elif how == 'w overlap by two rows':
        pairs[1]['w'] = memory[15:40].reshape(5, 5)
    return pairs


@each_dtype
@pytest.mark.parametrize('how', ['nothing', 'two pairs are one', 'all pairs are one', 'two w are one array',
                                 'a bias is a row of its w', 'a bias is a row of another w', 'w overlap by two rows'])
def test_tied_parameters(use, how, dtype, seed):
    from mlp_c import lecture
    from .conftest import restored
    seen = {}
    for path in PATHS:
        use(levels.level, path)
        rng, results = np.random.default_rng(seed), []
        with restored(lecture):
            pairs = tied(how, rng, dtype)
            lecture.pm_hiddens, lecture.pm_output, lecture.LEARNING_RATE = pairs[:-1], pairs[-1], 0.01
            lecture.input_cnt = lecture.output_cnt = 5
            lecture.set_hidden([5, 5])
            x, y, G = (rng.normal(size=(7, 5)).astype(dtype) for _ in range(3))
            output, aux = lecture.forward_neuralnet(x)
            lecture.backprop_neuralnet(G, aux)
            results += [output, *aux, *checks.arrays_of(checks.copies(pairs))]
            for lecture.problem in cases.PROBLEMS:
                results += [np.array(lecture.run_train(x, abs(y))), *checks.arrays_of(checks.copies(pairs))]
        seen[path] = results
    with bits.Comparing() as same:
        for path in PATHS[1:]:
            for got, wanted in zip(seen[path], seen['plain'], strict=True):
                same(got, wanted, path, how)


def overlapping_calls(drawn):
    """name -> function of (net, an array or its stand-in): calls whose argument may lie in the parameters."""
    x, y, G, order = drawn.x, drawn.targets['regression'], drawn.G, drawn.order
    B = drawn.batch
    aux = drawn.network().forward(x[:B])[1]
    return {
        'x of forward': (x[:B], lambda net, a: net.forward(a)[0]),
        'x of predict': (x[:B], lambda net, a: net.predict(a)),
        'x of train_step': (x[:B], lambda net, a: np.array(net.train_step('regression', a, y[:B], 0.01))),
        'y of train_step': (y[:B], lambda net, a: np.array(net.train_step('regression', x[:B], a, 0.01))),
        'x of train_epoch': (x, lambda net, a: net.train_epoch('regression', a, y, order, B, 0.01)[0]),
        'y of train_epoch': (y, lambda net, a: net.train_epoch('binary', x, a, order, B, 0.01)[0]),
        'x of loss_and_gradients': (x[:B], lambda net, a: net.loss_and_gradients('select', a, abs(y[:B]))[1][0]['w']),
        'G_output of backprop': (G, lambda net, a: np.array(net.backprop(a, aux, 0.01))),
        'G_output of gradients': (G, lambda net, a: net.gradients(a, aux)[0]['w']),
        'hidden of backprop': (aux[1], lambda net, a: np.array(net.backprop(G, [aux[0], a], 0.01))),
        'x in aux of backprop': (aux[0], lambda net, a: np.array(net.backprop(G, [a, aux[1]], 0.01))),
        'hidden of input_gradient': (aux[1], lambda net, a: net.input_gradient(G, [aux[0], a])),
    }


@each_dtype
@pytest.mark.parametrize('path', PATHS)
def test_arguments_within_the_parameters(use, path, dtype, seed):
    """x, y, G_output and aux may be views of theta: the result is that of a copy made before the call."""
    use(levels.level, path)
    drawn = Drawn([6, 9, 5], 3, dtype, 'ordinary', seed)
    with bits.Comparing() as same:
        for name, (like, call) in overlapping_calls(drawn).items():
            for begin in (0, 1, 13, drawn.theta.size - like.size):
                net, other = drawn.network(), drawn.network()
                view = net.theta[begin:begin + like.size].reshape(like.shape)
                copied = view.copy()
                same(call(net, view), call(other, copied), path, name, begin)
                same(net.theta, other.theta, path, name, begin, 'theta')


@each_dtype
@pytest.mark.parametrize('problem', [None, *cases.PROBLEMS])
def test_out_within_x_or_the_parameters(use, problem, dtype, seed):
    """out of predict may share memory with x or theta: it receives what a new array would have."""
    with bits.Comparing() as same:
        for path in PATHS:
            use(levels.level, path)
            for rows in (3, 300):
                drawn = Drawn([6, 9, 6], rows, dtype, 'ordinary', seed)
                x, wanted = drawn.x[:rows].copy(), drawn.network().predict(drawn.x[:rows], problem)
                net, memory = drawn.network(), np.zeros(2 * x.size + 20, dtype)
                same(net.predict(x, problem, out=x), wanted, path, 'out is x')
                for begin in (0, 1, 5, 6, 17):
                    own = memory[20:20 + x.size].reshape(x.shape)
                    own[...] = drawn.x[:rows]
                    out = memory[begin:begin + x.size].reshape(x.shape)
                    same(net.predict(own, problem, out=out), wanted, path, 'out begins', 20 - begin, 'before x')
                size = 3 * 6
                for begin in (0, 1, 54, drawn.theta.size - size):
                    net, after = drawn.network(), drawn.theta.copy()
                    few = drawn.network().predict(drawn.x[:3], problem)
                    after[begin:begin + size] = few.ravel()
                    out = net.theta[begin:begin + size].reshape(3, 6)
                    same(net.predict(drawn.x[:3], problem, out=out), few, path, 'out in theta', begin)
                    same(net.theta, after, path, 'theta')
