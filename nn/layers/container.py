"""Modules made of modules or Parameters: Sequential runs them in order, lists and dicts only hold them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from ..module import Module
from ..parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


P = TypeVar("P")
N = TypeVar("N", bound="_Numbered[Any]")


class _Container(Module, Generic[P]):
    """Parts, which are modules, or Parameters."""

    _of: type[Any] = Module
    _what = "module"

    def _parts(self) -> dict[str, P]:
        return {name: value for name, value in vars(self).items() if isinstance(value, self._of)}

    def _add(self, name: str, part: Any) -> None:
        """Add a part under a name that is still free."""
        self.add_module(name, part)

    def _put(self, name: str, part: Any) -> None:
        """Add a part, in place of the one that has its name."""
        if name in self._parts():
            setattr(self, name, part)
        else:
            self._add(name, part)

    def __len__(self) -> int:
        return len(self._parts())


class _Numbered(_Container[P]):
    """Parts under the names "0", "1", …, reached by position."""

    def append(self: N, part: Any) -> N:
        """Add one at the end."""
        self._add(str(len(self)), part)
        return self

    def _name_at(self, index: int) -> str:
        names = list(self._parts())
        try:
            return names[index]
        except IndexError:
            raise IndexError(
                f"{type(self).__name__}: there is no {self._what} {index}\n  {self._what}s: {len(names)}"
            ) from None

    def __setitem__(self, index: int, part: Any) -> None:
        self._put(self._name_at(index), part)

    def __iter__(self) -> Iterator[P]:
        return iter(self._parts().values())


class _List(_Numbered[P]):
    def extend(self: N, parts: Iterable[Any]) -> N:
        """Add several at the end."""
        for part in parts:
            self.append(part)
        return self


class _Named(_Container[P]):
    """Parts under names of yours."""

    def update(self, parts: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add several, in place of those that have their names."""
        for name, part in dict(parts).items():
            self[name] = part

    def __getitem__(self, name: str) -> Any:
        try:
            return self._parts()[name]
        except KeyError:
            known = ", ".join(self._parts()) or "none"
            raise KeyError(
                f"{type(self).__name__}: there is no {self._what} {name!r}; {self._what}s: {known}"
            ) from None

    def __setitem__(self, name: str, part: Any) -> None:
        self._put(name, part)

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self._parts()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts())

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._parts().keys()

    def values(self) -> Iterable[P]:
        """The parts."""
        return self._parts().values()

    def items(self) -> Iterable[tuple[str, P]]:
        """The pairs of name and part."""
        return self._parts().items()


class _OfParameters(_Container[Parameter]):
    """Parameters; Tensors and arrays become such."""

    _of = Parameter
    _what = "parameter"

    def _add(self, name: str, part: Any) -> None:
        self.register_parameter(name, _parameter(part))

    def _put(self, name: str, part: Any) -> None:
        super()._put(name, _parameter(part))

    def extra_repr(self) -> str:
        lines = [f"({name}): Parameter, shape {p.shape}, {p.dtype}" for name, p in self._parts().items()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        inside = self.extra_repr().replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {inside}\n)" if inside else f"{type(self).__name__}()"


def _parameter(value: Any) -> Parameter:
    return value if isinstance(value, Parameter) else Parameter(value)


class Sequential(_Numbered[Module]):
    """Modules one after the other, each on what the last one gave.

    The arguments are the modules, or one dict of them, whose keys become their names.

    >>> import nn
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    >>> net
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
    )
    >>> net[0].weight.name
    '0.weight'
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], dict):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            for module in modules:
                self.append(module)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x

    def __getitem__(self, index: int | slice) -> Any:
        """The module at a position, or a Sequential of those in a slice."""
        if not isinstance(index, slice):
            return getattr(self, self._name_at(index))
        return Sequential(dict(list(self._parts().items())[index]))


class ModuleList(_List[Module]):
    """A list of modules whose parameters are found; what runs when is written in ``forward``.

    >>> import nn
    >>> layers = nn.ModuleList(nn.Linear(n, n + 1) for n in range(2, 5))
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def __getitem__(self, index: int | slice) -> Any:
        """The module at a position, or a ModuleList of those in a slice."""
        return ModuleList(list(self)[index]) if isinstance(index, slice) else getattr(self, self._name_at(index))


class ModuleDict(_Named[Any]):
    """Modules by name, whose parameters are found; what runs when is written in ``forward``.

    modules : {name: module}, or pairs of them

    >>> import nn
    >>> choices = nn.ModuleDict({"conv": nn.Conv2d(1, 2, 3), "pool": nn.MaxPool2d(2)})
    >>> list(choices), list(choices.state_dict())
    (['conv', 'pool'], ['conv.weight', 'conv.bias'])
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def pop(self, name: str) -> Any:
        """Take a module out, and return it."""
        module = self[name]
        delattr(self, name)
        return module

    def clear(self) -> None:
        """Take all modules out."""
        for name in self:
            delattr(self, name)


class ParameterList(_OfParameters, _List[Parameter]):
    """A list of Parameters that are found; Tensors and arrays become Parameters.

    >>> import numpy as np, nn
    >>> weights = nn.ParameterList([np.ones(2), np.ones(3)])
    >>> [name for name, _ in weights.named_parameters()], weights[-1].shape
    (['0', '1'], (3,))
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def __getitem__(self, index: int | slice) -> Any:
        """The Parameter at a position, or a ParameterList of those in a slice."""
        return ParameterList(list(self)[index]) if isinstance(index, slice) else getattr(self, self._name_at(index))


class ParameterDict(_OfParameters, _Named[Parameter]):
    """Parameters by name, which are found; Tensors and arrays become Parameters.

    >>> import numpy as np, nn
    >>> nn.ParameterDict({"left": np.ones(2)})["left"].shape
    (2,)
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(parameters)
