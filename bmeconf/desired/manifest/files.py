"""Where a project's files come from: the disk, a commit (`baseline.git`), or memory.

A file's name is its path from the project's root, with `/` between the parts; the root's own name
is empty. Nothing here knows what a manifest is.
"""

from __future__ import annotations

import errno
import fnmatch
import glob
import os
import posixpath
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

from bmeconf.model.errors import InvalidInput
from bmeconf.project import from_disk, on_disk

MAX_BYTES = 5_000_000
MOST_LINKS = 40
"""Links to follow one after the other, as file systems do."""


class TooLarge(OSError):
    """The file has more than MAX_BYTES."""


class Files(Protocol):
    """The files of one project, to read only."""

    def shown(self, name: str) -> str:
        """`name` as the user would type it."""

    def resolved(self, name: str) -> str | None:
        """The name behind all links, whether it exists or not; None where it leaves the project."""

    def exists(self, name: str) -> bool:
        """Whether there is a file, a folder or something else of this name."""

    def is_folder(self, name: str) -> bool:
        """Whether `name` is a folder, or a link to one."""

    def children(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted; raises OSError where it is none or cannot be read."""

    def read(self, names: Iterable[str]) -> Mapping[str, bytes | OSError]:
        """The bytes of each file, or why it cannot be read."""


class DiskFiles(NamedTuple):
    """The files below the folder `root`."""

    root: Path

    def name(self, path: Path) -> str:
        """The name of a path; for one that is not below `root`, its absolute path."""
        whole, top = absolute(path), absolute(self.root)
        name = whole.relative_to(top) if whole.is_relative_to(top) else whole
        return "" if whole == top else from_disk(name.as_posix())

    def shown(self, name: str) -> str:
        path = absolute(self._path(name))
        return from_disk(
            str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
        )

    def resolved(self, name: str) -> str | None:
        path, top = (os.path.realpath(each) for each in (self._path(name), self.root))
        below = Path(path).is_relative_to(top)
        return from_disk(Path(path).relative_to(top).as_posix()) if below else None

    def exists(self, name: str) -> bool:
        try:
            # A Path would drop the "." of "file/.", which is nothing.
            os.stat(os.path.join(self.root, on_disk(name)))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            # Reading says why it cannot: it may not be entered, or links go round.
            return error.errno != errno.ENAMETOOLONG
        return True

    def is_folder(self, name: str) -> bool:
        return os.path.isdir(self._path(name))

    def children(self, folder: str) -> Sequence[str]:
        return sorted(map(from_disk, os.listdir(self._path(folder))))

    def read(self, names: Iterable[str]) -> Mapping[str, bytes | OSError]:
        return {name: self._content(name) for name in names}

    def _content(self, name: str) -> bytes | OSError:
        try:
            path = self._path(name)
            if path.is_dir():
                return IsADirectoryError()
            # A pipe would be waited for.
            if not stat.S_ISREG(path.stat().st_mode):
                return OSError(0, "not an ordinary file; name a text file")
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            return error
        except ValueError:
            return OSError(0, "the name cannot be used")
        return _limited(data)

    def _path(self, name: str) -> Path:
        return self.root / on_disk(name)


@dataclass(frozen=True)
class ChangedFiles:
    """`files` as they would be with other bytes in some of them, by name."""

    files: Files
    changed: Mapping[str, bytes]

    def shown(self, name: str) -> str:
        return self.files.shown(name)

    def resolved(self, name: str) -> str | None:
        return self.files.resolved(name)

    def exists(self, name: str) -> bool:
        return self.files.exists(name)

    def is_folder(self, name: str) -> bool:
        return self.files.is_folder(name)

    def children(self, folder: str) -> Sequence[str]:
        return self.files.children(folder)

    def read(self, names: Iterable[str]) -> Mapping[str, bytes | OSError]:
        new = {self.files.resolved(name): content for name, content in self.changed.items()}
        found = self.files.read(names)
        return {n: _limited(new.get(self.files.resolved(n), c)) for n, c in found.items()}


class ListedFiles(ABC):
    """The part of `Files` that follows from the names of all `files`, and the targets of `links`.

    A link that leads out of the project leads to nothing.
    """

    files: Mapping[str, object]
    links: Mapping[str, str]

    @cached_property
    def folders(self) -> Mapping[str | None, Sequence[str]]:
        """Every folder that leads to a file or link, with the sorted names in it."""
        found: dict[str | None, set[str]] = {"": set()}
        for name in (*self.files, *self.links):
            while name:
                folder, _, child = name.rpartition("/")
                found.setdefault(folder, set()).add(child)
                name = folder
        return {folder: sorted(children) for folder, children in found.items()}

    def resolved(self, name: str, most_links: int = MOST_LINKS) -> str | None:
        if name.startswith("/") or most_links < 0:
            return None
        parts: list[str] = []
        steps = name.split("/")
        for number, step in enumerate(steps, start=1):
            if step == ".." and not parts:
                return None
            if step == "..":
                parts.pop()
            elif step not in ("", "."):
                parts.append(step)
            target = self.links.get("/".join(parts))
            # In a tree that was made by hand, a link can have the name of a folder.
            if target is not None and "/".join(parts) not in self.folders:
                rest = (*parts[:-1], target, *steps[number:])
                absolute = target.startswith("/")
                return None if absolute else self.resolved("/".join(rest), most_links - 1)
        return "/".join(parts)

    def exists(self, name: str) -> bool:
        return self.is_folder(name) or self.resolved(name) in self.files

    def is_folder(self, name: str) -> bool:
        return self.resolved(name) in self.folders

    def children(self, folder: str) -> Sequence[str]:
        return self.folders.get(self.resolved(folder), ())

    def read(self, names: Iterable[str]) -> Mapping[str, bytes | OSError]:
        resolved = {name: self.resolved(name) for name in names}
        contents = self.contents([r for r in resolved.values() if r and r in self.files])
        found: dict[str, bytes | OSError] = {}
        for name, real in resolved.items():
            absent = IsADirectoryError() if real in self.folders else FileNotFoundError()
            found[name] = contents.get(real or "", absent)
        return found

    @abstractmethod
    def contents(self, names: Sequence[str]) -> Mapping[str, bytes | OSError]:
        """The bytes of each of these `files`, or why it cannot be read."""


@dataclass(frozen=True)
class MemoryFiles(ListedFiles):
    """Texts by name that are not written yet; `folder` is where they will be, for messages."""

    files: Mapping[str, str]
    folder: Path | None = None
    links: Mapping[str, str] = field(default_factory=dict, init=False)

    def shown(self, name: str) -> str:
        return DiskFiles(self.folder).shown(name) if self.folder else name

    def contents(self, names: Sequence[str]) -> Mapping[str, bytes | OSError]:
        return {name: _limited(self.files[name].encode()) for name in names}


def _limited(data: bytes | OSError) -> bytes | OSError:
    return TooLarge() if isinstance(data, bytes) and len(data) > MAX_BYTES else data


def seen_from(path: Path, folder: Path = Path()) -> str:
    """`path` relative to `folder`; as it is where no such path leads there.

    So it is on another drive, and where the folder is gone.
    """
    try:
        return os.path.relpath(path, folder)
    except (OSError, ValueError):
        return str(path)


def absolute(path: Path) -> Path:
    """`path` from the file system's root, `..` folded, links not followed."""
    return Path(os.path.abspath(path))


def matching(files: Files, pattern: str, folder: str = "") -> list[str]:
    """The names that a pattern leads to from `folder`, sorted, written as the pattern is.

    `*` matches no hidden name; `**` stands for any number of folders that are not hidden. A name
    that has `[` in it is itself as well.
    """
    starts = ["/" if pattern.startswith("/") else _start(folder)]
    found: list[str] = []
    for part in pattern.removeprefix("/").split("/"):
        if part == "**":
            folders = [start for start in starts if files.is_folder(start)]
            found = [name for folder in folders for name in below(files, folder.rstrip("/"))]
        elif glob.has_magic(part):
            found = [
                start + name
                for start in starts
                for name in children(files, start)
                if name == part or _fits(name, part)
            ]
        else:
            found = [start + part for start in starts if files.exists(start + part)]
        starts = [_start(name) for name in found]
    return sorted({name for name in found if name})


def _fits(name: str, part: str) -> bool:
    return fnmatch.fnmatch(name, part) and (part.startswith(".") or not name.startswith("."))


def _start(folder: str) -> str:
    return f"{folder}/" if folder else ""


def children(files: Files, folder: str) -> Sequence[str]:
    """The names in a folder; none where it cannot be read."""
    try:
        return files.children(folder)
    except (OSError, ValueError):
        return ()


def below(files: Files, start: str) -> Iterator[str]:
    """`start` and every name below it that is not hidden; a folder with two names only once.

    Follows no link out of the project. Raises InvalidInput where a folder cannot be read.
    """
    ahead, visited = [start], set()
    while ahead:
        name = ahead.pop()
        yield name
        real = files.resolved(name)
        if real is None or real in visited or not files.is_folder(name):
            continue
        visited.add(real)
        try:
            inside = files.children(name)
        except OSError as error:
            raise InvalidInput(f"{files.shown(name)} cannot be read: {error.strerror}") from error
        ahead += [posixpath.join(name, n) for n in reversed(inside) if not n.startswith(".")]
