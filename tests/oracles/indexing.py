"""What the operations of ``autograd.ops.indexing`` are held against."""

import numpy as np

from autograd.ops.indexing import _along, _entries_along

from . import Oracle


def scatter_by_hand(x, index, shape):
    """The readable twin of scatter: each entry is added where the index finds it."""
    y = np.zeros(shape)
    places = np.arange(y.size).reshape(shape)[index]
    for place, entry in zip(np.ravel(places), np.ravel(x), strict=True):
        y.flat[place] += entry
    return y


def _torch_picked(torch, x, index):
    """x[index] for PyTorch, which has no negative steps: by the positions that NumPy finds."""
    places = np.arange(x.numel()).reshape(tuple(x.shape))[index]
    return x.reshape(-1)[torch.as_tensor(np.ascontiguousarray(places))].reshape(np.shape(places))


def _torch_scatter(torch, x, index, shape):
    places = np.arange(int(np.prod(shape))).reshape(shape)[index]
    flat = torch.zeros(int(np.prod(shape)), dtype=x.dtype)
    return flat.index_add(0, torch.as_tensor(np.ravel(places).copy()), x.reshape(-1)).reshape(shape)


def _assigned(x, value, index):
    y = np.array(x)
    y[index] = value
    return y


def _torch_assigned(torch, x, value, index):
    places = np.arange(x.numel()).reshape(tuple(x.shape))[index]
    writer = np.full(x.numel(), -1)
    writer[places] = np.arange(places.size).reshape(places.shape)
    value = value.reshape(value.shape[max(0, value.ndim - places.ndim) :]).expand(places.shape).reshape(-1)
    written = torch.cat([value, value.new_zeros(1)])[torch.as_tensor(writer)]
    return torch.where(torch.as_tensor(writer >= 0), written, x.reshape(-1)).reshape(x.shape)


ORACLES = {
    "getitem": Oracle(numpy=lambda x, index: np.asarray(x)[index], torch=_torch_picked),
    "scatter": Oracle(numpy=scatter_by_hand, torch=_torch_scatter),
    "assign": Oracle(numpy=_assigned, torch=_torch_assigned),
    "take": Oracle(
        torch=lambda torch, x, indices, axis=None: _torch_picked(
            torch,
            x.reshape(-1) if axis is None else x,
            _along(np.asarray(indices), 0 if axis is None else axis % x.ndim),
        )
    ),
    "take_along_axis": Oracle(
        torch=lambda torch, x, indices, axis=-1: _torch_picked(torch, x, _entries_along(indices, tuple(x.shape), axis))
    ),
}
