"""Chains of functions of each entry as one: the same numbers as the instructions one by one."""

import threading

import numpy as np
import pytest

import autograd as ag
from autograd.declaration import registry
from autograd.native import native
from autograd.program.entrywise import Entrywise
from autograd.program.fusing import fused
from autograd.program.instructions import Argument, Instruction, OfValues, Program
from autograd.program.replay import Replay
from autograd.program.tracing import Tracer
from autograd.tensors import raw
from autograd.traits import ENTRYWISE

pytestmark = pytest.mark.skipif(native is None, reason="nothing is compiled")

SHAPE = (40, 110)
SHAPES = [SHAPE, SHAPE, SHAPE, (110,), (40, 1), (), (1, 1)]
ONE = ["negative", "absolute", "square", "sqrt", "exp", "sin", "sigmoid", "tanh", "relu", "sign", "log1p", "reciprocal"]
TWO = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "hypot"]


def arguments_of(rng, dtype):
    found = []
    for shape in SHAPES:
        x = np.asarray(rng.normal(size=shape).astype(dtype))
        if x.size > 1 and rng.random() < 0.3:
            x[rng.random(x.shape) < 0.1] = rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0])
        if x.ndim == 2 and rng.random() < 0.5:  # in another order in memory, or with gaps
            x = np.asfortranarray(x) if rng.random() < 0.5 else np.repeat(x, 2, 1)[:, ::2]
        found.append(x if x.ndim else x[()])
    return found


def random_program(rng, arguments, length):
    """Whole arrays, out of anything that was there before."""
    program = Program({i: Argument(None, x) for i, x in enumerate(arguments)}, values=dict(enumerate(arguments)))
    whole = [0, 1, 2]

    def write(operation, inputs, **params):
        number = 1000 + len(program.instructions)
        values = [program.constants.get(n, program.values.get(n)) for n in inputs]
        with np.errstate(all="ignore"):
            y = operation.forward(*params.values(), *values)
        program.values[number] = y
        program.instructions.append(Instruction(operation, tuple(inputs), params, (number,)))
        return number

    for k in range(length):
        a = int(rng.choice(whole))
        other = int(rng.choice([*range(len(SHAPES)), *whole]))
        if rng.random() < 0.2:
            program.constants[500 + k] = float(rng.normal())
            other = 500 + k
        kind = rng.random()
        if kind < 0.3:
            number = write(registry[rng.choice(ONE)], [a])
        elif kind < 0.8:
            pair = [a, other] if rng.random() < 0.5 else [other, a]
            number = write(registry[rng.choice(TWO)], pair)
        else:
            compare = OfValues("less", np.less, ("a", "b"), ("a", "b"))
            mask = write(compare, [a, other])
            number = 2000 + k
            with np.errstate(all="ignore"):
                program.values[number] = np.where(program.values[mask], program.values[a], 0.5)
            program.constants[600 + k] = 0.5
            choice = OfValues("where", np.where, ("a", "b", "c"), ("a", "b", "c"))
            program.instructions.append(Instruction(choice, (mask, a, 600 + k), {}, (number,)))
        if program.values[number].shape == SHAPE:
            whole.append(number)
    program.outputs = sorted({whole[-1], *[int(n) for n in rng.choice(whole[3:] or whole, 3)]})
    return program


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(seed):
    rng = np.random.default_rng(seed)
    arguments = arguments_of(rng, [np.float32, np.float64][seed % 2])
    program = random_program(rng, arguments, 12)
    one = fused(program)
    assert len(one.instructions) < len(program.instructions)
    with np.errstate(all="ignore"):
        expected = Replay(program).run(arguments)
        found = Replay(one).run(arguments)
    for a, b in zip(expected, found, strict=True):
        assert a.dtype == b.dtype
        # functions of vectors differ in the last place where the vectors begin elsewhere
        np.testing.assert_allclose(b, a, rtol=1e-4 if a.dtype == np.float32 else 1e-12, equal_nan=True)


def entrywise_calls():
    """(operation, instruction, position of a rule or None, program) of all samples of one dtype."""
    for op in registry.values():
        if op.traits.isdisjoint(ENTRYWISE) or op.module.split(".")[0] != "autograd":
            continue
        for sample in op.samples:
            args, kwargs = sample.make(np.random.default_rng(1))
            args = [ag.Tensor(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in args]
            tracer = Tracer()
            for x in args:
                if isinstance(x, ag.Tensor):
                    tracer.enter(x)
            with tracer.at_work():
                op.function(*args, **kwargs)
            program = tracer.program
            forward = program.instructions[-1]
            if forward.operation is not op or program.values[forward.outputs[0]].dtype.kind != "f":
                continue
            yield op, forward, None, program
            y = program.values[forward.outputs[0]]
            g = np.random.default_rng(0).normal(size=np.shape(y))[()]
            for i in range(0 if op.variadic else len(op.rules)):
                if forward.inputs[i] in program.constants or op.pulls[i] is None:
                    continue
                program.values[9001] = g
                rule = Instruction(op, (9001, *forward.inputs), forward.params, (9000 - i,), i, forward)
                yield op, rule, i, program


def test_each_operation_as_it_is_declared():
    """Every entrywise operation and rule that can be read gives what it gives by itself."""
    names = set()
    for op, one, i, program in entrywise_calls():
        values = {**program.constants, **program.values}
        with np.errstate(all="ignore"):
            if i is not None:
                kept = Program(
                    {n: Argument(None, raw(values[n])) for n in values}, instructions=[one], outputs=one.outputs
                )
                (expected,) = Replay(kept).run([raw(values[n]) for n in values])
                program.values[one.outputs[0]] = expected
            else:
                expected = raw(values[one.outputs[0]])
            if type(expected) is not np.ndarray or expected.dtype.kind != "f":
                continue
            like = {n: raw(x) for n, x in program.values.items()}
            chain = Entrywise(expected.shape, expected.dtype, program.constants, like)
            if not chain.read(one) or not len(chain):
                continue
            found = chain.function(one.outputs[:1])(*[like[n] for n in chain.given])
        names.add((op.name, i))
        found = found[0] if type(found) is tuple else found
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15, err_msg=f"{op.name} {i}")
    assert len(names) > 70, sorted(names, key=str)


def test_what_it_puts_together():
    rng = np.random.default_rng(0)
    x = ag.Tensor(rng.normal(size=SHAPE), requires_grad=True)

    def f():
        y = 1 / (1 + ag.exp(-(x * 2 + 1)))
        (g,) = ag.gradients((y * y).sum(), [x])
        return y, g

    with np.errstate(all="ignore"):
        expected = f()
    compiled = ag.compile(f)
    for _ in range(3):
        found = compiled()
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(raw(a), raw(b))
    (plan,) = next(iter(compiled.compiled.plans.values()))
    names = [one.operation.name for one in plan.parts[0].executor.program.instructions]
    assert names.count("fused") == 1 and len(names) <= 2, names


def chain_of(shape, dtype=np.float64):
    """exp(a) * b + 1, of arrays of these shapes."""
    values = {0: np.ones(shape, dtype), 1: np.ones(shape[-1:], dtype), 2: np.ones(shape, dtype)}
    values |= {3: values[2], 4: values[2]}
    chain = Entrywise(shape, dtype, {5: 1.0}, values)
    for name, inputs, y in (("exp", (0,), 2), ("multiply", (2, 1), 3), ("add", (3, 5), 4)):
        assert chain.read(Instruction(registry[name], inputs, {}, (y,)))
    return chain.function([4])


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (3, 5), (7, 600), (300, 301)])
def test_sizes(shape):
    f = chain_of(shape)
    a, b = np.random.default_rng(0).normal(size=shape), np.linspace(0, 1, shape[-1])
    np.testing.assert_array_equal(f(a, b), np.exp(a) * b + 1)
    np.testing.assert_allclose(f(a.T.copy().T, b), np.exp(a) * b + 1, rtol=1e-15)
    assert f(a.T.copy().T, b).flags.f_contiguous


def test_images_with_their_channels_last():
    shape = (2, 3, 40, 40)
    values = {n: np.ones(shape, np.float32) for n in (0, 2, 3)} | {1: np.ones((3, 1, 1), np.float32)}
    chain = Entrywise(shape, np.float32, {}, values)
    for name, inputs, y in (("add", (0, 1), 2), ("relu", (2,), 3)):
        assert chain.read(Instruction(registry[name], inputs, {}, (y,)))
    x = np.random.default_rng(0).normal(size=(2, 40, 40, 3)).astype(np.float32).transpose(0, 3, 1, 2)
    b = np.arange(3, dtype=np.float32).reshape(3, 1, 1) - 1
    y = chain.function([3])(x, b)
    np.testing.assert_array_equal(y, np.maximum(x + b, 0))
    assert y.strides == x.strides


def test_another_shape_or_dtype_than_it_was_made_for():
    f = chain_of((3, 5))
    for a, b in [((3, 4), (5,)), ((3, 5), (4,)), ((5,), (5,)), ((1, 3, 5), (5,))]:
        with pytest.raises(ValueError, match="another shape or dtype"):
            f(np.ones(a), np.ones(b))
    with pytest.raises(ValueError, match="another shape or dtype"):
        f(np.ones((3, 5), np.float32), np.ones(5))
    with pytest.raises(TypeError, match="2 arrays"):
        f(np.ones((3, 5)))


def test_code_that_is_none():
    for code, kinds in [(b"\xff" * 20, b"\0"), (bytes(20), b"\0"), (bytes(20), b"\7")]:
        with pytest.raises(ValueError, match="no program"):
            native.Fused(np.dtype(float), (3,), kinds, code, b"", (), 1, 0)
    with pytest.raises(ValueError, match="no program"):
        native.Fused(np.dtype(int), (3,), b"\0", b"", b"", (), 1, 0)
    with pytest.raises(ValueError, match="no program"):
        native.Fused(np.dtype(float), (3,), b"\0", b"", b"", (np.matmul,), 1, 0)


def test_threads_share_one():
    f = chain_of((300, 301))
    rng = np.random.default_rng(0)
    given = [(rng.normal(size=(300, 301)), rng.normal(size=301)) for _ in range(4)]
    found = [None] * 4

    def work(i):
        for _ in range(5):
            found[i] = f(*given[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for (a, b), y in zip(given, found, strict=True):
        np.testing.assert_array_equal(y, np.exp(a) * b + 1)
