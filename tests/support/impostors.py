"""What can stand in the place of a file or folder: each is made at a path, some lead outside."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

Impostor = Callable[[Path, Path], None]

LINKS: dict[str, Impostor] = {
    "a link out of the project": lambda path, outside: path.symlink_to(outside),
    "a link to a device": lambda path, outside: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path, outside: path.symlink_to(outside / "new"),
    "a link to itself": lambda path, outside: path.symlink_to(path.name),
}
OTHERS: dict[str, Impostor] = {
    "a pipe": lambda path, outside: os.mkfifo(path),
    "a folder": lambda path, outside: path.mkdir(),
}
EVERY = {**LINKS, **OTHERS}
