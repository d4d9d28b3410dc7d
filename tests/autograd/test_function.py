"""Operations of one's own as classes: what ctx has, several results, gradients of gradients, and errors."""

import gc
import weakref

import numpy as np
import pytest

import autograd as ag


class Power(ag.Function):
    @staticmethod
    def forward(ctx, x, n):
        y = x**n
        ctx.save_for_backward(x, None)
        ctx.n = n
        return y

    @staticmethod
    def backward(ctx, g):
        x, nothing = ctx.saved_tensors
        assert nothing is None
        return ctx.n * g * x ** (ctx.n - 1), None


class Exp(ag.Function):
    @staticmethod
    def forward(ctx, x):
        y = ag.exp(x)
        assert not y.requires_grad
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class Product(ag.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        calls.append(ctx.needs_input_grad)
        return g @ b.T if ctx.needs_input_grad[0] else None, a.T @ g if ctx.needs_input_grad[1] else None


class Parts(ag.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        largest = x.argmax()
        ctx.mark_non_differentiable(largest)
        return 2 * x, (x * x).sum().astype("float32"), largest

    @staticmethod
    def backward(ctx, g, h, nothing):
        (x,) = ctx.saved_tensors
        assert nothing.shape == () and float(nothing) == 0
        return 2 * g + 2 * x * h


calls = []


@pytest.fixture
def x():
    return ag.tensor([1.0, 2.0], requires_grad=True, name="x")


def test_first_and_second_gradients(x):
    assert Power.apply(x, 3).tolist() == [1, 8] and Power.apply(x, 3).node.operation.name == "Power"
    Power.apply(x, 3).sum().backward()
    assert x.grad.tolist() == [3, 12]
    for f, second in ((lambda x: Power.apply(x, 3), [6, 12]), (Exp.apply, np.exp([1.0, 2.0]))):
        (first,) = ag.gradients(f(x).sum(), [x], create_graph=True)
        assert np.allclose(ag.gradients(first.sum(), x), second)
    assert ag.gradcheck(lambda x: Power.apply(x, 3), [np.ones(3)], order=2) and ag.gradcheck(Exp.apply, [np.ones(3)])


def test_all_gradients_come_of_one_call_and_only_those_that_are_wanted(x):
    calls.clear()
    a, b = ag.ones(2, 3, requires_grad=True), ag.ones(3, 2, requires_grad=True)
    Product.apply(a, b).sum().backward()
    Product.apply(a, b.detach()).sum().backward()
    assert calls == [(True, True), (True, False)]
    assert a.grad.tolist() == [[4.0] * 3] * 2 and b.grad.tolist() == [[2.0] * 2] * 3


def test_several_results(x):
    double, squares, largest = Parts.apply(x)
    assert double.requires_grad and squares.dtype == np.float32 and not largest.requires_grad and int(largest) == 1
    (3 * double).sum().backward()
    assert x.grad.tolist() == [6, 6]
    x.grad = None
    double, squares, _ = Parts.apply(x)
    (squares * 5 + double.sum()).backward()
    assert x.grad.tolist() == [12, 22]


def test_a_value_that_is_saved_stays_as_it_was(x):
    h = x * 1
    y = Power.apply(h, 2)
    h.fill_(100.0)
    y.sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_where_nothing_is_recorded():
    assert not Power.apply(ag.ones(2), 2).requires_grad
    with ag.no_grad():
        assert not Exp.apply(ag.ones(2, requires_grad=True)).requires_grad
    assert Exp.apply(np.zeros(2)).tolist() == [1, 1]  # an array as from a loader


def test_forward_without_ctx(x):
    class Sine(ag.Function):
        @staticmethod
        def forward(x):
            return ag.sin(x)

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return g * ag.cos(ctx.saved_tensors[0])

    Sine.apply(x).sum().backward()
    assert np.allclose(x.grad, np.cos([1, 2]))


def test_once_differentiable(x):
    class Once(Power):
        @staticmethod
        @ag.once_differentiable
        def backward(ctx, g):
            x, _ = ctx.saved_tensors
            return ag.tensor(ctx.n * g.data * x.data ** (ctx.n - 1)), None

    (first,) = ag.gradients(Once.apply(x, 3).sum(), [x], create_graph=True)
    assert first.tolist() == [3, 12]
    with pytest.raises(RuntimeError, match="cannot be differentiated itself"):
        ag.gradients(first.sum(), x)
    Once.apply(x, 2).sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_errors(x):
    class Short(Product):
        @staticmethod
        def backward(ctx, g):
            return g

    class Misshapen(Exp):
        @staticmethod
        def backward(ctx, g):
            return g[:1]

    class Number(Exp):
        @staticmethod
        def forward(ctx, x):
            return 3.0

    with pytest.raises(ValueError, match=r"Short: backward must return(.|\n)*arguments: 2\n  returned: 1"):
        Short.apply(x, x).backward()
    with pytest.raises(ValueError, match="Misshapen: the rule of inputs gave a gradient that does not fit"):
        Misshapen.apply(x).sum().backward()
    with pytest.raises(TypeError, match="Number: forward must return Tensors"):
        Number.apply(x)
    with pytest.raises(NotImplementedError, match="define forward"):
        ag.Function.apply(x)


def test_nothing_is_left_behind(x):
    class Held:
        pass

    class Holding(Exp):
        @staticmethod
        def forward(ctx, x):
            ctx.held = Held()
            found.append(weakref.ref(ctx.held))
            return Exp.forward(ctx, x)

    found = []
    gc.disable()
    try:
        y = Holding.apply(x)
        y.sum().backward()
        del y
        z = Holding.apply(x)
        del z
        assert [one() for one in found] == [None, None]
    finally:
        gc.enable()
