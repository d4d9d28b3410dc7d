"""Read CIFAR-10 and CIFAR-100 in their binary version, as files in a folder or as the archive they are published in.

``load_cifar10(folder)`` gives both parts ready for training. The format (A. Krizhevsky, "Learning Multiple Layers of
Features from Tiny Images", 2009; https://www.cs.toronto.edu/~kriz/cifar.html): records of the label, one byte, and of
CIFAR-100 the coarse label before it, then 3072 bytes, the red, the green and the blue of 32 × 32 pixels in rows. The
version for Python holds pickles, and is not read.
"""

import gzip
import os
import zlib
from pathlib import Path

import numpy as np

from .idx import FilePath, ImagesAndLabels
from .published import check_published

__all__ = ["load_cifar10", "load_cifar100"]

_PIXELS = 3 * 32 * 32


class _Version:
    """One of the two sets: its files, how many records each has, and the bytes of labels in a record."""

    def __init__(self, what: str, archive: str, folder: str, train: list[str], test: str, labels: list[int]) -> None:
        self.what, self.archive, self.folder, self.train, self.test, self.labels = (
            what, archive, folder, train, test, labels,
        )  # fmt: skip

    def records(self, name: str) -> int:
        return 50_000 // len(self.train) if name in self.train else 10_000


_TEN = _Version(
    "load_cifar10",
    "cifar-10-binary.tar.gz",
    "cifar-10-batches-bin",
    [f"data_batch_{n}.bin" for n in range(1, 6)],
    "test_batch.bin",
    [10],
)
_HUNDRED = _Version(
    "load_cifar100", "cifar-100-binary.tar.gz", "cifar-100-binary", ["train.bin"], "test.bin", [20, 100]
)


def load_cifar10(folder: FilePath, published: bool = False) -> tuple[ImagesAndLabels, ImagesAndLabels]:
    """((train images, train labels), (test images, test labels)), of 50,000 and 10,000 pictures of 10 kinds.

    folder : one that has ``data_batch_1.bin`` … ``data_batch_5.bin`` and ``test_batch.bin``, or the folder
        ``cifar-10-batches-bin`` with them, or the archive ``cifar-10-binary.tar.gz``, which need not be unpacked
    published : check that the archive is the published one, by its MD5

    Images come as float32 in [0, 1] of shape (N, 3, 32, 32), labels as int64 of shape (N,).

    Raises FileNotFoundError for a missing file, and ValueError, with the path, the byte and what is expected, for one
    that is truncated, too long, damaged, or has a label that there is not.
    """
    (train, train_labels), (test, test_labels) = _loaded(_TEN, Path(folder), published)
    return (train, train_labels[:, 0]), (test, test_labels[:, 0])


def load_cifar100(
    folder: FilePath, published: bool = False, coarse: bool = False
) -> tuple[ImagesAndLabels, ImagesAndLabels]:
    """The same of 100 kinds, from ``train.bin`` and ``test.bin``, ``cifar-100-binary`` or ``cifar-100-binary.tar.gz``.

    coarse : labels of the 20 groups that the kinds are in
    """
    (train, train_labels), (test, test_labels) = _loaded(_HUNDRED, Path(folder), published)
    column = 0 if coarse else 1
    return (train, train_labels[:, column]), (test, test_labels[:, column])


def _loaded(version: _Version, folder: Path, published: bool) -> tuple[ImagesAndLabels, ImagesAndLabels]:
    if not folder.is_dir():
        raise FileNotFoundError(f"{version.what}: there is no such folder\n  path: {folder}\n{_wanted(version)}")
    for inner in (folder, folder / version.folder):
        if (inner / version.test).is_file() and not published:
            return tuple([_joined(version, [_of_file(version, inner / n) for n in ns]) for ns in _parts(version)])  # type: ignore[return-value]
    archive = folder / version.archive
    if not archive.is_file():
        pickled = [*sorted(folder.glob("cifar-10*-p*")), folder / "batches.meta", folder / "meta"]
        there = [str(path) for path in pickled if path.exists()][:1]
        held = "".join(f"\n  there is: {one}, the version for Python: pickles, which are not read" for one in there)
        need = "the archive is" if published else "the files are"
        raise FileNotFoundError(f"{version.what}: {need} missing\n  path: {folder}\n{_wanted(version)}{held}")
    if published:
        check_published(version.what, archive, version.archive)
    return _of_archive(version, archive)


def _parts(version: _Version) -> tuple[list[str], list[str]]:
    return version.train, [version.test]


def _wanted(version: _Version) -> str:
    return f"  wanted: {', '.join([*version.train, version.test])}\n          or {version.archive}"


def _of_file(version: _Version, path: Path) -> ImagesAndLabels:
    try:
        size = os.path.getsize(path)
        return _records(version, path.name, str(path), path.read_bytes() if size == _size(version, path.name) else size)
    except FileNotFoundError:
        raise FileNotFoundError(f"{version.what}: a file is missing\n  path: {path}\n{_wanted(version)}") from None


def _of_archive(version: _Version, path: Path) -> tuple[ImagesAndLabels, ImagesAndLabels]:
    """Both parts from the archive, of which nothing is unpacked to files."""
    import tarfile  # when used: importing nn stays quick

    found: dict[str, ImagesAndLabels] = {}
    names = [*version.train, version.test]
    try:
        with gzip.open(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                if name in names and member.isreg():
                    place, file = f"{path}, {member.name}", archive.extractfile(member)
                    fits = file if member.size == _size(version, name) else None
                    found[name] = _records(version, name, place, member.size if fits is None else fits.read())
            while unpacked.read(1 << 20):  # at its end a gzip stream checks itself
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{version.what}: the archive is truncated or damaged: {error}\n  path: {path}") from None
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"{version.what}: a file is missing in the archive\n  path: {path}\n  missing: {missing[0]}")
    train, test = ([found[name] for name in part] for part in _parts(version))
    return _joined(version, train), _joined(version, test)


def _size(version: _Version, name: str) -> int:
    return version.records(name) * (len(version.labels) + _PIXELS)


def _records(version: _Version, name: str, place: str, content: bytes | int) -> ImagesAndLabels:
    """The pictures and labels of one file's bytes; or the error that it has so many bytes."""
    record, expected = len(version.labels) + _PIXELS, _size(version, name)
    if isinstance(content, int) or len(content) != expected:
        size = content if isinstance(content, int) else len(content)
        whole, rest = divmod(size, record)
        raise ValueError(
            f"{version.what}: the file is {'truncated' if size < expected else 'too long'}\n  path: {place}\n"
            f"  expected: {expected} bytes, {version.records(name)} records of {record}\n"
            f"  found: {size} bytes, {whole} records and {rest} bytes"
        )
    table = np.frombuffer(content, np.uint8).reshape(-1, record)
    labels = table[:, : len(version.labels)]
    for column, kinds in enumerate(version.labels):
        wrong = np.flatnonzero(labels[:, column] >= kinds)
        if wrong.size:
            raise ValueError(
                f"{version.what}: there is no such label\n  path: {place}\n  byte: {wrong[0] * record + column}\n"
                f"  expected: 0 to {kinds - 1}\n  found: {labels[wrong[0], column]}"
            )
    return table[:, len(version.labels) :], labels


def _joined(version: _Version, parts: list[ImagesAndLabels]) -> ImagesAndLabels:
    labels = np.concatenate([labels for _, labels in parts]).astype(np.int64)
    images = np.empty((len(labels), 3, 32, 32), np.float32)
    at = 0
    for pixels, _ in parts:  # one after the other: whole copies take much memory
        np.divide(pixels.reshape(-1, 3, 32, 32), np.float32(255), out=images[at : at + len(pixels)])
        at += len(pixels)
    return images, labels
