"""MobileNetV2: convolutions of one channel each between 1 × 1 ones that mix the channels, for little arithmetic."""

from typing import Any

from numpy.typing import DTypeLike

from .. import functional as F
from .. import init
from ..layers import BatchNorm2d, Conv2d, Dropout, Linear, ReLU6, Sequential
from ..module import Module

SETTINGS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Table 2 of the paper: (expansion, channels, blocks, stride of the first one)."""


def _conv(
    in_channels: int, out_channels: int, size: int, stride: int, groups: int, dtype: DTypeLike | None
) -> Sequential:
    return Sequential(
        Conv2d(
            in_channels,
            out_channels,
            size,
            stride,
            padding=size // 2,
            groups=groups,
            bias=False,
            dtype=dtype,
        ),
        BatchNorm2d(out_channels, dtype=dtype),
        ReLU6(),
    )


class InvertedResidual(Module):
    """1 × 1 to more channels, 3 × 3 on each by itself, 1 × 1 to few; x is added where the shape is the same."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int,
        expansion: int,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        hidden = in_channels * expansion
        layers: list[Module] = [_conv(in_channels, hidden, 1, 1, 1, dtype)] if expansion != 1 else []
        layers += [
            _conv(hidden, hidden, 3, stride, hidden, dtype),
            Conv2d(hidden, out_channels, 1, bias=False, dtype=dtype),
            BatchNorm2d(out_channels, dtype=dtype),
        ]
        self.conv = Sequential(*layers)
        self.adds = stride == 1 and in_channels == out_channels

    def forward(self, x: Any) -> Any:
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(Module):
    """MobileNetV2 for photos, (N, 3, 224, 224) or another size.

    Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (2018). The names of its parameters
    are torchvision's.
    """

    def __init__(self, num_classes: int = 1000, *, dropout: float = 0.2, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        layers: list[Module] = [_conv(3, 32, 3, 2, 1, dtype)]
        before = 32
        for expansion, channels, count, stride in SETTINGS:
            for i in range(count):
                layers.append(InvertedResidual(before, channels, stride if i == 0 else 1, expansion, dtype=dtype))
                before = channels
        self.features = Sequential(*layers, _conv(before, 1280, 1, 1, 1, dtype))
        self.classifier = Sequential(Dropout(dropout), Linear(1280, num_classes, dtype=dtype))
        for module in self.modules():
            if isinstance(module, Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out")
        init.normal_(self.classifier[1].weight, 0, 0.01)
        init.zeros_(self.classifier[1].bias)

    def forward(self, x: Any) -> Any:
        x = F.adaptive_avg_pool2d(self.features(x), 1)
        return self.classifier(F.flatten(x, 1))
