"""Run a module once on an example of its input, on a tape: for ``draw(module, x)``.

A module is whatever can be called and has ``named_parameters``, as those of ``nn``. It runs in the mode in
which it is, training or evaluation; its buffers (as the running mean of batch norm) are put back after.
"""

import inspect

import numpy as np

from ..modes import enable_grad, tape
from ..node import Leaf
from ..tensors import Tensor


def is_module(x):
    """Whether x can be run and drawn."""
    return callable(x) and hasattr(x, "named_parameters") and not isinstance(x, type)


def record(module, inputs):
    """The tape of ``module(*inputs)``. Inputs without a name are named as ``forward`` calls them."""
    buffers = list(getattr(module, "named_buffers", list)())
    before = [(buffer, np.array(buffer.data)) for _, buffer in buffers]
    trained = any(parameter.requires_grad for _, parameter in module.named_parameters())
    named = []
    given = []
    for value, name in zip(inputs, _names(module, len(inputs)), strict=True):
        if not isinstance(value, Tensor):
            array = np.asarray(value)
            if array.dtype.kind in "fiub":
                # where nothing is trained, the input makes the module record at all
                value = Tensor(array, requires_grad=not trained and array.dtype.kind == "f", name=name)
        elif value.name is None and (value.node is None or type(value.node) is Leaf):
            named.append(value)
            value.name = name
        given.append(value)
    try:
        with enable_grad(), tape() as recorded:
            module(*given)
    finally:
        for value in named:
            value.name = None
        for buffer, array in before:
            buffer.data = array
    return recorded


def _names(module, count):
    """Names for so many inputs: those of the parameters of ``forward``."""
    try:
        parameters = inspect.signature(getattr(module, "forward", module)).parameters.values()
    except (TypeError, ValueError):
        parameters = ()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [names[i] if i < len(names) else f"input {i}" for i in range(count)]
