"""Names of live objects -> names of files, on every system alike. Pure.

Live names are anybody's text: no path, no device of Windows, no two that a file system which
folds case or composes characters takes for one, and none too long for any.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import count
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
    whole = re.sub("-+", "-", "".join(kept)).strip("-")
    short = whole.encode()[:MOST_BYTES].decode(errors="ignore").strip("-")
    # A mark without its letter would join what stands before it.
    short = short.lstrip("".join(c for c in short if unicodedata.category(c)[0] == "M"))
    if not short or RESERVED.fullmatch(short):
        return f"{NOTHING}-{short}".strip("-")
    return short


def distinct(names: Mapping[Id, str]) -> Mapping[Id, str]:
    """A stem for each name, no two alike: all but the first of the alike end in a number."""
    taken: set[str] = set()
    stems: dict[Id, str] = {}
    for key, name in names.items():
        plain = stem(name)
        candidates = (f"{plain}-{number}" if number > 1 else plain for number in count(1))
        stems[key] = next(each for each in candidates if _folded(each) not in taken)
        taken.add(_folded(stems[key]))
    return stems


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
