"""Whether a Tensor is unpacked as PyTorch's pair: ``values, indices = x.max(1)``.

``x.max(1)`` is NumPy's: the values alone. Unpacked into two, rows would stand where values and indices are expected;
the caller's code tells it, and that is an error with both spellings.
"""

import dis

from .callers import once_for_each_instruction, span

UNPACK = {dis.opmap["UNPACK_SEQUENCE"], dis.opmap["UNPACK_EX"]}
PICKS = {"max", "min", "sort", "median"}
"""What gives a pair in PyTorch, and in NumPy the values alone."""


def refuse_pair(frame):
    """Raise where the instruction at which the frame stands unpacks what one of these has just given."""
    code, at = frame.f_code, frame.f_lasti
    name = picked_by(code, at) if code.co_code[at] in UNPACK else None
    if name is not None:
        raise TypeError(
            f"{name}: positional arguments and axis= mean what they mean in NumPy, which gives the values alone\n"
            f"  values and indices: x.{name}(dim=1)\n  the values: x.{name}(axis=1)"
        )


@once_for_each_instruction
def picked_by(code, at):
    """The name of the function whose result is unpacked by this instruction, if it is one of those; else None."""
    before = [one for one in dis.get_instructions(code) if one.offset < at]
    if not before or not before[-1].opname.startswith("CALL"):
        return None
    call = span(before[-1])
    if call is None:
        return None
    called = [(span(one), one) for one in before[:-1]]
    names = [
        (at[1], one.argval)
        for at, one in called
        if at and at[0] == call[0] and at[1] < call[1] and isinstance(one.argval, str)
    ]
    name = max(names, default=(None, None))[1]
    return name if name in PICKS else None
