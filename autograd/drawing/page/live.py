"""What the page computes with when the reader changes a number: the graph's program in JavaScript, and its values.

A graph is live where its walk backward starts at one value, everything was recorded on a tape, every operation has a
form in JavaScript, and it is not too large; else the page says why it is not.
"""

from base64 import b64encode

import numpy as np

from ...node import Leaf
from ...program.javascript import NoForm
from ...program.javascript.lines import javascript_lines
from ...program.of_graph import GraphReader
from ...taped.graph import behind
from ...taped.naming import arrays_of_caller
from ...tensors import Tensor, raw, wrap
from ..text import clean

ENTRIES = 100_000
"""A live graph takes in at most so many numbers: weights, inputs and targets."""

INSTRUCTIONS = 3000
"""And has so many instructions, forward and backward."""


class NotLive(ValueError):
    """The page cannot compute with this graph; the text says why."""


class Live:
    """The program of a graph, for its page. NotLive says why there is none.

    code : the script's part that computes: a declaration of ``program``
    data : for JSON: what ``live`` is in the script
    """

    def __init__(self, graph, steps, gradients):
        seeds = [step for step in steps if step.seed]
        if len(seeds) != 1:
            raise NotLive("the walk backward does not start at one value alone")
        (seed,) = seeds
        node = seed.box.node
        if node.note is None or not node.note.taped:
            raise NotLive("it was not recorded on a tape")
        self.graph, self.steps = graph, steps
        try:
            self.reader = _Watched(behind(wrap(seed.box.value, node), "export"), steps)
            self.reader.watch(np.asarray(gradients[seed.box]))
            lines = javascript_lines(self.reader.program)
        except NoForm as error:
            raise NotLive(str(error)) from None
        except ValueError as error:
            raise NotLive(clean(str(error).partition("\n")[0].removeprefix("export: "), 200)) from None
        self.program = self.reader.program
        self.given = {number: one.value for number, one in self.program.arguments.items()}
        self.given |= {number: value for number, value in self.program.constants.items() if value is not None}
        self.given |= {number: self.program.values[number] for number in lines.drawn}
        self.given = {number: np.asarray(raw(value)) for number, value in self.given.items()}
        self._check(len(self.program.instructions))
        self.code = _code(lines)
        self.data = self._data(self.reader.nodes[node])

    def _check(self, instructions):
        entries = sum([array.size for array in self.given.values()])
        if entries > ENTRIES:
            raise NotLive(f"it takes in {entries:,} numbers, and at most {ENTRIES:,} go into a page")
        if instructions > INSTRUCTIONS:
            raise NotLive(f"it has {instructions:,} instructions, and at most {INSTRUCTIONS:,} go into a page")
        if any(array.dtype.kind not in "fiub" for array in self.given.values()):
            raise NotLive("it has complex numbers")

    def _data(self, loss):
        numbers = self._numbers()
        program = self.program
        leaves = [box for box in self.graph.boxes if box.role in ("leaf", "parameter") and box in numbers]
        learned = [box for box in leaves if box.role == "parameter"] or leaves
        return {
            "values": {number: packed(array) for number, array in self.given.items()},
            "boxes": {box.key: [number, program.gradients.get(number, -1)] for box, number in numbers.items()},
            "terms": [self._terms(step) for step in self.steps],
            "learned": [box.key for box in learned if numbers[box] in program.gradients],
            "inputs": [box.key for box in self.graph.boxes if self._is_input(box, numbers)],
            "others": self._others(set(numbers.values())),
            "windows": self._windows(),
            "loss": loss,
            "seed": program.gradients[loss],
        }

    def _numbers(self):
        """{box: number of its value}."""
        found = {}
        for box in self.graph.boxes:
            if box.node is not None and box.node in self.reader.nodes:
                found[box] = self.reader.nodes[box.node]
                made = self.reader.made.get(found[box])
                for edge in self.graph.into[box]:
                    if made is not None and edge.position is not None and edge.position < len(made.inputs):
                        found.setdefault(edge.tail, made.inputs[edge.position])
        return found

    def _is_input(self, box, numbers):
        return (
            box.role in ("leaf", "parameter", "constant")
            and numbers.get(box) in self.given
            and (box.operation is None and (box.name is not None or np.size(box.value) > 1 or box.role != "constant"))
        )

    def _others(self, known):
        """[[what it is called, number]] of whole numbers that no box shows, such as the labels of a loss."""
        found = []
        for number, one in self.program.arguments.items():
            if number not in known and self.given[number].dtype.kind in "iu" and self.given[number].size <= 64:
                found.append([clean(one.name or "target", 60), number])
        return found

    def _terms(self, step):
        """[[what is added, the sum with it, local derivative]], their numbers, of each contribution of a step."""
        terms = self.reader.terms.get(step.box.node, [])
        local = self.reader.locals.get(step.box.node)
        if len(terms) != len(step.to):
            return []
        return [
            [*term, local[one.argument] if local and one.local is not None else -1]
            for term, one in zip(terms, step.to, strict=True)
        ]

    def _windows(self):
        """{box: numbers of what lies under its kernel}, where the operation itself slides it."""
        found, constants = {}, self.program.constants
        known = {n for one in self.program for n in (*one.inputs, *one.outputs) if constants.get(n, 0) is not None}
        for box in self.graph.boxes:
            made = self.reader.made.get(self.reader.nodes.get(box.node, -1)) if box.node is not None else None
            if made is None or made.operation.made_of or made.operation.variadic:
                continue
            names = made.operation.arguments
            inputs = dict(zip(made.operation.inputs, made.inputs, strict=False))
            numbers = {
                "x": made.inputs[0], "w": inputs.get(names.get("weight")), "b": inputs.get(names.get("bias")),
                "y": made.outputs[0], "g": self.program.gradients.get(made.outputs[0]),
                "dx": self.program.gradients.get(made.inputs[0]),
                "winners": made.outputs[1] if len(made.outputs) > 1 else None,
            }  # fmt: skip
            if "weight" in names or "winners" in names:
                found[box.key] = {name: n for name, n in numbers.items() if n in known}
        return found


class _Watched(GraphReader):
    """Writes the walk down as the page shows it, with every term of every sum and the local derivatives.

    terms  : {node: [[number of what is added, number of the sum, or -1]]}, in the order of the walk
    locals : {node: [number of the derivative by each input, or -1]}
    """

    def __init__(self, graph, steps):
        super().__init__(graph, "export", {}, arrays_of_caller())
        self.terms, self.locals = {}, {}
        self.asked = {step.box.node for step in steps if any(one.local is not None for one in step.to)}

    def watch(self, start):
        self.read(start[()], [node for node in self.graph.order if type(node) is Leaf], whole=False)

    def fit(self, g, parent, node):
        found = super().fit(g, parent, node)
        self.terms.setdefault(node, []).append([self.number(found), -1])
        self.last = node
        return found

    def add(self, total, g, node, own):
        found = super().add(total, g, node, own)
        self.terms[self.last][-1][1] = self.number(found)
        return found

    def _apply(self, node, g, among, whole):
        found = super()._apply(node, g, among, whole)
        if node in self.asked:
            ones = Tensor(np.ones_like(raw(g)), requires_grad=True)
            self.enter(ones, self.constant(raw(ones)))
            local = super()._apply(node, ones, among, whole)
            self.locals[node] = [-1 if one is None else self.number(one) for one in local]
        return found


def packed(array):
    """An array for JSON: a number, or its shape, dtype and bytes."""
    if array.dtype.kind == "f":
        kind = "f4" if array.dtype.itemsize <= 4 else "f8"
    else:
        kind = {"b": "u1"}.get(array.dtype.kind, "i4")
    data = b64encode(np.ascontiguousarray(array).astype(f"<{kind}").tobytes()).decode()
    return {"shape": list(array.shape), "as": kind, "bytes": data}


def _code(lines):
    body = "\n".join([f"    {line}" for line in lines.lines])
    helpers = "\n".join(lines.helpers)
    return f"{helpers}\n\nconst program = {{\n  run(v) {{\n{body}\n  }},\n}};\n"
