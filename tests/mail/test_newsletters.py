"""Newsletters as builders and people write them are in sync once they are applied.

Whatever a service is known to make of them, and with or without a lock file.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bmeconf.mail import parse
from tests.support.documents import codes
from tests.support.driver import Account, Project

NEWSLETTERS = sorted((Path(__file__).parent / "newsletters").glob("*.html"))
MODES = ("off", "sanitise", "footer", "tracking", "all")


@pytest.mark.parametrize("mode", MODES)
def test_an_applied_newsletter_is_in_sync(mode: str, project: Project, account: Account) -> None:
    assert len(NEWSLETTERS) == 20
    account.switch(body_rewriting=mode)
    for path in NEWSLETTERS:
        project.write(path.name, path.read_text(encoding="utf-8"))
    bodies = [{"name": path.stem, "body": {"file": path.name}} for path in NEWSLETTERS]
    project.deploy(campaigns=[{**each, "subject": "News"} for each in bodies])
    for locked in (True, False):
        if not locked:
            project.unlock()
        plan = project.plan()
        assert [step["address"] for step in plan["steps"]] == []
        assert {*codes(plan)} <= ({"rewritten"} if mode != "off" and not locked else set())
        assert project.drift()["items"] == []


@pytest.mark.parametrize(
    "end", ["<a ", "<a href=", "<!--", "</", "<?", "<![", "<title>", "<script>"]
)
@pytest.mark.parametrize("mode", MODES)
def test_an_end_that_is_left_open(mode: str, end: str, project: Project, account: Account) -> None:
    account.switch(body_rewriting=mode)
    project.deploy(campaigns=[{"name": "A", "body": {"html": "<p>Words</p>" + end * 100}}])
    project.unlock()
    assert project.plan()["steps"] == []
    assert project.drift()["items"] == []


@pytest.mark.parametrize("path", NEWSLETTERS, ids=lambda path: path.stem)
def test_a_newsletter_is_read_without_doubt(path: Path) -> None:
    assert not parse.read(path.read_text(encoding="utf-8")).doubtful


@pytest.mark.parametrize("path", NEWSLETTERS, ids=lambda path: path.stem)
def test_another_word_or_link_is_a_change(path: Path, project: Project, account: Account) -> None:
    text = path.read_text(encoding="utf-8")
    account.switch(body_rewriting="all")
    project.write("a.html", text)
    project.deploy(campaigns=[{"name": "A", "body": {"file": "a.html"}}])
    live = account.named("campaigns", "A")["body"]
    project.unlock()
    start, footer, end = live.partition('<div class="compliance-footer"')
    assert footer
    for change in (r"No!</\1>", r"</\1><\1>No!</\1>"):
        edited = re.sub(r"(?i)</(a|p|td)>", change, start, count=1)
        account.edit("campaigns", "A", body=edited + footer + end)
        assert len(project.plan()["steps"]) == 1
