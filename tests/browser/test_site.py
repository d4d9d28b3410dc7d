"""The documentation site in a real browser: nothing from elsewhere, nothing wider than a phone, nothing axe-core minds.

The site is what ``make docs`` made, in ``docs/_build`` or where CHALKGRAD_SITE says; without it these tests skip.
axe-core is looked for in ``.node``, where ``npm install axe-core`` put it.
"""

import os
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ.get("CHALKGRAD_SITE", ROOT / "docs" / "_build"))
AXE = Path(os.environ.get("CHALKGRAD_NODE", ROOT / ".node")) / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "index start check-a-derivation look-at-the-graph gradient-as-code train-a-net teaching try-it how-it-works "
    "add-an-operation coming-from-pytorch coming-from-others changelog search made/mistakes made/operations/index "
    "made/operations/activation made/operations/conv made/operations/reduction made/reference/index "
    "made/reference/autograd-tensors made/reference/autograd-checking-a-derivation made/reference/nn-layers "
    "made/notebooks/index made/notebooks/004_step_by_step_222 made/notebooks/003_strides_and_padding"
).split()

FROM_ELSEWHERE = """
return [...performance.getEntriesByType("resource").map((one) => one.name),
        ...[...document.querySelectorAll("script[src], img[src], iframe[src], link[rel=stylesheet]")]
            .map((one) => one.src || one.href)].filter((url) => !/^(file|data|blob):/.test(url))
"""
TOO_WIDE = """
const wide = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= wide) return [];
return [...document.querySelectorAll("article *")].filter((one) => one.getBoundingClientRect().right > wide + 1)
    .slice(0, 5).map((one) => one.outerHTML.slice(0, 200))
"""
SERIOUS = """
const done = arguments[arguments.length - 1];
axe.run(document, {iframes: false, preload: false}).then((found) => done(found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 99)).join()}`)))
"""


@pytest.fixture
def site(page):
    if not (SITE / "index.html").exists():
        pytest.skip("there is no site: make docs")
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_by_itself_and_fits_a_phone(site, name):
    site.open(SITE / f"{name}.html")
    assert site.js(FROM_ELSEWHERE) == []
    assert site.js("return [...document.images].filter((one) => !one.naturalWidth && !one.loading).length") == 0
    assert site.js("return [...document.querySelectorAll('article img')].filter((one) => !one.alt).length") == 0
    site.phone(400)
    site.open(SITE / f"{name}.html")
    assert site.js(TOO_WIDE) == [] and site.js("return document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("name", PAGES)
def test_no_serious_fault_of_accessibility(site, name):
    if not AXE.exists():
        pytest.skip("axe-core is missing: npm install --prefix .node axe-core")
    axe = AXE.read_text(encoding="utf-8")
    site.driver.set_script_timeout(60)
    for colours in ("light", "dark"):
        site.media(prefers_color_scheme=colours)
        site.open(SITE / f"{name}.html")
        site.js(axe)
        assert site.driver.execute_async_script(SERIOUS) == [], colours
