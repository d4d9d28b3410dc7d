"""Networks to start from: small enough to read, and named as in the papers.

``LeNet`` reads the embedded 8 × 8 digits, ``LeNet5`` MNIST, ``ResNet20`` images of CIFAR's shape, and
``MLP`` anything flat. All give logits: scores of the classes, before a softmax.
"""

from itertools import pairwise
from typing import Any

from numpy.typing import DTypeLike

from . import functional as F
from . import init
from .layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential
from .module import Module


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


class BasicBlock(Module):
    """Two 3 × 3 convolutions around which the input is added: y = relu(x + f(x)).

    Where the shape changes, x passes a 1 × 1 convolution first.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.conv1 = Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False, dtype=dtype)
        self.bn1 = BatchNorm2d(out_channels, dtype=dtype)
        self.conv2 = Conv2d(out_channels, out_channels, 3, padding=1, bias=False, dtype=dtype)
        self.bn2 = BatchNorm2d(out_channels, dtype=dtype)
        self.downsample: Sequential | None = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = Sequential(
                Conv2d(in_channels, out_channels, 1, stride, bias=False, dtype=dtype),
                BatchNorm2d(out_channels, dtype=dtype),
            )

    def forward(self, x: Any) -> Any:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.bn1(self.conv1(x), relu=True)
        return F.relu(self.bn2(self.conv2(x)) + shortcut)


class ResNet20(Module):
    """The 20-layer residual net for 32 × 32 images in color.

    He et al., "Deep Residual Learning for Image Recognition" (2016), section 4.2, with projection shortcuts.

    >>> import numpy as np, nn
    >>> net = nn.models.ResNet20().eval()
    >>> net(np.zeros((1, 3, 32, 32), np.float32)).shape, net.num_parameters()
    ((1, 10), 272474)
    """

    def __init__(self, num_classes: int = 10, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.conv1 = Conv2d(3, 16, 3, padding=1, bias=False, dtype=dtype)
        self.bn1 = BatchNorm2d(16, dtype=dtype)
        self.layer1 = self._blocks(16, 16, 1, dtype)
        self.layer2 = self._blocks(16, 32, 2, dtype)
        self.layer3 = self._blocks(32, 64, 2, dtype)
        self.fc = Linear(64, num_classes, dtype=dtype)
        for module in self.modules():
            if isinstance(module, Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @staticmethod
    def _blocks(in_channels: int, out_channels: int, stride: int, dtype: DTypeLike | None) -> Sequential:
        return Sequential(
            BasicBlock(in_channels, out_channels, stride, dtype=dtype),
            BasicBlock(out_channels, out_channels, dtype=dtype),
            BasicBlock(out_channels, out_channels, dtype=dtype),
        )

    def forward(self, x: Any) -> Any:
        x = self.bn1(self.conv1(x), relu=True)  # (N, 16, 32, 32)
        x = self.layer1(x)
        x = self.layer2(x)  # (N, 32, 16, 16)
        x = self.layer3(x)  # (N, 64, 8, 8)
        return self.fc(x.mean(axis=(2, 3)))
