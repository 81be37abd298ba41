"""Bytes -> the text of a manifest and of the files that it names, or why there is none."""

from __future__ import annotations

import glob
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import PurePath, PurePosixPath
from typing import NamedTuple

from bmeconf.desired.manifest.files import MAX_BYTES, Files, TooLarge, children, matching
from bmeconf.desired.manifest.nodes import Block, Items, Node, Scalar, at
from bmeconf.model import Problem, guess

REFERENCES = {
    "campaigns": (("body", "file"), ("body", "mjml"), ("plain_text", "file")),
    "contact_files": (("csv",),),
}
RELATIVE = "paths are relative to the manifest"
POINTER = b"version https://git-lfs.github.com/spec/"
"""The beginning of the file that Git LFS leaves in place of one that it has not fetched."""
VARIABLE = re.compile(r"\$\{[^}]*\}")
MAX_CANDIDATES = 1000


class Text(NamedTuple):
    """The text of `file`, a path as typed, or the `fault` at `line` and `column` of it."""

    file: str
    text: str = ""
    fault: str = ""
    line: int = 1
    column: int = 1


def decoded(file: str, content: bytes | OSError, hint: Callable[[], str]) -> Text:
    """The text of a file in UTF-8, or why there is none; `hint` has words for a missing one."""
    if isinstance(content, OSError):
        return Text(file, fault=f"{file} {_unreadable(content, hint)}")
    if content.startswith(POINTER):
        fault = f"{file} is a pointer of Git LFS, not the file; bring it with: git lfs pull"
        return Text(file, fault=fault)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:2]:
        return Text(file, fault=f"{file} looks like UTF-16; save it as UTF-8")
    try:
        return Text(file, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        fault = (
            f"{file} is not UTF-8: byte {error.start} (line {line}) is "
            f"0x{content[error.start]:02x}; save it as UTF-8"
        )
        return Text(file, fault=fault, line=line, column=column)


def _unreadable(error: OSError, hint: Callable[[], str]) -> str:
    if isinstance(error, FileNotFoundError):
        return f"does not exist{hint()}"
    if isinstance(error, IsADirectoryError):
        return "is a folder; name a text file"
    if isinstance(error, TooLarge):
        return f"is larger than {MAX_BYTES // 1_000_000} MB"
    return f"cannot be read: {error.strerror}"


class Named(NamedTuple):
    """A file that a manifest in `folder` names, or another file, with the path as it is there.

    `by` says which.
    """

    folder: str
    reference: str
    by: str = "the manifest"

    @property
    def name(self) -> str:
        return posixpath.join(self.folder, self.reference)

    def forbidden(self, files: Files) -> str:
        """Why the file is not read, whatever is in it; empty where it may be read."""
        if PurePath(self.reference).is_absolute() or "\0" in self.reference:
            return f"the path must be relative to {self.by}'s folder"
        if files.resolved(self.name) is None:
            return f"{self.reference} leaves the project root; move it inside"
        return ""

    def elsewhere(self, files: Files) -> str:
        """A did-you-mean: a name like it, its path from a folder above, its name in one near."""
        import difflib

        folder, name = posixpath.split(posixpath.normpath(self.name))
        alike = difflib.get_close_matches(name, children(files, folder), n=3, cutoff=0.7)
        above = [
            str(path) for path in (PurePosixPath(self.folder), *PurePosixPath(self.folder).parents)
        ]
        paths = [posixpath.join(folder, each) for each in alike]
        paths += [posixpath.join(each, self.reference) for each in above]
        for each in above:
            beside = [child for child in children(files, each) if not child.startswith(".")]
            paths += [posixpath.join(each, child, name) for child in (".", *beside)]
        for path in paths:
            if files.exists(path) and not files.is_folder(path) and files.resolved(path):
                near = posixpath.relpath(path, self.folder or ".")
                return f"; paths are relative to {self.by}{guess(self.reference, near)}"
        return f"; paths are relative to {self.by}"


def read_named(
    files: Files, named: Iterable[Named]
) -> tuple[Mapping[Named, Text], Mapping[str, bytes | OSError]]:
    """The text of each named file, and the content of each file that was read, by its name."""
    forbidden = {each: each.forbidden(files) for each in named}
    contents = files.read({each.name for each, reason in forbidden.items() if not reason})
    texts = {
        each: Text(each.reference, fault=reason)
        if reason
        else decoded(files.shown(each.name), contents[each.name], partial(each.elsewhere, files))
        for each, reason in forbidden.items()
    }
    return texts, contents


def candidates(files: Files, folder: str, tree: Node) -> Iterator[Named | Problem]:
    """The files that a manifest in `folder` may name: those written, and all that `${NAME}` fits.

    Variables have their values only in `validate`, which must not read files: so every file is
    read that the path could come to, a variable standing for any text without a slash. More than
    MAX_CANDIDATES for one path are a problem.
    """
    for node in _references(tree):
        reference = node.text
        if "\0" in reference or reference.startswith("/") or not VARIABLE.search(reference):
            yield Named(folder, reference)
            continue
        parts = [glob.escape(part) for part in VARIABLE.split(reference)]
        # Variables side by side are one text without a slash as well, and not any folders.
        pattern = re.sub(r"\*+", "*", "*".join(parts))
        names = matching(files, pattern, folder)
        if (more := len(names) - MAX_CANDIDATES) > 0:
            message = (
                f"{reference} fits {MAX_CANDIDATES} files and {more} more, which are not read;"
                " put them into several folders"
            )
            yield Problem(node.place, "", message, "too_many_files", "warning")
        for name in names[:MAX_CANDIDATES]:
            yield Named(folder, name.removeprefix(f"{folder}/") if folder else name)


def _references(tree: Node) -> Iterator[Scalar]:
    """The paths that a manifest names as written: of bodies, plain texts and tables."""
    for section, paths in REFERENCES.items():
        listed = at(tree, (section,))
        for item in listed.items if isinstance(listed, Items) else ():
            nodes = [at(item, path) for path in paths if isinstance(item, Block)]
            yield from (node for node in nodes if isinstance(node, Scalar))
