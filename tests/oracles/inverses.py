"""What the operations of ``autograd.ops.inverses`` are held against."""

import numpy as np

from . import Oracle


def _cofactors_by_minors(x):
    """Each determinant of what is left without a row and a column, with its sign."""
    y = np.ones(x.shape)
    n = x.shape[-1]
    for i, j in np.ndindex(n, n):
        minor = np.delete(np.delete(x, i, -2), j, -1)
        y[..., i, j] = (-1) ** (i + j) * (np.linalg.det(minor) if n > 1 else 1)
    return y


def _torch_solve(torch, a, b):
    if b.ndim == 1 and a.ndim > 2:  # a vector is one for the whole stack in NumPy
        return torch.linalg.solve(a, b[:, None].expand(*a.shape[:-1], 1))[..., 0]
    return torch.linalg.solve(a, b)


ORACLES = {
    "inv": Oracle(numpy=np.linalg.inv, torch=lambda torch, x: torch.linalg.inv(x)),
    "solve": Oracle(numpy=np.linalg.solve, torch=_torch_solve),
    "cofactors": Oracle(
        numpy=_cofactors_by_minors,
        torch=lambda torch, x: torch.linalg.det(x)[..., None, None] * torch.linalg.inv(x).mT,
    ),
    "det": Oracle(numpy=np.linalg.det, torch=lambda torch, x: torch.linalg.det(x)),
    "slogdet": Oracle(
        numpy=lambda x: np.linalg.slogdet(x).logabsdet, torch=lambda torch, x: torch.linalg.slogdet(x).logabsdet
    ),
    "pinv": Oracle(
        numpy=np.linalg.pinv,
        torch=lambda torch, x, rcond=1e-15, hermitian=False: torch.linalg.pinv(x, rtol=rcond, hermitian=hermitian),
    ),
}
