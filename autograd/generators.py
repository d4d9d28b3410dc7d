"""NumPy's random generator as PyTorch's scripts make and seed one: ``g = ag.Generator().manual_seed(0)``."""

from typing import Any

import numpy as np

from .devices import check_device

__all__ = ["Generator"]


class Generator(np.random.Generator):
    """NumPy's Generator, which can be made and seeded as PyTorch's: ``ag.Generator().manual_seed(0)``.

    >>> import autograd as ag
    >>> g = ag.Generator().manual_seed(0)
    >>> a = ag.rand(3, generator=g)
    >>> bool((a == ag.rand(3, generator=g.manual_seed(0))).all())
    True
    """

    def __init__(self, device: Any = None, *, seed: Any = None) -> None:
        check_device(device)
        super().__init__(np.random.PCG64(seed))

    def manual_seed(self, seed: int) -> "Generator":
        """Start anew from ``seed``; returns the generator."""
        self.bit_generator.state = np.random.PCG64(seed).state
        return self
