"""What ONNX's operators do, in functions of ``ag``: each takes its node and the values of its inputs.

Values are Tensors, or arrays where they come from no weight: shapes and indices, which files compute with too.
Source: ONNX, "Operators", opsets 13 to 21.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import autograd as ag

from ..values import values_of
from .wire import DTYPES

__all__ = ["OPERATORS", "static_inputs", "statistics"]


def static_inputs(node: Any) -> list[str]:
    """The inputs of a node that say shapes, widths or bounds, and are no weights."""
    first = {"Reshape": 1, "Expand": 1, "Pad": 1, "Clip": 1, "Slice": 1}.get(node.op_type)
    return [] if first is None else node.inputs[first:]


def statistics(nodes: Iterable[Any]) -> set[str]:
    """The weights that are means and variances of batches."""
    return {one for node in nodes if node.op_type == "BatchNormalization" for one in node.inputs[3:5]}


def _ints(value: Any) -> list[int]:
    return [int(one) for one in np.ravel(values_of(value))]


def _entrywise(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda node, *inputs: function(*inputs)


def _repeated(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of two inputs or more."""

    def run(node: Any, first: Any, *others: Any) -> Any:
        for other in others:
            first = function(first, other)
        return first

    return run


def _divide(node: Any, a: Any, b: Any) -> Any:
    if values_of(a).dtype.kind in "iu":
        return np.trunc(values_of(a) / values_of(b)).astype(values_of(a).dtype)
    return ag.divide(a, b)


def _gemm(node: Any, a: Any, b: Any, c: Any = None) -> Any:
    a = ag.transpose(a) if node.get("transA", 0) else a
    b = ag.transpose(b) if node.get("transB", 0) else b
    y = ag.matmul(a, b)
    y = y if node.get("alpha", 1.0) == 1 else node.get("alpha") * y
    if c is None:
        return y
    return y + (c if node.get("beta", 1.0) == 1 else node.get("beta") * c)


def _around(node: Any, rank: int) -> tuple[list[int], list[int]]:
    """(before, after) of the padding."""
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise node.refuse("auto_pad is not read: export with pads in numbers")
    pads = node.get("pads") or [0] * (2 * rank)
    return pads[:rank], pads[rank:]


def _padded(node: Any, x: Any, value: float) -> tuple[Any, tuple[int, ...]]:
    """(x, the padding that is left to do): what differs in front and behind is done here."""
    rank = len(np.shape(x)) - 2
    before, after = _around(node, rank)
    if before == after:
        return x, tuple(before)
    widths = [(0, 0), (0, 0), *zip(before, after, strict=True)]
    return ag.pad(x, widths, constant_values=value), (0,) * rank


def _each(node: Any, name: str, rank: int) -> tuple[int, ...]:
    return tuple(node.get(name) or [1] * rank)


def _of_rank(name: str, rank: int) -> Any:
    return getattr(ag, f"{name}{rank}d")


def _conv(node: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    rank = len(np.shape(weight)) - 2
    x, padding = _padded(node, x, 0)
    stride, dilation = _each(node, "strides", rank), _each(node, "dilations", rank)
    return _of_rank("conv", rank)(x, weight, bias, stride, padding, dilation, node.get("group", 1))


def _conv_transpose(node: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    rank = len(np.shape(weight)) - 2
    before, after = _around(node, rank)
    if node.get("output_shape"):
        raise node.refuse("output_shape is not read")
    more = node.get("output_padding") or [0] * rank
    if before != after:  # what is padded away behind alone is output padding that is missing
        more = [m + b - a for m, a, b in zip(more, after, before, strict=True)]
    stride, dilation = _each(node, "strides", rank), _each(node, "dilations", rank)
    run, groups = _of_rank("conv_transpose", rank), node.get("group", 1)
    y = run(x, weight, bias, stride, tuple(before), tuple([max(m, 0) for m in more]), groups, dilation)
    if min(more) >= 0:
        return y
    return y[(slice(None), slice(None), *[slice(0, n + min(m, 0)) for n, m in zip(np.shape(y)[2:], more, strict=True)])]


def _max_pool(node: Any, x: Any) -> Any:
    size, rank = tuple(node.get("kernel_shape")), len(node.get("kernel_shape"))
    x, padding = _padded(node, x, -np.inf)
    stride, dilation = _each(node, "strides", rank), _each(node, "dilations", rank)
    if len(node.outputs) > 1:
        raise node.refuse("the places of the maxima are not read")
    return _of_rank("max_pool", rank)(x, size, stride, padding, dilation, bool(node.get("ceil_mode", 0)))


def _avg_pool(node: Any, x: Any) -> Any:
    size, rank = tuple(node.get("kernel_shape")), len(node.get("kernel_shape"))
    before, after = _around(node, rank)
    if before != after or max(_each(node, "dilations", rank)) > 1:
        raise node.refuse("padding that differs in front and behind, and dilation, are not read")
    counts, ceil = bool(node.get("count_include_pad", 0)), bool(node.get("ceil_mode", 0))
    return _of_rank("avg_pool", rank)(x, size, _each(node, "strides", rank), tuple(before), ceil, counts)


def _batch_norm(node: Any, x: Any, weight: Any, bias: Any, mean: Any, var: Any) -> Any:
    if node.get("training_mode", 0):
        raise node.refuse("batch norm in training mode is not read")
    return ag.batch_norm(x, weight, bias, values_of(mean), values_of(var), node.get("epsilon", 1e-5))


def _layer_norm(node: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    axes = tuple(range(node.get("axis", -1) % len(np.shape(x)), len(np.shape(x))))
    d = x - ag.mean(x, axis=axes, keepdims=True)
    y = d / ag.sqrt(ag.mean(d * d, axis=axes, keepdims=True) + node.get("epsilon", 1e-5)) * weight
    return y if bias is None else y + bias


def _axes(node: Any, x: Any, axes: Any) -> tuple[int, ...] | None:
    """Those of a reduction or a squeeze; None for all."""
    found = _ints(axes) if axes is not None else node.get("axes")
    if found:
        return tuple(found)
    return () if node.get("noop_with_empty_axes", 0) else None


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(node: Any, x: Any, axes: Any = None) -> Any:
        return function(x, axis=_axes(node, x, axes), keepdims=bool(node.get("keepdims", 1)))

    return run


def _reshape(node: Any, x: Any, shape: Any) -> Any:
    wanted = _ints(shape)
    if not node.get("allowzero", 0):
        wanted = [np.shape(x)[i] if n == 0 else n for i, n in enumerate(wanted)]
    return ag.reshape(x, tuple(wanted))


def _flatten(node: Any, x: Any) -> Any:
    axis = node.get("axis", 1)
    axis += len(np.shape(x)) if axis < 0 else 0
    return ag.reshape(x, (int(np.prod(np.shape(x)[:axis])), -1))


def _unsqueeze(node: Any, x: Any, axes: Any) -> Any:
    found = _ints(axes)
    n = len(np.shape(x)) + len(found)
    for axis in sorted([one % n for one in found]):
        x = ag.expand_dims(x, axis)
    return x


def _slice(node: Any, x: Any, starts: Any, ends: Any, axes: Any = None, steps: Any = None) -> Any:
    shape = np.shape(x)
    first, last = _ints(starts), _ints(ends)
    where = list(range(len(first))) if axes is None else _ints(axes)
    step = [1] * len(first) if steps is None else _ints(steps)
    index = [slice(None)] * len(shape)
    for axis, a, b, s in zip(where, first, last, step, strict=True):
        n = shape[axis]
        if s < 0:  # NumPy's way to say "beyond the first"
            index[axis] = slice(min(a, n - 1), None if b < -n else b, s)
        else:
            index[axis] = slice(a, b, s)
    return x[tuple(index)]


def _expand(node: Any, x: Any, shape: Any) -> Any:
    return ag.broadcast_to(x, np.broadcast_shapes(np.shape(x), tuple(_ints(shape))))


def _gather(node: Any, x: Any, indices: Any) -> Any:
    return ag.take(x, values_of(indices), axis=node.get("axis", 0))


def _concat(node: Any, *arrays: Any) -> Any:
    return ag.concatenate(list(arrays), axis=node.get("axis"))


def _split(node: Any, x: Any, lengths: Any = None) -> Any:
    axis = node.get("axis", 0)
    n = np.shape(x)[axis]
    parts = node.get("num_outputs", len(node.outputs))
    each = -(-n // parts)
    at = np.cumsum(_ints(lengths))[:-1] if lengths is not None else [each * i for i in range(1, parts)]
    return tuple(ag.split(x, [int(one) for one in at], axis=axis))


def _pad(node: Any, x: Any, pads: Any, value: Any = None, axes: Any = None) -> Any:
    widths, n = [(0, 0)] * len(np.shape(x)), len(_ints(pads)) // 2
    for axis, before, after in zip(
        range(n) if axes is None else _ints(axes), _ints(pads)[:n], _ints(pads)[n:], strict=True
    ):
        widths[axis] = (before, after)
    if not widths:  # no axes, nothing to add
        return x
    mode = node.get("mode", "constant")
    if mode != "constant":
        return ag.pad(x, widths, mode)
    return ag.pad(x, widths, constant_values=0 if value is None else values_of(value).item())


def _clip(node: Any, x: Any, low: Any = None, high: Any = None) -> Any:
    low, high = (None if one is None else values_of(one).item() for one in (low, high))
    return x if low is None and high is None else ag.clip(x, low, high)


def _cast(node: Any, x: Any) -> Any:
    if node.get("to") not in DTYPES:
        raise node.refuse(f"there is no such dtype in NumPy\n  dtype: number {node.get('to')} of ONNX")
    dtype = np.dtype(DTYPES[node.get("to")])
    return ag.astype(x, dtype) if isinstance(x, ag.Tensor) else np.asarray(x).astype(dtype)


def _constant(node: Any) -> Any:
    for name, dtype in (("value_int", np.int64), ("value_ints", np.int64), ("value_float", np.float32),
                        ("value_floats", np.float32)):  # fmt: skip
        if name in node.attributes:
            return np.array(node.get(name), dtype)
    if not isinstance(node.get("value"), np.ndarray):
        raise node.refuse("only constants of numbers are read")
    return node.get("value")


def _constant_of_shape(node: Any, shape: Any) -> Any:
    value = node.get("value", np.zeros(1, np.float32))
    return np.full(tuple(_ints(shape)), value[0], value.dtype)


OPERATORS: dict[str, Callable[..., Any]] = {
    "Abs": _entrywise(ag.absolute),
    "Add": _entrywise(ag.add),
    "And": _entrywise(ag.logical_and),
    "AveragePool": _avg_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Cos": _entrywise(ag.cos),
    "Div": _divide,
    "Dropout": lambda node, x, *_: x,
    "Elu": lambda node, x: ag.elu(x, node.get("alpha", 1.0)),
    "Equal": _entrywise(ag.eq),
    "Erf": _entrywise(ag.erf),
    "Exp": _entrywise(ag.exp),
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": lambda node, x: ag.gelu(x, node.get("approximate", "none")),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda node, x: ag.mean(x, axis=tuple(range(2, len(np.shape(x)))), keepdims=True),
    "GlobalMaxPool": lambda node, x: ag.amax(x, axis=tuple(range(2, len(np.shape(x)))), keepdims=True),
    "Greater": _entrywise(ag.gt),
    "GreaterOrEqual": _entrywise(ag.ge),
    "Identity": lambda node, x: x,
    "IsInf": _entrywise(ag.isinf),
    "IsNaN": _entrywise(ag.isnan),
    "LayerNormalization": _layer_norm,
    "LeakyRelu": lambda node, x: ag.leaky_relu(x, node.get("alpha", 0.01)),
    "Less": _entrywise(ag.lt),
    "LessOrEqual": _entrywise(ag.le),
    "Log": _entrywise(ag.log),
    "LogSoftmax": lambda node, x: ag.log_softmax(x, node.get("axis", -1)),
    "MatMul": _entrywise(ag.matmul),
    "Max": _repeated(ag.maximum),
    "MaxPool": _max_pool,
    "Min": _repeated(ag.minimum),
    "Mul": _entrywise(ag.multiply),
    "Neg": _entrywise(ag.negative),
    "Not": _entrywise(ag.logical_not),
    "Or": _entrywise(ag.logical_or),
    "Pad": _pad,
    "Pow": _entrywise(ag.power),
    "Reciprocal": _entrywise(ag.reciprocal),
    "ReduceLogSumExp": _reduction(ag.logsumexp),
    "ReduceMax": _reduction(ag.amax),
    "ReduceMean": _reduction(ag.mean),
    "ReduceMin": _reduction(ag.amin),
    "ReduceProd": _reduction(ag.prod),
    "ReduceSum": _reduction(ag.sum),
    "Relu": _entrywise(ag.relu),
    "Reshape": _reshape,
    "Shape": lambda node, x: np.array(np.shape(x), np.int64),
    "Sigmoid": _entrywise(ag.sigmoid),
    "Sign": _entrywise(ag.sign),
    "Sin": _entrywise(ag.sin),
    "Slice": _slice,
    "Softmax": lambda node, x: ag.softmax(x, node.get("axis", -1)),
    "Softplus": _entrywise(ag.softplus),
    "Split": _split,
    "Sqrt": _entrywise(ag.sqrt),
    "Squeeze": lambda node, x, axes=None: ag.squeeze(x, _axes(node, x, axes)),
    "Sub": _entrywise(ag.subtract),
    "Sum": _repeated(ag.add),
    "Tan": _entrywise(ag.tan),
    "Tanh": _entrywise(ag.tanh),
    "Transpose": lambda node, x: ag.transpose(x, node.get("perm")),
    "Unsqueeze": _unsqueeze,
    "Where": _entrywise(ag.where),
    "Xor": _entrywise(ag.logical_xor),
}
