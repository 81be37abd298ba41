"""Pages and documents with digests for addresses, and for the values of contacts' fields. Pure.

Done before a format breaks lines or escapes anything. Counts, order and names stay as they are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any

from bmeconf.desired.manifest import Block, Items, Node, Scalar, Sources
from bmeconf.kinds import KINDS, Personal, only
from bmeconf.model import NO_DIGEST, Address, Value
from bmeconf.plan import Plan
from bmeconf.render.model import Field, Page, PageItem
from bmeconf.render.redaction.texts import Redactor

VALUES = "fields"
"""What has the values of a contact's fields, in manifests, plans and reports."""
MESSAGES = {"message", "remedy", "why"}
"""Members of documents that are sentences, which may quote a value."""
SIDES = {"before", "after", "desired", "live", "missing", "unexpected"}
"""Members of documents with the value of the field that stands beside them."""

QUOTING = re.compile(
    rf'((?:{"|".join(only(Personal).emails)}|{VALUES}\.)[^:"]*: (?:[^"]*found )?)"(.*)"', re.DOTALL
)
"""How the problem of a manifest begins that quotes a value of a contact."""
CUT = '…"'


# --- what is known


def learn(redactor: Redactor, known: Plan | Sources) -> None:
    """The addresses and values of contacts that may come back in messages."""
    if isinstance(known, Plan):
        _learn_plan(redactor, known)
    else:
        _learn_sources(redactor, known)


def _learn_plan(redactor: Redactor, plan: Plan) -> None:
    for step in plan.steps:
        if isinstance(KINDS[step.address.kind], Personal):
            redactor.learn_addresses([step.address.name])
            for change in step.changes:
                if change.path[0] == VALUES:
                    redactor.learn((change.before, change.after))
    for difference in plan.differences:
        for side in (difference.desired, difference.live):
            if side and isinstance(KINDS[side.address.kind], Personal):
                redactor.learn_addresses([side.address.name])
                redactor.learn(side.fields.get(VALUES))


def _learn_sources(redactor: Redactor, sources: Sources) -> None:
    kind = only(Personal)
    for document in sources.documents:
        entries = document.get(kind.name) if isinstance(document, Block) else None
        for entry in entries.items if isinstance(entries, Items) else ():
            if isinstance(entry, Block):
                for name in kind.emails:
                    redactor.learn_addresses(_texts(entry.get(name)))
                redactor.learn(_texts(entry.get(VALUES)))
    for (_, name), text in sources.texts.items():
        if name.endswith(".csv"):
            with suppress(csv.Error):
                for row in [*csv.reader(text.text.splitlines())][1:]:
                    redactor.learn_addresses(cell.strip() for cell in row)


def _texts(node: Node | None) -> list[str]:
    if isinstance(node, Scalar):
        return [node.text]
    if isinstance(node, Items):
        return [text for item in node.items for text in _texts(item)]
    return [text for _, value in node.entries for text in _texts(value)] if node else []


# --- pages


def page(redactor: Redactor, page: Page) -> Page:
    """`page` without addresses and values."""
    clean: Page = _shown(redactor, page)
    return clean


def _shown(redactor: Redactor, part: Any) -> Any:
    """A part of a page, whatever it is."""
    result: Any = part
    if isinstance(part, PageItem):
        result = item(redactor, part)
    elif is_dataclass(part) and not isinstance(part, type):
        result = replace(
            part, **{f.name: _shown(redactor, getattr(part, f.name)) for f in fields(part)}
        )
    elif isinstance(part, str):
        result = redactor.text(part)
    elif isinstance(part, tuple):
        make = getattr(part, "_make", tuple)
        result = make(_shown(redactor, member) for member in part)
        if isinstance(part, Page):
            result = result._replace(verdict=redactor.message(part.verdict))
    elif isinstance(part, Mapping):
        result = {key: _shown(redactor, value) for key, value in part.items()}
    return result


def item(redactor: Redactor, item: PageItem) -> PageItem:
    """`item` without addresses and values."""
    personal = _personal(item.address)
    told = partial(_told, redactor, item.address)
    return item._replace(
        address=_address(redactor, item.address),
        head=told(item.head),
        notes=tuple(map(told, item.notes)),
        history=tuple(map(told, item.history)),
        remedy=told(item.remedy),
        fields=tuple(_field(redactor, field, personal) for field in item.fields),
        place=_shown(redactor, item.place),
    )


def _told(redactor: Redactor, address: str, text: str) -> str:
    """A sentence about the resource at `address`, or about the whole run."""
    if not _personal(address):
        return redactor.text(text) if "/" in address else redactor.message(text)

    def quoted(found: re.Match[str]) -> str:
        return f'{found[1]}"{redactor.value(found[2])}"'

    # It quotes what no file has, where variables are filled in or a character is shown escaped.
    whole = text if CUT in text else QUOTING.sub(quoted, text)
    return QUOTING.sub(quoted, redactor.message(whole))


def _field(redactor: Redactor, field: Field, personal: bool) -> Field:
    shown: Field = _shown(redactor, field)
    if personal and _has_values(field.name):
        sides = (_value(redactor, side) for side in (field.before, field.after))
        return shown._replace(before=next(sides), after=next(sides))
    return shown


def _value(redactor: Redactor, value: Value) -> Value:
    """The digests of a value of a field, or of the values of several."""
    if isinstance(value, Mapping):
        return {key: _value(redactor, inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_value(redactor, inner) for inner in value)
    return value if value is None or isinstance(value, Address) else redactor.value(str(value))


def _address(redactor: Redactor, address: str) -> str:
    """The address of a resource; a name that is no address of a person is one that went wrong."""
    shown = redactor.text(address)
    if shown == address and _personal(address):
        kind, slash, name = address.partition("/")
        return f"{kind}{slash}{redactor.value(name)}"
    return shown


def _personal(address: str) -> bool:
    return address.startswith(f"{only(Personal).name}/")


def _has_values(field: str) -> bool:
    return field == VALUES or field.startswith(f"{VALUES}.")


# --- documents


def document(redactor: Redactor, document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` without addresses and values.

    It has no digest of what it was made from: whoever guesses a value must not find it confirmed.
    """
    clean: dict[str, Any] = _member(redactor, document, personal=False)
    return clean


def _member(redactor: Redactor, member: Any, personal: bool) -> Any:
    if isinstance(member, str):
        return redactor.text(member)
    if isinstance(member, list | tuple):
        return [_member(redactor, each, personal) for each in member]
    if not isinstance(member, Mapping):
        return member
    address = str(member.get("address") or "")
    personal = personal or _personal(address)
    values = personal and _has_values(str(member.get("path") or member.get("field") or ""))
    clean: dict[str, Any] = {}
    for key, value in member.items():
        if key == "digest" and isinstance(value, str):
            clean[key] = NO_DIGEST
        elif key == "address" and isinstance(value, str):
            clean[key] = _address(redactor, value)
        elif key in MESSAGES and isinstance(value, str):
            clean[key] = _told(redactor, address, value)
        elif values and key in SIDES:
            clean[key] = _value(redactor, value)
        else:
            clean[redactor.text(key)] = _member(redactor, value, personal)
    return clean
