"""The norm (Σ|x|ᵖ)^(1/p) of vectors for any p; for 1, 2 and infinity ``norm`` is faster."""

from typing import Any

import numpy as np

from ..declaration import operation, rule
from ..kernels.half import in_float32
from ..kernels.real import need_real
from ..kernels.reductions import total
from ..samples import nonzero, sample
from .elementwise import abs, sign, where
from .precision import in_single
from .reduction import amax, amin, expand_reduced, norm, sum

__all__ = ["p_norm", "vector_norm"]


@in_float32
def _in_floats(x, p, axis, keepdims):
    size = np.abs(x)
    # scaled by the largest, or for p < 0 by the smallest, whose powers neither overflow nor vanish
    if p > 0:
        scale = np.max(size, axis=axis, keepdims=True, initial=0.0)
    else:
        scale = np.min(size, axis=axis, keepdims=True, initial=np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        safe = np.where((scale == 0) | np.isinf(scale), np.ones_like(scale), scale)
        y = safe * total((size / safe) ** p, axis, True) ** (1 / p)
    return y if keepdims else np.squeeze(y, tuple(range(x.ndim)) if axis is None else axis)[()]


def _p_norm(x, ord, axis=None, keepdims=False):
    need_real(x)
    x = np.asarray(x)
    p = float(ord)
    if p == 0 or np.isinf(p) or np.isnan(p):
        raise ValueError("p is a finite number other than 0")
    return _in_floats(x if x.dtype.kind == "f" else x.astype(np.float64), p, axis, bool(keepdims))


@in_single
def _p_norm_by_x(g, x, y, ord, axis, keepdims):
    shape = np.shape(x)
    zero = x == 0
    ratio = where(zero, 1.0, abs(x)) / expand_reduced(where(y == 0, 1.0, y), shape, axis, keepdims)
    return where(zero, 0.0, expand_reduced(g, shape, axis, keepdims) * sign(x) * ratio ** (float(ord) - 1))


p_norm = operation(
    "p_norm",
    _p_norm,
    inputs=["x"],
    symbol="‖·‖ₚ",
    kind="reduction",
    letters=lambda ord: {"p": ord},
    formula=r"y = \left( \sum_i |x_i|^p \right)^{1 / p}",
    code="np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)",
    rules=[rule(_p_norm_by_x, local=r"\frac{x}{|x|} \left( \frac{|x|}{y} \right)^{p - 1}")],
    samples=[
        sample(nonzero(3, 4), 3),
        sample(nonzero(3, 4), 1.5, axis=0),
        sample(nonzero(2, 3, 2), 3.0, axis=(0, 2), keepdims=True),
        sample(nonzero(4), -2),
        sample(nonzero(3, 2), 0.5, axis=-1, keepdims=True),
        sample(nonzero(), 3),
        sample(nonzero(0, 3), 3, axis=1),
    ],
    doc="""(Σ|x|ᵖ)^(1/p) of all entries, or along axes, without overflow: what ``linalg.norm`` calls for other orders.

    Parameters
    ----------
    x : array or Tensor
    ord : p, a finite number other than 0
    axis : None for all axes, an int, or a tuple of ints
    keepdims : keep the reduced axes, with length 1

    An entry that is 0 gets gradient 0, as in PyTorch.
    """,
)


def vector_norm(name: str, x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    """The norm of all entries, or along axes, of any order: a number, inf or −inf; 0 counts what is not 0."""
    if ord is None:
        ord = 2
    if isinstance(ord, str):
        raise ValueError(f"{name}: the order of a vector's norm is a number, or inf or -inf\n  ord: {ord!r}")
    if ord == np.inf:
        return amax(abs(x), axis, keepdims)
    if ord == -np.inf:
        return amin(abs(x), axis, keepdims)
    if ord == 0:
        return sum(abs(sign(x)), axis, keepdims)
    if ord == 1:
        return sum(abs(x), axis, keepdims)
    return norm(x, None, axis, keepdims) if ord == 2 else p_norm(x, ord, axis, keepdims)
