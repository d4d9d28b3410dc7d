"""What each mistake of the catalogue means, with an example made from the catalogue, and what the check says of it."""

import inspect
import linecache
import re

import numpy as np

import autograd as ag
from autograd.checking.alteration import altered_walk
from autograd.checking.document import sentence
from autograd.checking.graph import WalkedGraph
from autograd.checking.mistakes import CATALOGUE
from autograd.checking.site import Site
from autograd.node import Leaf
from autograd.taped.replay import alone

from .mistaken import BY_HAND, GRAPHS, recorded
from .pages import fenced, prose


def write(folder):
    sections = [section(entry) for entry in CATALOGUE]
    rows = [
        f"| [{prose(entry.name)}](#mistake-{entry.key}) | `{entry.key}` | {prose(entry.formula)} |"
        for entry in CATALOGUE
    ]
    text = INDEX.format(count=len(CATALOGUE), rows="\n".join(rows))
    folder.write("mistakes.md", text + "\n" + "\n".join(sections))


INDEX = """# What each mistake means

The catalogue has {count} mistakes, in the order in which they are likely: where two explain a number equally well, the
upper one is named. A report has the key (`row.mistake.key`). Each example below was made from the catalogue when
this page was: one rule of the walk backward is altered as the entry says, what comes out is given to
`ag.check_by_hand` as the value by hand, and what is shown is its answer.

| mistake | key | formula |
| --- | --- | --- |
{rows}
"""


def section(entry):
    """The section of one mistake, with an example."""
    parts = [f"(mistake-{entry.key})=\n## {entry.name[0].upper()}{entry.name[1:]}\n", f"{prose(entry.formula)}.\n"]
    if entry.key in BY_HAND:
        code, said = _run(entry.key)
        parts.append(fenced(code, "python"))
    else:
        function, given, true, said = example(entry)
        parts.append(fenced(_text(function), "python"))
        lines = [
            f"∂E/∂{name} by hand: {_number(value)}\n{'':{len(name)}} it should be {_number(true[name])}"
            for name, value in given.items()
        ]
        parts.append(fenced("\n".join(lines), "text"))
    parts.append(f"The check says:\n\n> {prose(sentence(said))}\n")
    return "\n".join(parts)


def _run(key):
    """(the program of a mistake that is written out, what is said of it)."""
    code = BY_HAND[key].strip() + "\n"
    name = f"<{key}>"
    linecache.cache[name] = (
        len(code),
        None,
        code.splitlines(keepends=True),
        name,
    )  # a tape names values by their lines
    names = {"ag": ag, "np": np}
    exec(compile(code, name, "exec"), names)
    for row in names["report"].rows:
        if row.mistake is not None and row.mistake.key == key:
            return code, row.mistake.explanation
    raise LookupError(f"mistakes: the example of {key} is told as something else\n{names['report']}")


def example(entry):
    """(function, {name: by hand}, {name: true}, what is said), of the first graph in which it is found."""
    for function in GRAPHS:
        for given in _given(entry, function):
            output, leaves = recorded(function)
            report = ag.check_by_hand(output, {leaves[name]: value for name, value in given.items()})
            for row in report.rows:
                if row.mistake is not None and row.mistake.key == entry.key and not row.mistake.guess:
                    true = ag.gradients(output, [leaves[name] for name in given])
                    return function, given, dict(zip(given, true, strict=True)), row.mistake.explanation
    raise LookupError(f"mistakes: there is no example of {entry.key}; writers/mistaken.py needs a graph for it")


def _given(entry, function):
    """Values by hand, {name: value}, with this mistake in them: the likely ones first."""
    output, leaves = recorded(function)
    found = []
    with alone(), np.errstate(all="ignore"):
        graph = WalkedGraph(output, np.ones_like(output.data), {})
        places = {graph.nodes[leaf.node]: name for name, leaf in leaves.items() if leaf.node in graph.nodes}
        start = {graph.output: graph.seed}
        true = altered_walk((graph.order, start), places.keys(), [])
        for node in graph.order:
            if type(node) is Leaf:
                continue
            for one in entry.alterations(Site(node, graph, {})):
                if one.fit is None:
                    wrong = altered_walk((graph.order, start), places.keys(), [one])
                    found.append(
                        (one.likely, {places[leaf]: g for leaf, g in wrong.items() if _differs(g, true[leaf])})
                    )
    order = list(leaves).index  # parameters stand before inputs
    found = [(likely, given) for likely, given in found if given]
    for _, given in sorted(found, key=lambda pair: (pair[0], min(map(order, pair[1])))):
        first = min(given, key=order)
        yield {first: given[first]}
        yield given


def _differs(a, b):
    return np.shape(a) != np.shape(b) or not np.allclose(a, b)


def _text(function):
    """The lines of a function, without its frame: values first, then what is recorded."""
    body = inspect.getsource(function)
    values = {name: one.default for name, one in inspect.signature(function).parameters.items()}
    lines = [f"{name} = {_value(value)}" for name, value in values.items()]
    inner = re.split(r"\) ?:\n", body, maxsplit=1)[1]
    return "\n".join([*lines, *[line[4:] for line in inner.splitlines() if not line.strip().startswith("return")]])


def _value(value):
    return str(np.array(value).tolist())


def _number(value):
    if isinstance(value, str):
        return value
    return re.sub(r"\s+", " ", np.array2string(np.asarray(value), precision=6, separator=", ", suppress_small=True))
