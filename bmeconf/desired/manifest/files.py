"""Paths -> texts: which files are manifests, and what they and the files they name hold.

A text comes back with the reason where it cannot be had; nothing here knows YAML.
"""

from __future__ import annotations

import difflib
import glob
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmeconf.desired.manifest.tree import Node, Scalar, at, blocks
from bmeconf.model import errors
from bmeconf.model.errors import InvalidInput

PROJECT_FILE = "bmeconf.yaml"
SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 5_000_000
LOOKS_LIKE_ONE = re.compile(rb"(?m)^version:[ \t]*1[ \t\r]*$")
POINTER = b"version https://git-lfs.github.com/spec/"
"""What stands in place of a file that Git LFS has not brought."""
FOLDERS_ABOVE = 5
"""So far up is looked for manifests, where there are none."""


RELATIVE = "paths are relative to the manifest"


@dataclass(frozen=True)
class Text:
    """A file's text, or in `fault` why there is none; `line` and `column` say where it broke.

    `file` is the path as the user would type it, `data` the bytes as far as they were read.
    """

    file: str
    text: str = ""
    fault: str = ""
    line: int = 1
    column: int = 1
    data: bytes = b""


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


def absolute(path: Path) -> Path:
    """`path` from the file system's root, `..` folded, links not followed."""
    return Path(os.path.abspath(path))


def shown(path: Path) -> str:
    """`path` as the user would type it: relative when below the current folder."""
    try:
        return str(absolute(path).relative_to(Path.cwd()))
    except ValueError:
        return str(absolute(path))


def manifests(root: Path, paths: Sequence[Path], patterns: Sequence[str]) -> list[Path]:
    """The manifest files meant by `paths`, sorted, each once.

    `patterns` (the project file's `manifests:`) stand in for a path that is the root itself.
    Raises InvalidInput for a path that leads to nothing, or out of the project; LeadsNowhere for
    such a pattern.
    """
    found: dict[str, Path] = {}
    for start in _starts(root, paths, patterns):
        for file in _below(start, root, set()):
            found.setdefault(os.path.realpath(file), file)
    if not found:
        where = ", ".join(shown(path) for path in paths) or shown(root)
        raise InvalidInput(
            f"no manifests found under {where}{_above(root, absolute((*paths, root)[0]))}",
            "write one (see `bmeconf schema`), or name another path",
        )
    return sorted(found.values())


def _above(root: Path, start: Path) -> str:
    """Where manifests are, for somebody who stands too deep in the project."""
    if start != absolute(root) and (root / PROJECT_FILE).is_file():
        return f"; the project's {PROJECT_FILE} is in {absolute(root)}"
    for folder in start.parents[:FOLDERS_ABOVE]:
        for near in (folder, folder / "manifests"):
            if any(_looks_like_one(file) for file in _yaml_files(near)):
                return f"; there are some in {near}"
    return ""


def _yaml_files(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.suffix in SUFFIXES)
    except OSError:
        return []


def _looks_like_one(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            return bool(LOOKS_LIKE_ONE.search(stream.read(2000)))
    except OSError:
        return False


def _starts(root: Path, paths: Sequence[Path], patterns: Sequence[str]) -> Iterator[Path]:
    for path in paths or [root]:
        start = absolute(path)
        if not start.exists():
            raise InvalidInput(f"{shown(path)} does not exist{_near(start)}", "check the path")
        _keep_inside(start, root)
        if start == absolute(root) and patterns:
            yield from _matching(root, patterns)
        else:
            yield start


def _matching(root: Path, patterns: Sequence[str]) -> Iterator[Path]:
    for index, pattern in enumerate(patterns):
        matches = sorted(glob.glob(pattern, root_dir=root, recursive=True))
        if not matches:
            near = "" if glob.has_magic(pattern) else _near(absolute(root / pattern))
            raise LeadsNowhere(
                index,
                f'manifests: "{pattern}" leads to nothing{near}',
                f"name folders or files that exist, relative to {PROJECT_FILE}",
            )
        for match in matches:
            start = absolute(root / match)
            if not _is_inside(start, root):
                raise LeadsNowhere(
                    index,
                    f'manifests: "{pattern}" leads out of the project',
                    f"name folders or files below {absolute(root)}",
                )
            yield start


def _keep_inside(path: Path, root: Path) -> None:
    if not _is_inside(path, root):
        raise InvalidInput(
            f"{shown(path)} lies outside the project root {shown(root)}",
            "run one project at a time, from a path inside it",
        )


def _is_inside(path: Path, root: Path) -> bool:
    """Whether `path`, links followed, lies at or below `root`."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _below(path: Path, root: Path, seen: set[str]) -> Iterator[Path]:
    """The manifests at or under `path`; links that loop or leave the project are not followed."""
    real = os.path.realpath(path)
    if real in seen or not _is_inside(path, root):
        return
    seen.add(real)
    if not os.path.isdir(path):
        if is_manifest(path.name):
            yield path
        return
    try:
        children = sorted(path.iterdir())
    except OSError as error:
        raise InvalidInput(f"{shown(path)} cannot be read: {error.strerror}") from error
    for child in children:
        if not child.name.startswith("."):
            yield from _below(child, root, seen)


def is_manifest(name: str) -> bool:
    """Whether a file of this name, or path, is read as a manifest."""
    return Path(name).name != PROJECT_FILE and Path(name).suffix in SUFFIXES


def read_text(path: Path, hint: Callable[[], str] | None = None) -> Text:
    """The text of one file in UTF-8, a byte order mark taken off; never raises for its content.

    `hint` is what to add where there is no such file; a did-you-mean where it is left out.
    """
    file = shown(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "not an ordinary file"
            return Text(file, fault=f"{file} is {kind}; name a text file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Text(file, fault=f"{file} does not exist{hint() if hint else _near(path)}")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name cannot be used"
        return Text(file, fault=f"{file} cannot be read: {reason}")
    return decoded(file, data)


def decoded(file: str, data: bytes) -> Text:
    """What the bytes of a file say, or why they say nothing."""
    if len(data) > MAX_BYTES:
        return Text(file, fault=f"{file} is larger than {MAX_BYTES // 1_000_000} MB", data=data)
    if data.startswith(POINTER):
        fault = f"{file} is a pointer of Git LFS, not the file; bring it with: git lfs pull"
        return Text(file, fault=fault, data=data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:2]:
        return Text(file, fault=f"{file} looks like UTF-16; save it as UTF-8", data=data)
    try:
        return Text(file, data.decode("utf-8-sig"), data=data)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        fault = (
            f"{file} is not UTF-8: byte {error.start} (line {line}) is "
            f"0x{data[error.start]:02x}; save it as UTF-8"
        )
        return Text(file, fault=fault, line=line, column=column, data=data)


def read_named(root: Path, folder: Path, reference: str) -> Text:
    """The file that a manifest in `folder` names; it may not leave the project root."""
    path = folder / reference
    if Path(reference).is_absolute() or "\0" in reference:
        return Text(reference, fault="the path must be relative to the manifest's folder")
    if not _is_inside(path, root):
        return Text(reference, fault=f"{reference} leaves the project root; move it inside")
    return read_text(path, lambda: f"; {RELATIVE}{_elsewhere(root, folder, reference)}")


def _elsewhere(root: Path, folder: Path, reference: str) -> str:
    """A did-you-mean for a file that is not where a manifest in `folder` says.

    In turn: a name like it, the same path from a folder above, the same name in a folder nearby.
    """
    path, top = absolute(folder / reference), absolute(root)
    near = difflib.get_close_matches(path.name, _names(path.parent), n=3, cutoff=0.7)
    above = [absolute(folder), *absolute(folder).parents]
    above = [each for each in above if each.is_relative_to(top)]
    candidates = [path.parent / name for name in near]
    candidates += [each / reference for each in above]
    for each in above:
        beside = [each / name for name in _names(each) if not name.startswith(".")]
        candidates += [found / path.name for found in (each, *beside)]
    found = next(
        (file for file in candidates if os.path.isfile(file) and _is_inside(file, root)), None
    )
    if found is None:
        return ""
    return f'; did you mean "{Path(os.path.relpath(found, absolute(folder))).as_posix()}"?'


def references(tree: Node) -> Iterator[Scalar]:
    """The places of a manifest that name another file: bodies, plain texts and tables."""
    for campaign in blocks(tree, "campaigns"):
        for key in ("body", "plain_text"):
            node = at(campaign, (key, "file"))
            if isinstance(node, Scalar):
                yield node
    for table in blocks(tree, "contact_files"):
        node = at(table, ("csv",))
        if isinstance(node, Scalar):
            yield node


def _near(path: Path) -> str:
    """A did-you-mean among the neighbours of a path that does not exist."""
    return errors.did_you_mean(path.name, _names(path.parent))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(child.name for child in folder.iterdir())
    except (OSError, ValueError):
        return []
