"""What the operations of ``autograd.ops.signal`` are held against."""

from scipy import signal

from autograd.kernels.signal import placement

from . import Oracle


def _scipy(name):
    return lambda x, kernel, mode="full": getattr(signal, name)(x, kernel, mode)


def _torch(flipped):
    def reference(torch, x, kernel, mode="full"):
        (above, below), (left, right) = placement(x.shape, kernel.shape, mode, flipped)
        around = torch.nn.functional.pad(x, (left, right, above, below))
        kernel = kernel.flip(0, 1) if flipped else kernel
        if 0 in (around.shape[0] - kernel.shape[0] + 1, around.shape[1] - kernel.shape[1] + 1):
            return x[:0] * kernel.sum()  # of an empty array PyTorch has no convolution
        return torch.nn.functional.conv2d(around[None, None], kernel[None, None])[0, 0]

    return reference


ORACLES = {
    "correlate2d": Oracle(numpy=_scipy("correlate2d"), torch=_torch(flipped=False)),
    "convolve2d": Oracle(numpy=_scipy("convolve2d"), torch=_torch(flipped=True)),
}
