"""What zeros, infinities and NaN must do: the definition, step by step, and checks against it.

`step` computes one training step from products and sums of single numbers (no BLAS, no fused operations) with IEEE
rules: 0 * inf and inf - inf are NaN, NaN passes through ReLU, the derivative is a product with sign(hidden), and
sign(NaN) is NaN. On small integers beside the special values every finite result is exact, so comparisons are ==,
with every NaN counting as the same NaN.
"""
import numpy as np

from . import cases, checks

VALUES = (np.nan, np.inf, -np.inf)


def product(a, b):
    return (a[:, :, None] * b[None, :, :]).sum(axis=1)


def relu(z):
    return np.where(z <= 0, 0.0, z)


def _sigmoid(z):
    return np.where(z > 0, 1, np.exp(-np.abs(z))) / (1 + np.exp(-np.abs(z)))


def _softmax(z):
    raised = np.exp(z - z.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def postproc(problem, z, y):
    """loss, accuracy, G_output by the formulas of DESIGN's table, taken literally."""
    if problem == 'regression':
        return ((z - y)**2).mean(), 1 - np.abs((z - y) / y).mean(), 2 * (z - y) / z.size
    if problem == 'binary':
        loss = (relu(z) - z * y + np.log(1 + np.exp(-np.abs(z)))).mean()
        return loss, ((z > 0) == (y > 0.5)).mean(), (_sigmoid(z) - y) / z.size
    p = _softmax(z)
    loss = -(y * np.log(p + 1e-10)).sum(axis=1).mean()
    return loss, (z.argmax(axis=1) == y.argmax(axis=1)).mean(), (p - y) / len(z)


def layers(params, x):
    """[x, hidden_1, ..., output]."""
    h = [x]
    for n, pair in enumerate(params, 1):
        z = product(h[-1], pair['w']) + pair['b']
        h.append(relu(z) if n < len(params) else z)
    return h


def backward(params, h, G, learning_rate):
    """Gradients, input gradient and updated parameters, named as in `checks`."""
    result = {}
    for n in reversed(range(1, len(params) + 1)):
        pair = params[n - 1]
        for name, value in (('w', product(h[n - 1].T, G)), ('b', G.sum(axis=0))):
            result[f'gradient {name} {n}'], result[f'{name} {n}'] = value, pair[name] - learning_rate * value
        G = product(G, pair['w'].T)
        if n > 1:
            G = G * np.sign(h[n - 1])
    result['input gradient'] = G
    return result


def in_double(case):
    return in_dtype(case, float)


def in_dtype(case, dtype):
    return [{name: pair[name].astype(dtype) for name in 'wb'} for pair in case.params]


def step(case, x, y, dtype=float):
    """One training step in `dtype`: double, where finite results are exact, or the network's own, where some overflow."""
    with np.errstate(all='ignore'):
        params = in_dtype(case, dtype)
        *h, output = layers(params, x.astype(dtype))
        loss, accuracy, G_output = postproc(case.problem, output, y.astype(dtype))
        return {'output': output, 'loss': loss, 'accuracy': accuracy, 'G_output': G_output,
                **{f'hidden {n}': values for n, values in enumerate(h[1:], 1)},
                **backward(params, h, G_output, case.learning_rate)}


def agree(name, got, wanted):
    """Equal, or both NaN."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    equal = (got == wanted) | np.isnan(got) & np.isnan(wanted)
    if got.shape != wanted.shape or not equal.all():
        where = tuple(int(i) for i in np.argwhere(~equal)[0]) if got.shape == wanted.shape else ()
        raise AssertionError(f'{name}{list(where)}: got {got[where]!r}, expected {wanted[where]!r}')


def integer_network(width, dtype, problem='regression', hidden=1, rows=4):
    """(width, width, ..., width) with weights in -2..2, some of them 0; targets are never 0."""
    rng = np.random.default_rng([width, hidden])
    params = [{'w': rng.integers(-2, 3, (width, width)).astype(dtype), 'b': rng.integers(-2, 3, width).astype(dtype)}
              for _ in range(hidden + 1)]
    x = rng.integers(-2, 3, (rows, width)).astype(dtype)
    y = rng.choice([-4, -2, -1, 1, 2, 4], (rows, width)).astype(dtype)
    G_output = rng.integers(-2, 3, (rows, width)).astype(dtype)
    return cases.Case(f'width {width}', problem, params, [(x, y)], 0.25, dtype, G_output)


# ---- checks ---------------------------------------------------------------------------------------------------

def check_special_inputs(subject, width, dtype):
    """NaN, inf, -inf at every position of one row of x: that row's values follow the definition.

    The other rows of the output keep their bits, whatever stands beside them. Losses divide by rows * width, which is
    no power of two for most widths, so the gradient is a given one of small integers.
    """
    case = integer_network(width, dtype)
    x, _ = case.batches[0]
    for row, column in [(column % len(x), column) for column in range(width)]:
        for value in VALUES:
            spoilt = x.copy()
            spoilt[row, column] = value
            with np.errstate(all='ignore'):
                *h, output = layers(in_double(case), spoilt.astype(float))
                wanted = {'output': output, **backward(in_double(case), h, case.G_output.astype(float), 0.25)}
                subject.begin(case)
                seen = subject.observe_given(spoilt, case.G_output)
            for name, got in seen.items():
                agree(f'{value} at x[{row}, {column}] of width {width}: {name}', got, wanted[name])


def check_special_step(subject, problem, dtype):
    """A whole training step with NaN or an infinity in x: loss and accuracy included."""
    for width in (2, 4, 8) if problem == 'select' else (1, 2, 4, 8):
        case = integer_network(width, dtype, problem)
        x, y = case.batches[0]
        if problem != 'regression':     # 0 and 1, or one-hot; logits far from 0, so that finite ones are exact
            y = (y > 0).astype(dtype) if problem == 'binary' else np.eye(width, dtype=dtype)[np.arange(4) % width]
            case.params[-1]['w'][...] *= 2048
            case.params[-1]['b'][...] = 2048 * np.arange(1, width + 1)
        for value in VALUES:
            spoilt = x.copy()
            spoilt[2, width - 1] = value
            wanted = step(case, spoilt, y)
            with np.errstate(all='ignore'):
                subject.begin(case)
                seen = subject.observe(spoilt, y)
            for name, got in seen.items():
                if name != 'loss' or not np.isfinite(wanted[name]):     # a finite loss has logarithms in it
                    agree(f'{problem}, width {width}, {value} in x: {name}', got, wanted[name])


def check_zero_sums(subject, dtype):
    """Units whose sum is exactly 0 or -0.0 give +0.0 and pass no gradient; their weights stay, bit for bit.

    -0.0 comes about by underflow: with fused multiply-adds a sum of products below the smallest number is -0.0.
    """
    tiny = 2.0**(-600 if dtype == 'float64' else -100)
    for width in (1, 3, 4, 8, 9, 16, 17):
        cancelling, ones = np.zeros((width, width), dtype), np.ones((4, width), dtype)
        cancelling[0] = 1
        for x, w, bias in ((ones, cancelling, -1), (ones, 0 * ones[:1].repeat(width, 0), -0.0),
                           (tiny * ones, -tiny * ones[:1].repeat(width, 0), -0.0)):
            case = integer_network(width, dtype)
            case.params[0] = {'w': w.astype(dtype), 'b': np.full(width, bias, dtype)}
            subject.begin(case)
            output, aux = subject.forward(x.astype(dtype))
            checks.same(f'hidden of zero sums, width {width}', aux[1], np.zeros((4, width), dtype))
            agree('output', output, np.broadcast_to(case.params[1]['b'], (4, width)))
            before = subject.params()
            subject.backprop(case.G_output, aux)
            after = subject.params()
            checks.frozen('weights of units at exactly 0', checks.arrays_of(before[:1]), checks.arrays_of(after[:1]))
            agree('bias of the output', after[1]['b'], before[1]['b'] - 0.25 * case.G_output.sum(axis=0))


def check_dead_layer(subject, dtype, hidden=2):
    """All units of the first layer dead: the output is that of the biases behind it, and nothing below moves."""
    case = integer_network(5, dtype, hidden=hidden)
    case.params[0]['b'][...] = -100
    x, y = case.batches[0]
    wanted = step(case, x, y)
    assert not wanted['hidden 1'].any()
    subject.begin(case)
    before = subject.params()
    *_, aux = subject.forward(x)
    seen = subject.observe_given(x, case.G_output)
    checks.same('hidden 1', aux[1], np.zeros((4, 5), dtype))
    agree('output', seen['output'], wanted['output'])
    checks.frozen('parameters of a dead layer', checks.arrays_of(before[:1]), checks.arrays_of(subject.params()[:1]))


def check_hand_made_aux(subject, dtype):
    """The derivative is a product with sign(hidden), also for an aux no ReLU made: sign(-2) = -1, 0 * inf = NaN."""
    for width in range(1, 18):
        case = integer_network(width, dtype, rows=7)
        x, _ = case.batches[0]
        table = np.array([-2, np.nan, np.inf, -np.inf, 0, -0.0, 3], dtype)
        hidden = np.array([np.roll(table, n)[:7] for n in range(width)], dtype).T.copy()
        G_output = case.G_output.copy()
        for G_value in (1.0, np.inf):
            G_output[3, :] = G_value
            with np.errstate(all='ignore'):
                wanted = backward(in_double(case), [x.astype(float), hidden.astype(float)], G_output.astype(float), 0.25)
                subject.begin(case)
                aux = [x.copy(), hidden.copy()]
                subject.backprop(G_output, aux)
            for name, got in checks.named_pairs('', subject.params()).items():
                agree(f'aux of width {width}, G {G_value}: {name}', got, wanted[name])


def check_relu(module, length, dtype):
    """relu: z <= 0 ? +0.0 : z; relu_derv: sign. Every value at every position of an array of that length."""
    tiny = np.finfo(dtype).smallest_subnormal
    table = np.array([-np.inf, -2, -tiny, -0.0, 0, tiny, 2, np.inf, np.nan], dtype)
    ramp = np.array([0, 0, 0, 0, 0, tiny, 2, np.inf, np.nan], dtype)
    signs = np.array([-1, -1, -1, 0, 0, 1, 1, 1, np.nan], dtype)
    for shift in range(len(table)):
        place = (np.arange(length) + shift) % len(table)
        checks.same('relu', module.relu(table[place]), ramp[place])
        derivative = module.relu_derv(table[place])
        if derivative.dtype != dtype:
            raise AssertionError(f'relu_derv: expected {dtype}, got {derivative.dtype}')
        agree('relu_derv', derivative, signs[place])


LOGITS = (0.0, 1e-30, 5.0, 20.0, 40.0, 88.0, 90.0, 104.0, 710.0, 746.0, 800.0, 1e4, 1e30, 1.5e38)
OVERFLOWING = (3e38,)     # the gap of two such logits is beyond float32


def logit_case(problem, logits, labels, dtype):
    """A network whose output is `logits` (rows, outputs): weights 1 on the diagonal, biases 0."""
    logits, labels = np.array(logits, dtype), np.array(labels, dtype)
    params = [{'w': np.eye(logits.shape[1], dtype=dtype), 'b': np.zeros(logits.shape[1], dtype)}]
    return cases.Case(f'{problem} logits {logits.tolist()}', problem, params, [(logits, labels)], 0.5, dtype, labels)


def check_saturated(subject, problem, dtype, logits=LOGITS):
    """Loss, gradient and updated parameters at logits of all sizes: finite, and within the derived bound."""
    for size in logits:
        for sign in (1, -1):
            if problem == 'binary':
                case = logit_case(problem, [[sign * size], [sign * size]], [[0], [1]], dtype)
            else:
                case = logit_case(problem, [[sign * size, 0, 1], [-sign * size, 2, sign * size]],
                                  [[1, 0, 0], [0, 0, 1]], dtype)
            try:
                checks.check_steps(subject, case)
            except AssertionError as error:
                raise AssertionError(f'{case}: {error}') from None
