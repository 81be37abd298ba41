"""Atomic file writes, and reads that come to an end."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

OWNER_ONLY, AS_USUAL = 0o600, 0o666
"""Who may read a new file: its owner, or whoever this machine's umask lets."""


def on_disk(name: str) -> str:
    """A name as the system's calls take it: names are UTF-8, whatever the locale says."""
    # In ASCII all locales agree: most names need no look at all.
    return name if name.isascii() else os.fsdecode(name.encode("utf-8", "surrogateescape"))


def from_disk(path: str) -> str:
    """The name of what the system's calls gave."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "surrogateescape")


def can_write(path: Path) -> bool:
    """True if a file can be written at `path`, judged without writing it."""
    if path.exists() and not path.is_file():
        return not path.is_dir() and os.access(path, os.W_OK)
    return path.parent.is_dir() and os.access(path.parent, os.W_OK)


def read_file(path: Path, most: int = -1) -> bytes:
    """The bytes of an ordinary file, the first `most` of them; a pipe or a device has no end.

    Raises:
        OSError: it cannot be read, or is none.
    """

    def opened(name: str, flags: int) -> int:
        # Without a writer, opening a pipe would wait for one.
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

    with open(path, "rb", opener=opened) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not an ordinary file")
        return stream.read(most)


def write_file(
    path: Path,
    text: str,
    mode: int = OWNER_ONLY,
    place: Callable[[Path, Path], object] = os.replace,
    *,
    durable: bool = True,
) -> None:
    """Write a file that nobody can see before all of it is written, where `durable` on disk.

    `place` moves the finished file from beside `path` to it, by default over what is there.

    Raises:
        OSError: it cannot be written or placed; nothing is left beside it.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        place(beside, path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def compare_files(folder: Path, texts: Mapping[str, str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The files of `texts` that are below `folder` already, and the paths that are in the way.

    In the way is a file with another content, or what is no folder where one has to be.
    """
    same: set[str] = set()
    in_the_way: dict[str, None] = {}
    for name, text in texts.items():
        path = folder / on_disk(name)
        parents = [parent for parent in path.parents if folder in parent.parents]
        # A link to a folder leads who knows where: what is below it is not this folder's.
        solid = [p for p in parents if os.path.lexists(p) and (p.is_symlink() or not p.is_dir())]
        if solid:
            in_the_way[solid[-1].relative_to(folder).as_posix()] = None
        elif _holds(path, text):
            same.add(name)
        elif os.path.lexists(path):
            in_the_way[name] = None
    return frozenset(same), tuple(in_the_way)


def _holds(path: Path, text: str) -> bool:
    try:
        return path.is_file() and path.read_bytes() == text.encode()
    except OSError:
        return False


def write_files(folder: Path, texts: Mapping[str, str], *, overwrite: bool = False) -> None:
    """Write every text to its path below `folder`, or none of them.

    Raises:
        FileExistsError: one is there already, and `overwrite` is False; all is as it was.
        OSError: one cannot be written; all is as it was.
    """
    # Few commands write more than a file.
    import shutil

    with contextlib.ExitStack() as undo:
        _make_folder(folder, undo)
        beside = folder / f".{uuid.uuid4().hex}"
        beside.mkdir()
        undo.callback(shutil.rmtree, beside, ignore_errors=True)
        for number, text in enumerate(texts.values()):
            write_file(beside / str(number), text, AS_USUAL)
        for number, name in enumerate(texts):
            _make_folder((folder / on_disk(name)).parent, undo)
            _place(beside / str(number), folder / on_disk(name), overwrite, undo)
        undo.pop_all()
        shutil.rmtree(beside, ignore_errors=True)


def _make_folder(folder: Path, undo: contextlib.ExitStack) -> None:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        undo.callback(_remove, path.rmdir)


def _place(new: Path, path: Path, overwrite: bool, undo: contextlib.ExitStack) -> None:
    if not os.path.lexists(path):
        undo.callback(_remove, path.unlink)
    elif overwrite:
        before = new.with_name(f"{new.name}.before")
        os.replace(path, before)
        undo.callback(os.replace, before, path)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    os.replace(new, path)


def _remove(removal: Callable[[], object]) -> None:
    with contextlib.suppress(OSError):
        removal()
