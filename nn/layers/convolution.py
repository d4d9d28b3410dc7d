"""Conv2d: a bank of kernels moved over stacks of images."""

from .. import functional
from ..module import Module
from ..parameter import new_parameter
from .linear import init_like_pytorch


class Conv2d(Module):
    r"""Cross-correlation of (N, C, H, W) images with out_channels kernels; see ``ag.conv2d``.

    Parameters
    ----------
    in_channels, out_channels : C of the input and of the output; ``groups`` must divide both
    kernel_size, stride, dilation : an int, or a pair (vertical, horizontal)
    padding : an int, a pair, "valid" (none) or "same" (output as large as the input; stride 1)
    groups : the channels are split into so many groups, each seen by its own kernels only
    bias : whether each output channel has a number of its own added
    dtype, rng : as of ``Linear``

    (N, in_channels, H, W) becomes (N, out_channels, P, Q), with P = ⌊(H + 2a − e (k − 1) − 1) / u⌋ + 1 for the
    vertical kernel size k, stride u, padding a and dilation e, and Q likewise across.

    ``weight`` is (out_channels, in_channels / groups, kernel height, kernel width), ``bias``
    (out_channels,); both begin evenly spread in ±1/√fan_in, as PyTorch's do.

    >>> import numpy as np, nn
    >>> nn.Conv2d(1, 6, 5, padding=2)(np.ones((2, 1, 28, 28), np.float32)).shape
    (2, 6, 28, 28)
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
        *,
        dtype=None,
        rng=None,
    ):
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                "Conv2d: groups must divide the input channels and the output channels\n"
                f"  groups: {groups}\n  in_channels: {in_channels}\n  out_channels: {out_channels}"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = as_pair(kernel_size)
        self.stride = as_pair(stride)
        self.padding = padding if isinstance(padding, str) else as_pair(padding)
        self.dilation = as_pair(dilation)
        self.groups = groups
        self.weight = new_parameter((out_channels, in_channels // groups, *self.kernel_size), dtype)
        self.bias = new_parameter((out_channels,), dtype) if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng=None):
        """Draw new initial values."""
        init_like_pytorch(self.weight, self.bias, rng)

    def forward(self, x):
        return functional.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self):
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding != (0, 0):
            parts.append(f"padding={self.padding}")
        if self.dilation != (1, 1):
            parts.append(f"dilation={self.dilation}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        return ", ".join(parts)


def as_pair(value):
    """(vertical, horizontal) of an int or a pair."""
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise ValueError(f"Conv2d: a pair (vertical, horizontal) is needed\n  given: {value!r}")
        return tuple(value)
    return value, value
