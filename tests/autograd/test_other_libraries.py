"""Arrays of other libraries, which are not imported: what gives its numbers is taken as NumPy's array is."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

import autograd as ag


class OfArray:
    """As PyTorch's tensors and JAX's arrays: it knows ``__array__``."""

    def __init__(self, values, dtype=np.float64):
        self.numbers = np.array(values, dtype)
        self.shape, self.dtype, self.ndim = self.numbers.shape, self.numbers.dtype, self.numbers.ndim

    def __array__(self, dtype=None, copy=None):
        return self.numbers if dtype is None else self.numbers.astype(dtype)


class OnDevice(OfArray):
    """As CuPy's arrays: no ``__array__`` without being asked; DLPack copies them to the CPU."""

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __dlpack_device__(self):
        return (2, 0)

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        if tuple(dl_device or (2, 0)) != (1, 0):
            raise BufferError("it lies on the GPU")
        return self.numbers.copy().__dlpack__(max_version=max_version)


class Silent(OnDevice):
    def __dlpack__(self, **options):
        raise BufferError("no")


class Brain(OfArray):
    """As PyTorch's tensor of bfloat16: its numbers come out once it is widened."""

    def __init__(self, values):
        super().__init__(values)
        self.dtype = "torch.bfloat16"

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Got unsupported ScalarType BFloat16")

    def float(self):
        return OfArray(self.numbers, np.float32)


@pytest.mark.parametrize("kind", [OfArray, OnDevice, Brain])
def test_arrays_of_other_libraries_are_data_operands_and_by_hand_values(kind):
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    other = kind([3.0, 4.0])
    dtype = np.dtype("f4" if kind is Brain else "f8")
    for made in (ag.Tensor(other), ag.tensor(other), ag.as_tensor(other), x.detach() + other):
        assert isinstance(made, ag.Tensor) and made.dtype in (dtype, np.float64)
    for y in (x * other, ag.multiply(other, x), np.multiply(x, other)):
        assert type(y.data) is np.ndarray and ag.gradients(y.sum(), x).tolist() == [3.0, 4.0]
    assert ag.stack([x, other]).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    x.data = other
    x.grad = other
    assert x.tolist() == x.grad.tolist() == [3.0, 4.0]
    with ag.tape():
        y = (x * x).sum()
    y.backward()
    assert ag.check_by_hand(y, {x: kind([6.0, 8.0])}).ok
    assert not ag.check_by_hand(y, {x: kind([6.0, 9.0])}).ok


def test_what_is_written_to_them_later_changes_nothing():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    other = OfArray([3.0, 4.0])
    made, y = ag.Tensor(other), (x * other).sum()
    other.numbers[:] = 0
    y.backward()
    assert made.tolist() == x.grad.tolist() == [3.0, 4.0]


def test_labels_masks_and_indices_of_other_libraries():
    x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    labels = OfArray([1, 0], np.int64)
    assert ag.cross_entropy(x, labels).data == ag.cross_entropy(x, np.array([1, 0])).data
    assert x[labels].tolist() == [[3.0, 4.0], [1.0, 2.0]]
    assert ag.where(OfArray([True, False], bool), x, 0.0).tolist() == [[1.0, 0.0], [3.0, 0.0]]


def test_an_array_that_gives_no_numbers_is_an_error_that_says_why():
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    with ag.tape():
        y = (x * x).sum()
    for refused in (
        lambda: ag.Tensor(Silent([1.0])),
        lambda: x * Silent([1.0]),
        lambda: ag.check_by_hand(y, {x: Silent([2.0, 4.0])}),
    ):
        with pytest.raises(TypeError, match=r"does not give its numbers[\s\S]*Implicit conversion[\s\S]*yourself"):
            refused()


_REAL = """
import numpy as np, autograd as ag
x = ag.Tensor([1.0, 2.0], requires_grad=True)
with ag.tape():
    y = (x * x).sum()
y.backward()
MAKE
for dtype in kinds:
    assert ag.check_by_hand(y, {x: make([2.0, 4.0], dtype)}).ok, dtype
    assert ag.gradients((x * make([3.0, 4.0], dtype)).sum(), x).tolist() == [3.0, 4.0]
    made = ag.Tensor(make([3.0, 4.0], dtype))
    assert made.tolist() == [3.0, 4.0] and made.dtype == (np.float64 if "64" in str(dtype) else np.float32)
"""
_MAKE = {
    "torch": "import torch; kinds = torch.float64, torch.float32, torch.bfloat16\n"
    "def make(values, dtype): return torch.tensor(values, dtype=dtype)\n"
    "assert ag.check_by_hand(y, {x: torch.tensor([2.0, 4.0], requires_grad=True)}).ok\n"
    "try: ag.Tensor(torch.tensor([2.0], requires_grad=True))\n"
    "except TypeError as error: assert 'detach' in str(error)\n"
    "else: raise AssertionError",
    "jax": "import jax.numpy as jnp; kinds = jnp.float32, jnp.bfloat16\n"
    "def make(values, dtype): return jnp.array(values, dtype)",
}


@pytest.mark.slow
@pytest.mark.parametrize("library", ["torch", "jax"])
def test_arrays_of_real_libraries(library):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    code = _REAL.replace("MAKE", _MAKE[library])
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
