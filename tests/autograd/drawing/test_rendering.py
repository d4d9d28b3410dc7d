"""Pictures are laid out by ourselves or by whichever engine is there, and land in files whole or not at all."""

import builtins
import os
import stat
import sys
from io import FileIO
from pathlib import Path

import graphviz
import pytest

import autograd as ag
from autograd.drawing import draw
from autograd.drawing.layout import NoLayoutEngine
from autograd.drawing.rendering import SHOWN, Drawing

MAGIC = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


@pytest.fixture
def picture():
    w = ag.Tensor(3.0, requires_grad=True, name="wörd")
    with ag.tape() as tape:
        y = w * w
    y.backward()
    return draw(tape)


@pytest.fixture
def no_program(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))


@pytest.fixture
def nothing_installed(monkeypatch, no_program):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def install(monkeypatch, folder, script):
    """Put a program ``dot`` with that body first on PATH."""
    program = folder / "dot"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_drawing_is_a_digraph(picture):
    assert isinstance(picture, graphviz.Digraph) and isinstance(picture, Drawing)
    assert isinstance(picture.copy(), Drawing)
    assert picture.copy().source == picture.source


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf", ".PNG"])
def test_export_with_pygraphviz(picture, tmp_path, no_program, suffix):
    pytest.importorskip("pygraphviz")
    path = tmp_path / f"net{suffix}"
    assert picture.export(path) == path
    assert path.read_bytes().startswith(MAGIC[suffix.lower()])
    assert os.listdir(tmp_path) == [path.name]


def test_export_of_the_source_needs_no_engine(picture, tmp_path, nothing_installed):
    path = tmp_path / "net.dot"
    assert picture.export(str(path)) == path
    assert path.read_text(encoding="utf-8") == picture.source
    assert os.listdir(tmp_path) == ["net.dot"]


def test_the_program_goes_first(picture, tmp_path, tmp_path_factory, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    script = "import sys; sys.stdout.buffer.write((sys.argv[1] + ' ').encode() + sys.stdin.buffer.read())"
    install(monkeypatch, tmp_path_factory.mktemp("bin"), script)
    picture.export(tmp_path / "net.pdf")
    assert (tmp_path / "net.pdf").read_text(encoding="utf-8") == "-Tpdf " + picture.source
    picture.export(tmp_path / "net.png")
    assert (tmp_path / "net.png").read_text(encoding="utf-8").startswith("-Tpng digraph autograd {\n\tgraph [dpi=144]")
    assert picture._repr_svg_().startswith("<?xml")
    monkeypatch.setattr("autograd.drawing.rendering.MANY", 1)  # of very many arrows an SVG is too
    assert picture._repr_svg_() == "-Tsvg " + picture.source


def test_what_the_user_has_added_to_the_source_is_in_the_svg(picture, tmp_path, tmp_path_factory, monkeypatch):
    script = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    install(monkeypatch, tmp_path_factory.mktemp("bin"), script)
    picture.node("mine")
    assert "mine" in picture.export(tmp_path / "net.svg").read_text(encoding="utf-8")


def test_a_program_that_fails(picture, tmp_path, tmp_path_factory, monkeypatch):
    install(monkeypatch, tmp_path_factory.mktemp("bin"), "import sys; sys.exit('no such font')")
    with pytest.raises(RuntimeError, match=r"exit code: 1\n  it said: no such font"):
        picture.export(tmp_path / "net.pdf")
    assert os.listdir(tmp_path) == []
    assert "no such font" in picture.copy()._repr_mimebundle_()["text/plain"]


def test_without_an_engine_the_source_is_written(picture, tmp_path, nothing_installed):
    with pytest.raises(NoLayoutEngine) as caught:
        picture.export(tmp_path / "net.png")
    assert isinstance(caught.value, RuntimeError)
    for part in (
        "apt install graphviz",
        "pip install pygraphviz",
        str(tmp_path / "net.dot"),
        str(tmp_path / "net.png"),
    ):
        assert part in str(caught.value)
    assert os.listdir(tmp_path) == ["net.dot"]
    assert (tmp_path / "net.dot").read_text(encoding="utf-8") == picture.source


# -- notebooks ---------------------------------------------------------------------------------


def test_notebooks_show_an_svg(picture, nothing_installed):
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"].rstrip().endswith("</svg>") and "wörd" in bundle["image/svg+xml"]
    assert set(picture._repr_mimebundle_(include=["image/svg+xml"])) == {"image/svg+xml"}
    assert set(picture._repr_mimebundle_(exclude={"image/svg+xml"})) == {"text/plain"}
    assert picture._repr_svg_().startswith("<?xml")


def test_notebooks_show_the_source_of_what_only_an_engine_could_lay_out(picture, nothing_installed):
    picture.node("mine")
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "pip install pygraphviz" in bundle["text/plain"] and picture.source in bundle["text/plain"]
    assert picture._repr_svg_() is None


def test_notebooks_do_not_lay_out_a_huge_graph():
    y = w = ag.Tensor(1.0, requires_grad=True)
    for _ in range(SHOWN):
        y = y * w
    bundle = draw(y, limit=None)._repr_mimebundle_()
    assert set(bundle) == {"text/plain"} and f"{SHOWN + 1} boxes" in bundle["text/plain"]
    assert len(bundle["text/plain"]) < 200


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["net.gif", "net", "net.", ".png"])
def test_unknown_suffix(picture, tmp_path, name):
    with pytest.raises(ValueError, match=r"one of \.dot, \.svg, \.png, \.pdf"):
        picture.export(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_no_such_folder(picture, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        picture.export(tmp_path / "missing" / "net.dot")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="the folder is a file"):
        picture.export(tmp_path / "file" / "net.dot")
    (tmp_path / "folder.dot").mkdir()
    with pytest.raises(IsADirectoryError, match="the path is a folder"):
        picture.export(tmp_path / "folder.dot")


def test_a_folder_without_write_permission(picture, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(PermissionError, match="cannot write the file"):
        picture.export(folder / "net.dot")
    assert os.listdir(folder) == []


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_write_that_fails_leaves_the_old_file(picture, tmp_path, monkeypatch, step):
    path = tmp_path / "net.dot"
    path.write_text("old")

    class Failing(FileIO):
        def write(self, content):
            super().write(content[:10])
            raise PermissionError(13, "Permission denied")

    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(*(builtins, "open", Failing) if step == "write" else (Path, "replace", refuse))
    with pytest.raises(
        PermissionError, match=r"cannot write the file\n  path: .*net\.dot\n  reason: Permission denied"
    ):
        picture.export(path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["net.dot"]


def test_export_replaces_a_file_and_follows_a_link(picture, tmp_path):
    target, link = tmp_path / "real.dot", tmp_path / "link.dot"
    target.write_text("old")
    link.symlink_to(target)
    picture.export(link)
    assert link.is_symlink() and target.read_text(encoding="utf-8") == picture.source
