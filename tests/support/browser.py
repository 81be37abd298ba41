"""A real browser for the tests of pages: Debian's Chromium, driven over its own door.

Where there is none, the tests that ask for one are skipped; `BMECONF_BROWSER=required` makes
that a failure. It reaches loopback and files only, whatever a page asks for.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement

BROWSER, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    # What is typed into an input for a date depends on it.
    "--lang=en-US",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)

_CONTRAST = """
const light = (c) => c.slice(0, 3).map((v) => v / 255)
  .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c;
  }
  return [255, 255, 255];
};
const poor = [];
let judged = 0;
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || e.closest('.hidden, .skip, style') || !e.getClientRects().length) continue;
  judged += 1;
  const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < 4.5) poor.push(`${e.className || e.tagName} ${ratio.toFixed(2)}: ${e.textContent}`);
}
return [judged, poor];
"""
_OUTLINED = """
return [...document.querySelectorAll('body, body *')]
  .map(e => [e.localName, getComputedStyle(e)])
  .filter(([, style]) => style.outlineWidth === '3px' && style.outlineStyle !== 'none')
  .map(([name, style]) => [name, style.outlineStyle]);
"""


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """One browser, as a context manager; `fresh` makes it like new."""
    _needed()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = str(BROWSER)
        for argument in (*_ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
        try:
            driver.set_page_load_timeout(30)
            yield driver
        finally:
            driver.quit()


def fresh(driver: webdriver.Chrome) -> webdriver.Chrome:
    """This browser in the size and the colours of most, and with no complaints.

    The page of the test before stays: another one costs as much as a test's own.
    """
    driver.switch_to.default_content()
    driver.get_log("browser")
    size(driver, 1280, 900)
    colours(driver, dark=False)
    scripts(driver, allowed=True)
    return driver


def size(driver: webdriver.Chrome, width: int, height: int) -> None:
    """Give the page this viewport; windows have a least width, this has none."""
    metrics: dict[str, Any] = {"width": width, "height": height, "deviceScaleFactor": 1}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**metrics, "mobile": False})


def colours(driver: webdriver.Chrome, dark: bool) -> None:
    """Let the page believe that its reader likes it dark, or light."""
    wish = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [wish]})


def scripts(driver: webdriver.Chrome, allowed: bool) -> None:
    """Let pages run scripts, or none at all."""
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not allowed})


def contrast(driver: webdriver.Chrome) -> tuple[int, list[str]]:
    """How many texts the page shows, and those whose colour is too near to the one behind them."""
    judged, poor = driver.execute_script(_CONTRAST)
    return judged, poor


def unfold(driver: webdriver.Chrome) -> None:
    """Open every fold of the page."""
    driver.execute_script("document.querySelectorAll('details').forEach(fold => fold.open = true)")


def outlined(driver: webdriver.Chrome, frame: WebElement) -> list[tuple[str, str]]:
    """The elements of a frame that have an outline: which, and its style."""
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", frame)
    driver.switch_to.frame(frame)
    lines = [(name, style) for name, style in driver.execute_script(_OUTLINED)]
    driver.switch_to.default_content()
    return lines


def _needed() -> None:
    missing = [str(path) for path in (BROWSER, DRIVER) if not path.exists()]
    if missing:
        said = f"no browser: {' and '.join(missing)} missing (Debian: chromium, chromium-driver)"
        if os.environ.get("BMECONF_BROWSER") == "required":
            pytest.fail(said)
        pytest.skip(said)
