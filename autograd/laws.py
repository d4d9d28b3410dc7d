"""The laws that every operation obeys, each a function of a ``Case`` that raises an AssertionError.

``ag.testing.check_operation`` runs them on an operation of yours; the tests of the library run them on every sample of
its own operations, and plant a mistake against each.

Long because all laws stand here, beside each other: each is a few lines, and none may be overlooked.
"""

import itertools

import numpy as np

from . import engine
from .cases import close, gradients_or_zeros, locked_leaves, random_like, read_only, same
from .finite_differences import gradcheck
from .modes import no_grad, tape
from .samples import Draw
from .tensors import Tensor, raw
from .traits import ENTRYWISE
from .transforms import jvp

# -- values ------------------------------------------------------------------------------------


def law_value(case):
    """The reference's value, if there is one; the same from arrays, Tensors and lists; nothing is written to."""
    statics = [np.array(x) for x in case.static_arrays()]
    arrays = read_only(case.arrays)
    y = case.call(arrays)
    assert isinstance(y, np.ndarray | np.generic), f"arrays in gave a {type(y).__name__}"
    assert isinstance(y, np.generic) or y.ndim, "a value without axes is an array instead of a NumPy scalar"
    if case.reference is not None:
        expected = case.call([np.array(x)[()] for x in case.arrays], case.reference)
        close(y, expected, f"{case!r} against the reference")
    if isinstance(y, np.ndarray):
        fresh = y.copy()
    for what, tensors in [("constants", [Tensor(x) for x in case.arrays]), ("leaves", locked_leaves(case))]:
        t = case.call(tensors)
        assert isinstance(t, Tensor) or not tensors, f"Tensors in gave a {type(t).__name__}"
        same(t, y, f"{case!r} on {what}")
    if isinstance(y, np.ndarray):
        np.testing.assert_array_equal(y, fresh, err_msg="a later call changed an earlier result")
    with no_grad():
        assert not getattr(case.call(case.leaves()), "requires_grad", False), "recorded under no_grad"
    if all(x.size for x in case.arrays):  # an empty list does not tell the lengths of its axes
        same(case.call([x.tolist() for x in case.arrays]), y, f"{case!r} on lists")
    for x, before in zip(case.static_arrays(), statics, strict=True):
        np.testing.assert_array_equal(x, before, err_msg="a static argument was written to")


def in_columns(x):
    """The same array, column by column in memory."""
    return np.asfortranarray(x) if x.ndim else x


def strided(x):
    """The same array as a view of a larger one: backwards along the first axis, every second entry along the last."""
    if not x.ndim:
        return x
    around = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan)[::-1]
    around[..., ::2] = x
    return around[..., ::2]


def law_any_layout(case):
    """Value and gradients do not depend on how the arrays lie in memory."""
    leaves = case.leaves()
    y = case.call(leaves)
    seed = random_like(y, case.rng("layout"))
    y.backward(seed)
    for layout in (in_columns, strided):
        what = f"{case!r} on arrays {layout.__name__}"
        close(case.call([layout(x) for x in case.arrays]), y, what)
        others = [Tensor(layout(x), requires_grad=True) for x in case.arrays]
        z = case.call(others)
        close(z, y, what)
        z.backward(layout(seed))
        for i, (a, b) in enumerate(zip(leaves, others, strict=True)):
            close(b.grad, a.grad, f"{what}: gradient {i}")


# -- gradients ---------------------------------------------------------------------------------


def law_gradients(case):
    """Gradients, and gradients of gradients, agree with finite differences."""
    order = 2 if case.sample.smooth else 1
    gradcheck(lambda *xs: case.call(xs), case.arrays, order=order, projections=4)


def law_linear(case):
    """What a rule gives depends linearly on the gradient that comes in: 2 g − 3 h gives twice and thrice as much."""
    leaves = case.leaves()
    y = case.call(leaves)
    rng = case.rng("linear")
    seeds = [random_like(y, rng), random_like(y, rng)]
    g, h, both = [
        gradients_or_zeros([y], [seed], leaves) for seed in (*seeds, (2 * seeds[0] - 3 * seeds[1]).astype(y.dtype))
    ]
    for i, (one, other, found) in enumerate(zip(g, h, both, strict=True)):
        expected = 2 * raw(one) - 3 * raw(other)
        close(found, expected, f"{case!r}: gradient {i} is not linear in the gradient that comes in")


def law_walks_give_the_same(case):
    """``backward``, ``gradients`` with ``create_graph``, a tape and ``jvp`` agree."""
    leaves = case.leaves()
    y = case.call(leaves)
    rng = case.rng("walks")
    seed = random_like(y, rng)
    recorded = engine.gradients(y, leaves, gradient=seed, create_graph=True)
    y.backward(seed)
    for i, (leaf, g) in enumerate(zip(leaves, recorded, strict=True)):
        assert (leaf.grad.shape, leaf.grad.dtype) == (leaf.shape, leaf.dtype), f"{case!r}: gradient {i}"
        assert (g.shape, g.dtype) == (leaf.shape, leaf.dtype), f"{case!r}: gradient {i} under create_graph"
        close(g, leaf.grad, f"{case!r}: gradient {i} with and without create_graph")
    law_tape_changes_nothing(case)
    tangents = [random_like(x, rng) for x in case.arrays]
    _, moved = jvp(lambda *xs: case.call(xs), tuple(case.arrays), tuple(tangents))
    backward = sum([np.sum(leaf.grad * t) for leaf, t in zip(leaves, tangents, strict=True)])
    close(np.sum(seed * raw(moved)), backward, f"{case!r}: jvp against backward", rtol=1e-9, atol=1e-10)


def law_tape_changes_nothing(case):
    """Value and gradients are the same on a tape, which notes both."""
    plain, taped = case.leaves(), case.leaves()
    y = case.call(plain)
    with tape() as recorded:
        z = case.call(taped)
    same(z, y, f"{case!r} on a tape")
    seed = random_like(y, case.rng("tape"))
    y.backward(seed)
    z.backward(seed)
    for i, (a, b) in enumerate(zip(plain, taped, strict=True)):
        same(b.grad, a.grad, f"{case!r}: gradient {i} on a tape")
    same(recorded.nodes[-1].note.value, y, f"{case!r}: the value on the tape")
    same(recorded.nodes[-1].note.gradient, seed, f"{case!r}: the gradient on the tape")


def law_reference_agrees(case):
    """The reference in primitive operations: the same value, and the same gradients as the rules'."""
    seed = random_like(case.call(case.arrays), case.rng("reference"))
    ours, theirs = case.leaves(), case.leaves()
    y = case.call(ours)
    z = case.call(theirs, case.op.reference)
    close(z, y, f"{case!r}: the value of the reference")
    found = gradients_or_zeros([y], [seed], ours), gradients_or_zeros([z], [seed], theirs)
    for i, (g, expected) in enumerate(zip(*found, strict=True)):
        close(g, expected, f"{case!r}: gradient {i} against the reference's")


def law_one_input_at_a_time(case):
    """A gradient is the same whether the other inputs are leaves, constants or plain arrays."""
    leaves = case.leaves()
    y = case.call(leaves)
    seed = random_like(y, case.rng("alone"))
    y.backward(seed)
    for i, leaf in enumerate(leaves):
        for others in ([Tensor(x) for x in case.arrays], case.arrays):
            alone = Tensor(case.arrays[i], requires_grad=True)
            y = case.call([*others[:i], alone, *others[i + 1 :]])
            same(
                engine.gradients(y, alone, gradient=seed, retain_graph=True), leaf.grad, f"{case!r}: gradient {i} alone"
            )
            recorded = engine.gradients(y, alone, gradient=seed, create_graph=True)
            close(recorded, leaf.grad, f"{case!r}: gradient {i} alone, under create_graph")


def law_parts_agree(case):
    """What is fused has the value, the gradients and the gradients of gradients of its parts; on arrays too."""
    ours, theirs = case.leaves(), case.leaves()
    y = case.call(ours)
    z = case.op.in_parts(known_of(case, theirs))
    close(z, y, f"{case!r}: the value of its parts", rtol=1e-12, atol=1e-14)
    close(case.op.in_parts(known_of(case, case.arrays)), y, f"{case!r}: the value of its parts on arrays")
    rng = case.rng("parts")
    seed = random_like(y, rng)
    g = gradients_or_zeros([y], [seed], ours, create_graph=True)
    expected = gradients_or_zeros([z], [seed], theirs, create_graph=True)
    if case.sample.smooth:
        seeds = [random_like(x, rng) for x in case.arrays]
        g += gradients_or_zeros(g, seeds, ours)
        expected += gradients_or_zeros(expected, seeds, theirs)
    for one, other in zip(g, expected, strict=True):
        close(one, other, f"{case!r}: a gradient of its parts", rtol=1e-9)


def known_of(case, values):
    """{name: value} of the arguments and auxiliaries of a call: what the parts can name."""
    extra = case.call(values, case.op.function.with_auxiliaries)[1:] if case.op.auxiliaries else ()
    return {**case.named(values), **dict(zip(case.op.auxiliaries, extra, strict=True))}


# -- memory ------------------------------------------------------------------------------------


def law_gradients_are_the_users(case):
    """Each .grad is writable, of its leaf's shape and dtype, and shares memory with nothing.

    So every .grad is compared with all arrays around it after a first backward, then overwritten; after
    another, which must not notice; and after one that adds.
    """
    leaves = locked_leaves(case)
    y = case.call(leaves)
    y.retain_grad()
    seed = random_like(y, case.rng("ownership"))
    around = {"seed": seed, "value": raw(y)}
    around |= {f"leaf {i}": raw(leaf) for i, leaf in enumerate(leaves)}
    around |= {f"kept array {i}": x for i, x in enumerate(arrays_kept(y.node))}
    around |= {f"static argument {i}": x for i, x in enumerate(case.static_arrays())}
    before = {name: np.array(x) for name, x in around.items()}
    first = None
    for turn, times in enumerate([1, 1, 2]):
        if times == 1:
            y.grad = None
            for leaf in leaves:
                leaf.grad = None
        y.backward(seed, retain_graph=times == 1)
        grads = {".grad of the value": y.grad} | {f".grad of leaf {i}": leaf.grad for i, leaf in enumerate(leaves)}
        first = first or {name: np.array(g) for name, g in grads.items()}
        for (name, g), owner in zip(grads.items(), [y, *leaves], strict=True):
            assert (g.shape, g.dtype) == (owner.shape, owner.dtype), f"{case!r}: {name} is {g.dtype} of shape {g.shape}"
            close(g, times * first[name], f"{case!r}: {name} of a later backward", rtol=1e-15, atol=0)
            shared_with_nothing(case, name, g, around | grads)
        for g in grads.values():
            if isinstance(g, np.ndarray) and turn != 1:
                g[...] = 1e9
    for name, x in around.items():
        np.testing.assert_array_equal(x, before[name], err_msg=f"{case!r}: the {name} has changed")


def shared_with_nothing(case, name, g, others):
    if not isinstance(g, np.ndarray):
        return  # a NumPy scalar: nobody can write into it
    assert g.flags.writeable, f"{case!r}: {name} is not writable"
    for other, x in others.items():
        if other != name and isinstance(x, np.ndarray):
            assert not np.shares_memory(g, x), f"{case!r}: {name} shares memory with the {other}"


def arrays_kept(node):
    """Every array that a node holds."""
    todo, found = [node.saved_a, node.saved_b], []
    while todo:
        value = todo.pop()
        if isinstance(value, list | tuple):
            todo.extend(value)
        elif isinstance(value, dict):
            todo.extend(value.values())
        elif isinstance(value, np.ndarray):
            found.append(value)
    return found


# -- dtypes and shapes -------------------------------------------------------------------------


def law_keeps_dtype(case, dtype=np.float32):
    """Values, gradients and their gradients stay in float32 (float16), before the engine casts too."""

    def convert(x):
        return x.astype(dtype)

    y = case.call([convert(x) for x in case.arrays], convert=convert, statics=True)
    if y.dtype.kind != "f" or case.asks_for_a_dtype():
        return
    assert y.dtype == dtype, f"{case!r}: arrays of {dtype.__name__} give {y.dtype}"
    tolerance = 2e-3 if dtype is np.float32 else 5e-2
    close(y, case.call(case.arrays), f"{case!r} in {dtype.__name__}", rtol=tolerance, atol=tolerance)
    leaves = case.leaves(dtype)
    y = case.call(leaves, convert=convert, statics=True)
    assert y.dtype == dtype, f"{case!r}: Tensors of {dtype.__name__} give {y.dtype}"
    if not case.differentiable:
        return
    widened = []

    def unbroadcast(g, parent, node):
        if raw(g).dtype != parent.like[1] and "dtype" not in node.operation.names:  # astype leaves it to the engine
            widened.append(f"{node.operation.name} gives {raw(g).dtype} to {parent.like[1]}")
        return engine.unbroadcast(g, parent, node)

    def run(outputs, seeds):
        order, totals = engine.collect([y.node for y in outputs])
        totals = dict.fromkeys(totals)
        totals.update(zip([y.node for y in outputs], seeds, strict=True))
        found = engine.walk(order, totals, consume=False, apply=engine.apply_recorded, unbroadcast=unbroadcast)
        return [found.get(leaf.node) for leaf in leaves]

    rng = case.rng("dtype")
    seed = random_like(y, rng)
    y.backward(seed, retain_graph=True)
    with np.errstate(all="ignore"):
        first = run([y], [Tensor(seed)])
        outputs = [g for g in first if g is not None and g.requires_grad]
        second = run(outputs, [Tensor(random_like(g, rng)) for g in outputs]) if outputs else []
    assert not widened, f"{case!r}: a rule leaves {dtype.__name__}: {'; '.join(dict.fromkeys(widened))}"
    for g in [*(leaf.grad for leaf in leaves), *first, *second]:
        assert g is None or g.dtype == dtype, f"{case!r}: a gradient is {g.dtype}"


def law_mixed_dtypes(case):
    """Among inputs of several dtypes each still gets a gradient of its own."""
    for order in ([np.float32, np.float64], [np.float64, np.float32]):
        leaves = [Tensor(x, True, dtype=order[i % 2]) for i, x in enumerate(case.arrays)]
        y = case.call(leaves)
        seed = random_like(y, case.rng("mixed"))
        recorded = engine.gradients(y, leaves, gradient=seed, create_graph=True)
        y.backward(seed)
        for i, (leaf, g) in enumerate(zip(leaves, recorded, strict=True)):
            for one in (leaf.grad, g):
                assert one.dtype == leaf.dtype, f"{case!r}: input {i} is {leaf.dtype}, its gradient {one.dtype}"


SHAPES = [(), (1,), (3,), (0,), (2, 3), (3, 1), (3, 0), (1, 1, 3)]


def law_broadcasts(case):
    """Every combination of shapes: value and gradients have the right shape, and the right numbers.

    The numbers are those of the inputs broadcast beforehand, whose gradients are then summed.
    """
    op, draws = case.op, case.draws()
    rng = case.rng("shapes")
    tried = 0
    for shapes in itertools.product(SHAPES, repeat=len(draws)):
        try:
            shape = np.broadcast_shapes(*shapes, *[x.shape for x in case.static_arrays()])
        except ValueError:
            continue
        tried += 1
        arrays = [Draw(s, spec.how, spec.label).draw(rng) for s, spec in zip(shapes, draws, strict=True)]
        leaves = [Tensor(x, requires_grad=True) for x in arrays]
        full = [Tensor(np.broadcast_to(x, shape), requires_grad=True) for x in arrays]
        y, z = case.call(leaves), case.call(full)
        same(case.call(arrays), y, f"{op.name} on arrays of shapes {shapes}")
        assert y.shape == shape, f"{op.name} of shapes {shapes}: shape {y.shape} instead of {shape}"
        same(z, y, f"{op.name} of shapes {shapes}")
        if not case.differentiable:
            continue
        seed = random_like(y, rng)
        y.backward(seed)
        z.backward(seed)
        for leaf, whole in zip(leaves, full, strict=True):
            close(leaf.grad, summed_to(whole.grad, leaf.shape), f"{op.name} of shapes {shapes}: a gradient")
    assert tried >= len(SHAPES) - 3, f"{op.name}: only {tried} combinations of shapes fit its static arguments"


def summed_to(g, shape):
    g = np.asarray(g)
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1 != np.shape(g)[i]), keepdims=True).reshape(shape)


# -- all of them -------------------------------------------------------------------------------


def every(cases):
    return cases


def differentiable(cases):
    return [case for case in cases if case.differentiable]


def of_several_inputs(cases):
    return [case for case in cases if case.differentiable and len(case.arrays) > 1]


def with_a_reference(cases):
    return [case for case in cases if case.differentiable and case.op.reference is not None]


def with_parts(cases):
    return [case for case in cases if case.differentiable and case.op.made_of]


def broadcasting(cases):
    """The case of the most arrays, if shapes can be drawn for it."""
    chosen = [case for case in cases if case.op.kind in ENTRYWISE and all(isinstance(x, Draw) for x in case.draws())]
    return [max(chosen, key=lambda case: len(case.arrays))] if chosen else []


LAWS = (
    ("values", law_value, every),
    ("memory layout", law_any_layout, differentiable),
    ("finite differences", law_gradients, differentiable),
    ("linear in the gradient", law_linear, differentiable),
    ("walks agree", law_walks_give_the_same, differentiable),
    ("one input at a time", law_one_input_at_a_time, of_several_inputs),
    ("reference", law_reference_agrees, with_a_reference),
    ("parts", law_parts_agree, with_parts),
    ("gradients are the user's", law_gradients_are_the_users, differentiable),
    ("float32", law_keeps_dtype, every),
    ("mixed dtypes", law_mixed_dtypes, of_several_inputs),
    ("broadcasting", law_broadcasts, broadcasting),
)
"""(what it is about, the law, which of an operation's cases it is run on)."""
