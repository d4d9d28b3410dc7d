"""What the operations of ``autograd.ops.reduction`` are held against."""

import numpy as np
from scipy import special

from autograd.kernels.reductions import kept_shape

from . import Oracle


def _torch_dims(x, axis):
    return tuple(range(x.ndim)) if axis is None else axis


def _as_torch(name):
    """PyTorch's function, whose arguments are called dim and keepdim."""
    return lambda torch, x, axis=None, keepdims=False: getattr(torch, name)(
        x, dim=_torch_dims(x, axis), keepdim=keepdims
    )


def _with_correction(name):
    """PyTorch's var or std; of an empty array it warns, even where nothing is computed."""

    def spread(torch, x, axis=None, ddof=0, keepdims=False):
        dims = _torch_dims(x, axis)
        if not x.numel():
            return x.sum(dim=dims, keepdim=keepdims)
        return getattr(torch, name)(x, dim=dims, correction=ddof, keepdim=keepdims)

    return spread


def sum_by_hand(x, shape):
    """The readable twin of sum_to: each entry goes to the place that it was broadcast from."""
    y = np.zeros(shape)
    aligned = (1,) * (x.ndim - len(shape)) + tuple(shape)
    flat = y.reshape(aligned)
    for at in np.ndindex(x.shape):
        flat[tuple(0 if n == 1 else i for i, n in zip(at, aligned, strict=True))] += x[at]
    return y


def _expanded_by_hand(x, shape, axis, keepdims):
    if not keepdims and axis is not None:
        x = np.expand_dims(x, axis)
    return x * np.ones(shape)


def _prod_by_torch(torch, x, axis=None, keepdims=False):
    for i in sorted({i % x.ndim for i in np.atleast_1d(_torch_dims(x, axis))} if x.ndim else (), reverse=True):
        x = torch.prod(x, dim=i, keepdim=keepdims)
    return x * 1


def _summed_from_here(x, shape, axis):
    rows = np.moveaxis(x, axis, 0)
    y = np.stack([rows[i:].sum(axis=0) for i in range(len(rows))])
    return np.moveaxis(y, 0, axis).reshape(shape or x.shape)


def _extremum_by_torch(name):
    def extremum(torch, x, axis=None, keepdims=False):
        if isinstance(axis, int):
            return getattr(torch, name)(x, dim=axis, keepdim=keepdims).values
        if axis is None and not keepdims:
            return getattr(torch, name)(x)
        return getattr(torch, "a" + name)(x, dim=_torch_dims(x, axis), keepdim=keepdims)

    return extremum


def _norm_by_hand(x, ord, axis, keepdims):
    if ord is not None:
        return np.linalg.norm(x, ord, axis, keepdims)
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


ORACLES = {
    "sum_to": Oracle(
        numpy=lambda x, shape: np.asarray(x).sum() if shape == () else sum_by_hand(x, shape),
        torch=lambda torch, x, shape: x.sum_to_size(shape),
    ),
    "expand_reduced": Oracle(
        numpy=lambda x, shape, axis=None, keepdims=False: _expanded_by_hand(x, shape, axis, keepdims),
        torch=lambda torch, x, shape, axis=None, keepdims=False: torch.broadcast_to(
            x.reshape(kept_shape(shape, axis)), shape
        ),
    ),
    "sum": Oracle(torch=_as_torch("sum")),
    "mean": Oracle(torch=_as_torch("mean")),
    "var": Oracle(
        numpy=lambda x, axis=None, ddof=0, keepdims=False: np.var(x, axis=axis, ddof=ddof, keepdims=keepdims),
        torch=_with_correction("var"),
    ),
    "std": Oracle(
        numpy=lambda x, axis=None, ddof=0, keepdims=False: np.std(x, axis=axis, ddof=ddof, keepdims=keepdims),
        torch=_with_correction("std"),
    ),
    "prod": Oracle(torch=_prod_by_torch),
    "cumsum_reversed": Oracle(
        numpy=lambda x, shape=None, axis=None: _summed_from_here(x, shape, axis or 0),
        torch=lambda torch, x, shape=None, axis=None: torch.flip(
            torch.cumsum(torch.flip(x, [axis or 0]), axis or 0), [axis or 0]
        ).reshape(shape or x.shape),
    ),
    "cumsum": Oracle(
        torch=lambda torch, x, axis=None: torch.cumsum(
            x.reshape(-1) if axis is None else x, 0 if axis is None else axis
        )
    ),
    "max": Oracle(torch=_extremum_by_torch("max")),
    "min": Oracle(torch=_extremum_by_torch("min")),
    "amax": Oracle(torch=_as_torch("amax")),
    "amin": Oracle(torch=_as_torch("amin")),
    "logsumexp": Oracle(
        numpy=lambda x, axis=None, keepdims=False: special.logsumexp(x, axis=axis, keepdims=keepdims),
        torch=_as_torch("logsumexp"),
    ),
    "softmax": Oracle(
        numpy=lambda x, axis=-1: special.softmax(x, axis=axis) if x.size else x,
        torch=lambda torch, x, axis=-1: torch.softmax(x, dim=axis),
    ),
    "log_softmax": Oracle(
        numpy=lambda x, axis=-1: special.log_softmax(x, axis=axis) if x.size else x,
        torch=lambda torch, x, axis=-1: torch.log_softmax(x, dim=axis),
    ),
    "norm": Oracle(
        numpy=lambda x, ord=None, axis=None, keepdims=False: _norm_by_hand(x, ord, axis, keepdims),
        torch=lambda torch, x, ord=None, axis=None, keepdims=False: torch.linalg.vector_norm(
            x, 2 if ord is None else ord, dim=_torch_dims(x, axis), keepdim=keepdims
        ),
    ),
}
