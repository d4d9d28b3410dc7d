"""The decoder of a transformer, and encoder and decoder together."""

import copy
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import init
from ..module import Module
from ..seeding import Rng, generator_of
from .attention import Activation, FedForward, MultiheadAttention, TransformerEncoder, TransformerEncoderLayer
from .container import ModuleList
from .dropout import Dropout
from .normalization_by_sample import LayerNorm

__all__ = ["Transformer", "TransformerDecoder", "TransformerDecoderLayer"]


class TransformerDecoderLayer(FedForward):
    """Self-attention, attention to the encoder's result, and two linear layers; each with dropout, a sum with its
    input, and layer norm.

    Parameters
    ----------
    d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype, rng : as
        of ``TransformerEncoderLayer``

    Called as ``layer(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)``. Source:
    Vaswani et al., "Attention Is All You Need" (2017).

    >>> import numpy as np, nn
    >>> nn.TransformerDecoderLayer(8, 2, 16)(np.ones((5, 1, 8), np.float32), np.ones((7, 1, 8), np.float32)).shape
    (5, 1, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__(activation)
        generator = generator_of(rng)

        def attention() -> MultiheadAttention:
            return MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=generator
            )

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.self_attn = attention()
        self.multihead_attn = attention()
        self._set_up(d_model, dim_feedforward, dropout, bias, dtype, generator)
        self.norm_first = norm_first
        self.norm1, self.norm2, self.norm3 = norm(), norm(), norm()
        self.dropout1, self.dropout2, self.dropout3 = Dropout(dropout), Dropout(dropout), Dropout(dropout)
        self.activation = activation

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        def to_itself(x: Any) -> Any:
            y, _ = self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)
            return self.dropout1(y)

        def to_memory(x: Any) -> Any:
            y, _ = self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal
            )
            return self.dropout2(y)

        def fed_forward(x: Any) -> Any:
            return self.dropout3(self._fed_forward(x))

        if self.norm_first:
            x = tgt + to_itself(self.norm1(tgt))
            x = x + to_memory(self.norm2(x))
            return x + fed_forward(self.norm3(x))
        x = self.norm1(tgt + to_itself(tgt))
        x = self.norm2(x + to_memory(x))
        return self.norm3(x + fed_forward(x))


class TransformerDecoder(Module):
    """``num_layers`` copies of a decoder layer, one after the other, and a norm at the end where one is given.

    Called as ``decoder(tgt, memory, …)`` with the masks of ``TransformerDecoderLayer``.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        for layer in self.layers:
            tgt = layer(tgt, memory, *masks, bool(tgt_is_causal), memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder of one sequence, and a decoder of another that attends to it.

    Parameters
    ----------
    d_model, nhead : the length of the sequences' vectors, and the number of heads
    num_encoder_layers, num_decoder_layers : how many layers each has, before a layer norm
    custom_encoder, custom_decoder : modules to take their place
    dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype, rng : as of
        ``TransformerEncoderLayer``

    Called as ``transformer(src, tgt, src_mask, tgt_mask, memory_mask, src_key_padding_mask, tgt_key_padding_mask,
    memory_key_padding_mask)``, with src (S, N, E) and tgt (T, N, E), or with N first with batch_first, or without N; it
    gives the shape of tgt. Matrices begin by ``nn.init.xavier_uniform_``. Source: Vaswani et al., "Attention Is All You
    Need" (2017).

    >>> import numpy as np, nn
    >>> model = nn.Transformer(8, 2, 1, 1, 16)
    >>> mask = model.generate_square_subsequent_mask(5)
    >>> model(np.ones((7, 3, 8), np.float32), np.ones((5, 3, 8), np.float32), tgt_mask=mask).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        generator = generator_of(rng)
        common = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder if custom_encoder is not None else TransformerEncoder(
            TransformerEncoderLayer(*common, dtype=dtype, rng=generator), num_encoder_layers, norm()
        )  # fmt: skip
        self.decoder = custom_decoder if custom_decoder is not None else TransformerDecoder(
            TransformerDecoderLayer(*common, dtype=dtype, rng=generator), num_decoder_layers, norm()
        )  # fmt: skip
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p, rng=generator)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        first, second, at = np.shape(src), np.shape(tgt), 0 if self.batch_first else 1
        batched = len(first) == 3
        if (
            len(first) not in (2, 3)
            or len(first) != len(second)
            or (first[-1], second[-1]) != (self.d_model,) * 2
            or (batched and first[at] != second[at])
        ):
            raise ValueError(
                "Transformer: src (S, N, E) and tgt (T, N, E) are needed, with N first if batch_first, or without N\n"
                f"  src: {first}\n  tgt: {second}\n  E: {self.d_model}"
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, bool(src_is_causal))
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        return self.decoder(tgt, memory, *masks, tgt_is_causal, memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: DTypeLike | None = None) -> np.ndarray:
        """(sz, sz) with 0 up to the diagonal and −∞ behind it: each place sees those before it."""
        return np.triu(np.full((sz, sz), -np.inf, np.float32 if dtype is None else dtype), 1)
