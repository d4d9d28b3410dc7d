"""Read MNIST, Fashion-MNIST and the like from their IDX files, gzipped or plain.

``load_mnist(folder)`` gives both parts ready for training; ``read_idx(path)`` gives one file as the
array it holds. The format (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten
digits"): two zero bytes, a byte for the dtype, a byte for the number of axes, each axis as a
big-endian 32-bit integer, then the entries in C order, big-endian too.
"""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import IO, TypeAlias, cast

import numpy as np

__all__ = ["load_mnist", "read_idx"]

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"

FilePath: TypeAlias = str | os.PathLike[str]
ImagesAndLabels: TypeAlias = tuple[np.ndarray, np.ndarray]


def read_idx(path: FilePath) -> np.ndarray:
    """The array in an IDX file, whose contents may be gzipped whatever the file's name.

    No more is unpacked than the header announces. Raises FileNotFoundError for a missing file, IsADirectoryError for
    a folder, and ValueError, with the path and the sizes expected and found, for one that is truncated, too long,
    damaged or no IDX file at all.
    """
    try:
        with open(path, "rb") as file:
            if file.peek(2)[:2] != _GZIP:
                return _array(path, file, os.path.getsize(path))
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _array(path, cast(IO[bytes], unpacked), None)
    except FileNotFoundError:
        raise FileNotFoundError(f"read_idx: there is no such file\n  path: {path}") from None
    except IsADirectoryError:
        raise IsADirectoryError(f"read_idx: this is a folder, not a file\n  path: {path}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"read_idx: the gzip data is truncated or damaged\n  path: {path}\n"
            f"  expected: a whole gzip stream\n  found: {os.path.getsize(path)} bytes, in which {error}"
        ) from error


def _array(path: FilePath, file: IO[bytes] | gzip.GzipFile, whole: int | None) -> np.ndarray:
    """The array of an open file, of which ``whole`` says how long it is where that is known."""
    head = _up_to(file, 4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _DTYPES:
        raise ValueError(
            f"read_idx: this is no IDX file\n  path: {path}\n"
            "  expected first bytes: 00 00, a dtype (08, 09 or 0b to 0e), the number of axes\n"
            f"  found: {head.hex(' ') or 'an empty file'}"
        )
    dtype, axes = np.dtype(_DTYPES[head[2]]), head[3]
    lengths = _up_to(file, 4 * axes)
    if len(lengths) < 4 * axes:
        raise ValueError(
            f"read_idx: the header is truncated\n  path: {path}\n"
            f"  expected: {4 + 4 * axes} bytes for {axes} axes\n  found: {4 + len(lengths)} bytes"
        )
    shape = struct.unpack(f">{axes}I", lengths)
    size = dtype.itemsize * math.prod(shape)
    try:
        np.broadcast_to(dtype.type(0), shape)  # of no size: whether there can be such an array
    except ValueError as error:
        raise ValueError(
            f"read_idx: NumPy has no array of this shape: {error}\n  path: {path}\n  axes: {axes}\n  shape: {shape}"
        ) from None
    content = _up_to(file, size)
    rest = file.read(1)  # at its end a gzip stream checks itself
    if len(content) < size or rest:
        found = f"{len(content)} bytes" + (" and more" if rest else "")
        if whole is not None:
            found = f"{whole - 4 - 4 * axes} bytes"
        raise ValueError(
            f"read_idx: the file is {'too long' if rest else 'truncated'}\n  path: {path}\n"
            f"  shape: {shape}, {dtype.newbyteorder('=')}\n  expected: {size} bytes after the header\n"
            f"  found: {found}"
        )
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _up_to(file: IO[bytes] | gzip.GzipFile, size: int) -> bytes:
    """At most ``size`` bytes, in parts: what a header announces may not be there, and is not to be allocated."""
    parts = []
    while size > 0 and (part := file.read(min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def load_mnist(folder: FilePath, published: str | None = None) -> tuple[ImagesAndLabels, ImagesAndLabels]:
    """((train images, train labels), (test images, test labels)) from a folder of four IDX files.

    The files bear their usual names, ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
    ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte`` (``train-images.idx3-ubyte`` will do too),
    each plain or with ``.gz``. ``published="MNIST"`` or ``"Fashion-MNIST"`` checks by their MD5 that the four ``.gz``
    files are those that were published. Images come as float32 in [0, 1] of shape (N, 1, height, width),
    labels as int64 of shape (N,).
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"load_mnist: there is no such folder\n  path: {folder}\n{_WANTED}")
    if published is not None:
        _check_published(folder, published)
    paths = [_find(folder, part, kind) for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    train_images, train_labels, test_images, test_labels = paths
    return _pair(train_images, train_labels), _pair(test_images, test_labels)


_WANTED = (
    "  wanted: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte,\n"
    "          each plain or .gz (for MNIST and Fashion-MNIST they are published under these names)"
)


def _check_published(folder: Path, published: str) -> None:
    from .published import MD5, check_published  # when used

    known = [name for name in MD5 if name.endswith("MNIST")]
    if published not in known:
        raise ValueError(f"load_mnist: this set's MD5 are not known\n  published: {published!r}\n  known: {known}")
    for name in MD5[published]:
        if (folder / name.removesuffix(".gz")).exists() or not (folder / name).is_file():
            raise FileNotFoundError(
                f"load_mnist: what was published are .gz files, without plain ones beside them\n  path: {folder / name}"
            )
        check_published("load_mnist", folder / name, name, published)


def _find(folder: Path, part: str, kind: str) -> Path:
    for name in (f"{part}-{kind}-ubyte", f"{part}-{kind.replace('-', '.')}-ubyte"):
        for suffix in ("", ".gz"):
            path = folder / (name + suffix)
            if path.is_file():
                return path
    raise FileNotFoundError(f"load_mnist: a file is missing\n  path: {folder / f'{part}-{kind}-ubyte'}[.gz]\n{_WANTED}")


def _pair(images_path: Path, labels_path: Path) -> ImagesAndLabels:
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"load_mnist: these are no images\n  path: {images_path}\n"
            f"  expected: uint8 of 3 axes\n  found: {images.dtype} of shape {images.shape}"
        )
    if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
        raise ValueError(
            f"load_mnist: these are not the images' labels\n  path: {labels_path}\n"
            f"  expected: uint8 of shape {images.shape[:1]}\n  found: {labels.dtype} of shape {labels.shape}"
        )
    return images[:, None].astype(np.float32) / 255, labels.astype(np.int64)
