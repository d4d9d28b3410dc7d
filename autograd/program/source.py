"""The gradient as a program that can be read: ``ag.source(output)`` is NumPy code for the value and the gradients.

``source(...).numpy()`` is the text of a module with one function, ``value_and_gradients``, that needs NumPy alone.
"""

import ast
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..files import write_whole
from ..markup import html_text
from .code import helpers_of
from .instructions import Program
from .of_graph import program_of
from .writing import Statement, Written, written

__all__ = ["Source", "source"]

WIDTH = 120
LANGUAGES = ("numpy", "javascript")
PARTS = {"forward": "", "backward": "backward", "again": "the Hessian times v"}


class Source:
    """The gradient as code. It prints as its text, and can be called.

    program   : the instructions that it was written from
    written   : the statements as trees, and what goes in and comes out
    language  : "numpy", or "javascript", in which it prints; both are there by the methods of these names
    arguments : {name: array} of what the function takes, with the values that were recorded
    """

    def __init__(self, program: Program, name: str = "value_and_gradients", language: str = "numpy") -> None:
        self.program, self.name, self.language = program, name, language
        self.written: Written = written(program)

    @property
    def arguments(self) -> dict[str, Any]:
        return dict(self.written.arguments)

    def numpy(self) -> str:
        """The text of the module."""
        return _module(self.written, self.name)

    def javascript(self) -> str:
        """The text of an ES module that needs nothing beside it. ValueError names what has no form in JavaScript.

        It exports the function ``value_and_gradients``, which takes an object with the arguments by name (numbers or
        nested lists) and returns ``{ value, gradients }``: numbers, and ``{ shape, data }`` of arrays.
        """
        from .javascript.module import module

        return module(self.written, self.name)

    @property
    def text(self) -> str:
        """The text in its language."""
        return self.numpy() if self.language == "numpy" else self.javascript()

    def to_file(self, path: str | os.PathLike[str]) -> Path:
        """Write the text to a file, whole or not at all; returns its Path. OSError where it cannot be written."""
        return write_whole("source.to_file", path, self.text)

    def __call__(self, **arguments: Any) -> tuple[Any, ...]:
        """Run it, by default with the recorded values: (value, {name: gradient}), at order 2 also {name: product}."""
        unknown = arguments.keys() - self.written.arguments.keys()
        if unknown:
            listed = ", ".join(self.written.arguments)
            raise TypeError(f"source: there is no argument {', '.join(sorted(unknown))}\n  arguments: {listed}")
        space: dict[str, Any] = {}
        exec(compile(self.numpy(), "<ag.source>", "exec"), space)
        with np.errstate(all="ignore"):
            return space[self.name](**{**self.arguments, **arguments})

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return f"```{'python' if self.language == 'numpy' else 'javascript'}\n{self.text}```"

    def _repr_html_(self) -> str | None:
        if self.language != "numpy":
            return None
        return highlighted(self.numpy())


def source(output: Any, inputs: Any = None, *, order: int = 1, language: str = "numpy") -> Source:
    """The value and the gradients of a recorded output as code that can be read and runs alone.

    Parameters
    ----------
    output : a Tensor of one entry, recorded inside ``with ag.tape():``
    inputs : the Tensors that gradients are asked for; by default all that require grad
    order : with 2 the function takes ``v_NAME`` for each input too, and returns the Hessian times v
    language : "numpy", or "javascript": an ES module, in float64 throughout

    Returns a ``Source``, which prints as the text. The function in it takes the inputs, and the arrays and named
    numbers of the graph, and returns (value, {name: gradient}). Other numbers stand in the code. What was drawn at
    random, a dropout's mask, is an argument.

    TypeError where the output is no Tensor; ValueError where it was not recorded on a tape, has several entries, a
    rule cannot be written down, or something has no form in JavaScript.

    >>> import autograd as ag
    >>> w, x = ag.Tensor(0.4, requires_grad=True, name="w"), ag.Tensor(0.6, name="x")
    >>> with ag.tape():
    ...     y = ag.sigmoid(w * x)
    >>> print(ag.source(y))  # doctest: +ELLIPSIS
    \"\"\"The value of y and its gradients.\"\"\"
    ...
    """
    if language not in LANGUAGES:
        raise ValueError(f"source: the language is one of {', '.join(LANGUAGES)}\n  language: {language!r}")
    made = Source(program_of(output, inputs, order, who="source"), language=language)
    if language == "javascript":
        made.javascript()  # what has no such form is said here
    return made


# -- the text --------------------------------------------------------------------------------------


def _module(written: Written, name: str) -> str:
    constants, helpers = helpers_of(written.functions)
    what = ast.unparse(written.value) if isinstance(written.value, ast.Name) else "the output"
    also = ", and the Hessian times v" if written.products else ""
    modules = sorted({module for one in helpers for module in one.modules} - {"numpy"})
    lines = [f'"""The value of {what} and its gradients{also}."""', ""]
    lines += [f"import {module}" for module in modules]
    lines += [""] * bool(modules) + ["import numpy as np", ""]
    lines += [*constants, ""] if constants else []
    for one in helpers:
        lines += ["", one.text, ""]
    return "\n".join([*lines, "", *_function(written, name), ""])


def _function(written: Written, name: str) -> list[str]:
    lines = _call(f"def {name}(", list(written.arguments), "):")
    for one in written.python:
        lines.append(f"    # {one} has no NumPy form: it is called as it is, and given as an argument")
    part, section = "forward", ""
    for one in written.statements:
        if one.part != part:
            part, section = one.part, ""
            lines += ["", f"    # {PARTS[part]}"]
        if one.section != section:
            section = one.section
            lines += [f"    # -- {section} --"] if section else []
        lines += _statement(one)
    tables = [written.gradients, *([written.products] if written.products else [])]
    return [*lines, "", *_returned(ast.unparse(written.value), tables)]


def _returned(value: str, tables: list[dict[str, ast.expr]]) -> list[str]:
    pairs = [[f'"{name}": {ast.unparse(one)}' for name, one in table.items()] for table in tables]
    line = f"    return {', '.join([value, *['{' + ', '.join(some) + '}' for some in pairs]])}"
    if len(line) <= WIDTH:
        return [line]
    lines = [f"    return {value}, {{"]
    for i, some in enumerate(pairs):
        lines += ["    }, {"] * (i > 0) + _in_lines(some, "        ")
    return [*lines, "    }"]


def _call(start: str, parts: list[str], end: str) -> list[str]:
    line = f"{start}{', '.join(parts)}{end}"
    return [line] if len(line) <= WIDTH else [start, *_in_lines(parts, "    "), end]


def _in_lines(parts: list[str], indent: str) -> list[str]:
    """Parts with commas, as many in a line as fit."""
    lines = [""]
    for part in parts:
        if lines[-1] and len(f"{indent}{lines[-1]} {part},") > WIDTH:
            lines.append("")
        lines[-1] += f" {part}," if lines[-1] else f"{part},"
    return [indent + line for line in lines]


def _statement(one: Statement) -> list[str]:
    value = ast.unparse(ast.fix_missing_locations(one.value))
    line = f"    {', '.join(one.targets)} = {value}"
    comment = f"  # {one.comment}" if one.comment else ""
    if comment and len(line + comment) > WIDTH:
        return [f"    # {one.comment}"[:WIDTH], line]
    return [line + comment]


# -- in colour -------------------------------------------------------------------------------------


def highlighted(text: str) -> str:
    """Python text as HTML, with keywords, comments, strings and numbers in colours that suit light and dark pages."""
    import io
    import keyword
    import tokenize

    lines = text.splitlines(keepends=True)
    kinds = {tokenize.COMMENT: "#6a8759", tokenize.STRING: "#a5732d", tokenize.NUMBER: "#3d8fb5"}
    found, row, column = [], 1, 0

    def up_to(end_row: int, end_column: int) -> str:
        nonlocal row, column
        piece = ""
        while row < end_row:
            piece += lines[row - 1][column:]
            row, column = row + 1, 0
        if row <= len(lines):
            piece += lines[row - 1][column:end_column]
        column = end_column
        return piece

    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        found.append(html_text(up_to(*token.start)))
        piece = html_text(up_to(*token.end))
        colour = "#b5543d" if keyword.iskeyword(token.string) else kinds.get(token.type)
        found.append(f'<span style="color:{colour}">{piece}</span>' if colour and piece else piece)
    return f'<pre style="overflow-x:auto">{"".join(found)}</pre>'
