"""`.bmeconf/` under the project root: what may be thrown away, never committed (design 2)."""

from __future__ import annotations

from pathlib import Path

from bmeconf.errors import InvalidInput

NAME, SERVED = ".bmeconf", "sandbox.url"


def folder(root: Path) -> Path:
    """The folder, made where it is missing, with the file that keeps it out of Git.

    Raises:
        InvalidInput: where it cannot be made.
    """
    path = root / NAME
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


def announce(root: Path, url: str) -> None:
    """Say where the sandbox of this project is being served, for commands that meet it running."""
    (folder(root) / SERVED).write_text(url, encoding="utf-8")


def served(root: Path) -> str | None:
    """Where the sandbox of this project is being served, as far as was announced."""
    path = folder(root) / SERVED
    return path.read_text(encoding="utf-8") if path.exists() else None


def sandbox(root: Path) -> Path:
    """Where the embedded sandbox keeps its account."""
    return folder(root) / "sandbox.sqlite3"


def journals(root: Path) -> Path:
    """Where applies keep their journals."""
    return folder(root) / "journals"


def receipts(root: Path) -> Path:
    """Where it is noted which saved plans were applied."""
    return folder(root) / "receipts"


def root_of(inside: Path) -> Path | None:
    """The project root of a path inside a `.bmeconf` folder, None for any other path."""
    found = (parent for parent in inside.absolute().parents if parent.name == NAME)
    return next((folder.parent for folder in found), None)
