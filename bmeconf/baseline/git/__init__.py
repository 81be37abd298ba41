"""The door to Git: which commit the files are at, and what they were at another one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bmeconf.baseline.git import command as git
from bmeconf.baseline.git import tree
from bmeconf.baseline.git.command import Repository, commit
from bmeconf.baseline.git.tree import GitTree

__all__ = ["Past", "commit", "opened"]


@contextmanager
def opened(root: Path, revision: str, environ: Mapping[str, str]) -> Iterator[GitTree]:
    """The project at `root` as it was at `revision`, as long as the block runs.

    Raises:
        InvalidInput: where there is no such commit, no repository, or no Git.
    """
    repository = Repository(root, environ)
    around = repository.ask("rev-parse", "--is-shallow-repository", "--show-prefix")
    if around.returncode != 0:
        raise git.no_repository(root, around)
    shallow, _, prefix = os.fsdecode(around.stdout).partition("\n")
    prefix = prefix.removesuffix("\n")
    commit = git.commit_of(repository, revision, shallow == "true")
    files, links = tree.listed(repository, commit, prefix)
    with tempfile.TemporaryDirectory(prefix="bmeconf-") as folder:
        base = Path(os.path.realpath(folder), "then")
        base.mkdir()
        past = GitTree(commit, prefix, base, repository, files, tree.inside(links, files))
        tree.link(past.root, past.links)
        yield past
