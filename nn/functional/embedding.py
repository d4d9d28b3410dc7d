"""Rows of a table by their numbers, and sums, means and maxima of bags of them."""

from typing import Any

import numpy as np

import autograd as ag

from ..parameter import put_values
from ..values import holds, values_of
from .normalization import p_norm

__all__ = ["embedding", "embedding_bag"]


def embedding(
    x: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of ``weight`` (K, E) whose numbers, of any shape (…), x holds: (…, E).

    padding_idx : the number of a row that gets no gradient
    max_norm : the rows that x names are first made shorter where they are longer than that, in ``weight`` itself
    norm_type : p of the norm by which they are measured
    scale_grad_by_freq : divide each row's gradient by how often x names it
    sparse : without effect; gradients are whole arrays

    >>> import numpy as np, nn.functional as F
    >>> F.embedding([1, 1], np.array([[0.0, 0.0], [3.0, 4.0]]))
    array([[3., 4.],
           [3., 4.]])
    """
    numbers, count = _numbers("embedding", x, weight), np.shape(weight)[0]
    if max_norm is not None:
        _shorten("embedding", weight, numbers, max_norm, norm_type)
    rows = ag.take(weight, x if isinstance(x, ag.Tensor) else numbers, axis=0)
    if not isinstance(rows, ag.Tensor):
        return rows
    if scale_grad_by_freq:
        rows = _by_frequency(rows, numbers)
    if padding_idx is None:
        return rows
    padding_idx += count if padding_idx < 0 else 0
    return ag.where((numbers == padding_idx)[..., None], rows.detach(), rows)


def embedding_bag(
    x: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """The sum, mean or maximum of the rows of ``weight`` (K, E) in each bag: (bags, E); zeros of an empty one.

    Parameters
    ----------
    x : numbers of rows: (bags, L), a bag in each row; or (all,), with
    offsets : where each bag begins in x, from 0, not falling
    mode : "sum", "mean" or "max"
    per_sample_weights : of x's shape, what each row is multiplied by in a sum
    include_last_offset : the last of the offsets is no bag's, but the length of x
    padding_idx : the number of rows that are left out
    max_norm, norm_type, scale_grad_by_freq, sparse : as of ``embedding``

    >>> import numpy as np, nn.functional as F
    >>> F.embedding_bag([0, 1, 2], np.array([[1.0], [2.0], [4.0]]), [0, 2], mode="sum")
    array([[3.],
           [4.]])
    """
    numbers, count = _numbers("embedding_bag", x, weight), np.shape(weight)[0]
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f'embedding_bag: mode must be "sum", "mean" or "max"\n  mode: {mode!r}')
    if per_sample_weights is not None and (mode != "sum" or np.shape(per_sample_weights) != numbers.shape):
        raise ValueError(
            'embedding_bag: per_sample_weights are of mode "sum" and of the shape of x\n'
            f"  mode: {mode!r}\n  x: {numbers.shape}\n  per_sample_weights: {np.shape(per_sample_weights)}"
        )
    if mode == "max" and scale_grad_by_freq:
        raise ValueError('embedding_bag: scale_grad_by_freq is of modes "sum" and "mean"')
    starts = _starts(numbers, offsets, include_last_offset)
    numbers = numbers.reshape(-1)
    if max_norm is not None:
        _shorten("embedding_bag", weight, numbers, max_norm, norm_type)
    bag = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    if padding_idx is not None:
        kept = numbers != padding_idx + (count if padding_idx < 0 else 0)
        numbers, bag = numbers[kept], bag[kept]
    rows = ag.take(weight, numbers, axis=0)
    if scale_grad_by_freq and isinstance(rows, ag.Tensor):
        rows = _by_frequency(rows, numbers)
    if mode == "max":
        return _maxima(rows, bag, len(starts) - 1)
    if per_sample_weights is not None:
        factors = ag.reshape(per_sample_weights, (-1,))
        factors = factors if padding_idx is None else factors[kept]
        rows = rows * ag.reshape(factors, (-1, 1))
    dtype = values_of(rows).dtype
    total = ag.index_add(np.zeros((len(starts) - 1, np.shape(weight)[1]), dtype), 0, bag, rows)
    if mode == "sum":
        return total
    return total / np.maximum(np.bincount(bag, minlength=len(starts) - 1), 1).astype(dtype)[:, None]


def _numbers(called: str, x: Any, weight: Any) -> np.ndarray:
    """The numbers of rows in x, each of which there is."""
    numbers, count = values_of(x), np.shape(weight)[0]
    if numbers.dtype.kind not in "iu" and numbers.size:
        raise TypeError(f"{called}: the numbers of rows must be integers, not {numbers.dtype}")
    bad = (numbers < 0) | (numbers >= count)
    if holds(bad.any()):
        raise ValueError(
            f"{called}: the numbers of rows must be from 0 to {count - 1}\n  given: {numbers[bad].flat[0]}"
        )
    return numbers if numbers.dtype.kind in "iu" else numbers.astype(np.int64)


def _starts(numbers: np.ndarray, offsets: Any, include_last_offset: bool) -> np.ndarray:
    """Where each bag begins in the flattened numbers, and after that their length."""
    if numbers.ndim == 2:
        if offsets is not None:
            raise ValueError(f"embedding_bag: the rows of x are its bags; leave out offsets\n  x: {numbers.shape}")
        return np.arange(numbers.shape[0] + 1) * numbers.shape[1]
    starts = values_of([] if offsets is None else offsets)
    if numbers.ndim != 1 or starts.ndim != 1 or offsets is None:
        raise ValueError(
            "embedding_bag: x must be (bags, L), or (all,) with offsets, where each bag begins\n"
            f"  x: {numbers.shape}\n  offsets: {None if offsets is None else starts.shape}"
        )
    starts = starts.astype(np.int64) if include_last_offset else np.append(starts, len(numbers)).astype(np.int64)
    if not len(starts) or starts[0] != 0 or (np.diff(starts) < 0).any() or starts[-1] != len(numbers):
        raise ValueError(
            "embedding_bag: offsets begin with 0 and do not fall; with include_last_offset they end with x's length\n"
            f"  x: {numbers.shape}\n  offsets: {values_of(offsets).tolist()}"
        )
    return starts


def _maxima(rows: Any, bag: np.ndarray, bags: int) -> Any:
    """The maximum of each bag and column, of equal ones the first."""
    values = values_of(rows)
    winners, length = np.zeros((bags, values.shape[1]), np.int64), np.bincount(bag, minlength=bags)
    end = np.cumsum(length)
    for one in np.flatnonzero(length):
        start = end[one] - length[one]
        winners[one] = start + values[start : end[one]].argmax(axis=0)
    if not len(values):
        return ag.index_add(np.zeros((bags, values.shape[1]), values.dtype), 0, bag, rows)
    return ag.where(length[:, None] > 0, ag.take_along_axis(rows, winners, axis=0), 0.0)


def _by_frequency(rows: Any, numbers: np.ndarray) -> Any:
    """The rows themselves, with gradients divided by how often each number comes."""
    _, place, times = np.unique(numbers, return_inverse=True, return_counts=True)
    share = (1 / times[place.reshape(numbers.shape)]).astype(rows.dtype)[..., None]
    still = rows.detach()
    return still + (rows - still) * share


def _shorten(called: str, weight: Any, numbers: np.ndarray, max_norm: float, norm_type: float) -> None:
    """Give rows of a weight that are named, and longer than max_norm, that length."""
    if not isinstance(weight, ag.Tensor) or not weight.is_leaf:
        raise TypeError(f"{called}: max_norm makes rows of the weight itself shorter: it must be a leaf Tensor")
    values, named = np.array(weight.data), np.unique(numbers)
    norm = np.asarray(p_norm(values[named], norm_type, 1, True))
    scale = np.where(norm > max_norm, max_norm / (norm + 1e-7), 1.0).astype(values.dtype)
    if (norm > max_norm).any():
        values[named] *= scale
        put_values({weight: values})
