"""The project as it was at a commit, laid out in a folder as far as it is wanted.

Nothing of it can lead out of that folder: what a commit holds may be as hostile as anything under
review.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bmeconf.baseline.git import command as git
from bmeconf.baseline.git.command import Repository
from bmeconf.model.errors import InvalidInput

LARGEST = 6_000_000
"""Bytes; larger files stay as long and are empty: they are too large for a manifest's reader."""
MOST_LINKS = 40
"""Links to follow one after the other, as file systems do."""
FILE, LINK = ("100644", "100755", "100664"), "120000"


@dataclass(frozen=True)
class Blob:
    """A file's content: its id, and its size in bytes."""

    id: str
    size: int


@dataclass(frozen=True)
class GitTree:
    """The project at a commit: `root` is a folder that holds what was taken out of it so far.

    `prefix` is where the project is in its repository, empty or with a slash at its end.
    """

    commit: str
    prefix: str
    root: Path
    repository: Repository
    files: Mapping[str, Blob]
    links: Mapping[str, str]

    @property
    def empty(self) -> bool:
        """Whether the commit has no folder of this name, or nothing in it."""
        return not (self.files or self.links)

    def place(self, text: str) -> str:
        """`text` with paths below `root` as `git show` takes them."""
        shown = {f"{self.root}/", f"{os.path.relpath(self.root)}/"}
        for start in sorted(shown, key=len, reverse=True):
            text = text.replace(start, f"{self.commit[:12]}:{self.prefix}")
        return text.replace(str(self.root), f"{self.commit[:12]}:{self.prefix or './'}")

    def take(self, wanted: Callable[[str], bool]) -> None:
        """Lay out the files whose path, from the project's root, is `wanted`; links lead on.

        Raises:
            InvalidInput: where an object is not in this clone.
        """
        names = {name for name in self.files if wanted(name)}
        for link in self.links:
            end = self._end(link)
            names |= {name for name in self.files if wanted(_by_way_of(link, end, name))}
        missing = [name for name in sorted(names) if not (self.root / name).exists()]
        small = {self.files[name].id for name in missing if self.files[name].size <= LARGEST}
        contents = self.repository.blobs(sorted(small))
        for name in missing:
            self._lay_out(name, contents.get(self.files[name].id))

    def _end(self, name: str) -> str:
        for _ in range(MOST_LINKS):
            parts = PurePosixPath(name).parts
            starts = ("/".join(parts[: n + 1]) for n in range(len(parts)))
            link = next((start for start in starts if start in self.links), None)
            if link is None:
                return name
            folder = str(PurePosixPath(link).parent)
            name = _normal(f"{folder}/{self.links[link]}/{name[len(link) + 1 :]}")
        return name

    def _lay_out(self, name: str, content: bytes | None) -> None:
        path = self.root / name
        # On a file system that takes two names for one, a link may stand in the way.
        if not _is_below(path.parent, self.root):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            if content is None:
                file.truncate(self.files[name].size)
            else:
                file.write(content)


def listed(
    repository: Repository, commit: str, prefix: str
) -> tuple[dict[str, Blob], dict[str, str]]:
    """Files and links below the project's root; submodules are other repositories."""
    whole = f"{commit}:{prefix.removesuffix('/')}"
    done = repository.ask("ls-tree", "--full-tree", "-r", "-z", "-l", whole)
    if done.returncode != 0 and b"valid object name" in done.stderr:
        return {}, {}
    if done.returncode != 0:
        raise InvalidInput(
            f"--since: git cannot list the files of {commit[:12]}{git.told(done)}",
            f"fetch the whole history; {git.FULL_DEPTH}",
        )
    files: dict[str, Blob] = {}
    links: dict[str, str] = {}
    for line in os.fsdecode(done.stdout).split("\0"):
        head, _, name = line.partition("\t")
        words = head.split()
        if len(words) != 4 or not _plain(name):
            continue
        if words[0] in FILE:
            files[name] = Blob(words[2], int(words[3]))
        elif words[0] == LINK:
            links[name] = words[2]
    targets = repository.blobs(sorted(set(links.values())))
    return files, {name: os.fsdecode(targets[id]) for name, id in links.items()}


def inside(links: Mapping[str, str], files: Iterable[str]) -> Mapping[str, str]:
    """The links that lead to somewhere in the project; one that is a folder too is a trap."""
    folders = {str(parent) for name in (*files, *links) for parent in PurePosixPath(name).parents}
    kept = {}
    for name, target in links.items():
        end = _normal(f"{PurePosixPath(name).parent}/{target}")
        leaves = target.startswith("/") or "\0" in target or (end + "/").startswith("../")
        if not leaves and name not in folders:
            kept[name] = target
    return kept


def link(root: Path, links: Mapping[str, str]) -> None:
    """Make the links below `root`."""
    made = []
    for name, target in links.items():
        path = root / name
        if _is_below(path.parent, root) and not os.path.lexists(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
            made.append(path)
    for path in made:
        # One that stays inside by its text may still leave by way of another one.
        if not _is_below(path, root):
            path.unlink()


def _is_below(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


def _plain(name: str) -> bool:
    """Whether a path of a tree is one that a checkout would make."""
    parts = name.split("/")
    odd = any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
    return not odd and not (os.sep != "/" and os.sep in name)


def _by_way_of(link: str, end: str, name: str) -> str:
    """What the file `name` is called through a link to `end`; itself where it is not below."""
    below = name.removeprefix(f"{end}/") if end != "." else name
    if name == end:
        return link
    return f"{link}/{below}" if end == "." or below != name else name


def _normal(name: str) -> str:
    return os.path.normpath(name).replace(os.sep, "/")
