"""The journal of a probe that writes, and what it tells of objects that may be left.

It lies beside the journals of applies, sealed like them. What is removed by it later is only what
still has a name of this probe, or is the contact that was made on one of its lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bmeconf.apply import NOT_DONE, PROBE, Origin, SealedLines, journal_name, read_own

FORMAT = "bmeconf.probe-journal/1"
NAME = "bmeconf probe {token}"
"""What every list and campaign of a probe is called, with more words behind it."""


@dataclass(frozen=True)
class Remains:
    """What a probe made in an account, or may have made: objects by id, each with its noun.

    `doubtful` are the nouns of those whose answer was lost. `token` is in all of their names, but
    `contact` is an address of the user's.
    """

    account: str
    token: str
    contact: str
    made: Mapping[str, str]
    doubtful: frozenset[str]

    @property
    def name(self) -> str:
        """How the names of its lists and campaigns begin."""
        return NAME.format(token=self.token)


class ProbeJournal(SealedLines):
    """One probe's journal, open for appending; it hears of each write as a witness.

    `noun` is of the object that the next write makes, empty where it makes none.
    """

    noun = ""

    def __init__(self, path: Path, file: int, origin: Origin) -> None:
        super().__init__(path, file, origin)
        self._lines: list[Mapping[str, Any]] = []

    @classmethod
    def create(
        cls, folder: Path, now: datetime, origin: Origin, account: str, token: str, contact: str
    ) -> ProbeJournal:
        """A new journal; raises InvalidInput where it cannot be written."""
        head = {"format": FORMAT, "account": account, "token": token, "contact": contact}
        journal = cls.begin(folder / journal_name(now, PROBE), origin, **head)
        journal._lines.append(head)
        return journal

    def before(self, method: str, path: str) -> None:
        """Note that this request is about to be sent; on JournalLost it must not be."""
        self._lines.append({"event": "write", "noun": self.noun})
        self._write("write", noun=self.noun, method=method, path=path)

    def after(self, fate: str, made: str = "") -> None:
        """Note how a write ended, and the id in its answer."""
        self._lines.append({"event": "answer", "fate": fate, "id": made})
        self._note("answer", fate=fate, id=made)

    @property
    def remains(self) -> Remains:
        """What this probe has made so far."""
        return remains_of(self._lines)


def remains_of(lines: Sequence[Mapping[str, Any]]) -> Remains:
    """What the lines of a journal tell. Raises one of DAMAGE where they are of no probe."""
    head, *events = lines
    if head["format"] != FORMAT:
        raise ValueError(head["format"])
    made: dict[str, str] = {}
    doubtful, noun = set[str](), ""
    for each in events:
        if each["event"] == "write":
            # One write follows the answer to the one before it, or a lost answer.
            doubtful |= {noun}
            noun = each["noun"]
        else:
            if noun and each["id"]:
                made[each["id"]] = noun
            elif each["fate"] not in NOT_DONE:
                doubtful |= {noun}
            noun = ""
    doubtful = (doubtful | {noun}) - {""}
    account, token, contact = (str(head[key]) for key in ("account", "token", "contact"))
    return Remains(account, token, contact, made, frozenset(doubtful))


def left_behind(folder: Path, origin: Origin, account: str) -> Iterator[tuple[Path, Remains]]:
    """The journals that probes of this machine left for this account, the newest first."""
    for path in sorted(folder.glob(f"*-{PROBE}.jsonl"), reverse=True):
        remains = read_own(path, origin, _remains)
        if remains and remains.account == account and not origin.is_tracked(path):
            yield path, remains


def _remains(whole: bytes) -> Remains:
    return remains_of([json.loads(line) for line in whole.splitlines()])
