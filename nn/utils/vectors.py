"""All parameters as one vector, and back."""

from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

from ..parameter import put_values
from ..values import values_of


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The entries of all parameters in one vector, in order; gradients flow through it.

    >>> import nn
    >>> net = nn.Linear(2, 3)
    >>> nn.utils.parameters_to_vector(net.parameters()).shape
    (9,)
    """
    given = list(parameters)
    if not given:
        raise ValueError("parameters_to_vector: there are no parameters")
    return ag.concatenate([ag.reshape(p, (-1,)) for p in given])


def vector_to_parameters(vec: Any, parameters: Iterable[Tensor]) -> None:
    """Give the parameters new values out of a vector, as ``parameters_to_vector`` gives it.

    vec : a vector with as many entries as the parameters have together, else ValueError; it is cast to their dtypes

    >>> import autograd as ag, nn
    >>> w, b = ag.Tensor([[0.0, 0.0]], requires_grad=True), ag.Tensor([0.0], requires_grad=True)
    >>> nn.utils.vector_to_parameters([1.0, 2.0, 3.0], [w, b])
    >>> w.data, b.data
    (array([[1., 2.]]), array([3.]))
    """
    given, vector = list(parameters), values_of(vec)
    entries = sum(p.size for p in given)
    if vector.shape != (entries,):
        raise ValueError(
            f"vector_to_parameters: the vector does not fit the parameters\n  vec: {vector.shape}\n"
            f"  entries of the parameters: {entries}"
        )
    pairs = zip(given, places(given), strict=True)
    put_values({p: vector[place].reshape(p.shape).astype(p.dtype) for p, place in pairs})


def places(parameters: list[Tensor]) -> list[slice]:
    """Where each parameter's entries stand in the vector of all."""
    ends = np.cumsum([p.size for p in parameters]).tolist()
    return [slice(end - p.size, end) for p, end in zip(parameters, ends, strict=True)]
