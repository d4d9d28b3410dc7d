"""Pictures changed on their way into a batch: ``Compose([RandomCrop(32, padding=4), RandomHorizontalFlip()])``.

A transform takes one picture, an array (C, H, W), and gives another. ``Transformed(dataset, transform)`` does it to the
first part of each sample. What is random draws from the generator of the sample (``nn.data.sample_generator``), so that
a picture is changed alike whatever the number of workers, and otherwise in another epoch; or from one that is given:
``transform(picture, rng)``.

>>> import numpy as np
>>> from nn.data import DataLoader, load_digits
>>> from nn.data.transforms import Compose, Normalize, RandomCrop, Transformed
>>> digits = Transformed(list(zip(*load_digits())), Compose([RandomCrop(8, padding=1), Normalize(0.5, 0.25)]))
>>> x, y = next(iter(DataLoader(digits, batch_size=4, shuffle=True, seed=0, num_workers=2)))
>>> x.shape, y.shape
((4, 1, 8, 8), (4,))
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import functional
from ..seeding import Rng, generator_of
from .randomness import sample_generator

__all__ = [
    "CenterCrop",
    "Compose",
    "Normalize",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToFloat",
    "Transform",
    "Transformed",
]

Size = int | Sequence[int]


class Transform:
    """Base class: define ``change(picture, rng)``, which gives a new array and leaves the picture as it is."""

    def __call__(self, picture: Any, rng: Rng = None) -> np.ndarray:
        """The changed picture."""
        return self.change(picture_of(self, picture), sample_generator() if rng is None else generator_of(rng))

    def change(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """What it does."""
        raise NotImplementedError(f"{type(self).__name__}: define change(self, picture, rng)")


class Compose(Transform):
    """Transforms one after the other; plain functions of a picture too."""

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, picture: Any, rng: Rng = None) -> Any:
        generator = sample_generator() if rng is None else generator_of(rng)
        for one in self.transforms:
            picture = one(picture, generator) if isinstance(one, Transform) else one(picture)
        return picture


class Transformed:
    """A dataset with its pictures changed: the first part of each sample, or the sample where it is a picture alone.

    transform : what is done to the picture
    target_transform : what is done to the second part
    """

    def __init__(
        self, dataset: Any, transform: Callable[[Any], Any], target_transform: Callable[[Any], Any] | None = None
    ) -> None:
        self.dataset, self.transform, self.target_transform = dataset, transform, target_transform
        self.gives_tensors = getattr(dataset, "gives_tensors", False)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        sample = self.dataset[index]
        if not isinstance(sample, list | tuple):
            return self.transform(sample)
        picture, *rest = sample
        if self.target_transform is not None:
            rest[0] = self.target_transform(rest[0])
        return (self.transform(picture), *rest)


# -- values ----------------------------------------------------------------------------------------


class ToFloat(Transform):
    """Whole numbers of 8 bits, (H, W) or (H, W, C) as Pillow has pictures, as float32 in [0, 1], (C, H, W)."""

    def __call__(self, picture: Any, rng: Rng = None) -> np.ndarray:
        array = np.asarray(picture)
        if array.dtype != np.uint8 or array.ndim not in (2, 3):
            raise ValueError(
                "ToFloat: a picture of uint8 is needed, (H, W) or (H, W, C)\n"
                f"  picture: {array.dtype} of shape {array.shape}"
            )
        first = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)
        return np.ascontiguousarray(first, np.float32) / 255


class Normalize(Transform):
    """(picture − mean) / std, with one number of each for all channels or one for each."""

    def __init__(self, mean: Any, std: Any) -> None:
        self.mean, self.std = np.atleast_1d(np.asarray(mean, float)), np.atleast_1d(np.asarray(std, float))
        if self.mean.ndim > 1 or self.std.ndim > 1 or not (self.std > 0).all():
            raise ValueError(
                f"Normalize: one number for each channel is needed, of std above 0\n  mean: {mean}\n  std: {std}"
            )

    def change(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        floats(self, picture)
        for name, given in (("mean", self.mean), ("std", self.std)):
            if len(given) not in (1, len(picture)):
                raise ValueError(f"Normalize: {name} has not one number for each channel\n"
                                 f"  {name}: {len(given)}\n  picture: {picture.shape}")  # fmt: skip
        mean, std = (given.astype(picture.dtype)[:, None, None] for given in (self.mean, self.std))
        return (picture - mean) / std


# -- cuts and mirrors ------------------------------------------------------------------------------


class CenterCrop(Transform):
    """The middle of a picture, of that size: a number, or (height, width)."""

    def __init__(self, size: Size) -> None:
        self.size = size_of(self, size)

    def change(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        fits(self, self.size, picture)
        top, left = ((n - k) // 2 for n, k in zip(picture.shape[1:], self.size, strict=True))
        return picture[:, top : top + self.size[0], left : left + self.size[1]]


class RandomCrop(Transform):
    """A part of that size from anywhere in the picture, with ``padding`` pixels of ``fill`` put around it before."""

    def __init__(self, size: Size, padding: int = 0, fill: float = 0) -> None:
        self.size, self.padding, self.fill = size_of(self, size), padding, fill
        if not isinstance(padding, int) or padding < 0:
            raise ValueError(f"RandomCrop: padding must be a whole number from 0\n  padding: {padding!r}")

    def change(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        around = [(0, 0), *[(self.padding, self.padding)] * 2]
        picture = np.pad(picture, around, constant_values=self.fill) if self.padding else picture
        fits(self, self.size, picture)
        top, left = (int(rng.integers(n - k + 1)) for n, k in zip(picture.shape[1:], self.size, strict=True))
        return picture[:, top : top + self.size[0], left : left + self.size[1]]


class RandomHorizontalFlip(Transform):
    """Left and right exchanged with probability p."""

    axis = 2

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(self, p)

    def change(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.flip(picture, self.axis) if rng.random() < self.p else picture


class RandomVerticalFlip(RandomHorizontalFlip):
    """Top and bottom exchanged with probability p."""

    axis = 1


class RandomErasing(Transform):
    """With probability p a rectangle somewhere is set to ``value``.

    scale : the least and the largest part of the picture's area
    ratio : the least and the largest height by width; both are drawn, the ratio evenly in its logarithm
    value : a number, or "random" for one drawn from the normal distribution for each pixel

    Source: Zhong et al., "Random Erasing Data Augmentation" (2017). ``ratio=(1, 1)`` is a square, as in DeVries and
    Taylor's "Cutout" (2017), which lies wholly within the picture here.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: tuple[float, float] = (0.02, 0.33),
        ratio: tuple[float, float] = (0.3, 3.3),
        value: float | str = 0.0,
    ) -> None:
        self.p, self.scale, self.ratio, self.value = probability(self, p), scale, ratio, value
        ranges = 0 < scale[0] <= scale[1] <= 1 and 0 < ratio[0] <= ratio[1]
        if not ranges or (isinstance(value, str) and value != "random"):
            raise ValueError(
                'RandomErasing: scale is a range within (0, 1], ratio one above 0, value a number or "random"\n'
                f"  scale: {scale}\n  ratio: {ratio}\n  value: {value!r}"
            )

    def change(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if rng.random() >= self.p:
            return picture
        height, width = picture.shape[1:]
        for _ in range(10):  # a rectangle drawn may not fit
            area = height * width * rng.uniform(*self.scale)
            ratio = math.exp(rng.uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
            h, w = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < h <= height and 0 < w <= width:
                top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
                picture = picture.copy()
                rectangle = picture[:, top : top + h, left : left + w]
                rectangle[...] = rng.standard_normal(rectangle.shape) if self.value == "random" else self.value
                break
        return picture


# -- other sizes and places ------------------------------------------------------------------------


class Resize(Transform):
    """Another size, (height, width); one number is the shorter side's, and the longer one keeps its proportion.

    mode : as of ``nn.functional.interpolate``; pixels are not averaged where a picture shrinks, except by "area"
    """

    def __init__(self, size: Size, mode: str = "bilinear") -> None:
        self.pair = None if isinstance(size, int) else size_of(self, size)
        self.shorter = size_of(self, size)[0]
        self.mode = mode

    def change(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        floats(self, picture)
        size: Any = self.pair
        if size is None:
            height, width = picture.shape[1:]
            size = [max(1, round(n * self.shorter / min(height, width))) for n in (height, width)]
        return np.asarray(functional.interpolate(picture[None], size, mode=self.mode)[0])


class RandomAffine(Transform):
    """A picture turned, moved and scaled at random; what comes from outside of it is 0, pixels are read bilinearly.

    degrees : the largest angle in either direction, or (least, largest); a positive one turns left
    translate : the largest part of the height and of the width by which it is moved: (0.1, 0.1)
    scale : the least and the largest factor of its size
    """

    def __init__(
        self,
        degrees: float | tuple[float, float] = 0.0,
        translate: tuple[float, float] = (0.0, 0.0),
        scale: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        self.degrees = (-degrees, degrees) if isinstance(degrees, int | float) else degrees
        self.translate, self.scale = translate, scale
        if self.degrees[0] > self.degrees[1] or min(translate) < 0 or not 0 < scale[0] <= scale[1]:
            raise ValueError(
                f"{type(self).__name__}: ranges go from the least to the largest, and scale is above 0\n"
                f"  degrees: {degrees}\n  translate: {translate}\n  scale: {scale}"
            )

    def change(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        floats(self, picture)
        angle, factor = math.radians(rng.uniform(*self.degrees)), rng.uniform(*self.scale)
        down, right = (rng.uniform(-part, part) * n for part, n in zip(self.translate, picture.shape[1:], strict=True))
        return moved(picture, angle, factor, down, right)


class RandomRotation(RandomAffine):
    """A picture turned about its middle by an angle from −degrees to degrees, or from (least, largest)."""

    def __init__(self, degrees: float | tuple[float, float]) -> None:
        super().__init__(degrees)


def moved(picture: np.ndarray, angle: float, factor: float, down: float, right: float) -> np.ndarray:
    """A picture turned to the left about its middle, scaled, and moved by so many pixels."""
    height, width = picture.shape[1:]
    cosine, sine = math.cos(angle) / factor, math.sin(angle) / factor
    # from a pixel of the result, in pixels from the middle, to its place in the picture: y points down
    inverse = np.array([[cosine, -sine], [sine, cosine]])
    offset = -inverse @ [right, down]
    sides = np.array([width / 2, height / 2])
    theta = np.column_stack([inverse * sides / sides[:, None], offset / sides])
    grid = functional.affine_grid(theta[None].astype(picture.dtype), (1, *picture.shape))
    return np.asarray(functional.grid_sample(picture[None], grid)[0])


# -- what they are given ---------------------------------------------------------------------------


def picture_of(transform: Any, picture: Any) -> np.ndarray:
    array = np.asarray(getattr(picture, "data", picture) if not isinstance(picture, np.ndarray) else picture)
    if array.ndim != 3 or 0 in array.shape:
        raise ValueError(
            f"{type(transform).__name__}: a picture (C, H, W) is needed, and not an empty one\n  picture: {array.shape}"
        )
    return array


def floats(transform: Any, picture: np.ndarray) -> None:
    if picture.dtype.kind != "f":
        raise TypeError(
            f"{type(transform).__name__}: a picture of floats is needed\n  picture: {picture.dtype}\n"
            "  of uint8 from Pillow, ToFloat() makes one"
        )


def size_of(transform: Any, size: Size) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in pair):
        raise ValueError(
            f"{type(transform).__name__}: size must be a whole number from 1, or (height, width)\n  size: {size!r}"
        )
    return int(pair[0]), int(pair[1])


def fits(transform: Any, size: tuple[int, int], picture: np.ndarray) -> None:
    if any(k > n for k, n in zip(size, picture.shape[1:], strict=True)):
        raise ValueError(
            f"{type(transform).__name__}: the picture is smaller than what is cut out\n  size: {size}\n"
            f"  picture: {picture.shape}"
        )


def probability(transform: Any, p: float) -> float:
    if not 0 <= p <= 1:
        raise ValueError(f"{type(transform).__name__}: p is a probability\n  p: {p!r}")
    return p
