"""What a run learned of a service's sizes: fewer requests next time, and never another result."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bmeconf.kinds import LEARNED, Dialect
from bmeconf.project import learned
from tests.support.driver import SEARCH, Account, Project
from tests.support.fake_server import Action, Cut, Forward, Reply, Rule, Seen, reply
from tests.support.forgeries import teach
from tests.support.strategies import STRUCTURE, ident

NOW = datetime(2026, 11, 27, tzinfo=UTC)
EMAILS = [f"c{n:03}@acme.example" for n in range(130)]
FILE = ".bmeconf/learned.json"


def remembered(*entries: tuple[str, Any]) -> str:
    return json.dumps({"format": learned.FORMAT, "accounts": {"a": dict(entries)}})


def entry(value: Any, days: float = 1) -> tuple[str, Any]:
    return "search_batch", {"value": value, "until": (NOW + timedelta(days=days)).isoformat()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (remembered(entry(100)), {"search_batch": 100}),
        (remembered(entry(100, 89.9)), {"search_batch": 100}),
        (remembered(entry(100, 90.1)), {}),
        (remembered(entry(100, 0)), {}),
        (remembered(entry(100, -1)), {}),
        (remembered(entry(["any", {"JSON": None}])), {"search_batch": ["any", {"JSON": None}]}),
        (remembered(("search_batch", {"value": 100})), {}),
        (remembered(("search_batch", {"value": 100, "until": "2026-11-28T00:00:00"})), {}),
        (remembered(("search_batch", {"value": 100, "until": "9999-12-31T23:59:59-14:00"})), {}),
        (remembered(("search_batch", {"value": 100, "until": "0001-01-01T00:00:00+14:00"})), {}),
        (remembered(("search_batch", 100)), {}),
        ("{}", {}),
        ('{"format": "bmeconf.learned/2", "accounts": []}', {}),
        ('{"format": "bmeconf.learned/2", "accounts": {"a": []}}', {}),
        (remembered(entry(100)).replace("learned/2", "learned/1"), {}),
        ("[" * 100_000, {}),
        (" " * learned.MOST_BYTES + remembered(entry(100)), {}),
        ("\0", {}),
        ("", {}),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_what_was_learned_holds_for_a_time(tmp_path: Path, text: str, found: Any) -> None:
    Project(tmp_path).write(FILE, text)
    assert learned.values(tmp_path, "a", NOW) == found
    assert learned.values(tmp_path, "b", NOW) == {}
    learned.keep(tmp_path, "b", NOW, {"page_size": 25})
    learned.keep(tmp_path, "b", NOW, {"contact_lists": "ids"}, learned.BY_PROBE)
    assert learned.values(tmp_path, "a", NOW) == found
    assert learned.values(tmp_path, "b", NOW) == {"page_size": 25, "contact_lists": "ids"}
    later = NOW + timedelta(days=8)
    assert learned.values(tmp_path, "b", later) == {"contact_lists": "ids"}


ODD: tuple[Any, ...] = (0, -5, 1001, 10**30, True, None, "100", 1e2, [], {}, "x" * 10**5)


@pytest.mark.parametrize("name", [*LEARNED, "contact_lists_known", "replacement_proven", "changed"])
def test_no_odd_value_is_taken(name: str) -> None:
    for odd in ODD:
        taken = Dialect.of({name: odd})
        assert taken == Dialect() or (name, odd) == ("create_tags", True)


@pytest.mark.parametrize(
    ("switches", "answered"),
    [
        ({"search_max_groups": 150, "at_least": ["search_max_groups"]}, {"search_batch": 200}),
        ({"page_max_size": 120, "at_least": ["page_max_size"]}, {"page_size": 120}),
        ({"search_max_groups": 500, "search_max_size": 400}, {"search_batch": 400}),
        ({"search_max_groups": 0, "search_max_size": 10**6}, {"search_batch": 1000}),
        ({"search_max_groups": 500}, {"search_batch": 500}),
        ({"search_max_groups": 50}, {"search_batch": 50}),
        ({"search_max_size": 500}, {}),
        ({"page_max_size": 250}, {"page_size": 250}),
        ({"contact_lists_write": "actions"}, {"contact_lists": "actions"}),
        ({"contact_lists_write": "both"}, {"contact_lists": "ids"}),
        ({"create_tags": "error"}, {"create_tags": False}),
        ({"create_tags": "ignore"}, {"create_tags": True}),
        ({"page_max_size": "many", "search_max_groups": True, "colour": 5}, {}),
    ],
    ids=str,
)
def test_what_a_probe_found_is_what_a_run_begins_with(switches: Any, answered: Any) -> None:
    at_least = switches.get("at_least", ())
    assert Dialect.answered(switches, at_least) == answered
    assert Dialect().changed(Dialect.of(answered)).keys() <= answered.keys()


def test_a_file_without_an_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = Project(tmp_path).write(FILE, remembered(entry(100)))
    with path.open("r+b") as file:
        file.truncate(10**11)
    assert learned.values(tmp_path, "a", NOW) == {}


def test_nothing_is_read_or_written_through_a_link(tmp_path: Path) -> None:
    outside = Project(tmp_path).write("outside.json", remembered(entry(100)))
    (tmp_path / ".bmeconf").mkdir()
    os.symlink(outside, tmp_path / FILE)
    assert learned.values(tmp_path, "a", NOW) == {}
    learned.keep(tmp_path, "a", NOW, {"search_batch": 50})
    assert outside.read_text() == remembered(entry(100))


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


@pytest.mark.parametrize("forged", [10, 17])
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
    teach(project, {"page_size": forged}, server.url)
    assert len(project.plan()["steps"]) == 1


def test_nothing_is_left_in_a_folder_that_is_no_project(account: Account, project: Project) -> None:
    """The folder of the tool makes a root, of which all folders below would be a part."""
    declared(account, project, 0)
    (project.folder / "bmeconf.yaml").unlink()
    assert searches(account, project) > 1
    assert [path.name for path in project.folder.iterdir()] == ["m.yaml"]
