"""What a reader takes away from the first lines of a report, who does not know the tool."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bmeconf.render import Page
from bmeconf.render.model import PageItem
from tests.support.driver import Account, Project

AT, ANOTHER = "2030-12-01T08:00:00Z", "2030-12-01T09:30:00Z"
SENDS_NOTHING = "Applying this plan sends nothing: campaigns are written as drafts."
STAYS = "One without a schedule stays a draft: nobody is asked to schedule it."


def mine(**more: Any) -> dict[str, Any]:
    return {"name": "Mine", "lists": ["Newsletter"], "schedule": {"at": AT}, **more}


def drift_page(project: Project) -> tuple[str, str]:
    """Drift as text on one line, and as a page."""
    ran = project.run("drift", "--output", "html=out.html")
    return " ".join(ran.out.split()), (project.folder / "out.html").read_text("utf-8")


# --- manual steps that went wrong


def test_what_went_wrong_is_said_first(project: Project, account: Account) -> None:
    project.deploy(campaigns=[mine(), mine(name="Other")])
    account.schedule(ANOTHER, "sent", "Mine")
    text, html = drift_page(project)
    verdict = "1 manual step was done wrong; all else is as declared; 1 manual step to do."
    assert verdict in text
    assert verdict in html
    assert "What to do now (campaigns/Mine):" in text
    assert html.index("1 manual step went wrong") < html.index("1 manual step to do</h2>")
    assert html.index('class="alarm wrong"') < html.index('class="alarm manual"')
    assert html.count(" open><summary>What to do now") == 1
    assert html.count("<summary>How to do it") == 1


def test_manual_steps_that_went_wrong_stand_above_all_other_sections(
    project: Project, account: Account
) -> None:
    project.deploy(campaigns=[mine(subject="A")])
    account.schedule(ANOTHER, "scheduled", "Mine")
    account.edit("campaigns", "Mine", subject="By hand")
    text, html = drift_page(project)
    assert "1 manual step was done wrong; the account is not as declared: 1 difference" in text
    for report in (text.partition(" Manual steps ")[2], html[html.index(">Manual steps<") :]):
        assert "Drift" in report or "No drafts any more" in report


def test_a_mail_to_other_lists_is_an_error_that_says_what_to_do(
    project: Project, account: Account
) -> None:
    project.deploy(lists=[{"name": "Newsletter"}, {"name": "Other"}], campaigns=[mine()])
    account.edit("campaigns", "Mine", lists=account.list_ids("Other"))
    account.schedule(AT, "sent", "Mine")
    text, html = drift_page(project)
    assert "error: campaigns/Mine (frozen): is sent, not a draft; lists" in text
    assert "it cannot be called back: decide whether to write to those who got it" in text
    assert re.search('class="card finding error', html)


def test_an_apply_does_not_call_all_declared_beside_what_went_wrong(
    project: Project, account: Account
) -> None:
    project.deploy(campaigns=[mine()])
    account.schedule(ANOTHER, "sent", "Mine")
    project.declare(lists=[{"name": "New"}], campaigns=[mine()])
    told = " ".join(project.run("apply", "--auto-approve").out.split())
    assert "1 manual step was done wrong. All else is as declared" in told
    assert "manual step left" not in told


# --- plans


@pytest.mark.parametrize(
    ("campaigns", "told"),
    [
        ([mine()], SENDS_NOTHING),
        ([mine(), mine(name="Other", schedule=None)], f"{SENDS_NOTHING} {STAYS}"),
        ([], ""),
    ],
)
def test_a_plan_says_once_that_it_sends_nothing(
    campaigns: list[dict[str, Any]], told: str, project: Project
) -> None:
    entries = [{key: value for key, value in each.items() if value} for each in campaigns]
    project.declare(lists=[{"name": "Newsletter"}, {"name": "New"}], campaigns=entries)
    outputs = [w for f in ("markdown", "html") for w in ("--output", f"{f}=out.{f}")]
    texts = [project.run("plan", *outputs).out]
    texts += [(project.folder / f"out.{f}").read_text("utf-8") for f in ("markdown", "html")]
    for text in texts:
        plain = " ".join(text.split())
        assert plain.count(SENDS_NOTHING) == bool(told)
        assert told in plain
        assert plain.count(STAYS) == (STAYS in told)


@pytest.mark.parametrize("command", [("apply", "--auto-approve"), ("plan",)])
@pytest.mark.parametrize(("protect", "frozen"), [(True, False), (False, True), (True, True)])
def test_a_refusal_gives_its_cause_once(
    protect: bool, frozen: bool, command: tuple[str, ...], project: Project
) -> None:
    project.deploy(lists=[{"name": "Mine", "protect": protect}])
    project.declare(lists=[{"name": "Mine", "state": "absent"}, {"name": "Another"}])
    freeze = [{"from": "2020-01-01", "to": "2999-01-01", "reason": "r"}] if frozen else []
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": {"freeze": freeze}}))
    command = (*command, *(["--allow-delete", "lists/Mine"] if command[0] == "apply" else []))
    assert project.run(*command, "--output", "html=out.html").code == 7
    html = (project.folder / "out.html").read_text("utf-8")
    assert "Why it is not done" not in html
    assert "Why apply refuses this plan" in html


# --- counts


def test_counts_are_in_the_number_of_what_they_count() -> None:
    page = Page("bmeconf.plan/1", "Plan", "a", "", "good")
    labels = ("manual steps", "to create", "expectations met", "in sync")
    one, two = (page._replace(counts=tuple((label, n) for label in labels)) for n in (1, 2))
    assert [label for label, _ in two.tallies] == [*labels]
    assert [label for label, _ in one.tallies] == [
        *("manual step", "to create", "expectation met", "in sync")
    ]


# --- codes


def test_a_page_has_words_and_text_has_codes(project: Project, account: Account) -> None:
    project.deploy(lists=[{"name": "Nobody"}], campaigns=[{"name": "Mine", "lists": ["Nobody"]}])
    project.declare(
        lists=[{"name": "Nobody"}],
        campaigns=[{"name": "Mine", "lists": ["Nobody"], "subject": "A"}],
    )
    text, html = drift_page(project)
    assert "(empty_audience)" in text
    assert "(pending)" in text
    pills = set(re.findall(r'<b class="pill">([^<]*)</b>', html))
    assert {"warning", "not applied yet"} <= pills
    assert not [pill for pill in pills if "_" in pill or pill in ("pending", "drift", "conflict")]


def test_a_state_that_is_also_the_name_of_a_code_is_a_state() -> None:
    state = PageItem("!", "lists/Mine", "blocked", "waits for step 1", level="warning")
    assert (state.word, state._replace(coded=True).word) == ("blocked", "warning")
