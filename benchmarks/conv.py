"""Convolution, forward and backward: gradients of the input, of the weights and of the bias"""

from functools import partial

from .layer import ours, pytorchs, random_arrays
from .row import Row, layouts


def arrays(batch, c_in, size, c_out, kernel, stride, padding, groups, dtype):
    out = (size + 2 * padding - kernel) // stride + 1
    return random_arrays(
        dtype, (batch, c_in, size, size), (c_out, c_in // groups, kernel, kernel), (c_out,), (batch, c_out, out, out)
    )


def chalkgrad(geometry, batch, dtype="float32", channels_last=False):
    import autograd as ag

    *inputs, gradient = arrays(batch, **geometry, dtype=dtype)
    f = partial(ag.conv2d, stride=geometry["stride"], padding=geometry["padding"], groups=geometry["groups"])
    return ours(f, inputs, gradient, channels_last)


def pytorch(geometry, batch, dtype="float32", channels_last=False):
    from torch.nn.functional import conv2d

    *inputs, gradient = arrays(batch, **geometry, dtype=dtype)
    f = partial(conv2d, stride=geometry["stride"], padding=geometry["padding"], groups=geometry["groups"])
    return pytorchs(f, inputs, gradient, channels_last)


def row(work, batch, c_in, size, c_out, kernel, stride=1, groups=1):
    geometry = {
        "c_in": c_in, "size": size, "c_out": c_out,
        "kernel": kernel, "stride": stride, "padding": kernel // 2, "groups": groups,
    }  # fmt: skip
    sides = {"chalkgrad": layouts(chalkgrad, geometry, batch=batch), "PyTorch": layouts(pytorch, geometry, batch=batch)}
    return Row(f"{work} ({batch}, {c_in}, {size}, {size}) → {c_out}", sides, bars={"PyTorch": 1})


ROWS = [
    row("conv 3 × 3", 32, 16, 32, 16, 3),
    row("conv 3 × 3", 32, 64, 8, 64, 3),
    row("conv 3 × 3", 8, 64, 56, 64, 3),
    row("conv 1 × 1", 32, 64, 32, 64, 1),
    row("conv 5 × 5, stride 2", 32, 32, 32, 64, 5, stride=2),
    row("depthwise conv 3 × 3", 32, 64, 32, 64, 3, groups=64),
]
