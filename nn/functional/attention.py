"""Attention: a weighted mean of values, with weights by the products of queries and keys."""

import math
from typing import Any

import numpy as np

import autograd as ag

from ..seeding import Rng, generator_of
from ..values import values_of

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    rng: Rng = None,
) -> Any:
    """softmax(Q Kᵀ · scale + mask) V, for Q (…, L, E), K (…, S, E) and V (…, S, F): (…, L, F).

    Parameters
    ----------
    query, key, value : Q, K, V
    attn_mask : broadcasts against (…, L, S): bools, of which False leaves a key out, or floats to add
    dropout_p : the probability with which a weight is dropped, always, also outside of training
    is_causal : query i sees the keys up to i alone
    scale : 1/√E by default
    rng : a Generator or an int seed for the dropout; by default the generator of ``nn.manual_seed``

    Source: Vaswani et al., "Attention Is All You Need" (2017).

    >>> import numpy as np, nn.functional as F
    >>> F.scaled_dot_product_attention(np.zeros((2, 4)), np.ones((3, 4)), np.arange(3.0).reshape(3, 1))
    array([[1.],
           [1.]])
    """
    q, k, v = (np.shape(x) for x in (query, key, value))
    if min(len(q), len(k), len(v)) < 2 or q[-1] != k[-1] or k[-2] != v[-2]:
        raise ValueError(
            "scaled_dot_product_attention: query (…, L, E), key (…, S, E) and value (…, S, F) are needed\n"
            f"  query: {q}\n  key: {k}\n  value: {v}"
        )
    return ag.matmul(attention_weights(query, key, attn_mask, dropout_p, is_causal, scale, rng), value)


def attention_weights(
    query: Any, key: Any, attn_mask: Any, dropout_p: float, is_causal: bool, scale: float | None, rng: Rng = None
) -> Any:
    """softmax(Q Kᵀ · scale + mask), (…, L, S), after dropout."""
    scale = 1 / math.sqrt(np.shape(query)[-1]) if scale is None else scale
    scores = ag.matmul(query * scale, ag.swapaxes(key, -1, -2))
    if is_causal:
        if attn_mask is not None:
            raise ValueError("scaled_dot_product_attention: is_causal is a mask; pass attn_mask or is_causal")
        attn_mask = np.tri(*np.shape(scores)[-2:], dtype=bool)
    if attn_mask is not None:
        mask = values_of(attn_mask)
        scores = ag.where(mask, scores, -math.inf) if mask.dtype == bool else scores + attn_mask
    weights = ag.softmax(scores, -1)
    return ag.dropout(weights, dropout_p, True, generator_of(rng)) if dropout_p else weights
