"""Recurrent layers of Keras: the order of their gates, their biases, and both directions."""

import warnings
from typing import Any

import numpy as np

from .. import layers
from ..module import Module
from ..parameter import Parameter
from .layer import Layer, dtype_of
from .parts import GRUResetBefore, Recurrent


def _rnn_arrays(layer: Layer, at: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    layer.only(return_state=False, stateful=False)
    if layer.class_name != "SimpleRNN":
        layer.only(activation="tanh", recurrent_activation="sigmoid")
    for name in ("dropout", "recurrent_dropout"):
        if layer.get(name):
            warnings.warn(
                f"keras_files.load: the {name} inside a recurrent layer is left out while training\n"
                f"  layer: {layer.name}\n  {name}: {layer.get(name)}",
                stacklevel=2,
            )
    names = ["kernel", "recurrent kernel"] + ["bias"] * bool(layer.get("use_bias", True))
    kernel, recurrent, *bias = layer.arrays(*names, at=f"{at}/cell")
    return layer.axes_of(kernel, "kernel", 2), layer.axes_of(recurrent, "kernel", 2), bias[0] if bias else None


def _swapped(array: np.ndarray) -> np.ndarray:
    """The gates z, r, n of Keras as r, z, n, along the last axis."""
    z, r, n = np.split(array, 3, axis=-1)
    return np.concatenate([r, z, n], axis=-1)


def _values(layer: Layer, at: str, suffix: str) -> tuple[int, dict[str, np.ndarray]]:
    """(length of the input, what is put in the parameters of one way)"""
    kernel, recurrent, bias = _rnn_arrays(layer, at)
    biases: list[np.ndarray] = []
    if bias is not None:
        biases = [bias, np.zeros_like(bias)] if bias.ndim == 1 else list(bias)
    if layer.class_name == "GRU":
        kernel, recurrent, *biases = (_swapped(one) for one in (kernel, recurrent, *biases))
    values = {"weight_ih_l0": kernel.T, "weight_hh_l0": recurrent.T}
    values.update(zip(("bias_ih_l0", "bias_hh_l0"), biases, strict=False))
    return kernel.shape[0], {name + suffix: array for name, array in values.items()}


def recurrent(layer: Layer) -> list[Module]:
    layer.only(go_backwards=False)
    sequences, biased = bool(layer.get("return_sequences", False)), bool(layer.get("use_bias", True))
    if layer.class_name == "GRU" and not layer.get("reset_after", True):
        kernel, recurrent, bias = _rnn_arrays(layer, "")
        if bias is not None and bias.ndim != 1:
            raise layer.refuse("the bias must have 1 axis", f"shape: {bias.shape}")
        parts = [None if one is None else Parameter(np.ascontiguousarray(one)) for one in (kernel.T, recurrent.T, bias)]
        return [Recurrent(GRUResetBefore(*parts), sequences)]
    length, values = _values(layer, "", "")
    return [Recurrent(_rnn(layer, length, biased, False, values), sequences)]


def _rnn(layer: Layer, length: int, biased: bool, bidirectional: bool, values: dict[str, np.ndarray]) -> Module:
    settings: dict[str, Any] = (
        {"nonlinearity": layer.get("activation", "tanh")} if layer.class_name == "SimpleRNN" else {}
    )
    if settings.get("nonlinearity", "tanh") not in ("tanh", "relu"):
        raise layer.refuse("this activation is not known here", f"activation: {layer.get('activation')!r}")
    units, weight = layer.numbers("units", 1)[0], values["weight_hh_l0"]
    if weight.shape[1] != units:  # told before there is any memory of this size
        raise layer.refuse("the recurrent kernel has another shape", f"units: {units}", f"kernel: {weight.shape[::-1]}")
    made = {"SimpleRNN": layers.RNN, "LSTM": layers.LSTM, "GRU": layers.GRU}[layer.class_name](
        length,
        units,
        bias=biased,
        batch_first=True,
        bidirectional=bidirectional,
        dtype=dtype_of(values["weight_ih_l0"]),
        rng=0,
        **settings,
    )
    return layer.put(made, **values)


def bidirectional(layer: Layer) -> list[Module]:
    forward, backward = (Layer(layer.get(name), layer.weights, layer.place) for name in ("layer", "backward_layer"))
    if forward.class_name not in ("SimpleRNN", "LSTM", "GRU") or not forward.get("reset_after", True):
        raise layer.refuse("this layer is not read in both directions", f"inside: {forward.class_name}")
    same = "units activation use_bias return_sequences reset_after".split()
    if backward.class_name != forward.class_name or any(forward.get(n) != backward.get(n) for n in same):
        raise layer.refuse("both directions must be one layer")
    forward.only(go_backwards=False)
    if not backward.get("go_backwards", False):
        raise layer.refuse("the second direction must go backwards")
    merge = layer.get("merge_mode", "concat")
    if merge not in ("concat", "sum", "mul", "ave"):
        raise layer.refuse("this way to join both directions is not read", f"merge_mode: {merge!r}")
    length, values = _values(forward, "/forward_layer", "")
    values.update(_values(backward, "/backward_layer", "_reverse")[1])
    rnn = _rnn(forward, length, bool(forward.get("use_bias", True)), True, values)
    return [Recurrent(rnn, bool(forward.get("return_sequences", False)), merge)]
