"""What `init` writes: the texts in `files/` with dates that do not age; the recipes for CI."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Mapping
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from bmeconf.project.schemas import schema_text

FILES: Mapping[str, str] = {
    "bmeconf.yaml": "project.yaml",
    "manifests/audience.yaml": "audience.yaml",
    "manifests/seeds.yaml": "seeds.yaml",
    "manifests/campaigns.yaml": "campaigns.yaml",
    "emails/newsletter.html": "newsletter.html",
    "emails/newsletter.txt": "newsletter.txt",
    ".gitignore": "gitignore",
    "README.md": "README.md",
}
"""The path in a project -> the name in `files/`, where nothing is hidden or read as our own."""
OPTIONAL = (".gitignore", "README.md")
"""Files that a repository often has already, and that nothing depends on."""


class Recipe(NamedTuple):
    """A recipe for CI: its path in a project, and its file in `examples/ci`.

    A forge reads its recipe only at the top of a repository. The `setting` of it, which stands
    `where`, names the folder of a project that lies below the top.
    """

    path: str
    file: str
    setting: str = ""
    where: str = ""


GITHUB, GITLAB = ("path", "below `with:` of every job"), ("BMECONF_PROJECT", "below `variables:`")


RECIPES: Mapping[str, Recipe] = {
    "github": Recipe(".github/workflows/bmeconf.yml", "github.yml", *GITHUB),
    "github-accounts": Recipe(".github/workflows/bmeconf.yml", "github-accounts.yml", *GITHUB),
    "gitlab": Recipe(".gitlab-ci.yml", "gitlab-ci.yml", *GITLAB),
    "gitlab-accounts": Recipe(".gitlab-ci.yml", "gitlab-accounts.yml", *GITLAB),
    "shell": Recipe("bmeconf.sh", "shell.sh"),
}
USUAL_RECIPE = "github"


def starter_project(today: date, ci: str = USUAL_RECIPE) -> Mapping[str, str]:
    """The texts of a project's files by path, with the recipe for CI of this name."""
    due = first_monday_of_next_month(today)
    values = {
        "<<at>>": f"{due.isoformat()}T09:00:00Z",
        "<<month>>": f"{due:%Y-%m}",
        "<<name>>": month_name[due.month],
        "<<recipe>>": RECIPES[ci].path,
    }
    files = {path: _text(name) for path, name in FILES.items()}
    for key, value in values.items():
        files = {path: text.replace(key, value) for path, text in files.items()}
    schemas = {f"schemas/{n}.schema.json": schema_text(n) for n in ("manifest", "project")}
    return {**files, **recipe(ci), **schemas}


def recipe(ci: str) -> Mapping[str, str]:
    """The text of the recipe for CI of this name, by its path."""
    # A checkout has the recipes only where people look for them.
    packaged = resources.files("bmeconf.project.scaffold") / "recipes"
    checkout = Path(__file__).resolve().parent.parent.parent.parent / "examples" / "ci"
    path, file, *_ = RECIPES[ci]
    folder = packaged if packaged.is_dir() else checkout
    return {path: (folder / file).read_text(encoding="utf-8")}


def adopted_project() -> Mapping[str, str]:
    """The files around pulled manifests, by path; none of them names an account or a key."""
    return {"bmeconf.yaml": _text("adopted.yaml"), ".gitignore": _text("gitignore")}


def first_monday_of_next_month(today: date) -> date:
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=-first.weekday() % 7)


def _text(name: str) -> str:
    source = resources.files("bmeconf.project.scaffold") / "files" / name
    return source.read_text(encoding="utf-8")
