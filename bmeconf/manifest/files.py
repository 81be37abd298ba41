"""Paths -> texts: which files are manifests, and what they and the files they name hold.

A text comes back with the reason where it cannot be had; nothing here knows YAML.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmeconf import errors
from bmeconf.errors import InvalidInput
from bmeconf.manifest.tree import Node, Scalar, at, blocks

PROJECT_FILE = "bmeconf.yaml"
SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 5_000_000


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


def find_root(path: Path) -> Path:
    """The project root: the nearest folder upward from `path` with a bmeconf.yaml (design 2).

    Without one it is `path` itself, or its folder where `path` is a file.
    """
    start = absolute(path)
    if start.is_file():
        start = start.parent
    return next((f for f in (start, *start.parents) if (f / PROJECT_FILE).is_file()), start)


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
    Raises InvalidInput for a path or pattern that leads to nothing, or out of the project.
    """
    found: dict[str, Path] = {}
    for start in _starts(root, paths, patterns):
        for file in _below(start, root, set()):
            found.setdefault(os.path.realpath(file), file)
    if not found:
        where = ", ".join(shown(path) for path in paths) or shown(root)
        raise InvalidInput(
            f"no manifests found under {where}",
            "a manifest is a *.yaml or *.yml file; `bmeconf init` writes a first one",
        )
    return sorted(found.values())


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
    for pattern in patterns:
        matches = sorted(glob.glob(pattern, root_dir=root, recursive=True))
        if not matches:
            raise InvalidInput(
                f'`manifests: ["{pattern}"]` in {PROJECT_FILE} leads to nothing',
                "name folders or files that exist, relative to the project root",
            )
        for match in matches:
            start = absolute(root / match)
            _keep_inside(start, root)
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
        if path.name != PROJECT_FILE and path.suffix in SUFFIXES:
            yield path
        return
    try:
        children = sorted(path.iterdir())
    except OSError as error:
        raise InvalidInput(f"{shown(path)} cannot be read: {error.strerror}") from error
    for child in children:
        if not child.name.startswith("."):
            yield from _below(child, root, seen)


def read_text(path: Path) -> Text:
    """The text of one file in UTF-8, a byte order mark taken off; never raises for its content."""
    file = shown(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "not an ordinary file"
            return Text(file, fault=f"{file} is {kind}; name a text file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Text(file, fault=f"{file} does not exist{_near(path)}")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name cannot be used"
        return Text(file, fault=f"{file} cannot be read: {reason}")
    if len(data) > MAX_BYTES:
        return Text(file, fault=f"{file} is larger than {MAX_BYTES // 1_000_000} MB", data=data)
    return _decoded(file, data)


def _decoded(file: str, data: bytes) -> Text:
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
    return read_text(path)


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
    try:
        names = [child.name for child in path.parent.iterdir()]
    except OSError:
        return ""
    return errors.did_you_mean(path.name, names)
