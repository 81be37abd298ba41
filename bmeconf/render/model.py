"""Page: all that a command has to tell, in no format yet. Pure data.

Texts are as they came: each format makes them harmless in its own way.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from bmeconf.model import BROKEN, CREATE, DELETE, UPDATE, Place, Value
from bmeconf.model import DONE as DONE

WORDS = {
    "todo": "to do",
    "drift": "drifted",
    "conflict": "changed on both sides",
    "pending": "not applied yet",
}
"""What people call a state of a manual step or of a difference, where that is not its code."""
STEP = (CREATE, UPDATE, DELETE)
"""The states of planned changes."""
PLURALS = ("manual steps", "expectations", "errors", "warnings", "notes")
"""The nouns in labels of counts. Labels are in the plural, so that those of accounts add up."""


def in_words(state: str) -> str:
    """A state as people write it."""
    return WORDS.get(state, state).replace("_", " ")


class Field(NamedTuple):
    """One field of an item: its name as `fields.City`, its value before and after.

    `new`: there is no value before. `body`: a text of many lines, shown as a diff; `markup`: a
    body that is HTML. `note` says more in words, such as who changed the field. `sides` is what
    the two values are called where each stands alone. `part`: of sets, only the members that go
    and come; others, which stay, are left out. `apart`: the sides stand beside each other, and
    neither becomes the other, so that no format may show them as a change.
    """

    name: str
    before: Value = None
    after: Value = None
    new: bool = False
    body: bool = False
    note: str = ""
    markup: bool = False
    sides: tuple[str, str] = ("Before", "After")
    part: bool = False
    apart: bool = False


class PageItem(NamedTuple):
    """One statement about one resource, file or run.

    `sign` is one of `+ ~ - ! » =`, `state` one word (`create`, `frozen`, `applied`). `head` is a
    message (`is sent, not a draft`) or empty; for `create`, `update` and `delete` a phrase that
    says the state too (`will be created`). `notes` and `remedy` are sentences, and so is the
    `history`: who changed either side last. `level` is `error`, `warning`, `note` or empty.
    `fails` makes the item a failed test case. `must` keeps it however little room there is.
    `place` is where its manifest is, if known, and `link` a URL that shows that place. Where it
    stands for many resources, `address` counts them, and `members` are their addresses. It is
    `located` if it is about the very place, as in a body, and `coded` if its state is the code of
    a finding or an error, which says something to those alone who look it up.
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
    link: str = ""
    members: tuple[str, ...] = ()
    located: bool = False
    history: tuple[str, ...] = ()
    coded: bool = False

    @property
    def word(self) -> str:
        """The state as people write it, the level in place of a code."""
        return self.level if self.coded else in_words(self.state)

    @property
    def is_step(self) -> bool:
        """True for a planned change, whose head says its state too."""
        return self.state in STEP

    @property
    def is_change(self) -> bool:
        """True for what becomes of a resource, or became of it; false for a finding on one."""
        return self.sign in ("+", "~", "-") or bool(self.fields)

    @property
    def is_loss(self) -> bool:
        """True where a resource goes, or is gone."""
        return self.sign == "-"

    @property
    def is_apart(self) -> bool:
        """True where it shows two sides, of which neither is the right one."""
        return any(field.apart for field in self.fields)

    @property
    def gist(self) -> str:
        """Address, state and head on one line, without sign and level."""
        if not self.head:
            return f"{self.address}: {self.state}"
        if not self.address:
            return f"{self.state}: {self.head}"
        if self.is_step:
            return f"{self.address} {self.head}"
        return f"{self.address} ({self.state}): {self.head}"


class Task(NamedTuple):
    """A manual step as a box to tick, with what a person needs for it.

    `what` is one sentence without the address, `due` its time, aware, and `distance` how far off
    that is (`in 9 days`). `facts` are what to see to, each under its label: who gets the mail.
    `where` are the clicks in order, each one sentence, which say nothing that many tasks do not
    have in common; `enter` what to type or choose there, each under its label. `live` is what
    the account shows of the campaign, `place` where its manifest is, if known. No format leaves
    a task out for lack of room.
    """

    address: str
    state: str
    what: str
    distance: str = ""
    owner: str = ""
    note: str = ""
    where: tuple[str, ...] = ()
    live: str = ""
    fails: bool = False
    enter: tuple[tuple[str, str], ...] = ()
    place: Place | None = None
    link: str = ""
    due: datetime | None = None
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def is_broken(self) -> bool:
        """True where somebody has to look after it now."""
        return self.state in BROKEN

    @property
    def how(self) -> str:
        """What its clicks are called."""
        return "What to do now" if self.is_broken else "How to do it"

    @property
    def word(self) -> str:
        """The state as people write it."""
        return in_words(self.state)

    @property
    def gist(self) -> str:
        """Address, state, `what` and owner on one line."""
        return f"{self.address} ({self.word}): {self._replace(distance='').sentence}"

    @property
    def sentence(self) -> str:
        """What is to be done, when and by whom."""
        distance = f", {self.distance}" if self.distance else ""
        owner = f" (owner: {self.owner})" if self.owner else ""
        return f"{self.what}{distance}{owner}"


class Series(NamedTuple):
    """Numbers over time, for a small plot: labels and values, of the same length.

    `unit` follows a value where it is shown: `%`, or ` opens` with its blank.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str = ""


class Tile(NamedTuple):
    """One number that counts, for a page that is looked at: `34.2 %` and what it means.

    `notes` say what was expected, and how it was before; `mood` is `good`, `bad` or empty. Tables
    and items of the same section say the same: formats without tiles lose nothing.
    """

    label: str
    value: str
    notes: tuple[str, ...] = ()
    mood: str = ""


class Table(NamedTuple):
    """Rows under heads, all texts; `numbers` are the columns that are set to the right."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


class InText(Enum):
    """How much of a section is shown as text; the other formats show all of it."""

    WHOLE = "whole"
    BRIEF = "brief"
    """Without title and tables, and of the tasks only what is open: the signs say the rest."""
    HEADS = "heads"
    """As `BRIEF`, and of the items neither fields nor notes."""
    PLACES = "places"
    """One line each, `file:line:column: message`, as compilers print."""
    NOTHING = "nothing"
    """The same terminal shows it elsewhere: in the plan above, or as an error below."""


class Section(NamedTuple):
    """A part of a page under a title; any of its members may be empty.

    `mail` is the HTML of a mail that it is about, for a small picture.
    """

    title: str
    items: tuple[PageItem, ...] = ()
    tasks: tuple[Task, ...] = ()
    tables: tuple[Table, ...] = ()
    series: tuple[Series, ...] = ()
    text: str = ""
    in_text: InText = InText.WHOLE
    tiles: tuple[Tile, ...] = ()
    mail: str = ""


class Page(NamedTuple):
    """A whole report.

    `document` is its JSON format (`bmeconf.plan/1`), `mood` is `good`, `warn` or `bad`. `verdict`
    can be trusted alone. `counts` are numbers by label, in order,
    and `tallies` the same to be shown. `fingerprint`, `price` and
    `next_commands` (shell lines) are empty if there is none. `made_at` is aware. `binding`:
    somebody agrees to the page as it is shown, so that no item that `must` be kept may be left
    out. `continues`: its text stands below the plan that it ends, without saying account and
    fingerprint again. `parts` are the pages of one command on several accounts, each whole, and
    without parts of its own; `sections` then tell of all of them. `patch` is an edit of the
    manifests for `git apply`, None where none was asked for.
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
    next_commands: tuple[str, ...] = ()
    made_at: datetime | None = None
    binding: bool = False
    continues: bool = False
    parts: tuple[Page, ...] = ()
    patch: str | None = None

    @property
    def tallies(self) -> tuple[tuple[str, int], ...]:
        """The counts, each label in the number of what it counts: `manual step` of one."""
        return tuple((_singular(label) if n == 1 else label, n) for label, n in self.counts)

    @property
    def deletes(self) -> list[PageItem]:
        """What would be deleted."""
        return [i for section in self.sections for i in section.items if i.state == DELETE]

    @property
    def name(self) -> str:
        """The page's title with its account."""
        return f"{self.title}: {self.account}" if self.account else self.title


def _singular(label: str) -> str:
    for noun in PLURALS:
        label = label.replace(noun, noun[:-1])
    return label


def filled(*sections: Section) -> tuple[Section, ...]:
    """Those sections that have more than a title."""
    return tuple(s for s in sections if s.items or s.tasks or s.tables or s.series or s.text)
