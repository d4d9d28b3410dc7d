"""What broadcasting does, and its transpose: an entry is repeated, and the copies are added up again.

The walk backward calls ``sum_to`` itself where an operation has broadcast its inputs with each other.
"""

from functools import lru_cache

import numpy as np

from ..batch_rules import broadcast
from ..declaration import CodeBy, operation, rule
from ..kernels import reductions as kernels
from ..samples import reals, sample
from . import in_onnx

__all__ = ["broadcast_to", "sum_to"]

broadcast_to = operation(
    "broadcast_to",
    lambda x, shape: np.broadcast_to(x, shape),
    symbol="broadcast",
    kind="shape",
    onnx=in_onnx.broadcast_to,
    batch=broadcast,
    formula=r"y_{i \ldots j} = x_j",
    rules=[rule(lambda g, x_shape: sum_to(g, x_shape), local="1")],
    samples=[
        sample(reals(4), (3, 4)),
        sample(reals(3, 1), (3, 4)),
        sample(reals(), (2, 2)),
        sample(reals(3, 1), (3, 0)),
        sample(reals(0, 1), (2, 0, 3)),
    ],
    doc="""The same entries repeated along new axes and along axes of length 1.

    Parameters
    ----------
    x : array or Tensor.
    shape : a tuple. Counted from the last axis, x has these lengths or 1, else it is a ValueError.

    The gradient of an entry is the sum over its copies.

    >>> import autograd as ag
    >>> ag.broadcast_to(ag.Tensor([[1], [2]]), (2, 3))
    Tensor([[1, 1, 1],
            [2, 2, 2]])
    """,
)


def _sum_to(x, shape):
    """Add up the axes along which ``shape`` was broadcast to the shape of ``x``."""
    shape, given = tuple(shape), np.shape(x)
    if given == shape:
        return x
    y = kernels.total(x, _stretched(given, shape))
    return y if y.shape == shape else y.reshape(shape)


@lru_cache(256)
def _stretched(given, shape):
    """The axes of the shape ``given`` that ``shape`` does not have, or has with one entry instead of several."""
    extra = len(given) - len(shape)
    if extra < 0 or any(m not in (1, n) for m, n in zip(shape, given[extra:], strict=True)):
        raise ValueError(f"the shape {given} is not one that {shape} broadcasts to")
    inner = [extra + i for i, (m, n) in enumerate(zip(shape, given[extra:], strict=True)) if m == 1 and n != 1]
    return (*range(extra), *inner)


def _sum_to_in_numpy(x_shape, shape):
    axes, extra = _stretched(tuple(x_shape), tuple(shape)), len(x_shape) - len(shape)
    if len(axes) == extra:
        return f"np.sum(x, axis={axes[0] if len(axes) == 1 else axes})"
    kept = f"np.sum(x, axis={axes}, keepdims=True)"
    return f"np.reshape({kept}, {tuple(shape)})" if extra else kept


sum_to = operation(
    "sum_to",
    _sum_to,
    symbol="Σ",
    kind="reduction",
    onnx=in_onnx.sum_to,
    traits=["sums"],
    formula=r"y_j = \sum_{i \,\to\, j} x_i",
    code=CodeBy(_sum_to_in_numpy),
    rules=[rule(lambda g, x_shape: broadcast_to(g, x_shape), local="1")],
    samples=[
        sample(reals(3, 4), (4,)),
        sample(reals(3, 4), (3, 1)),
        sample(reals(2, 3), ()),
        sample(reals(2, 3), (2, 3)),
        sample(reals(0, 3), (3,)),
    ],
    doc="""The sum over the axes along which ``shape`` was broadcast: the transpose of ``broadcast_to``.

    Parameters
    ----------
    x : array or Tensor
    shape : a tuple that broadcasts to the shape of x, else it is a ValueError

    >>> import autograd as ag
    >>> ag.internal.sum_to(ag.Tensor([[1, 2, 3], [4, 5, 6]]), (2, 1))
    Tensor([[ 6],
            [15]])""",
)
