"""What an account shows to reads: each is made once, when the first question needs it.

In: a client that may only read. Out: whole answers, refusals included, and the objects in them.
Sources: API contract 4.1 to 4.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bmeconf.client import Answer, Reader, decoded, error_of, page_of
from bmeconf.kinds import SEARCH, Audience, IdMap, Mailing, Member, Raw, Singleton, only, replies
from bmeconf.model.errors import BmeconfError, LimitReached, ReplyUnreadable
from bmeconf.probe.model import Untold

FEW = 10
"""Rows that every service is believed to put on a page (API contract 3.4: samples use 10)."""
NOBODY = "f" * 24
"""An id that nothing has."""
ON_LISTS = "lists"
"""The key of contacts and campaigns under which the lists stand that they are on."""
SOURCES = ("_id", "key", ON_LISTS, "contactStatus", "contactSubStatus")
USED_UP = "not asked: the requests of the probe were used up"
GONE_OUT = ("scheduled", "sending", "sent")
"""Statuses of campaigns that must have recipients."""


def sound(reply: Answer) -> Any:
    """The decoded reply.

    Raises:
        Untold: the service refuses, or has no sound answer.
        Refused, LimitReached: it takes neither this request nor any other.
    """
    if reply.status in (401, 429):
        raise error_of(reply)
    if reply.status >= 300:
        scope = "; the key may lack a scope" if reply.status == 403 else ""
        raise Untold(f"answered with {reply.status}{scope}")
    try:
        return decoded(reply)
    except ReplyUnreadable:
        raise Untold(f"answered with {reply.status}, and no JSON") from None


def refused(reply: Answer) -> bool:
    """Whether the service does not take this request; raises as `sound` where it is in doubt."""
    if reply.status in (400, 413, 414, 422):
        return True
    sound(reply)
    return False


@dataclass
class Survey:
    """The reads of a probe: at most so many requests that the reader has used `most` in all."""

    reader: Reader
    most: int
    replies: list[Answer] = field(default_factory=list)

    def get(self, path: str, **params: Any) -> Answer:
        """The whole answer to one GET; raises Untold where no request is left."""
        return self._asked(path, params, None)

    def search(self, filters: Sequence[Any], **values: Any) -> Answer:
        """The whole answer to one search, by default for what is shown of few contacts."""
        return self._asked(SEARCH, None, self.query(filters, **values))

    def query(self, filters: Sequence[Any], **values: Any) -> Mapping[str, Any]:
        """The body of such a search."""
        body = {
            "contactStructureId": self.id_map.structure_id,
            "page": 1,
            "pageSize": FEW,
            "source": SOURCES,
            "contactSpecification": {"filters": filters},
        }
        return {**body, **values}

    def spend(self) -> None:
        """Raise Untold where no request is left for a question."""
        if self.reader.budget.used >= self.most:
            raise Untold(USED_UP)

    def _asked(self, path: str, params: Any, body: Any) -> Answer:
        self.spend()
        budget = self.reader.budget
        # One that gets no sound answer is sent again, which counts as well.
        ceiling, budget.ceiling = budget.ceiling, min(budget.ceiling or self.most, self.most)
        try:
            reply = self.reader.answer(path, params, body)
        except LimitReached:
            self.spend()
            raise
        finally:
            budget.ceiling = ceiling
        self.replies.append(reply)
        return reply

    # --- the parts of the account, each read once

    @cached_property
    def structures(self) -> Answer:
        """The first read of all."""
        return self.get(only(Singleton).root)

    @cached_property
    def structure(self) -> Raw:
        """The structure that is looked at: the first one."""
        if not (rows := rows_of(self.structures)):
            raise Untold("the account has no contact structure")
        return rows[0]

    @cached_property
    def id_map(self) -> IdMap:
        return IdMap(self.structure)

    @property
    def folder(self) -> str:
        """The path of the lists."""
        return only(Audience).folder(self.id_map)

    @cached_property
    def page(self) -> Answer:
        """The first page of lists."""
        return self.get(self.folder, page=1, size=FEW)

    @cached_property
    def all_lists(self) -> Answer:
        """All lists, by id and name."""
        return self.get(f"{self.folder}/all")

    @cached_property
    def unknown_list(self) -> Answer:
        return self.get(f"{self.folder}/{NOBODY}")

    @cached_property
    def campaigns(self) -> Answer:
        """The first page of campaigns."""
        return self.get(only(Mailing).root, page=1, size=FEW)

    @cached_property
    def campaign(self) -> Raw:
        """One campaign, with recipients where one is known to have some."""
        rows = rows_of(self.campaigns)
        rows = sorted(rows, key=lambda row: row.get("status") not in GONE_OUT)
        if not rows:
            raise Untold("the account has no campaign")
        return object_of(self.get(f"{only(Mailing).root}/{replies.id_of(rows[0])}"))

    @cached_property
    def everyone(self) -> Answer:
        """A search without filters."""
        return self.search([])

    @cached_property
    def hits(self) -> Sequence[Raw]:
        """Some contacts; of a list where a search without filters finds none."""
        if self.everyone.status < 300 and (rows := rows_of(self.everyone)):
            return rows
        lists = [row for row in rows_of(self.page) if replies.count_of(row.get("totalContacts"))]
        rows = rows_of(self.search([either("LIST_ID", replies.id_of(lists[0]))])) if lists else ()
        if not rows:
            raise Untold("no contact is found")
        return rows

    @property
    def mails(self) -> int:
        """How many campaigns there are, as far as their first page tells it."""
        page = page_of(sound(self.campaigns), "")
        return len(page.rows) if page.total is None else page.total

    @property
    def people(self) -> int | None:
        """How many contacts there are, None where a search does not tell it."""
        reply = self.everyone
        return page_of(sound(reply), SEARCH).total if reply.status < 300 else None

    @cached_property
    def contact(self) -> Raw:
        """One contact: active, and on a list, where one of the hits is."""

        def rank(hit: Raw) -> tuple[bool, bool]:
            return replies.status_of(hit)[0] != "Active", not hit.get(ON_LISTS)

        id = replies.id_of(min(self.hits, key=rank))
        return object_of(self.get(f"{only(Member).root}/{id}"))


def either(column: str, *values: str) -> Mapping[str, Any]:
    """A group of a search: any of `values` in this column."""
    return {"criterias": [{"columnToFilter": column, "operator": "EQ", "values": values}]}


def rows_of(reply: Answer) -> Sequence[Raw]:
    """The rows of a listing; raises as `sound`."""
    try:
        return page_of(sound(reply), reply.request).rows
    except BmeconfError as error:
        if isinstance(error, ReplyUnreadable):
            raise Untold("no listing of the kind that the API documents") from None
        raise


def object_of(reply: Answer) -> Raw:
    """The object in a reply; raises as `sound`."""
    shown = sound(reply)
    if not isinstance(shown, Mapping):
        raise Untold("no object came back")
    return shown
