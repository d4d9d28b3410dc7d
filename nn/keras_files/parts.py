"""What Keras' layers do and none of the other modules does. Axes are where ``nn.keras_files.load`` says."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd as ag

from .. import functional
from ..module import Module

IMAGE = 4
"""From so many axes on the channels come second here, and last in Keras."""


class ChannelsLast(Module):
    """A module on its input as Keras has it: the channels of images and volumes last, and back."""

    def __init__(self, inner: Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any) -> Any:
        x = ag.moveaxis(x, 1, -1) if len(np.shape(x)) >= IMAGE else x
        y = self.inner(x)
        return ag.moveaxis(y, -1, 1) if len(np.shape(y)) >= IMAGE else y


class OnSequences(Module):
    """A module that takes (N, C, L), on (N, L, C)."""

    def __init__(self, inner: Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any) -> Any:
        return ag.swapaxes(self.inner(ag.swapaxes(x, 1, 2)), 1, 2)


class SamePad(Module):
    """As much around x (N, C, …) as makes the output of a window of stride s ⌈n / s⌉ long; what is odd, at the end.

    A symmetric padding cannot do that: 8 entries, a window of 3 and a stride of 2 ask for 0 before and 1 after.
    """

    def __init__(self, size: Sequence[int], stride: Sequence[int], dilation: Sequence[int], value: float = 0.0) -> None:
        super().__init__()
        self.size, self.stride, self.dilation, self.value = tuple(size), tuple(stride), tuple(dilation), value

    def widths(self, lengths: Sequence[int]) -> list[int]:
        """(before, after) of the last axis, then of the one before it, and so on."""
        found: list[int] = []
        for n, k, s, d in zip(lengths, self.size, self.stride, self.dilation, strict=True):
            total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
            found = [total // 2, total - total // 2, *found]
        return found

    def forward(self, x: Any) -> Any:
        widths = self.widths(np.shape(x)[2:])
        return functional.pad(x, widths, "constant", self.value) if any(widths) else x

    def extra_repr(self) -> str:
        return f"{self.size}, stride={self.stride}, dilation={self.dilation}, value={self.value}"


class SameAveragePool(Module):
    """The mean of each window over what it has of x, where ``SamePad`` lets windows hang over."""

    def __init__(self, pad: SamePad, pool: Module) -> None:
        super().__init__()
        self.pad, self.pool = pad, pool

    def forward(self, x: Any) -> Any:
        inside = np.ones((1, 1, *np.shape(x)[2:]), x.dtype)
        share = self.pool(self.pad(ag.Tensor(inside)))
        return self.pool(self.pad(x)) / share


class Softmax(Module):
    """Softmax over an axis as Keras counts it."""

    def __init__(self, axis: int = -1, log: bool = False) -> None:
        super().__init__()
        self.axis, self.log = axis, log

    def forward(self, x: Any) -> Any:
        axis = here(self.axis, len(np.shape(x)))
        return functional.log_softmax(x, axis) if self.log else functional.softmax(x, axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


def here(axis: int, axes: int) -> int:
    """An axis of Keras', as it is counted here."""
    axis = axis % axes
    if axes < IMAGE or axis == 0:
        return axis
    return 1 if axis == axes - 1 else axis + 1


class GlobalPool(Module):
    """Mean or maximum over all places of a sequence, image or volume."""

    def __init__(self, function: Any, keepdims: bool) -> None:
        super().__init__()
        self.function, self.keepdims = function, keepdims

    def forward(self, x: Any) -> Any:
        axes = len(np.shape(x))
        return self.function(x, axis=tuple(range(2, axes)) if axes >= IMAGE else (1,), keepdims=self.keepdims)


class Reshape(Module):
    """Another shape for each sample."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: Any) -> Any:
        return ag.reshape(x, (np.shape(x)[0], *self.shape))

    def extra_repr(self) -> str:
        return f"{self.shape}"


class Permute(Module):
    """The axes of each sample in another order, counted from 1."""

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.dims = tuple(dims)

    def forward(self, x: Any) -> Any:
        return ag.transpose(x, (0, *self.dims))

    def extra_repr(self) -> str:
        return f"{self.dims}"


class Repeat(Module):
    """(N, C) n times: (N, n, C)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def forward(self, x: Any) -> Any:
        return ag.stack([x] * self.n, axis=1)


class Scaled(Module):
    """x · scale + offset."""

    def __init__(self, scale: float, offset: float) -> None:
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, x: Any) -> Any:
        return x * self.scale + self.offset

    def extra_repr(self) -> str:
        return f"{self.scale}, {self.offset}"


class Merge(Module):
    """Several inputs as one: added, multiplied, side by side along an axis of Keras', …."""

    def __init__(self, kind: str, axis: int = -1) -> None:
        super().__init__()
        self.kind, self.axis = kind, axis

    def forward(self, *inputs: Any) -> Any:
        if self.kind == "Concatenate":
            return ag.concatenate(list(inputs), axis=here(self.axis, len(np.shape(inputs[0]))))
        result = inputs[0]
        for one in inputs[1:]:
            if self.kind in ("Add", "Average"):
                result = result + one
            elif self.kind == "Subtract":
                result = result - one
            elif self.kind == "Multiply":
                result = result * one
            else:
                result = (ag.maximum if self.kind == "Maximum" else ag.minimum)(result, one)
        return result / len(inputs) if self.kind == "Average" else result

    def extra_repr(self) -> str:
        return self.kind + (f", axis={self.axis}" if self.kind == "Concatenate" else "")


class Recurrent(Module):
    """A recurrent layer's outputs, or the last ones alone; both ways joined as ``merge`` says."""

    def __init__(self, layer: Module, sequences: bool, merge: str = "concat") -> None:
        super().__init__()
        self.layer, self.sequences, self.merge = layer, sequences, merge

    def forward(self, x: Any) -> Any:
        outputs, ends = self.layer(x)
        if self.sequences:
            ways = ag.split(outputs, 2, axis=-1) if getattr(self.layer, "bidirectional", False) else [outputs]
        else:
            last = ends[0] if isinstance(ends, tuple) else ends
            ways = [last[i] for i in range(np.shape(last)[0])]
        if len(ways) == 1:
            return ways[0]
        if self.merge == "concat":
            return ag.concatenate(ways, axis=-1)
        if self.merge == "mul":
            return ways[0] * ways[1]
        total = ways[0] + ways[1]
        return total / 2 if self.merge == "ave" else total

    def extra_repr(self) -> str:
        return f"sequences={self.sequences}, merge={self.merge}"


class GRUResetBefore(Module):
    """A GRU whose r multiplies h before the matrix, h' = z · h + (1 − z) · tanh(W x + b + U (r · h)), as published.

    Cho et al. (2014), and Keras with reset_after=False. The rows of its weights are the gates z, r, n.
    """

    def __init__(self, kernel: Any, recurrent: Any, bias: Any) -> None:
        super().__init__()
        self.kernel, self.recurrent, self.bias = kernel, recurrent, bias

    def forward(self, x: Any) -> Any:
        """(outputs, last h), of x (N, L, C)."""
        size = np.shape(self.recurrent)[1]
        h = np.zeros((np.shape(x)[0], size), x.dtype)
        outputs = []
        for step in ag.split(functional.linear(x, self.kernel, self.bias), np.shape(x)[1], axis=1):
            z_x, r_x, n_x = ag.split(step[:, 0], 3, axis=-1)
            z_h, r_h = ag.split(functional.linear(h, self.recurrent[: 2 * size]), 2, axis=-1)
            z, r = ag.sigmoid(z_x + z_h), ag.sigmoid(r_x + r_h)
            n = ag.tanh(n_x + functional.linear(r * h, self.recurrent[2 * size :]))
            h = z * h + (1 - z) * n
            outputs.append(h)
        return ag.stack(outputs, axis=1), ag.stack([h])
