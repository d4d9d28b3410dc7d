"""Correlation of a 2-D array with a kernel: each window of the array times the kernel, summed.

``correlate_valid`` is the fast one, ``correlate_valid_by_hand`` its readable twin. The other modes,
and convolution, are this one on a padded array or with a flipped kernel; ``placement`` says how.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

MODES = ("full", "same", "valid")


def correlate_valid(x, kernel):
    """``y[i, j] = sum(x[i:i+h, j:j+w] * kernel)`` for every window that lies inside x."""
    if np.result_type(x, kernel) == np.float16:  # which many products must not be added up in
        return correlate_valid(x.astype(np.float32), kernel.astype(np.float32)).astype(np.float16)
    height, width = x.shape[0] - kernel.shape[0] + 1, x.shape[1] - kernel.shape[1] + 1
    if 0 < height * width < 30 * kernel.size:
        # Window by window: good where there are few windows, or where they are large
        return np.einsum("ijuv,uv->ij", sliding_window_view(x, kernel.shape), kernel)
    # One kernel entry at a time, for all windows at once: the shifted array times that entry
    y = np.zeros((height, width), np.result_type(x, kernel))
    product = np.empty_like(y)
    for (u, v), weight in np.ndenumerate(kernel):
        y += np.multiply(x[u : u + height, v : v + width], weight, out=product)
    return y


def correlate_valid_by_hand(x, kernel):
    """The same, written as the sum that it is."""
    h, w = kernel.shape
    y = np.zeros((x.shape[0] - h + 1, x.shape[1] - w + 1), np.result_type(x, kernel))
    for i, j in np.ndindex(y.shape):
        y[i, j] = (x[i : i + h, j : j + w] * kernel).sum()
    return y


def placement(shape, kernel_shape, mode, flipped=False):
    """((zeros above, below), (zeros left, right)) that turn a mode into "valid".

    "full" has every window that meets the array; "same" the middle ones of those, as many as the
    array has entries; "valid" the windows inside the array or, if the kernel is the larger, those
    that have all of the array inside. An even kernel has no middle: in mode "same" a correlation
    takes the entry after it, and a convolution, whose kernel is flipped, the one before.
    """
    pairs = []
    for n, k in zip(shape, kernel_shape, strict=True):
        if mode == "full":
            pairs.append((k - 1, k - 1))
        elif mode == "same":
            after = (k - 1) // 2 if flipped else k // 2
            pairs.append((k - 1 - after, after))
        else:
            pairs.append((max(k - n, 0), max(k - n, 0)))
    return tuple(pairs)


def check(x, kernel, mode):
    """Raise where there is no such correlation."""
    if mode not in MODES:
        raise ValueError(f"there is no mode {mode!r}; the modes are {', '.join(MODES)}")
    if x.ndim != 2 or kernel.ndim != 2:
        raise ValueError("the array and the kernel must both have 2 axes; for images with channels use conv2d")
    if not kernel.size:
        raise ValueError("the kernel has no entries")
    larger = [n >= k for n, k in zip(x.shape, kernel.shape, strict=True)]
    smaller = [n <= k for n, k in zip(x.shape, kernel.shape, strict=True)]
    if mode == "valid" and not (all(larger) or all(smaller)):
        raise ValueError(
            'mode "valid" needs one of the two to be at least as large as the other along both axes\n'
            '  mode "full" or "same" works for any shapes'
        )


def padded(x, pairs):
    """x with zeros around it."""
    if not any(n for pair in pairs for n in pair):
        return x
    (above, below), (left, right) = pairs
    y = np.zeros((above + x.shape[0] + below, left + x.shape[1] + right), x.dtype)
    y[above : above + x.shape[0], left : left + x.shape[1]] = x
    return y


def correlate2d(x, kernel, mode="full"):
    """The correlation of x with the kernel; zeros lie around x."""
    x, kernel = np.asarray(x), np.asarray(kernel)
    check(x, kernel, mode)
    return correlate_valid(padded(x, placement(x.shape, kernel.shape, mode)), kernel)


def convolve2d(x, kernel, mode="full"):
    """The convolution of x with the kernel: the correlation with the kernel flipped on both axes."""
    x, kernel = np.asarray(x), np.asarray(kernel)
    check(x, kernel, mode)
    pairs = placement(x.shape, kernel.shape, mode, flipped=True)
    return correlate_valid(padded(x, pairs), kernel[::-1, ::-1])
