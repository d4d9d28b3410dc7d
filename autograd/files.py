"""Files that are there whole or not at all, also where several write to one path at once."""

import contextlib
import os
import stat
from pathlib import Path

__all__ = ["place_for", "write_whole"]


def place_for(operation: str, path: str | os.PathLike[str]) -> tuple[Path, int | None]:
    """(the file that is written for a path, the permissions of an older one or None).

    Where the path is a symbolic link, it is the file that the link leads to. Raises the OSError that says why no file
    can be there, before work is put into what it would hold.
    """
    target = Path(os.path.realpath(path))
    folder = target.parent
    if not folder.exists():
        raise FileNotFoundError(f"{operation}: there is no such folder\n  path: {path}\n  folder: {folder}")
    if not folder.is_dir():
        raise NotADirectoryError(f"{operation}: the folder is a file\n  path: {path}\n  folder: {folder}")
    if not target.exists():
        return target, None
    mode = target.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{operation}: the path is a folder, not a file\n  path: {path}")
    if not stat.S_ISREG(mode):
        raise OSError(f"{operation}: this is no regular file, and is not replaced\n  path: {path}")
    if not os.access(target, os.W_OK):
        raise PermissionError(f"{operation}: the file there must not be written to\n  path: {path}")
    return target, stat.S_IMODE(mode)


def write_whole(operation: str, path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file aside, bring it to the disk, and give it its name when it is complete. Returns the Path.

    An older file is replaced, and its permissions stay. Text is written as UTF-8. An OSError, which names the
    operation, where it cannot be written; then an older file is as it was.
    """
    target, mode = place_for(operation, path)
    data = content.encode() if isinstance(content, str) else content
    aside = target.with_name(f".{os.urandom(8).hex()}.part")  # each call's own, and short
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        try:
            with open(os.open(aside, flags, 0o666 if mode is None else 0o600), "wb") as file:
                file.write(data)
                file.flush()
                if mode is not None:
                    os.chmod(aside, mode)
                os.fsync(file.fileno())
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        told = type(error)(f"{operation}: cannot write the file\n  path: {path}\n  reason: {error.strerror or error}")
        told.errno = error.errno
        raise told from error
    _flush_folder(target.parent)
    return Path(path)


def _flush_folder(folder: Path) -> None:
    """Bring a new name in a folder to the disk, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # a folder that must not be read, a disk without this: the file is there
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
