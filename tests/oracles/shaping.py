"""What the operations of ``autograd.ops.shaping`` are held against."""

import numpy as np

from autograd.ops.shaping import _widths

from . import Oracle


def _torch_pad(torch, x, pad_width, mode="constant", constant_values=0):
    """PyTorch's pad has zeros for any number of axes; its other modes are for images alone."""
    shape = tuple(x.shape)
    if not shape:
        return x * 1
    widths = _widths(shape, pad_width)
    if mode != "constant":  # of the places, as NumPy pads them
        places = [np.pad(np.arange(n), pair, mode=mode) for n, pair in zip(shape, widths, strict=True)]
        return x[tuple([torch.as_tensor(one) for one in np.ix_(*places)])]
    border = np.pad(np.zeros(shape), widths, constant_values=constant_values)
    return torch.as_tensor(border) + torch.nn.functional.pad(x, [n for pair in reversed(widths) for n in pair])


ORACLES = {
    "alias": Oracle(numpy=lambda x: x, torch=lambda torch, x: x * 1),
    "astype": Oracle(
        numpy=lambda x, dtype: np.asarray(x).astype(dtype), torch=lambda torch, x, dtype: x.to(torch.float64)
    ),
    "broadcast_to": Oracle(torch=lambda torch, x, shape: torch.broadcast_to(x, shape)),
    "reshape": Oracle(torch=lambda torch, x, shape: torch.reshape(x, (shape,) if isinstance(shape, int) else shape)),
    "transpose": Oracle(torch=lambda torch, x, axes=None: torch.permute(x, axes or tuple(range(x.ndim))[::-1])),
    "expand_dims": Oracle(torch=lambda torch, x, axis: torch.reshape(x, np.expand_dims(np.empty(x.shape), axis).shape)),
    "squeeze": Oracle(torch=lambda torch, x, axis=None: torch.squeeze(x) if axis is None else torch.squeeze(x, axis)),
    "concatenate": Oracle(
        torch=lambda torch, arrays, axis=0: (
            torch.cat([a.reshape(-1) for a in arrays]) if axis is None else torch.cat(arrays, axis)
        )
    ),
    "stack": Oracle(torch=lambda torch, arrays, axis=0: torch.stack(arrays, axis)),
    "flip": Oracle(
        torch=lambda torch, x, axis=None: torch.flip(
            x, tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
        )
    ),
    "roll": Oracle(torch=lambda torch, x, shift, axis=None: torch.roll(x, shift, axis) if x.ndim else x * 1),
    "pad": Oracle(torch=_torch_pad),
    "tile": Oracle(torch=lambda torch, x, reps: torch.tile(x, (reps,) if isinstance(reps, int) else reps)),
    "repeat": Oracle(
        torch=lambda torch, x, repeats, axis=None: torch.repeat_interleave(x, torch.as_tensor(repeats), axis)
    ),
}
