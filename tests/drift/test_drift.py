"""`drift`: what moved and who moved it, manual steps, exit codes; through the real command line.

Design 3, 4, 7.9 and 7.17.
"""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bmeconf.cli.rendering import FORMATS
from bmeconf.drift.survey import MOST_ASKED
from bmeconf.kinds.campaigns.schedules import TOLERANCE
from bmeconf.kinds.contacts import events
from tests.baseline.test_lock import ANN, Cut, by_hand, declare, first_name, id_of, lists, without
from tests.cli.test_bad_environment import limit
from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import Rule, edited, instead, refusal, reply

LOCK = "bmeconf.lock.json"
WELCOME, SENT = "campaigns/Welcome", "campaigns/2026-10 Newsletter"
EVENTS = "GET /api/contact/[0-9a-f]{24}/events"
SEARCH = ("POST", "/api/contact/search")
HOSTILE = "\x1b[31m::error::x\n##[y]|<b>&*_`\u202e"


def drift(project: Project, *arguments: str, code: int = 0) -> Any:
    """The drift document of a run that must end with `code`."""
    ran = project.run("drift", "--format", "json", *arguments)
    assert ran.code == code, f"exit {ran.code}\n{ran.out}\n{ran.err}"
    assert ran.json["exit_code"] == code
    return ran.json


def found(document: Any) -> dict[str, str]:
    """The class of every item, by address and field."""
    return {f"{item['address']} {item['field']}": item["class"] for item in document["items"]}


def only(document: Any) -> Any:
    (item,) = document["items"]
    return item


def codes(document: Any) -> list[str]:
    return [finding["code"] for finding in document["findings"]]


def policy(project: Project, **entry: Any) -> None:
    """A project file that answers for one difference."""
    told = {"reason": "legal edit", "owner": "marketing", "expires": "2999-12-31", **entry}
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": {"known_drift": [told]}}))


def api(account: Account, method: str, path: str, body: Any = None) -> Any:
    """One request of somebody else with a key."""
    headers = {"X-API-Key": account.sandbox.key}
    url = f"{account.sandbox.url}/api/{path}"
    answer = requests.request(method, url, json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def unlock(project: Project) -> None:
    (project.folder / LOCK).unlink()


def lock_text(project: Project) -> str:
    path = project.folder / LOCK
    return path.read_text(encoding="utf-8") if path.exists() else ""


# --- classes


def test_what_was_applied_is_clean(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "News"}])
    project.apply()
    document = drift(project)
    assert (document["items"], document["findings"], document["clean"]) == ([], [], True)
    assert document["summary"]["in_sync"] == 2


def test_an_edit_by_hand_is_drift(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    project.apply()
    by_hand(account, "campaigns", "Welcome", subject="B")
    item = only(drift(project, code=2))
    assert item.pop("last_change") == {"at": "2030-01-01T00:00:00.000Z"}
    assert item == {
        "address": WELCOME,
        "field": "subject",
        "class": "drift",
        "desired": "A",
        "live": "B",
        "fails": True,
    }


def test_an_edit_of_the_manifest_is_pending(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    project.apply()
    declare(project, campaigns=[{"name": "Welcome", "subject": "C"}])
    item = only(drift(project))
    assert (item["class"], item["fails"]) == ("pending", False)
    assert "last_change" not in item


def test_an_edit_on_both_sides_is_a_conflict(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A", "from_name": "A"}])
    project.apply()
    by_hand(account, "campaigns", "Welcome", subject="B", fromName="B")
    declare(project, campaigns=[{"name": "Welcome", "subject": "C", "from_name": "A"}])
    assert found(drift(project, code=2)) == {
        f"{WELCOME} subject": "conflict",
        f"{WELCOME} from_name": "drift",
    }


def test_without_a_lock_file_every_difference_is_drift(project: Project, account: Account) -> None:
    declare(
        project,
        lists=[{"name": "New"}, {"name": "Old list", "state": "absent"}],
        campaigns=[{"name": "Welcome", "subject": "A"}],
    )
    document = drift(project, code=2)
    assert found(document) == {
        f"{WELCOME} subject": "drift",
        "lists/New state": "drift",
        "lists/Old list state": "drift",
    }
    assert document["locked"] is False


def test_what_is_declared_since_is_pending(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Newsletter"}])
    project.apply()
    declare(
        project,
        lists=[{"name": "Newsletter"}, {"name": "New"}],
        campaigns=[{"name": "Mine", "subject": "A"}],
    )
    assert found(drift(project)) == {
        "campaigns/Mine state": "pending",
        "lists/New state": "pending",
    }


def test_what_is_declared_since_and_was_there_is_drift(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Newsletter"}])
    project.apply()
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    assert found(drift(project, code=2)) == {f"{WELCOME} subject": "drift"}


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [("lists", "Mine", "name"), ("campaigns", "Mine", "name"), ("contacts", "me@x.org", "email")],
)
def test_what_is_gone_is_drift(
    kind: str, name: str, key: str, project: Project, account: Account
) -> None:
    declare(project, **{kind: [{key: name}]})
    project.apply()
    without(account, kind, name)
    item = only(drift(project, code=2))
    assert (item["address"], item["class"]) == (f"{kind}/{name}", "drift")
    assert (item["field"], item["desired"], item["live"]) == ("state", "present", "absent")
    assert "last_change" not in item


def test_what_is_gone_and_was_redeclared_is_a_conflict(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Mine", "subject": "A"}])
    project.apply()
    without(account, "campaigns", "Mine")
    declare(project, campaigns=[{"name": "Mine", "subject": "B"}])
    assert found(drift(project, code=2)) == {"campaigns/Mine state": "conflict"}


def test_what_was_deleted_and_is_there_again_is_drift(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Old list", "state": "absent"}, {"name": "Newsletter"}])
    project.apply("--allow-delete", "lists/Old list")
    assert drift(project)["clean"]
    state = account.state()
    state["lists"].append({"name": "Old list"})
    account.set(state)
    item = only(drift(project, code=2))
    assert (item["class"], item["desired"], item["live"]) == ("drift", "absent", "present")


def test_what_is_to_be_deleted_and_was_applied_is_pending(
    project: Project, account: Account
) -> None:
    declare(project, lists=[{"name": "Old list"}])
    project.apply()
    declare(project, lists=[{"name": "Old list", "state": "absent"}])
    assert found(drift(project)) == {"lists/Old list state": "pending"}


def test_a_rename_by_hand_is_known_by_the_id(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Newsletter"}], contacts=[{"email": ANN}])
    project.apply()
    by_hand(account, "lists", "Newsletter", name="Letters")
    by_hand(account, "contacts", ANN, key="anna@example.com")
    document = drift(project, code=2)
    assert found(document) == {f"contacts/{ANN} email": "drift", "lists/Newsletter name": "drift"}
    assert [item["live"] for item in document["items"]] == ["anna@example.com", "Letters"]
    assert codes(document) == ["looks_renamed"]


def test_who_refers_to_what_was_renamed_did_not_move(project: Project, account: Account) -> None:
    declare(
        project,
        lists=[{"name": "Newsletter"}, {"name": "Customers"}],
        contacts=[{"email": ANN, "lists": ["Newsletter", "Customers"]}],
        campaigns=[{"name": "Welcome", "lists": ["Newsletter"]}],
    )
    project.apply()
    by_hand(account, "lists", "Newsletter", name="Letters")
    assert found(drift(project, code=2)) == {"lists/Newsletter name": "drift"}
    # Another list in its place is told of.
    by_hand(account, "campaigns", "Welcome", lists=[id_of(account, "lists", "Customers")])
    assert "campaigns/Welcome lists" in found(drift(project, code=2))


@pytest.mark.parametrize(
    "answer",
    [
        reply({"_id": "1" * 24}),
        reply({"_id": "1" * 24, "key": "b@x.org", "contactStructureId": "6" * 24}),
        refusal(404, "RecordNotFound", "Contact not found"),
        refusal(403, "ForbiddenError", "API key missing required scope: contacts:read"),
        reply(None),
    ],
    ids=str,
)
def test_a_contact_that_its_id_does_not_tell_of_is_gone(
    answer: Any, project: Project, account: Account, cut: Cut
) -> None:
    cut(Rule("GET /api/contact/[0-9a-f]{24}", instead(answer)))
    declare(project, contacts=[{"email": ANN}])
    drift(project, "--record")
    by_hand(account, "contacts", ANN, key="anna@example.com")
    assert found(drift(project, code=2)) == {f"contacts/{ANN} state": "drift"}


def test_a_contact_that_a_search_does_not_show_yet_is_there(
    project: Project, account: Account, cut: Cut
) -> None:
    nothing = Rule("POST /api/contact/search", instead(reply({"contacts": [], "totalRecords": 0})))
    nothing.skip = 1
    cut(nothing)
    declare(project, contacts=[{"email": ANN, "fields": {"First Name": "Ann"}}])
    assert drift(project, "--record")["recorded"]
    assert drift(project)["clean"]
    by_hand(account, "contacts", ANN, fields={first_name(account): "Nan"})
    assert found(drift(project, code=2)) == {f"contacts/{ANN} fields.First Name": "drift"}


def test_few_contacts_are_looked_for_by_id(project: Project, account: Account, cut: Cut) -> None:
    rule = Rule("GET /api/contact/[0-9a-f]{24}", lambda seen, forward: forward())
    cut(rule)
    emails = [f"qa{n}@acme.example" for n in range(MOST_ASKED + 2)]
    declare(project, contacts=[{"email": email} for email in emails])
    project.apply()
    for email in emails:
        without(account, "contacts", email)
    rule.hits = 0
    assert len(drift(project, code=2)["items"]) == MOST_ASKED + 2
    assert rule.hits == MOST_ASKED


def test_a_rename_of_what_is_pinned_is_drift(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Newsletter", "id": id_of(account, "lists", "Newsletter")}])
    project.apply()
    by_hand(account, "lists", "Newsletter", name="Letters")
    item = only(drift(project, code=2))
    assert (item["field"], item["live"]) == ("name", "Letters")


@pytest.mark.parametrize("record", [[], ["--record"]])
@pytest.mark.parametrize("kind", ["lists", "campaigns"])
def test_another_object_of_the_same_name_is_drift(
    kind: str, record: list[str], project: Project, account: Account
) -> None:
    declare(project, **{kind: [{"name": "Mine"}]})
    project.apply()
    old = id_of(account, kind, "Mine")
    without(account, kind, "Mine")
    state = account.state()
    state[kind].append({"name": "Mine"})
    account.set(state)
    for _ in range(2):
        item = only(drift(project, *record, code=2))
        assert (item["field"], item["desired"], item["class"]) == ("id", old, "drift")
        assert item["live"] == id_of(account, kind, "Mine")


def test_membership_names_the_members(project: Project, account: Account) -> None:
    contact = {"email": ANN, "lists": ["Newsletter", "Customers"], "tags": []}
    declare(project, contacts=[contact], lists=[{"name": "Old list"}])
    project.apply()
    by_hand(account, "contacts", ANN, lists=lists(account, "Newsletter", "Old list"))
    item = only(drift(project, code=2))
    assert (item["field"], item["class"]) == ("lists", "drift")
    assert item["missing"] == ["lists/Customers"]
    assert item["unexpected"] == ["lists/Old list"]


def test_a_deleted_list_takes_no_copy_for_granted(project: Project, account: Account) -> None:
    """A plan foresees the members of a list that it copies; what is looked at is what is there."""
    declare(
        project,
        lists=[{"name": "Newsletter"}, {"name": "Copy", "copy_of": "Newsletter"}],
        contacts=[{"email": ANN, "lists": ["Newsletter"]}],
    )
    project.apply()
    structure = account.state()["structures"][0]["_id"]
    api(account, "DELETE", f"contact-structure/{structure}/lists/{id_of(account, 'lists', 'Copy')}")
    assert found(drift(project, code=2)) == {"lists/Copy state": "drift"}


def test_a_field_that_is_gone_from_the_structure_is_drift(
    project: Project, account: Account
) -> None:
    declare(project, structure={"fields": [{"label": "Company"}, {"label": "City"}], "tags": []})
    project.apply()
    state = account.state()
    fields = state["structures"][0]["fields"]
    state["structures"][0]["fields"] = [f for f in fields if f["label"] != "City"]
    account.set(state)
    item = only(drift(project, code=2))
    assert (item["address"], item["class"]) == ("structure", "drift")
    assert item["field"].startswith("fields")


# --- frozen


def scheduled(account: Account, at: str = "2030-12-01T08:00:00Z", status: str = "scheduled") -> str:
    id = id_of(account, "campaigns", "Welcome")
    account.campaign_status(id, status=status, scheduledAt=at)
    return id


@pytest.mark.parametrize(
    "status",
    ["scheduled", "sending", "paused", "sent", "failed", "cancelled"],
)
def test_a_campaign_changed_by_hand_fails_also_once_it_is_no_draft(
    status: str, project: Project, account: Account
) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    project.apply()
    by_hand(account, "campaigns", "Welcome", subject="B")
    scheduled(account, status=status)
    document = drift(project, code=2)
    item = only(document)
    assert (item["class"], item["moved"], item["status"]) == ("frozen", "drift", status)
    assert item["fails"]
    assert not document["clean"]
    assert not only(drift(project, "--fail-on", "frozen"))["fails"]
    policy(project, address=WELCOME, field="subject")
    assert only(drift(project))["class"] == "known"


def test_sent_to_another_list_than_declared_fails(project: Project, account: Account) -> None:
    both = [{"name": "Newsletter"}, {"name": "Customers"}]
    entry = {"name": "Welcome", "lists": ["Newsletter"], "schedule": {"at": timed(-1)}}
    declare(project, lists=both, campaigns=[entry])
    project.apply()
    by_hand(account, "campaigns", "Welcome", lists=lists(account, "Customers"))
    scheduled(account, entry["schedule"]["at"], "sent")
    item = only(drift(project, code=2))
    assert (item["field"], item["class"], item["moved"]) == ("lists", "frozen", "drift")
    declare(project, lists=both, campaigns=[{**entry, "lists": []}])
    assert only(drift(project, code=2))["moved"] == "conflict"
    unlock(project)
    item = only(drift(project))
    assert (item["class"], item["moved"], item["fails"]) == ("frozen", "drift", False)


@pytest.mark.parametrize("status", ["sent", "cancelled"])
def test_a_campaign_that_has_ended_has_a_remedy_of_its_own(
    status: str, project: Project, account: Account
) -> None:
    drifted(project, account)
    scheduled(account, status=status)
    told = " ".join(text(project, code=2).split())
    assert "nothing can be written to it any more: declare what is live, or answer for it" in told
    assert "Next:" not in told
    declare(project, campaigns=[{"name": "Welcome", "subject": "C"}])
    told = " ".join(text(project, code=2).split())
    assert "nothing can be written to it any more: declare what is live" in told
    assert "answer for it" not in told


@pytest.mark.parametrize("status", ["scheduled", "sent"])
def test_a_manifest_changed_after_that_does_not_fail(
    status: str, project: Project, account: Account
) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    project.apply()
    scheduled(account, status=status)
    declare(project, campaigns=[{"name": "Welcome", "subject": "B"}])
    item = only(drift(project))
    assert (item["class"], item["moved"]) == ("frozen", "pending")


def test_a_frozen_campaign_that_is_as_declared_is_clean(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    project.apply()
    scheduled(account, status="sent")
    assert drift(project)["clean"]


# --- findings


def test_what_is_blocked_is_a_finding(project: Project, account: Account) -> None:
    declare(project, contacts=[{"email": "eva@example.com", "status": "Active"}])
    document = drift(project)
    assert (document["items"], codes(document), document["clean"]) == ([], ["blocked"], False)
    assert document["summary"]["in_sync"] == 0


EVA = "contacts/eva@example.com"


def test_what_is_blocked_hides_nothing_else(project: Project, account: Account) -> None:
    entry = {"email": ANN, "lists": ["Newsletter"], "fields": {"First Name": "Anna"}}
    declare(project, contacts=[{**entry, "status": "Active"}], lists=[{"name": "Newsletter"}])
    project.apply()
    gone = {"primary": "Inactive", "secondary": "Unsubscribe"}
    by_hand(account, "contacts", ANN, status=gone, fields={first_name(account): "Nan"}, lists=[])
    document = drift(project, code=2)
    assert found(document) == {
        f"contacts/{ANN} fields.First Name": "drift",
        f"contacts/{ANN} lists": "drift",
        f"contacts/{ANN} status": "drift",
    }
    assert (codes(document), document["clean"]) == (["blocked"], False)
    assert "Next:" not in text(project, code=2)


def test_what_is_blocked_and_was_never_applied(project: Project, account: Account) -> None:
    entry = {"email": "eva@example.com", "status": "Active", "fields": {"First Name": "X"}}
    declare(project, contacts=[entry], lists=[{"name": "Newsletter"}])
    wanted = {f"{EVA} fields.First Name": "drift", f"{EVA} status": "drift"}
    assert found(drift(project, code=2)) == wanted
    # An apply that leaves it alone remembers nothing of it, and so it stays as it is told.
    project.run("apply", "--auto-approve")
    assert found(drift(project, code=2)) == wanted


def test_only_its_status_is_a_finding_where_nothing_is_remembered_of_it(
    project: Project, account: Account
) -> None:
    declare(project, contacts=[{"email": ANN, "status": "Active"}])
    project.apply()
    gone = {"primary": "Inactive", "secondary": "Unsubscribe"}
    by_hand(account, "contacts", ANN, status=gone)
    assert found(drift(project, code=2)) == {f"contacts/{ANN} status": "drift"}
    declare(project, contacts=[{"email": "eva@example.com", "status": "Active"}])
    document = drift(project)
    assert (document["items"], codes(document), document["locked"]) == ([], ["blocked"], True)


def test_what_is_ambiguous_is_a_finding(project: Project, account: Account) -> None:
    state = account.state()
    state["lists"] += [{"name": "Twin"}, {"name": "Twin"}]
    account.set(state)
    declare(project, lists=[{"name": "Twin"}])
    document = drift(project)
    assert (document["items"], codes(document), document["clean"]) == ([], ["ambiguous"], False)


def test_what_cannot_be_read_is_a_finding(project: Project, account: Account) -> None:
    account.switch(campaign_body="minimal")
    declare(project, campaigns=[{"name": "Welcome", "from_name": "Acme"}])
    document = drift(project)
    assert (document["items"], codes(document)) == ([], ["unreadable"])
    assert not document["clean"]


def test_a_lost_id_is_drift(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Newsletter", "id": "0" * 24}])
    document = drift(project, code=2)
    assert (only(document)["live"], codes(document)) == ("absent", ["id_not_found"])


def test_what_an_apply_would_refuse_is_not_told(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Customers", "protect": True}])
    project.apply()
    declare(project, lists=[{"name": "Customers", "state": "absent"}])
    assert "protected" in project.run("plan", "--format", "json").out
    assert codes(drift(project)) == []


# --- known drift


def drifted(project: Project, account: Account, **declared: Any) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A", **declared}])
    project.apply()
    by_hand(account, "campaigns", "Welcome", subject="B")


@pytest.mark.parametrize("address", [WELCOME, "campaigns/*", "campaigns/Wel*"])
def test_known_drift_does_not_fail(address: str, project: Project, account: Account) -> None:
    policy(project, address=address, field="subject")
    drifted(project, account)
    document = drift(project)
    item = only(document)
    assert (item["class"], item["moved"], item["fails"]) == ("known", "drift", False)
    assert item["known"] == {
        "reason": "legal edit",
        "owner": "marketing",
        "expires": "2999-12-31",
        "expired": False,
    }
    assert (codes(document), document["clean"]) == ([], False)


def test_known_drift_of_another_field_covers_nothing(project: Project, account: Account) -> None:
    policy(project, address=WELCOME, field="body")
    drifted(project, account)
    document = drift(project, code=2)
    assert (only(document)["class"], codes(document)) == ("drift", ["known_drift_unused"])


def test_known_drift_covers_what_is_below_its_field(project: Project, account: Account) -> None:
    policy(project, address=f"contacts/{ANN}", field="fields")
    declare(project, contacts=[{"email": ANN, "fields": {"First Name": "Anna"}}])
    project.apply()
    by_hand(account, "contacts", ANN, fields={first_name(account): "Nan"})
    assert found(drift(project)) == {f"contacts/{ANN} fields.First Name": "known"}


@pytest.mark.parametrize(("days", "code"), [(-1, 2), (0, 0), (1, 0)])
def test_known_drift_holds_through_its_day(
    days: int, code: int, project: Project, account: Account
) -> None:
    day = (datetime.now(UTC) + timedelta(days)).date().isoformat()
    policy(project, address=WELCOME, field="subject", expires=day)
    drifted(project, account)
    item = only(drift(project, code=code))
    assert item["class"] == ("drift" if code else "known")
    assert (item["known"]["expired"], item["fails"]) == (bool(code), bool(code))


def test_known_drift_that_matches_nothing_can_be_removed(
    project: Project, account: Account
) -> None:
    policy(project, address=WELCOME, field="subject")
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "News"}])
    project.apply()
    document = drift(project)
    (finding,) = document["findings"]
    assert (finding["level"], finding["address"]) == ("note", WELCOME)
    assert "can be removed" in finding["remedy"]
    assert document["clean"]
    assert codes(drift(project, "--target", "lists/*")) == []


def test_known_drift_does_not_cover_what_is_not_applied(project: Project, account: Account) -> None:
    policy(project, address=WELCOME, field="subject")
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    project.apply()
    declare(project, campaigns=[{"name": "Welcome", "subject": "C"}])
    document = drift(project, "--fail-on", "pending", code=2)
    assert (only(document)["class"], codes(document)) == ("pending", [])


def test_known_drift_does_not_cover_a_conflict(project: Project, account: Account) -> None:
    policy(project, address=WELCOME, field="subject")
    drifted(project, account)
    declare(project, campaigns=[{"name": "Welcome", "subject": "C"}])
    document = drift(project, code=2)
    item = only(document)
    assert (item["class"], item["fails"], codes(document)) == ("conflict", True, [])
    assert "known" not in item


def test_known_drift_stays_drift_where_a_first_look_was_remembered(
    project: Project, account: Account
) -> None:
    policy(project, address=WELCOME, field="subject")
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "Customers"}])
    assert drift(project, "--record")["recorded"]
    assert only(drift(project))["class"] == "known"
    policy(project, address=WELCOME, field="subject", expires="2020-01-01")
    assert only(drift(project, code=2))["class"] == "drift"


# --- manual steps


def timed(days: float, minutes: float = 0) -> str:
    at = datetime.now(UTC) + timedelta(days=days, minutes=minutes)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def state_of(document: Any) -> str:
    (one,) = document["manual"]
    return str(one["state"])


@pytest.mark.parametrize(
    ("status", "days", "state", "code"),
    [
        ("draft", 1, "todo", 0),
        ("draft", -1, "overdue", 9),
        ("scheduled", 1, "done", 0),
        ("sending", -1, "done", 0),
        ("sent", -1, "done", 0),
        ("paused", 1, "wrong", 9),
        ("cancelled", 1, "wrong", 9),
        ("failed", -1, "wrong", 9),
    ],
)
def test_a_manual_step_is_proven(
    status: str, days: int, state: str, code: int, project: Project, account: Account
) -> None:
    at = timed(days)
    declare(project, campaigns=[{"name": "Welcome", "schedule": {"at": at, "owner": "mia"}}])
    if status != "draft":
        scheduled(account, at, status)
    document = drift(project, code=code)
    (step,) = document["manual"]
    assert (step["state"], step["owner"], step["observed"]["status"]) == (state, "mia", status)
    assert drift(project, "--fail-on", "drift")["manual"] == [step]


@pytest.mark.parametrize(("status", "year"), [("scheduled", 2030), ("sent", 2025)])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("beyond", "state"), [(0, "done"), (1, "wrong"), (25 * 60, "wrong")])
def test_the_time_may_be_off_by_minutes(
    status: str, year: int, sign: int, beyond: int, state: str, project: Project, account: Account
) -> None:
    asked = datetime(year, 12, 1, 8, 0, tzinfo=UTC)
    seen = asked + sign * (TOLERANCE + timedelta(seconds=beyond))
    declare(project, campaigns=[{"name": "Welcome", "schedule": {"at": asked.isoformat()}}])
    scheduled(account, seen.isoformat(), status)
    assert state_of(drift(project, code=0 if state == "done" else 9)) == state


def test_all_states_of_a_manual_step_in_turn(project: Project, account: Account) -> None:
    at = "2030-12-01T08:00:00Z"
    declare(project, campaigns=[{"name": "Welcome", "schedule": {"at": at}}])
    assert state_of(drift(project)) == "todo"
    id = scheduled(account, "2030-12-01T08:30:00Z")
    assert state_of(drift(project, "--record", code=9)) == "wrong"
    account.campaign_status(id, status="draft")
    assert state_of(drift(project, "--record")) == "todo"
    scheduled(account, at)
    assert state_of(drift(project)) == "done"
    account.campaign_status(id, status="draft")
    assert state_of(drift(project)) == "todo"
    scheduled(account, at)
    assert state_of(drift(project, "--record")) == "done"
    account.campaign_status(id, status="draft")
    for _ in range(2):
        assert state_of(drift(project, "--record", code=9)) == "undone"
    scheduled(account, at, "sent")
    assert state_of(drift(project, code=9)) == "wrong"


def test_a_manual_step_goes_before_drift(project: Project, account: Account) -> None:
    drifted(project, account, schedule={"at": timed(-1)})
    assert state_of(drift(project, code=9)) == "overdue"
    drift(project, "--fail-on", "drift", code=2)
    drift(project, "--fail-on", "manual", code=9)
    drift(project, "--fail-on", "pending,conflict")


# --- what fails


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (None, 2),
        ("drift", 2),
        ("conflict", 2),
        ("pending", 2),
        ("manual", 0),
        ("frozen", 0),
        (" drift , manual", 2),
    ],
)
def test_what_to_fail_on(asked: str | None, code: int, project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A", "from_name": "A"}])
    project.apply()
    by_hand(account, "campaigns", "Welcome", subject="B", fromName="B")
    entry = {"subject": "A", "from_name": "C", "preview_text": "P"}
    declare(project, campaigns=[{"name": "Welcome", **entry}])
    document = drift(project, *(("--fail-on", asked) if asked else ()), code=code)
    assert sorted(item["class"] for item in document["items"]) == ["conflict", "drift", "pending"]
    words = {"drift", "conflict"} if asked is None else {w.strip() for w in asked.split(",")}
    for item in document["items"]:
        assert item["fails"] is (item["class"] in words)


@pytest.mark.parametrize(("asked", "near"), [("drif", "drift"), ("drift,,manual", ""), ("", "")])
def test_an_unknown_word_to_fail_on(
    asked: str, near: str, project: Project, account: Account
) -> None:
    declare(project, lists=[{"name": "Newsletter"}])
    account.clear_log()
    ran = project.run("drift", "--format", "json", "--fail-on", asked)
    assert ran.code == 3
    assert near in ran.json["error"]["message"]
    assert "drift, conflict, pending, manual" in ran.json["error"]["remedy"]
    assert account.log() == []


# --- who


def edited_contacts(project: Project, account: Account, *emails: str) -> None:
    """Seeds that were applied, and then changed by hand."""
    declare(project, contacts=[{"email": e, "fields": {"First Name": "Anna"}} for e in emails])
    project.apply()
    for email in emails:
        by_hand(account, "contacts", email, fields={first_name(account): "Nan"})


def event(at: str, **more: Any) -> dict[str, Any]:
    return {"type": "contact-updated", "timestamp": at, **more}


BY_MIA = {"triggeredBy": {"type": "user", "userId": "5" * 24}, "source": "web"}


def test_events_tell_who_wrote_last(project: Project, account: Account, cut: Cut) -> None:
    edited_contacts(project, account, ANN)
    rows = [
        event("2026-11-20T10:00:00.000Z", source="import"),
        event("2026-11-21T09:00:00.000+02:00", **BY_MIA),
        event("2026-11-21T06:59:59.999Z", source="api"),
    ]
    cut(Rule(EVENTS, instead(reply({"records": rows, "total": 3}))))
    assert only(drift(project, code=2))["last_change"] == {
        "at": "2026-11-21T09:00:00.000+02:00",
        "event": "contact-updated",
        "source": "web",
        "by": "user",
        "user": "5" * 24,
    }


def test_the_simulator_tells_what_was_written_by_the_api(
    project: Project, account: Account
) -> None:
    declare(project, contacts=[{"email": ANN, "fields": {"First Name": "Anna"}}])
    project.apply()
    path = f"contact/{id_of(account, 'contacts', ANN)}"
    contact = api(account, "GET", path)
    for value in contact["fields"]:
        value["value"] += " by hand"
    contact["lists"] = lists(account, "Newsletter")
    known = ("key", "contactStructureId", "fields", "lists", "tags", "status", "__v")
    api(account, "PUT", path, {name: contact[name] for name in known})
    change = only(drift(project, code=2))["last_change"]
    assert (change["event"], change["source"], change["by"]) == (
        "contact-updated",
        "api",
        "api-key",
    )


UPDATED = {"at": "2030-01-01T00:00:00.000Z"}


@pytest.mark.parametrize(
    "answer",
    [
        refusal(403, "ForbiddenError", "API key missing required scope: contacts:read"),
        refusal(404, "RecordNotFound", "Contact not found"),
        refusal(400, "ValidationError", "size"),
        reply({"records": [event("2026-11-20T10:00:00Z")], "total": 2}),
        reply({"records": [event("2026-11-20T10:00:00Z"), {"source": "web"}], "total": 2}),
        reply({"records": [event("some day")], "total": 1}),
        reply({"records": [], "total": 0}),
        reply({"records": "none"}),
        reply([1, 2]),
        reply(None),
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{[}",
    ],
    ids=str,
)
def test_events_that_tell_nothing_stop_nothing(
    answer: Any, project: Project, account: Account, cut: Cut
) -> None:
    edited_contacts(project, account, ANN)
    cut(Rule(EVENTS, instead(answer)))
    assert only(drift(project, code=2))["last_change"] == UPDATED


def test_few_contacts_are_asked_for_events(project: Project, account: Account, cut: Cut) -> None:
    emails = [f"qa{n}@acme.example" for n in range(MOST_ASKED + 2)]
    edited_contacts(project, account, *emails)
    rule = Rule(EVENTS, instead(reply({"records": [event("2026-11-20T10:00:00Z")], "total": 1})))
    cut(rule)
    items = drift(project, code=2)["items"]
    assert rule.hits == MOST_ASKED
    assert sum("event" in item["last_change"] for item in items) == MOST_ASKED


def test_no_more_is_asked_once_the_scope_is_missing(
    project: Project, account: Account, cut: Cut
) -> None:
    edited_contacts(project, account, ANN, "qa@acme.example")
    rule = Rule(
        EVENTS, instead(refusal(403, "ForbiddenError", "API key missing required scope: x"))
    )
    cut(rule)
    assert len(drift(project, code=2)["items"]) == 2
    assert rule.hits == 1


def test_no_events_are_asked_where_nothing_drifted(project: Project, account: Account) -> None:
    edited_contacts(project, account, ANN)
    policy(project, address="contacts/*", field="fields", expires="2020-01-01")
    declare(project, contacts=[{"email": ANN, "lists": ["Newsletter"]}])
    account.clear_log()
    assert only_lists(drift(project, "--fail-on", "manual"))
    assert not any("/events" in entry["path"] for entry in account.log())


def only_lists(document: Any) -> bool:
    return all(item["field"] == "lists" for item in document["items"])


def test_a_ceiling_on_requests_is_no_failure_for_the_rest(
    project: Project, account: Account
) -> None:
    edited_contacts(project, account, ANN)
    whole = drift(project, code=2)["requests"]
    document = drift(project, "--max-requests", str(whole - 1), code=2)
    assert (only(document)["last_change"], document["requests"]) == (UPDATED, whole - 1)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"timestamp": "2026-11-20T10:00:00"}, events.Touch("2026-11-20T10:00:00")),
        ({"timestamp": "2026-11-20T10:00:00Z", "triggeredBy": 7, "source": []}, None),
        (event("2026-11-20T10:00:00Z", triggeredBy={"userId": 5}), None),
    ],
)
def test_an_event_of_odd_parts(row: dict[str, Any], told: events.Touch | None) -> None:
    seen = events.last_of({"records": [row], "total": 1})
    assert seen is not None
    assert seen.at == row["timestamp"]
    assert told is None or seen == told


# --- remembering


def test_a_clean_look_is_remembered(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "from_name": "Acme"}])
    assert drift(project)["recorded"] is False
    assert lock_text(project) == ""
    assert drift(project, "--record")["recorded"] is True
    by_hand(account, "campaigns", "Welcome", fromName="B")
    document = drift(project, code=2)
    assert (found(document), document["locked"]) == ({f"{WELCOME} from_name": "drift"}, True)


def test_a_look_remembers_what_an_apply_does(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "News"}])
    project.apply()
    text = lock_text(project)
    drift(project, "--record")
    assert lock_text(project) == text
    unlock(project)
    drift(project, "--record")
    project.apply()
    assert json.loads(lock_text(project)).keys() == json.loads(text).keys()


def test_remembering_blesses_no_drift(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "News"}])
    project.apply()
    by_hand(account, "campaigns", "Welcome", subject="B")
    text = lock_text(project)
    for _ in range(2):
        assert found(drift(project, "--record", code=2)) == {f"{WELCOME} subject": "drift"}
    assert lock_text(project) == text


def test_a_first_look_at_what_differs_is_not_remembered(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "Customers"}])
    for _ in range(2):
        ran = project.run("drift", "--format", "json", "--record")
        assert (ran.code, ran.json["recorded"]) == (2, False)
        assert found(ran.json) == {f"{WELCOME} subject": "drift"}
        assert "nothing was remembered" in ran.err
    assert lock_text(project) == ""


def test_a_first_look_at_a_part_is_not_remembered(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome"}], lists=[{"name": "Customers"}])
    ran = project.run("drift", "--format", "json", "--record", "--target", "lists/*")
    assert (ran.code, ran.json["recorded"], lock_text(project)) == (0, False, "")
    assert "without --target" in ran.err
    assert drift(project, "--record")["recorded"]
    assert drift(project, "--record", "--target", "lists/*")["recorded"]


def test_a_schedule_of_another_object_is_not_remembered(project: Project, account: Account) -> None:
    at = "2030-12-01T08:00:00Z"
    declare(project, campaigns=[{"name": "Mine", "schedule": {"at": at}}])
    project.apply()
    without(account, "campaigns", "Mine")
    state = account.state()
    state["campaigns"].append({"name": "Mine", "status": "scheduled", "scheduledAt": at})
    account.set(state)
    text = lock_text(project)
    document = drift(project, "--record", code=2)
    assert (only(document)["field"], state_of(document)) == ("id", "done")
    assert lock_text(project) == text


def test_a_look_lifts_no_protection(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Customers", "protect": True}])
    project.apply()
    declare(project, lists=[{"name": "Customers"}])
    drift(project, "--record")
    declare(project, lists=[{"name": "Customers", "state": "absent"}])
    assert project.run("plan").code == 7


def test_a_lock_file_that_cannot_be_written(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "from_name": "Acme"}])
    (project.folder / LOCK).symlink_to("nowhere/lock.json")
    ran = project.run("drift", "--format", "json", "--record")
    assert (ran.code, ran.json["exit_code"], ran.json["recorded"]) == (1, 1, False)
    assert "nothing was remembered" in ran.json["error"]["message"]
    assert ran.json["items"] == []


def test_a_lock_file_that_moved_meanwhile_is_left_alone(
    project: Project, account: Account, cut: Cut
) -> None:
    declare(project, campaigns=[{"name": "Welcome", "from_name": "Acme"}])
    armed: list[str] = []
    rule = Rule("GET /api/email/campaign", edited(lambda value: put(project, armed)))
    cut(rule)
    drift(project, "--record")
    other = lock_text(project)
    unlock(project)
    armed.append(other)
    ran = project.run("drift", "--format", "json", "--record")
    assert ran.code == 1
    assert "moved meanwhile" in ran.json["error"]["message"]
    assert lock_text(project) == other


def put(project: Project, texts: list[str]) -> None:
    """What somebody else writes to the lock file meanwhile."""
    for text in texts:
        project.write(LOCK, text)


def test_a_lock_file_that_cannot_be_used(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Customers"}])
    project.write(LOCK, "<<<<<<< ours\n")
    ran = project.run("drift", "--format", "json")
    assert (ran.code, ran.json["error"]["code"]) == (3, "invalid_input")


# --- it only looks


def everything(project: Project, account: Account) -> None:
    """A project in which something of every class is to be told."""
    contacts = [{"email": ANN, "lists": ["Newsletter"], "fields": {"First Name": "Anna"}}]
    mine = [{"name": "Newsletter"}, {"name": "Mine"}]
    draft = {"name": "Welcome", "subject": "A", "schedule": {"at": timed(1)}}
    late = {"name": "Late", "schedule": {"at": timed(-1)}}
    sent = {"name": "2026-10 Newsletter"}
    declare(project, contacts=contacts, lists=mine, campaigns=[draft, late, sent])
    project.apply()
    by_hand(account, "campaigns", "Welcome", subject="B")
    by_hand(account, "contacts", ANN, fields={first_name(account): "Nan"}, lists=[])
    without(account, "lists", "Mine")
    frozen = {**sent, "subject": "Too late"}
    declare(project, contacts=contacts, lists=mine, campaigns=[draft, late, frozen])


OPTIONS = (
    (),
    ("--record",),
    ("--format", "json", "--record"),
    ("--target", "campaigns/*"),
    ("--max-requests", "2"),
    ("--fail-on", "pending", "--quiet"),
    ("--allow-host", "mail.example", "--verbose", "--no-color"),
    ("--output", "json=drift.json"),
)


def test_it_sends_nothing_that_writes(project: Project, account: Account) -> None:
    everything(project, account)
    before = account.state()
    account.clear_log()
    for options in OPTIONS:
        ran = project.run("drift", *options)
        assert ran.code in (0, 2, 5, 9), ran.err
        assert "Traceback" not in ran.err
    sent = {(e["method"], "" if e["method"] == "GET" else e["path"]) for e in account.log()}
    assert sent == {("GET", ""), SEARCH}
    assert account.state() == before


def test_it_asks_no_more_than_a_plan(project: Project, account: Account) -> None:
    declare(
        project,
        lists=[{"name": "Newsletter"}],
        contacts=[{"email": ANN, "lists": ["Newsletter"]}],
        campaigns=[{"name": "Welcome", "subject": "A"}, {"name": "2026-10 Newsletter"}],
    )
    project.apply()
    account.clear_log()
    project.plan()
    asked = [(entry["method"], entry["path"]) for entry in account.log()]
    account.clear_log()
    document = drift(project)
    assert [(entry["method"], entry["path"]) for entry in account.log()] == asked
    assert document["requests"] == len(asked)


def test_it_needs_no_scope_to_write(project: Project, account: Account) -> None:
    drifted(project, account)
    limit(account, ["contacts:read", "campaigns:read"])
    assert found(drift(project, code=2)) == {f"{WELCOME} subject": "drift"}


def test_a_missing_scope_is_refused(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    limit(account, ["contacts:read"])
    ran = project.run("drift", "--format", "json")
    assert (ran.code, ran.json["error"]["code"]) == (4, "scope_missing")


def test_targets(project: Project, account: Account) -> None:
    everything(project, account)
    document = drift(project, "--target", "lists/Mine", code=2)
    assert found(document) == {"lists/Mine state": "drift"}
    assert WELCOME in document["left_out"]
    ran = project.run("drift", "--target", "lists/Nonesuch")
    assert ran.code == 3


def test_problems_of_the_manifests(project: Project, account: Account) -> None:
    project.write("m.yaml", "version: 1\ncampaigns: [{name: New, lists: [Nonesuch]}]\n")
    ran: Ran = project.run("drift", "--format", "json")
    assert ran.code == 3
    assert ran.json["problems"][0]["code"]


def test_the_sandbox_has_a_lock_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("flask")
    project = Project(tmp_path)
    declare(project, lists=[{"name": "Newsletter"}])
    assert drift(project, "--sandbox", "--record")["recorded"]
    assert not (tmp_path / LOCK).exists()
    assert drift(project, "--sandbox")["locked"]


# --- in words


def text(project: Project, *arguments: str, code: int = 0) -> str:
    ran = project.run("drift", *arguments)
    assert ran.code == code, ran.out + ran.err
    assert max(map(len, ran.out.splitlines())) <= 80
    return ran.out


def test_the_verdict_of_a_clean_account(project: Project, account: Account) -> None:
    declare(
        project,
        lists=[{"name": "Newsletter"}],
        campaigns=[{"name": "Welcome", "schedule": {"at": timed(1)}}],
    )
    assert "\nThe account is as declared; 1 manual step todo.\n" in text(project)
    told = text(project, "--target", "lists/*")
    assert "\nWhat was looked at is as declared.\n" in told
    assert "Next:" not in told
    assert "What to do" not in told


def test_the_verdict_where_not_all_could_be_compared(project: Project, account: Account) -> None:
    declare(project, contacts=[{"email": "eva@example.com", "status": "Active"}])
    told = text(project)
    assert "The account is as declared as far as it could be compared: see the findings." in told
    assert "! contacts/eva@example.com (blocked)" in told


def test_the_verdict_of_known_drift(project: Project, account: Account) -> None:
    policy(project, address=WELCOME, field="subject")
    drifted(project, account)
    told = text(project)
    assert "The account is as declared, but for 1 known difference." in told
    assert "    until 2999-12-31: legal edit (marketing)" in told
    policy(project, address=WELCOME, field="subject", expires="2026-01-01")
    told = text(project, code=2)
    assert "    was known until 2026-01-01 and that is over: legal edit (marketing)" in told
    assert "The account is not as declared: 1 difference (1 drifted)." in told


def test_what_moved_in_words(project: Project, account: Account, cut: Cut) -> None:
    cut(Rule(EVENTS, instead(reply({"records": [event(HAND_AT, **BY_MIA)], "total": 1}))))
    everything(project, account)
    told = text(project, code=9)
    lines = told.splitlines()
    assert f"~ {WELCOME} (drift): subject changed by hand in the account" in lines
    assert '    subject: "A" → "B"' in lines
    assert f"~ contacts/{ANN} (drift): fields.First Name, lists changed by hand in" in lines
    assert "    last changed at 2026-11-20 10:00 UTC by user " + "5" * 24 + " from" in lines
    assert '    lists (missing: "Newsletter")' in lines
    assert "- lists/Mine (drift): is gone from the account" in lines
    assert f"! {SENT} (frozen): is sent, not a draft; subject declared" in lines
    assert "[ ] campaigns/Late (overdue)" in told
    assert lines[-1].startswith("Next: bmeconf apply")
    assert "without a lock file" not in told.lower()
    unlock(project)
    assert "Without a lock file nothing tells who moved" in text(project, code=9)


HAND_AT = "2026-11-20T10:00:00Z"


def test_what_to_type_to_undo_it(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Old list", "state": "absent"}])
    told = text(project, "--target", "lists/*", code=2)
    wanted = "bmeconf apply --target 'lists/*' --allow-delete 'lists/Old list'"
    assert told.splitlines()[-1] == f"Next: {wanted}"


def next_of(project: Project, *arguments: str, code: int = 2) -> str:
    """What is to be typed; empty where nothing is."""
    ran = project.run("drift", *arguments)
    assert ran.code == code, ran.out + ran.err
    last = ran.out.splitlines()[-1]
    return last.removeprefix("Next: ") if last.startswith("Next: ") else ""


def test_what_is_answered_for_is_nothing_to_undo(project: Project, account: Account) -> None:
    policy(project, address=WELCOME, field="subject")
    drifted(project, account, from_name="A")
    assert next_of(project, code=0) == ""
    # An apply to it would undo both.
    by_hand(account, "campaigns", "Welcome", fromName="B")
    assert next_of(project) == ""
    told = text(project, code=2)
    assert "To keep what was done by hand" in told
    assert "To undo what was done by hand" not in told


def test_what_is_not_applied_yet_is_nothing_to_undo(project: Project, account: Account) -> None:
    welcome = {"name": "Welcome", "subject": "A"}
    declare(project, lists=[{"name": "Customers"}], campaigns=[welcome])
    project.apply()
    gone = [{"name": "Customers", "state": "absent"}]
    declare(project, lists=gone, campaigns=[welcome])
    assert next_of(project, code=0) == ""
    by_hand(account, "campaigns", "Welcome", subject="B")
    assert next_of(project) == f"bmeconf apply --target {WELCOME}"
    assert next_of(project, "--target", "campaigns/*") == "bmeconf apply --target 'campaigns/*'"
    declare(project, lists=[], campaigns=[welcome])
    assert next_of(project) == "bmeconf apply"


def test_what_to_type_undoes_only_what_nobody_answers_for(
    project: Project, account: Account
) -> None:
    policy(project, address="campaigns/Second *", field="subject")
    names = ["Welcome", "Second [1] *"]
    declare(
        project,
        lists=[{"name": "Newsletter"}, {"name": "New"}],
        campaigns=[{"name": name, "subject": "A", "lists": ["Newsletter"]} for name in names],
    )
    project.apply()
    for name in names:
        by_hand(account, "campaigns", name, subject="B")
    wanted = next_of(project)
    assert wanted == f"bmeconf apply --target {WELCOME}"
    ran = project.run(*shlex.split(wanted)[1:], "--auto-approve")
    assert ran.code == 0, ran.err
    assert account.named("campaigns", "Welcome")["subject"] == "A"
    assert account.named("campaigns", "Second [1] *")["subject"] == "B"
    assert next_of(project, code=0) == ""


def test_what_it_depends_on_may_be_answered_for(project: Project, account: Account) -> None:
    policy(project, address=WELCOME, field="subject")
    copy = {"name": "Another", "copy_of": "Welcome", "subject": "A"}
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}, copy])
    project.apply()
    by_hand(account, "campaigns", "Another", subject="B")
    assert next_of(project) == "bmeconf apply"
    by_hand(account, "campaigns", "Welcome", subject="B")
    assert next_of(project) == ""


def test_nothing_to_type_where_an_apply_would_be_refused(
    project: Project, account: Account
) -> None:
    declare(project, lists=[{"name": "Newsletter"}], contacts=[{"email": ANN}])
    project.apply()
    by_hand(account, "lists", "Newsletter", name="Letters")
    assert "Next:" not in text(project, code=2)


def test_a_scheduled_campaign_that_was_changed_is_to_be_stopped(
    project: Project, account: Account
) -> None:
    drifted(project, account)
    scheduled(account)
    told = text(project, code=2)
    assert "take its schedule back in the web app" in told
    scheduled(account, status="sent")
    assert "take its schedule back in the web app" not in text(project, code=2)


@pytest.mark.parametrize(
    ("status", "at", "said"),
    [
        ("paused", "2030-12-01T08:00:00Z", "is paused, and goes to nobody until somebody resumes"),
        ("cancelled", "2030-12-01T08:00:00Z", "was cancelled, and goes to nobody"),
        ("failed", "2030-12-01T08:00:00Z", "has failed: the web app shows the reason"),
        ("scheduled", "2030-12-01T08:30:00Z", "is scheduled for 2030-12-01 09:30 (UTC+01:00), "),
        ("sent", "2030-12-01T07:00:00Z", "was sent, scheduled for 2030-12-01 08:00 (UTC+01:00), "),
    ],
)
def test_what_is_wrong_with_a_schedule_in_words(
    status: str, at: str, said: str, project: Project, account: Account
) -> None:
    due = "2030-12-01T09:00:00+01:00"
    declare(project, campaigns=[{"name": "Welcome", "schedule": {"at": due}}])
    scheduled(account, at, status)
    told = " ".join(text(project, code=9).split())
    assert said in told
    assert "2030-12-01 09:00 (UTC+01:00)" in told


def test_a_body_is_a_short_diff(project: Project, account: Account) -> None:
    html = "".join(f"<p>Line {n}</p>\n" for n in range(60))
    declare(project, campaigns=[{"name": "Welcome", "body": {"html": html}}])
    project.apply()
    by_hand(account, "campaigns", "Welcome", body=html.replace("Line 30", "LINE 30"))
    told = text(project, code=2)
    assert "      -<p>Line 30</p>\n      +<p>LINE 30</p>\n" in told
    assert "Line 10" not in told
    assert only(drift(project, code=2))["live"] == html.replace("Line 30", "LINE 30").strip()


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_names_do_no_harm(
    format: str, project: Project, account: Account, cut: Cut
) -> None:
    hostile = {"triggeredBy": {"type": HOSTILE, "userId": HOSTILE}, "source": HOSTILE}
    row = event(HAND_AT, **hostile) | {"type": "contact-updated"}
    cut(Rule(EVENTS, instead(reply({"records": [row], "total": 1}))))
    declare(
        project,
        lists=[{"name": "Newsletter"}],
        contacts=[{"email": ANN, "fields": {"First Name": "Anna"}}],
        campaigns=[{"name": "Welcome", "subject": "A"}],
    )
    project.apply()
    by_hand(account, "lists", "Newsletter", name=HOSTILE)
    by_hand(account, "campaigns", "Welcome", subject=HOSTILE)
    by_hand(account, "contacts", ANN, fields={first_name(account): HOSTILE})
    ran = project.run("drift", "--format", format)
    assert ran.code == 2, ran.err
    for told in (ran.out, ran.err):
        assert not {"\x1b", "\u202e"} & {*told}
        assert "##[" not in told or format == "json"
        assert not any(line.startswith("::error::") for line in told.splitlines())
    if format == "html":
        assert "<b>&" not in ran.out


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_tells_of_it(format: str, project: Project, account: Account) -> None:
    everything(project, account)
    file = project.folder / "report.out"
    ran = project.run("drift", "--format", format, "--output", f"{format}={file}")
    assert (ran.code, ran.err) == (9, "")
    assert file.read_text(encoding="utf-8") == ran.out or format == "html"
    for told in ("Mine", "Late", "overdue", "Welcome"):
        assert told in ran.out


def test_junit_counts_drift_as_failures(project: Project, account: Account) -> None:
    everything(project, account)
    ran = project.run("drift", "--format", "junit")
    assert 'failures="4"' in ran.out
    assert '<failure message="lists/Mine (drift): is gone from the account"' in ran.out
    assert '<failure message="campaigns/Late: was to be scheduled' in ran.out
    assert "<failure" not in project.run("drift", "--fail-on", "pending", "--format", "junit").out


def test_an_unknown_option_is_a_failure_of_drift(project: Project, account: Account) -> None:
    ran = project.run("drift", "--nonsense", "--format", "json")
    assert (ran.code, ran.json["format"]) == (3, "bmeconf.drift/1")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_tells_of_a_failure(format: str, project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Newsletter"}])
    ran = project.run("drift", "--format", format, "--fail-on", "drif")
    assert ran.code == 3
    assert "drif" in ran.out + ran.err
