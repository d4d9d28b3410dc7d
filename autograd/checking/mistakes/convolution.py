"""Mistakes in the two gradients of a convolution: rotation, stride, padding, what meets what."""

import numpy as np

from ...kernels.conv import input_gradient_by_taps, weight_gradient_by_taps
from ...kernels.signal import placement
from ...kernels.windows import Windows, channels_first, channels_last, lay_out
from ..alteration import replaced, turned

NAMES = ("conv2d", "correlate2d", "convolve2d")


class Convolution:
    """A recorded conv2d, correlate2d or convolve2d, all seen as a correlation of (N, C, H, W).

    x, w : image and kernels; the kernel of a convolution is already turned by 180°
    windows : where the windows lie
    """

    def __init__(self, site):
        self.name = site.operation.name
        x, w = (site.graph.value(source) for source in site.inputs[:2])
        params = site.params
        self.groups = params.get("groups", 1)
        if self.name == "conv2d":
            self.x, self.w = x, w
            self.windows = lay_out(x.shape[2:], w.shape[2:], params["stride"], params["padding"], params["dilation"])
            return
        self.x, self.w = x[None, None], self._oriented(w[None, None])
        (above, below), (left, right) = placement(x.shape, w.shape, params["mode"], self.name == "convolve2d")
        self.windows = Windows(x.shape, w.shape, (1, 1), (1, 1), (above, left), (below, right), site.shape)

    def _oriented(self, w):
        return rotated(w) if self.name == "convolve2d" else w

    def in_four_axes(self, g):
        return g if self.name == "conv2d" else g[None, None]

    def image(self, x):
        """A gradient by the image with the axes that the operation's image has."""
        return x if self.name == "conv2d" else x[0, 0]

    def kernels(self, w):
        return w if self.name == "conv2d" else self._oriented(w)[0, 0]

    def by_image(self, g, w=None, **changes):
        """The gradient by the image, with other kernels or other windows."""
        w, windows = self.w if w is None else w, self.windows._replace(**changes)
        parts = [
            input_gradient_by_taps(channels_last(some), kernels, windows)
            for some, kernels in zip(self._split(g, 1), self._split(w, 0), strict=True)
        ]
        return channels_first(np.concatenate(parts, axis=3))

    def by_kernels(self, g, x=None, **changes):
        """The gradient by the kernels, with another image or other windows."""
        x, windows = self.x if x is None else x, self.windows._replace(**changes)
        parts = [
            weight_gradient_by_taps(channels_last(some), channels_last(images), windows)
            for some, images in zip(self._split(g, 1), self._split(x, 1), strict=True)
        ]
        return np.concatenate(parts, axis=0)

    def _split(self, array, axis):
        return np.split(array, self.groups, axis=axis)


def rotated(w):
    return w[..., ::-1, ::-1]


def _changed_image(conv, function, says, **options):
    return replaced(0, lambda g: conv.image(function(conv.in_four_axes(g))), says, **options)


def _changed_kernels(conv, function, says, **options):
    return replaced(1, lambda g: conv.kernels(function(conv.in_four_axes(g))), says, **options)


def _of(site, i):
    """Whether a gradient by input i is wanted of a convolution that has entries."""
    return site.operation.name in NAMES and site.wants(i) and np.size(site.y)


# -- rotation ----------------------------------------------------------------------------------


def not_rotated(site):
    """Without the rotation that is due: of the kernel in a correlation, of the kernel's gradient in a convolution."""
    if site.operation.name == "convolve2d":
        if _of(site, 1):
            yield turned(1, rotated, "the kernel's gradient at {at} is not rotated by 180°")
    elif _of(site, 0):
        conv = Convolution(site)
        yield _changed_image(
            conv, lambda g: conv.by_image(g, rotated(conv.w)), "{whose} kernel is not rotated by 180°", likely=0
        )


def needlessly_rotated(site):
    if site.operation.name == "convolve2d":
        if _of(site, 0):
            conv = Convolution(site)
            yield _changed_image(
                conv,
                lambda g: conv.by_image(g, rotated(conv.w)),
                "{whose} kernel is rotated by 180° for the gradient of a convolution, where it should not be",
            )
    elif _of(site, 1):
        yield turned(1, rotated, "the kernel's gradient at {at} is rotated by 180°, where it should not be", likely=0)
        conv = Convolution(site)
        yield _changed_kernels(
            conv,
            lambda g: conv.by_kernels(rotated(g)),
            "δ is rotated by 180° in the kernel's gradient at {at}, where it should not be",
            variant="δ",
        )


# -- what meets what ---------------------------------------------------------------------------


def exchanged(site):
    """The correlation of δ with the input in place of that of the input with δ."""
    if not _of(site, 1):
        return
    conv = Convolution(site)
    reach = tuple(span - 1 for span in conv.windows.span)
    before = tuple(b + r for b, r in zip(conv.windows.before, reach, strict=True))
    yield _changed_kernels(
        conv,
        lambda g: rotated(conv.by_kernels(g, before=before)),
        "input and δ are exchanged in the kernel's gradient at {at}: δ[m+i, n+j] · x[m, n]",
    )


def kernel_for_input(site):
    """Text 002's misprint: δ · h where δ · x is due."""
    if not _of(site, 1):
        return
    conv = Convolution(site)
    (rows, columns), (height, width) = conv.windows.size, conv.windows.image
    if conv.groups > 1 or rows > height or columns > width:
        return

    def in_place(g):
        """Σ δ[p, q] · h[p + i, q + j], the kernel being 0 beyond its edge, kernel by kernel."""
        result = np.zeros(conv.w.shape)
        for o in range(len(conv.w)):
            image = np.zeros((len(g), conv.w.shape[1], height, width))
            image[:, :, :rows, :columns] = conv.w[o]
            windows = {
                "before": (0, 0),
                "after": tuple(a + b for a, b in zip(conv.windows.before, conv.windows.after, strict=True)),
            }
            result[o] = conv.by_kernels(g[:, o : o + 1], image, **windows)[0]
        return result

    says = "the kernel stands in place of the input in the sum for the kernel's gradient at {at}"
    yield _changed_kernels(conv, in_place, f"{says}: Σ δ[m, n] · h[i+m, j+n]", variant="window", likely=0)
    yield _changed_kernels(
        conv, lambda g: conv.w * g.sum((0, 2, 3))[:, None, None, None], f"{says}: h[i, j] · Σ δ", variant="sum of δ"
    )
    p, q = (min(a, b) for a, b in zip(conv.windows.out, conv.windows.size, strict=True))
    yield _changed_kernels(
        conv,
        lambda g: (
            np.einsum("nopq,ocpq->oc", g[:, :, :p, :q], conv.w[:, :, :p, :q])[:, :, None, None] * np.ones(conv.w.shape)
        ),
        f"{says}: Σ δ[m, n] · h[m, n] for every entry",
        variant="every entry",
        likely=0,
    )


# -- stride and padding ------------------------------------------------------------------------


def stride_not_undone(site):
    if site.operation.name != "conv2d":
        return
    conv = Convolution(site)
    if conv.windows.stride == (1, 1):
        return
    stride = conv.windows.stride[0] if len(set(conv.windows.stride)) == 1 else conv.windows.stride
    for i, make, run in ((0, _changed_image, conv.by_image), (1, _changed_kernels, conv.by_kernels)):
        if _of(site, i):
            what = "image" if i == 0 else "kernel"
            yield make(
                conv,
                lambda g, run=run: run(g, stride=(1, 1)),
                f"the stride {stride} of {{at}} is not undone: δ is not dilated in the {what}'s gradient",
                variant=what,
                likely=0,
            )


def _padded_gradient(conv, g):
    """The gradient by the padded image."""
    return conv.by_image(g, image=conv.windows.padded, before=(0, 0), after=(0, 0))


def padding_not_cropped(site):
    if site.operation.name not in NAMES:
        return
    conv = Convolution(site)
    if not any(conv.windows.before + conv.windows.after):
        return
    height, width = conv.windows.image
    if _of(site, 0):
        says = "the padding of {at} is not cropped from the image's gradient"
        yield _changed_image(conv, lambda g: _padded_gradient(conv, g), says, variant="whole", likely=0, reshapes=True)
        yield _changed_image(
            conv,
            lambda g: _padded_gradient(conv, g)[:, :, :height, :width],
            f"{says}, only what is too much below and to the right",
            variant="first",
            likely=0,
        )
        yield _changed_image(
            conv,
            lambda g: _padded_gradient(conv, g)[:, :, -height:, -width:],
            f"{says}, only what is too much above and to the left",
            variant="last",
        )
    if _of(site, 1):
        after = tuple(a + b for a, b in zip(conv.windows.before, conv.windows.after, strict=True))
        yield _changed_kernels(
            conv,
            lambda g: conv.by_kernels(g, before=(0, 0), after=after),
            "the padding of the input above and to the left is left out in the kernel's gradient at {at}",
            variant="kernel",
        )


SHIFTS = {
    (1, 0): "one row down",
    (-1, 0): "one row up",
    (0, 1): "one column to the right",
    (0, -1): "one column to the left",
    (1, 1): "one row and one column",
    (-1, -1): "minus one row and one column",
}


def shifted(x, by):
    """The last two axes moved, zeros coming in."""
    y = np.zeros_like(x)
    source, target = [], []
    for step, n in zip(by, x.shape[-2:], strict=True):
        source.append(slice(max(-step, 0), n - max(step, 0)))
        target.append(slice(max(step, 0), n - max(-step, 0)))
    y[(..., *target)] = x[(..., *source)]
    return y


def offset_by_one(site):
    name = site.operation.name
    if name in ("max_pool2d", "avg_pool2d"):
        for by, words in SHIFTS.items():
            yield turned(
                0, lambda one, by=by: shifted(one, by), f"the windows of {{at}} are off by {words}", variant=words
            )
        return
    if name not in NAMES:
        return
    conv = Convolution(site)
    for by, words in SHIFTS.items():
        if _of(site, 0):
            yield _changed_image(
                conv,
                lambda g, by=by: _moved_image(conv, g, by),
                f"the image's gradient at {{at}} is off by {words}",
                variant=f"image {words}",
            )
        if _of(site, 1):
            yield _changed_kernels(
                conv,
                lambda g, by=by: conv.by_kernels(g, shifted(conv.x, by)),
                f"the input is off by {words} in the kernel's gradient at {{at}}",
                variant=f"kernel {words}",
            )


def _moved_image(conv, g, by):
    """The image's gradient cropped one off from where it should be; what lies in the padding comes in."""
    whole = np.pad(_padded_gradient(conv, g), ((0, 0), (0, 0), (1, 1), (1, 1)))
    (top, left), (height, width) = conv.windows.before, conv.windows.image
    i, j = top + 1 - by[0], left + 1 - by[1]
    return whole[:, :, i : i + height, j : j + width]


def one_image_of_batch(site):
    if site.operation.name != "conv2d" or not _of(site, 1):
        return
    conv = Convolution(site)
    n = len(conv.x)
    for place, word in ((slice(0, 1), "first"), (slice(-1, None), "last")):
        if n > 1:
            yield _changed_kernels(
                conv,
                lambda g, k=place: conv.by_kernels(g[k], conv.x[k]),
                f"only the {word} of {n} images is counted in the kernel's gradient at {{at}}",
                variant=f"{word} sample",
            )
