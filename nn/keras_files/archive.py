"""What is in a file of Keras: the model's description, and its arrays by the names of their entries."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..io import content_of

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
LARGEST_CONFIG = 1 << 28
"""A description of more bytes than this is none of layers."""
_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"


@contextmanager
def opened(path: Any, what: str, needs_config: bool) -> Iterator[tuple[Any, "Weights"]]:
    """(the description or None, the weights) of a file; every error in between is said with the path."""
    try:
        import h5py
    except ImportError:
        raise ImportError(f'{what}: files of Keras take h5py\n  pip install "chalkgrad[keras]"') from None
    path = os.fspath(path)
    content = content_of(path, what)
    try:
        config, weights = _parts(content)
        if needs_config and config is None:
            raise ValueError("a .weights.h5 file does not say which layers there are\n  give config=model.to_json()")
        with h5py.File(io.BytesIO(weights), "r") as opened_weights:
            if "model_config" in opened_weights.attrs:
                raise ValueError(
                    'this is a whole model in an older form of file\n  in Keras: model.save("model.keras")'
                )
            yield config, Weights(opened_weights)
    except ValueError as error:
        raise ValueError(f"{what}: {error}\n  path: {path}") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{what}: the file is truncated or damaged: {error}\n  path: {path}") from None


def _parts(content: bytes) -> tuple[Any, bytes]:
    if content[: len(_HDF5)] == _HDF5:
        return None, content
    if content[:4] != _ZIP:
        raise ValueError(f"this is no file of Keras\n  first bytes: {content[:8].hex(' ') or 'none'}")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        for name in (CONFIG, WEIGHTS):
            if name not in names:
                raise ValueError(f"the entry {name} is missing\n  entries: {', '.join(names[:8])}")
        if archive.getinfo(CONFIG).file_size > LARGEST_CONFIG:
            raise ValueError(f"{CONFIG} is too large to describe layers")
        return parsed(archive.read(CONFIG), CONFIG), archive.read(WEIGHTS)


def parsed(text: bytes | str, where: str) -> Any:
    """The description that a text is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is no JSON: {error}") from None


class Weights:
    """The arrays of an open file. Links to other files are not followed."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def of(self, place: str) -> list[np.ndarray]:
        """The arrays of one layer, in order: the entries 0, 1, … of ``place/vars``."""
        group = self._at(f"{place}/vars")
        if group is None:
            return []
        return [self._array(f"{place}/vars/{i}") for i in range(len(group))]

    def has(self, place: str) -> bool:
        """Whether there is such an entry."""
        return self._at(place) is not None

    def everything(self) -> dict[str, np.ndarray]:
        """All arrays by their names."""
        found: dict[str, np.ndarray] = {}
        waiting = [""]
        while waiting:
            place = waiting.pop()
            for name in self._at(place) if place else self.file:
                inner = f"{place}/{name}" if place else name
                if self._is_group(self._at(inner)):
                    waiting.append(inner)
                else:
                    found[inner] = self._array(inner)
        return dict(sorted(found.items()))

    def _at(self, place: str) -> Any:
        """What is at a place: a group, a dataset, or None; reached by names in this file alone."""
        import h5py

        at = self.file
        for part in place.split("/"):
            link = at.get(part, getlink=True) if self._is_group(at) else None
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                raise ValueError(f"an entry is a link, which is not followed\n  entry: {place}")
            at = at[part]
        return at

    def _is_group(self, found: Any) -> bool:
        import h5py

        return isinstance(found, h5py.Group)

    def _array(self, place: str) -> np.ndarray:
        found = self._at(place)
        if found is None or self._is_group(found):
            raise ValueError(f"an entry is missing\n  entry: {place}")
        if found.is_virtual or found.external:
            raise ValueError(f"the numbers of an entry are in another file, which is not read\n  entry: {place}")
        if found.dtype.kind not in "fiub":
            raise ValueError(f"an entry holds no numbers\n  entry: {place}\n  dtype: {found.dtype}")
        return np.asarray(found[()], found.dtype.newbyteorder("="))
