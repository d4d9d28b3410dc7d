"""Convolutions and transposed convolutions: a bank of kernels moved over stacks of rows, pictures or volumes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from numpy.typing import DTypeLike

from .. import functional
from ..module import Module
from ..parameter import new_parameter
from ..seeding import Rng
from .linear import init_like_pytorch

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

Numbers = int | Sequence[int]
"""One for all axes, or one for each."""

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Kernels(Module):
    """What both sorts have: a weight, a bias, and numbers for each of ``rank`` axes."""

    rank = 0
    function: Callable[..., Any]

    def _set_up(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers,
        padding: Numbers | str,
        dilation: Numbers,
        groups: int,
    ) -> None:
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{type(self).__name__}: groups must divide the input channels and the output channels\n"
                f"  groups: {groups}\n  in_channels: {in_channels}\n  out_channels: {out_channels}"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = self._per_axis(kernel_size)
        self.stride = self._per_axis(stride)
        self.padding = padding if isinstance(padding, str) else self._per_axis(padding)
        self.dilation = self._per_axis(dilation)
        self.groups = groups

    def _per_axis(self, value: Any) -> tuple[int, ...]:
        """A tuple with an entry for each axis, of an int or of a tuple."""
        if not isinstance(value, tuple | list):
            return (value,) * self.rank
        if len(value) != self.rank:
            needed = ("a tuple of one", "a pair (vertical, horizontal)", "a triple (depth, vertical, horizontal)")
            raise ValueError(f"{type(self).__name__}: {needed[self.rank - 1]} is needed\n  given: {value!r}")
        return tuple(value)

    def _widths(self) -> list[tuple[int, int]]:
        """(before, after) of the padding along each axis."""
        if not isinstance(self.padding, str):
            return [(p, p) for p in self.padding]
        if self.padding == "valid":
            return [(0, 0)] * self.rank
        total = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
        return [(t // 2, t - t // 2) for t in total]

    def _make_parameters(self, channels: tuple[int, int], bias: bool, dtype: DTypeLike | None, rng: Rng) -> None:
        self.weight = new_parameter((*channels, *self.kernel_size), dtype)
        self.bias = new_parameter((self.out_channels,), dtype) if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new initial values."""
        init_like_pytorch(self.weight, self.bias, rng)

    def _described(self, output_padding: tuple[int, ...] = (), padding_mode: str = "zeros") -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding != self._per_axis(0):
            parts.append(f"padding={self.padding}")
        if self.dilation != self._per_axis(1):
            parts.append(f"dilation={self.dilation}")
        if any(output_padding):
            parts.append(f"output_padding={output_padding}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if padding_mode != "zeros":
            parts.append(f"padding_mode={padding_mode}")
        return ", ".join(parts)


class _Conv(_Kernels):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        self._set_up(in_channels, out_channels, kernel_size, stride, padding, dilation, groups)
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f"{type(self).__name__}: there is no such padding_mode\n  padding_mode: {padding_mode!r}\n"
                f"  known: {', '.join(PADDING_MODES)}"
            )
        self.padding_mode = padding_mode
        self._make_parameters((out_channels, in_channels // groups), bias, dtype, rng)

    def forward(self, x: Any) -> Any:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            widths = [n for pair in reversed(self._widths()) for n in pair]
            x, padding = functional.pad(x, widths, self.padding_mode), 0
        return self.function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        return self._described(padding_mode=self.padding_mode)


class Conv2d(_Conv):
    r"""Cross-correlation of (N, C, H, W) images with out_channels kernels; see ``ag.conv2d``.

    Parameters
    ----------
    in_channels, out_channels : C of the input and of the output; ``groups`` must divide both
    kernel_size, stride, dilation : an int, or a pair (vertical, horizontal)
    padding : an int, a pair, "valid" (none) or "same" (output as large as the input; stride 1)
    groups : the channels are split into so many groups, each seen by its own kernels only
    bias : whether each output channel has a number of its own added
    padding_mode : what the padding consists of: "zeros"; "reflect", the image mirrored; "replicate", its outermost
        pixels; "circular", the image again
    dtype, rng : as of ``Linear``

    (N, in_channels, H, W) becomes (N, out_channels, P, Q), with P = ⌊(H + 2a − e (k − 1) − 1) / u⌋ + 1 for the
    vertical kernel size k, stride u, padding a and dilation e, and Q likewise across; (in_channels, H, W) becomes
    (out_channels, P, Q).

    ``weight`` is (out_channels, in_channels / groups, kernel height, kernel width), ``bias``
    (out_channels,); both begin evenly spread in ±1/√fan_in, as PyTorch's do.

    >>> import numpy as np, nn
    >>> nn.Conv2d(1, 6, 5, padding=2)(np.ones((2, 1, 28, 28), np.float32)).shape
    (2, 6, 28, 28)
    """

    rank, function = 2, staticmethod(functional.conv2d)


class Conv1d(_Conv):
    """``Conv2d`` for sequences, (N, C, L) or (C, L), with the same parameters, one number for a pair.

    >>> import numpy as np, nn
    >>> nn.Conv1d(4, 8, 3, padding="same")(np.ones((2, 4, 10), np.float32)).shape
    (2, 8, 10)
    """

    rank, function = 1, staticmethod(functional.conv1d)


class Conv3d(_Conv):
    """``Conv2d`` for volumes, (N, C, D, H, W) or (C, D, H, W), with the same parameters, a triple for a pair.

    >>> import numpy as np, nn
    >>> nn.Conv3d(1, 2, 3, stride=(1, 2, 2))(np.ones((2, 1, 5, 9, 9), np.float32)).shape
    (2, 2, 3, 4, 4)
    """

    rank, function = 3, staticmethod(functional.conv3d)


class _ConvTranspose(_Kernels):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        self._set_up(in_channels, out_channels, kernel_size, stride, padding, dilation, groups)
        self.output_padding = self._per_axis(output_padding)
        self._make_parameters((in_channels, out_channels // groups), bias, dtype, rng)

    def forward(self, x: Any, output_size: Iterable[int] | None = None) -> Any:
        """The result; ``output_size``, the lengths of its last axes, takes the place of ``output_padding``."""
        output_padding = self.output_padding if output_size is None else self._padding_for(x, output_size)
        return self.function(
            x, self.weight, self.bias, self.stride, self.padding, output_padding, self.groups, self.dilation
        )

    def _padding_for(self, x: Any, output_size: Iterable[int]) -> tuple[int, ...]:
        size = self._per_axis(tuple(output_size)[-self.rank :])
        least = tuple(
            [
                (n - 1) * u + e * (k - 1) + 1 - before - after
                for n, k, u, e, (before, after) in zip(
                    x.shape[-self.rank :], self.kernel_size, self.stride, self.dilation, self._widths(), strict=True
                )
            ]
        )
        largest = tuple([n + u - 1 for n, u in zip(least, self.stride, strict=True)])
        if not all(a <= n <= b for a, n, b in zip(least, size, largest, strict=True)):
            raise ValueError(
                f"{type(self).__name__}: no output_padding gives this output_size\n"
                f"  output_size: {size}\n  smallest: {least}\n  largest: {largest}"
            )
        return tuple([n - a for n, a in zip(size, least, strict=True)])

    def extra_repr(self) -> str:
        return self._described(self.output_padding)


class ConvTranspose2d(_ConvTranspose):
    r"""The transpose of ``Conv2d``: each pixel puts its kernel, times itself, into the result.

    See ``ag.conv_transpose2d``.

    Parameters
    ----------
    in_channels, out_channels : C of the input and of the output; ``groups`` must divide both
    kernel_size, stride, padding, dilation : those of the ``Conv2d`` that goes from the output to the input
    output_padding : an int or a pair, so many pixels more below and to the right; smaller than the stride or the
        dilation
    groups, bias : as of ``Conv2d``
    dtype, rng : as of ``Linear``

    (N, in_channels, P, Q) becomes (N, out_channels, H, W), with H = (P − 1) u − 2a + e (k − 1) + 1 + output_padding for
    the vertical kernel size k, stride u, padding a and dilation e, and W likewise across. ``layer(x, output_size)``
    takes (H, W) in place of output_padding.

    ``weight`` is (in_channels, out_channels / groups, kernel height, kernel width), ``bias`` (out_channels,); both
    begin as PyTorch's do.

    >>> import numpy as np, nn
    >>> nn.ConvTranspose2d(16, 4, 2, stride=2)(np.ones((1, 16, 7, 7), np.float32)).shape
    (1, 4, 14, 14)
    """

    rank, function = 2, staticmethod(functional.conv_transpose2d)


class ConvTranspose1d(_ConvTranspose):
    """``ConvTranspose2d`` for sequences, (N, C, L) or (C, L), with one number in place of a pair.

    >>> import numpy as np, nn
    >>> nn.ConvTranspose1d(2, 3, 4, stride=2, padding=1)(np.ones((1, 2, 5), np.float32)).shape
    (1, 3, 10)
    """

    rank, function = 1, staticmethod(functional.conv_transpose1d)


class ConvTranspose3d(_ConvTranspose):
    """``ConvTranspose2d`` for volumes, (N, C, D, H, W) or (C, D, H, W), with a triple in place of a pair.

    >>> import numpy as np, nn
    >>> nn.ConvTranspose3d(2, 1, 2, stride=2)(np.ones((1, 2, 2, 3, 3), np.float32)).shape
    (1, 1, 4, 6, 6)
    """

    rank, function = 3, staticmethod(functional.conv_transpose3d)
