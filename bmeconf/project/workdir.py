"""What is kept between runs: `.bmeconf/` under the project root, which may be thrown away and is
never committed (design 2), and the lock file beside it, which is.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bmeconf.model.errors import InvalidInput
from bmeconf.project import atomic as whole

NAME, SERVED = ".bmeconf", "sandbox.url"
LOCK, SANDBOX_LOCK = "bmeconf.lock.json", "sandbox.lock.json"


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


def lock(root: Path, simulated: bool) -> Path:
    """Where the lock file is; that of a simulated account may be thrown away with it."""
    return root / NAME / SANDBOX_LOCK if simulated else root / LOCK


def read(path: Path) -> str | None:
    """The text of a lock file, None where there is none.

    Raises:
        InvalidInput: where it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidInput(
            f"{path}: the lock file cannot be read: {reason}",
            "mend that, or delete it: everything works without it, with less told",
        ) from error


def writable(path: Path) -> bool:
    """Whether a lock file could be written, as far as can be told without doing it."""
    path = path.resolve()
    there = os.access(path, os.W_OK) if path.exists() else True
    return there and path.parent.is_dir() and os.access(path.parent, os.W_OK)


def write(path: Path, text: str) -> None:
    """Put `text` in place of a lock file, whole or not at all; an empty one removes it.

    Who may read it stays as it was.

    Raises:
        OSError: where that cannot be done.
    """
    path = path.resolve()
    if not text:
        path.unlink(missing_ok=True)
        return
    whole.put(path, text, whole.AS_USUAL, _in_its_place)


def _in_its_place(new: Path, path: Path) -> None:
    if path.exists():
        new.chmod(stat.S_IMODE(path.stat().st_mode))
    new.replace(path)
