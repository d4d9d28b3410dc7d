"""Mistakes in the two gradients of a convolution: rotation, stride, padding, what meets what."""

import numpy as np

from ...kernels.conv import input_gradient_by_taps, weight_gradient_by_taps
from ...kernels.signal import placement
from ...kernels.windows import Windows, channels_first, channels_last, lay_out
from ..alteration import replaced, turned
from .pooling import Pooling


class Convolution:
    """A recorded convolution or correlation of any rank, all seen as a correlation of (N, C, H, W).

    x, w : image and kernels; the kernel of a convolution is already turned by 180°
    windows : where the windows lie; rank : how many axes they have
    """

    def __init__(self, site):
        x, w = site.value(0), site.value(1)
        params = site.params
        self.bare = not _has_channels(site)
        self.flips = site.has("flips")
        self.rank = site.rank
        self.groups = params.get("groups", 1)
        if not self.bare:
            self.x, self.w = x, w
            self.windows = lay_out(x.shape[2:], w.shape[2:], params["stride"], params["padding"], params["dilation"])
            return
        self.x, self.w = x[None, None], self._oriented(w[None, None])
        before, after = zip(*placement(x.shape, w.shape, params["mode"], self.flips), strict=True)
        ones = (1,) * self.rank
        self.windows = Windows(x.shape, w.shape, ones, ones, before, after, site.shape)

    def _oriented(self, w):
        return self.rotated(w) if self.flips else w

    def rotated(self, w):
        return np.flip(w, tuple(range(-self.rank, 0)))

    @property
    def rotated_in_words(self):
        return "rotated by 180°" if self.rank == 2 else "flipped"

    def change_image(self, function, says, **options):
        """``function(δ)`` in place of the gradient by the image, all with axes for batch and channels."""
        return replaced(0, lambda g: self._bared(function(self._with_channels(g))), says, **options)

    def change_kernels(self, function, says, **options):
        """``function(δ)`` in place of the gradient by the kernels."""
        return replaced(1, lambda g: self._bared(self._turned_back(function(self._with_channels(g)))), says, **options)

    def _with_channels(self, g):
        return g[None, None] if self.bare else g

    def _bared(self, one):
        return one[0, 0] if self.bare else one

    def _turned_back(self, w):
        return self._oriented(w) if self.bare else w

    def by_image(self, g, w=None, **changes):
        """The gradient by the image, with other kernels or other windows."""
        w, windows = self.w if w is None else w, self.windows._replace(**changes)
        parts = [
            input_gradient_by_taps(channels_last(some), kernels, windows)
            for some, kernels in zip(self._split(g, 1), self._split(w, 0), strict=True)
        ]
        return channels_first(np.concatenate(parts, axis=-1))

    def by_padded_image(self, g):
        """The gradient by the image with its padding."""
        zeros = (0,) * self.rank
        return self.by_image(g, image=self.windows.padded, before=zeros, after=zeros)

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

    @property
    def padding(self):
        """How much there is on both sides together, for each axis."""
        return tuple(a + b for a, b in zip(self.windows.before, self.windows.after, strict=True))


def _has_channels(site):
    """Whether image and kernels have axes for the batch and for channels."""
    return site.position("bias") is not None


def _of(site, i):
    """Whether a gradient by input i is wanted of a convolution that has entries."""
    return site.has("convolution") and not site.has("companion") and site.wants(i) and np.size(site.y)


# -- rotation ----------------------------------------------------------------------------------


def not_rotated(site):
    """Without the rotation that is due: of the kernel in a correlation, of the kernel's gradient in a convolution."""
    if site.has("flips"):
        if _of(site, 1):
            conv = Convolution(site)
            yield turned(1, conv.rotated, f"the kernel's gradient at {{at}} is not {conv.rotated_in_words}")
    elif _of(site, 0):
        conv = Convolution(site)
        yield conv.change_image(
            lambda g: conv.by_image(g, conv.rotated(conv.w)),
            f"{{whose}} kernel is not {conv.rotated_in_words}",
            likely=0,
        )


def needlessly_rotated(site):
    if site.has("flips"):
        if _of(site, 0):
            conv = Convolution(site)
            yield conv.change_image(
                lambda g: conv.by_image(g, conv.rotated(conv.w)),
                f"{{whose}} kernel is {conv.rotated_in_words} for the gradient of a convolution, where it should not "
                "be",
            )
    elif _of(site, 1):
        conv = Convolution(site)
        turn = conv.rotated_in_words
        yield turned(1, conv.rotated, f"the kernel's gradient at {{at}} is {turn}, where it should not be", likely=0)
        yield conv.change_kernels(
            lambda g: conv.by_kernels(conv.rotated(g)),
            f"δ is {turn} in the kernel's gradient at {{at}}, where it should not be",
            variant="δ",
        )


# -- what meets what ---------------------------------------------------------------------------

KERNEL, SUMMED = {1: "i", 2: "ij", 3: "ijk"}, {1: "m", 2: "mn", 3: "lmn"}
"""Letters of the position in the kernel, and of that in δ, over which the sum goes."""


def exchanged(site):
    """The correlation of δ with the input in place of that of the input with δ."""
    if not _of(site, 1):
        return
    conv = Convolution(site)
    reach = tuple(span - 1 for span in conv.windows.span)
    before = tuple(b + r for b, r in zip(conv.windows.before, reach, strict=True))
    moved = ", ".join(f"{m}+{i}" for i, m in zip(KERNEL[conv.rank], SUMMED[conv.rank], strict=True))
    yield conv.change_kernels(
        lambda g: conv.rotated(conv.by_kernels(g, before=before)),
        f"input and δ are exchanged in the kernel's gradient at {{at}}: δ[{moved}] · x[{', '.join(SUMMED[conv.rank])}]",
    )


def kernel_for_input(site):
    """Text 002's misprint: δ · h where δ · x is due."""
    if not _of(site, 1):
        return
    conv = Convolution(site)
    rank, size, image = conv.rank, conv.windows.size, conv.windows.image
    if conv.groups > 1 or any(k > n for k, n in zip(size, image, strict=True)):
        return
    ones = (1,) * rank

    def in_place(g):
        """Σ δ[p, q] · h[p + i, q + j], the kernel being 0 beyond its edge, kernel by kernel."""
        result = np.zeros(conv.w.shape)
        for o in range(len(conv.w)):
            images = np.zeros((len(g), conv.w.shape[1], *image))
            images[:, :, *[slice(k) for k in size]] = conv.w[o]
            result[o] = conv.by_kernels(g[:, o : o + 1], images, before=(0,) * rank, after=conv.padding)[0]
        return result

    own, summed = ", ".join(KERNEL[rank]), ", ".join(SUMMED[rank])
    moved = ", ".join(f"{i}+{m}" for i, m in zip(KERNEL[rank], SUMMED[rank], strict=True))
    says = "the kernel stands in place of the input in the sum for the kernel's gradient at {at}"
    yield conv.change_kernels(in_place, f"{says}: Σ δ[{summed}] · h[{moved}]", variant="window", likely=0)
    yield conv.change_kernels(
        lambda g: conv.w * g.sum((0, *range(2, rank + 2))).reshape(-1, 1, *ones),
        f"{says}: h[{own}] · Σ δ",
        variant="sum of δ",
    )
    common = [slice(min(a, b)) for a, b in zip(conv.windows.out, size, strict=True)]

    def every_entry(g):
        g, w = g[:, :, *common].sum(0), conv.w[:, :, *common]
        sums = np.einsum("ok,ock->oc", g.reshape(len(g), -1), w.reshape(*w.shape[:2], -1))
        return sums.reshape(*sums.shape, *ones) * np.ones(conv.w.shape)

    yield conv.change_kernels(
        every_entry, f"{says}: Σ δ[{summed}] · h[{summed}] for every entry", variant="every entry", likely=0
    )


# -- stride and padding ------------------------------------------------------------------------


def stride_not_undone(site):
    if not (_of(site, 0) or _of(site, 1)):
        return
    conv = Convolution(site)
    if max(conv.windows.stride) == 1:
        return
    stride = conv.windows.stride[0] if len(set(conv.windows.stride)) == 1 else conv.windows.stride
    ones = (1,) * conv.rank
    for i, what, change, run in (
        (0, "image", conv.change_image, conv.by_image),
        (1, "kernel", conv.change_kernels, conv.by_kernels),
    ):
        if _of(site, i):
            yield change(
                lambda g, run=run: run(g, stride=ones),
                f"the stride {stride} of {{at}} is not undone: δ is not dilated in the {what}'s gradient",
                variant=what,
                likely=0,
            )


BEHIND = {1: "to the right", 2: "below and to the right", 3: "behind, below and to the right"}
AHEAD = {1: "to the left", 2: "above and to the left", 3: "in front, above and to the left"}


def padding_not_cropped(site):
    if not (_of(site, 0) or _of(site, 1)):
        return
    conv = Convolution(site)
    if not any(conv.padding):
        return
    if _of(site, 0):
        says = "the padding of {at} is not cropped from the image's gradient"
        first, last = ([slice(n) for n in conv.windows.image], [slice(-n, None) for n in conv.windows.image])
        yield conv.change_image(conv.by_padded_image, says, variant="whole", likely=0, reshapes=True)
        yield conv.change_image(
            lambda g: conv.by_padded_image(g)[:, :, *first],
            f"{says}, only what is too much {BEHIND[conv.rank]}",
            variant="first",
            likely=0,
        )
        yield conv.change_image(
            lambda g: conv.by_padded_image(g)[:, :, *last],
            f"{says}, only what is too much {AHEAD[conv.rank]}",
            variant="last",
        )
    if _of(site, 1):
        yield conv.change_kernels(
            lambda g: conv.by_kernels(g, before=(0,) * conv.rank, after=conv.padding),
            f"the padding of the input {AHEAD[conv.rank]} is left out in the kernel's gradient at {{at}}",
            variant="kernel",
        )


STEPS = (("plane", "deeper", "nearer"), ("row", "down", "up"), ("column", "to the right", "to the left"))


def shifts(rank):
    """[(how far along each axis, that in words)] of what is off by one."""
    axes = STEPS[-rank:]
    found = []
    for axis, (name, *directions) in enumerate(axes):
        for step, direction in zip((1, -1), directions, strict=True):
            found.append((tuple(step * (k == axis) for k in range(rank)), f"one {name} {direction}"))
    if rank > 1:
        words = " and ".join(f"one {name}" for name, *_ in axes)
        found += [((1,) * rank, words), ((-1,) * rank, f"minus {words}")]
    return found


def shifted(x, by):
    """The last axes moved, zeros coming in."""
    y = np.zeros_like(x)
    source, target = [], []
    for step, n in zip(by, x.shape[-len(by) :], strict=True):
        source.append(slice(max(-step, 0), n - max(step, 0)))
        target.append(slice(max(step, 0), n - max(-step, 0)))
    y[(..., *target)] = x[(..., *source)]
    return y


def offset_by_one(site):
    if site.has("pooling") and not site.has("companion"):
        for by, words in shifts(Pooling(site).rank):
            yield turned(
                0, lambda one, by=by: shifted(one, by), f"the windows of {{at}} are off by {words}", variant=words
            )
        return
    if not (_of(site, 0) or _of(site, 1)):
        return
    conv = Convolution(site)
    for by, words in shifts(conv.rank):
        if _of(site, 0):
            yield conv.change_image(
                lambda g, by=by: _moved_image(conv, g, by),
                f"the image's gradient at {{at}} is off by {words}",
                variant=f"image {words}",
            )
        if _of(site, 1):
            yield conv.change_kernels(
                lambda g, by=by: conv.by_kernels(g, shifted(conv.x, by)),
                f"the input is off by {words} in the kernel's gradient at {{at}}",
                variant=f"kernel {words}",
            )


def _moved_image(conv, g, by):
    """The image's gradient cropped one off from where it should be; what lies in the padding comes in."""
    whole = np.pad(conv.by_padded_image(g), ((0, 0), (0, 0), *[(1, 1)] * conv.rank))
    starts = [before + 1 - step for before, step in zip(conv.windows.before, by, strict=True)]
    return whole[:, :, *[slice(start, start + n) for start, n in zip(starts, conv.windows.image, strict=True)]]


def one_image_of_batch(site):
    if not (_of(site, 1) and _has_channels(site)):
        return
    conv = Convolution(site)
    n = len(conv.x)
    for place, word in ((slice(0, 1), "first"), (slice(-1, None), "last")):
        if n > 1:
            yield conv.change_kernels(
                lambda g, k=place: conv.by_kernels(g[k], conv.x[k]),
                f"only the {word} of {n} images is counted in the kernel's gradient at {{at}}",
                variant=f"{word} sample",
            )
