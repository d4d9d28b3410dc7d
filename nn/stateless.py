"""A module run with other parameters than its own: a network as a function of its parameters.

>>> import autograd as ag, nn
>>> net = nn.Linear(2, 1)
>>> loss = lambda params, x: (nn.functional_call(net, params, x) ** 2).sum()
>>> gradients = ag.grad(loss)(dict(net.named_parameters()), [[1.0, 2.0]])
>>> {name: g.shape for name, g in gradients.items()}
{'weight': (1, 2), 'bias': (1,)}
"""

from collections import deque
from collections.abc import Mapping
from itertools import starmap
from operator import setitem
from typing import Any

from autograd import Tensor

from .module import Module
from .parameter import Parameter

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What ``module(*args, **kwargs)`` gives with these parameters and buffers in place of its own.

    Parameters
    ----------
    parameter_and_buffer_dicts : {dotted name: Tensor or array}, or several such dicts; what they do not name stays.
    args : one argument, or a tuple of them.
    tie_weights : whether what the module shares under several names is replaced under all of them, where one is given.
    strict : an error where a parameter or buffer is not given.

    The module is as before afterwards, but for what its forward writes into buffers that are not given. A name that the
    module does not have is a KeyError, another shape a ValueError.
    """
    dicts = parameter_and_buffer_dicts
    given = _joined([dicts] if isinstance(dicts, Mapping) else list(dicts))
    places = _places(module)
    _check(module, places, given, strict)
    changes, before = [], []
    for name, value in _tied(places, given, tie_weights).items():
        attributes, attribute = places[name]
        before.append((attributes, attribute, attributes[attribute]))
        changes.append((attributes, attribute, value if isinstance(value, Tensor) else Tensor(value)))
    positional = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        deque(starmap(setitem, changes), maxlen=0)
        return module(*positional, **(kwargs or {}))
    finally:
        deque(starmap(setitem, before), maxlen=0)


def _joined(dicts: list[Mapping[str, Any]]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for one in dicts:
        twice = sorted(given.keys() & one.keys())
        if twice:
            raise ValueError(f"functional_call: given in more than one dict\n  {', '.join(twice)}")
        given.update(one)
    return given


def _places(module: Module) -> dict[str, tuple[dict[str, Any], str]]:
    """{dotted name: (a module's attributes, the name there)} of parameters and buffers, under each of their names."""
    places = {}
    todo = [("", module)]
    while todo:
        path, part = todo.pop()
        for name, value in vars(part).items():
            if isinstance(value, Parameter) or (name in part._buffers and value is not None):
                places[path + name] = vars(part), name
            elif isinstance(value, Module):
                todo.append((f"{path}{name}.", value))
    return places


def _check(module: Module, places: Any, given: dict[str, Any], strict: bool) -> None:
    unknown = sorted(given.keys() - places.keys())
    if unknown:
        raise KeyError(
            f"functional_call: {type(module).__name__} has no {', '.join(unknown)}; it has {', '.join(sorted(places))}"
        )
    missing = sorted(places.keys() - given.keys())
    if strict and missing:
        raise KeyError(f"functional_call: not given: {', '.join(missing)}")
    for name, value in given.items():
        attributes, attribute = places[name]
        shape = value.shape if hasattr(value, "shape") else Tensor(value).shape
        if shape != attributes[attribute].shape:
            raise ValueError(
                f"functional_call: {name} has another shape\n  given: {shape}\n"
                f"  in the module: {attributes[attribute].shape}"
            )


def _tied(places: Any, given: dict[str, Any], tie_weights: bool) -> dict[str, Any]:
    """The values under all names that share a parameter with one that is given."""
    if not tie_weights:
        return given
    own = {name: attributes[attribute] for name, (attributes, attribute) in places.items()}
    chosen: dict[Any, str] = {}
    for name, value in given.items():
        other = chosen.setdefault(own[name], name)
        if given[other] is not value:
            raise ValueError(f"functional_call: {other} and {name} are one, and cannot become two; give one of them")
    return {name: given[chosen[one]] for name, one in own.items() if one in chosen}
