"""Schedules of step sizes: ``scheduler = StepLR(optimizer, 30)``, and after each epoch ``scheduler.step()``.

Each writes ``group["lr"]`` of its optimizer; names, arguments and values are those of ``torch.optim.lr_scheduler``. A
training goes on where it was saved with ``scheduler.load_state_dict(state)`` beside the optimizer's.

>>> import autograd as ag, nn
>>> optimizer = nn.optim.SGD([ag.Tensor([1.0], requires_grad=True)], lr=1.0)
>>> scheduler = nn.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
>>> for _ in range(5):
...     optimizer.step()
...     scheduler.step()
>>> optimizer.param_groups[0]["lr"], scheduler.get_last_lr()
(0.25, [0.25])
"""

from .base import LRScheduler
from .combined import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cycles import CyclicLR, OneCycleLR
from .decay import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from .functions import LambdaLR, MultiplicativeLR
from .plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR",
    "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR", "PolynomialLR",
    "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip
