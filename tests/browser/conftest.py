"""A real browser for the tests of pages: headless Chromium, driven through chromedriver.

Where there is none the tests skip and say so; with CHALKGRAD_REQUIRE_BROWSER=1 that is a failure.
Screenshots land in ``browser-shots/`` beside the tests' folder, for a person to look at.
"""

import os
import shutil
import time
from pathlib import Path

import pytest

SHOTS = Path(__file__).resolve().parents[2] / "browser-shots"

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,900",
)  # fmt: skip


def absent(what):
    if os.environ.get("CHALKGRAD_REQUIRE_BROWSER") == "1":
        pytest.fail(f"a browser is required here (CHALKGRAD_REQUIRE_BROWSER=1), but {what}")
    pytest.skip(f"{what}; on Debian: apt-get install chromium chromium-driver, and pip install selenium")


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """Chromium with an empty profile, one for all tests."""
    program, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or chromedriver is None:
        absent("Chromium or chromedriver is missing")
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        absent("selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chromium = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield chromium
    chromium.quit()


class Page:
    """An exported page in the browser, with short names for what a reader does on it."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, path):
        self.driver.get(Path(path).resolve().as_uri())
        return self

    def js(self, code, *args):
        return self.driver.execute_script(code, *args)

    def all(self, css):
        return self.driver.find_elements("css selector", css)

    def one(self, css):
        return self.driver.find_element("css selector", css)

    def text(self, css):
        return self.one(css).text

    def texts(self, css):
        """The texts of all such elements, also of hidden ones."""
        return self.js("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", css)

    def press(self, *keys):
        """Keys to whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def click_drawn(self, css):
        """A click on a part of the picture, where it is on the screen."""
        self.js("document.querySelector(arguments[0]).dispatchEvent(new MouseEvent('click', {bubbles: true}))", css)

    def box(self, label):
        """The selector of the box with that label."""
        key = self.js(
            "return JSON.parse(document.getElementById('content').textContent).boxes"
            ".find((box) => box.label === arguments[0]).key",
            label,
        )
        return f'.box[data-key="{key}"]'

    def go(self, title):
        """To the step with that title, by its button in the list."""
        steps = self.texts("#list li")
        numbers = [i for i, text in enumerate(steps, 1) if text.partition(". ")[2].strip().startswith(title + ":")]
        assert numbers, steps
        self.all("#list li button")[numbers[0] - 1].click()
        return numbers[0]

    def complaints(self):
        """What the browser's console has to say."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def shot(self, name):
        time.sleep(0.2)  # for layout and fonts to settle
        SHOTS.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))

    def phone(self, width=390, height=844):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True},
        )

    def media(self, media="", **features):
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": listed})


@pytest.fixture
def page(driver):
    yield (page := Page(driver))
    assert page.complaints() == []
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.media()


@pytest.fixture
def export(page, tmp_path):
    """``export(tape)``: the page of it, opened from disk."""
    import autograd as ag

    def opened(recorded, name="step"):
        return page.open(ag.draw(recorded).export(tmp_path / f"{name}.html"))

    return opened
