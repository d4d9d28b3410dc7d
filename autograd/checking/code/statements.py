"""The statements of a source file: which of them a line belongs to, and what it may change.

The unit is the statement and not the line: a call over three lines is one step of a derivation.
"""

import ast
import linecache
from typing import Any

COMPOUND = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef, ast.AsyncFor, ast.AsyncWith)
LOOPS = (ast.For, ast.While)
BINDING = (ast.Assign, ast.AnnAssign, ast.NamedExpr)


class Statement:
    """One statement; of a compound one its head.

    path, line, last : the file, its first line and its last
    source : the text of its first line, without indentation
    loop : it is the head of a loop
    binds_only : it gives names new values, and writes into no array by itself
    augments : it is ``x += …``
    reads : the names that it reads
    returned : {position or key of a returned tuple or dict: the variable there}; of one variable {None: it}
    losing : what in it takes a number out of a recording, such as "float(…)", or ""
    """

    __slots__ = ("augments", "binds_only", "last", "line", "losing", "loop", "path", "reads", "returned", "source")

    def __init__(self, path, node, last, source):
        self.path, self.line, self.last, self.source = path, node.lineno, last, source
        self.loop = isinstance(node, LOOPS)
        self.binds_only = isinstance(node, BINDING) and not _writes(node)
        self.augments = isinstance(node, ast.AugAssign)
        self.reads = _names_read(node)
        self.returned = _returned(node) if isinstance(node, ast.Return) else {}
        self.losing = "" if isinstance(node, COMPOUND) else _losing(node)

    def __repr__(self):
        return f"<Statement {self.line}: {self.source}>"


def _writes(node):
    """Whether an assignment stores into something, or hands on where to: ``x[0] = 1``, ``self.x = 1``, ``out=x``."""
    for one in ast.walk(node):
        if isinstance(one, ast.Subscript | ast.Attribute) and isinstance(one.ctx, ast.Store):
            return True
        if isinstance(one, ast.keyword) and one.arg == "out":
            return True
    return False


def _names_read(node):
    parts = [node.test] if isinstance(node, ast.While | ast.If) else [node.iter] if isinstance(node, ast.For) else []
    parts = parts or ([] if isinstance(node, COMPOUND) else [node])
    read = {one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name) and _is_read(one)}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        read.add(node.target.id)
    return read


def _returned(node):
    value = node.value
    pairs: list[tuple[Any, Any]] = [(None, value)]
    if isinstance(value, ast.Tuple | ast.List):
        pairs = list(enumerate(value.elts))
    elif isinstance(value, ast.Dict):
        pairs = [(key.value, one) for key, one in zip(value.keys, value.values, strict=True) if _is_constant(key)]
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        pairs = [(one.arg, one.value) for one in value.keywords if one.arg]
    return {key: ast.unparse(one) for key, one in pairs if isinstance(one, ast.Name | ast.Attribute | ast.Subscript)}


def _is_constant(key):
    return isinstance(key, ast.Constant)


def _losing(node):
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in ("float", "int"):
            return f"{one.func.id}(…)"
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            if one.func.attr in ("item", "tolist"):
                return f".{one.func.attr}()"
            if isinstance(one.func.value, ast.Name) and one.func.value.id == "math":
                return f"math.{one.func.attr}(…)"
    return ""


def _is_read(name):
    return isinstance(name.ctx, ast.Load)


class Source:
    """The text of a file, and its statements by line."""

    def __init__(self, path):
        self.path = path
        self.lines = [line.rstrip("\n") for line in linecache.getlines(path)]
        self.by_line = {}
        self.functions = []  # (first line, last line, name)
        try:
            tree = ast.parse("\n".join(self.lines)) if self.lines else None
        except SyntaxError:  # such as a template that was filled in
            tree = None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.stmt):
                self._add(node)
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *[one.lineno for one in node.decorator_list]])
                self.functions.append((first, node.end_lineno, node.name))

    def _add(self, node):
        last = node.end_lineno
        if isinstance(node, COMPOUND):
            last = max(node.lineno, node.body[0].lineno - 1)
        statement = Statement(self.path, node, last, self.text(node.lineno).strip())
        for line in range(node.lineno, last + 1):
            known = self.by_line.get(line)
            # of several statements in one line the first stands for them; of a head and its body the head
            if known is None or known.line < statement.line:
                self.by_line[line] = statement

    def text(self, line):
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""

    def function_at(self, line):
        """(first line, last line) of the innermost function that a line stands in, or of the line alone."""
        around = [(first, last) for first, last, _ in self.functions if first <= line <= last]
        return max(around, default=(line, line))
