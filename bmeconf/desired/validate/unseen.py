"""Names and other short texts in which something cannot be seen, or looks like a blank. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bmeconf.desired.manifest import Path
from bmeconf.desired.validate.entries import ManifestEntry
from bmeconf.desired.validate.flaws import shown
from bmeconf.kinds import KINDS
from bmeconf.model import Problem, visible

CONTENTS = ("body", "plain_text", "schedule", "expect")
WORDING = ("subject", "from_name", "preview_text")
"""Fields in which such a character may well be meant."""


def check(entries: Sequence[ManifestEntry]) -> Iterator[Problem]:
    """A problem for each such text, where it stands first; wrong addresses are told elsewhere."""
    told = set()
    for entry in (entry for entry in entries if entry.sound):
        passed = {*CONTENTS, *KINDS[entry.kind].emails}
        spec = {key: value for key, value in entry.spec.items() if key not in passed}
        if isinstance(spec.get("fields"), Mapping):
            # Only the labels: a value is what one person has, and names nothing.
            spec["fields"] = {label: label for label in spec["fields"]}
        for path, text in _texts(spec, ()):
            if text not in told and visible(text) != text:
                told.add(text)
                level = "note" if path[0] in WORDING else "warning"
                message = f"{path[0]}: {shown(text)} has characters that nobody can see or"
                message += " tell from others; replace them, unless they are meant"
                yield entry.problem(path, message, "invisible", level)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Each text in a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, key))
