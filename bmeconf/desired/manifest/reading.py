"""Files -> documents that know file, line and column, with the texts of the files they name.

Which files are manifests: those that a project's paths and patterns lead to (design 1, 2). A file
that cannot be read or parsed becomes a problem and never hides the next one (design 1).
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from glob import has_magic
from pathlib import PurePosixPath
from typing import NamedTuple

from bmeconf.desired.manifest import includes, keys, roots, yaml_tree
from bmeconf.desired.manifest.files import Files, below, children, matching
from bmeconf.desired.manifest.nodes import Block, Node, Scalar, at
from bmeconf.desired.manifest.roots import ALMOST, PROJECT_FILE
from bmeconf.desired.manifest.texts import REFERENCES, Named, Text, candidates, decoded, read_named
from bmeconf.kinds import KINDS
from bmeconf.model import NOTHING, Place, Problem, did_you_mean
from bmeconf.model.errors import InvalidInput

SUFFIXES = (".yaml", ".yml")
LOOKS_LIKE_ONE = re.compile(rb"(?m)^version:[ \t]*1[ \t\r]*$")
FOLDERS_ABOVE = 5
"""Where there are no manifests, so many folders above are searched for some."""


class NoManifests(InvalidInput):
    """There is no manifest where one was looked for."""


class Listing(NamedTuple):
    """Which files are the manifests of a run, before any of them is read.

    Of `perhaps` only those are that turn out to be some. `inner` are the folders of the projects
    inside this one. `given` are those that the run was given, as shown; None where these are all.
    """

    names: Sequence[str]
    inner: Sequence[str]
    perhaps: Collection[str] = ()
    given: frozenset[str] | None = None


class Sources(NamedTuple):
    """Every manifest of a run and every file they name; `digest` covers all bytes and names.

    `texts` is keyed by the file that names another, and the path as written there. `given` are
    the manifests that the run was given, None where these are all. `written` has the text of each
    manifest, as places name it.
    """

    documents: tuple[Node, ...] = ()
    texts: Mapping[tuple[str, str], Text] = NOTHING
    problems: tuple[Problem, ...] = ()
    digest: str = ""
    given: frozenset[str] | None = None
    written: Mapping[str, str] = NOTHING

    @property
    def files(self) -> frozenset[str]:
        """The manifests, as places name them, but for those that cannot be parsed."""
        return frozenset(document.place.file for document in self.documents)

    @property
    def covered(self) -> frozenset[str] | None:
        """The manifests that the run was given and the files that they name; None: all."""
        if self.given is None:
            return None
        covered = {*self.given}
        for _ in self.texts:
            named = {text.file for (name, _), text in self.texts.items() if name in covered}
            if named <= covered:
                break
            covered |= named
        return frozenset(covered)

    @property
    def with_keys(self) -> frozenset[str]:
        """The files that have an API key as a problem already."""
        return frozenset(each.place.file for each in self.problems if each.code == keys.CODE)


def read_project(files: Files) -> Sources:
    """The project file, if there is one, for `validate.project`."""
    if wrong := roots.misnamed(files):
        return Sources(problems=tuple(wrong))
    if not files.exists(PROJECT_FILE):
        return Sources()
    content = files.read([PROJECT_FILE])[PROJECT_FILE]
    documents, problems, _ = _documents(files, PROJECT_FILE, content)
    if [p.code for p in problems] == ["empty"]:
        message = f"{problems[0].message}; write `version: 1`"
        problems = [problems[0]._replace(message=message, level="error")]
    if len(documents) > 1:
        place = documents[1].place
        problems.append(Problem(place, "", "a project file is one YAML document", "documents"))
    return Sources(tuple(documents[:1]), problems=tuple(problems))


def read(files: Files, names: Sequence[str] = (), patterns: Sequence[str] = ()) -> Sources:
    """The manifests that `names` lead to, by default the root, and the files that they name.

    A folder is searched for *.yaml and *.yml, hidden folders left out; `patterns`, the project
    file's `manifests:`, stand in for a name that is the root itself (design 1).

    Raises:
        InvalidInput: a name does not exist, leaves the project or leads to no manifest.
    """
    return parse(files, Listing(*manifests(files, names, patterns)))


def read_whole(files: Files, names: Sequence[str], patterns: Sequence[str]) -> Sources:
    """Every manifest of the project, found as `list_whole` says, and the files that they name."""
    return parse(files, list_whole(files, names, patterns))


def list_whole(files: Files, names: Sequence[str], patterns: Sequence[str]) -> Listing:
    """Every manifest of the project, `names` leading to those that the run was given.

    Where the project does not say which its manifests are, other files that are none are passed
    over. Where it says so, and does not name those that the run was given, they stand alone.

    Raises:
        InvalidInput: as `read`.
    """
    given, inner = manifests(files, names, patterns)
    there = [each for each in patterns if matching(files, each)]
    if "" in names or (patterns and not there):
        return Listing(given, inner)
    known = {files.resolved(name) for name in given}
    found, inner_of_all = manifests(files, ("",), there)
    if patterns and not known <= {files.resolved(name) for name in found}:
        return Listing(given, inner_of_all)
    others = [name for name in found if files.resolved(name) not in known]
    shown = frozenset(map(files.shown, given))
    return Listing(sorted([*given, *others]), inner_of_all, () if patterns else others, shown)


def parse(files: Files, listing: Listing) -> Sources:
    """The documents of the manifests of a listing, and the texts of the files that they name."""
    documents: list[Node] = []
    problems = [roots.left_out(files, folder) for folder in listing.inner]
    named: dict[tuple[str, str], Named] = {}
    contents, written = {**files.read(listing.names)}, {}
    for name, content in [*contents.items()]:
        found, wrong, text = _documents(files, name, content)
        ours = any(map(_is_ours, found)) or _looks_broken(content, wrong)
        if name in listing.perhaps and not ours:
            del contents[name]
            continue
        written[text.file] = text.text
        documents += found
        problems += wrong
        for document in found:
            for each in candidates(files, posixpath.dirname(name), document):
                if isinstance(each, Problem):
                    problems.append(each)
                else:
                    named[document.place.file, each.reference] = each
    texts, bodies = read_named(files, named.values())
    included, more = includes.read_included(files, texts)
    every = {**{key: texts[each] for key, each in named.items()}, **included}
    for named_text in {each.file: each for each in every.values()}.values():
        problems += keys.in_text(named_text.text, named_text.file)
    return Sources(
        tuple(documents),
        every,
        tuple(problems),
        _digest(contents | dict.fromkeys((each.name for each in texts), b"") | {**bodies, **more}),
        listing.given,
        written,
    )


def _is_ours(document: Node) -> bool:
    """Whether a document has the version and a section of a manifest."""
    version = document.get("version") if isinstance(document, Block) else None
    keys = {key.text for key, _ in document.entries} if isinstance(document, Block) else set()
    sections = keys.intersection((*KINDS, *REFERENCES))
    return isinstance(version, Scalar) and version.text == "1" and bool(sections)


def _looks_broken(content: bytes | OSError, problems: Sequence[Problem]) -> bool:
    """Whether a file seems to be a manifest that cannot be parsed."""
    return bool(problems) and isinstance(content, bytes) and bool(LOOKS_LIKE_ONE.search(content))


def _documents(
    files: Files, name: str, content: bytes | OSError
) -> tuple[list[Node], list[Problem], Text]:
    text = decoded(files.shown(name), content, partial(near, files, name))
    place = Place(text.file, text.line, text.column)
    if text.fault:
        return [], [Problem(place, "", text.fault, "unreadable")], text
    trees, problems = yaml_tree.parse(text.text, text.file)
    problems += keys.in_text(text.text, text.file)
    if not trees and not problems:
        problems.append(Problem(place, "", "this file is empty", "empty", "note"))
    return trees, problems, text


def _digest(contents: Mapping[str, bytes | OSError]) -> str:
    total = hashlib.sha256()
    normal = {posixpath.normpath(name): content for name, content in contents.items()}
    for name, content in sorted(normal.items()):
        data = content if isinstance(content, bytes) else b""
        total.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode("utf-8", "replace"))
    return f"sha256:{total.hexdigest()}"


def is_manifest(name: str) -> bool:
    """Whether a file of this name, or path, is read as a manifest."""
    path = PurePosixPath(name)
    return path.suffix in SUFFIXES and not ALMOST.fullmatch(path.name)


def manifests(
    files: Files, names: Sequence[str], patterns: Sequence[str]
) -> tuple[list[str], list[str]]:
    """The names of all manifests as `read` finds them, sorted, each once.

    Also the folders of projects inside this one, whose manifests are not among them.
    """
    found: dict[str, str] = {}
    inner: dict[str, None] = {}
    for start in _starts(files, names or [""], patterns):
        for name in below(files, start):
            real = files.resolved(name)
            if real is None or not is_manifest(name) or files.is_folder(name):
                continue
            if folder := roots.inner_project(files, real):
                inner.setdefault(folder)
            else:
                found.setdefault(real, name)
    if not found:
        where = ", ".join(files.shown(name) for name in names or [""])
        if inner:
            own = ", ".join(map(files.shown, inner))
            raise NoManifests(
                f"no manifests found under {where}, but for other projects",
                f"run bmeconf in: {own}",
            )
        above = _above(files, (*names, "")[0])
        begin = (
            ""
            if above
            else "begin with `bmeconf init`, or with `bmeconf pull` from an account; or "
        )
        raise NoManifests(
            f"no manifests found under {where}{above}", f"{begin}name the path that has them"
        )
    return sorted(found.values(), key=PurePosixPath), sorted(inner)


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
            found = matching(files, pattern)
            if not found or any(files.resolved(each) is None for each in found):
                raise _leads_nowhere(files, pattern, index, found)
            yield from found


def _leads_nowhere(files: Files, pattern: str, index: int, found: Sequence[str]) -> InvalidInput:
    """The error of an entry under `manifests:`, with its place in the project file."""
    documents = read_project(files).documents
    place = "".join(f"{at(each, ('manifests', index)).place}: " for each in documents)
    fault, remedy = "out of the project", f"folders or files below {files.shown('')}"
    if not found:
        hint = "" if has_magic(pattern) else near(files, pattern.rstrip("/"))
        fault, remedy = f"to nothing{hint}", "folders or files that exist, relative to bmeconf.yaml"
    return InvalidInput(f'{place}manifests: "{pattern}" leads {fault}', f"name {remedy}")


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
