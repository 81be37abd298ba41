"""Which files a preview may depend on, and whether they have changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = (
    *(".yaml", ".yml", ".csv", ".html", ".htm", ".mjml", ".css", ".txt"),
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"),
)
SKIPPED = ("node_modules", "__pycache__")
MOST_FILES = 20_000
Stamp = tuple[int, ...]
"""Time and size of a file, nothing where there is none."""
State = frozenset[tuple[str, Stamp]]


def state_of(root: Path, out: Path | None) -> State:
    """The stamp of each file below `root` that a preview may depend on, by its path.

    Not those in `out`, where the pages themselves are.
    """
    found = []
    for entry in _files(root, os.path.realpath(out) if out else ""):
        found.append((entry.path, stamp_of(entry)))
        if len(found) == MOST_FILES:
            break
    return frozenset(found)


def stamp_of(file: Path | os.DirEntry[str]) -> Stamp:
    """The stamp of a file as it is now."""
    try:
        stat = file.stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_size


def _files(root: Path, out: str) -> Iterator[os.DirEntry[str]]:
    ahead = [str(root)]
    while ahead:
        try:
            entries = [*os.scandir(ahead.pop())]
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                hidden = entry.name.startswith(".") or entry.name in SKIPPED
                if not hidden and os.path.realpath(entry.path) != out:
                    ahead.append(entry.path)
            elif entry.name.endswith(SUFFIXES):
                yield entry
