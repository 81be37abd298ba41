"""The project as it was at a commit, read from Git's own objects; nothing is checked out.

What a commit holds may be as hostile as anything under review: nothing of it leads out of the
project (`manifest.ListedFiles`).
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmeconf.baseline.git.command import FULL_DEPTH, Repository, commit_of, git_error, no_repository
from bmeconf.desired.manifest import MAX_BYTES, ListedFiles, TooLarge
from bmeconf.model.errors import InvalidInput

FILE, LINK = ("100644", "100755", "100664"), "120000"
"""Modes in a tree. Submodules have another one: they are other repositories."""


@dataclass(frozen=True)
class Blob:
    """A file's content: its id, and its size in bytes."""

    id: str
    size: int


@dataclass(frozen=True)
class GitTree(ListedFiles):
    """The project's files at a commit.

    `prefix` is where the project is in its repository, empty or with a slash at its end.
    """

    commit: str
    prefix: str
    repository: Repository
    files: Mapping[str, Blob]
    links: Mapping[str, str]

    def shown(self, name: str) -> str:
        """`name` as `git show` takes it."""
        path = self.prefix + posixpath.normpath(name) if name else self.prefix or "./"
        return f"{self.commit[:12]}:{path}"

    def contents(self, names: Sequence[str]) -> Mapping[str, bytes | OSError]:
        """The bytes of each file, in one call of Git.

        Raises:
            InvalidInput: an object is not in this clone.
        """
        blobs = {name: self.files[name] for name in names}
        small = {blob.id for blob in blobs.values() if blob.size <= MAX_BYTES}
        contents = self.repository.blobs(sorted(small))
        return {name: contents.get(blob.id, TooLarge()) for name, blob in blobs.items()}


def read_tree(root: Path, revision: str, environ: Mapping[str, str]) -> GitTree:
    """The project at `root` as it was at `revision`.

    Raises:
        InvalidInput: there is no such commit, no repository, or no Git.
    """
    repository = Repository(root, environ)
    done = repository.run("rev-parse", "--is-shallow-repository", "--show-prefix")
    if done.returncode != 0:
        raise no_repository(root, done)
    shallow, _, prefix = os.fsdecode(done.stdout).partition("\n")
    prefix = prefix.removesuffix("\n")
    commit = commit_of(repository, revision, shallow == "true")
    files, links = _listed(repository, commit, prefix)
    return GitTree(commit, prefix, repository, files, links)


def _listed(
    repository: Repository, commit: str, prefix: str
) -> tuple[Mapping[str, Blob], Mapping[str, str]]:
    """Files and links below the project's root, none where the commit has no such folder."""
    folder = f"{commit}:{prefix.removesuffix('/')}"
    done = repository.run("ls-tree", "--full-tree", "-r", "-z", "-l", folder)
    if done.returncode != 0 and b"valid object name" in done.stderr:
        return {}, {}
    if done.returncode != 0:
        raise InvalidInput(
            f"--since: git cannot list the files of {commit[:12]}{git_error(done)}",
            f"fetch the whole history; {FULL_DEPTH}",
        )
    files: dict[str, Blob] = {}
    links: dict[str, str] = {}
    for line in os.fsdecode(done.stdout).split("\0"):
        head, _, name = line.partition("\t")
        words = head.split()
        # Names that a checkout would not make.
        if len(words) != 4 or {"", ".", "..", ".git"} & {*name.lower().split("/")}:
            continue
        if words[0] in FILE:
            files[name] = Blob(words[2], int(words[3]))
        elif words[0] == LINK:
            links[name] = words[2]
    targets = repository.blobs(sorted(set(links.values())))
    return files, {name: os.fsdecode(targets[id]) for name, id in links.items()}
