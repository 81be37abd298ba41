"""Files -> documents that know file, line and column, with the texts of the files they name.

All reading of project files happens here, all meaning is given in `validate`. A file that
cannot be read or parsed becomes a problem and never hides the next one (design 1).
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bmeconf.desired.manifest import files, yaml_tree
from bmeconf.desired.manifest.files import (
    PROJECT_FILE,
    RELATIVE,
    SUFFIXES,
    Text,
    absolute,
    find_root,
)
from bmeconf.desired.manifest.tree import Block, Document, Items, Node, Scalar, at, scalars
from bmeconf.model import Place, Problem
from bmeconf.model.errors import InvalidInput

__all__ = [
    "PROJECT_FILE",
    "RELATIVE",
    "SUFFIXES",
    "Block",
    "Document",
    "Items",
    "Node",
    "ProjectFile",
    "Scalar",
    "Sources",
    "Text",
    "absolute",
    "at",
    "find_root",
    "foreseen",
    "named",
    "read",
    "read_project",
    "scalars",
]

VARIABLE = re.compile(r"\$\{[^}]*\}")
MAX_CANDIDATES = 1000
STAND_IN = "\ufffc"
"""Stands for a variable in a path; no path has it."""


@dataclass(frozen=True)
class ProjectFile:
    """What stands in bmeconf.yaml under `root`; `document` is None where there is no such file."""

    root: Path
    document: Document | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Sources:
    """Every manifest of a run and every file they name; `digest` covers all bytes and names.

    `texts` is keyed by the naming manifest's folder and the path as written there.
    """

    root: Path
    documents: tuple[Document, ...]
    texts: Mapping[tuple[str, str], Text]
    problems: tuple[Problem, ...]
    digest: str


def read_project(root: Path) -> ProjectFile:
    """The project file under `root`; its faults are in `problems`, for `validate.project`."""
    path = root / PROJECT_FILE
    # Not Path.exists(), which raises where a folder above may not be entered.
    if not os.path.exists(path):
        return ProjectFile(root)
    documents, problems = _documents(path, files.read_text(path))
    if not documents:
        problems = [
            replace(p, message=f"{p.message}; write `version: 1`", level="error")
            if p.code == "empty"
            else p
            for p in problems
        ]
    if len(documents) > 1:
        place = documents[1].tree.place
        problems.append(Problem(place, "", "a project file is one YAML document", "documents"))
    return ProjectFile(root, documents[0] if documents else None, tuple(problems))


def read(root: Path, paths: Sequence[Path], patterns: Sequence[str] = ()) -> Sources:
    """The manifests under `paths` (design 1), with the files that they name.

    A folder is searched for *.yaml and *.yml, hidden folders left out; `patterns`, the project
    file's `manifests:`, stand in for a path that is `root` itself. Raises InvalidInput where a
    path does not exist, leaves the project or holds no manifest.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    texts: dict[tuple[str, str], Text] = {}
    contents: dict[str, bytes] = {}
    for path in _manifests(root, paths, patterns):
        text = files.read_text(path)
        contents[_name(root, path)] = text.data
        found, wrong = _documents(path, text)
        documents += found
        problems += wrong
    for document in documents:
        for reference in _candidates(document):
            named = files.read_named(root, Path(document.folder), reference)
            texts[document.folder, reference] = named
            contents[_name(root, Path(document.folder, reference))] = named.data
    return Sources(root, tuple(documents), texts, tuple(problems), _digest(contents))


def foreseen(root: Path, contents: Mapping[str, str]) -> Sources:
    """The sources that these files will be once they are written: texts by path under `root`.

    Their places name the paths as they are given here.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    texts: dict[tuple[str, str], Text] = {}
    for name in sorted(contents):
        if not files.is_manifest(name):
            continue
        found, wrong = _documents(Path(name), files.decoded(name, contents[name].encode()))
        documents += found
        problems += wrong
    for document in documents:
        for reference in files.references(document.tree):
            path = os.path.normpath(os.path.join(document.folder, reference.text))
            if path in contents:
                data = contents[path].encode()
                texts[document.folder, reference.text] = files.decoded(path, data)
    return Sources(root, tuple(documents), texts, tuple(problems), _digest({}))


def _manifests(root: Path, paths: Sequence[Path], patterns: Sequence[str]) -> list[Path]:
    """As `files.manifests`; an entry of the project file that fails is named with its place."""
    try:
        return files.manifests(root, paths, patterns)
    except files.LeadsNowhere as error:
        document = read_project(root).document
        place = f"{at(document.tree, ('manifests', error.index)).place}: " if document else ""
        raise InvalidInput(f"{place}{error.message}", error.remedy) from None


def _documents(path: Path, text: Text) -> tuple[list[Document], list[Problem]]:
    place = Place(text.file, text.line, text.column)
    if text.fault:
        return [], [Problem(place, "", text.fault, "unreadable")]
    trees, problems = yaml_tree.parse(text.text, text.file)
    if not trees and not problems:
        problems.append(Problem(place, "", "this file is empty", "empty", "note"))
    return [Document(text.file, str(path.parent), tree) for tree in trees], problems


def _candidates(document: Document) -> Iterable[str]:
    """The paths that a document may mean: those written, and for `${NAME}` whatever exists.

    Variables have their values only in `validate`, which must not read files: so every file is
    read that the path could come to, a variable standing for any text without a slash.
    """
    for reference in files.references(document.tree):
        if "\0" in reference.text or not VARIABLE.search(reference.text):
            yield reference.text
            continue
        fixed = VARIABLE.split(reference.text)
        pattern = "*".join(glob.escape(part) for part in fixed)
        yield from sorted(glob.glob(pattern, root_dir=document.folder))[:MAX_CANDIDATES]


def named(sources: Sources) -> Callable[[str], bool]:
    """Whether a path, from the project's root, may be that of a file which a manifest names.

    A variable stands for any text without a slash.
    """
    plain, patterns = set(), []
    for document in sources.documents:
        for reference in files.references(document.tree):
            if "\0" in reference.text:
                continue
            text = STAND_IN.join(VARIABLE.split(reference.text))
            whole = _name(sources.root, Path(document.folder, text))
            if STAND_IN in whole:
                parts = map(re.escape, whole.split(STAND_IN))
                patterns.append(re.compile("[^/]*".join(parts), re.DOTALL))
            else:
                plain.add(whole)
    return lambda name: name in plain or any(p.fullmatch(name) for p in patterns)


def _name(root: Path, path: Path) -> str:
    return Path(os.path.relpath(files.absolute(path), files.absolute(root))).as_posix()


def _digest(contents: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name, data in sorted(contents.items()):
        total.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode("utf-8", "replace"))
    return f"sha256:{total.hexdigest()}"
