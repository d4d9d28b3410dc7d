"""The ratios to PyTorch as a picture: bars on a logarithmic axis, with the bar to be met beside each."""


def draw(sections, path, caption=""):
    """Write a PNG; ``sections`` is a list of (subject, its Lines). Needs Matplotlib."""
    from matplotlib.figure import Figure

    groups = [(title, rows) for title, rows in map(ratios, sections) if rows]
    count = sum(len(rows) + 1 for _, rows in groups)
    figure = Figure(figsize=(9, 0.33 * count + 1.2), layout="constrained", facecolor="white")
    axes = figure.subplots()
    y, ticks, labels = 0, [], []
    for title, rows in groups:
        axes.text(0, y, title, transform=axes.get_yaxis_transform(), ha="right", va="center", weight="bold", size=9)
        y += 1
        for work, by_threads in rows.items():
            ticks.append(y)
            labels.append(work)
            height = 0.8 / len(by_threads)
            for i, (threads, (ratio, _most)) in enumerate(sorted(by_threads.items())):
                at = y - 0.4 + (i + 0.5) * height
                axes.barh(at, ratio - 1, height, left=1, color=COLORS[min(threads, 2)], zorder=2)
            y += 1
    axes.set_yticks(ticks, labels)
    axes.invert_yaxis()
    axes.set_xscale("log")
    figure.savefig(path, dpi=150)


COLORS = {1: "#1f6fb4", 2: "#7fb8e6"}


def ratios(section):
    """(title, {work: {threads: (ratio, most)}}) of the lines beside PyTorch."""
    subject, lines = section
    rows = {}
    for line in lines:
        if line.peer == "PyTorch" and line.ratio:
            rows.setdefault(line.row.work, {})[line.threads] = line.ratio, line.most
    return subject.__doc__.strip().partition("\n")[0].partition(":")[0].partition(",")[0], rows
