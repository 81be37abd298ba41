"""Proof at the socket: validate sends nothing at all, plan sends nothing that writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bmeconf.sandbox import Sandbox
from tests.support.driver import Account, Project
from tests.support.fake_server import FakeServer, in_front_of, reply

EXAMPLE = Path(__file__).parents[2] / "examples" / "newsletter"
SEARCH = "POST /api/contact/search"

CREATES = """\
version: 1
structure: {fields: [{label: City}], tags: [seed]}
lists: [{name: Press}, {name: Copy, copy_of: Newsletter}, {name: All, merge_of: [Press, Copy]}]
contacts:
  - {email: qa@acme.example, fields: {First Name: Qa, City: Oslo}, lists: [Press], tags: [seed]}
  - {email: gone@acme.example, status: Inactive}
campaigns:
  - {name: Next, from: news@acme.example, subject: Hello, body: {html: <p>Hi</p>}, lists: [Press]}
  - {name: From a template, body: {template: {name: Plain letter, lang: en}}}
  - {name: Copied, copy_of: Welcome, subject: Again}
"""
CHANGES = """\
version: 1
structure: {label: Default Contacts, fields: [{label: Company, required: true}]}
lists: [{name: Product news, renamed_from: [Product updates]}, {name: Newsletter}]
contacts:
  - {email: ann@example.com, fields: {First Name: Anna}, lists: [Newsletter], tags: []}
  - {email: bob@example.com, status: Inactive}
  - {email: eva@example.com, status: Active}
  - {email: frank@example.com, fields: {Last Name: F}}
campaigns:
  - {name: Welcome, subject: Changed, lists: [Product news]}
  - {name: 2026-10 Newsletter, subject: Too late}
"""
DELETES = """\
version: 1
lists: [{name: Old list, state: absent}, {name: Customers, state: absent}]
contacts: [{email: liam@example.com, state: absent}]
campaigns: [{name: Welcome, state: absent}, {name: 2026-10 Newsletter, state: absent}]
"""
WRONG = "version: 1\ncampaigns: [{name: New, from: a@nowhere.example, lists: [Nonesuch]}]\n"
MANIFESTS = {"creates": CREATES, "changes": CHANGES, "deletes": DELETES, "wrong": WRONG}

OPTIONS = (
    (),
    ("--detailed-exitcode",),
    ("--show-unmanaged",),
    ("--format", "json"),
    ("--output", "json=plan.json", "--output", "text=plan.txt"),
    ("--target", "lists/*", "--target", "campaigns/*"),
    ("--max-requests", "3"),
    ("--allow-host", "mail.example", "--quiet"),
    ("--verbose", "--no-color"),
)


@pytest.fixture
def watched(account: Account) -> Iterator[FakeServer]:
    """The account behind a server that writes down every request, of which none may write."""
    before = account.state()
    with in_front_of(account.sandbox.url, lambda seen, forward: forward()) as server:
        yield server
        assert server.writes() == []
        assert set(server.lines("POST")) <= {SEARCH}
        assert account.state() == before


@pytest.fixture
def silent() -> Iterator[FakeServer]:
    """A server to which nobody should ever connect."""
    with FakeServer(lambda seen: reply([])) as server:
        yield server
        assert server.connections == 0


def project_at(server: FakeServer, folder: Path, manifest: str) -> Project:
    env = {"BMECONF_BASE_URL": server.url, "BMECONF_API_KEY": Sandbox().key}
    project = Project(folder, env)
    project.write("m.yaml", manifest)
    return project


# --- validate


@pytest.mark.parametrize("name", MANIFESTS)
@pytest.mark.parametrize(
    "options", [(), ("--sandbox",), ("--format", "json"), ("--format", "github", "--verbose")]
)
def test_validate_sends_nothing(
    tmp_path: Path, silent: FakeServer, name: str, options: tuple[str, ...]
) -> None:
    ran = project_at(silent, tmp_path, MANIFESTS[name]).run("validate", *options)
    assert ran.code in (0, 3)
    assert not (tmp_path / ".bmeconf").exists()


def test_validate_of_a_project_sends_nothing_to_its_account(
    tmp_path: Path, silent: FakeServer
) -> None:
    project = Project(tmp_path, {"KEY": Sandbox().key})
    account = f"{{base_url: {silent.url}, api_key_env: KEY}}"
    project.write("bmeconf.yaml", f"version: 1\naccounts: {{local: {account}}}\n")
    project.write("m.yaml", CREATES)
    project.run("validate").ok()


def test_validate_needs_no_key_and_no_address(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.yaml", CREATES)
    project.run("validate").ok()


# --- plan


@pytest.mark.parametrize("name", MANIFESTS)
def test_plan_sends_nothing_that_writes(tmp_path: Path, watched: FakeServer, name: str) -> None:
    project = project_at(watched, tmp_path, MANIFESTS[name])
    for options in OPTIONS:
        ran = project.run("plan", *options)
        assert ran.code in (0, 2, 3, 5, 7), ran.err
        assert "Traceback" not in ran.err
    assert len(watched.seen) >= len(OPTIONS)


@pytest.mark.parametrize(("name", "code"), [("deletes", 7), ("wrong", 3), ("in sync", 0)])
def test_an_apply_without_a_step_sends_nothing_that_writes(
    tmp_path: Path, watched: FakeServer, name: str, code: int
) -> None:
    manifests = {**MANIFESTS, "in sync": "version: 1\nlists: [{name: Newsletter}]\n"}
    project = project_at(watched, tmp_path, manifests[name])
    assert project.run("apply", "--auto-approve").code == code
