"""A project to begin with: it works at once, does not age, and takes nobody's files."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.project.scaffold import (
    RECIPES,
    USUAL_RECIPE,
    first_monday_of_next_month,
    starter_project,
)
from tests.support.driver import Account, Project
from tests.support.strategies import examples

ROOT = Path(__file__).parents[2]


def files_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    """A folder with nothing in it, and an environment that names no account."""
    return Project(tmp_path)


def test_it_works_with_no_more(empty: Project) -> None:
    made = empty.run("init").ok().out.splitlines()
    assert {line[2:] for line in made if line[:2] == "+ "} == {*files_of(empty.folder)}
    assert empty.run("validate", "--format", "json").ok().json["problems"] == []
    plan = empty.plan("--sandbox")
    counts = {"create": 4, "update": 2, "in_sync": 1, "manual": 1, "unmanaged": 4}
    assert plan["summary"] == {"delete": 0, "frozen": 0, "blocked": 0, **counts}
    assert plan["findings"] == []
    assert [step["address"] for step in plan["steps"]] == [
        "structure",
        "lists/Press",
        "lists/Product news",
        "contacts/qa+gmail@acme.example",
        "contacts/qa+outlook@acme.example",
        f"campaigns/{first_monday_of_next_month(date.today()):%Y-%m} Newsletter",
    ]
    assert empty.apply("--sandbox")["converged"]
    again = empty.plan("--sandbox")
    assert (again["steps"], [each["state"] for each in again["manual"]]) == ([], ["todo"])


def test_the_campaign_can_be_scheduled_as_declared(empty: Project, account: Account) -> None:
    empty.env = account.env
    empty.run("init").ok()
    empty.apply()
    (manual,) = empty.plan()["manual"]
    (draft,) = (c for c in account.state()["campaigns"] if manual["address"].endswith(c["name"]))
    account.campaign_status(draft["_id"], status="scheduled", scheduledAt=manual["due"])
    assert [manual["state"] for manual in empty.plan()["manual"]] == ["done"]
    assert "(done)" in empty.drift_text()


def test_the_next_commands_are_told_once(empty: Project) -> None:
    out = empty.run("init", "our mail").ok().out
    assert out.endswith(
        "Next:\n"
        "  cd 'our mail'\n"
        "  bmeconf plan --sandbox\n"
        "  bmeconf apply --sandbox\n"
        "  bmeconf sandbox serve      # prints an address: schedule the campaign there\n"
        "  bmeconf drift --sandbox    # says that it was done\n"
    )
    assert empty.plan("our mail", "--sandbox")["steps"]
    assert "\n  cd " not in empty.run("init").ok().out
    again = empty.run("init")
    assert again.code == 3
    assert "9 files there already" in again.err


@pytest.mark.parametrize("mine", ["bmeconf.yaml", "manifests/seeds.yaml", ".github", "emails"])
def test_nothing_is_overwritten(empty: Project, mine: str) -> None:
    empty.write(mine, "mine\n")
    ran = empty.run("init")
    assert ran.code == 3
    assert f"nothing was written: 1 file there already\n  {mine}\n" in ran.err
    assert files_of(empty.folder) == {mine: "mine\n"}


@pytest.mark.parametrize("almost", ["bmeconf.yml", "Bmeconf.yaml", ".bmeconf.yaml"])
def test_a_project_file_with_almost_the_right_name_is_named(empty: Project, almost: str) -> None:
    empty.write(almost, "version: 1\n")
    ran = empty.run("init")
    assert (ran.code, [*files_of(empty.folder)]) == (3, [almost])
    assert f"{almost}:1:1: the project file must be called bmeconf.yaml" in ran.err


def test_a_link_is_not_followed(empty: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (empty.folder / "manifests").symlink_to(elsewhere)
    assert empty.run("init").code == 3
    assert list(elsewhere.iterdir()) == []


def test_what_a_repository_has_stays(empty: Project) -> None:
    empty.write("README.md", "mine\n")
    empty.write(".gitignore", "mine\n")
    out = empty.run("init").ok().out
    assert "= README.md (there already, left as it is)\n" in out
    assert files_of(empty.folder)["README.md"] == files_of(empty.folder)[".gitignore"] == "mine\n"


def test_a_file_is_no_folder(empty: Project) -> None:
    empty.write("acme", "mine\n")
    ran = empty.run("init", "acme")
    assert ran.code == 3
    assert "acme is no folder" in ran.err


@examples(60)
@given(st.dates(date(2020, 1, 1), date(2090, 12, 31)))
def test_the_schedule_is_the_first_monday_of_next_month(today: date) -> None:
    due = first_monday_of_next_month(today)
    assert due > today
    assert (due.weekday(), due.day <= 7) == (0, True)
    assert due - today <= timedelta(days=31 + 7)
    text = starter_project(today)["manifests/campaigns.yaml"]
    (at,) = re.findall(r"at: (\S+?),", text)
    assert datetime.fromisoformat(at).date() == due
    assert f"{due:%B} at Acme" in text


def test_nothing_is_left_to_fill_in() -> None:
    for name, text in starter_project(date(2026, 11, 22)).items():
        assert "<<" not in text, name
        assert text.endswith("\n"), name


def recipes() -> dict[str, str]:
    """The text of each file of `examples/ci`, by its name."""
    return files_of(ROOT / "examples" / "ci")


def test_every_recipe_can_be_written_and_no_other() -> None:
    assert sorted(recipe.file for recipe in RECIPES.values()) == sorted(recipes())
    assert RECIPES.keys() >= {USUAL_RECIPE}


@pytest.mark.parametrize("ci", RECIPES)
def test_a_project_begins_with_the_recipe_that_is_named(empty: Project, ci: str) -> None:
    empty.run("init", "--ci", ci).ok()
    path, file, *_ = RECIPES[ci]
    made = files_of(empty.folder)
    assert made[path] == recipes()[file]
    assert path in made["README.md"]
    assert {each.path for each in RECIPES.values()} & {*made} == {path}
    assert empty.plan("--sandbox")["steps"]


def test_without_a_name_it_is_that_of_github(empty: Project) -> None:
    empty.run("init").ok()
    assert files_of(empty.folder)[".github/workflows/bmeconf.yml"] == recipes()["github.yml"]


@pytest.mark.parametrize("ci", RECIPES)
def test_a_project_that_is_there_gets_the_recipe_alone(empty: Project, ci: str) -> None:
    empty.write("bmeconf.yaml", "version: 1\n")
    empty.write("README.md", "mine\n")
    before = files_of(empty.folder)
    told = empty.run("init", "--ci", ci).ok().out
    path, file, *_ = RECIPES[ci]
    assert files_of(empty.folder) == {**before, path: recipes()[file]}
    assert told.startswith(f"+ {path}\n\nNext:\n  bmeconf help ci ")
    again = empty.run("init", "--ci", ci)
    assert (again.code, files_of(empty.folder)[path]) == (3, recipes()[file])
    assert f"nothing was written: 1 file there already\n  {path}\n" in again.err
    assert "bring the two together" in again.err


@pytest.mark.parametrize("ci", RECIPES)
@pytest.mark.parametrize("below", ["", "mail", "our mail/acme"])
def test_below_the_top_of_a_repository_it_is_told_where_a_recipe_goes(
    empty: Project, ci: str, below: str
) -> None:
    (empty.folder / ".git").mkdir()
    out = empty.run("init", below or ".", "--ci", ci).ok().out
    recipe = RECIPES[ci]
    if not below or not recipe.setting:
        assert "top of the repository" not in out
        return
    quoted = f"'{below}'" if " " in below else below
    assert f"! {recipe.path} is read only at the top of the repository:\n" in out
    assert f"and set `{recipe.setting}: {quoted}` {recipe.where}\n\nNext:\n" in out
    # What it names is a setting of the recipe, or an input of the actions and workflows in it.
    names = {"BMECONF_PROJECT"} if "gitlab" in ci else shared_inputs(recipes()[recipe.file])
    assert recipe.setting in names


def shared_inputs(recipe: str) -> set[str]:
    """The inputs that everything of this repository has that a workflow makes use of."""
    used = re.findall(r"uses: bmeconf/bmeconf/(\S+)@", recipe)
    texts = [ROOT / each if each.endswith(".yml") else ROOT / each / "action.yml" for each in used]
    loaded = [yaml.safe_load(text.read_text(encoding="utf-8")) for text in texts]
    # YAML reads the key `on` as true.
    inputs = [each.get("inputs") or each[True]["workflow_call"]["inputs"] for each in loaded]
    return set.intersection(*map(set, inputs))


def test_a_project_that_is_there_is_told_how_it_gets_a_recipe(empty: Project) -> None:
    empty.write("bmeconf.yaml", "version: 1\n")
    ran = empty.run("init")
    assert ran.code == 3
    assert "bmeconf init --ci github" in ran.err
    assert empty.run("init", "--ci", "gitlap").code == 3


def test_a_wheel_has_the_recipes_where_a_checkout_has_none() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    assert build["build"]["targets"]["wheel"]["force-include"]["examples/ci"] == (
        "bmeconf/project/scaffold/recipes"
    )
    assert not (ROOT / "bmeconf" / "project" / "scaffold" / "recipes").exists()


def test_the_workflow_names_the_variable_that_the_project_file_does() -> None:
    files = starter_project(date(2026, 11, 22))
    (variable,) = re.findall(r"api_key_env: (\w+)", files["bmeconf.yaml"])
    jobs = yaml.safe_load(files[".github/workflows/bmeconf.yml"])["jobs"]
    given = [part.get("with", {}) for job in jobs.values() for part in (job, *job.get("steps", []))]
    keyed = [one for one in given if {"api-key", "api-key-variable"} & one.keys()]
    # Every job but the one that commits the lock file, which has no key.
    assert len(keyed) == len(jobs) - 1
    assert {one["api-key-variable"] for one in keyed} == {variable}
