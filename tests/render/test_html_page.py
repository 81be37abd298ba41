"""The HTML report in a real browser: readable at every size, dark or light, and dead."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By

from bmeconf.render import html
from bmeconf.render import page as pages
from tests.support import plans
from tests.support.browser import colours, size, unfold
from tests.support.listener import Listener

EVIL = """<!doctype html><html><head><script>top.ran = 1; document.title = 'ran'</script>
<link rel="stylesheet" href="{url}/style.css"><meta http-equiv="refresh" content="0; url={url}/go">
<style>@import url("{url}/import.css"); body { background: url("{url}/back.png") }</style></head>
<body style="color: rgb(1, 2, 3)" onload="top.ran = 1"><p>Hello {name}</p>
<img src="{url}/pixel.png" onerror="top.ran = 1"><iframe src="{url}/frame"></iframe>
<form action="{url}/form"><button>Send</button></form></body></html>"""
CONTRAST = """
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


def write(folder: Path, names: list[str], body: str = plans.BODY) -> str:
    """The URL of a report with these names; every fold of it open."""
    page = pages.of_plan(plans.plan(names, errors=True, body=body), "production", "bmeconf apply")
    path = folder / "plan.html"
    path.write_text(html.render(page), encoding="utf-8")
    return path.as_uri()


def unfolded(browser: WebDriver, url: str) -> WebDriver:
    browser.get(url)
    unfold(browser)
    return browser


@pytest.mark.parametrize("dark", [False, True])
def test_every_word_can_be_read(browser: WebDriver, tmp_path: Path, dark: bool) -> None:
    url = write(tmp_path, [f"name {n}" for n in range(20)])
    colours(browser, dark)
    unfolded(browser, url)
    judged, poor = browser.execute_script(CONTRAST)
    assert judged > 100
    assert poor == []
    browser.execute_script("document.body.style.setProperty('--quiet', '#888')")
    assert browser.execute_script(CONTRAST)[1] != []
    paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    shade = sum(map(int, paper[4:-1].split(", "))) / 3
    assert shade < 60 if dark else shade > 200


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_window(browser: WebDriver, tmp_path: Path, width: int) -> None:
    url = write(tmp_path, [*plans.HOSTILE, "x" * 500])
    size(browser, width, 900)
    unfolded(browser, url)
    wide = "return document.documentElement.scrollWidth"
    assert browser.execute_script(wide) <= width


def test_hostile_names_are_words(browser: WebDriver, tmp_path: Path) -> None:
    url = write(tmp_path, list(plans.HOSTILE))
    unfolded(browser, url)
    heads = [head.text for head in browser.find_elements(By.CSS_SELECTOR, "h3")]
    assert f"{plans.HOSTILE[0]} 0" in heads
    assert browser.find_elements(By.CSS_SELECTOR, "script, img, h1 h1") == []
    assert browser.title == "Plan: production"


def test_a_mail_is_shown_and_cannot_do_anything(browser: WebDriver, tmp_path: Path) -> None:
    with Listener() as outside:
        page = write(tmp_path, ["a"], EVIL.replace("{url}", outside.url))
        unfolded(browser, page)
        frames = browser.find_elements(By.CSS_SELECTOR, "iframe")
        assert len(frames) == 2
        assert [frame.get_attribute("sandbox") for frame in frames] == ["", ""]
        assert [frame.accessible_name for frame in frames] == [
            "body before",
            "body after",
        ]
        browser.execute_script("arguments[0].scrollIntoView()", frames[1])
        browser.switch_to.frame(frames[1])
        body = browser.find_element(By.TAG_NAME, "body")
        assert "Hello all" in body.text
        assert body.value_of_css_property("color") == "rgba(1, 2, 3, 1)"
        browser.switch_to.default_content()
        assert browser.execute_script("return window.ran") is None
        assert browser.title == "Plan: production"
    assert outside.knocks == []


def test_it_is_made_for_those_who_hear_it(browser: WebDriver, tmp_path: Path) -> None:
    url = write(tmp_path, ["a", "b", "c", "d"])
    browser.get(url)
    for landmark in ("header", "main", "nav[aria-label]", "footer"):
        assert (
            len(browser.find_elements(By.CSS_SELECTOR, f"body > {landmark}, main > {landmark}"))
            == 1
        )
    levels = [int(h.tag_name[1]) for h in browser.find_elements(By.CSS_SELECTOR, "h1,h2,h3,h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    deleted = browser.find_element(By.CSS_SELECTOR, "section.alarm.gone")
    assert "b 1" in deleted.text
    assert deleted.accessible_name == "1 thing to be deleted"
    assert deleted.location["y"] < 900
    removed = browser.find_element(By.CSS_SELECTOR, "del .hidden")
    assert removed.get_attribute("textContent").strip() == "was"
