"""Removing what a probe made: also what it may have made, where the answer was lost.

In: what a journal tells. Out: what could not be removed. The account decides: a list or a draft is
removed if its name has the token of the probe, which nothing else has; the contact if it has the
address, and was made by an answer that the journal has, or is on a list of the probe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bmeconf.client import Writer, page_of
from bmeconf.kinds import SEARCH, Audience, Mailing, Member, Raw, only, replies
from bmeconf.model import CampaignStatus
from bmeconf.model.errors import BmeconfError, NotFound, OutcomeUnknown
from bmeconf.probe.journal import Remains
from bmeconf.probe.model import Left
from bmeconf.probe.people import PAUSES
from bmeconf.probe.survey import Survey, either

TIMES = 2
"""How often a delete is sent whose answer is lost, and a read begun that fails."""


class Unnoted:
    """The witness of deletes: no line is needed to know that something is gone."""

    def before(self, method: str, path: str) -> None:
        """Nothing is noted."""

    def after(self, fate: str, made: str = "") -> None:
        """Nothing is noted."""


@dataclass(frozen=True)
class Cleaning:
    """What is done in one account, whose structure the survey has read."""

    writer: Writer
    survey: Survey
    remains: Remains

    def all(self) -> tuple[Left, ...]:
        """Remove everything; what is left.

        Raises:
            KeyboardInterrupt: a person does not wait for it.
        """
        # Its waits are not cut short: what is not removed now takes another run.
        self.writer.budget.patient = True
        parts = {
            only(Member).noun: self._contacts,
            only(Mailing).noun: self._drafts,
            only(Audience).noun: self._lists,
        }
        concerned = {*self.remains.made.values(), *self.remains.doubtful}
        return tuple(
            each
            for noun, remove in parts.items()
            if noun in concerned
            for each in self._tried(noun, remove)
        )

    def _tried(self, noun: str, remove: Callable[[], Iterator[Left]]) -> Sequence[Left]:
        """What is left after removing, which is begun again where a read fails."""
        for _ in range(TIMES):
            try:
                return [*remove()]
            except BmeconfError as error:
                why = error.message
        return [Left(noun, self._called(noun), why)]

    def _called(self, noun: str) -> str:
        return self.remains.contact if noun == only(Member).noun else f'"{self.remains.name}"'

    def _ids(self, noun: str) -> list[str]:
        return [id for id, each in self.remains.made.items() if each == noun]

    # --- lists and drafts: by their names

    def _lists(self) -> Iterator[Left]:
        for id in self._live_lists():
            yield from self._removed(only(Audience).noun, f"{self.survey.folder}/{id}")

    def _live_lists(self) -> Sequence[str]:
        noun, rows = only(Audience).noun, self.writer.listing(f"{self.survey.folder}/all")
        return [replies.id_of(row) for row in rows if self._is_ours(noun, row)]

    def _drafts(self) -> Iterator[Left]:
        noun, root = only(Mailing).noun, only(Mailing).root
        for row in self.writer.pages(root, {"criteria": self.remains.name}):
            if not self._is_ours(noun, row):
                continue
            if row.get("status") == CampaignStatus.DRAFT:
                yield from self._removed(noun, f"{root}/{replies.id_of(row)}")
            else:
                yield Left(noun, self._called(noun), "it is no draft any more")

    def _is_ours(self, noun: str, row: Raw) -> bool:
        """Whether this probe made an object: it has the token, which is in no other name.

        Where the token stands behind other words, as in `Copy of ...`, a person may have made it,
        unless the journal has its id, or misses one.
        """
        name = replies.text_of(row.get("name")) or ""
        known = replies.id_of(row) in self._ids(noun) or noun in self.remains.doubtful
        return self.remains.name in name and (known or name.startswith(self.remains.name))

    # --- the contact: by what the journal tells

    def _contacts(self) -> Iterator[Left]:
        kind = only(Member)
        ids = {*self._ids(kind.noun)}
        if kind.noun in self.remains.doubtful:
            ids |= self._on_our_list()
        for id in ids:
            path = f"{kind.root}/{id}"
            try:
                shown = self.writer.get(path)
            except NotFound:
                continue
            key = replies.text_of(shown.get("key")) if isinstance(shown, Mapping) else None
            if (key or "").lower() == self.remains.contact.lower():
                yield from self._removed(kind.noun, path)
            else:
                yield Left(kind.noun, self.remains.contact, "its address is another one by now")

    def _on_our_list(self) -> set[str]:
        """The contact, where its address is found on the first list of the probe.

        It was made on that one, and a search may lag.
        """
        first = self._ids(only(Audience).noun)[:1]
        for pause in PAUSES if {*first} & {*self._live_lists()} else ():
            self.writer.pause(pause)
            found = self.writer.hits(self.survey.query([either("LIST_ID", *first)]))
            ids = {
                replies.id_of(hit)
                for hit in page_of(found, SEARCH).rows
                if str(hit.get("key")).lower() == self.remains.contact.lower()
            }
            if ids:
                return ids
        return set()

    def _removed(self, noun: str, path: str) -> Iterator[Left]:
        """Delete one object; what is left of it."""
        why = ""
        for _ in range(TIMES):
            try:
                self.writer.send("DELETE", path)
                return
            except NotFound:
                return
            except OutcomeUnknown as error:
                # To delete an object by its id does the same each time.
                why = error.message
            except BmeconfError as error:
                yield Left(noun, self._called(noun), error.message)
                return
        yield Left(noun, self._called(noun), why)
