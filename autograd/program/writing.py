"""A Program written down: ``written(program)`` are assignment statements in NumPy's words, with readable names.

What is taken once and has no name of the user's stands inside the expression that takes it.
"""

import ast
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..declaration import EMPTY, parameters_of
from ..tensors import raw
from .code import Code, code_of
from .instructions import Instruction, OfValues, Program, Reference
from .literals import PLACE, filled, literal, place, placed, simplified
from .words import Names

__all__ = ["Statement", "Written", "written"]

WIDTH = 88
"""An expression that would be longer is not made."""


@dataclass(slots=True)
class Statement:
    """``targets = value``.

    targets : the variables, one for each result
    value   : the expression, in the names of variables, arguments, ``np`` and helper functions
    part    : "forward", "backward" or "again"
    section : the module around it, "conv1", or ""
    comment : what it does in words, or ""
    number  : which value of the program it is
    """

    targets: tuple[str, ...]
    value: ast.expr
    part: str
    section: str = ""
    comment: str = ""
    number: int = -1


@dataclass(slots=True)
class Written:
    """What ``written`` returns.

    arguments  : {name: what it was when the program was made}, in the order of the function's parameters
    statements : in their order
    functions  : {name: function} of the helpers that they call
    value      : the name or number of the output
    gradients  : {input's name: the expression of its gradient}
    products   : {input's name: the expression of the Hessian times v}; empty at order 1
    python     : the names of arguments that are functions without NumPy form
    variables  : {number of a value: its expression}
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    functions: dict[str, Any] = field(default_factory=dict)
    value: ast.expr = field(default_factory=lambda: ast.Constant(None))
    gradients: dict[str, ast.expr] = field(default_factory=dict)
    products: dict[str, ast.expr] = field(default_factory=dict)
    python: list[str] = field(default_factory=list)
    variables: dict[int, ast.expr] = field(default_factory=dict)


def written(program: Program) -> Written:
    """The statements of a program, and what goes in and comes out by name."""
    return _Writer(program).run()


@dataclass(slots=True)
class _Line:
    """The expressions of an instruction, with places for values."""

    instruction: Instruction
    numbers: tuple[int, ...]
    expressions: list[ast.expr]
    code: Code
    alive: bool = False

    def of(self, number: int) -> ast.expr:
        return self.expressions[self.numbers.index(number) if len(self.expressions) > 1 else 0]


class _Writer:
    def __init__(self, program: Program) -> None:
        self.program, self.result = program, Written()
        self.functions = self.result.functions
        self.python: dict[str, Any] = {}
        self.extra: dict[int, str] = {}  # {number of what is drawn: what it is called}
        self.lines = [self.line(one) for one in program.instructions]
        self.uses: dict[int, int] = {}
        self.takers: dict[int, _Line] = {}  # {number: an alive line whose expressions take it}
        self.env = self.result.variables
        self.leafs = {program.gradients[n]: n for n in reversed(program.inputs) if n in program.gradients}
        self.scope = _outer(program)

    def run(self) -> Written:
        self.find_alive()
        names = self.names = Names(set(self.functions))
        self.number_named: dict[int, str] = {}
        for number, argument in self.program.arguments.items():
            direction = len(self.program.outputs) > 1 and (argument.name or "").startswith("v_")
            if argument.leaf or direction or number in self.uses:
                wish = argument.name or self.wish_of_argument(number) or "x"
                self.add_argument(number, names.new(wish), argument.value)
        for number, wish in self.extra.items():
            if number in self.uses:
                self.add_argument(number, names.new(wish), raw(self.program.values[number]))
        for wish, function in self.python.items():
            self.result.arguments[wish] = function
            self.result.python.append(wish)
        for number, value in self.program.constants.items():
            self.env[number] = literal(raw(value))
        self.name_forward()
        backward = False
        for line in self.lines:
            if line.alive:
                if line.instruction.part != "forward" and not backward:
                    backward = True
                    self.begin_backward()
                self.write(line)
        if not backward:
            self.begin_backward()
        self.finish()
        return self.result

    # -- expressions with places -------------------------------------------------------------------

    def line(self, one: Instruction) -> _Line:
        more = tuple([name for name in one.params if name not in one.operation.names])
        code = code_of(one.operation, one.rule, more if isinstance(one.operation, OfValues) else ())
        known, places = self.known(one)
        if code is None:
            return self.in_python(one, places)
        self.functions.update(code.functions)
        results = code.expressions(known)
        many = len(results) > 1
        expressions = []
        for number, result in zip(one.outputs, results, strict=False):
            if result is None:
                self.extra[number] = self.name_of_auxiliary(one, number)
                expressions.append(place(number))
            else:
                needed = {node.id for node in ast.walk(result) if isinstance(node, ast.Name)}
                names = {**{name: literal(known[name]) for name in needed if name in known}, **places}
                expressions.append(simplified(result, names, self.functions))
        return _Line(one, one.outputs if many or len(one.outputs) > 1 else one.outputs[:1], expressions, code)

    def name_of_auxiliary(self, one: Instruction, number: int) -> str:
        if isinstance(one.operation, OfValues):
            return one.operation.name
        return one.operation.auxiliaries[one.outputs.index(number) - 1]

    def known(self, one: Instruction) -> tuple[dict[str, Any], dict[str, ast.expr]]:
        """({name: shape or static argument}, {name: place of a value}) of what code can name."""
        op, values = one.operation, self.program.values
        places: dict[str, ast.expr] = {}
        shapes: dict[str, Any] = {}
        inputs = one.inputs if one.rule is None else one.inputs[1:]
        names = [None] * len(inputs) if op.variadic else list(op.inputs)

        def add(name: str, number: int) -> None:
            if self.program.constants.get(number, 0) is None:
                places[name] = ast.Constant(None)
                return
            places[name] = place(number)
            if number in values:
                shapes[f"{name}_shape"] = np.shape(raw(values[number]))

        if one.rule is not None:
            assert one.forward is not None
            first = parameters_of(op.rules[one.rule].function)[0][0]
            add(first, one.inputs[0])
            for name, number in zip(("y", *op.auxiliaries), one.forward.outputs, strict=False):
                add(name, number)
        else:
            add("y", one.outputs[0])
            for name, number in zip(op.auxiliaries, one.outputs[1:], strict=False):
                add(name, number)
                if number not in values:
                    places[name] = ast.Constant(None)
        if op.variadic:
            places[op.inputs[0]] = ast.List([place(number) for number in inputs])
            shapes[f"{op.inputs[0]}_shape"] = [np.shape(raw(values[number])) for number in inputs]
        else:
            for name, number in zip(names, inputs, strict=False):
                add(name, number)
        return {**op.defaults, **one.params, **shapes}, places

    def in_python(self, one: Instruction, places: dict[str, ast.expr]) -> _Line:
        """A call of a function without NumPy form, which the program is given."""
        op = one.operation
        called, function = f"{op.name}", op.forward
        if one.rule is not None:
            rule = op.rules[one.rule]
            called, function = f"{op.name}_by_{op.inputs[one.rule]}", rule.function
            arguments = [n for n, default in parameters_of(function) if default is EMPTY]
        else:
            arguments = [n for n in op.names if n in places or n in one.params]
        known = {**op.defaults, **one.params}
        self.python[called] = function
        given = [places[n] if n in places else literal(known[n]) for n in arguments]
        call = ast.Call(ast.Name(called), given, [])
        return _Line(one, one.outputs, [call], Code((call,)))

    # -- what is needed, and how often -------------------------------------------------------------

    def find_alive(self) -> None:
        program = self.program
        wanted = [*program.outputs, *[program.gradients[n] for n in program.inputs if n in program.gradients]]
        for number in wanted:
            self.use(number)
        for line in reversed(self.lines):
            for number, expression in self.results(line):
                if number in self.uses or (len(line.expressions) == 1 and self.uses.keys() & set(line.numbers)):
                    line.alive = True
                    for taken in placed(expression):
                        if taken != number:
                            self.use(taken)
                            self.takers[taken] = line

    def results(self, line: _Line) -> list[tuple[int, ast.expr]]:
        return list(zip(line.numbers, line.expressions, strict=False))

    def use(self, number: int) -> None:
        self.uses[number] = self.uses.get(number, 0) + 1

    # -- names -------------------------------------------------------------------------------------

    def add_argument(self, number: int, name: str, value: Any) -> None:
        self.result.arguments[name] = value
        self.number_named[number] = name
        self.env[number] = ast.Name(name)

    def wish_of_argument(self, number: int) -> str | None:
        """By what it is to the first instruction that takes it."""
        for one in self.program.instructions:
            if number in one.inputs and one.rule is None and not one.operation.variadic:
                return one.operation.inputs[one.inputs.index(number)]
            for name, value in one.params.items():
                if type(value) is Reference and value.number == number:
                    return name
        return None

    def name_forward(self) -> None:
        """{number: name} of the forward pass, so that gradients can be called by them."""
        ends: dict[tuple[str, ...], int] = {}
        for line in self.lines:
            if line.instruction.part == "forward" and line.alive:
                ends[line.instruction.scope[self.scope :]] = line.numbers[0]
        for line in self.lines:
            one = line.instruction
            if one.part != "forward" or not line.alive:
                continue
            scope = one.scope[self.scope :]
            wish = self.program.names.get(line.numbers[0]) or one.name
            if not wish and scope and ends[scope] == line.numbers[0]:
                wish = ".".join(scope)
            if wish:
                self.number_named[line.numbers[0]] = self.names.new(wish)

    # -- statements --------------------------------------------------------------------------------

    def write(self, line: _Line) -> None:
        one = line.instruction
        self.enter_gradient_of(one)
        if len(line.expressions) == 1 and len(line.numbers) > 1:
            self.write_several(line)
            return
        for number, expression in reversed(self.results(line)):  # the result itself may use what is beside it
            if number not in self.uses or number in self.extra:
                continue
            expression = self.filled(expression)
            name = self.name_of(number, one)
            if isinstance(expression, ast.Name | ast.Constant) and not name:
                self.env[number] = expression
            elif name or not self.is_inside(number, expression, one):
                self.assign(number, name, expression, one)
            else:
                self.env[number] = expression

    def write_several(self, line: _Line) -> None:
        """A helper that returns several results."""
        one = line.instruction
        targets = []
        for number in line.numbers:
            name = self.name_of(number, one) if number in self.uses else None
            if number in self.uses and not name:
                wish = one.operation.name if number == line.numbers[0] else self.name_of_auxiliary(one, number)
                name = self.names.new(wish)
            targets.append(name or "_")
            self.env[number] = ast.Name(name or "_")
        value = self.filled(line.expressions[0])
        self.result.statements.append(
            Statement(tuple(targets), value, one.part, self.section_of(one), self.comment_of(one), line.numbers[0])
        )

    def filled(self, expression: ast.expr) -> ast.expr:
        names = {f"{PLACE}{number}": self.env[number] for number in placed(expression) if number in self.env}
        return filled(expression, names, self.functions)

    def name_of(self, number: int, one: Instruction) -> str | None:
        """The variable that a value must have, or None."""
        if one.part == "forward":
            return self.number_named.get(number)
        if number in self.number_named:
            return self.number_named[number]
        of = one.gradient_of if one.gradient_of is not None and one.outputs[0] == number else None
        for source in (of, self.leafs.get(number)):
            if source in self.number_named and one.part == "backward":
                return self.names.new(f"d_{self.number_named[source]}")
        return None

    def is_inside(self, number: int, expression: ast.expr, one: Instruction) -> bool:
        """Whether a value can stand inside the one expression that takes it."""
        if self.uses[number] != 1 or number in self.program.outputs or number in self.leafs:
            return False
        text = ast.unparse(expression)
        if any(f"{name}(" in text for name in self.functions) or len(text) > WIDTH // 2:
            return False
        taker = self.takers.get(number)
        if taker is None or taker.instruction.part != one.part:
            return False
        other = taker.instruction
        if one.part == "forward":
            return one.line == other.line and one.scope == other.scope
        return len(text) <= WIDTH // 2

    def assign(self, number: int, name: str | None, expression: ast.expr, one: Instruction) -> None:
        name = name or self.names.new(self.wish(one))
        self.env[number] = ast.Name(name)
        if one.part == "forward":
            self.number_named.setdefault(number, name)
        self.result.statements.append(
            Statement((name,), expression, one.part, self.section_of(one), self.comment_of(one), number)
        )

    def wish(self, one: Instruction) -> str:
        if one.part == "forward":
            return one.operation.name
        if one.gradient_of is not None and one.part == "backward":
            made = next((line for line in self.lines if one.gradient_of in line.numbers), None)
            known = self.number_named.get(one.gradient_of)
            return f"d_{known or (made.instruction.operation.name if made else 'value')}"
        if one.part == "backward":
            return f"g_{one.operation.name}"
        return f"h_{one.operation.name}"

    def section_of(self, one: Instruction) -> str:
        made = one.forward if one.forward is not None else one
        return ".".join(made.scope[self.scope :])

    def comment_of(self, one: Instruction) -> str:
        """The rule of a gradient in words, of what a helper computes."""
        if one.part != "backward" or one.forward is None or one.of_input is None or one.forward.rule is not None:
            return ""
        op = one.forward.operation
        if isinstance(op, OfValues) or op.variadic:
            return ""
        rule = op.rules[one.of_input]
        known, _ = self.known(one.forward)
        try:
            return op.words_of(rule, known)
        except KeyError:
            return ""

    # -- gradients ---------------------------------------------------------------------------------

    def begin_backward(self) -> None:
        """The gradient of the output itself."""
        output = self.program.outputs[0]
        seed = self.program.gradients.get(output)
        if seed is None:
            return
        known = self.env[output].id if isinstance(self.env[output], ast.Name) else "value"
        name = self.names.new(f"d_{known}")
        self.result.statements.append(Statement((name,), self.env[seed], "backward", "", "", seed))
        self.env[seed] = ast.Name(name)
        self.number_named[seed] = name
        self.given: set[int] = {output}

    def enter_gradient_of(self, one: Instruction) -> None:
        """Where a gradient was passed on unchanged, it gets the name of the value that it is now used for."""
        if one.part != "backward" or one.forward is None:
            return
        of = one.forward.outputs[0]
        number, name = self.program.gradients.get(of), self.number_named.get(of)
        if number is None or not name or of in self.given or number not in self.env:
            return
        self.given.add(of)
        made = self.env[number]
        if isinstance(made, ast.Name) and made.id == f"d_{name}":
            return
        target = self.names.new(f"d_{name}")
        self.result.statements.append(Statement((target,), made, "backward", self.section_of(one.forward), "", number))
        self.env[number] = ast.Name(target)

    def finish(self) -> None:
        program, result = self.program, self.result
        result.value = self.env[program.outputs[0]]
        for i, n in enumerate(program.inputs):
            name = self.number_named.get(n, f"input_{i}")
            result.gradients[name] = self.gradient_of_input(n, name)
            if len(program.outputs) > 1:
                result.products[name] = self.env[program.outputs[1 + i]]

    def gradient_of_input(self, n: int, name: str) -> ast.expr:
        number = self.program.gradients.get(n)
        if number is None:
            return literal(np.zeros(np.shape(raw(self.program.values[n])))[()])
        made = self.env[number]
        if isinstance(made, ast.Name) and made.id.startswith("d_") and made.id == f"d_{name}":
            return made
        target = self.names.new(f"d_{name}")
        last = self.result.statements[-1] if self.result.statements else None
        section = last.section if last else ""
        self.result.statements.append(Statement((target,), made, "backward", section, "", number))
        return ast.Name(target)


def _outer(program: Program) -> int:
    """1 where all modules stand in one outer scope, the model as a whole, which says nothing; else 0."""
    scopes = {one.scope for one in program.instructions if one.part == "forward"} - {()}
    return int(len({scope[0] for scope in scopes}) == 1 and any(len(scope) > 1 for scope in scopes))
