"""`drift`: what moved and who moved it, manual steps, exit codes; through the real command line.

Design 3, 4, 7.9 and 7.17.
"""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bmeconf.drift.look import MOST_ASKED
from bmeconf.kinds import TOLERANCE, Touch
from bmeconf.kinds.contacts import last_write
from bmeconf.render import FORMATS
from tests.support.documents import codes, found, only, state_of
from tests.support.driver import LOCK, Account, Project, from_now
from tests.support.edits import ANN, SENT, WELCOME
from tests.support.fake_server import Cut, Rule, instead, refusal, reply

EVENTS = "GET /api/contact/[0-9a-f]{24}/events"
HOSTILE = "\x1b[31m::error::x\n##[y]|<b>&*_`\u202e"


# --- classes


def test_an_edit_by_hand_is_drift(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A"}])
    account.edit("campaigns", "Welcome", subject="B")
    item = only(project.drift(code=2))
    assert item.pop("last_change") == {"at": "2030-01-01T00:00:00.000Z"}
    assert item == {
        "address": WELCOME,
        "field": "subject",
        "class": "drift",
        "desired": "A",
        "live": "B",
        "fails": True,
    }


def test_what_was_deleted_and_is_there_again_is_drift(project: Project, account: Account) -> None:
    project.declare(lists=[{"name": "Old list", "state": "absent"}, {"name": "Newsletter"}])
    project.apply("--allow-delete", "lists/Old list")
    assert project.drift()["clean"]
    account.add("lists", name="Old list")
    item = only(project.drift(code=2))
    assert (item["class"], item["desired"], item["live"]) == ("drift", "absent", "present")


@pytest.mark.parametrize("kind", ["lists", "campaigns"])
def test_what_was_renamed_instead_of_deleted_lives_on(
    kind: str, project: Project, account: Account
) -> None:
    project.deploy(**{kind: [{"name": "Old"}]})
    project.declare(**{kind: [{"name": "Old", "state": "absent"}]})
    account.edit(kind, "Old", name="Archive")
    for document in (project.drift("--record"), project.plan(), project.drift(), project.apply()):
        (finding,) = document["findings"]
        assert (finding["code"], finding["level"]) == ("renamed_not_deleted", "warning")
        assert finding["address"] == f"{kind}/Old"
        assert "it is now called 'Archive'" in finding["message"]
    assert not project.drift()["clean"]
    assert "The account is as declared: see the findings" in project.drift_text()
    # The name that it has now may be declared either way, and nothing else ends it.
    project.declare(**{kind: [{"name": "Old", "state": "absent"}, {"name": "Archive"}]})
    assert project.drift()["findings"] == []
    project.declare(**{kind: [{"name": each, "state": "absent"} for each in ("Old", "Archive")]})
    project.apply("--allow-delete", f"{kind}/Archive")
    assert project.drift()["clean"]


def test_a_name_that_nothing_is_remembered_of_is_absent(project: Project, account: Account) -> None:
    project.deploy(lists=[{"name": "Old"}])
    project.declare(lists=[{"name": "Old", "state": "absent"}])
    account.edit("lists", "Old", name="Archive")
    project.unlock()
    assert project.drift()["clean"]


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
    project.declare(contacts=[{"email": ANN}])
    project.drift("--record")
    account.edit("contacts", ANN, key="anna@example.com")
    assert found(project.drift(code=2)) == {f"contacts/{ANN} state": "drift"}


def test_a_contact_that_a_search_does_not_show_yet_is_there(
    project: Project, account: Account, cut: Cut
) -> None:
    nothing = Rule("POST /api/contact/search", instead(reply({"contacts": [], "totalRecords": 0})))
    nothing.skip = 1
    cut(nothing)
    project.declare(contacts=[{"email": ANN, "fields": {"First Name": "Ann"}}])
    assert project.drift("--record")["recorded"]
    assert project.drift()["clean"]
    account.edit("contacts", ANN, fields={account.field_id("First Name"): "Nan"})
    assert found(project.drift(code=2)) == {f"contacts/{ANN} fields.First Name": "drift"}


def test_few_contacts_are_looked_for_by_id(project: Project, account: Account, cut: Cut) -> None:
    rule = Rule("GET /api/contact/[0-9a-f]{24}", lambda seen, forward: forward())
    cut(rule)
    emails = [f"qa{n}@acme.example" for n in range(MOST_ASKED + 2)]
    project.deploy(contacts=[{"email": email} for email in emails])
    for email in emails:
        account.remove("contacts", email)
    rule.hits = 0
    assert len(project.drift(code=2)["items"]) == MOST_ASKED + 2
    assert rule.hits == MOST_ASKED


def test_a_rename_of_what_is_pinned_is_drift(project: Project, account: Account) -> None:
    project.deploy(lists=[{"name": "Newsletter", "id": account.id_of("lists", "Newsletter")}])
    account.edit("lists", "Newsletter", name="Letters")
    item = only(project.drift(code=2))
    assert (item["field"], item["live"]) == ("name", "Letters")


@pytest.mark.parametrize("record", [[], ["--record"]])
@pytest.mark.parametrize("kind", ["lists", "campaigns"])
def test_another_object_of_the_same_name_is_drift(
    kind: str, record: list[str], project: Project, account: Account
) -> None:
    project.deploy(**{kind: [{"name": "Mine"}]})
    old = account.id_of(kind, "Mine")
    account.remove(kind, "Mine")
    account.add(kind, name="Mine")
    for _ in range(2):
        item = only(project.drift(*record, code=2))
        assert (item["field"], item["desired"], item["class"]) == ("id", old, "drift")
        assert item["live"] == account.id_of(kind, "Mine")


def test_membership_names_the_members(project: Project, account: Account) -> None:
    contact = {"email": ANN, "lists": ["Newsletter", "Customers"], "tags": []}
    project.deploy(contacts=[contact], lists=[{"name": "Old list"}])
    account.edit("contacts", ANN, lists=account.list_ids("Newsletter", "Old list"))
    item = only(project.drift(code=2))
    assert (item["field"], item["class"]) == ("lists", "drift")
    assert item["missing"] == ["lists/Customers"]
    assert item["unexpected"] == ["lists/Old list"]


def test_a_deleted_list_takes_no_copy_for_granted(project: Project, account: Account) -> None:
    """A plan foresees the members of a list that it copies; what is looked at is what is there."""
    project.deploy(
        lists=[{"name": "Newsletter"}, {"name": "Copy", "copy_of": "Newsletter"}],
        contacts=[{"email": ANN, "lists": ["Newsletter"]}],
    )
    structure = account.state()["structures"][0]["_id"]
    account.call("DELETE", f"contact-structure/{structure}/lists/{account.id_of('lists', 'Copy')}")
    assert found(project.drift(code=2)) == {"lists/Copy state": "drift"}


def test_a_field_that_is_gone_from_the_structure_is_drift(
    project: Project, account: Account
) -> None:
    project.deploy(structure={"fields": [{"label": "Company"}, {"label": "City"}], "tags": []})
    state = account.state()
    fields = state["structures"][0]["fields"]
    state["structures"][0]["fields"] = [f for f in fields if f["label"] != "City"]
    account.set(state)
    item = only(project.drift(code=2))
    assert (item["address"], item["class"]) == ("structure", "drift")
    assert item["field"].startswith("fields")


# --- frozen


@pytest.mark.parametrize(
    "status",
    ["scheduled", "sending", "paused", "sent", "failed", "cancelled"],
)
def test_a_campaign_changed_by_hand_fails_also_once_it_is_no_draft(
    status: str, project: Project, account: Account
) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A"}])
    account.edit("campaigns", "Welcome", subject="B")
    account.schedule(status=status)
    document = project.drift(code=2)
    item = only(document)
    assert (item["class"], item["moved"], item["status"]) == ("frozen", "drift", status)
    assert item["fails"]
    assert not document["clean"]
    assert not only(project.drift("--fail-on", "frozen"))["fails"]
    project.known_drift(address=WELCOME, field="subject")
    assert only(project.drift())["class"] == "known"


def test_sent_to_another_list_than_declared_fails(project: Project, account: Account) -> None:
    both = [{"name": "Newsletter"}, {"name": "Customers"}]
    entry = {"name": "Welcome", "lists": ["Newsletter"], "schedule": {"at": from_now(-1)}}
    project.deploy(lists=both, campaigns=[entry])
    account.edit("campaigns", "Welcome", lists=account.list_ids("Customers"))
    account.schedule(entry["schedule"]["at"], "sent")
    item = only(project.drift(code=2))
    assert (item["field"], item["class"], item["moved"]) == ("lists", "frozen", "drift")
    project.declare(lists=both, campaigns=[{**entry, "lists": []}])
    assert only(project.drift(code=2))["moved"] == "conflict"
    project.unlock()
    item = only(project.drift())
    assert (item["class"], item["moved"], item["fails"]) == ("frozen", "drift", False)


@pytest.mark.parametrize("status", ["sent", "cancelled"])
def test_a_campaign_that_has_ended_has_a_remedy_of_its_own(
    status: str, project: Project, account: Account
) -> None:
    drifted(project, account)
    account.schedule(status=status)
    told = " ".join(project.drift_text(code=2).split())
    assert "nothing can be written to it any more: declare what is live, or accept it" in told
    assert "Next:" not in told
    project.declare(campaigns=[{"name": "Welcome", "subject": "C"}])
    told = " ".join(project.drift_text(code=2).split())
    assert "nothing can be written to it any more: declare what is live" in told
    assert "accept it" not in told


# --- findings


EVA = "contacts/eva@example.com"


def test_what_is_blocked_and_was_never_applied(project: Project) -> None:
    entry = {"email": "eva@example.com", "status": "Active", "fields": {"First Name": "X"}}
    project.declare(contacts=[entry], lists=[{"name": "Newsletter"}])
    wanted = {f"{EVA} fields.First Name": "drift", f"{EVA} status": "drift"}
    assert found(project.drift(code=2)) == wanted
    # An apply that leaves it alone remembers nothing of it, and so it stays as it is told.
    project.run("apply", "--auto-approve")
    assert found(project.drift(code=2)) == wanted


def test_what_an_apply_would_refuse_is_not_told(project: Project) -> None:
    project.deploy(lists=[{"name": "Customers", "protect": True}])
    project.declare(lists=[{"name": "Customers", "state": "absent"}])
    assert "protected" in project.run("plan", "--format", "json").out
    assert codes(project.drift()) == []


# --- known drift


def drifted(project: Project, account: Account, **declared: Any) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A", **declared}])
    account.edit("campaigns", "Welcome", subject="B")


@pytest.mark.parametrize("address", [WELCOME, "campaigns/*", "campaigns/Wel*"])
def test_known_drift_does_not_fail(address: str, project: Project, account: Account) -> None:
    project.known_drift(address=address, field="subject")
    drifted(project, account)
    document = project.drift()
    item = only(document)
    assert (item["class"], item["moved"], item["fails"]) == ("known", "drift", False)
    assert item["known"] == {
        "reason": "legal edit",
        "owner": "marketing",
        "expires": "2999-12-31",
        "expired": False,
    }
    assert (codes(document), document["clean"]) == ([], False)


@pytest.mark.parametrize(("days", "code"), [(-1, 2), (0, 0), (1, 0)])
def test_known_drift_holds_through_its_day(
    days: int, code: int, project: Project, account: Account
) -> None:
    day = (datetime.now(UTC) + timedelta(days)).date().isoformat()
    project.known_drift(address=WELCOME, field="subject", expires=day)
    drifted(project, account)
    item = only(project.drift(code=code))
    assert item["class"] == ("drift" if code else "known")
    assert (item["known"]["expired"], item["fails"]) == (bool(code), bool(code))


def test_known_drift_that_matches_nothing_can_be_removed(project: Project) -> None:
    project.known_drift(address=WELCOME, field="subject")
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "News"}])
    document = project.drift()
    (finding,) = document["findings"]
    assert (finding["level"], finding["address"]) == ("note", WELCOME)
    assert "can be removed" in finding["remedy"]
    assert document["clean"]
    assert codes(project.drift("--target", "lists/*")) == []


# --- manual steps


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
    at = from_now(days)
    project.declare(campaigns=[{"name": "Welcome", "schedule": {"at": at, "owner": "mia"}}])
    if status != "draft":
        account.schedule(at, status)
    document = project.drift(code=code)
    (step,) = document["manual"]
    assert (step["state"], step["owner"], step["observed"]["status"]) == (state, "mia", status)
    assert project.drift("--fail-on", "drift")["manual"] == [step]


@pytest.mark.parametrize(("status", "year"), [("scheduled", 2030), ("sent", 2025)])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("beyond", "state"), [(0, "done"), (1, "wrong"), (25 * 60, "wrong")])
def test_the_time_may_be_off_by_minutes(
    status: str, year: int, sign: int, beyond: int, state: str, project: Project, account: Account
) -> None:
    asked = datetime(year, 12, 1, 8, 0, tzinfo=UTC)
    seen = asked + sign * (TOLERANCE + timedelta(seconds=beyond))
    project.declare(campaigns=[{"name": "Welcome", "schedule": {"at": asked.isoformat()}}])
    account.schedule(seen.isoformat(), status)
    assert state_of(project.drift(code=0 if state == "done" else 9)) == state


def test_all_states_of_a_manual_step_in_turn(project: Project, account: Account) -> None:
    at = "2030-12-01T08:00:00Z"
    project.declare(campaigns=[{"name": "Welcome", "schedule": {"at": at}}])
    turns = [
        ("scheduled", "2030-12-01T08:30:00Z", ["--record"], "wrong"),
        ("draft", None, ["--record"], "todo"),
        ("scheduled", at, [], "done"),
        ("draft", None, [], "todo"),
        ("scheduled", at, ["--record"], "done"),
        ("draft", None, ["--record"], "undone"),
        ("draft", None, ["--record"], "undone"),
        ("sent", at, [], "wrong"),
    ]
    assert state_of(project.drift()) == "todo"
    for status, time, record, state in turns:
        timed = {"scheduledAt": time} if time else {}
        account.campaign_status(account.id_of("campaigns", "Welcome"), status=status, **timed)
        code = 9 if state in ("wrong", "undone") else 0
        assert state_of(project.drift(*record, code=code)) == state


def test_a_manual_step_goes_before_drift(project: Project, account: Account) -> None:
    drifted(project, account, schedule={"at": from_now(-1)})
    assert state_of(project.drift(code=9)) == "overdue"
    project.drift("--fail-on", "drift", code=2)
    project.drift("--fail-on", "manual", code=9)
    project.drift("--fail-on", "pending,conflict")


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
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A", "from_name": "A"}])
    account.edit("campaigns", "Welcome", subject="B", fromName="B")
    entry = {"subject": "A", "from_name": "C", "preview_text": "P"}
    project.declare(campaigns=[{"name": "Welcome", **entry}])
    document = project.drift(*(("--fail-on", asked) if asked else ()), code=code)
    assert sorted(item["class"] for item in document["items"]) == ["conflict", "drift", "pending"]
    words = {"drift", "conflict"} if asked is None else {w.strip() for w in asked.split(",")}
    for item in document["items"]:
        assert item["fails"] is (item["class"] in words)


@pytest.mark.parametrize(("asked", "near"), [("drif", "drift"), ("drift,,manual", ""), ("", "")])
def test_an_unknown_word_to_fail_on(
    asked: str, near: str, project: Project, account: Account
) -> None:
    project.declare(lists=[{"name": "Newsletter"}])
    account.clear_log()
    ran = project.run("drift", "--format", "json", "--fail-on", asked)
    assert ran.code == 3
    assert near in ran.json["error"]["message"]
    assert "drift, conflict, pending, manual" in ran.json["error"]["remedy"]
    assert account.log() == []


# --- who


def edited_contacts(project: Project, account: Account, *emails: str) -> None:
    """Seeds that were applied, and then changed by hand."""
    project.deploy(contacts=[{"email": e, "fields": {"First Name": "Anna"}} for e in emails])
    for email in emails:
        account.edit("contacts", email, fields={account.field_id("First Name"): "Nan"})


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
    assert only(project.drift(code=2))["last_change"] == {
        "at": "2026-11-21T09:00:00.000+02:00",
        "event": "contact-updated",
        "source": "web",
        "by": "user",
        "user": "5" * 24,
    }


def test_the_simulator_tells_what_was_written_by_the_api(
    project: Project, account: Account
) -> None:
    project.deploy(contacts=[{"email": ANN, "fields": {"First Name": "Anna"}}])
    path = f"contact/{account.id_of('contacts', ANN)}"
    contact = account.call("GET", path)
    for value in contact["fields"]:
        value["value"] += " by hand"
    contact["lists"] = account.list_ids("Newsletter")
    known = ("key", "contactStructureId", "fields", "lists", "tags", "status", "__v")
    account.call("PUT", path, {name: contact[name] for name in known})
    change = only(project.drift(code=2))["last_change"]
    assert change | {"event": "contact-updated", "source": "api", "by": "api-key"} == change


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
    assert only(project.drift(code=2))["last_change"] == UPDATED


def test_few_contacts_are_asked_for_events(project: Project, account: Account, cut: Cut) -> None:
    emails = [f"qa{n}@acme.example" for n in range(MOST_ASKED + 2)]
    edited_contacts(project, account, *emails)
    rule = Rule(EVENTS, instead(reply({"records": [event("2026-11-20T10:00:00Z")], "total": 1})))
    cut(rule)
    items = project.drift(code=2)["items"]
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
    assert len(project.drift(code=2)["items"]) == 2
    assert rule.hits == 1


def test_no_events_are_asked_where_nothing_drifted(project: Project, account: Account) -> None:
    edited_contacts(project, account, ANN)
    project.known_drift(address="contacts/*", field="fields", expires="2020-01-01")
    project.declare(contacts=[{"email": ANN, "lists": ["Newsletter"]}])
    account.clear_log()
    assert only_lists(project.drift("--fail-on", "manual"))
    assert not any("/events" in entry["path"] for entry in account.log())


def only_lists(document: Any) -> bool:
    return all(item["field"] == "lists" for item in document["items"])


def test_a_ceiling_on_requests_is_no_failure_for_the_rest(
    project: Project, account: Account
) -> None:
    edited_contacts(project, account, ANN)
    whole = project.drift(code=2)["requests"]
    document = project.drift("--max-requests", str(whole - 1), code=2)
    assert (only(document)["last_change"], document["requests"]) == (UPDATED, whole - 1)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"timestamp": "2026-11-20T10:00:00"}, Touch("2026-11-20T10:00:00")),
        ({"timestamp": "2026-11-20T10:00:00Z", "triggeredBy": 7, "source": []}, None),
        (event("2026-11-20T10:00:00Z", triggeredBy={"userId": 5}), None),
    ],
)
def test_an_event_of_odd_parts(row: dict[str, Any], told: Touch | None) -> None:
    seen = last_write({"records": [row], "total": 1})
    assert seen is not None
    assert seen.at == row["timestamp"]
    assert told is None or seen == told


# --- remembering


def test_a_clean_look_is_remembered(project: Project, account: Account) -> None:
    project.declare(campaigns=[{"name": "Welcome", "from_name": "Acme"}])
    assert project.drift()["recorded"] is False
    assert project.lock_text() == ""
    assert project.drift("--record")["recorded"] is True
    account.edit("campaigns", "Welcome", fromName="B")
    document = project.drift(code=2)
    assert (found(document), document["locked"]) == ({f"{WELCOME} from_name": "drift"}, True)


def test_a_look_remembers_what_an_apply_does(project: Project) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "News"}])
    text = project.lock_text()
    project.drift("--record")
    assert project.lock_text() == text
    project.unlock()
    project.drift("--record")
    project.apply()
    assert json.loads(project.lock_text()).keys() == json.loads(text).keys()


def test_remembering_blesses_no_drift(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "News"}])
    account.edit("campaigns", "Welcome", subject="B")
    text = project.lock_text()
    for _ in range(2):
        assert found(project.drift("--record", code=2)) == {f"{WELCOME} subject": "drift"}
    assert project.lock_text() == text


def test_a_first_look_at_what_differs_is_not_remembered(project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "Customers"}])
    for _ in range(2):
        ran = project.run("drift", "--format", "json", "--record")
        assert (ran.code, ran.json["recorded"]) == (2, False)
        assert found(ran.json) == {f"{WELCOME} subject": "drift"}
        assert "nothing was remembered" in ran.err
    assert project.lock_text() == ""


def test_a_first_look_at_a_part_is_not_remembered(project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome"}], lists=[{"name": "Customers"}])
    ran = project.run("drift", "--format", "json", "--record", "--target", "lists/*")
    assert (ran.code, ran.json["recorded"], project.lock_text()) == (0, False, "")
    assert "without --target" in ran.err
    assert project.drift("--record")["recorded"]
    assert project.drift("--record", "--target", "lists/*")["recorded"]


def test_a_schedule_of_another_object_is_not_remembered(project: Project, account: Account) -> None:
    at = "2030-12-01T08:00:00Z"
    project.deploy(campaigns=[{"name": "Mine", "schedule": {"at": at}}])
    account.remove("campaigns", "Mine")
    account.add("campaigns", name="Mine", status="scheduled", scheduledAt=at)
    text = project.lock_text()
    document = project.drift("--record", code=2)
    assert (only(document)["field"], state_of(document)) == ("id", "done")
    assert project.lock_text() == text


def test_a_look_lifts_no_protection(project: Project) -> None:
    project.deploy(lists=[{"name": "Customers", "protect": True}])
    project.declare(lists=[{"name": "Customers"}])
    project.drift("--record")
    project.declare(lists=[{"name": "Customers", "state": "absent"}])
    assert project.run("plan").code == 7


def test_a_lock_file_that_cannot_be_written(project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome", "from_name": "Acme"}])
    (project.folder / LOCK).symlink_to("nowhere/lock.json")
    ran = project.run("drift", "--format", "json", "--record")
    assert (ran.code, ran.json["exit_code"], ran.json["recorded"]) == (1, 1, False)
    assert "nothing was remembered" in ran.json["error"]["message"]
    assert ran.json["items"] == []


# --- it only looks


def everything(project: Project, account: Account) -> None:
    """A project in which something of every class is to be told."""
    contacts = [{"email": ANN, "lists": ["Newsletter"], "fields": {"First Name": "Anna"}}]
    mine = [{"name": "Newsletter"}, {"name": "Mine"}]
    draft = {"name": "Welcome", "subject": "A", "schedule": {"at": from_now(1)}}
    late = {"name": "Late", "schedule": {"at": from_now(-1)}}
    sent = {"name": "2026-10 Newsletter"}
    project.deploy(contacts=contacts, lists=mine, campaigns=[draft, late, sent])
    account.edit("campaigns", "Welcome", subject="B")
    account.edit("contacts", ANN, fields={account.field_id("First Name"): "Nan"}, lists=[])
    account.remove("lists", "Mine")
    frozen = {**sent, "subject": "Too late"}
    project.declare(contacts=contacts, lists=mine, campaigns=[draft, late, frozen])


def test_it_asks_no_more_than_a_plan_that_may_be_applied(
    project: Project, account: Account
) -> None:
    project.deploy(
        lists=[{"name": "Newsletter"}],
        contacts=[{"email": ANN, "lists": ["Newsletter"]}],
        campaigns=[{"name": "Welcome", "subject": "A"}, {"name": "2026-10 Newsletter"}],
    )
    account.clear_log()
    project.run("plan", "--out", "p.json", "--parallel", "1").ok()
    asked = [(entry["method"], entry["path"]) for entry in account.log()]
    account.clear_log()
    document = project.drift("--parallel", "1")
    assert [(entry["method"], entry["path"]) for entry in account.log()] == asked
    assert document["requests"] == len(asked)


def test_it_needs_no_scope_to_write(project: Project, account: Account) -> None:
    drifted(project, account)
    account.limit(["contacts:read", "campaigns:read"])
    assert found(project.drift(code=2)) == {f"{WELCOME} subject": "drift"}


def test_targets(project: Project, account: Account) -> None:
    everything(project, account)
    document = project.drift("--target", "lists/Mine", code=2)
    assert found(document) == {"lists/Mine state": "drift"}
    assert WELCOME in document["left_out"]
    ran = project.run("drift", "--target", "lists/Nonesuch")
    assert ran.code == 3


# --- in words


def test_the_verdict_of_a_clean_account(project: Project) -> None:
    project.declare(
        lists=[{"name": "Newsletter"}],
        campaigns=[{"name": "Welcome", "schedule": {"at": from_now(1)}}],
    )
    assert "\nThe account is as declared; 1 manual step to do.\n" in project.drift_text()
    told = project.drift_text("--target", "lists/*")
    assert "\nWhat was looked at is as declared.\n" in told
    assert "Next:" not in told
    assert "What to do" not in told


def test_what_moved_in_words(project: Project, account: Account, cut: Cut) -> None:
    cut(Rule(EVENTS, instead(reply({"records": [event(HAND_AT, **BY_MIA)], "total": 1}))))
    everything(project, account)
    told = project.drift_text(code=9)
    lines = told.splitlines()
    assert f"~ {WELCOME} (drift): subject changed by hand in the account" in lines
    assert '    subject: in Git: "A", in the account: "B"' in lines
    assert f"~ contacts/{ANN} (drift): fields.First Name, lists changed by hand in" in lines
    assert "    last changed at 2026-11-20 10:00 UTC by user " + "5" * 24 + " from" in lines
    assert '    lists: in Git: ["Newsletter"], in the account: []' in lines
    assert "- lists/Mine (drift): is gone from the account" in lines
    assert f"! {SENT} (frozen): is sent, not a draft; subject declared" in lines
    assert "[ ] campaigns/Late (overdue)" in told
    assert lines[-1].startswith("Next: bmeconf apply")
    assert "without a lock file" not in told.lower()
    project.unlock()
    assert "Without a lock file nothing tells who moved" in project.drift_text(code=9)


HAND_AT = "2026-11-20T10:00:00Z"


def test_what_to_type_to_undo_it(project: Project) -> None:
    project.declare(lists=[{"name": "Old list", "state": "absent"}])
    told = project.drift_text("--target", "lists/*", code=2)
    wanted = "bmeconf apply --target 'lists/*' --allow-delete 'lists/Old list'"
    assert told.splitlines()[-1] == f"Next: {wanted}"


def next_of(project: Project, *arguments: str, code: int = 2) -> str:
    """What is to be typed; empty where nothing is."""
    ran = project.run("drift", *arguments)
    assert ran.code == code, ran.out + ran.err
    last = ran.out.splitlines()[-1]
    return last.removeprefix("Next: ") if last.startswith("Next: ") else ""


def test_what_is_answered_for_is_nothing_to_undo(project: Project, account: Account) -> None:
    project.known_drift(address=WELCOME, field="subject")
    drifted(project, account, from_name="A")
    assert next_of(project, code=0) == ""
    # An apply to it would undo both.
    account.edit("campaigns", "Welcome", fromName="B")
    assert next_of(project) == ""
    told = project.drift_text(code=2)
    assert "To keep what was done by hand" in told
    assert "To undo what was done by hand" not in told


def test_what_is_not_applied_yet_is_nothing_to_undo(project: Project, account: Account) -> None:
    welcome = {"name": "Welcome", "subject": "A"}
    project.deploy(lists=[{"name": "Customers"}], campaigns=[welcome])
    gone = [{"name": "Customers", "state": "absent"}]
    project.declare(lists=gone, campaigns=[welcome])
    assert next_of(project, code=0) == ""
    account.edit("campaigns", "Welcome", subject="B")
    assert next_of(project) == f"bmeconf apply --target {WELCOME}"
    assert next_of(project, "--target", "campaigns/*") == "bmeconf apply --target 'campaigns/*'"
    project.declare(lists=[], campaigns=[welcome])
    assert next_of(project) == "bmeconf apply"


def test_what_to_type_undoes_only_what_nobody_answers_for(
    project: Project, account: Account
) -> None:
    project.known_drift(address="campaigns/Second *", field="subject")
    names = ["Welcome", "Second [1] *"]
    project.deploy(
        lists=[{"name": "Newsletter"}, {"name": "New"}],
        campaigns=[{"name": name, "subject": "A", "lists": ["Newsletter"]} for name in names],
    )
    for name in names:
        account.edit("campaigns", name, subject="B")
    wanted = next_of(project)
    assert wanted == f"bmeconf apply --target {WELCOME}"
    ran = project.run(*shlex.split(wanted)[1:], "--auto-approve")
    assert ran.code == 0, ran.err
    assert account.named("campaigns", "Welcome")["subject"] == "A"
    assert account.named("campaigns", "Second [1] *")["subject"] == "B"
    assert next_of(project, code=0) == ""


def test_what_it_depends_on_may_be_answered_for(project: Project, account: Account) -> None:
    project.known_drift(address=WELCOME, field="subject")
    copy = {"name": "Another", "copy_of": "Welcome", "subject": "A"}
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A"}, copy])
    account.edit("campaigns", "Another", subject="B")
    assert next_of(project) == "bmeconf apply"
    account.edit("campaigns", "Welcome", subject="B")
    assert next_of(project) == ""


@pytest.mark.parametrize(
    ("status", "at", "said"),
    [
        ("paused", "2030-12-01T08:00:00Z", "is paused, and goes to nobody until somebody resumes"),
        ("cancelled", "2030-12-01T08:00:00Z", "was cancelled, and goes to nobody"),
        ("failed", "2030-12-01T08:00:00Z", "has failed: the web app shows the reason"),
        ("scheduled", "2030-12-01T08:30:00Z", "is scheduled for 2030-12-01 09:30 (UTC+01:00), "),
        ("sent", "2030-12-01T07:00:00Z", "was sent, scheduled for 2030-12-01 08:00 (UTC+01:00) "),
    ],
)
def test_what_is_wrong_with_a_schedule_in_words(
    status: str, at: str, said: str, project: Project, account: Account
) -> None:
    due = "2030-12-01T09:00:00+01:00"
    project.declare(campaigns=[{"name": "Welcome", "schedule": {"at": due}}])
    account.schedule(at, status)
    told = " ".join(project.drift_text(code=9).split())
    assert said in told
    assert "2030-12-01 09:00 (UTC+01:00)" in told


def test_a_body_is_a_short_diff(project: Project, account: Account) -> None:
    html = "".join(f"<p>Line {n}</p>\n" for n in range(60))
    project.deploy(campaigns=[{"name": "Welcome", "body": {"html": html}}])
    account.edit("campaigns", "Welcome", body=html.replace("Line 30", "LINE 30"))
    told = project.drift_text(code=2)
    assert "      < <p>Line 30</p>\n      > <p>LINE 30</p>\n" in told
    assert "      < In Git, > In the account\n" in told
    assert "Line 10" not in told
    assert only(project.drift(code=2))["live"] == html.replace("Line 30", "LINE 30").strip()


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_names_do_no_harm(
    format: str, project: Project, account: Account, cut: Cut
) -> None:
    hostile = {"triggeredBy": {"type": HOSTILE, "userId": HOSTILE}, "source": HOSTILE}
    row = event(HAND_AT, **hostile) | {"type": "contact-updated"}
    cut(Rule(EVENTS, instead(reply({"records": [row], "total": 1}))))
    project.deploy(
        lists=[{"name": "Newsletter"}],
        contacts=[{"email": ANN, "fields": {"First Name": "Anna"}}],
        campaigns=[{"name": "Welcome", "subject": "A"}],
    )
    account.edit("lists", "Newsletter", name=HOSTILE)
    account.edit("campaigns", "Welcome", subject=HOSTILE)
    account.edit("contacts", ANN, fields={account.field_id("First Name"): HOSTILE})
    ran = project.run("drift", "--format", format)
    assert ran.code == 2, ran.err
    for told in (ran.out, ran.err):
        assert not {"\x1b", "\u202e"} & {*told}
        assert "##[" not in told or format == "json"
        assert not any(line.startswith("::error::") for line in told.splitlines())
    if format == "html":
        assert "<b>&" not in ran.out


def test_junit_counts_drift_as_failures(project: Project, account: Account) -> None:
    everything(project, account)
    ran = project.run("drift", "--format", "junit")
    assert 'failures="4"' in ran.out
    assert '<failure message="lists/Mine (drift): is gone from the account"' in ran.out
    assert '<failure message="campaigns/Late (overdue): should have been scheduled' in ran.out
    assert "<failure" not in project.run("drift", "--fail-on", "pending", "--format", "junit").out


def test_an_unknown_option_is_a_failure_of_drift(project: Project) -> None:
    ran = project.run("drift", "--nonsense", "--format", "json")
    assert (ran.code, ran.json["format"]) == (3, "bmeconf.drift/1")


def test_what_is_deleted_while_it_is_read_is_not_made_again(
    project: Project, account: Account, cut: Cut
) -> None:
    """A resource with an id is one object; without that, no other is to take its place."""
    id = account.id_of("contacts", ANN)
    project.declare(contacts=[{"email": ANN, "id": id, "fields": {"First Name": "Another"}}])
    cut(Rule(f"GET /api/contact/{id}", instead(refusal(404, "RecordNotFound", "gone"))))
    plan = project.run("plan", "--format", "json")
    assert (plan.code, plan.json["steps"]) == (7, [])
    assert codes(plan.json) == ["id_not_found"]
    assert only(project.drift(code=2))["class"] == "drift"
