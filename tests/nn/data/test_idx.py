import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn.data import load_mnist, read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array):
    """The IDX file of an array, as bytes."""
    code = CODES[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A folder like MNIST's with five training and three test images, gzipped and plain."""
    rng = np.random.default_rng(0)
    arrays = {
        "train-images-idx3-ubyte.gz": rng.integers(0, 256, (5, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte.gz": rng.integers(0, 10, 5, dtype=np.uint8),
        "t10k-images-idx3-ubyte": rng.integers(0, 256, (3, 28, 28), dtype=np.uint8),
        "t10k-labels.idx1-ubyte": rng.integers(0, 10, 3, dtype=np.uint8),
    }
    for name, array in arrays.items():
        content = idx(array)
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return tmp_path, list(arrays.values())


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), (0, 5)])
@pytest.mark.parametrize("compress", [gzip.compress, bytes])
def test_reads_what_was_written(tmp_path, dtype, shape, compress):
    array = (np.random.default_rng(1).normal(0, 40, shape)).astype(dtype)
    path = tmp_path / "array"
    path.write_bytes(compress(idx(array)))
    found = read_idx(path)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype and found.dtype.isnative and found.flags.writeable


def test_mnist_as_it_is_published(mnist):
    folder, arrays = mnist
    parts = load_mnist(folder)
    for (images, labels), (pixels, digits) in zip(parts, (arrays[:2], arrays[2:]), strict=True):
        assert images.dtype == np.float32 and labels.dtype == np.int64
        np.testing.assert_allclose(images, pixels[:, None] / 255, rtol=1e-7)
        np.testing.assert_array_equal(labels, digits)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file") as caught:
        read_idx(tmp_path / "absent.gz")
    assert str(tmp_path / "absent.gz") in str(caught.value)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder") as caught:
        load_mnist(tmp_path / "absent")
    assert str(tmp_path / "absent") in str(caught.value)
    assert "t10k-labels-idx1-ubyte" in str(caught.value)


def test_a_file_missing_from_the_folder_is_named(mnist):
    folder, _ = mnist
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"train-labels-idx1-ubyte\[\.gz\]"):
        load_mnist(folder)


@pytest.mark.parametrize("compress", [gzip.compress, bytes])
def test_a_truncated_file_tells_both_sizes(tmp_path, compress):
    path = tmp_path / "short"
    path.write_bytes(compress(idx(np.zeros((4, 5), np.int16))[:-3]))
    with pytest.raises(
        ValueError, match=r"truncated(.|\n)*short(.|\n)*\(4, 5\), int16(.|\n)*: 40 bytes(.|\n)*: 37 bytes"
    ):
        read_idx(path)


def test_a_file_that_is_too_long_tells_both_sizes(tmp_path):
    path = tmp_path / "long"
    path.write_bytes(idx(np.zeros(6, np.uint8)) + b"\0\0")
    with pytest.raises(ValueError, match=r"too long(.|\n)*: 6 bytes(.|\n)*: 8 bytes"):
        read_idx(path)


def test_a_truncated_header(tmp_path):
    path = tmp_path / "header"
    path.write_bytes(idx(np.zeros((4, 5, 6), np.uint8))[:10])
    with pytest.raises(ValueError, match=r"header is truncated(.|\n)*16 bytes for 3 axes(.|\n)*found: 10 bytes"):
        read_idx(path)


@pytest.mark.parametrize("cut", [5, 20, -9, -1])
def test_truncated_gzip(tmp_path, cut):
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(idx(np.arange(200, dtype=np.uint8)))[:cut])
    with pytest.raises(ValueError, match=r"gzip data is truncated or damaged(.|\n)*cut\.gz"):
        read_idx(path)


def test_damaged_gzip(tmp_path):
    path = tmp_path / "damaged.gz"
    content = bytearray(gzip.compress(idx(np.random.default_rng(2).integers(0, 256, 500, dtype=np.uint8))))
    content[-6] ^= 0xFF  # in the checksum
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        read_idx(path)


@pytest.mark.parametrize(
    "content, shown", [(b"", "an empty file"), (b"PNG\r", "50 4e 47 0d"), (b"\0\0\x07\x01", "00 00 07 01")]
)
def test_no_idx_file_at_all(tmp_path, content, shown):
    path = tmp_path / "wrong"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"no IDX file(.|\n)*wrong(.|\n)*found: {shown}"):
        read_idx(path)


def test_labels_that_do_not_belong_to_the_images(mnist):
    folder, _ = mnist
    (folder / "t10k-labels.idx1-ubyte").write_bytes(idx(np.zeros(4, np.uint8)))
    with pytest.raises(ValueError, match=r"labels(.|\n)*\(3,\)(.|\n)*\(4,\)"):
        load_mnist(folder)


def test_labels_in_place_of_images(mnist):
    folder, _ = mnist
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros(3, np.uint8)))
    with pytest.raises(ValueError, match=r"no images(.|\n)*uint8 of 3 axes(.|\n)*\(3,\)"):
        load_mnist(folder)


def test_no_more_is_unpacked_than_the_header_announces(tmp_path):
    """Many zeros behind the header of six numbers, or behind none; and a header that announces what is not there."""
    numbers, zeros = idx(np.zeros(6, np.uint8)), bytes(30_000_000)
    announcing = struct.pack(">BBBB3I", 0, 0, 8, 3, 1 << 16, 1 << 16, 4) + b"few"
    contents = [
        (gzip.compress(numbers + zeros), r"too long(.|\n)*bomb(.|\n)*: 6 bytes(.|\n)*: 6 bytes and more"),
        (gzip.compress(b"zero" + zeros), r"no IDX file"),
        (gzip.compress(announcing), r"truncated(.|\n)*: 17179869184 bytes(.|\n)*: 3 bytes"),
        (announcing, r"truncated(.|\n)*: 17179869184 bytes(.|\n)*: 3 bytes"),
    ]
    path = tmp_path / "bomb.gz"
    for content, message in contents:
        path.write_bytes(content)
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=message):
                read_idx(path)
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()


def test_shapes_that_numpy_does_not_have(tmp_path):
    path = tmp_path / "odd"
    for shape in [[1] * 65, [1] * 255, [0, *[2**32 - 1] * 3], [2**32 - 1] * 3]:
        path.write_bytes(bytes([0, 0, 0x0E, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(8))
        with pytest.raises(ValueError, match=r"read_idx(.|\n)*odd"):
            read_idx(path)


@settings(deadline=None)
@given(data=st.data())
def test_any_damage_is_a_value_error_with_the_path(tmp_path_factory, data):
    """Bytes changed, cut out and put in anywhere, gzipped before or after."""
    content = bytearray(idx(np.arange(6, dtype=np.int16).reshape(2, 3)))
    outside = data.draw(st.booleans())
    if outside:
        content = bytearray(gzip.compress(bytes(content), mtime=0))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 4))
        content[start : start + length] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content if outside or data.draw(st.booleans()) else gzip.compress(bytes(content)))
    try:
        found = read_idx(path)
    except ValueError as error:
        assert str(path) in str(error)
    else:
        assert isinstance(found, np.ndarray)


def test_a_folder_is_named(tmp_path):
    with pytest.raises(IsADirectoryError, match="folder"):
        read_idx(tmp_path)
