"""ONNX files as bytes: messages of Protocol Buffers, written and read.

A message is a row of fields, each a key (number · 8 + kind) and a value: kind 0 a number in groups of 7 bits, 2 a
length and so many bytes, 5 four bytes, 1 eight. Which number means what stands in ONNX's ``onnx.proto``.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

__all__ = ["DTYPES", "Fields", "attribute", "message", "tensor", "tensor_of", "value_info"]

DTYPES = {
    1: "f4", 2: "u1", 3: "i1", 4: "u2", 5: "i2", 6: "i4", 7: "i8", 9: "?", 10: "f2", 11: "f8", 12: "u4", 13: "u8",
}  # fmt: skip
"""ONNX's numbers of dtypes."""
CODES = {np.dtype(name): code for code, name in DTYPES.items()}
LISTS = {"f4": 4, "i4": 5, "i8": 7, "f8": 10, "u4": 11, "u8": 11}
"""The fields of a tensor that has its entries one by one; those of the smaller dtypes stand in that of i4."""


def _varint(n: int) -> bytes:
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def message(*fields: tuple[int, Any]) -> bytes:
    """A message of (number, value): ints, floats, strings, bytes and messages; None is left out."""
    out = []
    for number, value in fields:
        if value is None:
            continue
        if isinstance(value, int):
            out.append(_varint(number << 3) + _varint(value))
        elif isinstance(value, float):
            out.append(_varint(number << 3 | 5) + struct.pack("<f", value))
        else:
            data = value.encode() if isinstance(value, str) else value
            out.append(_varint(number << 3 | 2) + _varint(len(data)) + data)
    return b"".join(out)


def attribute(name: str, value: Any) -> bytes:
    """An AttributeProto: an int, a float, a string, an array, or several ints."""
    if isinstance(value, int):
        return message((1, name), (3, value), (20, 2))
    if isinstance(value, float):
        return message((1, name), (2, value), (20, 1))
    if isinstance(value, str):
        return message((1, name), (4, value), (20, 3))
    if isinstance(value, np.ndarray):
        return message((1, name), (5, tensor("", value)), (20, 4))
    return message((1, name), *[(8, int(one)) for one in value], (20, 7))


def tensor(name: str, array: np.ndarray) -> bytes:
    """A TensorProto."""
    little = array.astype(array.dtype.newbyteorder("<"))
    return message(*[(1, int(n)) for n in array.shape], (2, CODES[array.dtype]), (8, name), (9, little.tobytes()))


def value_info(name: str, dtype: Any, shape: Iterable[int]) -> bytes:
    """A ValueInfoProto: what is known of an input, an output or a value."""
    dims = message(*[(1, message((1, int(n)))) for n in shape])
    return message((1, name), (2, message((1, message((1, CODES[np.dtype(dtype)]), (2, dims))))))


class Fields:
    """The fields of a message that was read: numbers, or bytes that are strings or messages in turn.

    ValueError where the bytes end too early or make no sense; it says at which offset.
    """

    def __init__(self, data: bytes | memoryview, offset: int = 0) -> None:
        self.values: dict[int, list[Any]] = {}
        self.offset = offset
        data, at = memoryview(data), 0
        while at < len(data):
            start = at
            key, at = self._read_varint(data, at)
            number, kind = key >> 3, key & 7
            value: Any
            if kind == 0:
                value, at = self._read_varint(data, at)
            elif kind == 2:
                length, at = self._read_varint(data, at)
                value, at = (data[at : at + length], at + offset), at + length
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
                value, at = bytes(data[at : at + size]), at + size
            else:
                raise ValueError(f"the file is damaged, or no ONNX file\n  offset: {offset + start}")
            if at > len(data) or number == 0:
                raise ValueError(f"the file is truncated, damaged, or no ONNX file\n  offset: {offset + start}")
            self.values.setdefault(number, []).append(value)

    def _read_varint(self, data: memoryview, at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise ValueError(f"the file is truncated, damaged, or no ONNX file\n  offset: {self.offset + at}")
            byte = data[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at

    def integer(self, number: int, default: int = 0) -> int:
        """A number, with its sign."""
        value = self.values.get(number, [default])[-1]
        if not isinstance(value, int):
            raise ValueError(f"the file is damaged: a number is missing\n  offset: {self.offset}\n  field: {number}")
        return value - (1 << 64) if value >= 1 << 63 else value

    def integers(self, number: int) -> list[int]:
        """Numbers, one a field or many in one."""
        found: list[int] = []
        for value in self.values.get(number, []):
            if isinstance(value, int):
                found.append(value)
            else:
                data, at = self._bytes(value), 0
                while at < len(data):
                    one, at = self._read_varint(data, at)
                    found.append(one)
        return [one - (1 << 64) if one >= 1 << 63 else one for one in found]

    def floats(self, number: int, kind: str = "f4") -> np.ndarray:
        """Floats, one a field or many in one."""
        parts = [one if isinstance(one, bytes) else bytes(self._bytes(one)) for one in self.values.get(number, [])]
        return np.frombuffer(b"".join(parts), "<" + kind)

    def _bytes(self, value: Any) -> memoryview:
        if not isinstance(value, tuple):
            raise ValueError(f"the file is damaged: bytes are missing\n  offset: {self.offset}")
        return value[0]

    def data(self, number: int) -> memoryview | None:
        """Bytes, or None."""
        found = self.values.get(number)
        return None if found is None else self._bytes(found[-1])

    def text(self, number: int) -> str:
        """A string, "" where there is none."""
        data = self.data(number)
        return "" if data is None else bytes(data).decode(errors="replace")

    def texts(self, number: int) -> list[str]:
        """Strings."""
        return [bytes(self._bytes(one)).decode(errors="replace") for one in self.values.get(number, [])]

    def messages(self, number: int) -> list["Fields"]:
        """Messages."""
        return [Fields(self._bytes(one), one[1]) for one in self.values.get(number, [])]


def tensor_of(fields: Fields) -> np.ndarray:
    """The array of a TensorProto."""
    name, shape, code = fields.text(8), fields.integers(1), fields.integer(2)
    if fields.integer(14) == 1:
        raise ValueError(f"the weights stand in another file, which is not read\n  tensor: {name}")
    if code not in DTYPES:
        raise ValueError(f"there is no such dtype in NumPy\n  tensor: {name}\n  dtype: number {code} of ONNX")
    kind, raw = DTYPES[code], fields.data(9)
    dtype = np.dtype(kind)
    if raw is not None:
        entries = np.frombuffer(raw, dtype.newbyteorder("<")) if len(raw) % dtype.itemsize == 0 else np.empty(0)
    elif kind in ("f4", "f8"):
        entries = fields.floats(LISTS[kind], kind)
    else:
        entries = np.array(fields.integers(LISTS.get(kind, 5)), np.int64)
        if kind == "f2":
            entries = entries.astype(np.uint16).view(np.float16)
    if len(entries) != _count(shape):
        raise ValueError(
            f"a tensor has not as many entries as its shape says\n  tensor: {name}\n  shape: {tuple(shape)}\n"
            f"  entries: {len(entries)}\n  offset: {fields.offset}"
        )
    return entries.astype(dtype).reshape(shape)


def _count(shape: Sequence[int]) -> int:
    count = 1
    for n in shape:
        count *= n
    return count
