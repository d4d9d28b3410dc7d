"""What boxes are called: in the picture with a few signs, in sentences so that each is told from the others."""

from math import prod

import numpy as np

from ..labels import infix, name_of
from ..text import clean, digits
from .layouts import text_width

WIDEST = 250
"""A box is at most so many pixels wide."""

BOLD = 1.08
"""Bold text is so much wider."""

LONGEST_NUMBER = "∂ −0.000123456"
"""As a box shows it."""

STAMP = 36
"""Pixels that a small heat map takes in the box of an array."""

HOLE = "▫"
"""Stands for an operand that has no name and is too long to write out."""

_LOOSE, _TIGHT = "+−-", "×÷·/⊙^"


class Words:
    """The words of one graph.

    expressions : {box: how it came about, written out as far as is short: "w1 × i1 + w2 × i2"}
    labels      : {box: a name that no other box has, but for plain numbers}
    """

    def __init__(self, graph):
        self.graph = graph
        self.expressions = {}
        self.labels = {}
        taken = {}
        for box in graph.boxes:  # operands come before what is made from them
            self.expressions[box] = self._expression(box)
            text = self._label(box)
            count = taken[text] = taken.get(text, 0) + 1
            number = box.role == "constant" and box.like is not None and box.like[0] == ()
            self.labels[box] = text if count == 1 or number else f"{text} ({count})"

    def _expression(self, box):
        op = box.operation
        if op is None:
            return ""
        into = self.graph.into[box]
        if infix(box) and len(into) == 2:
            a, b = [edge.tail for edge in into]
            sides = [self._operand(a, op.symbol), self._operand(b, op.symbol, right=True)]
            if any(side != HOLE for side in sides):
                return f"{sides[0]} {clean(op.symbol, 12)} {sides[1]}"
        elif len(into) == 1 and len(op.inputs) == 1 and self._operand(into[0].tail) != HOLE:
            called = op.symbol if op.kind in ("elementwise", "activation", "softmax") else op.name
            return f"{clean(called, 24)}({self._operand(into[0].tail)})"
        return clean(op.name, 24)

    def _operand(self, box, around="", right=False):
        """A name, a plain number, or a short expression, in brackets where the signs ask for them."""
        if box.role == "constant" and not box.name and box.value is not None and np.ndim(box.value) == 0:
            return digits(box.value, 4)
        name = name_of(box)
        if name or not infix(box):
            return name if 0 < len(name) <= 14 else HOLE
        text = self.expressions[box]
        if len(text) > 28:
            return HOLE
        inner = box.operation.symbol
        loose = around in _LOOSE and around and (inner in _TIGHT or (inner == "+" and not (right and around != "+")))
        return text if loose or not around else f"({text})"

    def _label(self, box):
        if box.name:
            return clean(box.called, 60)
        if box.result_of:
            return clean(box.result_of, 60)
        if box.operation is None:
            if box.role == "constant" and box.value is not None and np.ndim(box.value) == 0:
                return digits(box.value, 6)
            shape = "×".join(map(str, box.like[0])) if box.like is not None else ""
            return f"{box.role} {shape}".strip()
        text = self.expressions[box] if infix(box) else clean(box.operation.name, 24)
        return f"{clean('.'.join(box.scope[1:]), 40)}: {text}" if len(box.scope) > 1 and not infix(box) else text

    def title(self, box):
        """[name or None, how it was made] for the picture, cut to what a box can hold."""
        made = self._made(box)
        name = name_of(box) or None
        room = WIDEST - 26 - text_width(made, 11)
        while name and text_width(name, 12) > room:
            name = name[: max(1, len(name) - 4)].rstrip("…") + "…"
            if len(name) <= 5:
                break
        return [name, made]

    def _made(self, box):
        op = box.operation
        if op is None:
            return ""
        if infix(box):
            text = self.expressions[box]
            if len(text) > 20:
                sides = [self._operand(edge.tail) for edge in self.graph.into[box]]
                sides = [side if len(side) <= 8 else HOLE for side in sides]
                text = f"{sides[0]} {clean(op.symbol, 12)} {sides[-1]}"
            if set(text) - {HOLE, " "} != set(clean(op.symbol, 12)):
                return text
        symbol, name = clean(op.symbol, 12), clean(op.name, 24)
        return symbol if box.name else name if symbol in name else f"{symbol} {name}"

    def size(self, box):
        """[width, height] of a box: name and operation; below them value and gradient, or stamps of both."""
        shape = () if box.like is None else box.like[0]
        name, made = self.title(box)
        written = BOLD * text_width(name, 12) + text_width(made, 11) if name else BOLD * text_width(made, 12)
        width = max(written, BOLD * text_width(LONGEST_NUMBER, 11)) + 26
        many = shape and prod(shape) > 1
        if many:
            width = max(width, text_width("×".join(map(str, shape)), 11) + 2 * STAMP + 26)
        return [int(min(width, WIDEST)), 40 if box.role in ("constant", "detached") and not many else 54]


def in_passing(graph):
    """The constants that the picture leaves out: numbers without a name, which the operations' own lines show."""
    users = {}
    for edge in graph.edges:
        users.setdefault(edge.tail, []).append(edge.head)
    found = set()
    for box, heads in users.items():
        plain = box.role == "constant" and not box.name and box.value is not None and np.ndim(box.value) == 0
        if plain and all(infix(head) for head in heads):
            found.add(box)
    return found if len(found) < len(graph.boxes) else set()
