"""Files -> documents that know file, line and column, with the texts of the files they name.

A file that cannot be read or parsed becomes a problem and never hides the next one (design 1).
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bmeconf.desired.manifest import search, yaml_tree
from bmeconf.desired.manifest.files import Files
from bmeconf.desired.manifest.nodes import Node, at
from bmeconf.desired.manifest.search import PROJECT_FILE
from bmeconf.desired.manifest.texts import Named, Text, candidates, decoded, read_named
from bmeconf.model import Place, Problem
from bmeconf.model.errors import InvalidInput


@dataclass(frozen=True)
class ProjectFile:
    """The content of bmeconf.yaml; `document` is None where there is no such file."""

    document: Node | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Sources:
    """Every manifest of a run and every file they name; `digest` covers all bytes and names.

    `texts` is keyed by the manifest that names a file, and the path as written there.
    """

    documents: tuple[Node, ...] = ()
    texts: Mapping[tuple[str, str], Text] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    digest: str = ""

    @property
    def files(self) -> frozenset[str]:
        """The manifests, as places name them, but for those that cannot be parsed."""
        return frozenset(document.place.file for document in self.documents)


def read_project(files: Files) -> ProjectFile:
    """The project file; its faults are in `problems`, for `validate.project`."""
    if not files.exists(PROJECT_FILE):
        return ProjectFile()
    documents, problems = _documents(files, PROJECT_FILE, files.read([PROJECT_FILE])[PROJECT_FILE])
    if not documents:
        problems = [
            replace(p, message=f"{p.message}; write `version: 1`", level="error")
            if p.code == "empty"
            else p
            for p in problems
        ]
    if len(documents) > 1:
        place = documents[1].place
        problems.append(Problem(place, "", "a project file is one YAML document", "documents"))
    return ProjectFile(documents[0] if documents else None, tuple(problems))


def read(files: Files, names: Sequence[str] = (), patterns: Sequence[str] = ()) -> Sources:
    """The manifests that `names` lead to, by default the root, and the files that they name.

    A folder is searched for *.yaml and *.yml, hidden folders left out; `patterns`, the project
    file's `manifests:`, stand in for a name that is the root itself (design 1).

    Raises:
        InvalidInput: a name does not exist, leaves the project or leads to no manifest.
    """
    documents: list[Node] = []
    problems: list[Problem] = []
    named: dict[tuple[str, str], Named] = {}
    contents = files.read(_manifests(files, names, patterns))
    for name, content in contents.items():
        found, wrong = _documents(files, name, content)
        documents += found
        problems += wrong
        for document in found:
            for each in candidates(files, posixpath.dirname(name), document):
                named[document.place.file, each.reference] = each
    texts, bodies = read_named(files, named.values())
    return Sources(
        tuple(documents),
        {key: texts[each] for key, each in named.items()},
        tuple(problems),
        _digest({**contents, **dict.fromkeys((each.name for each in texts), b""), **bodies}),
    )


def _manifests(files: Files, names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """As `search.manifests`; an entry of the project file that fails is named with its place."""
    try:
        return search.manifests(files, names, patterns)
    except search.LeadsNowhere as error:
        document = read_project(files).document
        place = f"{at(document, ('manifests', error.index)).place}: " if document else ""
        raise InvalidInput(f"{place}{error.message}", error.remedy) from None


def _documents(
    files: Files, name: str, content: bytes | OSError
) -> tuple[list[Node], list[Problem]]:
    text = decoded(files.shown(name), content, partial(search.near, files, name))
    place = Place(text.file, text.line, text.column)
    if text.fault:
        return [], [Problem(place, "", text.fault, "unreadable")]
    trees, problems = yaml_tree.parse(text.text, text.file)
    if not trees and not problems:
        problems.append(Problem(place, "", "this file is empty", "empty", "note"))
    return trees, problems


def _digest(contents: Mapping[str, bytes | OSError]) -> str:
    total = hashlib.sha256()
    normal = {posixpath.normpath(name): content for name, content in contents.items()}
    for name, content in sorted(normal.items()):
        data = content if isinstance(content, bytes) else b""
        total.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode("utf-8", "replace"))
    return f"sha256:{total.hexdigest()}"
