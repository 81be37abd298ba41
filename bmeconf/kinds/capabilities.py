"""Capabilities: what some kinds are or can do, one idea each.

A stage asks for a capability, never for a kind: `isinstance(kind, Copyable)`, or
`having(Copyable)` for all kinds that have it.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from bmeconf.kinds import replies
from bmeconf.kinds.api import BATCH, Dialect, Raw, ReadApi, WriteApi, Written
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.id_map import IdMap
from bmeconf.model import Address, Call, Change, Fields, Intent, Resource, Value

# --- identity


class Searched(Kind):
    """Found by searching for its identity, in an index (API contract 4.2.1).

    So rows are no complete listing: nothing can be said of what they do not show. A hit shows a
    part of its object, which is read again before a change is planned. And the index may not
    show yet what was written (API contract 6, question 9).
    """

    @abstractmethod
    def stored(self, raw: Raw) -> str:
        """The identity of a live object as a search for it may need it; raises as `called` does."""


class NaturalKey(Kind):
    """The identity is the object itself: whatever has it is the same object, by any id."""


class Unique(Kind):
    """No second object can take an identity: the server refuses, on a rename too."""


class Singleton(Unique):
    """Always there, and only one is in use per run: never created, deleted or searched for.

    Manifests declare it as a block of its own, not in a list.
    """

    @property
    def address(self) -> Address:
        """The only address of this kind."""
        return Address(self.name)

    def counted(self, number: int) -> str:
        return f"the {self.noun}"

    @abstractmethod
    def pick(self, rows: Sequence[Raw], wanted: Sequence[Resource]) -> Raw:
        """The row of the object in use: by id, by label, or the only one (design 1).

        Raises:
            InvalidInput: where the manifests do not say which, or name one that is not there.
            ReplyUnreadable: where the account shows none at all.
        """

    def look(
        self, api: ReadApi, id_map: IdMap, ids: Sequence[str], keys: Sequence[str]
    ) -> Mapping[str, Raw]:
        # Every run begins by reading it.
        return {id_map.structure_id: id_map.structure}

    def look_price(self, ids: int, keys: int, live: int, dialect: Dialect) -> int:
        return 0

    def create_calls(self, id_map: IdMap, fields: Fields, intent: Intent) -> Sequence[Call]:
        raise AssertionError(f"a {self.noun} is never created: pick() refuses before")

    def create(self, api: WriteApi, id_map: IdMap, fields: Fields, intent: Intent) -> Written:
        raise AssertionError(f"a {self.noun} is never created: pick() refuses before")


class SharedNames(Kind):
    """The server may accept a name twice: a create looks for it first, and twins are possible."""


class Personal(Kind):
    """The identity is personal data: no file of ours keeps it, and the seed policy limits it."""


# --- references


class Audience(Kind):
    """A group of people that others refer to by name: who is on it gets what is sent to it.

    A group that is made of others has their members too (API contract 4.3).
    """

    @abstractmethod
    def size(self, raw: Raw) -> int | None:
        """How many contacts a listed group has, None where the row does not show it."""


class Member(Kind):
    """On the audiences that the field `membership` refers to, and with them on copies of these."""

    membership: ClassVar[str]

    @abstractmethod
    def unreached(self, desired: Resource, live: Resource) -> str:
        """Why no mail reaches the member, which is declared to be reached; empty where it does."""


class Mailing(Kind):
    """Goes to the audiences it refers to, and is reported on once it was sent (contract 4.7).

    The domain of the address in the field `sender` must be ready for sending (design 7.10). The
    field `recipients` names the audiences.
    """

    sender: ClassVar[str]
    recipients: ClassVar[str]


class UsesLabels(Kind):
    """Written by the labels of fields and tags that the structure must have first."""


# --- fields


class PartialSets(Kind):
    """Its sets are declared in part: members that no manifest names stay."""

    def exact_over(self, change: Change, managed: Managed) -> Collection[Value] | None:
        if change.path[0] not in self.sets:
            return None
        return {*(change.before or ()), *(change.after or ())}


class Patchable(Kind):
    """An update is partial, so that a field can be written without having been read."""


# --- reading


class Detailed(Kind):
    """A row shows a part of its object; the rest is read one by one."""

    row_keys: ClassVar[tuple[str, ...]]
    """The keys that a row and the whole object both show."""

    def listed(self, raw: Raw) -> Any:
        """The JSON content that a row and the whole object both show."""
        return [replies.text_of(raw.get(key)) or None for key in self.row_keys]

    def touched(self, raw: Raw) -> str:
        """When the object was last changed, empty where the reply does not show that."""
        return replies.text_of(raw.get("updatedAt")) or ""

    @abstractmethod
    def filled(self, raw: Raw, shown: Collection[str]) -> Raw:
        """`raw` with a null for each key that replies leave out where it is empty.

        `shown` are the keys that replies of this kind are known to have in this account.
        """

    @abstractmethod
    def complete_row(self, rows: Sequence[Raw]) -> Raw | None:
        """The row whose details are sure to show every key that the API shows at all."""


class Batched(Kind):
    """Many objects are read again together in fewer requests than one by one."""

    @abstractmethod
    def batch_price(self, count: int, batch: int) -> int:
        """How many requests `reread` takes for `count` identities, `batch` of them at a time."""

    def look_price(self, ids: int, keys: int, live: int, dialect: Dialect) -> int:
        # Identities that are to be taken are found nowhere, which several batches, or a large one,
        # ask twice: the second time no more at once than usual.
        batch = dialect.search_batch
        usual = self.batch_price(keys, min(batch, BATCH))
        return ids + self.batch_price(keys, batch) + (usual if usual > 1 else 0)


class Touch(NamedTuple):
    """The last change of a live object: when, in the words of the API; the rest where it tells.

    `by` is the type of who did it (`user`, `api-key`), `user` the id, `source` where from.
    """

    at: str
    event: str = ""
    source: str = ""
    by: str = ""
    user: str = ""


class Traceable(Kind):
    """The API tells who last wrote to an object, in a feed of its events."""

    @abstractmethod
    def last_write(self, api: ReadApi, id: str) -> Touch | None:
        """The last change of the object `id`, in one request; None where it cannot be told.

        Raises:
            ApiError, Refused, LimitReached: as the reply says.
        """


# --- steps


COPY_NAMES = (r"(?i:copy of)\s+{}", r"{}\s*(?: -)? \(?(?i:copy)\)?", r"{}")
NUMBERED = r"(?:\s+\(?\d+\)?)?"
"""What services call a copy; how this service does is not documented (API contract 4.3, 4.4)."""


def names_copy(name: str, source: str) -> bool:
    """True if `name` is one that a service may give to a copy of `source`, itself included."""
    # A source may end in digits of its own, so that a name alone does not tell what was copied.
    called = (form.format(re.escape(source)) + NUMBERED for form in COPY_NAMES)
    return any(re.fullmatch(pattern, name, re.DOTALL) for pattern in called)


class Copyable(Kind):
    """Can be created as a copy of another object."""

    pins_source: ClassVar[bool] = False
    """True if a copy brings along content that no manifest declares: its source is pinned."""

    def marks(self, raw: Raw) -> Raw:
        """The part of a listed object by which its copies are known; empty for an empty row."""
        return {"name": raw.get("name")} if raw else {}

    def copied(self, marks: Raw, raw: Raw, at: str) -> bool:
        """True if a listed object is a copy, made at `at`, of an object with these marks.

        It has a name of the service's own making, was made then, and nobody has touched it since:
        anything else may be somebody's own, and is not to be written to.
        """
        fresh = replies.made_at(raw, at) and raw.get("updatedAt") == raw.get("createdAt")
        return fresh and bool(marks) and names_copy(self.key(raw), self.key(marks))
