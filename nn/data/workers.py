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
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from typing import Any, Self

Make = Callable[[Any], Any]
"""A batch of the positions of its samples."""
PATIENCE = 5.0
"""Seconds that an idle process has to end by itself."""


def in_order(
    batches: Iterable[Any], make: Make, workers: int, ahead: int, processes: Callable[[], "Processes"] | None
) -> Iterator[Any]:
    """What ``make`` gives for each, in their order; ``ahead`` of them are asked for before they are wanted.

    However it ends, by the last batch, an error, Ctrl-C or because nobody wants more, no thread and no process stays.
    """
    with ExitStack() as ends:
        threads = ends.enter_context(_Threads(workers))
        if processes is not None:
            make = ends.enter_context(processes()).make  # ended before the threads are, which may wait for them
        threads.start(make)
        wanted: deque[SimpleQueue[Any]] = deque()
        for indices in batches:
            wanted.append(threads.ask(indices))
            if len(wanted) > ahead:
                yield _answer(wanted.popleft())
        while wanted:
            yield _answer(wanted.popleft())


class _Threads:
    """Threads that make batches.

    Questions and answers go through queues written in C, which Ctrl-C cannot leave half locked: a ``Future`` waits by
    a lock written in Python, and raises RuntimeError in the place of KeyboardInterrupt where that comes between.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.ending = False
        self.asked: SimpleQueue[Any] = SimpleQueue()
        self.all: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def start(self, make: Make) -> None:
        with _no_interrupt():
            for n in range(self.count):
                # a daemon: an iterator that is still alive when Python ends does not hold it up
                thread = threading.Thread(target=self._work, args=(make,), name=f"DataLoader_{n}", daemon=True)
                thread.start()
                self.all.append(thread)

    def ask(self, indices: Any) -> SimpleQueue[Any]:
        """Where the answer will be."""
        answer: SimpleQueue[Any] = SimpleQueue()
        self.asked.put((indices, answer))
        return answer

    def _work(self, make: Make) -> None:
        while (asked := self.asked.get()) is not None:
            if self.ending:
                continue
            indices, answer = asked
            try:
                answer.put((make(indices), None))
            except BaseException as error:
                answer.put((None, error))
            del asked, indices, answer  # the batch is not held on to while waiting for the next

    def __exit__(self, *why: object) -> None:
        self.ending = True
        for _ in self.all:
            self.asked.put(None)
        for thread in self.all:
            thread.join()


def _answer(queue: SimpleQueue[Any]) -> Any:
    value, error = queue.get()
    if error is None:
        return value
    try:
        raise error
    finally:
        del error  # which holds this frame


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Ctrl-C waits until the end of this; what is started meanwhile begins without it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Processes:
    """Processes that make batches, each for one caller at a time."""

    def __init__(self, context: Any, make: Make, count: int, init: Callable[[int], Any] | None) -> None:
        context = context if hasattr(context, "Process") else mp.get_context(context)
        self.all: list[tuple[Any, Any]] = []
        self.idle: deque[tuple[Any, Any]] = deque()
        self.ending = False
        self.lock = threading.Lock()
        """Held by who takes an idle process, and by who asks how one ended: two that ask at once get no answer."""
        try:
            for number in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, make, number, init), daemon=True)
                with theirs, _no_interrupt():
                    process.start()
                    self.all.append((process, ours))
        except BaseException:
            self.end()
            raise
        self.idle.extend(self.all)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def make(self, indices: Any) -> Any:
        """The batch that an idle process makes; its error, with its traceback, where it made none."""
        with self.lock:
            self._check_not_ending()
            process, pipe = self.idle.pop()
        try:
            pipe.send(indices)
            buffers = [pipe.recv_bytes() for _ in range(pipe.recv())]
            made, value = pickle.loads(buffers[0], buffers=[bytearray(one) for one in buffers[1:]])
        except (EOFError, OSError):
            with self.lock:
                self._check_not_ending()
                process.join(PATIENCE)
                raise RuntimeError(
                    f"DataLoader: a worker process has died\n  process: {process.pid}\n"
                    f"  exit code: {process.exitcode}\n  samples: {_few(indices)}"
                ) from None
        self.idle.append((process, pipe))
        if made:
            return value
        error, text = value
        raise error from _WorkersTraceback(text)

    def _check_not_ending(self) -> None:
        if self.ending:
            raise RuntimeError("DataLoader: the processes have ended")

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
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked so far, see _no_interrupt
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
