"""Conv nets on the ``autograd`` engine, in PyTorch's vocabulary.

>>> import numpy as np, nn
>>> _ = nn.manual_seed(0)
>>> net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
>>> loss_fn, optimizer = nn.CrossEntropyLoss(), nn.optim.Adam(net.parameters(), lr=0.05)
>>> x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])
>>> for _ in range(100):
...     optimizer.zero_grad()
...     loss = loss_fn(net(x), y)
...     loss.backward()
...     optimizer.step()
>>> net(x).data.argmax(axis=1)
array([0, 1, 1, 0])
"""

import importlib as _importlib
import typing as _typing

import autograd as _autograd

# "as" tells type checkers that a name is public: they know no __all__ that is not written out
from . import checkpoint as checkpoint
from . import data as data
from . import functional as functional
from . import init as init
from . import keras_files as keras_files
from . import layers as layers
from . import models as models
from . import onnx as onnx
from . import optim as optim
from . import training as training
from . import utils as utils
from .io import load as load
from .io import save as save
from .layers import *
from .losses import *
from .module import Module as Module
from .parameter import Parameter as Parameter
from .seeding import manual_seed as manual_seed
from .stateless import functional_call as functional_call

__version__ = _autograd.__version__

if _typing.TYPE_CHECKING:
    from . import distributed as distributed
    from .confusion import confusion_matrix as confusion_matrix
    from .confusion import worst_mistakes as worst_mistakes
    from .confusion_pictures import plot_confusion_matrix as plot_confusion_matrix
    from .confusion_pictures import plot_mistakes as plot_mistakes
    from .diagnosing import diagnose as diagnose
    from .overview import summary as summary
    from .profiling import profile as profile
else:  # as in ``layers``
    __all__ = [
        "Module",
        "Parameter",
        "checkpoint",
        "confusion_matrix",
        "data",
        "diagnose",
        "distributed",
        "functional",
        "functional_call",
        "init",
        "keras_files",
        "load",
        "manual_seed",
        "models",
        "onnx",
        "optim",
        "plot_confusion_matrix",
        "plot_mistakes",
        "profile",
        "save",
        "summary",
        "training",
        "utils",
        "worst_mistakes",
    ]
    __all__ += layers.__all__ + losses.__all__
    __all__.sort()

    _WHEN_USED = {  # {name: the module that has it}
        "confusion_matrix": "nn.confusion",
        "diagnose": "nn.diagnosing",
        "plot_confusion_matrix": "nn.confusion_pictures",
        "plot_mistakes": "nn.confusion_pictures",
        "profile": "nn.profiling",
        "summary": "nn.overview",
        "worst_mistakes": "nn.confusion",
    }

    def __getattr__(name):
        if name in _WHEN_USED:
            globals()[name] = getattr(_importlib.import_module(_WHEN_USED[name]), name)
            return globals()[name]
        if name == "distributed":
            return _importlib.import_module("nn.distributed")  # when used
        from .missing import no_such_name  # when used

        raise no_such_name(name, __all__)
