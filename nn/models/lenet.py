"""LeNet-5, as it is built today and as it was in 1998.

LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition" (1998).
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag

from .. import functional as F
from ..layers import Conv2d, Linear
from ..module import Module
from ..parameter import Parameter
from ..seeding import generator_of


class LeNet5(Module):
    """LeNet-5 for 28 × 28 images (padded by 2) or, with image_size=32, for 32 × 32 ones.

    After LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998), with ReLU, max
    pooling and full connections, as it is built today.

    >>> import numpy as np, nn
    >>> net = nn.models.LeNet5()
    >>> net(np.zeros((2, 1, 28, 28), np.float32)).shape, net.num_parameters()
    ((2, 10), 61706)
    """

    def __init__(
        self, num_classes: int = 10, *, in_channels: int = 1, image_size: int = 28, dtype: DTypeLike | None = None
    ) -> None:
        super().__init__()
        if image_size not in (28, 32):
            raise ValueError(f"LeNet5: image_size must be 28 or 32\n  image_size: {image_size!r}")
        self.conv1 = Conv2d(in_channels, 6, 5, padding=2 if image_size == 28 else 0, dtype=dtype)
        self.conv2 = Conv2d(6, 16, 5, dtype=dtype)
        self.fc1 = Linear(16 * 5 * 5, 120, dtype=dtype)
        self.fc2 = Linear(120, 84, dtype=dtype)
        self.fc3 = Linear(84, num_classes, dtype=dtype)

    def forward(self, x: Any) -> Any:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)  # (N, 6, 14, 14)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 16, 5, 5)
        x = F.relu(self.fc1(F.flatten(x, 1)))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


SEEN_BY = (
    "012", "123", "234", "345", "045", "015", "0123", "1234", "2345", "0345", "0145", "0125", "0134", "1245", "0235",
    "012345",
)  # fmt: skip
"""Table I of the paper: the maps of S2 that each of the 16 maps of C3 sees."""

DIGITS = (
    ".XXXXX. XX...XX XX...XX XX...XX XX...XX XX...XX XX...XX XX...XX XX...XX XX...XX XX...XX .XXXXX.",
    "...XX.. ..XXX.. .XXXX.. ...XX.. ...XX.. ...XX.. ...XX.. ...XX.. ...XX.. ...XX.. ...XX.. .XXXXXX",
    ".XXXXX. XX...XX .....XX .....XX ....XX. ....XX. ...XX.. ..XX... .XX.... XX..... XX..... XXXXXXX",
    ".XXXXX. XX...XX .....XX .....XX .....XX ..XXXX. .....XX .....XX .....XX .....XX XX...XX .XXXXX.",
    "....XX. ...XXX. ..XXXX. .XX.XX. .XX.XX. XX..XX. XXXXXXX ....XX. ....XX. ....XX. ....XX. ....XX.",
    "XXXXXXX XX..... XX..... XX..... XXXXXX. .....XX .....XX .....XX .....XX .....XX XX...XX .XXXXX.",
    "..XXXX. .XX.... XX..... XX..... XX..... XXXXXX. XX...XX XX...XX XX...XX XX...XX XX...XX .XXXXX.",
    "XXXXXXX .....XX .....XX ....XX. ....XX. ...XX.. ...XX.. ..XX... ..XX... ..XX... .XX.... .XX....",
    ".XXXXX. XX...XX XX...XX XX...XX XX...XX .XXXXX. XX...XX XX...XX XX...XX XX...XX XX...XX .XXXXX.",
    ".XXXXX. XX...XX XX...XX XX...XX XX...XX XX...XX .XXXXXX .....XX .....XX .....XX ....XX. .XXXX..",
)
"""The digits as drawings of 7 × 12, which the 84 units of F6 are held against. The paper shows its own in figure 3."""


def _squash(x: Any) -> Any:
    """1.7159 tanh(2/3 x), which is ±1 at ±1: appendix A of the paper."""
    return 1.7159 * ag.tanh(x * (2 / 3))


class _Subsampling(Module):
    """The mean of each 2 × 2 block, times a weight and plus a bias of the channel."""

    def __init__(self, channels: int, dtype: DTypeLike | None) -> None:
        super().__init__()
        self.weight = Parameter(np.ones((channels, 1, 1), dtype or np.float32))
        self.bias = Parameter(np.zeros((channels, 1, 1), dtype or np.float32))

    def forward(self, x: Any) -> Any:
        return _squash(F.avg_pool2d(x, 2) * self.weight + self.bias)


class _PartlyConnected(Module):
    """A 5 × 5 convolution of which each result sees some of the channels alone."""

    def __init__(self, dtype: DTypeLike | None) -> None:
        super().__init__()
        rows, self.places = 0, np.full((len(SEEN_BY), 6), -1)
        for i, seen in enumerate(SEEN_BY):
            for channel in seen:
                self.places[i, int(channel)] = rows
                rows += 1
        bounds = np.repeat([2.4 / (25 * len(seen)) for seen in SEEN_BY], [len(seen) for seen in SEEN_BY])
        drawn = generator_of(None).uniform(-1, 1, (rows, 5, 5)) * bounds[:, None, None]
        self.weight = Parameter(drawn.astype(dtype or np.float32))
        self.bias = Parameter(np.zeros(len(SEEN_BY), dtype or np.float32))

    def forward(self, x: Any) -> Any:
        nothing = np.zeros((1, 5, 5), self.weight.dtype)  # where -1 stands
        return F.conv2d(x, ag.concatenate([self.weight, nothing])[self.places], self.bias)


class LeNet5Original(Module):
    """LeNet-5 as in the paper, for 32 × 32 images: 60,000 parameters.

    Convolutions of which the second is partly connected, means with a weight and a bias, 1.7159 tanh(2/3 x), and at the
    end the squared distances from drawings of the digits. The result, (N, 10), is minus these, so that the largest
    one is the answer. ``codes``, (10, 84), is a buffer.

    >>> import numpy as np, nn
    >>> net = nn.models.LeNet5Original()
    >>> net(np.zeros((2, 1, 32, 32), np.float32)).shape, net.num_parameters()
    ((2, 10), 60000)
    """

    codes: ag.Tensor

    def __init__(self, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.c1 = Conv2d(1, 6, 5, dtype=dtype)
        self.s2 = _Subsampling(6, dtype)
        self.c3 = _PartlyConnected(dtype)
        self.s4 = _Subsampling(16, dtype)
        self.c5 = Conv2d(16, 120, 5, dtype=dtype)
        self.f6 = Linear(120, 84, dtype=dtype)
        codes = [[1 if pixel == "X" else -1 for pixel in drawing.replace(" ", "")] for drawing in DIGITS]
        self.register_buffer("codes", ag.Tensor(np.array(codes, dtype or np.float32)))

    def forward(self, x: Any) -> Any:
        x = self.s2(_squash(self.c1(x)))  # (N, 6, 14, 14)
        x = self.s4(_squash(self.c3(x)))  # (N, 16, 5, 5)
        x = _squash(self.c5(x))  # (N, 120, 1, 1)
        x = _squash(self.f6(F.flatten(x, 1)))
        differences = ag.expand_dims(x, 1) - self.codes
        return -ag.sum(differences * differences, axis=2)
