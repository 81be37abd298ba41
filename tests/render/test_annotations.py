"""On GitHub every message about a declared resource stands at its line, whichever command tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.driver import Account, Project, from_now

MANIFEST = """\
version: 1
lists:
  - name: New list
  - name: Old list
    state: absent
  - name: Newsletter
contacts:
  - email: eva@example.com
    status: Active
  - email: bob@example.com
    fields: {First Name: Rob}
campaigns:
  - name: Welcome
    subject: Changed
    lists: [Newsletter]
    schedule: {at: "2030-12-01T09:00:00Z", owner: mia}
  - name: 2026-10 Newsletter
    subject: Changed
    expect: {open_rate: ">= 100"}
  - name: Late
    schedule: {at: "LATE"}
"""
ANNOTATION = re.compile(r"^::(\w+) (?:file=(.*?),line=(\d+),col=\d+,)?title=(.*?)::(.*)$")
DRIFT = ("drift", "--fail-on", "drift,conflict,pending,manual,frozen", "--format")
APPLY = ("apply", "--auto-approve", "--allow-delete", "lists/*")
CASES: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "plan": (
        ("plan", "--format"),
        {
            "lists/New list": "notice",
            "lists/Old list": "warning",
            "contacts/eva@example.com": "warning",
            "contacts/bob@example.com": "notice",
            "campaigns/Welcome": "notice",
            "campaigns/2026-10 Newsletter": "warning",
            "campaigns/Late": "error",
        },
    ),
    "show": (("show", "p.json", "--format"), {"lists/New list": "notice"}),
    "drift": (
        DRIFT,
        {
            "lists/New list": "error",
            "contacts/bob@example.com": "error",
            "contacts/eva@example.com": "warning",
            "campaigns/2026-10 Newsletter": "error",
            "campaigns/Late": "error",
            "campaigns/Welcome": "error",
        },
    ),
    "apply": (
        (*APPLY, "--format"),
        {
            "lists/New list": "error",
            "campaigns/Late": "error",
            "campaigns/2026-10 Newsletter": "warning",
            "contacts/eva@example.com": "warning",
        },
    ),
    "a saved plan": (
        ("apply", "p.json", "--allow-delete", "lists/*", "--format"),
        {"lists/New list": "error", "campaigns/Late": "error"},
    ),
    "report": (("report", "--check", "--format"), {"campaigns/2026-10 Newsletter": "error"}),
}


def line_of(address: str) -> int:
    """The line on which the entry of a resource begins."""
    name = address.partition("/")[2]
    return 1 + next(n for n, line in enumerate(MANIFEST.splitlines()) if line.endswith(f": {name}"))


@pytest.fixture
def declared(project: Project, account: Account) -> Project:
    project.write("a folder/m.yaml", MANIFEST.replace("LATE", from_now(-3)))
    project.write("bmeconf.yaml", "version: 1\n")
    project.run("plan", "--out", "p.json").ok()
    account.faults({"kind": "error-500", "method": "POST", "path": "*/lists"})
    return project


@pytest.mark.parametrize("case", CASES)
def test_every_message_has_its_line(case: str, declared: Project) -> None:
    command, wanted = CASES[case]
    ran = declared.run(*command, "github")
    told: dict[str, set[str]] = {}
    for line in ran.out.splitlines():
        match = ANNOTATION.match(line)
        if match is None or "/" not in match[4]:
            continue
        level, file, number, address, _ = match.groups()
        assert file == "a folder/m.yaml", line
        assert int(number) - line_of(address) in range(5)
        told.setdefault(address, set()).add(level)
    assert {a: level for a, level in wanted.items() if level not in told.get(a, set())} == {}


def test_junit_has_it_too(declared: Project) -> None:
    text = declared.run("drift", "--format", "junit").out
    places: list[Any] = re.findall(r'name="campaigns/Late by hand[^>]*', text)
    assert [each for each in places if f'line="{line_of("campaigns/Late")}"' not in each] == []
    assert places


def test_a_result_says_when_and_where(declared: Project) -> None:
    made = declared.run(*APPLY, "--format", "json").json
    plan = declared.run("plan", "--format", "json").json
    assert made["account"] == plan["account"]
    assert plan["places"]["lists/New list"]["file"] == "a folder/m.yaml"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["created_at"])
