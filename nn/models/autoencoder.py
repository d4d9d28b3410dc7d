"""An autoencoder of convolutions: an image as a few numbers, and from these an image again."""

from typing import Any

from numpy.typing import DTypeLike

from ..layers import Conv2d, ConvTranspose2d, ReLU, Sequential, Sigmoid
from ..module import Module


class Autoencoder(Module):
    """Images (N, C, H, W) with entries from 0 to 1, H and W multiples of 4, and back from a code (N, 4, H/4, W/4).

    ``encoder`` halves the image twice, ``decoder`` doubles it twice with transposed convolutions.

    >>> import numpy as np, nn
    >>> net = nn.models.Autoencoder()
    >>> images = np.zeros((2, 1, 28, 28), np.float32)
    >>> net.encoder(images).shape, net(images).shape, net.num_parameters()
    ((2, 4, 7, 7), (2, 1, 28, 28), 1925)
    """

    def __init__(self, channels: int = 1, code_channels: int = 4, *, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.encoder = Sequential(
            Conv2d(channels, 16, 3, 2, padding=1, dtype=dtype),
            ReLU(),
            Conv2d(16, code_channels, 3, 2, padding=1, dtype=dtype),
            ReLU(),
        )
        self.decoder = Sequential(
            ConvTranspose2d(code_channels, 16, 4, 2, padding=1, dtype=dtype),
            ReLU(),
            ConvTranspose2d(16, channels, 3, 2, padding=1, output_padding=1, dtype=dtype),
            Sigmoid(),
        )

    def forward(self, x: Any) -> Any:
        return self.decoder(self.encoder(x))
