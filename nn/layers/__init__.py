"""The layers, in PyTorch's names and with its state-dict keys: those that each file names in its ``__all__``."""

import typing as _typing

from . import (
    activation,
    adaptive_pooling,
    attention,
    container,
    convolution,
    dropout,
    embedding,
    flatten,
    linear,
    normalization,
    normalization_by_sample,
    padding,
    pooling,
    recurrent,
    shaping,
    transformer,
)
from .activation import *
from .adaptive_pooling import *
from .attention import *
from .container import *
from .convolution import *
from .dropout import *
from .embedding import *
from .flatten import *
from .linear import *
from .normalization import *
from .normalization_by_sample import *
from .padding import *
from .pooling import *
from .recurrent import *
from .shaping import *
from .transformer import *

_MODULES = (
    activation,
    adaptive_pooling,
    attention,
    container,
    convolution,
    dropout,
    embedding,
    flatten,
    linear,
    normalization,
    normalization_by_sample,
    padding,
    pooling,
    recurrent,
    shaping,
    transformer,
)

if not _typing.TYPE_CHECKING:  # type checkers take all of the above, and know no __all__ that is not written out
    __all__ = [name for module in _MODULES for name in module.__all__]
