"""The layers, in PyTorch's names and with its state-dict keys: those that each file names in its ``__all__``."""

import typing as _typing

from . import activation, container, convolution, dropout, flatten, linear, normalization, pooling
from .activation import *
from .container import *
from .convolution import *
from .dropout import *
from .flatten import *
from .linear import *
from .normalization import *
from .pooling import *

if not _typing.TYPE_CHECKING:  # type checkers take all of the above, and know no __all__ that is not written out
    __all__ = [
        name
        for module in (activation, container, convolution, dropout, flatten, linear, normalization, pooling)
        for name in module.__all__
    ]
