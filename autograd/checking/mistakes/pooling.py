"""Mistakes at a maximum: who gets the gradient, in a pooling or along an axis."""

import numpy as np

from ...kernels import pooling as kernels
from ...kernels.windows import channels_first, channels_last, interior, lay_out, pad, tap
from ..alteration import replaced

REDUCTIONS = ("max", "min", "amax", "amin")


class Pooling:
    """A recorded max_pool2d or avg_pool2d: its windows, and whom each sends its gradient to.

    ``share(g, chosen)``: ``chosen(values, maximum)`` gives, from the pixels of each window, stacked on
    axis 0, how much of the window's gradient each of them gets.
    """

    def __init__(self, node, checked):
        self.x, self.y = checked.value(node.note.inputs[0]), node.note.value
        params = node.note.params
        size = params["kernel_size"]
        stride = size if params.get("stride") is None else params["stride"]
        self.windows = lay_out(
            self.x.shape[-2:],
            size,
            stride,
            params["padding"],
            params.get("dilation", 1),
            params.get("ceil_mode", False),
        )

    def share(self, g, chosen):
        windows = self.windows
        padded = pad(_stack(self.x), windows, -np.inf)
        values = np.stack([tap(padded, windows, r, s) for r, s in windows.taps])
        shares = chosen(values, values.max(axis=0)) * _stack(g)
        result = np.zeros(padded.shape)
        for (r, s), one in zip(windows.taps, shares, strict=True):
            tap(result, windows, r, s)[...] += one
        return _unstack(interior(result, windows), self.x.ndim)

    def overwritten(self, g, taps):
        """As ``share`` with the first maximum, but a pixel keeps of its windows' gradients the last one written."""
        windows = self.windows
        padded = pad(_stack(self.x), windows, -np.inf)
        values = np.stack([tap(padded, windows, r, s) for r, s in windows.taps])
        won = dict(zip(windows.taps, first(values, values.max(axis=0)), strict=True))
        result = np.zeros(padded.shape)
        for r, s in taps:
            pixels = tap(result, windows, r, s)
            pixels[...] = np.where(won[r, s], _stack(g), pixels)
        return _unstack(interior(result, windows), self.x.ndim)

    def average(self, g):
        count = self.windows.size[0] * self.windows.size[1]
        weights = np.full((*self.windows.out, 1), 1 / count)
        return _unstack(kernels.spread(_stack(g), weights, self.windows), self.x.ndim)


def _stack(x):
    return channels_last(x if x.ndim == 4 else x[None])


def _unstack(x, ndim):
    x = channels_first(x)
    return x if ndim == 4 else x[0]


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


def whole_window(values, maximum):
    return np.isfinite(values).astype(float)


def _routes(node, checked):
    """``route(g, chosen)`` of a maximum of any kind, or None."""
    name = node.operation.name
    if name == "max_pool2d":
        return Pooling(node, checked).share
    if name in REDUCTIONS and np.size(node.note.value):
        return _along_axes(node, checked)
    return None


def _along_axes(node, checked):
    x, params = checked.value(node.note.inputs[0]), node.note.params
    axis = params.get("axis")
    axes = tuple(range(x.ndim)) if axis is None else tuple(np.atleast_1d(axis) % x.ndim)
    others = [k for k in range(x.ndim) if k not in axes]
    order = [*axes, *others]

    def route(g, chosen):
        values = (-x if node.operation.name.endswith("min") else x).transpose(order)
        shape = values.shape
        values = values.reshape(-1, *shape[len(axes) :])
        shares = chosen(values, values.max(axis=0)) * np.reshape(g, [x.shape[k] for k in others])
        return shares.reshape(shape).transpose(np.argsort(order))

    return route


def one_window_only(node, checked):
    """“=” where “+=” was due: a pixel that is the maximum of several windows."""
    if node.operation.name != "max_pool2d":
        return
    pooling = Pooling(node, checked)
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


def as_average(node, checked):
    if node.operation.name == "max_pool2d":
        pooling = Pooling(node, checked)
        says = "the max pool {at} is treated as an average pool"
        if pooling.windows.dilation == (1, 1):
            yield replaced(
                0, pooling.average, f"{says}: 1/k² of δ to each pixel of the window", variant="average", likely=0
            )
        yield replaced(
            0,
            lambda g: pooling.share(g, whole_window),
            "the max pool {at} sends all of δ to every pixel of the window",
            variant="all",
        )
    elif node.operation.name in REDUCTIONS and np.size(node.note.value):
        route = _along_axes(node, checked)
        yield replaced(
            0,
            lambda g: route(g, lambda v, m: np.ones(v.shape) / len(v)),
            "{at} is treated as a mean",
            variant="average",
        )
    elif node.operation.name == "avg_pool2d":
        pooling = Pooling(node, checked)
        yield replaced(
            0, lambda g: pooling.share(g, first), "the average pool {at} is treated as a max pool", variant="max"
        )


def to_every_tie(node, checked):
    route = _routes(node, checked)
    if route is not None:
        yield replaced(
            0,
            lambda g: route(g, every),
            "δ goes in full to every tied maximum at {at}, not to the first alone",
            variant="every",
            likely=0,
        )
        yield replaced(0, lambda g: route(g, shared), "δ is shared out among the tied maxima at {at}", variant="shared")
        if node.operation.name in REDUCTIONS:
            yield replaced(
                0, lambda g: route(g, first), "δ goes to the first of the tied maxima at {at} alone", variant="first"
            )


def to_last(node, checked):
    route = _routes(node, checked)
    if route is not None:
        yield replaced(
            0, lambda g: route(g, last), "δ goes to the last of the tied maxima at {at}, not to the first", likely=0
        )
