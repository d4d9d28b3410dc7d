"""The smallest: linear layers alone, and two convolutions for the embedded digits."""

from itertools import pairwise
from typing import Any

from numpy.typing import DTypeLike

from .. import functional as F
from ..layers import Conv2d, Flatten, Linear, ReLU, Sequential
from ..module import Module


class MLP(Sequential):
    """Linear layers of the given sizes with ReLU between them; images are flattened first.

    >>> import numpy as np, nn
    >>> net = nn.models.MLP(784, 256, 128, 10)
    >>> net(np.zeros((2, 1, 28, 28), np.float32)).shape, net.num_parameters()
    ((2, 10), 235146)
    """

    def __init__(self, *sizes: int, dtype: DTypeLike | None = None) -> None:
        if len(sizes) < 2:
            raise ValueError(f"MLP: give at least the sizes of the input and of the output\n  sizes: {sizes}")
        layers: list[Module] = [Flatten()]
        for n_in, n_out in pairwise(sizes):
            layers += [Linear(n_in, n_out, dtype=dtype), ReLU()]
        super().__init__(*layers[:-1])


class LeNet(Module):
    """Two convolutions and two linear layers, for 8 × 8 images such as ``nn.data.load_digits()``.

    >>> import numpy as np, nn
    >>> net = nn.models.LeNet()
    >>> net(np.zeros((2, 1, 8, 8), np.float32)).shape, net.num_parameters()
    ((2, 10), 13706)
    """

    def __init__(self, num_classes: int = 10, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.conv1 = Conv2d(1, 16, 3, padding=1, dtype=dtype)
        self.conv2 = Conv2d(16, 32, 3, padding=1, dtype=dtype)
        self.fc1 = Linear(32 * 2 * 2, 64, dtype=dtype)
        self.fc2 = Linear(64, num_classes, dtype=dtype)

    def forward(self, x: Any) -> Any:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)  # (N, 16, 4, 4)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 32, 2, 2)
        x = F.relu(self.fc1(F.flatten(x, 1)))
        return self.fc2(x)
