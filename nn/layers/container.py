"""Modules made of modules or Parameters: Sequential runs them in order, lists and dicts only hold them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ..module import Module
from ..parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


N = TypeVar("N", bound="_Numbered")


class _Numbered(Module):
    """Children under the names "0", "1", …, reached by position."""

    def __init__(self, modules: Iterable[Module]) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self: N, module: Module) -> N:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def _names(self) -> list[str]:
        return [name for name, value in vars(self).items() if isinstance(value, Module)]

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Module]:
        return iter([value for value in vars(self).values() if isinstance(value, Module)])

    def _name_at(self, index: int) -> str:
        names = self._names()
        try:
            return names[index]
        except IndexError:
            raise IndexError(f"{type(self).__name__}: there is no module {index}\n  modules: {len(names)}") from None

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name_at(index), module)


class Sequential(_Numbered):
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
        if len(modules) == 1 and isinstance(modules[0], dict):
            super().__init__([])
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            super().__init__(modules)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x

    def __getitem__(self, index: int | slice) -> Any:
        """The module at a position, or a Sequential of those in a slice."""
        if not isinstance(index, slice):
            return getattr(self, self._name_at(index))
        return Sequential({name: getattr(self, name) for name in self._names()[index]})


class ModuleList(_Numbered):
    """A list of modules whose parameters are found; what runs when is written in ``forward``.

    >>> import nn
    >>> layers = nn.ModuleList(nn.Linear(n, n + 1) for n in range(2, 5))
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__(modules)

    def extend(self, modules: Iterable[Module]) -> "ModuleList":
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def __getitem__(self, index: int | slice) -> Any:
        """The module at a position, or a ModuleList of those in a slice."""
        return ModuleList(list(self)[index]) if isinstance(index, slice) else getattr(self, self._name_at(index))


class ModuleDict(Module):
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

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules, in place of those that have their names."""
        for name, module in dict(modules).items():
            self[name] = module

    def _parts(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Module)}

    def __getitem__(self, name: str) -> Any:
        try:
            return self._parts()[name]
        except KeyError:
            known = ", ".join(self._parts()) or "none"
            raise KeyError(f"ModuleDict: there is no module {name!r}; modules: {known}") from None

    def __setitem__(self, name: str, module: Module) -> None:
        if name in self._parts():
            setattr(self, name, module)
        else:
            self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self._parts()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts())

    def __len__(self) -> int:
        return len(self._parts())

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._parts().keys()

    def values(self) -> Iterable[Any]:
        """The modules."""
        return self._parts().values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The pairs of name and module."""
        return self._parts().items()

    def pop(self, name: str) -> Any:
        """Take a module out, and return it."""
        module = self[name]
        delattr(self, name)
        return module

    def clear(self) -> None:
        """Take all modules out."""
        for name in list(self._parts()):
            delattr(self, name)


class _Parameters(Module):
    """Parameters under the names given."""

    def _parts(self) -> dict[str, Parameter]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Parameter)}

    def _put(self, name: str, value: Any) -> None:
        parameter = value if isinstance(value, Parameter) else Parameter(value)
        if name in self._parts():
            setattr(self, name, parameter)
        else:
            self.register_parameter(name, parameter)

    def __len__(self) -> int:
        return len(self._parts())

    def extra_repr(self) -> str:
        lines = [f"({name}): Parameter, shape {p.shape}, {p.dtype}" for name, p in self._parts().items()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        inside = self.extra_repr().replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {inside}\n)" if inside else f"{type(self).__name__}()"


class ParameterList(_Parameters):
    """A list of Parameters that are found; Tensors and arrays become Parameters.

    >>> import numpy as np, nn
    >>> weights = nn.ParameterList([np.ones(2), np.ones(3)])
    >>> [name for name, _ in weights.named_parameters()], weights[-1].shape
    (['0', '1'], (3,))
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def append(self, value: Any) -> "ParameterList":
        """Add a Parameter at the end."""
        self._put(str(len(self)), value)
        return self

    def extend(self, values: Iterable[Any]) -> "ParameterList":
        """Add Parameters at the end."""
        for value in values:
            self.append(value)
        return self

    def _name_at(self, index: int) -> str:
        names = list(self._parts())
        try:
            return names[index]
        except IndexError:
            raise IndexError(f"ParameterList: there is no parameter {index}\n  parameters: {len(names)}") from None

    def __getitem__(self, index: int | slice) -> Any:
        """The Parameter at a position, or a ParameterList of those in a slice."""
        return ParameterList(list(self)[index]) if isinstance(index, slice) else getattr(self, self._name_at(index))

    def __setitem__(self, index: int, value: Any) -> None:
        self._put(self._name_at(index), value)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parts().values())


class ParameterDict(_Parameters):
    """Parameters by name, which are found; Tensors and arrays become Parameters.

    >>> import numpy as np, nn
    >>> nn.ParameterDict({"left": np.ones(2)})["left"].shape
    (2,)
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(parameters)

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add Parameters, in place of those that have their names."""
        for name, value in dict(parameters).items():
            self[name] = value

    def __getitem__(self, name: str) -> Any:
        try:
            return self._parts()[name]
        except KeyError:
            known = ", ".join(self._parts()) or "none"
            raise KeyError(f"ParameterDict: there is no parameter {name!r}; parameters: {known}") from None

    def __setitem__(self, name: str, value: Any) -> None:
        self._put(name, value)

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

    def values(self) -> Iterable[Parameter]:
        """The Parameters."""
        return self._parts().values()

    def items(self) -> Iterable[tuple[str, Parameter]]:
        """The pairs of name and Parameter."""
        return self._parts().items()
