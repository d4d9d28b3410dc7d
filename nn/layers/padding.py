"""Padding as a layer: new entries around rows, images or volumes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import functional
from ..module import Module

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d",
    "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


class _Pad(Module):
    axes = 0
    mode = "constant"
    value = 0.0

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = (padding,) * (2 * self.axes) if isinstance(padding, int | np.integer) else tuple(padding)
        if len(self.padding) != 2 * self.axes:
            raise ValueError(
                f"{type(self).__name__}: padding must be one number, or {2 * self.axes}\n  padding: {padding!r}"
            )

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if len(shape) not in (self.axes + 1, self.axes + 2):
            raise ValueError(
                f"{type(self).__name__}: the input must have {self.axes + 2} axes, or {self.axes + 1} without a batch\n"
                f"  input: {shape}"
            )
        return functional.pad(x, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_Pad):
    """``value`` before and after the last axis of (N, C, L) or (C, L).

    padding : one number, or (before, after) of the last axis, then of the one before it, and so on; negative ones cut
    """

    axes = 1

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(ConstantPad1d):
    """``ConstantPad1d`` for the last two axes: (left, right, top, bottom)."""

    axes = 2


class ConstantPad3d(ConstantPad1d):
    """``ConstantPad1d`` for the last three axes: (left, right, top, bottom, front, back)."""

    axes = 3


class ZeroPad1d(_Pad):
    """Zeros around the last axis; padding as of ``ConstantPad1d``."""

    axes, mode = 1, "constant"


class ZeroPad2d(_Pad):
    """Zeros around the last two axes; padding as of ``ConstantPad2d``."""

    axes, mode = 2, "constant"


class ZeroPad3d(_Pad):
    """Zeros around the last three axes; padding as of ``ConstantPad3d``."""

    axes, mode = 3, "constant"


class ReflectionPad1d(_Pad):
    """The entries mirrored at the outermost one around the last axis; padding as of ``ConstantPad1d``."""

    axes, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """The entries mirrored at the outermost one around the last two axes; padding as of ``ConstantPad2d``."""

    axes, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """The entries mirrored at the outermost one around the last three axes; padding as of ``ConstantPad3d``."""

    axes, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The outermost entry again around the last axis; padding as of ``ConstantPad1d``."""

    axes, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The outermost entry again around the last two axes; padding as of ``ConstantPad2d``."""

    axes, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The outermost entry again around the last three axes; padding as of ``ConstantPad3d``."""

    axes, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """What comes in from the other end around the last axis; padding as of ``ConstantPad1d``."""

    axes, mode = 1, "circular"


class CircularPad2d(_Pad):
    """What comes in from the other end around the last two axes; padding as of ``ConstantPad2d``."""

    axes, mode = 2, "circular"


class CircularPad3d(_Pad):
    """What comes in from the other end around the last three axes; padding as of ``ConstantPad3d``."""

    axes, mode = 3, "circular"
