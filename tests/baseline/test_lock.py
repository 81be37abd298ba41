"""The lock file: who moved, what is hidden or rewritten, what was renamed, protected, scheduled.

Design 7.17, through the command line against the simulated account.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from bmeconf.baseline import Section, record
from bmeconf.baseline.lock_baseline import LockBaseline
from bmeconf.baseline.record import ProvenWrite
from bmeconf.kinds import KINDS, IdMap
from bmeconf.model import Address, Change
from bmeconf.sandbox import Sandbox
from tests.support.documents import classes, codes, state_of
from tests.support.driver import IDENTITY, LOCK, Account, Project, Ran
from tests.support.edits import ANN, CASES, VIP
from tests.support.fake_server import (
    Action,
    Cut,
    Forward,
    Reply,
    Rule,
    Seen,
    edited,
    instead,
)
from tests.support.git import commit, git
from tests.support.strategies import cells

EXAMPLE = Path(__file__).parents[2] / "examples" / "newsletter"
READS_ONE = re.compile(r"/api/email/campaign/[0-9a-f]{24}")


def refused(project: Project, **manifest: Any) -> Any:
    """The document of a plan that is refused; of `manifest`, where one is given."""
    if manifest:
        project.declare(**manifest)
    ran = project.run("plan", "--format", "json")
    assert ran.code == 7, ran.out
    return ran.json


def applied(project: Project, *arguments: str, **manifest: Any) -> Ran:
    """An apply that may fail; of `manifest`, where one is given."""
    if manifest:
        project.declare(**manifest)
    return project.run("apply", "--auto-approve", "--format", "json", *arguments)


def unproven(project: Project, **manifest: Any) -> list[str]:
    """The findings of an apply after which something does not read back as written."""
    ran = applied(project, **manifest)
    assert ran.code == 8, ran.out
    return codes(ran.json)


def idle(project: Project, **manifest: Any) -> list[str]:
    """The findings of a plan that has nothing to do."""
    plan = project.planned(**manifest) if manifest else project.plan()
    assert plan["steps"] == []
    return codes(plan)


def leaves_it(project: Project) -> None:
    """Apply once more, which must leave the lock file byte for byte."""
    text = project.lock_text()
    project.apply()
    assert project.lock_text() == text


def refusing() -> Reply:
    return Reply(400, b'{"errors":[{"errorType":"ValidationError","message":"no"}]}')


# --- who moved


MOVED = ("nobody", "manifest", "account", "both")
FURTHER = cells(CASES, MOVED)
"""What is looked at without a lock file, and after an apply: half of them in an ordinary run."""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("moved", MOVED)
def test_who_moved(case: str, moved: str, project: Project, account: Account) -> None:
    kind, name, field, first, second, change, path = CASES[case]
    identity = "email" if kind == "contacts" else "name"
    names = ("Newsletter", "Customers", "Old list")
    whole: Any = {"lists": [{"name": n} for n in names], "structure": {"tags": [VIP]}}
    project.deploy(**whole, **{kind: [{identity: name, field: first}]})
    commit(project.folder)
    if moved in ("manifest", "both"):
        project.declare(**whole, **{kind: [{identity: name, field: second}]})
    if moved in ("account", "both"):
        account.edit(kind, name, **change(account))
    plan = project.plan()
    cause = {"manifest": "pending", "account": "drift", "both": "conflict"}
    same = moved == "nobody" or (case == "tags" and moved == "both")
    assert classes(plan) == ({} if same else {f"{kind}/{name} {path}": cause[moved]})
    if (case, moved) not in FURTHER:
        return
    # Without the lock file the commit knows it, and without that nobody does.
    lock = project.lock_text()
    project.unlock()
    assert classes(project.plan("--since", "HEAD")) == classes(plan)
    assert {*classes(project.plan()).values()} <= {""}
    project.write(LOCK, lock)
    project.apply()
    assert project.plan()["steps"] == []
    project.unlock()
    assert project.plan()["steps"] == []


def test_the_class_is_no_part_of_the_fingerprint(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "Hello"}])
    account.edit("campaigns", "Welcome", subject="Ho")
    plan = project.plan()
    project.unlock()
    assert project.plan()["fingerprint"] == plan["fingerprint"]


def test_a_list_that_is_named_elsewhere_by_now_is_not_drift(project: Project) -> None:
    project.deploy(contacts=[{"email": ANN, "lists": ["Newsletter"]}])
    other = {"email": "qa@x.org", "lists": ["Customers"]}
    plan = project.planned(contacts=[{"email": ANN, "lists": ["Newsletter"]}, other])
    assert classes(plan)[f"contacts/{ANN} lists"] == "pending"


def test_a_list_that_nobody_declares_may_come_and_go(project: Project, account: Account) -> None:
    tags = {"structure": {"tags": ["seed"]}}
    project.deploy(contacts=[{"email": ANN, "lists": ["Newsletter"], "tags": []}], **tags)
    account.edit("contacts", ANN, lists=account.list_ids("Newsletter", "Old list"))
    assert project.plan()["steps"] == []
    project.declare(contacts=[{"email": ANN, "lists": ["Newsletter"], "tags": ["seed"]}], **tags)
    assert classes(project.plan()) == {f"contacts/{ANN} tags": "pending"}


def test_what_is_managed_by_nobody_is_no_side_of_a_conflict(
    project: Project, account: Account
) -> None:
    carla: Any = {"email": "carla@example.com", "tags": []}
    project.deploy(contacts=[{**carla, "lists": ["Newsletter"]}])
    both = account.list_ids("Newsletter", "Old list")
    account.edit("contacts", carla["email"], lists=both)
    project.declare(contacts=[{**carla, "lists": ["Newsletter", "Customers"]}])
    assert classes(project.plan()) == {"contacts/carla@example.com lists": "pending"}


def test_a_list_that_a_copy_takes_along_is_not_drift(project: Project) -> None:
    project.deploy(contacts=[{"email": ANN, "lists": ["Newsletter"]}])
    copy = {"name": "Copy", "copy_of": "Newsletter"}
    plan = project.planned(lists=[copy], contacts=[{"email": ANN, "lists": ["Newsletter"]}])
    assert classes(plan)[f"contacts/{ANN} lists"] == "pending"
    project.apply()
    assert project.plan()["steps"] == []
    leaves_it(project)


def test_a_part_of_the_structure_that_somebody_removed_is_drift(
    project: Project, account: Account
) -> None:
    structure = {"fields": [{"label": "City", "type": "text"}, {"label": "Zip"}], "tags": ["seed"]}
    project.deploy(structure=structure)
    assert project.plan()["steps"] == []
    state = account.state()
    state["structures"][0]["fields"] = [
        f for f in state["structures"][0]["fields"] if f["label"] not in ("City", "Zip")
    ]
    state["structures"][0]["tags"] = []
    account.set({**state, "contacts": []})
    expected = {"fields.City": "drift", "fields.Zip": "drift", "tags": "drift"}
    assert classes(project.plan()) == {f"structure {k}": v for k, v in expected.items()}
    project.declare(structure={**structure, "tags": ["seed", "more"]})
    assert classes(project.plan())["structure tags"] == "conflict"


def test_all_fields_cleared_and_one_filled_in_by_hand_is_drift(
    project: Project, account: Account
) -> None:
    project.deploy(contacts=[{"email": ANN, "fields": None}])
    account.edit("contacts", ANN, fields={account.field_id("First Name"): "Nan"})
    assert classes(project.plan()) == {f"contacts/{ANN} fields.First Name": "drift"}


def test_what_somebody_deleted_is_told_apart_from_what_is_new(
    project: Project, account: Account
) -> None:
    project.deploy(campaigns=[{"name": "One", "subject": "A"}, {"name": "Two"}])
    account.remove("campaigns", "One")
    project.declare(campaigns=[{"name": "One", "subject": "A"}, {"name": "Two"}, {"name": "New"}])
    assert classes(project.plan()) == {
        "campaigns/One name": "drift",
        "campaigns/One subject": "drift",
        "campaigns/New name": "",
    }
    assert "gone from the account" in project.run("plan").ok().out


def test_a_rename_moves_nothing_but_the_name(project: Project) -> None:
    project.deploy(
        lists=[{"name": "Newsletter"}],
        contacts=[{"email": ANN, "lists": ["Newsletter"]}],
        campaigns=[{"name": "Welcome", "lists": ["Newsletter"]}],
    )
    before = project.remembered()
    project.declare(
        lists=[{"name": "News", "renamed_from": ["Newsletter"]}],
        contacts=[{"email": ANN, "lists": ["News"]}],
        campaigns=[{"name": "Welcome", "lists": ["News"]}],
    )
    assert classes(project.plan()) == {"lists/News name": "pending"}
    project.apply()
    after = project.remembered()
    assert after.pop("lists/News")["id"] == before.pop("lists/Newsletter")["id"]
    assert after == before


def test_text_says_that_an_edit_by_hand_is_about_to_be_undone(
    project: Project, account: Account
) -> None:
    long = "A subject that is so long that no line of eighty columns can hold it twice"
    entry = {"subject": long, "from_name": "A", "body": {"html": "<p>A</p>"}, "preview_text": "P"}
    project.deploy(campaigns=[{"name": "Welcome", **entry}])
    hand = {"subject": long + "!", "fromName": "B", "body": "<p>B</p>"}
    account.edit("campaigns", "Welcome", **hand)
    entry |= {"from_name": "C", "preview_text": "Q"}
    project.declare(campaigns=[{"name": "Welcome", **entry}])
    lines = project.run("plan").ok().out.splitlines()
    assert "    body: 1 line (changed by hand in the account)" in lines
    assert '    from_name: "B" → "C" (changed here and in the account)' in lines
    assert '    preview_text: "P" → "Q"' in lines
    assert "    subject: (changed by hand in the account)" in lines
    assert max(map(len, lines[:-2])) <= 80


# --- what the API does not show

HIDDEN = {"name": "Draft", "subject": "S", "from_name": "A", "body": {"html": "<p>1</p>"}}


@pytest.fixture
def hiding(account: Account, project: Project) -> Project:
    """A project that was applied to an account which shows little of a campaign."""
    account.switch(campaign_body="minimal", campaign_patch_version="optional")
    project.deploy(campaigns=[HIDDEN])
    return project


def test_what_was_sent_and_is_hidden_is_in_sync(hiding: Project) -> None:
    plan = hiding.plan()
    assert (plan["steps"], codes(plan), plan["summary"]["in_sync"]) == ([], ["believed"], 1)
    hiding.unlock()
    assert codes(hiding.plan()) == ["unreadable"]


def test_a_hidden_field_that_is_declared_anew_is_written(hiding: Project, account: Account) -> None:
    hiding.declare(campaigns=[{**HIDDEN, "from_name": "B", "plain_text": {"text": "P"}}])
    (step,) = hiding.plan()["steps"]
    told = [(c["path"], c["before"], c["after"], c["class"]) for c in step["changes"]]
    assert told == [("from_name", None, "B", "pending"), ("plain_text", None, "P", "pending")]
    result = hiding.apply()
    assert codes(result) == ["believed", "unreadable"]
    (draft,) = (c for c in account.state()["campaigns"] if c["name"] == "Draft")
    assert (draft["fromName"], draft["plainTextBody"]) == ("B", "P")
    assert idle(hiding) == ["believed"]


def test_a_hidden_field_is_not_proven_once_something_moved(
    hiding: Project, account: Account
) -> None:
    account.edit("campaigns", "Draft", fromName="Z")
    plan = hiding.plan()
    assert (plan["steps"], codes(plan)) == ([], ["unreadable"])
    assert "body, from_name" in plan["findings"][0]["message"]
    # No other write makes it look proven again.
    hiding.deploy(campaigns=[{**HIDDEN, "subject": "T"}])
    assert codes(hiding.plan()) == ["unreadable"]


def test_what_was_made_empty_and_is_hidden_is_not_proven_either(
    project: Project, account: Account
) -> None:
    account.switch(campaign_body="minimal", campaign_patch_version="optional")
    project.deploy(campaigns=[{"name": "Draft", "from_name": None}])
    assert codes(project.plan()) == []
    account.edit("campaigns", "Draft", fromName="Z")
    for _ in range(2):
        assert codes(project.plan()) == ["unreadable"]
        project.apply()


def test_a_hidden_field_that_no_apply_has_sent_is_no_step(
    project: Project, account: Account
) -> None:
    account.switch(campaign_body="minimal", campaign_patch_version="optional")
    project.declare(campaigns=[{"name": "Welcome", "subject": "New", "from_name": "B"}])
    for _ in range(2):
        project.apply()
        assert idle(project) == ["unreadable"]
    project.declare(campaigns=[{"name": "Welcome", "subject": "New", "from_name": "C"}])
    assert classes(project.plan()) == {"campaigns/Welcome from_name": "pending"}


# --- what the service rewrites


def link(to: str) -> str:
    return f'<p><a href="https://{to}">x</a></p>'


def linked(to: str) -> Any:
    return {"name": "Offer", "body": {"html": link(f"acme.example/{to}")}}


EVIL = link("click.benchmarkemail.com/evil")

SENT = {"name": "Offer", "body": {"html": "<p>Only 10 EUR</p>"}, "plain_text": {"text": "10 EUR"}}
ONE = "GET /api/email/campaign/[0-9a-f]{24}"


def shouting(raw: Any) -> None:
    """A service that rewrites in a way that nobody knows of."""
    for key in ("body", "plainTextBody"):
        if raw.get(key):
            raw[key] = raw[key].upper() + "<!-- made with love -->"


def test_an_unknown_rewriting_is_told_once_and_in_sync_ever_after(
    project: Project, account: Account, cut: Cut
) -> None:
    cut(Rule(ONE, edited(shouting)))
    result = project.deploy(campaigns=[SENT])
    assert codes(result) == ["rewritten"]
    assert "not known for" in result["findings"][0]["message"]
    assert "web app" in result["findings"][0]["remedy"]
    text = project.lock_text()
    entry = project.remembered()["campaigns/Offer"]
    assert entry["sent"]["body"] != entry["seen"]["body"]
    plan = project.plan()
    assert (plan["steps"], codes(plan), plan["summary"]["in_sync"]) == ([], [], 1)
    # Also where it is read again, for what else is declared.
    project.declare(campaigns=[{**SENT, "from_name": "A"}])
    assert classes(project.plan()) == {"campaigns/Offer from_name": "pending"}
    project.deploy(campaigns=[SENT])
    assert project.lock_text() == text
    project.declare(campaigns=[{**SENT, "body": {"html": "<p>Only 11 EUR</p>"}}])
    assert classes(project.plan()) == {"campaigns/Offer body": "pending"}
    project.apply()
    assert project.plan()["steps"] == []
    account.edit("campaigns", "Offer", plainTextBody="free")
    assert classes(project.plan()) == {"campaigns/Offer plain_text": "drift"}


@pytest.mark.parametrize(
    ("kept", "skip"),
    [("the old one", 0), ("nothing", 0), ("nothing", 2)],
    ids=["the old one is kept", "none is there", "it is lost after two readings"],
)
def test_a_body_that_was_not_taken_is_no_rewriting(
    kept: str, skip: int, project: Project, account: Account, cut: Cut
) -> None:
    body = account.named("campaigns", "Welcome")["body"] if kept == "the old one" else ""
    cut(Rule(ONE, edited(lambda raw: raw.update(body=body)), skip=skip))
    project.declare(campaigns=[{"name": "Welcome", "body": SENT["body"]}])
    assert unproven(project) == ["not_converged"]
    assert skip or not (project.folder / LOCK).exists()


LETTER = "<p>Dear reader,</p><p>all the rest</p>"
REWRITTEN = {
    # declared, what is read back, whether it is a rewriting
    "the end of a body is lost": ("body", LETTER, "<p>Dear reader,</p>", False),
    "the words are in another order": (
        *("body", LETTER, "<p>all the rest</p><p>Dear reader</p>", False),
    ),
    "all words are there": ("body", LETTER, "<p>Dear reader, all <b>the</b> rest", True),
    "all words are there in other markup": (
        *("body", "<p>A &amp; B</p><style>c {}</style>", "<div>a &#38; b</div>", True),
    ),
    "a word is in a style": ("body", "<p>Dear</p>", "<style>Dear", False),
    "a plain text is cut off": (
        *("plain_text", "Dear reader, all the rest", "Dear reader,", False),
    ),
    "no body": ("from_name", "Acme", "Other", False),
}


@pytest.mark.parametrize("case", REWRITTEN)
def test_only_a_body_with_all_its_words_counts_as_rewritten(
    case: str, project: Project, cut: Cut
) -> None:
    field, text, shown, whole = REWRITTEN[case]
    key = {"body": "body", "plain_text": "plainTextBody", "from_name": "fromName"}[field]
    value = {"body": {"html": text}, "plain_text": {"text": text}}.get(field, text)
    cut(Rule(ONE, edited(lambda raw: raw.update({key: shown}))))
    ran = applied(project, campaigns=[{"name": "Offer", field: value}])
    told = (0, ["rewritten"]) if whole else (8, ["not_converged"])
    assert (ran.code, codes(ran.json)) == told
    assert field != "from_name" or classes(project.plan()) == {"campaigns/Offer from_name": ""}


def test_a_body_that_somebody_wrote_meanwhile_is_no_rewriting(
    project: Project, account: Account, cut: Cut
) -> None:
    def meanwhile(seen: Seen, forward: Forward) -> Action:
        account.edit("campaigns", "Offer", body="<p>Only 1 EUR</p>")
        return forward()

    cut(Rule(ONE, meanwhile, times=1))
    assert unproven(project, campaigns=[SENT]) == ["not_converged"]


def test_where_no_reply_tells_of_the_write_nothing_is_taken_for_a_rewriting(
    project: Project, cut: Cut
) -> None:
    def bare(raw: Any) -> Any:
        return {k: v for k, v in raw.items() if k not in ("__v", "updatedAt")}

    cut(Rule("POST /api/email/campaign", edited(bare)), Rule(ONE, edited(shouting)))
    assert unproven(project, campaigns=[SENT]) == ["not_converged", "not_converged"]


def test_an_unknown_rewriting_counts_only_where_it_is_written_down(
    project: Project, cut: Cut
) -> None:
    cut(Rule(ONE, edited(shouting)))
    (project.folder / LOCK).symlink_to("nowhere/lock.json")
    ran = applied(project, campaigns=[SENT])
    assert (ran.code, codes(ran.json)) == (8, ["not_converged", "not_converged"])
    assert "cannot be written" in " ".join(ran.err.split())


def test_a_link_that_the_service_hides_is_written_when_the_manifest_changes_it(
    project: Project, cut: Cut
) -> None:
    def tracking(raw: Any) -> None:
        if raw.get("body"):
            raw["body"] = re.sub(
                r'href="[^"]*"', 'href="https://click.benchmarkemail.com/a1"', raw["body"]
            )

    cut(Rule(ONE, edited(tracking)))
    result = project.deploy(campaigns=[linked("one")])
    assert codes(result) == ["rewritten"]
    assert "in the way it is known to" in result["findings"][0]["message"]
    assert codes(project.plan()) == []
    project.declare(campaigns=[linked("two")])
    assert classes(project.plan()) == {"campaigns/Offer body": "pending"}
    project.apply()
    assert project.plan()["steps"] == []


def test_a_link_that_moved_on_either_side_is_never_taken_for_rewritten(
    project: Project, account: Account
) -> None:
    project.deploy(campaigns=[linked("one")])
    account.edit("campaigns", "Offer", body=EVIL)
    assert classes(project.plan()) == {"campaigns/Offer body": "drift"}
    project.declare(campaigns=[linked("two")])
    assert classes(project.plan()) == {"campaigns/Offer body": "conflict"}
    project.apply()
    plan = project.plan()
    assert (plan["steps"], codes(plan), plan["summary"]["in_sync"]) == ([], [], 1)
    assert account.named("campaigns", "Offer")["body"] == link("acme.example/two")
    # Without a lock file nothing tells them apart.
    account.edit("campaigns", "Offer", body=EVIL)
    project.unlock()
    assert codes(project.plan()) == ["rewritten"]


def test_a_lost_write_over_a_link_is_not_taken_for_done(project: Project, account: Account) -> None:
    project.deploy(campaigns=[linked("one")])
    account.edit("campaigns", "Offer", body=EVIL)
    account.faults({"kind": "drop-before", "method": "PATCH"})
    assert applied(project).code != 0
    account.faults()
    assert classes(project.plan()) == {"campaigns/Offer body": "drift"}


# --- what somebody does meanwhile


class Meanwhile:
    """What somebody does just before a request is made for the so-many-th time from now."""

    def __init__(self) -> None:
        self._left, self._act = 0, lambda: None

    def before(self, count: int, act: Callable[[], Any]) -> None:
        self._left, self._act = count, act

    def __call__(self, seen: Seen, forward: Forward) -> Action:
        self._left -= 1
        done = self._act() if self._left == 0 else None
        return done if isinstance(done, Reply) else forward()


@pytest.fixture
def reading(cut: Cut) -> Meanwhile:
    """Of one campaign: in an apply that writes it, once each to plan, to write and to prove."""
    acts = Meanwhile()
    cut(Rule(ONE, acts))
    return acts


OFFER = {"name": "Offer", "subject": "S", "body": {"html": "<p>A</p>"}}


@pytest.mark.parametrize(
    ("reads", "body", "edited"),
    [
        pytest.param(2, "<p>A</p>", "<p>B</p>", id="before the write"),
        pytest.param(3, "<p>A</p>", "<p>B</p>", id="after the write"),
        pytest.param(2, link("acme.example/one"), EVIL, id="a link before the write"),
    ],
)
def test_an_edit_meanwhile_is_no_rewriting(
    reads: int, body: str, edited: str, project: Project, account: Account, reading: Meanwhile
) -> None:
    offer = {**OFFER, "body": {"html": body}}
    project.deploy(campaigns=[offer])
    reading.before(reads, lambda: account.edit("campaigns", "Offer", body=edited))
    ran = applied(project, campaigns=[{**offer, "subject": "T"}])
    assert (ran.code, ran.json["converged"], codes(ran.json)) == (8, False, ["not_converged"])
    assert "body changed while this ran" in ran.json["findings"][0]["message"]
    plan = project.plan()
    assert classes(plan) == {"campaigns/Offer body": "drift"}
    assert plan["summary"]["in_sync"] == 0
    project.apply()
    assert project.plan()["steps"] == []


def test_what_is_set_to_what_is_declared_meanwhile_is_no_harm(
    project: Project, account: Account, reading: Meanwhile
) -> None:
    account.switch(body_rewriting="footer")
    project.deploy(campaigns=[OFFER])
    reading.before(2, lambda: account.edit("campaigns", "Offer", body="<p>A</p>"))
    assert applied(project, campaigns=[{**OFFER, "subject": "T"}]).code == 0
    assert project.plan()["steps"] == []


@pytest.mark.parametrize("reads", [2, 3], ids=["before the write", "after the write"])
def test_a_hidden_field_is_not_proven_where_somebody_wrote_meanwhile(
    reads: int, reading: Meanwhile, hiding: Project, account: Account
) -> None:
    reading.before(reads, lambda: account.edit("campaigns", "Draft", fromName="Z"))
    assert applied(hiding, campaigns=[{**HIDDEN, "subject": "T"}]).code == 0
    assert idle(hiding) == ["unreadable"]


def test_a_hidden_field_stays_proven_where_nobody_did(hiding: Project) -> None:
    hiding.deploy(campaigns=[{**HIDDEN, "subject": "T"}])
    assert codes(hiding.plan()) == ["believed"]


# --- what need not be read


def ones_read(account: Account) -> list[str]:
    return [entry["path"] for entry in account.log() if READS_ONE.fullmatch(entry["path"])]


MANY: Any = [
    {"name": name, "subject": "S", "body": {"html": "<p>x</p>"}, "lists": ["Newsletter"]}
    for name in ("One", "Two", "Three")
]


def test_unchanged_campaigns_are_not_read(project: Project, account: Account) -> None:
    project.deploy(campaigns=MANY)
    account.clear_log()
    plan = project.plan()
    assert (ones_read(account), plan["summary"]["in_sync"]) == ([], 3)
    project.unlock()
    project.plan()
    assert len(ones_read(account)) == 3


def test_a_campaign_that_moved_is_read_alone(project: Project, account: Account) -> None:
    project.deploy(campaigns=MANY)
    one = account.edit("campaigns", "Two", body="<p>y</p>")
    account.clear_log()
    assert classes(project.plan()) == {"campaigns/Two body": "drift"}
    assert ones_read(account) == [f"/api/email/campaign/{one['_id']}"]


def test_a_campaign_that_is_declared_anew_is_read_alone(project: Project, account: Account) -> None:
    project.deploy(campaigns=[*MANY, {"name": "Welcome"}])
    project.declare(campaigns=[*MANY, {"name": "Welcome", "from_name": "A"}])
    account.clear_log()
    assert classes(project.plan()) == {"campaigns/Welcome from_name": "pending"}
    assert len(ones_read(account)) == 1


@pytest.mark.parametrize(
    "values",
    [{"status": "sent"}, {"subject": "T"}, {"previewText": "P"}, {"from": "a@acme.example"}],
)
def test_a_row_that_tells_another_story_is_read(
    values: Any, project: Project, account: Account
) -> None:
    project.deploy(campaigns=MANY)
    state = account.state()
    next(c for c in state["campaigns"] if c["name"] == "One").update(values)
    account.set(state)
    account.clear_log()
    project.plan()
    assert len(ones_read(account)) == 1


def test_campaigns_are_read_where_a_delete_could_take_their_lists(
    project: Project, account: Account
) -> None:
    bare = [{"name": "Welcome", "subject": "S"}]
    project.deploy(campaigns=bare)
    plan = project.planned(lists=[{"name": "Newsletter", "state": "absent"}], campaigns=bare)
    assert (plan["steps"], codes(plan)) == ([], ["blocked"])
    assert "campaigns/Welcome still uses it" in plan["findings"][0]["message"]


def test_a_campaign_is_read_before_it_is_deleted(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "One", "subject": "A"}])
    project.declare(campaigns=[{"name": "One", "state": "absent"}])
    account.clear_log()
    (step,) = project.plan()["steps"]
    assert (step["action"], step["pin"]["version"]) == ("delete", 0)
    assert len(ones_read(account)) == 1


def test_what_an_unread_campaign_would_show_is_not_taken_for_hidden(
    project: Project, account: Account
) -> None:
    """That one reply has a key tells that another without it is empty."""
    state = account.state()
    state["campaigns"] = [c for c in state["campaigns"] if c["status"] == "draft"]
    account.set(state)
    first = {"name": "One", "from_name": "Acme"}
    project.deploy(campaigns=[first])
    account.add("campaigns", _id="9" * 24, name="Two")
    project.declare(campaigns=[first, {"name": "Two", "from_name": "Acme"}])
    assert list(classes(project.plan())) == ["campaigns/Two from_name"]


# --- renames


def used_list(name: str) -> Any:
    return {"lists": [{"name": name}], "contacts": [{"email": "ivan@example.com", "lists": [name]}]}


def test_a_list_renamed_by_hand_is_not_created_again(project: Project, account: Account) -> None:
    updates, letters = used_list("Product updates"), used_list("Letters")
    project.deploy(**updates)
    account.edit("lists", "Product updates", name="Letters")
    plan = refused(project)
    assert plan["steps"] == []
    found = next(f for f in plan["findings"] if f["code"] == "looks_renamed")
    assert (found["level"], found["address"]) == ("error", "lists/Product updates")
    assert "it is now called 'Letters'" in found["message"]
    assert 'renamed_from: ["Letters"]' in found["remedy"]
    project.declare(lists=[{"name": "Product updates", "renamed_from": ["Letters"]}])
    assert classes(project.plan()) == {"lists/Product updates name": "drift"}
    assert idle(project, **letters) == []
    project.unlock()
    assert codes(project.planned(**updates)) == ["maybe_renamed"]


def test_a_campaign_renamed_by_hand_is_not_created_again(
    project: Project, account: Account
) -> None:
    project.deploy(campaigns=[{"name": "Welcome"}])
    account.edit("campaigns", "Welcome", name="Hello")
    assert codes(refused(project)) == ["looks_renamed"]


def test_an_id_that_another_declared_resource_has_is_no_rename(
    project: Project, account: Account
) -> None:
    id = account.id_of("lists", "Newsletter")
    project.deploy(lists=[{"name": "Newsletter"}])
    plan = project.planned(lists=[{"name": "Letters", "id": id}, {"name": "Newsletter"}])
    assert codes(plan) == []
    assert [step["address"] for step in plan["steps"]] == ["lists/Letters", "lists/Newsletter"]
    assert classes(plan)["lists/Newsletter name"] == ""


def test_a_rename_in_the_manifests_alone_is_told(project: Project) -> None:
    project.deploy(lists=[{"name": "Press"}, {"name": "Customers"}])
    plan = project.planned(lists=[{"name": "Media"}, {"name": "Customers"}])
    assert [s["address"] for s in plan["steps"]] == ["lists/Media"]
    assert codes(plan) == ["looks_renamed"]
    assert plan["findings"][0]["level"] == "warning"
    assert plan["findings"][0]["remedy"].endswith('renamed_from: ["Press"]')
    project.declare(lists=[{"name": "Media", "renamed_from": ["Press"]}, {"name": "Customers"}])
    assert codes(project.plan()) == []


def test_contacts_are_no_renames(project: Project, account: Account) -> None:
    project.deploy(contacts=[{"email": ANN}])
    account.edit("contacts", ANN, key="anna@example.com")
    assert codes(project.plan()) == []
    assert codes(project.planned(contacts=[{"email": "new@example.com"}])) == []


def test_one_rename_is_told_once(project: Project) -> None:
    project.deploy(**used_list("Product updates"))
    assert codes(project.planned(**used_list("Product news"))) == ["looks_renamed"]


def test_many_candidates_tell_nothing(project: Project) -> None:
    names = ["A", "B", "C", "D"]
    project.deploy(campaigns=[{"name": name} for name in names])
    assert codes(project.planned(campaigns=[{"name": "New"}])) == []
    (found,) = project.planned(campaigns=[{"name": "New"}, {"name": "D"}])["findings"]
    assert all(f'["{name}"]' in found["remedy"] for name in "ABC")


@pytest.mark.parametrize(("gone", "told"), [(True, "is gone"), (False, "now called 'Aside'")])
def test_another_object_of_the_name_is_told(
    gone: bool, told: str, project: Project, account: Account
) -> None:
    project.deploy(campaigns=[{"name": "One", "subject": "A"}])
    if gone:
        account.remove("campaigns", "One")
    else:
        account.edit("campaigns", "One", name="Aside")
    account.add("campaigns", _id="9" * 24, name="One", subject="B")
    plan = project.plan()
    assert codes(plan) == ["replaced"]
    assert told in plan["findings"][0]["message"]
    assert classes(plan) == {"campaigns/One subject": ""}
    project.apply()
    assert codes(project.plan()) == []


@pytest.mark.parametrize("gone", [True, False])
def test_another_list_of_the_name_is_not_taken_for_it(
    gone: bool, project: Project, account: Account
) -> None:
    news = {"name": "Newsletter"}
    users: Any = {
        "contacts": [{"email": ANN, "lists": ["Newsletter"]}],
        "campaigns": [{"name": "Welcome", "lists": ["Newsletter"]}],
    }
    project.deploy(lists=[news], **users)
    old, new = account.id_of("lists", "Newsletter"), "9" * 24
    if gone:
        state = account.state()
        state["lists"] = [one for one in state["lists"] if one["_id"] != old]
        for one in (*state["contacts"], *state["campaigns"]):
            one["lists"] = [id for id in one["lists"] if id != old]
        account.set(state)
        assert set(classes(project.plan()).values()) == {"drift"}
    else:
        account.edit("lists", "Newsletter", name="Old news")
    account.add("lists", _id=new, name="Newsletter")
    plan = refused(project)
    assert codes(plan) == ["replaced"]
    assert f"id: {new}" in plan["findings"][0]["remedy"]
    expected = dict.fromkeys((f"contacts/{ANN} lists", "campaigns/Welcome lists"), "drift")
    assert classes(plan) == expected
    plan = project.planned(lists=[{**news, "id": new}], **users)
    assert codes(plan) == []
    assert classes(plan) == expected
    project.apply()
    assert idle(project, lists=[news], **users) == []
    leaves_it(project)


def test_a_rename_that_failed_is_not_remembered(
    project: Project, account: Account, cut: Cut
) -> None:
    acts = Meanwhile()
    cut(Rule("PATCH .*/lists/.*", acts))
    project.deploy(lists=[CUSTOMERS])
    before = project.remembered()
    acts.before(1, refusing)
    assert applied(project, lists=[{"name": "Clients", "renamed_from": ["Customers"]}]).code != 0
    assert project.remembered() == before
    project.declare(lists=[CUSTOMERS])
    account.edit("lists", "Customers", name="Handmade")
    assert codes(refused(project)) == ["looks_renamed"]


# --- protection

CUSTOMERS = {"name": "Customers"}


@pytest.fixture
def protecting(project: Project) -> Project:
    project.deploy(lists=[{**CUSTOMERS, "protect": True}])
    return project


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "Clients", "renamed_from": ["Customers"]},
        {"name": "Customers", "state": "absent"},
    ],
)
def test_protection_outlives_the_block(entry: Any, protecting: Project) -> None:
    plan = refused(protecting, lists=[entry])
    assert codes(plan) == ["protected"]
    ran = applied(protecting, "--allow-delete", "lists/*")
    assert ran.code in (3, 7)
    # A while without any block changes nothing.
    protecting.deploy(campaigns=[{"name": "Welcome"}])
    assert codes(refused(protecting, lists=[entry])) == ["protected"]
    protecting.deploy(lists=[CUSTOMERS])
    assert codes(protecting.planned(lists=[entry])) == []


def test_protection_outlives_a_name_that_was_taken_away(
    protecting: Project, account: Account
) -> None:
    protecting.declare(lists=[{**CUSTOMERS, "state": "absent"}])
    account.edit("lists", "Customers", name="Clients")
    protecting.apply()
    account.edit("lists", "Clients", name="Customers")
    assert codes(refused(protecting)) == ["protected"]


def test_protection_is_lifted_by_an_apply_that_writes_too(project: Project) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "protect": True, "subject": "A"}])
    project.deploy(campaigns=[{"name": "Welcome", "subject": "B"}])
    assert codes(project.planned(campaigns=[{"name": "Hello", "renamed_from": ["Welcome"]}])) == []


def test_protection_of_what_is_renamed_by_id_holds(protecting: Project, account: Account) -> None:
    id = account.id_of("lists", "Customers")
    assert codes(refused(protecting, lists=[{"name": "Clients", "id": id}])) == ["protected"]


@pytest.mark.parametrize("way", ["now", "saved"])
def test_protection_of_what_is_left_alone_is_lifted(
    way: str, project: Project, account: Account
) -> None:
    entry = {"name": "Welcome", "subject": "A"}
    project.deploy(campaigns=[{**entry, "protect": True}])
    id = account.schedule(AT)
    found = codes(project.planned(campaigns=[{**entry, "subject": "B"}]))
    assert found == ["frozen", "undeclared_schedule"]
    by_plan(project) if way == "saved" else project.apply()
    account.campaign_status(id, status="draft")
    assert codes(project.planned(campaigns=[{"name": "Welcome", "state": "absent"}])) == []


def test_protection_of_what_is_left_alone_is_remembered(project: Project, account: Account) -> None:
    id = account.schedule(AT)
    project.deploy(campaigns=[{"name": "Welcome", "subject": "B", "protect": True}])
    account.campaign_status(id, status="draft")
    project.declare(campaigns=[{"name": "Welcome", "state": "absent"}])
    assert codes(refused(project)) == ["protected"]


def test_protection_is_not_lifted_where_its_step_failed(project: Project, cut: Cut) -> None:
    acts = Meanwhile()
    cut(Rule("PATCH /api/email/campaign/.*", acts))
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A", "protect": True}])
    acts.before(1, refusing)
    assert applied(project, campaigns=[{"name": "Welcome", "subject": "B"}]).code != 0
    assert project.remembered()["campaigns/Welcome"]["protect"]


# --- schedules

AT = "2030-12-01T08:00:00Z"


def manual(project: Project, **manifest: Any) -> str:
    return state_of(project.planned(**manifest) if manifest else project.plan())


def test_a_schedule_once_seen_is_remembered(project: Project, account: Account) -> None:
    entry = {"name": "Welcome", "schedule": {"at": "2030-12-01T09:00:00+01:00"}}
    project.deploy(campaigns=[entry])
    assert manual(project) == "todo"
    id = account.schedule(AT)
    assert manual(project) == "done"
    project.apply()
    account.campaign_status(id, status="draft")
    assert manual(project) == "undone"
    assert "was scheduled, and is a draft again" in project.run("plan").ok().out
    project.apply()
    assert manual(project) == "undone"
    project.declare(campaigns=[{**entry, "schedule": {"at": "2030-12-02T08:00:00Z"}}])
    assert manual(project) == "todo"
    assert manual(project, campaigns=[entry]) == "undone"
    project.deploy(campaigns=[{**entry, "schedule": {"at": "2030-12-02T08:00:00Z"}}])
    assert manual(project, campaigns=[entry]) == "todo"
    project.declare(campaigns=[entry])
    project.unlock()
    assert manual(project) == "todo"


def test_a_schedule_that_no_row_shows_is_read(project: Project, account: Account, cut: Cut) -> None:
    def bare(reply: Any) -> None:
        for row in reply["records"]:
            row.pop("scheduledAt", None)

    cut(Rule("GET /api/email/campaign", edited(bare)))
    project.deploy(campaigns=[{"name": "Welcome", "schedule": {"at": AT}}])
    account.schedule(AT)
    for _ in range(2):
        assert manual(project) == "done"
        project.apply()


def test_a_schedule_is_remembered_of_what_differs_too(project: Project, account: Account) -> None:
    entry = {"name": "Welcome", "subject": "A", "schedule": {"at": AT}}
    project.deploy(campaigns=[entry])
    account.edit("campaigns", "Welcome", subject="B")
    id = account.schedule(AT)
    assert codes(project.plan()) == ["frozen"]
    project.apply()
    account.campaign_status(id, status="draft")
    assert manual(project) == "undone"
    assert classes(project.plan()) == {"campaigns/Welcome subject": "drift"}


# --- what an apply leaves


def test_only_an_apply_writes_it(project: Project, account: Account) -> None:
    project.declare(campaigns=[{"name": "Welcome", "subject": "New"}])
    for command in (["plan"], ["validate"], ["plan", "--format", "json"]):
        project.run(*command).ok()
    assert not (project.folder / LOCK).exists()
    project.apply()
    text = project.lock_text()
    account.edit("campaigns", "Welcome", subject="Other")
    project.plan()
    assert project.lock_text() == text


def test_an_apply_that_has_nothing_to_do_writes_it(project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome", "subject": "Welcome to Acme"}])
    assert project.apply()["steps"] == []
    assert list(project.remembered()) == ["campaigns/Welcome"]


def test_what_was_made_empty_is_known_to_be(project: Project) -> None:
    project.deploy(campaigns=[{"name": "One", "from_name": None, "reply_to": []}])
    assert "from_name" in project.remembered()["campaigns/One"]["seen"]
    leaves_it(project)


def test_order_in_manifests_and_replies_means_nothing(project: Project, account: Account) -> None:
    contacts = [{"email": e, "lists": ["Newsletter", "Customers"]} for e in ("b@x.org", "a@x.org")]
    project.deploy(contacts=contacts, campaigns=MANY)
    texts = []
    for number in (1, 2):
        other = Project(project.folder / str(number), project.env)
        other.write("bmeconf.yaml", "version: 1\n")
        turned = [{**c, "lists": c["lists"][::-1]} for c in contacts[::-1]]
        people, drafts = (contacts, MANY) if number == 1 else (turned, MANY[::-1])
        other.write("a.yaml", yaml.safe_dump({"version": 1, "campaigns": drafts}))
        other.write("b.yaml", yaml.safe_dump({"version": 1, "contacts": people}))
        state = account.state()
        account.set({kind: v[::-1] if kind in IDENTITY else v for kind, v in state.items()})
        other.apply()
        texts.append(other.lock_text())
    assert texts[0] == texts[1]


def test_what_failed_is_remembered_as_it_was(project: Project, cut: Cut) -> None:
    project.deploy(campaigns=[{"name": "One", "subject": "A"}, {"name": "Two", "subject": "A"}])
    before = project.remembered()
    cut(Rule("PATCH /api/email/campaign/.*", instead(refusing()), times=1))
    (project.folder / LOCK).write_text(re.sub(r'"sha256:[0-9a-f]{64}"', '"x"', project.lock_text()))
    project.declare(campaigns=[{"name": "One", "subject": "B"}, {"name": "Two", "subject": "B"}])
    assert applied(project).code == 8
    both = json.loads(project.lock_text())["accounts"]
    (now,) = (section["resources"] for account, section in both.items() if account != "x")
    assert list(now) == ["campaigns/Two"]
    assert both["x"]["resources"] == before


def test_what_a_failed_step_was_about_keeps_its_entry(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "One", "subject": "A"}, {"name": "Two", "subject": "A"}])
    before = project.remembered()
    account.switch(campaign_patch_version="required")
    account.set({**account.state(), "domains": [{"domain": "acme.example"}]})
    account.edit("campaigns", "One", status="sending")
    one = {"name": "One", "subject": "B", "from": "x@acme.example"}
    project.deploy(campaigns=[one, {"name": "Two", "subject": "B"}])
    after = project.remembered()
    assert after["campaigns/One"] == before["campaigns/One"]
    assert after["campaigns/Two"]["sent"] != before["campaigns/Two"]["sent"]


def test_what_is_undeclared_stays_until_it_is_gone(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "One"}, {"name": "Two"}], contacts=[{"email": ANN}])
    three = sorted(project.remembered())
    project.deploy(campaigns=[{"name": "One"}])
    assert sorted(project.remembered()) == three
    account.remove("campaigns", "Two")
    project.apply()
    assert sorted(project.remembered()) == [three[0], three[2]]
    # Whether a contact is gone is nothing that a search for others tells.
    account.remove("contacts", ANN)
    project.apply()
    assert sorted(project.remembered()) == [three[0], three[2]]


def test_what_a_target_leaves_out_is_remembered_as_it_was(project: Project) -> None:
    project.deploy(campaigns=[{"name": "One", "subject": "A"}, {"name": "Two", "subject": "A"}])
    before = project.remembered()
    project.declare(campaigns=[{"name": "One", "subject": "B"}, {"name": "Two", "subject": "B"}])
    project.apply("--target", "campaigns/One")
    after = project.remembered()
    assert after["campaigns/Two"] == before["campaigns/Two"]
    assert after["campaigns/One"] != before["campaigns/One"]


def test_what_is_deleted_is_forgotten(project: Project) -> None:
    entries = [{"name": "One"}, {"name": "Two"}]
    project.deploy(campaigns=entries, contacts=[{"email": "qa@x.org"}])
    absent = [{**entry, "state": "absent"} for entry in entries]
    project.declare(campaigns=absent, contacts=[{"email": "qa@x.org", "state": "absent"}])
    project.apply("--allow-delete", "campaigns/*", "--allow-delete", "contacts/*")
    assert not (project.folder / LOCK).exists()


def test_what_is_not_known_to_be_deleted_is_not_forgotten(
    project: Project, reading: Meanwhile
) -> None:
    project.deploy(campaigns=[{"name": "One"}])
    before = project.lock_text()
    reading.before(3, lambda: Reply(403, b"{}"))
    project.declare(campaigns=[{"name": "One", "state": "absent"}])
    assert applied(project, "--allow-delete", "campaigns/*").code == 8
    assert project.lock_text() == before


def test_a_lock_that_cannot_be_written_costs_nothing_but_a_warning(
    project: Project, account: Account
) -> None:
    (project.folder / LOCK).symlink_to("nowhere/lock.json")
    ran = applied(project, campaigns=[{"name": "Welcome", "subject": "New"}])
    assert (ran.code, ran.json["converged"]) == (0, True)
    assert LOCK in ran.err
    assert "could not be written" in " ".join(ran.err.split())
    assert "Warning" in project.run("apply", "--auto-approve", "--quiet").ok().err


def test_two_accounts_share_a_file(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "New"}])
    first = json.loads(project.lock_text())["accounts"]
    with Sandbox(None) as sandbox:
        other = Project(project.folder, Account(sandbox).env)
        # The same ids and values: only the account tells them apart.
        assert classes(other.plan()) == {"campaigns/Welcome subject": ""}
        other.apply()
    both = json.loads(project.lock_text())["accounts"]
    ((ours, section),) = first.items()
    assert both.pop(ours) == section
    ((_, theirs),) = both.items()
    ids = [s["resources"]["campaigns/Welcome"] for s in (section, theirs)]
    assert ids[0]["id"] == ids[1]["id"]
    assert not set(ids[0]["sent"].values()) & set(ids[1]["sent"].values())


def test_the_sandbox_has_a_lock_of_its_own(project: Project) -> None:
    project.env = {}
    project.declare(campaigns=[{"name": "Welcome", "subject": "New"}])
    project.apply("--sandbox")
    assert not (project.folder / LOCK).exists()
    own = project.folder / ".bmeconf" / "sandbox.lock.json"
    assert "campaigns/Welcome" in own.read_text(encoding="utf-8")
    project.run("sandbox", "reset").ok()
    assert not own.exists()


# --- the file


def test_it_holds_no_personal_data(project: Project, account: Account) -> None:
    shutil.copytree(EXAMPLE / "manifests", project.folder, dirs_exist_ok=True)
    shutil.copytree(EXAMPLE / "emails", project.folder / "emails")
    for path in project.folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace("${domain}", "acme.example")
        text = text.replace("../emails", "emails").replace("${hero}", "Hero")
        text = text.replace(", expand: true", "")
        path.write_text(text, encoding="utf-8")
    people = [
        {
            "email": f"person{n}@private{n}.example",
            "fields": {"First Name": f"Given{n}", "Last Name": f"Family{n}", "City": f"Town{n}"},
            "lists": ["Newsletter"],
        }
        for n in range(20)
    ]
    project.write("people.yaml", yaml.safe_dump({"version": 1, "contacts": people}))
    project.apply()
    text = project.lock_text()
    assert len([key for key in project.remembered() if key.startswith("contacts/")]) == 24
    values = "@ person private given family town gmail outlook thunderbird oslo lisbon berlin apple"
    for value in values.split():
        assert value not in text.lower(), value


def test_a_value_of_a_contact_cannot_be_guessed(project: Project) -> None:
    project.deploy(contacts=[{"email": ANN, "fields": {"First Name": "Anna"}, "lists": []}])
    (entry,) = project.remembered().values()
    digests = [*entry["sent"].values(), *entry["seen"].values()]
    single = [digest for digest in digests if isinstance(digest, str)]
    assert len(single) >= 4
    assert {len(digest) for digest in single} == {3}


def test_who_may_read_it_stays_as_it_was(project: Project) -> None:
    project.deploy(lists=[{"name": "Newsletter"}])
    path = project.folder / LOCK
    path.chmod(0o640)
    project.deploy(lists=[{"name": "Newsletter"}, CUSTOMERS])
    assert path.stat().st_mode & 0o777 == 0o640


def branches(project: Project, base: Any, **changed: tuple[str, Any]) -> None:
    """A base, and branches of it that each applied their change to one resource."""
    git(project.folder, "init", "-q", "-b", "base")
    project.deploy(**base)
    git(project.folder, "add", "-A")
    git(project.folder, "commit", "-qm", "base")
    for name, (target, manifest) in changed.items():
        git(project.folder, "checkout", "-qb", name, "base")
        project.declare(**manifest)
        project.apply("--target", target)
        git(project.folder, "commit", "-qam", name)


def drafts(**subjects: str) -> Any:
    return {"campaigns": [{"name": name, "subject": text} for name, text in subjects.items()]}


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        ({"A": "2"}, {"B": "2"}, {"A": "2", "B": "2", "C": "1"}),
        ({"C": "2"}, {"B": "2"}, {"A": "1", "B": "2", "C": "2"}),
        ({"AA": "2"}, {"BB": "2"}, {"A": "1", "AA": "2", "B": "1", "BB": "2", "C": "1"}),
        ({"AA": "2"}, {"B": "2"}, {"A": "1", "AA": "2", "B": "2", "C": "1"}),
        ({"C": "2"}, {"D": "2"}, {"A": "1", "B": "1", "C": "2", "D": "2"}),
        ({"A": "2"}, {"0": "2"}, {"0": "2", "A": "2", "B": "1", "C": "1"}),
    ],
)
def test_neighbours_merge(left: Any, right: Any, whole: Any, project: Project) -> None:
    base = {"A": "1", "B": "1", "C": "1"}
    changed = {
        name: (f"campaigns/{next(iter(change))}", drafts(**{**base, **change}))
        for name, change in (("left", left), ("right", right))
    }
    branches(project, drafts(**base), **changed)
    for branch in ("left", "right"):
        git(project.folder, "checkout", "-q", branch)
        project.declare(**drafts(**whole))
        git(project.folder, "commit", "-qam", "the same manifest on both sides")
    git(project.folder, "merge", "-q", "-m", "merged", "left")
    assert project.plan()["steps"] == []
    leaves_it(project)


@pytest.mark.parametrize("how", ["theirs", "ours"])
def test_a_merge_takes_an_entry_whole(how: str, project: Project, account: Account) -> None:
    def offer(body: str) -> Any:
        return {"campaigns": [{**OFFER, "body": {"html": f"<p>{body}</p>"}}]}

    both = {
        "left": ("campaigns/Offer", offer("left")),
        "right": ("campaigns/Offer", offer("right")),
    }
    branches(project, offer("base"), **both)
    git(project.folder, "merge", "-q", "-m", "m", "-X", how, "left")
    for body, live in (("left", False), ("right", True)):
        plan = project.planned(**offer(body))
        assert (plan["steps"] == []) == live
        assert codes(plan) == []


def test_an_entry_of_two_minds_is_as_good_as_none(project: Project, account: Account) -> None:
    project.deploy(campaigns=[OFFER, {"name": "Other"}])
    first = json.loads(project.lock_text())
    project.deploy(campaigns=[{**OFFER, "body": {"html": "<p>B</p>"}}, {"name": "Other"}])
    second = json.loads(project.lock_text())
    ours, theirs = (next(iter(each["accounts"].values()))["resources"] for each in (second, first))
    ours["campaigns/Offer"]["sent"] = theirs["campaigns/Offer"]["sent"]
    project.write(LOCK, json.dumps(second))
    project.declare(campaigns=[OFFER, {"name": "Other"}])
    assert classes(project.plan()) == {"campaigns/Offer body": ""}
    ours["campaigns/Offer"], ours["campaigns/Other"] = (
        theirs["campaigns/Other"],
        theirs["campaigns/Offer"],
    )
    project.write(LOCK, json.dumps(second))
    assert classes(project.plan()) == {"campaigns/Offer body": ""}
    project.apply()
    assert project.plan()["steps"] == []


def test_a_merge_that_git_left_open_is_named_with_its_line(project: Project) -> None:
    both = {"left": ("campaigns/A", drafts(A="2")), "right": ("campaigns/A", drafts(A="3"))}
    branches(project, drafts(A="1"), **both)
    with pytest.raises(AssertionError):
        git(project.folder, "merge", "-q", "left")
    project.declare(**drafts(A="2"))
    ran = project.run("plan")
    assert ran.code == 3
    number = next(n for n, t in enumerate(project.lock_text().splitlines(), 1) if t[:7] == "<" * 7)
    assert f"{LOCK}:{number}: " in ran.err
    assert "merge that Git left open" in ran.err
    assert "delete the file" in ran.err
    project.unlock()
    project.plan()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "format None"),
        ('{"format": "bmeconf.lock/2", "accounts": {}}', "bmeconf.lock/2"),
        ('{"format": "bmeconf.lock/1"}', "not what an apply writes"),
        ('{"format": "bmeconf.lock/1", "accounts": {"a": 1}}', "no usable section"),
        ('{"format": "bmeconf.lock/1", "accounts": {"a": 1, "a": 2}}', "there twice"),
        (
            '{"format": "bmeconf.lock/1", "accounts": {"a": {"base_url": "", "resources":'
            ' {"lists/A": 1}}}}',
            "no usable section",
        ),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_lock_file_is_refused(text: str, told: str, project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome", "subject": "New"}])
    project.write(LOCK, text)
    for command in (["plan"], ["apply", "--auto-approve"]):
        ran = project.run(*command)
        assert ran.code == 3, ran.out
        assert LOCK in ran.err
        assert told in ran.err
        assert "delete the file" in ran.err
    assert project.lock_text() == text


ENTRIES: tuple[Any, ...] = (
    *({}, {"id": 1}, {"id": ""}, {"id": "a", "more": 1}, {"id": "a", "sent": []}),
    *({"id": "a", "sent": {"x": 1}}, {"id": "a", "seen": {"x": [1]}}, {"id": "a", "version": "1"}),
    *({"id": "a", "version": True}, {"id": "a", "protect": "yes"}, {"id": "a", "unproven": "x"}),
    *({"id": "a", "scheduled": 1}, {"id": "a", "listed": None}),
)


@pytest.mark.parametrize("entry", ENTRIES, ids=json.dumps)
def test_an_entry_that_no_apply_wrote_is_refused(entry: Any, project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome"}])
    account, key = project.plan()["account"]["fingerprint"], "campaigns/Welcome"
    section = {"base_url": "x", "resources": {key: entry}}
    whole = {"format": "bmeconf.lock/1", "accounts": {account: section}}
    project.write(LOCK, json.dumps(whole))
    project.plan()
    section["resources"] = {key: {**entry, "check": Section(account).digest(key, entry)}}
    project.write(LOCK, json.dumps(whole))
    ran = project.run("plan")
    assert (ran.code, "campaigns/Welcome" in ran.err) == (3, True)


def test_a_file_that_is_not_text_is_refused(project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome"}])
    (project.folder / LOCK).write_bytes(b"\xff\xfe")
    assert project.run("plan").code == 3
    project.unlock()
    (project.folder / LOCK).mkdir()
    assert project.run("plan").code == 3


# --- a plan that was made elsewhere


def save(project: Project, name: str = "plan.json", *arguments: str) -> str:
    assert project.run("plan", "--out", name, *arguments).code == 0
    return name


def by_plan(project: Project) -> None:
    """Plan and apply, as a pipeline does."""
    number = len([*project.folder.glob("plan*.json")])
    project.run("apply", save(project, f"plan{number}.json"), "--auto-approve").ok()


def by_journal(project: Project, account: Account) -> None:
    """Apply a saved plan that is cut off, and finish it."""
    name = save(project)
    account.faults({"kind": "error-503", "method": "WRITE", "times": 0})
    assert project.run("apply", name, "--auto-approve").code != 0
    account.faults()
    project.run("apply", "--resume", str(project.journal())).ok()


@pytest.mark.parametrize("way", ["saved", "resumed"])
def test_a_saved_plan_proves_nothing_that_it_did_not_write(
    way: str, hiding: Project, account: Account
) -> None:
    account.edit("campaigns", "Draft", fromName="Z")
    hiding.declare(campaigns=[{**HIDDEN, "subject": "T"}])
    by_plan(hiding) if way == "saved" else by_journal(hiding, account)
    assert idle(hiding) == ["unreadable"]


def test_what_a_saved_plan_did_not_write_of_an_unknown_object_is_never_called_pending(
    project: Project, account: Account
) -> None:
    news = {"name": "News", "subject": "S", "preview_text": "P", "lists": ["Newsletter"]}
    ann = {"email": ANN, "fields": {"City": "Oslo", "Company": "Acme"}}
    whole: Any = {
        "lists": [{"name": "Newsletter"}],
        "structure": {"fields": [{"label": "City"}, {"label": "Company"}]},
    }
    project.deploy(**whole, contacts=[ann], campaigns=[news])
    project.unlock()
    ann, news = {**ann, "fields": {"City": "Rome", "Company": "Acme"}}, {**news, "subject": "T"}
    project.declare(**whole, contacts=[ann], campaigns=[news])
    commit(project.folder)
    by_plan(project)
    account.edit("contacts", ANN, fields={account.field_id("Company"): "Other"})
    account.edit("campaigns", "News", previewText="Q", lists=[])
    moved = {(i["address"], i["field"]): i["class"] for i in project.drift(code=2)["items"]}
    assert moved == {
        ("campaigns/News", "lists"): "drift",
        ("campaigns/News", "preview_text"): "drift",
        (f"contacts/{ANN}", "fields.Company"): "drift",
    }
    assert {*classes(project.plan("--since", "HEAD")).values()} == {"drift"}
    by_plan(project)
    project.apply()
    assert "unproven" not in project.lock_text()
    account.edit("campaigns", "News", previewText="Q")
    assert classes(project.plan()) == {"campaigns/News preview_text": "drift"}


def test_a_saved_plan_keeps_proven_what_was_pinned_as_it_was_remembered(hiding: Project) -> None:
    hiding.declare(campaigns=[{**HIDDEN, "subject": "T"}])
    by_plan(hiding)
    assert codes(hiding.plan()) == ["believed"]


def test_after_a_saved_plan_an_edit_by_hand_is_seen(project: Project, account: Account) -> None:
    project.deploy(campaigns=[OFFER])
    account.edit("campaigns", "Offer", body="<p>B</p>")
    project.declare(campaigns=[{"name": "Offer", "subject": "T"}])
    by_plan(project)
    project.declare(campaigns=[{**OFFER, "subject": "T"}])
    assert classes(project.plan()) == {"campaigns/Offer body": "drift"}


def test_a_saved_plan_lifts_protection_and_gives_it(project: Project) -> None:
    absent = [{"name": "Customers", "state": "absent"}]
    for protect in (True, False):
        project.declare(lists=[{**CUSTOMERS, "protect": protect}])
        by_plan(project)
        project.declare(lists=absent)
        ran = project.run("plan", "--format", "json")
        assert codes(ran.json) == (["protected"] if protect else [])
    assert ran.code == 0


def test_a_saved_plan_protects_what_it_creates(project: Project) -> None:
    project.declare(lists=[{"name": "New", "protect": True}])
    by_plan(project)
    assert codes(refused(project, lists=[{"name": "New", "state": "absent"}])) == ["protected"]


def test_a_saved_plan_remembers_a_schedule_that_was_seen(
    project: Project, account: Account
) -> None:
    entry = {"name": "Welcome", "schedule": {"at": AT}}
    project.declare(campaigns=[entry])
    by_plan(project)
    id = account.schedule(AT)
    by_plan(project)
    account.campaign_status(id, status="draft")
    assert manual(project) == "undone"
    project.declare(campaigns=[{**entry, "schedule": {"at": "2030-12-02T08:00:00Z"}}])
    by_plan(project)
    assert manual(project, campaigns=[entry]) == "todo"


def test_a_plan_without_its_manifests_tells_of_the_fields_it_writes() -> None:
    names = IdMap({"_id": "5" * 24})
    section = Section("sha256:0", "https://x")
    one, id = Address("campaigns", "One"), "1" * 24

    def after(section: Section, *changes: Change, alone: bool | None = None, **raw: Any) -> Section:
        live = KINDS["campaigns"].live({"_id": id, **raw}, one, names)
        write = ProvenWrite(one, id, changes, live, before={"__v": 0}, alone=alone)
        return record.after(LockBaseline(names, section=section), (), [write])

    body: Any = {"name": "One", "fromName": "A", "subject": "S", "__v": 0}
    named = Change(("name",), None, "One"), Change(("from_name",), None, "A")
    section = after(section, *named, Change(("subject",), None, "S"), **body)
    made = section.at(one)
    assert made is not None
    assert made.sent == made.seen
    assert sorted(made.sent) == ["from_name", "name", "subject"]
    noted = made._replace(protect=True, scheduled=AT, unproven=("body",))
    section = replace(section, entries={section.key(one): noted})
    changes = Change(("subject",), "S", "T"), Change(("body",), None, "<p>B</p>")
    now = {**body, "subject": "T", "__v": 1}
    unsure = after(section, *changes, **now).at(one)
    assert unsure is not None
    assert (unsure.version, unsure.listed) == (None, "")
    section = after(section, *changes, alone=True, **now)
    entry = section.at(one)
    assert entry is not None
    assert (entry.protect, entry.scheduled, entry.unproven, entry.version) == (True, AT, (), 1)
    assert unsure._replace(version=1, listed=entry.listed) == entry
    assert sorted(entry.sent) == ["body", "from_name", "name", "subject"]
    assert sorted(entry.seen) == ["from_name", "name", "subject"]
    assert entry.sent["subject"] != made.sent["subject"]
    assert entry.sent["from_name"] == made.sent["from_name"]
    gone = ProvenWrite(one, id, (), None)
    assert record.after(LockBaseline(names, section=section), (), [gone]).at(one) is None
