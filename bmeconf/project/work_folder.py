"""`.bmeconf/` in the project: files between runs, ignored by Git, free to delete (design 2)."""

from __future__ import annotations

from pathlib import Path

from bmeconf.model.errors import InvalidInput

WORK_FOLDER, SANDBOX_URL = ".bmeconf", "sandbox.url"
LOCK_FILE = "bmeconf.lock.json"
"""At the root, beside the work folder: what is remembered, made to be committed."""


def work_folder(root: Path) -> Path:
    """The folder, made where it is missing, with the file that keeps it out of Git.

    Raises:
        InvalidInput: it cannot be made.
    """
    path = root / WORK_FOLDER
    ignore = path / ".gitignore"
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be made: {error.strerror}", "let this user write to the project root"
        ) from error
    return path


def journal_folder(root: Path) -> Path:
    """The folder with the journal of each apply."""
    return work_folder(root) / "journals"


def receipt_folder(root: Path) -> Path:
    """The folder with a receipt for each saved plan that was applied."""
    return work_folder(root) / "receipts"


def sandbox_file(root: Path) -> Path:
    """The database of the embedded sandbox."""
    return work_folder(root) / "sandbox.sqlite3"


def announce_sandbox(root: Path, url: str) -> None:
    """Note the URL of a served sandbox, for commands that find its database in use."""
    (work_folder(root) / SANDBOX_URL).write_text(url, encoding="utf-8")


def served_sandbox(root: Path) -> str | None:
    """The URL that was last announced, or None."""
    path = work_folder(root) / SANDBOX_URL
    return path.read_text(encoding="utf-8") if path.exists() else None


def root_around(path: Path) -> Path | None:
    """The project root of a path inside a work folder, or None."""
    parents = path.absolute().parents
    return next((parent.parent for parent in parents if parent.name == WORK_FOLDER), None)
