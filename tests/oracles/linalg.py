"""What the operations of ``autograd.ops.linalg`` are held against."""

import numpy as np

from autograd.ops.linalg import _contracted

from . import Oracle


def _by_hand_from_diagonal(x, shape, offset, axis1, axis2):
    """The readable twin of ``from_diagonal``: entry by entry, where ``diagonal`` finds it."""
    y = np.zeros(shape)
    places = np.diagonal(np.arange(y.size).reshape(shape), offset, axis1, axis2)
    for place, entry in zip(np.ravel(places), np.ravel(x), strict=True):
        y.flat[place] = entry
    return y


ORACLES = {
    "linear": Oracle(
        numpy=lambda x, weight, bias=None: np.einsum("...j,ij->...i", x, weight) + (0 if bias is None else bias),
        torch=lambda torch, x, weight, bias=None: torch.nn.functional.linear(x, weight, bias),
    ),
    "dot": Oracle(
        torch=lambda torch, a, b: (
            a * b if not a.ndim or not b.ndim else torch.tensordot(a, b, ([a.ndim - 1], [max(b.ndim - 2, 0)]))
        )
    ),
    "outer": Oracle(torch=lambda torch, a, b: torch.outer(a.reshape(-1), b.reshape(-1))),
    "tensordot": Oracle(torch=lambda torch, a, b, axes=2: torch.tensordot(a, b, _contracted(axes, a.ndim, b.ndim))),
    "einsum": Oracle(
        numpy=lambda operands, subscripts: np.einsum(subscripts, *operands),
        torch=lambda torch, operands, subscripts: (
            torch.einsum(subscripts, *operands) if operands[0].ndim else operands[0] * operands[1]
        ),
    ),
    "diagonal": Oracle(torch=lambda torch, x, offset=0, axis1=0, axis2=1: torch.diagonal(x, offset, axis1, axis2)),
    "from_diagonal": Oracle(
        numpy=lambda x, shape, offset=0, axis1=0, axis2=1: _by_hand_from_diagonal(x, shape, offset, axis1, axis2),
        torch=lambda torch, x, shape, offset=0, axis1=0, axis2=1: torch.diagonal_scatter(
            torch.zeros(shape, dtype=x.dtype), x, offset, axis1, axis2
        ),
    ),
    "trace": Oracle(torch=lambda torch, x, offset=0, axis1=0, axis2=1: torch.diagonal(x, offset, axis1, axis2).sum(-1)),
    "tril": Oracle(torch=lambda torch, x, k=0: torch.tril(x if x.ndim > 1 else x.expand(len(x), len(x)), k)),
    "triu": Oracle(torch=lambda torch, x, k=0: torch.triu(x if x.ndim > 1 else x.expand(len(x), len(x)), k)),
}
