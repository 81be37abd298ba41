"""What a run learned of a service's sizes: fewer requests next time, and never another result."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bmeconf.project import learned
from tests.support.driver import SEARCH, Account, Project
from tests.support.fake_server import Action, Cut, Forward, Reply, Rule, Seen, reply
from tests.support.strategies import STRUCTURE, ident

NOW = datetime(2026, 11, 27, tzinfo=UTC)
EMAILS = [f"c{n:03}@acme.example" for n in range(130)]
FILE = ".bmeconf/learned.json"


def remembered(*entries: tuple[str, Any]) -> str:
    return json.dumps({"format": learned.FORMAT, "accounts": {"a": dict(entries)}})


def size(size: Any, days: float = 1) -> tuple[str, Any]:
    return "search_batch", {"size": size, "since": (NOW - timedelta(days=days)).isoformat()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (remembered(size(100)), {"search_batch": 100}),
        (remembered(size(1)), {"search_batch": 1}),
        (remembered(size(1000)), {"search_batch": 1000}),
        (remembered(size(100, 6.9)), {"search_batch": 100}),
        (remembered(size(100, 7.1)), {}),
        (remembered(size(100, -1)), {}),
        *((remembered(size(odd)), {}) for odd in (0, 1001, -5, True, "100", 1e2, None, [])),
        (remembered(("search_batch", {"size": 100})), {}),
        (remembered(("search_batch", {"size": 100, "since": "2026-11-27T00:00:00"})), {}),
        (remembered(("search_batch", 100)), {}),
        ("{}", {}),
        ('{"format": "bmeconf.learned/1", "accounts": []}', {}),
        ('{"format": "bmeconf.learned/1", "accounts": {"a": []}}', {}),
        ("[" * 100_000, {}),
        (" " * learned.MOST_BYTES + remembered(size(100)), {}),
        ("\0", {}),
        ("", {}),
    ],
)
def test_a_size_is_believed_for_a_week_and_within_bounds(
    project: Project, text: str, found: Any
) -> None:
    project.write(FILE, text)
    assert learned.sizes(project.folder, "a", NOW) == found
    assert learned.sizes(project.folder, "b", NOW) == {}
    learned.keep(project.folder, "b", NOW, {"page_size": 25})
    assert learned.sizes(project.folder, "a", NOW) == found
    assert learned.sizes(project.folder, "b", NOW) == {"page_size": 25}


def test_a_file_without_an_end_is_not_read_to_its_end(project: Project) -> None:
    path = project.write(FILE, remembered(size(100)))
    with path.open("r+b") as file:
        file.truncate(10**11)
    assert learned.sizes(project.folder, "a", NOW) == {}


def test_nothing_is_read_or_written_through_a_link(project: Project) -> None:
    outside = project.write("outside.json", remembered(size(100)))
    (project.folder / ".bmeconf").mkdir()
    os.symlink(outside, project.folder / FILE)
    assert learned.sizes(project.folder, "a", NOW) == {}
    learned.keep(project.folder, "a", NOW, {"search_batch": 50})
    assert outside.read_text() == remembered(size(100))


def searches(account: Account, project: Project) -> int:
    account.clear_log()
    project.plan()
    return len([entry for entry in account.log() if entry["path"] == SEARCH])


def declared(account: Account, project: Project, live: int) -> None:
    contacts = [{"_id": ident(2, n), "key": email} for n, email in enumerate(EMAILS[:live])]
    account.set({"structures": [{"_id": STRUCTURE}], "contacts": contacts})
    project.declare(contacts=[{"email": email} for email in EMAILS])
    project.write("bmeconf.yaml", "version: 1\n")


@pytest.mark.parametrize(
    ("switches", "first", "later"),
    [
        ({}, 3, 2),
        ({"search_max_groups": 200, "search_max_size": 200}, 1, 1),
        ({"search_max_groups": 30}, 9, 6),
        ({"search_max_groups": 200, "search_max_size": 40}, 7, 4),
        ({"search_max_groups": 200, "search_max_size": 30, "search_max_size_mode": "error"}, 13, 6),
    ],
    ids=["groups", "all at once", "few groups", "small pages", "small pages or none"],
)
def test_a_run_begins_with_what_another_learned(
    account: Account, project: Project, switches: Any, first: int, later: int
) -> None:
    declared(account, project, len(EMAILS))
    account.switch(**switches)
    assert searches(account, project) == first
    assert searches(account, project) == later
    assert (project.folder / FILE).exists() == (first > later)


def test_a_search_that_a_gateway_finds_too_long_asks_for_less(
    account: Account, project: Project, cut: Cut
) -> None:
    account.switch(search_max_groups=200, search_max_size=200)
    declared(account, project, len(EMAILS))

    def gateway(seen: Seen, forward: Forward) -> Action:
        is_long = seen.body.count(b"criterias") > 60
        return Reply(413, b"<html>413 Request Entity Too Large</html>") if is_long else forward()

    cut(Rule(f"POST {SEARCH}", gateway))
    assert project.plan()["steps"] == []
    assert json.loads((project.folder / FILE).read_text())["accounts"]


@pytest.mark.parametrize("forged", [1, 7, 999, 1000, 10**9, -1])
def test_a_forged_size_never_changes_a_plan(
    account: Account, project: Project, forged: int
) -> None:
    declared(account, project, 50)
    plan = project.plan()
    forge(project, account.env["BMECONF_BASE_URL"], forged)
    again = project.plan()
    assert (again["fingerprint"], again["steps"]) == (plan["fingerprint"], plan["steps"])


@pytest.mark.parametrize("forged", [1, 7])
def test_a_forged_size_that_a_service_refuses_stops_no_run(
    account: Account, project: Project, cut: Cut, forged: int
) -> None:
    def strict(seen: Seen, forward: Forward) -> Action:
        refused = f"size={forged}&" in f"{seen.query}&"
        flaw = {"errorType": "ValidationError", "message": "must be 25 or 100", "field": "size"}
        return reply({"errors": [flaw]}, 400) if refused else forward()

    server = cut(Rule("GET .*", strict))
    declared(account, project, 0)
    project.declare(lists=[{"name": "Another"}])
    forge(project, server.url, forged)
    assert len(project.plan()["steps"]) == 1


def forge(project: Project, server: str, size: int) -> None:
    entry = {"size": size, "since": datetime.now(UTC).isoformat()}
    sizes = {"search_batch": entry, "page_size": entry, "contact_lists": entry}
    text = json.dumps({"format": learned.FORMAT, "accounts": {server: sizes}})
    project.write(FILE, text)


@pytest.mark.parametrize("forged", [201, 1000])
def test_a_forged_size_asks_for_no_more_than_usual(
    account: Account, project: Project, cut: Cut, forged: int
) -> None:
    """A service may look at the first 200 addresses, and say nothing of the others."""
    emails = [f"c{n:03}@acme.example" for n in range(220)]
    live = [{"_id": ident(2, n), "key": email} for n, email in enumerate(emails)]
    account.set({"structures": [{"_id": STRUCTURE}], "contacts": live})
    account.switch(search_max_groups=1000, search_max_size=1000)

    def answer(seen: Seen, forward: Forward) -> Action:
        filters = json.loads(seen.body)["contactSpecification"]["filters"][:200]
        asked = [one["criterias"][0]["values"] for one in filters]
        found = json.loads(forward().body)
        hits = [hit for hit in found["contacts"] if [hit["key"]] in asked]
        return reply({"contacts": hits, "totalRecords": len(hits)})

    cut(Rule(f"POST {SEARCH}", answer))
    project.declare(contacts=[{"email": email} for email in emails])
    forge(project, project.env["BMECONF_BASE_URL"], forged)
    assert project.plan()["steps"] == []


def test_nothing_is_left_in_a_folder_that_is_no_project(account: Account, project: Project) -> None:
    """The folder of the tool makes a root, of which all folders below would be a part."""
    declared(account, project, 0)
    (project.folder / "bmeconf.yaml").unlink()
    assert searches(account, project) > 1
    assert [path.name for path in project.folder.iterdir()] == ["m.yaml"]
