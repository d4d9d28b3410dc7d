"""Where the windows of a convolution or a pooling lie, and views of an image through them.

Arrays in this package are channels-last, (N, H, W, C): there a window row is one run of memory.
``channels_last`` and ``channels_first`` go from the logical shape (N, C, H, W) and back without
copying where the memory already lies so.
"""

from operator import index
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided


class Windows(NamedTuple):
    """The geometry of a sliding window; every field is a (vertical, horizontal) pair."""

    image: tuple
    size: tuple
    stride: tuple
    dilation: tuple
    before: tuple
    """padding above and to the left"""
    after: tuple
    """padding below and to the right"""
    out: tuple
    """how many windows there are"""

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
        return [(r, s) for r in range(self.size[0]) for s in range(self.size[1])]


def pair(value, name, least):
    """(vertical, horizontal) of an int or a pair of ints, none below ``least``."""
    if type(value) is int and value >= least:
        return value, value
    values = tuple(value) if isinstance(value, list | tuple | np.ndarray) else (value, value)
    try:
        values = tuple(index(v) for v in values)
    except TypeError:
        raise TypeError(f"{name} must be an int or a pair of ints, not {value!r}") from None
    if len(values) != 2:
        raise ValueError(f"{name} must be an int or a pair (vertical, horizontal), not {value!r}")
    if min(values) < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    return values


def lay_out(image, size, stride, padding, dilation, ceil_mode=False):
    """The Windows for these arguments, which are ints, pairs, or "valid" / "same" for padding."""
    stride, dilation = pair(stride, "stride", 1), pair(dilation, "dilation", 1)
    reach = tuple(d * (k - 1) for k, d in zip(size, dilation, strict=True))
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(f'padding must be an int, a pair, "valid" or "same", not {padding!r}')
        if padding == "same" and stride != (1, 1):
            raise ValueError(f'padding="same" needs stride 1, not {stride}; give the padding in numbers')
        total = reach if padding == "same" else (0, 0)
        before = tuple(t // 2 for t in total)
        after = tuple(t - b for t, b in zip(total, before, strict=True))  # an odd pixel goes below / to the right
    else:
        before = after = pair(padding, "padding", 0)
    padded = tuple(a + n + b for a, n, b in zip(before, image, after, strict=True))
    if any(n <= r for n, r in zip(padded, reach, strict=True)):
        raise ValueError(
            "the kernel is larger than the padded image; pad more, or take a smaller kernel or dilation\n"
            f"  padded image: {padded}\n  kernel with dilation: {tuple(r + 1 for r in reach)}"
        )
    out = []
    for axis in (0, 1):
        room, step = padded[axis] - reach[axis] - 1, stride[axis]
        n = (room + (step - 1 if ceil_mode else 0)) // step + 1
        if ceil_mode and (n - 1) * step >= image[axis] + before[axis]:  # it would start in the right padding
            n -= 1
        out.append(n)
    if ceil_mode:  # a last window may hang over
        needed = [(n - 1) * s + r + 1 - b - m for n, s, r, b, m in zip(out, stride, reach, before, image, strict=True)]
        after = tuple(max(a, n) for a, n in zip(after, needed, strict=True))
    return Windows(tuple(image), tuple(size), stride, dilation, tuple(before), tuple(after), tuple(out))


def channels_last(x):
    """(N, C, H, W) as (N, H, W, C); a view."""
    return x.transpose(0, 2, 3, 1)


def channels_first(x):
    """(N, H, W, C) as (N, C, H, W); a view."""
    return x.transpose(0, 3, 1, 2)


def pad(x, windows, fill=0):
    """(N, H, W, C) with the padding around it; x itself where there is none."""
    if windows.padded == windows.image:
        return x
    padded = np.full((len(x), *windows.padded, x.shape[3]), fill, x.dtype)
    interior(padded, windows)[...] = x
    return padded


def interior(padded, windows):
    """The image inside its padding; a view."""
    (top, left), (height, width) = windows.before, windows.image
    return padded[:, top : top + height, left : left + width]


def through(padded, windows):
    """All windows as one read-only view (N, P, Q, R, S, C) of a padded image."""
    n, _, _, channels = padded.shape
    a, b, c, d = padded.strides
    (u, v), (e, f) = windows.stride, windows.dilation
    shape = (n, *windows.out, *windows.size, channels)
    return as_strided(padded, shape, (a, u * b, v * c, e * b, f * c, d), writeable=False)


def tap(padded, windows, r, s):
    """What the position (r, s) of every window sees: a view (N, P, Q, C) of a padded image."""
    (u, v), (e, f), (p, q) = windows.stride, windows.dilation, windows.out
    return padded[:, e * r : e * r + u * (p - 1) + 1 : u, f * s : f * s + v * (q - 1) + 1 : v]


def copy_pixels(to, source):
    """``to[...] = source`` for (N, P, Q, C), all channels of a pixel as one item where they lie together."""
    channels, size = to.shape[3], to.itemsize
    if channels > 1 and to.strides[3] == source.strides[3] == size and to.dtype == source.dtype:
        pixel = np.dtype((np.void, channels * size))
        to, source = to.view(pixel), source.view(pixel)
    np.copyto(to, source)
