"""Random graphs, convolutions, poolings, norms, losses and optimizers.

Each case is drawn from its seed alone. A graph mixes operations, broadcasting shapes and ways of asking for
gradients as programs do and tables of samples do not. Gradients agree whichever way they are asked for, with finite
differences, and, where PyTorch is installed, values, gradients and their gradients with PyTorch's.

Long because random programs are drawn in one way, whatever they are made of.
"""

import numpy as np
import pytest

import autograd as ag
import nn

try:
    import torch

    F = torch.nn.functional
except ImportError:

    class Absent:
        """Stands for PyTorch in the tables below, whose right halves then stay unused."""

        def __getattr__(self, name):
            return None

    torch = F = Absent()

pytestmark = pytest.mark.filterwarnings("ignore:.*operands with different numbers of axes")  # drawn as they come
against_torch = pytest.mark.skipif(torch is F, reason="compares with PyTorch, which is not installed")

SHAPES = [(), (1,), (3,), (2, 3), (3, 1), (2, 1, 3), (3, 3), (1, 2, 2), (0, 3)]

UNARY = {
    "sin": (ag.sin, torch.sin),
    "tanh": (ag.tanh, torch.tanh),
    "sigmoid": (ag.sigmoid, torch.sigmoid),
    "arctan": (ag.arctan, torch.arctan),
    "softplus": (ag.softplus, F.softplus),
    "gelu": (ag.gelu, F.gelu),
    "silu": (ag.silu, F.silu),
    "elu": (ag.elu, F.elu),
    "relu": (ag.relu, F.relu),
    "leaky_relu": (ag.leaky_relu, F.leaky_relu),
    "absolute": (abs, torch.abs),
    "exp": (lambda x: ag.exp(-x * x), lambda x: torch.exp(-x * x)),
    "log": (lambda x: ag.log(x * x + 0.5), lambda x: torch.log(x * x + 0.5)),
    "sqrt": (lambda x: ag.sqrt(abs(x) + 0.5), lambda x: torch.sqrt(torch.abs(x) + 0.5)),
    "erf": (ag.erf, torch.erf),
    "cube": (lambda x: x**3 / 8, lambda x: x**3 / 8),
    "clip": (lambda x: ag.clip(x, -0.5, 1.1), lambda x: torch.clip(x, -0.5, 1.1)),
    "plus": (lambda x: +x, lambda x: +x),
    "numpy": (np.cos, torch.cos),
}
BINARY = {
    "add": (lambda a, b: a + b,) * 2,
    "subtract": (lambda a, b: a - b,) * 2,
    "multiply": (lambda a, b: a * b / 2,) * 2,
    "divide": (lambda a, b: a / (b * b + 0.7),) * 2,
    "maximum": (ag.maximum, torch.maximum),
    "minimum": (ag.minimum, torch.minimum),
    "hypot": (lambda a, b: ag.hypot(a + 3, b), lambda a, b: torch.hypot(a + 3, b)),
    "arctan2": (lambda a, b: ag.arctan2(a, b * b + 1), lambda a, b: torch.arctan2(a, b * b + 1)),
    "logaddexp": (ag.logaddexp, torch.logaddexp),
    "where": (lambda a, b: ag.where(a > b, a, 2 * b), lambda a, b: torch.where(a > b, a, 2 * b)),
    "power": (lambda a, b: (abs(a) + 0.5) ** ag.tanh(b), lambda a, b: (torch.abs(a) + 0.5) ** torch.tanh(b)),
}


def reduced(name, ours, theirs):
    """A reduction along drawn axes; of one axis where PyTorch knows no more."""

    def draw(rng, x):
        several = name in ("sum", "mean", "amax", "logsumexp", "norm") and rng.random() < 0.4
        axis = tuple(range(x.ndim)) if several else int(rng.integers(-x.ndim, x.ndim))
        keepdims = bool(rng.random() < 0.5)
        return lambda x: ours(x, axis, keepdims), lambda x: theirs(x, axis, keepdims)

    return draw


REDUCTIONS = {
    "sum": (ag.sum, lambda x, d, k: x.sum(d, keepdim=k)),
    "mean": (ag.mean, lambda x, d, k: x.mean(d, keepdim=k)),
    "amax": (ag.amax, lambda x, d, k: x.amax(d, keepdim=k)),
    "max": (ag.max, lambda x, d, k: x.max(d, keepdim=k).values),
    "min": (ag.min, lambda x, d, k: x.min(d, keepdim=k).values),
    "prod": (lambda x, d, k: ag.prod(ag.tanh(x), d, k), lambda x, d, k: torch.prod(torch.tanh(x), d, keepdim=k)),
    "var": (lambda x, d, k: ag.var(x, d, 0, k), lambda x, d, k: x.var(d, correction=0, keepdim=k)),
    "logsumexp": (ag.logsumexp, lambda x, d, k: torch.logsumexp(x, d, keepdim=k)),
    "norm": (
        lambda x, d, k: ag.norm(x * x + 0.3, axis=d, keepdims=k) if isinstance(d, int) else ag.sum(x, d, k),
        lambda x, d, k: torch.linalg.norm(x * x + 0.3, dim=d, keepdim=k) if isinstance(d, int) else x.sum(d, keepdim=k),
    ),
    "softmax": (lambda x, d, k: ag.softmax(x, d), lambda x, d, k: torch.softmax(x, d)),
    "log_softmax": (lambda x, d, k: ag.log_softmax(x, d), lambda x, d, k: torch.log_softmax(x, d)),
    "cumsum": (lambda x, d, k: ag.cumsum(x, d), lambda x, d, k: torch.cumsum(x, d)),
    "flip": (lambda x, d, k: ag.flip(x, d), lambda x, d, k: torch.flip(x, [d])),
    "roll": (lambda x, d, k: ag.roll(x, 2, d), lambda x, d, k: torch.roll(x, 2, d)),
    "repeat": (lambda x, d, k: ag.repeat(x, 2, d), lambda x, d, k: torch.repeat_interleave(x, 2, d)),
    "stack": (lambda x, d, k: ag.stack([x, -x, x * x], d), lambda x, d, k: torch.stack([x, -x, x * x], d)),
    "concatenate": (lambda x, d, k: ag.concatenate([x, x * 2], d), lambda x, d, k: torch.cat([x, x * 2], d)),
}
NOT_OF_NOTHING = {"amax", "max", "min", "mean", "var", "logsumexp", "norm"}


def index_drawn(rng, shape):
    """An index that both libraries know: ints, slices, integer and boolean arrays."""
    index = []
    for n in shape[: rng.integers(1, len(shape) + 1)]:
        kind = rng.integers(5) if n else 4
        if kind == 0 and not any(isinstance(one, list) for one in index):
            index.append(int(rng.integers(-n, n)))
        elif kind == 1 and not any(isinstance(one, list | int) for one in index):
            index.append(rng.integers(-n, n, 4).tolist())
        elif kind == 2:
            index.append(slice(int(rng.integers(0, n)), None))
        else:
            index.append(slice(None, None, int(rng.integers(1, 3))))
    return tuple(index)


def shape_step(rng, x):
    """(ours, theirs) of a drawn change of shape or order, or of an assignment."""
    kind = rng.integers(6)
    if kind == 0:
        order = [int(i) for i in rng.permutation(x.ndim)]
        return lambda x: x.transpose(order), lambda x: x.permute(order)
    if kind == 1:
        return lambda x: x.reshape(-1), lambda x: x.reshape(-1)
    if kind == 2:
        width = int(rng.integers(0, 3))
        return lambda x: ag.pad(x, ((0, width),) * x.ndim), lambda x: F.pad(x, (0, width) * x.ndim)
    index = index_drawn(rng, x.shape)
    if kind == 3:
        value = float(rng.normal())

        def ours(x):
            y = x * 1.5
            y[index] = value
            y += x
            return y

        def theirs(x):
            y = x * 1.5
            y[index] = value
            return y + x

        return ours, theirs
    return lambda x: x[index], lambda x: x[index]


def products(a, b):
    """(ours, theirs) of a product of two arrays, if their shapes fit one."""
    fit = a.ndim and b.ndim and a.shape[-1] == b.shape[max(b.ndim - 2, 0)]
    if fit and all(m == n or 1 in (m, n) for m, n in zip(a.shape[-3::-1], b.shape[-3::-1], strict=False)):
        return lambda a, b: a @ b, lambda a, b: a @ b
    if a.ndim == b.ndim == 2 and a.shape[0] == b.shape[0]:
        return lambda a, b: ag.einsum("ij,ik->kj", a, b), lambda a, b: torch.einsum("ij,ik->kj", a, b)
    return None


def draw_program(rng):
    """Leaf values, and steps (ours, theirs, positions of the arguments) that grow a list of values."""
    leaves = [rng.normal(size=SHAPES[i]) for i in rng.integers(0, len(SHAPES), rng.integers(1, 4))]
    values = [ag.Tensor(x) for x in leaves]
    steps = []
    while len(steps) < 10:
        i, j = (int(n) for n in rng.integers(0, len(values), 2))
        x = values[i]
        kind = rng.integers(6)
        at = (i,)
        if kind < 2:
            pair = UNARY[str(rng.choice(list(UNARY)))]
        elif kind == 2:
            at = (i, j)
            try:
                np.broadcast_shapes(x.shape, values[j].shape)
                pair = BINARY[str(rng.choice(list(BINARY)))]
            except ValueError:
                pair = products(x, values[j])
        elif kind == 3:
            at, pair = (i, j), products(x, values[j])
        elif not x.ndim:
            continue
        elif kind == 4:
            name = str(rng.choice(list(REDUCTIONS)))
            if not x.size and name in NOT_OF_NOTHING:
                continue
            pair = reduced(name, *REDUCTIONS[name])(rng, x)
        else:
            pair = shape_step(rng, x)
        if pair is None:
            continue
        y = pair[0](*[values[k] for k in at])
        if y.size > 200 or not np.all(abs(y.data) < 1e3):
            continue
        steps.append((*pair, at))
        values.append(y)
    return leaves, steps


def run(which, leaves, steps):
    values = list(leaves)
    for step in steps:
        values.append(step[which](*[values[k] for k in step[2]]))
    return values


def weighted(values, rng):
    """One number of all of them, in which every entry counts differently."""
    total = 0.0
    for x in values:
        weights = rng.uniform(0.5, 1.5, tuple(x.shape))
        total = total + (x * (weights if isinstance(x, ag.Tensor) else torch.tensor(weights))).sum()
    return total


def close(ours, theirs, what):
    theirs = theirs.detach().numpy(force=True)  # PyTorch has zeros that it will not convert otherwise
    assert np.shape(ours) == theirs.shape, f"{what}: {np.shape(ours)} instead of {theirs.shape}"
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9, err_msg=what)


def recorded(leaves, program, seed):
    """Fresh leaves, the values that the program makes of them, and one number of all those."""
    xs = [ag.Tensor(x, requires_grad=True) for x in leaves]
    values = program(0, xs)
    return xs, values, weighted(values, np.random.default_rng(seed))


def compare_ways(leaves, program, rng):
    """The same gradients again and again, by inner values, on a tape, around ``no_grad`` and with ``create_graph``."""
    seed = int(rng.integers(1 << 30))
    xs, values, y = recorded(leaves, program, seed)
    y.backward(retain_graph=True)
    once = [np.array(x.grad) for x in xs]
    ag.gradients(y, values[int(rng.integers(len(values)))], retain_graph=True)
    for x, g, h in zip(xs, once, ag.gradients(y, xs, create_graph=True), strict=True):
        assert h.dtype == x.dtype
        np.testing.assert_allclose(h.data, g, rtol=1e-10, atol=1e-12, err_msg="with create_graph")
    y.backward()  # twice in all
    zs, _, w = recorded(leaves, program, seed)
    with ag.no_grad():
        program(0, zs)
    with ag.tape() as tape:
        total = weighted(program(0, zs), np.random.default_rng(seed))
    total.backward()
    w.backward()
    total.backward()  # the tape is still there
    on_tape = {node.parents[0]: node.note.gradient for node in tape if node.operation.name == "alias"}
    for x, z, g in zip(xs, zs, once, strict=True):
        np.testing.assert_allclose(x.grad, 2 * g, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(z.grad, 3 * g, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(on_tape[z.node], g, rtol=1e-12, err_msg="on the tape")


def compare(leaves, program, rng):
    """``program(0, ours)`` and PyTorch's ``program(1, theirs)``: values, gradients, gradients of gradients."""
    seed = int(rng.integers(1 << 30))
    xs, values, y = recorded(leaves, program, seed)
    ts = [torch.tensor(x, requires_grad=True) for x in leaves]
    expected = program(1, ts)
    z = weighted(expected, np.random.default_rng(seed))
    for i, (a, b) in enumerate(zip(values, expected, strict=True)):
        close(a.data, b, f"value {i}")
    y.backward(retain_graph=True)
    ours, theirs = ag.gradients(y, xs, create_graph=True), torch.autograd.grad(z, ts, create_graph=True)
    for i, (x, g, expected) in enumerate(zip(xs, ours, theirs, strict=True)):
        close(x.grad, expected, f"gradient {i}")
        close(g.data, expected, f"gradient {i} with create_graph")
        x.grad = None
    y, z = (weighted(gradients, np.random.default_rng(seed + 1)) for gradients in (ours, theirs))
    if y.requires_grad:
        y.backward()
    found = torch.autograd.grad(z, ts, allow_unused=True) if z.requires_grad else [None] * len(ts)
    for i, (x, g) in enumerate(zip(xs, found, strict=True)):
        g = torch.zeros(x.shape) if g is None else g
        close(np.zeros(x.shape) if x.grad is None else x.grad, g, f"second gradient {i}")


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_in_every_way(seed):
    rng = np.random.default_rng(seed)
    leaves, steps = draw_program(rng)
    compare_ways(leaves, lambda which, xs: run(which, xs, steps), rng)


@pytest.mark.parametrize("seed", range(15))
def test_random_graphs_by_finite_differences(seed):
    leaves, steps = draw_program(np.random.default_rng(seed))

    def f(*xs):
        return weighted(run(0, xs, steps), np.random.default_rng(seed))

    ag.gradcheck(f, leaves, order=2, projections=3)


@against_torch
@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed):
    rng = np.random.default_rng(seed)
    leaves, steps = draw_program(rng)
    compare(leaves, lambda which, xs: run(which, xs, steps), rng)


def drawn_tuple(rng, low, high, rank=2):
    """An int, or one for each axis."""
    if rng.random() < 0.3:
        return int(rng.integers(low, high))
    return tuple([int(rng.integers(low, high)) for _ in range(rank)])


def as_tuple(value, rank=2):
    return (value,) * rank if isinstance(value, int) else value


def channels_last(x):
    """The same array, channels last in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


@against_torch
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")  # PyTorch, of even kernels
@pytest.mark.parametrize(
    ("rank", "seed"), [(2, seed) for seed in range(40)] + [(r, s) for r in (1, 3) for s in range(20)]
)
def test_random_convolutions(rank, seed):
    rng = np.random.default_rng(seed)
    groups = int(rng.choice([1, 1, 2, 3]))
    n, c_in, c_out = int(rng.integers(0, 4)), groups * int(rng.integers(1, 4)), groups * int(rng.integers(1, 4))
    kernel = as_tuple(drawn_tuple(rng, 1, 5 if rank < 3 else 4, rank), rank)
    stride, padding, dilation = (drawn_tuple(rng, low, high, rank) for low, high in ((1, 6), (0, 4), (1, 4)))
    if rng.random() < 0.2:
        stride, padding = 1, str(rng.choice(["same", "valid"]))
    least = [(k - 1) * d + 1 for k, d in zip(kernel, as_tuple(dilation, rank), strict=True)]
    if not isinstance(padding, str):
        least = [max(m - 2 * p, 1) for m, p in zip(least, as_tuple(padding, rank), strict=True)]
    image = [m + int(rng.integers(0, 6 if rank < 3 else 3)) for m in least]
    leaves = [rng.normal(size=(n, c_in, *image)), rng.normal(size=(c_out, c_in // groups, *kernel))]
    if rng.random() < 0.5:
        leaves.append(rng.normal(size=c_out))
    if rng.random() < 0.5:
        leaves[0] = channels_last(leaves[0])

    def program(which, xs):
        conv = getattr((ag, F)[which], f"conv{rank}d")
        y = conv(xs[0], xs[1], xs[2] if len(xs) > 2 else None, stride, padding, dilation, groups)
        return [y, y * y * y]

    if n or padding != "same":
        compare(leaves, program, rng)
        compare_ways(leaves, program, rng)


@against_torch
@pytest.mark.parametrize(("rank", "seed"), [(rank, seed) for rank in (1, 2, 3) for seed in range(25)])
def test_random_transposed_convolutions(rank, seed):
    rng = np.random.default_rng(seed)
    groups = int(rng.choice([1, 1, 2, 3]))
    n, c_in, c_out = int(rng.integers(1, 4)), groups * int(rng.integers(1, 4)), groups * int(rng.integers(1, 4))
    kernel = as_tuple(drawn_tuple(rng, 1, 5 if rank < 3 else 4, rank), rank)
    stride, dilation = (as_tuple(drawn_tuple(rng, 1, 4, rank), rank) for _ in range(2))
    more = tuple([int(rng.integers(0, max(u, e))) for u, e in zip(stride, dilation, strict=True)])
    image = [int(rng.integers(1, 6 if rank < 3 else 4)) for _ in range(rank)]
    full = [
        (p - 1) * u + e * (k - 1) + 1 + o for p, u, e, k, o in zip(image, stride, dilation, kernel, more, strict=True)
    ]
    padding = tuple([int(rng.integers(0, (m + 1) // 2)) for m in full])
    leaves = [rng.normal(size=(n, c_in, *image)), rng.normal(size=(c_in, c_out // groups, *kernel))]
    if rng.random() < 0.5:
        leaves.append(rng.normal(size=c_out))
    if rng.random() < 0.5:
        leaves[0] = channels_last(leaves[0])

    def program(which, xs):
        conv = getattr((ag, F)[which], f"conv_transpose{rank}d")
        y = conv(xs[0], xs[1], xs[2] if len(xs) > 2 else None, stride, padding, more, groups, dilation)
        return [y, y * y * y]

    compare(leaves, program, rng)
    compare_ways(leaves, program, rng)


@against_torch
@pytest.mark.parametrize(
    ("rank", "seed"), [(2, seed) for seed in range(60)] + [(r, s) for r in (1, 3) for s in range(30)]
)
def test_random_poolings(rank, seed):
    rng = np.random.default_rng(seed)
    kernel, stride = drawn_tuple(rng, 1, 5 if rank < 3 else 4, rank), drawn_tuple(rng, 1, 7, rank)
    kind, ceil_mode = str(rng.choice(["max", "avg"])), bool(rng.random() < 0.5)
    dilation = drawn_tuple(rng, 1, 4, rank) if kind == "max" else 1
    padding = tuple([int(rng.integers(0, k // 2 + 1)) for k in as_tuple(kernel, rank)])
    shape_of = zip(as_tuple(kernel, rank), as_tuple(dilation, rank), padding, strict=True)
    least = [(k - 1) * d + 1 - 2 * p for k, d, p in shape_of]
    if (rank, kind) == (3, "avg"):  # PyTorch wants images as large as the kernel here, whatever the padding
        least = as_tuple(kernel, rank)
    image = [max(m, 1) + int(rng.integers(0, 9 if rank < 3 else 4)) for m in least]
    shape = (int(rng.integers(1, 4)), int(rng.integers(1, 4)), *image)
    x = rng.permutation(int(np.prod(shape))).reshape(shape) / 10 - 2.0
    if rng.random() < 0.5:
        x = channels_last(x)
    if rng.random() < 0.3:
        stride = None
    include = bool(rng.random() < 0.5)
    divisor = {} if rank == 1 or rng.random() < 0.5 else {"divisor_override": int(rng.integers(1, 9))}

    if kind == "max":
        pool = getattr(ag, f"max_pool{rank}d")
        try:
            y = pool(ag.Tensor(x), kernel, stride, padding, dilation=dilation, ceil_mode=ceil_mode)
        except ValueError as error:  # where PyTorch 2.13 writes past its arrays
            assert "a window sees padding alone" in str(error)
            return
        assert np.isfinite(y.data).all()

    def program(which, xs):
        pool = getattr((ag, F)[which], f"{kind}_pool{rank}d")
        if kind == "max":
            y = pool(xs[0], kernel, stride, padding, dilation=dilation, ceil_mode=ceil_mode)
        else:
            y = pool(xs[0], kernel, stride, padding, ceil_mode=ceil_mode, count_include_pad=include, **divisor)
        return [y, y * y]

    compare([x], program, rng)


@against_torch
@pytest.mark.parametrize("seed", range(20))
def test_random_batch_norms(seed):
    rng = np.random.default_rng(seed)
    channels = int(rng.integers(1, 4))
    shape = (int(rng.integers(2, 5)), channels, *rng.integers(1, 4, rng.choice([0, 1, 2])).tolist())
    affine, training = bool(rng.random() < 0.6), bool(rng.random() < 0.7)
    leaves = [rng.normal(size=shape)] + ([rng.normal(size=channels), rng.normal(size=channels)] if affine else [])
    running = [rng.normal(size=channels), rng.uniform(0.5, 2, channels)]
    momentum, eps = float(rng.uniform(0, 1)), float(rng.choice([1e-5, 0.1]))
    moved = [[ag.Tensor(x) for x in running], [torch.tensor(x) for x in running]]

    def program(which, xs):
        norm = (nn.functional.batch_norm, F.batch_norm)[which]
        stats = [s.detach() if which == 0 else s.clone() for s in moved[which]]
        y = norm(xs[0], *stats, *(xs[1:] if affine else (None, None)), training, momentum, eps)
        program.stats[which] = stats
        return [y, y**3]

    program.stats = [None, None]
    compare(leaves, program, rng)
    for ours, theirs in zip(*program.stats, strict=True):
        close(ours.data, theirs, "running statistics")


@against_torch
@pytest.mark.parametrize("seed", range(30))
def test_random_losses(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    reduction = str(rng.choice(["mean", "sum", "none"]))
    kind = int(rng.integers(6))
    logits, target = rng.normal(size=(n, k)) * 3, rng.normal(size=(n, k))
    classes = rng.integers(0, k, n)
    weight = rng.uniform(0.5, 2, k) if rng.random() < 0.5 else None
    ignored = int(classes[0]) if rng.random() < 0.4 and len(set(classes.tolist())) > 1 else -100
    smoothing = float(rng.choice([0.0, 0.2]))

    def program(which, xs):
        library, as_tensor = ((ag, ag.Tensor), (F, torch.tensor))[which]
        w = None if weight is None else as_tensor(weight)
        t = as_tensor(classes)
        if kind == 0:
            return [library.cross_entropy(xs[0], t, w, ignore_index=ignored, reduction=reduction)]
        if kind == 1:
            options = {"reduction": reduction, "label_smoothing": smoothing}
            return [library.cross_entropy(xs[0], t, w, ignore_index=ignored, **options)]
        if kind == 2:
            logs = (ag, torch)[which].log_softmax(xs[0], 1)
            return [library.nll_loss(logs, t, w, ignore_index=ignored, reduction=reduction)]
        goal = as_tensor(1 / (1 + np.exp(-target)))
        if kind == 3:
            return [library.binary_cross_entropy_with_logits(xs[0], goal, reduction=reduction)]
        if kind == 4:
            return [(ag.mse if which == 0 else F.mse_loss)(xs[0], goal, reduction=reduction)]
        return [(ag.l1 if which == 0 else F.l1_loss)(xs[0] ** 3, goal, reduction=reduction)]

    compare([logits], program, rng)


@against_torch
@pytest.mark.parametrize("seed", range(20))
def test_random_optimizers(seed):
    """Odd sets of parameters: without axes, empty, transposed, frozen, some without a gradient at some steps."""
    rng = np.random.default_rng(seed)
    name = str(rng.choice(["SGD", "Adam", "AdamW"]))
    decay = float(rng.choice([0, 0.1]))
    if name == "SGD":
        momentum = float(rng.choice([0, 0.9]))
        nesterov = bool(momentum and rng.random() < 0.5)
        dampening = 0 if nesterov else float(rng.choice([0, 0.3]))
        options = {"momentum": momentum, "dampening": dampening, "nesterov": nesterov, "weight_decay": decay}
    else:
        options = {"betas": (float(rng.uniform(0, 1)), 0.9), "weight_decay": decay, "amsgrad": bool(rng.random() < 0.5)}
    values = [rng.normal(size=shape) for shape in [(), (1,), (0, 3), (2, 3), (2, 3, 1)]] + [rng.normal(size=(4, 2)).T]
    ours = [ag.Tensor(x, requires_grad=True) for x in values]
    theirs = [torch.tensor(x, requires_grad=True) for x in values]
    ours[1].requires_grad = theirs[1].requires_grad = False
    groups = [[{"params": ps[:3]}, {"params": ps[3:], "lr": 0.3}] for ps in (ours, theirs)]
    optimizers = [
        getattr(module, name)(group, lr=0.05, **options)
        for module, group in zip((nn.optim, torch.optim), groups, strict=True)
    ]
    for _ in range(6):
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            g = rng.normal(size=a.shape) if i != 1 and rng.random() < 0.8 else None
            if i != 1:
                a.grad, b.grad = g, None if g is None else torch.tensor(g)
        for optimizer in optimizers:
            optimizer.step()
        if rng.random() < 0.3:
            optimizers[0].load_state_dict(optimizers[0].state_dict())
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-12, atol=1e-14, err_msg=f"{name} {options}: {i}")
