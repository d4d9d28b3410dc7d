"""Files are there whole or not at all, whoever writes them."""

import errno
import os
import stat

import pytest

from autograd.files import place_for, write_whole


def test_text_and_bytes_are_written_and_the_path_comes_back(tmp_path):
    path = tmp_path / "file"
    assert write_whole("export", str(path), "δ\n") == path
    assert path.read_bytes() == "δ\n".encode()
    write_whole("export", path, b"\xff")
    assert path.read_bytes() == b"\xff" and os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are POSIX's")
def test_permissions_and_links_stay(tmp_path):
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o604)
    link.symlink_to("file")
    assert place_for("export", link) == (path, 0o604)
    assert write_whole("export", link, "new") == link and link.is_symlink()
    assert path.read_text() == "new" and stat.S_IMODE(path.stat().st_mode) == 0o604


@pytest.mark.skipif(os.name != "posix", reason="pipes are POSIX's")
def test_a_place_that_holds_no_file_is_told_before_anything_is_written(tmp_path):
    (tmp_path / "file").write_text("mine")
    os.mkfifo(tmp_path / "pipe")
    for place, kind, said in (
        ("none/file", FileNotFoundError, "no such folder"),
        ("file/file", NotADirectoryError, "the folder is a file"),
        ("", IsADirectoryError, "the path is a folder"),
        ("pipe", OSError, "no regular file"),
    ):
        for call in (place_for, lambda operation, path: write_whole(operation, path, "")):
            with pytest.raises(kind, match=rf"^save: .*{said}(.|\n)*\n  path: {tmp_path / place}"):
                call("save", tmp_path / place)
    assert sorted(os.listdir(tmp_path)) == ["file", "pipe"] and (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_the_system_refuses_is_told_with_its_reason(tmp_path, monkeypatch, step):
    path = tmp_path / "file"
    path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*(os, "fsync", full) if step == "fsync" else ("pathlib.Path.replace", full))
    with pytest.raises(
        OSError, match=r"^save: cannot write the file\n  path: .*file\n  reason: No space left"
    ) as caught:
        write_whole("save", path, "new")
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX opens folders")
def test_a_folder_that_cannot_be_flushed_has_its_file(tmp_path, monkeypatch):
    flushed, flush = [], os.fsync

    def refuse(handle):
        flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        if flushed[-1]:
            raise OSError(errno.EINVAL, "Invalid argument")
        flush(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    write_whole("save", tmp_path / "file", "new")
    assert flushed == [False, True] and (tmp_path / "file").read_text() == "new"
