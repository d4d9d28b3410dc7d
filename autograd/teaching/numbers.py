"""Other numbers of the same kind: of the same sign and size, with as many decimals."""

from decimal import Decimal
from typing import Any

import numpy as np

MOST_DECIMALS = 3
"""Nobody should have to reckon by hand with more."""


def is_drawn(value: Any) -> bool:
    """Whether a value is a float or an array of floats: what other numbers are drawn for."""
    return isinstance(value, float) or (isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f")


def numbers_like(value: Any, generator: np.random.Generator) -> Any:
    """Other numbers for a float or an array of floats; anything else stays.

    Each is within half of the given one, of its sign, with its decimals (three at most); what is at most 1 in size
    stays so, and 0 stays 0. An array of whole numbers, such as a picture or a one-hot vector, is shuffled.

    >>> numbers_like(0.45, np.random.default_rng(0)), numbers_like(3, np.random.default_rng(0))
    (0.51, 3)
    >>> numbers_like(np.array([0.0, 0.0, 1.0]), np.random.default_rng(0)).tolist()
    [1.0, 0.0, 0.0]
    """
    if not is_drawn(value):
        return value
    array = np.asarray(value)
    exact = array.astype(np.float64)
    if exact.ndim and np.all(exact == np.round(exact)):
        return generator.permutation(array.reshape(-1)).reshape(array.shape)
    places = min(MOST_DECIMALS, max([1, *[_decimals(x) for x in array.reshape(-1)]]))
    unit = 10.0**-places
    size = np.abs(exact)
    highest = np.where(size < 1, np.minimum(1.5 * size, 1 - unit), np.where(size == 1, 1.0, 1.5 * size))
    drawn = np.round(generator.uniform(0.5 * size, np.maximum(highest, 0.5 * size)), places)
    drawn = np.where(size == 0, 0.0, np.sign(exact) * np.maximum(drawn, unit))
    return float(drawn) if isinstance(value, float) else drawn.astype(array.dtype)[()]


def _decimals(x: Any) -> int:
    if not np.isfinite(x):
        return 1
    exponent = Decimal(str(x)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 1
