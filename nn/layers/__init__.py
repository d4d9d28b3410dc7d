"""The layers, in PyTorch's names and with its state-dict keys: those that each file names in its ``__all__``."""

from . import activation, container, convolution, dropout, flatten, linear, normalization, pooling
from .activation import *
from .container import *
from .convolution import *
from .dropout import *
from .flatten import *
from .linear import *
from .normalization import *
from .pooling import *

__all__: list[str] = []
__all__ += activation.__all__
__all__ += container.__all__
__all__ += convolution.__all__
__all__ += dropout.__all__
__all__ += flatten.__all__
__all__ += linear.__all__
__all__ += normalization.__all__
__all__ += pooling.__all__
