"""In other people's pages: the exported page and what notebooks show, in frames and as output, also in the dark."""

import http.server
import itertools
import threading
from functools import partial

import pytest

import autograd as ag
from tests.browser.graphs import logistic_network

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HOST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A host</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: {scheme} }}
body {{ margin: 0; background: {ground}; color: {ink} }}
iframe {{ width: 100%; height: 640px; border: 0 }}</style>
</head><body><main>{inner}</main></body></html>"""
LIGHT = {"ground": "#ffffff", "ink": "#111111", "scheme": "light"}
DARK = {"ground": "#15181c", "ink": "#eeeeee", "scheme": "dark"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served(page, tmp_path):
    """``served(name, html, colours)`` opens a page of a folder that a server hands out: (page, folder)."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "favicon.ico").write_bytes(b"")
    numbers = itertools.count()

    def opened(inner, colours=LIGHT):
        name = f"host-{next(numbers)}.html"  # a new one each time, which no cache has
        (tmp_path / name).write_text(HOST.format(inner=inner, **colours), encoding="utf-8")
        page.driver.get(f"http://127.0.0.1:{server.server_port}/{name}")
        return page

    yield opened
    server.shutdown()
    server.server_close()


def inside(page):
    page.driver.switch_to.frame(page.one("iframe"))


@pytest.mark.parametrize(("colours", "theme"), [(LIGHT, "light"), (DARK, "dark")])
def test_the_exported_page_in_a_frame(served, page, tmp_path, colours, theme):
    ag.draw(logistic_network()).export(tmp_path / "step.html")
    page.phone(400)
    page.media(prefers_color_scheme="light" if theme == "dark" else "dark")  # the host decides
    served('<iframe src="step.html" title="Step through"></iframe>', colours)
    inside(page)
    assert page.js("return document.documentElement.dataset.theme") == theme
    assert page.js("return document.documentElement.scrollWidth") <= 400
    page.one("#next").click()
    assert page.text("#where").startswith("1 of ")
    page.driver.switch_to.default_content()
    page.shot(f"frame-{theme}")
    page.js("document.body.style.background = arguments[0]", "#ffffff" if theme == "dark" else "#000000")
    inside(page)
    page.driver.implicitly_wait(0)
    other = page.driver.execute_async_script(
        "const done = arguments[0]; requestAnimationFrame(() => done(document.documentElement.dataset.theme))"
    )
    page.driver.switch_to.default_content()
    assert other != theme


def shown():
    """What notebooks show: {name: piece of HTML}."""
    tape = logistic_network()
    w = ag.Tensor([[0.5, -0.3, 0.1], [0.2, 0.4, -0.6]], requires_grad=True, name="w")
    with ag.tape():
        E = (ag.tanh(w) ** 2).sum()
    report = ag.check_by_hand(E, {w: 2 * w.data})
    return {
        "drawing": ag.draw(tape)._repr_svg_().partition("?>")[2],
        "report": report._repr_html_(),
        "explanation": ag.explain(E, w, at=(0, 1)).to_html(),
        "page of a report": report.to_html(),
    }


def test_what_notebooks_show_fits_a_phone_and_reads_in_the_dark(served, page, tmp_path):
    for name, html in shown().items():
        page.phone(400)
        if name.startswith("page"):
            (tmp_path / "report.html").write_text(html, encoding="utf-8")
            html = '<iframe src="report.html" title="A report"></iframe>'
        served(html, DARK)
        assert page.js("return document.documentElement.scrollWidth") <= 400, name
        assert (
            page.js(
                "return [...document.querySelectorAll('svg')].filter((one) => !one.getAttribute('aria-label')).length"
            )
            == 0
        )
        page.shot(f"host-{name.replace(' ', '-')}")
        if "iframe" in html:
            inside(page)
            assert page.js("return document.documentElement.scrollWidth") <= 400
            colours = page.js(
                "const had = getComputedStyle(document.documentElement); return [had.color, had.backgroundColor]"
            )
            assert colours in (["rgb(0, 0, 0)", "rgb(255, 255, 255)"], ["rgb(255, 255, 255)", "rgb(18, 18, 18)"]), (
                colours
            )
            page.driver.switch_to.default_content()
        else:
            ink = page.js("return getComputedStyle(document.querySelector('main > *:not(style)')).color")
            assert name == "drawing" or ink == "rgb(238, 238, 238)", name


def test_rows_of_a_formula_keep_apart_in_a_page_without_any_padding(served):
    w = ag.Tensor(0.4, requires_grad=True, name="w")
    with ag.tape():
        y = ag.sigmoid(w * 0.6)
    page = served(f"<style>* {{ margin: 0; padding: 0 }}</style>{ag.explain(y, w)._repr_html_()}")
    cells = page.driver.execute_script(
        "return [...document.querySelectorAll('mtd')].map(cell => parseFloat(getComputedStyle(cell).paddingTop))"
    )
    assert len(cells) > 2 and min(cells) > 2
