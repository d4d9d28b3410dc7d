"""Automatic differentiation on NumPy arrays (exports being assembled)."""

from .declaration import distinct, nonzero, operation, positive, reals, registry, rule, sample
from .engine import gradients
from .modes import Tape, detect_anomaly, enable_grad, is_grad_enabled, is_taping, no_grad, scope, tape
from .ops.activation import *
from .ops.arithmetic import *
from .ops.conv import *
from .ops.elementwise import *
from .ops.indexing import *
from .ops.linear import *
from .ops.losses import *
from .ops.normalization import *
from .ops.pooling import *
from .ops.reduction import *
from .ops.shaping import *
from .ops.signal import *
from .tensor import Tensor
from . import operators
