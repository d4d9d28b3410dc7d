"""Samples made one batch: their parts stacked, as arrays or as Tensors."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Tensor


def default_collate(samples: list[Any]) -> Any:
    """Samples as one batch of Tensors: numbers and arrays stacked, tuples and dicts part by part; strings in an array.

    >>> from nn.data import default_collate
    >>> default_collate([(1.0, 2), (3.0, 4)])
    (Tensor([1., 3.]), Tensor([2, 4]))
    """
    return as_tensors(stacked(samples, ""))


def as_tensors(batch: Any) -> Any:
    """The arrays of numbers in a batch as Tensors."""
    if isinstance(batch, dict):
        return {key: as_tensors(value) for key, value in batch.items()}
    if isinstance(batch, tuple):
        parts = [as_tensors(value) for value in batch]
        return type(batch)(*parts) if hasattr(batch, "_fields") else tuple(parts)
    return Tensor(batch) if isinstance(batch, np.ndarray | np.generic) and batch.dtype.kind in "biuf" else batch


def holds_tensor(sample: Any) -> bool:
    """Whether a sample is a Tensor, or has one among its parts."""
    if isinstance(sample, list | tuple):
        return any(map(holds_tensor, sample))
    if isinstance(sample, Mapping):
        return any(map(holds_tensor, sample.values()))
    return isinstance(sample, Tensor)


def stacked(samples: list[Any], place: str) -> Any:
    """Samples, or their parts at one place, as one array; tuples and dicts part by part."""
    first = samples[0]
    kinds = {tuple if isinstance(s, list | tuple) else dict if isinstance(s, Mapping) else np.ndarray for s in samples}
    if len(kinds) > 1:
        _refuse_samples("are not built alike", place, [type(s).__name__ for s in samples])
    if isinstance(first, Mapping):
        if any(set(sample) != set(first) for sample in samples):
            _refuse_samples("have different keys", place, [list(sample) for sample in samples])
        return {key: stacked([sample[key] for sample in samples], f"{place}[{key!r}]") for key in first}
    if isinstance(first, list | tuple):
        if any(len(sample) != len(first) for sample in samples):
            _refuse_samples("have different lengths", place, [len(sample) for sample in samples])
        parts = [stacked([sample[i] for sample in samples], f"{place}[{i}]") for i in range(len(first))]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    arrays = [array_of(f"DataLoader: sample{place}", sample) for sample in samples]
    if len({array.shape for array in arrays}) > 1:
        _refuse_samples("have different shapes", place, [array.shape for array in arrays])
    return np.stack(arrays)


def _refuse_samples(what: str, place: str, seen: list[Any]) -> None:
    shown = list(dict.fromkeys(map(str, seen)))[:4]
    raise ValueError(
        f"DataLoader: the samples of a batch {what}\n  part: sample{place}\n"
        + "\n".join(f"  found: {one}" for one in shown)
    )


def array_of(what: str, value: Any) -> np.ndarray:
    """The array that a value is; never one of objects, and none that would lose a mask."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{what} is a masked array, whose mask would be lost\n  give its .filled(), and the mask apart")
    try:
        array = np.asarray(value.data if isinstance(value, Tensor) and not value.requires_grad else value)
    except ValueError as error:
        raise ValueError(f"{what} is no array: {error}") from error
    if array.dtype == object:
        raise TypeError(f"{what} must hold numbers or strings, not {type(value).__name__}")
    return array
