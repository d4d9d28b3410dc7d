"""What the page needs to lay a kernel over an image: a convolution's or a max pooling's arrays and geometry.

One image of the batch is shown, and so many channels as fit; the page says what is left out.
"""

import numpy as np

from ...kernels.windows import lay_out
from .arrays import floats

DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "ceil_mode": False}


def overlay(box, inputs, gradients, detail):
    """A dict for JSON, or None where the operation is none of these or its arrays are too large or gone.

    inputs : the boxes that went in, None for each that was left out
    """
    make = {"conv2d": _conv, "max_pool2d": _max_pool}.get(box.operation.name)
    if make is None or box.value is None or not inputs or inputs[0] is None or inputs[0].value is None:
        return None
    if not np.size(box.value):
        return None
    return make(box, inputs, gradients, detail.windows, {**DEFAULTS, **_known(box.node)})


def _known(node):
    """{name: value} of the static arguments, and of what the rules keep."""
    known = {}
    if node.note is not None and node.note.taped:
        known.update(node.note.params)
    if not node.consumed:
        for rule, parent, kept in zip(node.operation.rules, node.parents, node.saved, strict=False):
            if parent is not None and rule.needs:
                known.update(zip(rule.needs, (kept,) if len(rule.needs) == 1 else kept, strict=True))
    return known


def _geometry(windows):
    return {
        "stride": windows.stride,
        "dilation": windows.dilation,
        "before": windows.before,
        "size": windows.size,
        "image": windows.image,
        "out": windows.out,
    }


def _plane_limit(most, *planes):
    """How many channels of planes of these sizes fit into ``most`` entries each."""
    return min(most // max(1, int(np.prod(plane))) for plane in planes)


def _conv(box, inputs, gradients, most, known):
    x, weight, bias = (*inputs, None)[:3]
    if weight is None or weight.value is None:
        return None
    w = weight.value
    outputs = len(w)
    windows = lay_out(x.value.shape[2:], w.shape[2:], known["stride"], known["padding"], known["dilation"])
    few_x, few_y = _plane_limit(most, windows.image), _plane_limit(most, windows.out)
    channels = x.value.shape[1]
    if known["groups"] != 1 and not (channels <= few_x and outputs <= few_y and w.size <= most):
        return None
    shown_in, shown_out = min(channels, few_x), min(outputs, few_y)
    if known["groups"] == 1:
        while shown_in * shown_out * windows.size[0] * windows.size[1] > most and max(shown_in, shown_out) > 1:
            if shown_in > shown_out:
                shown_in = -(-shown_in // 2)
            else:
                shown_out = -(-shown_out // 2)
        w = w[:shown_out, :shown_in]
    if shown_in < 1 or shown_out < 1 or w.size > most:
        return None
    g, dx = gradients.get(box), gradients.get(x)
    return {
        "kind": "conv",
        **_geometry(windows),
        "groups": known["groups"],
        "channels": [shown_in, channels],
        "outputs": [shown_out, outputs],
        "images": x.value.shape[0],
        "x": floats(x.value[0, :shown_in]),
        "w": floats(w),
        "b": None if bias is None or bias.value is None else floats(bias.value[:shown_out]),
        "y": floats(box.value[0, :shown_out]),
        "g": None if g is None else floats(g[0, :shown_out]),
        "dx": None if dx is None else floats(dx[0, :shown_in]),
    }


def _max_pool(box, inputs, gradients, most, known):
    x = inputs[0].value
    if "winners" not in known:
        return None
    size, stride = known["kernel_size"], known["stride"]
    size = tuple(size) if isinstance(size, tuple | list) else (size, size)
    windows = lay_out(
        x.shape[-2:], size, size if stride is None else stride, known["padding"], known["dilation"], known["ceil_mode"]
    )
    shown = min(x.shape[-3], _plane_limit(most, windows.image, windows.out))
    if shown < 1:
        return None

    def first(array):
        return array[0, :shown] if x.ndim == 4 else array[:shown]

    g, dx = gradients.get(box), gradients.get(inputs[0])
    return {
        "kind": "max",
        **_geometry(windows),
        "channels": [shown, x.shape[-3]],
        "images": len(x) if x.ndim == 4 else 1,
        "x": floats(first(x)),
        "y": floats(first(box.value)),
        "g": None if g is None else floats(first(g)),
        "dx": None if dx is None else floats(first(dx)),
        "winners": first(known["winners"]).ravel().tolist(),
    }
