"""The exported page in a real browser: what a reader clicks, types and reads.

Long because a browser is slow to start: what needs one stands here together.
"""

import base64

import numpy as np
import pytest

import autograd as ag
from tests.browser.graphs import lenet, logistic_network, strided_layer

pytestmark = [pytest.mark.slow, pytest.mark.browser]


# -- stepping through --------------------------------------------------------------------------


def test_step_through_the_logistic_network(export):
    page = export(logistic_network())
    page.shot("logistic")
    steps = len(page.all("#list li"))
    assert page.text("#step-title") == "The whole picture"
    assert page.one("#back").get_attribute("disabled")
    seen = {}
    for i in range(1, steps + 1):
        page.one("#next").click()
        assert page.text("#where").startswith(f"{i} of {steps} ")
        for card in page.all("#step .sum"):
            seen[card.find_element("css selector", "h3").text] = card.text
        if "∂E/∂w5 = …" in seen and "w5 ×" in page.text("#step-title"):
            page.shot("logistic-w5")
    assert page.one("#next").get_attribute("disabled")
    card = seen["∂E/∂w5 = …"]
    assert "0.138498562 × 0.593269992 = 0.082167041" in card
    assert "∂E/∂w5 is complete" in card
    # out_h1 is used twice: the second term is added to the first
    assert "−0.019049118 + 0.055399425 = 0.036350306" in seen["∂E/∂out_h1 += …"]
    for name, number in [("w1", "0.000438568"), ("w6", "0.082667628"), ("w7", "−0.022602540"), ("w8", "−0.022740242")]:
        assert number in seen[f"∂E/∂{name} = …"]
    # and back again, to where nothing has been computed
    page.one("#first").click()
    page.one("#next").click()
    assert page.texts(page.box("E") + " .number") == [] and page.texts(page.box("E") + " .grad") == [""]
    assert page.texts(page.box("w1") + " .number") == ["0.15"]


def test_boxes_fill_as_the_walk_goes(export):
    page = export(logistic_network())
    page.go("Backward through w7 × out_h1")
    assert page.texts(page.box("out_h1") + " .grad") == ["∂ −0.0190491"]
    assert page.texts(page.box("w5") + " .grad") == [""]
    assert [chip.replace(" ", "") for chip in page.texts(".chip text")] == ["=−0.0226", "=−0.01905"]
    page.go("Backward through w5 × out_h1")
    assert page.texts(page.box("out_h1") + " .grad") == ["∂ 0.0363503"]
    assert "+= 0.0554" in page.texts(".chip text")
    assert "now" in page.one(page.box("w5 × out_h1")).get_attribute("class")
    assert len(page.all(".arrow.reverse")) == 2


def test_the_list_has_every_step_in_words(export):
    page = export(logistic_network())
    words = page.texts("#list li")
    assert any("∂E/∂w5 = 0.082167041" in text for text in words)
    assert any("∂E/∂out_h1 += 0.055399425" in text for text in words)
    assert [text.partition(".")[0] for text in words] == [str(i) for i in range(1, len(words) + 1)]
    number = page.go("Backward through w5 × out_h1")
    assert page.one("#list [aria-current=step]").text.startswith(f"{number}.")
    assert f"Step {number} of" in page.one("#say").get_attribute("textContent")


def test_keys(export):
    page = export(logistic_network())
    page.press("n")
    page.press("n")
    page.press("b")
    assert page.text("#where").startswith("1 of ")
    page.press("\ue010")  # End
    assert page.one("#next").get_attribute("disabled")
    page.press("\ue011")  # Home
    assert page.text("#step-title") == "The whole picture"
    page.one("#picture").click()
    before = page.js("return document.querySelector('#graph > g').getAttribute('transform')")
    page.press("\ue014")  # an arrow moves the picture
    assert page.js("return document.querySelector('#graph > g').getAttribute('transform')") != before
    page.press("+")
    page.js("document.getElementById('picture').focus()")
    page.driver.switch_to.active_element.send_keys("\ue008\ue014")  # Shift and an arrow choose a box
    assert page.all(".box.selected")
    page.press("\ue00c")  # Escape
    assert not page.all(".box.selected")
    page.press("/")
    assert page.driver.switch_to.active_element.get_attribute("id") == "search"


def test_play_runs_and_pauses(export):
    page = export(logistic_network())
    page.one("#play").click()
    page.js("return new Promise((done) => setTimeout(done, 700))")
    page.one("#play").click()
    assert page.one("#play").get_attribute("aria-label") == "Play"
    assert page.text("#where").startswith("1 of ")


# -- a chosen box ------------------------------------------------------------------------------


def test_a_clicked_box_tells_everything(export):
    page = export(logistic_network())
    page.one(page.box("w5 × out_h1")).click()
    panel = page.text("#node")
    for text in ("w5 × out_h1", "multiply", "0.237307997", "0.138498562", "graphs.py"):
        assert text in panel
    assert page.all("#node math")
    links = page.texts("#node .given button")
    assert links == ["w5", "out_h1"]
    lit = {
        name: {page.js("return arguments[0].dataset.key", box) for box in page.all(f".box.{name}")}
        for name in ("up", "down")
    }
    assert len(lit["up"]) == 11  # w5, out_h1, net_h1, the sum in it, two products, w1, w2, i1, i2, b1
    assert page.js("return document.querySelector('.selected').dataset.key") not in lit["up"] | lit["down"]
    page.shot("logistic-node")
    page.all("#node .given button")[1].click()
    assert page.text("#node h2") == "out_h1"
    assert "0.241300709" in page.text("#node")  # its local derivative, y (1 − y)
    page.one("#node .close").click()
    assert not page.one("#node").is_displayed()


def test_what_a_fused_operation_is_made_of(export):
    x, w = (ag.Tensor(np.ones(shape), requires_grad=True) for shape in ((2, 3), (4, 3)))
    with ag.tape() as tape:
        y = ag.linear(x, w)
        y.name = "y"
    y.backward(np.ones(y.shape))
    page = export(tape)
    page.click_drawn(page.box("y"))
    assert page.texts("#node .parts code") == ["transpose", "matmul", "add"]
    assert len(page.all("#node .parts math")) == 3
    page.shot("made-of")


def test_search(export):
    page = export(logistic_network())
    page.one("#search").send_keys("out_h")
    assert [text.split()[0] for text in page.texts("#found li")][:2] == ["out_h1", "out_h2"]
    page.press("\ue015", "\ue007")  # down, Enter
    assert page.text("#node h2") == "out_h1"
    page.one("#search").send_keys("no such thing")
    assert page.texts("#found li") == ["nothing of that name"]


# -- modules -----------------------------------------------------------------------------------


def test_modules_fold_and_unfold(export):
    page = export(lenet())
    page.shot("lenet")
    boxes = len(page.all(".box[data-key]"))
    title = '[aria-label="Fold LeNet.conv2"]'
    page.click_drawn(title)
    assert len(page.all(".box[data-key]")) == boxes - 2  # weight, bias and conv2d gone, the module come
    assert page.all('.module[aria-label^="Unfold LeNet.conv2:"]')
    page.shot("lenet-folded")
    page.go("Backward through conv2 = conv2d")
    assert "now" in page.one('.module[aria-label^="Unfold LeNet.conv2"]').get_attribute("class")
    page.click_drawn('.module[aria-label^="Unfold LeNet.conv2"]')
    assert len(page.all(".box[data-key]")) == boxes
    page.js("const d = document.getElementById('depth'); d.value = '0'; d.dispatchEvent(new Event('change'))")
    assert page.texts(".module .name") == ["▸ LeNet"]
    page.click_drawn(".module")
    assert page.texts(".module .name") == ["▸ conv1", "▸ conv2", "▸ fc1", "▸ fc2"]
    page.shot("lenet-depth-1")


# -- practice ----------------------------------------------------------------------------------


def everything(page):
    """All that the document says: texts, tooltips and labels, but not its data."""
    return page.js("""
        const copy = document.body.cloneNode(true);
        copy.querySelectorAll("script").forEach((script) => script.remove());
        const attributes = [...copy.querySelectorAll("*")].flatMap((e) => [...e.attributes].map((a) => a.value));
        return copy.textContent + " " + attributes.join(" ") + document.title;""")


def answer(page, text):
    field = page.all("#step form.ask input")[0]
    field.clear()
    field.send_keys(text, "\ue007")


def test_practice(export):
    page = export(logistic_network())
    assert "0.0821670" in everything(page)
    page.one("#practice").click()
    assert "0 of 0 right" in page.text("#score")
    for hidden in ("0.0821670", "0.138498", "0.0363503", "0.0826676", "-0.0226025", "−0.0226025"):
        assert hidden not in everything(page)
    page.go("Backward through w5 × out_h1")
    assert "0.0821670" not in everything(page)
    page.one(page.box("w5")).click()
    assert "hidden in practice" in page.text("#node")
    page.one("#node .close").click()
    answer(page, "0.0822670")
    assert "Wrong" in page.text("#step .verdict") and page.text("#score") == "0 of 1 right"
    assert "0.0821670" not in everything(page)
    page.shot("practice-wrong")
    answer(page, "-0.0822")
    assert "the sign" in page.text("#step .verdict")
    answer(page, "0,0822")
    assert "Right to the digits typed (3)" in page.text("#step")
    assert "0.082167041" in page.text("#step") and page.text("#score") == "0 of 1 right"  # the first answer counts
    answer(page, "5.54e-2")
    assert page.text("#score") == "1 of 2 right"
    page.shot("practice-right")
    page.one("#practice").click()
    assert "0.0363503" in everything(page)


def test_practice_asks_for_what_has_a_name_as_checks_and_explanations_call_it(export):
    w1, w2 = (ag.Tensor(value, requires_grad=True, name=name) for name, value in (("w1", 0.4), ("w2", 0.5)))
    with ag.tape() as tape:
        net = w1 * 0.1 + w2 * 0.2
        out = ag.sigmoid(net)
        E = 0.5 * (0.01 - out) ** 2
    E.backward()
    page = export(tape)
    assert "Practice" in page.text("#practice")
    page.one("#practice").click()
    asked = []
    for gradient in (out.data - 0.01, (out.data - 0.01) * out.data * (1 - out.data)):
        asked.append(page.text("#step form.ask label"))
        assert "by way of E" in page.text("#step") if len(asked) == 1 else "by way of" not in page.text("#step")
        answer(page, f"{gradient:.6f}")
        page.one("#next").click()
    while page.one("#next").is_enabled():
        asked += [label.text for label in page.all("#step form.ask label")]
        page.one("#next").click()
    asked += [label.text for label in page.all("#step form.ask label")]
    assert asked == [f"∂E/∂{name} =" for name in ("out", "net", "w2", "w1")]
    assert page.text("#score") == "2 of 2 right"
    assert "?" not in page.text("#list li:nth-child(7)")  # nothing that is asked for depends on it any more
    assert "∂E/∂(w2 × 0.2) = " in page.text("#list")


def test_an_answer_needs_two_digits_and_a_number(export):
    page = export(logistic_network())
    page.one("#practice").click()
    page.go("Backward through w5 × out_h1")
    answer(page, "a twelfth")
    assert "Type a number" in page.text("#step .verdict")
    answer(page, "0.1")
    assert "two significant digits" in page.text("#step .verdict")
    assert page.text("#score") == "0 of 0 right"
    page.all("#step .give-up")[0].click()
    assert "Shown" in page.text("#step") and page.text("#score") == "0 of 1 right"


def test_practice_on_arrays_asks_for_one_entry(export):
    tape, dx = strided_layer()
    page = export(tape)
    page.one("#practice").click()
    question = page.text("#step form.ask label")
    assert question == "∂out/∂x[0, 0, 3, 0] = "[:-1] and dx[0, 0, 3, 0] == 4
    assert not page.all("#step .sum figure")
    answer(page, "4")
    assert "Right" in page.text("#step") and page.all("#step .sum figure")


# -- what must not happen ----------------------------------------------------------------------

NASTY = [
    '<img src=x onerror="window.hacked = 1">',
    "</script><script>window.hacked = 2</script>",
    '"><svg onload=window.hacked=3>',
    "'; window.hacked = 4; //",
    "<!--<script>",
    "{{script}} {{content}} ${window.hacked = 5}",
    "line\nbreak\ttab\x00nul\u2028\u2029",
    "模型 «ß» 😀 \u202e reversed",
    "javascript:window.hacked=6",
    "&lt;b&gt; &amp; <b>",
    "x" * 100_000,
]


def test_names_cannot_become_markup(export, page):
    w = [ag.Tensor(float(i), requires_grad=True, name=name) for i, name in enumerate(NASTY, 1)]
    with ag.tape() as tape:
        y = 0
        for one, name in zip(w, NASTY, strict=True):
            with ag.scope(name):
                y = y + one * one
        y.name = "</title><script>window.hacked = 7</script>"
    y.backward()
    export(tape)
    assert page.js("return window.hacked") is None
    assert page.js("return document.scripts.length") == 3
    shown = page.js("return document.body.textContent")
    for name in NASTY[:6]:
        assert name[:20] in shown
    for i in range(1, len(page.all("#list li")) + 1, 4):
        page.js("document.querySelectorAll('#list button')[arguments[0]].click()", i)
    for box in page.js("return [...document.querySelectorAll('.box[data-key]')].map((b) => b.dataset.key)"):
        page.click_drawn(f'[data-key="{box}"]')
    page.one("#search").send_keys("<")
    page.one("#practice").click()
    page.shot("nasty-names")
    assert page.js("return window.hacked") is None
    assert not page.all("img, body script[src], #graph script, #graph foreignObject, iframe, object, embed")
    assert page.js("return document.body.scrollWidth <= window.innerWidth")


def test_the_policy_lets_nothing_else_run(export, page):
    export(logistic_network())
    assert page.js("return performance.getEntriesByType('resource').length") == 0
    page.js("""
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script);
        const box = document.createElement("div");
        box.innerHTML = "<img src=nothing.png onerror='window.hacked = 2'>";
        document.body.append(box);
        window.fetched = "";
        fetch("file:///etc/hostname").then(() => { window.fetched = "yes"; }, () => { window.fetched = "no"; });""")
    page.js("return new Promise((done) => setTimeout(done, 300))")
    assert page.js("return [window.hacked, window.fetched]") == [None, "no"]
    complaints = page.complaints()
    assert complaints and all("Content Security Policy" in text for text in complaints)


def test_odd_values(export):
    x = ag.Tensor([np.nan, np.inf, -np.inf, 1.0], requires_grad=True, name="x")
    empty = ag.Tensor(np.zeros((0, 3)), requires_grad=True, name="empty")
    large = np.linspace(-1, 1, 400).reshape(20, 20)
    large[3, 3] = np.nan
    large = ag.Tensor(large, requires_grad=True, name="large")
    with np.errstate(all="ignore"), ag.tape() as tape:
        y = ag.sum(x * 2) + ag.sum(empty) + ag.sum(large * 1e300 * 1e300)
        y.name = "y"
    y.backward()
    page = export(tape)
    for i in range(len(page.all("#list li"))):
        page.all("#list button")[i].click()
    page.one("#first").click()
    for name, text in [("x", "nan"), ("empty", "empty"), ("large", "1 nan, 0 inf")]:
        page.click_drawn(page.box(name))
        assert text in page.text("#node")


def test_a_graph_that_was_used_up_says_so(export):
    w = ag.Tensor(2.0, requires_grad=True, name="w")
    y = w * w * 3
    y.backward()
    page = export(y)
    assert "used the graph up" in page.text("#step")
    assert not page.one("#practice").is_displayed()


def test_a_graph_of_one_node(export):
    page = export(ag.Tensor(2.0, requires_grad=True, name="w"))
    assert "Nothing was recorded" in page.text("#step")
    assert not page.one("#transport").is_displayed()


# -- every reader ------------------------------------------------------------------------------


def test_everything_to_press_has_a_name(export):
    page = export(lenet())
    page.go("Backward through conv2 = conv2d")
    nameless = page.js("""
        const named = (e) => e.textContent.trim() || e.ariaLabel || e.labels?.length;
        const all = document.querySelectorAll("button, input, select, [role=button], [tabindex]");
        return [...all].filter((e) => !named(e)).map((e) => e.outerHTML)""")
    assert nameless == []
    assert page.js("return document.documentElement.lang") == "en"


def test_phone(export, page):
    page.phone()
    export(lenet())
    page.shot("phone")
    page.go("Backward through conv2 = conv2d")
    assert page.js("return document.documentElement.scrollWidth") <= 390
    small = page.js("""return [...document.querySelectorAll("#transport button")].filter((b) =>
        b.getBoundingClientRect().height < 38).length""")
    assert small == 0
    page.shot("phone-step")
    export(logistic_network())
    page.one("#practice").click()
    page.shot("phone-practice")
    assert page.js("return document.documentElement.scrollWidth") <= 390


def in_sight(page, css):
    """Whether all of the last such element is to be seen, between the head of the page and its foot."""
    return page.js(
        """const all = document.querySelectorAll(arguments[0]), place = all[all.length - 1].getBoundingClientRect();
        const top = document.querySelector("header").getBoundingClientRect().bottom;
        const bottom = document.getElementById("transport").getBoundingClientRect().top;
        return place.top >= top - 1 && place.bottom <= bottom + 1 && place.left >= 0 && place.right <= innerWidth""",
        css,
    )


def test_on_a_narrow_and_low_screen_the_verdict_is_in_sight_and_long_rows_go_on_below(export, page):
    page.phone(400, 520)
    export(logistic_network())
    page.one("#practice").click()
    page.go("Backward through w5 × out_h1")
    for field in range(2):
        page.js("document.querySelector('main').scrollTop = 0")
        page.js("document.querySelectorAll('#step form.ask input')[arguments[0]].focus()", field)
        page.press("0.123", "\ue007")
        assert in_sight(page, "#step .verdict.wrong")
    answer(page, "0.0822")
    assert in_sight(page, "#step .sum .verdict.right")
    w = ag.Tensor(np.arange(36.0).reshape(3, 12) / 7, requires_grad=True, name="w")
    with ag.tape() as tape:
        y = ag.sum(w * w)
    y.backward()
    export(tape, "rows")
    page.go("Forward: w × w")
    table = page.one("#step table.array")
    assert page.js("return arguments[0].scrollWidth <= document.querySelector('#step').clientWidth", table)
    assert page.texts("#step table.array tr.begins th") == ["[0]", "[1]", "[2]"]
    assert len(page.all("#step table.array td")) == 36


def test_dark(export, page):
    page.media(prefers_color_scheme="dark")
    export(lenet())
    page.go("Backward through max_pool2d")
    ground = page.one("body").value_of_css_property("background-color")
    assert ground.startswith("rgba(20, 22, 26")
    page.shot("dark")
    page.one("#theme").click()
    assert page.one("body").value_of_css_property("background-color").startswith("rgba(255, 255, 255")


def test_paper(export, page):
    """On paper: the whole picture, the step and the list of all steps; none of the controls."""
    page.media(prefers_color_scheme="dark")
    export(logistic_network())
    page.go("Backward through w5 × out_h1")
    pdf = base64.b64decode(page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF") and 1 <= pdf.count(b"/Type /Page\n") <= 4
    page.js("window.dispatchEvent(new Event('beforeprint'))")
    page.media("print")
    assert not page.one("#transport").is_displayed() and not page.one("#search").is_displayed()
    assert page.one("#list").is_displayed()
    assert page.js("return document.documentElement.dataset.theme") == "light"
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 760, "height": 1400, "deviceScaleFactor": 1, "mobile": False}
    )
    page.shot("paper")


def test_zoom_and_drag(export):
    page = export(lenet())
    transform = "return document.querySelector('#graph > g').getAttribute('transform')"
    before = page.js(transform)
    page.one("#larger").click()
    larger = page.js(transform)
    assert larger != before
    from selenium.webdriver import ActionChains

    picture = page.one("#picture")
    ActionChains(page.driver).move_to_element_with_offset(picture, -300, 200).click_and_hold().move_by_offset(
        60, 40
    ).release().perform()
    dragged = page.js(transform)
    assert dragged != larger and dragged.split("scale")[1] == larger.split("scale")[1]
    page.js(
        "const turn = new WheelEvent('wheel', {deltaY: -200, clientX: 300, clientY: 300});"
        "document.getElementById('picture').dispatchEvent(turn)"
    )
    assert page.js(transform).split("scale")[1] != dragged.split("scale")[1]
    page.one("#fit").click()
    assert page.js(transform) == before
