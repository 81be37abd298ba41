"""Manifest entries -> files, and back from a place in a file to an entry. Pure.

Live names are anybody's text: the name of a file is no path, no device of Windows, no two that a
file system which folds case or composes characters takes for one, and none too long for any.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from bmeconf.desired.editing import yaml_text
from bmeconf.desired.manifest import Block, Items, Node, walk
from bmeconf.kinds import KINDS, Detailed, Singleton
from bmeconf.model import Address, Place
from bmeconf.pull.entries import CONTENTS, Path, PulledEntry, texts, with_line_ends

MANIFESTS = "manifests"
HEAVY = 20_000
"""Values in one file, and texts by their length; the reader takes several times as much."""
SCHEMA = "yaml-language-server: $schema={up}schemas/manifest.schema.json"
"""The first line of each manifest; `{up}` leads to the root."""
MOST_BYTES = 100
"""The length of a file's name."""
NOTHING = "unnamed"
RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.I)
"""Names that Windows keeps for devices, whatever comes after a dot."""
KEPT = ("L", "N", "M")
"""Letters, digits, and the marks that belong to them."""
Places = Mapping[Place | None, tuple[Address, Path]]


@dataclass(frozen=True)
class Layout:
    """Entries as files: texts by path, and the entries of each manifest in their order."""

    files: Mapping[str, str]
    entries: Mapping[str, Sequence[PulledEntry]]


def lay_out(entries: Sequence[PulledEntry]) -> Layout:
    """The manifests, one or a few for each kind and one for each campaign, with their bodies."""
    files: dict[str, str] = {}
    manifests: dict[str, Sequence[PulledEntry]] = {}
    together = [kind for kind in KINDS.values() if not isinstance(kind, Detailed)]
    for kind in together:
        ours = [entry for entry in entries if entry.address.kind == kind.name and entry.spec]
        for number, part in enumerate(_parts(ours), start=1):
            path = f"{MANIFESTS}/{kind.name}{f'-{number}' if number > 1 else ''}.yaml"
            specs: Any = [dict(entry.spec) for entry in part]
            data = specs[0] if isinstance(kind, Singleton) else specs
            files[path] = _manifest(kind.name, data, "../")
            manifests[path] = part
    alone = [entry for entry in entries if isinstance(KINDS[entry.address.kind], Detailed)]
    stems = distinct(entry.address.name for entry in alone)
    for entry, stem in zip(alone, stems, strict=True):
        kind_name = entry.address.kind
        base = f"{MANIFESTS}/{kind_name}/{stem}"
        for key, text in entry.contents.items():
            # Reading takes one byte order mark off.
            mark = "\ufeff" if text.startswith("\ufeff") else ""
            files[base + CONTENTS[key]] = f"{mark}{with_line_ends(text)}\n"
        bodies = {key: {"file": f"{stem}{CONTENTS[key]}"} for key in entry.contents}
        files[f"{base}.yaml"] = _manifest(kind_name, [{**entry.spec, **bodies}], "../../")
        manifests[f"{base}.yaml"] = [entry]
    return Layout(files, manifests)


def _parts(entries: Sequence[PulledEntry]) -> Iterator[list[PulledEntry]]:
    """Entries in portions that the reader takes as one file."""
    part: list[PulledEntry] = []
    weight = 0
    for entry in entries:
        cost = sum(2 + len(text) // 20 for _, text in texts(entry.spec))
        if part and weight + cost > HEAVY:
            yield part
            part, weight = [], 0
        part.append(entry)
        weight += cost
    if part:
        yield part


def _manifest(kind: str, data: Any, up: str) -> str:
    return yaml_text({"version": 1, kind: data}, [SCHEMA.format(up=up)])


def places(documents: Iterable[Node], layout: Layout) -> Places:
    """Which value of which entry stands at each place of the files."""
    by_place: dict[Place | None, tuple[Address, Path]] = {}
    for document in documents:
        entries = layout.entries[document.place.file]
        for entry, block in zip(entries, _blocks(document), strict=True):
            for path, node in walk(block):
                by_place[node.place] = (entry.address, path)
    return by_place


def _blocks(document: Node) -> Iterator[Block]:
    for key, value in document.entries if isinstance(document, Block) else ():
        if isinstance(KINDS.get(key.text), Singleton) and isinstance(value, Block):
            yield value
        elif isinstance(value, Items):
            yield from (item for item in value.items if isinstance(item, Block))


def distinct(names: Iterable[str]) -> list[str]:
    """A stem for each name, no two alike: all but the first of the alike end in a number."""
    stems: dict[str, str] = {}
    for name in names:
        plain = stem(name)
        candidates = (f"{plain}-{number}" if number > 1 else plain for number in count(1))
        free = next(each for each in candidates if folded(each) not in stems)
        stems[folded(free)] = free
    return [*stems.values()]


def stem(name: str) -> str:
    """A file's name without its suffix: letters and digits of any script, `_` and `-`."""
    composed = unicodedata.normalize("NFC", name)
    kept = (c if c == "_" or unicodedata.category(c)[0] in KEPT else "-" for c in composed)
    whole = re.sub("-+", "-", "".join(kept)).strip("-")
    short = whole.encode()[:MOST_BYTES].decode(errors="ignore").rstrip("-")
    # A mark without its letter would join what stands before it.
    marks = "".join(c for c in short if unicodedata.category(c)[0] == "M")
    short = short.lstrip(f"-{marks}")
    if not short or RESERVED.fullmatch(short):
        return f"{NOTHING}-{short}".strip("-")
    return short


def folded(text: str) -> str:
    """A name as file systems compare it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
