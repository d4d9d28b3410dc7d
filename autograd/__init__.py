from . import operators
from .engine import gradients
from .modes import *
from .operation import *
from .tensor import Tensor
