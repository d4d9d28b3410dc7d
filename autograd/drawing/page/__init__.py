"""The page on which one steps through the walk backward: ``draw(tape).export("step.html")``.

One file with everything in it, which opens from disk and asks the network for nothing. What is in
``page.html`` is the frame, ``page.css`` how it looks, ``js/`` what it does; the graph with its numbers
goes in as JSON, which the script reads and shows as text and nothing else.

* ``arrays`` makes small tables, heat maps and histograms of arrays
* ``steps`` watches the engine's walk backward
* ``windows`` has what the overlay of a kernel on an image needs
* ``layouts`` has Graphviz place the boxes, for each depth of folding
* ``words`` says what boxes are called
* ``mathml`` turns formulas into what browsers show
* ``script`` joins the files of the page's own script
"""

import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from json import dumps

import numpy as np

from ..formulas import plain
from ..text import argument, clean
from .arrays import DETAILS, described, number
from .layouts import layouts, modules_of, too_large
from .mathml import mathml
from .script import script
from .steps import steps_of
from .windows import overlay
from .words import Words, in_passing

BYTES = 300_000
"""A page is at most so large, the positions in its picture aside."""

LONGEST = 200
"""Names are shown up to so many characters."""


def page(graph, rankdir=None):
    """The whole page as one string of HTML, for a Graph (``graph_of``).

    rankdir : which way the values flow; by default the page has both a wide and a tall layout and
        takes the one that fills the screen better
    """
    hidden = in_passing(graph)
    modules = modules_of(graph)
    words = Words(graph)
    steps, gradients, remark = steps_of(graph)
    sizes = {box.key: words.size(box) for box in graph.boxes}
    sizes.update({module.key: module.size for module in modules.values()})
    ways = [rankdir] if rankdir else ["TB", "LR"]
    picture = [layouts(graph, modules, sizes, hidden, way) for way in ways]
    parts = {name: files(__package__).joinpath(f"page.{name}").read_text("utf-8") for name in ("html", "css")}
    parts["js"] = script()
    room = BYTES - sum(len(text.encode()) for text in parts.values()) - 1000
    for detail in DETAILS:
        content = _json(_content(graph, modules, words, sizes, hidden, steps, gradients, remark, detail))
        if len(content) <= room:
            break
    else:
        raise too_large(len(picture[0][0]["boxes"]))
    return _filled(parts, _title(graph), content, _json(picture))


def _filled(parts, title, content, picture):
    """The HTML with style, data and script put in; the policy lets this very script run and nothing else."""
    style, script = parts["css"], parts["js"]
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    pieces = {
        "title": escape(title),
        "policy": policy,
        "style": style,
        "content": content,
        "picture": picture,
        "script": script,
    }
    # in one pass: what looks like a place to fill in, in a name, is not one
    return re.sub(r"\{\{(\w+)\}\}", lambda found: pieces[found[1]], parts["html"])


def _hash(text):
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _json(data):
    """JSON that can stand in a script element: in ASCII and without <, > and &. What is None is left out."""
    text = dumps(_filtered(data), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _filtered(data):
    if isinstance(data, dict):
        return {key: _filtered(value) for key, value in data.items() if value is not None and value is not False}
    return [_filtered(one) for one in data] if isinstance(data, list | tuple) else data


# -- what the page knows -------------------------------------------------------------------------


def _content(graph, modules, words, sizes, hidden, steps, gradients, remark, detail):
    operations = {}
    return {
        "title": _title(graph),
        "remark": remark,
        "boxes": [
            _box(box, graph, modules, words, sizes, hidden, gradients, operations, detail) for box in graph.boxes
        ],
        "modules": [_module(module, modules, graph) for module in modules.values()],
        "steps": _steps(steps, gradients, detail),
        "operations": operations,
    }


def _title(graph):
    """What the page is about: the outermost module, or the last named output."""
    frames = {box.frame[0][0] for box in graph.boxes if box.frame}
    if len(frames) == 1:
        return clean(frames.pop(), 60)
    named = [box.name for box in graph.boxes if box.role == "output" and box.name]
    return clean(named[-1], 60) if named else "graph"


def _box(box, graph, modules, words, sizes, hidden, gradients, operations, detail):
    into = graph.into[box]
    new = {
        "key": box.key,
        "role": box.role,
        "title": words.title(box),
        "label": words.labels[box],
        "name": None if box.name is None else clean(box.name, LONGEST),
        "made": words.expressions[box],
        "size": sizes[box.key],
        "value": described(box.value, detail),
        "gradient": described(gradients.get(box), detail),
        "inputs": [[edge.tail.key, edge.argument] for edge in into],
    }
    if box.like is not None and box.value is None:
        new["like"] = [list(box.like[0]), str(box.like[1])]
    if box.frame:
        new["module"] = modules[box.frame].key
    if box in hidden:
        new["hidden"] = True
    if box.params:
        new["params"] = {name: clean(argument(value), 80) for name, value in box.params.items()}
    if box.where and detail.exact > 1:
        new["where"] = clean(_short(box.where), LONGEST)
    if box.remark:
        new["remark"] = box.remark
    if box.operation is not None:
        new["operation"] = box.operation.name
        if box.operation.name not in operations:
            operations[box.operation.name] = _operation(box.operation)
        sources = [None] * len(box.operation.inputs)
        for edge in into:
            if edge.position is not None and edge.position < len(sources):
                sources[edge.position] = edge.tail
        shown = overlay(box, sources, gradients, detail) if detail.windows and box.node is not None else None
        if shown is not None:
            new["windows"] = shown
    return new


def _operation(op):
    return {
        "symbol": clean(op.symbol),
        "kind": clean(op.kind),
        "formula": _formula(op.formula),
        "inputs": [clean(name) for name in op.inputs],
        "variadic": op.variadic,
        "locals": [_formula(rule.local) for rule in op.rules],
    }


def _formula(latex):
    """[tree of elements, the same as plain text], or None."""
    return [mathml(latex), clean(plain(latex), 400)] if latex else None


def _module(module, modules, graph):
    parent = modules.get(module.path[:-1])
    return {
        "key": module.key,
        "name": clean(module.name, LONGEST),
        "path": clean(".".join(name for name, _ in module.path), LONGEST),
        "parent": None if parent is None else parent.key,
        "kind": clean(graph.kinds.get(tuple([name for name, _ in module.path])) or "", 60),
        "depth": len(module.path),
        "operations": module.boxes,
        "parameters": module.parameters,
        "shapes": ["×".join(map(str, box.like[0])) or "scalar" for box in module.outputs[:3] if box.like],
        "size": module.size,
    }


def _steps(steps, gradients, detail):
    """The steps for JSON. An array that the reader has already (the final gradient) is left out."""
    times = {}
    for step in steps:
        for one in step.to:
            times[one.box] = times.get(one.box, 0) + 1
    new = []
    for step in steps:
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
            data.update(_question(one.array))
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


def _question(array):
    """The entry that practice asks for, by index and value: the largest one, for a single number none is needed."""
    array = np.asarray(array)
    if array.size < 2:
        return {}
    size = np.where(np.isfinite(array), abs(array), -1)
    at = np.unravel_index(int(size.argmax()), array.shape)
    return {"ask": [[int(i) for i in at], number(array[at])]}


def _short(where):
    """ "file.py:12: source text" without the folders."""
    path, number, rest = where.partition(".py:")
    return path.replace("\\", "/").rpartition("/")[2] + number + rest if number else where
