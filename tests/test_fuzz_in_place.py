"""Random programs that change values in place, name them twice, look at parts of them and switch recording off.

``t[i] = v`` and ``t += v`` give the Tensor object a new value, under all its names; what was made of it before keeps
the old one. So each program has a second form without any change in place, which PyTorch runs: values, gradients and
gradients of gradients must agree. They must also agree among all ways to a derivative, compiled and interpreted.

Each program is drawn from its seed alone. 20,000 of them: ``python -m tests.test_fuzz_in_place 0 20000``.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
from tests.test_fuzz import (
    BINARY,
    NOT_OF_NOTHING,
    REDUCTIONS,
    SHAPES,
    UNARY,
    against_torch,
    compare,
    index_drawn,
    products,
    reduced,
    torch,
    weighted,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*operands with different numbers of axes")

OURS, THEIRS = 0, 1
CHANGES = {
    "+=": (lambda y, z: y + z, lambda z: z),
    "-=": (lambda y, z: y - z, lambda z: z),
    "*=": (lambda y, z: y * z, lambda z: z * 0.5),
    "/=": (lambda y, z: y / z, lambda z: z * z + 0.8),
}
MODES = [(), (), (), (), ("no_grad",), ("no_grad", "enable_grad"), ("enable_grad", "no_grad")]


class Cell:
    """A name of a value. PyTorch's programs change what the cell holds; ours change the Tensor itself."""

    def __init__(self, value):
        self.value = value


def modes_of(which, names):
    """The blocks that a step runs in, entered."""
    library = (ag, torch)[which]
    return [getattr(library, name)() for name in names]


class Within:
    """Several with-blocks as one."""

    def __init__(self, blocks):
        self.blocks = blocks

    def __enter__(self):
        for block in self.blocks:
            block.__enter__()

    def __exit__(self, *error):
        for block in reversed(self.blocks):
            block.__exit__(*error)


# -- steps: functions of (which library, the cells) ---------------------------------------------


def new_value(pair, at, modes):
    """A value made from others."""

    def step(which, cells):
        with Within(modes_of(which, modes)):
            cells.append(Cell(pair[which](*[cells[k].value for k in at])))

    return step


def second_name(i):
    """Another name for the same value: what is changed under one name is changed under both."""

    def step(which, cells):
        cells.append(Cell(cells[i].value) if which == OURS else cells[i])

    return step


def constant(i):
    return new_value((lambda x: x.detach(), lambda x: x.detach()), (i,), ())


def assigned(i, index, value):
    """cells[i][index] = value(which, cells)."""

    def step(which, cells):
        new = value(which, cells)
        if which == OURS:
            cells[i].value[index] = new
        else:
            y = cells[i].value.clone()
            y[tuple(torch.tensor(k) if isinstance(k, np.ndarray) else k for k in index)] = new
            cells[i].value = y

    return step


def changed(i, sign, j):
    """cells[i] += cells[j] and its like."""
    apply, prepared = CHANGES[sign]

    def step(which, cells):
        z = prepared(cells[j].value)
        if which == THEIRS:
            cells[i].value = apply(cells[i].value, z)
            return
        y = cells[i].value
        if sign == "+=":
            y += z
        elif sign == "-=":
            y -= z
        elif sign == "*=":
            y *= z
        else:
            y /= z
        assert y is cells[i].value

    return step


VIEWS = {
    "reshape": (lambda x: x.reshape(-1),) * 2,
    "T": (lambda x: x.T, lambda x: x.permute(*reversed(range(x.ndim)))),
    "first": (lambda x: x[:1],) * 2,
    "rest": (lambda x: x[1:],) * 2,
    "backwards": (lambda x: x[::-1], lambda x: torch.flip(x, [0])),
    "last of each": (lambda x: x[..., -1:],) * 2,
    "new axis": (lambda x: x[None],) * 2,
    "swapped": (lambda x: ag.swapaxes(x, 0, -1), lambda x: x.transpose(0, -1)),
    "itself": (lambda x: x[...],) * 2,
    "broadcast": (lambda x: ag.broadcast_to(x, (2, *x.shape)), lambda x: x.expand(2, *x.shape)),
}


# -- drawing ------------------------------------------------------------------------------------


def assignment(rng, i, cells):
    """A drawn assignment to a part of cells[i], or None."""
    y = cells[i].value
    if not y.ndim:
        index = (...,)
    elif rng.random() < 0.2:
        index = (rng.random(y.shape) < 0.5,)
    else:
        index = index_drawn(rng, y.shape)
    region = y.data[index].shape
    number = float(rng.normal())
    if any(isinstance(k, list) and len({n % y.shape[axis] for n in k}) < len(k) for axis, k in enumerate(index)):
        return assigned(i, index, lambda which, cells: number)  # PyTorch counts a place twice that is written twice
    kind, k = rng.integers(3), int(rng.integers(len(cells)))
    fitting = [n for n, cell in enumerate(cells) if _fits(cell.value.shape, region)]
    if kind == 0:
        return assigned(i, index, lambda which, cells: number)
    if kind == 1 and fitting and not isinstance(index[0], np.ndarray):
        k = int(rng.choice(fitting))
        return assigned(i, index, lambda which, cells: cells[k].value)
    return assigned(i, index, lambda which, cells: cells[k].value.sum() * 0.25)


def _fits(shape, into):
    try:
        return np.broadcast_shapes(shape, into) == into
    except ValueError:
        return False


def drawn_step(rng, cells, leaves):
    """A step, or None."""
    i, j = (int(n) for n in rng.integers(0, len(cells), 2))
    x, kind = cells[i].value, rng.integers(10)
    modes = MODES[rng.integers(len(MODES))]
    if kind < 2:
        name = str(rng.choice(list(UNARY)))
        if name == "elu" and not x.data.all():  # its second derivative jumps at 0, which cancellation gives exactly
            return None
        return new_value(UNARY[name], (i,), () if name == "plus" else modes)  # PyTorch's +x is x itself
    if kind == 2:
        try:
            np.broadcast_shapes(x.shape, cells[j].value.shape)
            pair = BINARY[str(rng.choice(list(BINARY)))]
        except ValueError:
            pair = products(x, cells[j].value)
        return pair and new_value(pair, (i, j), modes)
    if kind == 3:
        if not x.ndim:
            return None
        name = str(rng.choice(list(REDUCTIONS)))
        if not x.size and name in NOT_OF_NOTHING:
            return None
        return new_value(reduced(name, *REDUCTIONS[name])(rng, x), (i,), modes)
    if kind == 4:
        name = str(rng.choice(list(VIEWS)))
        return None if not x.ndim else new_value(VIEWS[name], (i,), ())
    if kind == 5:
        return second_name(i) if rng.random() < 0.7 else constant(i)
    if any(x is leaf for leaf in leaves):  # leaves take no change while operations are recorded
        return None
    if kind < 8:
        return assignment(rng, i, cells)
    if not _fits(cells[j].value.shape, x.shape):
        return None
    return changed(i, str(rng.choice(list(CHANGES))), j)


def draw(seed, length=14):
    """(leaf values, the program as ``compare`` takes it)."""
    rng = np.random.default_rng([seed, 7])
    values = [rng.normal(size=SHAPES[i]) for i in rng.integers(0, len(SHAPES), rng.integers(1, 4))]
    steps = []
    while len(steps) < length:
        leaves = [ag.Tensor(x, requires_grad=True) for x in values]
        cells = _run(OURS, leaves, steps)
        step = drawn_step(rng, cells, leaves)
        if step is None:
            continue
        step(OURS, cells)
        if all(cell.value.size <= 200 and np.all(abs(cell.value.data) < 100) for cell in cells):
            steps.append(step)

    def program(which, xs):
        made = [cell.value for cell in _run(which, xs, steps)]
        # of some programs only the end counts: gradients then meet in other orders
        return made if seed % 2 else [*xs, *made[-3:]]

    return values, program


def _run(which, leaves, steps):
    cells = [Cell(x) for x in leaves]
    for step in steps:
        step(which, cells)
    return cells


# -- against PyTorch ----------------------------------------------------------------------------


@against_torch
@pytest.mark.parametrize("seed", range(300))
def test_programs_that_change_values_in_place(seed):
    leaves, program = draw(seed)
    compare(leaves, program, np.random.default_rng(seed))


# -- among ourselves ----------------------------------------------------------------------------


def derivatives(seed):
    """{name: array} of what a program gives: values, gradients, and their gradients by several ways."""
    leaves, program = draw(seed)
    rng = np.random.default_rng([seed, 3])
    tangents = [rng.normal(size=x.shape) for x in leaves]

    def f(*xs):
        tensors = [x if isinstance(x, ag.Tensor) else ag.Tensor(x) for x in xs]
        return weighted(program(OURS, tensors), np.random.default_rng(seed))

    xs = [ag.Tensor(x, requires_grad=True) for x in leaves]
    y = f(*xs)
    found = {"value": y.data}
    recorded = ag.gradients(y, xs, create_graph=True)
    y.backward()
    positions = tuple(range(len(leaves)))
    moved = ag.jvp(f, tuple(leaves), tuple(tangents))[1]
    products = ag.hvp(f, tuple(leaves), tuple(tangents))
    by_grad = ag.grad(
        lambda *zs: sum((g * t).sum() for g, t in zip(ag.grad(f, positions)(*zs), tangents, strict=True)), positions
    )
    for i, (x, g, product, again) in enumerate(zip(xs, recorded, products, by_grad(*leaves), strict=True)):
        found[f"gradient {i}"] = x.grad
        close_to(g.data, x.grad, f"gradient {i} with create_graph")
        found[f"second gradient {i}"] = np.asarray(product)
        close_to(again, product, f"hvp {i} against grad of grad")
    slope = sum(np.sum(x.grad * t) for x, t in zip(xs, tangents, strict=True))
    close_to(moved, slope, "jvp against backward")
    if sum(x.size for x in leaves) <= 12:
        for i, x in enumerate(leaves):
            others = list(leaves)

            def of_one(z, i=i, others=others):
                return f(*others[:i], z, *others[i + 1 :])

            block = np.asarray(ag.hessian(of_one)(x)).reshape(x.size, x.size)
            product = ag.hvp(of_one, x, tangents[i])
            close_to(block @ np.ravel(tangents[i]), np.ravel(product), f"hessian {i} against hvp")
    return found


def close_to(got, expected, what):
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-9, err_msg=what)


WAYS = range(0, 300, 5)


@pytest.mark.parametrize("seed", WAYS)
def test_all_ways_to_a_derivative_agree(seed):
    derivatives(seed)


@pytest.mark.slow
def test_compiled_and_interpreted_agree(tmp_path):
    """What this process gives, and another one in which nothing is compiled (or everything, if here nothing is)."""
    here = os.environ.get("CHALKGRAD_NATIVE")
    elsewhere = {name: value for name, value in os.environ.items() if name != "CHALKGRAD_NATIVE"}
    if here != "0":
        elsewhere["CHALKGRAD_NATIVE"] = "0"
    path = tmp_path / "found.npz"
    command = [sys.executable, "-W", "ignore", "-m", "tests.test_fuzz_in_place", "save", str(path)]
    subprocess.run(command, check=True, env=elsewhere, cwd=Path(__file__).resolve().parent.parent)
    with np.load(path) as saved:
        seen = 0
        for seed in WAYS:
            for name, value in derivatives(seed).items():
                close_to(value, saved[f"{seed} {name}"], f"program {seed}, {name}")
                seen += 1
        assert seen == len(saved.files)


def save(path):
    """Write what the programs give to a file."""
    found = {f"{seed} {name}": value for seed in WAYS for name, value in derivatives(seed).items()}
    np.savez(path, **found)


def run_many(first, last):
    """Compare the programs of these seeds with PyTorch's; returns how many differ."""
    wrong = 0
    for seed in range(first, last):
        try:
            leaves, program = draw(seed)
            compare(leaves, program, np.random.default_rng(seed))
        except Exception as error:
            wrong += 1
            print(f"program {seed}: {type(error).__name__}: {' '.join(str(error).split())[:300]}", flush=True)
    print(f"{last - first} programs, {wrong} differ")
    return wrong


if __name__ == "__main__":
    if sys.argv[1] == "save":
        save(sys.argv[2])
    else:
        sys.exit(run_many(int(sys.argv[1]), int(sys.argv[2])) > 0)
