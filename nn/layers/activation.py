"""Nonlinearities as layers, for Sequential; each is a function of ``nn.functional`` too.

Each takes any shape and returns the same, entry by entry; ``Softmax``, ``LogSoftmax`` and ``Softmin`` work along an
axis, and ``GLU`` halves one. ``inplace=True`` is accepted, and changes nothing: x stays as it is.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import functional
from ..init import constant_
from ..module import Module
from ..parameter import new_parameter
from ..seeding import Rng, generator_of

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LeakyReLU",
    "LogSigmoid", "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax",
    "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold",
]  # fmt: skip


class _InPlace(Module):
    """A layer that takes ``inplace`` as PyTorch does; x stays as it is all the same."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""

    def _repr_of(self, *parts: str) -> str:
        return ", ".join([*parts, *["inplace=True"] * bool(self.inplace)])


class _AlongAxis(Module):
    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Identity(Module):
    """y = x. Arguments are accepted and have no effect, so that it can stand in another layer's place."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x


class ReLU(_InPlace):
    """y = max(x, 0)."""

    def forward(self, x: Any) -> Any:
        return functional.relu(x)


class LeakyReLU(_InPlace):
    """y = x where x > 0, else negative_slope · x."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        return functional.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return self._repr_of(f"negative_slope={self.negative_slope}")


class ELU(_InPlace):
    """y = x where x > 0, else alpha · (eˣ − 1)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return functional.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return self._repr_of(f"alpha={self.alpha}")


class GELU(Module):
    """y = x · Φ(x), with the normal distribution function Φ; approximate="tanh" approximates it."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        return functional.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(_InPlace):
    """y = x · σ(x)."""

    def forward(self, x: Any) -> Any:
        return functional.silu(x)


class Softplus(Module):
    """y = log(1 + e^(beta · x)) / beta, and x itself where beta · x is above the threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, x: Any) -> Any:
        return functional.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ)."""

    def forward(self, x: Any) -> Any:
        return functional.sigmoid(x)


class Tanh(Module):
    """y = tanh x."""

    def forward(self, x: Any) -> Any:
        return functional.tanh(x)


class Softmax(_AlongAxis):
    """y = eˣ / Σ eˣ along the axis ``dim``."""

    def forward(self, x: Any) -> Any:
        return functional.softmax(x, self.dim)


class LogSoftmax(_AlongAxis):
    """y = x − log Σ eˣ along the axis ``dim``."""

    def forward(self, x: Any) -> Any:
        return functional.log_softmax(x, self.dim)


class ReLU6(_InPlace):
    """y = min(max(x, 0), 6)."""

    def forward(self, x: Any) -> Any:
        return functional.relu6(x)


class Hardsigmoid(_InPlace):
    """y = x / 6 + 1 / 2 between 0 and 1, and these beyond."""

    def forward(self, x: Any) -> Any:
        return functional.hardsigmoid(x)


class Hardswish(_InPlace):
    """y = x · hardsigmoid(x)."""

    def forward(self, x: Any) -> Any:
        return functional.hardswish(x)


class SELU(_InPlace):
    """y = 1.0507 · x where x > 0, else 1.0507 · 1.6733 · (eˣ − 1)."""

    def forward(self, x: Any) -> Any:
        return functional.selu(x)


class Mish(_InPlace):
    """y = x · tanh(log(1 + eˣ))."""

    def forward(self, x: Any) -> Any:
        return functional.mish(x)


class LogSigmoid(Module):
    """y = log(1 / (1 + e⁻ˣ))."""

    def forward(self, x: Any) -> Any:
        return functional.logsigmoid(x)


class Softsign(Module):
    """y = x / (1 + |x|)."""

    def forward(self, x: Any) -> Any:
        return functional.softsign(x)


class Tanhshrink(Module):
    """y = x − tanh x."""

    def forward(self, x: Any) -> Any:
        return functional.tanhshrink(x)


class Hardtanh(_InPlace):
    """y = x between min_val and max_val, and these beyond."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val must be below max_val\n  min_val: {min_val!r}\n  max_val: {max_val!r}")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, x: Any) -> Any:
        return functional.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return self._repr_of(f"min_val={self.min_val}", f"max_val={self.max_val}")


class CELU(_InPlace):
    """y = x where x > 0, else alpha · (e^(x / alpha) − 1)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return functional.celu(x, self.alpha)

    def extra_repr(self) -> str:
        return self._repr_of(f"alpha={self.alpha}")


class Hardshrink(Module):
    """y = x where |x| > lambd, else 0."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, x: Any) -> Any:
        return functional.hardshrink(x, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """y = x − lambd where x > lambd, x + lambd where x < −lambd, else 0."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, x: Any) -> Any:
        return functional.softshrink(x, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Threshold(_InPlace):
    """y = x where x > threshold, else value."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, x: Any) -> Any:
        return functional.threshold(x, self.threshold, self.value)

    def extra_repr(self) -> str:
        return self._repr_of(f"threshold={self.threshold}", f"value={self.value}")


class PReLU(Module):
    """y = x where x > 0, else weight · x, with a weight that is trained: one, or one for each channel (the second
    axis).

    num_parameters : 1, or the number of channels
    init : what the weights begin with

    >>> import numpy as np, nn
    >>> nn.PReLU()(np.array([[-2.0, 2.0]], np.float32))
    Tensor([[-0.5,  2. ]], dtype=float32, operation=where)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.weight = constant_(new_parameter((num_parameters,), dtype), init)

    def forward(self, x: Any) -> Any:
        return functional.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.weight.size}"


class RReLU(_InPlace):
    """y = x where x > 0, else a · x; while training a is drawn for each entry, else it is (lower + upper) / 2.

    lower, upper : between which a is drawn
    rng : a Generator or an int seed to draw from; by default that of ``nn.manual_seed``
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False, *, rng: Rng = None) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper
        self.rng = None if rng is None else generator_of(rng)

    def forward(self, x: Any) -> Any:
        return functional.rrelu(x, self.lower, self.upper, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        return self._repr_of(f"lower={self.lower}", f"upper={self.upper}")


class GLU(_AlongAxis):
    """y = a · σ(b), where a and b are the halves of x along the axis ``dim``, of even length."""

    def forward(self, x: Any) -> Any:
        return functional.glu(x, self.dim)


class Softmin(_AlongAxis):
    """y = e⁻ˣ / Σ e⁻ˣ along the axis ``dim``."""

    def forward(self, x: Any) -> Any:
        return functional.softmin(x, self.dim)


class Softmax2d(Module):
    """Softmax over the channels of images (N, C, H, W) or (C, H, W), at each pixel."""

    def forward(self, x: Any) -> Any:
        if np.ndim(x) not in (3, 4):
            raise ValueError(f"Softmax2d: the input must be (N, C, H, W) or (C, H, W)\n  input: {np.shape(x)}")
        return functional.softmax(x, -3)
