"""Boxes coloured by how large their gradients are: where they vanish, explode, or are no numbers."""

import numpy as np

from .text import digits

FILLS = ("#FFFFFF", "#FBEFF5", "#F7E4EE", "#F5DDE9", "#F3D6E4")
"""From the smallest gradient to the largest, by even factors. Text reads on all of them."""

WIDTHS = ("0.6", "1.2", "1.9", "2.7", "3.6")
"""Of the outlines, likewise: not all see colours alike."""

ODD = {"fillcolor": "#FFE9A8", "color": "#B33C00", "penwidth": "3.6"}
"""Of gradients that have a NaN or an infinity in them."""


class Shades:
    """What gradients make boxes look like.

    note : a sentence that says which colour means what
    """

    def __init__(self, boxes):
        sizes = [size for size in map(_size, boxes) if size and np.isfinite(size)]
        self.low, self.high = (min(sizes), max(sizes)) if sizes else (1.0, 1.0)
        self.note = (
            f"coloured by the largest entry of each gradient in size: {digits(self.low, 3)} pale … "
            f"{digits(self.high, 3)} dark with a broad outline; 0 with a broken one"
            if sizes
            else "to be coloured by gradients, but there are none other than 0"
        )

    def look(self, box):
        """The attributes of a box."""
        size = _size(box)
        if size is None:
            return {"fillcolor": "#FFFFFF"}
        if not np.isfinite(size):
            return ODD
        if size == 0:
            return {"fillcolor": "#FFFFFF", "style": "filled,dashed"}
        whole = np.log(self.high / self.low)
        part = np.log(size / self.low) / whole if whole > 0 else 1.0
        step = min(len(FILLS) - 1, int(part * len(FILLS)))
        return {"fillcolor": FILLS[step], "penwidth": WIDTHS[step]}


def _size(box):
    """The largest entry of a gradient in size, or None where there is none."""
    if box.gradient is None or not np.size(box.gradient):
        return None
    with np.errstate(all="ignore"):
        return float(np.max(np.abs(np.asarray(box.gradient, dtype=np.float64))))
