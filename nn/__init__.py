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

__version__ = _autograd.__version__

_SUBMODULES = "checkpoint data distributed functional init keras_files models onnx optim training utils".split()
_NAMING = "layers", "losses"
"""The submodules whose own ``__all__`` names what is public in ``nn`` too."""
_WHEN_USED = {  # {name: the module that has it}
    "Module": "module",
    "Parameter": "parameter",
    "confusion_matrix": "confusion",
    "diagnose": "diagnosing",
    "functional_call": "stateless",
    "load": "io",
    "manual_seed": "seeding",
    "plot_confusion_matrix": "confusion_pictures",
    "plot_mistakes": "confusion_pictures",
    "profile": "profiling",
    "save": "io",
    "summary": "overview",
    "worst_mistakes": "confusion",
}

# "as" tells type checkers that a name is public: they know no __all__ that is not written out
if _typing.TYPE_CHECKING:
    from . import checkpoint as checkpoint
    from . import data as data
    from . import distributed as distributed
    from . import functional as functional
    from . import init as init
    from . import keras_files as keras_files
    from . import layers as layers
    from . import models as models
    from . import onnx as onnx
    from . import optim as optim
    from . import training as training
    from . import utils as utils
    from .confusion import confusion_matrix as confusion_matrix
    from .confusion import worst_mistakes as worst_mistakes
    from .confusion_pictures import plot_confusion_matrix as plot_confusion_matrix
    from .confusion_pictures import plot_mistakes as plot_mistakes
    from .diagnosing import diagnose as diagnose
    from .io import load as load
    from .io import save as save
    from .layers import *
    from .losses import *
    from .module import Module as Module
    from .overview import summary as summary
    from .parameter import Parameter as Parameter
    from .profiling import profile as profile
    from .seeding import manual_seed as manual_seed
    from .stateless import functional_call as functional_call
else:  # importing is quick: each is loaded when it is first asked for

    def __getattr__(name):
        if name in _SUBMODULES or name in _NAMING:
            return _importlib.import_module(f"nn.{name}")
        if name in _WHEN_USED:
            globals()[name] = getattr(_importlib.import_module(f"nn.{_WHEN_USED[name]}"), name)
            return globals()[name]
        named = [_importlib.import_module(f"nn.{one}") for one in _NAMING]
        if name == "__all__":
            return sorted([*_SUBMODULES, *_WHEN_USED, *(one for module in named for one in module.__all__)])
        for module in named:
            if name in getattr(module, "__all__", ()):  # a part of it that is being loaded may ask before it has one
                globals()[name] = getattr(module, name)
                return globals()[name]
        from .missing import no_such_name  # when used

        raise no_such_name(name, __getattr__("__all__"))

    def __dir__():
        return sorted({*globals(), *__getattr__("__all__")})
