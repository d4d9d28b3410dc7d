"""Saving and loading: whole files or none, read by others too, and clear words about broken ones."""

import builtins
import os
import stat
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd.internal import write_whole


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


# -- what is refused before anything is written --------------------------------------------------


@pytest.mark.parametrize(
    "state, error, message",
    [
        ({"w": np.ones(2), "__metadata__": np.ones(2)}, ValueError, "the file format's own"),
        ({"w": np.ones(2), 3: np.ones(2)}, TypeError, "name: 3"),
        ({"w": np.ones(2, np.longdouble)}, TypeError, r"w: (float128|longdouble|float64)"),
        ({"w": np.ones(2, complex)}, TypeError, "w: complex128"),
        ({"w": np.array([1, None])}, TypeError, "w: object"),
        ({"w": np.ma.masked_array([1.0, 2.0], [True, False])}, TypeError, "lose its mask"),
        ([np.ones(2)], TypeError, "not a list"),
    ],
)
def test_what_is_refused_leaves_the_old_file(tmp_path, state, error, message):
    path = tmp_path / "net"
    nn.save({"a": np.ones(2)}, path)
    before = path.read_bytes()
    with pytest.raises(error, match=rf"save: (.|\n)*{message}"):
        nn.save(state, path)
    for metadata in ({"made": 3}, {3: "made"}):
        with pytest.raises(TypeError, match="metadata must be strings"):
            nn.save({"a": np.zeros(2)}, path, metadata=metadata)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["net"]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
def test_any_layout_and_byte_order(tmp_path, dtype):
    a = (np.arange(24).reshape(2, 3, 4) % 2).astype(dtype)
    other = a.astype(a.dtype.newbyteorder("S"))
    unaligned = np.frombuffer(b"x" + a.tobytes(), dtype, offset=1).reshape(a.shape)
    arrays = {
        "plain": a, "fortran": np.asfortranarray(a), "strided": a[:, ::2, 1::2], "reversed": a[::-1, :, ::-1],
        "transposed": a.T, "spread": np.broadcast_to(a[:1], (2, 3, 4)), "number": a[1, 1, 1], "empty": a[:, :0],
        "other byte order": other, "both": other.T[::-1], "unaligned": unaligned,
    }  # fmt: skip
    nn.save(arrays, tmp_path / "a")
    for name, array in nn.load(tmp_path / "a").items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == dtype and array.shape == arrays[name].shape


# -- the file ------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are POSIX's")
def test_permissions_and_links_stay(tmp_path):
    path, link = tmp_path / "net", tmp_path / "latest"
    before = os.umask(0o027)
    try:
        nn.save({"a": np.zeros(2)}, path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    for mode in (0o600, 0o664):
        path.chmod(mode)
        nn.save({"a": np.ones(2)}, path)
        assert stat.S_IMODE(path.stat().st_mode) == mode
    link.symlink_to("net")
    nn.save({"a": np.full(2, 2.0)}, link)
    assert link.is_symlink() and nn.load(path)["a"].tolist() == [2, 2] == nn.load(link)["a"].tolist()
    (tmp_path / "ahead").symlink_to(tmp_path / "later")
    nn.save({"a": np.ones(1)}, tmp_path / "ahead")
    assert (tmp_path / "ahead").is_symlink() and nn.load(tmp_path / "later")["a"].tolist() == [1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ahead", "later", "latest", "net"]


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(IsADirectoryError, match=f"folder(.|\n)*{tmp_path}"):
        nn.save({"a": np.zeros(2)}, tmp_path)
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match=r"no regular file(.|\n)*pipe"):
            nn.save({"a": np.zeros(2)}, tmp_path / "pipe")


def test_names_as_long_as_the_system_allows(tmp_path):
    path = tmp_path / ("é" * 120 + ".st" + "x" * 12)
    assert len(path.name.encode()) == 255
    nn.save({"a": np.ones(2)}, path)
    assert nn.load(path)["a"].tolist() == [1, 1]


SAVING = """
import sys
import numpy as np, nn
for i in range(60):
    nn.save({"a": np.full(5000, i, np.float64)}, sys.argv[1])
"""


def test_threads_and_processes_that_save_to_one_path_leave_a_good_file(tmp_path):
    """And whoever reads meanwhile finds a whole one, of one of them."""
    path = tmp_path / "net"
    nn.save({"a": np.zeros(5000)}, path)
    failed = []

    def keep_saving():
        try:
            for i in range(60):
                nn.save({"a": np.full(5000, i, np.float64)}, path)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=keep_saving) for _ in range(3)]
    processes = [subprocess.Popen([sys.executable, "-c", SAVING, str(path)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or any(process.poll() is None for process in processes):
        a = nn.load(path)["a"]
        assert a.shape == (5000,) and (a == a[0]).all()
    for thread in threads:
        thread.join()
    assert not failed and [process.wait() for process in processes] == [0, 0]
    assert [p.name for p in tmp_path.iterdir()] == ["net"]


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # interrupted as the with-statement ends
@pytest.mark.parametrize("moment", range(1, 80, 3))
def test_an_interrupted_save_leaves_the_old_file_or_the_new_one(tmp_path, moment):
    path, seen = tmp_path / "net", 0
    nn.save({"a": np.zeros(3)}, path)

    def trace(frame, event, argument):
        nonlocal seen
        if event == "line" and frame.f_code.co_filename in (nn.io.__file__, write_whole.__code__.co_filename):
            seen += 1
            if seen == moment:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        nn.save({"a": np.ones(3)}, path)
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    assert nn.load(path)["a"].tolist() in ([0, 0, 0], [1, 1, 1])
    assert [p.name for p in tmp_path.iterdir()] == ["net"]


# -- damage --------------------------------------------------------------------------------------


def framed(header, data=b""):
    return len(header).to_bytes(8, "little") + header + data


@pytest.mark.parametrize(
    "content",
    [
        framed(b'{"a":{"dtype":"F64","shape":[1],"data_offsets":["0","8"]}}', bytes(8)),
        framed(b'{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}}', bytes(8)),
        framed(b'{"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}', bytes(8)),
        framed(b'{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,1e400]}}', bytes(8)),
        framed(b'{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,NaN]}}', bytes(8)),
        framed(b'{"a":{"dtype":"F65","shape":[1],"data_offsets":[0,8]}}', bytes(8)),
        framed(b'{"a":{"dtype":"F64","shape":[99999999999,99999999999],"data_offsets":[0,8]}}', bytes(8)),
        framed(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        framed(b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
        framed(b'{"__metadata__":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"),
        framed(b'{"a":null}'),
        framed(b'{"a":' + b"9" * 10_000 + b"}"),
    ],
    ids=range(12),
)
def test_headers_that_make_no_sense(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"load: (.|\n)*path: .*other"):
        nn.load(path)


@settings(deadline=None)
@given(data=st.data())
def test_any_damage_is_a_value_error_with_the_path(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged"
    header = (
        b'{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[],"data_offsets":[8,9]}}'
    )
    content = bytearray(framed(header, bytes(9)))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 4))] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"0", b"-1", b"[", b"{", b'"', b"}", b"1e9", b"null", b"BF16"])
        )
    path.write_bytes(content)
    try:
        found = nn.load(path)
    except ValueError as error:
        assert str(path) in str(error)
    else:
        assert all(isinstance(array, np.ndarray) for array in found.values())


# -- checkpoints ---------------------------------------------------------------------------------


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    optimizer = nn.optim.Adam(net.parameters(), lr=0.1, betas=(0.8, 0.9))
    (net(np.ones((4, 2), np.float32)) ** 2).sum().backward()
    optimizer.step()
    state = {
        "epoch": 3,
        "best": float("inf"),
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "history": [(1, 0.5), (2, None)],
        "classes": ["a", "ä"],
        "mean": ag.tensor([1.0]),
        "model.0.weight": np.zeros(1),  # as the dotted name of another
        7: {"": True},
    }
    nn.save(state, tmp_path / "checkpoint.pt")
    found = nn.load(tmp_path / "checkpoint.pt", map_location="cpu", weights_only=False)
    assert list(found) == list(state) and found["epoch"] == 3 and found["best"] == float("inf")
    assert found["history"] == state["history"] and found["classes"] == state["classes"] and found[7] == {"": True}
    assert (
        type(found["mean"]) is ag.Tensor and found["mean"].tolist() == [1] and found["model.0.weight"].tolist() == [0]
    )
    other = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    other.load_state_dict(found["model"])
    again = nn.optim.Adam(other.parameters(), lr=0.5)
    again.load_state_dict(found["optimizer"])
    assert again.param_groups[0]["lr"] == 0.1 and again.param_groups[0]["betas"] == (0.8, 0.9)
    for trained, optim in ((net, optimizer), (other, again)):
        optim.zero_grad()
        (trained(np.ones((4, 2), np.float32)) ** 2).sum().backward()
        optim.step()
    for a, b in zip(net.parameters(), other.parameters(), strict=True):
        assert np.array_equal(a.data, b.data)


def test_what_a_checkpoint_cannot_hold(tmp_path):
    for state, message in (
        ({"net": nn.Linear(1, 1)}, r"net: Linear\n  save a module's or an optimizer's .state_dict\(\)"),
        ({"a": {"b": [object()]}}, r"a.b.0: object"),
        ({"a": {(1, 2): 3}}, r"key: \(1, 2\)"),
    ):
        with pytest.raises(TypeError, match=rf"save: (.|\n)*{message}"):
            nn.save(state, tmp_path / "file")
    with pytest.raises(RuntimeError, match="there is no GPU here"):
        nn.load(tmp_path / "file", map_location="cuda")
    assert list(tmp_path.iterdir()) == []
