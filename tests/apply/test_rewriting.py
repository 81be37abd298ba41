"""A service that rewrites the bodies it is given: apply converges, and plans stay empty.

Design 7.4. The account is behind a proxy that rewrites campaigns in what they are read as.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.documents import codes
from tests.support.driver import Account, Project
from tests.support.fake_server import CLOSE, FakeServer, Rule, after, by_rules, edited, in_front_of

CAMPAIGN = "GET /api/email/campaign/[0-9a-f]{24}"
WRITES = "(POST|PATCH) /api/email/campaign(/[0-9a-f]{24})?"
FOOT = '<div>Acme, 1 Road. <a href="https://u.example/1">Unsubscribe</a></div>'
OFFER = (
    '<p onclick=\\"x()\\">Only 10 EUR: <a href=\\"https://acme.example/offer\\">go</a></p>'
    "<script>1</script>"
)
MANIFEST = f"""\
version: 1
campaigns:
  - name: Offer
    subject: Hello
    body: {{html: "{OFFER}"}}
    plain_text: {{text: Only 10 EUR}}
"""


def rewriting(raw: Any) -> None:
    """The reply of one campaign, as a service may have rewritten its content."""
    if raw.get("body"):
        body = re.sub(r"<script>.*?</script>| onclick=\"[^\"]*\"", "", raw["body"])
        body = re.sub(
            r'href="(http[^"]*)"',
            lambda m: f'href="https://click.example/?u={quote(m[1], safe="")}"',
            body,
        )
        raw["body"] = f"<!doctype html><html><body>\n{body}\n{FOOT}</body></html>"
    if raw.get("plainTextBody"):
        raw["plainTextBody"] += "\n\nAcme, 1 Road\nUnsubscribe: https://u.example/1"


Behind = Callable[..., Project]


@pytest.fixture
def behind(account: Account, project: Project) -> Iterator[Behind]:
    """The project, before an account whose campaigns read back as a function makes them."""
    servers: list[FakeServer] = []

    def made(change: Callable[[Any], None], *rules: Rule) -> Project:
        meddle = by_rules([*rules, Rule(CAMPAIGN, edited(change))])
        server = in_front_of(account.sandbox.url, meddle)
        servers.append(server.__enter__())
        project.write("offer.yaml", MANIFEST)
        return Project(project.folder, {**project.env, "BMECONF_BASE_URL": server.url})

    yield made
    for server in servers:
        server.__exit__()


def test_apply_converges_and_the_next_plan_is_empty(behind: Behind) -> None:
    project = behind(rewriting)
    result = project.apply()
    assert result["converged"] is True
    assert codes(result) == ["rewritten"]
    plan = project.plan()
    assert (plan["steps"], plan["summary"]["in_sync"], codes(plan)) == ([], 1, [])
    # Without the lock it says what it cannot tell.
    project.unlock()
    plan = project.plan()
    assert (plan["steps"], plan["summary"]["in_sync"], codes(plan)) == ([], 1, ["rewritten"])
    assert "body, plain_text" in plan["findings"][0]["message"]
    assert "link" in plan["findings"][0]["message"]


def test_the_text_report_does_not_promise_more(behind: Behind) -> None:
    ran = behind(rewriting).run("apply", "--auto-approve").ok()
    assert "(rewritten)" in ran.out
    assert "as far as the API shows it" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('body: {html: "<p onclick=\\"x()\\">Only 10', 'body: {html: "<p>Only 11', "body"),
        ("text: Only 10 EUR", "text: Only 11 EUR", "plain_text"),
        ("acme.example/offer", "acme.example/other", "body"),
    ],
)
def test_a_change_is_still_planned_and_applied(
    behind: Behind, account: Account, old: str, new: str, field: str
) -> None:
    project = behind(rewriting)
    project.apply()
    assert old in MANIFEST
    project.write("offer.yaml", MANIFEST.replace(old, new))
    plan = project.plan()
    assert [[c["path"] for c in step["changes"]] for step in plan["steps"]] == [[field]]
    assert project.apply()["converged"] is True
    theirs = {"body": "body", "plain_text": "plainTextBody"}[field]
    assert re.search("11 EUR|offer.other|/other", account.named("campaigns", "Offer")[theirs])
    assert project.plan()["steps"] == []


def test_another_field_is_written_alone(behind: Behind, account: Account) -> None:
    project = behind(rewriting)
    project.apply()
    project.write("offer.yaml", MANIFEST.replace("Hello", "Hi"))
    before = account.named("campaigns", "Offer")["body"]
    assert [c["path"] for c in project.plan()["steps"][0]["changes"]] == ["subject"]
    project.apply()
    assert account.named("campaigns", "Offer")["subject"] == "Hi"
    assert account.named("campaigns", "Offer")["body"] == before


def test_a_lost_answer_is_settled_by_what_was_rewritten(behind: Behind) -> None:
    result = behind(rewriting, Rule(WRITES, after(CLOSE), times=1)).apply()
    assert result["converged"] is True
    assert [step["state"] for step in result["steps"]] == ["applied"]


def test_a_sent_campaign_is_not_held_against_its_rewriting(
    behind: Behind, account: Account
) -> None:
    project = behind(rewriting)
    project.apply()
    account.edit("campaigns", "Offer", status="sent")
    project.unlock()
    plan = project.plan()
    assert codes(plan) == ["rewritten"]
    assert plan["steps"] == []
