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
``hvp`` turn functions into their derivatives; ``tape``, ``draw``, ``check_by_hand``, ``check_backward``,
``check_derivation``, ``explain`` and ``gradcheck`` look at what happened; ``source`` writes it as NumPy code;
``exercise`` makes sheets for a class; ``operation`` and ``rule`` declare an operation of your own. Nearly everything
else is an operation under NumPy's name.
Beside these, ``ag.config`` has threads, memory and what the library runs on, ``ag.testing`` assertions for tests,
``ag.extend`` the rest of declaring, and ``ag.internal`` what ``nn`` uses and you need not.
"""

from . import native as _which_is_compiled  # isort: skip  (first: it says whether what follows runs compiled)
import importlib as _importlib
import typing as _typing

from . import config, cuda, extend, internal
from . import devices as _devices
from . import methods as _methods
from . import numpy_protocol as _numpy_protocol
from .composed import *
from .convolutions import *
from .creation import *
from .declaration import operation, rule
from .devices import *
from .dlpack import *
from .drawing import draw
from .engine import gradients
from .entries import *
from .joining import *
from .modes import (
    Tape,
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    scope,
    set_detect_anomaly,
    set_grad_enabled,
    tape,
)
from .of_values import *
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
    cbrt,
    ceil,
    clip,
    cos,
    cosh,
    erf,
    exp,
    expm1,
    floor,
    hypot,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    reciprocal,
    round,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
    trunc,
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
from .random import *
from .running import *
from .scattering import *
from .selecting import *
from .statistics import *
from .synonyms import *
from .teaching import exercise
from .tensors import Tensor, tensor

__version__ = "0.1.0"

__all__ = [
    "DerivationError", "Function", "Generator", "GradientError", "Report", "Tape", "Tensor", "abs", "absolute",
    "acos", "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "all", "allclose", "amax",
    "amin", "aminmax", "any", "append", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "argmax", "argmin", "argpartition", "argsort", "argwhere", "array_equal", "array_equiv",
    "array_split", "as_tensor", "asin", "asinh", "astype", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d",
    "atleast_3d", "average", "avg_pool1d", "avg_pool2d", "avg_pool3d", "baddbmm", "batch_norm", "bernoulli",
    "binary_cross_entropy_with_logits", "bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift",
    "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "block", "block_diag", "bmm",
    "broadcast_arrays", "broadcast_tensors", "broadcast_to", "bucketize", "cartesian_prod", "cat", "cbrt", "cdist",
    "ceil", "check_backward", "check_by_hand", "check_derivation", "checkpoint", "cholesky", "cholesky_inverse",
    "cholesky_solve", "choose", "chunk", "clamp", "clamp_max", "clamp_min", "clip", "column_stack", "combinations",
    "compile", "compress",
    "concat", "concatenate", "config", "constant_pad_nd", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "convolve", "convolve2d", "copysign", "corrcoef", "correlate",
    "correlate2d", "cos", "cosh", "count_nonzero", "cov", "cross", "cross_entropy", "cuda", "cummax", "cummin",
    "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "cumulative_trapezoid", "deg2rad", "degrees",
    "delete", "det", "detect_anomaly", "device", "diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter",
    "diff", "digamma", "digitize", "dist", "div", "divide", "divmod", "dot", "double", "draw", "dropout", "dsplit",
    "dstack", "ediff1d", "einsum", "elu", "empty", "empty_like", "enable_grad", "eq", "erf", "erfc", "erfinv",
    "exercise", "exp", "exp2", "expand", "expand_dims", "explain", "expm1", "extend", "extract", "eye", "fabs",
    "fill", "fix", "flatnonzero", "flatten", "flip", "fliplr", "flipud", "float16", "float32", "float64",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "frexp", "from_dlpack", "from_numpy",
    "full", "full_like", "gather", "gcd", "ge", "gelu", "ger", "grad", "gradcheck", "gradient", "gradients",
    "greater", "greater_equal", "gt", "half", "heaviside", "hessian", "histc", "histogram", "hsplit", "hstack",
    "hvp", "hypot", "i0", "igamma", "igammac", "index_add", "index_copy", "index_fill", "index_put", "index_reduce",
    "index_select", "inference_mode", "initial_seed", "inner", "insert", "int16", "int32", "int64", "int8",
    "internal", "interp", "intersect1d", "inverse", "invert", "is_grad_enabled", "is_tensor", "isclose", "isfinite",
    "isin", "isinf", "isnan", "isneginf", "isposinf", "jacfwd", "jacobian", "jacrev", "jvp", "kron", "kthvalue",
    "l1", "lcm", "ldexp", "le", "leaky_relu", "left_shift", "lerp", "less", "less_equal", "lexsort", "lgamma",
    "linalg", "linear", "linspace", "log", "log10", "log1p", "log2", "log_softmax", "logaddexp", "logaddexp2",
    "logcumsumexp", "logdet", "logical_and", "logical_not", "logical_or", "logical_xor", "logit", "logspace",
    "logsumexp", "long", "lt", "manual_seed", "masked_fill", "masked_scatter", "masked_select", "matmul",
    "matrix_exp", "matrix_power", "matrix_transpose", "max", "max_pool1d", "max_pool2d", "max_pool3d", "maximum",
    "mean", "median", "meshgrid", "min", "minimum", "mm", "mod", "mode", "modf", "moveaxis", "movedim", "mse",
    "msort", "mul", "multinomial", "multiply", "mv", "mvlgamma", "nan_to_num", "nanargmax", "nanargmin",
    "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod",
    "nanquantile", "nanstd", "nansum", "nanvar", "narrow", "ne", "neg", "negative", "nextafter", "nll_loss",
    "no_grad", "nonzero", "norm", "normal", "not_equal", "numel", "once_differentiable", "ones", "ones_like",
    "operation", "outer", "pad", "percentile", "permute", "pinverse", "polygamma", "polyval", "positive", "pow",
    "power", "prod", "ptp", "qr", "quantile", "rad2deg", "radians", "rand", "rand_like", "randint", "randn",
    "randn_like", "randperm", "ravel", "ravel_multi_index", "reciprocal", "relu", "remainder", "renorm", "repeat",
    "repeat_interleave", "reshape", "right_shift", "rint", "roll", "rollaxis", "rot90", "round", "row_stack",
    "rsqrt", "rsub", "rule", "scatter", "scatter_add", "scatter_reduce", "scope", "searchsorted", "select",
    "select_scatter", "set_detect_anomaly", "set_grad_enabled", "setdiff1d", "setxor1d", "sgn", "short", "sigmoid",
    "sign", "signbit", "silu", "sin", "sinc", "sinh", "slice_scatter", "slogdet", "softmax", "softplus", "sort",
    "source", "spacing", "special", "split", "split_with_sizes", "sqrt", "square", "squeeze", "stack", "std",
    "std_mean", "sub", "subtract", "sum", "sum_to_size", "svd", "swapaxes", "swapdims", "t", "take", "take_along_axis",
    "take_along_dim", "tan", "tanh", "tape", "tensor", "tensor_split", "tensordot", "testing", "tile", "topk",
    "trace", "transpose", "trapezoid", "trapz", "triangular_solve", "tril", "tril_indices", "triu", "triu_indices",
    "true_divide", "trunc", "uint8", "unbind", "unflatten", "unfold", "union1d", "unique", "unique_consecutive",
    "unravel_index", "unsqueeze", "unstack", "value_and_grad", "vander", "var", "var_mean", "vdot", "vjp", "vmap",
    "vsplit", "vstack", "where", "xlogy", "zeros", "zeros_like",
]  # fmt: skip

if _typing.TYPE_CHECKING:
    from . import linalg, special, testing
    from .checking.by_hand import check_by_hand
    from .checking.code import check_backward
    from .checking.derivations import check_derivation
    from .checking.report import DerivationError, Report
    from .checkpointing import checkpoint
    from .explaining import explain
    from .finite_differences import GradientError, gradcheck
    from .function import Function, once_differentiable
    from .generators import Generator
    from .later import *
    from .mapping import vmap
    from .program.compiling import compile
    from .program.source import source
    from .transforms import grad, hessian, hvp, jacfwd, jacobian, jacrev, jvp, value_and_grad, vjp
else:  # for type checkers a name that is missing is an error
    _LOADED_WHEN_USED = {
        name: module
        for module, names in {
            "checking.by_hand": "check_by_hand",
            "checking.code": "check_backward",
            "checking.derivations": "check_derivation",
            "checking.report": "DerivationError Report",
            "checkpointing": "checkpoint",
            "explaining": "explain",
            "finite_differences": "GradientError gradcheck",
            "generators": "Generator",
            "function": "Function once_differentiable",
            "later": """cholesky cholesky_inverse cholesky_solve det digamma erfc erfinv i0 igamma igammac inverse
                lgamma logdet logit matrix_exp matrix_power mvlgamma pinverse polygamma qr sinc slogdet svd
                triangular_solve xlogy""",
            "mapping": "vmap",
            "program.compiling": "compile",
            "program.source": "source",
            "transforms": "grad hessian hvp jacfwd jacobian jacrev jvp value_and_grad vjp",
            "": "linalg special testing",
        }.items()
        for name in names.split()
    }
    """{public name: its module}, of what would make importing slow."""

    def __getattr__(name):
        if name in _LOADED_WHEN_USED:
            path = _LOADED_WHEN_USED[name]
            found = _importlib.import_module(f"{__name__}.{path or name}")
            globals()[name] = getattr(found, name) if path else found
            return globals()[name]
        if name in _devices.MORE:
            return _devices.MORE[name]
        from .missing import no_such_name  # when used: its tables are long

        raise no_such_name(name, __all__)

    def __dir__():
        return sorted({*globals(), *_LOADED_WHEN_USED})
