"""Kernels over images and max pools on the page: which numbers belong to a picked pixel."""

import numpy as np
import pytest

import autograd as ag
from tests.browser.graphs import lenet, strided_layer

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def number(text):
    return float(text.replace("−", "-"))


def test_kernel_over_the_image(export):
    tape, dx = strided_layer()
    page = export(tape)
    page.go("Backward through out = conv2d")
    totals = "#step .overlay .terms tr.total"
    # output pixel [0, 0]: y = 6 with the bias 1; arrow keys go to [0, 1], where y = 7
    assert page.texts(totals + " td")[-2:] == ["y[0, 0, 0, 0]", "6"]
    page.js("document.querySelector('[data-grid=y]').focus()")
    page.press("\ue014")
    assert page.texts(totals + " td")[-2:] == ["y[0, 0, 0, 1]", "7"]
    assert len(page.all("#step .overlay .hit")) == 9 + 9
    page.shot("window-output")
    # every input pixel of every channel gets the gradient that the engine computed
    page.all("#step .overlay input[type=radio]")[1].click()
    for c in (0, 2):
        page.js(
            "const s = document.querySelectorAll('#step .overlay select')[1];"
            "s.value = arguments[0]; s.dispatchEvent(new Event('change'))",
            c,
        )
        for i, j in [(0, 0), (1, 2), (3, 3), (4, 4)]:
            page.click_drawn(f"#step [data-grid=x] .cell:nth-of-type({i * 5 + j + 2})")  # the padding is first
            name, value = page.texts(totals + " td")[-2:]
            assert name == f"∂/∂x[0, {c}, {i}, {j}]"
            assert number(value) == dx[0, c, i, j]
    page.shot("window-input")


def test_window_of_a_large_convolution_adds_up(export):
    page = export(lenet())
    page.go("Forward: conv2 = conv2d")
    page.js("document.querySelector('#step .overlay').scrollIntoView()")
    page.shot("lenet-window")
    rows = [
        row.split("\t")
        for row in page.js(
            "const text = (row) => [...row.cells].map((cell) => cell.textContent).join('\t');"
            "return [...document.querySelectorAll('#step .terms tr')].map(text)"
        )
    ]
    products = [number(row[2]) for row in rows if len(row) == 3]
    others, bias, y = (number(row[1]) for row in rows[-3:])
    assert len(products) == 9
    assert number(next(row for row in rows if "sum over" in row[0])[1]) == pytest.approx(sum(products), abs=1e-4)
    assert sum(products) + others + bias == pytest.approx(y, abs=1e-4)


def choose(page, name, value):
    """An option in the overlay's list of that name."""
    page.js(
        "const list = [...document.querySelectorAll('#step .overlay label')]"
        ".find((label) => label.textContent.startsWith(arguments[0])).querySelector('select');"
        "list.value = arguments[1]; list.dispatchEvent(new Event('change'))",
        name,
        value,
    )


@pytest.mark.parametrize("rank", [1, 3])
def test_a_kernel_over_rows_and_volumes(export, rank):
    """Every picked pixel has the value and the gradient that the engine computed, through any slice of the kernel."""
    rng = np.random.default_rng(rank)
    x, w = (ag.Tensor(rng.normal(size=(n, 2, *[k] * rank)), requires_grad=True) for n, k in ((1, 4), (2, 3)))
    with ag.tape() as tape:
        y = (ag.conv1d, None, ag.conv3d)[rank - 1](x, w, padding=1, stride=2)
    y.backward(np.ones(y.shape))
    page = export(tape, f"rank-{rank}")
    page.go(f"Backward through y = conv{rank}d")
    totals = "#step .overlay .terms tr.total td"
    assert len(page.all("#step .overlay select")) == (2 if rank == 1 else 4)
    assert len(page.all("#step .overlay [data-grid=y] .cell")) == 2 ** min(rank, 2)
    choose(page, "output channel", 1)
    if rank == 3:
        choose(page, "output slice", 1)
        choose(page, "kernel slice", 2)
        page.js("document.querySelector('#step .overlay').scrollIntoView()")
        page.shot("window-volume")
        assert "slice 3" in page.text("#step .overlay figcaption")  # 2 · 1 + 2 − 1
    spot = (0, 1, 0) if rank == 1 else (0, 1, 1, 0, 0)
    name, value = page.texts(totals)[-2:]
    assert name == f"y[{', '.join(map(str, spot))}]"
    assert number(value) == pytest.approx(y.data[spot], rel=1e-4)
    page.all("#step .overlay input[type=radio]")[1].click()
    if rank == 3:
        choose(page, "input slice", 2)
    spot = (0, 0, 0) if rank == 1 else (0, 0, 2, 0, 0)
    name, value = page.texts(totals)[-2:]
    assert name == f"∂/∂x[{', '.join(map(str, spot))}]"
    assert number(value) == pytest.approx(x.grad[spot], rel=1e-4)
    page.js("document.querySelector('#step .overlay').scrollIntoView()")
    page.shot(f"window-rank-{rank}")


def test_a_max_pool_over_a_volume(export):
    rng = np.random.default_rng(0)
    x = ag.Tensor(rng.permutation(64).reshape(1, 1, 4, 4, 4).astype(float), requires_grad=True, name="x")
    with ag.tape() as tape:
        y = ag.max_pool3d(x, 2)
        y.name = "y"
    y.backward(np.ones(y.shape))
    page = export(tape)
    page.go("Backward through y = max_pool3d(x)")
    choose(page, "output slice", 1)
    (winner,) = np.argwhere(x.data == y.data[0, 0, 1, 0, 0])
    place = ", ".join(map(str, winner[2:]))
    assert f"δ[1, 0, 0] = 1 goes to x[{place}]" in page.text("#step .overlay")
    assert f"x, slice {winner[2]} on the left" in page.text("#step .overlay")
    page.js("document.querySelector('#step .overlay').scrollIntoView()")
    page.shot("max-pool-volume")


def test_max_pool_routes_each_gradient(export):
    x = ag.Tensor([[[[1.0, 2, 0, 1], [4, 3, 1, 5], [0, 0, 7, 7], [0, 9, 7, 7]]]], requires_grad=True, name="x")
    with ag.tape() as tape:
        y = ag.max_pool2d(x, 2)
        y.name = "y"
    y.backward(np.array([[[[0.1, 0.2], [0.3, 0.4]]]]))
    page = export(tape)
    page.go("Backward through y = max_pool2d(x)")
    assert "δ[0, 0] = 0.1 goes to x[1, 0]" in page.text("#step .overlay")
    page.js("document.querySelector('#step [data-grid=y]').focus()")
    page.press("\ue015")
    assert "δ[1, 0] = 0.3 goes to x[3, 1]" in page.text("#step .overlay")
    page.press("\ue014")
    assert "δ[1, 1] = 0.4 goes to x[2, 2]" in page.text("#step .overlay")  # of a tie, the first
    assert len(page.all("#step .route")) == 4
    page.shot("max-pool")
