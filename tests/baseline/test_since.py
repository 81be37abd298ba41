"""Git as the memory: `plan --since` tells who moved, and what no manifest declares any more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.live.orphans import block
from bmeconf.sandbox import Sandbox
from tests.support.documents import classes, found
from tests.support.driver import Account, Project, Ran
from tests.support.git import commit, git
from tests.support.oracle import IDENTITY, key_of
from tests.support.strategies import NAMES, World, dumped, examples, worlds

CODE = "no_longer_managed"
ANN, QA = "ann@example.com", "qa@x.org"


def names(*each: str) -> list[dict[str, str]]:
    return [{"name": name} for name in each]


def past(project: Project, applied: bool = False, **manifest: Any) -> str:
    """The commit of a manifest; where it was `applied`, Git alone remembers it."""
    project.declare(**manifest)
    if applied:
        project.apply()
        project.unlock()
    return commit(project.folder)


def dropped(project: Project) -> None:
    """A list that was declared at the last commit is declared no more."""
    past(project, lists=names("Newsletter", "Old list"))
    project.declare(lists=names("Newsletter"))


def since(project: Project, *arguments: str, revision: str = "HEAD") -> Any:
    return project.plan("--since", revision, *arguments)


def notes(document: Any) -> dict[str, str]:
    told = [f for f in document["findings"] if f["code"] == CODE]
    assert {f["level"] for f in told} <= {"note"}
    return {f["address"]: f["remedy"] for f in told}


def told(plan: Any) -> tuple[str, str, str]:
    (note,) = (f for f in plan["findings"] if f["code"] == CODE)
    return note["address"], note["message"], note["remedy"]


def pasted(remedy: str) -> Any:
    """The manifest in a remedy, as any reader of YAML takes it."""
    return yaml.safe_load(remedy[remedy.index("{version") :])


def refused(ran: Ran, *told: str) -> None:
    assert ran.code == 3, ran.out + ran.err
    assert [part for part in told if part not in ran.err] == []
    assert "Traceback" not in ran.err


# --- no longer managed


def test_what_is_left_is_told_with_a_block_to_delete_it(project: Project, account: Account) -> None:
    people = [{"email": ANN}, {"email": "bob@example.com"}, {"email": "nobody@example.com"}]
    head = past(
        project,
        lists=names("Newsletter", "Old list", "Never made"),
        contacts=people,
        campaigns=names("Welcome", "Never made"),
    )
    project.declare(lists=names("Newsletter"))
    plan = since(project)
    told = notes(plan)
    assert set(told) >= {"lists/Old list", f"contacts/{ANN}", "campaigns/Welcome"}
    assert not any("ever made" in a or "nobody" in a for a in told)
    old, ann = (account.id_of(*one) for one in (("lists", "Old list"), ("contacts", ANN)))
    absent = [{"name": "Old list", "id": old, "state": "absent"}]
    assert pasted(told["lists/Old list"]) == {"version": 1, "lists": absent}
    absent = [{"email": ANN, "id": ann, "state": "absent"}]
    assert pasted(told[f"contacts/{ANN}"])["contacts"] == absent
    assert plan["source"]["since"] == {"revision": "HEAD", "commit": head, "complete": True}
    assert plan["steps"] == []
    assert CODE in project.run("plan", "--since", "HEAD").ok().out


def test_nothing_is_told_without_since_and_the_plan_is_the_same(project: Project) -> None:
    past(project, lists=names("Newsletter", "Old list"))
    project.declare(lists=names("New"), campaigns=[{"name": "Welcome", "subject": "Hi"}])
    plain, held = project.plan(), since(project)
    assert notes(plain) == {}
    assert "since" not in plain["source"]
    assert set(notes(held)) == {"lists/Newsletter", "lists/Old list"}
    assert held["fingerprint"] == plain["fingerprint"]
    assert held["requests"]["read"] == plain["requests"]["read"]


def test_lists_that_a_campaign_loses_are_named_alike(project: Project, account: Account) -> None:
    account.edit("campaigns", "Welcome", lists=account.list_ids("Newsletter"))
    past(project, lists=names("Old list"))
    project.declare(campaigns=[{"name": "Welcome", "lists": []}])
    plain, held = project.plan(), since(project)
    (change,) = plain["steps"][0]["changes"]
    assert change["before"] == ["lists/Newsletter"]
    assert held["fingerprint"] == plain["fingerprint"]


def test_contacts_of_both_sides_are_searched_together(project: Project, account: Account) -> None:
    past(project, contacts=[{"email": ANN}, {"email": "bob@example.com"}])
    project.declare(contacts=[{"email": ANN}])
    project.plan()
    alone = [call["path"] for call in account.log()]
    account.clear_log()
    assert list(notes(since(project))) == ["contacts/bob@example.com"]
    assert [call["path"] for call in account.log()] == alone


def test_many_contacts_are_not_all_looked_for(project: Project, account: Account) -> None:
    people = [{"email": f"a{n:04}@example.com"} for n in range(600)]
    past(project, lists=names("Newsletter"), contacts=[*people, {"email": "a@a.example"}])
    project.declare(lists=names("Newsletter"))
    account.clear_log()
    plan = since(project)
    assert sum(c["path"] == "/api/contact/search" for c in account.log()) == 7
    assert "351 more contacts like it were not looked for" in told(plan)[1]


@pytest.mark.parametrize(
    "now",
    [
        {"name": "Letters", "renamed_from": ["Old list"]},
        {"name": "Letters", "id": "ID"},
        {"name": "Old list", "state": "absent"},
        {"name": "Old list", "id": "ID"},
        {"name": "  Old list "},
    ],
)
def test_what_is_still_named_is_not_gone(now: Any, project: Project, account: Account) -> None:
    id = {"id": account.id_of("lists", "Old list")} if "id" in now else {}
    past(project, lists=[{"name": "Old list", **id}])
    (project.folder / "m.yaml").unlink()
    text = yaml.safe_dump({"version": 1, "lists": [{**now, **id}]})
    project.write("elsewhere/other.yml", text)
    assert notes(since(project)) == {}


def test_what_an_unasked_file_declares_is_not_gone(project: Project) -> None:
    project.write("bmeconf.yaml", "version: 1\n")
    project.write("a.yaml", "version: 1\nlists: [{name: Newsletter}, {name: Old list}]\n")
    commit(project.folder)
    project.write("a.yaml", "version: 1\nlists: [{name: Newsletter}]\n")
    project.write("b.yaml", "version: 1\nlists: [{name: Old list}]\n")
    assert notes(since(project, "a.yaml")) == {}
    (project.folder / "b.yaml").unlink()
    assert list(notes(since(project, "a.yaml"))) == ["lists/Old list"]


def test_protected_ones_are_said_to_be(project: Project) -> None:
    past(project, lists=[{"name": "Newsletter"}, {"name": "Old list", "protect": True}])
    project.apply()
    # Not protected any more, but that was never applied.
    dropped(project)
    for revision in ("HEAD", "HEAD~1"):
        _, message, remedy = told(since(project, revision=revision))
        assert "is protected" in message
        assert remedy.startswith("declare it without protect: true")
    project.unlock()
    assert "protect" not in notes(since(project))["lists/Old list"]
    assert "protect" in notes(since(project, revision="HEAD~1"))["lists/Old list"]


def test_what_cannot_be_deleted_is_offered_no_block(project: Project, account: Account) -> None:
    past(project, lists=names("Newsletter", "Old list"), campaigns=names("Welcome"))
    account.campaign_status(account.id_of("campaigns", "Welcome"), status="sent")
    people = [{"email": ANN, "lists": ["Old list"]}]
    project.declare(lists=names("Newsletter"), contacts=people)
    plan = since(project)
    told = {f["address"]: f["message"] for f in plan["findings"] if f["code"] == CODE}
    assert "is sent, not a draft" in told["campaigns/Welcome"]
    assert f"contacts/{ANN} still refers to it" in told["lists/Old list"]
    assert not any("absent" in remedy for remedy in notes(plan).values())


def test_parts_of_the_structure_that_stay_are_told_once(project: Project, account: Account) -> None:
    structure = {"tags": ["VIP", "nowhere"], "fields": [{"label": "City"}]}
    past(project, structure=structure, contacts=[{"email": ANN, "fields": {"First Name": "A"}}])
    first = account.state()["structures"][0]["fields"][0]["label"]
    project.declare(lists=names("Newsletter"))
    (note,) = (f for f in since(project)["findings"] if f["address"] == "structure")
    assert "'VIP'" in note["message"]
    assert not any(part in note["message"] for part in (first, "nowhere"))
    assert "state: absent" not in note["remedy"]


def test_a_target_narrows_what_is_told(project: Project) -> None:
    past(project, lists=names("Newsletter", "Old list", "Customers"))
    project.declare(lists=names("Newsletter"))
    assert notes(since(project, "--target", "lists/N*", "--target", "lists/Newsletter")) == {}
    assert notes(since(project, "--target", "lists/*l*e*")) == {}
    assert len(notes(since(project, "--target", "lists/*"))) == 2


def another(account: Account, kind: str, name: str) -> str:
    """Somebody makes another object of a name."""
    state = account.state()
    state[kind].append({"name": name})
    account.set(state)
    return str([o["_id"] for o in account.state()[kind] if o["name"] == name][-1])


@pytest.fixture
def mine(project: Project, account: Account) -> str:
    """The id of a list that was applied and committed as Mine, and is declared no more."""
    project.declare(lists=names("Mine", "Customers"))
    project.apply()
    commit(project.folder)
    project.declare(lists=names("Customers"))
    return account.id_of("lists", "Mine")


def test_a_rename_by_hand_is_told_by_id(project: Project, account: Account, mine: str) -> None:
    account.edit("lists", "Mine", name="Ours")
    address, message, remedy = told(since(project))
    assert (address, "as 'Mine'" in message) == ("lists/Ours", True)
    assert pasted(remedy)["lists"] == [{"name": "Ours", "id": mine, "state": "absent"}]
    new = another(account, "lists", "Mine")
    address, message, remedy = told(since(project))
    assert address == "lists/Ours"
    assert all(part in message for part in (mine, new, "'Mine'"))
    assert "absent" not in remedy


def test_what_is_gone_is_not_told_to_be_live(project: Project, account: Account, mine: str) -> None:
    account.remove("lists", "Mine")
    assert notes(since(project)) == {}
    new = another(account, "lists", "Mine")
    address, message, remedy = told(since(project))
    assert address == "lists/Mine"
    assert all(part in message for part in (f"is gone: its id was {mine}", new))
    assert "still live" not in message
    assert "absent" not in remedy


def test_a_new_name_is_no_other_list(project: Project, account: Account, mine: str) -> None:
    account.edit("lists", "Mine", name="Ours")
    project.declare(lists=names("Customers", "Ours"))
    assert notes(since(project)) == {}
    another(account, "lists", "Mine")
    assert notes(since(project)) == {}


def test_a_block_spares_later_namesakes(project: Project, account: Account, mine: str) -> None:
    block = pasted(told(since(project))[2])
    assert block["lists"] == [{"name": "Mine", "id": mine, "state": "absent"}]
    account.edit("lists", "Mine", name="Ours")
    another(account, "lists", "Mine")
    project.write("gone.yaml", yaml.safe_dump(block))
    ran = project.run("apply", "--auto-approve", "--allow-delete", "lists/Mine")
    assert ran.code == 7
    assert "id_names_another" in ran.out
    assert {"Mine", "Ours"} <= {one["name"] for one in account.state()["lists"]}


@pytest.mark.parametrize("kind", ["lists", "campaigns"])
@pytest.mark.parametrize("gone", [True, False])
def test_an_absent_entry_deletes_no_other_object_of_its_name(
    kind: str, gone: bool, project: Project, account: Account
) -> None:
    project.declare(**{kind: names("Mine")})
    project.apply()
    old = account.id_of(kind, "Mine")
    if gone:
        account.remove(kind, "Mine")
    else:
        account.edit(kind, "Mine", name="Ours")
    new = another(account, kind, "Mine")
    project.declare(**{kind: [{"name": "Mine", "state": "absent"}]})
    ran = project.run("apply", "--auto-approve", "--allow-delete", f"{kind}/Mine")
    assert ran.code == 7
    assert all(part in " ".join(ran.out.split()) for part in ("replaced", old, new))
    assert account.id_of(kind, "Mine") == new
    project.declare(**{kind: [{"name": "Mine", "id": new, "state": "absent"}]})
    project.run("apply", "--auto-approve", "--allow-delete", f"{kind}/Mine").ok()
    assert "Mine" not in {one["name"] for one in account.state()[kind]}


def test_a_contact_is_the_same_by_its_email(project: Project, account: Account) -> None:
    project.declare(contacts=[{"email": ANN}])
    project.apply()
    state = account.state()
    (ann,) = (one for one in state["contacts"] if one["key"] == ANN)
    ann["_id"] = "9" * 24
    account.set(state)
    project.declare(contacts=[{"email": ANN, "state": "absent"}])
    plan = project.plan()
    assert [step["action"] for step in plan["steps"]] == ["delete"]
    assert [f["code"] for f in plan["findings"] if f["level"] == "warning"] == ["replaced"]


@pytest.mark.parametrize("locked", [True, False])
def test_a_rename_is_asked_for_before_a_delete(locked: bool, project: Project) -> None:
    project.declare(lists=names("Customers", "Newsletter"))
    if locked:
        project.apply()
    commit(project.folder)
    project.declare(lists=names("Clients", "Newsletter"))
    _, _, remedy = told(since(project))
    asked = 'if it is the same as lists/Clients, add renamed_from: ["Customers"] there; '
    assert remedy.startswith(asked)
    assert "; if it is to go, add this manifest: {version" in remedy
    assert pasted(remedy)["lists"][0]["state"] == "absent"
    # What is there already is no new name, nor is what is of another kind.
    project.declare(lists=names("Newsletter", "Old list"), campaigns=names("New"))
    assert told(since(project))[2].startswith("if it is to go, ")


def test_of_many_new_names_a_few_are_told(project: Project) -> None:
    past(project, lists=names("Customers"))
    project.declare(lists=names(*(f"New {n}" for n in range(5))))
    remedy = told(since(project))[2]
    assert "lists/New 0 or lists/New 1 or lists/New 2 or another new one" in remedy
    assert "New 3" not in remedy


HOSTILE = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(["${domain}", "$${", "a: b, {c}", "##[error]", "::warning::x", "a    b " * 20]),
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn")), min_size=1, max_size=60
    ),
).filter(lambda text: text.strip())


@given(hostile=st.lists(HOSTILE, min_size=1, max_size=4, unique_by=lambda n: n.strip()))
@examples(5)
def test_pasted_blocks_delete_what_they_name_whatever_that_is(
    hostile: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Sandbox(None) as sandbox:
        project = Project(tmp_path_factory.mktemp("p"), Account(sandbox).env)
        project.declare(lists=names(*(name.replace("${", "$${") for name in hostile)))
        if project.run("apply", "--auto-approve").code != 0:
            return
        commit(project.folder)
        project.declare(lists=names("Newsletter"))
        plan = since(project)
        assert plan["steps"] == []
        shown = project.run("plan", "--since", "HEAD").ok().out
        pastes = [remedy[remedy.index("{version") :] for remedy in notes(plan).values()]
        project.write("gone.yaml", "\n---\n".join(["version: 1", *pastes]))
        deletes = [s for s in project.plan()["steps"] if s["action"] == "delete"]
        assert {s["address"] for s in deletes} == set(notes(plan))
        assert len(deletes) == len({n.strip() for n in hostile} - {"Newsletter"})
        # As the terminal shows it, broken into lines, it means the same.
        texts = [part.split("\n\n")[0] for part in shown.split("this manifest: ")[1:]]
        project.write("gone.yaml", "\n---\n".join(["version: 1", *texts]))
        again = [s["address"] for s in project.plan()["steps"] if s["action"] == "delete"]
        assert sorted(again) == sorted(s["address"] for s in deletes)


@given(name=st.text(st.characters(exclude_categories=("Cs",)), min_size=1), width=st.integers(1, 9))
@examples(150)
def test_a_block_broken_at_any_blank_is_the_same_yaml(name: str, width: int) -> None:
    whole = block("lists", "name", name, "5" * 24)
    assert "\n" not in whole
    lines = whole.split(" ")
    broken = "\n    ".join(" ".join(lines[n : n + width]) for n in range(0, len(lines), width))
    wanted = {"name": name.replace("${", "$${"), "id": "5" * 24, "state": "absent"}
    assert yaml.safe_load(broken) == {"version": 1, "lists": [wanted]}


# --- who moved


def test_the_lock_file_wins_where_it_knows(project: Project, account: Account) -> None:
    past(project, campaigns=[{"name": "Welcome", "subject": "A"}])
    project.declare(campaigns=[{"name": "Welcome", "subject": "B"}])
    project.apply()
    account.edit("campaigns", "Welcome", subject="C", fromName="Z")
    project.declare(campaigns=[{"name": "Welcome", "subject": "B", "from_name": "N"}])
    # By Git alone both had moved; the lock file knows that B was applied.
    moved = {"campaigns/Welcome subject": "drift", "campaigns/Welcome from_name": "pending"}
    assert classes(since(project)) == moved
    project.unlock()
    assert classes(since(project))["campaigns/Welcome subject"] == "conflict"


def test_git_fills_what_the_lock_file_does_not_know(project: Project, account: Account) -> None:
    project.declare(campaigns=[{"name": "Welcome", "subject": "A"}])
    project.apply()
    more = {"name": "Welcome", "subject": "A", "from_name": "N"}
    past(project, campaigns=[more], lists=names("Gone"))
    account.edit("campaigns", "Welcome", subject="C", fromName="Z")
    moved = ("campaigns/Welcome subject", "campaigns/Welcome from_name", "lists/Gone name")
    assert classes(since(project)) == dict.fromkeys(moved, "drift")
    assert classes(project.plan())["campaigns/Welcome from_name"] == "pending"


def test_what_is_new_is_pending_and_what_was_lost_is_drift(project: Project) -> None:
    one = {"name": "One", "subject": "A"}
    past(project, campaigns=[one])
    project.declare(campaigns=[one, {"name": "Two"}, {"name": "Welcome", "subject": "x"}])
    lost, new = ("One name", "One subject"), ("Two name", "Welcome subject")
    moved = dict.fromkeys(lost, "drift") | dict.fromkeys(new, "pending")
    assert classes(since(project)) == {f"campaigns/{path}": moved[path] for path in moved}
    assert "Since: HEAD (" in project.run("plan", "--since", "HEAD").ok().out


def test_a_rename_in_the_manifests_moves_nothing_but_the_name(project: Project) -> None:
    people = [{"email": ANN, "lists": ["Newsletter"]}]
    drafts = [{"name": "Welcome", "lists": ["Newsletter"]}]
    past(project, applied=True, lists=names("Newsletter"), contacts=people, campaigns=drafts)
    text = (project.folder / "m.yaml").read_text().replace("Newsletter", "News")
    renamed = text.replace("- name: News", "- {name: News, renamed_from: Newsletter}")
    project.write("m.yaml", renamed)
    assert classes(since(project)) == {"lists/News name": "pending"}


def test_a_body_that_the_service_rewrote_did_not_move(project: Project, account: Account) -> None:
    account.switch(body_rewriting="tracking")
    link = '<p><a href="https://acme.example/{}">go</a></p>'
    past(project, applied=True, campaigns=[{"name": "New", "body": {"html": link.format("a")}}])
    project.declare(campaigns=[{"name": "New", "body": {"html": link.format("b") + "<p>x</p>"}}])
    assert classes(since(project)) == {"campaigns/New body": "pending"}


def test_a_list_that_is_named_elsewhere_by_now_is_not_drift(project: Project) -> None:
    ann, qa = ({"email": e, "lists": [n]} for e, n in ((ANN, "Newsletter"), (QA, "Customers")))
    past(project, applied=True, contacts=[ann])
    project.declare(contacts=[ann, qa])
    assert classes(since(project))[f"contacts/{ANN} lists"] == "pending"


def configure(project: Project, variables: dict[str, str], **settings: Any) -> None:
    account = {"base_url": project.env["BMECONF_BASE_URL"], "api_key_env": "BMECONF_API_KEY"}
    accounts = {"a": {**account, "vars": variables}}
    text = yaml.safe_dump({"version": 1, "accounts": accounts, **settings})
    project.write("bmeconf.yaml", text)


def test_variables_are_those_of_now_and_else_those_of_then(project: Project) -> None:
    configure(project, {"old": "Old", "both": "then"})
    past(project, lists=names("${old} list", "Newsletter", "${both}"))
    configure(project, {"both": "Customers"})
    project.declare(lists=names("Newsletter"))
    plan = since(project)
    assert set(notes(plan)) == {"lists/Old list", "lists/Customers"}
    assert plan["source"]["since"]["complete"] is True


def test_a_body_from_a_template_is_known_as_it_is(project: Project, account: Account) -> None:
    (template, *_) = account.state()["templates"]
    body = {"template": {"name": template["name"], "lang": template.get("lang", "en")}}
    past(project, applied=True, campaigns=[{"name": "Welcome", "body": body}])
    account.edit("campaigns", "Welcome", body="<p>Z</p>")
    assert classes(since(project)) == {"campaigns/Welcome body": "drift"}
    project.declare(campaigns=[{"name": "Welcome", "body": {"html": "<p>own</p>"}}])
    assert classes(since(project)) == {"campaigns/Welcome body": "pending"}


@given(world=worlds(), draw=st.data())
@examples(8)
def test_it_only_tells_more(
    world: World, draw: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A plan has the same steps with it and without, and what is told of is live and dropped."""
    with Sandbox(None) as sandbox:
        account = Account(sandbox)
        account.set(world.account)
        project = Project(tmp_path_factory.mktemp("p"), account.env)
        for name, text in dumped([world.manifest]).items():
            project.write(name, text)
        commit(project.folder)
        kept = {
            key: draw.draw(st.lists(st.sampled_from(value), unique_by=id)) if value else value
            for key, value in world.manifest.items()
            if isinstance(value, list)
        }
        for path in project.folder.glob("*.y*ml"):
            path.unlink()
        project.declare(**{k: v for k, v in world.manifest.items() if k != "version"} | kept)
        plain = project.run("plan", "--format", "json")
        held = project.run("plan", "--format", "json", "--since", "HEAD")
        assert held.code == plain.code, held.err
        if plain.code not in (0, 7):
            return
        before, after = plain.json, held.json
        assert [*map(unclassed, after["steps"])] == [*map(unclassed, before["steps"])]
        assert after["fingerprint"] == before["fingerprint"]
        assert after["manual"] == before["manual"]
        more = [f for f in after["findings"] if f not in before["findings"]]
        assert {f["code"] for f in more} <= {CODE}
        assert [f for f in before["findings"] if f not in after["findings"]] == []
        known = {
            f"{kind}/{key_of(kind, one[key])}"
            for kind, (_, key) in IDENTITY.items()
            for one in account.state()[kind]
        }
        assert {f["address"] for f in more} - {"structure"} <= known
        assert not {f["address"] for f in more} & {step["address"] for step in after["steps"]}


def unclassed(step: Any) -> Any:
    changes = [{k: v for k, v in c.items() if k != "class"} for c in step["changes"]]
    # Lists that the commit declared are read as well, and named.
    return {**step, "changes": changes, "hanging": bool(step.get("hanging"))}


# --- what was written then and cannot be read now


def incomplete(project: Project, *told: str, revision: str = "HEAD") -> Any:
    plan = since(project, revision=revision)
    assert plan["source"]["since"]["complete"] is False
    ran = project.run("plan", "--since", revision).ok()
    assert "Warning: --since" in ran.err
    assert "not all of it could be read" in ran.out
    assert [part for part in told if part not in " ".join(ran.err.split())] == []
    assert "/tmp" not in ran.err
    return plan


def test_manifests_that_became_invalid_are_named(project: Project, account: Account) -> None:
    project.write("bad.yaml", "version: 1\nlists: [{name: Customers, colour: red}]\n")
    project.write("worse.yaml", "version: [1\n")
    drafts = [{"name": "Welcome", "subject": "A"}]
    head = past(project, lists=names("Old list"), campaigns=drafts)[:12]
    (project.folder / "bad.yaml").unlink()
    (project.folder / "worse.yaml").unlink()
    account.edit("campaigns", "Welcome", subject="B", fromName="Z")
    now = [{"name": "Welcome", "subject": "A", "from_name": "N"}, {"name": "New"}]
    project.declare(lists=names("Customer"), campaigns=now)
    plan = incomplete(project, "2 problems", f"{head}:bad.yaml:2:", f"{head}:worse.yaml:")
    assert list(notes(plan)) == ["lists/Old list"]
    # What is not known to have been left out then is not called new.
    assert classes(plan) == {
        "campaigns/Welcome subject": "drift",
        "campaigns/Welcome from_name": "pending",
        "campaigns/New name": "",
        "lists/Customer name": "",
    }


def test_a_body_that_was_missing_is_not_compared(project: Project, account: Account) -> None:
    project.write("e.html", "<p>A</p>")
    past(project, campaigns=[{"name": "Welcome", "subject": "A", "body": {"file": "e.html"}}])
    (project.folder / "e.html").unlink()
    commit(project.folder, "broken")
    account.edit("campaigns", "Welcome", subject="B", body="<p>Z</p>")
    project.write("e.html", "<p>A</p>")
    plan = incomplete(project, "body.file", "does not exist")
    assert classes(plan) == {"campaigns/Welcome subject": "drift", "campaigns/Welcome body": ""}
    assert set(classes(since(project, revision="HEAD~1")).values()) == {"drift"}
    project.declare(lists=names("Newsletter"))
    assert list(notes(since(project))) == ["campaigns/Welcome"]


def test_a_pointer_of_git_lfs_is_no_body(project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome", "body": {"file": "e.html"}}])
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n"
    project.write("e.html", pointer)
    refused(project.run("plan"), "git lfs pull")
    commit(project.folder)
    project.write("e.html", "<p>A</p>")
    assert classes(incomplete(project, "pointer of Git LFS")) == {"campaigns/Welcome body": ""}


def test_a_past_without_manifests_is_not_one_that_declared_nothing(project: Project) -> None:
    project.write("README", "x")
    commit(project.folder)
    project.declare(campaigns=[{"name": "Welcome", "subject": "A"}])
    assert classes(incomplete(project, "1 problem")) == {"campaigns/Welcome subject": ""}


def test_a_project_file_that_was_broken_is_told_and_the_rest_is_read(project: Project) -> None:
    project.write("bmeconf.yaml", "version: 1\nnonsense: true\n")
    past(project, lists=names("Old list", "Newsletter"))
    project.write("bmeconf.yaml", "version: 1\n")
    project.declare(lists=names("Newsletter"))
    assert list(notes(incomplete(project, "nonsense"))) == ["lists/Old list"]


# --- trees


def test_tables_patterns_and_links_are_followed(project: Project, account: Account) -> None:
    folder = project.folder
    configure(project, {"lang": "en"}, manifests=["conf/*"])
    project.write("real/seeds.csv", f"Email\n{ANN}\n")
    project.write("real/en/welcome.html", "<p>A</p>")
    tables = [{"csv": "../linked/seeds.csv", "email": "Email", "defaults": {"tags": []}}]
    drafts = [{"name": "Welcome", "body": {"file": "../linked/${lang}/welcome.html"}}]
    text = {"version": 1, "contact_files": tables, "campaigns": drafts}
    project.write("real/base.txt", yaml.safe_dump(text))
    (folder / "linked").symlink_to("real")
    (folder / "conf").mkdir()
    (folder / "conf" / "m.yaml").symlink_to("../real/base.txt")
    project.write("ignored.yaml", "nonsense: [")
    project.apply()
    project.unlock()
    commit(folder)
    account.edit("campaigns", "Welcome", body="<p>Z</p>")
    assert classes(since(project)) == {"campaigns/Welcome body": "drift"}
    project.write("real/base.txt", "version: 1\nlists: [{name: Newsletter}]\n")
    plan = since(project)
    assert set(notes(plan)) == {"campaigns/Welcome", f"contacts/{ANN}"}
    assert plan["source"]["since"]["complete"] is True


def test_links_that_leave_the_tree_lead_nowhere(project: Project, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.html"
    outside.write_text("<p>secret</p>")
    drafts = [{"name": name, "body": {"file": name}} for name in ("a.html", "d/b.html")]
    (project.folder / "a.html").symlink_to(outside)
    (project.folder / "p/q").mkdir(parents=True)
    # Each stays inside by its text; by way of each other they do not.
    (project.folder / "p/q/up").symlink_to("../..")
    (project.folder / "d").symlink_to("p/q/up/..")
    past(project, campaigns=drafts, lists=names("Old list"))
    for name in ("a.html", "d"):
        (project.folder / name).unlink()
    project.declare(lists=names("Newsletter"))
    assert list(notes(incomplete(project, "a.html"))) == ["lists/Old list"]


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path, account: Account) -> None:
    project = Project(tmp_path / "mail éé", account.env)
    (tmp_path / "other.yaml").write_text("version: 1\nlists: [{name: Customers}]\n")
    project.declare(lists=names("Newsletter", "Old list"))
    head = commit(tmp_path)
    project.declare(lists=names("Newsletter"))
    assert list(notes(since(project))) == ["lists/Old list"]
    project.write("m.yaml", "version: 2\n")
    commit(tmp_path)
    project.declare(lists=names("Newsletter"))
    incomplete(project, ":mail éé/m.yaml:1:")
    assert list(notes(since(project, revision=head[:10]))) == ["lists/Old list"]


def test_submodules_are_other_repositories(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path.parent / f"{tmp_path.name}-other")
    past(other, lists=names("Old list"))
    past(project, lists=names("Newsletter"))
    git(project.folder, "submodule", "--quiet", "add", str(other.folder), "sub")
    commit(project.folder)
    git(project.folder, "rm", "-q", "-f", "sub")
    plan = since(project)
    assert (notes(plan), plan["source"]["since"]["complete"]) == ({}, True)


# --- Git that is not as it should be


NO_COMMITS = ("nonesuch", "", " ", "HEAD~99", "0" * 40, "HEAD:m.yaml", "HEAD^{tree}", "a\nb")
OPTIONS = ("--upload-pack=touch pwned", "--git-dir=/tmp", "-h", "--all", "--output=pwned")
UNKNOWN = {
    **dict.fromkeys(NO_COMMITS, "--since"),
    **dict.fromkeys(("HEAD~1..HEAD", "HEAD~1...HEAD"), "git merge-base"),
    **dict.fromkeys(OPTIONS, "is not the name of a commit"),
}


@pytest.mark.parametrize("revision", UNKNOWN)
def test_an_unknown_revision_is_said_before_anything_is_read(
    revision: str, project: Project, account: Account
) -> None:
    past(project, lists=names("Newsletter"))
    commit(project.folder)
    account.clear_log()
    refused(project.run("plan", f"--since={revision}"), UNKNOWN[revision])
    assert account.log() == []
    # It is never an option of Git's.
    assert sorted(p.name for p in project.folder.iterdir()) == [".git", "m.yaml"]


def test_a_shallow_clone_says_how_to_fetch_more(tmp_path: Path, account: Account) -> None:
    origin = Project(tmp_path / "origin")
    first = past(origin, lists=names("Newsletter", "Old list"))
    past(origin, lists=names("Newsletter"))
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin.folder}", "clone")
    project = Project(tmp_path / "clone", account.env)
    for revision in ("HEAD~1", first):
        refused(project.run("plan", "--since", revision), "shallow clone", "fetch-depth: 0")
    git(project.folder, "fetch", "-q", "--unshallow")
    assert list(notes(since(project, revision="HEAD~1"))) == ["lists/Old list"]


def test_outside_a_repository(project: Project) -> None:
    project.declare(lists=names("Newsletter"))
    ceiling = {"GIT_CEILING_DIRECTORIES": str(project.folder.parent)}
    refused(project.run("plan", "--since", "HEAD", **ceiling), "needs a Git repository")
    ran = project.run("plan", "--since", "HEAD", "--format", "json", PATH="")
    refused(ran, "git, which is not installed")
    assert ran.json["error"]["code"] == "invalid_input"


def test_a_folder_that_looks_like_a_repository_is_none(project: Project, tmp_path: Path) -> None:
    work = tmp_path.parent / f"{tmp_path.name}-work"
    past(Project(work), lists=names("Newsletter"))
    git(work, "clone", "-q", "--bare", ".", str(project.folder / "bare"))
    for part in (project.folder / "bare").iterdir():
        part.rename(project.folder / part.name)
    project.declare(lists=names("Newsletter"))
    assert git(project.folder, "rev-parse", "HEAD")
    # Its configuration is under review like any other file.
    refused(project.run("plan", "--since", "HEAD"), "--since", "safe.bareRepository")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_repositories_of_others_are_not_trusted(project: Project, tmp_path: Path) -> None:
    past(project, lists=names("Newsletter"))
    for path in (project.folder, project.folder / ".git"):
        os.chown(path, 12345, 12345)
    ran = project.run("plan", "--since", "HEAD", HOME=str(tmp_path))
    refused(ran, "belongs to another user", "safe.directory")


def test_hooks_of_another_repository_do_not_lead_astray(project: Project, tmp_path: Path) -> None:
    dropped(project)
    ran = project.run("plan", "--since", "HEAD", GIT_DIR="/nonesuch", GIT_INDEX_FILE="/nonesuch")
    assert CODE in ran.ok().out


def test_a_handful_of_calls_and_no_write(project: Project, tmp_path: Path) -> None:
    drafts = [{"name": f"D{n}", "body": {"file": f"e/{n}.html"}} for n in range(40)]
    for n in range(40):
        project.write(f"e/{n}.html", f"<p>{n}</p>")
        project.write(f"l/{n}.yaml", f"version: 1\nlists: [{{name: L{n}}}]\n")
    project.write("c.yaml", yaml.safe_dump({"version": 1, "campaigns": drafts}))
    commit(project.folder)
    index = project.folder / ".git" / "index"
    before = index.stat().st_mtime_ns
    shims = tmp_path.parent / f"{tmp_path.name}-bin"
    script = f'#!/bin/sh\necho "$@" >>{shims}/calls\nPATH={os.environ["PATH"]}\nexec git "$@"\n'
    Project(shims).write("git", script).chmod(0o755)
    project.run("plan", "--since", "HEAD", PATH=f"{shims}:{os.environ['PATH']}").ok()
    assert len((shims / "calls").read_text().splitlines()) <= 6
    assert index.stat().st_mtime_ns == before


# --- drift


def test_drift_is_told_from_what_is_not_applied_yet(project: Project, account: Account) -> None:
    entry = {"name": "Welcome", "subject": "A", "from_name": "N", "preview_text": "P"}
    past(project, applied=True, campaigns=[entry, {"name": "Lost"}], lists=names("Newsletter"))
    drafts = [{**entry, "subject": "B"}, {"name": "New"}]
    project.declare(campaigns=drafts)
    told = project.drift("--since", "HEAD")
    assert found(told) == {"campaigns/Welcome subject": "pending", "campaigns/New state": "pending"}
    assert notes(told)["lists/Newsletter"].endswith("state: absent}]}")
    assert told["source"]["since"]["complete"] is True
    account.edit("campaigns", "Welcome", subject="C", fromName="Z")
    account.remove("campaigns", "Lost")
    project.declare(campaigns=[*drafts, {"name": "Lost"}])
    assert found(project.drift("--since", "HEAD", code=2)) == {
        "campaigns/Welcome subject": "conflict",
        "campaigns/Welcome from_name": "drift",
        "campaigns/New state": "pending",
        "campaigns/Lost state": "drift",
    }
    outs = project.run("drift", "--since", "HEAD").out, project.run("drift").out
    assert ["Since: HEAD (" in out for out in outs] == [True, False]
    assert ["Without a lock file" in out for out in outs] == [False, True]


def test_what_is_to_be_absent_and_is_there_was_declared_once(project: Project) -> None:
    past(project, lists=names("Old list"))
    past(project, lists=[{"name": "Old list", "state": "absent"}])
    assert found(project.drift("--since", "HEAD~1")) == {"lists/Old list state": "pending"}
    # It was to be absent already, and is back.
    assert found(project.drift("--since", "HEAD", code=2)) == {"lists/Old list state": "drift"}


def test_what_is_not_known_of_the_past_counts_as_drift(project: Project) -> None:
    project.write("bad.yaml", "nonsense: [")
    past(project, lists=names("Newsletter"))
    (project.folder / "bad.yaml").unlink()
    project.declare(lists=names("Newsletter", "New"))
    assert found(project.drift("--since", "HEAD", code=2)) == {"lists/New state": "drift"}


# --- the saved plan


def test_a_saved_plan_carries_it(project: Project) -> None:
    past(project, lists=names("Newsletter", "Old list"))
    project.declare(lists=names("Newsletter", "New"))
    plan = since(project, "--out", "plan.json")
    shown = project.run("show", "plan.json", "--format", "json").ok().json
    assert (shown["source"], notes(shown)) == (plan["source"], notes(plan))
    for format in ("text", "markdown", "html"):
        assert "Since: HEAD (" in project.run("show", "plan.json", "--format", format).ok().out
    result = project.run("apply", "plan.json", "--format", "json").ok().json
    assert [s["address"] for s in result["steps"]] == ["lists/New"]
