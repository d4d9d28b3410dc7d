"""Operations as nodes of ONNX, where that takes more than the name of one of its operators.

A declaration's ``onnx=`` is a name, ``"Relu"``, of an operator that takes the same inputs in their order, or one of
these functions. Each takes ``graph`` and what else it names: inputs by the name of their value, None where one is not
given, and static arguments as they are. It returns the name of the result.

``graph.add("Gemm", x, weight, transB=1)`` adds a node and gives the name of its result; ``graph.shape(x)`` is the shape
of an input, ``graph.whole_numbers([…])`` and ``graph.number(0.5, x)``, of x's dtype, are constants.
``graph.refuse(reason)`` is the error to raise for what ONNX cannot say.

Source: ONNX, "Operators", opset 21.
"""

import math

import numpy as np

from ..kernels.windows import around, per_axis

__all__ = []  # declarations name them one by one


# -- matrices and entries ----------------------------------------------------------------------


def linear(graph, x, weight, bias):
    if len(graph.shape(x)) == 2:
        return graph.add("Gemm", x, weight, bias, transB=1)
    y = graph.add("MatMul", x, graph.add("Transpose", weight, perm=[1, 0]))
    return y if bias is None else graph.add("Add", y, bias)


def square(graph, x):
    return graph.add("Mul", x, x)


def expm1(graph, x):
    return graph.add("Sub", graph.add("Exp", x), graph.number(1, x))


def log1p(graph, x):
    return graph.add("Log", graph.add("Add", x, graph.number(1, x)))


def clip(graph, x, a_min, a_max):
    x, a_min, a_max = graph.of_result(x, a_min, a_max)
    x = x if a_min is None else graph.add("Max", x, a_min)
    return x if a_max is None else graph.add("Min", x, a_max)


def where(graph, condition, a, b):
    return graph.add("Where", graph.of_dtype(condition, np.bool_), *graph.of_result(a, b))


def astype(graph, x):
    return graph.of_result(x)[0]


# -- activations -------------------------------------------------------------------------------


def leaky_relu(graph, x, negative_slope):
    return graph.add("LeakyRelu", x, alpha=float(negative_slope))


def elu(graph, x, alpha):
    return graph.add("Elu", x, alpha=float(alpha))


def gelu(graph, x, approximate):
    return graph.add("Gelu", x, approximate=approximate)


def silu(graph, x):
    return graph.add("Mul", x, graph.add("Sigmoid", x))


def softplus(graph, x, beta, threshold):
    factor = graph.number(beta, x)
    scaled = graph.add("Mul", x, factor)
    y = graph.add("Div", graph.add("Softplus", scaled), factor)
    if threshold is None:
        return y
    return graph.add("Where", graph.add("Greater", scaled, graph.number(threshold, x)), x, y)


def softmax(graph, x, axis):
    return _along_one(graph, "Softmax", x, axis)


def log_softmax(graph, x, axis):
    return _along_one(graph, "LogSoftmax", x, axis)


def _along_one(graph, name, x, axis):
    if not isinstance(axis, int):
        raise graph.refuse(f"{name} goes along one axis\n  axis: {axis!r}")
    return graph.add(name, x, axis=axis)


# -- reductions --------------------------------------------------------------------------------


def reduction(name):
    """The form of a reduction, along any axes."""

    def form(graph, x, axis, keepdims):
        axes = range(len(graph.shape(x))) if axis is None else [axis] if isinstance(axis, int) else axis
        return graph.add(name, x, graph.whole_numbers(axes), keepdims=int(keepdims), noop_with_empty_axes=1)

    return form


def sum_to(graph, x, shape):
    before = graph.shape(x)
    shape = (1,) * (len(before) - len(shape)) + tuple(shape)
    axes = [i for i, (n, m) in enumerate(zip(before, shape, strict=True)) if n != m]
    summed = graph.add("ReduceSum", x, graph.whole_numbers(axes), keepdims=1, noop_with_empty_axes=1)
    return reshape(graph, summed)


# -- shapes ------------------------------------------------------------------------------------


def reshape(graph, x):
    return graph.add("Reshape", x, graph.whole_numbers(graph.result_shape), allowzero=1)


def transpose(graph, x, axes):
    n = len(graph.shape(x))
    return graph.add("Transpose", x, perm=[a % n for a in axes] if axes else list(range(n))[::-1])


def swapaxes(graph, x, axis1, axis2):
    order = list(range(len(graph.shape(x))))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return graph.add("Transpose", x, perm=order)


def moveaxis(graph, x, source, destination):
    numbers = np.arange(len(graph.shape(x)))
    moved = np.ravel(source) % len(numbers), np.ravel(destination) % len(numbers)
    perm = np.delete(numbers, moved[0]).tolist()
    for to, axis in sorted(zip(moved[1].tolist(), moved[0].tolist(), strict=True)):
        perm.insert(to, axis)
    return graph.add("Transpose", x, perm=perm)


def broadcast_to(graph, x):
    return graph.add("Expand", x, graph.whole_numbers(graph.result_shape))


def concatenate(graph, arrays, axis):
    arrays = graph.of_result(*arrays)
    if axis is None:
        arrays, axis = [graph.add("Reshape", one, graph.whole_numbers([-1])) for one in arrays], 0
    return graph.add("Concat", *arrays, axis=axis)


def stack(graph, arrays, axis):
    at = graph.whole_numbers([axis])
    return graph.add("Concat", *[graph.add("Unsqueeze", one, at) for one in graph.of_result(*arrays)], axis=axis)


def pad(graph, x, pad_width, mode, constant_values):
    n = len(graph.shape(x))
    if n == 0:
        return graph.add("Identity", x)
    if np.size(constant_values) != 1:
        raise graph.refuse("Pad takes one number\n  constant_values: " + repr(constant_values))
    widths = np.broadcast_to(np.asarray(pad_width), (n, 2))
    if mode not in ("constant", "edge", "reflect", "wrap"):
        raise graph.refuse(f"Pad knows no such mode\n  mode: {mode!r}")
    value = graph.number(np.ravel(constant_values)[0], x) if mode == "constant" else None
    return graph.add("Pad", x, graph.whole_numbers(widths.T.ravel()), value, mode=mode)


def take(graph, x, indices, axis):
    if axis is None:
        x, axis = graph.add("Reshape", x, graph.whole_numbers([-1])), 0
    return graph.add("Gather", x, _positions(graph, indices), axis=axis)


def _positions(graph, indices):
    """Whole numbers that Gather takes; -1 is the last entry there too."""
    if not isinstance(indices, str):
        return graph.constant(np.asarray(indices, np.int64))
    if graph.dtype(indices).kind == "b":
        raise graph.refuse("a mask picks as many entries as it has, and ONNX's shapes stay: write ag.where")
    return graph.of_dtype(indices, np.int64)


def getitem(graph, x, index):
    """Slices by Slice, whole numbers by Gather of one, None by Unsqueeze, one array of whole numbers by Gather."""
    shape, index = graph.shape(x), index if isinstance(index, tuple) else (index,)
    if Ellipsis in [one for one in index if not isinstance(one, np.ndarray | list)]:
        at = [one is Ellipsis for one in index].index(True)
        rest = len(shape) - len([one for one in index if one is not None]) + 1
        index = (*index[:at], *[slice(None)] * rest, *index[at + 1 :])
    places = [one for one in index if one is not None]
    arrays = [one for one in places if isinstance(one, str | np.ndarray | list)]
    if len(arrays) > 1 or (arrays and (len(places) > len([p for p in places if isinstance(p, slice)]) + 1)):
        raise graph.refuse("Gather takes positions along one axis alone\n  write several indexings, or ag.take")
    starts, ends, axes, steps = [], [], [], []
    for axis, (one, length) in enumerate(zip(places, shape, strict=False)):
        if isinstance(one, slice) and one != slice(None):
            start, stop, step = one.indices(length)
            starts.append(start)
            ends.append(stop if stop >= 0 else -length - 1)
            axes.append(axis)
            steps.append(step)
    if axes:
        x = graph.add("Slice", x, *[graph.whole_numbers(part) for part in (starts, ends, axes, steps)])
    for axis, one in reversed(list(enumerate(places))):
        if isinstance(one, str | np.ndarray | list):
            x = graph.add("Gather", x, _positions(graph, one), axis=axis)
        elif not isinstance(one, slice):
            x = graph.add("Gather", x, graph.constant(np.int64(one)), axis=axis)
    new = [at for at, one in enumerate([one for one in index if not isinstance(one, int | np.integer)]) if one is None]
    if new and arrays:
        raise graph.refuse("None beside an array of positions has no ONNX form: write ag.expand_dims")
    return graph.add("Unsqueeze", x, graph.whole_numbers(new)) if new else x


# -- windows -----------------------------------------------------------------------------------


def conv(graph, x, weight, bias, stride, padding, dilation, groups):
    taps, before, after = taps_of(graph, weight, stride, padding, dilation)
    return graph.add("Conv", x, weight, bias, **taps, pads=[*before, *after], group=groups)


def conv_transpose(graph, x, weight, bias, stride, padding, output_padding, groups, dilation):
    """An output padding from the stride on, which onnxruntime refuses, takes the place of padding behind."""
    taps, before, after = taps_of(graph, weight, stride, padding, dilation)
    stride = taps["strides"]
    more = per_axis(output_padding, len(stride), "output_padding", 0)
    shift = [min(m, a) if m >= s else 0 for m, a, s in zip(more, after, stride, strict=True)]
    after = [a - n for a, n in zip(after, shift, strict=True)]
    more = [m - n for m, n in zip(more, shift, strict=True)]
    if any([m >= s for m, s in zip(more, stride, strict=True)]):
        raise graph.refuse(f"output_padding must be below the stride\n  output_padding: {more}\n  stride: {stride}")
    pads = [*before, *after]
    return graph.add("ConvTranspose", x, weight, bias, **taps, pads=pads, output_padding=more, group=groups)


def taps_of(graph, weight, stride, padding, dilation):
    """(the attributes that say where the taps of a convolution lie, padding before, padding after)."""
    size = graph.shape(weight)[2:]
    rank = len(size)
    stride, dilation = per_axis(stride, rank, "stride", 1), per_axis(dilation, rank, "dilation", 1)
    before, after = around(size, stride, padding, dilation)
    return {"kernel_shape": size, "strides": stride, "dilations": dilation}, before, after


def max_pool(rank):
    """The form of max pooling over so many axes."""

    def form(graph, x, kernel_size, stride, padding, dilation, ceil_mode):
        size, dilation = per_axis(kernel_size, rank, "kernel_size", 1), per_axis(dilation, rank, "dilation", 1)
        stride = per_axis(kernel_size if stride is None else stride, rank, "stride", 1)
        before, after = around(size, stride, padding, dilation)
        return _of_batch(
            graph,
            rank,
            "MaxPool",
            x,
            kernel_shape=size,
            strides=stride,
            pads=[*before, *after],
            dilations=dilation,
            ceil_mode=int(ceil_mode),
        )

    return form


def avg_pool(rank):
    """The form of average pooling over so many axes; another divisor is a factor."""

    def form(graph, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        size = per_axis(kernel_size, rank, "kernel_size", 1)
        stride = per_axis(kernel_size if stride is None else stride, rank, "stride", 1)
        before, after = around(size, stride, padding, (1,) * rank)
        y = _of_batch(
            graph,
            rank,
            "AveragePool",
            x,
            kernel_shape=size,
            strides=stride,
            pads=[*before, *after],
            ceil_mode=int(ceil_mode),
            count_include_pad=int(count_include_pad or divisor_override is not None),
        )
        if divisor_override is None:
            return y
        if ceil_mode:
            raise graph.refuse("divisor_override with ceil_mode: AveragePool divides cut windows by their size")
        return graph.add("Mul", y, graph.number(math.prod(size) / divisor_override, x))

    return form


def _of_batch(graph, rank, name, x, **attributes):
    """A pooling, which takes a batch, also of one sample without."""
    if len(graph.shape(x)) == rank + 2:
        return graph.add(name, x, **attributes)
    first = graph.whole_numbers([0])
    return graph.add("Squeeze", graph.add(name, graph.add("Unsqueeze", x, first), **attributes), first)


def batch_norm(graph, x, weight, bias, mean, var, eps):
    if mean is None:
        raise graph.refuse("batch norm of a batch's own statistics has no ONNX form: call net.eval() first")
    channels = graph.shape(x)[1]
    weight = graph.numbers(np.ones(channels), x) if weight is None else weight
    bias = graph.numbers(np.zeros(channels), x) if bias is None else bias
    mean, var = (one if isinstance(one, str) else graph.numbers(one, x) for one in (mean, var))
    return graph.add("BatchNormalization", x, weight, bias, mean, var, epsilon=float(eps))


def dropout(graph, x, p, training):
    if training and p:
        raise graph.refuse("dropout in training has no ONNX form: call net.eval() first")
    return graph.add("Identity", x)
