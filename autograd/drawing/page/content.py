"""What the page knows of a graph: boxes, modules, steps and formulas, as its script reads them."""

from functools import cached_property

import numpy as np

from ...explaining.formula.mathml import mathml
from ...tensors import wrap
from ..formulas import plain
from ..hints import hints_of
from ..text import argument, clean
from .arrays import described, number
from .layouts import modules_of
from .steps import steps_of
from .windows import overlay
from .words import Words, in_passing

LONGEST = 200
"""Names are shown up to so many characters."""


class Content:
    """All that is known of a graph, and ``at(detail)`` as much of it as fits.

    modules : {path: Module}
    hidden  : boxes that the picture leaves out
    sizes   : {key: (width, height)} of boxes and of folded modules, in pixels
    steps   : those of the walk backward; gradients: {box: its gradient}; remark: why there are none, or None
    still   : why numbers cannot be changed, or None
    """

    def __init__(self, graph, practice=False):
        self.graph, self.practice, self.still = graph, practice, None
        self.hidden = in_passing(graph)
        self.modules = modules_of(graph)
        self.words = Words(graph)
        self.steps, self.gradients, self.remark = steps_of(graph)
        self.hints = self._hints() if practice is not False else {}
        self.sizes = {box.key: self.words.size(box) for box in graph.boxes}
        self.sizes.update({module.key: module.size for module in self.modules.values()})

    def _hints(self):
        """{node: [(change of its gradient, what was done wrong)]} where the walk starts at one taped value."""
        seeds = [step.box for step in self.steps if step.seed]
        if len(seeds) != 1 or seeds[0].node.note is None or not seeds[0].node.note.taped:
            return {}
        return hints_of(wrap(seeds[0].value, seeds[0].node), self.gradients[seeds[0]])

    def at(self, detail):
        """The dict for JSON, with so much of each array. What is None in it is not known."""
        operations = dict.fromkeys(box.operation for box in self.graph.boxes if box.operation is not None)
        return {
            "title": self.title,
            "remark": self.remark,
            "still": self.still,
            "practice": self.practice is not False,
            "asked": list(self.practice) if self.practice not in (False, True) else None,
            "boxes": [self._box(box, detail) for box in self.graph.boxes],
            "modules": [self._module(module) for module in self.modules.values()],
            "steps": self._steps(detail),
            "operations": {op.name: _operation(op) for op in operations},
        }

    @cached_property
    def title(self):
        """What the page is about: the outermost module, or the last named output."""
        frames = {box.frame[0][0] for box in self.graph.boxes if box.frame}
        if len(frames) == 1:
            return clean(frames.pop(), 60)
        named = [box.called for box in self.graph.boxes if box.role == "output" and box.name]
        return clean(named[-1], 60) if named else "graph"

    def _box(self, box, detail):
        into = self.graph.into[box]
        new = {
            "key": box.key,
            "role": box.role,
            "title": self.words.title(box),
            "label": self.words.labels[box],
            "name": clean(box.called or box.result_of, LONGEST) if box.name or box.result_of else None,
            "made": self.words.expressions[box],
            "size": self.sizes[box.key],
            "value": described(box.value, detail),
            "gradient": described(self.gradients.get(box), detail),
            "inputs": [[edge.tail.key, edge.argument] for edge in into],
        }
        if box.like is not None and box.value is None:
            new["like"] = [list(box.like[0]), str(box.like[1])]
        if box.frame:
            new["module"] = self.modules[box.frame].key
        if box in self.hidden:
            new["hidden"] = True
        if box.params:
            new["params"] = {name: clean(argument(value), 80) for name, value in box.params.items()}
        if box.where and detail.exact > 1:
            new["where"] = clean(_short(box.where), LONGEST)
        if box.remark:
            new["remark"] = box.remark
        if box.operation is not None:
            new["operation"] = box.operation.name
            sources = [None] * len(box.operation.inputs)
            for edge in into:
                if edge.position is not None and edge.position < len(sources):
                    sources[edge.position] = edge.tail
            if box.operation.letters and box.node is not None:
                new["stated"] = _stated(box, sources)
            shown = overlay(box, sources, self.gradients, detail) if box.node is not None else None
            if shown is not None:
                new["windows"] = shown
        return new

    def _module(self, module):
        parent = self.modules.get(module.path[:-1])
        return {
            "key": module.key,
            "name": clean(module.name, LONGEST),
            "path": clean(".".join(name for name, _ in module.path), LONGEST),
            "parent": None if parent is None else parent.key,
            "kind": clean(self.graph.kinds.get(tuple([name for name, _ in module.path])) or "", 60),
            "depth": len(module.path),
            "operations": module.boxes,
            "parameters": module.parameters,
            "shapes": ["×".join(map(str, box.like[0])) or "scalar" for box in module.outputs[:3] if box.like],
            "size": module.size,
        }

    def _steps(self, detail):
        """The steps for JSON. An array that the reader has already (the final gradient) is left out."""
        times = {}
        for step in self.steps:
            for one in step.to:
                times[one.box] = times.get(one.box, 0) + 1
        new = []
        for step in self.steps:
            contributions = []
            for one in step.to:
                data = {"to": one.box.key, "argument": one.argument}
                if times[one.box] > 1:
                    data["array"] = described(one.array, detail)
                    if one.total is not None and np.size(one.total) > 1:
                        data["total"] = described(one.total, detail)
                if one.summed is not None:
                    data["summed"] = list(one.summed)
                if one.local is not None and np.size(one.local) <= detail.exact > 1:
                    data["local"] = described(one.local, detail)
                asked = _question(one.array)
                data.update(asked)
                data["hints"] = _hints_at(one.array, asked, self.hints.get(one.box.node, ())) or None
                contributions.append(data)
            new.append(
                {
                    "box": step.box.key,
                    "seed": step.seed,
                    "to": contributions,
                    "freed": step.freed,
                    "kept": list(step.box.kept)[:12],
                }
            )
        return new


def _operation(op):
    return {
        "symbol": clean(op.symbol),
        "kind": clean(op.kind),
        "formula": _formula(op.formula),
        "parts": [[clean(part.name, 24), _formula(part.formula)] for part in op.made_of] or None,
        "inputs": [clean(name) for name in op.inputs],
        "variadic": op.variadic,
        "locals": [_formula(rule.local) for rule in op.rules],
    }


def _stated(box, sources):
    """The formulas of an operation whose letters stand for numbers: with these, and the names of the page."""
    op = box.operation
    named = zip(("y", *op.inputs), (box, *sources), strict=True)
    names = {name: clean(one.called, LONGEST) for name, one in named if one is not None and one.name}
    if len(set(names.values())) < len(names):
        names = {}
    locals_ = [_formula(box.stated(rule.local, names)) for rule in op.rules]
    return {"formula": _formula(box.stated(op.formula, names)), "locals": locals_}


def _formula(latex):
    """[tree of elements, the same as plain text], or None."""
    return [mathml(latex), clean(plain(latex), 400)] if latex else None


def _question(array):
    """The entry that practice asks for, by index and value: the largest one, for a single number none is needed."""
    array = np.asarray(array)
    if array.size < 2:
        return {}
    size = np.where(np.isfinite(array), abs(array), -1)
    at = np.unravel_index(int(size.argmax()), array.shape)
    return {"ask": [[int(i) for i in at], number(array[at])]}


def _hints_at(array, asked, hints):
    """[[what a mistake makes of the entry that practice asks for, what was done wrong]]; asked : its ``_question``."""
    array = np.asarray(array)
    at = tuple(asked["ask"][0]) if asked else (0,) * array.ndim
    if not array.size or not np.isfinite(array[at]):
        return []
    true = float(array[at])
    changed = [(float(np.broadcast_to(change, array.shape)[at]), words) for change, words in hints]
    return [
        [number(np.float64(true + one)), clean(words, 300)] for one, words in changed if abs(one) > 1e-6 * abs(true)
    ]


def _short(where):
    """ "file.py:12: source text" without the folders."""
    path, number, rest = where.partition(".py:")
    return path.replace("\\", "/").rpartition("/")[2] + number + rest if number else where
