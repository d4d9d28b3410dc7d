"""Gradients kept from being too large, between ``backward`` and ``step``."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor

from ..values import holds

_Parameters = Tensor | Iterable[Tensor]


def clip_grad_norm_(
    parameters: _Parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients by one factor, so that the norm of all their entries together is at most ``max_norm``.

    Parameters
    ----------
    parameters : a Tensor or an iterable of them; those without a gradient are passed over
    max_norm : 0 or more
    norm_type : the exponent of the norm; ``float("inf")`` for the largest entry
    error_if_nonfinite : raise ValueError where the norm is not finite; else the gradients become NaN or 0

    The norm before is returned. Each ``.grad`` is a new array, its former one stays as it is. The factor is
    max_norm / (norm + 10⁻⁶), as in ``torch.nn.utils.clip_grad_norm_``. Source: Pascanu, Mikolov and Bengio, "On the
    difficulty of training recurrent neural networks" (2013).

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = [3.0, 4.0]
    >>> nn.utils.clip_grad_norm_([w], max_norm=1.0)
    5.0
    >>> w.grad.round(4)
    array([0.6, 0.8])
    """
    leaves = _with_gradients(parameters)
    limit, norm_type = _limit("clip_grad_norm_", "max_norm", max_norm), float(norm_type)
    if not norm_type > 0:
        raise ValueError(f"clip_grad_norm_: norm_type must be above 0\n  norm_type: {norm_type!r}")
    norms = [_norm(p.grad.astype(np.promote_types(p.dtype, np.float32)), norm_type) for p in leaves]
    total = _norm(np.stack(norms), norm_type) if norms else np.float64(0)
    if error_if_nonfinite and not holds(np.isfinite(total)):
        raise ValueError(f"clip_grad_norm_: the norm of the gradients is not finite\n  norm: {total}")
    with np.errstate(invalid="ignore"):  # infinity · 0
        factor = np.minimum(1.0, limit / (total + 1e-6))
        _replace_gradients(leaves, [p.grad * factor.astype(p.dtype) for p in leaves])
    # in a compiled function it is no number yet, and stays what stands for one
    return float(total) if isinstance(total, np.floating) else total


def clip_grad_value_(parameters: _Parameters, clip_value: float) -> None:
    """Put each entry of the gradients between −clip_value and clip_value.

    Parameters
    ----------
    parameters : a Tensor or an iterable of them; those without a gradient are passed over
    clip_value : 0 or more

    Each ``.grad`` is a new array, its former one stays as it is.

    >>> import autograd as ag, nn
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = [3.0, -0.5]
    >>> nn.utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    array([ 1. , -0.5])
    """
    leaves = _with_gradients(parameters)
    limit = _limit("clip_grad_value_", "clip_value", clip_value)
    _replace_gradients(leaves, [np.clip(p.grad, -limit, limit) for p in leaves])


def _with_gradients(parameters: _Parameters) -> list[Tensor]:
    return [p for p in ([parameters] if isinstance(parameters, Tensor) else parameters) if p.grad is not None]


def _limit(called: str, name: str, value: float) -> float:
    limit = float(value)
    if not limit >= 0:
        raise ValueError(f"{called}: {name} must be 0 or more\n  {name}: {value!r}")
    return limit


def _norm(values: Any, exponent: float) -> Any:
    """(Σ |x| ^ exponent) ^ (1 / exponent), or the largest |x|, in float64; 0 of no entries."""
    if not values.size:
        return np.float64(0)
    sizes = abs(values).astype(np.float64)
    if exponent == math.inf:
        return sizes.max()
    with np.errstate(over="ignore"):
        if exponent == 2:
            return np.sqrt(np.square(sizes).sum())
        return np.power(sizes, exponent).sum() ** (1 / exponent)


def _replace_gradients(leaves: list[Tensor], gradients: list[np.ndarray]) -> None:
    for p, gradient in zip(leaves, gradients, strict=True):
        p.grad = gradient
