"""Arrays in, arrays out: what operations compute. No Tensor is known here."""

from . import memory as _memory  # lets freed memory stay; see there
