"""Optimizer: what all of them share; a subclass writes the update of one parameter.

The loop around it is PyTorch's::

    optimizer.zero_grad()
    loss = loss_fn(net(x), y)
    loss.backward()
    optimizer.step()

A step is made as a whole or not at all: at any instant, also when Ctrl-C comes in between, all parameters and all that
is remembered of them are as before it or as after it. Graphs recorded before a step are known to be out of date, and a
backward through one raises. The memory stays the same where nobody else sees it: a ``detach()``, a view, or the array
that ``p.data`` gave before the step keeps the values that it had.
"""

import math
import sys
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, TypedDict

import numpy as np

import autograd as ag
from autograd import Tensor

from ..module import clear_gradient

Params: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]]
"""What an optimizer takes: Tensors, or groups of them with options of their own."""
Closure: TypeAlias = Callable[[], Any]
"""What ``step`` may be given: it computes the gradients anew and returns the loss."""

_LEAST = dict.fromkeys(
    (
        "lr", "eps", "weight_decay", "momentum", "alpha", "lr_decay", "initial_accumulator_value", "momentum_decay",
        "tolerance_grad", "tolerance_change",
    ),
    0.0,
) | {"dampening": -sys.float_info.max}  # fmt: skip
"""The least that an option may be; every one is finite."""


class WithoutEffect(TypedDict, total=False):
    """PyTorch's words for how a step is computed, which is one way here."""

    foreach: bool | None
    fused: bool | None
    capturable: bool
    differentiable: bool


class Optimizer:
    """Base class. ``update(w, g, group, state)`` of a subclass writes the new values into ``w``, an array.

    param_groups : a list of dicts, each with its "params" and its options: change ``group["lr"]``
        for a schedule
    state : {parameter: what the optimizer remembers of it}
    """

    remembers: tuple[str, ...] = ()
    """The names of what is remembered of each parameter; where a subclass does not say, any."""
    optional: tuple[str, ...] = ()
    """Those of them that can be missing beside the others."""

    def __init__(
        self, params: Params, defaults: dict[str, Any], without_effect: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        for word, value in without_effect.items():
            if word not in WithoutEffect.__annotations__:
                raise TypeError(f"{self._name}: there is no option {word}=\n  known: {', '.join(defaults)}")
            if word == "differentiable" and value:
                raise ValueError(f"{self._name}: steps are not recorded\n  differentiable: {value!r}")
        self.defaults = defaults
        self._least = [(name, least) for name, least in _LEAST.items() if name in defaults]
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        if isinstance(params, Tensor):
            raise TypeError(f"{self._name}: params must be a list of Tensors, not one Tensor\n  write [tensor]")
        if isinstance(params, set | frozenset):
            raise TypeError(f"{self._name}: params must be in an order, which a set has not\n  pass net.parameters()")
        given: list[Any] = [params] if isinstance(params, Mapping) else list(params)
        if not given:
            raise ValueError(f"{self._name}: there are no parameters to train\n  pass net.parameters()")
        grouped = isinstance(given[0], Mapping)
        if any(isinstance(part, Mapping) != grouped for part in given):
            raise TypeError(f'{self._name}: params must be Tensors, or dicts with "params", not some of each')
        for group in given if grouped else [{"params": given}]:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Train the Tensors of ``group["params"]`` too, with the other entries as their options."""
        if "params" not in group:
            raise ValueError(
                f'{self._name}: a group needs its "params"\n  given: {", ".join(map(repr, group))}\n'
                "  pass net.parameters(), not net.state_dict()"
            )
        given = group["params"]
        group = {**self.defaults, **group, "params": [given] if isinstance(given, Tensor) else list(given)}
        known = {p for other in self.param_groups for p in other["params"]}
        for p in group["params"]:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"{self._name}: params must be Tensors, not {type(p).__name__}\n"
                    "  pass net.parameters(), not net.named_parameters() or net.state_dict()"
                )
            if not p.is_leaf:
                raise ValueError(f"{self._name}: only leaves can be trained; this is a recorded result\n  {p!r}")
            if p.dtype.kind != "f":
                raise TypeError(
                    f"{self._name}: only floats can be trained\n  parameter: {p.name or p.shape}, {p.dtype}"
                )
            if p in known:
                raise ValueError(f"{self._name}: a parameter is given twice\n  parameter: {p.name or p.shape}")
            known.add(p)
        if not known:
            raise ValueError(f"{self._name}: there are no parameters to train\n  pass net.parameters()")
        self._check_names(group)
        self.check_options(group)
        self.param_groups.append(group)

    def _check_names(self, group: Mapping[str, Any]) -> None:
        unknown = set(group) - set(self.defaults) - {"params", "initial_lr"}
        if unknown:
            raise ValueError(
                f"{self._name}: an unknown option\n  given: {', '.join(sorted(map(str, unknown)))}\n"
                f"  known: {', '.join(self.defaults)}"
            )

    def check_options(self, group: Mapping[str, Any]) -> None:
        """Raise ValueError where an option makes no sense. Called for every group, and before every step."""
        for name, least in self._least:
            value = group[name]
            plain = type(value) is float or type(value) is int
            if not least <= (value if plain else self._number(group, name)) < math.inf:
                self._refuse_option(group, name, "finite" if least else "0 or more, and finite")
        if "rho" in group and not 0 <= self._number(group, "rho") <= 1:
            self._refuse_option(group, "rho", "from 0 to 1")
        if "betas" in group:
            self.check_pair(group, "betas", lambda one, other: 0 <= one < 1 and 0 <= other < 1, "two numbers in [0, 1)")

    def check_pair(self, group: Mapping[str, Any], name: str, valid: Callable[[Any, Any], bool], wanted: str) -> None:
        """Raise ValueError where an option is not the pair of numbers that is wanted."""
        try:
            one, other = group[name]
            fine = bool(valid(one, other))
        except (TypeError, ValueError):
            fine = False
        if not fine:
            self._refuse_option(group, name, wanted)

    def _refuse_option(self, group: Mapping[str, Any], name: str, wanted: str) -> None:
        raise ValueError(f"{self._name}: {name} must be {wanted}\n  {name}: {group[name]!r}")

    def _number(self, group: Mapping[str, Any], name: str) -> float:
        value = group[name]
        if type(value) is float or type(value) is int:
            return value
        try:
            if isinstance(value, str):
                raise TypeError
            return float(value)
        except (TypeError, ValueError):
            raise ValueError(f"{self._name}: {name} must be a number\n  {name}: {value!r}") from None

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (``set_to_none=False`` sets them to zeros instead)."""
        for group in self.param_groups:
            for p in group["params"]:
                clear_gradient(p, set_to_none)

    def step(self, closure: Closure | None = None) -> Any:
        """Move each parameter that has a gradient by one step, all of them at once.

        closure : called first, to compute the gradients anew (``zero_grad``, forward, ``backward``); what it gives, the
            loss, is returned
        """
        loss = None if closure is None else evaluated(closure)
        handler = ag.internal.handler()
        if handler is not None and handler.step(self):
            return loss
        step = ag.internal.Step()
        for group in self.param_groups:
            self.check_options(group)
            self.prepare(group, step)
        step.make()
        return loss

    def prepare(self, group: dict[str, Any], step: ag.internal.Step) -> None:
        """Put the new values of one group's parameters into the step: by default those that ``update`` writes."""
        remembered: dict[Tensor, dict[str, Any]] = {}

        def update(p: Tensor, w: np.ndarray, g: np.ndarray) -> None:
            remembered[p] = {name: _copied(value) for name, value in self.state.get(p, {}).items()}
            self.update(w, g, group, remembered[p])

        step.update(group["params"], update)
        step.remember(self.state, remembered)

    def update(self, w: np.ndarray, g: np.ndarray, group: dict[str, Any], state: dict[str, Any]) -> None:
        """Write the new values into ``w``, and into ``state`` what is to be remembered.

        Both are copies, taken up together when all parameters are done. ``g`` is the user's ``.grad`` and must stay as
        it is.
        """
        raise NotImplementedError(f"{self._name}: define update(self, w, g, group, state)")

    def state_dict(self) -> dict[str, Any]:
        """The options, and what is remembered of each parameter by its position: for saving. Arrays are copies.

        Each group also has the "names" of its parameters, by which ``load_state_dict`` finds them again.
        """
        positions: dict[Tensor, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                positions[p] = len(positions)
            names = [p.name for p in group["params"]]
            groups.append({**group, "params": [positions[p] for p in group["params"]], "names": names})
        state = {positions[p]: {k: _copied(v) for k, v in known.items()} for p, known in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take up the state that ``state_dict`` gave for an optimizer of this kind with parameters of the same shapes.

        Parameters whose names are known on both sides are found by name, in any order; the others by position. Raises
        ValueError where groups, names, options or shapes differ; then nothing has changed.
        """
        if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
            self._refuse('a dict with "state" and "param_groups" is needed, as state_dict() gives it')
        given, groups = state_dict["state"], state_dict["param_groups"]
        sizes, own = [len(g["params"]) for g in groups], [len(g["params"]) for g in self.param_groups]
        if sizes != own:
            self._refuse(f"the parameter groups differ\n  here: {own}\n  in the state dict: {sizes}")
        by_position: dict[Any, Tensor] = {}
        loaded = []
        for group, mine in zip(groups, self.param_groups, strict=True):
            by_position.update(self._by_position(group, mine["params"]))
            options = {name: value for name, value in group.items() if name not in ("params", "names")}
            self._check_names(options)
            self.check_options({**mine, **options})
            loaded.append({**mine, **options})
        state = {}
        for position, known in given.items():
            if position not in by_position:
                self._refuse(f"there is no parameter of this number\n  number: {position!r}\n  here: {sum(own)}")
            p = by_position[position]
            self._check_state(p, known)
            state[p] = {name: _copied(value, p) for name, value in known.items()}
        vars(self).update(state=state, param_groups=loaded)

    def _by_position(self, group: Mapping[str, Any], params: list[Tensor]) -> dict[Any, Tensor]:
        """{number in the state dict: parameter} of one group: by name if all have one of their own, else in order."""
        names: list[Any] = group.get("names", [None] * len(params))
        own: list[Any] = [p.name for p in params]
        if len(names) != len(params):
            self._refuse(f"the group has {len(params)} parameters and {len(names)} names")
        if None in names or None in own or len(set(names)) < len(names) or len(set(own)) < len(own):
            other = [(a, b) for a, b in zip(own, names, strict=True) if None not in (a, b) and a != b]
            if other:
                lines = "".join(f"\n  here: {a}, in the state dict: {b}" for a, b in other)
                self._refuse(f"the parameters come in another order, and not all have names of their own{lines}")
            return dict(zip(group["params"], params, strict=True))
        if set(names) != set(own):
            missing = ", ".join(sorted(map(str, set(own) - set(names))))
            unexpected = ", ".join(sorted(map(str, set(names) - set(own))))
            self._refuse(
                f"the names of the parameters differ\n  here: {missing}\n  in the state dict: {unexpected}\n"
                '  to go by position, delete "names" from its groups'
            )
        by_name = dict(zip(own, params, strict=True))
        return {position: by_name[name] for position, name in zip(group["params"], names, strict=True)}

    def _check_state(self, p: Tensor, known: Mapping[str, Any]) -> None:
        called = f"parameter: {p.name or p.shape}"
        if self.remembers and not set(known) <= set(self.remembers):
            self._refuse(
                f"this is another optimizer's state\n  {called}\n"
                f"  in the state dict: {', '.join(known)}\n  here: {', '.join(self.remembers)}"
            )
        missing = [name for name in self.remembers if name not in known and name not in self.optional]
        if known and missing:
            self._refuse(f"the state is not whole\n  {called}\n  missing: {', '.join(missing)}")
        step = known.get("step", 1)
        if "step" in self.remembers and not (isinstance(step, int | np.integer) and step >= 1):
            self._refuse(f"step must be a whole number from 1\n  {called}\n  step: {step!r}")
        for name, value in known.items():
            if isinstance(value, np.ndarray | np.floating) and value.shape != p.shape:
                self._refuse(
                    f"{name} does not fit its parameter\n  parameter: {p.name or ''} {p.shape}\n  {name}: {value.shape}"
                )

    def _refuse(self, what: str) -> None:
        raise ValueError(f"{self._name}.load_state_dict: {what}")

    def __repr__(self) -> str:
        lines = [f"{self._name}("]
        for i, group in enumerate(self.param_groups):
            options = ", ".join(f"{k}={v!r}" for k, v in group.items() if k != "params")
            lines.append(f"  group {i}: {len(group['params'])} parameters, {options}")
        return "\n".join([*lines, ")"])


def evaluated(closure: Closure | None) -> Any:
    """What a closure gives, with recording on, wherever the step is called; None without one."""
    if closure is None:
        return None
    with ag.enable_grad():
        return closure()


def downhill(w: Any, g: Any, weight_decay: float | None, maximize: bool) -> Any:
    """The gradient to go against: of the loss with an L2 penalty, or with ``maximize`` of minus the loss."""
    if maximize:
        g = -g
    return g + w * weight_decay if weight_decay else g


def number(value: Any) -> float | None:
    """An option for a formula: None where it is 0, so that nothing is computed for it."""
    return float(value) or None


def _copied(value: Any, like: Tensor | None = None) -> Any:
    """A copy of an array, in the dtype in which ``like`` is computed; anything else as it is."""
    if like is not None and isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f":
        return np.array(value, np.promote_types(like.dtype, np.float32))
    if isinstance(value, tuple):
        return tuple([_copied(part, like) for part in value])
    return value.copy() if isinstance(value, np.ndarray) else value
