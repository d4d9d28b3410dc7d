"""What the code that calls us says: where an instruction stands in the source, and what the names in it are."""

from itertools import islice

STORES = {"STORE_SUBSCR", "STORE_SLICE"}
"""The instructions of ``x[i] = v``."""


def place(code, at):
    """(line, last line, column, last column) of the text that an instruction stands for; None for what is unknown."""
    return next(islice(code.co_positions(), at // 2, None), (None, None, None, None))


def span(instruction):
    """((line, column), (line, column)) of the source that an instruction stands for, or None."""
    at = instruction.positions
    if at is None or at.lineno is None or at.col_offset is None or at.end_col_offset is None:
        return None
    return (at.lineno, at.col_offset), (at.end_lineno, at.end_col_offset)


def named(frame, name, otherwise=None):
    """The value of a name as the frame's code sees it."""
    for scope in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if name in scope:
            return scope[name]
    return otherwise


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
