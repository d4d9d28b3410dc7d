"""A program in JavaScript: NumPy's functions under NumPy's names, and expressions of NumPy's translated to them.

* ``runtime``     joins the files of this folder, which a page or a module carries with it
* ``expressions`` translates one expression, as ``ag.source`` has it
* ``helpers``     translates the helper functions that the runtime has no loops of its own for
* ``module``      the whole text that ``ag.source(output).javascript()`` gives
"""

from . import runtime
from .expressions import NoForm

__all__ = ["NoForm", "runtime"]
