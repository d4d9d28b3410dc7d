"""The instructions of a program as statements of JavaScript: every value stands in ``v`` by its number."""

import ast
from dataclasses import dataclass, field

from ..instructions import Instruction, Program
from ..literals import PLACE
from ..writing import _Writer
from .expressions import NoForm, expression
from .helpers import translated

__all__ = ["Lines", "javascript_lines"]


@dataclass(slots=True)
class Lines:
    """What ``javascript_lines`` returns.

    helpers : declarations that stand before
    lines   : the statements
    drawn   : the numbers of values that were drawn at random, which ``v`` must hold like the arguments
    """

    helpers: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)


def javascript_lines(program: Program) -> Lines:
    """The program in JavaScript. NoForm names the operation and what of it has none."""
    found, writer = Lines(), _Writer(program)
    for line in writer.lines:
        one = line.instruction
        try:
            helpers, known = translated(line.code.functions)
            found.helpers += [text for text in helpers if text not in found.helpers]
            drawn = [number for number in one.outputs if number in writer.extra]
            found.lines += _statements(list(line.numbers), line.expressions, known, drawn)
        except NoForm as error:
            raise NoForm(f"{_called(one)} ({error.what})") from None
        found.drawn += [number for number in drawn if number in program.values]
    return found


def _called(one: Instruction) -> str:
    return f"{one.operation.name}" if one.rule is None else f"the rule of {one.operation.name}"


def _statements(numbers: list[int], trees: list[ast.expr], known: dict[str, list[str]], drawn: list[int]) -> list[str]:
    if len(trees) == 1 and len(numbers) > 1:
        return [f"[{', '.join([f'v[{n}]' for n in numbers])}] = {expression(trees[0], _value, known)};"]
    pairs = list(zip(numbers, trees, strict=False))
    # the result itself may use what is beside it
    return [f"v[{n}] = {expression(tree, _value, known)};" for n, tree in reversed(pairs) if n not in drawn]


def _value(name: str) -> str:
    if name.startswith(PLACE):
        return f"v[{int(name.removeprefix(PLACE))}]"
    if name.startswith("_") and name.isidentifier():
        return name  # a constant of the helpers
    raise NoForm(name)
