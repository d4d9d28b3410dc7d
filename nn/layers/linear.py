"""Linear: every output a weighted sum of every input; Bilinear: of every product of two."""

import math
from typing import Any

from numpy.typing import DTypeLike

from .. import functional, init
from ..module import Module
from ..parameter import Parameter, new_parameter
from ..seeding import Rng, generator_of

__all__ = ["Bilinear", "Linear"]


class Linear(Module):
    r"""y = x Wᵀ + b, over the last axis of x.

    Parameters
    ----------
    in_features, out_features : lengths of the last axis of x, (…, in_features), and of y, (…, out_features)
    bias : whether there is a b
    dtype : of the parameters; float32 by default
    rng : a Generator or an int seed for the initial values; by default that of ``nn.manual_seed``

    ``weight`` is (out_features, in_features), ``bias`` (out_features,); both begin evenly spread in
    ±1/√in_features, as PyTorch's do.

    >>> import numpy as np, nn
    >>> nn.Linear(3, 2)(np.ones((5, 3), np.float32)).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = new_parameter((out_features, in_features), dtype)
        self.bias = new_parameter((out_features,), dtype) if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new initial values."""
        init_like_pytorch(self.weight, self.bias, rng)

    def forward(self, x: Any) -> Any:
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """y_o = Σ x1_i W_{o i j} x2_j + b_o, over the last axes of x1 and x2.

    Parameters
    ----------
    in1_features, in2_features, out_features : lengths of the last axis of x1, x2 and y
    bias, dtype, rng : as of ``Linear``

    ``weight`` is (out_features, in1_features, in2_features), ``bias`` (out_features,); both begin evenly spread in
    ±1/√in1_features, as PyTorch's do.

    >>> import numpy as np, nn
    >>> nn.Bilinear(3, 4, 2)(np.ones((5, 3), np.float32), np.ones((5, 4), np.float32)).shape
    (5, 2)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        if in1_features < 1:
            raise ValueError(f"Bilinear: in1_features must be 1 or more\n  in1_features: {in1_features!r}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = new_parameter((out_features, in1_features, in2_features), dtype)
        self.bias = new_parameter((out_features,), dtype) if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new initial values."""
        generator, bound = generator_of(rng), 1 / math.sqrt(self.in1_features)
        for p in self.parameters():
            init.uniform_(p, -bound, bound, generator)

    def forward(self, x1: Any, x2: Any) -> Any:
        return functional.bilinear(x1, x2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


def init_like_pytorch(weight: Parameter, bias: Parameter | None, rng: Rng) -> None:
    """Both evenly spread in ±1/√fan_in: what PyTorch's Linear and Conv2d begin with."""
    rng = generator_of(rng)
    init.kaiming_uniform_(weight, a=math.sqrt(5), rng=rng)
    if bias is not None:
        fan_in, _ = init.fans(weight)
        bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
        init.uniform_(bias, -bound, bound, rng)
