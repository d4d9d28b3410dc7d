"""What variables of a written program are called: valid, each once, near to what the user calls them."""

import builtins
import keyword
import re

__all__ = ["Names"]


class Names:
    """``names.new("conv1.weight")`` is ``conv1_weight``, and another time ``conv1_weight_2``.

    reserved : names that are taken beforehand
    """

    def __init__(self, reserved: set[str] | frozenset[str]) -> None:
        self.taken = {"np", "math", *reserved}

    def new(self, wish: str) -> str:
        name = re.sub(r"\W+", "_", wish).strip("_") or "value"
        if name[0].isdigit() or keyword.iskeyword(name):
            name = f"_{name}"
        found, count = name, 1
        while found in self.taken or hasattr(builtins, found) or not found.isidentifier():
            count += 1
            found = f"{name}_{count}"
        self.taken.add(found)
        return found
