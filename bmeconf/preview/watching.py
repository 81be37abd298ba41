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
State = frozenset[tuple[str, int, int]]


def state_of(root: Path, out: Path | None) -> State:
    """Path, time and size of each file below `root` that a preview may depend on.

    Not those in `out`, where the pages themselves are.
    """
    found = []
    for entry in _files(root, os.path.realpath(out) if out else ""):
        try:
            stat = entry.stat()
        except OSError:
            continue
        found.append((entry.path, stat.st_mtime_ns, stat.st_size))
        if len(found) == MOST_FILES:
            break
    return frozenset(found)


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
