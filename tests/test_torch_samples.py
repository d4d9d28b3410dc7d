"""Functions of PyTorch's, called as a user of PyTorch calls them, on samples: values, and gradients by all Tensors.

The samples are those that PyTorch tests itself with. Where it and NumPy contradict each other, and where its gradients
are no derivatives, the tables below say why; what this library has no function of is not called.
"""

import contextlib
import warnings

import numpy as np
import pytest

import autograd as ag
import nn

pytestmark = pytest.mark.slow

NOT_HERE = (
    *("fft.", "jiterator", "sparse", "torch.", "_", "signal.", "masked.", "native_", "linalg.eig", "linalg.ldl"),
    *("linalg.lu", "lu", "to_sparse", "linalg.householder", "nn.functional.linear_cross", "nn.functional.fractional"),
)
"""Beginnings of names: complex and sparse numbers, what PyTorch itself is made of, what draws at random."""
RANDOM = {
    *("bernoulli", "cauchy", "exponential", "geometric", "log_normal", "multinomial", "normal", "uniform", "rand_like"),
    *("randn", "randn_like", "randint", "randint_like", "nn.functional.dropout", "nn.functional.dropout2d"),
    *("nn.functional.dropout3d", "nn.functional.alpha_dropout", "nn.functional.feature_alpha_dropout"),
    *("nn.functional.rrelu", "empty", "empty_like", "new_empty", "pca_lowrank", "svd_lowrank"),
}
OTHERWISE = {
    "add": "alpha is a word of the method",
    "argsort": "NumPy's third argument is the kind",
    "atleast_1d": "a list is an array, as in NumPy",
    "atleast_2d": "a list is an array, as in NumPy",
    "atleast_3d": "a list is an array, as in NumPy",
    "cat": "arrays without entries have a shape too",
    "cholesky_inverse": "entries of the other triangle are not read, and have gradient 0",
    "cumsum": "an axis of a number is NumPy's, by position",
    "gather": "x and index have equally many axes, also where there is nothing to gather",
    "linalg.solve": "a vector for each matrix of a stack needs an axis of its own, as in NumPy",
    "linalg.lstsq.grad_oriented": "the sample is of a function around it",
    "linalg.pinv.singular": "the sample is of a function around it",
    "logsumexp": "an axis of a number is NumPy's, by position",
    "max.reduction_with_dim": "NumPy's values alone",
    "median": "NumPy's mean of the middle two",
    "min.reduction_with_dim": "NumPy's values alone",
    "nn.functional.batch_norm": "there are no statistics of nothing",
    "nn.functional.ctc_loss": "PyTorch's gradient is right only behind log_softmax",
    "nn.functional.hardsigmoid": "PyTorch multiplies by 1/6 in float32",
    "nn.functional.max_unpool1d": "PyTorch's gradient of a place named twice is of what was overwritten too",
    "nn.functional.max_unpool2d": "PyTorch's gradient of a place named twice is of what was overwritten too",
    "nn.functional.max_unpool3d": "PyTorch's gradient of a place named twice is of what was overwritten too",
    "nn.functional.triplet_margin_with_distance_loss": "the sample has a function of PyTorch's Tensors",
    "norm": "NumPy's order, by position",
    "norm.fro": "NumPy's order, by position",
    "norm.inf": "NumPy's order, by position",
    "norm.nuc": "NumPy's order, by position",
    "repeat": "NumPy's, of each entry",
    "sort": "NumPy's values alone",
    "split": "NumPy's number of parts",
    "split.list_args": "NumPy's positions to cut at",
    "squeeze": "an axis that is longer than 1 is NumPy's error",
    "squeeze.multiple": "an axis that is longer than 1 is NumPy's error",
    "std": "NumPy divides by n",
    "std.unbiased": "NumPy's second argument is the axis",
    "svd": "the signs of vectors are free",
    "linalg.svd": "the signs of vectors are free",
    "tensordot": "lengths that are summed over must be equal, 1 too",
    "transpose": "NumPy's axes",
    "unfold": "a number has no axis to move along",
    "var": "NumPy divides by n",
    "var.unbiased": "NumPy's second argument is the axis",
    "zero_": "a leaf that requires grad cannot change",
}
"""{function: why some of its samples mean something else here}."""
FIRST_IS_SECOND = {
    *("where", "einsum", "nn.functional.embedding", "nn.functional.embedding_bag", "polygamma", "special.polygamma"),
}
"""Of these the samples have the first two arguments in the other order."""
KEPT = 8
"""So many samples of each function at most."""


@pytest.fixture(scope="module")
def torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch)")
    pytest.importorskip("expecttest", reason="PyTorch's samples need expecttest")
    torch.set_num_threads(1)
    return torch


def name_of(op):
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name


def function_of(name):
    """Our function of this name, or None."""
    *path, last = name.split(".")
    place = {(): ag, ("nn", "functional"): nn.functional}.get(tuple(path))
    if place is None:
        place = getattr(ag, path[0], None) if len(path) == 1 else None
    found = getattr(place, last, None)
    if isinstance(found, np.dtype) or (found is None and place is ag and last in vars(ag.Tensor)):
        attribute = vars(ag.Tensor)[last]
        return attribute.fget if isinstance(attribute, property) else attribute
    return found


def converted(value, torch, made):
    """The arguments of a sample as ours; ``made`` collects the Tensors."""
    if isinstance(value, torch.Tensor):
        leaf = value.requires_grad and value.is_floating_point()
        ours = ag.tensor(value.detach().numpy().copy(), requires_grad=leaf)
        if leaf:
            made.append((value, ours))
        return ours
    if isinstance(value, torch.dtype):
        return np.dtype(str(value).removeprefix("torch."))
    if type(value) in (list, tuple):
        return type(value)([converted(one, torch, made) for one in value])
    return tuple(value) if isinstance(value, torch.Size) else value


def flat(result):
    return [one for part in result for one in flat(part)] if isinstance(result, list | tuple) else [result]


def values_of(y):
    return np.asarray(
        y.detach().numpy() if hasattr(y, "detach") and not isinstance(y, ag.Tensor) else getattr(y, "data", y)
    )


def compare(torch, function, arguments, options, theirs):
    """Raise where values or gradients differ."""
    made = []
    ours = flat(
        function(
            *[converted(one, torch, made) for one in arguments],
            **{word: converted(value, torch, made) for word, value in options.items()},
        )
    )
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        x, y = values_of(mine), values_of(other)
        assert x.shape == y.shape
        np.testing.assert_allclose(x, y, rtol=1e-5 if y.dtype.itemsize < 8 else 1e-9, atol=1e-9)
    outputs = [(a, b) for a, b in zip(ours, theirs, strict=True) if isinstance(b, torch.Tensor) and b.requires_grad]
    if not outputs or not made:
        return
    seeds = [np.random.default_rng(i).normal(size=b.shape) for i, (_, b) in enumerate(outputs)]
    inner = [torch.tensor(g, dtype=b.dtype) for g, (_, b) in zip(seeds, outputs, strict=True)]
    wanted = torch.autograd.grad([b for _, b in outputs], [x for x, _ in made], inner, allow_unused=True)
    total = sum([(a * g).sum() for g, (a, _) in zip(seeds, outputs, strict=True)])
    if isinstance(total, ag.Tensor) and total.requires_grad:
        total.backward()
    for (x, mine), other in zip(made, wanted, strict=True):
        zeros = np.zeros(tuple(x.shape))
        gradient = zeros if mine.grad is None else mine.grad
        np.testing.assert_allclose(gradient, zeros if other is None else other.numpy(), rtol=1e-9, atol=1e-9)


def in_scope(torch, op):
    name = name_of(op)
    out = name.startswith(NOT_HERE) and not name.startswith(("__r", "__getitem__"))
    return not (out or op.name in RANDOM or {torch.float64, torch.int64}.isdisjoint(op.dtypes))


def samples_of(torch, op):
    """(first argument and the others, options, PyTorch's results) of real samples that it can compute itself."""
    dtype = torch.float64 if torch.float64 in op.dtypes else torch.int64
    torch.manual_seed(0)
    try:
        samples = list(op.sample_inputs("cpu", dtype, requires_grad=op.supports_autograd and dtype.is_floating_point))
    except Exception:  # some samples ask for what is not installed
        return
    for sample in samples[:: -(-len(samples) // KEPT) or 1]:
        if sample.kwargs.get("dropout_p"):
            continue
        arguments = [sample.input, *sample.args]
        with contextlib.suppress(Exception):  # samples of what PyTorch itself refuses
            theirs = flat(op.op(*arguments, **sample.kwargs))
            if not any(isinstance(y, torch.Tensor) and y.is_complex() for y in theirs):
                yield arguments, sample.kwargs, theirs


def test_samples(torch):
    from torch.testing._internal.common_methods_invocations import op_db

    wrong, compared = {}, 0
    for op in op_db:
        name = name_of(op)
        function = next(filter(None, map(function_of, [op.name, *[alias.name for alias in op.aliases]])), None)
        if name in OTHERWISE or function is None or not in_scope(torch, op):
            continue
        for arguments, options, theirs in samples_of(torch, op):
            if op.name in FIRST_IS_SECOND:
                arguments[:2] = arguments[1::-1]
            if op.name == "einsum":
                arguments = [arguments[0], *arguments[1]]
            compared += 1
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    compare(torch, function, arguments, options, theirs)
            except Exception as error:
                wrong.setdefault(name, f"{type(error).__name__}: {error}"[:400])
    assert compared > 1500
    assert not wrong, "\n".join(f"{name}: {says}" for name, says in wrong.items())
