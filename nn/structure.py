"""A checkpoint's structure beside its arrays: dicts, lists and numbers as JSON, of which ``nn.load`` makes them again.

``{"epoch": 3, "model": net.state_dict(), "optimizer": optimizer.state_dict()}`` becomes arrays by dotted names, and a
text in which each array is named.
"""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Tensor

KEY = "chalkgrad.structure"
"""Under which the text stands in a file's metadata."""


_PARTS = (Mapping, list, tuple, str)


def is_flat(state: Mapping[Any, Any]) -> bool:
    """Whether a dict has arrays and numbers alone, by name: then there is no structure to write down."""
    return not any(
        [value is None or isinstance(value, _PARTS) or hasattr(value, "state_dict") for value in state.values()]
    )


def taken_apart(state: Any, path: str | os.PathLike[str]) -> tuple[dict[str, Any], str]:
    """({name: array}, the text of the structure) of nested dicts, lists, tuples, arrays, numbers and strings."""
    import json  # when used: importing nn stays quick

    arrays: dict[str, Any] = {}
    return arrays, json.dumps(_described(state, "", arrays, path))


def _described(value: Any, name: str, arrays: dict[str, Any], path: str | os.PathLike[str]) -> Any:
    if isinstance(value, np.ndarray | np.generic | Tensor):
        while name in arrays or not name:
            name += "_"
        arrays[name] = value
        return {"array": name, "of": "Tensor" if isinstance(value, Tensor) else "array"}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str | int | float | bool | None):
                raise TypeError(f"save: keys must be strings or numbers\n  path: {path}\n  key: {key!r}")
        return {"dict": [[key, _described(one, _joined(name, key), arrays, path)] for key, one in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_described(one, _joined(name, i), arrays, path) for i, one in enumerate(value)]}
    if value is None or isinstance(value, str | bool | int | float):
        return {"value": value}
    if hasattr(value, "shape") and hasattr(value, "dtype"):  # such as a CPU tensor of PyTorch
        return _described(np.asarray(value), name, arrays, path)
    raise TypeError(
        f"save: only arrays, numbers and strings can be saved, in dicts and lists\n  path: {path}\n"
        f"  {name or 'state'}: {type(value).__name__}\n  save a module's or an optimizer's .state_dict()"
    )


def _joined(name: str, key: Any) -> str:
    return f"{name}.{key}" if name else str(key)


def put_together(text: str, arrays: Mapping[str, np.ndarray]) -> Any:
    """What ``taken_apart`` was given."""
    import json

    return _built(json.loads(text), arrays)


def _built(one: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Any:
    if "array" in one:
        array = arrays[one["array"]]
        return Tensor(array) if one["of"] == "Tensor" else array
    if "dict" in one:
        return {key: _built(value, arrays) for key, value in one["dict"]}
    if "list" in one:
        return [_built(value, arrays) for value in one["list"]]
    if "tuple" in one:
        return tuple([_built(value, arrays) for value in one["tuple"]])
    return one["value"]
