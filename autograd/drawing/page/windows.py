"""What the page needs to lay a kernel over an image: a convolution's or a max pooling's arrays and geometry.

One image of the batch is shown, and so many channels as fit; the page says what is left out. Every image is a volume
there: a picture is one of a single slice, a row a picture of a single line. An operation that is made of others and
has a window among them is shown by what that one did.
"""

from contextvars import Context
from typing import NamedTuple

import numpy as np

from ...kernels.windows import lay_out
from ...modes import tape
from ...notes import Constant
from ...tensors import Tensor
from .arrays import floats

DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "ceil_mode": False}

AXES = 3
"""So many axes the page has for an image: slices, lines, columns."""

TOO_LARGE = {"kind": "left out"}
"""In the place of an overlay that has no room on the page."""


class Seen(NamedTuple):
    """What is known of one run of an operation.

    inputs   : the arrays that went in, None for each that was left out or is not known
    gradients: theirs, likewise
    known    : {name: value} of the static arguments, and of what the rules keep
    """

    operation: object
    value: object
    gradient: object
    inputs: list
    gradients: list
    known: dict


def overlay(box, sources, gradients, detail):
    """A dict for JSON, or None where no window slides or its arrays are gone.

    sources : the boxes that went in, None for each that was left out
    """
    make = making(box.operation)
    if make is None or box.value is None or not np.size(box.value):
        return None
    values = [None if one is None else one.value for one in sources]
    theirs = [None if one is None else gradients.get(one) for one in sources]
    seen = Seen(box.operation, box.value, gradients.get(box), values, theirs, _known(box.node))
    if _part_with_window(box.operation) is not None:
        if not detail.windows:
            return TOO_LARGE
        seen = _within(seen)
    if seen is None or not seen.inputs or seen.inputs[0] is None:
        return None
    return make(seen._replace(known={**DEFAULTS, **seen.known}), detail.windows)


def making(operation):
    """The function that makes an overlay for this operation, or None."""
    part = _part_with_window(operation)
    if part is not None:
        return making(part)
    if "companion" in operation.traits or operation.variadic:
        return None
    if operation.kind == "convolution" and "weight" in operation.arguments:
        return _convolution
    return _max_pooling if operation.traits >= {"pooling", "largest"} else None


def _part_with_window(operation):
    """The one that slides a window among those that the operation is made of, or None."""
    return next((part for part in operation.made_of if making(part) is not None), None)


def _known(node):
    known = {}
    if node.note is not None and node.note.taped:
        known.update(node.note.params)
    if not node.consumed:
        for rule, parent, kept in zip(node.operation.rules, node.parents, node.saved, strict=False):
            if parent is not None and rule.needs:
                known.update(zip(rule.needs, (kept,) if len(rule.needs) == 1 else kept, strict=True))
    return known


def _within(seen):
    """What the part with a window did, by the operation's parts run once more; None where that cannot be told."""
    op = seen.operation
    values = {**op.defaults, **seen.known, **dict(zip(op.inputs, seen.inputs, strict=False))}
    if any(values[name] is None and name not in op.defaults for name in op.inputs):
        return None
    leaves = {
        name: Tensor(values[name], requires_grad=True)
        for name in op.inputs
        if values[name] is not None and np.asarray(values[name]).dtype.kind == "f"
    }
    nodes = Context().run(_recorded, op, {**values, **leaves}, seen.gradient)  # on no tape but this one
    for node in nodes:
        if making(node.operation) is not None:
            inputs = [_of_input(one) for one in node.note.inputs]
            values, gradients = [value for value, _ in inputs], [gradient for _, gradient in inputs]
            return Seen(node.operation, node.note.value, node.note.gradient, values, gradients, _known(node))
    return None


def _recorded(operation, values, gradient):
    with tape() as recorded:
        y = operation.in_parts(values)
    if gradient is not None:
        y.backward(gradient)
    return recorded.nodes


def _of_input(one):
    return (one.value, None) if type(one) is Constant else (one.note.value, one.note.gradient)


def _geometry(windows, x):
    """The Windows with axes of length 1 in front, as the page has them."""
    rank = len(windows.size)
    one, none = (1,) * (AXES - rank), (0,) * (AXES - rank)
    return {
        "rank": rank,
        "images": len(x) if x.ndim == rank + 2 else 1,
        "stride": one + tuple(windows.stride),
        "dilation": one + tuple(windows.dilation),
        "before": none + tuple(windows.before),
        "size": one + tuple(windows.size),
        "image": one + tuple(windows.image),
        "out": one + tuple(windows.out),
    }


def _plane_limit(most, *planes):
    """How many channels of planes of these sizes fit into ``most`` entries each."""
    return min(most // max(1, int(np.prod(plane))) for plane in planes)


def _convolution(seen, most):
    names = seen.operation.inputs
    given = dict(zip(names, zip(seen.inputs, seen.gradients, strict=True), strict=False))
    x, dx = seen.inputs[0], seen.gradients[0]
    w, _ = given[seen.operation.arguments["weight"]]
    b, _ = given.get(seen.operation.arguments.get("bias"), (None, None))
    if w is None or not 3 <= x.ndim == w.ndim <= AXES + 2 or seen.value.shape[1] != len(w):
        return None  # no batch of images with channels
    outputs = len(w)
    windows = lay_out(x.shape[2:], w.shape[2:], *[seen.known[name] for name in ("stride", "padding", "dilation")])
    few_x, few_y = _plane_limit(most, windows.image), _plane_limit(most, windows.out)
    channels, groups = x.shape[1], seen.known["groups"]
    if groups != 1 and not (channels <= few_x and outputs <= few_y and w.size <= most):
        return TOO_LARGE
    shown_in, shown_out = min(channels, few_x), min(outputs, few_y)
    if groups == 1:
        while shown_in * shown_out * np.prod(windows.size) > most and max(shown_in, shown_out) > 1:
            if shown_in > shown_out:
                shown_in = -(-shown_in // 2)
            else:
                shown_out = -(-shown_out // 2)
        w = w[:shown_out, :shown_in]
    if shown_in < 1 or shown_out < 1 or w.size > most:
        return TOO_LARGE
    return {
        "kind": "conv",
        **_geometry(windows, x),
        "groups": groups,
        "channels": [shown_in, channels],
        "outputs": [shown_out, outputs],
        "x": floats(x[0, :shown_in]),
        "w": floats(w),
        "b": None if b is None else floats(b[:shown_out]),
        "y": floats(seen.value[0, :shown_out]),
        "g": None if seen.gradient is None else floats(seen.gradient[0, :shown_out]),
        "dx": None if dx is None else floats(dx[0, :shown_in]),
    }


def _max_pooling(seen, most):
    x, dx = seen.inputs[0], seen.gradients[0]
    size, winners = (seen.known.get(seen.operation.arguments.get(word)) for word in ("window", "winners"))
    rank = next((rank for rank in range(1, AXES + 1) if f"{rank}-D" in seen.operation.traits), None)
    if size is None or winners is None or rank is None:
        return None
    stride = size if seen.known["stride"] is None else seen.known["stride"]
    rest = [seen.known[name] for name in ("padding", "dilation", "ceil_mode")]
    windows = lay_out(x.shape[-rank:], size, stride, *rest)
    shown = min(x.shape[-rank - 1], _plane_limit(most, windows.image, windows.out))
    if shown < 1:
        return TOO_LARGE

    def first(array):
        return array[0, :shown] if x.ndim == rank + 2 else array[:shown]

    return {
        "kind": "max",
        **_geometry(windows, x),
        "channels": [shown, x.shape[-rank - 1]],
        "x": floats(first(x)),
        "y": floats(first(seen.value)),
        "g": None if seen.gradient is None else floats(first(seen.gradient)),
        "dx": None if dx is None else floats(first(dx)),
        "winners": first(_pixels(windows, winners)).ravel().tolist(),
    }


def _pixels(windows, winners):
    """The pixel of the image that won each window, counted line by line."""
    within, window = np.unravel_index(winners, windows.size), np.indices(windows.out)
    steps = zip(windows.stride, window, windows.dilation, within, windows.before, strict=True)
    return np.ravel_multi_index([u * at + e * tap - b for u, at, e, tap, b in steps], windows.image)
