"""VGG: many 3 × 3 convolutions, and between their groups the image halves."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import DTypeLike

from .. import functional as F
from .. import init
from ..layers import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Linear, MaxPool2d, ReLU, Sequential
from ..module import Module


class _VGG(Module):
    groups: Sequence[int]
    """How many convolutions there are before each halving."""

    def __init__(
        self,
        num_classes: int = 1000,
        *,
        batch_norm: bool = False,
        dropout: float = 0.5,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        layers: list[Module] = []
        before = 3
        for channels, count in zip((64, 128, 256, 512, 512), self.groups, strict=True):
            for _ in range(count):
                layers.append(Conv2d(before, channels, 3, padding=1, dtype=dtype))
                if batch_norm:
                    layers.append(BatchNorm2d(channels, dtype=dtype))
                layers.append(ReLU())
                before = channels
            layers.append(MaxPool2d(2))
        self.features = Sequential(*layers)
        self.avgpool = AdaptiveAvgPool2d(7)
        self.classifier = Sequential(
            Linear(512 * 7 * 7, 4096, dtype=dtype),
            ReLU(),
            Dropout(dropout),
            Linear(4096, 4096, dtype=dtype),
            ReLU(),
            Dropout(dropout),
            Linear(4096, num_classes, dtype=dtype),
        )
        for layer in self.features:
            if isinstance(layer, Conv2d):
                init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                if layer.bias is not None:
                    init.zeros_(layer.bias)

    def forward(self, x: Any) -> Any:
        x = self.avgpool(self.features(x))
        return self.classifier(F.flatten(x, 1))


class VGG11(_VGG):
    """Configuration A of the paper: 8 convolutions and 3 linear layers, for images (N, 3, H, W) from 32 × 32 on.

    batch_norm : normalize after each convolution
    dropout : the probability with which the hidden units of the classifier are dropped in training

    Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015). The
    names of its parameters are torchvision's.
    """

    groups = (1, 1, 2, 2, 2)


class VGG13(_VGG):
    """``VGG11`` with 10 convolutions: configuration B."""

    groups = (2, 2, 2, 2, 2)


class VGG16(_VGG):
    """``VGG11`` with 13 convolutions: configuration D."""

    groups = (2, 2, 3, 3, 3)


class VGG19(_VGG):
    """``VGG11`` with 16 convolutions: configuration E."""

    groups = (2, 2, 4, 4, 4)
