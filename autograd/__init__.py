"""autograd: automatic differentiation on NumPy arrays, for people who want to *know* a gradient.

Define a model by running it, look at the graph that it made, and hold the gradients derived by hand
against the true ones:

>>> import autograd as ag
>>> w, x = ag.Tensor(0.4, requires_grad=True, name="w"), ag.Tensor(0.6, name="x")
>>> y = ag.sigmoid(w * x)
>>> y.backward()
>>> f"{w.grad:.6f}"
'0.147861'

``Tensor`` records; ``backward`` and ``gradients`` walk back; ``grad``, ``vjp``, ``jvp``, ``jacobian``, ``hessian`` and
``hvp`` turn functions into their derivatives; ``tape``, ``draw``, ``check_by_hand``, ``check_backward``, ``explain``
and ``gradcheck`` look at what happened; ``exercise`` makes sheets for a class; ``operation`` and ``rule`` declare an
operation of your own. Nearly everything else is an operation under NumPy's name. Beside these, ``ag.config`` has
threads, memory and what the library runs on, ``ag.testing`` assertions for tests, ``ag.extend`` the rest of declaring,
and ``ag.internal`` what ``nn`` uses and you need not.
"""

from . import native as _which_is_compiled  # isort: skip  (first: it says whether what follows runs compiled)
from . import config, extend, internal, testing
from . import numpy_protocol as _numpy_protocol
from . import operators as _operators
from .checking.by_hand import check_by_hand
from .checking.code import check_backward
from .checking.report import DerivationError, Report
from .declaration import operation, rule
from .drawing import draw
from .engine import gradients
from .explaining import explain
from .finite_differences import GradientError, gradcheck
from .modes import Tape, detect_anomaly, enable_grad, is_grad_enabled, no_grad, scope, tape
from .ops.activation import elu, gelu, leaky_relu, logaddexp, relu, sigmoid, silu, softplus
from .ops.arithmetic import add, divide, floor_divide, multiply, negative, power, remainder, subtract
from .ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .ops.elementwise import (
    abs,
    absolute,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    clip,
    cos,
    cosh,
    erf,
    exp,
    expm1,
    hypot,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    reciprocal,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
    where,
)
from .ops.indexing import take, take_along_axis
from .ops.linalg import diagonal, dot, einsum, linear, matmul, outer, tensordot, trace, tril, triu
from .ops.losses import binary_cross_entropy_with_logits, cross_entropy, l1, mse, nll_loss
from .ops.normalization import batch_norm, dropout
from .ops.pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from .ops.reduction import (
    amax,
    amin,
    cumsum,
    log_softmax,
    logsumexp,
    max,
    mean,
    min,
    norm,
    prod,
    softmax,
    std,
    sum,
    var,
)
from .ops.shaping import (
    astype,
    broadcast_to,
    concatenate,
    expand_dims,
    flip,
    moveaxis,
    pad,
    ravel,
    repeat,
    reshape,
    roll,
    split,
    squeeze,
    stack,
    swapaxes,
    tile,
    transpose,
)
from .ops.signal import convolve2d, correlate2d
from .teaching import exercise
from .tensors import Tensor, tensor
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__version__ = "0.1.0"

__all__ = [
    "DerivationError",
    "GradientError",
    "Report",
    "Tape",
    "Tensor",
    "abs",
    "absolute",
    "add",
    "amax",
    "amin",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "astype",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "binary_cross_entropy_with_logits",
    "broadcast_to",
    "check_backward",
    "check_by_hand",
    "clip",
    "concatenate",
    "config",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolve2d",
    "correlate2d",
    "cos",
    "cosh",
    "cross_entropy",
    "cumsum",
    "detect_anomaly",
    "diagonal",
    "divide",
    "dot",
    "draw",
    "dropout",
    "einsum",
    "elu",
    "enable_grad",
    "erf",
    "exercise",
    "exp",
    "expand_dims",
    "explain",
    "expm1",
    "extend",
    "flip",
    "floor_divide",
    "gelu",
    "grad",
    "gradcheck",
    "gradients",
    "hessian",
    "hvp",
    "hypot",
    "internal",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "l1",
    "leaky_relu",
    "linear",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "matmul",
    "max",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moveaxis",
    "mse",
    "multiply",
    "negative",
    "nll_loss",
    "no_grad",
    "norm",
    "operation",
    "outer",
    "pad",
    "power",
    "prod",
    "ravel",
    "reciprocal",
    "relu",
    "remainder",
    "repeat",
    "reshape",
    "roll",
    "rule",
    "scope",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tape",
    "tensor",
    "tensordot",
    "testing",
    "tile",
    "trace",
    "transpose",
    "tril",
    "triu",
    "value_and_grad",
    "var",
    "vjp",
    "where",
]
