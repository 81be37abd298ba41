"""What is wrong in a manifest, where, and how messages show values and paths. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bmeconf.desired.manifest import Path
from bmeconf.model import Place, Problem
from bmeconf.model.errors import masked

LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Flaw:
    """A problem of a document that still knows the path to what it is about."""

    path: Path
    place: Place
    message: str
    code: str

    def problem(self, address: str = "") -> Problem:
        """The flaw as a problem of the resource at `address`."""
        return Problem(self.place, address, self.message, self.code)


def shown(value: Any) -> str:
    """A value as messages show it: on one line, shortened, API keys masked before that."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "`key: value` lines"
    if isinstance(value, list):
        return "a list"
    text = masked(str(value))
    text = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return f'"{text}"' if isinstance(value, str) else text


def dotted(path: Sequence[str | int]) -> str:
    """A path inside an entry: `body.file`, `lists[2]`; items are counted from 1."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def inside(path: Path) -> Path:
    """The part of a document's path that lies inside its entry."""
    return path[2:] if len(path) > 1 and isinstance(path[1], int) else path
