"""Which commit wrote a line of the files last, and who did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bmeconf.baseline.git import Repository, top_of
from bmeconf.model import Place, Written
from bmeconf.model.errors import InvalidInput


def written_by(
    places: Iterable[Place], folder: Path, environ: Mapping[str, str]
) -> Mapping[Place, Written]:
    """Who wrote the lines of some places, whose files are named from `folder`.

    Nobody of what has changed since the last commit, of what a shallow clone does not tell, and
    where Git is of no help.
    """
    by_file: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_file[place.file].append(place)
    found: dict[Place, Written] = {}
    for file, mine in by_file.items():
        path = folder / file
        try:
            written = dict(_lines(path, sorted({place.line for place in mine}), environ))
        except (InvalidInput, OSError, ValueError):
            continue
        found |= {place: written[place.line] for place in mine if place.line in written}
    return found


def _lines(
    path: Path, lines: Iterable[int], environ: Mapping[str, str]
) -> Iterator[tuple[int, Written]]:
    """Each of the lines of a file whose commit Git knows."""
    if top_of(path.parent) is None:
        return
    repository, name = Repository(path.parent, environ), f"./{path.name}"
    done = repository.run("rev-parse", "--is-shallow-repository", f"HEAD:{name}")
    shallow, _, committed = done.stdout.partition(b"\n")
    # A commit is blamed, since Git would put a file of the folder through filters.
    if committed != repository.run("hash-object", "--no-filters", "--", name).stdout:
        return
    # The oldest commit of a shallow clone has the lines of all that it does not know.
    root = [] if shallow != b"false" else ["--root"]
    ranges = [word for line in lines for word in ("-L", f"{line},{line}")]
    options = ("--porcelain", "--no-textconv", *root, *ranges)
    done = repository.run("blame", *options, "HEAD", "--", name)
    if done.returncode == 0:
        yield from _parsed(done.stdout.decode("utf-8", "replace"))


def _parsed(text: str) -> Iterator[tuple[int, Written]]:
    """The lines of `git blame --porcelain`, which tells of a commit at its first line alone."""
    told: dict[str, dict[str, str]] = defaultdict(dict)
    heads: list[tuple[str, int]] = []
    for line in text.split("\n"):
        word, _, rest = line.partition(" ")
        numbers = rest.split()
        if line.startswith("\t"):
            continue
        if len(word) >= 40 and numbers and all(each.isdecimal() for each in numbers):
            heads.append((word, int(numbers[1])))
        elif heads:
            told[heads[-1][0]][word] = rest
    for commit, number in heads:
        about = told[commit]
        if "boundary" not in about:
            at = datetime.fromtimestamp(int(about["author-time"]), UTC)
            yield number, Written(commit, about["author"], at)
