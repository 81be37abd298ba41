"""Why parts of an entry cannot stay in a manifest, and the entries without these parts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bmeconf.kinds import KINDS, Singleton
from bmeconf.model import Address, Finding, Resource
from bmeconf.model.errors import KEY
from bmeconf.pull.entries import Path, PulledEntry, texts
from bmeconf.pull.pulled import LeftOut


@dataclass(frozen=True)
class Objection:
    """Why the value at `path` of an entry cannot stay; the empty path means the whole entry."""

    address: Address
    path: Path
    code: str
    message: str
    remedy: str = ""

    @property
    def left_out(self) -> LeftOut:
        """The objection as a reader of the result sees it."""
        finding = Finding("warning", self.code, self.address, self.message, self.remedy)
        return LeftOut(finding, 0 if self.path else 1)


def unnamed_lists(resources: Iterable[Resource]) -> Iterator[Objection]:
    """Object to lists that no manifest can name."""
    for resource in resources:
        for target in resource.fields.get("lists") or ():
            if not target.name:
                message = f"lists: names the list {target.id}, which the account does not show"
                code, remedy = "unknown_list", "save it in the web app with lists that exist"
            elif target.id:
                several = f"several lists are called {target.name!r}"
                message = f"lists: {several}; no reference can tell which"
                code, remedy = "ambiguous", "rename one of those lists, then pull again"
            else:
                continue
            yield Objection(resource.address, ("lists",), code, message, remedy)


def unsafe(entries: Iterable[PulledEntry]) -> Iterator[Objection]:
    """Object to what must not or cannot stand in any file: API keys, halves of characters."""
    for entry in entries:
        contents = (((key,), text) for key, text in entry.contents.items())
        for path, text in (*texts(entry.spec), *contents):
            reason = ""
            if KEY.search(text):
                reason = "holds what looks like an API key"
            elif any("\ud800" <= character <= "\udfff" for character in text):
                reason = "holds half of a character"
            if reason:
                field = f"{path[0]}: " if path else ""
                yield Objection(entry.address, path, "unsafe", f"{field}{reason}")


def without(
    entries: Sequence[PulledEntry], objections: Iterable[Objection]
) -> tuple[list[PulledEntry], list[LeftOut]]:
    """`entries` without the parts that are objected to, and these parts, each named once."""
    by_address: dict[Address, dict[Path, Objection]] = {}
    for objection in objections:
        path = _cut(objection)
        cuts = by_address.setdefault(objection.address, {})
        cuts.setdefault(path, replace(objection, path=path))
    kept: list[PulledEntry] = []
    left: list[LeftOut] = []
    for entry in entries:
        cuts = by_address.get(entry.address, {})
        if () in cuts:
            left.append(cuts[()].left_out)
        else:
            left += [objection.left_out for objection in cuts.values()]
            kept.append(_shortened(entry, set(cuts)))
    return kept, left


def _cut(objection: Objection) -> Path:
    """How much must go: a set is exact, so that it stays whole or not at all."""
    kind, path = objection.address.kind, objection.path
    if isinstance(KINDS[kind], Singleton):
        return path[: 0 if path[:1] == ("id",) else 1 if path[:1] == ("label",) else 2]
    if path[:1] in ((), ("id",), (KINDS[kind].identity,)):
        return ()
    return path[:2] if path[:1] == ("fields",) else path[:1]


def _shortened(entry: PulledEntry, cuts: set[Path]) -> PulledEntry:
    spec: dict[str, Any] = {}
    for key, value in entry.spec.items():
        inner = {path[1] for path in cuts if path[0] == key and len(path) > 1}
        if (key,) in cuts:
            continue
        if inner and isinstance(value, Mapping):
            value = {k: v for k, v in value.items() if k not in inner}
        elif inner:
            value = [v for n, v in enumerate(value) if n not in inner]
        if value or not inner:
            spec[key] = value
    contents = {key: text for key, text in entry.contents.items() if key in spec}
    return replace(entry, spec=spec, contents=contents)
