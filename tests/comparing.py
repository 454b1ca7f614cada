"""Two arrays compared: within a derived bound, with ==, or bit for bit. What is off can be explained to a learner."""
import numpy as np

from .messages import Words, kind

RATIOS = {}     # (twin, problem, dtype) -> [largest error / bound of each compared array]; printed at the end


class Off(AssertionError):
    """A quantity that is not as expected, in a form from which `explained` can make a message for a learner.

    quantity: its name, or Words; expected, got: two numbers, with `entry`, `wrong` of `size` entries off, and the whole
    arrays in `values`; or Words, where it is not about numbers. function: of the lecture, where the name does not tell.
    """

    def __init__(self, text, quantity, expected, got, entry=None, wrong=0, size=0, values=None, function=None):
        self.quantity, self.expected, self.got, self.entry = quantity, expected, got, entry
        self.wrong, self.size, self.values, self.function = wrong, size, values, function
        super().__init__(text)


def _array(name, got, shape, dtype):
    """`got` as an array of real numbers, of this shape and dtype (None: any)."""
    try:
        array = np.asarray(got)
    except (TypeError, ValueError):             # lists of different lengths
        array = np.array(None)
    if array.dtype.kind not in 'fiub':
        what = Words('an array of real numbers', '실수 배열')
        raise Off(f'{name}: expected {what.english}, got {kind(got)}', name, what, kind(got))
    if dtype is not None and array.dtype != dtype:
        raise Off(f'{name}: expected dtype {dtype}, got {array.dtype}', name, Words(f'dtype {dtype}', f'dtype {dtype}'),
                  Words(f'dtype {array.dtype}', f'dtype {array.dtype}'))
    if array.shape != tuple(shape):
        raise Off(f'{name}: expected shape {tuple(shape)}, got {array.shape}', name,
                  Words(f'shape {tuple(shape)}', f'모양 {tuple(shape)}'), Words(f'shape {array.shape}', f'모양 {array.shape}'))
    return array


def compare(name, got, wanted, key=None, dtype=None):
    """`abs(got - wanted.value) <= wanted.error` in every entry; NaN is never within a bound."""
    value, error = np.asarray(wanted.value), np.asarray(wanted.error)
    got = _array(name, got, value.shape, dtype)
    with np.errstate(invalid='ignore', divide='ignore'):
        off = np.abs(got.astype(np.longdouble) - value)
        ok, off = off <= error, off.astype(float)
        ratio = np.where(off == 0, 0, off / error)
    if not ok.all():
        worst = np.unravel_index(np.argmax(np.where(ok, -1, np.nan_to_num(ratio, nan=np.inf))), ok.shape)
        entry, wrong, right, most = tuple(map(int, worst)), (~ok).sum(), float(value[worst]), f'{error[worst]:.3g}'
        text = (f'{name}{list(entry)}: got {got[worst]!r}, expected {value[worst]} within {most}, off by {off[worst]:.3g} '
                f'({wrong} of {ok.size} entries)')
        raise Off(text, name, Words(f'{right!r} within {most}', f'{right!r}, 오차 {most} 이내'), got[worst], entry, wrong,
                  ok.size, (got, value))
    if key is not None and ratio.size:
        RATIOS.setdefault(key, []).append(float(ratio.max()))


def same(name, got, wanted):
    """Equal shape, dtype and bits; every NaN is the same NaN, the sign of zero counts."""
    wanted = np.asarray(wanted)
    got = _array(name, got, wanted.shape, wanted.dtype)
    wrong = np.argwhere(~((got == wanted) & (np.signbit(got) == np.signbit(wanted)) | np.isnan(got) & np.isnan(wanted)))
    if len(wrong):
        entry = tuple(map(int, wrong[0]))
        raise Off(f'{name}{list(entry)}: got {got[entry]!r}, expected {wanted[entry]!r}', name, wanted[entry], got[entry],
                  entry, len(wrong), got.size, (got, wanted))


def equal(name, got, wanted, dtype):
    """got == wanted in every entry, where wanted is rational."""
    wanted = wanted.astype(float)
    got = _array(name, got, wanted.shape, dtype)
    wrong = np.argwhere(got != wanted)
    if len(wrong):
        entry = tuple(map(int, wrong[0]))
        raise Off(f'{name}{list(entry)}: got {got[entry]!r}, expected exactly {wanted[entry]!r}', name, wanted[entry],
                  got[entry], entry, len(wrong), got.size, (got, wanted))


def frozen(what, before, after, by=None):
    """Byte for byte as it was; by: the function of the lecture that must only read it."""
    if [np.asarray(a).tobytes() for a in before] == [np.asarray(a).tobytes() for a in after]:
        return
    where = Words(f'{what} after {by}, which must only read it', f'{by} 뒤의 {what}(읽기만 해야 함)') if by else what
    raise Off(f'{what} changed' + (f' by {by}' if by else ''), where, Words('as before', '호출 전 그대로'),
              Words('changed', '바뀜'), function=by)
