"""Residual networks: of 20, 32 and 56 layers for small images, of 18 and 34 for photos.

He et al., "Deep Residual Learning for Image Recognition" (2016), with projection shortcuts.
"""

from collections.abc import Sequence
from typing import Any

from numpy.typing import DTypeLike

from .. import functional as F
from .. import init
from ..layers import BatchNorm2d, Conv2d, Linear, MaxPool2d, Sequential
from ..module import Module


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


def _blocks(in_channels: int, out_channels: int, stride: int, count: int, dtype: DTypeLike | None) -> Sequential:
    """The blocks of one size of images, of which the first one makes them so."""
    first = BasicBlock(in_channels, out_channels, stride, dtype=dtype)
    return Sequential(first, *[BasicBlock(out_channels, out_channels, dtype=dtype) for _ in range(count - 1)])


def _initialize(net: Module) -> None:
    for module in net.modules():
        if isinstance(module, Conv2d):
            init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


class _OfSmallImages(Module):
    count: int
    """How many blocks there are of each size."""

    def __init__(self, num_classes: int = 10, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.conv1 = Conv2d(3, 16, 3, padding=1, bias=False, dtype=dtype)
        self.bn1 = BatchNorm2d(16, dtype=dtype)
        self.layer1 = _blocks(16, 16, 1, self.count, dtype)
        self.layer2 = _blocks(16, 32, 2, self.count, dtype)
        self.layer3 = _blocks(32, 64, 2, self.count, dtype)
        self.fc = Linear(64, num_classes, dtype=dtype)
        _initialize(self)

    def forward(self, x: Any) -> Any:
        x = self.bn1(self.conv1(x), relu=True)  # (N, 16, 32, 32)
        x = self.layer1(x)
        x = self.layer2(x)  # (N, 32, 16, 16)
        x = self.layer3(x)  # (N, 64, 8, 8)
        return self.fc(x.mean(axis=(2, 3)))


class ResNet20(_OfSmallImages):
    """The 20-layer residual net for 32 × 32 images in color: section 4.2 of the paper.

    >>> import numpy as np, nn
    >>> net = nn.models.ResNet20().eval()
    >>> net(np.zeros((1, 3, 32, 32), np.float32)).shape, net.num_parameters()
    ((1, 10), 272474)
    """

    count = 3


class ResNet32(_OfSmallImages):
    """``ResNet20`` with 32 layers."""

    count = 5


class ResNet56(_OfSmallImages):
    """``ResNet20`` with 56 layers."""

    count = 9


class _OfPhotos(Module):
    counts: Sequence[int]
    """How many blocks there are of each size."""

    def __init__(self, num_classes: int = 1000, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.conv1 = Conv2d(3, 64, 7, 2, padding=3, bias=False, dtype=dtype)
        self.bn1 = BatchNorm2d(64, dtype=dtype)
        self.maxpool = MaxPool2d(3, 2, padding=1)
        self.layer1 = _blocks(64, 64, 1, self.counts[0], dtype)
        self.layer2 = _blocks(64, 128, 2, self.counts[1], dtype)
        self.layer3 = _blocks(128, 256, 2, self.counts[2], dtype)
        self.layer4 = _blocks(256, 512, 2, self.counts[3], dtype)
        self.fc = Linear(512, num_classes, dtype=dtype)
        _initialize(self)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.bn1(self.conv1(x), relu=True))  # (N, 64, 56, 56) of 224 × 224
        x = self.layer1(x)
        x = self.layer2(x)  # (N, 128, 28, 28)
        x = self.layer3(x)  # (N, 256, 14, 14)
        x = self.layer4(x)  # (N, 512, 7, 7)
        return self.fc(x.mean(axis=(2, 3)))


class ResNet18(_OfPhotos):
    """The 18-layer residual net for photos, (N, 3, 224, 224) or another size: section 4.1 of the paper.

    The names of its parameters are torchvision's.
    """

    counts = (2, 2, 2, 2)


class ResNet34(_OfPhotos):
    """``ResNet18`` with 34 layers."""

    counts = (3, 4, 6, 3)
