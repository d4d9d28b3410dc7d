"""The curves of a training as a figure of matplotlib."""

from typing import Any

TRAINING, VALIDATION = "#1f5fa8", "#c8501e"


def curves(history: Any) -> Any:
    """A figure with a panel for the loss, and one for accuracy and each metric that there is."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("History.plot: matplotlib is needed\n  pip install 'chalkgrad[plot]'") from error
    panels: list[tuple[str, list[Any], list[Any]]] = [("loss", history.loss, history.validation_loss)]
    if any([one is not None for one in history.accuracy]):
        panels.append(("accuracy", history.accuracy, history.validation_accuracy))
    for name in history.metrics:
        panels.append((name, history.metrics[name], history.validation_metrics.get(name, [])))
    figure = Figure(figsize=(4.2 * len(panels), 3.2), layout="constrained")
    for axes, (name, trained, validated) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for values, color, what in ((trained, TRAINING, "training"), (validated, VALIDATION, "validation")):
            if values:
                epochs = range(1, len(values) + 1)
                axes.plot(epochs, values, color=color, label=what, marker="o" if len(values) < 12 else "", markersize=4)
        axes.set_title(name, loc="left")
        axes.set_xlabel("epoch")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
        if trained and min([one for one in trained + validated if one is not None]) >= 0:
            axes.set_ylim(bottom=0)
        if name == "accuracy":
            axes.set_ylim(0, 1.02)
            axes.yaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
        if validated:
            axes.legend(frameon=False)
    return figure
