"""What the operations of ``autograd.ops.decompositions`` are held against: NumPy's factors, below each other."""

import numpy as np

from . import Oracle


def _symmetric(x):
    return (x + x.swapaxes(-1, -2)) / 2


def _numpy_eigh(x):
    values, vectors = np.linalg.eigh(_symmetric(x))
    return np.concatenate([values[..., None, :], vectors], -2)


def _numpy_qr(x):
    q, r = np.linalg.qr(x)
    return np.concatenate([q, r.swapaxes(-1, -2)], -2)


def _numpy_svd(x, full_matrices=False):
    def widened(part):
        missing = (max(x.shape[-2:]) if full_matrices else min(x.shape[-2:])) - part.shape[-1]
        return np.concatenate([part, np.zeros((*part.shape[:-1], missing))], -1)

    u, s, vt = np.linalg.svd(x, full_matrices)
    return np.concatenate([widened(one) for one in (u, s[..., None, :], vt.swapaxes(-1, -2))], -2)


def _turned(torch, vectors, like):
    """1 or −1 for each vector of PyTorch's, so that with it it points the way of NumPy's."""
    along = (vectors.detach() * torch.tensor(like)).sum(-2, keepdim=True)
    return torch.where(along < 0, -1.0, 1.0)


def _torch_eigh(torch, x):
    values, vectors = torch.linalg.eigh(_symmetric(x))
    turned = _turned(torch, vectors, np.linalg.eigh(_symmetric(x.detach().numpy())).eigenvectors)
    return torch.cat([values[..., None, :], turned * vectors], -2)


def _torch_qr(torch, x):
    q, r = torch.linalg.qr(x)
    return _turned(torch, q, np.linalg.qr(x.detach().numpy()).Q) * torch.cat([q, r.mT], -2)


def _torch_svd(torch, x, full_matrices=False):
    if full_matrices and x.shape[-1] != x.shape[-2]:  # the vectors beyond the singular values turn freely
        return torch.tensor(_numpy_svd(x.detach().numpy(), True))
    u, s, vt = torch.linalg.svd(x, full_matrices=False)
    turned = _turned(torch, u, np.linalg.svd(x.detach().numpy(), full_matrices=False).U)
    return torch.cat([turned * u, s[..., None, :], turned * vt.mT], -2)


ORACLES = {
    "cholesky": Oracle(
        numpy=lambda x: np.linalg.cholesky(_symmetric(x)),
        torch=lambda torch, x: torch.linalg.cholesky(_symmetric(x)),
    ),
    "eigh": Oracle(numpy=_numpy_eigh, torch=_torch_eigh),
    "qr": Oracle(numpy=_numpy_qr, torch=_torch_qr),
    "svd": Oracle(numpy=_numpy_svd, torch=_torch_svd),
}
