"""Max pooling of (32, 64, 32, 32), forward and backward"""

from .layer import ours, pytorchs, random_arrays
from .row import Row, layouts


def arrays(window, batch, dtype):
    out = (32 - window) // 2 + 1
    return random_arrays(dtype, (batch, 64, 32, 32), (batch, 64, out, out))


def chalkgrad(window, batch=32, dtype="float32", channels_last=False):
    import autograd as ag

    x, gradient = arrays(window, batch, dtype)
    return ours(lambda x: ag.max_pool2d(x, window, stride=2), [x], gradient, channels_last)


def pytorch(window, batch=32, dtype="float32", channels_last=False):
    from torch.nn.functional import max_pool2d

    x, gradient = arrays(window, batch, dtype)
    return pytorchs(lambda x: max_pool2d(x, window, stride=2), [x], gradient, channels_last)


ROWS = [
    Row(
        f"max pool {window} × {window}, stride 2",
        {"chalkgrad": layouts(chalkgrad, window), "PyTorch": layouts(pytorch, window)},
        bars={"PyTorch": 0.7},
    )
    for window in (2, 3)
]
