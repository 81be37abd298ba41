"""The project that `init` makes: files by path, with a time that is still to come.

In: today's date. Out: texts. It works at once on the sandbox's first account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

from bmeconf.project import schemas

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
"""Path in a project -> name in this package, where nothing is hidden or read as our own."""
COMMON = (".gitignore", "README.md")
"""What a repository has of its own already, and what nothing depends on."""
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def project(today: date) -> Mapping[str, str]:
    """A working project whose campaign is due on the first Monday of next month."""
    due = first_monday(today)
    values = {
        "at": f"{due.isoformat()}T09:00:00Z",
        "month": f"{due.year}-{due.month:02d}",
        "name": MONTHS[due.month - 1],
    }
    files = {path: _filled(_text(name), values) for path, name in FILES.items()}
    return files | {
        f"schemas/{kind}.schema.json": schemas.text(kind) for kind in ("manifest", "project")
    }


def adopted() -> str:
    """The project file of manifests that were pulled: it names no account, and never a key."""
    return _text("adopted.yaml")


def first_monday(today: date) -> date:
    """The first Monday of the month after today's."""
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=-first.weekday() % 7)


def _text(name: str) -> str:
    packaged = resources.files("bmeconf.project.scaffold") / "files" / name
    # A checkout has the workflow only where people look for recipes.
    source = packaged if packaged.is_file() else _checkout() / "examples" / "ci" / "github.yml"
    return source.read_text(encoding="utf-8")


def _checkout() -> Path:
    return Path(__file__).resolve().parent.parent.parent.parent


def _filled(text: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        text = text.replace(f"<<{key}>>", value)
    return text
