"""What the axes of an image and of the windows over it are called in formulas and docstrings, for each rank.

A window (p, q) looks by its tap (r, s) at the pixel (u p + e r − α, v q + f s − β): stride u, v, dilation e, f,
padding α, β. A row has the first letter of each pair alone, a volume has three. ``numbers`` puts those of a graph in
their place, and ``spread`` and its like say the same in words.
"""

from types import SimpleNamespace

from ..kernels.windows import AXES, TUPLE

_PADDING = ("alpha", "beta", "gamma")


def numbers(stride, dilation, before):
    """{letter: number} for a stride, a dilation and a padding in front, each with an entry for each axis."""
    return {**dict(zip("uvl", stride, strict=False)), **dict(zip("efh", dilation, strict=False)),
            **dict(zip(_PADDING, before, strict=False))}  # fmt: skip


def spread(stride):
    """ ", spread by the stride 2" or "": zeros stand between its entries."""
    return f", spread by the stride {_each(stride)}" if max(stride) > 1 else ""


def dilated(dilation):
    """ ", its entries 2 apart" or ""."""
    return f", its entries {_each(dilation)} apart" if max(dilation) > 1 else ""


def padded(before):
    """ "padded " or ""."""
    return "padded " if max(before) > 0 else ""


def _each(values):
    return f"{values[0]}" if len(set(values)) == 1 else f"({', '.join(map(str, values))})"


def letters(rank):
    """The letters of ``rank`` axes, spaced as indices are, and what is made of them."""
    out, tap, stride, dilation = (some[:rank] for some in ("pqz", "rst", "uvl", "efh"))
    padding = [rf"\{name}" for name in _PADDING[:rank]]
    axes = list(zip(out, tap, stride, dilation, padding, "ijk"[:rank], strict=True))
    return SimpleNamespace(
        out=" ".join(out),
        out_list=", ".join(out),
        tap=" ".join(tap),
        tap_list=", ".join(tap),
        tap_commas=r", \, ".join(tap),
        pixel=" ".join("ijk"[:rank]),
        pixel_list=", ".join("ijk"[:rank]),
        # what a window sees by a tap, with dilation and without
        seen=r", \, ".join([f"{u} {p} + {e} {r} - {a}" for p, r, u, e, a, _ in axes]),
        seen_beside=r", \, ".join([f"{u} {p} + {r} - {a}" for p, r, u, e, a, _ in axes]),
        # by which tap a window sees a pixel
        by=r", \, ".join([f"({i} + {a} - {u} {p}) / {e}" for p, r, u, e, a, i in axes]),
        # which tap of which window sees it
        window_of=r", \, ".join([f"({i} + {a} - {e} {r}) / {u}" for p, r, u, e, a, i in axes]),
        within=" ".join(
            [rf"[0 \leq {i} + {a} - {u} {p} < {size}]" for (p, _, u, _, a, i), size in zip(axes, "RST", strict=False)]
        ),
        sees=r", \; ".join([f"{i} = {u} {p} + {e} {r} - {a}" for p, r, u, e, a, i in axes]),
        images=", ".join("DHW"[-rank:] if rank > 1 else "L"),
        first="LHD"[rank - 1],
        results=", ".join("PQZ"[:rank]),
        sizes=", ".join("RST"[:rank]),
        behind=("at the end", "below and to the right", "behind, below and to the right")[rank - 1],
        entries=f"an int, or {TUPLE[rank]} {AXES[rank]}",
    )
