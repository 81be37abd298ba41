"""`drift --lint` looks at the mails of live drafts that no file holds, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driver import Account, Project

FOOTER = '<p><a href="https://unsubscribe.benchmarkemail.example/u/1">Unsubscribe</a></p>'
PAGE = f"<html lang='en'>\n<a href='#'>x</a>\n<a href='#'>y</a>{{{{a}}}}{FOOTER}"
LINK = 'a link leads nowhere: "#" (body, line 2); the same at 1 more place'
TAG = "{{a}} is a merge tag of another service, and is printed as it stands (body, line 3)"
PLAIN = "(plain_text, line 1)"


def rows(**more: Any) -> dict[str, Any]:
    """An account with a draft of each sort, and a campaign that was sent."""
    page = {"subject": "{{s}}", "body": PAGE, "plainTextBody": "", "status": "draft"}
    drafts = ["Undeclared", "Twin", "Twin", "Declared", "In part"]
    campaigns = [{"_id": f"{n:024x}", "name": name, **page} for n, name in enumerate(drafts)]
    sent = {"_id": "a" * 24, "name": "Sent", **page, "status": "sent"}
    structure = {"_id": "5" * 24, "label": "Contacts", "fields": [], "tags": []}
    return {"structures": [structure], "campaigns": [*campaigns, sent]}


@pytest.mark.parametrize("declared", [True, False], ids=["with campaigns", "without"])
def test_drafts_that_no_file_holds(project: Project, account: Account, declared: bool) -> None:
    account.set(rows())
    mine = [
        {"name": "Declared", "subject": "{{s}}", "body": {"html": PAGE}, "plain_text": None},
        {"name": "In part", "subject": "{{s}}"},
    ]
    project.declare(**{"campaigns": mine} if declared else {"structure": {"tags": []}})
    assert [f for f in project.drift()["findings"] if f["code"] != "looks_renamed"] == []
    account.clear_log()
    ran = project.run("drift", "--lint", "--format", "json")
    assert ran.code == 0
    assert {entry["method"] for entry in account.log()} == {"GET"}
    told: dict[str, list[str]] = {}
    for finding in ran.json["findings"]:
        told.setdefault(finding["address"], []).append(finding["message"])
    whole = {"Undeclared", *(f"Twin#{n:024x}" for n in (1, 2))}
    whole |= set() if declared else {"Declared", "In part"}
    in_part = {"campaigns/In part"} if declared else set()
    assert told.keys() == {f"campaigns/{name}" for name in whole} | in_part
    for address, messages in told.items():
        assert {LINK, TAG} <= {*messages}
        assert any(PLAIN in message for message in messages)
        assert any("subject, line 1" in m for m in messages) == (address not in in_part)
        assert len(messages) == (3 if address in in_part else 4)


def test_levels_hold_for_live_drafts(project: Project, account: Account) -> None:
    account.set(rows())
    levels = {"foreign_merge_tag": "off", "empty_link": "error"}
    project.write(
        "bmeconf.yaml", f'{{"version": 1, "policy": {{"lint": {levels}}}}}'.replace("'", '"')
    )
    project.declare(structure={"tags": []})
    ran = project.run("drift", "--lint", "--format", "json")
    assert ran.code == 0
    assert {(f["level"], f["code"]) for f in ran.json["findings"]} == {
        ("error", "empty_link"),
        ("warning", "no_plain_text"),
    }
