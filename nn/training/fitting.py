"""The loop itself: ``fit``, ``train_epoch`` and ``evaluate``."""

import functools
import inspect
import math
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Concatenate, Literal, ParamSpec, TypeAlias

import numpy as np

import autograd as ag

from .. import checkpoint as checkpoints
from ..io import FilePath
from ..module import Module
from ..optim import Optimizer
from ..optim.lr_scheduler import ReduceLROnPlateau
from ..restoring import in_its_modes
from .averages import Averages, Metrics
from .bar import Bar
from .callbacks import Callback
from .faults import check_batches, check_reached, first_fault, pair_of
from .history import History, Result
from .steps import Steps

Loader: TypeAlias = Iterable[Any]
LossFunction: TypeAlias = Callable[[Any, Any], Any]

P = ParamSpec("P")


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
    metrics: Metrics | None = None,
    scheduler: Any = None,
    scheduler_each: Literal["epoch", "step"] = "epoch",
    callbacks: Sequence[Callback] = (),
    accumulate: int = 1,
    clip_norm: float | None = None,
    checkpoint: FilePath | None = None,
    checkpoint_every: int | None = None,
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
    metrics : {name: ``metric(output, target)``, the mean over a batch's samples}, for the history
    scheduler : of ``nn.optim.lr_scheduler``; its ``step`` is called after each epoch, or after each of the optimizer's
        steps with scheduler_each="step". ReduceLROnPlateau gets the validation loss, without one the training loss
    callbacks : functions of the history, called after each epoch; the training ends where one returns True, as
        ``EarlyStopping`` does
    accumulate : how many batches make one step, with the mean of their gradients
    clip_norm : the most that the norm of all gradients together may be: ``nn.utils.clip_grad_norm_`` before each step
    checkpoint : a file that is written after each epoch, and after every ``checkpoint_every`` batches. Where it is
        there already, the training goes on from it, and ends with the bits of one that was never cut off. ``epochs``
        counts from the beginning. Of several processes (``nn.distributed``) number 0 writes it for all
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
    every = 1 if checkpoint_every is None else checkpoint_every
    for name, number, least in (("epochs", epochs, 0), ("accumulate", accumulate, 1), ("checkpoint_every", every, 1)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
            raise ValueError(f"fit: {name} must be a whole number, {least} or more\n  {name}: {number!r}")
    if scheduler_each not in ("epoch", "step"):
        raise ValueError(f'fit: scheduler_each is "epoch" or "step"\n  scheduler_each: {scheduler_each!r}')
    for name, given in (("loader", loader), ("validation", validation)):
        if epochs > 1 and isinstance(given, Iterator):
            raise ValueError(
                f"fit: {name} is an iterator, which gives its batches once, and not for each epoch\n"
                f"  {name}: {type(given).__name__}\n  epochs: {epochs}\n  give a DataLoader, or list({name})"
            )
    steps = Steps(model, loss_fn, optimizer, accumulate, clip_norm, compile)
    training = _Training(
        history, loader, steps, metrics, scheduler, scheduler_each, callbacks, checkpoint, checkpoint_every
    )
    in_its_modes(model, lambda model: training.run(int(epochs), validation, progress))


class _Training:
    """A training under way.

    epoch, batch : how many are done: epochs, and batches of the one that is under way
    """

    def __init__(
        self,
        history: History,
        loader: Loader,
        steps: Steps,
        metrics: Metrics | None,
        scheduler: Any,
        scheduler_each: str,
        callbacks: Sequence[Callback],
        path: FilePath | None,
        every: int | None,
    ) -> None:
        self.history, self.loader, self.steps, self.metrics = history, loader, steps, metrics
        self.scheduler, self.scheduler_each, self.callbacks = scheduler, scheduler_each, list(callbacks)
        self.path, self.every = path, every
        self.told: list[str] = []
        self.epoch = self.batch = 0
        self.seconds = 0.0
        self.ended = False
        self.averages = self._new_averages()

    def run(self, epochs: int, validation: Loader | None, progress: bool) -> None:
        if self.path is not None and os.path.exists(self.path):
            self._resume()
        while self.epoch < epochs and not self.ended:
            began = time.perf_counter() - self.seconds
            batches: Any = self.loader
            if self.batch and not _has_position(self.loader):
                batches = _Rest(self.loader, self.batch)
            with Bar(batches, progress, f"epoch {self.epoch + 1}/{epochs}") as bar:
                self.train(bar, began)
                checked = None
                if validation is not None:
                    checked = _evaluated(self.steps.model, validation, self.steps.loss_fn, self.metrics)
                    bar.show(checked.shown("validation "))
            self._end_epoch(time.perf_counter() - began, checked)

    def train(self, bar: Any, began: float = 0.0) -> None:
        model, steps, averages = self.steps.model, self.steps, self.averages
        if not any(module.training for module in model.modules()):
            model.train()
        for batch in bar:
            x, y = pair_of(batch)
            output, loss = steps.begin(x, y)
            before = averages.samples
            averages.add(loss, output, y)  # before the step: what makes no sense is found while nothing has changed
            self.batch += 1
            if averages.samples == before:  # all targets are ignored: there is nothing to learn from
                continue
            if not self.told and not math.isfinite(float(loss)):
                self.told.append(first_fault(model, x, float(loss)))
                warnings.warn(self.told[0], RuntimeWarning, stacklevel=2)
            steps.backward(loss)
            if not before:
                check_reached(steps.optimizer)
            if steps.update():
                self._after_step()
                if self.every is not None and self.batch % self.every == 0:
                    self.seconds = time.perf_counter() - began
                    self._save()
            bar.show(averages.shown())
        if steps.pending:
            steps.update(last=True)
            self._after_step()
        check_batches("training", averages, bar.loader)

    def _after_step(self) -> None:
        if self.scheduler is not None and self.scheduler_each == "step":
            self._step_scheduler(self.averages.loss)

    def _step_scheduler(self, loss: float) -> None:
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(loss)
        else:
            self.scheduler.step()

    def _end_epoch(self, seconds: float, checked: Averages | None) -> None:
        averages, lr = self.averages, float(self.steps.optimizer.param_groups[0]["lr"])
        if self.scheduler is not None and self.scheduler_each == "epoch":
            self._step_scheduler(averages.loss if checked is None else checked.loss)
        validated, means = (None, None) if checked is None else (checked.result, checked.means)
        self.history.add(averages.result, seconds, validated, averages.means, means, lr)
        self.ended = any([bool(callback(self.history)) for callback in self.callbacks])
        vars(self).update(epoch=self.epoch + 1, batch=0, seconds=0.0, averages=self._new_averages())
        if self.path is not None:
            self._save()

    def _new_averages(self) -> Averages:
        return Averages(getattr(self.steps.loss_fn, "ignore_index", None), self.metrics)

    # -- checkpoints ---------------------------------------------------------------------------

    def _parts(self) -> dict[str, Any]:
        parts = {"model": self.steps.model, "optimizer": self.steps.optimizer, "averages": self.averages}
        if self.scheduler is not None:
            parts["scheduler"] = self.scheduler
        if _has_position(self.loader):
            parts["loader"] = self.loader
        parts.update({f"callback {i}": one for i, one in enumerate(self.callbacks) if hasattr(one, "state_dict")})
        return parts

    def _checkpoints(self) -> Any:
        """What writes and reads the file: of all processes where several train the model."""
        distributed: Any = sys.modules.get("nn.distributed")  # where nothing loaded it there is one process
        together = distributed is not None and distributed.is_replicated(self.steps.model)
        return distributed.checkpoint if together else checkpoints

    def _save(self) -> None:
        assert self.path is not None
        progress = {name: getattr(self, name) for name in ("epoch", "batch", "seconds", "ended")}
        self._checkpoints().save(self.path, **self._parts(), progress=progress, history=vars(self.history))

    def _resume(self) -> None:
        assert self.path is not None
        found = self._checkpoints().load(self.path, **self._parts())
        vars(self).update(found["progress"])
        vars(self.history).update(found["history"], interrupted=False)


def _has_position(loader: Any) -> bool:
    return hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")


class _Rest:
    """The batches of a loader from one on."""

    def __init__(self, loader: Any, start: int) -> None:
        self.loader, self.start = loader, start

    def __iter__(self) -> Iterator[Any]:
        return islice(iter(self.loader), self.start, None)


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
        steps = Steps(model, loss_fn, optimizer)
        training = _Training(History(), loader, steps, None, None, "epoch", (), None, None)
        with Bar(loader, progress, description) as bar:
            training.train(bar)
        return training.averages.result

    result: Result = in_its_modes(model, run)
    return result


def evaluate(model: Module, loader: Loader, loss_fn: LossFunction) -> Result:
    """(mean loss, accuracy) over the loader's batches, in evaluation mode and without recording.

    The accuracy is None where targets are no class numbers. Afterwards each module is in the mode in which it was.
    Raises ValueError where there is no batch.
    """
    return _evaluated(model, loader, loss_fn).result


def _evaluated(model: Module, loader: Loader, loss_fn: LossFunction, metrics: Metrics | None = None) -> Averages:
    averages: Averages = in_its_modes(model, _evaluate, loader, loss_fn, metrics)
    return averages


def _evaluate(model: Module, loader: Loader, loss_fn: LossFunction, metrics: Metrics | None) -> Averages:
    model.eval()
    averages = Averages(getattr(loss_fn, "ignore_index", None), metrics)
    with ag.no_grad():
        for batch in loader:
            x, y = pair_of(batch)
            output = model(x)
            averages.add(loss_fn(output, y), output, y)
    check_batches("evaluate", averages, loader)
    return averages
