"""Read files that ``torch.save`` wrote (``.pt``, ``.pth``) without PyTorch and without running anything in them.

Such a file is a zip archive: ``data.pkl`` says in pickle's instructions which containers and tensors there are, and
``data/0``, ``data/1``, … hold the numbers. Pickle's instructions can call any function of any module. Here they are
read one by one, and those that build dicts, lists, tuples, numbers, strings and tensors are followed. Anything else is
an error before a single value is made: nothing is imported, nothing is called by a name in the file.

The format is described in PyTorch's documentation ("Serialization semantics") and in the source of Python's
``pickletools``.
"""

import io
import pickletools
import zipfile
from typing import Any

import numpy as np

__all__ = ["is_torch_file", "read", "widened"]

STORAGES = {
    "FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2", "BFloat16Storage": "bfloat16",
    "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1", "ByteStorage": "u1",
    "BoolStorage": "?",
}  # fmt: skip
"""PyTorch's classes of storage, and what NumPy calls their entries."""
BUILT = {("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_parameter"), ("collections", "OrderedDict")}
"""What a file may ask for beside the storages: each is done here."""
PASSED = {"PROTO", "FRAME"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LITERALS = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE",
    "BINBYTES", "SHORT_BINBYTES", "INT", "LONG", "FLOAT", "SHORT_BINSTRING", "BINSTRING",
}  # fmt: skip
EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
LARGEST = 1 << 32
"""A pickle of more bytes than this is no list of a model's tensors."""


def is_torch_file(content: bytes) -> bool:
    """Whether these are the bytes of a zip archive, as ``torch.save`` writes it since PyTorch 1.6."""
    return content[:4] == b"PK\x03\x04"


def read(content: bytes) -> tuple[Any, bool]:
    """(What a file holds, with arrays in place of tensors; whether there was bfloat16, which becomes float32).

    Raises ValueError that says what is wrong and at which byte of which entry: a damaged archive, an instruction or
    a name that no file of tensors has, a tensor that reaches over the end of its numbers.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            opened = _Archive(archive)
            return opened.read(), opened.widened
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ValueError(f"the archive is damaged: {error}") from None


class _Global:
    """A name that the file asks for, ``torch.FloatStorage`` say: only a name, looked up nowhere."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Archive:
    """One open archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        names = archive.namelist()
        pickles = [name for name in names if name.endswith("/data.pkl") or name == "data.pkl"]
        if len(pickles) != 1:
            raise ValueError(
                "this zip archive is no file of torch.save: it needs one entry data.pkl\n"
                f"  entries: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
            )
        self.pickle = pickles[0]
        self.folder = self.pickle[: -len("data.pkl")]
        if f"{self.folder}constants.pkl" in names or any(name.startswith(f"{self.folder}code/") for name in names):
            raise ValueError("this is a TorchScript archive, which holds code\n  save net.state_dict() with torch.save")
        order = archive.read(f"{self.folder}byteorder") if f"{self.folder}byteorder" in names else b"little"
        self.order = {b"little": "<", b"big": ">"}.get(order.strip())
        if self.order is None:
            raise ValueError(f"the byte order is unknown\n  {self.folder}byteorder: {order!r}")
        self.storages: dict[str, np.ndarray] = {}
        self.widened = False

    def read(self) -> Any:
        if self.archive.getinfo(self.pickle).file_size > LARGEST:
            raise ValueError(f"{self.pickle} is too large to be a list of tensors")
        text = self.archive.read(self.pickle)
        try:
            instructions = [(op.name, argument, at) for op, argument, at in pickletools.genops(text)]
        except Exception as error:  # of a damaged pickle, whatever its bytes lead to
            raise ValueError(f"{self.pickle} is damaged: {error}") from None
        for name, argument, at in instructions:  # all of them before anything is made
            if name == "GLOBAL":
                module, _, function = argument.partition(" ")
                self._allowed(module, function, at)
        return self._follow(instructions)

    def _follow(self, instructions: list[tuple[str, Any, int | None]]) -> Any:
        stack: list[Any] = []
        marks: list[int] = []
        memo: dict[int, Any] = {}
        for name, argument, at in instructions:
            try:
                if name == "STOP":
                    (result,) = stack
                    return result
                self._one(name, argument, at, stack, marks, memo)
            except (IndexError, KeyError, TypeError, AttributeError, OverflowError):
                raise self._wrong(f"{name} does not fit what stands before it", at) from None
        raise self._wrong("the end is missing", None)

    def _one(self, name: str, argument: Any, at: Any, stack: list[Any], marks: list[int], memo: dict[int, Any]) -> None:
        if name in PASSED:
            pass
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in LITERALS:
            stack.append(argument)
        elif name in EMPTY:
            stack.append(EMPTY[name]())
        elif name in TUPLES:
            count = TUPLES[name]
            stack[-count:] = [tuple(stack[-count:])]
        elif name == "MARK":
            marks.append(len(stack))
        elif name in ("TUPLE", "LIST"):
            items = self._marked(stack, marks)
            stack.append(tuple(items) if name == "TUPLE" else items)
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo[argument])
        elif name in ("APPEND", "APPENDS"):
            items = [stack.pop()] if name == "APPEND" else self._marked(stack, marks)
            list.extend(stack[-1], items)
        elif name in ("SETITEM", "SETITEMS"):
            items = [stack.pop(-2), stack.pop()] if name == "SETITEM" else self._marked(stack, marks)
            dict.update(stack[-1], zip(items[::2], items[1::2], strict=True))
        elif name == "GLOBAL":
            module, _, function = argument.partition(" ")
            stack.append(self._allowed(module, function, at))
        elif name == "STACK_GLOBAL":
            word = stack.pop()
            stack.append(self._allowed(stack.pop(), word, at))
        elif name == "BINPERSID":
            stack.append(self._storage(stack.pop(), at))
        elif name == "REDUCE":
            arguments = stack.pop()
            stack.append(self._built(stack.pop(), arguments, at))
        elif name == "BUILD":  # attributes, as an OrderedDict's _metadata: no part of the values
            stack.pop()
            if type(stack[-1]) is not dict:
                raise self._wrong("attributes are given to what has none", at)
        else:
            raise self._wrong(f"the instruction {name} is none that a file of tensors needs", at)

    def _marked(self, stack: list[Any], marks: list[int]) -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    def _wrong(self, what: str, at: int | None) -> ValueError:
        place = "" if at is None else f", byte {at}"
        return ValueError(f"{what}; nothing was run\n  at: {self.pickle}{place}")

    def _allowed(self, module: Any, name: Any, at: int | None) -> _Global:
        if (module, name) in BUILT or (module == "torch" and name in STORAGES):
            return _Global(module, name)
        raise self._wrong(
            f"the file asks for {module}.{name}: only tensors, and dicts, lists, tuples, numbers and strings of them, "
            "are read",
            at,
        )

    def _storage(self, identity: Any, at: int | None) -> np.ndarray:
        """The numbers of one storage: ("storage", class, key, device, how many)."""
        if not (type(identity) is tuple and len(identity) == 5 and identity[0] == "storage"):
            raise self._wrong("a tensor's numbers are named in an unknown way", at)
        _, kind, key, _, count = identity
        if type(kind) is not _Global or kind.name not in STORAGES or type(key) is not str or type(count) is not int:
            raise self._wrong("a tensor's numbers are named in an unknown way", at)
        if key not in self.storages:
            entry = f"{self.folder}data/{key}"
            entries_type = STORAGES[kind.name]
            expected = count * (2 if entries_type == "bfloat16" else np.dtype(entries_type).itemsize)
            try:
                size = self.archive.getinfo(entry).file_size
            except KeyError:
                raise self._wrong(f"the entry {entry} is missing", at) from None
            if size != expected:  # told before it is read: a packed entry may be far larger than the file
                raise ValueError(
                    f"the numbers of a tensor are truncated, or too many\n  entry: {entry}\n"
                    f"  expected: {expected} bytes\n  found: {size} bytes"
                )
            self.widened = self.widened or entries_type == "bfloat16"
            self.storages[key] = _numbers(self.archive.read(entry), entries_type, str(self.order))
        return self.storages[key]

    def _built(self, function: Any, arguments: Any, at: int | None) -> Any:
        if type(function) is not _Global or type(arguments) is not tuple:
            raise self._wrong("something is called that is no function", at)
        if function.name == "OrderedDict" and not arguments:
            return {}
        if function.name == "_rebuild_parameter":
            return arguments[0]
        if function.name == "_rebuild_tensor_v2":
            storage, offset, shape, strides = arguments[:4]
            return self._tensor(storage, offset, shape, strides, at)
        raise self._wrong(f"{function.module}.{function.name} is called with what it does not take", at)

    def _tensor(self, storage: Any, offset: int, shape: Any, strides: Any, at: int | None) -> np.ndarray:
        """The array of a tensor: a view of its storage, copied."""
        numbers = [offset, *shape, *strides]
        if len(shape) != len(strides) or any(type(one) is not int or one < 0 for one in numbers):
            raise self._wrong(f"a tensor has no shape that can be\n  shape: {shape}\n  strides: {strides}", at)
        last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if 0 not in shape and last >= len(storage):
            raise self._wrong(
                f"a tensor reaches over the end of its numbers\n  shape: {shape}\n  strides: {strides}\n"
                f"  offset: {offset}\n  numbers: {len(storage)}",
                at,
            )
        if 0 in shape:
            return np.empty(shape, storage.dtype)
        steps = [step * storage.itemsize for step in strides]
        return np.array(np.lib.stride_tricks.as_strided(storage[offset:], shape, steps), order="C")


def _numbers(found: bytes, kind: str, order: str) -> np.ndarray:
    if kind == "bfloat16":
        return widened(np.frombuffer(found, f"{order}u2"))
    array = np.frombuffer(found, np.dtype(kind).newbyteorder(order))
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def widened(halves: np.ndarray) -> np.ndarray:
    """The float32 numbers whose upper halves these are: bfloat16 as uint16."""
    return (halves.astype(np.uint32) << 16).view(np.float32)
