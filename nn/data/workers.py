"""Batches made ahead by threads or processes, and handed out in their order.

A thread makes each batch. With processes it only asks its own process for it, through a pipe, so that order, looking
ahead and errors are the same with both. No memory is shared, and none can be left behind.
"""

import multiprocessing as mp
import multiprocessing.connection
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

Make = Callable[[Any], Any]
"""A batch of the positions of its samples."""
PATIENCE = 5.0
"""Seconds that an idle process has to end by itself."""


def in_order(batches: Iterable[Any], make: Make, workers: int, ahead: int, processes: "Processes | None") -> Iterator:
    """What ``make`` gives for each, in their order; ``ahead`` of them are asked for before they are wanted.

    However it ends, by the last batch, an error, Ctrl-C or because nobody wants more, no thread and no process stays.
    """
    threads = ThreadPoolExecutor(workers, "DataLoader")
    wanted: deque[Future[Any]] = deque()
    try:
        for indices in batches:
            wanted.append(threads.submit(make if processes is None else processes.make, indices))
            if len(wanted) > ahead:
                yield wanted.popleft().result()
        while wanted:
            yield wanted.popleft().result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)  # what has not begun will not
        if processes is not None:
            processes.end()
        threads.shutdown()


class Processes:
    """Processes that make batches, each for one caller at a time."""

    def __init__(self, context: Any, make: Make, count: int, init: Callable[[int], Any] | None) -> None:
        context = context if hasattr(context, "Process") else mp.get_context(context)
        self.all: list[tuple[Any, Any]] = []
        self.idle: deque[tuple[Any, Any]] = deque()
        self.ending = False
        self.lock = threading.Lock()
        try:
            for number in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, make, number, init), daemon=True)
                with theirs:
                    process.start()
                self.all.append((process, ours))
        except BaseException:
            self.end()
            raise
        self.idle.extend(self.all)

    def make(self, indices: Any) -> Any:
        """The batch that an idle process makes; its error, with its traceback, where it made none."""
        with self.lock:
            if self.ending:
                raise RuntimeError("DataLoader: the processes have ended")
            process, pipe = self.idle.pop()
        try:
            pipe.send(indices)
            buffers = [pipe.recv_bytes() for _ in range(pipe.recv())]
            made, value = pickle.loads(buffers[0], buffers=[bytearray(one) for one in buffers[1:]])
        except (EOFError, OSError):
            if not self.ending:
                process.join(PATIENCE)
            raise RuntimeError(
                f"DataLoader: a worker process has died\n  process: {process.pid}\n  exit code: {process.exitcode}\n"
                f"  samples: {_few(indices)}"
            ) from None
        self.idle.append((process, pipe))
        if made:
            return value
        error, text = value
        raise error from _WorkersTraceback(text)

    def end(self) -> None:
        """Those that are idle are told to end; the others are killed."""
        with self.lock:
            self.ending = True
            idle = {id(process) for process, _ in self.idle}
        for process, pipe in self.all:
            if id(process) in idle:
                with suppress(OSError):  # it may have died
                    pipe.send(None)
            else:
                process.kill()
        for process, pipe in self.all:
            process.join(PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
            pipe.close()
        self.all.clear()


class _WorkersTraceback(Exception):
    """Stands for the traceback that an error had in another process, where a traceback shows it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"\n\n{self.text}"


def noted(make: Make) -> Make:
    """The same, whose errors say which samples the batch has."""
    return _Noted(make)


class _Noted:
    def __init__(self, make: Make) -> None:
        self.make = make

    def __call__(self, indices: Any) -> Any:
        try:
            return self.make(indices)
        except BaseException as error:
            error.add_note(f"DataLoader: while a worker made the batch of samples {_few(indices)}")
            raise


def _few(indices: Any) -> str:
    shown = ", ".join(str(int(i)) for i in indices[:8])
    return f"{shown}, … ({len(indices)})" if len(indices) > 8 else shown


def _work(pipe: Any, make: Make, number: int, init: Callable[[int], Any] | None) -> None:
    """What a process does: a batch for each list of positions, until told to end, or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends this process
    parent = mp.parent_process()
    ends = [pipe, parent.sentinel] if parent is not None else [pipe]
    failed: BaseException | None = None
    try:
        if init is not None:
            init(number)
    except Exception as error:
        failed = error
    while pipe in mp.connection.wait(ends):
        try:
            indices = pipe.recv()
        except (EOFError, OSError):
            break
        if indices is None:
            break
        try:
            if failed is not None:
                raise failed
            parts = _packed(True, make(indices))
        except Exception as error:
            parts = _packed(False, _sendable(error))
        pipe.send(len(parts))
        for part in parts:
            pipe.send_bytes(part)
    pipe.close()


def _packed(made: bool, value: Any) -> list[Any]:
    """The pickle of a batch, and the memory of its arrays, which is not copied into it."""
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps((made, value), protocol=5, buffer_callback=buffers.append)
    return [text, *[buffer.raw() for buffer in buffers]]


def _sendable(error: Exception) -> tuple[Exception, str]:
    """The error, or where it cannot be sent a RuntimeError in its place, and its traceback as text."""
    text = "".join(traceback.format_exception(error))
    try:
        again = pickle.loads(pickle.dumps(error))
        if type(again) is type(error):
            return error, text
    except Exception:  # whatever the class of somebody's error does when pickled
        pass
    return RuntimeError(f"{type(error).__name__}: {error}"), text


def check_workers(num_workers: Any, prefetch_factor: Any, context: Any) -> None:
    """Raise where these make no sense."""
    for name, value, least in (("num_workers", num_workers, 0), ("prefetch_factor", prefetch_factor, 1)):
        if value is not None and (not isinstance(value, int) or value < least):
            raise ValueError(f"DataLoader: {name} must be a whole number from {least}\n  {name}: {value!r}")
    if context is None:
        return
    if num_workers == 0:
        raise ValueError("DataLoader: multiprocessing_context is for workers\n  num_workers: 0")
    if isinstance(context, str) and context not in mp.get_all_start_methods():
        known = ", ".join(mp.get_all_start_methods())
        raise ValueError(
            f"DataLoader: there is no such way to start a process here\n  multiprocessing_context: {context!r}\n"
            f"  known: {known}"
        )
