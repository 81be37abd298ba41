"""Pages on the disk: which of those in a folder are our own, and only these are written over.

The last line of a page has a digest of all that stands before it, so that a page which somebody
has changed is not ours any more.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from bmeconf.model import first_of
from bmeconf.model.errors import InvalidInput
from bmeconf.project import WORK_FOLDER, read_file, write_files

MARK = re.compile(rb"<!-- made by bmeconf preview: ([0-9a-f]{64}) -->\n\Z")
MOST_NAMED = 5


def marked(page: str) -> str:
    """A page with the line by which it is known."""
    return f"{page}<!-- made by bmeconf preview: {_digest(page.encode())} -->\n"


def write(folder: Path, pages: Mapping[str, str], kept: Collection[str]) -> list[str]:
    """Write pages to the folder, and remove our own ones there but for `kept`; the removed names.

    Raises:
        InvalidInput: a file that is not ours is in the way, or the folder cannot be written. Then
            nothing was written.
    """
    _refuse_place(folder)
    try:
        there = {
            entry.name: Path(entry.path)
            for entry in (os.scandir(folder) if folder.is_dir() else ())
            if entry.name.endswith(".html")
        }
        foreign = sorted(name for name in pages.keys() & there.keys() if not _is_ours(there[name]))
        if foreign:
            raise InvalidInput(
                f"{folder}: {first_of(foreign, MOST_NAMED)} would be written over, and preview did"
                " not make it, or somebody has changed it since",
                "name another folder with --out, or remove it",
            )
        write_files(folder, {n: marked(page) for n, page in pages.items()}, overwrite=True)
        gone = sorted(n for n in there.keys() - pages.keys() - {*kept} if _is_ours(there[n]))
        for name in gone:
            there[name].unlink(missing_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"--out {folder} cannot be written: {error.strerror}", "name another folder"
        ) from error
    return gone


def _refuse_place(folder: Path) -> None:
    if folder.is_symlink() or (os.path.lexists(folder) and not folder.is_dir()):
        what = "a link" if folder.is_symlink() else "no folder"
        raise InvalidInput(f"--out {folder} is {what}", "name a folder, or one that is to be made")
    if WORK_FOLDER in Path(os.path.realpath(folder)).parts:
        raise InvalidInput(
            f"--out {folder}: bmeconf keeps what it remembers there", "name another folder"
        )


def _is_ours(path: Path) -> bool:
    """True for an ordinary file that a preview made, and that nobody has changed since."""
    try:
        content = b"" if path.is_symlink() else read_file(path)
    except OSError:
        return False
    found = MARK.search(content)
    return found is not None and found[1].decode() == _digest(content[: found.start()])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
