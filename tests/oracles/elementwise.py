"""What the operations of ``autograd.ops.elementwise`` are held against."""

import numpy as np
from scipy import special

from . import Oracle


def _tensors(torch, *values):
    return [torch.as_tensor(v, dtype=torch.float64) for v in values]


ORACLES = {
    "erf": Oracle(numpy=special.erf),
    "maximum": Oracle(torch=lambda torch, a, b: torch.maximum(*_tensors(torch, a, b))),
    "minimum": Oracle(torch=lambda torch, a, b: torch.minimum(*_tensors(torch, a, b))),
    "clip": Oracle(
        numpy=lambda x, a_min=None, a_max=None: np.clip(x, a_min, a_max),
        torch=lambda torch, x, a_min=None, a_max=None: torch.clamp(
            x, *[None if b is None else torch.as_tensor(b, dtype=torch.float64) for b in (a_min, a_max)]
        ),
    ),
    "cbrt": Oracle(torch=lambda torch, x: torch.sign(x) * torch.abs(x) ** (1 / 3)),
    "where": Oracle(torch=lambda torch, condition, a, b: torch.where(torch.as_tensor(condition), a, b)),
}
