"""Save and load weights as safetensors: ``nn.save(net, "net.safetensors")``, ``nn.load("net.safetensors")``.

The files hold arrays and nothing that could run, and other frameworks read them (PyTorch with
``safetensors.torch.load_file``). A file appears whole or not at all, also where several save to one path at once.
``nn.load("resnet18.pth")`` reads what PyTorch has saved, too: tensors and containers, and refuses anything else.
"""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import autograd as ag

from .module import Module
from .structure import KEY as STRUCTURE
from .structure import is_flat, put_together, taken_apart
from .values import values_of

FilePath: TypeAlias = str | os.PathLike[str]


def save(state: Module | Mapping[str, Any], path: FilePath, metadata: Mapping[str, str] | None = None) -> None:
    """Write a Module's state, or a dict of arrays, to a safetensors file.

    state : a Module, or {name: array or Tensor}; the arrays in any memory layout and byte order. Or a checkpoint: a
        dict that has dicts, lists, tuples, numbers and strings in it too
    path : the file; an older one is replaced once the new one is complete, and its permissions stay. Where it is a
        symbolic link, the file that it leads to is replaced
    metadata : {str: str} to keep with it

    Raises TypeError or ValueError for what cannot be saved, and OSError for a path that cannot be written; then
    an older file is as it was.

    >>> import os, tempfile, nn
    >>> net, other = nn.Linear(3, 2), nn.Linear(3, 2)
    >>> path = os.path.join(tempfile.mkdtemp(), "net.safetensors")
    >>> nn.save(net, path)
    >>> other.load_state_dict(nn.load(path))
    LoadResult(missing_keys=[], unexpected_keys=[])
    >>> bool((net.weight.data == other.weight.data).all())
    True
    >>> nn.save({"epoch": 3, "model": net.state_dict(), "lr": [0.1, 0.01]}, path)
    >>> checkpoint = nn.load(path)
    >>> checkpoint["epoch"], checkpoint["lr"], list(checkpoint["model"])
    (3, [0.1, 0.01], ['weight', 'bias'])
    """
    from safetensors.numpy import save as to_bytes

    if not isinstance(state, Module | Mapping):
        raise TypeError(f"save: a Module or a dict of arrays is needed, not a {type(state).__name__}\n  path: {path}")
    named = state.state_dict() if isinstance(state, Module) else state
    kept = dict(metadata or {})
    for key, value in kept.items():
        if not (isinstance(key, str) and isinstance(value, str)):
            raise TypeError(f"save: metadata must be strings by name\n  path: {path}\n  {key!r}: {value!r}")
    if not is_flat(named):
        named, kept[STRUCTURE] = taken_apart(named, str(path))
    arrays = {name: _savable(name, value, path) for name, value in named.items()}
    ag.internal.write_whole("save", path, to_bytes(arrays, metadata=kept or None))


_DTYPES = {np.dtype(name) for name in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 ?".split()}
_HEADERS_OWN = "__metadata__"


def _savable(name: Any, value: Any, path: FilePath) -> np.ndarray:
    """The array that is written under a name."""
    if not isinstance(name, str):
        raise TypeError(f"save: names must be strings\n  path: {path}\n  name: {name!r}")
    if name == _HEADERS_OWN:
        raise ValueError(f"save: this name is the file format's own; choose another\n  path: {path}\n  name: {name}")
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"save: a masked array would lose its mask\n  path: {path}\n  {name}: save its .filled() or .data and .mask"
        )
    array = values_of(value)
    dtype = array.dtype.newbyteorder("=")
    if dtype not in _DTYPES:
        raise TypeError(f"save: only arrays of numbers can be saved\n  path: {path}\n  {name}: {array.dtype}")
    return np.asarray(array, dtype, order="C")


def load(path: FilePath, map_location: Any = None, weights_only: bool = True) -> dict[str, Any]:
    """{name: array} of a file's tensors, or the checkpoint that was saved; the arrays are the caller's own.

    path : a safetensors file, or one of ``torch.save`` (PyTorch 1.6 or later) with tensors, dicts, lists, tuples,
        numbers and strings in it; which of them it is its first bytes tell. PyTorch is not needed
    map_location : "cpu" or None, for there is nothing else
    weights_only : without effect; a file holds nothing that could run

    NumPy has no bfloat16: such tensors become float32, which holds each of their numbers, with a UserWarning.

    Raises FileNotFoundError where there is none, IsADirectoryError for a folder, and ValueError, with the path and
    what is wrong, for a file that is truncated, damaged, neither of the two, or asks for anything else to be made of
    it.
    """
    path = Path(path)
    if map_location is not None:
        ag.device(map_location)
    content = content_of(path, "load")
    from . import torch_files  # when used, as the readers of the other files: importing nn stays quick

    try:
        found, bfloat16 = torch_files.read(content) if torch_files.is_torch_file(content) else _of_safetensors(content)
    except ValueError as error:
        raise ValueError(f"load: {error}\n  path: {path}") from None
    if bfloat16:
        warnings.warn(f"load: tensors of bfloat16 have become float32, which NumPy has\n  path: {path}", stacklevel=2)
    return found


def content_of(path: FilePath, who: str) -> bytes:
    """The bytes of a file; an OSError says who wanted it."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise FileNotFoundError(f"{who}: there is no such file\n  path: {path}") from None
    except IsADirectoryError:
        raise IsADirectoryError(f"{who}: this is a folder, not a file\n  path: {path}") from None


def _of_safetensors(content: bytes) -> tuple[Any, bool]:
    """(what the file holds, whether there was bfloat16)"""
    import json  # when used: importing nn stays quick

    from safetensors.numpy import load as from_bytes

    from .torch_files import widened

    header = _header(content)
    length = int.from_bytes(content[:8], "little")
    halves = [name for name, entry in header.items() if name != _HEADERS_OWN and entry.get("dtype") == "BF16"]
    if halves:  # read as whole numbers, of which they are the upper halves
        for name in halves:
            header[name]["dtype"] = "U16"
        text = json.dumps(header).encode()
        content = len(text).to_bytes(8, "little") + text + content[8 + length :]
    try:
        arrays = {name: np.array(array) for name, array in from_bytes(content).items()}
        arrays.update({name: widened(arrays[name]) for name in halves})
        text = header.get(_HEADERS_OWN, {}).get(STRUCTURE)
        return (arrays if text is None else put_together(text, arrays)), bool(halves)
    except MemoryError:
        raise
    except Exception as error:  # of the reader, which raises what its header's contents lead it to
        raise ValueError(f"the safetensors file cannot be read: {error}") from error


def _header(content: bytes) -> dict[str, Any]:
    """The header of a safetensors file, 8 bytes of its length, itself as JSON, data; ValueError says what is wrong."""
    import json  # when used: importing nn stays quick

    if len(content) < 8:
        raise ValueError(f"the file is truncated or is no safetensors file\n  found: {len(content)} bytes")
    length = int.from_bytes(content[:8], "little")
    if content[8:9] not in (b"{", b""):
        raise ValueError("this is no safetensors file: there is no header where one should be")
    if len(content) < 8 + length:
        raise ValueError(
            f"the file is truncated\n  expected: a header of {length} bytes\n  found: {len(content) - 8} bytes"
        )
    try:
        header: dict[str, Any] = json.loads(content[8 : 8 + length])
        expected = max([entry["data_offsets"][1] for name, entry in header.items() if name != _HEADERS_OWN], default=0)
        truncated = len(content) - 8 - length < expected
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise ValueError("this is no safetensors file: the header makes no sense") from None
    if truncated:
        raise ValueError(
            f"the file is truncated\n  expected: {expected} bytes after the header\n"
            f"  found: {len(content) - 8 - length} bytes"
        )
    return header
