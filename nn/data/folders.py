"""Pictures in folders, a class each: ``ImageFolder("flowers")`` of ``flowers/rose/1.jpg``, ``flowers/tulip/2.png``."""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .idx import FilePath

__all__ = ["ImageFolder"]

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


class ImageFolder:
    """A dataset of the pictures in a folder's folders: (picture, number of its class). It takes Pillow.

    folder : it has a folder for each class; the classes are numbered in the order of their names, and within a class
        the pictures, of this folder and all inside it, are in the order of their paths
    mode : "RGB" or "L" (grey), which pictures of any other mode are converted to; what is transparent loses that
    transform : what is done to a picture, as of ``nn.data.transforms``; without one all must have one size to make a
        batch
    endings : files of other names are left out; upper and lower case are the same

    A picture is read when it is asked for, as float32 in [0, 1], (C, H, W): (3, H, W) or (1, H, W). It is turned as its
    camera says (the Exif tag Orientation).

    Raises ImportError without Pillow, FileNotFoundError where there is no folder or no picture, and, when it is asked
    for, ValueError with the path for a file that is no whole picture.
    """

    def __init__(
        self,
        folder: FilePath,
        mode: str = "RGB",
        transform: Callable[[Any], Any] | None = None,
        endings: Sequence[str] = ENDINGS,
    ) -> None:
        _pillow()
        self.folder, self.mode, self.transform = Path(folder), mode, transform
        if mode not in ("RGB", "L"):
            raise ValueError(f'ImageFolder: mode must be "RGB" or "L"\n  mode: {mode!r}')
        if not self.folder.is_dir():
            raise FileNotFoundError(f"ImageFolder: there is no such folder\n  path: {folder}")
        self.classes = sorted([one.name for one in self.folder.iterdir() if one.is_dir()])
        self.paths: list[Path] = []
        self.targets: list[int] = []
        wanted = tuple([ending.lower() for ending in endings])
        for number, name in enumerate(self.classes):
            found = sorted(_files(self.folder / name, wanted))
            if not found:
                raise FileNotFoundError(
                    f"ImageFolder: a class has no pictures\n  path: {self.folder / name}\n  wanted: {', '.join(wanted)}"
                )
            self.paths += found
            self.targets += [number] * len(found)
        if not self.paths:
            raise FileNotFoundError(f"ImageFolder: there are no classes, a folder each\n  path: {folder}")

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        picture = _read(self.paths[index], self.mode)
        return picture if self.transform is None else self.transform(picture), self.targets[index]


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    return [Path(at) / name for at, _, names in os.walk(folder) for name in names if name.lower().endswith(endings)]


def _pillow() -> Any:
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise ImportError('ImageFolder: pictures take Pillow\n  pip install "chalkgrad[images]"') from None
    return Image, ImageOps


def _read(path: Path, mode: str) -> np.ndarray:
    image, operations = _pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", image.DecompressionBombWarning)
            with image.open(path) as opened:
                array = np.asarray(operations.exif_transpose(opened).convert(mode))
    except FileNotFoundError:
        raise FileNotFoundError(f"ImageFolder: there is no such file any more\n  path: {path}") from None
    except (OSError, ValueError, SyntaxError, EOFError, image.DecompressionBombError, Warning) as error:
        raise ValueError(f"ImageFolder: the picture cannot be read: {error}\n  path: {path}") from error
    first = array[None] if mode == "L" else np.moveaxis(array, -1, 0)
    return np.ascontiguousarray(first, np.float32) / 255
