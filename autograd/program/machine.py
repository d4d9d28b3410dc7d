"""``prepare(program)``: what runs a program again, the fastest way that there is for it.

Programs of small arrays and numbers run in C as a whole (``small``). In others, chains of functions of each entry are
compiled (``fusing``), and the rest are calls from a generated Python function (``replay``).
"""

from typing import Any

from . import small
from .exchanging import exchanged
from .fusing import fused
from .instructions import Program
from .recomputing import recomputed
from .replay import Replay

__all__ = ["prepare"]


def prepare(program: Program) -> Any:
    """An object with ``run(values)``: the arrays of the outputs, in memory of their own, of those of the arguments."""
    return small.prepare(program) or Replay(recomputed(fused(exchanged(program))))
