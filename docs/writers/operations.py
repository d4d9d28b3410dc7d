"""One section for each operation, from its declaration: formula, derivatives, samples that ran, kinks, its graph."""

import importlib
import inspect

import numpy as np

import autograd as ag
from autograd.cases import Case
from autograd.declaration import registry
from autograd.traits import ENTRYWISE

from .pages import docstring, fenced, prose

LATER = ("decompositions", "inverses", "norms", "special")
"""Modules of ``autograd.ops`` that ``import autograd`` does not load."""

SPECIAL = (0.0, 1.0, -1.0, np.inf, -np.inf, np.nan)
PAIRS = ((1.0, 1.0), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (np.inf, 1.0), (np.inf, np.inf))


def families():
    """{module of ``autograd.ops``: its operations}, the names in the order of the alphabet."""
    for name in LATER:
        importlib.import_module(f"autograd.ops.{name}")
    found = {}
    for op in sorted(registry.values(), key=lambda op: op.name):
        if op.module.startswith("autograd.ops."):
            found.setdefault(op.module.rpartition(".")[2], []).append(op)
    return dict(sorted(found.items()))


def write(folder):
    names = []
    rows = []
    for family, operations in families().items():
        module = importlib.import_module(f"autograd.ops.{family}")
        first, _, rest = inspect.getdoc(module).partition("\n\n")
        sections = [section(folder, op) for op in operations]
        text = f"# {family.capitalize()}\n\n{docstring(first)}\n{docstring(rest) if rest else ''}\n"
        folder.write(f"operations/{family}.md", text + "\n".join(sections))
        names.append(family)
        links = ", ".join(f"[{op.name}](#op-{op.name})" for op in operations)
        rows.append(f"| [{family}]({family}.md) | {links} |")
    text = INDEX.format(count=sum(map(len, families().values())), rows="\n".join(rows), names="\n".join(names))
    folder.write("operations/index.md", text)


INDEX = """# Every operation

Each of the {count} operations is declared once. The declaration says what it computes, its derivative by each input,
and what the laws are tried on: values against NumPy or SciPy, gradients against finite differences, gradients of
gradients, batches, dtypes, memory layouts. This part of the site is written from the declarations; each gradient in its
tables has been computed while the page was made.

| family | operations |
| --- | --- |
{rows}

```{{toctree}}
:hidden:

{names}
```
"""


def section(folder, op):
    """The section of one operation."""
    text = (inspect.getdoc(op.function) or "").partition("\nFormula: ")[0]
    lines = [line for line in text.splitlines() if not line.startswith(("Derivative by ", "Gradient by ", "Formula: "))]
    parts = [f"(op-{op.name})=\n## {op.name}\n", fenced(f"{op.name}{inspect.signature(op.function)}", "python")]
    parts.append(docstring("\n".join(lines)))
    if op.formula:
        parts.append(f"$$\n{op.formula}\n$$\n")
    parts.append(_derivatives(op))
    if op.made_of:
        made = ", ".join(f"[{one.name}](#op-{one.name})" for one in op.made_of)
        parts.append(f"It does the work of {made} in one step, and is checked, explained and drawn like them.\n")
    parts += [_picture(folder, op), _edges(op), _samples(op)]
    return "\n".join(part for part in parts if part) + "\n"


def _derivatives(op):
    rows = []
    for name, rule in zip(op.inputs, op.rules, strict=False):
        local = f"${rule.local}$" if rule.local else ""
        whole = f"${rule.gradient}$" if rule.gradient else ""
        words = prose(rule.words) if isinstance(rule.words, str) else ""
        rows.append([f"`{name}`", local.replace("|", r"\vert "), whole.replace("|", r"\vert "), words])
    titles = ["by", "local derivative", "gradient, with δ that of the result", "in words"]
    used = [k for k in range(4) if k == 0 or any(row[k] for row in rows)]
    if len(used) == 1:
        return ""
    table = [[titles[k] for k in used], ["---"] * len(used), *[[row[k] for k in used] for row in rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in table) + "\n"


# -- what it was tried on ----------------------------------------------------------------------


def _samples(op):
    """The samples that the laws run on, run."""
    rows = []
    for number, sample in enumerate(op.samples):
        case = Case(op, sample, number)
        with np.errstate(all="ignore"):
            y = case.call(case.arrays)
        shape = "a number" if np.shape(y) == () else str(np.shape(y))
        marks = [] if sample.differentiable else ["values alone"]
        marks += [] if sample.smooth or not sample.differentiable else ["no second derivative there"]
        told = f"{op.name}({sample!r})"
        told = told if len(told) < 160 else told[:150] + " …)"
        rows.append(f"{told}  → {shape}" + (f"  ({', '.join(marks)})" if marks else ""))
    if not rows:
        return ""
    return "Tried on:\n\n" + fenced("\n".join(rows), "text")


# -- ties, kinks and other special points ------------------------------------------------------


def _edges(op):
    """What it gives, and its gradient, where a derivative may not exist: computed now."""
    if op.variadic or "companion" in op.traits or "random" in op.traits:
        return ""
    if len(op.inputs) == 1 and op.traits & ENTRYWISE and set(op.params) <= op.defaults.keys():
        return _table(op, [(one,) for one in SPECIAL], ["x"])
    if len(op.inputs) == 2 and op.traits & ENTRYWISE and set(op.params) <= op.defaults.keys():
        return _table(op, PAIRS, list(op.inputs))
    if op.traits & {"largest", "smallest"} and op.kind == "reduction":
        return _table(op, [([2.0, 2.0, 1.0, 1.0],)], ["x"])
    return ""


def _table(op, points, names):
    rows = []
    for point in points:
        leaves = [ag.Tensor(np.array(one), requires_grad=True) for one in point]
        with np.errstate(all="ignore"):
            try:
                y = op.function(*leaves)
                y.backward(np.ones_like(y.data))
            except (ValueError, np.linalg.LinAlgError):
                continue
        gradients = [_shown(leaf.grad) for leaf in leaves]
        rows.append([*[_shown(one) for one in point], _shown(y.data), *gradients])
    if not rows:
        return ""
    titles = [*[f"`{name}`" for name in names], "value", *[f"gradient by `{name}`" for name in names]]
    lines = [titles, ["---"] * len(titles), *rows]
    return (
        "At ties, kinks and the ends of the numbers:\n\n" + "\n".join("| " + " | ".join(x) + " |" for x in lines) + "\n"
    )


def _shown(value):
    if value is None:
        return "none"
    if np.ndim(value):
        return "[" + ", ".join(map(_shown, np.ravel(value))) + "]"
    value = float(value)
    text = "NaN" if np.isnan(value) else "∞" if np.isinf(value) else f"{abs(value):.6g}"
    return f"−{text}" if np.signbit(value) and not np.isnan(value) else text


# -- its graph ---------------------------------------------------------------------------------


def _picture(folder, op):
    """The first sample, drawn by the library."""
    for number, sample in enumerate(op.samples):
        case = Case(op, sample, number)
        if case.arrays and case.differentiable and all(x.size for x in case.arrays):
            break
    else:
        return ""
    leaves = case.leaves()
    for place, leaf in zip(case.places, leaves, strict=True):
        key, i = place
        name = op.names[key] if isinstance(key, int) else key
        leaf.name = name if i is None else f"{name}{i}"
    with np.errstate(all="ignore"), ag.tape() as tape:
        y = case.call(leaves)
        if isinstance(y, ag.Tensor):
            y.name = "y"
    picture = ag.draw(tape, show=("shape", "local", "formula"))
    svg = picture._repr_svg_()
    folder.write(f"operations/{op.name}.svg", svg)
    shapes = ", ".join(f"{leaf.name} {leaf.shape or 'a number'}" for leaf in leaves)
    alt = f"The graph of {op.name}: {shapes}, and its result."
    return f"![{prose(alt)}]({op.name}.svg)\n"
