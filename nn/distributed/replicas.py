"""One model in all processes: the same weights, and gradients that are means over all of them."""

import atexit
import contextlib
import weakref
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

from ..module import Module
from .agreement import broadcast, check_alike
from .buckets import Bucket, buckets_of
from .processes import end_all, world

_replicated: "weakref.WeakKeyDictionary[Module, Replicas]" = weakref.WeakKeyDictionary()

_in_step: "list[Replicas]" = []
"""Those of several processes, in the order in which they were made."""


def replicate(model: Module, bucket_cap_mb: float = 1) -> "Replicas":
    """Give a model the weights of process 0 in every process, and let each ``backward`` give the mean gradients of all.

    Call it in all processes, before the first step; then train as ever. The model is changed in place and stays what it
    is, with its names, its state dict and its class, hence not PyTorch's ``DistributedDataParallel``, which wraps it.

    Gradients travel in buckets of ``bucket_cap_mb`` megabytes while the backward goes on, beginning with the layers
    used last. When ``backward`` returns every ``.grad`` is the mean over all processes; a parameter that a process has
    not used counts as zero there, and one that none has used keeps the gradient that it had.

    * Each process must call ``backward`` equally often. One that has ended, by whatever way, ends the others with an
      error at their next backward.
    * Buffers, such as the running statistics of batch norm, are those of process 0 at the beginning. From then on each
      process follows the batches that it sees: save the model of process 0. In training mode batch norm takes the mean
      of a process's own share.
    * Parameters that are frozen, released, or cast to another dtype later, are an error at the next forward: call
      ``replicate`` again, which replaces what there was.
    * Where weights, dropout or augmentation draw random numbers, seed them after this call, with
      ``nn.manual_seed(seed + get_rank())``: else all processes draw the same.
    * For several small batches to a step see ``Replicas.no_sync``. With ``ag.compile`` and ``create_graph`` a backward
      is an error: neither can follow a gradient to another process.

    Raises ValueError, in every process, where the processes do not have the same model: it lists the parameters and
    buffers whose names, shapes or dtypes differ. ImportError without mpi4py or without an MPI.
    """
    former = _replicated.pop(model, None)
    if former is not None:
        former.remove()
    _replicated[model] = Replicas(model, world(), bucket_cap_mb)
    return _replicated[model]


def is_replicated(model: Module) -> bool:
    """Whether several processes train this model together."""
    replicas = _replicated.get(model)
    return replicas is not None and bool(replicas._removals)


class Replicas:
    """What ``replicate`` gives: the gradients of one model on their way between the processes."""

    def __init__(self, model: Module, comm: Any, bucket_cap_mb: float) -> None:
        self._removals: list[Any] = []
        self._synchronizes = True
        self._size = comm.Get_size()
        if self._size == 1:
            return
        check_alike(comm, model, {"bucket_cap_mb": bucket_cap_mb})
        broadcast(comm, model)
        self._comm = comm.Dup()  # on which no other message can come between
        self._most_bytes = bucket_cap_mb * 1e6
        everything = list(model.parameters())
        self._parameters = [p for p in everything if p.requires_grad][::-1]
        self._buckets = buckets_of(self._parameters, self._most_bytes)
        self._of = {p: bucket for bucket in self._buckets for p in bucket.parameters}
        self._sent = 0
        """How many buckets are under way or done."""
        self._came: list[Tensor] = []
        """The parameters whose gradient has come in this walk, in order."""
        self._has_order = False
        self._holds_own = False
        """Whether gradients of this process alone lie in ``.grad``, after ``no_sync``."""
        states = [(p.node, p.dtype) for p in everything]
        self._removals = [p.register_hook(partial(self._come, p)).remove for p in self._parameters]
        self._removals.append(model.register_forward_pre_hook(_check(everything, states)).remove)
        self._removals.append(partial(_in_step.remove, self))
        _in_step.append(self)

    def remove(self) -> None:
        """Let the gradients be each process's own again. Call it in all processes."""
        while self._removals:
            self._removals.pop()()

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        """While in it, a backward sums the gradients of this process alone; the next one outside takes all to the mean.

        For gradient accumulation: of k batches to a step put the first k - 1 backwards into it, and one message is sent
        in place of k. Without it the result is the same.
        """
        before, self._synchronizes = self._synchronizes, False
        try:
            yield
        finally:
            self._synchronizes = before

    # -- during a walk -------------------------------------------------------------------------

    def _come(self, p: Tensor, g: Tensor) -> Any:
        """A parameter's gradient has come: the hook."""
        if not self._synchronizes:
            self._holds_own = True
            return None
        if g.requires_grad:
            raise RuntimeError("replicate: gradients with a history (create_graph) cannot go through messages")
        bucket = self._of[p]
        if p not in bucket.missing:
            raise RuntimeError(
                "replicate: a backward was cut short in this process, and the others may be waiting for its rest\n"
                f"  parameter: {p.name or p.shape}"
            )
        self._came.append(p)
        bucket.put(p, g.data, *self._own(p))
        while self._sent < len(self._buckets) and not self._buckets[self._sent].missing:
            self._send()
        for one in self._buckets[: self._sent]:
            one.request.Test()  # MPI moves messages on only while it is called
        return ag.internal.Later(partial(self._mean, bucket, p))

    def _own(self, p: Tensor) -> list[np.ndarray]:
        """The gradient that ``no_sync`` has left, as a list of at most one."""
        return [p.grad] if self._holds_own and p.grad is not None else []

    def _send(self) -> None:
        self._buckets[self._sent].send(self._comm)
        self._sent += 1

    def _mean(self, bucket: Bucket, p: Tensor) -> np.ndarray:
        """The mean gradient, at the end of the walk."""
        if self._came:
            self._finish()
        return bucket.parts[p] / self._size

    def _finish(self) -> None:
        """Send what has not been sent, wait for everything, and be ready for the next walk."""
        while self._sent < len(self._buckets):
            bucket = self._buckets[self._sent]
            for p in list(bucket.missing):
                bucket.put(p, *self._own(p))
            self._send()
        for bucket in self._buckets:
            bucket.wait()
            if bucket.ended[0]:
                raise RuntimeError(
                    "replicate: other processes have ended, and this one goes on with a backward\n"
                    f"  ended: {int(bucket.ended[0])} of {self._size}\n"
                    "  all must have the same number of batches: nn.data.DistributedSampler sees to it"
                )
        came, self._came = self._came, []
        if self._holds_own:
            self._holds_own = False
            for p in self._parameters:
                p.grad = None  # it is in the mean
        for p in set(self._parameters).difference(came):
            bucket = self._of[p]
            if bucket.flags[p]:
                mean = bucket.parts[p] / self._size
                p.grad = mean if p.grad is None else p.grad + mean
        self._sent = 0
        for bucket in self._buckets:
            bucket.renew()
        if not self._has_order:
            self._take_order(came)

    def _take_order(self, came: list[Tensor]) -> None:
        """Lay the buckets out anew, in the order in which process 0 was given the gradients."""
        self._has_order = True
        places: dict[Tensor, int] = {p: i for i, p in enumerate(self._parameters)}
        order = self._comm.bcast([places[p] for p in came])
        rest = [i for i in range(len(self._parameters)) if i not in set(order)]
        self._parameters = [self._parameters[i] for i in order + rest]
        self._buckets = buckets_of(self._parameters, self._most_bytes)
        self._of = {p: bucket for bucket in self._buckets for p in bucket.parameters}

    # -- at the end ----------------------------------------------------------------------------

    def leave(self) -> Bucket | None:
        """Tell the others that this process ends, in what they take for the first message of a backward: returned."""
        if self._came:
            end_all("a backward was cut short, and the others wait for its rest")
        if not self._buckets:
            return None
        self._buckets[0].send(self._comm, ended=True)
        return self._buckets[0]


@atexit.register
def _leave() -> None:
    """This process ends: wait for the others, which either end too or begin a backward and are told."""
    for bucket in [one.leave() for one in _in_step]:  # all are told before any is waited for
        if bucket is not None:
            bucket.wait()


def _check(parameters: Sequence[Tensor], states: list[Any]) -> Any:
    """A hook before each forward: whether the parameters are as they were when it was registered."""

    def check(module: Module, args: Any) -> None:
        if [(p.node, p.dtype) for p in parameters] != states:
            changed = [
                p.name or str(p.shape)
                for p, state in zip(parameters, states, strict=True)
                if (p.node, p.dtype) != state
            ]
            raise RuntimeError(
                "replicate: requires_grad or the dtype of parameters has changed since\n"
                f"  parameters: {', '.join(changed[:5])}{', …' if len(changed) > 5 else ''}\n"
                "  call nn.distributed.replicate(model) again, in all processes"
            )

    return check
