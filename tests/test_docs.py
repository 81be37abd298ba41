"""What the documents promise is run: every command, every manifest, every plan they show."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bmeconf import guide
from bmeconf.cli.main import COMMANDS
from bmeconf.desired import manifest, validate
from bmeconf.project import Policy
from tests.support import shell
from tests.support.driver import Project
from tests.support.forks import Forks

ROOT = Path(__file__).parent.parent
GUIDE = tuple(f"bmeconf/guide/{name}.md" for name in guide.ORDER)
DOCUMENTS = ("README.md", ".github/CONTRIBUTING.md", *GUIDE)
LINKED = (*DOCUMENTS, "CHANGELOG.md", ".github/SECURITY.md")
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/*.yaml"))
SETUP = re.compile(r"python3 -m venv [^&]*&& [^&]*activate && pip install [^&]*&&\s*")


def _blocks(language: str) -> list[str]:
    found = []
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        found += re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that documented commands name, fresh, without what earlier runs left behind."""
    left = shutil.ignore_patterns(".bmeconf", "__pycache__")
    for folder in ("examples", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / "bmeconf" / folder, ignore=left)
    return tmp_path / "bmeconf"


def _shell(command: str, folder: Path, programs: str) -> CompletedProcess[str]:
    env = {"PATH": programs, "HOME": str(folder), "PYTHONIOENCODING": "utf-8"}
    return shell.run(folder, env, *shell.BASH, f"set -u\n{command}")


@pytest.mark.parametrize("block", [b for b in _blocks("sh") if "pytest" not in b])
def test_every_command_block_runs(block: str, checkout: Path, forks: Forks) -> None:
    # The environment of these tests is the installation that the block would make.
    ran = _shell(SETUP.sub("", block), checkout, forks.path)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"


def test_the_first_command_ends_with_no_steps(checkout: Path, forks: Forks) -> None:
    ran = _shell(SETUP.sub("", _blocks("sh")[0]), checkout, forks.path)
    assert ran.stdout.count("No steps; ") == 1
    assert "No steps; " in ran.stdout.splitlines()[-2]


@pytest.mark.parametrize("block", _blocks("console"))
def test_shown_output_is_what_comes_out(block: str, checkout: Path, forks: Forks) -> None:
    command, _, shown = block.partition("\n")
    ran = _shell(command.removeprefix("$ "), checkout, forks.path)
    assert ran.stdout == shown
    assert ran.stderr == ""


@pytest.mark.parametrize("block", _blocks("yaml"))
def test_shown_manifests_are_valid(block: str, project: Project) -> None:
    project.write("emails/winter-release.html", "<p>Acme 5</p>")
    project.write("emails/spring.mjml", "<mjml><mj-body></mj-body></mjml>")
    if "accounts:" in block or "policy:" in block:
        project.write("bmeconf.yaml", block)
        told = validate.project(
            manifest.read_project(manifest.DiskFiles(project.folder)), project.folder
        )
        assert told.accounts or told.policy != Policy()
    else:
        project.write("shown.yaml", block)
        project.run("validate").ok()


def test_pictures_are_small() -> None:
    pictures = [path for path in _links("README.md", *GUIDE) if path.suffix in (".png", ".svg")]
    assert len(pictures) == 4
    assert all(path.stat().st_size < 200_000 for path in pictures)


def _links(*documents: str) -> list[Path]:
    """The files that relative links of documents lead to, each as it is written."""
    found = []
    for document in documents:
        text = (ROOT / document).read_text("utf-8")
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            found.append((ROOT / document).parent / link)
    return found


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^##+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_link_leads_somewhere() -> None:
    assert [str(path) for path in _links(*LINKED) if not path.exists()] == []
    for document in LINKED:
        here = ROOT / document
        for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", here.read_text("utf-8")):
            assert anchor in _anchors(here.parent / link if link else here), (document, anchor)


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.split()) < 1000
    assert {*guide.ORDER} == {path.stem for path in guide.FOLDER.glob("*.md")}
    assert [name for name in guide.ORDER if f"bmeconf/guide/{name}.md" not in text] == []


def test_the_page_of_keys_is_what_the_schemas_say() -> None:
    if os.environ.get("BMECONF_GOLDEN") == "write":
        (guide.FOLDER / "keys.md").write_text(guide.keys_page(), encoding="utf-8")
    assert guide.page("keys") == guide.keys_page()


def test_no_line_of_the_guide_is_longer_than_a_wide_terminal() -> None:
    # The page of keys has the texts of the schemas, and no table can be broken.
    lines = [
        line for name in guide.ORDER if name != "keys" for line in guide.page(name).split("\n")
    ]
    assert [line for line in lines if len(line) > 100 and not line.startswith("|")] == []


def test_the_guide_is_read_offline(project: Project) -> None:
    listed = project.run("help").ok().out
    assert all(f"{name} " in listed for name in guide.ORDER)
    assert 'did you mean "lock"?' in project.refused("help", "lokc")


def test_the_pages_name_the_address_of_the_repository() -> None:
    assert f'Repository = "{guide.REPOSITORY}"' in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize("name", guide.ORDER)
def test_a_link_is_a_command_or_an_address_in_a_terminal(project: Project, name: str) -> None:
    page, shown = guide.page(name), project.run("help", name).ok().out
    assert "](" not in shown
    topics = re.findall(r"\(`bmeconf help ([^`]+)`\)", shown)
    assert topics == re.findall(r"\]\(([a-z-]+)\.md", page)
    files = re.findall(rf"\({guide.REPOSITORY}/blob/main/([^#)]+)", shown)
    assert files == re.findall(r"\]\(\.\./\.\./([^#)]+)", page)


def test_options_named_in_the_documents_exist(project: Project) -> None:
    inner = (["sandbox", "serve"], ["ci", "plan"], ["ci", "comment"])
    commands = (*([name] for name in COMMANDS), *inner)
    helps = "".join(project.run(*command, "--help").ok().out for command in commands)
    text = "".join((ROOT / document).read_text("utf-8") for document in ("README.md", *GUIDE))
    foreign = {"--quiet", "--editable", "--numprocesses", "--timeout", "--help"}
    named = set(re.findall(r"--[a-z][a-z-]+", text)) - foreign
    assert {option for option in named if option not in helps} == set()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_converges(name: str, checkout: Path) -> None:
    folder = checkout / "examples" / name
    here = Project(folder)
    here.run("validate").ok()
    assert here.plan("--sandbox")["steps"]
    assert here.apply("--sandbox")["converged"]
    again = here.plan("--sandbox")
    assert again["steps"] == []


def test_the_newsletter_exercises_every_kind(checkout: Path) -> None:
    plan = Project(checkout / "examples" / "newsletter").plan("--sandbox")
    kinds = {step["address"].partition("/")[0] for step in plan["steps"]}
    assert kinds == {"structure", "lists", "contacts", "campaigns"}
    assert plan["manual"]
