"""Embedding: a table whose rows are learned; EmbeddingBag: sums, means or maxima of several of them."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import functional, init
from ..module import Module
from ..parameter import Parameter, new_parameter
from ..seeding import Rng
from ..values import values_of

__all__ = ["Embedding", "EmbeddingBag"]


class _Table(Module):
    """What both share: a weight (num_embeddings, embedding_dim), and what is done with its rows."""

    def _set_up(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        sparse: bool,
        dtype: DTypeLike | None,
        rng: Rng,
    ) -> None:
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"{type(self).__name__}: padding_idx must be the number of a row\n"
                f"  rows: {num_embeddings}\n  padding_idx: {padding_idx}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx if padding_idx is None or padding_idx >= 0 else padding_idx + num_embeddings
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self.weight = new_parameter((num_embeddings, embedding_dim), dtype)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new initial values."""
        init.normal_(self.weight, rng=rng)
        if self.padding_idx is not None:
            values = np.array(self.weight.data)
            values[self.padding_idx] = 0
            self.weight.data = values

    def extra_repr(self) -> str:
        said = [f"{self.num_embeddings}, {self.embedding_dim}"]
        for name, usual in (("padding_idx", None), ("max_norm", None), ("norm_type", 2.0),
                            ("scale_grad_by_freq", False), ("sparse", False)):  # fmt: skip
            said += [f"{name}={getattr(self, name)}"] * (getattr(self, name) != usual)
        return ", ".join(said)


class Embedding(_Table):
    """The rows of ``weight`` (num_embeddings, embedding_dim) whose numbers x holds: (…) becomes (…, embedding_dim).

    Parameters
    ----------
    num_embeddings, embedding_dim : how many rows, and how long they are
    padding_idx : the number of a row that begins as zeros and gets no gradient; negative ones count from the end
    max_norm : rows that are looked up are first made shorter where they are longer than that
    norm_type : p of the norm by which they are measured
    scale_grad_by_freq : divide each row's gradient by how often it is looked up
    sparse : without effect; gradients are whole arrays
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
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        self._set_up(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, dtype, rng
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> "Embedding":
        """An Embedding with these rows, which are trained only with ``freeze=False``."""
        rows = _matrix("Embedding", embeddings)
        options = (padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        layer = cls(rows.shape[0], rows.shape[1], *options, dtype=rows.dtype, rng=0)
        layer.weight = Parameter(rows, requires_grad=not freeze)
        return layer

    def forward(self, x: Any) -> Any:
        return functional.embedding(
            x, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )


class EmbeddingBag(_Table):
    """The sum, mean or maximum of the rows of ``weight`` in each bag; see ``nn.functional.embedding_bag``.

    Parameters
    ----------
    num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, sparse : as of ``Embedding``
    mode : "sum", "mean" or "max"
    include_last_offset : the last of the offsets is no bag's, but the length of x
    padding_idx : the number of a row that begins as zeros, and is left out of bags
    dtype, rng : as of ``Embedding``

    Called as ``layer(x)``, with a bag in each row of x (bags, L), or ``layer(x, offsets)``, with where each bag begins
    in x (all,); and with ``per_sample_weights=``, of x's shape, for sums. It gives (bags, embedding_dim).

    >>> import nn
    >>> nn.EmbeddingBag(10, 3, mode="sum")([1, 2, 4, 5, 4], [0, 2]).shape
    (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        if mode not in ("sum", "mean", "max"):
            raise ValueError(f'EmbeddingBag: mode must be "sum", "mean" or "max"\n  mode: {mode!r}')
        self.mode = mode
        self.include_last_offset = include_last_offset
        self._set_up(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, dtype, rng
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> "EmbeddingBag":
        """An EmbeddingBag with these rows, which are trained only with ``freeze=False``."""
        rows = _matrix("EmbeddingBag", embeddings)
        options = (max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset, padding_idx)
        layer = cls(rows.shape[0], rows.shape[1], *options, dtype=rows.dtype, rng=0)
        layer.weight = Parameter(rows, requires_grad=not freeze)
        return layer

    def forward(self, x: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return functional.embedding_bag(
            x,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, mode={self.mode!r}"


def _matrix(called: str, embeddings: Any) -> np.ndarray:
    rows = values_of(embeddings)
    if rows.ndim != 2:
        raise ValueError(f"{called}.from_pretrained: a matrix is needed\n  embeddings: {rows.shape}")
    return rows
