"""Checked documents -> entries, one for each resource that they declare, and what is wrong in one.

An entry with flaws is still an entry: its name counts when others refer to it. What one may not
say beyond its shape: wrong addresses, times, files, contradictions. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bmeconf.desired.manifest import RELATIVE, Block, Node, Path, Text, at
from bmeconf.desired.validate.flaws import Flaw, shown
from bmeconf.desired.validate.formats import email_fault, time_fault
from bmeconf.kinds import KINDS, Singleton, having
from bmeconf.model import Address, Code, Place, Problem, canonical_email, canonical_name

BLOCKS = frozenset(kind.name for kind in having(Singleton))
"""The kinds that a manifest declares as a block of their own, not in a list."""
Texts = Mapping[tuple[str, str], Text]
"""The texts of files by the manifest that names them, and the path as written there."""

ID = re.compile(r"[0-9a-fA-F]{24}")
THRESHOLD = re.compile(r"\s*(?P<sign><=|>=|==|=|<|>)\s*(?P<number>\d+(\.\d+)?)\s*%?\s*")
MOST_SHOWN = 1100
"""More than a name may have: that of a hostile one would stand in each of its problems."""
REPEATABLE = ("lists", "tags", "reply_to", "merge_of", "renamed_from")
IDENTITY_KEYS = ("id", "name", "email", "state", "protect", "renamed_from")


@dataclass(frozen=True)
class ManifestEntry:
    """A declared resource: its data, its tree, and whether its shape is sound.

    `name` is as people are shown it, and empty where it could not be read; `is_row`: a table
    declares it.
    """

    kind: str
    name: str
    spec: Mapping[str, Any]
    node: Block
    sound: bool = True
    is_row: bool = False

    @cached_property
    def address(self) -> Address:
        """The address by name alone."""
        return Address(self.kind, self.name)

    @cached_property
    def identity(self) -> Address:
        """The address in the form in which two compare."""
        return Address(self.kind, self.canonical(self.name))

    @property
    def shown(self) -> str:
        """The address as problems show it; empty where the name is not known."""
        text = str(self.address) if self.name or self.is_block else ""
        return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"

    @property
    def is_block(self) -> bool:
        return self.kind in BLOCKS

    @property
    def absent(self) -> bool:
        return bool(self.spec.get("state") == "absent")

    @property
    def id(self) -> str:
        """The live id that the entry is pinned to, or an empty text."""
        return str(self.spec.get("id") or "").lower()

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts under `key`: none, one or several."""
        value = self.spec.get(key)
        if isinstance(value, str):
            return (value,)
        return tuple(filter(_is_text, value)) if isinstance(value, list) else ()

    def canonical(self, text: str) -> str:
        """A name of this entry's kind as identity sees it (design 7.3)."""
        return KINDS[self.kind].canonical(text)

    def place(self, *path: str | int) -> Place:
        """The place of the value at `path`, or of the nearest that exists above it."""
        return at(self.node, path).place

    def problem(self, path: Path, message: str, code: Code, level: str = "error") -> Problem:
        """A problem of this entry at `path`."""
        field = next(map(str, path), "")
        return Problem(self.place(*path), self.shown, message, code, level, field)


def of(
    tree: Node, data: Any, flaws: Sequence[Flaw], *, is_rows: bool
) -> tuple[list[ManifestEntry], list[Problem]]:
    """The entries of one document, and its flaws as problems with their addresses, in order."""
    flawed = {_entry_path(flaw) for flaw in flaws}
    entries: dict[Path, ManifestEntry] = {}
    for path, spec in _declared(data if isinstance(data, Mapping) else {}):
        kind, node = str(path[0]), at(tree, path)
        if isinstance(spec, Mapping) and isinstance(node, Block):
            name = "" if kind in BLOCKS else spec.get(KINDS[kind].identity)
            name = KINDS[kind].written(name) if isinstance(name, str) else ""
            entries[path] = ManifestEntry(kind, name, spec, node, path not in flawed, is_rows)
    concerned = ((flaw, entries.get(_entry_path(flaw))) for flaw in flaws)
    problems = [flaw.problem(entry.shown if entry else "") for flaw, entry in concerned]
    return list(entries.values()), problems


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _entry_path(flaw: Flaw) -> Path:
    return flaw.path[: 1 if flaw.path and flaw.path[0] in BLOCKS else 2]


def _declared(sections: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for kind in (kind for kind in KINDS if kind in sections):
        if kind in BLOCKS:
            yield (kind,), sections[kind]
        elif isinstance(sections[kind], list):
            yield from (((kind, index), spec) for index, spec in enumerate(sections[kind]))


def check(entry: ManifestEntry) -> Iterator[Problem]:
    """The problems of one entry whose shape is sound, each at its place."""
    if entry.id and not ID.fullmatch(entry.id):
        message = f"id: {shown(entry.id)} is not an id; an id has 24 characters, 0-9 and a-f"
        yield entry.problem(("id",), message, "id")
    for key in KINDS[entry.kind].emails:
        for index, text in enumerate(entry.texts(key)):
            if fault := email_fault(text):
                message = f"{key}: {shown(text)} is not an email address: {fault}"
                yield entry.problem((key, index), message, "email")
    schedule = entry.spec.get("schedule")
    if schedule and (fault := time_fault(schedule["at"])):
        message = f"schedule.at: {shown(schedule['at'])} {fault}"
        yield entry.problem(("schedule", "at"), message, "schedule")
    for metric, text in (entry.spec.get("expect") or {}).items():
        if threshold(text) is None:
            message = f'expect.{metric}: {shown(text)} is not a comparison; write one like ">= 20"'
            yield entry.problem(("expect", metric), message, "expect")
    yield from _repeated(entry)
    yield from _contradictions(entry)


def threshold(text: str) -> str | None:
    """A comparison as sign, blank, number: `>= 20`; None where it is none."""
    match = THRESHOLD.fullmatch(text)
    return f"{'==' if match['sign'] == '=' else match['sign']} {match['number']}" if match else None


def text_of(texts: Texts, file: str, reference: str) -> Text:
    """The text that the manifest `file` names; only a variable leads to one that was not read."""
    missing = Text(reference, fault=f"{shown(reference)} does not exist; {RELATIVE}")
    return texts.get((file, reference), missing)


def _repeated(entry: ManifestEntry) -> Iterator[Problem]:
    """A warning for each name that a list has twice, an error for each field."""
    for key in REPEATABLE:
        if len(texts := entry.texts(key)) < 2:
            continue
        canonical = canonical_email if key in KINDS[entry.kind].emails else canonical_name
        for index in _seen_before([canonical(text) for text in texts]):
            message = f"{key}: {shown(texts[index])} is given twice; remove one"
            yield entry.problem((key, index), message, "repeated", "warning")
    fields = [*(entry.spec.get("fields") or ())]
    labels = [canonical_name(each["label"] if entry.is_block else each) for each in fields]
    for index in _seen_before(labels):
        path = (index, "label") if entry.is_block else (fields[index],)
        message = f'fields: "{labels[index]}" is given twice; outer blanks do not count'
        if entry.is_block:
            message = f'the field "{labels[index]}" is declared twice'
        yield entry.problem(("fields", *path), message, "duplicate")


def _seen_before(names: Sequence[str]) -> Iterator[int]:
    """The indexes of names that occur before."""
    first = {name: index for index, name in reversed([*enumerate(names)])}
    return (index for index, name in enumerate(names) if first[name] != index)


def _contradictions(entry: ManifestEntry) -> Iterator[Problem]:
    if entry.absent:
        yield from _beside_absent(entry)
    if "copy_of" in entry.spec and "merge_of" in entry.spec:
        message = "copy_of and merge_of exclude each other; keep one"
        yield entry.problem(("merge_of",), message, "contradiction")
    for index, former in enumerate(entry.texts("renamed_from")):
        if entry.canonical(former) == entry.identity.name:
            message = f"renamed_from: {shown(former)} is the present name; remove it"
            yield entry.problem(("renamed_from", index), message, "renamed_from")


def _beside_absent(entry: ManifestEntry) -> Iterator[Problem]:
    """The problems of what stands beside `state: absent`; one for all fields."""
    messages: dict[str, str] = {}
    if fields := [key for key in entry.spec if key not in IDENTITY_KEYS]:
        them = "it" if len(fields) == 1 else "them"
        messages[fields[0]] = (
            f"{', '.join(fields)}: an entry with `state: absent` only names what to delete;"
            f" remove {them}"
        )
    if entry.spec.get("protect"):
        messages["protect"] = "protect and `state: absent` contradict each other; remove one"
    if "renamed_from" in entry.spec:
        messages["renamed_from"] = (
            "renamed_from and `state: absent` contradict each other; name what to delete"
        )
    for key, message in messages.items():
        scalar = entry.node.key(key)
        place = scalar.place if scalar else entry.node.place
        yield Problem(place, entry.shown, message, "contradiction")
