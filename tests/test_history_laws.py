"""Of every operation: nothing that it is given makes the history of a recorded input disappear without a word."""

import warnings
from fractions import Fraction

import numpy as np
import pytest

import autograd as ag
from tests.registry_cases import cases

warnings.filterwarnings("ignore", message="the matrix subclass", category=PendingDeprecationWarning)

several = [case for case in cases if len(case.arrays) > 1 and all(x.size for x in case.arrays)]
OTHER_NUMBERS = {
    "complex": lambda x: x + 1j,
    "objects": lambda x: np.vectorize(lambda one: Fraction(float(one)), otypes=[object])(x),
    "longdouble": lambda x: x.astype(np.longdouble),
}


@pytest.mark.parametrize("convert", OTHER_NUMBERS.values(), ids=OTHER_NUMBERS)
def test_beside_other_numbers_a_recorded_input_raises_or_is_recorded(convert):
    checked = 0
    for case in several:
        for k in range(len(case.arrays)):
            given = case.leaves()
            given[k] = convert(case.arrays[k])
            try:
                y = case.call(given)
            except (TypeError, ValueError):  # and no warning, which is an error in these tests
                continue
            finally:
                checked += 1
            assert y.requires_grad and y.dtype in (np.float16, np.float32, np.float64), (case, k, y)
    assert checked > 100


@pytest.mark.filterwarnings("ignore:.*different numbers of axes")
def test_no_operation_drops_an_imaginary_part():
    """Of an input or a static argument."""
    checked = 0
    for case in cases:
        if "converts" in case.op.traits:
            continue  # which is asked for it, and NumPy warns
        places = {name: case.op.names.index(name) for name in case.op.names}
        args, kwargs = case.filled(case.leaves())
        given = {**dict(zip(places, args, strict=False)), **kwargs}
        for name, value in given.items():
            if isinstance(value, ag.Tensor):
                value = value.data
            if (
                not isinstance(value, int | float | np.floating | np.ndarray)
                or np.asarray(value).dtype.kind not in "fi"
            ):
                continue
            checked += 1
            try:
                y = case.op.function(**{**given, name: value + 1j})
            except (TypeError, ValueError):
                continue
            assert np.size(y) == 0 or not getattr(y, "requires_grad", False), (case, name)
    assert checked > 300


def test_directions_and_gradients_are_real():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    for drop in (
        lambda: ag.jvp(lambda t: t * t, x.data, np.array([1j, 0])),
        lambda: ag.hvp(lambda t: (t * t).sum(), x.data, np.array([1j, 0])),
        lambda: setattr(x, "grad", np.array([1j, 0])),
        lambda: (x * 2.0).backward(np.array([1j, 0])),
    ):
        with pytest.raises(TypeError):
            drop()


@pytest.mark.parametrize("of", ["input", "static argument"])
@pytest.mark.parametrize("kind", ["matrix", "masked array"])
def test_matrices_and_masked_arrays_are_refused(kind, of):
    def convert(x):
        return np.ma.masked_less(x, 0) if kind == "masked array" else x.view(np.matrix)

    def fits(x):
        return kind == "masked array" or x.ndim == 2

    checked = 0
    for case in cases:
        if of == "input":
            calls = [
                [convert(x) if i == k else x for i, x in enumerate(case.arrays)]
                for k, one in enumerate(case.arrays)
                if isinstance(one, np.ndarray) and fits(one)
            ]
            for values in calls:
                checked += 1
                with pytest.raises(TypeError, match=r"np\.asarray\(m\)|m\.filled\(\.\.\.\)"):
                    case.call(values)
        elif any(fits(x) for x in case.static_arrays()):
            args, kwargs = case.filled(case.leaves())
            static = case.static_arrays()

            def converted(value, static=static):
                if isinstance(value, tuple):
                    return tuple(converted(one) for one in value)
                return convert(value) if any(value is x for x in static) and fits(value) else value

            args, kwargs = [converted(x) for x in args], {key: converted(x) for key, x in kwargs.items()}
            checked += 1
            with pytest.raises(TypeError, match=r"np\.asarray\(m\)|m\.filled\(\.\.\.\)"):
                case.op.function(*args, **kwargs)
    assert checked > (100 if of == "input" else 1)


def test_a_recorded_tensor_inside_a_static_argument_is_refused():
    checked = 0
    for case in cases:
        if not case.op.params or not case.differentiable:
            continue
        for nested in (lambda t: [t], lambda t: (0, (t,)), lambda t: {"a": [t]}):
            args, kwargs = case.filled(case.leaves())
            names = case.op.names[: len(args)]
            given = {**dict(zip(names, args, strict=True)), **kwargs}
            for name in case.op.params:
                t = ag.Tensor(1.0, requires_grad=True)
                checked += 1
                with pytest.raises((TypeError, ValueError)):
                    case.op.function(**{**given, name: nested(t)})
    assert checked > 100


def test_every_rule_gives_the_shape_of_its_input_or_undoes_broadcasting():
    """The walk raises where a rule does not: here for every operation, and every input alone."""
    checked = 0
    for case in cases:
        if not case.differentiable:
            continue
        for k in range(len(case.arrays)):
            leaf = ag.Tensor(case.arrays[k], requires_grad=True)
            y = case.call([leaf if i == k else x for i, x in enumerate(case.arrays)])
            y.backward(np.ones(y.shape, y.dtype))
            assert leaf.grad.shape == leaf.shape
            checked += 1
    assert checked > 300
