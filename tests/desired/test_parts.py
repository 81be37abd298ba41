"""A path narrows what a run looks at, never what the project is: as --target does."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.support.driver import Account, Project, Ran
from tests.support.files import write
from tests.support.git import commit

Files = dict[str, str]

LISTS = "version: 1\nlists: [{name: Autumn}]\n"
SEED = "version: 1\ncontacts: [{email: qa@seeds.example, lists: [Autumn]}]\n"
DRAFT = "version: 1\ncampaigns: [{name: News, subject: Hi, lists: [Autumn]}]\n"


def judged(ran: Ran) -> Any:
    """How a plan ended, and what it would do."""
    steps = ran.json.get("steps", ()) if ran.out else ()
    problems = ran.json.get("problems", ()) if ran.out else ()
    return (
        ran.code,
        [(step["address"], step["action"], step["changes"]) for step in steps],
        [(problem["file"], problem["line"], problem["message"]) for problem in problems],
    )


PARTS: dict[str, tuple[Files, str]] = {
    "a list of another file": ({"l.yaml": LISTS, "p.yaml": SEED}, "contacts/*"),
    "a draft to a list of another file": ({"l.yaml": LISTS, "p.yaml": DRAFT}, "campaigns/*"),
    "the structure of another file": (
        {
            "s.yaml": "version: 1\nstructure: {tags: [new]}\n",
            "p.yaml": "version: 1\ncontacts: [{email: qa@seeds.example, tags: [new]}]\n",
        },
        "contacts/*",
    ),
    "a copy of a list of another file": (
        {"l.yaml": LISTS, "p.yaml": "version: 1\nlists: [{name: Copy, copy_of: Autumn}]\n"},
        "lists/Copy",
    ),
    "memberships that another file names": (
        {
            "l.yaml": "version: 1\nlists: [{name: Customers}]\n",
            "p.yaml": "version: 1\ncontacts: [{email: ann@example.com, lists: [Newsletter]}]\n",
        },
        "contacts/*",
    ),
    "tags that another file names": (
        {
            "l.yaml": "version: 1\ncontacts: [{email: qa@x.org, tags: [vip]}]\n",
            "p.yaml": "version: 1\ncontacts: [{email: ann@example.com, tags: []}]\n",
        },
        "contacts/ann*",
    ),
    "a deleted list that another file refers to": (
        {
            "l.yaml": "version: 1\nlists: [{name: Old list, state: absent}]\n",
            "p.yaml": "version: 1\ncampaigns: [{name: Welcome, lists: [Old list]}]\n",
        },
        "campaigns/*",
    ),
    "what another file declares too": ({"l.yaml": LISTS, "p.yaml": LISTS}, "lists/*"),
    "a broken file": ({"l.yaml": LISTS, "p.yaml": "version: 1\nlists: [\n"}, "lists/*"),
    "an error elsewhere": (
        {"l.yaml": "version: 1\nlists: [{nam: A}]\n", "p.yaml": SEED},
        "contacts/*",
    ),
}


@pytest.mark.parametrize(("files", "target"), PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("place", ["", "manifests/", "with a project file"])
def test_a_path_is_judged_as_a_target_is(
    project: Project, files: Files, target: str, place: str
) -> None:
    if place == "with a project file":
        place = "manifests/"
        project.write("bmeconf.yaml", "version: 1\nmanifests: [manifests/]\n")
    elif place:
        commit(project.folder)
    write(project.folder, {place + name: text for name, text in files.items()})
    by_target = project.run("plan", "--format", "json", "--target", target)
    by_path = project.run("plan", "--format", "json", f"{place}p.yaml")
    assert judged(by_path) == judged(by_target)


def test_a_path_in_a_folder_of_its_own_is_a_part_too(project: Project) -> None:
    write(project.folder, {"bmeconf.yaml": "version: 1\n", "a/l.yaml": LISTS, "b/p.yaml": SEED})
    inside = Project(project.folder / "b", project.env)
    addresses = [step["address"] for step in inside.plan()["steps"]]
    assert addresses == ["lists/Autumn", "contacts/qa@seeds.example"]
    said = "The manifests are valid: 1 list, 1 contact in 2 files.\n"
    assert inside.run("validate").out == said


def test_the_rest_of_a_project_is_left_out_and_said(project: Project) -> None:
    write(project.folder, {"l.yaml": LISTS, "p.yaml": DRAFT, "q.yaml": SEED})
    plan = project.plan("p.yaml")
    assert plan["left_out"] == ["contacts/qa@seeds.example"]
    assert "Left out: 1 contact." in project.run("plan", "p.yaml").ok().out
    assert "no declared resource matches" in project.refused(
        "plan", "p.yaml", "--target", "contacts/*"
    )


def test_only_errors_of_other_files_are_told(project: Project) -> None:
    unsure = "version: 1\nlists: [{name: A}, {name: a}]\n"
    write(project.folder, {"l.yaml": LISTS, "p.yaml": DRAFT, "q.yaml": unsure, "empty.yaml": ""})
    assert project.run("validate", "p.yaml").ok().out.startswith("The manifests are valid: ")
    assert project.run("plan", "p.yaml").err == ""
    assert "only letter case" in project.run("validate").out


OTHERS = {
    "compose.yaml": "version: '3'\nservices: {web: {image: x}}\n",
    "logging.yaml": "version: 1\nformatters: {}\n",
    "broken.yml": "a: [\n",
    "list.yaml": "- a\n- b\n",
    "words.yaml": "contacts: {title: Contacts}\n",
}


@pytest.mark.parametrize("names", list(itertools.combinations(OTHERS, 2)), ids="+".join)
def test_files_that_are_no_manifests_are_in_nobody_s_way(
    project: Project, names: tuple[str, ...]
) -> None:
    write(project.folder, {"m/l.yaml": LISTS, **{name: OTHERS[name] for name in names}})
    commit(project.folder)
    assert [step["address"] for step in project.plan("m")["steps"]] == ["lists/Autumn"]
    assert len(project.plan("m", "--since", "HEAD")["steps"]) == 1


def test_a_new_file_is_compared_with_the_whole_project_of_then(
    project: Project, account: Account
) -> None:
    draft = "version: 1\ncampaigns: [{name: Welcome, subject: %s}]\n"
    write(
        project.folder,
        {"l.yaml": "version: 1\nlists: [{name: Customers}]\n", "p.yaml": draft % "A"},
    )
    project.apply()
    project.unlock()
    commit(project.folder)
    (project.folder / "p.yaml").rename(project.folder / "moved.yaml")
    account.edit("campaigns", "Welcome", subject="By hand")
    ran = project.run("plan", "moved.yaml", "--since", "HEAD", "--format", "json").ok()
    (step,) = ran.json["steps"]
    assert (ran.err, [change["class"] for change in step["changes"]]) == ("", ["drift"])
    (project.folder / "l.yaml").write_text("version: 1\nlists: []\n")
    assert project.plan("moved.yaml", "--since", "HEAD")["findings"] == []
    (note,) = project.plan("l.yaml", "--since", "HEAD")["findings"]
    assert note["address"] == "lists/Customers"


def test_a_target_by_its_former_name_is_told_the_new_one(project: Project) -> None:
    project.declare(lists=[{"name": "Big news", "renamed_from": ["Newsletter"]}])
    for command in ("plan", "drift"):
        told = project.refused(command, "--target", "lists/Newsletter")
        assert "it is renamed to lists/Big news" in told
