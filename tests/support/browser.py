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


def unfold(driver: webdriver.Chrome) -> None:
    """Open every fold of the page."""
    driver.execute_script("document.querySelectorAll('details').forEach(fold => fold.open = true)")


def _needed() -> None:
    missing = [str(path) for path in (BROWSER, DRIVER) if not path.exists()]
    if missing:
        said = f"no browser: {' and '.join(missing)} missing (Debian: chromium, chromium-driver)"
        if os.environ.get("BMECONF_BROWSER") == "required":
            pytest.fail(said)
        pytest.skip(said)
