"""Files that are there whole or not at all: plans, receipts, the lock file, a whole project."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

OWNER_ONLY, AS_USUAL = 0o600, 0o666
"""Who may read a new file: its owner, or whoever this machine's umask lets."""


def has_place(path: Path) -> bool:
    """Whether a file could stand at `path`, as far as can be told without writing it."""
    return not path.is_dir() and path.parent.is_dir() and os.access(path.parent, os.W_OK)


def put(
    path: Path,
    text: str,
    mode: int = OWNER_ONLY,
    place: Callable[[Path, Path], object] = os.replace,
) -> None:
    """Let `text` stand at `path`, on disk before anybody can see it there.

    `place` brings the finished file from beside `path` to its place; by default over what
    stands there.

    Raises:
        OSError: where it cannot be written or placed; nothing is left beside it.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        place(beside, path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def standing(folder: Path, texts: Mapping[str, str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Of the files that are to come: those that stand below `folder` to the letter already, and
    the paths where something else stands in the way, in their order.
    """
    same, other = set(), []
    for name, text in texts.items():
        path = folder / name
        blocked = next((p for p in (*_between(folder, path),) if _is_no_folder(p)), None)
        if blocked is not None:
            other.append(blocked.relative_to(folder).as_posix())
        elif _holds(path, text):
            same.add(name)
        elif os.path.lexists(path):
            other.append(name)
    return frozenset(same), tuple(dict.fromkeys(other))


def put_all(folder: Path, texts: Mapping[str, str], *, over: bool = False) -> None:
    """Let every text stand at its path below `folder`, or none of them.

    What stands there is replaced only where `over` says so.

    Raises:
        OSError: where one cannot be written or placed; then everything is as it was.
    """
    with contextlib.ExitStack() as undoing:
        _make(folder, undoing)
        beside = folder / f".{uuid.uuid4().hex}"
        beside.mkdir()
        undoing.callback(shutil.rmtree, beside, ignore_errors=True)
        for number, text in enumerate(texts.values()):
            put(beside / str(number), text, AS_USUAL)
        for number, name in enumerate(texts):
            _make((folder / name).parent, undoing)
            _bring(beside / str(number), folder / name, over, undoing)
        undoing.pop_all()
        shutil.rmtree(beside, ignore_errors=True)


def _make(folder: Path, undoing: contextlib.ExitStack) -> None:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        undoing.callback(_gone, path.rmdir)


def _bring(new: Path, path: Path, over: bool, undoing: contextlib.ExitStack) -> None:
    """Put `new` at `path`; `undoing` learns how to take that back."""
    if os.path.lexists(path):
        if not over:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        before = new.with_name(f"{new.name}.before")
        os.replace(path, before)
        undoing.callback(os.replace, before, path)
    else:
        undoing.callback(_gone, path.unlink)
    os.replace(new, path)


def _gone(take_away: Callable[[], object]) -> None:
    with contextlib.suppress(OSError):
        take_away()


def _between(folder: Path, path: Path) -> Iterator[Path]:
    """The folders below `folder` that lead to `path`."""
    parents = [parent for parent in path.parents if parent.is_relative_to(folder)]
    yield from (parent for parent in reversed(parents) if parent != folder)


def _is_no_folder(path: Path) -> bool:
    # A link to a folder leads who knows where: what is below it is not this folder's.
    return os.path.lexists(path) and (path.is_symlink() or not path.is_dir())


def _holds(path: Path, text: str) -> bool:
    try:
        return path.is_file() and path.read_bytes() == text.encode()
    except OSError:
        return False
