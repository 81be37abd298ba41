"""A Desired without errors -> plain data for JSON, and back: `decoded` is the inverse of `encoded`.

A resource is a row: kind, name, fields, file, line, column, shape, and what few have, by its name.
In fields, a text, a truth value, null and an object stand for themselves. An integer is an index
into `values`, where anything else lies once, however many share it. A shape says, by an entry's
own place, where its fields are; entries that are written alike share theirs. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from sys import intern
from types import MappingProxyType
from typing import Any

from bmeconf.desired.validate.formats import instant
from bmeconf.desired.validate.places import Places
from bmeconf.desired.validate.reading import Desired
from bmeconf.model import (
    Address,
    Finding,
    Intent,
    Place,
    Problem,
    Resource,
    Schedule,
    Snapshot,
    Template,
    zone_name,
)

Shape = tuple[Mapping[str, int], Sequence[int]]


def encoded(desired: Desired) -> dict[str, Any]:
    """The desired side as plain data; raises TypeError for a value that has no form."""
    tables = _Tables()
    return {
        "resources": [tables.resource(each) for each in desired.snapshot],
        "problems": [[*tables.place(each.place), *each[1:]] for each in desired.problems],
        "lint": [tables.finding(each) for each in desired.lint],
        "digest": desired.digest,
        "covered": None if desired.covered is None else sorted(desired.covered),
        "values": [*tables.values.values()],
        "shapes": [*tables.shapes],
        "orders": [[*order] for order in tables.orders.values()],
        "files": [*tables.files],
    }


class _Tables:
    """What rows share; each table is in the order of its indexes."""

    def __init__(self) -> None:
        self.files: dict[str, int] = {}
        self.orders: dict[int, Mapping[str, int]] = {}
        self.shapes: dict[tuple[int, ...], int] = {}
        self.values: dict[str, Any] = {}
        self._indexes: dict[str, int] = {}
        self._order_indexes: dict[int, int] = {}
        self._alike: dict[tuple[int, int, int], int] = {}

    def place(self, place: Place) -> tuple[int, int, int]:
        return self.files.setdefault(place.file, len(self.files)), place.line, place.column

    def finding(self, finding: Finding) -> list[Any]:
        if finding.place is None or finding.allow:
            raise TypeError(f"{finding.code} is not of a manifest")
        names = ("level", "code", "message", "remedy", "field", "tag")
        rest = (getattr(finding, name) for name in names)
        return [*finding.address.parts, *self.place(finding.place), *rest]

    def resource(self, resource: Resource) -> list[Any]:
        address, intent = resource.address, resource.intent
        if intent.place is None or resource.facts or resource.raw:
            raise TypeError(f"{address} is not of a manifest")
        fields = {key: self.value(value) for key, value in resource.fields.items()}
        place = self.place(intent.place)
        shape = self._shape(intent.places, place[1])
        return [address.kind, address.name, fields, *place, shape, self._rest(resource) or None]

    def _rest(self, resource: Resource) -> dict[str, Any]:
        intent = resource.intent
        schedule = intent.schedule
        due = schedule and [
            *(schedule.at.isoformat(), zone_name(schedule.at), schedule.owner, schedule.note)
        ]
        spelled = None if intent.spelled == (resource.address.name,) else [*intent.spelled]
        rest = {
            "address_id": resource.address.id,
            "id": resource.id,
            "absent": intent.absent,
            "protect": intent.protect,
            "renamed_from": [*intent.renamed_from],
            "copy_of": intent.copy_of and intent.copy_of.parts,
            "merge_of": [each.parts for each in intent.merge_of],
            "schedule": due,
            "expect": {**intent.expect},
        }
        found = {key: value for key, value in rest.items() if value}
        return found if spelled is None else {**found, "spelled": spelled}

    def _shape(self, places: Mapping[str, Place], line: int) -> int:
        if not isinstance(places, Places):
            raise TypeError("these places are not of a manifest")
        alike = id(places.order), id(places.numbers), places.line - line
        if alike not in self._alike:
            key = id(places.order)
            index = self._order_indexes.setdefault(key, len(self._order_indexes))
            self.orders[key] = places.order
            numbers = [index]
            for each in places.values():
                numbers += self.place(each)
                numbers[-2] -= line
            self._alike[alike] = self.shapes.setdefault((*numbers,), len(self.shapes))
        return self._alike[alike]

    def value(self, value: Any) -> Any:
        kind = type(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is dict:
            return {key: self.value(inner) for key, inner in value.items()}
        row: list[Any]
        if kind is tuple:
            row = ["tuple", *map(self.value, value)]
        elif kind is Address:
            row = ["address", *value.parts]
        elif kind is Template:
            row = ["template", value.name, value.lang]
        else:
            raise TypeError(f"{kind} has no form")
        name = repr(row)
        self.values.setdefault(name, row)
        return self._indexes.setdefault(name, len(self._indexes))


def decoded(data: Mapping[str, Any]) -> Desired:
    """The desired side that `encoded` made this of."""
    files, values, covered = data["files"], _values(data["values"]), data["covered"]
    orders = [{field: n for n, field in enumerate(order)} for order in data["orders"]]
    shapes = [(orders[index], numbers) for index, *numbers in data["shapes"]]
    return Desired(
        Snapshot.of(_resources(data["resources"], files, values, shapes)),
        tuple(
            Problem(Place(files[file], line, column), *rest)
            for file, line, column, *rest in data["problems"]
        ),
        data["digest"],
        covered=None if covered is None else frozenset(covered),
        lint=tuple(_finding(row, files) for row in data["lint"]),
    )


def _finding(row: Sequence[Any], files: Sequence[str]) -> Finding:
    kind, name, id, file, line, column, level, code, message, remedy, field, tag = row
    address, place = Address(kind, name, id), Place(files[file], line, column)
    return Finding(level, code, address, message, remedy, field, place=place, tag=tag)


def _values(rows: Sequence[Any]) -> Sequence[Any]:
    """The shared values; what one is made of lies before it."""
    values: list[Any] = []
    for form, *parts in rows:
        if form == "address":
            values.append(Address(*parts))
        elif form == "template":
            values.append(Template(*parts))
        else:
            values.append(tuple([_value(part, values) for part in parts]))
    return values


def _value(value: Any, values: Sequence[Any]) -> Any:
    kind = type(value)
    if kind is int:
        return values[value]
    if kind is dict:
        return {key: _value(inner, values) for key, inner in value.items()}
    return value


def _resources(
    rows: Sequence[Any], files: Sequence[str], values: Sequence[Any], shapes: Sequence[Shape]
) -> Iterator[Resource]:
    for kind, name, fields, file, line, column, shape, rest in rows:
        # Most values are texts: they stay as they are, without a call.
        for key, value in fields.items():
            if type(value) is not str:
                fields[key] = _value(value, values)
        address, id = Address(intern(kind), name), ""
        intent: dict[str, Any] = {"spelled": (name,)}
        if rest:
            address = Address(address.kind, name, rest.pop("address_id", ""))
            id = rest.pop("id", "")
            intent |= {key: _told(key, value) for key, value in rest.items()}
        order, numbers = shapes[shape]
        yield Resource(
            address,
            MappingProxyType(fields),
            id,
            intent=Intent(
                place=Place(files[file], line, column),
                places=Places(order, numbers, files, line),
                **intent,
            ),
        )


def _told(key: str, value: Any) -> Any:
    """A part of an intent, out of its JSON."""
    if key in ("spelled", "renamed_from"):
        return tuple(value)
    if key == "copy_of":
        return Address(*value)
    if key == "merge_of":
        return tuple(Address(*each) for each in value)
    if key == "schedule":
        at, name, *rest = value
        due: datetime | None = datetime.fromisoformat(at)
        if name:
            # As the zone has it by now, which may have changed its rules.
            due = instant(f"{at[:19]} {name}")
        if due is None:
            raise ValueError(f"{at} is no time in {name}")
        return Schedule(due, *rest)
    return MappingProxyType(value) if key == "expect" else value
