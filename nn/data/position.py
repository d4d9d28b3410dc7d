"""Where a DataLoader is in its epochs, as numbers and arrays that ``nn.save`` keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Position:
    """A place in one epoch."""

    epoch: int
    seed: int
    """With the epoch and a sample's position it decides what is drawn for the sample."""
    batch: int = 0
    """How many batches have been handed out."""
    order: np.ndarray | None = None
    """The positions of the samples, where they are not 0, 1, 2, …"""
    begun: bool = False
    ended: bool = False


def samplers_of(loader: Any) -> list[Any]:
    """What orders the samples and has a state."""
    found = (loader.sampler, loader.batch_sampler)
    return [one for one in found if hasattr(one, "state_dict") and hasattr(one, "load_state_dict")]


def state_of(loader: Any, position: Position | None, order_follows_from_seed: bool) -> dict[str, Any]:
    """What ``DataLoader.state_dict`` gives; ``position`` is None between two epochs."""
    state: dict[str, Any] = {"samples": len(loader.dataset), "batch_size": loader.batch_size, "epoch": loader.epoch}
    if position is not None:
        state.update(epoch=position.epoch, batch=position.batch, seed=position.seed)
        if position.order is not None and not order_follows_from_seed:
            state["order"] = position.order
    if loader.generator is not None:
        state["generator"] = loader.generator.bit_generator.state
    for sampler in samplers_of(loader):
        state["sampler"] = sampler.state_dict()
    return state


def place(loader: Any, state: Mapping[str, Any]) -> Position | None:
    """Put a loader's generators where a state says; the position in an epoch that it holds, if there is one."""
    if not isinstance(state, Mapping) or "epoch" not in state:
        raise TypeError(f"DataLoader: a state is a dict of state_dict()\n  state: {type(state).__name__}")
    for name, now in (("samples", len(loader.dataset)), ("batch_size", loader.batch_size)):
        if state.get(name) != now:
            raise _of_another(name, state.get(name), now)
    if ("generator" in state) != (loader.generator is not None):
        raise _of_another("generator", "generator" in state, loader.generator is not None)
    if loader.seed is not None and state.get("seed", loader.seed) != loader.seed:
        raise _of_another("seed", state["seed"], loader.seed)
    if loader.generator is not None:
        loader.generator.bit_generator.state = state["generator"]
    for sampler in samplers_of(loader):
        sampler.load_state_dict(state["sampler"])
    if "batch" not in state:
        return None
    order = state.get("order")
    return Position(
        int(state["epoch"]), int(state["seed"]), int(state["batch"]), None if order is None else np.asarray(order)
    )


def _of_another(name: str, its: Any, here: Any) -> ValueError:
    return ValueError(f"DataLoader: the state is of another loader\n  its {name}: {its}\n  here: {here}")
