"""Train and evaluate: ``history = nn.training.fit(net, loader, loss_fn, optimizer, epochs=5)``.

A progress bar shows loss and accuracy while it runs. Ctrl-C ends the training and leaves the net as
it is then: after a step, or with a part of its parameters one step further. For anything out of the
ordinary write the loop yourself: ``train_epoch`` shows all there is to it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any

import autograd as ag

from .module import Module
from .optim import Optimizer

Loss = Callable[[Any, Any], Any]
Batches = Iterable[Any]


@dataclass
class History:
    """What ``fit`` saw: a list entry for each complete epoch.

    loss, accuracy : means over the epoch, while training
    validation_loss, validation_accuracy : after the epoch (empty without validation data)
    seconds : how long the epoch took
    interrupted : whether Ctrl-C ended it
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float | None] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    interrupted: bool = False

    @property
    def epochs(self) -> int:
        """How many epochs are complete."""
        return len(self.loss)


class Averages:
    """Loss and accuracy so far, each sample counted once."""

    def __init__(self) -> None:
        self.samples = self.correct = 0
        self.total = 0.0
        self.classifies = True

    def add(self, loss: Any, output: Any, target: Any) -> None:
        """Take in a batch: its mean loss, the net's output, and the targets."""
        n = len(target)
        self.samples += n
        self.total += float(loss) * n
        target = target.data if isinstance(target, ag.Tensor) else target
        if output.ndim == 2 and target.ndim == 1 and target.dtype.kind in "iu":
            self.correct += int((output.data.argmax(axis=1) == target).sum())
        else:
            self.classifies = False

    @property
    def loss(self) -> float:
        return self.total / self.samples if self.samples else float("nan")

    @property
    def accuracy(self) -> float | None:
        """The fraction of samples whose largest output is their class; None where there are no classes."""
        return self.correct / self.samples if self.samples and self.classifies else None

    def shown(self) -> dict[str, str]:
        """For the progress bar."""
        parts = {"loss": f"{self.loss:.4f}"}
        if self.accuracy is not None:
            parts["accuracy"] = f"{self.accuracy:.2%}"
        return parts


def fit(
    model: Module,
    loader: Batches,
    loss_fn: Loss,
    optimizer: Optimizer,
    *,
    epochs: int = 1,
    validation: Batches | None = None,
    progress: bool = True,
) -> History:
    """Train for some epochs; returns a ``History``.

    Parameters
    ----------
    model : a Module
    loader : gives batches (inputs, targets) in each epoch: a ``DataLoader``, a list of batches, …
    loss_fn : ``loss_fn(output, target)`` gives the mean loss of a batch, such as ``nn.CrossEntropyLoss()``
    optimizer : has the model's parameters
    validation : a loader to evaluate on after each epoch
    progress : show a progress bar for each epoch (on stderr)

    Ctrl-C does not raise: the history then says ``interrupted``, and the model can be used as it is.
    """
    history, mode = History(), model.training
    try:
        for epoch in range(epochs):
            began = time.perf_counter()
            with _Bar(loader, progress, f"epoch {epoch + 1}/{epochs}") as bar:
                loss, accuracy = _train(model, bar, loss_fn, optimizer)
                checked = None if validation is None else evaluate(model, validation, loss_fn)
                if checked is not None:
                    bar.show(_checked(checked))
            history.loss.append(loss)
            history.accuracy.append(accuracy)
            if checked is not None:
                history.validation_loss.append(checked[0])
                history.validation_accuracy.append(checked[1])
            history.seconds.append(time.perf_counter() - began)
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        model.train(mode)
    return history


def train_epoch(
    model: Module,
    loader: Batches,
    loss_fn: Loss,
    optimizer: Optimizer,
    *,
    progress: bool = True,
    description: str = "training",
) -> tuple[float, float | None]:
    """Go once through the loader's batches with a step after each; returns (mean loss, accuracy).

    The arguments are those of ``fit``. Ctrl-C raises KeyboardInterrupt, as anywhere.
    """
    with _Bar(loader, progress, description) as bar:
        return _train(model, bar, loss_fn, optimizer)


def _train(model: Module, bar: "_Bar", loss_fn: Loss, optimizer: Optimizer) -> tuple[float, float | None]:
    model.train()
    averages = Averages()
    for x, y in bar:
        optimizer.zero_grad()
        output = model(x)
        loss = loss_fn(output, y)
        loss.backward()
        optimizer.step()
        averages.add(loss, output, y)
        bar.show(averages.shown())
    return averages.loss, averages.accuracy


def evaluate(model: Module, loader: Batches, loss_fn: Loss) -> tuple[float, float | None]:
    """(mean loss, accuracy) over the loader's batches, in evaluation mode and without recording.

    The accuracy is None where targets are no class numbers.
    """
    mode, averages = model.training, Averages()
    model.eval()
    try:
        with ag.no_grad():
            for x, y in loader:
                output = model(x)
                averages.add(loss_fn(output, y), output, y)
    finally:
        model.train(mode)
    return averages.loss, averages.accuracy


def _checked(checked: tuple[float, float | None]) -> dict[str, str]:
    loss, accuracy = checked
    parts = {"validation loss": f"{loss:.4f}"}
    if accuracy is not None:
        parts["validation accuracy"] = f"{accuracy:.2%}"
    return parts


class _Bar:
    """The batches of a loader with a progress bar beside them, or without one."""

    def __init__(self, loader: Batches, progress: bool, description: str) -> None:
        self.loader = loader
        self.shown: dict[str, str] = {}
        self.tqdm: Any = None
        if progress:
            from tqdm import tqdm  # when used: importing nn stays quick

            total = len(loader) if isinstance(loader, Sized) else None
            self.tqdm = tqdm(total=total, desc=description, unit="batch")

    def __iter__(self) -> Iterator[Any]:
        for batch in self.loader:
            yield batch
            if self.tqdm is not None:
                self.tqdm.update()

    def show(self, parts: Mapping[str, str]) -> None:
        self.shown.update(parts)
        if self.tqdm is not None:
            self.tqdm.set_postfix(self.shown, refresh=False)

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self.tqdm is not None:
            self.tqdm.refresh()
            self.tqdm.close()
