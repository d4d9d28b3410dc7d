"""What makes no sense in a training, and which module's output was the first that is not finite."""

import contextvars
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import autograd as ag

from ..module import Module, watching
from ..restoring import as_it_was
from ..values import values_of
from .averages import Averages


def pair_of(batch: Any) -> Any:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        built = f"{type(batch).__name__}" + (f" of {len(batch)}" if isinstance(batch, tuple | list | dict) else "")
        raise ValueError(
            f"training: a batch must be a pair, (inputs, targets)\n  batch: {built}\n"
            "  for others write the loop yourself, as train_epoch shows it"
        )
    return batch


def check_batches(what: str, averages: Averages, loader: Any) -> None:
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


def check_reached(optimizer: Any) -> None:
    """Raise where no parameter of the optimizer has got a gradient: its steps would move nothing."""
    params = [p for group in getattr(optimizer, "param_groups", ()) for p in group["params"]]
    if params and all([p.grad is None for p in params]):
        names = ", ".join([p.name or str(p.shape) for p in params[:3]]) + (", …" if len(params) > 3 else "")
        raise ValueError(
            "training: the loss depends on none of the optimizer's parameters, and no step would move anything\n"
            f"  parameters: {names}\n  give the optimizer model.parameters()"
        )


def check_history(model: Module, loss: Any) -> None:
    """Raise where nothing can be learned from the loss."""
    if not isinstance(loss, ag.Tensor) or not loss.requires_grad:
        raise ValueError(
            "training: the loss has no history, and nothing can be learned from it\n"
            f"  loss: {type(loss).__name__}\n  recording is {'on' if ag.is_grad_enabled() else 'off'} here\n"
            f"  parameters that require a gradient: {sum(p.requires_grad for p in model.parameters())}"
        )


def first_fault(model: Module, x: Any, loss: float) -> str:
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
