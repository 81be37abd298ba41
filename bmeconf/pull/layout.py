"""Manifest entries -> files, and back from a place in a file to an entry. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bmeconf.desired.manifest import Block, Document, Items, Node, writing
from bmeconf.model import CAMPAIGNS, CONTACTS, LISTS, STRUCTURE, Address, Place
from bmeconf.pull import compose, filenames

MANIFESTS = "manifests"
HEAVY = 20_000
"""Values in one file, and texts by their length; the reader takes several times as much."""
Path = tuple[str | int, ...]
Places = Mapping[Place | None, tuple[Address, Path]]


@dataclass(frozen=True)
class Laid:
    """Entries as files: texts by path, and which entries stand in which file, in their order."""

    files: Mapping[str, str]
    entries: Mapping[str, tuple[compose.PulledEntry, ...]]


def laid(entries: Sequence[compose.PulledEntry], remark: str) -> Laid:
    """The manifests and the files that they name, by kind and by campaign.

    `remark` is the first line of each manifest, with `{up}` for the way to the root.
    """
    files: dict[str, str] = {}
    where: dict[str, tuple[compose.PulledEntry, ...]] = {}
    for kind in (STRUCTURE, LISTS, CONTACTS):
        mine = [each for each in entries if each.address.kind == kind and each.spec]
        for number, part in enumerate(_parts(mine), start=1):
            path = f"{MANIFESTS}/{kind}{f'-{number}' if number > 1 else ''}.yaml"
            specs: Any = [dict(each.spec) for each in part]
            data = specs[0] if kind == STRUCTURE else specs
            files[path] = _manifest(kind, data, remark, "../")
            where[path] = tuple(part)
    campaigns = [each for each in entries if each.address.kind == CAMPAIGNS]
    stems = filenames.distinct({_id(each): each.address.name for each in campaigns})
    for each in campaigns:
        stem = stems[_id(each)]
        base = f"{MANIFESTS}/{CAMPAIGNS}/{stem}"
        named = {key: {"file": f"{stem}{compose.CONTENTS[key]}"} for key in each.contents}
        for key, text in each.contents.items():
            files[base + compose.CONTENTS[key]] = _file(text)
        path = f"{base}.yaml"
        files[path] = _manifest(CAMPAIGNS, [{**each.spec, **named}], remark, "../../")
        where[path] = (each,)
    return Laid(files, where)


def _id(each: compose.PulledEntry) -> tuple[str, str]:
    return each.address.name, each.address.id


def _parts(entries: Sequence[compose.PulledEntry]) -> Iterator[list[compose.PulledEntry]]:
    """Entries in portions that the reader takes as one file."""
    part: list[compose.PulledEntry] = []
    weight = 0
    for each in entries:
        cost = sum(2 + len(text) // 20 for _, text in compose.texts(each.spec))
        if part and weight + cost > HEAVY:
            yield part
            part, weight = [], 0
        part.append(each)
        weight += cost
    if part:
        yield part


def _manifest(kind: str, data: Any, remark: str, up: str) -> str:
    return writing.text({"version": 1, kind: data}, [remark.format(up=up)])


def _file(text: str) -> str:
    """A body that is read back as `text`: reading takes one byte order mark off."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return f"{mark}{compose.kept(text)}\n"


def places(documents: Iterable[Document], laid: Laid) -> Places:
    """What stands where in the files, so that a problem with a place is one with an entry."""
    found: dict[Place | None, tuple[Address, Path]] = {}
    for document in documents:
        for each, node in zip(laid.entries[document.file], _nodes(document), strict=True):
            for path, place in _walk(node, ()):
                found[place] = (each.address, path)
    return found


def _nodes(document: Document) -> Iterator[Block]:
    tree = document.tree
    for key, value in tree.entries if isinstance(tree, Block) else ():
        if key.text == STRUCTURE and isinstance(value, Block):
            yield value
        elif isinstance(value, Items):
            yield from (item for item in value.items if isinstance(item, Block))


def _walk(node: Node, path: Path) -> Iterator[tuple[Path, Place]]:
    if isinstance(node, Block):
        yield path, node.place
        for key, value in node.entries:
            yield (*path, key.text), key.place
            yield from _walk(value, (*path, key.text))
    elif isinstance(node, Items):
        yield path, node.place
        for index, item in enumerate(node.items):
            yield from _walk(item, (*path, index))
    else:
        yield path, node.place
