"""Every row of the benchmarks: all libraries in it compute the same, values and gradients, and in float32."""

import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

import autograd as ag
from benchmarks import as_written, chain, compiled, libraries, scalars
from benchmarks.__main__ import SUBJECTS

MODULES = {"PyTorch": "torch", "MyGrad": "mygrad", "micrograd": "micrograd", "JAX": "jax"}


def timed_rows():
    """Every row that is timed, but those of chains, which are long."""
    subjects = {name: importlib.import_module(f"benchmarks.{name}").ROWS for name in SUBJECTS if name != "chain"}
    return [(name, row) for name, rows in subjects.items() for row in rows if row.measure == "time"]


def each(*wanted, condition=lambda row, variant: True):
    """A test's parameters (row, side, variant) for the builds of these libraries."""
    return pytest.mark.parametrize(
        "row, side, variant",
        [
            pytest.param(row, side, variant, id=f"{name}: {row.work}, {side} {variant}".rstrip())
            for name, row in timed_rows()
            for side in row.sides
            if side in wanted
            for variant in row.variants(side)
            if condition(row, variant)
        ],
    )


def in_float32(row, variant):
    """Scalars, and what is looked at, compute with Python's numbers."""
    return row not in scalars.ROWS and "PyTorch" in row.sides


def array(x):
    """The numbers of any library's tensor."""
    if hasattr(x, "detach"):
        x = x.detach()
    return np.asarray(getattr(x, "data", x), dtype=float)


def assert_equal(ours, theirs):
    ours, theirs = array(ours), array(theirs)
    assert ours.shape == theirs.shape or ours.size == theirs.size == 1
    np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-11 * max(1, np.abs(ours).max()))


def assert_same_work(ours, theirs):
    """Two steps of each: their values, the second of which tells of the first one's gradients; and the gradients."""
    for _ in range(2):
        (value, leaves), (their_value, their_leaves) = ours(), theirs()
        assert np.all(np.isfinite(array(value)))
        assert_equal(value, their_value)
        for leaf, theirs_leaf in zip(leaves, their_leaves, strict=bool(their_leaves)):
            assert_equal(leaf.grad, theirs_leaf.grad)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the peers
@each("MyGrad", "micrograd", "JAX")
def test_the_others_do_the_same_work(row, side, variant):
    pytest.importorskip(MODULES[side], reason=f"{side} is not installed")
    assert_same_work(build(row, "chalkgrad"), build(row, side, variant))


@pytest.mark.slow
@each("PyTorch")
def test_torch_does_the_same_work(torch, row, side, variant):
    assert_same_work(build(row, "chalkgrad"), build(row, side, variant))


def build(row, side, variant=None, dtype="float64"):
    """A step in float64, in which small differences tell, on a batch of 4 where there is one."""
    variants = row.variants(side)
    build = variants[next(iter(variants)) if variant is None else variant]
    small = {"batch": 4, "steps": 20}
    return build(dtype=dtype, **{name: small[name] for name in inspect.signature(build).parameters if name in small})


@each("chalkgrad", condition=lambda row, variant: variant)
def test_our_variants_do_the_same_work(row, side, variant):
    assert_same_work(build(row, side), build(row, side, variant))


@each(as_written.IN_LAYERS, as_written.IN_MATRICES, compiled.EAGER)
def test_a_net_is_the_same_in_every_way(row, side, variant):
    assert_same_work(build(row, "chalkgrad"), build(row, side, variant))


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for _, row in timed_rows() if len(row.sides) == 1])
def test_what_stands_alone_runs(row):
    build(row, "chalkgrad")()


@pytest.mark.parametrize("side", ["PyTorch", "MyGrad", "micrograd"])
def test_a_chain_is_the_same_work_torch(side):
    pytest.importorskip(MODULES[side], reason=f"{side} is not installed")
    assert_same_work(chain.chalkgrad(100), getattr(chain, side.lower())(100))


@pytest.mark.parametrize("subject", ["lenet5", "logistic", "mlp", "tiny"])
def test_hips_autograd_does_the_same_work(subject):
    if not (libraries.HIPS_FOLDER / "autograd").is_dir():
        pytest.skip("HIPS autograd is not installed; make bench does that")
    small = {"lenet5": "batch=4,", "mlp": "batch=4,", "logistic": "steps=20,"}.get(subject, "")
    code = f"""
from benchmarks.{subject} import hips
step = hips({small} dtype="float64")
step()
print(step()[0].sum())
"""
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", code],
        env=libraries.environment("HIPS autograd", 1), capture_output=True, text=True, check=True,
    )  # fmt: skip
    ours = build(importlib.import_module(f"benchmarks.{subject}").ROWS[-1 if subject == "logistic" else 0], "chalkgrad")
    ours()
    np.testing.assert_allclose(float(done.stdout), array(ours()[0]).sum(), rtol=1e-9)


@each("chalkgrad", "PyTorch", "MyGrad", condition=in_float32)
def test_float32_is_what_is_timed_torch(row, side, variant):
    if side != "chalkgrad":
        pytest.importorskip(MODULES[side], reason=f"{side} is not installed")
    value, leaves = build(row, side, variant, "float32")()
    for x in (value, *leaves, *(leaf.grad for leaf in leaves)):
        assert str(x.dtype).removeprefix("torch.") == "float32"


@each("chalkgrad", condition=lambda row, variant: variant == "channels last")
def test_channels_last_is_what_it_says(row, side, variant):
    _, leaves = build(row, side, variant)()
    assert leaves[0].data.strides[1] == leaves[0].data.itemsize


@pytest.mark.parametrize("row, network", [*zip(scalars.ROWS, [scalars.mlp, scalars.logistic_222], strict=True)])
def test_a_node_is_one_that_we_record(row, network):
    activation = ag.relu if network is scalars.mlp else ag.sigmoid
    built, _ = network(lambda value: ag.Tensor(value, requires_grad=True), activation)
    with ag.tape() as tape:
        built()
    assert len(tape) == row.per


@pytest.mark.slow
def test_torchs_process_does_not_import_ours(torch):
    code = f"""
import importlib, sys
for subject in {SUBJECTS}:
    for row in importlib.import_module("benchmarks." + subject).ROWS:
        if "PyTorch" in row.sides and row.measure != "import":
            for build in row.variants("PyTorch").values():
                build()
assert "torch" in sys.modules
assert not {{"autograd", "nn", "mygrad"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-P", "-c", code], env=libraries.environment("PyTorch", 1), check=True)
