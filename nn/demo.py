"""Train a small conv net on real handwritten digits, check hand derivations, and draw what happened.

``python -m nn.demo`` needs no arguments and no download; ``--help`` lists its options. The net, and the loop
that trains it, stand here in full: ``SmallLeNet`` and ``train``.
"""

import argparse
import importlib.util
import io
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import autograd as ag
import nn
from nn import derivations
from nn import functional as F

BATCH = 32
LEARNING_RATE = 3e-3
FIFTH = 0.2
SMALLEST = 4  # pixels that two poolings by 2 leave something of

Part: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Images and labels."""


class SmallLeNet(nn.Module):
    """Two convolutions with batch norm and max pooling, then two linear layers.

    height, width : of the images
    classes : how many kinds of them there are
    """

    def __init__(self, height: int = 8, width: int = 8, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(64)
        self.dropout = nn.Dropout(0.4)
        self.hidden = nn.Linear(64 * (height // 4) * (width // 4), 128)
        self.scores = nn.Linear(128, classes)

    def forward(self, x: Any) -> Any:
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.norm2(self.conv2(x))), 2)
        x = self.dropout(F.flatten(x, 1))
        x = self.dropout(F.relu(self.hidden(x)))
        return self.scores(x)


def train(net: nn.Module, training: Part, held_out: Part, epochs: int, seed: int) -> nn.training.History:
    """Train with Adam, the learning rate falling along a cosine, and a progress bar; returns a ``History``."""
    from tqdm import tqdm

    batches = nn.data.DataLoader(training, batch_size=BATCH, shuffle=True, seed=seed)
    checks = nn.data.DataLoader(held_out, batch_size=256)
    loss_fn = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    history = nn.training.History()
    quick = 0.1 if sys.stderr.isatty() else 2.0  # seconds between the bar's updates: a log needs few
    with tqdm(total=epochs * len(batches), unit="batch", mininterval=quick, dynamic_ncols=True) as bar:
        for epoch in range(epochs):
            began = time.perf_counter()
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 + math.cos(math.pi * epoch / epochs)) / 2
            bar.set_description(f"epoch {epoch + 1}/{epochs}", refresh=False)
            seen = nn.training.Averages()
            net.train()
            for images, labels in batches:
                optimizer.zero_grad()
                output = net(images)
                loss = loss_fn(output, labels)
                seen.add(loss, output, labels)
                loss.backward()
                optimizer.step()
                bar.set_postfix(seen.shown(), refresh=False)
                bar.update()
                interrupted.check()
            checked = nn.training.evaluate(net, checks, loss_fn)
            history.add((seen.loss, seen.accuracy), time.perf_counter() - began, checked)
    net.eval()
    return history


# -- the digits --------------------------------------------------------------------------------


def load(folder: Path | None, seed: int) -> tuple[Part, Part, str]:
    """((images, labels) to train on, (images, labels) held out, what they are)."""
    if folder is not None:
        training, held_out = nn.data.load_mnist(folder)
        check_images(training[0].shape, held_out[0].shape)
        return training, held_out, f"the IDX files in {folder}"
    split = nn.data.train_test_split(*nn.data.load_digits(), test_size=FIFTH, seed=seed)
    return (split[0], split[2]), (split[1], split[3]), "UCI Optical Recognition of Handwritten Digits (CC BY 4.0)"


def check_images(training: tuple[int, ...], held_out: tuple[int, ...]) -> None:
    """Raise where images of these shapes, (N, 1, height, width), cannot be trained on and tested."""
    if not training[0] or not held_out[0] or training[2:] != held_out[2:] or min(training[2:]) < SMALLEST:
        raise ValueError(
            f"the images must be of one size, at least {SMALLEST}×{SMALLEST}, and there must be some of each part\n"
            + "\n".join(
                f"  {part}: {n} images of {height}×{width}"
                for part, (n, _, height, width) in (("train", training), ("t10k", held_out))
            )
        )


# -- hand derivations --------------------------------------------------------------------------


def check_derivations() -> tuple[bool, ag.Tape]:
    """Print the table of hand-derived numbers; returns (whether all agree, the tape of the 2-2-2 network)."""
    logistic, tape = derivations.logistic_222()
    tables = [
        ("2-2-2 logistic network", logistic),
        ("conv layer: 3 channels 5×5, two 3×3 filters, padding 1, stride 2", derivations.conv_layer()),
        ("max pool: 2×2, stride 2, of the image 1 … 9", derivations.max_pool()),
    ]
    say("Hand-derived numbers against autograd")
    for title, lines in tables:
        say(f"\n  {title}")
        say(f"    {'quantity':<18}{'by hand':<18}{'by autograd':<18}verdict")
        for line in lines:
            by_hand, by_autograd = (shown(value, line.decimals) for value in (line.by_hand, line.by_autograd))
            say(f"    {line.quantity:<18}{by_hand:<18}{by_autograd:<18}{verdict(line)}")
    everything = [line for _, lines in tables for line in lines]
    count = sum(line.agrees for line in everything)
    say(f"\n  {count} of {len(everything)} agree.\n")
    return count == len(everything), tape


def shown(value: Any, decimals: int) -> str:
    """A number with its decimals, or the first entries of an array."""
    if np.ndim(value) == 0:
        return f"{value: .{decimals}f}"
    entries = np.ravel(value)
    text = ""
    for entry in entries:
        more = f" {entry:2.{decimals}f}"
        if len(text + more) > 14:
            return text + " …"
        text += more
    return text


def verdict(line: Any) -> str:
    if not line.agrees:
        return (
            f"differs by up to {line.difference:.1e}"
            if np.shape(line.by_hand) == np.shape(line.by_autograd)
            else "wrong shape"
        )
    count = np.size(line.by_hand)
    return (
        f"equal to {line.decimals} decimals"
        if line.decimals
        else f"equal, all {count} entries"
        if count > 1
        else "equal"
    )


# -- pictures ----------------------------------------------------------------------------------


def write_pictures(
    folder: Path, logistic_tape: ag.Tape, net: nn.Module, history: nn.training.History, held_out: Part
) -> tuple[list[tuple[Path, str]], list[str]]:
    """Write every picture that can be; returns (what was written, why others could not be)."""
    written, missing = [], []
    images, labels = held_out
    with ag.tape() as tape:
        loss = nn.CrossEntropyLoss()(net(ag.Tensor(images[:8], name="images")), labels[:8])
        loss.name = "loss"
    loss.backward()
    for stem, what, picture in (
        ("graph-222", "the 2-2-2 network, every value and gradient", ag.draw(logistic_tape)),
        ("graph-lenet", "the LeNet by layers, for 8 images", ag.draw(tape, rankdir="TB")),
    ):
        written.append((picture.export(folder / f"{stem}.svg"), what))
        try:
            written.append((picture.export(folder / f"{stem}.png"), "the same"))
        except RuntimeError:  # neither dot nor pygraphviz is there: the source was written instead
            written.append((folder / f"{stem}.dot", "the same as Graphviz source"))
            missing.append("the graphs as PNG need Graphviz:  pip install pygraphviz  (or the dot program)")
    if importlib.util.find_spec("matplotlib") is None:
        missing.append("the curves and filters need Matplotlib:  pip install matplotlib")
    else:
        written.append((save(curves(history), folder / "curves.png"), "loss and accuracy by epoch"))
        written.append(
            (save(filters(net, images[0]), folder / "filters.png"), "the learned filters, and what they see")
        )
    return written, list(dict.fromkeys(missing))


INK, FAINT = "#222222", "#888888"
BLUE, ORANGE = "#0072B2", "#D55E00"


def curves(history: nn.training.History) -> Any:
    """Loss and accuracy, training and held out."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = range(1, len(history.loss) + 1)
    for axes, title, training, held_out in (
        (left, "Loss (cross entropy)", history.loss, history.validation_loss),
        (right, "Accuracy", history.accuracy, history.validation_accuracy),
    ):
        for values, label, colour in ((training, "training, with dropout", BLUE), (held_out, "held out", ORANGE)):
            axes.plot(epochs, values, color=colour, label=label, marker="o", markersize=3, linewidth=1.5)
        axes.set_title(title, loc="left", fontsize=11, color=INK)
        axes.set_xlabel("epoch", color=INK)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        axes.grid(color="#e6e6e6", linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
    left.set_yscale("log")
    left.yaxis.set_major_formatter("{x:g}")
    right.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    right.legend(frameon=False, loc="lower right")
    return figure


def filters(net: Any, image: np.ndarray) -> Any:
    """Each filter of the first layer, and below it what it makes of a digit."""
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec

    weights = net.conv1.weight.data[:, 0]
    with ag.no_grad():
        responses = F.relu(net.norm1(net.conv1(image[None]))).data[0]
    per_row = 16
    rows = -(-len(weights) // per_row)
    figure = Figure(figsize=(12, 0.55 + 1.42 * rows))
    top, left = 1 - 0.45 / figure.get_figheight(), 0.2
    grid = GridSpec(rows, per_row, figure=figure, left=left, right=0.99, top=top, bottom=0.03, wspace=0.15, hspace=0.12)

    def show(place: Any, values: np.ndarray, **options: Any) -> None:
        axes = figure.add_subplot(place)
        axes.imshow(values, interpolation="nearest", **options)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=FAINT, linewidth=0.5)

    signed = {"cmap": "RdBu_r", "vmin": -np.abs(weights).max(), "vmax": np.abs(weights).max()}
    for i, (weight, response) in enumerate(zip(weights, responses, strict=True)):
        pair = grid[divmod(i, per_row)].subgridspec(2, 1, hspace=0.06)
        show(pair[0], weight, **signed)
        show(pair[1], response, cmap="gray_r", vmin=0, vmax=responses.max())
    digit = GridSpec(1, 1, figure=figure, left=0.01, right=left - 0.02, top=top, bottom=0.03)
    show(digit[0], image[0], cmap="gray_r", vmin=0, vmax=image.max())
    for x, text in (
        (0.01, "A held-out digit"),
        (left, "The filters of conv1 (red +, blue −), and below each what it makes of the digit"),
    ):
        figure.text(x, 1 - 0.16 / figure.get_figheight(), text, fontsize=11, color=INK, va="top")
    return figure


def save(figure: Any, path: Path) -> Path:
    """Write a figure so that no half-written file is ever there."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format=path.suffix[1:], dpi=150, facecolor="white")
    ag.internal.write_whole("save", path, drawn.getvalue())
    return path


# -- the program -------------------------------------------------------------------------------


def say(text: str = "") -> None:
    print(text, flush=True)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m nn.demo", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="train on the MNIST IDX files there (gzipped or plain) instead"
    )
    parser.add_argument(
        "--epochs", type=at_least(1), metavar="N", help="times through the training images (default: 20; with --data 2)"
    )
    parser.add_argument(
        "--seed", type=at_least(0), default=0, metavar="N", help="decides split, initial weights and order (default: 0)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="folder for the pictures (default: demo-output)",
    )
    options = parser.parse_args(argv)
    options.epochs = options.epochs or (2 if options.data else 20)
    return options


def at_least(least: int) -> Callable[[str], int]:
    """What argparse reads a whole number with."""

    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number, {least} or more, not {text}")
        return int(text)

    return number


def prepare(folder: Path) -> None:
    """Make the folder, and a file in it on trial: what cannot be written is better said before the training."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror
        raise type(error)(
            f"no pictures can be written to this folder\n  --out: {folder}\n  reason: {reason}"
        ) from error


def run(options: argparse.Namespace) -> int:
    """The whole demo; returns the exit code."""
    try:
        training, held_out, source = load(options.data, options.seed)
        prepare(options.out)
    except (OSError, ValueError) as error:
        print(f"nn.demo: {error}", file=sys.stderr)
        return 2
    agree, logistic_tape = check_derivations()

    nn.manual_seed(options.seed)
    height, width = training[0].shape[2:]
    net = SmallLeNet(height, width, classes=1 + int(max(training[1].max(), held_out[1].max())))
    say(f"Training on {len(training[0])} images of {height}×{width}, holding out {len(held_out[0])}\n  {source}")
    started = time.perf_counter()
    history = train(net, training, held_out, options.epochs, options.seed)
    interrupted.check()
    seconds = time.perf_counter() - started
    wrong = round((1 - history.validation_accuracy[-1]) * len(held_out[0]))
    accuracy = f"{history.validation_accuracy[-1]:.2%}"
    say(f"  {accuracy} of the held-out digits read right ({wrong} wrong), after {seconds:.1f} s\n")

    try:
        written, missing = write_pictures(options.out, logistic_tape, net, history, held_out)
    except OSError as error:
        print(f"nn.demo: {error}", file=sys.stderr)
        return 2
    interrupted.check()
    for line in missing:
        say(f"Left out: {line}")
    say(f"Wrote to {options.out}{os.sep}")
    for path, what in written:
        say(f"  {path.name:<18}{what}")
    return 0 if agree else 1


class Interrupted:
    """Remembers Ctrl-C: Python drops a KeyboardInterrupt that is raised in a callback, of an import's lock say."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, number: int, frame: object) -> None:
        self.seen = True
        raise KeyboardInterrupt

    def check(self) -> None:
        if self.seen:
            raise KeyboardInterrupt


interrupted = Interrupted()


def main(argv: list[str] | None = None) -> int:
    try:
        return run(arguments(argv))
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C has nothing left to stop
        print("\nStopped. Every file that was written is whole.", file=sys.stderr)
        return 130


def begin_on_one_thread() -> None:
    """Begin the process anew with OMP_NUM_THREADS=1, unless the user has chosen a number of threads.

    In a net of this size more threads mostly wait for each other: on a busy machine it took thirty times as long.
    NumPy's libraries read the setting when they are loaded, and ``python -m nn.demo`` has loaded them by now.
    """
    chosen = any(f"{library}_NUM_THREADS" in os.environ for library in ("OMP", "OPENBLAS", "MKL"))
    if os.name == "posix" and not chosen and sys.orig_argv[1:3] == ["-m", "nn.demo"]:
        os.environ["OMP_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


if __name__ == "__main__":
    begin_on_one_thread()
    signal.signal(signal.SIGINT, interrupted)
    status = main()
    if status == 130:  # CPython would end by SIGINT where the interrupt had once passed through its eval()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(130)
    sys.exit(status)
