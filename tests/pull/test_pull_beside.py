"""Pulling into a project that has manifests already: what they do to it, and it to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driver import Account, Project

NOTHING = "nothing was written"


def refused(project: Project, *arguments: str) -> str:
    """The error of a pull that says that it wrote nothing, and did not."""
    error = project.refused("pull", *arguments)
    assert NOTHING in error
    return error


def ids(account: Account) -> dict[str, str]:
    state = account.state()
    return {each["name"]: each["_id"] for each in (*state["lists"], *state["campaigns"])}


# --- other manifests of the project


@pytest.mark.parametrize(
    ("name", "entry", "told"),
    [
        ("Newsletter", "lists: [{name: Anders, id: ID}]", "lists/Anders"),
        ("Welcome", "campaigns: [{name: Renamed, id: ID}]", "campaigns/Renamed"),
        ("Newsletter", "lists: [{name: Anders, renamed_from: [Newsletter]}]", "lists/Anders"),
        ("Welcome", "campaigns: [{name: Other, renamed_from: [Welcome]}]", "campaigns/Other"),
        ("Newsletter", "lists: [{name: Anders, id: ID, state: absent}]", "lists/Anders"),
    ],
)
@pytest.mark.parametrize("file", ["other.yaml", "manifests/other.yaml"])
def test_what_another_manifest_takes_for_its_own(
    project: Project, account: Account, file: str, name: str, entry: str, told: str
) -> None:
    project.write(file, f"version: 1\n{entry.replace('ID', ids(account)[name])}\n")
    error = refused(project)
    assert f"{file}:2:" in error
    assert told in error
    assert name in error


def test_what_is_only_referred_to_may_not_be_renamed_away(project: Project) -> None:
    text = "version: 1\nlists: [{name: Anders, renamed_from: [Newsletter]}]\n"
    project.write("other.yaml", text)
    assert "other.yaml" in refused(project, "--target", "campaigns/*")


@pytest.mark.parametrize(
    "text",
    [
        "lists: [\n",
        "version: 1\nlists: [{nmae: x}]\n",
        'version: 1\nlists: [{name: "${nope}"}]\n',
        "\tx",
        "- a\n",
        "version: 1\nlists: [{name: Own}]\n---\nlists: [{name: Own}]\n",
    ],
)
def test_another_manifest_that_cannot_be_used(project: Project, text: str) -> None:
    project.write("manifests/other.yaml", text)
    error = refused(project)
    assert "manifests/other.yaml:" in error
    assert project.run("plan").code == 3


def test_all_documents_of_a_file_count(project: Project) -> None:
    text = "version: 1\nlists: [{name: Newsletter}]\n---\nversion: 1\nlists: [{name: Own}]\n"
    project.write("other.yaml", text)
    assert "lists/Newsletter, at other.yaml:2:9" in refused(project)


def test_a_manifest_that_touches_nothing_is_in_nobodys_way(
    project: Project, account: Account
) -> None:
    project.write("other.yaml", f"version: 1\nlists: [{{name: O, id: {ids(account)['Old list']}}}]")
    account.clear_log()
    document = project.run("pull", "--target", "lists/Newsletter", "--format", "json").ok().json
    assert document["requests"] == len(account.log()) == 2
    assert document["findings"] == []
    # A project file that names the folder of manifests would take the other one out of the plan.
    assert not (project.folder / "bmeconf.yaml").exists()
    (step,) = project.plan()["steps"]
    assert step["address"] == "lists/O"


def test_from_a_folder_below(project: Project, account: Account) -> None:
    project.write("bmeconf.yaml", "version: 1\n")
    id = ids(account)["Newsletter"]
    project.write("sub/manifests/lists.yaml", f"version: 1\nlists: [{{name: Anders, id: {id}}}]\n")
    below = Project(project.folder / "sub", project.env)
    ran = below.run("pull", "--out", "..")
    assert (ran.code, "manifests/lists.yaml:2:9" in ran.err) == (3, True), ran.err


# --- what is gone in the account


def changed(account: Account) -> tuple[str, str]:
    """One campaign renamed and one deleted in the web app; their former names."""
    state = account.state()
    renamed, deleted = (each["name"] for each in state["campaigns"])
    state["campaigns"][0]["name"] = "Called otherwise"
    del state["campaigns"][1]
    account.set(state)
    return renamed, deleted


def file_of(project: Project, campaign: str) -> str:
    wanted = f"name: {campaign}"
    (path,) = (p for p, text in project.files().items() if wanted in text.decode().replace('"', ""))
    return path


def test_what_is_declared_and_gone_is_told_of(project: Project, account: Account) -> None:
    project.run("pull").ok()
    names = changed(account)
    document = project.run("pull", "--force", "--format", "json").ok().json
    found = document["findings"]
    assert document["left_out"]["campaigns"] == 0
    assert {each["address"] for each in found} == {f"campaigns/{name}" for name in names}
    for name in names:
        (finding,) = [each for each in found if each["address"] == f"campaigns/{name}"]
        assert (finding["level"], finding["code"]) == ("warning", "not_in_the_account")
        assert f"declared at {file_of(project, name)}:" in finding["message"]
        assert "a plan would create it" in finding["message"]
        assert finding["remedy"] == "remove that file or block"
    ran = project.run("pull").ok()
    assert ran.out.count("(not_in_the_account)") == 2
    steps = project.plan()["steps"]
    assert sorted(step["address"] for step in steps) == sorted(f["address"] for f in found)


def test_the_last_of_a_kind_gone_is_told_of_as_well(project: Project, account: Account) -> None:
    project.run("pull").ok()
    state = account.state()
    bare = {"_id": state["structures"][0]["_id"], "label": state["structures"][0]["label"]}
    gone: dict[str, Any] = {"campaigns": [], "lists": [], "contacts": [], "structures": [bare]}
    account.set({**state, **gone})
    ran = project.run("pull")
    assert "Pulled: nothing" in ran.ok().out
    assert ran.out.count("(not_in_the_account)") == 6


# --- what a file says that the account does not


def test_the_rest_of_a_file_is_not_thrown_away(project: Project) -> None:
    project.run("pull").ok()
    edited(project, "manifests/lists.yaml", NEWSLETTER, f"{NEWSLETTER}    protect: true\n")
    error = refused(project, "--target", "lists/Customers", "--force")
    assert "lists/Newsletter: protect: the account does not show it" in error
    assert "manifests/lists.yaml:" in error
    assert "lists/Newsletter: not in what was pulled" in error
    assert "--out" in error


def edited(project: Project, file: str, before: str, after: str) -> None:
    path = project.folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


NEWSLETTER = "- name: Newsletter\n"
WELCOME = "- name: Welcome\n"


@pytest.mark.parametrize(
    ("kind", "line", "told"),
    [
        ("lists", "protect: true", "lists/Newsletter: protect"),
        ("lists", "renamed_from: [News]", "lists/Newsletter: renamed_from"),
        ("lists", "copy_of: Customers", "lists/Newsletter: copy_of"),
        ("lists", "merge_of: [Customers, Old list]", "lists/Newsletter: merge_of"),
        ("lists", "state: absent", "lists/Newsletter: state"),
        ("campaigns", "expect: {sent: '>= 1'}", "campaigns/Welcome: expect"),
        ("campaigns", "schedule: {at: 2031-12-01T08:00:00Z}", "campaigns/Welcome: schedule"),
        ("campaigns", "nmae: x", "nmae"),
    ],
)
def test_what_the_account_cannot_tell_is_not_thrown_away(
    project: Project, kind: str, line: str, told: str
) -> None:
    project.run("pull").ok()
    file = "manifests/lists.yaml" if kind == "lists" else "manifests/campaigns/Welcome.yaml"
    before = NEWSLETTER if kind == "lists" else WELCOME
    edited(project, file, before, f"{before}    {line}\n")
    error = refused(project, "--force")
    assert f"\n  {file}:" in error
    assert told in error


def test_who_schedules_and_why_is_not_thrown_away(project: Project, account: Account) -> None:
    id = ids(account)["Welcome"]
    account.campaign_status(id, status="scheduled", scheduledAt="2031-12-01T08:00:00.000Z")
    project.run("pull").ok()
    file = "manifests/campaigns/Welcome.yaml"
    edited(project, file, "2031-12-01T08:00:00Z", "2031-12-01T09:00:00Z")
    project.run("pull", "--force").ok()
    edited(project, file, "2031-12-01T08:00:00Z", "2031-12-01T08:00:00Z, owner: Ann")
    assert "campaigns/Welcome: schedule: owner" in refused(project, "--force")


def test_a_field_that_was_not_pulled_is_not_thrown_away(project: Project) -> None:
    project.run("pull").ok()
    file = "manifests/structure.yaml"
    edited(project, file, "  tags: [", "  tags: [Mine, ")
    assert "structure: tags: Mine" in refused(project, "--force")


def test_overwriting_is_shown(project: Project) -> None:
    project.run("pull").ok()
    edited(project, "manifests/campaigns/Welcome.yaml", "Welcome to Acme", "Mine")
    (project.folder / "manifests/campaigns/Welcome.txt").write_text("mine", encoding="utf-8")
    (project.folder / "manifests/structure.yaml").unlink()
    copy = project.files()
    ran = project.run("pull", "--force").ok()
    assert "~ manifests/campaigns/Welcome.yaml: overwritten\n" in ran.out
    assert "~ manifests/campaigns/Welcome.txt: overwritten\n" in ran.out
    assert "+ manifests/structure.yaml: written\n" in ran.out
    assert "= manifests/lists.yaml: unchanged\n" in ran.out
    for name, content in copy.items():
        (project.folder / name).write_bytes(content)
    document = project.run("pull", "--force", "--format", "json").ok().json
    assert document["exit_code"] == 0
    state = {each["path"]: each["state"] for each in document["files"]}
    assert state["manifests/campaigns/Welcome.yaml"] == "overwritten"
    assert state["manifests/lists.yaml"] == "unchanged"


# --- what to type next


def test_the_ids_are_to_be_remembered(project: Project) -> None:
    ran = project.run("pull", "--out", "acme dir").ok()
    plan, record, _ = ran.out.splitlines()[-3:]
    assert plan.startswith("Next: bmeconf plan 'acme dir")
    assert record.strip().startswith("bmeconf drift --record 'acme dir")
    assert record.endswith("remember the ids, so that a rename is known")
    words = plan.removeprefix("Next: bmeconf plan ").strip("'")
    project.run("drift", "--record", words).ok()


def test_a_new_project_is_told_of_the_recipe_for_ci_once(project: Project) -> None:
    recipe = "bmeconf init 'acme dir' --ci github  #"
    assert recipe in project.run("pull", "--out", "acme dir").ok().out
    assert "--ci" not in project.run("pull", "--out", "acme dir").ok().out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  # agreed with legal\n", ":4:3: the comment # agreed with legal"),
        ("  - {name: Customers} # the #1 list\n", ":4:23: the comment # the #1 list"),
        ("  - name: ${who}\n", ":4:11: ${who} would be replaced by its value"),
        ("  - {name: Customers}\n", ""),
        ("  - name: 'Customers'\n", ""),
    ],
)
def test_force_overwrites_no_comment_and_no_variable(
    project: Project, account: Account, line: str, said: str
) -> None:
    vars_ = "vars: {who: Customers}"
    entry = f"{{base_url: {account.sandbox.url}, api_key_env: BMECONF_API_KEY, {vars_}}}"
    project.write("bmeconf.yaml", f"version: 1\naccounts: {{a: {entry}}}\n")
    file = project.write(
        "manifests/lists.yaml", f"version: 1\n# yaml-language-server: x\nlists:\n{line}"
    )
    file.write_text(file.read_text().replace("# yaml-language-server: x\n", "\n"))
    arguments = ("pull", "--force", "--target", "lists/*")
    if said:
        assert f"manifests/lists.yaml{said}" in project.refused(*arguments)
    else:
        project.run(*arguments).ok()
        assert "name: Newsletter" in file.read_text()
