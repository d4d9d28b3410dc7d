"""Saving and loading: whole files or none, read by others too, and clear words about broken ones."""

import builtins

import numpy as np
import pytest

import autograd as ag
import nn


def small_net():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))


def test_round_trip(tmp_path):
    net, path = small_net(), tmp_path / "net.safetensors"
    nn.save(net, path)
    loaded = nn.load(str(path))
    assert {name: (a.shape, a.dtype) for name, a in loaded.items()} == {
        name: (a.shape, a.dtype) for name, a in net.state_dict().items()
    }
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].flags.writeable
    small_net().load_state_dict(loaded)
    assert [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]


def test_any_dict_of_arrays_in_any_layout(tmp_path, rng):
    state = {
        "transposed": rng.normal(size=(3, 4)).T,
        "strided": rng.normal(size=(6, 4))[::2, 1:3],
        "tensor": ag.Tensor([1.0, 2.0], requires_grad=True),
        "number": 3.5,
        "half": np.ones(2, np.float16),
        "bool": np.array([True, False]),
        "empty": np.zeros((0, 3)),
    }
    nn.save(state, tmp_path / "s")
    loaded = nn.load(tmp_path / "s")
    for name, value in state.items():
        value = np.asarray(value.data if isinstance(value, ag.Tensor) else value)
        np.testing.assert_array_equal(loaded[name], value)
        assert loaded[name].dtype == value.dtype and loaded[name].shape == value.shape
    assert type(state["number"]) is float  # the dict that was given is as it was


def test_numpy_reads_ours_and_we_read_its(tmp_path):
    from safetensors.numpy import load_file, save_file

    net = small_net()
    nn.save(net, tmp_path / "ours", metadata={"made": "here"})
    for name, array in load_file(tmp_path / "ours").items():
        np.testing.assert_array_equal(array, net.state_dict()[name])
    save_file(net.state_dict(), tmp_path / "its")
    assert small_net().load_state_dict(nn.load(tmp_path / "its")) == ([], [])


def test_torch_reads_ours_and_we_read_its(tmp_path, torch):
    from safetensors.torch import load_file, save_file

    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3)
    )
    net = small_net()
    nn.save(net, tmp_path / "ours")
    theirs.load_state_dict(load_file(tmp_path / "ours"))
    for name, tensor in theirs.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), net.state_dict()[name])
    save_file({name: t + 1 for name, t in theirs.state_dict().items()}, tmp_path / "its")
    net.load_state_dict(nn.load(tmp_path / "its"))
    for name, tensor in theirs.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy() + 1, net.state_dict()[name])


def test_what_cannot_be_written_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "net"
    nn.save({"a": np.ones(2)}, path)
    before = path.read_bytes()
    with pytest.raises(TypeError, match=r"path: .*net\n  a: <U5"):
        nn.save({"a": np.array("words")}, path)
    with pytest.raises(FileNotFoundError, match=r"no such folder\n  path: .*nowhere"):
        nn.save({"a": np.ones(2)}, tmp_path / "nowhere" / "net")

    opened = builtins.open

    def full_disk(*args, **kwargs):
        file = opened(*args, **kwargs)

        class Full:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

            def write(self, content):
                file.write(content[:10])
                raise OSError(28, "No space left on device")

        return Full()

    monkeypatch.setattr(builtins, "open", full_disk)
    with pytest.raises(OSError, match="No space"):
        nn.save({"a": np.zeros(2)}, path)
    monkeypatch.undo()
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["net"]


def test_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"load: there is no such file\n  path: .*gone"):
        nn.load(tmp_path / "gone")
    with pytest.raises(IsADirectoryError, match="folder"):
        nn.load(tmp_path)


def test_truncated_anywhere(tmp_path):
    whole, path = tmp_path / "whole", tmp_path / "cut"
    nn.save(nn.Linear(3, 2), whole)
    content = whole.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"^load: .*(truncated|no safetensors)(.|\n)*path: .*cut"):
            nn.load(path)
    path.write_bytes(content[:-3])
    with pytest.raises(ValueError, match=r"truncated\n  expected: 32 bytes after the header\n  found: 29 bytes"):
        nn.load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip file, as older formats of weights are",
        b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.",
        (8).to_bytes(8, "little") + b'{"a": 1}',
        (2).to_bytes(8, "little") + b"[]",
        (9).to_bytes(8, "little") + b'{"a":[1]}' + bytes(8),
        (5).to_bytes(8, "little") + b"{\xff\xfe}}" + bytes(8),
    ],
)
def test_other_files(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"load: .*\n?(.|\n)*path: .*other"):
        nn.load(path)


def test_damaged_header(tmp_path):
    path = tmp_path / "net"
    nn.save({"a": np.ones(4)}, path)
    path.write_bytes(path.read_bytes().replace(b"[4]", b"[5]"))
    with pytest.raises(ValueError, match=r"cannot be read(.|\n)*path"):
        nn.load(path)
    nn.save({"a": np.ones(4)}, path)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(ValueError, match=r"cannot be read(.|\n)*path"):
        nn.load(path)
