"""The page that opens in practice mode, in a real browser: a wrong answer is told what it comes from."""

import pytest
from selenium.webdriver.common.keys import Keys

import autograd as ag

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def neuron(w=0.4, b=0.6, x=0.5, t=0.1):
    net = w * x + b
    out = ag.sigmoid(net)
    E = 0.5 * (t - out) ** 2
    return E


def question_of(page, name):
    """Go on until that gradient is asked for; what else is asked is shown."""
    for _ in range(40):
        labels = page.texts("#step form.ask label")
        if any(name in label for label in labels):
            return page.one("#step form.ask input")
        shown = page.all("#step form.ask .give-up")
        (shown[0] if shown else page.one("#next")).click()
    raise AssertionError(f"{name} was never asked for")


def test_a_wrong_answer_is_told_what_it_comes_from(page, tmp_path):
    exercise = ag.exercise(neuron, ask=["out", "net", "w"], variants=1)
    variant = exercise.variants[0]
    page.open(variant.practice(tmp_path / "practice.html"))
    assert page.one("#practice").get_attribute("aria-pressed") == "true"
    wrong = f"{variant.solutions['dE/dout']:.6g}"  # σ′ left out
    question_of(page, "∂E/∂net").send_keys(wrong, Keys.ENTER)
    assert (
        page.text("#step .verdict") == "Wrong: that is what comes out when the derivative of out (sigmoid) is left out."
    )
    page.shot("practice-hint")
    page.one("#step form.ask input").send_keys(Keys.CONTROL, "a")
    page.one("#step form.ask input").send_keys(f"{variant.solutions['dE/dnet']:.6g}", Keys.ENTER)
    assert page.texts("#step .verdict.right") == ["Right to the digits typed (6)."]
    question_of(page, "∂E/∂w").send_keys("12345", Keys.ENTER)
    assert page.text("#step .verdict") == "Wrong to the digits typed."
    page.one("#last").click()
    assert not [label for label in page.texts("#step form.ask label") if "∂E/∂x" in label or "∂E/∂t" in label]
