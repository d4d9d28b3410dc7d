"""What the operation of ``autograd.ops.norms`` is held against."""

import numpy as np

from . import Oracle

ORACLES = {
    "p_norm": Oracle(
        numpy=lambda x, ord, axis=None, keepdims=False: np.sum(np.abs(x) ** ord, axis, keepdims=keepdims) ** (1 / ord),
        torch=lambda torch, x, ord, axis=None, keepdims=False: torch.linalg.vector_norm(x, ord, axis, keepdims),
    )
}
