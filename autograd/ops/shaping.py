"""Operations that rearrange, join or repeat entries, and change nothing else."""

import numpy as np

from ..declaration import operation, reals, rule, sample

__all__ = ["astype", "broadcast_to"]

astype = operation(
    "astype",
    lambda x, dtype: x.astype(dtype, copy=False) if isinstance(x, np.ndarray) else np.asarray(x).astype(dtype)[()],
    symbol="astype",
    kind="shape",
    formula=r"y = x",
    rules=[rule(lambda g: g, local="1")],  # the engine gives a gradient its value's dtype
    samples=[sample(reals(3, 4), np.float64), sample(reals(), dtype=np.float64)],
    doc="The same numbers in another dtype. Differentiable between float dtypes.",
    numpy=lambda x, dtype: np.asarray(x).astype(dtype),
    torch=lambda torch, x, dtype: x.to(torch.float64),
)

broadcast_to = operation(
    "broadcast_to",
    lambda x, shape: np.broadcast_to(x, shape),
    symbol="broadcast",
    kind="shape",
    formula=r"y_{i \ldots j} = x_j",
    rules=[rule(lambda g: g, local="1")],  # the engine sums a gradient to its value's shape
    samples=[sample(reals(4), (3, 4)), sample(reals(3, 1), (3, 4)), sample(reals(), (2, 2))],
    doc="The same entries repeated along new axes and along axes of length 1.",
    torch=lambda torch, x, shape: torch.broadcast_to(x, shape),
)
