"""Where arrays are, and what numbers they hold, in PyTorch's words: there is the CPU.

``ag.device("cpu")`` and ``x.to("cpu")`` work, so that a script that asks for a device runs as it stands;
``ag.cuda.is_available()`` is False, and a GPU that is asked for all the same is an error that says so.
"""

import math
from typing import Any

import numpy as np

__all__ = [
    "device", "double", "float16", "float32", "float64", "half", "int8", "int16", "int32", "int64", "long", "short",
    "uint8",
]  # fmt: skip

float16 = half = np.dtype("float16")
float32 = np.dtype("float32")
float64 = double = np.dtype("float64")
int8 = np.dtype("int8")
int16 = short = np.dtype("int16")
int32 = np.dtype("int32")
int64 = long = np.dtype("int64")
uint8 = np.dtype("uint8")

MORE = {
    "bool": np.dtype("bool"),
    "float": float32,
    "int": int32,
    "Size": tuple,
    "finfo": np.finfo,
    "iinfo": np.iinfo,
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "newaxis": None,
}
"""``ag.float`` and other names that ``from autograd import *`` leaves alone: they are Python's, or short."""


class device:
    """Where an array is: ``ag.device("cpu")``. Any other device is a RuntimeError, for there is none.

    >>> import autograd as ag
    >>> ag.device("cuda" if ag.cuda.is_available() else "cpu")
    device(type='cpu')
    """

    __slots__ = ("type", "index")

    def __init__(self, type: Any, index: int | None = None) -> None:
        name = type.type if isinstance(type, device) else type
        if isinstance(name, str) and name.partition(":")[0] == "cpu":
            self.type, self.index = "cpu", index
            return
        raise RuntimeError(only_cpu(f"device {name!r}"))

    def __repr__(self) -> str:
        return f"device(type={self.type!r})"

    def __str__(self) -> str:
        return self.type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and other.type == self.type

    def __hash__(self) -> int:
        return hash(self.type)


CPU = device("cpu")


def only_cpu(what: str) -> str:
    """The text of the error where another device was asked for."""
    return f'{what}: there is no GPU here, arrays are computed with on the CPU\n  leave it out, or write "cpu"'


def check_device(given: Any) -> None:
    """Raise for a ``device=`` that is not the CPU; None is as good."""
    if given is not None and given is not CPU:
        device(given)


def is_device(value: Any) -> bool:
    """Whether an argument of ``.to`` names a device: a ``device``, or a string that is one of PyTorch's."""
    return isinstance(value, device) or (isinstance(value, str) and value.partition(":")[0] in _DEVICES)


_DEVICES = {"cpu", "cuda", "mps", "xpu", "xla", "hip", "meta"}
