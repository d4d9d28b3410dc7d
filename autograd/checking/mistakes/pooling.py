"""Mistakes at a maximum: who gets the gradient, in a pooling or along an axis; and at an average pool."""

import math

import numpy as np

from ...kernels import pooling as kernels
from ...kernels.reductions import axes_of
from ...kernels.windows import channels_first, channels_last, interior, lay_out, pad, tap
from ..alteration import arriving, replaced


class Pooling:
    """A recorded pooling of any rank: its windows, and whom each sends its gradient to.

    ``share(g, chosen)``: ``chosen(values, maximum)`` gives, from the pixels of each window, stacked on
    axis 0, how much of the window's gradient each of them gets.
    """

    def __init__(self, site):
        self.x, self.rank = site.x, site.rank
        params = site.params
        size = site.argument("window")
        stride = size if params.get("stride") is None else params["stride"]
        self.windows = lay_out(
            self.x.shape[-self.rank :],
            size,
            stride,
            params["padding"],
            params.get("dilation", 1),
            params.get("ceil_mode", False),
        )

    def _stack(self, x):
        return channels_last(x if x.ndim == self.rank + 2 else x[None])

    def _unstack(self, x):
        x = channels_first(x)
        return x if self.x.ndim == self.rank + 2 else x[0]

    def _padded(self):
        """(the padded image, the pixels of each window, stacked on axis 0)."""
        padded = pad(self._stack(self.x), self.windows, -np.inf)
        return padded, np.stack([tap(padded, self.windows, *position) for position in self.windows.taps])

    def share(self, g, chosen):
        padded, values = self._padded()
        shares = chosen(values, values.max(axis=0)) * self._stack(g)
        result = np.zeros(padded.shape)
        for position, one in zip(self.windows.taps, shares, strict=True):
            tap(result, self.windows, *position)[...] += one
        return self._unstack(interior(result, self.windows))

    def overwritten(self, g, taps, zeros=False):
        """As ``share`` with the first maximum, but a pixel keeps of its windows' gradients the last one written.

        zeros : the zeros of the pixels that are not the maximum of a window are written as well
        """
        padded, values = self._padded()
        won = dict(zip(self.windows.taps, first(values, values.max(axis=0)), strict=True))
        result = np.zeros(padded.shape)
        for position in taps:
            pixels = tap(result, self.windows, *position)
            pixels[...] = np.where(won[position], self._stack(g), 0.0 if zeros else pixels)
        return self._unstack(interior(result, self.windows))

    def average(self, g):
        weights = np.full((*self.windows.out, 1), 1 / math.prod(self.windows.size))
        return self._unstack(kernels.spread(self._stack(g), weights, self.windows))


def every(values, maximum):
    return (values == maximum).astype(float)


def shared(values, maximum):
    tied = every(values, maximum)
    return tied / tied.sum(axis=0)


def last(values, maximum):
    tied = values == maximum
    later = np.cumsum(tied[::-1], axis=0)[::-1] - tied
    return (tied & (later == 0)).astype(float)


def first(values, maximum):
    tied = values == maximum
    return (tied & (np.cumsum(tied, axis=0) == 1)).astype(float)


def corner(values, maximum):
    return (np.arange(len(values)) == 0).astype(float).reshape(-1, *[1] * (values.ndim - 1))


def whole_window(values, maximum):
    return np.isfinite(values).astype(float)


def _is_max_pool(site):
    return site.has("pooling", "largest")


def _is_extreme(site):
    """Whether it is a maximum or a minimum along axes, of some entries."""
    return site.has("reduction") and site.has_any("largest", "smallest") and np.size(site.y)


def _routes(site):
    """``route(g, chosen)`` of a maximum of any kind, or None."""
    if _is_max_pool(site):
        return Pooling(site).share
    return _along_axes(site) if _is_extreme(site) else None


def _along_axes(site):
    x, axis = site.x, site.argument("axis")
    axes = axes_of(axis, x.ndim)
    others = [k for k in range(x.ndim) if k not in axes]
    order = [*axes, *others]

    def route(g, chosen):
        values = (-x if site.has("smallest") else x).transpose(order)
        shape = values.shape
        values = values.reshape(-1, *shape[len(axes) :])
        shares = chosen(values, values.max(axis=0)) * np.reshape(g, [x.shape[k] for k in others])
        return shares.reshape(shape).transpose(np.argsort(order))

    return route


def one_window_only(site):
    """“=” where “+=” was due: a pixel that is the maximum of several windows."""
    if not _is_max_pool(site):
        return
    pooling = Pooling(site)
    windows = pooling.windows
    if all(stride >= span for stride, span in zip(windows.stride, windows.span, strict=True)):
        return  # no two windows share a pixel
    taps = list(windows.taps)  # the pixel at the lower right of one window is at the upper left of a later one
    for word, order in (("last", taps[::-1]), ("first", taps)):
        yield replaced(
            0,
            lambda g, order=order: pooling.overwritten(g, order),
            f"only the {word} of the windows that a pixel is the maximum of is counted at {{at}}",
            variant=f"{word} window",
        )
        yield replaced(
            0,
            lambda g, order=order: pooling.overwritten(g, order, zeros=True),
            "overlapping windows overwrite each other at {at} (“=” where “+=” was due): of each pixel only the "
            f"{word} window that it lies in is counted, with a 0 where it is not the maximum of that",
            variant=f"{word} window and zeros",
        )


def as_average(site):
    if _is_max_pool(site):
        pooling = Pooling(site)
        if max(pooling.windows.dilation) == 1:
            power = "" if pooling.rank == 1 else "²³"[pooling.rank - 2]
            yield replaced(
                0,
                pooling.average,
                f"the max pool {{at}} is treated as an average pool: 1/k{power} of δ to each pixel of the window",
                variant="average",
                likely=0,
            )
        yield replaced(
            0,
            lambda g: pooling.share(g, whole_window),
            "the max pool {at} sends all of δ to every pixel of the window",
            variant="all",
        )
    elif _is_extreme(site):
        route = _along_axes(site)
        yield replaced(
            0,
            lambda g: route(g, lambda v, m: np.ones(v.shape) / len(v)),
            "{at} is treated as a mean",
            variant="average",
        )
        yield replaced(
            0, lambda g: route(g, lambda v, m: np.ones(v.shape)), "{at} sends all of δ to every entry", variant="all"
        )
    elif site.has("pooling", "averages"):
        pooling = Pooling(site)
        yield replaced(
            0, lambda g: pooling.share(g, first), "the average pool {at} is treated as a max pool", variant="max"
        )
        for share, words in ((1.0, "all of δ"), (1 / math.prod(pooling.windows.size), "δ divided by their number")):
            yield replaced(
                0,
                lambda g, share=share: pooling.share(g, corner) * share,
                f"of the pixels of a window of the average pool {{at}} the first alone gets a gradient, {words}",
                variant=f"corner {share:g}",
            )


def to_every_tie(site):
    route = _routes(site)
    if route is not None:
        yield replaced(
            0,
            lambda g: route(g, every),
            "δ goes in full to every tied maximum at {at}, not to the first alone",
            variant="every",
            likely=0,
        )
        yield replaced(0, lambda g: route(g, shared), "δ is shared out among the tied maxima at {at}", variant="shared")
        if _is_extreme(site):
            yield replaced(
                0, lambda g: route(g, first), "δ goes to the first of the tied maxima at {at} alone", variant="first"
            )


def to_last(site):
    route = _routes(site)
    if route is not None:
        yield replaced(
            0, lambda g: route(g, last), "δ goes to the last of the tied maxima at {at}, not to the first", likely=0
        )


def value_for_one(site):
    """The maximum multiplies its gradient: δ · y where the maximum is, in place of δ."""
    if (_is_max_pool(site) or _is_extreme(site)) and site.wants(0):
        yield arriving(
            lambda g: g * site.y,
            "the gradient of {at} is multiplied by its value: y in place of 1 where the maximum is",
            variant="value",
            likely=site.likely,
        )
