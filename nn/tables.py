"""Tables of text, as reports on models print them."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """The rows as lines: the first ``left`` columns begin below each other, the others end below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [
                cell.ljust(width) if i < left else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
        )
        for row in rows
    ]


def in_bytes(n: int) -> str:
    """A number of bytes in a unit that fits."""
    return f"{n:,} B" if n < 1024 else f"{n / 1024:.1f} KiB" if n < 1024**2 else f"{n / 1024**2:.1f} MiB"
