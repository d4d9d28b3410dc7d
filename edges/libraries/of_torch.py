"""PyTorch."""

import torch
import torch.nn.functional as F

from .functions import Functions

VERSION = torch.__version__


def _same(x, k, step):
    taps = torch.tensor(k, dtype=x.dtype)[None, None]
    return {"conv1d": F.conv1d(x[None, None], taps, stride=step, padding="same")[0, 0]}


functions = Functions(
    {
        "norm": torch.linalg.vector_norm,
        "norm_inf": lambda x: torch.linalg.vector_norm(x, torch.inf),
        "power": torch.pow,
        "std": lambda x: torch.std(x, correction=0),
        "std_of_sample": lambda x: torch.std(x, correction=1),
        "mod": torch.remainder,
        "logsumexp": lambda x: torch.logsumexp(x, 0),
        "softmax": lambda x: torch.softmax(x, 0),
        "log_softmax": lambda x: torch.log_softmax(x, 0),
        "sort": lambda x: torch.sort(x).values,
        "xlogy": torch.special.xlogy,
        "max_pool": lambda x, *args, **options: F.max_pool1d(x[None, None], *args, **options)[0, 0],
        "average_pool": lambda x, *args, **options: F.avg_pool1d(x[None, None], *args, **options)[0, 0],
        "same": _same,
    },
    torch,
    F,
)


def value(function, at):
    return function(functions, torch.tensor(at, dtype=torch.float64))


def gradient(function, at):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(function(functions, x), x)[0]


def hessian(function, at):
    return torch.autograd.functional.hessian(lambda x: function(functions, x), torch.tensor(at, dtype=torch.float64))
