"""A real browser for the pages that people see."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
QUIET = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-dev-shm-usage"),
)


@contextmanager
def chromium(width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[WebDriver]:
    """A fresh browser with a page of this size; skips the test where there is none, unless
    `BMECONF_BROWSER=required` says that there has to be one.
    """
    missing = [path for path in (CHROMIUM, DRIVER) if not Path(path).exists()]
    if missing:
        told = f"no browser to see the page in: {', '.join(missing)} is missing"
        if os.environ.get("BMECONF_BROWSER") == "required":
            pytest.fail(told)
        pytest.skip(told)
    profile = tempfile.mkdtemp()
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (*QUIET, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)
