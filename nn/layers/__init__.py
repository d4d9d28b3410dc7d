"""The layers, in PyTorch's names and with its state-dict keys."""

from .activation import (
    ELU,
    GELU,
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from .container import ModuleList, Sequential
from .convolution import Conv2d
from .dropout import Dropout
from .flatten import Flatten
from .linear import Linear
from .normalization import BatchNorm1d, BatchNorm2d
from .pooling import AvgPool2d, MaxPool2d

__all__ = [
    "AvgPool2d", "BatchNorm1d", "BatchNorm2d", "Conv2d", "Dropout", "ELU", "Flatten", "GELU", "Identity", "LeakyReLU",
    "Linear", "LogSoftmax", "MaxPool2d", "ModuleList", "ReLU", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus",
    "Tanh",
]  # fmt: skip
