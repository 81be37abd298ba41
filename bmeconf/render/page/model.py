"""Page: what a command has to tell, in no format yet. Pure data.

A plan, a result, a drift report and a delivery report each become one Page; each format renders
every Page. So all formats tell the same, and a new document has all formats at once. Texts are
as they came: each format makes them harmless in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bmeconf.model import Place, Value


@dataclass(frozen=True)
class Field:
    """One field of an item: its name as `fields.City`, the value before and after.

    `body` marks a text of many lines that is shown as a diff, `markup` one that is HTML besides.
    `told` says more of it in words: who moved, since when it is known. `new` says that there is
    no value before.
    """

    name: str
    before: Value = None
    after: Value = None
    new: bool = False
    body: bool = False
    told: str = ""
    markup: bool = False


@dataclass(frozen=True)
class PageItem:
    """One thing to know of one resource.

    `sign` is one of `+ ~ - ! » =`, `state` one word for it (`create`, `frozen`, `applied`), `head`
    what is said of it: of a `create`, `update` or `delete` a phrase that tells the state too
    (`will be created`), else a message (`is sent, not a draft`) or nothing. `notes` and `remedy`
    are sentences. `level` is `error`, `warning`, `note` or empty; `fails` makes it a failed test
    case. `must` keeps it whatever the room: deletes, errors. `place` is where its manifest is,
    where that is known.
    """

    sign: str
    address: str
    state: str
    head: str
    fields: tuple[Field, ...] = ()
    notes: tuple[str, ...] = ()
    remedy: str = ""
    level: str = ""
    fails: bool = False
    must: bool = False
    place: Place | None = None


@dataclass(frozen=True)
class Task:
    """One box to tick: what a person has to do, with what they need to know for it.

    `what` is one sentence without the address. A task in the state `done` is ticked. Tasks are
    kept whatever the room.
    """

    address: str
    state: str
    what: str
    due: datetime
    owner: str = ""
    note: str = ""
    where: tuple[str, ...] = ()
    """The clicks, in order, each as one sentence."""
    seen: str = ""
    """What the account shows of it now."""
    fails: bool = False
    enter: tuple[tuple[str, str], ...] = ()
    """What is typed in or chosen there, each under its label."""


@dataclass(frozen=True)
class Series:
    """Numbers over time, for a small plot: labels and values, of the same length.

    `unit` follows a value where it is shown: `%`, or ` opens` with its blank.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under heads, all texts; `numbers` are the columns that are set to the right."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of a page under a title; any of its members may be empty."""

    title: str
    items: tuple[PageItem, ...] = ()
    tasks: tuple[Task, ...] = ()
    tables: tuple[Table, ...] = ()
    series: tuple[Series, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Page:
    """A whole report.

    `document` is its JSON format (`bmeconf.plan/1`), `mood` is `good`, `warn` or `bad`; `verdict`
    one sentence that can be trusted alone; `counts` what is counted, by label, in order;
    `fingerprint`, `price` and `next_command` are empty where there is none. `made_at` is aware.
    `binding`: somebody agrees to it as it is told, so that nothing of what `must` be kept may be
    left out, whatever the room.
    """

    document: str
    title: str
    account: str
    verdict: str
    mood: str
    counts: tuple[tuple[str, int], ...] = ()
    sections: tuple[Section, ...] = ()
    fingerprint: str = ""
    price: str = ""
    next_command: str = ""
    made_at: datetime | None = None
    binding: bool = False
