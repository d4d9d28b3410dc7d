"""Recurrent layers, RNN, LSTM and GRU: each step of a sequence sees what the steps before have left; and their cells.

Their parameters are those of PyTorch, in its order: of layer k ``weight_ih_lk`` (gates · H, input), ``weight_hh_lk``
(gates · H, H), ``bias_ih_lk`` and ``bias_hh_lk`` (gates · H,), of the way back with ``_reverse`` after them. All begin
evenly spread in ±1/√H.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag

from .. import functional, init
from ..module import Module
from ..parameter import new_parameter
from ..seeding import Rng, generator_of
from ..values import float_dtype_of

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNCell"]


def _rnn_step(from_x: Any, from_h: Any, state: tuple[Any, ...], nonlinearity: str) -> tuple[Any, ...]:
    """h' = tanh(W x + b + U h + c), or relu."""
    return ((ag.tanh if nonlinearity == "tanh" else ag.relu)(from_x + from_h),)


def _lstm_step(from_x: Any, from_h: Any, state: tuple[Any, ...], nonlinearity: str) -> tuple[Any, ...]:
    """c' = f · c + i · g, h' = o · tanh c', with the gates i, f, g, o in one array."""
    i, f, g, o = ag.split(from_x + from_h, 4, axis=-1)
    c = ag.sigmoid(f) * state[1] + ag.sigmoid(i) * ag.tanh(g)
    return ag.sigmoid(o) * ag.tanh(c), c


def _gru_step(from_x: Any, from_h: Any, state: tuple[Any, ...], nonlinearity: str) -> tuple[Any, ...]:
    """h' = (1 − z) · n + z · h, with n = tanh(W x + b + r · (U h + c)), and the gates r, z, n in one array."""
    r_x, z_x, n_x = ag.split(from_x, 3, axis=-1)
    r_h, z_h, n_h = ag.split(from_h, 3, axis=-1)
    r, z = ag.sigmoid(r_x + r_h), ag.sigmoid(z_x + z_h)
    n = ag.tanh(n_x + r * n_h)
    return ((1 - z) * n + z * state[0],)


class _Stepping(Module):
    """What layers and cells share: a step, and how their parameters begin."""

    gates = 1
    states = 1
    """How many arrays a step leaves: h, and of the LSTM c."""
    one_step = staticmethod(_rnn_step)
    nonlinearity = "tanh"
    hidden_size: int

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new initial values."""
        generator, bound = generator_of(rng), 1 / math.sqrt(self.hidden_size)
        for p in self.parameters():
            init.uniform_(p, -bound, bound, generator)


class _Recurrent(_Stepping):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        for name, value in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{type(self).__name__}: {name} must be a whole number from 1\n  {name}: {value!r}")
        if not 0 <= proj_size < hidden_size or (proj_size and self.states == 1):
            raise ValueError(
                f"{type(self).__name__}: proj_size is of LSTM, from 0 and below hidden_size\n"
                f"  proj_size: {proj_size!r}\n  hidden_size: {hidden_size!r}"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"{type(self).__name__}: dropout is a probability below 1\n  dropout: {dropout!r}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        rows = self.gates * hidden_size
        for layer in range(num_layers):
            for way in self._ways:
                columns = input_size if layer == 0 else self._length * len(self._ways)
                for name, shape in (("weight_ih", (rows, columns)), ("weight_hh", (rows, self._length))):
                    self.register_parameter(f"{name}_l{layer}{way}", new_parameter(shape, dtype))
                for name in ("bias_ih", "bias_hh") if bias else ():
                    self.register_parameter(f"{name}_l{layer}{way}", new_parameter((rows,), dtype))
                if proj_size:
                    self.register_parameter(f"weight_hr_l{layer}{way}", new_parameter((proj_size, hidden_size), dtype))
        self.reset_parameters(rng)

    @property
    def _length(self) -> int:
        """Of h, which a projection makes shorter."""
        return self.proj_size or self.hidden_size

    @property
    def _ways(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def forward(self, x: Any, hx: Any = None) -> Any:
        shape = np.shape(x)
        if len(shape) not in (2, 3) or shape[-1] != self.input_size or 0 in shape:
            wanted = "(N, L, input_size)" if self.batch_first else "(L, N, input_size)"
            raise ValueError(
                f"{type(self).__name__}: the input must be {wanted} or (L, input_size), and not empty\n"
                f"  input: {shape}\n  input_size: {self.input_size}"
            )
        alone = len(shape) == 2
        if alone:
            x = ag.reshape(x, (shape[0], 1, shape[1]))
        elif self.batch_first:
            x = ag.swapaxes(x, 0, 1)
        states = self._first_states(hx, np.shape(x)[1], alone, x)
        last: list[list[Any]] = [[] for _ in range(self.states)]
        for layer in range(self.num_layers):
            ways = []
            for way, suffix in enumerate(self._ways):
                start = tuple([state[layer * len(self._ways) + way] for state in states])
                outputs, end = self._run(x, start, f"_l{layer}{suffix}", bool(way))
                ways.append(outputs)
                for values, value in zip(last, end, strict=True):
                    values.append(value)
            x = ways[0] if len(ways) == 1 else ag.concatenate(ways, axis=-1)
            if self.dropout and layer < self.num_layers - 1:
                x = functional.dropout(x, self.dropout, self.training)
        ends = [ag.stack(values) for values in last]
        if alone:
            x, ends = x[:, 0], [end[:, 0] for end in ends]
        elif self.batch_first:
            x = ag.swapaxes(x, 0, 1)
        return x, (ends[0] if self.states == 1 else tuple(ends))

    def _first_states(self, hx: Any, batch: int, alone: bool, like: Any) -> list[Any]:
        """(layers · ways, N, H) of each state: zeros where none are given."""
        count = self.num_layers * len(self._ways)
        shapes = [(count, batch, length) for length in (self._length, self.hidden_size)[: self.states]]
        if hx is None:
            return [np.zeros(shape, float_dtype_of(like)) for shape in shapes]
        given = [hx] if self.states == 1 else list(hx)
        wanted = [(count, shape[2]) if alone else shape for shape in shapes]
        if [np.shape(state) for state in given] != wanted:
            what = "h" if self.states == 1 else "(h, c)"
            raise ValueError(
                f"{type(self).__name__}: hx must be {what} of shape {' and '.join(map(str, dict.fromkeys(wanted)))}\n"
                f"  hx: {', '.join(str(np.shape(state)) for state in given)}"
            )
        return [ag.reshape(state, shape) for state, shape in zip(given, shapes, strict=True)] if alone else given

    def _run(self, x: Any, state: tuple[Any, ...], suffix: str, backwards: bool) -> tuple[Any, tuple[Any, ...]]:
        """The outputs of one layer in one direction, and its last state."""
        w, u = (getattr(self, name + suffix) for name in ("weight_ih", "weight_hh"))
        b, c = (getattr(self, name + suffix) if self.bias else None for name in ("bias_ih", "bias_hh"))
        steps = ag.split(functional.linear(x, w, b), np.shape(x)[0])
        outputs = []
        for from_x in reversed(steps) if backwards else steps:
            state = self.one_step(from_x[0], functional.linear(state[0], u, c), state, self.nonlinearity)
            if self.proj_size:
                state = (functional.linear(state[0], getattr(self, "weight_hr" + suffix)), *state[1:])
            outputs.append(state[0])
        return ag.stack(outputs[::-1] if backwards else outputs), state

    def extra_repr(self) -> str:
        said = [f"{self.input_size}, {self.hidden_size}"]
        said += [f"proj_size={self.proj_size}"] * (self.proj_size != 0)
        said += [f"num_layers={self.num_layers}"] * (self.num_layers != 1)
        for name, usual in (("bias", True), ("batch_first", False), ("dropout", 0.0), ("bidirectional", False)):
            said += [f"{name}={getattr(self, name)}"] * (getattr(self, name) != usual)
        return ", ".join(said)


class RNN(_Recurrent):
    """h' = tanh(W x + b + U h + c) at each step of a sequence.

    Parameters
    ----------
    input_size, hidden_size : the lengths of x and h at a step
    num_layers : how many layers, each of which takes the outputs of the one before
    nonlinearity : "tanh" or "relu"
    bias : whether there are b and c
    batch_first : (N, L, input_size) in and out, in place of (L, N, input_size)
    dropout : the probability with which outputs are dropped between layers while training
    bidirectional : run backwards too; the outputs of both ways stand side by side
    dtype : of the parameters; float32 by default
    rng : a Generator or an int seed for the initial values; by default that of ``nn.manual_seed``

    Called as ``layer(x)`` or ``layer(x, h)``, with h (layers · ways, N, hidden_size), zeros by default. Gives
    (outputs, last h). A single sequence (L, input_size) goes as well.

    >>> import numpy as np, nn
    >>> outputs, h = nn.RNN(3, 5)(np.ones((7, 2, 3), np.float32))
    >>> outputs.shape, h.shape
    ((7, 2, 5), (1, 2, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        _check_nonlinearity("RNN", nonlinearity)
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng
        )
        self.nonlinearity = nonlinearity


class LSTM(_Recurrent):
    """Long short-term memory: c' = σ(f) · c + σ(i) · tanh g, h' = σ(o) · tanh c', where i, f, g, o are W x + b + U h +
    c each.

    The parameters are those of ``RNN`` without nonlinearity, and proj_size: where it is not 0, h is multiplied
    by a matrix ``weight_hr_lk`` (proj_size, hidden_size) after each step. Called as ``layer(x)`` or ``layer(x,
    (h, c))`` it gives (outputs, (last h, last c)). Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997).

    >>> import numpy as np, nn
    >>> outputs, (h, c) = nn.LSTM(3, 5, bidirectional=True)(np.ones((7, 2, 3), np.float32))
    >>> outputs.shape, h.shape, c.shape
    ((7, 2, 10), (2, 2, 5), (2, 2, 5))
    """

    gates, states, one_step = 4, 2, staticmethod(_lstm_step)


class GRU(_Recurrent):
    """Gated recurrent unit: h' = (1 − z) · n + z · h, n = tanh(W x + b + r · (U h + c)), r and z sigmoids of the same
    form.

    The parameters are those of ``RNN`` without nonlinearity, the results too. Source: Cho et al., "Learning Phrase
    Representations using RNN Encoder-Decoder for Statistical Machine Translation" (2014), with r inside as in PyTorch
    and cuDNN.
    """

    gates, one_step = 3, staticmethod(_gru_step)


class _Cell(_Stepping):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = self.gates * hidden_size
        self.weight_ih = new_parameter((rows, input_size), dtype)
        self.weight_hh = new_parameter((rows, hidden_size), dtype)
        self.bias_ih = new_parameter((rows,), dtype) if bias else None
        self.bias_hh = new_parameter((rows,), dtype) if bias else None
        self.reset_parameters(rng)

    def forward(self, x: Any, hx: Any = None) -> Any:
        shape = np.shape(x)
        if len(shape) not in (1, 2) or shape[-1] != self.input_size:
            raise ValueError(
                f"{type(self).__name__}: the input must be (N, input_size) or (input_size,)\n"
                f"  input: {shape}\n  input_size: {self.input_size}"
            )
        wanted = (*shape[:-1], self.hidden_size)
        if hx is None:
            state: tuple[Any, ...] = (np.zeros(wanted, x.dtype),) * self.states
        else:
            state = (hx,) if self.states == 1 else tuple(hx)
        if any(np.shape(one) != wanted for one in state):
            raise ValueError(f"{type(self).__name__}: hx must be of shape {wanted}\n  hx: {np.shape(state[0])}")
        from_x = functional.linear(x, self.weight_ih, self.bias_ih)
        state = self.one_step(
            from_x, functional.linear(state[0], self.weight_hh, self.bias_hh), state, self.nonlinearity
        )
        return state[0] if self.states == 1 else state

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + (", bias=False" if not self.bias else "")


class RNNCell(_Cell):
    """One step of an ``RNN``: ``cell(x)`` or ``cell(x, h)`` gives the new h, for x (N, input_size) and h (N,
    hidden_size)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        _check_nonlinearity("RNNCell", nonlinearity)
        super().__init__(input_size, hidden_size, bias, dtype=dtype, rng=rng)
        self.nonlinearity = nonlinearity

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", nonlinearity={self.nonlinearity}" if self.nonlinearity != "tanh" else "")


class LSTMCell(_Cell):
    """One step of an ``LSTM``: ``cell(x)`` or ``cell(x, (h, c))`` gives the new (h, c)."""

    gates, states, one_step = 4, 2, staticmethod(_lstm_step)


class GRUCell(_Cell):
    """One step of a ``GRU``: ``cell(x)`` or ``cell(x, h)`` gives the new h."""

    gates, one_step = 3, staticmethod(_gru_step)


def _check_nonlinearity(called: str, nonlinearity: str) -> None:
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f'{called}: nonlinearity must be "tanh" or "relu"\n  nonlinearity: {nonlinearity!r}')
