"""Flatten: images to vectors, between the convolutions and the linear layers."""

from typing import Any

from .. import functional
from ..module import Module

__all__ = ["Flatten"]


class Flatten(Module):
    """Some axes of x become one; by default all but the first, so that (N, C, H, W) becomes (N, C · H · W).

    start_dim, end_dim : the first and the last of them; negative ones count from the end

    >>> import numpy as np, nn
    >>> nn.Flatten()(np.ones((5, 16, 2, 2))).shape
    (5, 64)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Any) -> Any:
        return functional.flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
