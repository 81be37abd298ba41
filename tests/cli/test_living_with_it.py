"""The two ways into daily life, as people go them: a first project, and an account taken over.

Real commands, the served sandbox, and its page in a real browser.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from selenium import webdriver

from tests.support.driver import Account, Project, served
from tests.support.person import Person

NAMES = (
    'Say "hi"',
    "It's: a colon",
    "🎉 Party 🎉",
    "  outer blanks  ",
    "yes",
    "~",
    "1e3",
    "null",
    "#42 - {x}",
    "${HOME}",
    "עברית العربية",
    "long " * 150,
)


def test_a_first_project_from_init_to_done(browser: webdriver.Chrome, tmp_path: Path) -> None:
    Project(tmp_path).run("init", "acme").ok()
    project = Project(tmp_path / "acme")
    assert "to create" in project.run("plan", "--sandbox").ok().out
    project.run("apply", "--sandbox", "--auto-approve").ok()
    waiting = project.run("drift", "--sandbox", "--format", "json").ok().json
    (step,) = waiting["manual"]
    assert step["state"] == "todo"
    with served(project) as account:
        due = datetime.fromisoformat(step["due"])
        person = Person(browser, account).open_campaign(step["address"].partition("/")[2])
        person.at(due.strftime("%m%d%Y"), due.strftime("%I%M%p")).press("Schedule")
        done = project.run("drift", "--sandbox").ok().out
        assert "(done)" in done
        assert "todo" not in done


def messy_account() -> dict[str, Any]:
    """40 lists, 60 campaigns and 150 contacts; two lists and two campaigns share a name."""
    names = [f"{NAMES[n % len(NAMES)]}{f' {n // len(NAMES)}' * (n > 11)}" for n in range(60)]
    lists = [{"_id": f"{n:024x}", "name": names[n]} for n in range(1, 40)]
    lists.append({"_id": "a" * 24, "name": lists[0]["name"]})
    campaigns = [
        {
            "_id": f"{n + 1000:024x}",
            "name": names[n if n != 59 else 58],
            "subject": f"About {names[n]}",
            "body": f"<p>{n}</p>\r\n",
            "lists": [lists[n % 30 + 1]["_id"]],
        }
        for n in range(60)
    ]
    contacts = [
        {
            "_id": f"{n + 2000:024x}",
            "key": f"c{n}@acme.example",
            "fields": {"8" * 24: names[n % 60]},
            "lists": [lists[1 if n < 40 else 2]["_id"]],
        }
        for n in range(150)
    ]
    structure = {
        "_id": "5" * 24,
        "label": "Default",
        "fields": [{"_id": "8" * 24, "label": "Note"}],
    }
    return {
        "structures": [structure],
        "lists": lists,
        "campaigns": campaigns,
        "contacts": contacts,
        "domains": [{"domain": "acme.example"}],
    }


def test_an_account_that_is_taken_over(
    browser: webdriver.Chrome, account: Account, project: Project
) -> None:
    account.switch(hour_limit=10**9, month_quota=10**9)
    account.set({**account.state(), **messy_account()})
    project.run("pull", "--contacts-list", "🎉 Party 🎉").ok()
    plan = project.plan()
    assert (plan["steps"], plan["summary"]["in_sync"]) == ([], 1 + 40 + 60 + 40)
    # What was seen is remembered, so that a list that is renamed is known by its id.
    assert "The account is as declared" in project.run("drift", "--record").ok().out

    person = Person(browser, account)
    person.open_campaign("1e3").unfold("Change name, content or lists")
    person.enter("Subject", "Changed by hand").press("Save")
    person.open_contact("c7@acme.example").enter("Note", "another").press("Save")
    person.open("/lists").follow("~").enter("Name", "Tilde").press("Rename")
    found = project.run("drift", "--format", "json")
    assert found.code == 2
    assert {(item["address"], item["field"]) for item in found.json["items"]} == {
        ("campaigns/1e3", "subject"),
        ("contacts/c7@acme.example", "fields.Note"),
        ("lists/~", "name"),
    }
    account.edit("campaigns", "1e3", subject="About 1e3")
    account.edit("contacts", "c7@acme.example", fields={"8" * 24: "null"})
    account.edit("lists", "Tilde", name="~")
    assert project.run("drift", "--format", "json").ok().json["items"] == []
