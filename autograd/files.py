"""Files that are there whole or not at all."""

import os
from pathlib import Path
from secrets import token_hex

__all__ = ["write_whole"]


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file aside and give it its name when it is complete; an older one is replaced. Returns the Path.

    Text is written as UTF-8. OSError where it cannot be written; then an older file is as it was.
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"cannot write the file: there is a folder of that name\n  path: {path}")
    aside = target.with_name(f".{token_hex(8)}.part")
    try:
        try:
            aside.write_bytes(content.encode() if isinstance(content, str) else content)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise type(error)(f"cannot write the file\n  path: {path}\n  reason: {error.strerror or error}") from error
    return path
