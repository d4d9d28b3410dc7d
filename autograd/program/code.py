"""The NumPy form of an operation, of a rule, of a function of values: what ``ag.source`` writes in its place.

``code_of(operation)`` and ``code_of(operation, i)``, of the rule of an input, are a ``Code``. It comes from ``code=``
of the declaration. Where none is given, it is read off the function itself: a function of NumPy's is called by its
name, a lambda gives its expression, a function of NumPy alone its text.
"""

import ast
import inspect
import linecache
import math
import operator
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..declaration import CodeBy, parameters_of, registry
from .instructions import OfValues
from .literals import literal, simplified

__all__ = ["Code", "Helper", "code_of", "helpers_of"]

OPERATORS = {
    operator.add: "a + b", operator.sub: "a - b", operator.mul: "a * b", operator.truediv: "a / b", operator.neg: "-a",
    operator.pow: "a ** b", operator.mod: "a % b", operator.floordiv: "a // b",
    np.greater: "a > b", np.greater_equal: "a >= b", np.less: "a < b", np.less_equal: "a <= b", np.equal: "a == b",
    np.not_equal: "a != b", np.bitwise_and: "a & b", np.bitwise_or: "a | b", np.bitwise_xor: "a ^ b",
    np.bitwise_not: "~a",
}  # fmt: skip
"""{a function: its expression in Python}."""


@dataclass(frozen=True)
class Code:
    """Expressions, one for each result; None for one that is drawn or given from outside.

    by : a function of shapes and static arguments in place of the expressions: it returns them as text
    functions : {name: the function} of what the expressions call beside NumPy
    """

    results: tuple[ast.expr | None, ...] = ()
    by: Callable[..., Any] | None = None
    functions: dict[str, Any] = field(default_factory=dict)

    def expressions(self, known: dict[str, Any]) -> tuple[ast.expr | None, ...]:
        """One for each result, from {name: value} of the shapes and static arguments."""
        if self.by is None:
            return self.results
        texts = self.by(**{name: known[name] for name, _ in parameters_of(self.by)})
        return _parsed(texts)


@dataclass(frozen=True)
class Helper:
    """A function that the expressions call: its text, and the modules beside NumPy that it needs."""

    name: str
    text: str
    modules: frozenset[str] = frozenset()


def code_of(called: Any, rule: int | None = None, keywords: tuple[str, ...] = ()) -> Code | None:
    """The Code of an operation or OfValues, or of the rule of input ``rule``; None where there is none.

    keywords : the arguments of an OfValues that are given by name
    """
    if isinstance(called, OfValues):
        return _of_values(called.forward, called.names, keywords)
    if rule is None:
        return _code(called.code, called.forward, tuple(called.names))
    one = called.rules[rule]
    return _code(one.code, one.function, tuple([name for name, _ in parameters_of(one.function)]))


@lru_cache(4096)
def _code(given: Any, function: Any, names: tuple[str, ...]) -> Code | None:
    if isinstance(given, CodeBy):
        return Code(by=given.function, functions=_named_functions(given.functions))
    if isinstance(given, str | tuple):
        return Code(_parsed(given))
    if given is not None:
        return _call_of(given)
    return _derived(function, names)


@lru_cache(4096)
def _of_values(function: Any, names: tuple[str, ...], keywords: tuple[str, ...]) -> Code | None:
    """A call with arguments by position and by name."""
    function = getattr(function, "code", function)
    if function in OPERATORS:
        return Code((_renamed(OPERATORS[function], {"a": names[0], "b": names[-1]}),))
    path = _in_numpy(function)
    functions = {}
    if path is None:
        if not isinstance(function, FunctionType) or not _is_pure(function):
            return None
        path = function.__name__
        functions[path] = function
    called = ast.parse(path, mode="eval").body
    given = [ast.keyword(name, ast.Name(name)) for name in keywords]
    return Code((ast.Call(called, [ast.Name(name) for name in names], given),), functions=functions)


def _parsed(texts: str | tuple[str | None, ...]) -> tuple[ast.expr | None, ...]:
    if isinstance(texts, str):
        texts = (texts,)
    return tuple([None if one is None else ast.parse(one, mode="eval").body for one in texts])


def _named_functions(functions: Any) -> dict[str, Any]:
    return {one.__name__: one for one in functions}


def _call_of(function: Any, name: str | None = None) -> Code:
    """A call of a helper function, its arguments by name."""
    name = name or function.__name__
    positional, keywords = [], []
    for parameter, default in parameters_of(function):
        if default is inspect.Parameter.empty:
            positional.append(ast.Name(parameter))
        else:
            keywords.append(ast.keyword(parameter, ast.Name(parameter)))
    return Code((ast.Call(ast.Name(name), positional, keywords),), functions={name: function})


def _derived(function: Any, names: tuple[str, ...]) -> Code | None:
    """What can be read off a function."""
    function = inspect.unwrap(function)
    if function in OPERATORS:
        return Code((_renamed(OPERATORS[function], {"a": names[0], "b": names[-1]}),))
    path = _in_numpy(function)
    if path is not None:
        return Code((ast.Call(ast.parse(path, mode="eval").body, [ast.Name(name) for name in names], []),))
    try:
        if not isinstance(function, FunctionType) or not _is_pure(function):
            return None
    except OSError:  # of a function without text, typed in or made by exec
        return None
    if function.__name__ == "<lambda>":
        numbers = {name: literal(value) for name, value in _globals_of(function) if _is_number(value)}
        body = simplified(_tree_of(function).body, numbers, {})
        return Code((body,), functions=dict(_functions_of(function)))
    return _call_of(function)


def _in_numpy(function: Any) -> str | None:
    """ "np.exp", "np.linalg.inv", for a function of NumPy's; else None."""
    name = getattr(function, "__name__", "")
    for path, module in (("np", np), ("np.linalg", np.linalg)):
        if getattr(module, name, None) is function or inspect.unwrap(getattr(module, name, None) or len) is function:
            return f"{path}.{name}"
    return None


# -- functions of NumPy alone ------------------------------------------------------------------


def _is_pure(function: FunctionType, seen: frozenset[Any] = frozenset()) -> bool:
    """Whether a function, and what it calls, needs NumPy, numbers, Python and functions like it alone."""
    if function in seen:
        return True
    if function.__closure__ or function.__code__.co_flags & inspect.CO_GENERATOR:
        return False
    try:
        named = [value for _, value in _globals_of(function)]
    except (OSError, SyntaxError):  # its text is not to be had
        return False
    for value in named:
        if value is np or value is math or _is_number(value):
            continue
        value = inspect.unwrap(value) if callable(value) else value
        if not isinstance(value, FunctionType):
            return False
        if value not in _forwards() and not _is_pure(value, seen | {function}):
            return False
    return True


def _is_number(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(_is_number(one) for one in value)
    return value is None or isinstance(value, int | float | str)


def _globals_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """(name, value) of the globals that a function names."""
    own = {*function.__code__.co_varnames, *function.__code__.co_cellvars}
    for node in ast.walk(_tree_of(function)):
        if isinstance(node, ast.Name) and node.id not in own and node.id in function.__globals__:
            yield node.id, function.__globals__[node.id]


def _functions_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, value in _globals_of(function):
        if callable(value) and not isinstance(value, ModuleType):
            yield name, value


def _forwards() -> dict[Any, Any]:
    """{forward: its Operation} of the declared operations whose code is given."""
    return _forwards_of(len(registry))


@lru_cache(1)
def _forwards_of(count: int) -> dict[Any, Any]:
    return {inspect.unwrap(op.forward): op for op in registry.values() if op.code is not None and _hashable(op)}


def _hashable(op: Any) -> bool:
    return isinstance(inspect.unwrap(op.forward), FunctionType)


@lru_cache(4096)
def _tree_of(function: FunctionType) -> Any:
    """The tree of a function's definition, or of a lambda."""
    code = function.__code__
    if function.__name__ != "<lambda>":
        return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    lines = linecache.getlines(code.co_filename, function.__globals__)
    places = set(code.co_positions())
    for node in ast.walk(_parsed_file("".join(lines))):
        if isinstance(node, ast.Lambda):
            body = node.body
            if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in places:
                return node
    raise OSError(f"the text of {function!r} is not to be had")


@lru_cache(64)
def _parsed_file(text: str) -> ast.Module:
    return ast.parse(text)


def _renamed(text: str, names: dict[str, str]) -> ast.expr:
    tree = ast.parse(text, mode="eval").body
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return tree


# -- their texts -------------------------------------------------------------------------------


def helpers_of(functions: dict[str, Any]) -> tuple[list[str], list[Helper]]:
    """(lines of constants, the Helpers) of functions by name and of what they call, callees first."""
    constants: dict[str, str] = {}
    made: dict[str, Helper] = {}
    for name in sorted(functions):
        _add(name, functions[name], constants, made)
    return [f"{name} = {value}" for name, value in constants.items()], list(made.values())


def _add(name: str, function: Any, constants: dict[str, str], made: dict[str, Helper]) -> None:
    if name in made:
        return
    function = inspect.unwrap(function)
    operation = _forwards().get(function)
    if operation is not None:
        code = code_of(operation)
        (helper,) = code.functions.values() if code.functions else (None,)
        if helper is None or getattr(helper, "__name__", "") != name or code.by:
            definition = _definition(name, list(operation.names), code.results[0])
            for other, value in code.functions.items():
                _add(other, value, constants, made)
            made[name] = Helper(name, definition)
            return
        function = helper
    modules = set()
    for other, value in _globals_of(function):
        if value is np:
            continue
        if isinstance(value, ModuleType):
            modules.add(value.__name__)
        elif _is_number(value):
            constants[other] = repr(value)
        elif other != name:
            _add(other, value, constants, made)
    if function.__name__ == "<lambda>":
        tree = _tree_of(function)
        text = _definition(name, [one.arg for one in tree.args.args], tree.body)
    else:
        text = textwrap.dedent(inspect.getsource(function)).rstrip()
        text = text[text.index("def ") :]  # without decorators
    made[name] = Helper(name, text, frozenset(modules))


def _definition(name: str, names: list[str], body: Any) -> str:
    return f"def {name}({', '.join(names)}):\n    return {ast.unparse(ast.fix_missing_locations(body))}"
