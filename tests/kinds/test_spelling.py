"""One address, however it is written: compared in one form, shown as its author wrote it."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from bmeconf.baseline.lock import Lock, parse
from bmeconf.model import Address
from tests.support.driver import Account, Project
from tests.support.git import commit

UNICODE, ASCII = "b\u00fccher.example", "xn--bcher-kva.example"
LOCAL = "andr\u00e9"
NFD = unicodedata.normalize("NFD", f"{LOCAL}@acme.example")
PAIRS = [
    (f"ann@{UNICODE}", f"ann@{ASCII}"),
    (f"ann@{ASCII}", f"ann@{UNICODE}"),
    (f"ann@{ASCII.upper()}", f"ann@{UNICODE}"),
    (f"{LOCAL}@acme.example", NFD),
    (NFD, f"{LOCAL}@acme.example"),
    (f"ann@{unicodedata.normalize('NFD', UNICODE)}", f"ann@{ASCII}"),
    ("ann@\uff42\u00fccher.example", f"ann@{ASCII}"),
]
"""How a manifest writes an address, and how the account has the same one."""
PLAN = ("plan", "--format", "json")


def with_contact(account: Account, email: str) -> str:
    account.add("contacts", key=email, status={"primary": "Active"})
    return account.id_of("contacts", email)


def with_domain(account: Account, domain: str) -> None:
    state = account.state()
    state["domains"] = [{**state["domains"][0], "domain": domain}]
    account.set(state)


@pytest.mark.parametrize(("declared", "live"), PAIRS)
def test_a_contact_is_found_however_the_account_has_it(
    declared: str, live: str, project: Project, account: Account
) -> None:
    id = with_contact(account, live)
    project.declare(contacts=[{"email": declared}])
    assert project.plan()["steps"] == []
    project.declare(contacts=[{"email": declared, "fields": {"First Name": "Ann"}}])
    (step,) = project.plan()["steps"]
    assert (step["action"], step["pin"]["id"]) == ("update", id)
    project.apply()
    assert project.plan()["steps"] == []
    assert project.drift()["items"] == []
    assert account.named("contacts", live)["_id"] == id


@pytest.mark.parametrize(("declared", "live"), PAIRS)
def test_two_spellings_are_one_declared_contact(declared: str, live: str, project: Project) -> None:
    project.declare(contacts=[{"email": declared}, {"email": live}])
    ran = project.run("validate")
    assert ran.code == 3
    first = unicodedata.normalize("NFC", declared.lower())
    second = unicodedata.normalize("NFC", live.lower())
    other = "" if first == second else f' as "{first}"'
    assert f"contacts/{second}: declared twice; first{other} at m.yaml:2:10: remove one" in ran.out


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        (f"news@{UNICODE}", ASCII),
        (f"news@{ASCII}", UNICODE),
        (f"news@{UNICODE}", unicodedata.normalize("NFD", UNICODE).upper()),
        ("news@acme.example", "ACME.Example."),
    ],
)
def test_a_sender_is_on_the_ready_domain_however_it_is_written(
    sender: str, domain: str, project: Project, account: Account
) -> None:
    with_domain(account, domain)
    entry = {"name": "D", "from": sender, "reply_to": [sender], "subject": "S"}
    project.deploy(campaigns=[entry])
    shown = account.named("campaigns", "D")
    assert (shown["from"], shown["replyToAddresses"]) == (sender, [sender])
    other = f"news@{ASCII if UNICODE in sender else UNICODE}"
    if "acme" not in sender:
        account.edit("campaigns", "D", **{"from": other, "replyToAddresses": [other]})
    assert project.plan()["steps"] == []
    assert project.drift()["items"] == []
    project.unlock()
    assert project.plan()["steps"] == []
    with_domain(account, "other.example")
    project.declare(campaigns=[{**entry, "subject": "T"}])
    ran = project.run(*PLAN)
    assert ran.code == 7
    # The user's own words.
    domain_as_written = sender.partition("@")[2]
    assert domain_as_written in json.dumps(ran.json["findings"], ensure_ascii=False)


@pytest.mark.parametrize("email", [f"qa+1@{UNICODE}", f"qa+1@{ASCII}"])
@pytest.mark.parametrize(
    "glob",
    [f"*@{UNICODE}", f"QA*@{ASCII}", f"qa+?@{UNICODE}".replace("?", "*"), "*@b\u00fc*.example"],
)
def test_a_seed_is_allowed_however_it_is_written(email: str, glob: str, project: Project) -> None:
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": {"seeds": [glob]}}))
    project.declare(contacts=[{"email": email}])
    project.run("validate").ok()
    project.plan()
    project.declare(contacts=[{"email": "qa+1@other.example"}])
    assert project.run("validate").code == 7


@pytest.mark.parametrize("email", [f"ann@{UNICODE}", f"ann@{ASCII}"])
@pytest.mark.parametrize("target", [f"ann@{UNICODE}", f"ann@{ASCII}", f"*@{UNICODE}", f"*@{ASCII}"])
def test_a_target_is_met_however_it_is_written(email: str, target: str, project: Project) -> None:
    project.declare(contacts=[{"email": email}, {"email": "bo@acme.example"}])
    plan = project.plan("--target", f"contacts/{target}")
    assert [step["address"] for step in plan["steps"]] == [f"contacts/{email}"]


def test_a_name_is_met_however_its_accents_are_written(project: Project) -> None:
    name = "Andr\u00e9s Liste"
    project.declare(lists=[{"name": name}, {"name": "Other"}])
    (step,) = project.plan("--target", f"lists/{unicodedata.normalize('NFD', name)}")["steps"]
    assert step["address"] == f"lists/{name}"


@pytest.mark.parametrize("now", [f"ann@{UNICODE}", f"ann@{ASCII}"])
@pytest.mark.parametrize("then", [f"ann@{UNICODE}", f"ann@{ASCII}"])
def test_the_lock_file_remembers_an_address_however_it_is_written(
    then: str, now: str, project: Project, account: Account
) -> None:
    entry: dict[str, Any] = {"fields": {"First Name": "Ann"}, "lists": ["Customers"]}
    project.deploy(contacts=[{"email": then, **entry}])
    before = project.remembered()
    account.edit("contacts", then, fields={account.field_id("First Name"): "Bo"})
    project.declare(contacts=[{"email": now, **entry}])
    (item,) = project.drift(code=2)["items"]
    assert (item["class"], item["field"]) == ("drift", "fields.First Name")
    project.apply()
    assert project.remembered().keys() == before.keys()


def test_an_older_lock_file_is_still_found(project: Project, account: Account) -> None:
    email = f"ann@{UNICODE}"
    project.deploy(contacts=[{"email": email, "fields": {"First Name": "Ann"}}])
    lock = parse(project.lock_text(), "bmeconf.lock.json")
    (account_key,) = lock.accounts
    section = lock.section(account_key, lock.accounts[account_key]["base_url"])
    (entry,) = section.entries.values()
    older = Lock(lock.name).having(
        replace(section, entries={f"contacts/{section.digest(email)}": entry})
    )
    assert older.text != project.lock_text()
    assert older.section(account_key, section.base_url).at(Address("contacts", email)) == entry
    project.write("bmeconf.lock.json", older.text)
    account.edit("contacts", email, fields={account.field_id("First Name"): "Bo"})
    (item,) = project.drift(code=2)["items"]
    assert item["class"] == "drift"
    project.apply()
    assert len(project.remembered()) == 1


def test_a_new_spelling_is_no_orphan(project: Project, account: Account) -> None:
    with_contact(account, f"ann@{ASCII}")
    project.declare(contacts=[{"email": f"ann@{UNICODE}"}])
    commit(project.folder)
    project.declare(contacts=[{"email": f"ann@{ASCII}"}])
    plan = project.plan("--since", "HEAD")
    assert (plan["steps"], plan["findings"]) == ([], [])


def test_pull_writes_the_spelling_of_the_account(project: Project, account: Account) -> None:
    email = f"ann@{UNICODE}"
    with_contact(account, email)
    project.run("pull", "--out", "got", "--contacts", f"ann@{ASCII}").ok()
    texts = [path.read_text("utf-8") for path in (project.folder / "got").rglob("*.yaml")]
    assert any(email in text for text in texts)
