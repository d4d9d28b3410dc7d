"""``ag.source(…, language="javascript")`` and the runtime behind it, in a real browser, against the library."""

import json

import numpy as np
import pytest

import autograd as ag
import autograd.linalg
import autograd.special
from autograd.declaration import registry
from autograd.program.javascript import NoForm
from autograd.program.javascript.lines import javascript_lines
from autograd.program.javascript.runtime import runtime
from autograd.program.of_graph import program_of
from autograd.tensors import raw
from nn.derivations import run_logistic_222

pytestmark = [
    pytest.mark.slow, pytest.mark.browser, pytest.mark.filterwarnings("ignore:.*different numbers of axes:UserWarning")
]  # fmt: skip

NONE = {
    "assign", "betaln", "cholesky", "cofactors", "det", "diagonal",
    "digamma", "eigh", "einsum", "erfinv", "from_diagonal", "gammainc", "gammaincc", "gammaln", "i0", "i0e", "i1",
    "i1e", "inv", "log_ndtr", "max_pool1d_gather", "max_pool1d_scatter", "max_pool2d_gather", "max_pool2d_scatter",
    "max_pool3d_gather", "max_pool3d_scatter", "ndtri", "pad", "pinv", "polygamma", "qr", "repeat", "roll", "sinc",
    "slogdet", "solve", "svd", "take_along_axis", "tile", "trace", "zeta",
}  # fmt: skip
"""Operations that have no form in JavaScript: a page with one of them is not live, and says so."""


def programs():
    """(operation, number of its sample, the program of the sample's sum of squares)."""
    for name, op in list(registry.items()):
        for k, sample in enumerate(op.samples):
            if sample.differentiable:
                args, kwargs = sample.make(np.random.default_rng(k))
                named = {**dict(zip(op.names, args, strict=False)), **kwargs}
                leaves = []
                for one in op.inputs:
                    if one in named:
                        named[one] = as_leaves(named[one], leaves)
                with ag.tape():
                    given = [named[n] for n in op.names if n in named]
                    y = op.function(*given) if op.variadic else op.function(**named)
                    z = (y * y).sum() if y.size else None
                if z is not None and isinstance(z, ag.Tensor) and z.node is not None:
                    yield name, k, program_of(z)


def as_leaves(value, leaves):
    if isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f":
        leaves.append(ag.Tensor(value, requires_grad=True))
        return leaves[-1]
    if isinstance(value, list) and any(isinstance(one, np.ndarray) for one in value):
        return [as_leaves(one, leaves) for one in value]
    return value


def packed(value):
    value = np.asarray(raw(value))
    kind = "float64" if value.dtype.kind == "f" else str(value.dtype)
    return {"shape": list(value.shape), "data": [str(x) for x in value.astype(float).ravel()], "kind": kind}


RUN = """
const unpack = (one) => nd.made(Float64Array.from(one.data, (x) =>
  ({nan: NaN, inf: Infinity, "-inf": -Infinity})[x] ?? Number(x)), one.shape, one.kind);
"""


@pytest.fixture
def compute(page, tmp_path):
    """``compute(text of a script)``: what its function ``result`` returns."""

    def run(script):
        path = tmp_path / "run.html"
        path.write_text(f"<!doctype html><meta charset=utf-8><title>run</title><script>{script}</script>", "utf-8")
        page.open(path)
        return page.js("return result()")

    return run


def test_every_operation_agrees_or_has_no_form(compute):
    parts, wanted, missing, helpers = [], [], set(), {}
    for name, k, program in programs():
        try:
            lines = javascript_lines(program)
        except NoForm:
            missing.add(name)
            continue
        helpers.update(dict.fromkeys(lines.helpers))
        given = {n: one.value for n, one in program.arguments.items()}
        given |= {n: one for n, one in program.constants.items() if one is not None}
        given |= {n: program.values[n] for n in lines.drawn}
        numbers = [program.outputs[0], *[program.gradients[n] for n in program.inputs if n in program.gradients]]
        body = "\n".join(lines.lines)
        values = json.dumps({n: packed(one) for n, one in given.items()})
        parts.append(
            f"() => {{ const v = []; for (const [n, one] of Object.entries({values})) v[n] = unpack(one);\n{body}\n"
            f"return {numbers}.map((n) => nd.array(v[n])).map((x) => [x.shape, Array.from(x.data, String)]); }}"
        )
        wanted.append((name, k, [np.asarray(raw(program.values[n])) for n in numbers]))
    assert missing == NONE
    script = "\n".join([runtime(), RUN, *helpers, f"const all = [{','.join(parts)}];"])
    found = compute(
        script + "const result = () => all.map((f) => { try { return f(); } catch (e) { return String(e); } });"
    )
    for (name, k, arrays), got in zip(wanted, found, strict=True):
        assert not isinstance(got, str), (name, k, got)
        for array, (shape, data) in zip(arrays, got, strict=True):
            assert tuple(shape) == array.shape, (name, k)
            numbers = np.array([float(x.replace("Infinity", "inf")) for x in data]).reshape(shape)
            np.testing.assert_allclose(numbers, array, rtol=1e-9, atol=1e-11, err_msg=f"{name} {k}")


@pytest.mark.parametrize("order", [1, 2])
def test_the_source_of_the_text(compute, order):
    with ag.tape():
        error = run_logistic_222()["E"]
    made = ag.source(error, order=order, language="javascript")
    text = str(made).replace("export {", "// {")
    given = json.dumps({name: np.asarray(raw(one)).tolist() for name, one in made.arguments.items()})
    found = compute(f"{text}\nconst result = () => value_and_gradients({given});")
    value, gradients, *products = made()
    np.testing.assert_allclose(found["value"], value, rtol=1e-12)
    assert found["gradients"] == pytest.approx(gradients, rel=1e-12)
    assert [found["products"]] == [pytest.approx(one, rel=1e-12) for one in products] if products else True


def test_what_has_no_form_is_named():
    x = ag.Tensor(np.eye(2) * 2, requires_grad=True, name="x")
    with ag.tape():
        y = ag.linalg.inv(x).sum()
    with pytest.raises(ValueError, match=r"np\.linalg\.inv has no form in JavaScript"):
        ag.source(y, language="javascript")
    with pytest.raises(ValueError, match="one of numpy, javascript"):
        ag.source(y, language="fortran")
