"""What must never happen: a mail to the wrong people, something lost, `done` when it is not.

Each test is one way in which it nearly did, driven through the command line against an account
whose server misbehaves in just that way.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import Cut, FakeServer, Rule, edited, instead, meanwhile, refusal

BOB = "bob@example.com"
REFUSED = refusal(400, "ValidationError", "not today")


def applied(project: Project, *arguments: str) -> Ran:
    return project.run("apply", "--auto-approve", "--format", "json", *arguments)


def dropping_lists(account: Account) -> Any:
    """A server that takes whoever it replaces off all lists."""

    def meddle(seen: Any, forward: Any) -> Any:
        reply = forward()
        state = account.state()
        for contact in state["contacts"]:
            if contact["_id"] == seen.path.rpartition("/")[2]:
                contact["lists"] = []
        account.set(state)
        return edited(lambda body: {**body, "lists": []})(seen, lambda: reply)

    return meddle


def appearing(cut: Cut, account: Account, request: str, kind: str, **one: Any) -> FakeServer:
    """Somebody else makes `one` just before the first such request arrives."""
    return cut(Rule(request, meanwhile(lambda: account.add(kind, **one)), times=1))


def test_a_list_stays_while_a_draft_could_not_let_go_of_it(
    project: Project, account: Account, cut: Cut
) -> None:
    old = account.named("lists", "Newsletter")
    cut(Rule("PATCH /api/email/campaign/.*", instead(REFUSED)))
    project.declare(
        lists=[{"name": "Newsletter", "state": "absent"}],
        campaigns=[{"name": "Welcome", "lists": ["Customers"]}],
    )
    ran = applied(project, "--allow-delete", "lists/Newsletter")
    assert ran.states == {"campaigns/Welcome": "failed", "lists/Newsletter": "blocked"}
    assert ran.code == 1
    assert account.named("campaigns", "Welcome")["lists"] == [old["_id"]]


def test_a_structure_of_which_a_part_is_hidden_is_not_replaced(
    project: Project, account: Account, cut: Cut
) -> None:
    before = account.state()
    for part in ("fields", "tags"):
        hide = edited(lambda body, part=part: {k: v for k, v in body.items() if k != part})
        server = cut(Rule("GET /api/contact-structure/[0-9a-f]+", hide))
        project.declare(structure={"tags": ["seed"]})
        ran = applied(project)
        assert ran.code == 1
        assert part in ran.err
        assert server.writes() == []
    assert account.state() == before


def test_a_replacement_that_loses_something_is_the_last_one(
    project: Project, account: Account, cut: Cut
) -> None:
    server = cut(Rule("PUT /api/contact/.*", dropping_lists(account)))
    people = ["ann@example.com", BOB, "carla@example.com"]
    project.declare(contacts=[{"email": e, "fields": {"First Name": "X"}} for e in people])
    ran = applied(project)
    assert ran.code == 8
    assert ran.json["error"]["code"] == "lossy_write"
    assert ran.json["converged"] is False
    assert len(server.writes()) == 1


def test_rows_without_a_name_are_not_nothing(project: Project, account: Account, cut: Cut) -> None:
    def nameless(body: Any) -> Any:
        rows = [{k: v for k, v in row.items() if k != "name"} for row in body["records"]]
        return {**body, "records": rows}

    server = cut(Rule("GET /api/contact-structure/.*/lists", edited(nameless)))
    project.declare(lists=[{"name": "Newsletter"}])
    ran = applied(project)
    assert ran.code == 1
    assert "name" in ran.err
    assert server.writes() == []


def test_a_third_list_joined_meanwhile_is_seen(
    project: Project, account: Account, cut: Cut
) -> None:
    lists = sorted({*account.named("contacts", BOB)["lists"], *account.list_ids("Product updates")})
    joins = meanwhile(lambda: account.edit("contacts", BOB, lists=lists))
    cut(Rule("GET /api/contact/.*", joins, skip=1))
    project.declare(
        lists=[{"name": "Product updates"}, {"name": "Customers"}],
        contacts=[{"email": BOB, "lists": ["Newsletter"]}],
    )
    ran = applied(project)
    assert ran.states == {"contacts/bob@example.com": "stale"}
    assert ran.code == 6


def test_what_was_left_alone_is_not_called_done(project: Project) -> None:
    project.declare(
        lists=[{"name": "Autumn"}],
        contacts=[{"email": "eva@example.com", "status": "Active"}],
        campaigns=[{"name": "2026-10 Newsletter", "subject": "Too late"}],
    )
    text = project.run("apply", "--auto-approve").ok().out
    assert "The account is as declared" not in text
    assert "Not as declared: 1 frozen, 1 blocked" in " ".join(text.split())
    project.declare(contacts=[{"email": "eva@example.com", "status": "Active"}])
    result = applied(project).ok().json
    assert result["converged"] is False
    assert [finding["code"] for finding in result["findings"]] == ["blocked"]


def test_a_schedule_that_nobody_entered_is_not_forgotten(project: Project) -> None:
    campaign = {"name": "Offer", "schedule": {"at": "2031-03-03T09:00:00Z"}}
    project.declare(campaigns=[campaign])
    result = applied(project).ok().json
    assert [manual["state"] for manual in result["manual"]] == ["todo"]
    project.declare(campaigns=[campaign], lists=[{"name": "Autumn"}])
    assert "1 manual step left." in project.run("apply", "--auto-approve").ok().out


def test_somebody_elses_campaign_is_not_adopted_unseen(
    project: Project, account: Account, cut: Cut
) -> None:
    account.switch(campaign_body="minimal")
    news, customers = (account.named("lists", n)["_id"] for n in ("Newsletter", "Customers"))

    appearing(cut, account, "POST /api/email/campaign", "campaigns", name="Offer", lists=[news])
    project.declare(campaigns=[{"name": "Offer", "lists": ["Customers"]}])
    ran = applied(project)
    assert ran.states == {"campaigns/Offer": "stale"}
    assert account.named("campaigns", "Offer")["lists"] == [news] != [customers]


def test_a_name_taken_meanwhile_makes_no_stray_list(
    project: Project, account: Account, cut: Cut
) -> None:
    account.switch(unique_list_names=True)

    appearing(cut, account, "POST .*/duplicate", "lists", name="Archive")
    project.declare(lists=[{"name": "Archive", "copy_of": "Newsletter"}])
    assert applied(project).code == 6
    assert not any("Copy" in one["name"] for one in account.state()["lists"])


def test_a_contact_that_a_lagging_search_still_shows_is_absent(
    project: Project, account: Account
) -> None:
    project.declare(contacts=[{"email": BOB, "state": "absent"}])
    account.switch(search_lag_ms=60_000)
    applied(project, "--allow-delete", "contacts/bob@example.com").ok()
    assert project.plan()["steps"] == []


def test_copies_outlive_what_they_were_made_from(project: Project, account: Account) -> None:
    lists = [{"name": "Archive", "copy_of": "Old list"}]
    project.declare(lists=lists)
    applied(project).ok()
    state = account.state()
    state["lists"] = [one for one in state["lists"] if one["name"] != "Old list"]
    gone = {one["_id"] for one in state["lists"]}
    for contact in state["contacts"]:
        contact["lists"] = [id for id in contact["lists"] if id in gone]
    account.set(state)
    assert project.plan()["steps"] == []


def test_a_spelled_out_address_is_no_glob(project: Project, account: Account) -> None:
    names = ("Old*", "Older customers")
    for name in names:
        account.add("lists", name=name)
    project.declare(lists=[{"name": name, "state": "absent"} for name in names])
    ran = applied(project, "--allow-delete", "lists/Old*")
    assert ran.code == 7
    assert "Older customers" in ran.err
    assert "'lists/Older customers'" in ran.err


def test_a_pasted_key_is_shown_nowhere(project: Project) -> None:
    project.declare(lists=[{"name": "Newsletter"}])
    key = "bme_us_" + "k" * 43
    for option in ("--account", "--target"):
        for format in ("text", "json"):
            ran = project.run("plan", option, key, "--format", format)
            assert ran.code == 3
            assert key not in ran.out + ran.err


def test_a_contact_without_lists_proves_nothing_of_lists(
    project: Project, account: Account, cut: Cut
) -> None:
    account.add("contacts", key="aaron@example.com", status={"primary": "Active"})
    server = cut(Rule("PUT /api/contact/.*", dropping_lists(account)))
    people = ["aaron@example.com", BOB, "carla@example.com"]
    project.declare(contacts=[{"email": e, "fields": {"First Name": "X"}} for e in people])
    ran = applied(project)
    assert ran.json["error"]["code"] == "lossy_write"
    assert len(server.writes()) == 2


def test_a_list_that_appears_meanwhile_is_not_taken_for_the_merge(
    project: Project, account: Account, cut: Cut
) -> None:
    account.switch(unique_list_names=True)

    appearing(cut, account, "POST .*/merge", "lists", name="Everyone")
    project.declare(
        lists=[{"name": "Everyone", "merge_of": ["Newsletter", "Customers"]}],
        campaigns=[{"name": "Offer", "lists": ["Everyone"]}],
    )
    ran = applied(project)
    assert ran.states == {"lists/Everyone": "stale", "campaigns/Offer": "blocked"}


def test_a_rename_looks_whether_the_name_was_taken_meanwhile(
    project: Project, account: Account, cut: Cut
) -> None:
    server = appearing(cut, account, "GET .*/lists/all", "lists", name="News")
    project.declare(lists=[{"name": "News", "renamed_from": ["Newsletter"]}])
    ran = applied(project)
    assert ran.states == {"lists/News": "stale"}
    assert server.writes() == []


def test_a_targeted_apply_does_not_speak_for_the_rest(project: Project) -> None:
    project.declare(lists=[{"name": "Autumn"}, {"name": "Winter"}])
    out = project.run("apply", "--auto-approve", "--target", "lists/Autumn").ok().out
    assert "The account is as declared" not in out
    assert "What was looked at is as declared" in out


def test_a_failure_in_a_text_file_is_harmless(project: Project) -> None:
    project.declare(lists=[{"name": "Newsletter"}])
    evil = "x\x1b[2J\n::error::" + "bme_us_" + "k" * 43
    project.run("plan", "--output", "text=plan.txt", "--account", evil)
    shown = (project.folder / "plan.txt").read_text(encoding="utf-8")
    assert "\x1b" not in shown
    assert "kkkk" not in shown
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())


def test_a_campaign_of_another_structure_is_left_alone(project: Project, account: Account) -> None:
    account.add("structures", _id="e" * 24, label="VIP", keyName="Email")
    project.declare(
        structure={"label": "VIP"},
        campaigns=[{"name": "Welcome", "lists": [], "subject": "Hello"}],
    )
    plan = project.plan()
    assert plan["steps"] == []
    assert [finding["code"] for finding in plan["findings"]] == ["blocked"]


@pytest.mark.parametrize("status", ["object", "strings"])
def test_what_is_not_documented_is_not_sent_back(
    status: str, project: Project, account: Account, cut: Cut
) -> None:
    account.switch(unknown_keys="error", active_secondary=True)

    def more(body: Any) -> Any:
        parts = {key: [{**each, "label": "X"} for each in body[key]] for key in ("lists", "tags")}
        fields = [{**each, "type": "text"} for each in body["fields"]]
        said = {"status": {**body["status"], "since": "2026-01-01"}}
        if status == "strings":
            said = {"contactStatus": "Active", "contactSubStatus": "confirmed"}
            body = {key: value for key, value in body.items() if key != "status"}
        return {**body, **parts, **said, "fields": fields, "score": 5, "source": {"type": "api"}}

    cut(Rule("GET /api/contact/[0-9a-f]+", edited(more)))
    before = account.named("contacts", BOB)
    project.deploy(contacts=[{"email": BOB, "fields": {"First Name": "Rob"}}])
    after = account.named("contacts", BOB)
    assert after["fields"] == {**before["fields"], account.field_id("First Name"): "Rob"}
    for part in ("key", "lists", "tags", "status"):
        assert after[part] == before[part]


def test_a_structure_goes_back_without_what_the_api_refuses(
    project: Project, account: Account, cut: Cut
) -> None:
    account.switch(unknown_keys="error")
    more = edited(lambda body: {**body, "isDefault": True})
    server = cut(Rule("GET /api/contact-structure/[0-9a-f]+", more))
    project.deploy(structure={"tags": ["seed"]})
    assert len(server.writes()) == 2
    assert "seed" in [tag["label"] for tag in account.state()["structures"][0]["tags"]]
