"""The lock file `bmeconf.lock.json`: what earlier applies sent, and what was read back. Pure.

In: the file's text. Out: a section per account, and the text again. The text is sorted, without
times of runs, the content of an entry on one line, so that Git merges branches that touch different
resources, and takes an entry whole or not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bmeconf.baseline.section import LockEntry, Section
from bmeconf.model import NOTHING, canonical_server
from bmeconf.model.errors import InvalidInput

FORMAT = "bmeconf.lock/1"
CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)")
"""The marks that Git leaves in a file that it could not merge."""
REMEDY = "resolve it, or delete the file: everything works without it, with less detail"


class Lock(NamedTuple):
    """A whole lock file; `name` is its name for messages.

    `accounts` is its JSON, so that sections of other accounts are written back as they were.
    """

    name: str = "bmeconf.lock.json"
    accounts: Mapping[str, Any] = NOTHING

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
            return self._replace(accounts=others)
        entries = {key: _json(section, key, entry) for key, entry in section.entries.items()}
        told = {"base_url": section.base_url, "resources": entries}
        told |= {"merged": section.merged} if section.merged else {}
        return self._replace(accounts={**others, section.account: told})

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


# --- entries as JSON

CHECK = "check"
"""A digest of the rest of an entry: an entry merged from two is ignored."""
DEPTH = 4
"""The depth of an entry's content in the file: accounts, account, resources, entry."""


def _json(section: Section, key: str, entry: LockEntry) -> dict[str, Any]:
    # A version may be 0, and that tells something.
    every = entry._asdict().items()
    told = {k: v for k, v in every if v or (k == "version" and v is not None)}
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
