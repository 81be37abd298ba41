"""The lock file `bmeconf.lock.json`: what earlier applies sent, and what was read back. Pure.

In: the file's text. Out: a section per account, an entry per resource, and the text again. The
file holds ids, versions and digests, no values, since it is made to be committed. Contacts are
people: their keys are digests, and digests of their values are too short to confirm a guess
(design 7.17). The text is sorted, without times of runs, the content of an entry on one line, so
that Git merges branches that touch different resources, and takes an entry whole or not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bmeconf.kinds import KINDS, Personal, replies
from bmeconf.model import Address, Resource, canonical_server
from bmeconf.model.errors import InvalidInput

FORMAT = "bmeconf.lock/1"
CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)")
"""The marks that Git leaves in a file that it could not merge."""
REMEDY = "resolve it, or delete the file: everything works without it, with less detail"

Digest = str | tuple[str, ...]
"""16 hexadecimal digits for a value, 3 for a contact's; for a set, those of its members, sorted."""


@dataclass(frozen=True)
class LockEntry:
    """One live object as it was last applied or recorded.

    `sent` are the declared values that were written or found, `seen` those that were read back,
    both as digests by dotted path; the two differ where the service rewrote something.
    `unproven` are declared fields that the API does not show and that no apply has sent.
    `version` and `updated_at` are those of that reading, `listed` a digest of its row in the
    listing. `scheduled` is the instant that the account once showed it as scheduled for.
    """

    id: str
    sent: Mapping[str, Digest] = field(default_factory=dict)
    seen: Mapping[str, Digest] = field(default_factory=dict)
    unproven: tuple[str, ...] = ()
    version: int | None = None
    updated_at: str = ""
    listed: str = ""
    protect: bool = False
    scheduled: str = ""

    @property
    def bare(self) -> bool:
        """True where the entry tells of protection or a schedule alone, and of no field."""
        return self == LockEntry(self.id, protect=self.protect, scheduled=self.scheduled)


@dataclass(frozen=True)
class RememberedIds:
    """The live ids that are remembered of one kind, by desired address.

    `orphans` are those of resources that no manifest declares any more.
    """

    by_address: Mapping[Address, str] = field(default_factory=dict)
    orphans: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Section:
    """The entries of one account; `account` is its fingerprint, and the salt of all digests."""

    account: str = ""
    base_url: str = ""
    entries: Mapping[str, LockEntry] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    """The parts of a contact to which its API only adds."""

    def key(self, address: Address) -> str:
        """The key of a resource's entry; that of a contact is a digest.

        It is the same for every way of writing an address, but for the keys of older files.
        """
        kind = KINDS[address.kind]
        if not isinstance(kind, Personal):
            return str(address)
        names = (replace(address, name=kind.canonical(address.name)), address)
        keys = [f"{kind.name}/{self.digest(str(name).partition('/')[2])}" for name in names]
        return next((key for key in keys if key in self.entries), keys[0])

    def at(self, address: Address) -> LockEntry | None:
        """The entry under an address, whatever object lives there now."""
        return self.entries.get(self.key(address))

    def of(self, address: Address, id: str) -> LockEntry | None:
        """The entry of the live object `id`, whatever its address was then."""
        key = self.key_of(address, id)
        return self.entries[key] if key else None

    def key_of(self, address: Address, id: str) -> str | None:
        """The key of the live object `id`, that of `address` first."""
        entry = self.at(address)
        mine = entry is not None and entry.id == id
        return self.key(address) if mine else self._by_id.get((address.kind, id))

    def remembered(self, kind: str, desired: Iterable[Resource]) -> RememberedIds:
        """The ids of one kind, of which all of `desired` is declared."""
        addresses = [resource.address for resource in desired]
        declared = {self.key(address) for address in addresses}
        known = {address: entry.id for address in addresses if (entry := self.at(address))}
        entries = self.entries.items()
        orphans = (e.id for k, e in entries if kind_of(k) == kind and k not in declared)
        return RememberedIds(known, frozenset(orphans))

    @property
    def by_object(self) -> Mapping[tuple[str, str], LockEntry]:
        """The entries by the kind and id of their objects."""
        return {object: self.entries[key] for object, key in self._by_id.items()}

    @cached_property
    def _by_id(self) -> Mapping[tuple[str, str], str]:
        return {(kind_of(key), e.id): key for key, e in sorted(self.entries.items(), reverse=True)}

    def digest(self, *parts: Any) -> str:
        """16 digits that are the same for the same `parts`, as JSON, and tell nothing else."""
        return replies.digest([self.account, *parts]).partition(":")[2][:16]

    def without(self, kind: str, id: str) -> Section:
        """This section without the entry of one object."""
        return self.dropping(k for k, e in self.entries.items() if (kind_of(k), e.id) == (kind, id))

    def dropping(self, keys: Iterable[str]) -> Section:
        """This section without the entries under `keys`."""
        gone = set(keys)
        return replace(self, entries={k: e for k, e in self.entries.items() if k not in gone})

    def holding(self, key: str, entry: LockEntry) -> Section:
        """This section with `entry` under `key`."""
        return replace(self, entries={**self.entries, key: entry})

    def having(self, address: Address, entry: LockEntry) -> Section:
        """This section with `entry` as the only one of its object."""
        return self.without(address.kind, entry.id).holding(self.key(address), entry)


@dataclass(frozen=True)
class Lock:
    """A whole lock file; `name` is its name for messages.

    `accounts` is its JSON, so that sections of other accounts are written back as they were.
    """

    name: str = "bmeconf.lock.json"
    accounts: Mapping[str, Any] = field(default_factory=dict)

    def section(self, account: str, base_url: str) -> Section:
        """The section of one account, an empty one where the account is new."""
        section = Section(account, base_url)
        entries = {
            key: _entry(raw, f"{self.name}: {key}")
            for key, raw in self.accounts.get(account, {}).get("resources", {}).items()
            if raw.get(CHECK) == _check(section, key, raw)
        }
        merged = tuple(self.accounts.get(account, {}).get("merged", ()))
        return replace(section, entries=entries, merged=merged)

    def section_of(self, fingerprint: Callable[[str], str], base_url: str) -> Section:
        """The section of the account at `base_url`; `fingerprint` is the account's, by base URL.

        A file of 0.1.0 may have it under another spelling of that, and keeps it.
        """
        known = [
            (account, raw["base_url"])
            for account, raw in sorted(self.accounts.items())
            if canonical_server(raw["base_url"]) == base_url
            and fingerprint(raw["base_url"]) == account
        ]
        exact = fingerprint(base_url), base_url
        return self.section(*(exact if exact in known or not known else known[0]))

    def having(self, section: Section) -> Lock:
        """This lock with the section of one account replaced, or removed where it is empty."""
        others = {k: v for k, v in self.accounts.items() if k != section.account}
        if not (section.entries or section.merged):
            return replace(self, accounts=others)
        entries = {key: _json(section, key, entry) for key, entry in section.entries.items()}
        told = {"base_url": section.base_url, "resources": entries}
        told |= {"merged": section.merged} if section.merged else {}
        return replace(self, accounts={**others, section.account: told})

    @property
    def text(self) -> str:
        """The file's text, the same for the same content; empty where nothing is remembered."""
        whole = {"accounts": self.accounts, "format": FORMAT}
        return _laid_out(whole) + "\n" if self.accounts else ""


def parse(text: str, name: str) -> Lock:
    """The lock file in `text`.

    Raises:
        InvalidInput: where it is no lock file, has another format, or was left unmerged.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if CONFLICT.match(line):
            raise _unusable(f"{name}:{number}", "has the marks of a merge that Git left open")
    try:
        whole = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise _unusable(f"{name}:{error.lineno}", f"is not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise _unusable(name, f"cannot be read: {error}") from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        found = whole.get("format") if isinstance(whole, dict) else None
        raise _unusable(name, f"is of the format {found!r}; this version reads {FORMAT}")
    accounts = whole.get("accounts")
    if set(whole) != {"format", "accounts"} or not isinstance(accounts, dict):
        raise _unusable(name, "is not what an apply writes")
    for account, section in accounts.items():
        match section:
            case {"base_url": str(), "resources": dict() as entries, **rest}:
                known = _is_texts(rest.pop("merged", [])) and not rest
                if known and all(isinstance(entry, dict) for entry in entries.values()):
                    continue
        raise _unusable(name, f"has no usable section for {account}")
    return Lock(name, accounts)


def kind_of(key: str) -> str:
    """The kind of the resource that is remembered under `key`."""
    return key.partition("/")[0]


# --- entries as JSON

CHECK = "check"
"""A digest of the rest of an entry: an entry merged from two is ignored."""
DEPTH = 4
"""The depth of an entry's content in the file: accounts, account, resources, entry."""


def _json(section: Section, key: str, entry: LockEntry) -> dict[str, Any]:
    # A version may be 0, and that tells something.
    told = {k: v for k, v in vars(entry).items() if v or (k == "version" and v is not None)}
    return {**told, CHECK: _check(section, key, told)}


def _check(section: Section, key: str, raw: Mapping[str, Any]) -> str:
    return section.digest(key, {k: v for k, v in raw.items() if k != CHECK})


def _laid_out(value: Any, depth: int = 0) -> str:
    """JSON in lines: three for an entry, and one for the comma between two entries.

    Git merges changes only where unchanged lines lie between them, also where an entry comes or
    goes.
    """
    if not isinstance(value, Mapping) or not value:
        return _compact(value)
    margin = "\n" + " " * (depth + 1)
    if depth == DEPTH:
        inner = _compact(value)[1:-1]
    else:
        comma = f"{margin},{margin}" if depth == DEPTH - 1 else f",{margin}"
        pairs = sorted(value.items())
        inner = comma.join(f"{_compact(k)}: {_laid_out(v, depth + 1)}" for k, v in pairs)
    return f"{{{margin}{inner}{margin[:-1]}}}"


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_digests(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(v) or _is_texts(v) for v in value.values())


SHAPES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("id", "updated_at", "listed", "scheduled", CHECK), _is_text),
    **dict.fromkeys(("sent", "seen"), _is_digests),
    "unproven": _is_texts,
    "version": lambda value: value is None or type(value) is int,
    "protect": lambda value: isinstance(value, bool),
}


def _entry(raw: Mapping[str, Any], where: str) -> LockEntry:
    known = all(key in SHAPES and SHAPES[key](value) for key, value in raw.items())
    if not (known and raw.get("id")):
        raise _unusable(where, "is not what an apply writes")
    return LockEntry(**{key: _frozen(value) for key, value in raw.items() if key != CHECK})


def _frozen(value: Any) -> Any:
    """A JSON value with tuples in place of its lists."""
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a key that is there twice, as after a careless merge, is an error."""
    whole = dict(pairs)
    if len(whole) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(k for k in keys if keys.count(k) > 1)!r} is there twice")
    return whole


def _unusable(where: str, fault: str) -> InvalidInput:
    return InvalidInput(f"{where}: the lock file {fault}", REMEDY)
