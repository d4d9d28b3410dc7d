"""One layer of a description: its settings, its arrays, and errors that name it."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..layers import Sequential
from ..module import Module
from .archive import Weights

FLOATS = (np.float32, np.float64)


class Layer:
    """A layer as the file has it.

    shape : what Keras says of the input's shape, (None, 8, 8, 3); or None
    """

    def __init__(self, found: Any, weights: Weights, place: str) -> None:
        if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
            raise ValueError(f"a layer is described in an unknown way\n  layer: {str(found)[:80]}")
        self.class_name = str(found.get("class_name"))
        self.module = str(found.get("module"))
        self.registered_name = found.get("registered_name")
        self.config: dict[str, Any] = found["config"]
        self.name = str(self.config.get("name", found.get("name", self.class_name)))
        self.weights, self.place = weights, place
        built = found.get("build_config")
        shape = built.get("input_shape") if isinstance(built, dict) else None
        self.shape = tuple(shape) if isinstance(shape, list) and not any(isinstance(n, list) for n in shape) else None

    def refuse(self, reason: str, *lines: str) -> ValueError:
        """The error that this layer is not read."""
        more = "".join(f"\n  {line}" for line in lines)
        return ValueError(f"{reason}\n  layer: {self.name}\n  class: {self.class_name}{more}")

    @contextmanager
    def described(self) -> Iterator[None]:
        """Within it what makes no sense of the file's description is an error that names the layer."""
        try:
            yield
        except (TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError) as error:
            raise self.refuse(f"the description makes no sense: {type(error).__name__}: {error}") from error

    def get(self, name: str, default: Any = None) -> Any:
        """A setting."""
        return self.config.get(name, default)

    def only(self, **wanted: Any) -> None:
        """Refuse other settings than these, which are also what a missing one means."""
        for name, value in wanted.items():
            if self.get(name, value) not in (value, None):
                raise self.refuse("this setting is not read", f"{name}: {self.get(name)!r}", f"read: {value!r}")

    @property
    def axes(self) -> int:
        """How many axes the input has."""
        if self.shape is None:
            raise self.refuse("the file does not say the shape of this layer's input")
        return len(self.shape)

    def numbers(self, name: str, rank: int, default: Any = None) -> tuple[int, ...]:
        """A setting of whole numbers, one for each axis of an image; one number stands for all."""
        value = self.get(name, default)
        value = [value] * rank if isinstance(value, int) else value
        if not isinstance(value, list | tuple) or len(value) != rank or not all(isinstance(n, int) for n in value):
            raise self.refuse("this setting makes no sense", f"{name}: {value!r}")
        return tuple(value)

    def number(self, name: str, default: float | None = None) -> float:
        """A setting that is a finite number."""
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refuse("this setting must be a number", f"{name}: {value!r}")
        return float(value)

    def arrays(self, *names: str, at: str = "") -> list[np.ndarray]:
        """The layer's arrays, which must be these."""
        place = self.place + at
        found = self.weights.of(place)
        if len(found) != len(names):
            raise self.refuse(
                "the layer's arrays are not those that its settings ask for",
                f"entry: {place}/vars",
                f"expected: {', '.join(names) or 'none'}",
                f"found: {len(found)} of shape {', '.join(str(array.shape) for array in found) or '-'}",
            )
        for i, (name, array) in enumerate(zip(names, found, strict=True)):
            if array.dtype.type not in FLOATS and name != "count":
                raise self.refuse(
                    "numbers of float32 and float64 are read", f"entry: {place}/vars/{i}", f"dtype: {array.dtype}"
                )
        return found

    def axes_of(self, array: np.ndarray, name: str, axes: int) -> np.ndarray:
        """The same array, if it has so many axes."""
        if array.ndim != axes:
            raise self.refuse(f"the {name} must have {axes} axes", f"entry: {self.place}", f"shape: {array.shape}")
        return array

    def put(self, module: Module, **arrays: np.ndarray | None) -> Module:
        """A module with these values in its parameters and buffers."""
        for name, array in arrays.items():
            here = getattr(module, name)
            if array is None:
                continue
            if here is None or here.shape != array.shape:
                raise self.refuse(
                    "an array has another shape than the settings ask for",
                    f"entry: {self.place}",
                    f"expected: {None if here is None else here.shape} ({name})",
                    f"found: {array.shape}",
                )
            here.data = np.ascontiguousarray(array)
        return module


def dtype_of(array: np.ndarray) -> Any:
    """float32 or float64, for what holds the array."""
    return array.dtype.type


def named(parts: Sequence[tuple[str, Module]]) -> dict[str, Module]:
    """Modules by names that a Module can have and that are not taken: "conv2d", "conv2d_relu", …."""
    found: dict[str, Module] = {}
    taken = set(dir(Sequential()))
    for name, module in parts:
        clean = "".join(c if c.isalnum() or c == "_" else "_" for c in name) or "layer"
        while clean in found or clean in taken:
            clean += "_"
        found[clean] = module
    return found
