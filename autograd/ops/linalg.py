"""Products of matrices and tensors, linear layers, and what picks from a matrix: trace, diagonal, triangles.

``matmul`` (the operator ``@``), ``dot``, ``outer``, ``tensordot`` and ``einsum`` take every shape that
NumPy's functions of these names take.

Long because a declaration says all there is to an operation: formula, rules, samples, documentation.
"""

import math
from functools import lru_cache, reduce

import numpy as np

from ..batch_rules import along_axes, multiplied, of_rows
from ..declaration import CodeBy, operation, rule
from ..kernels.products import product
from ..kernels.reductions import total
from ..of_values import of_value
from ..program import helpers
from ..samples import reals, sample
from . import in_onnx
from .arithmetic import add
from .broadcasting import sum_to
from .indexing import scatter
from .shaping import broadcast_to, expand_dims, moveaxis, ravel, reshape, swapaxes, transpose

__all__ = ["diagonal", "dot", "einsum", "linear", "matmul", "outer", "tensordot", "trace", "tril", "triu"]


# -- products ----------------------------------------------------------------------------------


def _matrix_transpose(x):
    # On arrays NumPy's own method, which costs a fiftieth of a call of our operation
    return x.swapaxes(-1, -2) if type(x) is np.ndarray else swapaxes(x, -1, -2)


def _times(a, b):
    # On arrays the kernel itself, for the same reason
    return product(a, b) if type(a) is np.ndarray and type(b) is np.ndarray else a @ b


def _matmul(a, b):
    try:
        return product(a, b)
    except ValueError:
        a, b = np.shape(a), np.shape(b)
        if not a or not b:
            raise ValueError("a scalar has no matrix product; use * to multiply by it") from None
        inner = a[-1], b[-2 if len(b) > 1 else -1]
        if inner[0] != inner[1]:
            raise ValueError(
                "the last axis of a must be as long as the last but one of b (or the only one)\n"
                f"  inner lengths: {inner[0]} and {inner[1]}"
            ) from None
        raise


def _matmul_left(g, b):
    n = np.ndim(b)
    if n == 2:
        return _times(g, _matrix_transpose(b))
    if n == 1:
        return expand_dims(g, -1) * b
    if g.ndim < n:  # the left factor was a vector
        return _times(expand_dims(g, -2), _matrix_transpose(b))[..., 0, :]
    return _times(g, _matrix_transpose(b))


def _matmul_right(g, a, b):
    n = np.ndim(a)
    if n == 2:
        return _times(_matrix_transpose(a), g)
    if n == 1:
        return expand_dims(a, -1) * expand_dims(g, -2) if g.ndim else g * a
    if np.ndim(b) > 2:
        return _times(_matrix_transpose(a), g)
    # One matrix or vector for the whole batch: one product sums over all of it
    *batch, k = np.shape(a)
    n = math.prod(batch)
    return _times(_matrix_transpose(reshape(a, (n, k))), reshape(g, (n, *g.shape[len(batch) :])))


matmul = operation(
    "matmul",
    _matmul,
    symbol="@",
    kind="contraction",
    onnx="MatMul",
    batch=multiplied,
    traits=["matrix product"],
    formula=r"y_{ij} = \sum_k a_{ik} \, b_{kj}",
    code="a @ b",
    rules=[
        rule(_matmul_left, local=r"b_{k j}", at="i k", gradient=r"\delta b^T"),
        rule(_matmul_right, local=r"a_{i k}", at="k j", gradient=r"a^T \delta"),
    ],
    samples=[
        sample(reals(2, 3), reals(3, 4)),
        sample(reals(3), reals(3)),
        sample(reals(3), reals(3, 2)),
        sample(reals(2, 3), reals(3)),
        sample(reals(2, 2, 3), reals(3, 2)),
        sample(reals(2, 2, 3), reals(3)),
        sample(reals(2, 3), reals(2, 3, 2)),
        sample(reals(3), reals(2, 3, 2)),
        sample(reals(2, 1, 2, 3), reals(2, 3, 2)),
        sample(reals(2, 2, 3), reals(2, 3, 1)),
        sample(reals(0, 3), reals(3, 2)),
        sample(reals(2, 0), reals(0, 2)),
        sample(reals(2, 2, 0), reals(0, 2)),
        sample(reals(0), reals(0)),
    ],
    doc="""The matrix product ``a @ b``.

    Two vectors give their inner product, a vector on one side counts as a row or a column, and axes
    before the last two broadcast as batches. Scalars are a ValueError.

    Parameters
    ----------
    a : shape (…, n, k) or (k,)
    b : shape (…, k, m) or (k,)

    >>> import autograd as ag
    >>> a, b = ag.Tensor([[1.0, 2.0]], requires_grad=True), ag.Tensor([[3.0], [4.0]])
    >>> y = a @ b
    >>> y.backward()
    >>> a.grad
    array([[3., 4.]])
    """,
)


def _dot_left(g, b, a_shape):
    n = np.ndim(b)
    if not a_shape or n == 0:
        return g * b
    if n == 1:
        return expand_dims(g, -1) * b
    return tensordot(g, b, (range(g.ndim - n + 1, g.ndim), [*range(n - 2), n - 1]))


def _dot_right(g, a, b_shape):
    n = np.ndim(a)
    if not b_shape or n == 0:
        return g * a
    batch = range(n - 1)
    return moveaxis(tensordot(a, g, (batch, batch)), 0, max(len(b_shape) - 2, 0))


def _linear(x, weight, bias=None):
    x, weight = np.asarray(x), np.asarray(weight)
    if weight.ndim != 2 or not x.ndim or x.shape[-1] != weight.shape[1]:
        raise ValueError(
            "weight must be (out, in), and the last axis of x as long as its second\n"
            f"  last axis of x: {x.shape[-1] if x.ndim else 'none'}"
        )
    if bias is None:
        return product(x, weight.T)
    bias = np.asarray(bias)
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"bias must have one entry for each output\n  outputs: {len(weight)}")
    return product(x, weight.T, bias)


def _linear_by_weight(g, x):
    n = math.prod(np.shape(x)[:-1])
    return _times(_matrix_transpose(reshape(g, (n, g.shape[-1]))), reshape(x, (n, np.shape(x)[-1])))


def _linear_in_parts(x, weight, bias):
    y = matmul(x, transpose(weight))
    return y if bias is None else add(y, bias)


def _linear_of_batch(op, names, values):
    """With weights of each entry's own: a product of stacks of matrices."""
    if names == {"x"}:
        return of_rows(op, names, values)
    x, weight, bias = values["x"], values["weight"], values.get("bias")
    batch = next(len(values[name]) for name in names)
    shape = x.shape[1:] if "x" in names else np.shape(x)
    rows = (math.prod(shape[:-1]), shape[-1])
    x = reshape(x, (batch, *rows) if "x" in names else rows)
    y = matmul(x, swapaxes(weight, -1, -2))
    if bias is not None:
        y = add(y, reshape(bias, (batch, 1, bias.shape[-1])) if "bias" in names else bias)
    return reshape(y, (batch, *shape[:-1], y.shape[-1])) if y.ndim == 3 and len(y) == batch else None


linear = operation(
    "linear",
    _linear,
    inputs=["x", "weight", "bias"],
    symbol="xWᵀ+b",
    kind="contraction",
    onnx=in_onnx.linear,
    batch=_linear_of_batch,
    made_of=[transpose, matmul, add],
    parts=_linear_in_parts,
    formula=r"y_i = \sum_j x_j \, w_{ij} + b_i",
    code="x @ weight.T if bias is None else x @ weight.T + bias",
    rules=[
        rule(lambda g, weight: _times(g, weight), local="w_{i j}", at="j", gradient=r"\delta w"),
        rule(_linear_by_weight, local="x_j", at="i j", gradient=r"\delta^T x"),
        rule(lambda g: g, local="1"),
    ],
    samples=[
        sample(reals(4, 3), reals(2, 3), reals(2)),
        sample(reals(2, 3, 4), reals(2, 4), reals(2)),
        sample(reals(3), reals(2, 3), reals(2)),
        sample(reals(4, 3), reals(2, 3)),
        sample(reals(1, 3), reals(1, 3), None),
        sample(reals(0, 3), reals(2, 3), reals(2)),
    ],
    doc="""x Wᵀ + b over the last axis of x: what a linear layer computes, in one step.

    Parameters
    ----------
    x : shape (…, in)
    weight : shape (out, in)
    bias : shape (out,), or None

    The gradient by the weight comes in the weight's own memory order, which that of ``x @ weight.T + bias``
    does not: an optimizer's sums are the faster for it.

    >>> import numpy as np, autograd as ag
    >>> ag.linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([11.5])
    """,
)

dot = operation(
    "dot",
    lambda a, b: np.dot(a, b),
    symbol="·",
    kind="contraction",
    formula=r"y_{ij} = \sum_k a_{ik} \, b_{kj}",
    rules=[
        rule(_dot_left, local="b_{k j}", at="i k", gradient=r"\delta b^T"),
        rule(_dot_right, local="a_{i k}", at="k j", gradient=r"a^T \delta"),
    ],
    samples=[
        sample(reals(3), reals(3)),
        sample(reals(2, 3), reals(3, 4)),
        sample(reals(3), reals(3, 2)),
        sample(reals(2, 3), reals(3)),
        sample(reals(2, 2, 3), reals(3)),
        sample(reals(3), reals(2, 3, 2)),
        sample(reals(2, 2, 3), reals(2, 3, 2)),
        sample(reals(), reals(2, 3)),
        sample(reals(2), reals()),
        sample(reals(), reals()),
        sample(reals(2, 0), reals(0, 2)),
    ],
    doc="""NumPy's dot: a sum of products over the last axis of a and the last but one of b.

    Two vectors give their inner product, two matrices the matrix product, a scalar multiplies. Other
    axes do not broadcast, as they do in ``matmul``: the result has those of a, then those of b.

    Parameters
    ----------
    a : shape (…, k), (k,) or ()
    b : shape (…, k, m), (k,) or ()

    >>> import autograd as ag
    >>> a = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> ag.dot(a, [3.0, 4.0]).backward()
    >>> a.grad
    array([3., 4.])
    """,
)

outer = operation(
    "outer",
    lambda a, b: np.outer(a, b),
    symbol="⊗",
    kind="contraction",
    formula=r"y_{ij} = a_i \, b_j",
    rules=[
        rule(lambda g, b, a_shape: reshape(g @ ravel(b), a_shape), local="b_j", at="i", gradient=r"\delta b"),
        rule(lambda g, a, b_shape: reshape(ravel(a) @ g, b_shape), local="a_i", at="j", gradient=r"\delta^T a"),
    ],
    samples=[
        sample(reals(3), reals(4)),
        sample(reals(2, 2), reals(3)),
        sample(reals(), reals(3)),
        sample(reals(), reals()),
        sample(reals(0), reals(3)),
    ],
    doc="""Each entry of a times each entry of b: a matrix.

    Parameters
    ----------
    a : shape (n,)
    b : shape (m,); arrays of other shapes are flattened first

    >>> import autograd as ag
    >>> ag.outer([1, 2], [10, 20, 30])
    array([[10, 20, 30],
           [20, 40, 60]])
    """,
)


def _contracted(axes, a_ndim, b_ndim):
    """(axes of a, axes of b) that ``tensordot`` sums over, counted from the start."""
    if np.ndim(axes) == 0 and not isinstance(axes, range):
        left, right = range(a_ndim - axes, a_ndim), range(axes)
    else:
        left, right = [[one] if np.ndim(one) == 0 and not isinstance(one, range) else one for one in axes]
    return [i % a_ndim for i in left], [j % b_ndim for j in right]


def _in_order(x, labels):
    """The axes of x sorted by their labels."""
    return transpose(x, sorted(range(len(labels)), key=labels.__getitem__))


def _tensordot_left(g, b, axes, a_shape):
    left, right = _contracted(axes, len(a_shape), np.ndim(b))
    free_a = [i for i in range(len(a_shape)) if i not in left]
    free_b = [j for j in range(np.ndim(b)) if j not in right]
    product = tensordot(g, b, (range(g.ndim - len(free_b), g.ndim), free_b))
    return _in_order(product, free_a + [left[right.index(j)] for j in sorted(right)])


def _tensordot_right(g, a, axes, b_shape):
    left, right = _contracted(axes, np.ndim(a), len(b_shape))
    free_a = [i for i in range(np.ndim(a)) if i not in left]
    free_b = [j for j in range(len(b_shape)) if j not in right]
    product = tensordot(a, g, (free_a, range(len(free_a))))
    return _in_order(product, [right[left.index(i)] for i in sorted(left)] + free_b)


tensordot = operation(
    "tensordot",
    lambda a, b, axes=2: np.tensordot(a, b, axes),
    inputs=["a", "b"],
    symbol="⊗·",
    kind="contraction",
    formula=r"y_{i \ldots j \ldots} = \sum_{k \ldots} a_{i \ldots k \ldots} \, b_{k \ldots j \ldots}",
    rules=[rule(_tensordot_left, local="b"), rule(_tensordot_right, local="a")],
    samples=[
        sample(reals(2, 3, 2), reals(3, 2, 2)),
        sample(reals(2, 3), reals(3, 4), 1),
        sample(reals(2), reals(3), 0),
        sample(reals(2, 3, 4), reals(4, 2, 3), ([2, 0], [0, 1])),
        sample(reals(2, 3, 4), reals(4, 3, 2), axes=((-2, 0), (1, -1))),
        sample(reals(2, 3), reals(4, 3), (1, 1)),
        sample(reals(3), reals(3), 1),
        sample(reals(), reals(2), 0),
        sample(reals(2, 0), reals(0, 3), 1),
    ],
    words={"dims": "axes"},
    doc="""The sum of products over chosen axes of a and b.

    Parameters
    ----------
    a, b : arrays or Tensors; the axes that go together have one length
    axes : an int n, for the last n axes of a with the first n of b; or a pair of ints or of lists, the
        axes of a and those of b that go with them.

    The result has the other axes of a, then those of b.

    >>> import autograd as ag
    >>> ag.tensordot(ag.Tensor([[1, 2], [3, 4]]), ag.Tensor([1, 10]), axes=(0, 0))
    Tensor([31, 42])
    """,
)


# -- einsum ------------------------------------------------------------------------------------

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@lru_cache(maxsize=256)
def _spelled_out(subscripts, ndims):
    """(the letters of each operand, those of the result): ``...`` and the arrow filled in."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = inputs.split(",")
    if len(inputs) != len(ndims):
        raise ValueError(f"the subscripts name {len(inputs)} operands, and {len(ndims)} are given")
    strange = sorted({c for c in "".join(inputs).replace("...", "") + output.replace("...", "") if c not in _LETTERS})
    if strange:
        raise ValueError(f"subscripts are letters, and {' '.join(strange)} is none")
    free = [c for c in _LETTERS if c not in subscripts]
    widths = [n - len(letters.replace("...", "")) for letters, n in zip(inputs, ndims, strict=True)]
    for i, (letters, width, n) in enumerate(zip(inputs, widths, ndims, strict=True)):
        if width < 0 or (width and "..." not in letters):
            raise ValueError(f"operand {i} has {n} axes, and its subscripts are {letters!r}")
    longest = max([width for letters, width in zip(inputs, widths, strict=True) if "..." in letters], default=0)
    dots = "".join(free[:longest])
    inputs = [letters.replace("...", dots[longest - w :]) for letters, w in zip(inputs, widths, strict=True)]
    if not arrow:
        every = "".join(inputs)
        output = dots + "".join(c for c in sorted(set(every)) if every.count(c) == 1 and c not in dots)
    else:
        output = output.replace("...", dots)  # without "..." in the result they are summed
        if len(set(output)) < len(output):
            raise ValueError(f"the result names an axis twice: {output!r}")
        missing = sorted(set(output) - set("".join(inputs)))
        if missing:
            raise ValueError(f"the result names {' '.join(missing)}, which no operand has")
    return tuple(inputs), output


def _einsum(operands, subscripts):
    operands = [np.asarray(one) for one in operands]
    inputs, output = _spelled_out(subscripts, tuple([one.ndim for one in operands]))
    sizes = {}
    for letters, one in zip(inputs, operands, strict=True):
        for c, n in zip(letters, one.shape, strict=True):
            if n != 1 and sizes.get(c, 1) not in (1, n):
                raise ValueError(f"the axes {c!r} have different lengths: {sizes[c]} and {n}")
            sizes[c] = n if sizes.get(c, 1) == 1 else sizes[c]
    dtype = np.result_type(*operands)
    if dtype == np.float16:  # products of two overflow where what they are multiplied with later makes them fit
        return _einsum([one.astype(np.float32) for one in operands], subscripts).astype(dtype)
    letters = inputs[0]
    alike = len(set(inputs)) == 1 and len(set(letters)) == len(letters) > len(output)
    # Finding an order of pairwise products pays only where the one big loop would be long
    long = len(operands) > 1 and math.prod(sizes.values()) > 30_000
    if alike and (long or len(operands) == 1):  # a sum over axes, which total does more exactly
        y = total(reduce(np.multiply, operands), tuple([i for i, c in enumerate(letters) if c not in output]))
        kept = [c for c in letters if c in output]
        return np.transpose(y, [kept.index(c) for c in output])
    spelled = f"{','.join(inputs)}->{output}"
    if long:
        return np.einsum(spelled, *operands, optimize=True)
    if dtype.kind != "f" or len("".join(inputs)) == len(output):
        return np.einsum(spelled, *operands)
    # NumPy adds up one by one: in float64 that is as fast, and nothing of float32 is lost
    return np.einsum(spelled, *operands, dtype=np.promote_types(dtype, np.float64)).astype(dtype, copy=False)


def _grid(lengths):
    """The positions along each axis, which broadcast to all places."""
    found = np.ix_(*[np.arange(n) for n in lengths])
    return found if len(lengths) > 1 else found[0]


_positions = of_value("grid", _grid, "The positions along each axis, which broadcast to all places.")


def _einsum_rule(g, i, operands, operands_shape, subscripts):
    """The sum of g times the other operands, over the letters that operand i does not have."""
    inputs, output = _spelled_out(subscripts, tuple([len(shape) for shape in operands_shape]))
    others = [j for j in range(len(inputs)) if j != i]
    elsewhere = ",".join([output, *[inputs[j] for j in others]])
    mine = dict(zip(inputs[i], operands_shape[i], strict=True))  # each letter once, with its length
    reached = [c for c in mine if c in elsewhere]
    gradient = einsum(f"{elsewhere}->{''.join(reached)}", g, *[operands[j] for j in others])
    # Along an axis that nothing else has, or has in length 1 only, the gradient is the same
    lengths = dict(zip(reached, gradient.shape, strict=True))
    kept = tuple([lengths.get(c, 1) for c in mine])
    full = tuple([n if k == 1 else k for k, n in zip(kept, mine.values(), strict=True)])
    if kept != gradient.shape:
        gradient = reshape(gradient, kept)
    if full != kept:
        gradient = broadcast_to(gradient, full)
    if len(mine) < len(inputs[i]):
        # A letter named twice: the gradient belongs on that diagonal
        places = _positions(tuple(mine.values()))
        along = dict(zip(mine, places if type(places) is tuple else (places,), strict=True))
        gradient = sum_to(gradient, tuple(mine.values()))
        gradient = scatter(gradient, tuple([along[c] for c in inputs[i]]), operands_shape[i])
    return sum_to(gradient, operands_shape[i])


def _einsum_in_numpy(operands_shape, subscripts):
    inputs, output = _spelled_out(subscripts, tuple([len(shape) for shape in operands_shape]))
    return f'np.einsum("{",".join(inputs)}->{output}", *operands)'


_einsum_operation = operation(
    "einsum",
    _einsum,
    variadic=True,
    symbol="Σ∏",
    kind="contraction",
    formula=r"y_{\mathrm{out}} = \sum_{\mathrm{not\;in\;out}} \; \prod_n \left( a_n \right)_{\mathrm{in}_n}",
    code=CodeBy(_einsum_in_numpy),
    rules=[rule(_einsum_rule, local=r"\prod_{m \neq n} a_m")],
    samples=[
        sample([reals(2, 3), reals(3, 4)], "ij,jk->ik"),
        sample([reals(2, 3), reals(3, 4)], "ij,jk"),
        sample([reals(3, 2)], "ba"),
        sample([reals(3, 3)], "ii->i"),
        sample([reals(3, 3)], "ii"),
        sample([reals(2, 3, 3)], "bii->b"),
        sample([reals(2, 3)], "ij->"),
        sample([reals(2, 3)], "ij->j"),
        sample([reals(3), reals(3)], "i,i->"),
        sample([reals(2), reals(3)], "i,j->ji"),
        sample([reals(2, 3, 2), reals(3, 2)], "...ij,ij->...i"),
        sample([reals(2, 2, 3), reals(3, 4)], "...ij,...jk->...ik"),
        sample([reals(2, 3), reals(1, 3)], "...,..."),
        sample([reals(2, 3), reals(3, 2), reals(2)], "ij,jk,k->i"),
        sample([reals(2, 2), reals(2, 3)], "ii,jk->jk"),
        sample([reals(), reals(3)], ",i->i"),
        sample([reals(2, 1), reals(1, 3)], "ij,ij->ij"),
        sample([reals(0, 3), reals(3, 2)], "ij,jk->ik"),
        sample([reals(2, 0)], "ij->i"),
    ],
    doc="What ``einsum`` calls: sums of products, the operands first and then the subscripts.",
)


def einsum(subscripts, *operands):
    """Sums of products, written with a letter for each axis (Einstein's convention).

    Parameters
    ----------
    subscripts : such as ``"ij,jk->ik"``: the letters of each operand's axes, then the result's. What the
        result does not name is summed. Without an arrow the result has, in alphabetical order, the
        letters that occur once. A letter twice in one operand is its diagonal; ``...`` stands for
        further axes, which broadcast, and are summed where the result has no ``...`` (as in PyTorch).
    operands : an array or a Tensor for each group of letters.

    Lists of ints in place of letters follow their operands, and last comes that of the result, if any:
    ``einsum(a, [0, 1], b, [1, 2], [0, 2])``; ``...`` is one of the entries there.

    Source: NumPy's documentation of ``numpy.einsum``.

    >>> import autograd as ag
    >>> a = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> trace = ag.einsum("ii", a)
    >>> trace.backward()
    >>> a.grad
    array([[1., 0.],
           [0., 1.]])
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _with_letters(subscripts, *operands)
    return _einsum_operation(operands, subscripts)


def _with_letters(*given):
    """(subscripts as a string, operands) of operands that are each followed by a list of ints."""
    lists = [given[i] for i in range(1, len(given), 2)]
    if len(given) % 2 and len(given) > 1:
        lists.append(given[-1])
    entries = [one for some in lists if isinstance(some, list | tuple) for one in some]
    right = len(given) > 1 and all([isinstance(some, list | tuple) for some in lists])
    if not right or not all([one is ... or isinstance(one, int | np.integer) for one in entries]):
        raise TypeError(
            "einsum: the subscripts come first, a string such as 'ij,jk->ik', or after each operand a list of ints\n"
            f"  given: {', '.join([type(one).__name__ for one in given])}"
        )
    numbers = sorted({int(one) for one in entries if one is not ...})
    if len(numbers) > len(_LETTERS):
        raise ValueError(f"einsum: there can be {len(_LETTERS)} different subscripts\n  given: {len(numbers)}")
    letters = dict(zip(numbers, _LETTERS, strict=False))
    groups = ["".join(["..." if one is ... else letters[int(one)] for one in some]) for some in lists]
    count = len(given) // 2
    return ",".join(groups[:count]) + "".join(["->" + output for output in groups[count:]]), given[: 2 * count : 2]


# -- parts of a matrix -------------------------------------------------------------------------


def _from_diagonal(x, shape, offset=0, axis1=0, axis2=1):
    y = np.zeros(shape, np.asarray(x).dtype)
    steps = np.arange(np.shape(x)[-1])
    matrices = np.moveaxis(y, (axis1, axis2), (-2, -1))
    matrices[..., steps + max(-offset, 0), steps + max(offset, 0)] = x
    return y


diagonal = operation(
    "diagonal",
    lambda x, offset=0, axis1=0, axis2=1: np.diagonal(x, offset, axis1, axis2),
    symbol="diag",
    kind="linalg",
    batch=along_axes("axis1", "axis2"),
    formula=r"y_i = x_{i, \, i + k}",
    rules=[
        rule(lambda g, x_shape, offset, axis1, axis2: from_diagonal(g, x_shape, offset, axis1, axis2), local="1"),
    ],
    samples=[
        sample(reals(3, 4)),
        sample(reals(3, 4), 2),
        sample(reals(3, 4), -1),
        sample(reals(2, 3, 3), 0, 1, 2),
        sample(reals(2, 3, 4), offset=1, axis1=-1, axis2=0),
        sample(reals(2, 2), 5),
        sample(reals(0, 3)),
    ],
    words={"dim1": "axis1", "dim2": "axis2"},
    doc="""The diagonal of a matrix, or of each matrix in two axes of an array.

    Parameters
    ----------
    x : array or Tensor of two or more axes.
    offset : how far above the main diagonal (below it, where negative).
    axis1, axis2 : the axes of the matrices; the diagonal becomes the last axis of the result.

    >>> import autograd as ag
    >>> ag.diagonal(ag.Tensor([[1, 2, 3], [4, 5, 6]]), 1)
    Tensor([2, 6])
    """,
)

from_diagonal = operation(
    "from_diagonal",
    _from_diagonal,
    inputs=["x"],
    symbol="diag",
    kind="linalg",
    traits=["companion"],
    formula=r"y_{i, \, i + k} = x_i, \quad y = 0 \;\mathrm{elsewhere}",
    code=helpers.from_diagonal,
    rules=[rule(lambda g, offset, axis1, axis2: diagonal(g, offset, axis1, axis2), local="1")],
    samples=[
        sample(reals(3), (3, 4)),
        sample(reals(2), (3, 4), -1),
        sample(reals(2, 3), (2, 3, 3), 0, 1, 2),
        sample(reals(0), (2, 2), 5),
    ],
    doc="Zeros of ``shape`` with x on the diagonal that offset, axis1 and axis2 name: the transpose of ``diagonal``.",
)


def _trace_rule(g, x_shape, offset, axis1, axis2):
    length = min(x_shape[axis1] + min(offset, 0), x_shape[axis2] - max(offset, 0))
    along = broadcast_to(expand_dims(g, -1), (*g.shape, max(length, 0)))
    return from_diagonal(along, x_shape, offset, axis1, axis2)


trace = operation(
    "trace",
    lambda x, offset=0, axis1=0, axis2=1: np.trace(x, offset, axis1, axis2),
    symbol="tr",
    kind="linalg",
    batch=along_axes("axis1", "axis2"),
    formula=r"y = \sum_i x_{i, \, i + k}",
    rules=[rule(_trace_rule, local=r"1 \;\mathrm{on\;the\;diagonal}")],
    samples=[
        sample(reals(3, 3)),
        sample(reals(3, 4), 1),
        sample(reals(3, 2), -1),
        sample(reals(2, 3, 4), 0, 1, 2),
        sample(reals(2, 3, 4), offset=-1, axis1=-1, axis2=0),
        sample(reals(2, 2), 5),
        sample(reals(0, 0)),
    ],
    doc="""The sum along a diagonal of a matrix, or of each matrix in two axes of an array.

    Parameters
    ----------
    x : array or Tensor of two or more axes.
    offset, axis1, axis2 : which diagonal, as in ``diagonal``; the two axes are gone in the result.

    >>> import autograd as ag
    >>> x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> y = ag.trace(x)
    >>> y.backward()
    >>> float(y), x.grad.tolist()
    (5.0, [[1.0, 0.0], [0.0, 1.0]])
    """,
)


def _triangle(np_function):
    def triangle(x, k=0):
        if not np.ndim(x):
            raise ValueError("a scalar has no triangle; give an array of at least one axis")
        return np_function(x, k)

    return triangle


tril = operation(
    "tril",
    _triangle(np.tril),
    symbol="tril",
    kind="linalg",
    formula=r"y_{ij} = x_{ij} \;\mathrm{if}\; j - i \leq k \;\mathrm{else}\; 0",
    code="np.tril(x, k)",
    rules=[rule(lambda g, k: tril(g, k), local=r"1 \;\mathrm{if}\; j - i \leq k \;\mathrm{else}\; 0")],
    samples=[
        sample(reals(3, 4)),
        sample(reals(3, 4), 1),
        sample(reals(2, 3, 3), k=-1),
        sample(reals(3)),
        sample(reals(0, 3)),
    ],
    doc="""The lower triangle of each matrix in the last two axes; zeros above it.

    Parameters
    ----------
    x : array or Tensor; a vector counts as the row that a square matrix repeats.
    k : the last diagonal that stays: 0 the main one, above it where positive.

    >>> import autograd as ag
    >>> ag.tril(ag.Tensor([[1, 2], [3, 4]]))
    Tensor([[1, 0],
            [3, 4]])
    """,
)

triu = operation(
    "triu",
    _triangle(np.triu),
    symbol="triu",
    kind="linalg",
    formula=r"y_{ij} = x_{ij} \;\mathrm{if}\; j - i \geq k \;\mathrm{else}\; 0",
    code="np.triu(x, k)",
    rules=[rule(lambda g, k: triu(g, k), local=r"1 \;\mathrm{if}\; j - i \geq k \;\mathrm{else}\; 0")],
    samples=[
        sample(reals(3, 4)),
        sample(reals(3, 4), 1),
        sample(reals(2, 3, 3), k=-1),
        sample(reals(3)),
        sample(reals(0, 3)),
    ],
    doc="""The upper triangle of each matrix in the last two axes; zeros below it.

    Parameters
    ----------
    x : array or Tensor; a vector counts as the row that a square matrix repeats.
    k : the first diagonal that stays: 0 the main one, above it where positive.

    >>> import autograd as ag
    >>> ag.triu(ag.Tensor([[1, 2], [3, 4]]), 1)
    Tensor([[0, 2],
            [0, 0]])
    """,
)
