"""The small path of mlp_c against its plain loops, bit for bit: products, networks, any alignment, any batch position.

The level is the one in use (MLP_C_LEVEL forces another); where a test says so, every level that runs here.
"""
from itertools import product

import numpy as np
import pytest

from mlp_c import Network, levels
from mlp_c.trainer import Trainer

from . import bits, cases, checks

LANES = (1, 2, 3, 7, 8, 9, 17, 33, 70)
LENGTHS = (*range(1, 71), 255, 256, 257, 511, 512, 513)
WIDTHS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 33, 70, 256, 257, 300)
BATCHES = (1, 2, 3, 7, 10, 33, 64, 65, 128, 200, 255, 256, 257, 300, 512, 513, 600, 1000)
PATHS = ('plain', 'small')

each_dtype = pytest.mark.parametrize('dtype', cases.DTYPES)
each_kind = pytest.mark.parametrize('kind', bits.KINDS)


# ---- the comparison itself ------------------------------------------------------------------------------------

@each_dtype
def test_the_comparison_sees_one_bit(dtype):
    good = np.array([[1, 0.0, np.nan, np.inf, -2, np.finfo(dtype).smallest_subnormal]], dtype)
    other_nan = good.copy()
    other_nan.view(f'u{good.itemsize}')[0, 2] += 1 + (1 << (8 * good.itemsize - 1))     # payload and sign
    assert np.isnan(other_nan[0, 2]) and other_nan.tobytes() != good.tobytes()
    assert bits.difference(good, good.copy()) is bits.difference(other_nan, good) is None
    for place, value in ((0, np.nextafter(good[0, 0], 2)), (0, np.nan), (1, -0.0), (2, 1), (2, np.inf), (3, -np.inf),
                         (3, np.nan), (4, np.nextafter(good[0, 4], 0)), (5, 0)):
        bad = good.copy()
        bad[0, place] = value
        assert f'[0, {place}]' in bits.difference(bad, good) and f'[0, {place}]' in bits.difference(good, bad)
    for bad in (good[0], good.T, np.zeros((1, 5), dtype), good.astype('float16')):
        assert 'expected' in bits.difference(bad, good)
    before = dict(bits.COUNT)
    with pytest.raises(AssertionError, match='1 of 2 arrays differ, the first: row 7'), bits.Comparing() as same:
        same(good, good, 'row', 6)
        same(-good, good, 'row', 7)
    bits.COUNT.update(before)


# ---- products ----------------------------------------------------------------------------------------------------

def laid_out(A, B, kind):
    """A (M, K) and B (K, N) as the three products have them: x @ w, x.T @ G, G @ w.T."""
    return (np.asfortranarray(A) if kind == 'TN' else A), (np.asfortranarray(B) if kind == 'NT' else B)


def compare_products(shapes, dtype, pool, ways, level):
    """Each way (level, path, NN or TN or NT) against the plain loops of `level`. Operands: pieces of the pool."""
    with bits.Comparing() as same:
        for n, (M, N, K) in enumerate(shapes):
            at = n * 7919 % (len(pool) - M * K - K * N)     # a prime: every alignment comes about
            A, B = pool[at:at + M * K].reshape(M, K), pool[at + M * K:at + M * K + K * N].reshape(K, N)
            wanted = levels.product(A, B, level, 'plain')
            for way in ways:
                same(levels.product(*laid_out(A, B, way[2]), *way[:2]), wanted, *way, M, N, K)


def all_shapes(others):
    """Each of M, N, K through LENGTHS, the two others from `others`."""
    shapes = {tuple(np.roll((length, *two), turn)) for length in LENGTHS for two in product(others, others)
              for turn in range(3)}
    return [tuple(map(int, shape)) for shape in sorted(shapes)]


KIND_OF_PRODUCT = ('NN', 'TN', 'NT')


@each_dtype
@each_kind
def test_products(kind, dtype, seed):
    """Every fourth shape for each kind of number, so together all; the full tier: all for each."""
    shapes, pool = all_shapes(LANES), bits.KINDS[kind](np.random.default_rng(seed), 100_000, dtype)
    compare_products(shapes[list(bits.KINDS).index(kind)::len(bits.KINDS)], dtype, pool,
                     [(levels.level, 'small', product) for product in KIND_OF_PRODUCT], levels.level)


@each_dtype
@pytest.mark.parametrize('level', levels.runnable())
def test_products_of_levels(level, dtype, seed):
    """Both paths of every level that runs here, against the plain loops of the level in use."""
    for k, (kind, numbers) in enumerate(bits.KINDS.items()):
        pool = numbers(np.random.default_rng([seed, k]), 100_000, dtype)
        compare_products(all_shapes((1, 3, 8, 17))[k::len(bits.KINDS)], dtype, pool,
                         [(level, path, kind) for path in PATHS for kind in KIND_OF_PRODUCT], levels.level)


@pytest.mark.full
@each_dtype
@each_kind
@pytest.mark.parametrize('level', levels.runnable())
def test_every_product_of_levels(level, kind, dtype, seed):
    pool = bits.KINDS[kind](np.random.default_rng([seed, 5]), 100_000, dtype)
    compare_products(all_shapes(LANES), dtype, pool,
                     [(level, path, kind) for path in PATHS for kind in KIND_OF_PRODUCT], levels.level)


@pytest.mark.full
@each_dtype
def test_cube_of_products(dtype, seed):
    """Every M, N, K from 1 to 70."""
    pool = bits.mixed(np.random.default_rng([seed, 6]), 100_000, dtype)
    for M in range(1, 71):
        compare_products([(M, N, K) for N in range(1, 71) for K in range(1, 71)], dtype, pool,
                         [(levels.level, 'small', kind) for kind in KIND_OF_PRODUCT], levels.level)


# ---- whole networks ----------------------------------------------------------------------------------------------

@pytest.fixture
def use():
    """levels.use, put back afterwards."""
    yield levels.use
    levels.use(levels.level)


class Drawn:
    """A network's parameters and everything that its methods take, of one kind of number."""

    def __init__(self, widths, batch, dtype, kind, seed):
        self.rng = np.random.default_rng(seed)
        self.widths, self.batch, self.dtype, self.kind = widths, batch, dtype, kind
        self.draw = bits.KINDS[kind]
        rows = batch + 3
        scale = np.repeat([(2 / a)**0.5 for a in widths[:-1]], [(a + 1) * b for a, b in zip(widths, widths[1:])])
        with np.errstate(over='ignore'):
            self.theta = (self.draw(self.rng, scale.size, dtype) * scale).astype(dtype)
        self.x = self.numbers(rows, widths[0])
        self.G = self.numbers(batch, widths[-1])
        self.targets = {'regression': self.numbers(rows, widths[-1]),
                        'binary': self.rng.integers(0, 2, (rows, widths[-1])).astype(dtype),
                        'select': np.eye(widths[-1], dtype=dtype)[self.rng.integers(0, widths[-1], rows)]}
        self.order = self.rng.integers(0, rows, 2 * batch + batch // 2)     # rows come twice, the last minibatch is cut
        self.made_up = [self.x[:batch].copy(), *(self.numbers(batch, width) for width in widths[1:-1])]

    def numbers(self, rows, cols):
        return self.draw(self.rng, rows * cols, self.dtype).reshape(rows, cols)

    def network(self):
        net = Network(self.widths[0], self.widths[1:-1], self.widths[-1], dtype=self.dtype, std=0, rng=0)
        net.theta[...] = self.theta
        return net

    def __str__(self):
        return f'{"-".join(map(str, self.widths))} rows {self.batch} {self.dtype} {self.kind}'


def everything(drawn):
    """(name, array) for all that the methods of Network return and change, one network through all of them."""
    net, x, G = drawn.network(), drawn.x[:drawn.batch], drawn.G
    output, aux = net.forward(x)
    yield 'output', output
    yield from ((f'hidden {n}', hidden) for n, hidden in enumerate(aux[1:], 1))
    yield 'predict', net.predict(x)
    for kind, inputs in (('gradient', aux), ('gradient of an aux made up', drawn.made_up)):
        for pair in net.gradients(G, inputs):
            yield from ((f'{kind} {name}', values) for name, values in pair.items())
        yield f'input {kind}', net.input_gradient(G, inputs)
    for problem, y in drawn.targets.items():
        yield f'probabilities {problem}', net.predict(x, problem, np.empty_like(output))
        yield f'evaluate {problem}', np.array(net.evaluate(problem, x, y[:drawn.batch]))
        loss, pairs = net.loss_and_gradients(problem, x, y[:drawn.batch])
        yield f'loss {problem}', np.array(loss)
        yield from ((f'gradient {name} {problem}', values) for pair in pairs for name, values in pair.items())
    yield 'theta untouched', net.theta.copy()
    for kind, inputs in (('backprop', aux), ('backprop of an aux made up', drawn.made_up)):
        net.theta[...] = drawn.theta
        net.backprop(G, inputs, 0.03)
        yield kind, net.theta.copy()
    for problem, y in drawn.targets.items():
        net.theta[...] = drawn.theta
        for rows in (drawn.batch, 1, drawn.batch):          # what a shorter minibatch leaves behind must not matter
            yield f'train_step {problem}', np.array(net.train_step(problem, x[:rows], y[:rows], 0.01))
            yield f'theta of train_step {problem}', net.theta.copy()
        net.theta[...] = drawn.theta
        for mb_size in (drawn.batch, max(1, drawn.batch // 2)):
            losses, accuracies = net.train_epoch(problem, drawn.x, y, drawn.order, mb_size, 0.01)
            yield f'losses {problem}', losses
            yield f'accuracies {problem}', accuracies
            yield f'theta of train_epoch {problem}', net.theta.copy()


def drawn_widths(rng, width, depth, batch, budget):
    """`depth` hidden layers; one width is `width`, the others are drawn, smaller ones where it would take long."""
    place = int(rng.integers(depth + 2))
    for choices in range(len(WIDTHS), 0, -1):
        widths = [int(rng.choice(WIDTHS[:choices])) for _ in range(depth + 2)]
        widths[place] = width
        if batch * sum(a * b for a, b in zip(widths, widths[1:])) <= budget:
            break
    return widths


EVERY_SIZE = list(product(WIDTHS, BATCHES))


def compare_networks(use, ways, dtype, seed, budget, numbers=range(len(EVERY_SIZE))):
    """A network for each of these widths and batches; each way (level, path) against the first one."""
    with bits.Comparing() as same:
        for n in numbers:
            width, batch = EVERY_SIZE[n]
            rng = np.random.default_rng([seed, n])
            kind = list(bits.KINDS)[int(rng.integers(len(bits.KINDS)))]
            drawn = Drawn(drawn_widths(rng, width, n % 5, batch, budget), batch, dtype, kind, [seed, n, 1])
            seen = []
            for way in ways:
                use(*way)
                seen.append(list(everything(drawn)))
            for way, other in zip(ways[1:], seen[1:]):
                for (name, wanted), (_, got) in zip(seen[0], other, strict=True):
                    same(got, wanted, *way, drawn, name)


@each_dtype
def test_networks(use, dtype, seed):
    """Like the squares of a chessboard: the white ones in float64, the black ones in float32; all in the full tier."""
    squares = [n for n in range(len(EVERY_SIZE)) if (n + n // len(BATCHES)) % 2 == cases.DTYPES.index(dtype)]
    compare_networks(use, [(levels.level, path) for path in PATHS], dtype, seed, 100_000, squares)


@each_dtype
def test_networks_of_levels(use, dtype, seed):
    in_use_first = sorted(levels.runnable(), key=lambda level: level != levels.level)
    ways = [(level, path) for level in in_use_first for path in PATHS]
    compare_networks(use, ways, dtype, seed + 1, 10_000, range(0, len(EVERY_SIZE), 11))


@pytest.mark.full
@each_dtype
@pytest.mark.parametrize('turn', range(3))
def test_larger_networks(use, dtype, turn, seed):
    compare_networks(use, [(levels.level, path) for path in PATHS], dtype, seed + 10 + turn, 4_000_000)


@each_dtype
def test_a_network_recovers_from_nan(use, dtype, seed):
    """What NaN and infinities leave in the work memory never shows in later calls."""
    with bits.Comparing() as same:
        for widths in ([10, 4, 1], [3, 9, 5, 7], [17, 33, 2], [1, 1, 1], [70, 3]):
            drawn = Drawn(widths, 10, dtype, 'ordinary', [seed, *widths])
            spoilt, seen = np.full_like(drawn.x, np.nan), {}
            for path in PATHS:
                use(levels.level, path)
                net = drawn.network()
                seen[path] = []
                for rows in (10, 7, 1):
                    for problem, y in drawn.targets.items():
                        net.train_step(problem, spoilt[:rows + 3], y[:rows + 3], 0.1)
                        net.theta[...] = drawn.theta
                        result = net.train_step(problem, drawn.x[:rows], y[:rows], 0.1)
                        assert np.isfinite(result).all() and np.isfinite(net.theta).all()
                        seen[path] += [np.array(result), net.theta.copy(), net.predict(drawn.x)]
            for got, wanted in zip(seen['small'], seen['plain'], strict=True):
                same(got, wanted, drawn)


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
            use(levels.level, 'small')
            for offset in range(64 // np.dtype(dtype).itemsize):
                place = Surrounded(offset)
                for n, (got, expected) in enumerate(zip(anywhere(drawn, place), wanted, strict=True)):
                    same(got, expected, drawn, 'offset', offset, 'array', n)
                place.check()


@each_dtype
def test_any_batch_position(dtype, seed):
    """A row's hidden layers, output, probabilities and input gradient do not depend on the rows beside it."""
    with bits.Comparing() as same:
        for widths in ([10, 4, 1], [5, 9, 17, 3], [1, 2, 1], [300, 33, 70, 7], [257, 8], [9, 256, 2]):
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
        for got, wanted in zip(seen['small'], seen['plain'], strict=True):
            same(got, wanted, how)


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
