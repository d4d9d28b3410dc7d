"""What all processes must have alike: whether they do, and the values of process 0 for the others."""

from typing import Any

import numpy as np

from ..module import Module
from ..parameter import put_values

_SHOWN = 10


def check_alike(comm: Any, model: Module, options: dict[str, Any]) -> None:
    """Raise ValueError, in every process, where models differ in the names, shapes or dtypes of what they hold."""
    own = {}
    for name, p in model.named_parameters():
        own[name] = f"{p.shape} {p.dtype}{'' if p.requires_grad else ', frozen'}"
    own |= {name: f"{b.shape} {b.dtype}, a buffer" for name, b in model.named_buffers()}
    own |= {f"option {name}": repr(value) for name, value in options.items()}
    everyones = comm.allgather(list(own.items()))
    first = dict(everyones[0])
    wrong = []
    for rank, entries in enumerate(everyones):
        here = dict(entries)
        names = [*first, *(name for name in here if name not in first)]
        lines = [
            f"  {name}: {first.get(name, 'missing')} in process 0, {here.get(name, 'missing')} in process {rank}"
            for name in names
            if first.get(name) != here.get(name)
        ]
        if not lines and list(here) != list(first):
            moved = [name for name, other in zip(here, first, strict=True) if name != other]
            lines = [f"  the same names in another order in process {rank}: {', '.join(moved[:_SHOWN])}"]
        wrong += lines
    if wrong:
        more = [f"  and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise ValueError(
            f"replicate: the models of the {len(everyones)} processes differ\n" + "\n".join(wrong[:_SHOWN] + more)
        )


def broadcast(comm: Any, model: Module) -> None:
    """Give all parameters and buffers the values that they have in process 0."""
    values = {}
    for tensor in (*model.parameters(), *model.buffers()):
        value = np.array(tensor.data, order="C")
        comm.Bcast(value.reshape(-1).view(np.uint8))
        values[tensor] = value
    put_values(values)
