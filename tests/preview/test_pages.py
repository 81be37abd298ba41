"""The pages of a preview in a real browser: readable, inert, and new as soon as a file changes."""

from __future__ import annotations

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.support.browser import colours, contrast, outlined, size, unfold
from tests.support.driver import Account, Project, watched
from tests.support.listener import Listener

EVIL = """<!doctype html><html lang=en><head><script>top.ran = 1</script>
<link rel=stylesheet href="{url}/a.css"><meta http-equiv=refresh content="0; url={url}/go">
<style>@import url({url}/b.css); p { color: rgb(1, 2, 3); background: url({url}/c.png) }
@media (prefers-color-scheme: dark) { p { color: rgb(9, 8, 7) } }</style></head>
<body onload="top.ran = 1"><p>Hello {key}</p><a href="{url}/link" ping="{url}/ping">Go</a>
<picture><source srcset="{url}/d.png"><img src="{url}/e.png" srcset="{url}/f.png 2x" alt=Oak>
</picture>
<img alt="a > b" src="{url}/g.png"><video poster="{url}/h.png" src="{url}/i.mp4"></video>
<p title='<img src="{url}/j.png">'>{long}</p><table width=600><tr><td background="{url}/k.png">x
</table></body></html>"""
DECLARED = """\
version: 1
lists: [{name: Newsletter}]
contacts: [{email: qa@acme.example, lists: [Newsletter]}]
campaigns:
  - name: LONG
    from: news@acme.example
    from_name: Acme <b>
    subject: "LONG"
    preview_text: "</style><script>top.ran = 1</script>"
    lists: [Newsletter]
    body: {file: mail.html}
    plain_text: {text: LONG}
"""


ANOTHER = {"Hello": "Good morning", "/e.png": "/other.png", "/link": "/another"}
"""What becomes of the mail in the files, and not in the account."""
PAGE = f"{'x' * 60}.html"


def declare(project: Project, url: str = "https://acme.example") -> None:
    project.write("m.yaml", DECLARED.replace("LONG", "x" * 70))
    body = EVIL.replace("{url}", url).replace("{long}", "x" * 300)
    project.write("mail.html", body)


def changed(project: Project, url: str = "https://acme.example") -> str:
    """The page of a draft that stands in the account otherwise than the files have it."""
    declare(project, url)
    project.apply()
    for before, after in ANOTHER.items():
        for file in ("mail.html", "m.yaml"):
            path = project.folder / file
            path.write_text(path.read_text().replace(before, after))
    path = project.folder / "m.yaml"
    path.write_text(path.read_text().replace("Acme <b>", "Acme <i>").replace("</style>", "<b>"))
    project.run("preview", "--out", "out").ok()
    return (project.folder / "out" / PAGE).as_uri()


def test_a_preview_is_readable_on_every_screen(browser: WebDriver, project: Project) -> None:
    declare(project)
    project.run("preview", "--out", "out", "--offline").ok()
    for page in ("index.html", f"{'x' * 60}.html"):
        browser.get((project.folder / "out" / page).as_uri())
        for width, dark in ((1440, False), (800, True), (390, False)):
            size(browser, width, 900)
            colours(browser, dark)
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width, page
            judged, poor = contrast(browser)
            assert judged > 5
            assert poor == []


def test_a_mail_is_shown_four_times_and_does_nothing(browser: WebDriver, project: Project) -> None:
    with Listener() as outside:
        declare(project, outside.url)
        project.run("preview", "--out", "out", "--offline").ok()
        browser.get((project.folder / f"out/{'x' * 60}.html").as_uri())
        frames = browser.find_elements(By.CSS_SELECTOR, "iframe")
        assert [frame.get_attribute("sandbox") for frame in frames] == [""] * 4
        seen = []
        for frame in frames:
            browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", frame)
            browser.switch_to.frame(frame)
            text = browser.find_element(By.TAG_NAME, "p")
            assert text.text == "Hello qa@acme.example"
            pictures = browser.find_elements(By.TAG_NAME, "img")
            assert all(picture.get_property("naturalWidth") for picture in pictures)
            across = browser.execute_script("return innerWidth")
            seen.append((across, text.value_of_css_property("color")))
            browser.switch_to.default_content()
        light, night = "rgba(1, 2, 3, 1)", "rgba(9, 8, 7, 1)"
        assert seen == [(600, light), (375, light), (600, night), (375, night)]
        assert browser.execute_script("return window.ran") is None
    assert outside.knocks == []


def test_what_differs_is_outlined_on_both_sides(
    browser: WebDriver, project: Project, account: Account
) -> None:
    with Listener() as outside:
        browser.get(changed(project, outside.url))
        unfold(browser)
        frames = browser.find_elements(By.CSS_SELECTOR, ".looks iframe")
        sides = ["body in the account", "body as declared"]
        screens = ("", ", on a phone")
        titles = [f"{s}{w}{dark}" for dark in ("", ", dark") for s in sides for w in screens]
        assert [frame.get_attribute("title") for frame in frames] == titles
        assert [frame.get_attribute("sandbox") for frame in frames] == [""] * 8
        shown = []
        for frame, style in zip(frames, ("dashed", "dashed", "solid", "solid") * 2, strict=True):
            assert outlined(browser, frame) == [(name, style) for name in ("p", "a", "img")]
            ActionChains(browser, 10).move_to_element(frame).pause(0.05).click().perform()
            browser.switch_to.frame(frame)
            text = browser.find_element(By.TAG_NAME, "p")
            pictures = browser.find_elements(By.TAG_NAME, "img")
            assert all(picture.get_property("naturalWidth") for picture in pictures)
            shown.append((text.text, text.value_of_css_property("color")))
            browser.switch_to.default_content()
        words = ("Hello qa@acme.example", "Good morning qa@acme.example")
        colours_of_p = ("rgba(1, 2, 3, 1)", "rgba(9, 8, 7, 1)")
        assert shown[::2] == [(text, colour) for colour in colours_of_p for text in words]
        legends = {legend.text for legend in browser.find_elements(By.CLASS_NAME, "legend")}
        (legend,) = legends
        assert legend.endswith("dashed in “In the account”, solid in “As declared”.")
        inbox = browser.find_elements(By.CSS_SELECTOR, "article .inbox .sender")
        assert [each.text for each in inbox] == ["Acme <b>", "Acme <i>"]
        assert browser.execute_script("return window.ran") is None
    assert outside.knocks == []


def test_both_sides_fit_on_every_screen(
    browser: WebDriver, project: Project, account: Account
) -> None:
    browser.get(changed(project))
    unfold(browser)
    for width, dark in ((1600, False), (1280, True), (1280, False), (820, True), (390, True)):
        size(browser, width, 900)
        colours(browser, dark)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
        judged, poor = contrast(browser)
        assert judged > 5
        assert poor == []
        figures = browser.find_elements(By.CSS_SELECTOR, ".looks figure")
        one, other, *_ = (figure.rect for figure in figures)
        assert (one["y"] == other["y"]) == (width > 390), width
        card = browser.find_element(By.CSS_SELECTOR, "article.card").rect
        assert other["x"] + other["width"] <= card["x"] + card["width"]


@pytest.mark.usefixtures("forked")
def test_a_page_reloads_when_a_file_changes(browser: WebDriver, project: Project) -> None:
    declare(project)
    path = project.folder / "mail.html"

    def links(driver: WebDriver) -> str:
        return driver.find_element(By.ID, "links").text

    with watched(project, "--offline") as url:
        browser.get(f"{url}{'x' * 60}.html")
        assert links(browser) == "1 link"
        path.write_text(path.read_text().replace("</body>", "<a href=#>Two</a></body>"))
        wait = WebDriverWait(browser, 20, 0.1, [WebDriverException])
        wait.until(lambda driver: links(driver) == "2 links 1 to look at")
    browser.get("about:blank")
