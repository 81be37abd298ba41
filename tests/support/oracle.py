"""What the design says of an account before and after an apply, worked out from states alone.

`unmet` are declared values that the account lacks, `undeclared` are changes that nothing asked
for. Both know the rules of identity and comparison (design 7.3-7.5), and no code of the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.support.strategies import STRUCTURE, Data, World, canonical

WITHHELD = ("frozen", "blocked", "ambiguous")
IDENTITY = {"lists": ("name", "name"), "contacts": ("email", "key"), "campaigns": ("name", "name")}
"""The key of a kind's name in manifests and in the account."""
TEXTS = {
    "from": "from",
    "from_name": "fromName",
    "subject": "subject",
    "preview_text": "previewText",
}
CONTENTS = {"body": "body", "plain_text": "plainTextBody"}
KNOWN_CONTENTS = {
    "emails/body.html": "<p>From a file</p>",
    "emails/plain.txt": "From a file",
    "en": "<p>Plain</p>",
    "de": "<p>Schlicht</p>",
}


def key_of(kind: str, name: str) -> str:
    """A name or an email as identity sees it."""
    return name.strip().lower() if kind == "contacts" else canonical(name)


def address(kind: str, entry: Data) -> str:
    """The address of a manifest's entry."""
    return f"{kind}/{key_of(kind, entry[IDENTITY[kind][0]])}"


def text(value: Any) -> str | None:
    """A short text as comparison sees it."""
    return canonical(value or "").replace("\r\n", "\n") or None


def meant(world: World, state: Any, kind: str, entry: Data) -> Data | None:
    """The one live object that an entry means: by id, by its name, by a former name."""
    objects = [
        o for o in state[kind] if kind == "campaigns" or o["contactStructureId"] == STRUCTURE
    ]
    if "id" in entry:
        return next((o for o in objects if o["_id"] == entry["id"].lower()), None)
    pinned = {other["id"].lower() for other in world.manifest[kind] if "id" in other}
    objects = [o for o in objects if o["_id"] not in pinned]
    ours, theirs = IDENTITY[kind]
    for name in (entry[ours], *entry.get("renamed_from", ())):
        found = [o for o in objects if key_of(kind, o[theirs]) == key_of(kind, name)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


@dataclass(frozen=True)
class Oracle:
    """One apply of `world`, whose plan left the addresses in `withheld` alone."""

    world: World
    before: Any
    after: Any
    withheld: frozenset[str]
    written: frozenset[str]
    """The ids of the objects that the plan meant to write."""
    unread: frozenset[str] = frozenset()
    """Addresses of which the plan said that the API does not show everything."""
    rewritten: frozenset[str] = frozenset()
    """Addresses of which the run said that the service rewrote their content."""

    @property
    def entries(self) -> Iterator[tuple[str, Data]]:
        """Every declared list, contact and campaign, with its kind."""
        for kind in IDENTITY:
            for entry in self.world.manifest[kind]:
                yield kind, entry

    # --- what is declared

    def unmet(self) -> Iterator[str]:
        """What is declared and not so in the end."""
        for kind, entry in self.entries:
            if address(kind, entry) not in self.withheld:
                for problem in self._entry_unmet(kind, entry):
                    yield f"{address(kind, entry)}: {problem}"

    def _entry_unmet(self, kind: str, entry: Data) -> Iterator[str]:
        former = {} if "state" in entry else {"renamed_from": ()}
        found = meant(self.world, self.after, kind, entry | former)
        if "state" in entry or found is None:
            if (found is None) != ("state" in entry):
                yield "is there" if found else "is not there"
            return
        name = found[IDENTITY[kind][1]]
        if key_of(kind, name) != key_of(kind, entry[IDENTITY[kind][0]]):
            yield f"is called {name!r}"
        if kind == "contacts":
            yield from self._contact_unmet(entry, found)
        elif kind == "campaigns" and address(kind, entry) not in self.unread:
            yield from self._campaign_unmet(entry, found)

    def _contact_unmet(self, entry: Data, found: Data) -> Iterator[str]:
        values = found["fields"]
        if "fields" in entry and not entry["fields"] and any(map(text, values.values())):
            yield f"still has {values}"
        for label, value in (entry.get("fields") or {}).items():
            live = values.get(self._field_ids.get(canonical(label), ""))
            if text(live) != text(value):
                yield f"fields.{label} is {live!r}, not {value!r}"
        if "lists" in entry:
            wanted = {self._list_id(name) for name in entry["lists"] or ()}
            if self._managed_lists & set(found["lists"]) != wanted:
                yield f"is on {found['lists']}, not on {wanted}"
        if "tags" in entry:
            worn = {self._tags[id] for id in found["tags"]} & self._managed_tags
            if worn != {canonical(tag) for tag in entry["tags"] or ()}:
                yield f"wears {worn}"
        if entry.get("status", found["status"]["primary"]) != found["status"]["primary"]:
            yield f"is {found['status']}"

    def _campaign_unmet(self, entry: Data, found: Data) -> Iterator[str]:
        wanted: dict[str, Any] = {t: text(entry[o]) for o, t in TEXTS.items() if o in entry}
        if wanted.get("from"):
            wanted["from"] = wanted["from"].lower()
        wanted |= {t: _content(entry[o]) for o, t in CONTENTS.items() if o in entry}
        live = {key: text(found[key]) for key in TEXTS.values()}
        live |= {key: _content({"text": found[key] or ""}) for key in CONTENTS.values()}
        for key, sets in (("reply_to", "replyToAddresses"), ("lists", "lists")):
            live[sets] = set(found[sets])
            if key in entry:
                wanted[sets] = {
                    self._list_id(v) if key == "lists" else v.strip().lower()
                    for v in entry[key] or ()
                }
        rewritten = CONTENTS.values() if address("campaigns", entry) in self.rewritten else ()
        for key, value in wanted.items():
            kept = key in rewritten and value and _words(value) in _words(live[key])
            if live[key] != value and not kept:
                yield f"{key} is {live[key]!r}, not {value!r}"

    @cached_property
    def _field_ids(self) -> dict[str, str]:
        fields = self.after["structures"][0]["fields"]
        labels = {canonical(f["label"]): f["_id"] for f in fields}
        first = [f["_id"] for f in fields if f.get("predefinedField") == "firstName"]
        return labels | {"First Name": first[0]} if first else labels

    @cached_property
    def _tags(self) -> dict[str, str]:
        return {t["_id"]: canonical(t["label"]) for t in self.after["structures"][0]["tags"]}

    @cached_property
    def _list_ids(self) -> dict[str, str]:
        """The id behind each name that is declared, or that one live list alone has."""
        named = [(canonical(found["name"]), found) for found in self.after["lists"]]
        single = {
            name: meant(self.world, self.after, "lists", {"name": name})
            for name in {name for name, _ in named}
        }
        declared = {
            canonical(entry["name"]): meant(
                self.world, self.after, "lists", {**entry, "renamed_from": ()}
            )
            for kind, entry in self.entries
            if kind == "lists"
        }
        return {name: found["_id"] for name, found in (single | declared).items() if found}

    def _list_id(self, name: str) -> str:
        return self._list_ids.get(canonical(name), f"no list {name!r}")

    @cached_property
    def _managed_lists(self) -> set[str]:
        """The lists over which contacts are exact: those that manifests name to keep."""
        names = {canonical(e["name"]) for k, e in self.entries if k == "lists" and "state" not in e}
        for _, entry in self.entries:
            names |= {canonical(name) for name in entry.get("lists") or ()}
        return {self._list_ids[name] for name in names if name in self._list_ids}

    @cached_property
    def _managed_tags(self) -> set[str]:
        named = list(self.world.manifest.get("structure", {}).get("tags") or ())
        for _, entry in self.entries:
            named += entry.get("tags") or ()
        return {canonical(tag) for tag in named}

    # --- what is not declared

    def undeclared(self) -> Iterator[str]:
        """What changed though nothing declares it."""
        for part in ("standing", "templates", "templateCategories", "domains", "forms", "keys"):
            if self.before[part] != self.after[part]:
                yield part
        yield from self._structure_changes()
        for kind in IDENTITY:
            now = {o["_id"]: o for o in self.after[kind]}
            entries = self._by_id(kind)
            for old in self.before[kind]:
                id, entry = old["_id"], entries.get(old["_id"])
                if id in now:
                    for key in self._object_changes(kind, entry, old, now[id]):
                        yield f"{kind} {id}: {key}: {old.get(key)!r} -> {now[id].get(key)!r}"
                elif entry is None or "state" not in entry:
                    yield f"{kind} {id} is gone"

    def _by_id(self, kind: str) -> dict[str, Data]:
        entries: dict[str, Data] = {}
        for entry in sorted(self.world.manifest[kind], key=lambda e: "id" not in e):
            found = meant(self.world, self.before, kind, entry)
            if found:
                entries.setdefault(found["_id"], entry)
        return entries

    def _structure_changes(self) -> Iterator[str]:
        old, new = self.before["structures"], self.after["structures"]
        if old[1:] != new[1:]:
            yield "another structure"
        for part in ("_id", "label", "keyName", "keyType"):
            if old[0][part] != new[0][part]:
                yield f"structure.{part}"
        declared = self.world.manifest.get("structure", {})
        asked = {
            "fields": {canonical(field["label"]) for field in declared.get("fields", ())},
            "tags": {canonical(tag) for tag in declared.get("tags", ())},
        }
        for part, labels in asked.items():
            kept = len(old[0][part])
            added = {canonical(item["label"]) for item in new[0][part][kept:]}
            if new[0][part][:kept] != old[0][part] or not added <= labels:
                yield f"structure.{part}: {old[0][part]} -> {new[0][part]}"

    def _object_changes(self, kind: str, entry: Data | None, old: Data, new: Data) -> Iterator[str]:
        changed = {key for key in old | new if old.get(key) != new.get(key)}
        if "lists" in changed and self._by_service(kind, old, new):
            changed.discard("lists")
        may = {"__v", "updatedAt"} | _writable(kind, entry or {})
        yield from sorted(changed - (may if old["_id"] in self.written else set()))
        if kind == "contacts" and entry and old["_id"] in self.written:
            yield from self._beside(entry, old, new)

    def _by_service(self, kind: str, old: Data, new: Data) -> bool:
        """Whether lists that came or went took this object along: no one wrote to it then."""
        was, now = ({o["_id"] for o in side["lists"]} for side in (self.before, self.after))
        aside = (was - now) | (now - was if kind == "contacts" else set())
        return [id for id in old["lists"] if id not in aside] == [
            id for id in new["lists"] if id not in aside
        ]

    def _beside(self, entry: Data, old: Data, new: Data) -> Iterator[str]:
        """The parts of a written contact that its entry does not declare."""
        if entry.get("fields", {}):
            declared = {self._field_ids.get(canonical(label)) for label in entry["fields"]}
            for id in (old["fields"].keys() | new["fields"].keys()) - declared:
                if old["fields"].get(id) != new["fields"].get(id):
                    yield f"fields.{id}"
        there = {found["_id"] for found in self.after["lists"]}
        if set(old["lists"]) & there - self._managed_lists != set(new["lists"]) - (
            self._managed_lists | (there - {o["_id"] for o in self.before["lists"]})
        ):
            yield "lists"
        unmanaged = {id for id, label in self._tags.items() if label not in self._managed_tags}
        if unmanaged & set(old["tags"]) != unmanaged & set(new["tags"]):
            yield "tags"


def _writable(kind: str, entry: Data) -> set[str]:
    """The keys of a live object that its entry may change."""
    if kind == "lists":
        return {"name"}
    if kind == "contacts":
        return {"key", *(key for key in ("fields", "lists", "tags", "status") if key in entry)}
    theirs = {**TEXTS, **CONTENTS, "reply_to": "replyToAddresses", "lists": "lists"}
    keys = {"name", *(theirs[key] for key in entry if key in theirs)}
    return keys | {"contactStructureId"} if "lists" in keys else keys


def _words(content: str) -> str:
    """What a reader sees of a content."""
    return " ".join(re.sub("<script.*?</script>|<[^>]*>", " ", content).split())


def _content(value: Data | None) -> str:
    if value is None:
        return ""
    if "file" in value:
        return KNOWN_CONTENTS[value["file"]]
    if "template" in value:
        return KNOWN_CONTENTS[value["template"]["lang"]]
    content: str = value.get("html", value.get("text"))
    return content.replace("\r\n", "\n").strip()
