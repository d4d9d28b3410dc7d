"""Pictures in folders: which there are, in what order, and what each becomes."""

import sys

import numpy as np
import pytest

from nn.data import DataLoader, ImageFolder
from nn.data.transforms import CenterCrop

image = pytest.importorskip("PIL.Image")


@pytest.fixture
def folder(tmp_path):
    def put(name, array, **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray(array).save(path, **options)

    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 0] = 255
    put("b/2.png", red)
    put("b/10.PNG", np.full((5, 5), 51, np.uint8))
    put("b/inside/a.bmp", red)
    put("a/x.ppm", red)
    half = np.zeros((4, 4, 4), np.uint8)
    half[..., 3] = 128
    put("a/y.png", half)
    (tmp_path / "a" / "notes.txt").write_text("hello")
    (tmp_path / "top.png").write_bytes(b"")
    return tmp_path


def test_classes_and_pictures_in_the_order_of_their_names(folder):
    data = ImageFolder(folder)
    assert data.classes == ["a", "b"] and data.targets == [0, 0, 1, 1, 1] and len(data) == 5
    assert [
        str(path.relative_to(folder)) for path in data.paths
    ] == "a/x.ppm a/y.png b/10.PNG b/2.png b/inside/a.bmp".split()
    x, y = data[3]
    assert y == 1 and x.dtype == np.float32 and x.shape == (3, 4, 6) and (x[0] == 1).all() and (x[1:] == 0).all()
    grey, _ = data[2]
    assert grey.shape == (3, 5, 5) and (grey == np.float32(0.2)).all()
    assert data[1][0].shape == (3, 4, 4)
    one = ImageFolder(folder, mode="L")
    assert one[3][0].shape == (1, 4, 6) and abs(one[3][0].mean() - 0.299) < 2e-3
    assert len(ImageFolder(folder, endings=[".png"])) == 3


def test_batches_of_threads(folder):
    data = ImageFolder(folder, transform=CenterCrop(4))
    (x, y), (more, _) = DataLoader(data, 4, num_workers=2)
    assert x.shape == (4, 3, 4, 4) and y.tolist() == [0, 0, 1, 1] and more.shape == (1, 3, 4, 4)
    with pytest.raises(ValueError, match="different shapes"):
        list(DataLoader(ImageFolder(folder), 5))


def test_pictures_are_turned_as_the_camera_says(folder):
    picture = np.zeros((2, 3), np.uint8)
    picture[0, 0] = 255
    exif = image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    image.fromarray(picture).save(folder / "a" / "z.png", exif=exif)
    x, _ = ImageFolder(folder, mode="L")[2]
    np.testing.assert_array_equal(x, [[[0, 1], [0, 0], [0, 0]]])


def test_files_that_are_no_pictures(folder):
    path = folder / "b" / "2.png"
    whole = path.read_bytes()
    for content in (b"", b"hello", whole[:30], whole[: len(whole) // 2], whole[:50] + b"\0\0\0" + whole[53:]):
        path.write_bytes(content)
        data = ImageFolder(folder)
        with pytest.raises(ValueError, match=r"cannot be read: (.|\n)*  path: .*b.2\.png$"):
            data[3]
        assert len(data[2]) == 2
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"any more\n  path: .*2\.png"):
        data[3]


def test_a_picture_of_too_many_pixels(folder, monkeypatch):
    monkeypatch.setattr(image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(ValueError, match=r"cannot be read: .*decompression bomb(.|\n)*2\.png"):
        ImageFolder(folder)[3]


def test_folders_that_are_none(folder, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"no such folder\n  path: .*none"):
        ImageFolder(folder / "none")
    with pytest.raises(FileNotFoundError, match="there are no classes, a folder each"):
        ImageFolder(folder / "b" / "inside")
    (folder / "c").mkdir()
    with pytest.raises(FileNotFoundError, match=r"a class has no pictures\n  path: .*c\n  wanted: \.bmp, "):
        ImageFolder(folder)
    with pytest.raises(ValueError, match="mode: 'CMYK'"):
        ImageFolder(folder, mode="CMYK")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'pip install "chalkgrad\[images\]"'):
        ImageFolder(folder)
