"""The gradient as a module in JavaScript, which needs nothing beside it: what ``ag.source`` gives for this language."""

import ast
import json

from ..writing import Statement, Written
from .expressions import NoForm, expression
from .helpers import translated, variable
from .runtime import runtime

__all__ = ["module"]


def module(written: Written, name: str) -> str:
    """The text of an ES module that exports the function ``name`` and the runtime's ``np``.

    The function takes an object with the arguments by name, numbers or nested lists or arrays of the runtime, and
    returns ``{ value, gradients }`` (and ``products`` at order 2).

    ValueError names what has no form in JavaScript.
    """
    try:
        if written.python:
            raise NoForm(written.python[0])
        helpers, known = translated(written.functions)
        body = _body(written, known)
    except NoForm as error:
        raise ValueError(f"source: {error}\n  ag.source(output) writes NumPy code") from None
    return "\n".join(
        [
            "// The value and its gradients: an ES module, which needs nothing beside it.",
            "",
            runtime(),
            *[f"{helper}\n" for helper in helpers],
            f"function {name}(given) {{",
            *[f"  {line}" for line in body],
            "}",
            "",
            f"export {{ {name}, np }};",
            "",
        ]
    )


def _body(written: Written, known: dict[str, list[str]]) -> list[str]:
    def of(tree: ast.expr) -> str:
        return expression(tree, variable, known)

    lines = [f"const {variable(one)} = np.array(given[{json.dumps(one)}]);" for one in written.arguments]
    part, section = "forward", ""
    for one in written.statements:
        if (one.part, one.section) != (part, section):
            part, section = one.part, one.section
            lines += ["", f"// {part}{f', {section}' if section else ''}"]
        lines.append(f"const {_targets(one)} = {of(one.value)};")
    results = [f"value: {of(written.value)}"]
    for what, found in (("gradients", written.gradients), ("products", written.products)):
        if found:
            results.append(f"{what}: {{ {', '.join([f'{json.dumps(n)}: {of(tree)}' for n, tree in found.items()])} }}")
    return [*lines, "", f"return {{ {', '.join(results)} }};"]


def _targets(one: Statement) -> str:
    names = ["" if target == "_" else variable(target) for target in one.targets]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
