"""Files of ``torch.save``: read without PyTorch, and nothing in them is run."""

import io
import pickle
import struct
import zipfile
from typing import ClassVar

import numpy as np
import pytest

import nn


def text(word):
    return b"X" + struct.pack("<I", len(word.encode())) + word.encode()


def number(n):
    return b"J" + struct.pack("<i", n)


def tuple_of(*parts):
    return b"(" + b"".join(parts) + b"t"


def called(module, name, *arguments):
    return f"c{module}\n{name}\n".encode() + tuple_of(*arguments) + b"R"


def storage(kind, key, count):
    return tuple_of(text("storage"), f"ctorch\n{kind}\n".encode(), text(key), text("cpu"), number(count)) + b"Q"


def tensor(kind, key, count, shape, strides, offset=0):
    sizes = tuple_of(*map(number, shape)), tuple_of(*map(number, strides))
    hooks = called("collections", "OrderedDict")
    return called(
        "torch._utils", "_rebuild_tensor_v2", storage(kind, key, count), number(offset), *sizes, b"\x89", hooks
    )


def entries(**values):
    """A dict of them."""
    return b"}(" + b"".join([text(name) + value for name, value in values.items()]) + b"u"


def archive(body, data=None, order=b"little", folder="archive"):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        opened.writestr(f"{folder}/data.pkl", b"\x80\x02" + body + b".")
        opened.writestr(f"{folder}/byteorder", order)
        for key, numbers in (data or {}).items():
            opened.writestr(f"{folder}/data/{key}", numbers.tobytes() if isinstance(numbers, np.ndarray) else numbers)
    return content.getvalue()


@pytest.fixture
def load(tmp_path):
    def from_bytes(content):
        path = tmp_path / "weights.pth"
        path.write_bytes(content)
        return nn.load(path)

    return from_bytes


def test_tensors_and_what_holds_them(load):
    numbers = np.arange(12, dtype=np.float32)
    body = entries(
        weight=tensor("FloatStorage", "0", 12, (3, 4), (4, 1)),
        transposed=tensor("FloatStorage", "0", 12, (4, 3), (1, 4)),
        tail=called(
            "torch._utils", "_rebuild_parameter", tensor("FloatStorage", "0", 12, (2,), (1,), 10), b"\x88", b"}"
        ),
        scalar=tensor("LongStorage", "1", 1, (), ()),
        empty=tensor("DoubleStorage", "2", 0, (0, 3), (3, 1)),
        rest=tuple_of(number(3), b"N", b"\x88", b"G" + struct.pack(">d", 0.5), text("Adam")),
    )
    found = load(archive(body, {"0": numbers, "1": np.array([7]), "2": b""}))
    assert np.array_equal(found["weight"], numbers.reshape(3, 4)) and found["weight"].dtype == np.float32
    assert np.array_equal(found["transposed"], numbers.reshape(3, 4).T) and found["transposed"].flags.c_contiguous
    assert found["tail"].tolist() == [10.0, 11.0] and found["tail"].flags.owndata
    assert found["scalar"] == 7 and found["scalar"].dtype == np.int64 and found["scalar"].shape == ()
    assert found["empty"].shape == (0, 3) and found["empty"].dtype == np.float64
    assert found["rest"] == (3, None, True, 0.5, "Adam")


def test_big_endian(load):
    body = entries(w=tensor("DoubleStorage", "0", 2, (2,), (1,)))
    found = load(archive(body, {"0": np.array([1.5, -2.0], ">f8")}, b"big"))
    assert found["w"].tolist() == [1.5, -2.0] and found["w"].dtype == np.float64


def test_bfloat16_becomes_float32_and_says_so(load, tmp_path):
    halves = np.array([0x3F80, 0xC040, 0x7FC0], np.uint16)
    with pytest.warns(UserWarning, match="bfloat16"):
        found = load(archive(entries(w=tensor("BFloat16Storage", "0", 3, (3,), (1,))), {"0": halves}))
    assert found["w"].dtype == np.float32 and found["w"][:2].tolist() == [1.0, -3.0] and np.isnan(found["w"][2])


def test_bfloat16_of_safetensors(tmp_path):
    header = (
        b'{"w":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]},'
        b'"v":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'
    )
    data = np.array([0x3F80, 0xC040], np.uint16).tobytes() + np.float32(0.25).tobytes()
    (tmp_path / "net.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + data)
    with pytest.warns(UserWarning, match="bfloat16"):
        found = nn.load(tmp_path / "net.safetensors")
    assert found["w"].tolist() == [[1.0, -3.0]] and found["v"].tolist() == [0.25]


class Recorder:
    """What would tell if a file had anything called."""

    calls: ClassVar[list] = []

    def __reduce__(self):
        return Recorder.calls.append, (1,)


def test_nothing_is_run(load):
    Recorder.calls.clear()
    with pytest.raises(ValueError, match=r"append|getattr") as error:
        load(archive(pickle.dumps(Recorder(), 2)[2:-1]))
    assert "nothing was run" in str(error.value) and "data.pkl, byte" in str(error.value) and not Recorder.calls
    with pytest.raises(ValueError, match=r"asks for os.getcwd"):
        load(archive(called("os", "getcwd")))
    with pytest.raises(ValueError, match=r"asks for os.getcwd"):  # both words from the stack
        load(archive(text("os") + text("getcwd") + b"\x93" + tuple_of() + b"R"))


@pytest.mark.parametrize(
    "content, message",
    [
        (archive(entries(w=tensor("FloatStorage", "0", 4, (2, 3), (3, 1))), {"0": np.zeros(4, "f4")}), "over the end"),
        (archive(entries(w=tensor("FloatStorage", "0", 4, (2,), (-1,))), {"0": np.zeros(4, "f4")}), "no shape"),
        (archive(entries(w=tensor("FloatStorage", "0", 4, (2,), (1,))), {"0": np.zeros(3, "f4")}), "truncated"),
        (archive(entries(w=tensor("FloatStorage", "0", 4, (2,), (1,)))), "data/0 is missing"),
        (archive(entries(w=tensor("ComplexFloatStorage", "0", 4, (2,), (1,)))), "ComplexFloatStorage"),
        (archive(b"}" + text("a")), "end is missing|does not fit|damaged|unpack"),
        (archive(b"u"), "does not fit"),
        (archive(text("a") + number(1) + b"a"), "does not fit"),
        (archive(entries(), order=b"middle"), "byte order"),
        (archive(b"\xff"), "damaged"),
        (archive(entries())[:-30], "damaged"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(load, content, message):
    with pytest.raises(ValueError, match=message) as error:
        load(content)
    assert "weights.pth" in str(error.value)


def test_other_archives(load):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        opened.writestr("mimetype", "other")
    with pytest.raises(ValueError, match=r"data\.pkl\n  entries: mimetype"):
        load(content.getvalue())


def test_truncated_anywhere(load):
    whole = archive(entries(w=tensor("FloatStorage", "0", 4, (2,), (1,))), {"0": np.zeros(4, "f4")})
    for end in range(4, len(whole) - 1, 7):
        with pytest.raises(ValueError, match="load: "):
            load(whole[:end])


def test_what_pytorch_saves(load, torch):
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3)
    )
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.randn(2, 1, 4, 4)).sum().backward()
    optimizer.step()
    content = io.BytesIO()
    torch.save({"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, content)
    found = load(content.getvalue())
    assert found["epoch"] == 3 and list(found["model"]) == list(net.state_dict())
    for name, value in net.state_dict().items():
        assert np.array_equal(found["model"][name], value.numpy()) and found["model"][name].dtype == value.numpy().dtype
    assert np.array_equal(
        found["optimizer"]["state"][0]["exp_avg"], optimizer.state_dict()["state"][0]["exp_avg"].numpy()
    )
    ours = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
    ours.load_state_dict(found["model"])
    content = io.BytesIO()
    torch.save(net, content)
    with pytest.raises(ValueError, match=r"asks for torch\.nn"):
        load(content.getvalue())
