"""Attention of several heads, and the encoder of a transformer."""

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag

from .. import functional, init
from ..functional.attention import attention_weights
from ..module import Module
from ..parameter import new_parameter
from ..seeding import Rng, generator_of
from ..values import values_of
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .normalization_by_sample import LayerNorm

__all__ = ["MultiheadAttention", "TransformerEncoder", "TransformerEncoderLayer"]

Activation: TypeAlias = str | Callable[[Any], Any]


class MultiheadAttention(Module):
    """Attention of ``num_heads`` heads, each on a part of the projected queries, keys and values; then one more
    projection.

    Parameters
    ----------
    embed_dim : the length E of queries and results, a multiple of num_heads
    num_heads : how many heads
    dropout : the probability with which a weight is dropped while training
    bias : whether the projections have biases
    add_bias_kv : one more key and value, which are learned
    add_zero_attn : one more key and value, zeros
    kdim, vdim : the lengths of keys and values; embed_dim by default
    batch_first : (N, L, E) in and out, in place of (L, N, E)
    dtype : of the parameters; float32 by default
    rng : a Generator or an int seed for the initial values; by default that of ``nn.manual_seed``

    ``layer(query, key, value)`` gives (result, weights), the weights (N, L, S) as the mean of the heads. A single
    sequence without N goes as well. Source: Vaswani et al., "Attention Is All You Need" (2017).

    >>> import numpy as np, nn
    >>> x = np.ones((5, 2, 8), np.float32)
    >>> y, weights = nn.MultiheadAttention(8, 4)(x, x, x)
    >>> y.shape, weights.shape
    ((5, 2, 8), (2, 5, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        if num_heads < 1 or embed_dim < 1 or embed_dim % num_heads:
            raise ValueError(
                "MultiheadAttention: embed_dim must be a multiple of num_heads\n"
                f"  embed_dim: {embed_dim}\n  num_heads: {num_heads}"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        e, generator = embed_dim, generator_of(rng)
        if self.kdim == self.vdim == e:
            self.in_proj_weight = init.xavier_uniform_(new_parameter((3 * e, e), dtype), rng=generator)
        else:
            self.q_proj_weight = init.xavier_uniform_(new_parameter((e, e), dtype), rng=generator)
            self.k_proj_weight = init.xavier_uniform_(new_parameter((e, self.kdim), dtype), rng=generator)
            self.v_proj_weight = init.xavier_uniform_(new_parameter((e, self.vdim), dtype), rng=generator)
        self.in_proj_bias = new_parameter((3 * e,), dtype) if bias else None
        self.bias_k = init.xavier_normal_(new_parameter((1, 1, e), dtype), rng=generator) if add_bias_kv else None
        self.bias_v = init.xavier_normal_(new_parameter((1, 1, e), dtype), rng=generator) if add_bias_kv else None
        self.add_zero_attn = add_zero_attn
        self.out_proj = Linear(e, e, bias, dtype=dtype, rng=generator)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """(result, weights, or None unless need_weights).

        key_padding_mask : (N, S): bools, of which True leaves a key out, or floats to add
        attn_mask : (L, S) or (N · num_heads, L, S), likewise
        average_attn_weights : if False the weights are those of each head, (N, num_heads, L, S)
        is_causal : says that attn_mask is causal, which it must then be
        """
        if is_causal and attn_mask is None:
            raise ValueError("MultiheadAttention: is_causal is a hint; pass the causal attn_mask too")
        alone = np.ndim(query) == 2
        if alone:
            query, key, value = (ag.reshape(x, (1, *np.shape(x))) for x in (query, key, value))
            key_padding_mask = None if key_padding_mask is None else values_of(key_padding_mask)[None]
        elif not self.batch_first:
            query, key, value = (ag.swapaxes(x, 0, 1) for x in (query, key, value))
        self._check(query, key, value)
        (n, length, _), sources = np.shape(query), np.shape(key)[1]
        q, k, v = (self._heads(x) for x in self._with_more_keys(n, *self._projected(query, key, value)))
        mask = self._mask(key_padding_mask, attn_mask, n, length, sources, values_of(query).dtype)
        more = np.shape(k)[2] - sources
        if mask is not None and more:  # they are seen by all
            mask = np.concatenate([mask, np.zeros((*mask.shape[:-1], more), mask.dtype)], axis=-1)
        dropped = self.dropout if self.training else 0.0
        weights = attention_weights(q, k, mask, dropped, False, None)
        y = ag.reshape(ag.swapaxes(ag.matmul(weights, v), 1, 2), (n, length, self.embed_dim))
        y = self.out_proj(y)
        if alone:
            y = y[0]
        elif not self.batch_first:
            y = ag.swapaxes(y, 0, 1)
        if not need_weights:
            return y, None
        weights = ag.mean(weights, axis=1) if average_attn_weights else weights
        return y, weights[0] if alone else weights

    def _projected(self, query: Any, key: Any, value: Any) -> list[Any]:
        e = self.embed_dim
        if self.kdim == self.vdim == e:
            weights = [self.in_proj_weight[i * e : (i + 1) * e] for i in range(3)]
        else:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        b = self.in_proj_bias
        biases = [None if b is None else b[i * e : (i + 1) * e] for i in range(3)]
        return [functional.linear(x, w, c) for x, w, c in zip((query, key, value), weights, biases, strict=True)]

    def _with_more_keys(self, n: int, q: Any, k: Any, v: Any) -> tuple[Any, Any, Any]:
        for one, other in ([(self.bias_k, self.bias_v)] if self.bias_k is not None else []) + (
            [(np.zeros((1, 1, self.embed_dim), values_of(k).dtype),) * 2] if self.add_zero_attn else []
        ):
            shape = (n, 1, self.embed_dim)
            k = ag.concatenate([k, ag.broadcast_to(one, shape)], axis=1)
            v = ag.concatenate([v, ag.broadcast_to(other, shape)], axis=1)
        return q, k, v

    def _heads(self, x: Any) -> Any:
        """(N, L, E) as (N, heads, L, E / heads)."""
        n, length, _ = np.shape(x)
        return ag.swapaxes(ag.reshape(x, (n, length, self.num_heads, self.head_dim)), 1, 2)

    def _mask(self, padding: Any, mask: Any, n: int, length: int, sources: int, dtype: Any) -> Any:
        """One mask of floats to add, that broadcasts against (N, heads, L, S), or None."""
        total = None
        for name, given, shapes in (
            ("key_padding_mask", padding, {(n, sources): (n, 1, 1, sources)}),
            (
                "attn_mask",
                mask,
                {
                    (length, sources): (length, sources),
                    (n * self.num_heads, length, sources): (n, self.num_heads, length, sources),
                },
            ),
        ):
            if given is None:
                continue
            values = values_of(given)
            if values.shape not in shapes:
                raise ValueError(
                    f"MultiheadAttention: {name} does not fit\n  {name}: {values.shape}\n"
                    f"  it can be: {' or '.join(map(str, shapes))}"
                )
            if values.dtype == bool:
                values = np.where(values, -np.inf, 0.0)
            values = values.astype(dtype).reshape(shapes[values.shape])
            total = values if total is None else total + values
        return total

    def _check(self, query: Any, key: Any, value: Any) -> None:
        q, k, v = (np.shape(x) for x in (query, key, value))
        lengths = (self.embed_dim, self.kdim, self.vdim)
        if not (len(q) == len(k) == len(v) == 3 and q[0] == k[0] == v[0] and k[1] == v[1]) or lengths != (
            q[2], k[2], v[2],
        ):  # fmt: skip
            raise ValueError(
                "MultiheadAttention: query, key and value do not fit\n"
                f"  query: {q}\n  key: {k}\n  value: {v}\n  (N, L, E) with the E: {lengths}"
            )


class FedForward(Module):
    """What the layers of encoder and decoder have in common: two linear layers at each place."""

    activation: Activation
    """Set last, for it may be a module."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        if not callable(activation) and activation not in ("relu", "gelu"):
            raise ValueError(
                f'{type(self).__name__}: activation must be "relu", "gelu" or a function\n  activation: {activation!r}'
            )

    def _set_up(self, d_model: int, dim_feedforward: int, dropout: float, bias: bool, dtype: Any, rng: Any) -> None:
        """Make the linear layers; the attention is there already, for its parameters come first."""
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)

    def _fed_forward(self, x: Any) -> Any:
        activation: Any = self.activation
        activate = activation if callable(activation) else getattr(functional, activation)
        return self.linear2(self.dropout(activate(self.linear1(x))))


class TransformerEncoderLayer(FedForward):
    """Self-attention and two linear layers at each place, each with dropout, a sum with its input, and layer norm.

    Parameters
    ----------
    d_model, nhead : the length of the sequence's vectors, and the number of heads
    dim_feedforward : the length between the two linear layers
    dropout : the probability, at all three places and of the attention's weights
    activation : "relu", "gelu", or a function
    layer_norm_eps : of the norms
    batch_first : (N, L, E) in and out, in place of (L, N, E)
    norm_first : norm before attention and linear layers, in place of after the sums
    bias : whether linear layers and norms have biases
    dtype, rng : as of ``MultiheadAttention``

    Called as ``layer(src, src_mask, src_key_padding_mask)``. Source: Vaswani et al., "Attention Is All You Need"
    (2017).
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
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=generator
        )
        self._set_up(d_model, dim_feedforward, dropout, bias, dtype, generator)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        def attended(x: Any) -> Any:
            y, _ = self.self_attn(
                x, x, x, src_key_padding_mask, need_weights=False, attn_mask=src_mask, is_causal=is_causal
            )
            return self.dropout1(y)

        def fed_forward(x: Any) -> Any:
            return self.dropout2(self._fed_forward(x))

        if self.norm_first:
            x = src + attended(self.norm1(src))
            return x + fed_forward(self.norm2(x))
        x = self.norm1(src + attended(src))
        return self.norm2(x + fed_forward(x))


class TransformerEncoder(Module):
    """``num_layers`` copies of an encoder layer, one after the other, and a norm at the end where one is given.

    Called as ``encoder(src, mask, src_key_padding_mask)``.
    """

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        return src if self.norm is None else self.norm(src)
