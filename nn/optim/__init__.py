"""Optimizers: ``optimizer = nn.optim.SGD(net.parameters(), lr=0.1)``, then after each backward ``optimizer.step()``."""

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["Adam", "AdamW", "Optimizer", "SGD"]
