"""A lock file that somebody edited by hand costs requests, and hides no difference."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bmeconf.baseline import Section
from bmeconf.baseline.lock import parse
from bmeconf.baseline.lock_baseline import row_state
from bmeconf.kinds import KINDS
from bmeconf.model import Address
from tests.support.driver import LOCK, Account, Project

DRAFT: dict[str, Any] = {
    "name": "Offer",
    "from": "news@acme.example",
    "from_name": "Acme",
    "subject": "S",
    "preview_text": "P",
    "reply_to": ["a@acme.example"],
    "body": {"html": "<p>Twenty percent off</p>"},
    "plain_text": {"text": "Twenty percent off"},
    "lists": ["Newsletter"],
}
BY_HAND: dict[str, Any] = {
    "from": "spam@acme.example",
    "fromName": "Acne",
    "subject": "T",
    "previewText": "Q",
    "replyToAddresses": ["b@acme.example"],
    "body": "<p>Ninety percent off</p>",
    "plainTextBody": "Ninety percent off",
    "lists": ["Customers"],
}
OFFER = Address("campaigns", "Offer")


def forge(project: Project, account: Account, **seen: Any) -> None:
    """What a pull request may do to the lock file: say that what is live now was read back."""
    lock = parse(project.lock_text(), LOCK)
    ((key, told),) = lock.accounts.items()
    section: Section = lock.section(key, told["base_url"])
    entry = section.entries[str(OFFER)]
    rows = account.call("GET", "email/campaign?page=1&size=100")["records"]
    row = next(row for row in rows if row["name"] == "Offer")
    listed, updated_at = row_state(KINDS["campaigns"], section, row)
    version = account.named("campaigns", "Offer")["__v"]
    digests = {name: section.digest(name, value) for name, value in seen.items()}
    told_as = entry._replace(
        listed=listed,
        updated_at=updated_at,
        version=version,
        seen={**entry.seen, **digests},
    )
    entries = {**section.entries, str(OFFER): told_as}
    project.write(LOCK, lock.having(replace(section, entries=entries)).text)


def edited(account: Account, key: str) -> None:
    value = BY_HAND[key]
    account.edit(
        "campaigns", "Offer", **{key: account.list_ids(*value) if key == "lists" else value}
    )


def read(account: Account) -> int:
    """How many campaigns were read alone since the log was cleared."""
    id = account.id_of("campaigns", "Offer")
    return sum(e["method"] == "GET" and e["path"].endswith(id) for e in account.log())


@pytest.mark.parametrize("key", BY_HAND)
def test_a_forged_entry_hides_nothing_of_a_draft(
    key: str, project: Project, account: Account
) -> None:
    project.deploy(campaigns=[DRAFT])
    edited(account, key)
    forge(project, account)
    account.clear_log()
    # Nothing follows from a plan that is only looked at: it takes the word of the lock file.
    assert (project.plan()["steps"], read(account)) == ([], 0)
    assert len(project.drift(code=2)["items"]) == 1
    project.run("plan", "--out", "p.json").ok()
    (step,) = json.loads((project.folder / "p.json").read_text())["steps"]
    assert (step["action"], len(step["changes"])) == ("update", 1)
    project.apply()
    assert project.drift()["items"] == []
    assert account.named("campaigns", "Offer")["subject"] == "S"


@pytest.mark.parametrize(
    ("key", "live"),
    [("body", "<p>Ninety percent off</p>"), ("plain_text", "Ninety percent off"), ("body", "")],
)
def test_other_words_are_no_rewriting_whatever_the_lock_file_says(
    key: str, live: str, project: Project, account: Account
) -> None:
    project.deploy(campaigns=[DRAFT])
    account.edit("campaigns", "Offer", **{"plainTextBody" if key == "plain_text" else key: live})
    forge(project, account, **{key: live or None})
    assert [item["field"] for item in project.drift(code=2)["items"]] == [key]
    project.apply()
    assert project.drift()["items"] == []


@pytest.mark.parametrize(
    "live",
    [
        '<p>Twenty percent off <a href="https://evil.example">here</a></p>',
        '<p><a href="https://evil.example">Twenty percent off</a></p>',
    ],
)
def test_what_only_the_lock_file_vouches_for_is_told(
    live: str, project: Project, account: Account
) -> None:
    project.deploy(campaigns=[DRAFT, {**DRAFT, "name": "Other"}])
    account.edit("campaigns", "Offer", body=live)
    forge(project, account, body=live)
    for document in (project.drift(), project.apply()):
        (told,) = [f for f in document["findings"] if f["code"] == "believed"]
        assert (told["level"], told["address"]) == ("note", str(OFFER))
        assert "campaigns/Offer (body)" in told["message"]
    project.unlock()
    assert [item["field"] for item in project.drift(code=2)["items"]] == ["body"]


def test_a_forged_entry_hides_no_membership(project: Project, account: Account) -> None:
    contact = {"email": "ann@example.com", "lists": ["Newsletter"]}
    project.deploy(lists=[{"name": "Newsletter"}, {"name": "Customers"}], contacts=[contact])
    before = project.lock_text()
    account.edit("contacts", "ann@example.com", lists=account.list_ids("Customers"))
    project.run("drift", "--record")
    assert project.lock_text() == before
    lock = json.loads(before)
    (section,) = lock["accounts"].values()
    (key,) = [key for key in section["resources"] if key.startswith("contacts/")]
    parsed = parse(before, LOCK)
    ((account_key, told),) = parsed.accounts.items()
    mine = parsed.section(account_key, told["base_url"])
    entry = mine.entries[key]
    now = mine.digest("lists", account.list_ids("Customers")[0])[:3]
    forged = entry._replace(seen={**entry.seen, "lists": (now,)})
    entries = {**mine.entries, key: forged}
    project.write(LOCK, parsed.having(replace(mine, entries=entries)).text)
    assert len(project.drift("--fail-on", "drift,conflict,pending", code=2)["items"]) == 1
    assert len(project.plan()["steps"]) == 1


def test_a_sent_campaign_is_read_as_well(project: Project, account: Account) -> None:
    project.deploy(campaigns=[DRAFT])
    account.schedule(status="sent", at="2026-01-01T08:00:00Z", campaign="Offer")
    edited(account, "body")
    forge(project, account)
    account.clear_log()
    assert len(project.drift(code=2)["items"]) == 1
    assert read(account) == 1


def test_the_plan_of_an_apply_is_no_cheaper_than_one_that_is_saved(
    project: Project, account: Account, tmp_path: Path
) -> None:
    project.deploy(campaigns=[DRAFT])
    asked = []
    for arguments in (
        ("plan",),
        ("plan", "--out", "p.json"),
        ("drift",),
        ("apply", "--auto-approve"),
    ):
        account.clear_log()
        project.run(*arguments).ok()
        asked.append(read(account))
    assert asked == [0, 1, 1, 1]
