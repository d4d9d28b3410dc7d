"""Images read off at places that a grid says: what a spatial transformer does."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd as ag

from ..values import float_dtype_of, values_of

__all__ = ["affine_grid", "grid_sample"]


def affine_grid(theta: Any, size: Sequence[int], align_corners: bool = False) -> Any:
    """Where each pixel of a result lies in an image that an affine map takes it to: a grid for ``grid_sample``.

    Parameters
    ----------
    theta : (N, 2, 3), or (N, 3, 4) for volumes: the maps, with x before y
    size : (N, C, H, W) or (N, C, D, H, W), the result's
    align_corners : whether −1 and 1 are the middles of the outermost pixels, or their borders

    Gives (N, H, W, 2) or (N, D, H, W, 3).

    >>> import numpy as np, nn.functional as F
    >>> F.affine_grid(np.array([[[1.0, 0, 0], [0, 1, 0]]]), (1, 1, 1, 2))[0, 0]
    array([[-0.5,  0. ],
           [ 0.5,  0. ]])
    """
    size, shape = tuple(size), np.shape(theta)
    rank = len(size) - 2
    if rank not in (2, 3) or shape != (size[0], rank, rank + 1) or min(size) < 1:
        raise ValueError(
            "affine_grid: theta must be (N, 2, 3) for a size (N, C, H, W), or (N, 3, 4) for (N, C, D, H, W)\n"
            f"  theta: {shape}\n  size: {size}"
        )
    dtype, image = float_dtype_of(theta), size[2:]
    lines = [np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in image]
    if not align_corners:
        lines = [line * (n - 1) / n for line, n in zip(lines, image, strict=True)]
    axes = np.meshgrid(*lines, indexing="ij")
    base = np.stack([*axes[::-1], np.ones(image)], axis=-1).reshape(-1, rank + 1).astype(dtype)
    return ag.reshape(ag.matmul(base, ag.swapaxes(theta, 1, 2)), (size[0], *image, rank))


def grid_sample(
    x: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = False
) -> Any:
    """The images x read off at the places of a grid: (N, C, *P) for images (N, C, H, W) and places (N, *P, 2).

    Parameters
    ----------
    x : (N, C, H, W) or (N, C, D, H, W)
    grid : (N, P, Q, 2) or (N, O, P, Q, 3): places (x, y) or (x, y, z), from −1 to 1 along each axis
    mode : "bilinear" (of volumes trilinear), "nearest", or of images "bicubic"
    padding_mode : what lies outside of the image: "zeros", "border" (the nearest pixel), "reflection"
    align_corners : whether −1 and 1 are the middles of the outermost pixels, or their borders

    The gradient by the grid is 0 for "nearest". Source: Jaderberg et al., "Spatial Transformer Networks" (2015).

    >>> import numpy as np, nn.functional as F
    >>> x = np.arange(4.0).reshape(1, 1, 2, 2)
    >>> F.grid_sample(x, np.zeros((1, 1, 1, 2)))
    array([[[[1.5]]]])
    """
    shape, places = np.shape(x), np.shape(grid)
    rank, align = len(shape) - 2, bool(align_corners)
    if rank not in (2, 3) or len(places) != rank + 2 or places[-1] != rank or places[0] != shape[0] or 0 in shape[2:]:
        raise ValueError(
            "grid_sample: x (N, C, H, W) and grid (N, P, Q, 2), or (N, C, D, H, W) and (N, O, P, Q, 3) are needed\n"
            f"  x: {shape}\n  grid: {places}"
        )
    for name, value, known in (
        ("mode", mode, ("bilinear", "nearest", "bicubic")[: 3 if rank == 2 else 2]),
        ("padding_mode", padding_mode, ("zeros", "border", "reflection")),
    ):
        if value not in known:
            raise ValueError(f"grid_sample: {name} must be one of {', '.join(known)}\n  {name}: {value!r}")
    image = shape[2:]
    flat = ag.reshape(x, (*shape[:2], -1))
    at = []  # along each axis of the image, in pixels from the middle of the first
    for axis, length in enumerate(image):
        place = ag.reshape(grid[..., rank - 1 - axis], (shape[0], -1))
        place = (place + 1) * ((length - 1) / 2) if align else ((place + 1) * length - 1) / 2
        at.append(place if mode == "bicubic" else _inside(place, length, padding_mode, align))
    if mode == "nearest":
        taps = [[(np.rint(values_of(place)), ag.where(False, place, 1.0))] for place in at]
    elif mode == "bilinear":
        taps = [_linear(place) for place in at]
    else:
        taps = [_cubic(place) for place in at]
    total: Any = 0.0
    for corner in itertools.product(*taps):
        total = total + _read(flat, corner, image, padding_mode, align, mode == "bicubic")
    return ag.reshape(total, (*shape[:2], *places[1:-1]))


def _read(flat: Any, corner: Any, image: tuple[int, ...], padding_mode: str, align: bool, bounded: bool) -> Any:
    """The pixels at one corner of each place's neighbourhood, times their weights: (N, C, places)."""
    number: Any = 0
    inside: Any = True
    weight: Any = 1.0
    for (place, share), length in zip(corner, image, strict=True):
        if bounded:  # of a cubic each pixel is brought inside
            place = np.rint(values_of(_inside(place, length, padding_mode, align)))
        inside = inside & (place >= 0) & (place <= length - 1)
        safe = np.where(np.isfinite(place), np.clip(place, 0, length - 1), 0).astype(np.int64)
        number = number * length + safe
        weight = weight * share
    inside = np.asarray(inside)[:, None]
    pixels = ag.take_along_axis(flat, np.asarray(number)[:, None], axis=2)
    if not inside.all():
        pixels = ag.where(inside, pixels, 0.0)
    return pixels * ag.reshape(weight, (np.shape(weight)[0], 1, -1))


def _inside(place: Any, length: int, padding_mode: str, align: bool) -> Any:
    """Places brought into the image, where the padding is of its pixels."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        low, span = (0.0, length - 1.0) if align else (-0.5, float(length))
        values = values_of(place)
        if span == 0:
            return place * 0.0
        away = abs(values - low)
        times = np.floor(away / span)
        even = times % 2 == 0
        rest = away - times * span
        goal = np.where(even, rest, span - rest) + low
        sign = np.where(values < low, -1.0, 1.0) * np.where(even, 1.0, -1.0)
        sign, goal = sign.astype(values.dtype), goal.astype(values.dtype)
        place = place * sign + (goal - values * sign) if isinstance(place, ag.Tensor) else goal
    values = values_of(place)
    bound = np.clip(values, 0, length - 1)
    return ag.where((values > 0) & (values < length - 1), place, bound)  # at the outermost pixels too: gradient 0


def _linear(place: Any) -> list[tuple[np.ndarray, Any]]:
    first = np.floor(values_of(place))
    share = place - first
    return [(first, 1 - share), (first + 1, share)]


def _cubic(place: Any) -> list[tuple[np.ndarray, Any]]:
    """By the cubic through four pixels with a = −0.75. Source: Keys, "Cubic Convolution Interpolation" (1981)."""
    first, a = np.floor(values_of(place)), -0.75
    t = place - first

    def near(d: Any) -> Any:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Any) -> Any:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return [(first - 1, far(t + 1)), (first, near(t)), (first + 1, near(1 - t)), (first + 2, far(2 - t))]
