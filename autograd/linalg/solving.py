"""PyTorch's functions of triangular matrices, and the exponential of a matrix."""

import math
from typing import Any

import numpy as np

from ..ops.inverses import inv as _inv
from ..ops.inverses import solve as _solve
from ..ops.linalg import matmul as _matmul
from ..ops.linalg import tril as _tril
from ..ops.linalg import triu as _triu
from ..tensors import Tensor, raw
from .common import LinAlgError, need_matrix, shape_of, transposed

__all__ = ["cholesky_inverse", "cholesky_solve", "matrix_exp", "solve_triangular", "triangular_solve", "vander"]


def solve_triangular(a: Any, b: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """The x with a x = b, of the upper or the lower triangle of a.

    Parameters
    ----------
    a : shape (…, n, n); the other triangle is not read
    b : shape (…, n, m)
    upper : which triangle
    left : False for the x with x a = b
    unitriangular : the diagonal of a counts as ones, and is not read

    >>> import autograd as ag
    >>> ag.linalg.solve_triangular([[2.0, 9.0], [1.0, 4.0]], [[2.0], [9.0]], upper=False).tolist()
    [[1.0], [2.0]]
    """
    need_matrix("solve_triangular", a)
    need_matrix("solve_triangular", b)
    part = _triu if upper else _tril
    if unitriangular:
        n = shape_of(a)[-1]
        a = part(a, 1 if upper else -1) + np.eye(n, dtype=np.asarray(raw(a)).dtype)
    else:
        a = part(a)
    return _solve(a, b) if left else transposed(_solve(transposed(a), transposed(b)))


def triangular_solve(
    b: Any, a: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Any, Any]:
    """PyTorch's older form of ``solve_triangular``: (the x with a x = b, or with aᵀ x = b; a)."""
    at = transposed(a) if transpose else a
    return solve_triangular(at, b, upper=upper is not transpose, unitriangular=unitriangular), a


def cholesky_solve(b: Any, factor: Any, upper: bool = False) -> Any:
    """The x with L Lᵀ x = b, of a factor L that ``cholesky`` gave; with ``upper`` of U in Uᵀ U x = b.

    The other triangle of the factor holds zeros, as ``cholesky`` gives it: it is read, and has a gradient, as
    PyTorch's has.
    """
    need_matrix("cholesky_solve", b)
    lower = transposed(factor) if upper else factor
    return _solve(transposed(lower), _solve(lower, b))


def cholesky_inverse(factor: Any, upper: bool = False) -> Any:
    """(L Lᵀ)⁻¹ of a factor L that ``cholesky`` gave; with ``upper`` (Uᵀ U)⁻¹."""
    lower = _tril(transposed(factor) if upper else factor)
    half = _inv(lower)
    return _matmul(transposed(half), half)


# Higham's approximation: e^x = q(x)⁻¹ p(x) but for rounding, where ‖x‖₁ ≤ 5.37
_PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
    10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip


def matrix_exp(x: Any) -> Any:
    """e^x = 1 + x + x²/2 + … of square matrices.

    Parameters
    ----------
    x : shape (…, n, n)

    Source: Higham, The scaling and squaring method for the matrix exponential revisited, SIAM Journal on Matrix
    Analysis and Applications 26 (2005).

    >>> import autograd as ag
    >>> ag.linalg.matrix_exp([[0.0, 1.0], [0.0, 0.0]]).round(12).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    need_matrix("matrix_exp", x)
    values = np.asarray(raw(x))
    n = values.shape[-1]
    if values.shape[-2] != n:
        raise LinAlgError(f"matrix_exp: a square matrix is needed\n  x: shape {values.shape}")
    x = x if isinstance(x, Tensor) else values
    size = float(np.abs(values).sum(-2).max(initial=0))
    squarings = max(0, math.ceil(math.log2(size / 5.37))) if 5.37 < size < math.inf else 0
    x = x * 2.0**-squarings
    one = np.eye(n, dtype=np.asarray(raw(x)).dtype)
    x2 = _matmul(x, x)
    x4 = _matmul(x2, x2)
    x6 = _matmul(x2, x4)
    powers = (one, x2, x4, x6)

    def part(first: int) -> Any:  # of the even or of the odd coefficients
        high = [c * p for c, p in zip(_PADE[8 + first :: 2], powers[1:], strict=True)]
        low = [c * p for c, p in zip(_PADE[first : 8 + first : 2], powers, strict=True)]
        return _matmul(x6, high[0] + high[1] + high[2]) + low[0] + low[1] + low[2] + low[3]

    odd, even = _matmul(x, part(1)), part(0)
    y = _solve(even - odd, even + odd)
    for _ in range(squarings):
        y = _matmul(y, y)
    return y


def vander(x: Any, N: int | None = None) -> Any:
    """The powers 0, 1, … N − 1 of each entry along a new last axis; N is by default how many entries there are.

    It is PyTorch's; ``numpy.vander`` has them falling.
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    x = x if x.ndim else x.reshape(1)
    count = x.shape[-1] if N is None else N
    return x[..., None] ** np.arange(count)
