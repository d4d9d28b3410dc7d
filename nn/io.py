"""Save and load weights as safetensors: ``nn.save(net, "net.safetensors")``, ``nn.load("net.safetensors")``.

The files hold arrays and nothing that could run, and other frameworks read them (PyTorch with
``safetensors.torch.load_file``). A file appears whole or not at all.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor

from .module import Module


def save(
    state: Module | Mapping[str, Any], path: str | os.PathLike[str], metadata: dict[str, str] | None = None
) -> None:
    """Write a Module's state, or a dict of arrays by name, to a safetensors file.

    state : a Module, or {name: array or Tensor}
    path : the file; an older one is replaced once the new one is complete
    metadata : {str: str} to keep with it

    >>> import os, tempfile, nn
    >>> net, other = nn.Linear(3, 2), nn.Linear(3, 2)
    >>> path = os.path.join(tempfile.mkdtemp(), "net.safetensors")
    >>> nn.save(net, path)
    >>> other.load_state_dict(nn.load(path))
    LoadResult(missing_keys=[], unexpected_keys=[])
    >>> bool((net.weight.data == other.weight.data).all())
    True
    """
    from safetensors.numpy import save as to_bytes

    path = Path(path)
    arrays = {}
    for name, value in (state.state_dict() if isinstance(state, Module) else state).items():
        arrays[name] = array = np.asarray(value.data if isinstance(value, Tensor) else value, order="C")
        if array.dtype.kind not in "fiub":
            raise TypeError(f"save: only arrays of numbers can be saved\n  path: {path}\n  {name}: {array.dtype}")
    content = to_bytes(arrays, metadata=metadata)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: there is no such folder\n  path: {path}")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def load(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """{name: array} of a safetensors file; the arrays are the caller's own.

    Raises FileNotFoundError where there is none, and ValueError, with the path and what is wrong, for
    a file that is truncated or is no safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"load: there is no such file\n  path: {path}") from None
    except IsADirectoryError:
        raise IsADirectoryError(f"load: this is a folder, not a file\n  path: {path}") from None
    fault = _fault(content)
    if fault:
        raise ValueError(f"load: {fault}\n  path: {path}")
    try:
        return {name: np.array(array) for name, array in from_bytes(content).items()}
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"load: the safetensors file cannot be read: {error}\n  path: {path}") from error


def _fault(content: bytes) -> str | None:
    """What is wrong with the frame of a safetensors file: 8 bytes of header length, a JSON header, data."""
    import json  # when used: importing nn stays quick

    if len(content) < 8:
        return f"the file is truncated or is no safetensors file\n  found: {len(content)} bytes"
    length = int.from_bytes(content[:8], "little")
    if content[8:9] not in (b"{", b""):
        return "this is no safetensors file: there is no header where one should be"
    if len(content) < 8 + length:
        return f"the file is truncated\n  expected: a header of {length} bytes\n  found: {len(content) - 8} bytes"
    try:
        header = json.loads(content[8 : 8 + length])
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return "this is no safetensors file: the header makes no sense"
    expected = max(ends, default=0)
    if len(content) - 8 - length < expected:
        return (
            f"the file is truncated\n  expected: {expected} bytes after the header\n"
            f"  found: {len(content) - 8 - length} bytes"
        )
    return None
