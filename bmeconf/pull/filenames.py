"""Names of live objects -> names of files, on every system alike. Pure.

Live names are anybody's text: no path, no device of Windows, no two that a file system which
folds case or composes characters takes for one, and none too long for any.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TypeVar

MOST_BYTES = 100
NOTHING = "unnamed"
RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.I)
"""Names that Windows keeps for devices, whatever comes after a dot."""
KEPT = ("L", "N", "M")
"""Letters, digits, and the marks that belong to them."""

Id = TypeVar("Id")


def stem(name: str) -> str:
    """A file's name without its suffix: letters and digits of any script, `_` and `-`."""
    composed = unicodedata.normalize("NFC", name)
    kept = (c if c == "_" or unicodedata.category(c)[0] in KEPT else "-" for c in composed)
    short = _cut(re.sub("-+", "-", "".join(kept)).strip("-"), MOST_BYTES).strip("-")
    # A mark without its letter would join what stands before it.
    short = short.lstrip("".join(c for c in short if unicodedata.category(c)[0] == "M"))
    if not short or RESERVED.fullmatch(short):
        return f"{NOTHING}-{short}".strip("-")
    return short


def distinct(names: Mapping[Id, str]) -> Mapping[Id, str]:
    """A stem for each name, no two alike; the first of the alike, in their order, goes without
    a number.
    """
    taken: set[str] = set()
    found: dict[Id, str] = {}
    for key, name in names.items():
        plain = stem(name)
        number, candidate = 1, plain
        while _folded(candidate) in taken:
            number += 1
            candidate = f"{plain}-{number}"
        taken.add(_folded(candidate))
        found[key] = candidate
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
