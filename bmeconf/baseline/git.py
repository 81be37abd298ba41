"""The door to Git: which commit the files are at, and what they were at another one.

No command of Git runs hooks, filters, pagers or diff drivers, and nothing is checked out. What a
commit holds may be as hostile as anything under review: nothing of it leads out of the project
(`manifest.ListedFiles`).
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bmeconf.desired.manifest import MAX_BYTES, ListedFiles, TooLarge
from bmeconf.model.errors import InvalidInput

if TYPE_CHECKING:
    import subprocess

HARDENED = (
    *("--no-replace-objects", "--no-optional-locks", "--no-pager"),
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    # A folder under review that looks like a repository brings no configuration of its own.
    *("-c", "safe.bareRepository=explicit", "-c", "protocol.ext.allow=never"),
)
ELSEWHERE = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"),
    *("GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
    *("GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE"),
    *("GIT_CONFIG", "GIT_CONFIG_PARAMETERS"),
)
"""Variables that a hook sets for its own repository: a run reads the one around the project."""
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_ASKPASS": "", "LC_ALL": "C"}
PATIENCE = 60.0
"""Seconds for one call of Git, which may have to fetch what a partial clone lacks."""
FULL_DEPTH = "in CI fetch the whole history: `fetch-depth: 0` with actions/checkout"
FILE, LINK = ("100644", "100755", "100664"), "120000"
"""Modes in a tree. Submodules have another one: they are other repositories."""


class Repository(NamedTuple):
    """The repository around `folder`, read in the operator's environment."""

    folder: Path
    environ: Mapping[str, str]

    def run(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run one command of Git to its end.

        Raises:
            InvalidInput: Git is not installed, cannot be run, or takes too long.
        """
        # Few runs ask Git for anything.
        import subprocess

        environ = {
            name: value
            for name, value in self.environ.items()
            if name not in ELSEWHERE and not name.startswith("BMECONF_")
        }
        try:
            return subprocess.run(
                ["git", *HARDENED, *words],
                cwd=self.folder,
                env={**environ, **QUIET},
                input=stdin,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except FileNotFoundError as error:
            raise InvalidInput(
                "--since needs git, which is not installed here",
                "install git, or leave --since out",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise InvalidInput(
                f"--since: git {words[0]} did not end within {PATIENCE:.0f} seconds",
                f"make the history available on this machine; {FULL_DEPTH}",
            ) from error
        except OSError as error:
            raise InvalidInput(f"--since: git cannot be run: {error.strerror}") from error

    def blobs(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The contents of objects by id, in one call.

        Raises:
            InvalidInput: this clone lacks one.
        """
        if not ids:
            return {}
        done = self.run("cat-file", "--batch", stdin="".join(f"{id}\n" for id in ids).encode())
        contents: dict[str, bytes] = {}
        output, start = done.stdout, 0
        for id in ids:
            end = output.find(b"\n", start)
            head = output[start:end].split()
            if end < 0 or len(head) != 3 or head[1] != b"blob":
                raise InvalidInput(
                    f"--since: the object {id[:12]} is not in this clone{_git_error(done)}",
                    f"fetch the whole history; {FULL_DEPTH}",
                )
            size = int(head[2])
            contents[id] = output[end + 1 : end + 1 + size]
            start = end + size + 2
        return contents


class Blob(NamedTuple):
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


def current_commit(root: Path, environ: Mapping[str, str]) -> str | None:
    """The commit that the files are at, None outside a repository."""
    if _is_outside(root):
        return None
    with contextlib.suppress(InvalidInput):
        done = Repository(root, environ).run("rev-parse", "HEAD")
        return done.stdout.decode("ascii").strip() or None if done.returncode == 0 else None
    return None


def top_of(folder: Path) -> Path | None:
    """The top of the repository around `folder`, None where there is none, without asking Git."""
    whole = folder.resolve()
    return next((each for each in (whole, *whole.parents) if (each / ".git").exists()), None)


def _is_outside(folder: Path) -> bool:
    """True if no repository is around `folder`: most of what Git would say is its own start."""
    return top_of(folder) is None


def is_tracked(path: Path, environ: Mapping[str, str]) -> bool:
    """True if Git tracks the file at `path`: then it came with the checkout, or may have."""
    if _is_outside(path.parent):
        return False
    with contextlib.suppress(InvalidInput):
        repository = Repository(path.parent, environ)
        return not repository.run("ls-files", "--error-unmatch", "--", path.name).returncode
    return False


def read_tree(root: Path, revision: str, environ: Mapping[str, str]) -> GitTree:
    """The project at `root` as it was at `revision`.

    Raises:
        InvalidInput: there is no such commit, no repository, or no Git.
    """
    repository = Repository(root, environ)
    done = repository.run("rev-parse", "--is-shallow-repository", "--show-prefix")
    if done.returncode != 0:
        raise _no_repository(root, done)
    shallow, _, prefix = os.fsdecode(done.stdout).partition("\n")
    prefix = prefix.removesuffix("\n")
    commit = _commit_of(repository, revision, shallow == "true")
    folder = f"{commit}:{prefix.removesuffix('/')}"
    done = repository.run("ls-tree", "--full-tree", "-r", "-z", "-l", folder)
    # Without such a folder the commit has no files of the project.
    if done.returncode != 0 and b"valid object name" not in done.stderr:
        raise InvalidInput(
            f"--since: git cannot list the files of {commit[:12]}{_git_error(done)}",
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
    followed = {name: os.fsdecode(targets[id]) for name, id in links.items()}
    return GitTree(commit, prefix, repository, files, followed)


def _commit_of(repository: Repository, revision: str, shallow: bool) -> str:
    """The id of the commit that the user calls `revision`.

    Raises:
        InvalidInput: there is none of this name.
    """
    if not revision.strip() or revision.startswith("-") or re.search(r"[\0\r\n]", revision):
        raise InvalidInput(
            f"--since {revision}: is not the name of a commit",
            "name one as in --since origin/main or --since HEAD~1",
        )
    options = ("--verify", "--quiet", "--end-of-options")
    done = repository.run("rev-parse", *options, f"{revision}^{{commit}}")
    id = done.stdout.decode("ascii", "replace").strip()
    if done.returncode == 0 and re.fullmatch(r"[0-9a-f]{40,64}", id):
        return id
    if ".." in revision:
        remedy = "a range is not one commit; try --since $(git merge-base A B)"
    elif shallow:
        remedy = f"this is a shallow clone, which lacks most commits; {FULL_DEPTH}"
    else:
        remedy = "see `git log --oneline --all`; `git fetch` brings what others have"
    raise InvalidInput(f"--since {revision}: this repository knows no such commit", remedy)


def _no_repository(root: Path, done: subprocess.CompletedProcess[bytes]) -> InvalidInput:
    """Why Git does not take `root` for a part of a repository."""
    if b"safe.directory" in done.stderr or b"dubious ownership" in done.stderr:
        return InvalidInput(
            f"--since: git does not trust {root}, which belongs to another user",
            f"if you do: git config --global --add safe.directory {root}",
        )
    if b"not a git repository" in done.stderr:
        return InvalidInput(
            f"--since needs a Git repository, and {root} is in none",
            "leave --since out, or run in a clone of the project",
        )
    return InvalidInput(f"--since: git cannot read the repository of {root}{_git_error(done)}")


def _git_error(done: subprocess.CompletedProcess[bytes]) -> str:
    """Git's own words for what went wrong, to come after others; empty where it has none."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return f": {lines[0].removeprefix('fatal: ')}" if lines else ""
