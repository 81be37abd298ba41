"""IdMap: the ids behind addresses, field labels and tags, as far as a run knows them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache

from bmeconf.kinds import replies
from bmeconf.kinds.api import Raw
from bmeconf.model import LISTS, STRUCTURE, Address, Resource, Value, canonical_name
from bmeconf.model.errors import Stale


@dataclass(frozen=True)
class IdMap:
    """The ids behind names, as far as a run knows them.

    `structure` is the raw contact structure in use; `ids` the live id of each bound or
    referred-to resource.
    """

    structure: Raw = field(default_factory=dict)
    ids: Mapping[Address, str] = field(default_factory=dict)

    @classmethod
    def of(cls, structure: Raw) -> IdMap:
        """The map of an account of which only the structure in use was read."""
        return cls(structure, {Address(STRUCTURE): replies.id_of(structure)})

    @property
    def structure_id(self) -> str:
        """The id of the structure in use."""
        return replies.id_of(self.structure, "the contact structure")

    def account(self, base_url: str) -> str:
        """The account's fingerprint, from facts that are stable and no secret (design 5)."""
        return replies.digest([base_url, self.structure_id])

    @cached_property
    def _addresses(self) -> Mapping[tuple[str, str], Address]:
        return {(address.kind, id): address for address, id in self.ids.items()}

    def address(self, kind: str, id: str) -> Address:
        """The address of a live object; one without a name where the run knows none."""
        return self._addresses.get((kind, id)) or Address(kind, id=id)

    def knows(self, kind: str, id: str) -> bool:
        """True if this run has read the live object with this id."""
        return (kind, id) in self._addresses

    def lists_of(self, raw: Raw) -> tuple[Address, ...] | None:
        """The lists that a reply names, as a set; None where it does not show them."""
        ids = replies.ids_of(raw, "lists")
        if ids is None:
            return None
        if ids not in self._lists:
            self._lists[ids] = tuple(sorted(self.address(LISTS, id) for id in ids))
        return self._lists[ids]

    @cached_property
    def _lists(self) -> dict[tuple[str, ...], tuple[Address, ...]]:
        """Sets of lists that were met, by their ids: many contacts share one."""
        return {}

    def tags_of(self, raw: Raw) -> tuple[str, ...] | None:
        """The tags that a reply names, by label; None where it does not show them."""
        ids = replies.ids_of(raw, "tags")
        if not ids:
            return ids
        return tuple(sorted(self._tag_labels.get(id, f"#{id}") for id in ids))

    def id(self, address: Address) -> str | None:
        """The live id behind `address`, None while it does not exist."""
        return self.ids.get(address) or (address.id if not address.name else None)

    def require(self, address: Address) -> str:
        """The live id behind `address`.

        Raises:
            Stale: where there is none: writing without it would do less than the plan says.
        """
        id = self.id(address)
        if id is None:
            raise Stale(f"{address} is not in the account")
        return id

    def with_ids(self, ids: Mapping[Address, str]) -> IdMap:
        """This map with `ids` added."""
        return replace(self, ids={**self.ids, **ids})

    @cached_property
    def fields(self) -> Mapping[str, Raw]:
        """The structure's fields by canonical label."""
        fields = replies.objects_of(self.structure.get("fields"), "the fields of the structure")
        return {label_of(field): field for field in fields}

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """The structure's tags: id by canonical label."""
        tags = replies.objects_of(self.structure.get("tags"), "the tags of the structure")
        return {label_of(tag): replies.id_of(tag, "a tag of the structure") for tag in tags}

    @cached_property
    def _tag_labels(self) -> Mapping[str, str]:
        return {id: label for label, id in self.tags.items()}

    @cached_property
    def field_labels(self) -> Mapping[str, str]:
        """The structure's fields: canonical label by id."""
        return {str(field.get("_id")): label for label, field in self.fields.items()}

    def tag(self, label: str) -> str:
        """The id of a tag, by its label.

        Raises:
            Stale: where the structure has no such tag.
        """
        if label in self.tags:
            return self.tags[label]
        if not label.startswith("#"):
            raise Stale(f"the account has no tag {label!r} any more")
        return label[1:]

    def relabelled(self, desired: Resource) -> Resource:
        """`desired` with the labels of its fields as the live structure has them."""
        used = desired.fields.get("fields") or {}
        if used.keys() <= self._as_live:
            return desired
        if all(self.label(label) in (label, None) for label in used):
            self._as_live.update(used)
            return desired
        fields = {self.label(label) or label: value for label, value in used.items()}
        return replace(desired, fields={**desired.fields, "fields": fields})

    @cached_property
    def _as_live(self) -> set[str]:
        """Labels that were met and need no other: many contacts share them."""
        return set()

    @cached_property
    def label(self) -> Callable[[str], str | None]:
        """The live label of a field: by predefined name first, then by label (contract 4.1)."""
        predefined: dict[str, str] = {}
        for label, live in self.fields.items():
            if isinstance(name := live.get("predefinedField"), str):
                predefined.setdefault(name, label)

        @cache
        def live_label(wanted: str) -> str | None:
            first, *rest = wanted.split() or [""]
            camel = first.lower() + "".join(map(str.capitalize, rest))
            return predefined.get(camel, wanted if wanted in self.fields else None)

        return live_label


def label_of(raw: Raw) -> str:
    """The canonical label of a structure, a field or a tag; empty where it shows none."""
    return canonical_name(replies.text_of(raw.get("label")) or "")


@lru_cache(maxsize=1024)
def list_address(name: str) -> Address:
    """The address of a list, by the name that a manifest has for it."""
    return Address(LISTS, canonical_name(name))


def set_of(member: Callable[[str], Value]) -> Callable[[Iterable[str] | None], Value]:
    """What makes a set canonical: a sorted tuple of its members, each as `member` makes it."""
    return lambda given: tuple(sorted({member(each) for each in given or ()}))
