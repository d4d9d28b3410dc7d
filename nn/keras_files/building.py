"""What each layer of Keras is here: from its settings and arrays to modules."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

from .. import layers
from ..module import Module
from .layer import Layer, dtype_of
from .parts import (
    ChannelsLast,
    GlobalPool,
    Merge,
    OnSequences,
    Permute,
    Repeat,
    Reshape,
    SameAveragePool,
    SamePad,
    Scaled,
    Softmax,
)
from .sequences import bidirectional, recurrent

Parts = list[Module]

ACTIVATIONS: dict[str, Callable[[], Module]] = {
    "relu": layers.ReLU,
    "relu6": layers.ReLU6,
    "sigmoid": layers.Sigmoid,
    "tanh": layers.Tanh,
    "softmax": Softmax,
    "log_softmax": lambda: Softmax(log=True),
    "elu": layers.ELU,
    "selu": layers.SELU,
    "gelu": layers.GELU,
    "silu": layers.SiLU,
    "swish": layers.SiLU,
    "mish": layers.Mish,
    "softplus": layers.Softplus,
    "softsign": layers.Softsign,
    "hard_sigmoid": layers.Hardsigmoid,
    "hard_silu": layers.Hardswish,
    "hard_swish": layers.Hardswish,
    "leaky_relu": lambda: layers.LeakyReLU(0.2),
    "log_sigmoid": layers.LogSigmoid,
    "hard_tanh": layers.Hardtanh,
    "tanh_shrink": layers.Tanhshrink,
}


def activation(layer: Layer, name: str = "activation") -> Parts:
    """The module of a setting such as "relu"; none where it is "linear"."""
    value = layer.get(name)
    if value in (None, "linear"):
        return []
    if isinstance(value, dict) and value.get("module") == "keras.layers":
        inner = Layer(value, layer.weights, f"{layer.place}/{name}")
        return build(inner)
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise layer.refuse("this activation is not known here", f"{name}: {value!r}")
    return [ACTIVATIONS[value]()]


def only(arrays: list[np.ndarray]) -> np.ndarray | None:
    """The bias, where there is one."""
    return arrays[0] if arrays else None


def on(layer: Layer, module: Module, rank: int) -> Module:
    """A module that takes (N, C, …), on a layer's input of so many places axes."""
    return OnSequences(module) if rank == 1 else module


def of_rank(name: str, rank: int) -> Any:
    """The class of a layer for sequences, images or volumes."""
    return getattr(layers, f"{name}{rank}d")


def rank_of(layer: Layer) -> int:
    """1, 2 or 3, the digit in a class's name: "DepthwiseConv2D"."""
    return int(next(c for c in layer.class_name if c.isdigit()))


# -- dense ---------------------------------------------------------------------------------------


def dense(layer: Layer) -> Parts:
    biased = bool(layer.get("use_bias", True))
    kernel, *rest = layer.arrays("kernel", *["bias"] * biased)
    kernel = layer.axes_of(kernel, "kernel", 2)
    linear = layers.Linear(kernel.shape[0], kernel.shape[1], bias=biased, dtype=dtype_of(kernel), rng=0)
    layer.put(linear, weight=kernel.T, bias=only(rest))
    return [ChannelsLast(linear) if layer.shape is None or len(layer.shape) >= 4 else linear, *activation(layer)]


def embedding(layer: Layer) -> Parts:
    if layer.get("mask_zero", False):
        raise layer.refuse("masks are not read", "mask_zero: True")
    (table,) = layer.arrays("embeddings")
    table = layer.axes_of(table, "table", 2)
    return [layer.put(layers.Embedding(*table.shape, dtype=dtype_of(table), rng=0), weight=table)]


# -- convolutions --------------------------------------------------------------------------------


def _windows(layer: Layer, rank: int, kernel: np.ndarray) -> tuple[Parts, dict[str, Any]]:
    """(what pads, the settings of the convolution after it)"""
    layer.only(data_format="channels_last")
    size, stride = kernel.shape[:rank], layer.numbers("strides", rank, 1)
    dilation, padding = layer.numbers("dilation_rate", rank, 1), layer.get("padding", "valid")
    settings: dict[str, Any] = {"stride": stride, "dilation": dilation, "rng": 0, "dtype": dtype_of(kernel)}
    if padding == "valid":
        return [], settings
    if padding == "causal" and rank == 1:
        return [layers.ConstantPad1d(((size[0] - 1) * dilation[0], 0), 0.0)], settings
    if padding != "same":
        raise layer.refuse("this padding is not known here", f"padding: {padding!r}")
    whole = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
    if all(s == 1 for s in stride) and all(n % 2 == 0 for n in whole):  # the same on all sides, whatever the size
        return [], {**settings, "padding": tuple([n // 2 for n in whole])}
    return [SamePad(size, stride, dilation)], settings


def _kernels_first(kernel: np.ndarray) -> np.ndarray:
    """(places, in, out) as (out, in, places)."""
    return np.moveaxis(kernel, [-1, -2], [0, 1])


def _joined(layer: Layer, rank: int, parts: Parts) -> Parts:
    """Modules one after the other on (N, C, …)."""
    if rank != 1:
        return parts
    return [OnSequences(parts[0] if len(parts) == 1 else layers.Sequential(*parts))]


def conv(layer: Layer) -> Parts:
    rank, biased = rank_of(layer), bool(layer.get("use_bias", True))
    kernel, *rest = layer.arrays("kernel", *["bias"] * biased)
    kernel = layer.axes_of(kernel, "kernel", rank + 2)
    pads, settings = _windows(layer, rank, kernel)
    groups = layer.numbers("groups", 1, 1)[0]
    module = of_rank("Conv", rank)(
        kernel.shape[-2] * groups, kernel.shape[-1], kernel.shape[:rank], groups=groups, bias=biased, **settings
    )
    layer.put(module, weight=_kernels_first(kernel), bias=only(rest))
    return [*_joined(layer, rank, [*pads, module]), *activation(layer)]


def _depthwise_weight(kernel: np.ndarray) -> np.ndarray:
    """(places, in, multiplier) as (in · multiplier, 1, places)."""
    first = np.moveaxis(kernel, [-2, -1], [0, 1])
    return first.reshape(first.shape[0] * first.shape[1], 1, *first.shape[2:])


def depthwise_conv(layer: Layer) -> Parts:
    rank, biased = rank_of(layer), bool(layer.get("use_bias", True))
    kernel, *rest = layer.arrays("kernel", *["bias"] * biased)
    kernel = layer.axes_of(kernel, "kernel", rank + 2)
    pads, settings = _windows(layer, rank, kernel)
    weight = _depthwise_weight(kernel)
    channels = kernel.shape[-2]
    module = of_rank("Conv", rank)(channels, len(weight), kernel.shape[:rank], groups=channels, bias=biased, **settings)
    layer.put(module, weight=weight, bias=only(rest))
    return [*_joined(layer, rank, [*pads, module]), *activation(layer)]


def separable_conv(layer: Layer) -> Parts:
    rank, biased = rank_of(layer), bool(layer.get("use_bias", True))
    by_channel, pointwise, *rest = layer.arrays("depthwise kernel", "pointwise kernel", *["bias"] * biased)
    by_channel = layer.axes_of(by_channel, "depthwise kernel", rank + 2)
    pointwise = layer.axes_of(pointwise, "pointwise kernel", rank + 2)
    pads, settings = _windows(layer, rank, by_channel)
    weight, channels = _depthwise_weight(by_channel), by_channel.shape[-2]
    first = of_rank("Conv", rank)(
        channels, len(weight), by_channel.shape[:rank], groups=channels, bias=False, **settings
    )
    second = of_rank("Conv", rank)(len(weight), pointwise.shape[-1], 1, bias=biased, dtype=settings["dtype"], rng=0)
    layer.put(first, weight=weight)
    layer.put(second, weight=_kernels_first(pointwise), bias=only(rest))
    return [*_joined(layer, rank, [*pads, first, second]), *activation(layer)]


def conv_transpose(layer: Layer) -> Parts:
    """n entries become n · s with "same", and n · s + max(k − s, 0) without; what is odd of k − s is cut at the end."""
    layer.only(data_format="channels_last", dilation_rate=[1] * rank_of(layer), output_padding=None)
    if layer.get("output_padding") is not None:
        raise layer.refuse("this setting is not read", f"output_padding: {layer.get('output_padding')!r}")
    rank, biased = rank_of(layer), bool(layer.get("use_bias", True))
    kernel, *rest = layer.arrays("kernel", *["bias"] * biased)
    kernel = layer.axes_of(kernel, "kernel", rank + 2)
    size, stride, padding = kernel.shape[:rank], layer.numbers("strides", rank, 1), layer.get("padding", "valid")
    if padding not in ("valid", "same"):
        raise layer.refuse("this padding is not known here", f"padding: {padding!r}")
    over = [k - s for k, s in zip(size, stride, strict=True)]
    cut = [max(n, 0) if padding == "same" else 0 for n in over]
    module = of_rank("ConvTranspose", rank)(
        kernel.shape[-1],
        kernel.shape[-2],
        size,
        stride=stride,
        padding=tuple([n // 2 for n in cut]),
        output_padding=tuple([max(-n, 0) for n in over]),
        bias=biased,
        dtype=dtype_of(kernel),
        rng=0,
    )
    layer.put(module, weight=_kernels_first(kernel), bias=only(rest))
    parts: Parts = [module]
    if any(n % 2 for n in cut):
        parts.append(of_rank("ZeroPad", rank)([end for n in reversed(cut) for end in (0, -(n % 2))]))
    return [*_joined(layer, rank, parts), *activation(layer)]


# -- norms ---------------------------------------------------------------------------------------


def batch_norm(layer: Layer) -> Parts:
    axes, axis = layer.axes, layer.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, axes - 1):
        raise layer.refuse("batch norm over the last axis is read", f"axis: {layer.get('axis')!r}")
    layer.only(renorm=False)
    scaled, centred = bool(layer.get("scale", True)), bool(layer.get("center", True))
    *affine, mean, variance = layer.arrays(*["gamma"] * scaled, *["beta"] * centred, "moving mean", "moving variance")
    mean = layer.axes_of(mean, "moving mean", 1)
    module = {2: layers.BatchNorm1d, 3: layers.BatchNorm1d, 4: layers.BatchNorm2d, 5: layers.BatchNorm3d}[axes](
        len(mean),
        layer.number("epsilon", 1e-3),
        1 - layer.number("momentum", 0.99),
        affine=scaled or centred,
        dtype=dtype_of(mean),
    )
    given = dict(zip(["weight"] * scaled + ["bias"] * centred, affine, strict=True))
    layer.put(module, running_mean=mean, running_var=variance, **given)
    return [on(layer, module, axes - 2)]


def layer_norm(layer: Layer) -> Parts:
    axes, axis = layer.axes, layer.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, axes - 1) or layer.get("rms_scaling", False):
        raise layer.refuse("layer norm over the last axis is read", f"axis: {layer.get('axis')!r}")
    scaled, centred = bool(layer.get("scale", True)), bool(layer.get("center", True))
    arrays = layer.arrays(*["gamma"] * scaled, *["beta"] * centred)
    features = arrays[0].size if arrays else (layer.shape or [None])[-1]
    if not isinstance(features, int):
        raise layer.refuse("the file does not say how many features there are")
    dtype = dtype_of(arrays[0]) if arrays else np.float32
    module = layers.LayerNorm(features, layer.number("epsilon", 1e-3), elementwise_affine=bool(arrays), dtype=dtype)
    layer.put(module, **dict(zip(["weight"] * scaled + ["bias"] * centred, arrays, strict=True)))
    return [ChannelsLast(module)]


# -- pools, shapes -------------------------------------------------------------------------------


def pool(layer: Layer) -> Parts:
    layer.only(data_format="channels_last")
    rank, padding = rank_of(layer), layer.get("padding", "valid")
    size = layer.numbers("pool_size", rank, 2)
    stride = size if layer.get("strides") is None else layer.numbers("strides", rank)
    if padding not in ("valid", "same"):
        raise layer.refuse("this padding is not known here", f"padding: {padding!r}")
    most = layer.class_name.startswith("Max")
    one = of_rank("MaxPool" if most else "AvgPool", rank)
    module = one(size[0], stride[0]) if rank == 1 else one(size, stride)
    if padding == "valid":
        return [on(layer, module, rank)]
    pad = SamePad(size, stride, (1,) * rank, -np.inf if most else 0.0)
    return _joined(layer, rank, [pad, module] if most else [SameAveragePool(pad, module)])


def global_pool(layer: Layer) -> Parts:
    layer.only(data_format="channels_last")
    return [GlobalPool(ag.max if "Max" in layer.class_name else ag.mean, bool(layer.get("keepdims", False)))]


def all_whole(numbers: Any) -> bool:
    return all(isinstance(n, int) for n in numbers)


def pairs(layer: Layer, name: str, rank: int) -> list[int]:
    """(before, after) of the last axis, then of the one before it, and so on."""
    value = layer.get(name)
    if rank == 1 and isinstance(value, list | tuple) and len(value) == 2 and all_whole(value):
        value = [value]
    if isinstance(value, int):
        value = [value] * rank
    if not isinstance(value, list | tuple) or len(value) != rank:
        raise layer.refuse("this setting makes no sense", f"{name}: {value!r}")
    value = [[one, one] if isinstance(one, int) else one for one in value]
    if not all(
        isinstance(one, list | tuple) and len(one) == 2 and all(isinstance(n, int) for n in one) for one in value
    ):
        raise layer.refuse("this setting makes no sense", f"{name}: {value!r}")
    return [n for one in reversed(value) for n in one]


def zero_padding(layer: Layer) -> Parts:
    layer.only(data_format="channels_last")
    rank = rank_of(layer)
    return [on(layer, of_rank("ZeroPad", rank)(pairs(layer, "padding", rank)), rank)]


def cropping(layer: Layer) -> Parts:
    layer.only(data_format="channels_last")
    rank = rank_of(layer)
    return [on(layer, of_rank("ZeroPad", rank)([-n for n in pairs(layer, "cropping", rank)]), rank)]


def up_sampling(layer: Layer) -> Parts:
    layer.only(data_format="channels_last")
    rank, mode = rank_of(layer), layer.get("interpolation", "nearest")
    if mode not in ("nearest", "bilinear"):
        raise layer.refuse("this interpolation is not read", f"interpolation: {mode!r}")
    size = layer.numbers("size", rank, 2)
    return [on(layer, layers.Upsample(scale_factor=[float(n) for n in size], mode=mode), rank)]


def flatten(layer: Layer) -> Parts:
    layer.only(data_format="channels_last")
    return [ChannelsLast(layers.Flatten())]


# -- the rest ------------------------------------------------------------------------------------


def time_distributed(layer: Layer) -> Parts:
    inner = Layer(layer.get("layer"), layer.weights, f"{layer.place}/layer")
    if inner.class_name not in ("Dense", "Activation", "Dropout"):
        raise layer.refuse("this layer is not read at each step", f"inside: {inner.class_name}")
    inner.shape = layer.shape
    return build(inner)


def relu(layer: Layer) -> Parts:
    largest, slope = layer.get("max_value"), layer.number("negative_slope", 0.0)
    layer.only(threshold=0.0)
    if largest is None:
        return [layers.LeakyReLU(slope) if slope else layers.ReLU()]
    if slope:
        raise layer.refuse("a largest value beside a slope is not read", f"max_value: {largest}")
    return [layers.Hardtanh(0.0, layer.number("max_value"))]


def prelu(layer: Layer) -> Parts:
    (alpha,) = layer.arrays("alpha")
    if alpha.size != alpha.shape[-1]:
        raise layer.refuse("a slope for each channel is read, shared over all places", f"shape: {alpha.shape}")
    module = layers.PReLU(alpha.size, dtype=dtype_of(alpha))
    return [on(layer, layer.put(module, weight=alpha.reshape(-1)), layer.axes - 2)]


def rescaling(layer: Layer) -> Parts:
    return [Scaled(layer.number("scale"), layer.number("offset", 0.0))]


def merge(layer: Layer) -> Parts:
    return [Merge(layer.class_name, layer.numbers("axis", 1, -1)[0])]


BUILDERS: dict[str, Callable[[Layer], Parts]] = {
    "Dense": dense,
    "Embedding": embedding,
    **{f"Conv{n}D": conv for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": depthwise_conv for n in (1, 2)},
    **{f"SeparableConv{n}D": separable_conv for n in (1, 2)},
    **{f"Conv{n}DTranspose": conv_transpose for n in (1, 2, 3)},
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    **{f"{kind}Pooling{n}D": pool for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": global_pool for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"ZeroPadding{n}D": zero_padding for n in (1, 2, 3)},
    **{f"Cropping{n}D": cropping for n in (1, 2, 3)},
    **{f"UpSampling{n}D": up_sampling for n in (1, 2)},
    "Flatten": flatten,
    "Reshape": lambda layer: [ChannelsLast(Reshape(layer.numbers("target_shape", len(layer.get("target_shape")))))],
    "Permute": lambda layer: [ChannelsLast(Permute(layer.numbers("dims", len(layer.get("dims")))))],
    "RepeatVector": lambda layer: [Repeat(layer.numbers("n", 1)[0])],
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU"), recurrent),
    "Bidirectional": bidirectional,
    "TimeDistributed": time_distributed,
    "Activation": lambda layer: activation(layer) or [layers.Identity()],
    "ReLU": relu,
    "LeakyReLU": lambda layer: [layers.LeakyReLU(layer.number("negative_slope", 0.3))],
    "PReLU": prelu,
    "ELU": lambda layer: [layers.ELU(layer.number("alpha", 1.0))],
    "Softmax": lambda layer: [Softmax(layer.numbers("axis", 1, -1)[0])],
    "Identity": lambda layer: [layers.Identity()],
    "Dropout": lambda layer: [layers.Dropout(layer.number("rate"))],
    **{f"SpatialDropout{n}D": lambda layer: [on(layer, _dropped(layer), rank_of(layer))] for n in (1, 2, 3)},
    "Rescaling": rescaling,
    **dict.fromkeys("Add Subtract Multiply Average Maximum Minimum Concatenate".split(), merge),
}
"""By the names of Keras' classes."""


def _dropped(layer: Layer) -> Module:
    made: Module = of_rank("Dropout", rank_of(layer))(layer.number("rate"))
    return made


def build(layer: Layer) -> Parts:
    """The modules that a layer is."""
    if layer.class_name == "Lambda":
        raise layer.refuse("a Lambda holds Python's code, which is never run; nothing was")
    own = layer.registered_name not in (None, layer.class_name)
    if own or layer.module != "keras.layers" or layer.class_name not in BUILDERS:
        raise layer.refuse(
            "this layer is not known here", f"module: {layer.module}", f"registered name: {layer.registered_name}"
        )
    return BUILDERS[layer.class_name](layer)
