"""What is written in the boxes and in their tooltips, as Graphviz's HTML-like labels."""

from functools import lru_cache
from math import prod

import numpy as np

from ..modes import shown_line
from .folding.ends import ENDS
from .formulas import plain
from .style import FAINT, GRADIENT, INK
from .text import FEW, aligned, argument, clean, count_of, digits, entries, extent, memory, rows

TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
SPACE = "\u00a0"
GAP = SPACE * 2
_NONE = ("", "empty")

BLANK = SPACE * 18
"""Room to write a number in."""


def label(box, graph, show, sideways, size=10, blank=()):
    """The label of a box: its name and operation; below it lines of facts, and numbers in columns.

    In the place of numbers that are named in ``blank`` there is room to write them in.
    """
    small = max(size - 2, 7)
    title = _skipped(box) if box.role == "skipped" else _title(box, graph, size)
    first, facts = _facts(box, show)
    if first and sideways:
        facts = [*first, *facts]
    elif first:  # on the line of the title, which makes the box wide and low
        title += _small(GAP + clean(" · ".join(first), 80), small)
    table = [title, *[_small(line, small) for line in facts]]
    numbers, is_line = _numbers(box, show, sideways, size, small, blank)
    if is_line and size < 10 and len(table) == 1:
        table = [f"{title}{GAP}{numbers}"]
    elif numbers:
        table.append(numbers)
    if box.remark:
        table.append(f'<FONT POINT-SIZE="{small}" COLOR="{FAINT}"><I>{html(box.remark)}</I></FONT>')
    if len(table) == 1:
        return table[0]
    lines = "".join([f'<TR><TD ALIGN="LEFT" CELLPADDING="1">{line}</TD></TR>' for line in table])
    return f"{TABLE}{lines}</TABLE>"


def _facts(box, show):
    """(what belongs to the title, the lines after it), without markup."""
    first, facts = [], []
    shape = None
    if box.like is not None and "shape" in show:
        few = 0 < prod(box.like[0]) <= FEW
        written = few and any(part in show and getattr(box, _ARRAYS[part]) is not None for part in _ARRAYS)
        if not few or box.folded is not None:
            shape = _kind(*box.like)
        elif box.like[0] and not written:
            shape = str(box.like[0])
    if box.params:
        first.append(clean(", ".join([f"{key}={argument(value)}" for key, value in box.params.items()]), 60))
    if shape is not None:
        first.append(shape)
    if box.role == "module":
        facts.append(_folded(box.folded))
    elif "kept" in show and box.operation is not None:
        facts.append(_kept(box))
    op = box.operation or (box.folded and box.folded.operation)
    if op is not None and "formula" in show:
        facts.append(clean(plain(box.stated(op.formula)) if op.formula else _parts(op) or "no formula declared", 60))
    if op is not None and "local" in show:
        facts += [clean(line, 60) for line in _local(box, op)]
    if "where" in show and box.where:
        facts.append(clean(shown_line(box.where), 60))
    return first, facts


_ARRAYS = {"value": "value", "grad": "gradient"}


def _folded(folded):
    """ "7 operations · 4,672 parameters · keeps 3.41 MB"."""
    several = folded.count > 1
    held = []
    if folded.operation is not None:
        held.append(f"{folded.operation.symbol} {folded.operation.name}".removeprefix(f"{folded.operation.name} "))
    elif folded.operations:
        held.append(count_of(folded.operations, "operation"))
    if folded.parameters:
        shared = "shared " if several and folded.path == folded.last else ""
        held.append(count_of(folded.parameters, f"{shared}parameter"))
    kept = memory(sum(folded.memory.values()))
    held.append(f"together keep {kept}" if several else f"keeps {kept}")
    return "each " * several + " · ".join(held)


def _kept(box):
    kept = box.kept
    if not kept:
        return "keeps nothing"
    names = ", ".join(kept) if len(kept) <= 4 else count_of(len(kept), "array")
    return clean(f"keeps {names}: {memory(sum({id(a): a.nbytes for a in kept.values()}.values()))}", 60)


def _local(box, op):
    stated = [(name, box.stated(rule.local)) for name, rule in zip(op.inputs, op.rules, strict=False)]
    return [f"∂y/∂{name} = {plain(local)}" for name, local in stated if local]


@lru_cache
def _kind(shape, dtype):
    return f"{dtype} {shape}"


@lru_cache(maxsize=10_000)
def _small(text, size):
    return f'<FONT POINT-SIZE="{size}" COLOR="{FAINT}">{html(text)}</FONT>'


# -- numbers -----------------------------------------------------------------------------------


def _numbers(box, show, sideways, size, small, blank):
    """(value and gradient, whether they make one line): entry by entry where they are few, else their ranges."""
    arrays = []
    if "value" in show and box.value is not None:
        arrays.append(("value", box.value, INK))
    if "grad" in show and box.gradient is not None:
        arrays.append(("grad", box.gradient, GRADIENT))
    if not arrays or box.like is None:
        return "", False
    shape = box.like[0]
    if shape and 0 < prod(shape) <= FEW:
        return f"{TABLE}{''.join(_entries(arrays, size, small, blank))}</TABLE>", False
    if shape:
        texts = [extent(array) for _, array, _ in arrays]
    else:
        texts = [digits(number) for _, number, _ in arrays]
    if sideways:
        texts = aligned(texts) if not shape else texts
    texts = [BLANK if label in blank else text for (label, _, _), text in zip(arrays, texts, strict=True)]
    found = [(label, text, colour) for (label, _, colour), text in zip(arrays, texts, strict=True) if text not in _NONE]
    if not found:
        return "", False
    if sideways:
        return (
            f"{TABLE}{''.join([_row(label, [text], size, colour, small) for label, text, colour in found])}</TABLE>",
            False,
        )
    if blank:  # each in a cell of its own
        cells = [_row(label, [text], size, colour, small)[4:-5] for label, text, colour in found]
        return f"{TABLE}<TR>{f'{_CELL}{GAP}</TD>'.join(cells)}</TR></TABLE>", False
    line = [f"{_small(label + SPACE, small)}{_font(size, colour)}{html(text)}</FONT>" for label, text, colour in found]
    return GAP.join(line), True


def _entries(arrays, size, small, blank):
    """Lines for the entries of small arrays, with decimal points in columns."""
    blocks = [(label, rows(array), colour) for label, array, colour in arrays]
    together = [line for _, block, _ in blocks for line in block]
    for group in [together] if len(together) == len(blocks) else [block for _, block, _ in blocks]:
        for column in range(max(map(len, group), default=0)):
            having = [line for line in group if column < len(line)]
            for line, text in zip(having, aligned([line[column] for line in having]), strict=True):
                line[column] = text
    for label, block, _ in blocks:
        if label in blank:
            block[:] = [[BLANK] * len(line) for line in block]
    return [
        _row(label if i == 0 else "", line, size, colour, small)
        for label, block, colour in blocks
        for i, line in enumerate(block)
    ]


def _row(label, texts, size, colour, small):
    font = _font(size, colour)
    last = len(texts) - 1
    cells = [
        f"{_BLANK_CELL if text == BLANK else _CELL}{font}{html(text)}{GAP if i < last else ''}</FONT></TD>"
        for i, text in enumerate(texts)
    ]
    return f"{_row_head(label, small)}{''.join(cells)}</TR>"


_CELL = '<TD ALIGN="LEFT">'
_BLANK_CELL = '<TD ALIGN="LEFT" BGCOLOR="#FFFFFF" BORDER="1" COLOR="#757575">'


@lru_cache
def _row_head(label, size):
    return f"<TR>{_CELL}{_small(label + GAP, size)}</TD>"


@lru_cache
def _font(size, colour):
    return f'<FONT POINT-SIZE="{size}" COLOR="{colour}">'


# -- titles ------------------------------------------------------------------------------------


def _title(box, graph, size):
    font = f'<FONT POINT-SIZE="{size}">'
    if box.folded is not None:
        return _module_title(box, font)
    name = name_of(box)
    if box.operation is None:
        if name:
            cut = " detached" if box.role == "detached" else ""
            return f"{font}{bold(name)}</FONT>{faint(cut) if cut else ''}"
        return faint(box.role) if box.role != "gone" else f'<FONT COLOR="{FAINT}">…</FONT>'
    made = _made(box, graph, name)
    if not name:
        return f"{font}{made}</FONT>"
    return f'{font}{bold(name)}</FONT><FONT COLOR="{FAINT}">  {made}</FONT>'


def _skipped(box):
    return f'<FONT COLOR="{FAINT}"><I>… {html(box.name)} …</I></FONT>'


def _module_title(box, font):
    folded = box.folded
    first, last = (".".join(path[1:]) or path[0] for path in (folded.path, folded.last))
    text = bold(clean(first, 60)) if first == last else f"{bold(clean(first, 40))} … {bold(clean(last, 40))}"
    kind = folded.kind if folded.kind and folded.kind != first else ""
    told = folded.count == 1 or (box.frame and box.frame[-1][1] == 0)  # by the frame around several
    times = "" if told else f" × {folded.count}"
    return f"{font}{text}</FONT>" + (faint(f"  {clean(kind)}") if kind else "") + (bold(times) if times else "")


def _made(box, graph, name):
    """How the value was made: the operation between its operands, or its symbol and its name."""
    op = box.operation
    if infix(box):
        sides = [side(edge.tail, graph) for edge in graph.into[box]]
        if len(sides) == 2 and any(sides):
            return html(f"{sides[0]} {op.symbol} {sides[1]}".strip())
        return _made_by(op.symbol, op.name, True)
    return _made_by(op.symbol, op.name, bool(name))


@lru_cache
def _made_by(symbol, operation, named):
    if named:
        return bold(clean(symbol))
    if symbol in operation:
        return bold(clean(operation))
    return f"{bold(clean(symbol))} {faint(clean(operation))}"


def side(box, graph):
    """A named value, its transpose, or a plain number as an operand; "" for an unnamed result."""
    if box.role == "constant" and inline(box):
        return "constant" if box.value is None else digits(box.value)
    if box.folded is not None:
        return ""
    name = name_of(box)
    if not name and box.operation is not None and "transposes" in box.operation.traits and is_matrix(box):
        name = name_of(graph.into[box][0].tail) if graph.into.get(box) else ""
        name = f"{name}ᵀ" if name else ""
    return name if len(name) <= 12 else ""


def is_matrix(box):
    return box.like is not None and len(box.like[0]) <= 2


def inline(box):
    """Whether a constant is so plain that an operand says it all: a number without a name."""
    return not name_of(box) and (box.like is None or box.like[0] == ())


def infix(box):
    return box.operation is not None and _is_infix(box.operation)


@lru_cache(maxsize=1000)
def _is_infix(op):
    return len(op.inputs) == 2 and not op.variadic and not any(map(str.isalnum, op.symbol))


def name_of(box):
    """The name to print; a parameter's without the path of the module it is drawn in."""
    name = box.called
    if name is None:
        return ""
    path, _, last = name.rpartition(".")
    if path and last and box.scope and ".".join(box.scope).endswith(path):
        return clean(last)
    return clean(name)


# -- tooltips ----------------------------------------------------------------------------------


def tooltip(box, blank=()):
    """What a pointer held over the box shows in an SVG: everything, with all digits; but no numbers in ``blank``."""
    if box.folded is not None:
        return _folded_tooltip(box, blank)
    op = box.operation
    kind = box.role if op is None else op.name
    text = [f"{clean(box.called, 200)} {kind}" if box.name else kind]
    if op is not None:
        text += _formulas(box, op)
    text += _exact_numbers(box, blank)
    if op is not None and box.like is not None and box.like[0]:
        text.append(_kept(box))
    if box.where:
        text.append(clean(shown_line(box.where), 200))
    return "\n".join(text)


def _exact_numbers(box, blank):
    """Value and gradient with all digits, or their ranges, and the shape."""
    if box.like is None:
        return []
    shape = box.like[0]
    numbers = [
        (label, array)
        for label, part, array in (("value", "value", box.value), ("gradient", "grad", box.gradient))
        if array is not None and part not in blank
    ]
    return [*[f"{label} {_exactly(array) if shape else entries(array)}" for label, array in numbers], _kind(*box.like)]


def _exactly(array):
    if 0 < np.size(array) <= FEW:
        return clean(entries(array), 400)
    return extent(array)


def _formulas(box, op):
    """The operation's formula, what it is made of, and its local derivatives as lines of text."""
    formula = plain(box.stated(op.formula)) if op.formula else ""
    return [clean(line, 200) for line in (formula, _parts(op), *_local(box, op)) if line]


def _parts(op):
    """ "made of batch_norm, relu": of a fused operation, else ""."""
    return f"made of {', '.join(part.name for part in op.made_of)}" if op.made_of else ""


def _folded_tooltip(box, blank):
    folded = box.folded
    if box.role == "skipped":
        return box.name
    text = [clean(".".join(folded.path), 200)]
    if folded.kind:
        text[0] += f" {clean(folded.kind)}"
    if folded.last != folded.path:
        text[0] += f" to {clean('.'.join(folded.last), 200)}"
    made = [one for one in folded.boxes if one.operation is not None]
    lines = [f"{one.operation.name} {one.like[0] if one.like is not None else ''}".strip() for one in made]
    if len(lines) > 2 * ENDS:
        lines[ENDS:-ENDS] = [f"… {count_of(len(lines) - 2 * ENDS, 'more operation')} …"]
    text += [clean(line, 100) for line in lines]
    if folded.operation is not None:
        text += _formulas(box, folded.operation)
    text += _exact_numbers(box, blank)
    if folded.parameters:
        text.append(count_of(folded.parameters, "parameter") + (" each" if folded.count > 1 else ""))
    text.append(f"keeps {memory(sum(folded.memory.values()))} until backward")
    return "\n".join(text)


# -- escapes -----------------------------------------------------------------------------------


_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_ESCAPES = str.maketrans({"&": "&amp;", "\\": "\\\\", '"': '\\"', "\n": "\\n"})


def html(text):
    """Text inside an HTML-like label."""
    if "&" in text or "<" in text or ">" in text or '"' in text:
        return text.translate(_ENTITIES)
    return text


def quoted(text):
    """Text as a quoted attribute, in which Graphviz would read backslashes and entities."""
    return f'"{text.translate(_ESCAPES)}"'


def bold(text):
    return f"<B>{html(text)}</B>" if text else "…"  # Graphviz takes no empty text


def faint(text):
    return f'<FONT COLOR="{FAINT}">{html(text)}</FONT>'
