"""The HTML report in a real browser: readable at every size, dark or light, and dead.

That hostile mails connect to nobody is told by sockets, not requests.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from bmeconf.mail import make_inert
from bmeconf.model import Address
from bmeconf.plan import Plan
from bmeconf.render import html
from bmeconf.render import page as pages
from tests.support import plans
from tests.support.browser import colours, contrast, outlined, scripts, size, unfold
from tests.support.listener import Listener
from tests.support.strategies import examples

EVIL = """<!doctype html><html><head><script>top.ran = 1; document.title = 'ran'</script>
<link rel="stylesheet" href="{url}/style.css"><meta http-equiv="refresh" content="0; url={url}/go">
<style>@import url("{url}/import.css"); body { background: url("{url}/back.png") }</style></head>
<body style="color: rgb(1, 2, 3)" onload="top.ran = 1"><p>Hello {name}</p>
<img src="{url}/pixel.png" onerror="top.ran = 1"><iframe src="{url}/frame"></iframe>
<form action="{url}/form"><button>Send</button></form></body></html>"""


def saved(folder: Path, plan: Plan) -> str:
    """The URL of the report of a plan."""
    path = folder / "plan.html"
    page = pages.of_plan(plan, "production", "bmeconf apply")
    path.write_text(html.render(page), encoding="utf-8")
    return path.as_uri()


def write(folder: Path, names: list[str], body: str = plans.BODY) -> str:
    """The URL of a report with these names."""
    return saved(folder, plans.plan(names, errors=True, body=body))


def unfolded(browser: WebDriver, url: str) -> WebDriver:
    browser.get(url)
    unfold(browser)
    return browser


def test_every_word_can_be_read(browser: WebDriver, tmp_path: Path) -> None:
    unfolded(browser, write(tmp_path, [f"name {n}" for n in range(20)]))
    for dark in (False, True):
        colours(browser, dark)
        judged, poor = contrast(browser)
        assert judged > 100
        assert poor == []
        browser.execute_script("document.body.style.setProperty('--quiet', '#888')")
        assert contrast(browser)[1] != []
        browser.execute_script("document.body.style.removeProperty('--quiet')")
        paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        shade = sum(map(int, paper[4:-1].split(", "))) / 3
        assert shade < 60 if dark else shade > 200


def test_nothing_is_wider_than_the_window(browser: WebDriver, tmp_path: Path) -> None:
    unfolded(browser, write(tmp_path, [*plans.HOSTILE, "x" * 500]))
    for width in (1280, 768, 390):
        size(browser, width, 900)
        wide = "return document.documentElement.scrollWidth"
        assert browser.execute_script(wide) <= width, width


def test_no_label_breaks_within_a_word(browser: WebDriver, tmp_path: Path) -> None:
    unfolded(browser, write(tmp_path, [f"name {n}" for n in range(5)]))
    labels = "return [...document.querySelectorAll('.counts span, .when')].map(e => [e.textContent,"
    for width in (1280, 390):
        size(browser, width, 900)
        rows = browser.execute_script(f"{labels} e.getClientRects()[0].height])")
        assert len(rows) > 8
        # A line is 13 pixels times 1.55.
        assert [text for text, height in rows if " " not in text and height > 21] == []


def test_a_step_that_fails_has_more_than_a_colour(tmp_path: Path) -> None:
    write(tmp_path, [f"name {'n' * n}" for n in range(12)])
    text = (tmp_path / "plan.html").read_text(encoding="utf-8")
    tasks = [part for part in text.split("<article ") if part.startswith('class="card task')]
    for task in tasks:
        assert ("fails" in task.partition(">")[0]) == ('"box" aria-hidden="true">!<' in task)
    assert {"fails" in task.partition(">")[0] for task in tasks} == {True, False}


def test_many_equal_contacts_do_not_close_the_campaigns(browser: WebDriver, tmp_path: Path) -> None:
    made = plans.plan(["a"], findings=False)
    contact = plans.plan([*"abc"], findings=False).steps[2]
    many = [
        contact._replace(address=Address("contacts", f"{n}@acme.example"))
        for n in range(2 * html.MOST_OPEN)
    ]
    browser.get(saved(tmp_path, replace(made, steps=(*made.steps, *many))))
    folds = browser.find_elements(By.CSS_SELECTOR, ".card > details")
    assert [fold.get_attribute("open") is not None for fold in folds][:2] == [True, True]
    (names,) = browser.find_elements(By.CSS_SELECTOR, ".card > details > details:has(.members)")
    assert names.get_attribute("open") is None
    assert names.text == f"Which {len(many)}"


def test_no_line_breaks_a_date(browser: WebDriver, tmp_path: Path) -> None:
    unfolded(browser, write(tmp_path, [f"name {'n' * n}" for n in range(30)]))
    dates = "return [...document.querySelectorAll('.alarm .date, .what .date')].map(e => ["
    for width in (1280, 390, 320):
        size(browser, width, 900)
        shown = browser.execute_script(f"{dates} e.textContent, e.getBoundingClientRect().height])")
        assert {len(text) for text, _ in shown} == {10}
        assert max(height for _, height in shown) < 30


def test_a_mail_stands_beside_what_it_was(browser: WebDriver, tmp_path: Path) -> None:
    unfolded(browser, write(tmp_path, ["a"]))
    wide = [one.rect for one in browser.find_elements(By.CSS_SELECTOR, ".wide .glass")]
    assert wide[0]["y"] == wide[1]["y"]
    assert wide[0]["x"] + wide[0]["width"] < wide[1]["x"]
    size(browser, 390, 900)
    phone = [one.rect for one in browser.find_elements(By.CSS_SELECTOR, ".wide .glass")]
    assert phone[0]["y"] < phone[1]["y"]


def test_hostile_names_are_words(browser: WebDriver, tmp_path: Path) -> None:
    url = write(tmp_path, list(plans.HOSTILE))
    unfolded(browser, url)
    heads = "return [...document.querySelectorAll('h3')].map(e => e.textContent)"
    assert f"{plans.HOSTILE[0]} 0" in browser.execute_script(heads)
    assert browser.find_elements(By.CSS_SELECTOR, "script, img, h1 h1") == []
    assert browser.title == "Plan: production"


def test_a_mail_is_shown_and_cannot_do_anything(browser: WebDriver, tmp_path: Path) -> None:
    with Listener() as outside:
        page = write(tmp_path, ["a"], EVIL.replace("{url}", outside.url))
        unfolded(browser, page)
        frames = browser.find_elements(By.CSS_SELECTOR, ".wide iframe")
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
    assert removed.get_attribute("textContent").strip() == "Before:"


# --- mails that would call home

CASES = {
    "preconnect": '<link rel=preconnect href="{url}">',
    "dns": '<LINK rel="dns-prefetch preconnect" href="{url}"><link\rrel=preconnect href={url}>',
    "frame": '<iframe src="{url}/a"></iframe><iframe/src={url}/b></iframe>',
    "frames": '<frameset><frame src="{url}/a"></frameset>',
    "object": '<object data="{url}/a"></object><embed src="{url}/b"><applet code="{url}/c">',
    "portal": '<portal src="{url}/a"></portal><fencedframe src="{url}/a"></fencedframe>',
    "meta": '<meta http-equiv=refresh content="0;url={url}"><base href="{url}/"><a href="x">x</a>',
    "header": '<meta http-equiv="Link" content="<{url}>; rel=preconnect">',
    "fetch": '<link rel=prefetch href="{url}/a"><link rel=prerender href="{url}/b">'
    '<link rel=modulepreload href="{url}/c"><link rel=stylesheet href="{url}/d">',
    "image": '<img src="{url}/a" srcset="{url}/b 2x"><video poster="{url}/c" src="{url}/d"></video>'
    '<body background="{url}/e"><input type=image src="{url}/f"><audio src="{url}/g"></audio>',
    "svg": '<svg><image href="{url}/a"/><use xlink:href="{url}/b#c"/><script href="{url}/d"/></svg>'
    '<svg><link xmlns="http://www.w3.org/1999/xhtml" rel=preconnect href="{url}"/></svg>',
    "style": "<style>@import url({url}/a); p {{ background: url({url}/b) }} "
    "@font-face {{ font-family: x; src: url({url}/c) }} p {{ font-family: x }}</style><p>x</p>",
    "script": '<script src="{url}/a"></script><script type=speculationrules>'
    '{{"prerender": [{{"urls": ["{url}/b"]}}]}}</script>',
    "comment": '<!--><link rel=preconnect href="{url}"><!-- --!><iframe src="{url}"></iframe>',
    "quotes": '<p title="<link rel=preconnect href={url}>" x=\'"\'>'
    "<link rel=preconnect href={url}>",
    "raw": '<title><iframe src="{url}"></title><link rel=preconnect href="{url}"></iframe>',
    "shadow": '<div><template shadowrootmode=open><iframe src="{url}"></iframe></template></div>',
    "link": '<a href="{url}/a" ping="{url}/b" style="position:fixed;inset:0">press</a>',
    "odd link": '<a class="x"href="{url}/a"/href={url} style="position:fixed;inset:0">press</a>',
    "moved link": '<svg width=900 height=400><a><set attributeName="href" to="{url}/a"/>'
    "<rect width=900 height=400 /></a></svg>",
    "form": '<form action="{url}/a"><button style="position:fixed;inset:0">Send</button></form>',
}


def of_mails(folder: Path, bodies: Mapping[str, str]) -> str:
    """The URL of a report with these mails."""
    steps = [plans.plan([name], body=body).steps[0] for name, body in bodies.items()]
    return saved(folder, replace(plans.plan([*bodies]), steps=tuple(steps)))


def looked_at(browser: WebDriver, folder: Path, bodies: Mapping[str, str]) -> list[WebElement]:
    """Open a report with these mails, unfold it, see all, and press on what each is to become."""
    unfolded(browser, of_mails(folder, bodies))
    frames = browser.find_elements(By.CSS_SELECTOR, ".wide iframe")
    assert len(frames) == 2 * len(bodies)
    # What each was stands right above what it is to become, and is loaded with it.
    for frame in frames[1::2]:
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", frame)
        ActionChains(browser, 10).move_to_element(frame).pause(0.05).click().perform()
    return frames


def test_the_port_does_notice(browser: WebDriver, tmp_path: Path) -> None:
    with Listener() as outside:
        page = tmp_path / "loud.html"
        page.write_text(f'<!doctype html><link rel=preconnect href="{outside.url}">')
        browser.get(page.as_uri())
        WebDriverWait(browser, 10).until(lambda _: outside.knocks)


def test_no_mail_makes_a_report_connect(browser: WebDriver, tmp_path: Path) -> None:
    with ExitStack() as stack:
        outside = {case: stack.enter_context(Listener()) for case in CASES}
        # Links and pictures change, so that they are marked.
        bodies = {case: CASES[case].format(url=f"{outside[case].url}/{{name}}") for case in CASES}
        try:
            looked_at(browser, tmp_path, bodies)
            time.sleep(0.8)
        finally:
            assert {case: one.knocks for case, one in outside.items() if one.knocks} == {}


def test_a_mail_still_looks_like_itself(browser: WebDriver, tmp_path: Path) -> None:
    body = (
        "<html><head><link rel=stylesheet href=x><meta name=y><title>No</title>"
        "<style>p { color: rgb(9, 8, 7) }</style></head><body style='margin: 3px'>"
        "<p>Hello <a href='https://x.example/'>there</a>, <a href='#end'>down</a></p>"
        "<iframe src=x>unseen</iframe><p id=end>Bye, linked metadata</p></body></html>"
    )
    _, frame = looked_at(browser, tmp_path, {"a": body})
    browser.switch_to.frame(frame)
    shown = browser.find_element(By.TAG_NAME, "body")
    assert shown.text == "Hello there, down\nBye, linked metadata"
    assert shown.value_of_css_property("margin") == "3px"
    words = browser.find_element(By.TAG_NAME, "p").value_of_css_property("color")
    assert words == "rgba(9, 8, 7, 1)"
    links = browser.find_elements(By.TAG_NAME, "a")
    assert [link.value_of_css_property("text-decoration-line") for link in links] == [
        *("underline", "underline"),
    ]
    assert "#end" in (links[1].get_dom_attribute("href") or "")


def test_what_changed_in_a_mail_has_an_outline(browser: WebDriver, tmp_path: Path) -> None:
    body = (
        "<style>* { outline: none !important; box-shadow: none !important }</style>"
        "<h1>News</h1><p>For {name}: <a href='https://x.example/{name}'>more</a></p>"
        "<p style='color: red'>Bye <a href='https://x.example/'>there</a></p>"
    )
    unfolded(browser, write(tmp_path, ["a"], body))
    wide = browser.find_elements(By.CSS_SELECTOR, ".wide iframe")
    assert outlined(browser, wide[0]) == [("p", "dashed"), ("a", "dashed")]
    assert outlined(browser, wide[1]) == [("p", "solid"), ("a", "solid")]
    legend = browser.find_element(By.CLASS_NAME, "legend").text
    assert legend.endswith("have an outline: dashed in “Before”, solid in “After”.")


NOT_WHITE = """
const [shot, done] = arguments, picture = new Image();
picture.onload = () => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let n = 0; n < data.length; n += 4) count += data[n] + data[n + 1] + data[n + 2] < 720;
  done(count);
};
picture.src = 'data:image/png;base64,' + shot;
"""


def not_white(browser: WebDriver, element: WebElement) -> int:
    """How many pixels of an element are of any colour."""
    found: int = browser.execute_async_script(NOT_WHITE, element.screenshot_as_base64)
    return found


def is_between(least: int, most: int, element: WebElement, browser: WebDriver) -> bool:
    """Whether so many pixels of an element are of any colour."""
    return least <= not_white(browser, element) <= most


CHANGED = {"class": (10_000, 20_000), "title": (0, 2_000)}
"""An attribute that changes, and how many pixels may be of any colour then.

The one that shows is waited for first: then the other has had its time too.
"""


@pytest.mark.parametrize("dark", [False, True])
def test_one_mail_over_the_other_shows_what_no_outline_does(
    browser: WebDriver, tmp_path: Path, dark: bool
) -> None:
    body = (
        "<style>.you {{ background: #c00 }} .all {{ background: #00c }}</style><p style='font-size:"
        " 60px'>Hello all</p><div {key}={{name}} style='height: 40px'></div>"
    )
    colours(browser, dark)
    unfolded(browser, of_mails(tmp_path, {key: body.format(key=key) for key in CHANGED}))
    for frame in browser.find_elements(By.CSS_SELECTOR, ".looks iframe"):
        assert outlined(browser, frame) == []
    scripts(browser, allowed=False)
    for choice in browser.find_elements(By.CSS_SELECTOR, ".over input"):
        choice.click()
    scripts(browser, allowed=True)
    every = browser.find_elements(By.CLASS_NAME, "looks")
    for (least, most), looks in zip(CHANGED.values(), every, strict=True):
        one, other = looks.find_elements(By.CSS_SELECTOR, ".wide .glass")
        assert one.rect == other.rect
        # A bar across both screens, nothing of the words, and perhaps a line of what is around.
        fits = partial(is_between, least, most, looks)
        WebDriverWait(browser, 20, 0.1).until(fits)


def test_a_mail_without_such_a_change_is_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, ["a"], "<p title='{name}'>Hello</p>")
    text = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert "data-bmeconf" not in text
    assert 'class="legend"' not in text
    assert ">The words stay the same: links, pictures or the layout change.<" in text


NAMES = ("link", "iframe", "IFRAME", "base", "meta", "object", "href", "xlink:", "li", "nk")
SIGNS = ("<", "</", "\r", "\n", " ", "/", ">", '"', "'", "=", "#", "x", "<!--", "\x00", "\u017f")
PIECES = st.lists(st.sampled_from((*NAMES, *SIGNS)), max_size=30).map("".join)


@examples(200)
@given(PIECES)
def test_no_name_that_calls_is_left(text: str) -> None:
    """Nothing that a browser could read as such a tag is left, wherever it thinks it is."""
    made = make_inert(text)
    assert "\r" not in made
    left = re.findall(r"</?(?:link|iframe|base|meta|object)[ \t\n\f/>]", made, re.IGNORECASE)
    assert left == []
    assert make_inert(made) == made or "href" in made
    # Each address that could still be read as one has a dull one before it.
    for found in re.finditer(r"[\s\"'/](?:xlink:)?href[ \t\n]*=[ \t\n]*[\"']?(.?)", made):
        assert found[1] == "#"
