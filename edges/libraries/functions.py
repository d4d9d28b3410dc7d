"""The functions of a library under the names that the cases use."""

from typing import Any


class Functions:
    """A library's functions: ``own`` first, which say what is called otherwise there, then those of its modules.

    A name that none of them has is ``Lacking``: the page leaves its cell empty.
    """

    def __init__(self, own: dict[str, Any], *modules: Any) -> None:
        self.own, self.modules = own, modules

    def __getattr__(self, name: str) -> Any:
        if name in self.own:
            return self.own[name]
        for module in self.modules:
            found = getattr(module, name, None)
            if callable(found):
                return found
        raise Lacking(name)


class Lacking(Exception):
    """The library has no such function."""
