"""Arrays as what fits into a page: small ones number by number, large ones as heat map and histogram."""

from base64 import b64encode
from typing import NamedTuple

import numpy as np

BINS = 24
"""Bars of a histogram."""


class Detail(NamedTuple):
    """How much of an array goes into the page."""

    exact: int
    """arrays of up to so many entries are there number by number; 1 leaves out all that can be done without"""
    pixels: int
    """of larger ones so many pixels of a heat map"""
    windows: int
    """entries of each array behind the overlay of a convolution or a pooling"""


DETAILS = (
    Detail(64, 1024, 16384),
    Detail(64, 784, 8192),
    Detail(48, 512, 5000),
    Detail(32, 256, 4096),
    Detail(32, 144, 1024),
    Detail(16, 256, 0),
    Detail(16, 144, 0),
    Detail(16, 64, 0),
    Detail(12, 16, 0),
    Detail(12, 0, 0),
    Detail(1, 0, 0),
)
"""From the most to the least: a page takes the first with which it is small enough."""


def described(array, detail):
    """The array as a dict for JSON, None for None. A float64 scalar is the number itself.

    shape, dtype : always there
    values       : all entries in order, where they are few (see ``number``)
    low, high, mean, counts : range, mean and histogram of the finite entries of a large array
    odd          : [NaN, +inf, −inf] counted, where there are any
    map          : a heat map, see ``heat_map``
    """
    if array is None:
        return None
    array = np.asarray(array)
    if array.shape == () and array.dtype == np.float64:
        return number(array[()]) if detail.exact > 1 else short(array[()], 9)
    new = {"shape": list(array.shape), "dtype": str(array.dtype)}
    if array.dtype.kind not in "fiub":
        return new
    if array.size <= detail.exact:
        return {**new, "values": [number(x) for x in array.ravel()]}
    finite = array
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        finite = array[np.isfinite(array)]
        new["odd"] = [int(np.isnan(array).sum()), int(np.isposinf(array).sum()), int(np.isneginf(array).sum())]
    if finite.size:
        finite = finite.astype(np.float64)
        new["low"], new["high"] = short(finite.min()), short(finite.max())
        with np.errstate(all="ignore"):
            new["mean"] = short(finite.mean())
            span = finite.max() - finite.min()
        if np.isfinite(span):
            new["counts"] = np.histogram(finite, BINS)[0].tolist() if span else [finite.size]
        if detail.pixels:
            new["map"] = heat_map(array, detail.pixels)
    return new


def number(x):
    """A NumPy number for JSON: the shortest decimal that gives it back, or "NaN", "Infinity", "-Infinity"."""
    if x.dtype.kind != "f":
        return int(x)
    if not np.isfinite(x):
        return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"
    return float(str(x))


def short(x, count=7):
    """A float in so many significant digits."""
    return number(np.float64(f"{x:.{count}g}"))


def heat_map(array, pixels):
    """The planes of the last two axes as bytes: 0 … 254 from ``low`` to ``high``, 255 for what is not finite.

    Planes of more than ``pixels`` are averaged in squares of ``step``; of many planes the first are shown.
    """
    planes = array.reshape((-1, *array.shape[-2:]) if array.ndim > 1 else (1, 1, -1)).astype(np.float64)
    count, rows, columns = planes.shape
    step = 1
    while -(-rows // step) * -(-columns // step) > pixels or -(-columns // step) > 4 * pixels**0.5:
        step += 1
    planes = planes[: max(1, pixels // (-(-rows // step) * -(-columns // step)))]
    with np.errstate(all="ignore"):
        if step > 1:
            planes = _averaged(_averaged(planes, 1, step), 2, step)
        finite = planes[np.isfinite(planes)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
        codes = (planes - low) * (254 / (high - low) if high > low else 0)
        codes = np.where(np.isfinite(codes), codes.round(), 255).astype(np.uint8)
    return {
        "rows": planes.shape[1],
        "columns": planes.shape[2],
        "planes": len(planes),
        "of": count,
        "step": step,
        "low": short(low),
        "high": short(high),
        "bytes": b64encode(codes.tobytes()).decode(),
    }


def _averaged(planes, axis, step):
    starts = np.arange(0, planes.shape[axis], step)
    sizes = np.diff([*starts, planes.shape[axis]])
    shape = [1, 1, 1]
    shape[axis] = -1
    return np.add.reduceat(planes, starts, axis) / sizes.reshape(shape)


def floats(array):
    """All entries as base64 of little-endian float32, for the page to compute with."""
    with np.errstate(over="ignore"):
        return b64encode(np.asarray(array).astype("<f4").tobytes()).decode()
