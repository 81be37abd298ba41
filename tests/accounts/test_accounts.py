"""`accounts`: what the project knows offline, as a matrix for CI."""

from __future__ import annotations

import pytest

from tests.support.driver import Project
from tests.support.formats import FORMATS, squeezed, told
from tests.support.pair import Pair


def test_every_account_is_there_and_nothing_is_sent(two_accounts: Pair) -> None:
    document = two_accounts.project.run("accounts", "--format", "json").ok().json
    assert [entry["name"] for entry in document["accounts"]] == ["staging", "production"]
    staging = document["accounts"][0]
    assert staging == {
        "name": "staging",
        "base_url": two_accounts.staging.sandbox.url,
        "api_key_env": "BMECONF_STAGING_KEY",
        "vars": {"domain": "staging.acme.example", "brand": "Staging"},
        "ready": True,
        "trouble": None,
        "remembered": 0,
    }
    assert two_accounts.staging.log() == two_accounts.production.log() == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_missing_key_and_a_foreign_host_are_told(two_accounts: Pair, format: str) -> None:
    two_accounts.declare(production="https://foreign.example")
    ran = two_accounts.project.run("accounts", "--format", format, BMECONF_STAGING_KEY="").ok()
    words = told(format, ran.out)
    assert squeezed("BMECONF_STAGING_KEY is not set") in words
    assert squeezed("foreign.example is not a Benchmark Email host") in words
    for account in two_accounts.accounts.values():
        assert account.sandbox.key not in ran.out + ran.err


def test_what_the_lock_file_remembers_is_counted(two_accounts: Pair) -> None:
    two_accounts.project.apply("--account", "staging")
    document = two_accounts.project.run("accounts", "--format", "json").ok().json
    assert [entry["remembered"] for entry in document["accounts"]] == [3, 0]
    # Of two accounts at one server, the lock file does not tell which is whose.
    two_accounts.declare(production=two_accounts.staging.sandbox.url)
    document = two_accounts.project.run("accounts", "--format", "json").ok().json
    assert [entry["remembered"] for entry in document["accounts"]] == [None, None]


def test_a_project_without_accounts(project: Project) -> None:
    ran = project.run("accounts").ok()
    assert "The project declares no account" in ran.out
    document = project.run("accounts", "--format", "json").ok().json
    assert document["accounts"] == []


def test_a_project_file_that_cannot_be_used(project: Project) -> None:
    project.write("bmeconf.yaml", "version: 1\naccounts: {a: {}}\n")
    ran = project.run("accounts", "--format", "json")
    assert (ran.code, ran.json["format"]) == (3, "bmeconf.accounts/1")
