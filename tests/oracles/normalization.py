"""What the operations of ``autograd.ops.normalization`` are held against."""

import numpy as np

from . import Oracle


def _normalized(x, weight=None, bias=None, mean=None, var=None, eps=1e-5):
    """Channel by channel, as it is defined."""
    y = np.empty(x.shape)
    for c in range(x.shape[1]):
        one = x[:, c]
        m, v = (one.mean(), one.var()) if mean is None else (mean[c], var[c])
        y[:, c] = (one - m) / np.sqrt(v + eps) * (1 if weight is None else weight[c]) + (0 if bias is None else bias[c])
    return y


def _torch_batch_norm(torch, x, weight=None, bias=None, mean=None, var=None, eps=1e-5):
    training = mean is None
    if not training:
        mean, var = torch.as_tensor(mean), torch.as_tensor(var)
    return torch.nn.functional.batch_norm(x, mean, var, weight, bias, training=training, eps=eps)


def _dropout_by_entries(x, p=0.5, training=True, rng=None):
    """Each entry is dropped or scaled up in turn."""
    y = np.array(x)
    if training and p:
        draws = np.random.default_rng(rng).random(y.shape, dtype=np.float32)
        for at in np.ndindex(y.shape):
            y[at] = y[at] / (1 - p) if draws[at] >= p else 0
    return y


ORACLES = {
    "batch_norm": Oracle(numpy=_normalized, torch=_torch_batch_norm),
    "batch_norm_relu": Oracle(
        numpy=lambda *args, **kwargs: np.maximum(_normalized(*args, **kwargs), 0),
        torch=lambda torch, *args, **kwargs: torch.relu(_torch_batch_norm(torch, *args, **kwargs)),
    ),
    "dropout": Oracle(numpy=_dropout_by_entries, torch="PyTorch draws other random numbers"),
}
