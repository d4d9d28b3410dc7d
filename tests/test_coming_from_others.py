"""Every row of the tables in docs/coming-from-others.md, on both sides where the other library is installed."""

from pathlib import Path

import numpy as np
import pytest

import autograd as ag

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "coming-from-others.md").read_text(encoding="utf-8")
ADDED_UP_AGAIN = "c = a * b; y = c * c; y.backward(); y.backward(); a.grad"
"""The row where micrograd gives something else, as the page says."""


def rows(heading):
    """(there, here) of the table under a heading, row by row."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [tuple(cell.strip(" `") for cell in line.strip("|").split(" | ")) for line in lines]


def value(source, names):
    """The value of a line's last expression, as lists of numbers."""
    *before, last = source.split("; ")
    for statement in before:
        exec(statement, names)
    return plain(eval(last, names))


def plain(one):
    if isinstance(one, tuple):
        return [plain(part) for part in one]
    return np.asarray(getattr(one, "data", one) if isinstance(one, ag.Tensor) else one, dtype=float).tolist()


def flat(one):
    return [part for item in one for part in flat(item)] if isinstance(one, list) else [one]


def here(heading):
    x, v = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, -1.0])
    f, g = (lambda x: (x**3).sum()), (lambda x: x**2)
    arrays = {"x": x, "v": v, "X": np.stack([x, v]), "f": f, "g": g}
    scalars = {name: ag.Tensor(number, requires_grad=True) for name, number in (("a", 2.0), ("b", -3.0))}
    return {"ag": ag, **(arrays if heading == "JAX" else scalars)}


JAX, MICROGRAD = rows("JAX"), rows("micrograd")


def test_the_tables_are_read():
    assert len(JAX) > 10 and len(MICROGRAD) >= 5


@pytest.mark.parametrize(("heading", "row"), [("JAX", row) for row in JAX] + [("micrograd", row) for row in MICROGRAD])
def test_what_stands_here_runs(heading, row):
    assert np.isfinite(flat(value(row[1], here(heading)))).all()


def test_what_the_page_says_of_jax():
    jax = pytest.importorskip("jax")
    for there, ours in JAX:
        names = here("JAX")
        arrays = {name: jax.numpy.asarray(names[name]) for name in ("x", "v", "X")}
        found = value(there, {**names, **arrays, "jax": jax, "jnp": jax.numpy})
        np.testing.assert_allclose(flat(found), flat(value(ours, here("JAX"))), rtol=1e-5, err_msg=there)


def test_what_the_page_says_of_micrograd():
    engine = pytest.importorskip("micrograd.engine")
    for there, ours in MICROGRAD:
        found = value(there, {"a": engine.Value(2.0), "b": engine.Value(-3.0)})
        if there == ADDED_UP_AGAIN:
            assert (found, value(ours, here("micrograd"))) == (108.0, 72.0)
        else:
            np.testing.assert_allclose(flat(found), flat(value(ours, here("micrograd"))), err_msg=there)
