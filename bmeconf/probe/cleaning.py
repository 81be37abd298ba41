"""Removing what a probe made: also what it may have made, where the answer was lost.

In: what a journal tells. Out: what could not be removed. The account decides: a list or a draft is
removed if its name has the token of the probe, which nothing else has; the contact if it has the
address, and was made by an answer that the journal has, or is on a list of the probe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bmeconf.client import Writer, page_of
from bmeconf.kinds import SEARCH, Audience, Mailing, Member, Raw, only, replies
from bmeconf.model.errors import BmeconfError, NotFound, OutcomeUnknown
from bmeconf.probe.journal import Remains
from bmeconf.probe.people import PAUSES
from bmeconf.probe.survey import Survey, either

TIMES = 3
"""How often a delete is sent whose answer is lost."""
DRAFT = "draft"


@dataclass(frozen=True)
class Left:
    """An object that could not be removed, what people find it by, and why it is still there."""

    noun: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.noun} {self.name} ({self.why})"


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
        left = list[Left]()
        for noun, remove in parts.items():
            if noun not in {*self.remains.made.values(), *self.remains.doubtful}:
                continue
            try:
                left += remove()
            except BmeconfError as error:
                left.append(Left(noun, self._called(noun), error.message))
        return tuple(left)

    def _called(self, noun: str) -> str:
        return self.remains.contact if noun == only(Member).noun else f'"{self.remains.name}"'

    def _ids(self, noun: str) -> set[str]:
        return {id for id, each in self.remains.made.items() if each == noun}

    # --- lists and drafts: by their names

    def _ours(self, row: Raw) -> bool:
        return self.remains.name in (replies.text_of(row.get("name")) or "")

    def _live_lists(self) -> Mapping[str, Raw]:
        rows = self.writer.listing(f"{self.survey.folder}/all")
        return {replies.id_of(row): row for row in rows if self._ours(row)}

    def _lists(self) -> Iterator[Left]:
        noun = only(Audience).noun
        for id in self._live_lists():
            if self._may_remove(noun, id):
                yield from self._removed(noun, f"{self.survey.folder}/{id}")

    def _drafts(self) -> Iterator[Left]:
        noun, root = only(Mailing).noun, only(Mailing).root
        rows = filter(self._ours, self.writer.pages(root, {"criteria": self.remains.name}))
        for row in rows:
            id = replies.id_of(row)
            if row.get("status") != DRAFT:
                yield Left(noun, self._called(noun), "it is no draft any more")
            elif self._may_remove(noun, id):
                yield from self._removed(noun, f"{root}/{id}")

    def _may_remove(self, noun: str, id: str) -> bool:
        """Whether the journal names this id, or cannot know it since an answer was lost."""
        return id in self._ids(noun) or noun in self.remains.doubtful

    # --- the contact: by what the journal tells

    def _contacts(self) -> Iterator[Left]:
        kind = only(Member)
        ids = self._ids(kind.noun)
        if kind.noun in self.remains.doubtful:
            ids |= self._on_our_lists()
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

    def _on_our_lists(self) -> set[str]:
        """The contact, where its address is found on a list of the probe; a search may lag."""
        lists = [*self._live_lists()]
        for pause in PAUSES if lists else ():
            self.writer.pause(pause)
            body = self.survey.query([either("LIST_ID", id) for id in lists])
            rows = page_of(self.writer.hits(body), SEARCH).rows
            if found := {
                replies.id_of(row)
                for row in rows
                if str(row.get("key")).lower() == self.remains.contact.lower()
            }:
                return found
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
