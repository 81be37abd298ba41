"""Which account a run uses, and where its key may go."""

from __future__ import annotations

import copy
import json
import re
import traceback
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from bmeconf.desired import manifest, validate
from bmeconf.desired.manifest import MemoryFiles
from bmeconf.model import did_you_mean
from bmeconf.model.errors import Guarded, InvalidInput
from bmeconf.project import (
    Account,
    AccountEntry,
    KnownDrift,
    Policy,
    Project,
    Secret,
    choose_account,
    credentials,
    origin,
)

KEY = "bme_us_0123456789012345678901234567890123456789012"
URL = "https://api-us-west-2-a.benchmarkemail.io"
NONE = Project(Path())
EMPTY = Project(Path(), has_file=True)
ONE = Project(Path(), accounts={"production": AccountEntry("production", URL, "PROD_KEY")})
TWO = Project(
    Path(),
    accounts={
        "production": AccountEntry("production", URL, "PROD_KEY", {"domain": "acme.example"}),
        "staging": AccountEntry("staging", "http://127.0.0.1:8080", "STAGING_KEY"),
    },
)


def of_environment(url: str = URL, key: str = KEY, **more: str) -> Account:
    environ = {"BMECONF_BASE_URL": url, "BMECONF_API_KEY": key, **more}
    return credentials(NONE, None, environ)


@pytest.mark.parametrize(
    ("project", "name", "environ", "chosen"),
    [
        (NONE, None, {}, None),
        (ONE, None, {}, "production"),
        (ONE, None, {"BMECONF_ACCOUNT": " "}, "production"),
        (TWO, "staging", {"BMECONF_ACCOUNT": "production"}, "staging"),
        (TWO, None, {"BMECONF_ACCOUNT": "production"}, "production"),
    ],
)
def test_choice(
    project: Project, name: str | None, environ: Mapping[str, str], chosen: str | None
) -> None:
    entry = choose_account(project, name, environ)
    assert (entry.name if entry else None) == chosen


@pytest.mark.parametrize(
    ("project", "name", "named", "message"),
    [
        (TWO, None, "", "several accounts: production, staging; pick one with --account NAME"),
        (TWO, "stagin", "", 'no account "stagin"; did you mean "staging"'),
        (ONE, None, "x", 'no account "x"; declared are: production'),
        (EMPTY, "production", "", "bmeconf.yaml declares none; declare it under `accounts:`"),
        (NONE, "production", "", "there is no bmeconf.yaml here; .* leave --account out"),
        (NONE, None, "production", "there is no bmeconf.yaml here; .* unset BMECONF_ACCOUNT"),
    ],
)
def test_no_choice(project: Project, name: str | None, named: str, message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        choose_account(project, name, {"BMECONF_ACCOUNT": named})
    assert re.search(message, f"{raised.value.message}; {raised.value.remedy}")


def test_a_declared_account_wins_over_the_environment() -> None:
    environ = {"PROD_KEY": KEY, "BMECONF_BASE_URL": "https://other.example", "BMECONF_API_KEY": "x"}
    account = credentials(TWO, "production", environ)
    assert (account.name, account.base_url) == ("production", URL)
    assert account.key == Secret(KEY)
    assert account.vars == {"domain": "acme.example"}
    assert account.notes == (
        "BMECONF_API_KEY and BMECONF_BASE_URL are set but not used: "
        'bmeconf.yaml declares the account "production"',
    )


@pytest.mark.parametrize(
    ("environ", "notes"),
    [
        ({}, 0),
        ({"BMECONF_BASE_URL": f"{URL}/"}, 0),
        ({"BMECONF_BASE_URL": "http://127.0.0.1:8025"}, 1),
        ({"BMECONF_API_KEY": " "}, 0),
    ],
)
def test_only_what_would_lead_elsewhere_is_remarked(environ: Mapping[str, str], notes: int) -> None:
    assert len(credentials(ONE, None, {"PROD_KEY": KEY, **environ}).notes) == notes


def test_a_declared_account_may_use_the_common_variable() -> None:
    project = Project(Path(), accounts={"a": AccountEntry("a", URL, "BMECONF_API_KEY")})
    assert credentials(project, None, {"BMECONF_API_KEY": KEY}).notes == ()


@pytest.mark.parametrize(
    ("project", "environ", "message"),
    [
        (NONE, {}, "^no account: there is no bmeconf.yaml here .* or use --sandbox$"),
        (EMPTY, {}, "no account: bmeconf.yaml declares none"),
        (NONE, {"BMECONF_BASE_URL": URL}, "BMECONF_API_KEY is not set"),
        (ONE, {}, r"PROD_KEY is not set \(named by accounts.production in bmeconf.yaml\) set"),
        (ONE, {"BMECONF_API_KEY": KEY}, r"yaml\); BMECONF_API_KEY is set but not used"),
        (ONE, {"PROD_KEY": " \t"}, "PROD_KEY is not set"),
        (ONE, {"PROD_KEY": f"{KEY}\n"}, "a line break"),
        (ONE, {"PROD_KEY": f"{KEY}\r\nX-Evil: 1"}, "a line break"),
        (ONE, {"PROD_KEY": KEY + "é"}, "characters that no key has"),
        (ONE, {"PROD_KEY": KEY + " x"}, "holds blanks"),
        (ONE, {"PROD_KEY": KEY + "\x00"}, "characters that no key has"),
    ],
)
def test_missing_or_broken(project: Project, environ: Mapping[str, str], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        credentials(project, None, environ)
    told = f"{raised.value.message} {raised.value.remedy}"
    assert re.search(message, told)
    assert KEY not in told


def test_an_odd_key_is_a_note() -> None:
    account = of_environment(key="  live_123  ")
    assert account.key.reveal() == "live_123"
    assert "does not begin with bme_" in account.notes[0]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (URL, URL),
        (f" {URL}/ ", URL),
        (f"{URL}/api", URL),
        (f"{URL}/api/", URL),
        ("HTTPS://API.BenchmarkEmail.COM", "https://api.benchmarkemail.com"),
        ("https://api.benchmarkemail.io.", "https://api.benchmarkemail.io"),
        ("https://benchmarkemail.io:8443", "https://benchmarkemail.io:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:5000/api", "http://[::1]:5000"),
    ],
)
def test_base_urls(text: str, url: str) -> None:
    assert origin(text) == url
    assert of_environment(url=text).base_url == url


@pytest.mark.parametrize(
    "text",
    [
        "api.benchmarkemail.io", "ftp://api.benchmarkemail.io", "https://", "https:///x",
        "https://user@api.benchmarkemail.io", "https://u:p@api.benchmarkemail.io",
        "https://evil.example@api.benchmarkemail.io", "https://api.benchmarkemail.io/v1",
        "https://api.benchmarkemail.io?x=1", "https://api.benchmarkemail.io#x",
        "https://evil.example#.benchmarkemail.io", "https://evil.example\\.benchmarkemail.io",
        "https://api.benchmarkemail.io:99999", "https://api.benchmarkemail.io:x",
        "https://api .benchmarkemail.io", "https://api.benchmarkemail.io\n.evil.example",
        "https://api.bench\u043carkemail.io", "https://evil%2ebenchmarkemail.io", "https://[::1",
        "https://-.benchmarkemail.io", "https://a..benchmarkemail.io",
    ],
)  # fmt: skip
def test_urls_that_are_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be used"):
        of_environment(url=text)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example", "https://benchmarkemail.io.evil.example",
        "https://evilbenchmarkemail.io", "https://benchmarkemail.org", "https://io",
        "http://api.benchmarkemail.io", "http://evil.example", "http://127.0.0.1.evil.example",
        "https://localhost.evil.example", "http://0.0.0.0", "http://10.0.0.1", "https://127.1",
        "http://2130706433", "https://[::ffff:127.0.0.1]", "https://[fe80::1]",
        # Another scheme, host or port than the allowed ones.
        "http://mock.example", "https://sub.mock.example", "https://other.example:1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("allowed", ["", "mock.example, other.example:2"])
def test_hosts_that_get_no_key(url: str, allowed: str) -> None:
    with pytest.raises(Guarded) as raised:
        of_environment(url=url, BMECONF_ALLOW_HOSTS=allowed)
    assert raised.value.exit_code == 7
    assert KEY not in raised.value.message


@pytest.mark.parametrize("allowed", ["mock.example", "MOCK.example.", "mock.example:8443"])
def test_hosts_that_the_operator_allowed(allowed: str) -> None:
    url = "https://mock.example:8443"
    environ = {"BMECONF_BASE_URL": url, "BMECONF_API_KEY": KEY}
    assert credentials(NONE, None, environ, [allowed]).base_url == url
    assert of_environment(url=url, BMECONF_ALLOW_HOSTS=f"a.example, {allowed} b").base_url == url


@pytest.mark.parametrize("allowed", ["*", "*.example", "https://mock.example", "a/b"])
def test_what_cannot_be_allowed(allowed: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be allowed"):
        of_environment(BMECONF_ALLOW_HOSTS=allowed)


def test_a_secret_shows_itself_nowhere() -> None:
    account = of_environment()
    shown = (repr(account), str(account), f"{account.key}", f"{account.key:>60}")
    assert all(KEY not in text for text in shown)
    assert "***" in repr(account)
    for leak in (lambda: json.dumps(account.key), lambda: copy.deepcopy(account)):
        with pytest.raises(TypeError) as raised:
            leak()
        assert KEY not in "".join(traceback.format_exception(raised.value))


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def read(texts: Mapping[str, str]) -> Project:
    return validate.project(manifest.read_project(MemoryFiles(texts)), Path())


def test_a_whole_project_file() -> None:
    text = (
        "version: 1\nmanifests: [manifests/]\naccounts:\n  production:\n"
        f"    base_url: {URL}/api/\n    api_key_env: PROD_KEY\n    vars: {{domain: 0123}}\n"
        "policy:\n  seeds: ['*@seeds.acme.example']\n  max_deletes: 3\n  reserve: 20%\n"
        "  parallel: 2\n"
        "  known_drift:\n"
        "    - {address: lists/A, field: name, reason: legal, owner: me, expires: 2026-12-24}\n"
    )
    project = read({"bmeconf.yaml": text})
    known = KnownDrift("lists/A", "name", "legal", date(2026, 12, 24), "me")
    assert project == Project(
        Path(),
        ("manifests/",),
        {"production": AccountEntry("production", URL, "PROD_KEY", {"domain": "0123"})},
        Policy(("*@seeds.acme.example",), 3, (known,), reserve=20, parallel=2),
        has_file=True,
    )


def test_no_project_file() -> None:
    assert read({}) == NONE


def test_no_seeds_allowed_is_not_no_policy() -> None:
    assert read({"bmeconf.yaml": "version: 1\npolicy: {seeds: []}\n"}).policy.seeds == ()


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("Newsleter", ["Newsletter"], '; did you mean "Newsletter"?'),
        ("newsletter", ["Newsletter"], '; did you mean "Newsletter"?'),
        ("abc", ["xyz"], ""),
        ("abc", [], ""),
    ],
)
def test_did_you_mean(word: str, known: list[str], hint: str) -> None:
    assert did_you_mean(word, known) == hint
