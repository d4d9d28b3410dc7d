"""Networks that Keras 3 has saved, as Modules with the same outputs: ``net = nn.keras_files.load("model.keras")``.

Read are ``.keras`` files, and ``.weights.h5`` with the model's ``to_json()``. It takes h5py
(``pip install "chalkgrad[keras]"``), and neither Keras nor TensorFlow. Nothing in a file is run or unpickled.
"""

import os
from typing import Any

from ..module import Module

__all__ = ["load", "read_weights"]


def load(path: str | os.PathLike[str], config: str | None = None) -> Module:
    """The network in a ``.keras`` file, in evaluation mode, with its weights as parameters.

    path : a file of ``model.save("….keras")`` of Keras 3; or one of ``model.save_weights("….weights.h5")``
    config : with the latter, what ``model.to_json()`` gives

    Axes are where PyTorch has them: images (N, H, W, C) and volumes of Keras are (N, C, H, W) and (N, C, D, H, W) here,
    as inputs, outputs and between layers. Sequences (N, L, C) and all else stay as they are. Where Keras flattens
    images it does so with the channels last, and so does the result: weights after it are the file's.

    A chain of layers becomes a ``Sequential`` of modules with the layers' names, anything else a Module that runs the
    graph, called with one argument for each input. ``padding="same"`` of a stride is uneven and depends on the input's
    size, as it does there. The running statistics of batch norm move by 1 − momentum of Keras, towards the unbiased
    variance of the batch, where Keras takes the biased one.

    Raises ImportError without h5py, FileNotFoundError where there is no such file, and ValueError, with the path, the
    layer and the entry, for a file that is damaged, and for what is not read: layers of one's own, ``Lambda``, which
    holds code, ``channels_first``, and layers that are not known here.
    """
    from .loading import loaded

    return loaded(path, config)


def read_weights(path: str | os.PathLike[str]) -> dict[str, Any]:
    """{entry: array} of a ``.weights.h5`` or ``.keras`` file, as they are in it: "layers/dense/vars/0" and so on.

    Entries bear the names of the layers' classes, counted in the model's order, and not the layers' own names. A
    dense kernel is (inputs, units) and one of a convolution (height, width, inputs, outputs).
    """
    from .archive import opened

    with opened(path, "keras_files.read_weights", False) as (_, weights):
        return weights.everything()
