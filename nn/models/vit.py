"""Vision transformer: an image as a sequence of patches."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag

from .. import init
from ..layers import GELU, Conv2d, Dropout, LayerNorm, Linear, MultiheadAttention, Sequential
from ..module import Module
from ..parameter import Parameter


class EncoderBlock(Module):
    """x + attention(norm x), and of that x + mlp(norm x)."""

    def __init__(
        self,
        dim: int,
        num_heads: int,
        mlp_dim: int,
        *,
        dropout: float = 0.0,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.ln_1 = LayerNorm(dim, eps=1e-6, dtype=dtype)
        self.self_attention = MultiheadAttention(dim, num_heads, batch_first=True, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.ln_2 = LayerNorm(dim, eps=1e-6, dtype=dtype)
        self.mlp = Sequential(
            Linear(dim, mlp_dim, dtype=dtype), GELU(), Dropout(dropout), Linear(mlp_dim, dim, dtype=dtype),
            Dropout(dropout),
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        y = self.ln_1(x)
        x = x + self.dropout(self.self_attention(y, y, y, need_weights=False)[0])
        return x + self.mlp(self.ln_2(x))


class Encoder(Module):
    """Places added to the patches, and the blocks."""

    def __init__(
        self,
        length: int,
        dim: int,
        num_layers: int,
        num_heads: int,
        mlp_dim: int,
        *,
        dropout: float = 0.0,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.pos_embedding = Parameter(np.zeros((1, length, dim), dtype or np.float32))
        init.normal_(self.pos_embedding, 0, 0.02)
        self.dropout = Dropout(dropout)
        self.layers = Sequential(
            {
                f"encoder_layer_{i}": EncoderBlock(dim, num_heads, mlp_dim, dropout=dropout, dtype=dtype)
                for i in range(num_layers)
            }
        )
        self.ln = LayerNorm(dim, eps=1e-6, dtype=dtype)

    def forward(self, x: Any) -> Any:
        return self.ln(self.layers(self.dropout(x + self.pos_embedding)))


class VisionTransformer(Module):
    """A vision transformer for images (N, 3, image_size, image_size), by default a tiny one for CIFAR's.

    The paper's ViT-B/16 is ``VisionTransformer(1000, image_size=224, patch_size=16, dim=768, num_layers=12,
    num_heads=12)``, and the names of its parameters are torchvision's.

    Source: Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale" (2021).

    >>> import numpy as np, nn
    >>> net = nn.models.VisionTransformer()
    >>> net(np.zeros((1, 3, 32, 32), np.float32)).shape, net.num_parameters()
    ((1, 10), 208074)
    """

    def __init__(
        self,
        num_classes: int = 10,
        *,
        image_size: int = 32,
        patch_size: int = 4,
        dim: int = 64,
        num_layers: int = 4,
        num_heads: int = 4,
        dropout: float = 0.0,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if image_size % patch_size:
            raise ValueError(
                "VisionTransformer: image_size must be a multiple of patch_size\n"
                f"  image_size: {image_size!r}\n  patch_size: {patch_size!r}"
            )
        self.image_size = image_size
        self.class_token = Parameter(np.zeros((1, 1, dim), dtype or np.float32))
        self.conv_proj = Conv2d(3, dim, patch_size, patch_size, dtype=dtype)
        length = (image_size // patch_size) ** 2 + 1
        self.encoder = Encoder(length, dim, num_layers, num_heads, 4 * dim, dropout=dropout, dtype=dtype)
        self.heads = Sequential({"head": Linear(dim, num_classes, dtype=dtype)})

    def forward(self, x: Any) -> Any:
        if x.ndim != 4 or tuple(x.shape[2:]) != (self.image_size,) * 2:
            raise ValueError(
                f"VisionTransformer: images must be {self.image_size} × {self.image_size}\n  images: {tuple(x.shape)}"
            )
        x = self.conv_proj(x)  # (N, dim, patches down, patches across)
        n, dim = x.shape[:2]
        x = ag.swapaxes(ag.reshape(x, (n, dim, -1)), 1, 2)
        x = ag.concatenate([ag.broadcast_to(self.class_token, (n, 1, dim)), x], axis=1)
        return self.heads(self.encoder(x)[:, 0])
