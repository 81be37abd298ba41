"""`drift --adopt` and its patch: what was changed by hand is declared, and all else stays."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bmeconf.cli.adoption import ManifestEdit
from bmeconf.drift import Adoption
from bmeconf.model.errors import InvalidInput
from tests.support.driver import Account, Project

MANIFEST = """\
# Everything that we send.
version: 1
structure: {fields: [{label: City}, {label: Company}]}
lists:
  - name: Press        # journalists
  - name: Everybody
  - name: Partners

contacts:
  - email: ann@example.com   # the boss
    fields: {City: Oslo}     # her home
    status: Active
    lists:
      - Press        # since May
      # added for the fair
      - Everybody
  - {email: bob@example.com, lists: [Press, "Everybody"], fields: {City: "Rome", Company: Acme}}

campaigns:
  - name: News
    # Ask Eva before you change it.
    subject: 'Old subject'
    preview_text: "so far"
    lists: [Press]
    body: {file: news.html}   # made by hand
    plain_text:
      text: |
        Dear all,

        this is the news.
"""
BODY = "<p>Hello</p>\n"


@pytest.fixture
def shop(project: Project) -> Project:
    """A project in a repository, below its top, that was applied."""
    subprocess.run(["git", "init", "-q", str(project.folder)], check=True, timeout=30)
    within = Project(project.folder / "my shop", project.env)
    within.write("bmeconf.yaml", "version: 1\n")
    within.write("mail/all.yaml", MANIFEST)
    within.write("mail/news.html", BODY)
    within.run("apply", "--auto-approve").ok()
    return within


def moved_by_hand(account: Account) -> None:
    """Somebody edits contacts and a campaign in the web app."""
    press, partners = account.list_ids("Press", "Partners")
    values = {account.field_id("City"): "Bergen # not Oslo"}
    account.edit("contacts", "ann@example.com", lists=[press, partners], fields=values)
    account.edit("contacts", "bob@example.com", lists=[partners])
    account.edit(
        "campaigns",
        "News",
        subject="It's new: read it",
        previewText="",
        body="<p>Hello again</p>",
        plainTextBody="Dear all,\n\nthis is new.\n",
    )


WANTED = """\
# Everything that we send.
version: 1
structure: {fields: [{label: City}, {label: Company}]}
lists:
  - name: Press        # journalists
  - name: Everybody
  - name: Partners

contacts:
  - email: ann@example.com   # the boss
    fields: {City: "Bergen # not Oslo"}     # her home
    status: Active
    lists:
      - Press        # since May
      - Partners
      # added for the fair
  - {email: bob@example.com, lists: [Partners], fields: {City: "Rome", Company: Acme}}

campaigns:
  - name: News
    # Ask Eva before you change it.
    subject: "It's new: read it"
    preview_text: null
    lists: [Press]
    body: {file: news.html}   # made by hand
    plain_text:
      text: |
        Dear all,

        this is new.
"""


@pytest.mark.parametrize("way", ["adopt", "patch", "output"])
def test_what_was_changed_by_hand_is_declared_and_all_else_stays(
    shop: Project, account: Account, way: str
) -> None:
    moved_by_hand(account)
    if way == "adopt":
        shown = shop.run("drift", "--adopt")
        assert "Adopted" in shown.out
    else:
        words = ("--format", "patch") if way == "patch" else ("--output", "patch=by.patch")
        ran = shop.run("drift", *words)
        patch = ran.out if way == "patch" else (shop.folder / "by.patch").read_text("utf-8")
        assert (shop.folder / "mail/all.yaml").read_text() == MANIFEST
        top = ["git", "-C", str(shop.folder.parent), "apply"]
        subprocess.run(top, input=patch.encode(), check=True, timeout=30)
    assert (shop.folder / "mail/all.yaml").read_text() == WANTED
    assert (shop.folder / "mail/news.html").read_text() == "<p>Hello again</p>\n"
    assert shop.plan()["steps"] == []


def test_the_report_says_what_is_adopted_and_what_is_left(shop: Project, account: Account) -> None:
    moved_by_hand(account)
    account.remove("lists", "Everybody")
    ran = shop.run("drift", "--format", "json", "--output", "patch=by.patch")
    assert ran.code == 2
    adoption = ran.json["adoption"]
    assert len(adoption["files"]) == 2
    assert {"address": "campaigns/News", "field": "subject"} in adoption["adopted"]
    assert [each["address"] for each in adoption["left"]] == ["lists/Everybody"]
    assert "adoption" not in shop.run("drift", "--format", "json").json


CHANGE = "change the manifest"


def test_the_advice_is_about_what_is_not_declared_by_now(shop: Project, account: Account) -> None:
    shop.write("mail/all.yaml", MANIFEST.replace("Company: Acme", "Company: Here"))
    account.edit("campaigns", "News", subject="By hand")
    account.edit("contacts", "bob@example.com", fields={account.field_id("Company"): "There"})
    proposed = flat(shop.run("drift", "--output", "patch=by.patch").out)
    assert "To keep what the patch has, `git apply` it. To undo what was done by hand" in proposed
    assert "To keep the rest, change the manifest" in proposed
    adopted = flat(shop.run("drift", "--adopt").out)
    assert "commit it. To undo the rest, apply. To keep the rest, change the manifest" in adopted
    assert adopted.endswith("Next: bmeconf apply --target contacts/bob@example.com")


def test_once_all_is_adopted_nothing_is_to_be_changed_or_applied(
    shop: Project, account: Account
) -> None:
    account.edit("campaigns", "News", subject="By hand")
    proposed = flat(shop.run("drift", "--output", "patch=by.patch").out)
    assert CHANGE not in proposed
    assert proposed.endswith("Next: bmeconf apply")
    adopted = flat(shop.run("drift", "--adopt").out)
    assert CHANGE not in adopted
    assert "Next:" not in adopted
    assert "The account was not as declared: 1 difference (1 drifted), 1 adopted." in adopted


def test_an_empty_patch_is_not_to_be_applied(shop: Project, account: Account) -> None:
    assert "To adopt Nothing was changed by hand alone." in flat(
        shop.run("drift", "--output", "patch=by.patch").ok().out
    )
    account.remove("lists", "Partners")
    shown = flat(shop.run("drift", "--output", "patch=by.patch").out)
    assert "To adopt Nothing: what was changed by hand is left to you." in shown
    assert "git apply" not in shown


def flat(text: str) -> str:
    return " ".join(text.split())


PROJECT = """\
version: 1
accounts:
  main: {{base_url: "{url}", api_key_env: BMECONF_API_KEY, vars: {{who: Eva}}}}
"""


def test_what_a_variable_writes_is_left(project: Project, account: Account) -> None:
    project.write("bmeconf.yaml", PROJECT.format(url=account.env["BMECONF_BASE_URL"]))
    text = 'version: 1\ncampaigns:\n  - name: N\n    subject: "${who} writes"\n'
    project.write("m.yaml", text)
    project.write("a.html", "<p>${who}</p>")
    project.write(
        "o.yaml",
        "version: 1\ncampaigns:\n  - name: O\n    body: {file: a.html, expand: TRUE}\n"
        "    plain_text: {file: b.txt, expand: True}\n",
    )
    project.write("b.txt", "x\n")
    project.run("apply", "--auto-approve", "--account", "main").ok()
    account.edit("campaigns", "N", subject="by hand")
    account.edit("campaigns", "O", body="<p>Eva!</p>", plainTextBody="${who}")
    ran = project.run("drift", "--adopt", "--account", "main", "--format", "json")
    assert {each["address"]: each["reason"] for each in ran.json["adoption"]["left"]} == {
        "campaigns/N": "a variable writes it: change the variable, or write the value here",
        "campaigns/O": "variables are filled in: change one, or the words in a.html",
    }
    assert (project.folder / "m.yaml").read_text() == text
    assert (project.folder / "a.html").read_text() == "<p>${who}</p>"
    assert (project.folder / "b.txt").read_text() == "$${who}\n"


def test_several_accounts_are_edited_for_one_after_the_other(
    project: Project, account: Account
) -> None:
    project.write("bmeconf.yaml", PROJECT.format(url=account.env["BMECONF_BASE_URL"]))
    project.declare(lists=[{"name": "A"}])
    ran = project.run("drift", "--adopt", "--all-accounts")
    assert ran.code == 3
    assert "accounts differ" in ran.out + ran.err


def test_a_file_of_two_campaigns_is_left_where_only_one_was_edited(
    project: Project, account: Account
) -> None:
    project.write("a.html", BODY)
    body = {"file": "a.html"}
    rows: list[Any] = [{"name": name, "subject": "s", "body": body} for name in "AB"]
    project.deploy(campaigns=rows)
    account.edit("campaigns", "A", body="<p>by hand</p>", subject="new")
    ran = project.run("drift", "--adopt", "--format", "json")
    left = [(each["address"], each["field"]) for each in ran.json["adoption"]["left"]]
    assert left == [("campaigns/A", "body")]
    assert (project.folder / "a.html").read_text() == BODY


def test_conflicts_and_known_drift_stay_as_they_are(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "N", "subject": "A", "preview_text": "p"}])
    account.edit("campaigns", "N", subject="B", previewText="q")
    project.declare(campaigns=[{"name": "N", "subject": "C", "preview_text": "p"}])
    project.known_drift(address="campaigns/N", field="preview_text", expires="2099-01-01")
    before = project.files()
    adoption = project.run("drift", "--adopt", "--format", "json").json["adoption"]
    assert adoption == {"files": [], "adopted": [], "left": []}
    assert project.files() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--adopt", "--redact"), "the manifests would declare digests"),
        (("--output", "patch=x.patch", "--redact"), "the manifests would declare digests"),
    ],
)
def test_what_does_not_go_together(project: Project, words: tuple[str, ...], said: str) -> None:
    project.declare(lists=[{"name": "A"}])
    ran = project.run("drift", *words)
    assert ran.code == 3
    assert said in ran.err
    assert "diff --git" not in "".join(p.read_text() for p in project.folder.glob("*.patch"))


def test_only_drift_has_a_patch(shop: Project) -> None:
    shown = shop.run("plan", "--format", "patch").ok().out
    assert shown.startswith("# Plan: no patch")


def test_an_edit_that_fails_half_way_says_what_is_written(tmp_path: Path) -> None:
    first, gone = tmp_path / "a.yaml", tmp_path / "gone" / "b.yaml"
    first.write_text("old")
    edit = ManifestEdit(Adoption({}, (), ()), {}, {first: "new", gone: "new"})
    with pytest.raises(InvalidInput, match=r"b\.yaml cannot be written: .*; already written: .*a"):
        edit.write()
    assert first.read_text() == "new"


def test_a_made_text_is_no_change_of_the_manifests(project: Project, account: Account) -> None:
    made = {"body": {"html": "<p>a</p>"}, "plain_text": {"from_body": True}}
    project.deploy(campaigns=[{"name": "N", "subject": "old", **made}])
    account.edit("campaigns", "N", subject="by hand")
    assert project.run("drift", "--adopt").code == 2
    assert "subject: by hand" in (project.folder / "m.yaml").read_text()
    assert project.plan()["steps"] == []
