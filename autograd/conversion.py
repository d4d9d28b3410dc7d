"""Where a recorded value becomes a plain number, and its history stays behind.

``float(t)`` and ``math.exp(t)`` give numbers: ``losses.append(float(loss))`` is meant so. Not meant is
``array[0] = t``, for which NumPy asks for the same number: that is an error, and so is ``np.fromiter(t, float)``.
Inside ``grad``, ``jacobian`` and the other transforms no number can be asked for in this way of what was computed from
the argument: the result would come out as if it did not depend on it. ``.item()``, ``.data``, ``.detach()``,
``.numpy()`` and ``.tolist()`` say that the value is meant, and are allowed everywhere, as are printing and tests of
truth.

Where a value turns out to have no history, errors name the line at which one was last left behind.
"""

import dis
import linecache
import sys
from array import array
from contextvars import ContextVar
from functools import partial
from weakref import ref

import numpy as np

from .callers import STORES, named, place, way_to_first
from .modes import users_frame

_arguments = ContextVar("autograd_arguments", default=())  # the nodes of the arguments of the transforms under way
_last = ContextVar("autograd_last_conversion", default=None)  # (code, instruction) of the user's frame, what was asked
_iterated = ContextVar("autograd_iterated", default=None)  # (the last item of a Tensor, who went on with the iteration)

_OF_NUMBERS = {"numpy", "array", "_operator"}
"""Modules whose functions, given a number, put it into an array, make an array of it or draw from it."""
_METHODS_OF_ARRAYS = {name for kind in (np.ndarray, array) for name in dir(kind)} - set(dir(list))
_METHODS_OF_ARRAYS |= {"append", "insert", "extend", "__setitem__"}  # a list's ask for no number


class differentiating:
    """``with differentiating(aliases):`` a transform runs its function; the aliases are its arguments."""

    def __init__(self, aliases):
        self.nodes = tuple([x.node for x in aliases])

    def __enter__(self):
        self.before = _arguments.get()
        _arguments.set((*self.before, *self.nodes))

    def __exit__(self, *_):
        _arguments.set(self.before)


def comes_from_an_argument(node):
    """Whether a node was made from an argument of a transform under way here."""
    arguments = _arguments.get()
    if node is None or not arguments:
        return False
    oldest = min([one.birth for one in arguments])
    todo = [node]
    seen = set(todo)
    while todo:
        node = todo.pop()
        if node in arguments:
            return True
        for parent in node.parents:
            if parent is not None and parent.birth >= oldest and parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return False


def leave_history(what):
    """Note down that the user asked a recorded Tensor for its value."""
    frame = users_frame()
    _last.set(None if frame is None else (frame.f_code, frame.f_lasti, what))


def left_behind():
    """What an error about missing history adds: the line where a recorded value last became a plain number or array."""
    last = _last.get()
    if last is None:
        return ""
    code, at, what = last
    line = place(code, at)[0]
    text = linecache.getline(code.co_filename, line or 0).strip()
    return f"\n  history was last left behind by {what} at {code.co_filename}:{line}" + (f": {text}" if text else "")


def become_number(tensor, what):
    """A recorded Tensor is asked for its number by ``float`` or ``int``, perhaps on behalf of an array."""
    frame = sys._getframe(2)  # of Tensor.__float__ the caller
    at = _instruction(frame)
    name = dis.opname[frame.f_code.co_code[at]]
    if name == "BINARY_OP":  # "%.3f" % t
        return
    called = f"Tensor: {tensor.name or 'without a name'}, shape {tensor.shape}"
    if name in STORES:
        raise TypeError(
            f"a Tensor that requires grad cannot be stored into an array: its history would be lost\n  {called}\n"
            "  collect Tensors in a list and join them with ag.stack, or assign into a Tensor, such as\n"
            "  h = ag.Tensor(np.zeros(n)); h[0] = t\n  store t.item() where the number is meant"
        )
    if _was_made_by(tensor, frame, at) or (name.startswith("CALL") and _puts_into_an_array(frame, at)):
        raise TypeError(
            f"a Tensor that requires grad cannot become numbers of an array: its history would be lost\n  {called}\n"
            "  use the Tensor itself, or join several with ag.stack\n"
            "  take t.item() or t.tolist() where the numbers are meant"
        )
    if comes_from_an_argument(tensor.node):
        raise TypeError(
            f"{what}() of a Tensor that was computed from the argument that is differentiated: its history would be "
            f"lost\n  {called}\n  use the functions of autograd or NumPy in place of those of math, which take floats\n"
            "  take t.item() where the number is meant"
        )
    leave_history(f"{what}()")


def iterate(item):
    """Note down which instruction of which frame goes on with an iteration over a Tensor, and gets this item."""
    frame = sys._getframe(2)
    _iterated.set((ref(item), frame.f_code, _instruction(frame)))


def _was_made_by(tensor, frame, at):
    """Whether this instruction has just got the Tensor by an iteration: np.fromiter(t, float)."""
    item, code, before = _iterated.get() or (None, None, None)
    return item is not None and item() is tensor and code is frame.f_code and before == at


def _instruction(frame):
    """Where in the frame's code the instruction under way begins."""
    at = frame.f_lasti
    while at > 0 and dis.opname[frame.f_code.co_code[at]] == "CACHE":
        at -= 2
    return at


def _puts_into_an_array(frame, at):
    """Whether what the frame calls is of NumPy or of an array; by the method's name where nothing else tells."""
    if frame.f_globals.get("__name__", "").partition(".")[0] == "numpy":
        return True
    way = way_to_first(frame.f_code, at)
    called = _called(frame, way)
    if called is None:
        return bool(way) and way[-1][0] == "attribute" and way[-1][1] in _METHODS_OF_ARRAYS
    while isinstance(called, partial):
        called = called.func
    owner = getattr(called, "__self__", None)
    owners = (called, owner, type(owner), getattr(called, "__objclass__", None))
    modules = [getattr(one, "__module__", None) or getattr(one, "__name__", None) for one in owners]
    return isinstance(owner, np.ndarray) or any(str(one).partition(".")[0] in _OF_NUMBERS for one in modules)


def _called(frame, way):
    """What the frame calls, as far as names and attributes lead to it."""
    called = None
    for step, name in way:
        if step == "name" and called is None:
            called = named(frame, name)
        elif step == "attribute" and called is not None:
            called = getattr(called, name, None)
        else:
            return None
    return called
