"""U-Net: an image down to few pixels and up again, for a class of each pixel."""

from typing import Any

from numpy.typing import DTypeLike

import autograd as ag

from ..layers import Conv2d, ConvTranspose2d, MaxPool2d, ModuleList, ReLU, Sequential
from ..module import Module


def _two_convs(in_channels: int, out_channels: int, dtype: DTypeLike | None) -> Sequential:
    return Sequential(
        Conv2d(in_channels, out_channels, 3, padding=1, dtype=dtype),
        ReLU(),
        Conv2d(out_channels, out_channels, 3, padding=1, dtype=dtype),
        ReLU(),
    )


class UNet(Module):
    """U-Net for images (N, in_channels, H, W), H and W multiples of 2 ** depth: logits (N, num_classes, H, W).

    width : channels at full size; they double with each halving
    depth : how often the image is halved

    After Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015), with
    padded convolutions, so that the result has the size of the image.

    >>> import numpy as np, nn
    >>> net = nn.models.UNet(1, 2, width=8, depth=2)
    >>> net(np.zeros((1, 1, 16, 24), np.float32)).shape
    (1, 2, 16, 24)
    """

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 1,
        *,
        width: int = 64,
        depth: int = 4,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.depth = depth
        widths = [width * 2**i for i in range(depth + 1)]
        befores = [in_channels, *widths]
        self.down = ModuleList(
            [_two_convs(before, after, dtype) for before, after in zip(befores, widths, strict=False)]
        )
        self.pool = MaxPool2d(2)
        upward = widths[-2::-1]
        self.up = ModuleList([ConvTranspose2d(2 * channels, channels, 2, 2, dtype=dtype) for channels in upward])
        self.merge = ModuleList([_two_convs(2 * channels, channels, dtype) for channels in upward])
        self.head = Conv2d(width, num_classes, 1, dtype=dtype)

    def forward(self, x: Any) -> Any:
        height, width = x.shape[-2:]
        if height % 2**self.depth or width % 2**self.depth:
            raise ValueError(
                f"UNet: height and width must be multiples of {2**self.depth}\n  images: {tuple(x.shape)}\n"
                "  pad them, or build it with a smaller depth"
            )
        seen = []
        for i, convs in enumerate(self.down):
            x = convs(x if i == 0 else self.pool(x))
            seen.append(x)
        for up, merge, before in zip(self.up, self.merge, seen[-2::-1], strict=True):
            x = merge(ag.concatenate([before, up(x)], axis=1))
        return self.head(x)
