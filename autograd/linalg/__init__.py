"""Linear algebra under the names of NumPy's ``linalg``: solutions of equations, decompositions, norms, products.

Stacks of matrices stand in the last two axes. Tensors give Tensors with gradients to any order, arrays give arrays, and
``np.linalg.inv(t)`` of a Tensor is ``ag.linalg.inv(t)``.

>>> import autograd as ag
>>> x = ag.Tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
>>> ag.linalg.slogdet(x).logabsdet.backward()
>>> x.grad.round(9).tolist()
[[0.6, -0.2], [-0.2, 0.4]]

* ``cholesky``, ``eigh`` and ``eigvalsh`` are of symmetric matrices. The gradient of a symmetric one is symmetric, as
  PyTorch's. Of one that is not, one triangle is read, as in NumPy, and that triangle alone gets a gradient.
* Eigenvectors and singular vectors whose values are equal turn freely. A gradient that reaches them is an error, where
  PyTorch gives NaN; eigenvalues and singular values have a gradient there too.
* A singular matrix, or one that is not positive definite, is a ``numpy.linalg.LinAlgError``: a ValueError.
* A matrix that holds NaN gives NaN. Complex matrices are refused, and ``eig``, whose values are complex, is not here.
"""

from typing import Any

from .common import LinAlgError
from .equations import LstsqResult, SlogdetResult, det, inv, lstsq, pinv, slogdet, solve, tensorinv, tensorsolve
from .factors import (
    EighResult,
    QRResult,
    SVDResult,
    cholesky,
    eigh,
    eigvalsh,
    matrix_rank,
    qr,
    svd,
    svdvals,
)
from .norms import cond, matrix_norm, norm, vector_norm
from .products import (
    cross,
    diagonal,
    matmul,
    matrix_power,
    matrix_transpose,
    multi_dot,
    outer,
    tensordot,
    trace,
    vecdot,
)
from .solving import cholesky_inverse, cholesky_solve, matrix_exp, solve_triangular, triangular_solve, vander

__all__ = [
    "EighResult", "LinAlgError", "LstsqResult", "QRResult", "SVDResult", "SlogdetResult", "cholesky",
    "cholesky_inverse", "cholesky_solve", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "lstsq",
    "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "matrix_transpose", "multi_dot", "norm",
    "outer", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd", "svdvals", "tensordot", "tensorinv",
    "tensorsolve", "trace", "triangular_solve", "vander", "vecdot", "vector_norm",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in ("eig", "eigvals"):
        raise AttributeError(
            f"autograd.linalg has no {name!r}: eigenvalues of matrices that are not symmetric are complex\n"
            "  of symmetric ones: linalg.eigh, linalg.eigvalsh; of the value alone: np.linalg.eig(x.data)"
        )
    raise AttributeError(f"autograd.linalg has no {name!r}\n  it has: {', '.join(__all__)}")
