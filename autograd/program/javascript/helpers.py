"""Helper functions of ``ag.source`` in JavaScript, translated from their Python.

Functions of formulas alone are: assignments, choices and a return. What loops, or writes into arrays, the runtime has
in loops of its own.
"""

import ast
from typing import Any

from ..code import helpers_of
from .expressions import NoForm, expression
from .runtime import PARAMETERS

__all__ = ["translated", "variable"]

RESERVED = set(
    "arguments await break case catch class const continue debugger default delete do else enum export extends false "
    "finally for function if implements import in instanceof interface let new null package private protected public "
    "return static super switch this throw true try typeof var void while with yield np nd Math Number".split()
)


def variable(name: str) -> str:
    """A name of Python as one of JavaScript."""
    return f"{name}_" if name in RESERVED else name


def known_to_runtime(name: str) -> bool:
    """Whether the runtime has the function, under this name or without the underscore before it."""
    return name in PARAMETERS or (name.startswith("_") and name[1:] in PARAMETERS)


def translated(functions: dict[str, Any]) -> tuple[list[str], dict[str, list[str]]]:
    """(declarations, {name: its parameters}) of helper functions and of those that they call.

    NoForm where one cannot be translated.
    """
    wanted = {name: function for name, function in functions.items() if not known_to_runtime(name)}
    constants, helpers = helpers_of(wanted)
    known: dict[str, list[str]] = {}
    named = {one.name: one for one in helpers}
    texts = [_constant(line, known) for line in constants] if named else []
    for name, one in named.items():
        if not known_to_runtime(name):
            try:
                texts.append(_function(ast.parse(one.text).body[0], known))
            except NoForm as error:
                raise NoForm(f"{name} (of {error.what})" if error.what != name else name) from None
    return texts, known


def _constant(line: str, known: dict[str, list[str]]) -> str:
    (tree,) = ast.parse(line).body
    assert isinstance(tree, ast.Assign)
    name = ast.unparse(tree.targets[0])
    return f"const {variable(name)} = {expression(tree.value, variable, known)};"


def _function(tree: Any, known: dict[str, list[str]]) -> str:
    if not isinstance(tree, ast.FunctionDef) or tree.args.vararg or tree.args.kwarg or tree.args.kwonlyargs:
        raise NoForm(getattr(tree, "name", "a function"))
    known[tree.name] = [one.arg for one in tree.args.args]
    given = tree.args.args
    defaults = [None] * (len(given) - len(tree.args.defaults)) + list(tree.args.defaults)
    parameters = [
        variable(one.arg) if default is None else f"{variable(one.arg)} = {expression(default, variable)}"
        for one, default in zip(given, defaults, strict=True)
    ]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own = sorted(variable(name) for name in names - {one.arg for one in given})
    lines = [f"let {', '.join(own)};"] if own else []
    for one in tree.body:
        lines += _statement(one, known)
    body = "\n".join(f"  {line}" for line in lines)
    return f"np.{tree.name} = ({', '.join(parameters)}) => {{\n{body}\n}};"


def _statement(tree: ast.stmt, known: dict[str, list[str]]) -> list[str]:
    def of(one: ast.expr) -> str:
        return expression(one, variable, known)

    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant):
        return []
    if isinstance(tree, ast.Return) and tree.value is not None:
        return [f"return {of(tree.value)};"]
    if isinstance(tree, ast.Assign) and len(tree.targets) == 1:
        (target,) = tree.targets
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        if all(isinstance(one, ast.Name) for one in names):
            return [f"{of(target)} = {of(tree.value)};"]
    if isinstance(tree, ast.If):
        lines = [f"if ({of(tree.test)}) {{", *["  " + x for one in tree.body for x in _statement(one, known)]]
        if tree.orelse:
            lines += ["} else {", *["  " + x for one in tree.orelse for x in _statement(one, known)]]
        return [*lines, "}"]
    raise NoForm(ast.unparse(tree).partition("\n")[0])
