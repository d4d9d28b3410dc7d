"""Embedding: a table whose rows are learned."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import functional, init
from ..module import Module
from ..parameter import Parameter, new_parameter
from ..seeding import Rng
from ..values import values_of

__all__ = ["Embedding"]


class Embedding(Module):
    """The rows of ``weight`` (num_embeddings, embedding_dim) whose numbers x holds: (…) becomes (…, embedding_dim).

    Parameters
    ----------
    num_embeddings, embedding_dim : how many rows, and how long they are
    padding_idx : the number of a row that begins as zeros and gets no gradient; negative ones count from the end
    dtype : of the weight; float32 by default
    rng : a Generator or an int seed for the initial values, normal ones; by default that of ``nn.manual_seed``

    >>> import nn
    >>> nn.Embedding(10, 3)([[1, 2], [3, 9]]).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                "Embedding: padding_idx must be the number of a row\n"
                f"  rows: {num_embeddings}\n  padding_idx: {padding_idx}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx if padding_idx is None or padding_idx >= 0 else padding_idx + num_embeddings
        self.weight = new_parameter((num_embeddings, embedding_dim), dtype)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new initial values."""
        init.normal_(self.weight, rng=rng)
        if self.padding_idx is not None:
            values = np.array(self.weight.data)
            values[self.padding_idx] = 0
            self.weight.data = values

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> "Embedding":
        """An Embedding with these rows, which are trained only with ``freeze=False``."""
        rows = values_of(embeddings)
        if rows.ndim != 2:
            raise ValueError(f"Embedding.from_pretrained: a matrix is needed\n  embeddings: {rows.shape}")
        layer = cls(rows.shape[0], rows.shape[1], padding_idx, dtype=rows.dtype, rng=0)
        layer.weight = Parameter(rows, requires_grad=not freeze)
        return layer

    def forward(self, x: Any) -> Any:
        return functional.embedding(x, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
