"""Images padded, made larger or smaller, cut into windows and put together again."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

import autograd as ag

from ..values import float_dtype_of, values_of
from .pooling import adaptive_mean

__all__ = [
    "channel_shuffle", "fold", "interpolate", "one_hot", "pad", "pixel_shuffle", "pixel_unshuffle", "unfold",
    "upsample", "upsample_bilinear", "upsample_nearest",
]  # fmt: skip

Pair: TypeAlias = int | Sequence[int]
_PAD_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(x: Any, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Any:
    """New entries around x: ``pad`` lists (before, after) of the last axis, then of the one before it, and so on.

    Negative numbers take entries away.

    mode : "constant" (with ``value``), "reflect", "replicate", "circular"

    >>> import numpy as np, nn.functional as F
    >>> F.pad(np.array([1.0, 2.0, 3.0]), (1, -1))
    array([0., 1., 2.])
    """
    shape = np.shape(x)
    if mode not in _PAD_MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(map(repr, _PAD_MODES))}\n  mode: {mode!r}")
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ValueError(f"pad: there must be a pair for each of the last axes\n  x: {shape}\n  pad: {tuple(pad)}")
    widths = [(0, 0)] * (len(shape) - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    if any(-before - after > length for (before, after), length in zip(widths, shape, strict=True)):
        raise ValueError(f"pad: more is taken away than there is\n  x: {shape}\n  pad: {tuple(pad)}")
    if mode == "circular":  # what is repeated is what is left
        left = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, shape, strict=True)]
        x, widths = x[tuple(left)], [(max(a, 0), max(b, 0)) for a, b in widths]
    more = [(max(before, 0), max(after, 0)) for before, after in widths]
    if any(width != (0, 0) for width in more):
        options = {"constant_values": value} if mode == "constant" else {}
        x = ag.pad(x, more, mode=_PAD_MODES[mode], **options)
    cuts = tuple([slice(max(-before, 0), None if after >= 0 else after) for before, after in widths])
    return x if all(cut == slice(0, None) for cut in cuts) else x[cuts]


def one_hot(x: Any, num_classes: int = -1) -> np.ndarray:
    """Class numbers (…) as rows (…, num_classes) of 0 and one 1, int64; by default as many classes as needed.

    >>> import nn.functional as F
    >>> F.one_hot([2, 0])
    array([[0, 0, 1],
           [1, 0, 0]])
    """
    classes = values_of(x)
    if classes.dtype.kind not in "iu":
        raise TypeError(f"one_hot: class numbers must be integers, not {classes.dtype}")
    count = int(classes.max(initial=-1)) + 1 if num_classes == -1 else num_classes
    if (classes < 0).any() or (classes >= count).any():
        raise ValueError(f"one_hot: class numbers must be from 0 to {count - 1}")
    return np.asarray(classes[..., None] == np.arange(count)).astype(np.int64)


def pixel_shuffle(x: Any, upscale_factor: int) -> Any:
    """(…, C · r², H, W) becomes (…, C, H · r, W · r): r² channels give the pixels of a finer image.

    Source: Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel CNN" (2016).
    """
    r, shape = upscale_factor, np.shape(x)
    if len(shape) < 3 or r < 1 or shape[-3] % (r * r):
        raise ValueError(f"pixel_shuffle: the channels must be a multiple of r²\n  x: {shape}\n  r: {r!r}")
    *batch, channels, height, width = shape
    n, c = len(batch), channels // (r * r)
    y = ag.reshape(x, (*batch, c, r, r, height, width))
    y = ag.transpose(y, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return ag.reshape(y, (*batch, c, height * r, width * r))


def pixel_unshuffle(x: Any, downscale_factor: int) -> Any:
    """(…, C, H · r, W · r) becomes (…, C · r², H, W): the way back from ``pixel_shuffle``."""
    r, shape = downscale_factor, np.shape(x)
    if len(shape) < 3 or r < 1 or shape[-2] % r or shape[-1] % r:
        raise ValueError(f"pixel_unshuffle: height and width must be multiples of r\n  x: {shape}\n  r: {r!r}")
    *batch, channels, height, width = shape
    n = len(batch)
    y = ag.reshape(x, (*batch, channels, height // r, r, width // r, r))
    y = ag.transpose(y, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return ag.reshape(y, (*batch, channels * r * r, height // r, width // r))


def channel_shuffle(x: Any, groups: int) -> Any:
    """(N, C, …) with the channels of ``groups`` groups in turns. Source: Zhang et al., "ShuffleNet" (2018)."""
    shape = np.shape(x)
    if len(shape) < 3 or groups < 1 or shape[1] % groups:
        raise ValueError(
            f"channel_shuffle: the channels must be a multiple of groups\n  x: {shape}\n  groups: {groups!r}"
        )
    y = ag.swapaxes(ag.reshape(x, (shape[0], groups, shape[1] // groups, *shape[2:])), 1, 2)
    return ag.reshape(y, shape)


def unfold(x: Any, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1) -> Any:
    """The windows of images: (N, C, H, W) becomes (N, C · k · l, windows), a window in each column; k, l its size."""
    shape, (k, m) = np.shape(x), _pair(kernel_size)
    if len(shape) not in (3, 4):
        raise ValueError(f"unfold: x must be (N, C, H, W) or (C, H, W)\n  x: {shape}")
    channels = shape[-3]
    picks = _picks(channels, k, m, x)
    y = ag.conv2d(x, picks, stride=_pair(stride), padding=_pair(padding), dilation=_pair(dilation), groups=channels)
    return ag.reshape(y, (*shape[:-3], channels * k * m, math.prod(np.shape(y)[-2:])))


def fold(x: Any, output_size: Pair, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1) -> Any:
    """Images as the sum of their windows, columns of (N, C · k · l, windows): (N, C, *output_size); see ``unfold``."""
    shape, (k, m), out = np.shape(x), _pair(kernel_size), _pair(output_size)
    d, p, s = _pair(dilation), _pair(padding), _pair(stride)
    counts = [(out[i] + 2 * p[i] - d[i] * (size - 1) - 1) // s[i] + 1 for i, size in enumerate((k, m))]
    if len(shape) not in (2, 3) or shape[-2] % (k * m) or shape[-1] != counts[0] * counts[1]:
        raise ValueError(
            f"fold: x must be (N, C · {k * m}, {counts[0] * counts[1]}), the windows of an image of this size\n"
            f"  x: {shape}\n  output_size: {out}"
        )
    channels = shape[-2] // (k * m)
    y = ag.reshape(x, (*shape[:-1], *counts))
    rest = tuple([(out[i] + 2 * p[i] - d[i] * (size - 1) - 1) % s[i] for i, size in enumerate((k, m))])
    return ag.conv_transpose2d(
        y, _picks(channels, k, m, x), stride=s, padding=p, output_padding=rest, groups=channels, dilation=d
    )


def _picks(channels: int, k: int, m: int, like: Any) -> np.ndarray:
    """Filters (C · k · m, 1, k, m), of which each picks one entry of a window."""
    return np.tile(np.eye(k * m, dtype=float_dtype_of(like)).reshape(k * m, 1, k, m), (channels, 1, 1, 1))


def _pair(value: Pair) -> tuple[int, int]:
    if isinstance(value, int | np.integer):
        return int(value), int(value)
    first, second = value
    return int(first), int(second)


# -- interpolation -------------------------------------------------------------------------------

Taps: TypeAlias = list[tuple[np.ndarray, np.ndarray]]
"""For each place of the result along an axis: several (numbers of entries, their weights)."""
_AXES = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}


def interpolate(
    x: Any,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Any:
    """Images, rows or volumes (N, C, …) at another size.

    Parameters
    ----------
    x : (N, C, L), (N, C, H, W) or (N, C, D, H, W)
    size : the new size, a number or one for each axis, or
    scale_factor : what the size is multiplied by, and rounded down
    mode : "nearest", "nearest-exact", "linear" (of rows), "bilinear" and "bicubic" (of images), "trilinear" (of
        volumes), "area" (the mean)
    align_corners : whether the outermost pixels' middles, not their borders, stay in place; not of the nearest ones
    recompute_scale_factor : whether pixels are as far apart as the rounded sizes say, not as scale_factor does

    >>> import numpy as np, nn.functional as F
    >>> F.interpolate(np.array([[[1.0, 2.0]]]), scale_factor=2)
    array([[[1., 1., 2., 2.]]])
    """
    shape = np.shape(x)
    axes = len(shape) - 2
    if axes not in (1, 2, 3):
        raise ValueError(f"interpolate: x must be (N, C, L), (N, C, H, W) or (N, C, D, H, W)\n  x: {shape}")
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: pass size or scale_factor")
    scales = _each("scale_factor", scale_factor, axes) if scale_factor is not None else [None] * axes
    if size is None:
        sizes = [math.floor(length * scale) for length, scale in zip(shape[2:], scales, strict=True)]
    else:
        sizes = [int(length) for length in _each("size", size, axes)]
    if recompute_scale_factor:
        if size is not None:
            raise ValueError("interpolate: with size there is no scale_factor to recompute")
        scales = [None] * axes
    if min(sizes) < 1:
        raise ValueError(f"interpolate: the new size must be 1 or more\n  x: {shape}\n  new size: {tuple(sizes)}")
    if mode == "area":
        return adaptive_mean(x, sizes)
    if mode in ("nearest", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(f"interpolate: mode {mode!r} has no align_corners")
        taps_of: Callable[..., Taps] = _nearest if mode == "nearest" else _nearest_exact
    elif _AXES.get(mode) == axes:
        taps_of = _cubic if mode == "bicubic" else _linear
    else:
        raise ValueError(f"interpolate: this mode is not made for x\n  mode: {mode!r}\n  x: {shape}")
    for axis, (length, new, scale) in enumerate(zip(shape[2:], sizes, scales, strict=True), 2):
        if length == new and (scale is None or scale == 1):
            continue
        step = 1 / scale if scale is not None else length / new
        taps = taps_of(length, new, step, bool(align_corners))
        along = tuple([-1 if i == axis else 1 for i in range(len(shape))])
        if len(taps) == 1:
            x = ag.take(x, taps[0][0], axis=axis)
            continue
        dtype = float_dtype_of(x)
        x = sum(ag.take(x, at, axis=axis) * weight.astype(dtype).reshape(along) for at, weight in taps)
    return x


def upsample(
    x: Any,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    """``interpolate``, under its older name."""
    return interpolate(x, size, scale_factor, mode, align_corners)


def upsample_nearest(x: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """``interpolate`` by the nearest pixels."""
    return interpolate(x, size, scale_factor)


def upsample_bilinear(x: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """``interpolate`` of images, bilinear, with the outermost pixels' middles in their places."""
    return interpolate(x, size, scale_factor, "bilinear", True)


def _each(name: str, value: Any, axes: int) -> list[Any]:
    values = [value] * axes if np.ndim(value) == 0 else list(value)
    if len(values) != axes:
        raise ValueError(f"interpolate: {name} must be one number, or one for each of {axes} axes\n  {name}: {value!r}")
    return values


def _nearest(length: int, new: int, step: float, align: bool) -> Taps:
    return [(np.minimum(np.floor(np.arange(new) * step).astype(int), length - 1), np.ones(new))]


def _nearest_exact(length: int, new: int, step: float, align: bool) -> Taps:
    return [(np.minimum(np.floor((np.arange(new) + 0.5) * step).astype(int), length - 1), np.ones(new))]


def _places(length: int, new: int, step: float, align: bool) -> np.ndarray:
    """Where each new pixel's middle lies, in old pixels from the middle of the first."""
    if align:
        return np.arange(new) * ((length - 1) / (new - 1) if new > 1 else 0.0)
    return (np.arange(new) + 0.5) * step - 0.5


def _linear(length: int, new: int, step: float, align: bool) -> Taps:
    place = np.maximum(_places(length, new, step, align), 0)
    first = np.minimum(place.astype(int), length - 1)
    share = np.minimum(place - first, 1)
    return [(first, 1 - share), (np.minimum(first + 1, length - 1), share)]


def _cubic(length: int, new: int, step: float, align: bool) -> Taps:
    """By the cubic through four pixels with a = −0.75. Source: Keys, "Cubic Convolution Interpolation" (1981)."""
    place, a = _places(length, new, step, align), -0.75
    first = np.floor(place).astype(int)
    t = place - first

    def near(d: np.ndarray) -> np.ndarray:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: np.ndarray) -> np.ndarray:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    weights = [far(t + 1), near(t), near(1 - t), far(2 - t)]
    return [(np.clip(first + i - 1, 0, length - 1), weight) for i, weight in enumerate(weights)]
