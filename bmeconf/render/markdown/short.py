"""A Page as Markdown with one line for each item, as many as fit. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bmeconf.kinds import KINDS
from bmeconf.model.errors import InvalidInput
from bmeconf.render.markdown import parts
from bmeconf.render.markdown.escape import code, prose
from bmeconf.render.model import DONE, Page, PageItem, Section

LONGEST, LONGEST_STATE, LONGEST_COMMAND = 300, 40, 2000
"""Characters that are kept of a message, of a state, and of the commands."""
MOST_GROUPS = 8
"""Groups in which the unnamed items of a section are counted."""
REST = "all but one line of each item is left out"


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


def render(page: Page, room: int) -> str:
    """As many lines as go in: errors first, then of each section as many as of any other.

    Where not all that must be kept goes in, it is named without its message, unless it is an
    error or has no address.

    Raises:
        InvalidInput: if start and end do not go in, or on a binding page an entry that must be
            kept.
    """
    total = sum(len(section.items) + len(section.tasks) for section in page.sections)
    start, end = [*parts.start(page)], [*parts.end(page, LONGEST_COMMAND)]
    left = room - parts.size(*start, *_note(total), *end)
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
        unnamed = set(entries[number]).difference(kept)
        title, blank, *rest = _around(page.sections[number], unnamed)
        body += [title, blank, *(entry.line for entry in kept), *rest]
    more = total - sum(map(len, named.values()))
    return "".join(f"{line}\n" for line in (*start, *body, *_note(more), *end))


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
        cost = opening + parts.size(entry.line)
        if cost <= left:
            left -= cost
            named[entry.section].append(entry)
        else:
            complete = complete and entry.rank == 2
    return named, complete


def _note(unnamed: int) -> Sequence[str]:
    more = f", and {unnamed:,} more not named here; the json has them all" if unnamed else ""
    return parts.fitting(f"{REST}{more}.")


def _opening(section: Section, entries: Iterable[Entry]) -> int:
    """The most bytes that `_around` takes, whichever of the entries are not named."""
    groups = Counter(entry.group for entry in entries)
    # Naming entries changes which groups are the most common: the longest may be among them.
    longest = sorted(groups, key=lambda group: parts.size(_count(groups[group], group)))
    counts = [_count(groups[group], group) for group in longest[-MOST_GROUPS:]]
    others = groups.total() if len(groups) > MOST_GROUPS else 0
    return parts.size(*parts.title(section), "", *_tail(counts, others))


def _around(section: Section, unnamed: Iterable[Entry]) -> list[str]:
    """The title of a section, and after its lines how many entries are not named."""
    groups = Counter(entry.group for entry in unnamed)
    common = groups.most_common(MOST_GROUPS)
    others = groups.total() - sum(number for _, number in common)
    counts = [_count(number, group) for group, number in common]
    return [*parts.title(section), "", *_tail(counts, others)]


def _tail(counts: Sequence[str], others: int) -> list[str]:
    counts = [*counts, _count(others, "other")] if others else counts
    return [f"{', '.join(counts)} not named here.", ""] if counts else []


def _count(number: int, group: str) -> str:
    return f"{number:,} × {prose(group)}"


def _entries(number: int, section: Section, bare: bool) -> Iterator[Entry]:
    """The entries of a section; `bare` leaves of those that must be kept only what names them."""
    for position, item in enumerate(section.items):
        rank = 2 if not item.must else 0 if item.level == "error" else 1
        # Of two deletes with the same start it must be clear which is meant; an error has its
        # message and place for that, and must go in however long its address is.
        address = item.address if rank == 1 else _start(item.address)
        short = replace(item, address=address, head=_start(item.head))
        line = parts.head(short, placed=rank == 0)
        if bare and rank == 1:
            name = code(address) if address else prose(short.head or item.state)
            line = f"{code(item.sign)} {name}"
        yield Entry(rank, position, number, f"- {line}", _group(item))
    for position, task in enumerate(task for task in section.tasks if task.state != DONE):
        line = next(parts.task(replace(task, owner=_start(task.owner))))
        if bare:
            line = f"- [ ] {code(task.address)} ({prose(task.state)})"
        yield Entry(1, position, number, line, f"{task.state} manual step")


def _group(item: PageItem) -> str:
    kind = item.address.partition("/")[0]
    known = f" {kind}" if kind in KINDS else ""
    return f"{item.state[:LONGEST_STATE]}{known}"


def _start(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
