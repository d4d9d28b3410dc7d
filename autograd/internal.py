"""What a library of layers and optimizers, such as ``nn``, may use of the engine: no part of what a user writes.

Steps that write new values into leaves, the gradients of a convolution and the sum that undoes broadcasting as
operations of their own, two operations in one, the operations behind ``t[i]`` and ``t[i] = v``, whether a tape is
running, whether an argument names a device, what a hook was registered with and may return, what takes operations
over here, the generator that an ``rng=`` stands for, files that are there whole or not at all, what writes operations
down while a function runs, and what finds its time and memory by scope.
"""

import importlib as _importlib
import typing as _typing

from .devices import is_device
from .handlers import handler
from .hooks import Handle, Later
from .modes import is_scoped, is_taping
from .ops.broadcasting import sum_to
from .ops.conv import conv2d_input_gradient, conv2d_weight_gradient
from .ops.indexing import assign, getitem
from .ops.normalization import batch_norm_relu
from .random import Rng, generator_of
from .steps import Step, update_leaves

__all__ = [
    "Handle",
    "Later",
    "Profiler",
    "Rng",
    "Step",
    "Tracer",
    "assign",
    "batch_norm_relu",
    "conv2d_input_gradient",
    "conv2d_weight_gradient",
    "generator_of",
    "getitem",
    "handler",
    "is_device",
    "is_scoped",
    "is_taping",
    "resolved",
    "sum_to",
    "update_leaves",
    "write_whole",
]

if _typing.TYPE_CHECKING:
    from .files import write_whole
    from .profiling import Profiler
    from .program.instructions import resolved
    from .program.tracing import Tracer
else:
    _LOADED_WHEN_USED = {
        "Profiler": "profiling",
        "Tracer": "program.tracing",
        "resolved": "program.instructions",
        "write_whole": "files",
    }

    def __getattr__(name):
        if name not in _LOADED_WHEN_USED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = _importlib.import_module(f"autograd.{_LOADED_WHEN_USED[name]}")
        globals()[name] = getattr(found, name)
        return globals()[name]
