"""One checkpoint of all processes: ``nn.distributed.checkpoint.save(path, model=net, optimizer=optimizer, epoch=3)``.

Process 0 writes the file: its own state, and of each other process what differs there, such as its random numbers, the
running statistics of its batch norms and its loss. So a training that is cut off and goes on in as many processes ends
with the bits of one that was not. ``nn.training.fit(..., checkpoint=path)`` does both with a model that is replicated.
The file is one of ``nn.checkpoint``'s too, which reads process 0's state from it.
"""

import hashlib
import warnings
from typing import Any

import numpy as np

from ..checkpoint import put_states, read, states_of
from ..io import FilePath
from ..io import save as save_file
from ..structure import put_together, taken_apart
from .processes import world

__all__ = ["load", "save"]


def save(path: FilePath, **parts: Any) -> None:
    """Write the state of all parts in all processes to one file; as ``nn.checkpoint.save``, but called in all of them.

    Comes back when the file is whole on the disk. Where process 0 cannot write it, all processes raise.
    """
    comm = world()
    states = states_of(parts)
    arrays, text = taken_apart(states, path)
    fingerprints = _fingerprints(arrays)
    first_text, first = comm.bcast((text, fingerprints) if comm.Get_rank() == 0 else None)
    own = {name: np.asarray(arrays[name]) for name, one in fingerprints.items() if first.get(name) != one}
    others = comm.gather({"text": None if text == first_text else text, "arrays": own})
    failure = None
    if comm.Get_rank() == 0:
        try:
            save_file({**states, "processes": others[1:]}, path)
        except Exception as error:
            failure = error
    reason = comm.bcast(None if failure is None else f"{type(failure).__name__}: {failure}")
    if failure is not None:
        raise failure
    if reason is not None:
        raise OSError(f"distributed.checkpoint.save: process 0 has not written the file\n  path: {path}\n  {reason}")


def load(path: FilePath, **parts: Any) -> dict[str, Any]:
    """Put the parts of this process in the state that was saved of it; as ``nn.checkpoint.load``, called in all.

    All processes read the file. Where they are more or fewer than those that wrote it, each begins with the state of
    process 0, and a warning says so: then they draw the same random numbers.
    """
    comm = world()
    found = read(path)
    others, rank = found.pop("processes", []), comm.Get_rank()
    if len(others) + 1 != comm.Get_size():
        warnings.warn(
            "distributed.checkpoint.load: every process goes on with the state that process 0 had\n"
            f"  path: {path}\n  written by {len(others) + 1} processes\n  read by {comm.Get_size()}",
            stacklevel=2,
        )
    elif rank > 0:
        own = others[rank - 1]
        arrays, text = taken_apart(found, path)
        found = put_together(own["text"] or text, {**arrays, **own["arrays"]})
    return put_states(path, found, parts)


def _fingerprints(arrays: dict[str, Any]) -> dict[str, str]:
    """What two arrays of the same values, shape and dtype have in common."""
    found = {}
    for name, one in arrays.items():
        array = np.ascontiguousarray(one)
        found[name] = f"{array.dtype} {array.shape} {hashlib.sha256(array.data).hexdigest()}"
    return found
