"""The ratios to PyTorch as a picture: a bar for each thread count on a logarithmic axis, and the bar to be met."""

import textwrap

MET, MISSED = ("#0b6e99", "#6cb6d6"), ("#c2410c", "#f4a261")
"""Colors for 1 and for more threads."""
WITHOUT_BAR = "#8c8c8c"
HEIGHT = 0.4


def draw(sections, path, caption):
    """Write a PNG of the Lines beside PyTorch. Needs Matplotlib.

    sections : a list of (subject, its Lines)
    caption  : lines of text below the axis
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    groups = [rows for _, lines in sections if (rows := by_work(lines))]
    count = sum(map(len, groups))
    figure = Figure(figsize=(9.5, 0.34 * count + 2.2), layout="constrained", facecolor="white")
    axes = figure.subplots()
    ticks, labels, y = [], [], 0
    for number, rows in enumerate(groups):
        if number:
            axes.axhline(y - 0.5, color="#dddddd", linewidth=0.8, zorder=0)
        for work, lines in rows.items():
            for i, line in enumerate(lines):
                draw_line(axes, line, y + (i - (len(lines) - 1) / 2) * HEIGHT)
            ticks.append(y)
            labels.append(work)
            y += 1
    axes.axvline(1, color="#222222", linewidth=1, zorder=3)
    axes.set_xscale("log")
    axes.set_ylim(y - 0.4, -0.6)
    low, high = axes.get_xlim()
    axes.set_xlim(low / 1.25, max(high, 1.3) * 1.25)  # room for the figures beside the bars
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="y", length=0)
    axes.set_yticks(ticks, labels, fontsize=9)
    axes.grid(axis="x", color="#e8e8e8", zorder=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("ratio to PyTorch:  ← less time or memory  ·  more →", fontsize=9)
    figure.supxlabel(textwrap.fill(" · ".join(caption), 150), fontsize=7.5, color="#555555")
    legend(figure)
    figure.savefig(path, dpi=150)


def draw_line(axes, line, y):
    color = {True: MET, False: MISSED, None: (WITHOUT_BAR,) * 2}[line.met][line.threads > 1]
    axes.barh(y, line.ratio - 1, 0.92 * HEIGHT, left=1, color=color, zorder=2)
    to_the_left = line.ratio < 1
    axes.annotate(
        f"{line.ratio:.2f}", (line.ratio, y), (-3 if to_the_left else 3, 0), textcoords="offset points",
        ha="right" if to_the_left else "left", va="center", fontsize=7, color="#333333", zorder=5,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
    )  # fmt: skip
    if line.most is not None:
        axes.plot([line.most] * 2, [y - HEIGHT / 2, y + HEIGHT / 2], color="black", linewidth=2, zorder=4)


def legend(figure):
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Patch(color=MET[0], label="bar met: 1 thread,"),
        Patch(color=MET[1], label="2 threads"),
        Patch(color=MISSED[0], label="bar missed: 1 thread,"),
        Patch(color=MISSED[1], label="2 threads"),
        Patch(color=WITHOUT_BAR, label="no bar, or busy"),
        Line2D([], [], color="black", linewidth=2, label="the bar"),
    ]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=6, frameon=False, fontsize=8,
        title="chalkgrad beside PyTorch", title_fontproperties={"weight": "bold", "size": 12},
    )  # fmt: skip


def by_work(lines):
    """{work: its Lines beside PyTorch that have a ratio}, for 1 thread first."""
    rows = {}
    for line in lines:
        if line.peer == "PyTorch" and line.ratio:
            rows.setdefault(line.row.work, []).append(line)
    return rows
