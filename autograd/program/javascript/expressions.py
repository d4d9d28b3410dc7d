"""Expressions of Python in NumPy's words, as calls of the runtime's functions."""

import ast
import json
from collections.abc import Callable
from typing import Any

from .runtime import PARAMETERS

__all__ = ["NoForm", "expression"]


class NoForm(ValueError):
    """Something has no form in JavaScript; ``what`` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} has no form in JavaScript")
        self.what = what


OPERATORS = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
    ast.Mod: "remainder", ast.FloorDiv: "floor_divide", ast.MatMult: "matmul", ast.BitAnd: "logical_and",
    ast.BitOr: "logical_or", ast.USub: "negative", ast.Invert: "logical_not", ast.Eq: "equal", ast.NotEq: "not_equal",
    ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal",
}  # fmt: skip
"""{operator of Python: the runtime's function}."""

BUILTINS = {
    "len": "nd.len", "range": "nd.range", "tuple": "nd.list", "list": "nd.list", "math.prod": "nd.size",
    "min": "Math.min", "max": "Math.max", "abs": "Math.abs", "int": "Math.trunc", "float": "Number", "bool": "Boolean",
}  # fmt: skip

DTYPES = {"float": "float64", "int": "int64", "bool": "bool"}

CONSTANTS = {"inf": "Infinity", "nan": "NaN", "pi": "Math.PI", "e": "Math.E", "newaxis": "null"}

ATTRIBUTES = {"T": "transpose", "shape": "shape", "ndim": "ndim", "size": "size", "dtype": "_dtype"}


def expression(tree: ast.expr, name: Callable[[str], str], helpers: dict[str, list[str]] | None = None) -> str:
    """The expression in JavaScript.

    name    : what a variable is called there
    helpers : {function beside the runtime's: its parameters}

    NoForm where it has none.
    """
    return _Translator(name, helpers or {}).of(tree)


class _Translator:
    def __init__(self, name: Callable[[str], str], helpers: dict[str, list[str]]) -> None:
        self.name, self.helpers = name, helpers

    def of(self, tree: ast.AST) -> str:
        translate = getattr(self, f"of_{type(tree).__name__}", None)
        if translate is None:
            raise NoForm(ast.unparse(tree))
        return translate(tree)

    def listed(self, trees: list[ast.expr]) -> str:
        return ", ".join([self.of(one) for one in trees])

    def of_Name(self, tree: ast.Name) -> str:
        if tree.id in DTYPES:
            return json.dumps(DTYPES[tree.id])
        return self.name(tree.id)

    def of_Constant(self, tree: ast.Constant) -> str:
        if tree.value is ...:
            return '"..."'
        if not isinstance(tree.value, bool | int | float | str | None):
            raise NoForm(repr(tree.value))
        return json.dumps(tree.value).replace("<", "\\u003c")

    def of_Tuple(self, tree: ast.Tuple) -> str:
        return f"[{self.listed(tree.elts)}]"

    def of_List(self, tree: ast.List) -> str:
        return f"[{self.listed(tree.elts)}]"

    def of_Starred(self, tree: ast.Starred) -> str:
        return f"...{self.of(tree.value)}"

    def of_IfExp(self, tree: ast.IfExp) -> str:
        return f"({self.of(tree.test)} ? {self.of(tree.body)} : {self.of(tree.orelse)})"

    def of_BoolOp(self, tree: ast.BoolOp) -> str:
        return "(" + (" && " if isinstance(tree.op, ast.And) else " || ").join(map(self.of, tree.values)) + ")"

    def of_UnaryOp(self, tree: ast.UnaryOp) -> str:
        if isinstance(tree.op, ast.Not):
            return f"!{self.of(tree.operand)}"
        if isinstance(tree.op, ast.USub) and isinstance(tree.operand, ast.Constant):
            return f"-{self.of(tree.operand)}"
        return f"{self.operator(tree.op)}({self.of(tree.operand)})"

    def of_BinOp(self, tree: ast.BinOp) -> str:
        return f"{self.operator(tree.op)}({self.of(tree.left)}, {self.of(tree.right)})"

    def of_Compare(self, tree: ast.Compare) -> str:
        if len(tree.ops) > 1:
            raise NoForm(ast.unparse(tree))
        op, left, right = tree.ops[0], self.of(tree.left), self.of(tree.comparators[0])
        if isinstance(op, ast.Is | ast.IsNot):
            return f"({left} {'===' if isinstance(op, ast.Is) else '!=='} {right})"
        if isinstance(op, ast.In | ast.NotIn):
            return f"{'!' * isinstance(op, ast.NotIn)}{right}.includes({left})"
        return f"{self.operator(op)}({left}, {right})"

    def operator(self, op: ast.AST) -> str:
        if type(op) not in OPERATORS:
            raise NoForm(type(op).__name__)
        return f"np.{OPERATORS[type(op)]}"

    def of_Attribute(self, tree: ast.Attribute) -> str:
        if isinstance(tree.value, ast.Name) and tree.value.id == "np":
            return CONSTANTS.get(tree.attr) or json.dumps(tree.attr)  # what is left are dtypes
        if tree.attr == "kind" and isinstance(tree.value, ast.Attribute) and tree.value.attr == "dtype":
            return f"nd.kind({self.of(tree.value.value)})"
        if tree.attr not in ATTRIBUTES:
            raise NoForm(ast.unparse(tree))
        return f"np.{ATTRIBUTES[tree.attr]}({self.of(tree.value)})"

    def of_ListComp(self, tree: ast.ListComp | ast.GeneratorExp) -> str:
        if len(tree.generators) > 1 or not isinstance(tree.generators[0].target, ast.Name):
            raise NoForm(ast.unparse(tree))
        (one,) = tree.generators
        name, listed = self.of(one.target), self.of(one.iter)
        for condition in one.ifs:
            listed += f".filter(({name}) => {self.of(condition)})"
        return f"{listed}.map(({name}) => {self.of(tree.elt)})"

    of_GeneratorExp = of_ListComp

    # -- indices -----------------------------------------------------------------------------------

    def of_Subscript(self, tree: ast.Subscript) -> str:
        if ast.unparse(tree.value) == "np.s_":
            return self.index(tree.slice)
        return f"np.at({self.of(tree.value)}, {self.index(tree.slice)})"

    def index(self, tree: ast.expr) -> str:
        many = isinstance(tree, ast.Slice) or (isinstance(tree, ast.Constant) and tree.value in (None, ...))
        return f"[{self.of(tree)}]" if many or isinstance(tree, ast.List) else self.of(tree)

    def of_Slice(self, tree: ast.Slice) -> str:
        parts = ["null" if one is None else self.of(one) for one in (tree.lower, tree.upper, tree.step)]
        return f"{{ slice: [{', '.join(parts)}] }}"

    # -- calls -------------------------------------------------------------------------------------

    def of_Call(self, tree: ast.Call) -> str:
        called = tree.func
        if ast.unparse(called) == "math.prod":
            return f"{BUILTINS['math.prod']}({self.listed(tree.args)})"
        if isinstance(called, ast.Attribute) and ast.unparse(called.value).partition("(")[0] not in (
            "np",
            "np.linalg",
            "math",
        ):
            if called.attr not in PARAMETERS:
                raise NoForm(ast.unparse(called))
            return self.call(called.attr, ast.Call(called, [called.value, *tree.args], tree.keywords))
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if isinstance(called, ast.Name) and name == "slice":
            parts = (
                [*tree.args, *[ast.Constant(None)] * 3][:3] if len(tree.args) > 1 else [ast.Constant(None), *tree.args]
            )
            return f"{{ slice: [{self.listed(parts)}] }}"
        if isinstance(called, ast.Name) and name in BUILTINS and name not in self.helpers:
            return f"{BUILTINS[name]}({self.listed(tree.args)})"
        if isinstance(called, ast.Attribute) and ast.unparse(called) != f"np.{name}":
            raise NoForm(ast.unparse(called))
        return self.call(name, tree)

    def argument(self, tree: ast.expr, name: str | None) -> str:
        return self.index(tree) if name == "index" else self.of(tree)

    def call(self, name: str, tree: ast.Call) -> str:
        name = name[1:] if name.startswith("_") and name[1:] in PARAMETERS else name
        if name not in PARAMETERS and name not in self.helpers:
            raise NoForm(ast.unparse(tree.func))
        known = PARAMETERS[name] if name in PARAMETERS else self.helpers[name]
        names = [*(known or []), *[""] * len(tree.args)]
        given = [self.argument(one, of) for one, of in zip(tree.args, names, strict=False)]
        for one in tree.keywords:
            if not known or one.arg not in known or known.index(one.arg) < len(tree.args):
                raise NoForm(f"{one.arg}= of {ast.unparse(tree.func)}")
        keywords: dict[str, Any] = {one.arg or "": self.argument(one.value, one.arg) for one in tree.keywords}
        last = max([known.index(one) for one in keywords], default=-1) if known else -1
        given += [keywords.get(one, "undefined") for one in (known or [])[len(given) : last + 1]]
        return f"np.{name}({', '.join(given)})"
