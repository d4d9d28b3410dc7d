"""An ONNX graph as it is built: nodes, weights and the names of values."""

from typing import Any

import numpy as np

from .wire import CODES, attribute, message, tensor, value_info

OPSET, IR_VERSION = 21, 10


class Graph:
    """Nodes are added for one instruction after the other; declarations' forms see it (``autograd/ops/in_onnx.py``)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[bytes] = []
        self.weights: list[bytes] = []
        self.inputs: list[bytes] = []
        self.outputs: list[bytes] = []
        self.names: dict[int, str] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.dtypes: dict[str, np.dtype] = {}
        self.plain: dict[str, Any] = {}
        """Python numbers, by their name: each takes the dtype of where it goes."""
        self.used: dict[str, int] = {}
        self.pending: dict[str, np.ndarray] = {}
        """Arrays that become a part of the file when a node takes them."""
        self.trained: set[str] = set()
        """Which of them are weights; the others become nodes, so that whoever reads the file can tell."""
        self.path = ""
        self.what = ""
        self.result: Any = None
        self.values: dict[int, Any] = {}

    # -- values ---------------------------------------------------------------------------------

    def _know(self, number: int, name: str, value: Any) -> None:
        self.names[number] = name
        self.shapes[name], self.dtypes[name] = np.shape(value), np.asarray(value).dtype

    def input(self, number: int, name: str, value: np.ndarray) -> None:
        name = self._unused(name)
        self._know(number, name, value)
        self.inputs.append(value_info(name, value.dtype, value.shape))

    def weight(self, number: int, name: str, value: Any) -> None:
        name = self._unused(name)
        self._know(number, name, value)
        self.pending[name] = np.asarray(value)
        self.trained.add(name)

    def fixed(self, number: int, value: Any) -> None:
        """A constant of the program."""
        if value is None:
            return
        name = self._unused(f"constant_{number}")
        self._know(number, name, value)
        if type(value) in (int, float, bool):
            self.plain[name] = value
        self.pending[name] = np.asarray(value)

    def output(self, number: int, name: str, value: np.ndarray) -> None:
        name, array = self._unused(name), np.asarray(value)
        self._node("Identity", name, [self.names[number]], [name], {})
        self.outputs.append(value_info(name, array.dtype, array.shape))

    def value(self, number: int) -> str | None:
        """The name of a value; None of None."""
        return self.names.get(number)

    def _unused(self, name: str) -> str:
        count = self.used.get(name, 0)
        self.used[name] = count + 1
        return f"{name}_{count}" if count else name

    # -- instructions ---------------------------------------------------------------------------

    def begin(self, instruction: Any, values: dict[int, Any]) -> None:
        """What is added from now on belongs to this instruction."""
        self.path = "".join(["/" + name for name in instruction.scope])
        self.what, self.values = instruction.operation.name, values
        self.result = np.asarray(values[instruction.outputs[0]])

    def finish(self, instruction: Any, name: str) -> None:
        self._know(instruction.outputs[0], name, self.result)

    # -- what forms use -------------------------------------------------------------------------

    @property
    def result_shape(self) -> tuple[int, ...]:
        """The shape of the instruction's result."""
        return self.result.shape

    def shape(self, name: str) -> tuple[int, ...]:
        return self.shapes[name]

    def dtype(self, name: str) -> np.dtype:
        return self.dtypes[name]

    def refuse(self, reason: str) -> ValueError:
        module = self.path[1:].replace("/", ".") or self.name
        return ValueError(f"onnx.export: {self.what} cannot be exported\n  in module: {module}\n  {reason}")

    def add(self, op_type: str, *inputs: str | None, **attributes: Any) -> str:
        """A node; the name of its result."""
        name = self._unused(f"{self.path}/{op_type}")
        taken = list(inputs)
        while taken and taken[-1] is None:
            taken.pop()
        result = f"{name}_output"
        self._node(op_type, name, ["" if one is None else one for one in taken], [result], attributes)
        return result

    def _node(self, op_type: str, name: str, inputs: list[str], outputs: list[str], attributes: dict) -> None:
        for one in inputs:
            array = self.pending.pop(one, None)
            if array is None:
                continue
            if one in self.trained:
                self.weights.append(tensor(one, array))
            else:
                self._node("Constant", one, [], [one], {"value": array})
        self.nodes.append(
            message(
                *[(1, one) for one in inputs],
                *[(2, one) for one in outputs],
                (3, name),
                (4, op_type),
                *[(5, attribute(key, value)) for key, value in attributes.items()],
            )
        )

    def constant(self, array: Any) -> str:
        """An array as it is."""
        array = np.asarray(array)
        if array.dtype not in CODES:
            raise self.refuse(f"ONNX has no such dtype\n  dtype: {array.dtype}")
        name = self._unused(f"{self.path}/constant")
        self.shapes[name], self.dtypes[name] = array.shape, array.dtype
        self.pending[name] = array
        return name

    def whole_numbers(self, numbers: Any) -> str:
        return self.constant(np.array([int(n) for n in numbers], np.int64))

    def numbers(self, array: Any, like: str) -> str:
        """An array in the dtype of a value."""
        return self.constant(np.asarray(array, self.dtypes[like]))

    def number(self, number: float, like: str) -> str:
        return self.numbers(number, like)

    def of_dtype(self, name: Any, dtype: Any) -> str:
        """A value in this dtype; arrays become constants."""
        dtype = np.dtype(dtype)
        if not isinstance(name, str):
            return self.constant(np.asarray(name, dtype))
        if name in self.plain:
            return self.constant(np.asarray(self.plain[name], dtype))
        return name if self.dtypes.get(name, dtype) == dtype else self.add("Cast", name, to=CODES[dtype])

    def of_result(self, *names: Any) -> list[Any]:
        """Values in the dtype of the instruction's result: ONNX's operators take one dtype alone."""
        return [None if name is None else self.of_dtype(name, self.result.dtype) for name in names]

    def alike(self, given: list[Any], dtype: Any = None) -> list[str]:
        """Values by their names, numbers and arrays, in their common dtype."""
        kinds = [self.plain.get(one, self.dtypes[one]) if isinstance(one, str) else one for one in given]
        return [self.of_dtype(one, dtype or np.result_type(*kinds)) for one in given]

    def model(self, version: str) -> bytes:
        """The whole file."""
        graph = message(
            *[(1, node) for node in self.nodes],
            (2, self.name),
            *[(5, weight) for weight in self.weights],
            *[(11, one) for one in self.inputs],
            *[(12, one) for one in self.outputs],
        )
        opset = message((1, ""), (2, OPSET))
        return message((1, IR_VERSION), (2, "chalkgrad"), (3, version), (7, graph), (8, opset))
