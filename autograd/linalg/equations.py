"""Solutions of equations: inverses, determinants, least squares."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..ops.inverses import det, inv, solve
from ..ops.inverses import pinv as _pinv
from ..ops.inverses import slogdet as _slogdet
from ..ops.linalg import matmul
from ..ops.reduction import sum as _sum
from ..ops.shaping import reshape as _reshape
from ..ops.shaping import transpose as _transpose
from ..tensors import Tensor, raw, wrap
from .common import LinAlgError, need_matrix, precision, shape_of

__all__ = [
    "LstsqResult", "SlogdetResult", "det", "inv", "lstsq", "pinv", "slogdet", "solve", "tensorinv", "tensorsolve",
]  # fmt: skip


class SlogdetResult(NamedTuple):
    """What ``slogdet`` gives."""

    sign: Any
    logabsdet: Any


class LstsqResult(NamedTuple):
    """What ``lstsq`` gives."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def slogdet(x: Any) -> SlogdetResult:
    """The sign of the determinant and the logarithm of its absolute value, which do not overflow: (sign, logabsdet).

    Parameters
    ----------
    x : shape (…, n, n)

    The sign has no gradient. A singular matrix has sign 0 and −∞, and no gradient: that is a LinAlgError.

    >>> import autograd as ag
    >>> sign, logarithm = ag.linalg.slogdet([[0.0, 1.0], [1.0, 0.0]])
    >>> float(sign), float(logarithm)
    (-1.0, 0.0)
    """
    logarithm, sign = _slogdet.with_auxiliaries(x)
    return SlogdetResult(wrap(sign) if isinstance(logarithm, Tensor) else sign, logarithm)


def pinv(x: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None, atol: Any = None) -> Any:
    """The Moore–Penrose pseudoinverse, as NumPy's ``linalg.pinv``.

    Parameters
    ----------
    x : shape (…, m, n); the result has (…, n, m)
    rcond, rtol : singular values below this times the largest count as 0; by default 1e-15, as in NumPy
    hermitian : x is symmetric, which the gradient takes it for: faster
    atol : singular values below this count as 0; PyTorch's

    The gradient takes it that the rank stays as it is.

    >>> import autograd as ag
    >>> ag.linalg.pinv([[2.0, 0.0], [0.0, 0.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.0]]
    """
    rcond = rcond if rtol is None else rtol
    if atol is not None:
        need_matrix("pinv", x)
        largest = np.linalg.svd(np.asarray(raw(x)), compute_uv=False).max(-1, initial=0)
        relative = np.where(largest > 0, raw(atol) / np.where(largest > 0, largest, 1), 0)
        rcond = np.maximum(relative, 0 if rcond is None else raw(rcond))
    return _pinv(x, raw(rcond), hermitian)


def lstsq(a: Any, b: Any, rcond: float | None = None, *, driver: str | None = None) -> LstsqResult:
    """The shortest x for which ‖a x − b‖² is smallest: (solution, residuals, rank, singular_values), as in NumPy.

    Parameters
    ----------
    a : shape (m, n), or (…, m, n)
    b : shape (m,) or (m, k); of a stack (…, m, k)
    rcond : singular values below rcond times the largest count as 0; by default the dtype's precision times the larger
        of m and n
    driver : PyTorch's name for a routine of LAPACK. The solution is the same, but results that the routine does not
        have are empty: "gels" has no rank and no singular values, "gelsy" no singular values and no residuals

    The residuals are the smallest sums of squares, or empty where a rank is below n or m ≤ n. Rank and singular values
    are without gradient.

    >>> import autograd as ag
    >>> ag.linalg.lstsq([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1.0, 3.0, 5.0]).solution.round(9).tolist()
    [1.0, 2.0]
    """
    need_matrix("lstsq", a)
    stacked = len(shape_of(a)) > 2
    if len(shape_of(b)) < 1 + stacked or shape_of(b)[-2 if len(shape_of(b)) > 1 else 0] != shape_of(a)[-2]:
        raise LinAlgError(
            "lstsq: b must have a row for each row of a, and of a stack be a stack of matrices too\n"
            f"  a: shape {shape_of(a)}\n  b: shape {shape_of(b)}"
        )
    m, n = shape_of(a)[-2:]
    if rcond is None:
        rcond = precision(a) * max(m, n)
    values = np.linalg.svd(np.asarray(raw(a)), compute_uv=False)
    rank = np.count_nonzero(values > rcond * values.max(-1, initial=0, keepdims=True), axis=-1)
    solution = matmul(pinv(a, rcond), b)
    if ((rank == n).all() or driver == "gels") and n < m and driver != "gelsy":
        residuals = _sum((matmul(a, solution) - b) ** 2, -2 if len(shape_of(b)) > 1 else 0)
        residuals = residuals if stacked else _reshape(residuals, -1)
    else:
        residuals = np.zeros(0, np.asarray(raw(solution)).dtype)
    if driver == "gels":
        return LstsqResult(solution, residuals, np.zeros(0, int), np.zeros(0, values.dtype))
    values = np.zeros(0, values.dtype) if driver == "gelsy" else values
    return LstsqResult(solution, residuals, rank if stacked else int(rank), values)


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse for ``tensordot``: the first ``ind`` axes are the rows, the others the columns."""
    shape = shape_of(a)
    rows, columns = shape[:ind], shape[ind:]
    if ind < 1 or math.prod(rows) != math.prod(columns):
        raise LinAlgError(
            f"tensorinv: the first ind axes must have as many entries as the others\n  a: shape {shape}\n  ind: {ind}"
        )
    return _reshape(inv(_reshape(a, (math.prod(rows), -1))), (*columns, *rows))


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None, *, dims: Sequence[int] | None = None) -> Any:
    """The x with ``tensordot(a, x, x.ndim) == b``; ``axes`` of a (PyTorch's ``dims=``) are moved to its end before."""
    ndim = len(shape_of(a))
    axes = axes if dims is None else dims
    if axes is not None:
        moved = normalize_axis_tuple(axes, ndim)
        a = _transpose(a, [*[i for i in range(ndim) if i not in moved], *moved])
    shape = shape_of(a)[len(shape_of(b)) :]
    size = math.prod(shape)
    if math.prod(shape_of(a)) != size * size or math.prod(shape_of(b)) != size:
        raise LinAlgError(
            f"tensorsolve: a must be square as a matrix\n  a: shape {shape_of(a)}\n  b: shape {shape_of(b)}"
        )
    return _reshape(solve(_reshape(a, (size, size)), _reshape(b, (size,))), shape)
