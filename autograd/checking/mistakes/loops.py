"""Mistakes of loops: they end early, overwrite what should be added up, or read the wrong channel, step or place."""

import itertools
import math

import numpy as np

from ...kernels.windows import channels_first, channels_last, interior, tap
from ..alteration import arriving, replaced
from .convolution import Convolution, _of
from .pooling import Pooling

# -- left early --------------------------------------------------------------------------------


def left_early(site):
    """A return within the loop over windows, images or channels; a loop that stops one short."""
    conv = site.has("convolution") and not site.has("companion") and site.position("bias") is not None
    pool = site.has("pooling") and not site.has("companion")
    if not (conv or pool) or not np.size(site.y) or np.ndim(site.y) < site.rank + 1:
        return
    shape, rank = site.shape, site.rank
    names = (*("image", "channel")[2 - (len(shape) - rank) :], *_AXES[rank])
    long = [k for k in range(len(shape)) if shape[k] > 1]
    wanted = [i for i, parent in enumerate(site.parents) if parent is not None]
    for i in wanted:
        towards = f"the gradient by {site.called(i)} at {{at}}"
        for n in range(1, len(long) + 1):
            for some in itertools.combinations(long, n):
                at = tuple(slice(0, 1) if k in some else slice(None) for k in range(len(shape)))
                yield arriving(
                    lambda g, at=at: _only(g, at),
                    f"the loop for {towards} ends early: {_first_in_words(some, names, rank, len(shape))}",
                    only=i,
                    variant=f"first {some}, input {i}",
                    likely=0 if set(some) >= set(long[-rank:]) else 1,
                )
        image = [k for k in long if k >= len(shape) - rank]
        if image:
            at = tuple(slice(-1, None) if k in image else slice(None) for k in range(len(shape)))
            yield arriving(
                lambda g, at=at: _only(g, at),
                f"{towards} is overwritten in the loop over the windows (“=” where “+=” was due): only the last window "
                "is counted",
                only=i,
                variant=f"last window, input {i}",
            )
        for k in long:
            for part, word in ((slice(None, -1), "last"), (slice(1, None), "first")):
                at = tuple(part if j == k else slice(None) for j in range(len(shape)))
                yield arriving(
                    lambda g, at=at: _only(g, at),
                    f"the loop for {towards} leaves out the {word} {names[k]}",
                    only=i,
                    variant=f"without {word} {k}, input {i}",
                )
        if len(image) > 1:
            at = tuple(slice(None, -1) if k in image else slice(None) for k in range(len(shape)))
            yield arriving(
                lambda g, at=at: _only(g, at),
                f"the loop for {towards} stops one short along each axis: the last windows are left out",
                only=i,
                variant=f"one short, input {i}",
            )


_AXES = {
    1: ("window",),
    2: ("row of windows", "column of windows"),
    3: ("plane of windows", "row of windows", "column of windows"),
}


def _first_in_words(some, names, rank, ndim):
    windows = [k for k in some if k >= ndim - rank]
    said = [f"the first {names[k]}" for k in some if k < ndim - rank]
    if len(windows) == rank:
        said.append("the first window")
    else:
        said += [f"the first {names[k]}" for k in windows]
    return f"only {' of '.join(said[::-1])} is counted, the rest are left out"


def _only(g, at):
    kept = np.zeros_like(g)
    kept[at] = g[at]
    return kept


# -- overwritten -------------------------------------------------------------------------------


def overwritten(site):
    """``=`` where ``+=`` was due, where windows overlap or places repeat."""
    if site.has("gather") and site.wants(0):
        yield from _gathered(site)
    elif site.has("pooling", "averages"):
        pooling = Pooling(site)
        windows = pooling.windows
        if any(stride < span for stride, span in zip(windows.stride, windows.span, strict=True)):
            for word, order in _orders(windows):
                yield replaced(
                    0,
                    lambda g, order=order: _averages_written(pooling, g, order),
                    f"overlapping windows overwrite each other at {{at}} (“=” where “+=” was due): only {word}",
                    variant=word,
                )
    elif _of(site, 0):
        conv = Convolution(site)
        windows = conv.windows
        if any(stride < span for stride, span in zip(windows.stride, windows.span, strict=True)):
            for word, order in _orders(windows):
                yield conv.change_image(
                    lambda g, order=order: _windows_written(conv, g, order),
                    "the overlapping windows overwrite each other where the image's gradient is put together at {at} "
                    f"(“=” where “+=” was due): only {word}",
                    variant=word,
                    likely=0,
                )
    if _of(site, 0) and len(Convolution(site).w) > 1 and site.position("bias") is not None:
        conv = Convolution(site)
        for k, word in ((0, "first"), (-1, "last")):
            yield conv.change_image(
                lambda g, k=k: conv.by_image(_channel_only(g, k)),
                f"only the {word} output channel is counted in the image's gradient at {{at}} (“=” where “+=” was due)",
                variant=f"{word} channel",
            )


def _orders(windows):
    taps = list(windows.taps)
    return (("the last one written is counted", taps), ("the last window is counted", taps[::-1]))


def _channel_only(g, k):
    kept = np.zeros_like(g)
    kept[:, k] = g[:, k]
    return kept


def _windows_written(conv, g, order):
    """The image's gradient, where each place of the kernel in turn writes its part over what is there."""
    windows = conv.windows
    parts = []
    for some, kernels in zip(conv._split(g, 1), conv._split(conv.w, 0), strict=True):
        some, kernels = channels_last(some), np.asarray(kernels)
        result = np.zeros((len(some), *windows.padded, kernels.shape[1]))
        for position in order:
            tap(result, windows, *position)[...] = some @ kernels[(slice(None), slice(None), *position)]
        parts.append(interior(result, windows))
    return channels_first(np.concatenate(parts, axis=-1))


def _averages_written(pooling, g, order):
    windows = pooling.windows
    stacked = pooling._stack(g) / math.prod(windows.size)
    result = np.zeros((len(stacked), *windows.padded, stacked.shape[-1]))
    for position in order:
        tap(result, windows, *position)[...] = stacked
    return pooling._unstack(interior(result, windows))


def _gathered(site):
    """Rows of an embedding, or entries, that are picked several times."""
    x = np.asarray(site.x)
    index = np.arange(x.size).reshape(x.shape)
    picked = np.asarray(_pick(site, index))
    if picked.shape != site.shape or np.unique(picked).size == picked.size:
        return
    flat = np.ravel(picked)
    for word, order in (("last", slice(None)), ("first", slice(None, None, -1))):

        def write(g, order=order):
            result = np.zeros(x.size)
            result[flat[order]] = np.ravel(np.broadcast_to(g, picked.shape))[order]
            return result.reshape(x.shape)

        yield replaced(
            0,
            write,
            f"places that are picked several times at {{at}} are overwritten (“=” where “+=” was due, as in "
            f"dW[index] = δ or dW[index] += δ): only the {word} of the repeated rows is counted, they are not added up",
            variant=word,
            likely=0 if word == "last" else 1,
        )


def _pick(site, array):
    """What the node picks of another array of the input's shape."""
    given = {**site.operation.defaults, **site.params}
    values = [array if name == site.operation.inputs[0] else given[name] for name in site.operation.names]
    return site.operation.forward(*values)


# -- steps and channels ------------------------------------------------------------------------


def steps_exchanged(site):
    """The stride in place of the dilation and the dilation in place of the stride, in a gradient."""
    if not (_of(site, 0) or _of(site, 1)) or "stride" not in site.params:
        return
    conv = Convolution(site)
    windows = conv.windows
    if max(windows.stride) == max(windows.dilation) == 1:
        return
    ones = (1,) * conv.rank
    changes = (
        ("stride and dilation are exchanged", {"stride": windows.dilation, "dilation": windows.stride}),
        ("the dilation is left out", {"dilation": ones}),
        ("the dilation is taken for the stride too", {"stride": windows.dilation}),
        ("the stride is taken for the dilation too", {"dilation": windows.stride}),
    )
    for what, change in changes:
        if all(getattr(windows, key) == value for key, value in change.items()):
            continue
        other = windows._replace(**change)
        for i, name, run, changed in (
            (0, "image", conv.by_image, conv.change_image),
            (1, "kernel", conv.by_kernels, conv.change_kernels),
        ):
            if _of(site, i):
                yield changed(
                    lambda g, run=run, other=other: _in_larger_image(conv, run, g, other),
                    f"{what} in the {name}'s gradient at {{at}}",
                    variant=f"{what} {name}",
                )


def _in_larger_image(conv, run, g, windows):
    """The gradient with other steps, in an image that is as large as they reach, cut to its own size."""
    reach = [
        u * (p - 1) + e * (k - 1) + 1
        for u, p, e, k in zip(windows.stride, windows.out, windows.dilation, windows.size, strict=True)
    ]
    missing = [max(0, r - n) for r, n in zip(reach, windows.padded, strict=True)]
    after = tuple(a + m for a, m in zip(windows.after, missing, strict=True))
    return run(g, stride=windows.stride, dilation=windows.dilation, after=after)


def wrong_channel(site):
    """A loop over channels whose index is another one's, or stays at one."""
    if not (_of(site, 0) or _of(site, 1)) or site.position("bias") is None:
        return
    conv = Convolution(site)
    if conv.groups > 1:
        return
    outs, ins = conv.w.shape[:2]
    for k, word in ((0, "first"), (-1, "last")):
        if ins > 1 and _of(site, 1):
            yield conv.change_kernels(
                lambda g, k=k: conv.by_kernels(g, np.repeat(conv.x[:, [k]], ins, axis=1)),
                f"the index of the input channel is wrong in the kernel's gradient at {{at}}: the {word} channel of "
                "the input is used for all",
                variant=f"{word} input kernel",
            )
        if outs > 1:
            for i, name, run, changed in (
                (0, "image", conv.by_image, conv.change_image),
                (1, "kernel", conv.by_kernels, conv.change_kernels),
            ):
                if _of(site, i):
                    yield changed(
                        lambda g, k=k, run=run: run(np.repeat(g[:, [k]], outs, axis=1)),
                        f"the index of the output channel is wrong in the {name}'s gradient at {{at}}: the {word} "
                        "channel of δ is used for all",
                        variant=f"{word} output {name}",
                    )
            if _of(site, 0):
                yield conv.change_image(
                    lambda g, k=k: conv.by_image(g, np.repeat(conv.w[[k]], outs, axis=0)),
                    f"the index of the output channel is wrong in the image's gradient at {{at}}: the {word} kernel is "
                    "used for all",
                    variant=f"{word} kernel image",
                )
        if ins > 1 and _of(site, 0):
            yield conv.change_image(
                lambda g, k=k: conv.by_image(g, np.repeat(conv.w[:, [k]], ins, axis=1)),
                f"the index of the input channel is wrong in the image's gradient at {{at}}: the {word} channel of the "
                "kernels is used for all",
                variant=f"{word} input image",
            )
    if _of(site, 1) and ins > 1:
        yield conv.change_kernels(
            lambda g: np.roll(conv.by_kernels(g), 1, axis=1),
            "the index of the input channel is off by one in the kernel's gradient at {at}",
            variant="rolled",
            likely=2,
        )
        yield conv.change_kernels(
            lambda g: np.repeat(conv.by_kernels(g).sum(1, keepdims=True), ins, axis=1),
            "the kernel's gradient at {at} is summed over the input channels, and is the same for all of them",
            variant="summed",
        )
        if outs == ins:
            yield conv.change_image(
                lambda g: conv.by_image(g, conv.w.swapaxes(0, 1)),
                "the indices of input and output channel are exchanged in the image's gradient at {at}: w[c, o] in "
                "place of w[o, c]",
                variant="exchanged image",
            )
