"""Optimizer: what all of them share; a subclass writes the update of one parameter.

The loop around it is PyTorch's::

    optimizer.zero_grad()
    loss = loss_fn(net(x), y)
    loss.backward()
    optimizer.step()

Parameters get their new values through ``ag.internal.update_leaves``: a graph recorded before a step is then known
to be out of date, and a backward through it raises. The memory stays the same where nobody else sees
it: a ``detach()``, a view, or the array that ``p.data`` gave before the step keeps the values that it had.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd as ag
from autograd import Tensor

from ..module import clear_gradient

Group = dict[str, Any]
""""params" and the options, by name."""
Params = Iterable[Tensor] | Iterable[Group] | Group


class Optimizer:
    """Base class. ``update(w, g, group, state)`` of a subclass writes the new values into ``w``, an array.

    param_groups : a list of dicts, each with its "params" and its options: change ``group["lr"]``
        for a schedule
    state : {parameter: what the optimizer remembers of it}
    """

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        if isinstance(params, Tensor):
            raise TypeError(
                f"{type(self).__name__}: params must be a list of Tensors, not one Tensor\n  write [tensor]"
            )
        given: list[Any] = [params] if isinstance(params, dict) else list(params)
        if not given:
            raise ValueError(f"{type(self).__name__}: there are no parameters to train\n  pass net.parameters()")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, group: Group) -> None:
        """Train the Tensors of ``group["params"]`` too, with the other entries as their options."""
        given = group["params"]
        group = {**self.defaults, **group, "params": [given] if isinstance(given, Tensor) else list(given)}
        unknown = set(group) - set(self.defaults) - {"params"}
        if unknown:
            raise ValueError(
                f"{type(self).__name__}: an unknown option\n  given: {', '.join(sorted(unknown))}\n"
                f"  known: {', '.join(self.defaults)}"
            )
        known = {p for other in self.param_groups for p in other["params"]}
        for p in group["params"]:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"{type(self).__name__}: params must be Tensors, not {type(p).__name__}\n"
                    "  pass net.parameters(), not net.named_parameters() or net.state_dict()"
                )
            if not p.is_leaf:
                raise ValueError(
                    f"{type(self).__name__}: only leaves can be trained; this is a recorded result\n  {p!r}"
                )
            if p in known:
                raise ValueError(f"{type(self).__name__}: a parameter is given twice\n  parameter: {p.name or p.shape}")
            known.add(p)
        self.check_options(group)
        self.param_groups.append(group)

    def check_options(self, group: Group) -> None:
        """Raise ValueError where an option makes no sense."""
        for name in ("lr", "eps", "weight_decay", "momentum"):
            if name in group and not group[name] >= 0:
                raise ValueError(f"{type(self).__name__}: {name} must be 0 or more\n  {name}: {group[name]!r}")
        for beta in group.get("betas", ()):
            if not 0 <= beta < 1:
                raise ValueError(f"{type(self).__name__}: betas must be in [0, 1)\n  betas: {group['betas']!r}")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (``set_to_none=False`` sets them to zeros instead)."""
        for group in self.param_groups:
            for p in group["params"]:
                clear_gradient(p, set_to_none)

    def step(self) -> None:
        """Move each parameter that has a gradient by one step."""
        for group in self.param_groups:
            self.step_group(group)

    def step_group(self, group: Group) -> None:
        """Move the parameters of one group: by default one after the other, with ``update``."""

        def update(p: Tensor, w: NDArray[Any], g: NDArray[Any]) -> None:
            self.update(w, g, group, self.state.setdefault(p, {}))

        ag.internal.update_leaves(group["params"], update)

    def update(self, w: NDArray[Any], g: NDArray[Any], group: Group, state: dict[str, Any]) -> None:
        """Write the new values into ``w``; ``g`` is the user's ``.grad`` and must stay as it is."""
        raise NotImplementedError(f"{type(self).__name__}: define update(self, w, g, group, state)")

    def state_dict(self) -> dict[str, Any]:
        """The options, and what is remembered of each parameter by its position: for saving. Arrays are copies."""
        positions: dict[Tensor, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                positions[p] = len(positions)
            groups.append({**group, "params": [positions[p] for p in group["params"]]})
        state = {positions[p]: {k: _copied(v) for k, v in known.items()} for p, known in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take up the state that ``state_dict`` gave for parameters of the same shapes in the same order."""
        given, groups = state_dict["state"], state_dict["param_groups"]
        sizes, own = [len(g["params"]) for g in groups], [len(g["params"]) for g in self.param_groups]
        if sizes != own:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the parameter groups differ\n"
                f"  here: {own}\n  in the state dict: {sizes}"
            )
        by_position = {
            position: p
            for group, mine in zip(groups, self.param_groups, strict=True)
            for position, p in zip(group["params"], mine["params"], strict=True)
        }
        state = {}
        for position, known in given.items():
            p = by_position[position]
            for name, value in known.items():
                if isinstance(value, np.ndarray) and value.shape != p.shape:
                    raise ValueError(
                        f"{type(self).__name__}.load_state_dict: {name} does not fit its parameter\n"
                        f"  parameter: {p.name or position}, {p.shape}\n  {name}: {value.shape}"
                    )
            state[p] = {k: _copied(v) for k, v in known.items()}
        groups = [
            {**mine, **group, "params": mine["params"]} for group, mine in zip(groups, self.param_groups, strict=True)
        ]
        self.state, self.param_groups = state, groups

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__}("]
        for i, group in enumerate(self.param_groups):
            options = ", ".join(f"{k}={v!r}" for k, v in group.items() if k != "params")
            lines.append(f"  group {i}: {len(group['params'])} parameters, {options}")
        return "\n".join([*lines, ")"])


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value
