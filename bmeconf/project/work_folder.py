"""`.bmeconf/` in the project: files between runs, ignored by Git, free to delete (design 2).

Whoever can change the project's files can put a link or a pipe in the place of each of them:
nothing is read or written through one.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Callable
from pathlib import Path

from bmeconf.model.errors import InvalidInput
from bmeconf.project.atomic import read_file, write_file

SQLITE_FILES = ("", "-wal", "-shm", "-journal")
"""A database, and what SQLite puts beside it."""
WORK_FOLDER, SANDBOX_URL = ".bmeconf", "sandbox.url"
LOCK_FILE = "bmeconf.lock.json"
"""At the root, beside the work folder: what is remembered, made to be committed."""


def work_folder(root: Path) -> Path:
    """The folder, made where it is missing, with the file that keeps it out of Git.

    Raises:
        InvalidInput: it cannot be made, or something else is in its place.
    """
    path = _folder(root / WORK_FOLDER)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), (path / ".gitignore").open("x") as ignore:
            ignore.write("*\n")
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be made: {error.strerror}", "let this user write to the project root"
        ) from error
    return path


def journal_folder(root: Path, *, make: bool = True) -> Path:
    """The folder with the journal of each apply; the folder around it is made unless told not."""
    return _folder((work_folder(root) if make else _folder(root / WORK_FOLDER)) / "journals")


def receipt_folder(root: Path) -> Path:
    """The folder with a receipt for each saved plan that was applied."""
    return _folder(work_folder(root) / "receipts")


def sound_folder(root: Path, *, make: bool) -> Path:
    """The folder with the manifests that were found sound; it is made where asked for."""
    path = _folder((work_folder(root) if make else _folder(root / WORK_FOLDER)) / "sound")
    if make:
        path.mkdir(exist_ok=True)
    return path


def learned_file(root: Path, *, make: bool = False) -> Path:
    """The file of what runs learned of their accounts; its folder is made where asked for."""
    folder = work_folder(root) if make else _folder(root / WORK_FOLDER)
    return _file(folder / "learned.json")


def run_lock(root: Path) -> tuple[Path, Path]:
    """The file that a writing run locks, and the one that says which run it is."""
    folder = work_folder(root)
    return _file(folder / "run.lock"), _file(folder / "run.txt")


def sandbox_file(root: Path) -> Path:
    """The database of the embedded sandbox."""
    path = work_folder(root) / "sandbox.sqlite3"
    for suffix in SQLITE_FILES:
        _file(path.with_name(path.name + suffix))
    return path


def announce_sandbox(root: Path, url: str) -> None:
    """Note the URL of a served sandbox, for commands that find its database in use."""
    write_file(_file(work_folder(root) / SANDBOX_URL), url)


def retract_sandbox(root: Path) -> None:
    """Take that note back: the sandbox ends."""
    with contextlib.suppress(OSError, InvalidInput):
        _file(work_folder(root) / SANDBOX_URL).unlink()


def served_sandbox(root: Path) -> str | None:
    """The URL that was last announced, or None; nobody says that it is still served."""
    path = _file(work_folder(root) / SANDBOX_URL)
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return read_file(path).decode()
    return None


def root_around(path: Path) -> Path | None:
    """The project root of a path inside a work folder, or None."""
    parents = path.absolute().parents
    return next((parent.parent for parent in parents if parent.name == WORK_FOLDER), None)


def _folder(path: Path) -> Path:
    return _own(path, stat.S_ISDIR, "folder")


def _file(path: Path) -> Path:
    return _own(path, stat.S_ISREG, "file")


def _own(path: Path, is_kind: Callable[[int], bool], kind: str) -> Path:
    """`path`, where nothing but such a file or folder itself is in its place."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return path
    except OSError as error:
        raise InvalidInput(f"{path} cannot be used: {error.strerror}") from error
    if is_kind(mode):
        return path
    other = "a link" if stat.S_ISLNK(mode) else "something else"
    raise InvalidInput(
        f"{path} is not the {kind} that bmeconf makes there, but {other}: nothing was read or"
        " written through it",
        "remove it, and find out who put it there; all below .bmeconf may be thrown away",
    )
