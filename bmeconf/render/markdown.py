"""Any Page as Markdown for a pull request, within a budget of bytes. Pure.

Three tiers: the whole page; the page with long bodies, values and tables cut; one line for each
item, as many as fit. A delete, a manual step, an error and the fingerprint are in every tier, and
what is left out is counted. A page that somebody agrees to is an error if these do not fit; any
other page then names as many of them as fit, errors first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bmeconf.kinds import KINDS
from bmeconf.model.errors import InvalidInput
from bmeconf.render import figures, values
from bmeconf.render import markdown_parts as parts
from bmeconf.render.fold import folded, how_tos
from bmeconf.render.markdown_parts import block, code, prose, raw, size
from bmeconf.render.model import DONE, Field, Page, PageItem, Section

COMMENT_ROOM = 65_536
"""Bytes that GitHub takes as a comment: so many characters, and ours can be of four bytes."""
LONGEST_VALUE, MOST_ROWS = 120, 20
"""Characters of a value, and rows of a table, that are kept where the whole does not fit."""
LONGEST, LONGEST_STATE, LONGEST_COMMAND = 300, 40, 2000
"""Characters that one line keeps of a message and of a state, and a page of its commands."""
MOST_GROUPS = 8
"""Groups in which the unnamed items of a section are counted."""
CUT = (
    "long bodies, values and tables are cut. The whole report is in the other formats of this run:"
    " html, json, text."
)
REST = "all but one line of each item is left out"


def render(page: Page, room: int = COMMENT_ROOM) -> str:
    """The page in at most `room` bytes of UTF-8, as much of it as goes in.

    Raises:
        InvalidInput: if the items that must be kept do not go in.
    """
    if page.parts:
        return _parted(page, room)
    for cut in (False, True):
        kept, left = [], room
        for line in _page(page, cut):
            left -= size(line)
            if left < 0:
                break
            kept.append(f"{line}\n")
        else:
            return "".join(kept)
    return _short(page, room)


def _parted(page: Page, room: int) -> str:
    """What the page tells of all its parts, then each part: the small ones leave room to others."""
    start = [*parts.start(page)]
    for section in page.sections:
        start += [*parts.title(section), *_section(section, cut=True)]
    left = room - size(*start)
    wanted = [len(render(part, room).encode()) for part in page.parts]
    shown: dict[int, str] = {}
    for number in sorted(range(len(page.parts)), key=wanted.__getitem__):
        share = left // (len(page.parts) - len(shown))
        _, _, shown[number] = render(page.parts[number], share).partition("\n")
        left -= len(shown[number].encode())
    return "".join([*(f"{line}\n" for line in start), *(shown[n] for n in sorted(shown))])


# --- the page, whole or with its long parts cut


def _page(page: Page, cut: bool) -> Iterator[str]:
    yield from parts.start(page)
    for section in page.sections:
        yield from (*parts.title(section), *_section(section, cut))
    yield from parts.fitting(CUT) if cut else ()
    yield from parts.end(page)


def _section(section: Section, cut: bool) -> Iterator[str]:
    if section.text:
        yield from (prose(section.text), "")
    for item in folded(section.items):
        yield from _item(item, cut)
    for task in section.tasks:
        yield from parts.task(task)
    yield from [""] if section.tasks else []
    for where, tasks in how_tos(section.tasks).items():
        yield from parts.how_to(where, tasks)
    for table in section.tables:
        yield from parts.table(table, MOST_ROWS if cut else None)
    for series in section.series:
        title, *drawn = (line.text for line in figures.plot(series))
        yield from (f"**{prose(title)}**", "", *block(drawn, "text"), "")


def _item(item: PageItem, cut: bool) -> Iterator[str]:
    yield from (parts.head(item), "")
    more = [f"- {', '.join(map(code, item.members))}"] if item.members else []
    more += [f"- {prose(sentence)}" for sentence in (*item.notes, *item.history)]
    more += [f"- **→ {prose(item.remedy)}**"] if item.remedy else []
    more += [_field(field, cut) for field in item.fields if not field.body]
    yield from (*more, "") if more else ()
    for field in item.fields:
        if field.body:
            diff = (figures.excerpt if cut else figures.diff)(field)
            note = f" ({raw(field.note)})" if field.note else ""
            length = figures.length(field.after)
            yield f"<details><summary><code>{raw(field.name)}</code>: {length}{note}</summary>"
            yield from ("", *(line for each in figures.legend(field) for line in (prose(each), "")))
            yield from (*block(diff, "text" if field.apart else "diff"), "", "</details>", "")


def _field(field: Field, cut: bool) -> str:
    note = f" *({prose(field.note)})*" if field.note else ""
    change = values.change(field, lambda value: _value(value, cut))
    return f"- {code(field.name)}: {change}{note}"


def _value(value: str, cut: bool) -> str:
    if not cut or len(value) <= LONGEST_VALUE:
        return code(value)
    return f"{code(value[:LONGEST_VALUE])}… ({len(value):,} characters)"


# --- one line for each item


@dataclass(frozen=True)
class Entry:
    """The line of one item or task in its section, and how it is counted if it is not named.

    `rank` is 0 for an error, 1 for anything else that must be kept, 2 for the rest.
    """

    rank: int
    position: int
    section: int
    line: str
    group: str


def _short(page: Page, room: int) -> str:
    """As many lines as go in: errors first, then of each section as many as of any other.

    Where not all that must be kept goes in, it is named without its message, unless it is an
    error or has no address.

    Raises:
        InvalidInput: if start and end do not go in, or on a binding page an entry that must be
            kept.
    """
    total = sum(len(section.items) + len(section.tasks) for section in page.sections)
    start, end = [*parts.start(page)], [*parts.end(page, LONGEST_COMMAND)]
    left = room - size(*start, *_note(total), *end)
    for bare in (False, True):
        entries = [[*_entries(n, section, bare)] for n, section in enumerate(page.sections)]
        named, complete = _fill(page.sections, entries, left)
        if complete:
            break
    if left < 0 or (page.binding and not complete):
        raise InvalidInput(
            f"the report does not fit in {room:,} bytes of Markdown, even if it names no more than"
            " deletes, errors and manual steps",
            "make it smaller with --target, or use --format html, which has no limit",
        )
    body: list[str] = []
    for number, kept in sorted(named.items()):
        shown = set(kept)
        groups = Counter(entry.group for entry in entries[number] if entry not in shown)
        common = dict(groups.most_common(MOST_GROUPS))
        others = groups.total() - sum(common.values())
        body += [*parts.title(page.sections[number]), *(entry.line for entry in kept), ""]
        body += _unnamed(groups, common, others)
    more = total - sum(map(len, named.values()))
    return "".join(f"{line}\n" for line in (*start, *body, *_note(more), *end))


def _entries(number: int, section: Section, bare: bool) -> Iterator[Entry]:
    """The entries of a section; `bare` leaves of those that must be kept only what names them."""
    for position, item in enumerate(section.items):
        rank = 2 if not item.must else 0 if item.level == "error" else 1
        # Of two deletes with the same start it must be clear which is meant; an error has its
        # message and place for that, and must go in however long its address is.
        address = item.address if rank == 1 else _start(item.address)
        short = item._replace(address=address, head=_start(item.head))
        line = parts.head(short, placed=rank == 0)
        if bare and rank == 1:
            name = code(address) if address else prose(short.head or item.state)
            line = f"{code(item.sign)} {name}"
        kind = item.address.partition("/")[0]
        group = item.state[:LONGEST_STATE] + (f" {kind}" if kind in KINDS else "")
        yield Entry(rank, position, number, f"- {line}", group)
    for position, task in enumerate(task for task in section.tasks if task.state != DONE):
        line = next(parts.task(task._replace(owner=_start(task.owner))))
        if bare:
            line = f"- [ ] {code(task.address)} ({prose(task.word)})"
        yield Entry(1, position, number, line, f"{task.word} manual step")


def _start(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _fill(
    sections: Sequence[Section], entries: Sequence[Sequence[Entry]], left: int
) -> tuple[dict[int, list[Entry]], bool]:
    """The entries that go into `left` bytes, by section, and whether all that must be kept do."""
    # With its first line a section takes its title, and room to count all the others.
    openings = [_opening(*each) for each in zip(sections, entries, strict=True)]
    named: dict[int, list[Entry]] = defaultdict(list)
    complete = True
    every = [entry for each in entries for entry in each]
    for entry in sorted(every, key=lambda entry: (entry.rank, entry.position, entry.section)):
        opening = 0 if entry.section in named else openings[entry.section]
        cost = opening + size(entry.line)
        if cost <= left:
            left -= cost
            named[entry.section].append(entry)
        else:
            complete = complete and entry.rank == 2
    return named, complete


def _opening(section: Section, entries: Iterable[Entry]) -> int:
    """The most bytes that a section takes beside its entries, whichever of them are not named."""
    groups = Counter(entry.group for entry in entries)
    # Naming entries changes which groups are the most common: the longest may be among them.
    longest = sorted(groups, key=lambda group: size(_count(groups[group], group)))
    others = groups.total() if len(groups) > MOST_GROUPS else 0
    return size(*parts.title(section), "", *_unnamed(groups, longest[-MOST_GROUPS:], others))


def _unnamed(groups: Counter[str], apart: Iterable[str], others: int) -> list[str]:
    """How many entries are not named: of each group that is counted `apart`, and of the others."""
    counts = [_count(groups[group], group) for group in apart]
    counts += [_count(others, "other")] if others else []
    return [f"{', '.join(counts)} not named here.", ""] if counts else []


def _count(number: int, group: str) -> str:
    return f"{number:,} × {prose(group)}"


def _note(unnamed: int) -> Sequence[str]:
    more = f", and {unnamed:,} more not named here; the json has them all" if unnamed else ""
    return parts.fitting(f"{REST}{more}.")
