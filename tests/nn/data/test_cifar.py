"""CIFAR's binary files: what is in them, and each way in which they are not what they should be."""

import io
import tarfile

import numpy as np
import pytest

from nn.data import cifar, load_cifar10, load_cifar100, load_mnist, published


class Small(cifar._Version):
    """A set with a few records in each file, in the same format."""

    def records(self, name):
        return 2 if name in self.train else 3


@pytest.fixture(autouse=True)
def few(monkeypatch):
    for name in ("_TEN", "_HUNDRED"):
        known = getattr(cifar, name)
        monkeypatch.setattr(
            cifar, name, Small(known.what, known.archive, known.folder, known.train, known.test, known.labels)
        )


def contents(version):
    rng = np.random.default_rng(0)
    found = {}
    for name in [*version.train, version.test]:
        n = version.records(name)
        labels = [rng.integers(0, kinds, (n, 1)) for kinds in version.labels]
        found[name] = np.hstack([*labels, rng.integers(0, 256, (n, 3072))]).astype(np.uint8)
    return found


def packed(path, files, folder, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize("where", ["here", "inside", "archive"])
def test_both_parts(where, tmp_path):
    for version, load in ((cifar._TEN, load_cifar10), (cifar._HUNDRED, load_cifar100)):
        folder = tmp_path / version.what
        (folder / version.folder).mkdir(parents=True)
        tables = contents(version)
        files = {"readme.html": b"hello", **{name: table.tobytes() for name, table in tables.items()}}
        if where == "archive":
            packed(folder / version.archive, files, version.folder)
        else:
            for name, content in files.items():
                (folder / ("" if where == "here" else version.folder) / name).write_bytes(content)
        (x, y), (test_x, test_y) = load(folder)
        train, test = np.concatenate([tables[name] for name in version.train]), tables[version.test]
        for images, labels, table in ((x, y, train), (test_x, test_y, test)):
            assert images.dtype == np.float32 and labels.dtype == np.int64 and labels.flags.writeable
            np.testing.assert_array_equal(labels, table[:, len(version.labels) - 1])
            pixels = table[:, -3072:].reshape(-1, 3, 32, 32)
            np.testing.assert_array_equal(images, pixels.astype(np.float32) / 255)
            assert (
                images[1, 2, 3, 4] == np.float32(table[1, -1024 + 3 * 32 + 4]) / 255
            )  # blue, fourth row, fifth column
        if load is load_cifar100:
            np.testing.assert_array_equal(load(folder, coarse=True)[0][1], train[:, 0])


def test_the_sizes_are_those_published():
    for version in (cifar._TEN, cifar._HUNDRED):
        records = [cifar._Version.records(version, name) for name in [*version.train, version.test]]
        assert sum(records) == 60_000 and records[-1] == 10_000


def changed(tables, name, change):
    return {one: change(table.tobytes()) if one == name else table.tobytes() for one, table in tables.items()}


CHANGES = {
    "truncated": (
        "data_batch_2.bin",
        lambda b: b[:-10],
        "is truncated\n  path: .*data_batch_2.bin\n  expected: 6146 bytes, 2 records of 3073\n"
        "  found: 6136 bytes, 1 records and 3063 bytes",
    ),
    "empty": ("test_batch.bin", lambda b: b"", "truncated\n  path: .*test_batch.bin(.|\n)*found: 0 bytes"),
    "trailing": ("test_batch.bin", lambda b: b + b"x", "too long\n(.|\n)*9219 bytes, 3 records of(.|\n)*9220 bytes, 3"),
    "counts": ("data_batch_1.bin", lambda b: b[:3073], "truncated(.|\n)*found: 3073 bytes, 1 records and 0 bytes"),
    "label": (
        "data_batch_5.bin",
        lambda b: b[:3073] + b"\x0a" + b[3074:],
        "no such label\n  path: .*data_batch_5.bin\n  byte: 3073\n  expected: 0 to 9\n  found: 10",
    ),
}


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("name, change, message", CHANGES.values(), ids=CHANGES)
def test_files_that_are_not_what_they_should_be(name, change, message, archived, tmp_path):
    files = changed(contents(cifar._TEN), name, change)
    if archived:
        packed(tmp_path / cifar._TEN.archive, files, cifar._TEN.folder)
    else:
        for one, content in files.items():
            (tmp_path / one).write_bytes(content)
    with pytest.raises(ValueError, match=f"^load_cifar10: .*{message}"):
        load_cifar10(tmp_path)


def test_files_that_are_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder\n  path: .*none\n  wanted: train.bin, test.bin"):
        load_cifar100(tmp_path / "none")
    with pytest.raises(
        FileNotFoundError, match=r"files are missing(.|\n)*data_batch_1.bin(.|\n)*cifar-10-binary.tar.gz$"
    ):
        load_cifar10(tmp_path)
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(FileNotFoundError, match=r"there is: .*cifar-10-batches-py, .*for Python: pickles"):
        load_cifar10(tmp_path)
    files = {name: table.tobytes() for name, table in contents(cifar._TEN).items()}
    del files["data_batch_3.bin"]
    packed(tmp_path / cifar._TEN.archive, files, cifar._TEN.folder)
    with pytest.raises(ValueError, match=r"missing in the archive\n  path: .*gz\n  missing: data_batch_3.bin"):
        load_cifar10(tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileNotFoundError, match=r"a file is missing\n  path: .*data_batch_3.bin"):
        load_cifar10(tmp_path)


def test_archives_that_are_damaged(tmp_path):
    path = tmp_path / cifar._HUNDRED.archive
    packed(path, {name: table.tobytes() for name, table in contents(cifar._HUNDRED).items()}, cifar._HUNDRED.folder)
    whole = path.read_bytes()
    for length in (0, 5, 100, len(whole) // 2, len(whole) - 9):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"truncated or damaged(.|\n)*tar.gz"):
            load_cifar100(tmp_path)
    path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 8]) + whole[2001:])
    with pytest.raises(ValueError, match="damaged"):
        load_cifar100(tmp_path)


def test_what_was_published(tmp_path, monkeypatch):
    path = tmp_path / cifar._HUNDRED.archive
    files = {name: table.tobytes() for name, table in contents(cifar._HUNDRED).items()}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileNotFoundError, match="the archive is missing"):
        load_cifar100(tmp_path, published=True)
    packed(path, files, cifar._HUNDRED.folder)
    expected = published.MD5["CIFAR"][path.name]
    with pytest.raises(
        ValueError, match=rf"not the published file\n  path: .*\n  expected: {expected} \(MD5\)\n  found"
    ) as e:
        load_cifar100(tmp_path, published=True)
    found = str(e.value).split("found: ")[1][:32]
    monkeypatch.setitem(published.MD5["CIFAR"], path.name, found)
    load_cifar100(tmp_path, published=True)

    for name in published.MD5["MNIST"]:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(
        ValueError, match=r"load_mnist: this is not the published file(.|\n)*train-images(.|\n)*1 bytes"
    ):
        load_mnist(tmp_path, published="Fashion-MNIST")
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"x")
    monkeypatch.setitem(
        published.MD5, "MNIST", dict.fromkeys(published.MD5["MNIST"], "9dd4e461268c8034f5c8564e155c67a6")
    )
    with pytest.raises(FileNotFoundError, match=r"published are .gz files, without plain ones(.|\n)*t10k-labels"):
        load_mnist(tmp_path, published="MNIST")
    with pytest.raises(ValueError, match=r"published: 'CIFAR'\n  known: \['MNIST', 'Fashion-MNIST'\]"):
        load_mnist(tmp_path, published="CIFAR")
