"""Arrays as users hand them in: the same kind of values in every memory layout that NumPy knows."""

import numpy as np

LAYOUTS = ("plain", "reversed", "every_other", "transposed", "planes", "broadcast", "unaligned", "swapped", "read_only")


def laid_out(x, layout):
    """x in memory of that layout; "broadcast" repeats the first entry of the first axis, by a stride of zero."""
    if layout == "reversed":
        return np.ascontiguousarray(x[::-1])[::-1] if x.ndim else x
    if layout == "every_other":
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    if layout == "transposed":
        return np.ascontiguousarray(x.T).T
    if layout == "planes" and x.ndim > 2:
        return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -1, 1)), 1, -1)
    if layout == "broadcast" and len(x):
        return np.broadcast_to(x[:1], x.shape)
    if layout == "unaligned":
        bytes_ = np.zeros(x.nbytes + 1, np.uint8)
        moved = bytes_[1:].view(x.dtype).reshape(x.shape)
        moved[...] = x
        return moved
    if layout == "swapped":
        return x.astype(x.dtype.newbyteorder())
    if layout == "read_only":
        x = x.copy()
        x.flags.writeable = False
    return x
