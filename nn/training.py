"""Train and evaluate: ``history = nn.training.fit(net, loader, loss_fn, optimizer, epochs=5)``.

A progress bar shows loss and accuracy while it runs. Ctrl-C ends the training, and leaves the net as it is after its
last whole step. For anything out of the ordinary write the loop yourself: ``train_epoch`` shows all there is to it.
"""

import contextvars
import functools
import inspect
import math
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any, Concatenate, ParamSpec, Self, TypeAlias

import numpy as np

import autograd as ag

from .module import Module, modes_of, set_modes, watching
from .optim import Optimizer
from .restoring import as_it_was
from .values import values_of

Loader: TypeAlias = Iterable[Any]
LossFunction: TypeAlias = Callable[[Any, Any], Any]
Result: TypeAlias = tuple[float, float | None]
"""Mean loss, and accuracy where there are classes."""

P = ParamSpec("P")


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

    def add(self, trained: Result, seconds: float, validated: Result | None = None) -> None:
        """Add a complete epoch: (loss, accuracy) while training, how long it took, and after it on validation data.

        All lists grow at once: no Ctrl-C comes between two of them.
        """
        entries: list[tuple[list[Any], Any]] = [(self.loss, trained[0]), (self.accuracy, trained[1])]
        if validated is not None:
            entries += [(self.validation_loss, validated[0]), (self.validation_accuracy, validated[1])]
        entries.append((self.seconds, seconds))
        deque(starmap(list.append, entries), maxlen=0)


class Averages:
    """Loss and accuracy so far, each sample counted once.

    ignore_index : of the loss, if it has one: targets of this class do not count
    """

    def __init__(self, ignore_index: int | None = None) -> None:
        self.ignore_index = ignore_index
        self.batches = self.samples = self.correct = 0
        self.total = 0.0
        self.classifies = True

    def add(self, loss: Any, output: Any, target: Any) -> None:
        """Take in a batch: its mean loss, the net's output, and the targets.

        Raises ValueError for a batch without samples. One whose targets are all ignored counts for nothing.
        """
        value, samples = float(loss), _length(target)
        if not samples:
            raise ValueError("there is a batch without samples, whose mean loss would be that of nothing")
        classes = _classes(output, target)
        correct = 0
        if classes is not None:
            counts = np.ones(classes.shape, bool) if self.ignore_index is None else classes != self.ignore_index
            samples = int(counts.sum())
            if classes.ndim == 1:
                correct = int((values_of(output).argmax(axis=1) == classes)[counts].sum())
        self.batches += 1
        self.samples += samples
        self.total += value * samples if samples else 0.0
        self.correct += correct
        self.classifies = self.classifies and classes is not None and classes.ndim == 1

    @property
    def loss(self) -> float:
        return self.total / self.samples if self.samples else math.nan

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


def _classes(output: Any, target: Any) -> np.ndarray | None:
    """The targets as an array if they are class numbers for scores (N, K) or (N, K, d1, …), else None."""
    if not isinstance(output, ag.Tensor | np.ndarray) or isinstance(target, Mapping):
        return None
    try:
        array = values_of(target)
    except ValueError:  # several arrays, of shapes of their own
        return None
    fitting = array.dtype.kind in "iu" and array.shape == (*output.shape[:1], *output.shape[2:])
    return array if output.ndim >= 2 and fitting else None


def _length(part: Any) -> int:
    """How many samples a part of a batch has: an array, a list with an entry for each, or a tuple or dict of such."""
    if isinstance(part, Mapping):
        part = tuple(part.values())
    if isinstance(part, tuple) and part and not isinstance(part[0], int | float | np.generic):
        return _length(part[0])
    if isinstance(part, list | tuple):
        return len(part)
    shape = np.shape(part)
    return shape[0] if shape else 1


def _ending_at_ctrl_c(train: Callable[Concatenate[History, P], None]) -> Callable[P, History]:
    """The function with a new History as its first argument, which it returns, also where Ctrl-C ends it."""

    @functools.wraps(train)
    def until_interrupted(*args: P.args, **options: P.kwargs) -> History:
        history = History()
        try:
            train(history, *args, **options)
        except KeyboardInterrupt:
            history.interrupted = True
        return history

    signature = inspect.signature(train)
    vars(until_interrupted)["__signature__"] = signature.replace(
        parameters=list(signature.parameters.values())[1:], return_annotation=History
    )
    return until_interrupted


def _as_before(model: Module, run: Callable[..., Any], *args: Any) -> Any:
    """``run(model, *args)``; whatever ends it, each module has the mode that it had, and recording is on if it was."""
    modes = modes_of(model)
    try:
        # What is switched in a context of its own, such as recording, ends with it.
        result = contextvars.copy_context().run(run, model, *args)
        set_modes(modes)
    except BaseException:
        set_modes(modes)
        raise
    return result


@_ending_at_ctrl_c
def fit(
    history: History,
    model: Module,
    loader: Loader,
    loss_fn: LossFunction,
    optimizer: Optimizer,
    *,
    epochs: int = 1,
    validation: Loader | None = None,
    progress: bool = True,
    compile: bool = False,
) -> None:
    """Train for some epochs; returns a ``History``.

    Parameters
    ----------
    model : a Module. If all of it is in evaluation mode it trains in training mode; otherwise each module stays in the
        mode that it has: a part in evaluation mode stays frozen
    loader : gives batches (inputs, targets) anew in each epoch: a ``DataLoader``, a list of batches, …. An iterator,
        such as a generator, has them once, for a single epoch
    loss_fn : ``loss_fn(output, target)`` gives the mean loss of a batch, such as ``nn.CrossEntropyLoss()``
    optimizer : has the model's parameters
    validation : a loader to evaluate on after each epoch
    progress : show a progress bar for each epoch (on stderr)
    compile : run each step as a program (``ag.compile``): what the model and the loss do is recorded twice for each
        shape of a batch, and then run without their Python

    A batch whose targets are all ignored makes no step.

    Ctrl-C does not raise: the history then says ``interrupted``, and the model can be used as it is, after its last
    whole step. Afterwards each module is in the mode in which it was.

    Raises ValueError where there is nothing to train on or with: no batch, a batch that is no pair, a batch without
    samples, a loss without history, an optimizer whose parameters the loss does not depend on. A loss that is not
    finite is told once, by a RuntimeWarning that names the first module whose output is not finite; training goes on.
    """
    if not isinstance(epochs, int | np.integer) or epochs < 0:
        raise ValueError(f"fit: epochs must be a whole number, 0 or more\n  epochs: {epochs!r}")
    for name, given in (("loader", loader), ("validation", validation)):
        if epochs > 1 and isinstance(given, Iterator):
            raise ValueError(
                f"fit: {name} is an iterator, which gives its batches once, and not for each epoch\n"
                f"  {name}: {type(given).__name__}\n  epochs: {epochs}\n  give a DataLoader, or list({name})"
            )
    step = _compiled(model, loss_fn, optimizer) if compile else None
    _as_before(model, _fit, history, loader, loss_fn, optimizer, epochs, validation, progress, step)


def _fit(
    model: Module,
    history: History,
    loader: Loader,
    loss_fn: LossFunction,
    optimizer: Optimizer,
    epochs: int,
    validation: Loader | None,
    progress: bool,
    step: Callable[[Any, Any], Any] | None,
) -> None:
    told: list[str] = []
    for epoch in range(epochs):
        began = time.perf_counter()
        with _Bar(loader, progress, f"epoch {epoch + 1}/{epochs}") as bar:
            trained = _train(model, bar, loss_fn, optimizer, told, step)
            validated = None
            if validation is not None:
                validated = evaluate(model, validation, loss_fn)
                bar.show(_validated(validated))
        history.add(trained, time.perf_counter() - began, validated)


def train_epoch(
    model: Module,
    loader: Loader,
    loss_fn: LossFunction,
    optimizer: Optimizer,
    *,
    progress: bool = True,
    description: str = "training",
) -> Result:
    """Go once through the loader's batches with a step after each; returns (mean loss, accuracy).

    The arguments, modes, warnings and errors are those of ``fit``. Ctrl-C raises KeyboardInterrupt, as anywhere.
    """

    def run(model: Module) -> Result:
        with _Bar(loader, progress, description) as bar:
            return _train(model, bar, loss_fn, optimizer, [])

    result: Result = _as_before(model, run)
    return result


def _compiled(model: Module, loss_fn: LossFunction, optimizer: Optimizer) -> Callable[[Any, Any], Any]:
    """A whole step as a program: (inputs, targets) to (output, loss)."""

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        output = model(x)
        loss = loss_fn(output, y)
        _check_history(model, loss)
        loss.backward()
        optimizer.step()
        return output, loss

    return ag.compile(step)


def _check_history(model: Module, loss: Any) -> None:
    """Raise where nothing can be learned from the loss."""
    if not isinstance(loss, ag.Tensor) or not loss.requires_grad:
        raise ValueError(
            "training: the loss has no history, and nothing can be learned from it\n"
            f"  loss: {type(loss).__name__}\n  recording is {'on' if ag.is_grad_enabled() else 'off'} here\n"
            f"  parameters that require a gradient: {sum(p.requires_grad for p in model.parameters())}"
        )


def _teaches(y: Any, loss_fn: LossFunction) -> bool:
    """Whether a batch has targets that count."""
    ignored = getattr(loss_fn, "ignore_index", None)
    return bool(_length(y)) and not (ignored is not None and bool((values_of(y) == ignored).all()))


def _train(
    model: Module,
    bar: "_Bar",
    loss_fn: LossFunction,
    optimizer: Optimizer,
    told: list[str],
    step: Callable[[Any, Any], Any] | None = None,
) -> Result:
    if not any(module.training for module in model.modules()):
        model.train()
    averages = Averages(getattr(loss_fn, "ignore_index", None))
    for batch in bar:
        x, y = _pair(batch)
        stepped = step is not None and _teaches(y, loss_fn)
        if step is not None and stepped:
            output, loss = step(x, y)
        else:
            optimizer.zero_grad()
            output = model(x)
            loss = loss_fn(output, y)
            _check_history(model, loss)
        before = averages.samples
        averages.add(loss, output, y)  # before the step: what makes no sense is found while nothing has changed
        if averages.samples == before:  # all targets are ignored: there is nothing to learn from
            continue
        if not told and not math.isfinite(float(loss)):
            told.append(_first_fault(model, x, float(loss)))
            warnings.warn(told[0], RuntimeWarning, stacklevel=2)
        if not stepped:
            loss.backward()
        if not before:
            _check_reached(optimizer)
        if not stepped:
            optimizer.step()
        bar.show(averages.shown())
    _check_batches("training", averages, bar.loader)
    return averages.loss, averages.accuracy


def evaluate(model: Module, loader: Loader, loss_fn: LossFunction) -> Result:
    """(mean loss, accuracy) over the loader's batches, in evaluation mode and without recording.

    The accuracy is None where targets are no class numbers. Afterwards each module is in the mode in which it was.
    Raises ValueError where there is no batch.
    """
    result: Result = _as_before(model, _evaluate, loader, loss_fn)
    return result


def _evaluate(model: Module, loader: Loader, loss_fn: LossFunction) -> Result:
    model.eval()
    averages = Averages(getattr(loss_fn, "ignore_index", None))
    with ag.no_grad():
        for batch in loader:
            x, y = _pair(batch)
            output = model(x)
            averages.add(loss_fn(output, y), output, y)
    _check_batches("evaluate", averages, loader)
    return averages.loss, averages.accuracy


def _pair(batch: Any) -> Any:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        built = f"{type(batch).__name__}" + (f" of {len(batch)}" if isinstance(batch, tuple | list | dict) else "")
        raise ValueError(
            f"training: a batch must be a pair, (inputs, targets)\n  batch: {built}\n"
            "  for others write the loop yourself, as train_epoch shows it"
        )
    return batch


def _check_batches(what: str, averages: Averages, loader: Any) -> None:
    """Raise where a loader has given no batch: an epoch of nothing is none."""
    if averages.batches:
        return
    lines = [f"  loader: {type(loader).__name__}"]
    if hasattr(loader, "batch_size") and hasattr(loader, "dataset"):
        lines += [f"  samples: {len(loader.dataset)}", f"  batch_size: {loader.batch_size}"]
        lines += [f"  drop_last: {loader.drop_last}"] if hasattr(loader, "drop_last") else []
    elif isinstance(loader, Iterator):
        lines.append("  an iterator gives its batches once: give a DataLoader or a list")
    raise ValueError(f"{what}: the loader has given no batch\n" + "\n".join(lines))


def _check_reached(optimizer: Any) -> None:
    """Raise where no parameter of the optimizer has got a gradient: its steps would move nothing."""
    params = [p for group in getattr(optimizer, "param_groups", ()) for p in group["params"]]
    if params and all([p.grad is None for p in params]):
        names = ", ".join([p.name or str(p.shape) for p in params[:3]]) + (", …" if len(params) > 3 else "")
        raise ValueError(
            "training: the loss depends on none of the optimizer's parameters, and no step would move anything\n"
            f"  parameters: {names}\n  give the optimizer model.parameters()"
        )


def _first_fault(model: Module, x: Any, loss: float) -> str:
    """What to say of a loss that is not finite: the model is run once more, and is afterwards as it was."""
    found: list[Module] = []

    def watch(module: Module, output: Any) -> None:
        if not found and not _finite(output):
            found.append(module)

    def run() -> None:
        watching.set(watch)
        with ag.no_grad(), ag.tape(), np.errstate(all="ignore"):  # NumPy has warned the first time
            model(x)

    with as_it_was(model):
        contextvars.copy_context().run(run)
    lines = [f"training: the loss is {loss}"]
    if not _finite(x):
        lines.append("  the inputs of the batch are not finite")
    if found:
        name = next(name for name, module in model.named_modules() if module is found[0])
        lines.append(
            f"  the first module whose output is not finite: {name or 'the model itself'}, {type(found[0]).__name__}"
        )
        own = [name for name, p in found[0].named_parameters(recurse=False) if not _finite(p)]
        if own:
            lines.append(f"  its parameters that are not finite, since an earlier step: {', '.join(own)}")
    else:
        lines.append("  every module's output is finite: it arises in the loss function")
    return "\n".join([*lines, "  with ag.detect_anomaly() the operation is found"])


def _finite(value: Any) -> bool:
    """Whether all numbers in an array, or in a tuple, list or dict of them, are finite."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return all(_finite(part) for part in value)
    array = values_of(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def _validated(result: Result) -> dict[str, str]:
    loss, accuracy = result
    parts = {"validation loss": f"{loss:.4f}"}
    if accuracy is not None:
        parts["validation accuracy"] = f"{accuracy:.2%}"
    return parts


class _Bar:
    """The batches of a loader with a progress bar beside them, or without one."""

    def __init__(self, loader: Loader, progress: bool, description: str) -> None:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.tqdm is not None:
            self.tqdm.refresh()
            self.tqdm.close()
