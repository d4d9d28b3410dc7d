"""AlexNet: eight layers for photos of 224 × 224."""

from typing import Any

from numpy.typing import DTypeLike

from .. import functional as F
from ..layers import AdaptiveAvgPool2d, Conv2d, Dropout, Linear, MaxPool2d, ReLU, Sequential
from ..module import Module


class AlexNet(Module):
    """AlexNet with one column of layers, for images (N, 3, H, W) from 63 × 63 on.

    Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014). The names of its
    parameters are torchvision's.
    """

    def __init__(self, num_classes: int = 1000, *, dropout: float = 0.5, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(3, 64, 11, 4, padding=2, dtype=dtype),
            ReLU(),
            MaxPool2d(3, 2),
            Conv2d(64, 192, 5, padding=2, dtype=dtype),
            ReLU(),
            MaxPool2d(3, 2),
            Conv2d(192, 384, 3, padding=1, dtype=dtype),
            ReLU(),
            Conv2d(384, 256, 3, padding=1, dtype=dtype),
            ReLU(),
            Conv2d(256, 256, 3, padding=1, dtype=dtype),
            ReLU(),
            MaxPool2d(3, 2),
        )
        self.avgpool = AdaptiveAvgPool2d(6)
        self.classifier = Sequential(
            Dropout(dropout),
            Linear(256 * 6 * 6, 4096, dtype=dtype),
            ReLU(),
            Dropout(dropout),
            Linear(4096, 4096, dtype=dtype),
            ReLU(),
            Linear(4096, num_classes, dtype=dtype),
        )

    def forward(self, x: Any) -> Any:
        x = self.avgpool(self.features(x))
        return self.classifier(F.flatten(x, 1))
