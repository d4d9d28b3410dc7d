"""Where a difference sits: which entries, in what ratio, of what rank."""

import numpy as np

from .given import LOOSE, RELATIVE


def describe(given, truth, loose=False):
    """Sentences that say how a by-hand value differs from what it should be.

    loose : the numbers come from float32, and are not exact to more than four digits
    """
    truth = np.asarray(truth, dtype=np.float64)
    value = np.asarray(given.filled(truth), dtype=np.float64)
    off = ~np.asarray(given.agreeing(truth, loose=loose))
    tolerance = LOOSE if loose or given.narrow else RELATIVE
    said = []
    if not np.isfinite(value).all() or not np.isfinite(truth).all():
        return said or ["entries that are not finite differ"]
    digits = _digits(value, truth)
    if digits and not given.text:
        said.append(
            f"it agrees to about {digits} digits: a rounded number? "
            f'Text such as "{value.flat[0]:.{digits}g}" means “to the digits given”'
        )
    ratio = _constant_ratio(value, truth, off, tolerance)
    if ratio is not None and not said:
        where = "it is " if value.ndim == 0 else "every entry is " if off.all() else "each wrong entry is "
        said.append(f"{where}{ratio:.6g} times what it should be, a ratio that no mistake in the catalogue explains")
    if value.ndim:
        said.append(_which(off))
        moved = _rearranged(value, truth)
        if moved:
            said.append(moved)
        if ratio is None and off.sum() > 1:
            shift = (value - truth)[off]
            if np.ptp(shift) <= tolerance * np.max(np.abs(shift)):
                said.append(f"each wrong entry is off by the same {shift[0]:.6g}")
        rank = _rank(value - truth, tolerance)
        if rank:
            said.append(rank)
    return said


def shapes_differ(row):
    """A sentence on a by-hand value of another shape."""
    written, should = (_shape(shape) for shape in (row.given.shape, row.shape))
    sentence = f"its shape is {written}, and it should be {should}: a gradient has the shape of its value"
    if row.given.shape == row.shape[::-1]:
        return f"{sentence} (is it transposed?)"
    return sentence


def _shape(shape):
    return str(shape) if shape else "that of one number"


def _digits(value, truth):
    """To how many digits the numbers agree, if to three or more."""
    scale = np.max(np.abs(truth), initial=0.0)
    error = np.max(np.abs(value - truth), initial=0.0)
    if not scale or not error or error > 6e-4 * scale:
        return 0
    return int(np.floor(-np.log10(error / scale)))


def _constant_ratio(value, truth, off, tolerance):
    """c where every wrong entry is c times the true one, or None."""
    weight = np.sum(truth[off] ** 2)
    if not weight:
        return None
    ratio = float(np.sum(value[off] * truth[off]) / weight)
    largest = np.max(np.abs(value[off]))
    return ratio if np.all(np.abs(value[off] - ratio * truth[off]) <= tolerance * largest) else None


def _which(off):
    """ "3 of 12 entries are off: all of them in row 2"."""
    count, total = int(off.sum()), off.size
    if count == total:
        return f"all {total} entries are off"
    places = np.argwhere(off)
    text = f"{count} of {total} entries are off"
    if count <= 3:
        return f"{text}: " + ", ".join(str(tuple(int(i) for i in place)) for place in places)
    parts = []
    for axis in range(off.ndim):
        low, high = int(places[:, axis].min()), int(places[:, axis].max())
        if (low, high) != (0, off.shape[axis] - 1):
            parts.append(f"axis {axis} at {low}" if low == high else f"axis {axis} from {low} to {high}")
    if not parts:
        return text
    box = np.prod([np.ptp(places[:, axis]) + 1 for axis in range(off.ndim)])
    return f"{text}, {'all of those' if box == count else 'within those'} with {', '.join(parts)}"


def _rearranged(value, truth):
    """Whether the numbers are the right ones at other places."""
    if np.unique(truth).size < 3:
        return None
    for axes in _flips(value.ndim):
        if np.allclose(np.flip(value, axes), truth, rtol=1e-6):
            along = "axis" if len(axes) == 1 else "axes"
            return f"they are the right numbers, flipped along {along} {', '.join(map(str, axes))}"
    if value.ndim == 2 and value.shape[0] == value.shape[1] and np.allclose(value.T, truth, rtol=1e-6):
        return "they are the right numbers, transposed"
    if np.allclose(np.sort(value, axis=None), np.sort(truth, axis=None), rtol=1e-6):
        return "they are the right numbers in another order"
    return None


def _flips(ndim):
    for k in range(1, 2 ** min(ndim, 4)):
        yield tuple(axis for axis in range(ndim) if k >> axis & 1)


def _rank(difference, tolerance):
    """The rank of the difference as a matrix, where it is low."""
    if difference.ndim < 2:
        return None
    matrix = difference.reshape(len(difference), -1)
    full = min(matrix.shape)
    if full < 2 or full > 300:
        return None
    rank = int(np.linalg.matrix_rank(matrix, tol=tolerance * np.linalg.norm(matrix)))
    if rank == 1:
        return f"the difference has rank 1 of {full}: it is an outer product"
    return f"the difference has rank {rank} of {full}" if rank < full else None
