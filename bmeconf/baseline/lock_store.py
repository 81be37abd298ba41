"""The lock file on disk, at the project root and committed: read, and merged back by account."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bmeconf.baseline import lock
from bmeconf.baseline.lock import Lock, Section
from bmeconf.model.errors import InvalidInput
from bmeconf.project import AS_USUAL, WORK_FOLDER, can_write, write_file

LOCK, SANDBOX_LOCK = "bmeconf.lock.json", "sandbox.lock.json"


def path_of(root: Path, simulated: bool) -> Path:
    """The path of the lock file; that of a simulated account is thrown away with the account."""
    return root / WORK_FOLDER / SANDBOX_LOCK if simulated else root / LOCK


def read(path: Path) -> Lock:
    """The lock file at `path`, an empty one where there is none.

    Raises:
        InvalidInput: it cannot be read or used.
    """
    text = _text(path)
    return Lock(path.name) if text is None else lock.parse(text, path.name)


def keep(path: Path, section: Section) -> None:
    """Write the section of one account; the file is touched only where that changes it.

    It is replaced atomically, with the same permissions; an empty lock is no file.

    Raises:
        InvalidInput: there is a lock file that cannot be used.
        OSError: it cannot be written.
    """
    # Read again: an apply to another account may have written its section meanwhile.
    text = read(path).having(section).text
    path = path.resolve()
    if text == (_text(path) or ""):
        return
    if text:
        write_file(path, text, AS_USUAL, _replace)
    else:
        path.unlink(missing_ok=True)


def can_keep(path: Path) -> bool:
    """True if the lock file can be written, judged without writing it."""
    path = path.resolve()
    return can_write(path) and (not path.exists() or os.access(path, os.W_OK))


def _text(path: Path) -> str | None:
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


def _replace(new: Path, path: Path) -> None:
    if path.exists():
        new.chmod(stat.S_IMODE(path.stat().st_mode))
    new.replace(path)
