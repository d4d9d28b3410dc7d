"""Real handwritten digits without a download: 1,797 images that come with the package.

``images, labels = load_digits()`` and a small conv net learns to read them in seconds.

They are the 8 × 8 images of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits",
UCI Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49, under the licence
CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), as scikit-learn ships them. ``stored/SOURCE.txt``
says what the files hold.
"""

from pathlib import Path

import numpy as np

from .idx import read_idx

__all__ = ["load_digits"]

_STORED = Path(__file__).parent / "stored"
_WHITE = 16  # the largest pixel value: each counts the set bits of a 4 × 4 block


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """(images, labels): float32 in [0, 1] of shape (1797, 1, 8, 8), and int64 of shape (1797,).

    A fresh pair of arrays at each call, in the order of the data set: shuffle before splitting, for
    neighbours are often by one writer.

    >>> from nn.data import load_digits
    >>> images, labels = load_digits()
    >>> images.shape, images.dtype.name, float(images.max())
    ((1797, 1, 8, 8), 'float32', 1.0)
    >>> labels[:10].tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    images = read_idx(_STORED / "digits-images-idx3-ubyte.gz")
    labels = read_idx(_STORED / "digits-labels-idx1-ubyte.gz")
    return images[:, None].astype(np.float32) / _WHITE, labels.astype(np.int64)
