"""A progress bar beside the batches of an epoch."""

from collections.abc import Iterator, Mapping, Sized
from typing import Any, Self


class Bar:
    """The batches of a loader with a progress bar beside them, or without one."""

    def __init__(self, loader: Any, progress: bool, description: str) -> None:
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
