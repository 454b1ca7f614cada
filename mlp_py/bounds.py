"""How far a correct network may be from the exact result: wide values, each with a derived error bound.

The network is run in a type wider than its own (`numpy.longdouble` for float64, float64 for float32), and
beside it the *absolute-value network*: the same products over absolute values, which tell how much a
rounding here can move a result there (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3).
What comes out is, for every output, gradient and updated parameter, a pair (value, error) with

    abs(computed - value) <= error

for every implementation that uses IEEE arithmetic of the given dtype, in any order of summation, with or
without fused multiply-adds. `u` is the unit roundoff (2^-53 or 2^-24), `eta` the smallest subnormal number
(a product, an exp or a division that underflows is off by at most that much), `gamma(n) = n u / (1 - n u)`
the bound of n roundings.

No constant is tuned: the bound has the factor c = 1, because the second-order terms are written out instead
of being covered by a factor. A product of (a, Ea) and (b, Eb) with sums of length k is off by at most

    Ea |b| + (|a| + Ea) Eb + gamma(k) (|a| + Ea) (|b| + Eb) + k eta

The one assumption is about the math library: exp and log are off by at most `LIBM` u (3 ulp; NumPy's
float32 exp is the worst of those in use, 2.52 ulp).

The wide values have roundings of their own: u stands for the sum of both unit roundoffs. Where `longdouble`
is no wider than double (Windows, macOS on ARM), that sum is 2u and the bound doubles, as it must. The
errors themselves are computed in double; their roundings (relative 1e-13) are covered by taking u larger by
2^-20. Results near overflow, infinities and NaN are not covered: there the pair is infinite or NaN and no
comparison with it holds.
"""
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LIBM = 6            # largest error of exp and log, in units of u
EPSILON = 1e-10     # inside the logarithm of the reported `select` loss


class Bounded(NamedTuple):
    """A value in the wide type and the largest error, float64, that a correct computation of it can have."""

    value: np.ndarray
    error: np.ndarray


@dataclass
class StepBounds:
    """One training step, each quantity as `Bounded`; `loss` and `accuracy` are None without a problem."""

    output: Bounded            # (B, O)
    hiddens: list              # [(B, H1), ...]
    loss: Bounded | None
    accuracy: Bounded | None   # error: share of rows whose decision a rounding may turn
    G_output: Bounded          # (B, O)
    gradients: list            # [{'w': Bounded, 'b': Bounded}, ...]
    input_gradient: Bounded    # (B, I)
    params: list               # after the step, as gradients

    def next_values(self):
        """The parameters after the step, to be given to `step_bounds` for the next one."""
        return [{name: pair[name].value for name in 'wb'} for pair in self.params]

    def next_errors(self):
        """Their errors, for its `steps_errors`."""
        return [{name: pair[name].error for name in 'wb'} for pair in self.params]


class _Rules:
    """The arithmetic of one dtype: how values and errors go through each operation."""

    def __init__(self, dtype, block):
        dtype = np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise TypeError(f'dtype: expected float32 or float64, got {dtype}')
        self.wide = np.longdouble if dtype == np.float64 else np.float64
        own, wide = np.finfo(dtype), np.finfo(self.wide)
        self.u = float((float(own.eps) + float(wide.eps)) / 2 * (1 + 2.0**-20))
        self.eta = float(own.smallest_subnormal)
        self.block = block

    def gamma(self, n):
        return n * self.u / (1 - n * self.u)

    def terms(self, k):
        """Roundings that one term of a sum of length k goes through: k in any order, fewer when blocked."""
        if self.block is None or k <= self.block:
            return k
        return self.block + -(-k // self.block)

    def exact(self, a):
        value = np.array(a, dtype=self.wide)
        return Bounded(value, np.zeros(value.shape))

    def product(self, a, b, bias=None):
        """a @ b (+ bias): the three terms of the module's formula."""
        size_a, size_b = _size(a), _size(b)
        k = a.value.shape[1]
        full_a, full = size_a + a.error, size_b + b.error
        value, roundings, whole = a.value @ b.value, self.terms(k), full_a @ full
        error = a.error @ size_b + full_a @ b.error + k * self.eta
        if bias is not None:
            value, roundings, whole = value + bias.value, roundings + 1, whole + _size(bias) + bias.error
            error = error + bias.error
        return Bounded(value, error + self.gamma(roundings) * whole)

    def column_sum(self, a):
        rows = a.value.shape[0]
        whole = (_size(a) + a.error).sum(axis=0)
        return Bounded(a.value.sum(axis=0), a.error.sum(axis=0) + self.gamma(self.terms(rows)) * whole)

    def relu(self, z):
        """max(z, 0): the error stays, but a unit that is certainly dead is exactly 0."""
        dead = (z.value <= 0) & _decided(z)
        return Bounded(np.where(z.value > 0, z.value, 0), np.where(dead, 0, z.error))

    def masked(self, G, z):
        """G where z > 0, else 0; where a rounding of z may flip the mask, all of G is in doubt."""
        live = z.value > 0
        error = np.where(_decided(z), np.where(live, G.error, 0), G.error + _size(G))
        return Bounded(np.where(live, G.value, 0), error)

    def update(self, p, G, learning_rate):
        """p - learning_rate G: the rate is rounded to the dtype, then the product, then the difference."""
        rate = abs(float(learning_rate))
        value = p.value - self.wide(learning_rate) * G.value
        error = p.error + rate * G.error + self.gamma(2) * rate * (_size(G) + G.error) + self.eta
        return Bounded(value, error * (1 + self.u) + self.u * _magnitude(value))


def _magnitude(values):
    return np.abs(values).astype(float)


def _size(a):
    return _magnitude(a.value)


def _decided(z):
    """Where no rounding can change the answer to z > 0."""
    return np.abs(z.value) > z.error


def _regression(rules, z, y):
    """Loss mean(e^2), e = output - y; G = 2 e / size; accuracy 1 - mean |e / y|."""
    count, gamma = z.value.size, rules.gamma
    e = z.value - y
    size = _magnitude(e)
    G = 2 * e / count
    G_error = 2 * z.error / count
    G_error = G_error + gamma(4) * (_magnitude(G) + G_error) + 3 * rules.eta
    loss_error = (2 * size * z.error + z.error**2).mean() + gamma(count + 4) * ((size + z.error)**2).mean()
    with np.errstate(divide='ignore', invalid='ignore'):
        share = np.abs(e / y)
        moved = z.error / _magnitude(y)
        off = (moved + gamma(count + 5) * (share.astype(float) + moved)).mean()
    accuracy = Bounded(1 - share.mean(), off + rules.u * (1 + off + float(share.mean())) + rules.eta)
    return Bounded((e * e).mean(), loss_error + rules.eta), accuracy, Bounded(G, G_error)


def _binary(rules, z, y):
    """Loss mean(relu(z) - z y + log(1 + exp(-|z|))); G = (sigmoid(z) - y) / size; z > 0 must be y > 0.5."""
    x, count, gamma = z.value, z.value.size, rules.gamma
    small = np.exp(-np.abs(x))
    s = np.where(x > 0, 1, small) / (1 + small)
    size_s, size_y = s.astype(float), _magnitude(y)
    # |sigmoid'| <= 1/4; exp above and below the fraction line, the sum, the quotient: 1.5 LIBM + 2 roundings
    s_error = z.error / 4
    s_error = s_error + gamma(1.5 * LIBM + 2) * (size_s + s_error) + 3 * rules.eta
    G_error = (s_error + gamma(3) * (size_s + size_y + s_error)) / count + 2 * rules.eta
    live, cross, soft = np.maximum(x, 0), x * y, np.log1p(small)
    size_live, size_cross = live.astype(float), _magnitude(cross)
    moved = (size_s + z.error / 4 + size_y) * z.error
    # x y, two sums around it; exp, 1 + exp, log: LIBM (1/2 + ln 2) + 1 + ln 2 roundings of numbers below 1
    rounded = 2 * (size_live + z.error) + 3 * (size_cross + size_y * z.error) + 1.2 * LIBM + 1.7
    whole = size_live + size_cross + soft.astype(float) + (1 + size_y) * z.error
    loss_error = (moved + gamma(1) * rounded).mean() + gamma(count + 1) * whole.mean() + 3 * rules.eta
    accuracy = Bounded(((x > 0) == (y > 0.5)).mean(), (~_decided(z)).mean() + 4 * rules.u)
    return Bounded((live - cross + soft).mean(), loss_error), accuracy, Bounded((s - y) / count, G_error)


def _select(rules, z, y):
    """Loss -mean over rows of sum(y log(p + 1e-10)), p = softmax(z); G = (p - y) / rows; equal argmax."""
    x, gamma = z.value, rules.gamma
    rows, classes = x.shape
    best = x.argmax(axis=1)
    below = x.max(axis=1, keepdims=True) - x
    p = np.exp(-below)
    p = p / p.sum(axis=1, keepdims=True)
    size_p, size_y = p.astype(float), _magnitude(y)
    # all of it multiplies p: moved logits, the subtraction of the maximum, exp twice, the sum, the quotient
    moved = 2 * z.error.max(axis=1, keepdims=True)
    gap = below.astype(float) + moved
    grow = moved + gamma(1) * (gap + (size_p * gap).sum(axis=1, keepdims=True) + 2 * LIBM + classes + 2)
    whole = 1 + gamma(classes + 2 * LIBM)      # no computed p is larger, however far the logits moved
    p_error = np.where(grow < 700, size_p * np.expm1(np.minimum(grow, 700)) + (classes + 4) * rules.eta, whole)
    p_error = np.minimum(p_error, whole)
    G_error = (p_error + gamma(3) * (size_p + size_y + p_error)) / rows + 2 * rules.eta
    logs = np.log(p + rules.wide(EPSILON))
    size_logs = _magnitude(logs)
    logs_error = p_error / (size_p + EPSILON - np.minimum(p_error, size_p)) + gamma(3)
    logs_error = logs_error + gamma(LIBM) * (size_logs + logs_error)
    loss_error = size_y * (logs_error + gamma(classes + rows + 2) * (size_logs + logs_error))
    rival = (x - z.error)[np.arange(rows), best][:, None] - (x + z.error)
    sure = (rival > 0) | (np.arange(classes) == best[:, None])
    accuracy = Bounded((best == y.argmax(axis=1)).mean(), (~sure.all(axis=1)).mean() + 4 * rules.u)
    loss = Bounded(-(y * logs).sum(axis=1).mean(), loss_error.sum() / rows + rules.eta)
    return loss, accuracy, Bounded((p - y) / rows, G_error)


_PROBLEMS = {'regression': _regression, 'binary': _binary, 'select': _select}


def _bounded_params(rules, params, errors):
    pairs = [{name: rules.exact(pair[name]) for name in 'wb'} for pair in params]
    if errors is None:
        return pairs
    return [{name: Bounded(pair[name].value, np.asarray(error[name], float)) for name in 'wb'}
            for pair, error in zip(pairs, errors, strict=True)]


def _forward(rules, pairs, x):
    """Sums z of every layer and the values h between them, h[0] = x."""
    h, z = [rules.exact(x)], []
    for pair in pairs:
        if z:
            h.append(rules.relu(z[-1]))
        z.append(rules.product(h[-1], pair['w'], pair['b']))
    return z, h


def _transposed(a):
    return Bounded(a.value.T, a.error.T)


def _step(rules, params, x, learning_rate, errors, loss_of):
    pairs = _bounded_params(rules, params, errors)
    z, h = _forward(rules, pairs, x)
    loss, accuracy, G_output = loss_of(z[-1])
    G, gradients = G_output, []
    for n in reversed(range(len(pairs))):
        gradients.insert(0, {'w': rules.product(_transposed(h[n]), G), 'b': rules.column_sum(G)})
        G = rules.product(G, _transposed(pairs[n]['w']))
        if n:
            G = rules.masked(G, z[n - 1])
    after = [{name: rules.update(pair[name], gradient[name], learning_rate) for name in 'wb'}
             for pair, gradient in zip(pairs, gradients)]
    return StepBounds(z[-1], h[1:], loss, accuracy, G_output, gradients, G, after)


def step_bounds(params, problem, x, y, learning_rate, dtype, steps_errors=None, block=None):
    """One training step with the bound of everything in it.

    Parameters
    ----------
    params : list of {'w': (I, O), 'b': (O,)}, output pair last
        Values at the start of the step, exact unless `steps_errors` is given.
    problem : 'regression', 'binary' or 'select'
    x : (B, I), y : (B, O)
        As the network sees them, that is, already rounded to dtype.
    learning_rate : float
    dtype : float32 or float64, of the network that is judged
    steps_errors : list of {'w', 'b'}, optional
        Errors of params, from `StepBounds.next_errors()`: so a second step is bounded, too.
    block : int, optional
        Length of the blocks in which sums are made (256 in mlp_c); None: any order.

    Returns
    -------
    StepBounds
    """
    rules = _Rules(dtype, block)
    y = np.array(y, dtype=rules.wide)
    return _step(rules, params, x, learning_rate, steps_errors, lambda z: _PROBLEMS[problem](rules, z, y))


def backprop_bounds(params, x, G_output, learning_rate, dtype, steps_errors=None, block=None):
    """As `step_bounds`, with a given, exact gradient (B, O) of the output in place of a problem's loss."""
    rules = _Rules(dtype, block)
    return _step(rules, params, x, learning_rate, steps_errors, lambda z: (None, None, rules.exact(G_output)))
