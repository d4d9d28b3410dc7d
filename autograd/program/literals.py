"""Values and trees of code: numbers, shapes and indices as literals, and what may be left out of an expression."""

import ast
import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ..declaration import parameters_of
from .instructions import Reference

__all__ = ["PLACE", "filled", "literal", "place", "placed", "simplified"]

PLACE = "__value_"


def place(number: int) -> ast.expr:
    """What stands for the value of this number until it has a name."""
    return ast.Name(f"{PLACE}{number}")


def placed(tree: ast.AST) -> list[int]:
    """The numbers whose places stand in a tree, as often as they do."""
    return [
        int(node.id[len(PLACE) :])
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id.startswith(PLACE)
    ]


def literal(value: Any) -> ast.expr:
    """A number, string, shape, index or small array as code; a Reference as the place of its value."""
    if type(value) is Reference:
        return place(value.number)
    if isinstance(value, slice):
        return ast.Slice(*[None if one is None else literal(one) for one in (value.start, value.stop, value.step)])
    if isinstance(value, tuple):
        return ast.Tuple([literal(one) for one in value], ast.Load())
    if isinstance(value, list | range):
        return ast.List([literal(one) for one in value], ast.Load())
    if isinstance(value, dict):
        return ast.Dict([literal(one) for one in value], [literal(one) for one in value.values()])
    if isinstance(value, np.ndarray) and value.ndim:
        return _array(value)
    if isinstance(value, np.ndarray | np.generic):
        return literal(float(str(np.asarray(value)[()])) if value.dtype.kind == "f" else value.item())
    if isinstance(value, bool) or value is None or value is ... or isinstance(value, str):
        return ast.Constant(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, type | np.dtype):
        return ast.parse(f"np.{np.dtype(value).name}", mode="eval").body
    raise ValueError(f"source: this argument has no form as code\n  argument: {value!r}")


def _number(value: float) -> ast.expr:
    if value != value:
        return _np("nan")
    size = _np("inf") if abs(value) == np.inf else ast.Constant(abs(value))
    return ast.UnaryOp(ast.USub(), size) if np.signbit(value) else size


def _np(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("np"), name)


def _array(value: np.ndarray) -> ast.expr:
    for number, name in ((0, "zeros"), (1, "ones")):
        if value.dtype == np.float64 and np.all(value == number):
            return ast.Call(_np(name), [literal(value.shape)], [])
    kind = [] if value.dtype.kind in "b" or value.size else [ast.keyword("dtype", literal(value.dtype))]
    if value.dtype not in (np.float64, np.int64, np.bool):
        kind = [ast.keyword("dtype", literal(value.dtype))]
    return ast.Call(_np("array"), [literal(value.tolist())], kind)


# -- what may be left out ------------------------------------------------------------------------


def simplified(tree: ast.expr, names: dict[str, ast.expr], functions: dict[str, Callable[..., Any]]) -> ast.expr:
    """An expression with other expressions in place of its names, and without what says nothing.

    A choice whose condition is known is made; arguments that are the default are not written.
    """
    return filled(_copy(tree), names, functions)


def filled(tree: ast.expr, names: dict[str, ast.expr], functions: dict[str, Callable[..., Any]]) -> ast.expr:
    """The same, made of the tree itself, which is used up."""
    return _Filled(names, functions).visit(tree)


def _copy(tree: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(ast.fix_missing_locations(tree)), mode="eval").body


class _Filled(ast.NodeTransformer):
    def __init__(self, names: dict[str, ast.expr], functions: dict[str, Callable[..., Any]]) -> None:
        self.names, self.functions = names, functions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.names.get(node.id, node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test = self.visit(node.test)
        known = _value_of(test)
        if known is _UNKNOWN:
            return ast.IfExp(test, self.visit(node.body), self.visit(node.orelse))
        return self.visit(node.body if known else node.orelse)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        node = ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 1:
            return node.left
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return ast.Subscript(self.visit(node.value), self.visit(node.slice), node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        called = self.visit(node.func) if not isinstance(node.func, ast.Name) else node.func
        args = [_as_argument(one) for one in self.arguments(node.args)]
        keywords = [ast.keyword(one.arg, _as_argument(self.visit(one.value))) for one in node.keywords]
        if isinstance(called, ast.Name) and called.id in self.functions:
            defaults = dict(parameters_of(self.functions[called.id]))
            keywords = [one for one in keywords if not _is(one.value, defaults.get(one.arg or ""))]
        elif isinstance(called, ast.Attribute):
            defaults = _defaults_in_numpy(ast.unparse(called))
            keywords = [one for one in keywords if not _is(one.value, defaults.get(one.arg or "", _UNKNOWN))]
            while (
                len(args) > 1 and len(args) <= len(defaults) and _is(args[-1], list(defaults.values())[len(args) - 1])
            ):
                args.pop()
        return ast.Call(called, args, keywords)

    def arguments(self, given: list[ast.expr]) -> list[ast.expr]:
        found: list[ast.expr] = []
        for one in given:
            if isinstance(one, ast.Starred):
                value = self.visit(one.value)
                found += value.elts if isinstance(value, ast.List) else [ast.Starred(value)]
            else:
                found.append(self.visit(one))
        return found


_UNKNOWN = object()


@lru_cache(1024)
def _defaults_in_numpy(path: str) -> dict[str, Any]:
    """{parameter: its default, _UNKNOWN where it has none} of a function of NumPy's, in their order."""
    function = np
    for name in path.split(".")[1:]:
        function = getattr(function, name, None)
    try:
        parameters = inspect.signature(function).parameters.values() if path.startswith("np.") else ()
    except (TypeError, ValueError):
        return {}
    # keepdims is False, though NumPy has to know whether it was said
    return {
        one.name: _UNKNOWN if one.default is one.empty else False if one.name == "keepdims" else one.default
        for one in parameters
    }


def _is(tree: ast.expr, value: Any) -> bool:
    return value is not _UNKNOWN and ast.dump(tree) == _dumped(value)


def _dumped(value: Any) -> str:
    try:
        return ast.dump(literal(value))
    except (ValueError, TypeError):
        return ""


def _as_argument(tree: ast.expr) -> ast.expr:
    """An index with slices, which stands in brackets alone, as ``np.s_[…]``."""
    if isinstance(tree, ast.Slice) or (
        isinstance(tree, ast.Tuple) and any(isinstance(x, ast.Slice) for x in tree.elts)
    ):
        return ast.Subscript(_np("s_"), tree, ast.Load())
    return tree


def _value_of(tree: ast.expr) -> Any:
    """What a condition comes to, if nothing in it is a value of the program."""
    if isinstance(tree, ast.BoolOp):
        values = [_value_of(one) for one in tree.values]
        if _UNKNOWN in values:
            return _UNKNOWN
        return all(values) if isinstance(tree.op, ast.And) else any(values)
    if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.Is | ast.IsNot):
        none = isinstance(tree.left, ast.Constant) and tree.left.value is None  # a value of the program never is
        return none == isinstance(tree.ops[0], ast.Is)
    return tree.value if isinstance(tree, ast.Constant) else _UNKNOWN
