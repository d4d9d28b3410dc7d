"""Where the windows of a convolution or a pooling lie, and views of an image through them.

An image has any number of axes ("rank"): a row, a picture, a volume. Arrays in this package are channels-last,
(N, H, W, C): there a window row is one run of memory. ``channels_last`` and ``channels_first`` go from the logical
shape (N, C, H, W) and back without copying where the memory already lies so.

The compiled kernels, and those in NumPy, know pictures. ``as_picture`` takes a row for a picture of one line;
``plane`` and ``depth_taps`` take a volume apart into pictures.
"""

from itertools import product
from operator import index
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided


class Windows(NamedTuple):
    """The geometry of a sliding window; every field has an entry for each axis of the image, the fastest last."""

    image: tuple
    size: tuple
    stride: tuple
    dilation: tuple
    before: tuple
    """padding in front, above and to the left"""
    after: tuple
    """padding behind, below and to the right"""
    out: tuple
    """how many windows there are"""

    @property
    def rank(self):
        """How many axes the image has."""
        return len(self.size)

    @property
    def span(self):
        """From a window's first pixel to its last, counting both."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.size, self.dilation, strict=True))

    @property
    def padded(self):
        return tuple(a + n + b for a, n, b in zip(self.before, self.image, self.after, strict=True))

    @property
    def taps(self):
        """The positions (r, s) within the window, row by row."""
        return list(product(*map(range, self.size)))


TUPLE = {1: "a tuple", 2: "a pair", 3: "a triple"}
AXES = {1: "(along,)", 2: "(vertical, horizontal)", 3: "(depth, vertical, horizontal)"}


def per_axis(value, rank, name, least):
    """A tuple with an entry for each of ``rank`` axes, of an int, alone or in a tuple, or that many, none below
    ``least``."""
    if type(value) is int and value >= least:
        return (value,) * rank
    values = tuple(value) if isinstance(value, list | tuple | np.ndarray) else (value,) * rank
    try:
        values = tuple([index(v) for v in values])
    except TypeError:
        raise TypeError(f"{name} must be an int or {TUPLE[rank]} of ints, not {value!r}") from None
    if len(values) == 1:
        values *= rank
    if len(values) != rank:
        raise ValueError(f"{name} must be an int or {TUPLE[rank]} {AXES[rank]}, not {value!r}")
    if min(values) < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    return values


def around(size, stride, padding, dilation):
    """(before, after) for these arguments: tuples, or "valid" / "same" for padding."""
    rank = len(size)
    if not isinstance(padding, str):
        padding = per_axis(padding, rank, "padding", 0)
        return padding, padding
    if padding not in ("valid", "same"):
        raise ValueError(f'padding must be an int, {TUPLE[rank]}, "valid" or "same", not {padding!r}')
    if padding == "valid":
        return (0,) * rank, (0,) * rank
    if max(stride) > 1:
        raise ValueError(f'padding="same" needs stride 1, not {stride}; give the padding in numbers')
    total = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
    before = tuple([t // 2 for t in total])
    return before, tuple([t - b for t, b in zip(total, before, strict=True)])  # an odd pixel goes behind


def lay_out(image, size, stride, padding, dilation, ceil_mode=False):
    """The Windows for these arguments, which are ints, tuples, or "valid" / "same" for padding."""
    image, rank = tuple(image), len(image)
    size, stride = per_axis(size, rank, "kernel_size", 1), per_axis(stride, rank, "stride", 1)
    dilation = per_axis(dilation, rank, "dilation", 1)
    before, after = around(size, stride, padding, dilation)
    padded = tuple([a + n + b for a, n, b in zip(before, image, after, strict=True)])
    reach = tuple([d * (k - 1) for k, d in zip(size, dilation, strict=True)])
    if any([n <= r for n, r in zip(padded, reach, strict=True)]):
        raise ValueError(
            "the kernel is larger than the padded image; pad more, or take a smaller kernel or dilation\n"
            f"  padded image: {padded}\n  kernel with dilation: {tuple(r + 1 for r in reach)}"
        )
    out = []
    for axis in range(rank):
        room, step = padded[axis] - reach[axis] - 1, stride[axis]
        n = (room + (step - 1 if ceil_mode else 0)) // step + 1
        if ceil_mode and (n - 1) * step >= image[axis] + before[axis]:  # it would start in the padding behind
            n -= 1
        out.append(n)
    if ceil_mode:  # a last window may hang over
        needed = [(n - 1) * s + r + 1 - b - m for n, s, r, b, m in zip(out, stride, reach, before, image, strict=True)]
        after = tuple([max(a, n) for a, n in zip(after, needed, strict=True)])
    return Windows(image, size, stride, dilation, before, after, tuple(out))


def as_arguments(windows, groups=1):
    """How the windows lie, as keywords of a call in code; what is 1 or none is left out."""
    pairs = tuple(zip(windows.before, windows.after, strict=True))
    even = len({width for pair in pairs for width in pair}) == 1
    given = {
        "stride": windows.stride[0] if len(set(windows.stride)) == 1 else windows.stride,
        "padding": pairs[0][0] if even else pairs,
        "dilation": windows.dilation[0] if len(set(windows.dilation)) == 1 else windows.dilation,
        "groups": groups,
    }
    plain = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    return "".join([f", {name}={value}" for name, value in given.items() if value != plain[name]])


_LAST = [(0, *range(2, axes), 1) for axes in range(6)]
_FIRST = [(0, axes - 1, *range(1, axes - 1)) for axes in range(6)]


def channels_last(x):
    """(N, C, H, W) as (N, H, W, C); a view."""
    return x.transpose(_LAST[x.ndim])


def channels_first(x):
    """(N, H, W, C) as (N, C, H, W); a view."""
    return x.transpose(_FIRST[x.ndim])


def pad(x, windows, fill=0):
    """(N, H, W, C) with the padding around it; x itself where there is none."""
    if windows.padded == windows.image:
        return x
    padded = np.full((len(x), *windows.padded, x.shape[-1]), fill, x.dtype)
    interior(padded, windows)[...] = x
    return padded


def interior(padded, windows):
    """The image inside its padding; a view."""
    return padded[:, *[slice(b, b + n) for b, n in zip(windows.before, windows.image, strict=True)]]


def through(padded, windows):
    """All windows as one read-only view (N, P, Q, R, S, C) of a padded image."""
    images, *steps, channel = padded.strides
    shape = (len(padded), *windows.out, *windows.size, padded.shape[-1])
    between = [u * step for u, step in zip(windows.stride, steps, strict=True)]
    within = [e * step for e, step in zip(windows.dilation, steps, strict=True)]
    return as_strided(padded, shape, (images, *between, *within, channel), writeable=False)


def tap(padded, windows, *position):
    """What the position (r, s) of every window sees: a view (N, P, Q, C) of a padded image."""
    seen = [slice(None)]
    for e, r, u, p in zip(windows.dilation, position, windows.stride, windows.out, strict=True):
        seen.append(slice(e * r, e * r + u * (p - 1) + 1, u))
    return padded[tuple(seen)]


def copy_pixels(to, source):
    """``to[...] = source`` for (N, P, Q, C), all channels of a pixel as one item where they lie together."""
    channels, size = to.shape[-1], to.itemsize
    if channels > 1 and to.strides[-1] == source.strides[-1] == size and to.dtype == source.dtype:
        pixel = np.dtype((np.void, channels * size))
        to, source = to.view(pixel), source.view(pixel)
    np.copyto(to, source)


# -- rows and volumes as pictures ----------------------------------------------------------------

_ONE_LINE = Windows((1,), (1,), (1,), (1,), (0,), (0,), (1,))


def as_picture(windows):
    """The Windows of a row for a picture of one line."""
    return Windows(*[line + field for line, field in zip(_ONE_LINE, windows, strict=True)])


def plane(windows):
    """The Windows of a volume within each of its pictures."""
    return Windows(*[field[1:] for field in windows])


def depth(windows):
    """The Windows of a volume along its first axis, for a picture one pixel across."""
    return Windows(*[field[:1] + line for line, field in zip(_ONE_LINE, windows, strict=True)])


def depth_taps(windows):
    """For each tap r along the first axis (r, some, seen): which windows see a picture by it, and which pictures."""
    (m, k, u, e, b, _, n) = [field[0] for field in windows]
    for r in range(k):
        first = max(0, -((e * r - b) // u))  # the first window whose picture u p + e r − b is none of the padding's
        end = max(first, min(n, (m - 1 + b - e * r) // u + 1))
        start = u * first + e * r - b
        yield r, slice(first, end), slice(start, start + u * (end - first), u)
