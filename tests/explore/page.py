"""A page in Chromium as a reader uses it: open, wait, press keys, look whether it fits the screen and names its parts."""

import time

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

# What a screen reader could not name, and what hangs over the edge of the screen.
UNNAMED = """
const named = (e) => e.getAttribute('aria-label') || e.labels && e.labels.length || e.textContent.trim() || e.title;
return [...document.querySelectorAll('button, input, select, textarea, canvas, a, [tabindex]')]
  .filter((e) => e.id !== 'main' && e.getAttribute('aria-hidden') !== 'true' && !named(e)).map((e) => e.outerHTML.slice(0, 200))
"""
CANVASES = "return [...document.querySelectorAll('canvas')].filter((e) => !e.getAttribute('role') && e.getAttribute('aria-hidden') !== 'true').length"
OVERHANG = "return document.documentElement.scrollWidth - innerWidth"


class Page:
    def __init__(self, driver):
        self.driver = driver

    def open(self, client, view, width=1280):
        self.size(width)
        self.driver.get("about:blank")
        self.driver.get(f"{client.server.url}#{view}")
        self.wait(lambda: self.script("return document.querySelectorAll('main .panel').length > 0 && !document.querySelector('main[aria-busy]')"))
        return self

    def size(self, width):
        metrics = {"width": width, "height": 850, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def script(self, code, *args):
        return self.driver.execute_script(code, *args)

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css="main"):
        return self.script("return document.querySelector(arguments[0]).textContent", css)

    def wait(self, condition, seconds=20):
        """Until the condition holds; what it last said is in the message."""
        ends = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < ends, f"in vain; problem: {self.text('#problem')!r}; console: {self.console()}"
            time.sleep(0.02)
        return found

    def keys(self, *keys):
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def tab_to(self, css, limit=60):
        """Walk there by the Tab key alone, from the top of the page."""
        self.script("document.activeElement.blur(); getSelection().removeAllRanges(); window.scrollTo(0, 0)")
        for _ in range(limit):
            self.keys(Keys.TAB)
            if self.script("return document.activeElement.matches(arguments[0])", css):
                outline = self.script("return getComputedStyle(document.activeElement).outlineStyle")
                assert outline == "solid", f"the focus on {css} cannot be seen"
                return
        raise AssertionError(f"the Tab key does not reach {css}")

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def check(self):
        """Everything has a name, nothing hangs over the edge of a phone, and the console is empty."""
        assert self.script(UNNAMED) == []
        assert self.script(CANVASES) == 0
        self.size(390)
        time.sleep(0.05)
        assert self.script(OVERHANG) <= 0
        self.size(1280)
        assert self.text("#problem") == ""
        assert self.console() == []

    def close(self):
        self.driver.get("about:blank")
        assert self.console() == []
