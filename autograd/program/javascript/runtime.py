"""The runtime: NumPy's functions in JavaScript, a subject a file, joined to one text.

A function is declared as ``np.name = (x, axis = null) => …``: its parameters are read off there, so that no second
list says what there is.
"""

import re
from functools import cache
from importlib.resources import files

__all__ = ["NAMES", "PARAMETERS", "runtime", "text_of"]

NAMES = "arrays elementwise reductions shapes matrices windows".split()
"""The files in the order in which they are joined."""


def text_of(name: str) -> str:
    """The text of one file."""
    return files(__package__).joinpath(f"{name}.js").read_text("utf-8")


@cache
def runtime() -> str:
    """The text of the runtime, which declares ``np``."""
    return "\n".join([text_of(name) for name in NAMES])


def _parameters() -> dict[str, list[str] | None]:
    found: dict[str, list[str] | None] = {}
    for name, parameters, made in re.findall(r"^np\.(\w+) = (?:\((.*)\) =>|(.+))", runtime(), re.MULTILINE):
        if not made:
            found[name] = re.findall(r"(\w+)(?: = [^,]+)?(?:, |$)", parameters)
        else:
            found[name] = found.get(made[3:-1]) if made.startswith("np.") and made.endswith(";") else None
    return found


PARAMETERS = _parameters()
"""{function: the names of its parameters; None where they go by position alone}."""
