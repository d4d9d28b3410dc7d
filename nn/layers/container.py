"""Modules made of a list of modules: Sequential runs them in order, ModuleList only holds them."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ..module import Module

__all__ = ["ModuleList", "Sequential"]


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
