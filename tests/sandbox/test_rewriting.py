"""Rewritten content of campaigns: what each mode does to it, when, and that a run settles."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from bmeconf.mail import lint
from bmeconf.sandbox.rewriting import rewritten
from tests.support.api import CAMPAIGNS, Api
from tests.support.driver import Account, Project
from tests.support.strategies import UNTAME

MODES = ("sanitise", "footer", "tracking", "all")
SAME = (
    "",
    "Just text & more",
    "<p title='a onclick=b > c'>one</p>",
    "<p>&nbsp;&copy; 2026 &amp; caf&eacute;</p>",
    "<form-like data-on=x>no form</form-like>",
    "<!-- <script>x</script> <a href='https://acme.example' onclick=x>y</a> -->",
)


def body(html: str, mode: str) -> str:
    return str(rewritten({"body": html}, mode)["body"])


# --- what each mode does


@pytest.mark.parametrize(
    ("mode", "html", "stored"),
    [
        ("sanitise", '<p onclick="x()" class="a">b</p>', '<p class="a">b</p>'),
        ("sanitise", "<img onerror='z()' ONLOAD=go() src=a>", "<img src=a>"),
        ("sanitise", '<p title="a onclick=b" onclick>c</p>', '<p title="a onclick=b">c</p>'),
        ("sanitise", "a<script>if (1 < 2) '<p>'</script>b", "ab"),
        ("sanitise", "a<SCRIPT src='x' >y</SCRIPT >b", "ab"),
        ("sanitise", "a<script>let b", "a"),
        ("sanitise", "a<iframe src='x'><p>b</p></iframe>c", "ac"),
        ("sanitise", "<object><object>a</object>b</object>c<object>d</object>", "c"),
        ("sanitise", "a<embed src='x'>b", "ab"),
        ("sanitise", "<form action='x' onsubmit='y'><b>a</b><input></form>", "<b>a</b><input>"),
        *((mode, text, text) for text in SAME for mode in ("sanitise", "tracking")),
        *(
            ("tracking", text, text)
            for text in (
                '<a href="mailto:a@acme.example">',
                '<a href="#top">',
                '<a href="{{unsubscribe}}">',
                '<img src="https://acme.example/a.png">',
                '<link href="https://acme.example/a.css">',
            )
        ),
    ],
)
def test_a_mode_stores(mode: str, html: str, stored: str) -> None:
    assert body(html, mode) == stored


@pytest.mark.parametrize(
    ("html", "target"),
    [
        ('<a href="https://acme.example/a?b=1&amp;c=%20">', "https://acme.example/a?b=1&c=%20"),
        ("<a class=x href='http://acme.example/#f'>", "http://acme.example/#f"),
        ("<A HREF=https://acme.example/a>", "https://acme.example/a"),
        ('<area href=" HTTPS://acme.example ">', "HTTPS://acme.example"),
    ],
)
def test_tracking(html: str, target: str) -> None:
    stored = body(html, "tracking")
    (link,) = (part for part in stored.replace('"', " ").split() if part.startswith("https://"))
    assert urlsplit(link).hostname == "click.benchmarkemail.example"
    assert [*parse_qs(urlsplit(link).query).values()] == [[target]]


def test_a_footer_is_the_last_of_the_body() -> None:
    stored = body("<html><body><p>a</p></body></html>", "footer")
    assert stored.startswith("<html><body><p>a</p><div")
    assert stored.endswith("</div></body></html>")
    assert "Example Street" in stored
    assert "Unsubscribe</a>" in stored
    assert body("<p>a</p>", "footer").startswith("<p>a</p><div")


def test_a_footer_is_in_the_plain_text_too() -> None:
    for mode, footed in (("footer", True), ("all", True), ("sanitise", False), ("off", False)):
        stored = rewritten({"plainTextBody": "a < b"}, mode)["plainTextBody"]
        assert stored.startswith("a < b")
        assert ("Unsubscribe: https://" in stored) == footed
    assert rewritten({"plainTextBody": ""}, "all") == {"plainTextBody": ""}


@pytest.mark.parametrize("mode", MODES)
def test_what_was_rewritten_is_not_rewritten_again(mode: str) -> None:
    once = rewritten({"body": UNTAME, "plainTextBody": "a", "name": "b"}, mode)
    assert once["name"] == "b"
    assert once["body"] != UNTAME
    assert rewritten(once, mode) == once


def test_all_is_all_of_them() -> None:
    one_by_one = UNTAME
    for mode in ("sanitise", "tracking", "footer"):
        one_by_one = body(one_by_one, mode)
    assert body(UNTAME, "all") == one_by_one


# --- when


def test_it_is_stored_and_shown(api: Api) -> None:
    api.switch(body_rewriting="all")
    made = api.ok("POST", CAMPAIGNS, {"name": "a", "body": UNTAME, "plainTextBody": "b"})
    assert made["body"] == body(UNTAME, "all")
    assert made["plainTextBody"] != "b"
    path = f"{CAMPAIGNS}/{made['_id']}"
    assert api.get(path) == made
    stored = api.named("campaigns", "a")
    assert all(stored[part] == made[part] for part in ("body", "plainTextBody"))
    after = api.ok("PATCH", path, {"body": "<p onclick=x>c</p>", "__v": 0})
    assert after["body"] == body("<p onclick=x>c</p>", "all")
    assert after["plainTextBody"] == made["plainTextBody"]


def test_only_content_that_is_written_is_rewritten(api: Api) -> None:
    made = api.ok("POST", CAMPAIGNS, {"name": "a", "body": UNTAME})
    assert made["body"] == UNTAME
    api.switch(body_rewriting="all")
    path = f"{CAMPAIGNS}/{made['_id']}"
    assert api.ok("PATCH", path, {"subject": "b", "__v": 0})["body"] == UNTAME
    copy = api.ok("POST", f"{path}/duplicate", {})
    assert copy["body"] == UNTAME
    assert "plainTextBody" not in copy
    assert api.put_state(**api.state())["campaigns"][-1]["body"] == UNTAME


@pytest.mark.parametrize("mode", MODES)
def test_a_run_settles(mode: str, account: Account, project: Project) -> None:
    account.switch(body_rewriting=mode)
    whole = f"<!DOCTYPE html><html><body onload='y()'>\n{UNTAME}\n</body></html>\n"
    campaigns = [
        {"name": str(n), "body": {"html": html}, "plain_text": {"text": "a"}}
        for n, html in enumerate((UNTAME, whole, *SAME[1:4]))
    ]
    project.write("a.yaml", json.dumps({"version": 1, "campaigns": campaigns}))
    assert project.apply()["converged"]
    locked = project.plan()
    # What is wrong in a mail stays; of the account there is nothing to say.
    assert locked["steps"] == []
    assert {finding["code"] for finding in locked["findings"]} <= lint.CODES.keys()
    project.unlock()
    plan = project.plan()
    assert plan["steps"] == []
    assert "rewritten" in {finding["code"] for finding in plan["findings"]}
