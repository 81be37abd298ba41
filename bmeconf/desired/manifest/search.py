"""Which files are manifests: those that a project's paths and patterns lead to (design 1, 2)."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from glob import has_magic
from pathlib import Path, PurePosixPath

from bmeconf.desired.manifest.files import Files, absolute, below, children, matching
from bmeconf.model import did_you_mean
from bmeconf.model.errors import InvalidInput

PROJECT_FILE = "bmeconf.yaml"
SUFFIXES = (".yaml", ".yml")
LOOKS_LIKE_ONE = re.compile(rb"(?m)^version:[ \t]*1[ \t\r]*$")
FOLDERS_ABOVE = 5
"""Where there are no manifests, so many folders above are searched for some."""


class LeadsNowhere(InvalidInput):
    """The entry number `index` of the project file's `manifests:` cannot be followed."""

    def __init__(self, index: int, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.index = index


def find_root(path: Path) -> Path:
    """The project root: the nearest folder upward from `path` with a bmeconf.yaml (design 2).

    Without one it is `path` itself, or its folder where `path` is a file.
    """
    start = absolute(path)
    # os.path, since a Path raises where a folder may not be entered.
    if os.path.isfile(start):
        start = start.parent
    folders = (start, *start.parents)
    return next((f for f in folders if os.path.isfile(f / PROJECT_FILE)), start)


def is_manifest(name: str) -> bool:
    """Whether a file of this name, or path, is read as a manifest."""
    path = PurePosixPath(name)
    return path.name != PROJECT_FILE and path.suffix in SUFFIXES


def manifests(files: Files, names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """The manifests that `names` lead to, by default the root; sorted, each once.

    `patterns` (the project file's `manifests:`) stand in for a name that is the root itself.

    Raises:
        InvalidInput: a name leads to nothing, out of the project, or to no manifest.
        LeadsNowhere: such a pattern.
    """
    found: dict[str, str] = {}
    for start in _starts(files, names or [""], patterns):
        for name in below(files, start):
            real = files.resolved(name)
            if real is not None and is_manifest(name) and not files.is_folder(name):
                found.setdefault(real, name)
    if not found:
        where = ", ".join(files.shown(name) for name in names or [""])
        raise InvalidInput(
            f"no manifests found under {where}{_above(files, (*names, '')[0])}",
            "write one (see `bmeconf schema`), or name another path",
        )
    return sorted(found.values(), key=PurePosixPath)


def near(files: Files, name: str) -> str:
    """A did-you-mean among the neighbours of a name that does not exist."""
    return did_you_mean(posixpath.basename(name), children(files, posixpath.dirname(name)))


def _starts(files: Files, names: Sequence[str], patterns: Sequence[str]) -> Iterator[str]:
    for name in names:
        if not files.exists(name):
            raise InvalidInput(
                f"{files.shown(name)} does not exist{near(files, name)}", "check the path"
            )
        if files.resolved(name) is None:
            raise InvalidInput(
                f"{files.shown(name)} lies outside the project root {files.shown('')}",
                "run one project at a time, from a path inside it",
            )
        if name or not patterns:
            yield name
            continue
        for index, pattern in enumerate(patterns):
            yield from _matches(files, pattern, index)


def _matches(files: Files, pattern: str, index: int) -> Sequence[str]:
    found = matching(files, pattern)
    if not found:
        hint = "" if has_magic(pattern) else near(files, pattern.rstrip("/"))
        raise LeadsNowhere(
            index,
            f'manifests: "{pattern}" leads to nothing{hint}',
            f"name folders or files that exist, relative to {PROJECT_FILE}",
        )
    if any(files.resolved(name) is None for name in found):
        raise LeadsNowhere(
            index,
            f'manifests: "{pattern}" leads out of the project',
            f"name folders or files below {files.shown('')}",
        )
    return found


def _above(files: Files, start: str) -> str:
    """Words for where manifests are, for a command that was run too deep in the project."""
    if start and files.exists(PROJECT_FILE):
        return f"; the project's {PROJECT_FILE} is in {files.shown('')}"
    for number in range(1, FOLDERS_ABOVE + 1):
        folder = posixpath.normpath(posixpath.join(start, *[".."] * number))
        for above in (folder, f"{folder}/manifests"):
            names = [f"{above}/{child}" for child in children(files, above)]
            contents = files.read(name for name in names if name.endswith(SUFFIXES)).values()
            if any(isinstance(c, bytes) and LOOKS_LIKE_ONE.search(c) for c in contents):
                return f"; there are some in {files.shown(above)}"
    return ""
