"""`probe` leaves an account as it was, whatever ends it, and recovers how the service behaves.

An ordinary run ends a probe at some of its writes, and tries the values of switches side by side.
Every night it is ended at each write, and each value is tried alone (BMECONF_KILLS,
BMECONF_EXAMPLES).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import fill
from tests.support.driver import Account, Project, Ran
from tests.support.forks import Forks
from tests.support.strategies import MANY

pytestmark = pytest.mark.long

EVERY = 1 if "BMECONF_KILLS" in os.environ else 11
"""Of the writes at which a probe may be ended every n-th is tried."""
MOST_READING, MOST_WRITING = 60, 120
CONTACT = "me@probe.example"
WRITE = ("probe", "--write", "--contact", CONTACT, "--auto-approve", "--format", "json")
READING = ("probe", "--format", "json")
CLEAN = ("probe", "--clean", "--auto-approve", "--format", "json")
READ: Mapping[str, tuple[Any, ...]] = {
    "structure_version": (True, False),
    "lists_page": ("envelope", "array"),
    "lists_all": ("array", "envelope"),
    "unknown_list": ("404", "400"),
    "campaign_lists_read": ("ids", "objects"),
    "contact_lists_read": ("objects", "ids", "listId"),
    "contact_all": ("array", "contacts", "data"),
    "active_secondary": (False, True),
    "search_status": ("strings", "object"),
    "search_multi_value": (True, False),
    "page_max_size": (50, 37, 25),
    "page_max_size_mode": ("clamp", "error"),
    "search_max_size": (100, 50, 10),
    "search_max_size_mode": ("error", "clamp"),
    "search_max_groups": (100, 2, 799),
    "search_ceiling": (10_000, 200, 250),
    "search_ceiling_mode": ("error", "error", "empty"),
    "error_limit_headers": (False, True),
    "hour_limit": (3600, 0, 500),
    "month_quota": (100_000, 5000, 0),
    "unknown_keys": ("ignore", "error"),
}
"""What reads recover, one value beside the other: the n-th of all make one account."""
WRITTEN: Mapping[str, tuple[Any, ...]] = {
    "contact_lists_write": ("ids", "actions", "both"),
    "contact_put": ("replace", "merge"),
    "contact_key_case": ("lower", "kept", "blind"),
    "create_tags": ("accept", "ignore", "error"),
    "create_status": ("ignore", "accept", "error"),
    "put_inactive": ("allow", "refuse"),
    "status_patch_extras": ("error", "ignore"),
    "unique_list_names": (False, True),
    "campaign_patch_version": ("required", "optional"),
    "verify_from": (False, True),
    "body_rewriting": ("off", "sanitise", "footer", "tracking", "all"),
}
"""What takes writes."""
APART: tuple[Mapping[str, Any], ...] = (
    {"campaign_body": "minimal"},
    {"search_empty_filters": "error"},
    {"contact_lists_write": "actions", "contact_put": "merge", "create_status": "accept"},
)
"""Values that hide the answers to other questions, or go together."""
UNTOLD = {
    *("structure_create", "edit_non_draft", "delete_live_campaigns", "hour_seconds"),
    *("minute_limit", "minute_seconds", "month_seconds", "auth_failures", "auth_block_seconds"),
}
"""Switches that no probe can recover; the table of questions says why."""


def worlds() -> Iterator[Mapping[str, Any]]:
    """The values of switches that a probe is tried on: many at once, every night also apart."""
    every = {**READ, **WRITTEN}
    if MANY > 1:
        seen = {"page_max_size": 50, "search_ceiling": 250}
        yield from ({**seen, name: value} for name, values in every.items() for value in values)
    longest = max(map(len, every.values()))
    for number in range(longest):
        yield {name: values[number % len(values)] for name, values in every.items()}
    yield from APART


def recovered(ran: Ran, chosen: Mapping[str, Any]) -> None:
    """Each value that was chosen is told, or a bound close below it."""
    found, at_least = ran.json["switches"], ran.json["at_least"]
    for name, value in chosen.items():
        close = name in at_least and 0.9 * value <= found[name] < value
        assert close or found.get(name) == value, (name, found.get(name), value)
    assert not UNTOLD & {*found}
    told = {answer["code"]: answer["evidence"] for answer in ran.json["answers"]}
    assert all(told[name].startswith("not asked: ") for name in UNTOLD)


@pytest.mark.parametrize("chosen", [*worlds()])
def test_each_value_of_each_switch_is_recovered(
    project: Project, account: Account, chosen: Mapping[str, Any]
) -> None:
    before = fill(account)
    account.switch(**chosen)
    account.clear_log()
    if not chosen.keys() & WRITTEN.keys():
        ran = project.run(*READING).ok()
        recovered(ran, {name: value for name, value in chosen.items() if name not in WRITTEN})
        assert ran.json["requests"] == len(account.log()) <= MOST_READING
        assert account.writes() == []
    account.clear_log()
    ran = project.run(*WRITE).ok()
    recovered(ran, chosen)
    assert ran.json["requests"] == len(account.log()) <= MOST_WRITING
    assert account.state() == before
    assert project.journals() == []


@pytest.mark.parametrize(("command", "most"), [(READING, MOST_READING), (WRITE, MOST_WRITING)])
def test_requests_that_are_repeated_count_as_well(
    project: Project, account: Account, command: tuple[str, ...], most: int
) -> None:
    """Each read is answered at the third time; what there is no request left for is not told."""
    before = fill(account)
    fault = {"kind": "error-503", "method": "READ", "times": 2}
    account.faults(*({**fault, "skip": 3 * number} for number in range(most)))
    account.clear_log()
    ran = project.run(*command).ok()
    assert ran.json["requests"] == len(account.log()) <= most
    assert any("used up" in answer["evidence"] for answer in ran.json["answers"])
    assert (account.state(), project.journals()) == (before, [])


LOST = ("drop-after", "twice-drop", "drop-before", "twice", "error-503-after")


def test_a_lost_reply_leaves_nothing(project: Project, account: Account) -> None:
    """The reply to one write after the other is lost, in one of several ways."""
    before = fill(account)
    account.switch(hour_limit=0)
    project.run(*WRITE).ok()
    count = len(account.writes())
    for turn, number in enumerate(range(0, count, 1 if EVERY == 1 else 3)):
        kind = LOST[turn % len(LOST)]
        account.faults({"kind": kind, "method": "WRITE", "skip": number})
        account.clear_log()
        ran = project.run(*WRITE)
        assert account.fault_hits() == [1]
        # A delete is sent again; after another lost reply nothing more is tried.
        assert ran.code in (0, 1), (number, kind, ran.err)
        assert (ran.json["left"], project.journals()) == ([], [])
        assert account.state() == before, (number, kind)
        assert len(account.log()) <= MOST_WRITING


def test_a_search_that_lags_hides_no_lost_contact(project: Project, account: Account) -> None:
    before = fill(account, 2, 2, 2)
    account.switch(search_lag_ms=100)
    create = {"kind": "drop-after", "method": "POST", "path": "/api/contact"}
    account.faults(create)
    assert project.run(*WRITE).code == 1
    assert account.state() == before


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_whatever_ends_a_probe_nothing_is_left(
    project: Project, account: Account, forks: Forks, tmp_path: Path, signum: int
) -> None:
    """A kill leaves a journal, with which --clean or the next --write removes what is left."""
    before = fill(account)
    account.switch(hour_limit=0)
    project.run(*WRITE).ok()
    lines = 1 + 2 * len(account.writes())
    for number, line in enumerate(range(1, lines + 1, EVERY)):
        when = ("after", "before")[number % 2]
        died = forks.run(
            tmp_path, project.env, *WRITE, line=line, when=when, signum=signum, haste=0.01
        )
        if signum == signal.SIGINT:
            # Where everything was asked already, it ends as ever.
            assert died == 130 or (died == 0 and line > lines / 2), (line, when, died)
        else:
            assert died == -signal.SIGKILL, (line, when)
            assert len(project.journals()) == 1
            ran = project.run(*(CLEAN if line % 2 else WRITE)).ok()
            assert ran.json["left"] == []
        assert account.state() == before, (line, when)
        assert project.journals() == []
