"""What the axes of an image and of the windows over it are called in formulas and docstrings, for each rank.

A window (p, q) looks by its tap (r, s) at the pixel (u p + e r − a, v q + f s − b): stride u, v, dilation e, f,
padding a, b. A row has the first letter of each pair alone, a volume has three.
"""

from types import SimpleNamespace

from ..kernels.windows import AXES, TUPLE


def letters(rank):
    """The letters of ``rank`` axes, spaced as indices are, and what is made of them."""
    out, tap, stride, dilation, padding = (some[:rank] for some in ("pqz", "rst", "uvl", "efh", "abd"))
    axes = list(zip(out, tap, stride, dilation, padding, "ijk"[:rank], strict=True))
    return SimpleNamespace(
        out=" ".join(out),
        out_list=", ".join(out),
        tap=" ".join(tap),
        tap_list=", ".join(tap),
        pixel=" ".join("ijk"[:rank]),
        pixel_list=", ".join("ijk"[:rank]),
        # what a window sees by a tap, with dilation and without
        seen=r", \, ".join([f"{u} {p} + {e} {r} - {a}" for p, r, u, e, a, _ in axes]),
        seen_beside=r", \, ".join([f"{u} {p} + {r} - {a}" for p, r, u, e, a, _ in axes]),
        # by which tap a window sees a pixel
        by=r", \, ".join([f"({i} + {a} - {u} {p}) / {e}" for p, r, u, e, a, i in axes]),
        sees=r", \; ".join([f"{i} = {u} {p} + {e} {r} - {a}" for p, r, u, e, a, i in axes]),
        images=", ".join("DHW"[-rank:] if rank > 1 else "L"),
        first="LHD"[rank - 1],
        results=", ".join("PQZ"[:rank]),
        sizes=", ".join("RST"[:rank]),
        behind=("at the end", "below and to the right", "behind, below and to the right")[rank - 1],
        entries=f"an int, or {TUPLE[rank]} {AXES[rank]}",
    )
