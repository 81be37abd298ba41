"""The lock file on disk: read, and merged back one account at a time."""

from __future__ import annotations

from pathlib import Path

from bmeconf.baseline import lock
from bmeconf.baseline.lock import Lock, Section
from bmeconf.project import read_lock_file, write_lock_file


def read(path: Path) -> Lock:
    """The lock file at `path`, an empty one where there is none.

    Raises:
        InvalidInput: where it cannot be used.
    """
    text = read_lock_file(path)
    return Lock(path.name) if text is None else lock.parse(text, path.name)


def keep(path: Path, section: Section) -> None:
    """Write the section of one account; the file is touched only where that changes it.

    Raises:
        InvalidInput: where there is a lock file and it cannot be used.
        OSError: where it cannot be written.
    """
    # Read again: an apply to another account may have written its section meanwhile.
    text = read(path).having(section).text
    if text != (read_lock_file(path) or ""):
        write_lock_file(path, text)
