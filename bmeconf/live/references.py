"""References in manifests that neither the manifests nor the account can meet. Pure.

In: the desired resources, the names of the account. Out: problems with their places.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bmeconf.kinds import IdMap, Singleton, UsesLabels, only
from bmeconf.model import Address, Place, Problem, Resource, Snapshot, did_you_mean, references


def problems(desired: Snapshot, id_map: IdMap, unclear: Collection[Address]) -> tuple[Problem, ...]:
    """Unknown lists, campaigns, fields and tags.

    A reference of an `unclear` resource has several meanings, which is a finding of its own.
    """
    return (*_unknown_references(desired, id_map, unclear), *_unknown_labels(desired, id_map))


def mentions(resource: Resource, id_map: IdMap) -> list[Address]:
    """The addresses that a resource refers to; its origins only until it exists."""
    origins = () if resource.address in id_map.ids else resource.intent.origins
    return [*references(resource.fields), *origins]


def _unknown_references(
    desired: Snapshot, id_map: IdMap, unclear: Collection[Address]
) -> Iterable[Problem]:
    known = {a.name for a in (*id_map.ids, *desired.resources)}
    for resource in desired:
        if resource.address in unclear or resource.intent.absent:
            continue
        for address in mentions(resource, id_map):
            if address not in id_map.ids and desired.get(address) is None:
                yield Problem(
                    place(resource, f"{address.kind}.{address.name}", address.kind),
                    str(resource.address),
                    f"refers to {address}, which neither the manifests nor the account have"
                    + did_you_mean(address.name, known),
                    "unknown_reference",
                )


def _unknown_labels(desired: Snapshot, id_map: IdMap) -> Iterable[Problem]:
    labels, tags = set(id_map.fields), set(id_map.tags)
    for structure in desired.of_kind(only(Singleton).name):
        labels |= set(structure.fields.get("fields") or ())
        tags |= set(structure.fields.get("tags") or ())
    for contact in desired.of_kind(only(UsesLabels).name):
        for label in contact.fields.get("fields") or ():
            if label not in labels and id_map.label(label) is None:
                yield _unknown_label(contact, "fields", label, labels)
        yield from _same_field(contact, id_map)
        for tag in contact.fields.get("tags") or ():
            if tag not in tags:
                yield _unknown_label(contact, "tags", tag, tags)


def _unknown_label(contact: Resource, field: str, label: str, known: Iterable[str]) -> Problem:
    return Problem(
        place(contact, f"{field}.{label}", field),
        str(contact.address),
        f"{field}: the account has no {field[:-1]} {label!r}{did_you_mean(label, known)};"
        f" declare it under structure: {field}, or correct the name",
        f"unknown_{field[:-1]}",
    )


def place(resource: Resource, *paths: str) -> Place:
    """The place of the first of `paths` that was written, else that of the resource."""
    places = resource.intent.places
    written = next((places[path] for path in paths if path in places), resource.intent.place)
    return written or Place("the manifests")


def _same_field(contact: Resource, id_map: IdMap) -> Iterator[Problem]:
    """Problems where two labels are one field: a predefined one, renamed by its owner."""
    labels: dict[str, str] = {}
    for label in contact.fields.get("fields") or ():
        live = id_map.label(label) or label
        if live in labels:
            yield Problem(
                place(contact, f"fields.{label}", "fields"),
                str(contact.address),
                f"fields: {label!r} and {labels[live]!r} are one field of the account; remove one",
                "same_field",
            )
        labels.setdefault(live, label)
