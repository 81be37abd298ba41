"""The lock file bmeconf.lock.json on disk, at the project root and committed (design 7.17)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bmeconf.model.errors import InvalidInput
from bmeconf.project.atomic import AS_USUAL, can_write, write_file
from bmeconf.project.work_folder import WORK_FOLDER

LOCK, SANDBOX_LOCK = "bmeconf.lock.json", "sandbox.lock.json"


def lock_file(root: Path, simulated: bool) -> Path:
    """The path of the lock file; that of a simulated account is thrown away with the account."""
    return root / WORK_FOLDER / SANDBOX_LOCK if simulated else root / LOCK


def read_lock_file(path: Path) -> str | None:
    """The text of a lock file, or None where there is none.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidInput(
            f"{path}: the lock file cannot be read: {reason}",
            "correct that, or delete the file: everything works without it, with less detail",
        ) from error


def can_write_lock_file(path: Path) -> bool:
    """True if the lock file can be written, judged without writing it."""
    path = path.resolve()
    return can_write(path) and (not path.exists() or os.access(path, os.W_OK))


def write_lock_file(path: Path, text: str) -> None:
    """Replace the text of a lock file atomically, with the same permissions; no text removes it.

    Raises:
        OSError: that cannot be done.
    """
    path = path.resolve()
    if text:
        write_file(path, text, AS_USUAL, _replace)
    else:
        path.unlink(missing_ok=True)


def _replace(new: Path, path: Path) -> None:
    if path.exists():
        new.chmod(stat.S_IMODE(path.stat().st_mode))
    new.replace(path)
