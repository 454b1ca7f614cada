"""Two arrays compared: within a derived bound, with ==, or bit for bit; what is off is said in a form that can be explained."""
import numpy as np

RATIOS = {}     # (twin, problem, dtype) -> [largest error / bound of each compared array]; printed at the end


class Off(AssertionError):
    """A quantity that is not as expected, in a form from which `explained` can make a message for a learner.

    quantity: its name; expected, got: two numbers, with `entry`, `wrong` of `size` entries off, and the whole arrays in
    `values`; or a few words each, where it is not about numbers.
    """

    def __init__(self, text, quantity, expected, got, entry=None, wrong=0, size=0, values=None):
        self.quantity, self.expected, self.got, self.entry = quantity, expected, got, entry
        self.wrong, self.size, self.values = wrong, size, values
        super().__init__(text)


def _of_kind(name, got, shape, dtype):
    """The dtype (None: any) and the shape."""
    if dtype is not None and got.dtype != dtype or got.shape != tuple(shape):
        wanted, seen = f'shape {tuple(shape)}', f'shape {got.shape}'
        if dtype is not None and got.dtype != dtype:
            wanted, seen = f'{wanted}, dtype {dtype}', f'{seen}, dtype {got.dtype}'
        raise Off(f'{name}: expected {wanted}, got {seen}', name, wanted, seen)


def compare(name, got, wanted, key=None, dtype=None):
    """`abs(got - wanted.value) <= wanted.error` in every entry; NaN is never within a bound."""
    got, value, error = np.asarray(got), np.asarray(wanted.value), np.asarray(wanted.error)
    _of_kind(name, got, value.shape, dtype)
    with np.errstate(invalid='ignore', divide='ignore'):
        off = np.abs(got.astype(np.longdouble) - value)
        ok = off <= error
        ratio = np.where(off == 0, 0, off / error)
    if not ok.all():
        worst = np.unravel_index(np.argmax(np.where(ok, -1, np.nan_to_num(ratio, nan=np.inf))), ok.shape)
        entry, within = tuple(map(int, worst)), f'within {error[worst]:.3g}'
        text = (f'{name}{list(entry)}: got {got[worst]!r}, expected {value[worst]} {within}, off by {off[worst]:.3g} '
                f'({(~ok).sum()} of {ok.size} entries)')
        raise Off(text, name, f'{float(value[worst])!r} {within}', got[worst], entry, (~ok).sum(), ok.size, (got, value))
    if key is not None and ratio.size:
        RATIOS.setdefault(key, []).append(float(ratio.max()))


def same(name, got, wanted):
    """Equal shape, dtype and bits; every NaN is the same NaN, the sign of zero counts."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    _of_kind(name, got, wanted.shape, wanted.dtype)
    wrong = np.argwhere(~((got == wanted) & (np.signbit(got) == np.signbit(wanted)) | np.isnan(got) & np.isnan(wanted)))
    if len(wrong):
        entry = tuple(map(int, wrong[0]))
        raise Off(f'{name}{list(entry)}: got {got[entry]!r}, expected {wanted[entry]!r}', name, wanted[entry], got[entry],
                  entry, len(wrong), got.size, (got, wanted))


def equal(name, got, wanted, dtype):
    """got == wanted in every entry, where wanted is rational."""
    got, wanted = np.asarray(got), wanted.astype(float)
    _of_kind(name, got, wanted.shape, dtype)
    wrong = np.argwhere(got != wanted)
    if len(wrong):
        entry = tuple(map(int, wrong[0]))
        raise Off(f'{name}{list(entry)}: got {got[entry]!r}, expected exactly {wanted[entry]!r}', name, wanted[entry],
                  got[entry], entry, len(wrong), got.size, (got, wanted))


def frozen(name, before, after):
    """Byte for byte as it was."""
    if [np.asarray(a).tobytes() for a in before] != [np.asarray(a).tobytes() for a in after]:
        raise Off(f'{name} changed', name, 'as before', 'changed')
