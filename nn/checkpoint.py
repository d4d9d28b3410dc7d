"""Training that can be cut off at any instant: ``nn.checkpoint.save(path, model=net, optimizer=optimizer, epoch=3)``.

``nn.checkpoint.load(path, model=net, optimizer=optimizer)`` goes on from there, with the same weights, momenta, step
sizes, position in the data and random numbers: a run that was killed and goes on ends with the very bits of one that
was not.
``nn.training.fit(..., checkpoint=path)`` does both.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .io import FilePath
from .io import load as load_file
from .io import save as save_file
from .module import Module
from .restoring import own_generators
from .seeding import generator_of

__all__ = ["load", "save"]

_FORMAT = "chalkgrad checkpoint 1"


def save(path: FilePath, **parts: Any) -> None:
    """Write the state of all parts, and of the generators that are drawn from, to one file.

    path : the file; as with ``nn.save`` it appears whole, and an older one is replaced once it is on the disk
    parts : by names of yours: a Module (with generators of its own, as ``nn.Dropout(rng=0)`` has one), an optimizer, a
        scheduler, a DataLoader (with its position) or anything else with ``state_dict`` and ``load_state_dict``; a
        NumPy generator; and what ``nn.save`` takes: numbers, strings, arrays, dicts and lists of them

    The common generator of ``nn.manual_seed`` is always in it. Save between whole steps. Raises what ``nn.save``
    raises.

    >>> import os, tempfile, nn
    >>> net = nn.Linear(2, 1)
    >>> optimizer = nn.optim.Adam(net.parameters())
    >>> path = os.path.join(tempfile.mkdtemp(), "run.safetensors")
    >>> nn.checkpoint.save(path, model=net, optimizer=optimizer, epoch=3)
    >>> nn.checkpoint.load(path, model=net, optimizer=optimizer)
    {'epoch': 3}
    """
    save_file(states_of(parts), path)


def load(path: FilePath, **parts: Any) -> dict[str, Any]:
    """Put the parts, and the common generator, in the state that was saved; returns what else was saved, by name.

    parts : the names that ``save`` was given, each with a part made as that one was

    Nothing is unpickled. Raises ValueError for a file that is no checkpoint or lacks a part, and what the parts' own
    ``load_state_dict`` raises: then, and after Ctrl-C, all parts are as they were.
    """
    return put_states(path, read(path), parts)


def states_of(parts: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint holds of its parts."""
    states, values = {}, {}
    for name, part in parts.items():
        if _has_state(part):
            states[name] = _state_of(part)
        else:
            values[name] = part
    return {"format": _FORMAT, "states": states, "values": values, "common": _state_of(generator_of())}


def read(path: FilePath) -> dict[str, Any]:
    """What the file of a checkpoint holds."""
    found = load_file(path)
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise ValueError(f"checkpoint.load: the file is no checkpoint\n  path: {path}\n  nn.load reads weights")
    return found


def put_states(path: FilePath, found: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """Put the parts in the states that ``read`` has found, all or none; returns the rest."""
    states = found["states"]
    missing = [name for name in parts if name not in states]
    if missing:
        raise ValueError(
            f"checkpoint.load: the checkpoint lacks {', '.join(missing)}\n  path: {path}\n"
            f"  it has: {', '.join(states) or 'no parts'}"
        )
    everything = [(part, states[name]) for name, part in parts.items()] + [(generator_of(), found["common"])]
    before = [_state_of(part) for part, _ in everything]
    done = 0
    try:
        for part, state in everything:
            done += 1
            _put_state(part, state)
    except BaseException:
        for (part, _), state in zip(everything[:done], before, strict=False):
            _put_state(part, state)
        raise
    rest = {name: state for name, state in states.items() if name not in parts}
    return {**rest, **found["values"]}


def _has_state(part: Any) -> bool:
    return isinstance(part, np.random.Generator) or hasattr(part, "state_dict")


def _state_of(part: Any) -> Any:
    if isinstance(part, np.random.Generator):
        return dict(part.bit_generator.state)
    state = part.state_dict()
    if not isinstance(part, Module):
        return state
    copies = {name: np.array(value.data if hasattr(value, "data") else value) for name, value in state.items()}
    return {"state": copies, "generators": {name: _state_of(one) for name, one in own_generators(part)}}


def _put_state(part: Any, state: Any) -> None:
    if isinstance(part, np.random.Generator):
        part.bit_generator.state = state
    elif isinstance(part, Module):
        own = dict(own_generators(part))
        fits = isinstance(state, Mapping) and set(state) == {"state", "generators"}
        if not fits or set(state["generators"]) != set(own):
            raise ValueError(
                "checkpoint.load: this is the state of another model\n"
                f"  generators here: {', '.join(own) or 'none'}\n"
                f"  in the checkpoint: {', '.join(state.get('generators', ())) or 'none'}"
            )
        part.load_state_dict(state["state"])
        for name, one in own.items():
            _put_state(one, state["generators"][name])
    else:
        part.load_state_dict(state)
