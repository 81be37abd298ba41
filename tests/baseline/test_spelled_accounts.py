"""One server under all its spellings is one account; another scheme or port is another one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bmeconf.baseline import Lock, LockEntry, Section
from bmeconf.kinds.replies import digest
from bmeconf.model import canonical_server
from tests.support.driver import LOCK, Account, Project

SAME: dict[str, tuple[str, ...]] = {
    "https://api.benchmarkemail.io": (
        *("https://API.BenchmarkEmail.io", "HTTPS://api.benchmarkemail.io:443"),
        *("https://api.benchmarkemail.io.", "https://api.benchmarkemail.io.:443/"),
    ),
    "http://127.0.0.1:8025": (
        *("http://localhost:8025", "http://LOCALHOST.:8025/", "http://[::1]:8025"),
        "http://[0:0:0:0:0:0:0:1]:8025",
    ),
    "http://127.0.0.1": ("http://localhost:80", "http://127.0.0.1:80"),
    "http://[2001:db8::1]": ("http://[2001:DB8:0::1]:80",),
    "sandbox:local": ("sandbox:local",),
    "https://127.0.0.1:80": ("https://localhost:80",),
    "http://127.0.0.1:443": ("http://localhost:443",),
    "http://127.0.0.2:8025": ("http://127.0.0.2:8025",),
    "https://api.benchmarkemail.io:8443": ("https://API.benchmarkemail.io:8443",),
    "http://api.benchmarkemail.io": ("http://api.benchmarkemail.io",),
}


@pytest.mark.parametrize(("one", "other"), [(one, other) for one in SAME for other in SAME[one]])
def test_a_server_has_one_form(one: str, other: str) -> None:
    assert canonical_server(other) == canonical_server(one) == one


@pytest.mark.parametrize("text", ["", "nonsense", "http://[", "https://x:99999", "file:///etc"])
def test_what_is_no_server_stays_as_it_is(text: str) -> None:
    assert canonical_server(text) == text


@pytest.fixture
def port(account: Account) -> str:
    return account.sandbox.url.rpartition(":")[2]


@pytest.fixture
def spelled(project: Project, account: Account, port: str) -> Project:
    """The project, which calls its account by another name."""
    return Project(
        project.folder, {**account.env, "BMECONF_BASE_URL": f"http://LOCALHOST.:{port}/"}
    )


def test_an_account_is_known_under_another_name(
    project: Project, spelled: Project, account: Account
) -> None:
    project.deploy(lists=[{"name": "Customers", "protect": True}])
    before = project.lock_text()
    spelled.declare(lists=[{"name": "Customers", "state": "absent"}])
    assert spelled.run("plan").code == 7
    spelled.declare(lists=[{"name": "Customers", "protect": True}, {"name": "Autumn"}])
    assert spelled.plan()["fingerprint"] == project.plan("--out", "p.json")["fingerprint"]
    spelled.run("apply", "p.json").ok()
    assert len(json.loads(project.lock_text())["accounts"]) == 1
    assert before != project.lock_text()
    assert project.drift()["clean"]


def old_id(account: Account, url: str) -> str:
    """The fingerprint that 0.1.0 gave the account at this URL."""
    return str(digest([url, account.state()["structures"][0]["_id"]]))


def test_a_lock_file_with_another_spelling_is_still_known_and_kept(
    project: Project, account: Account, port: str
) -> None:
    url = f"http://localhost:{port}"
    entries = {"lists/Customers": LockEntry(account.id_of("lists", "Customers"), protect=True)}
    section = Section(old_id(account, url), url, entries)
    project.write(LOCK, Lock().having(section).text)
    project.declare(lists=[{"name": "Customers", "state": "absent"}])
    assert project.run("plan").code == 7
    project.deploy(lists=[{"name": "Autumn"}])
    ((key, kept),) = json.loads(project.lock_text())["accounts"].items()
    assert (key, kept["base_url"]) == (section.account, url)
    assert {*kept["resources"]} == {"lists/Autumn", "lists/Customers"}


@pytest.mark.parametrize("url", ["https://localhost:{port}", "http://localhost:1{port}"])
def test_the_section_of_another_server_is_not_taken(
    project: Project, account: Account, port: str, url: str
) -> None:
    entries = {"lists/Customers": LockEntry(account.id_of("lists", "Customers"), protect=True)}
    other = url.format(port=port)
    project.write(LOCK, Lock().having(Section(old_id(account, other), other, entries)).text)
    project.declare(lists=[{"name": "Customers", "state": "absent"}])
    assert project.run("plan").code == 0


@pytest.mark.parametrize(("host", "code"), [("localhost", 0), ("[::1]", 0), ("example.org", 7)])
def test_a_plan_with_another_spelling_is_applied(
    project: Project, account: Account, port: str, host: str, code: int
) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    project.run("plan", "--out", "p.json").ok()
    path = project.folder / "p.json"
    plan: Any = json.loads(path.read_text())
    url = f"http://{host}:{port}"
    plan["account"] = {"base_url": url, "fingerprint": old_id(account, url)}
    del plan["digest"]
    path.write_text(json.dumps({**plan, "digest": digest(plan)}))
    assert project.run("apply", "p.json").code == code


def test_a_variable_with_another_spelling_names_no_other_account(
    project: Project, account: Account, port: str
) -> None:
    declared = {"base_url": account.sandbox.url, "api_key_env": "BMECONF_API_KEY"}
    project.write("bmeconf.yaml", json.dumps({"version": 1, "accounts": {"main": declared}}))
    project.declare(lists=[{"name": "Autumn"}])
    said = project.run("plan", BMECONF_BASE_URL=f"http://localhost:{port}/").ok().err
    assert "not used" not in said
