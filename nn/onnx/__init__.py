"""Networks as ONNX files, for other programs to run, and such files as networks.

``export(model, example, path)`` writes what the model does in evaluation mode; onnxruntime runs it, and Netron shows it
under the names of its modules. ``load(path)`` makes a Module of a file. Neither needs another package.
"""

import os
from typing import Any

from ..module import Module

__all__ = ["export", "load"]


def export(model: Module, example: Any, path: str | os.PathLike[str]) -> None:
    """Write a model as an ONNX file, opset 21, for inputs of the example's shape and dtype.

    model : a Module; it is run once or twice on the example in evaluation mode, and is then as it was
    example : an array or Tensor, or a tuple of them where the model takes several inputs. The file's inputs are named
        after the parameters of ``forward``
    path : the file; an older one is replaced once the new one is complete

    Weights keep the names that ``state_dict()`` has, nodes begin with the path of their module: "/layer1/0/conv1/Conv".
    What an operation is in ONNX stands in its declaration. A control flow of Python's is that which the example took.

    Raises ValueError, with the module's path, for an operation without a form in ONNX, and where values of the example
    would become a part of the file, because the model computes with NumPy on them.

    >>> import os, tempfile, numpy as np, nn
    >>> net, x = nn.models.LeNet(), np.zeros((1, 1, 8, 8), np.float32)
    >>> path = os.path.join(tempfile.mkdtemp(), "net.onnx")
    >>> nn.onnx.export(net, x, path)
    >>> bool(np.allclose(nn.onnx.load(path)(x).data, net(x).data))
    True
    """
    from .exporting import exported

    exported(model, example, path)


def load(path: str | os.PathLike[str]) -> Module:
    """A Module that computes what an ONNX file says: it can be called, trained on, and its weights are its parameters.

    Running statistics are buffers; any other buffer becomes a parameter, for files do not tell them apart.
    The result is a Tensor, or a tuple of them where the file has several outputs.

    Raises FileNotFoundError where there is no such file, and ValueError, with the path and the node's name, for a file
    that is damaged, has its weights elsewhere, or uses an operator that is not known here.
    """
    from .loading import loaded

    return loaded(path)
