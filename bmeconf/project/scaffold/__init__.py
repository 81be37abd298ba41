"""What `init` writes: the texts in `files/` with dates that do not age; a project that plans."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Mapping
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

from bmeconf.project.schemas import schema_text

FILES: Mapping[str, str] = {
    "bmeconf.yaml": "project.yaml",
    "manifests/audience.yaml": "audience.yaml",
    "manifests/seeds.yaml": "seeds.yaml",
    "manifests/campaigns.yaml": "campaigns.yaml",
    "emails/newsletter.html": "newsletter.html",
    "emails/newsletter.txt": "newsletter.txt",
    ".github/workflows/bmeconf.yml": "workflow.yml",
    ".gitignore": "gitignore",
    "README.md": "README.md",
}
"""The path in a project -> the name in `files/`, where nothing is hidden or read as our own."""
OPTIONAL = (".gitignore", "README.md")
"""Files that a repository often has already, and that nothing depends on."""


def starter_project(today: date) -> Mapping[str, str]:
    """The texts of a project's files by path."""
    due = first_monday_of_next_month(today)
    values = {
        "<<at>>": f"{due.isoformat()}T09:00:00Z",
        "<<month>>": f"{due:%Y-%m}",
        "<<name>>": month_name[due.month],
    }
    files = {path: _text(name) for path, name in FILES.items()}
    for key, value in values.items():
        files = {path: text.replace(key, value) for path, text in files.items()}
    schemas = {f"schemas/{n}.schema.json": schema_text(n) for n in ("manifest", "project")}
    return files | schemas


def adopted_project_file() -> str:
    """A project file for pulled manifests; it names no account and no key."""
    return _text("adopted.yaml")


def first_monday_of_next_month(today: date) -> date:
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=-first.weekday() % 7)


def _text(name: str) -> str:
    packaged = resources.files("bmeconf.project.scaffold") / "files" / name
    # A checkout has the workflow only where people look for recipes.
    checkout = Path(__file__).resolve().parent.parent.parent.parent
    source = packaged if packaged.is_file() else checkout / "examples" / "ci" / "github.yml"
    return source.read_text(encoding="utf-8")
