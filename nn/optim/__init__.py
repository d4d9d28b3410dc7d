"""Optimizers: ``optimizer = nn.optim.SGD(net.parameters(), lr=0.1)``, then after each backward ``optimizer.step()``.

``nn.optim.lr_scheduler`` changes their step sizes as training goes on.
"""

from . import lr_scheduler
from .adafactor import Adafactor
from .adagrad import Adadelta, Adagrad
from .adam import Adam, AdamW
from .adam_kin import Adamax, NAdam, RAdam
from .averaged import ASGD
from .lbfgs import LBFGS
from .muon import Muon
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .rprop import Rprop
from .sgd import SGD

__all__ = [
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "Muon", "NAdam", "Optimizer",
    "RAdam", "RMSprop", "Rprop", "SGD", "lr_scheduler",
]  # fmt: skip
