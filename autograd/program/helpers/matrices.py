"""Decompositions of matrices, their factors below each other in one array; and correlations of one array."""

import numpy as np


def eigh(x):
    """The eigenvalues of the symmetric part of x, above the eigenvectors."""
    values, vectors = np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2)
    return np.concatenate([values[..., None, :], vectors], -2)


def qr(x):
    """Q, and below it the transpose of R."""
    q, r = np.linalg.qr(x)
    return np.concatenate([q, np.swapaxes(r, -1, -2)], -2)


def svd(x, full_matrices=False):
    """U, below it the singular values, below these V, beside zeros where there are fewer columns."""
    m, n = x.shape[-2:]
    u, s, vt = np.linalg.svd(x, full_matrices=full_matrices)
    y = np.zeros((*x.shape[:-2], m + 1 + n, max(u.shape[-1], vt.shape[-2])))
    y[..., :m, : u.shape[-1]] = u
    y[..., m, : s.shape[-1]] = s
    y[..., m + 1 :, : vt.shape[-2]] = np.swapaxes(vt, -1, -2)
    return y


def cofactors(x):
    """det(x) times the transpose of the inverse, right for singular matrices too."""
    u, s, vt = np.linalg.svd(x)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1)
    turned = np.asarray(np.linalg.det(u) * np.linalg.det(vt))[..., None, None]
    return turned * ((u * others[..., None, :]) @ vt)


def from_diagonal(x, shape, offset=0, axis1=0, axis2=1):
    """Zeros of this shape with x on a diagonal."""
    y = np.zeros(shape)
    steps = np.arange(np.shape(x)[-1])
    matrices = np.moveaxis(y, (axis1, axis2), (-2, -1))
    matrices[..., steps + max(-offset, 0), steps + max(offset, 0)] = x
    return y


def correlate2d(x, kernel, mode="full", flipped=False):
    """Each window of x times the kernel, summed; zeros lie around x."""
    pairs = []
    for n, k in zip(x.shape, kernel.shape, strict=True):
        after = (k - 1) // 2 if flipped else k // 2
        around = max(k - n, 0)
        pairs.append({"full": (k - 1, k - 1), "same": (k - 1 - after, after), "valid": (around, around)}[mode])
    x = np.pad(x, pairs)
    height, width = x.shape[0] - kernel.shape[0] + 1, x.shape[1] - kernel.shape[1] + 1
    y = np.zeros((height, width))
    for u in range(kernel.shape[0]):
        for v in range(kernel.shape[1]):
            y += x[u : u + height, v : v + width] * kernel[u, v]
    return y


def convolve2d(x, kernel, mode="full"):
    """The correlation with the kernel flipped on both axes."""
    return correlate2d(x, kernel[::-1, ::-1], mode, flipped=True)
