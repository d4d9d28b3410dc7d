"""What the code that calls us says: where an instruction stands in the source, and what the names in it are.

It is read from the compiled code, which knows places in the source also where there is no source: in ``exec``.
"""

import dis
from itertools import islice

STORES = {"STORE_SUBSCR", "STORE_SLICE"}
"""The instructions of ``x[i] = v``."""
SUBSCRIPTS = {"BINARY_SUBSCR", "BINARY_SLICE"}
ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD"}
COMPUTED = ("BINARY_OP", "UNARY_", "COMPARE_OP", "CALL_INTRINSIC_1")  # the last is +x from Python 3.12 on
CALLS = {"CALL", "CALL_KW", "CALL_FUNCTION_EX"}


def place(code, at):
    """(line, last line, column, last column) of the text that an instruction stands for; None for what is unknown."""
    return next(islice(code.co_positions(), at // 2, None), (None, None, None, None))


def span(instruction):
    """((line, column), (line, column)) of the source that an instruction stands for, or None."""
    at = instruction.positions
    if at is None or at.lineno is None or at.col_offset is None or at.end_col_offset is None:
        return None
    return (at.lineno, at.col_offset), (at.end_lineno, at.end_col_offset)


def once_for_each_instruction(read):
    """``read(code, at)``, which is then done once for each instruction."""
    known = {}

    def remembered(code, at):
        key = id(code), at
        if key not in known:
            if len(known) > 10_000:
                known.clear()
            known[key] = code, read(code, at)  # the code is held, so that no other gets its id
        return known[key][1]

    return remembered


@once_for_each_instruction
def way_to_first(code, offset):
    """How what stands first in the instruction at an offset comes about: the ``h.a`` of ``h.a[i] = v`` or ``h.a(v)``.

    [("name", "h"), ("attribute", "a")], with ("item", None), ("call", None) and ("compute", None) for other steps; []
    where it cannot be told. It begins where the whole begins.
    """
    instructions = list(dis.get_instructions(code))
    whole = next((span(one) for one in instructions if one.offset == offset), None)
    if whole is None:
        return []
    inside = [(span(one), one) for one in instructions]
    inside = [(at, one) for at, one in inside if at and at != whole and whole[0] <= at[0] and at[1] <= whole[1]]
    start = min([at[0] for at, _ in inside], default=None)
    steps = {}  # by where the step ends: the last instruction of each
    for at, one in inside:
        step = _step_of(one)
        if at[0] == start and step is not None:
            steps[at[1]] = step
    return [steps[end] for end in sorted(steps)]


def _step_of(instruction):
    name, value = instruction.opname, instruction.argval
    if name in SUBSCRIPTS or (name == "BINARY_OP" and "[" in instruction.argrepr):  # so from Python 3.14 on
        return "item", None
    if name in ATTRIBUTES:
        return "attribute", value
    if name in CALLS:
        return "call", None
    if name.startswith(COMPUTED):
        return "compute", None
    if name.startswith("LOAD_") and "CONST" not in name:
        return "name", value[0] if isinstance(value, tuple) else value  # two names in one instruction
    return None


def named(frame, name, otherwise=None):
    """The value of a name as the frame's code sees it."""
    for scope in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if name in scope:
            return scope[name]
    return otherwise
