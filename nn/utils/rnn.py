"""Sequences of several lengths in one array."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd as ag

from ..values import values_of

__all__ = ["pad_sequence", "unpad_sequence"]


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences (Lᵢ, …) as one array (L, N, …), or (N, L, …) with batch_first, where L is the longest's length.

    padding_value : what stands where a sequence has ended
    padding_side : "right", behind them, or "left", before them

    >>> import numpy as np, nn
    >>> nn.utils.rnn.pad_sequence([np.ones(2), np.ones(3)], batch_first=True)
    array([[1., 1., 0.],
           [1., 1., 1.]])
    """
    shapes = [np.shape(one) for one in sequences]
    if not shapes or min(map(len, shapes)) < 1 or len({shape[1:] for shape in shapes}) > 1:
        raise ValueError(
            "pad_sequence: one sequence or more is needed, all (Lᵢ, …) with the same axes after the first\n"
            f"  sequences: {', '.join(map(str, shapes)) or 'none'}"
        )
    if padding_side not in ("right", "left"):
        raise ValueError(f'pad_sequence: padding_side must be "right" or "left"\n  padding_side: {padding_side!r}')
    longest = max(shape[0] for shape in shapes)
    padded = []
    for one, shape in zip(sequences, shapes, strict=True):
        more = longest - shape[0]
        width = (0, more) if padding_side == "right" else (more, 0)
        around = [width, *[(0, 0)] * (len(shape) - 1)]
        padded.append(ag.pad(one, around, constant_values=padding_value) if more else one)
    return ag.stack(padded, axis=0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences (Lᵢ, …) of which ``pad_sequence`` made one array."""
    if not batch_first:
        padded_sequences = ag.swapaxes(padded_sequences, 0, 1)
    return [padded_sequences[i, : int(n)] for i, n in enumerate(values_of(lengths))]
