"""Any Page as Markdown for a pull request, within a budget of bytes. Pure.

Where the whole does not fit, it is told in less detail, tier by tier. What is deleted, what a
person has to do, what refuses a plan, and the fingerprint are there in every tier; what was left
out is said. Where even their bare names do not fit, a page that somebody agrees to is no
Markdown, but an error; any other is told as far as it goes, what failed first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bmeconf.model.errors import InvalidInput, counted
from bmeconf.plan.diff import CREATE, DELETE, UPDATE
from bmeconf.render import bodies, marked, plots, safe, values
from bmeconf.render.marked import cell, code, prose
from bmeconf.render.page.model import Field, Page, PageItem, Section, Series, Table, Task
from bmeconf.render.tiers import LEAST, TIERS, Tier

COMMENT_ROOM = 65_536
"""Bytes that GitHub takes as a comment: so many characters, and ours can be of four bytes."""
ICONS = {"good": "✅", "warn": "⚠️", "bad": "⛔"}
ACTIONS, DONE = (CREATE, UPDATE, DELETE), "done"
MOST_NAMED, SHORTEST, LONGEST_COMMAND = 10, 300, 2000
"""How many deletes the alarm names; characters of a failure, and of a command, that are kept."""


def page(page: Page, room: int = COMMENT_ROOM) -> str:
    """The page in at most `room` bytes of UTF-8, as much of it as goes in.

    Raises:
        InvalidInput: where what may not be left out does not go in.
    """
    for tier in TIERS:
        text = _within(_page(page, tier), room)
        if text is not None:
            return text
    text = None if page.binding else _within(_least(page, room), room)
    if text is not None:
        return text
    raise InvalidInput(
        f"the report does not fit in {room:,} bytes of Markdown, even if it names no more than what"
        " is deleted, fails or waits for a person",
        "make it smaller with --target, or use --format html, which has no limit",
    )


def _within(lines: Iterable[str], room: int) -> str | None:
    """The lines as one text, None as soon as they are too many bytes."""
    kept, size = [], 0
    for line in lines:
        size += _size(line)
        if size > room:
            return None
        kept.append(f"{line}\n")
    return "".join(kept)


def _size(*lines: str) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _page(page: Page, tier: Tier) -> Iterator[str]:
    yield from _start(page)
    yield from _alarm(page, tier)
    for section in page.sections:
        yield from _section(section, tier)
    if tier.told:
        yield from ("> [!NOTE]", f"> To fit in here, {tier.told}. The whole report is in the")
        yield from ("> other formats of this run: html, json, text.", "")
    yield from _end(page, tier)


def _start(page: Page) -> Iterator[str]:
    account = f": {code(page.account)}" if page.account else ""
    yield marked.marker(page.document, page.account)
    yield f"## {ICONS[page.mood]} {page.title}{account}"
    yield from ("", f"**{prose(page.verdict)}**", "")
    yield from _counts(page.counts)


def _counts(counts: Sequence[tuple[str, int]]) -> Iterator[str]:
    if counts:
        yield "| " + " | ".join(prose(label) for label, _ in counts) + " |"
        yield "|" + " --: |" * len(counts)
        yield "| " + " | ".join(f"{number:,}" for _, number in counts) + " |"
        yield ""


def _alarm(page: Page, tier: Tier) -> Iterator[str]:
    """What is about to be deleted, where nobody can overlook it."""
    gone = [i for section in page.sections for i in section.items if i.state == DELETE]
    if gone and not tier.bare:
        named = ", ".join(code(item.address) for item in gone[:MOST_NAMED])
        more = f" and {len(gone) - MOST_NAMED:,} more" if len(gone) > MOST_NAMED else ""
        yield from ("> [!CAUTION]", f"> **{counted(len(gone), 'delete')}:** {named}{more}", "")


def _end(page: Page, tier: Tier) -> Iterator[str]:
    told = [prose(page.price)] if page.price else []
    if page.fingerprint:
        told.append(f"Fingerprint: {code(page.fingerprint)}")
    if told:
        yield from ("  \n".join(told), "")
    # The command of a plan names every delete once more; one that resumes is short.
    short = not page.binding and len(page.next_command) <= LONGEST_COMMAND
    if page.next_command and (short or not tier.bare):
        yield from ("Next:", "", *marked.block([page.next_command], "sh"), "")


# --- what is told where no tier fits


def _least(page: Page, room: int) -> Iterator[str]:
    """As many lines as go in: errors first, then of each section as many as of any other."""
    start, end = [*_start(page)], [*_end(page, LEAST)]
    every = sum(len(section.items) + len(section.tasks) for section in page.sections)
    left = room - _size(*start, *end, *_unnamed(every))
    kept: dict[int, list[str]] = {}
    for _, _, number, line in sorted(_ranked(page.sections)):
        title = () if number in kept else _titled(page.sections[number], [])
        cost = _size(*title, line)
        if cost <= left:
            left -= cost
            kept.setdefault(number, []).append(line)
    yield from start
    for number, lines in sorted(kept.items()):
        yield from _titled(page.sections[number], lines)
    yield from (*_unnamed(every - sum(map(len, kept.values()))), *end)


def _titled(section: Section, lines: Sequence[str]) -> tuple[str, ...]:
    return (f"### {prose(section.title)}", "", *lines, "")


def _unnamed(number: int) -> tuple[str, ...]:
    told = f"{number:,} more not named here; the json has them all" if number else "To fit in here"
    return ("> [!NOTE]", f"> {told}. Texts and tables are left out.", "")


def _ranked(sections: Sequence[Section]) -> Iterator[tuple[bool, int, int, str]]:
    """What must be kept, a line each: whether it can wait, its rank, its section, the line."""
    for number, section in enumerate(sections):
        kept = [item for item in section.items if item.must]
        for rank, item in enumerate(kept):
            yield item.level != "error", rank, number, f"- {_head(_cut(item), LEAST)}"
        open_ = [task for task in section.tasks if task.state != DONE]
        for rank, task in enumerate(open_):
            yield True, rank, number, next(_task(task, LEAST))


def _cut(item: PageItem) -> PageItem:
    return replace(item, address=_start_of(item.address), head=_start_of(item.head))


def _start_of(text: str) -> str:
    return text if len(text) <= SHORTEST else f"{text[:SHORTEST]}…"


# --- sections


def _section(section: Section, tier: Tier) -> Iterator[str]:
    yield from (f"### {prose(section.title)}", "")
    if section.text:
        yield from (prose(section.text), "")
    if tier.bare:
        yield from _names(section)
    else:
        yield from _items(section.items, tier)
        yield from (line for task in section.tasks for line in _task(task, tier))
        yield from [""] if section.tasks else []
    yield from (line for table in section.tables for line in _table(table, tier))
    yield from (line for series in section.series for line in _series(series, tier))


def _items(items: Sequence[PageItem], tier: Tier) -> Iterator[str]:
    if tier.whole:
        yield from (line for item in items for line in _item(item, tier))
        return
    others = [item for item in items if not item.must]
    left_out = [] if tier.most is None else others[tier.most :]
    unnamed = set(map(id, left_out))
    kept = [item for item in items if id(item) not in unnamed]
    yield from (f"- {_head(item, tier)}" for item in kept)
    yield from [""] if kept else []
    if unnamed:
        yield from (f"{_tally(left_out)} not named here.", "")


def _names(section: Section) -> Iterator[str]:
    """What may not be left out, by name alone, and how many others there are."""
    groups: dict[str, list[str]] = {}
    for item in section.items:
        if item.must:
            name = item.address or item.head[:SHORTEST]
            groups.setdefault(f"{item.sign} {item.state}", []).append(name)
    for task in section.tasks:
        groups.setdefault(f"[ ] {task.state}", []).append(task.address)
    for state, names in groups.items():
        yield f"- {prose(state)}: " + " ".join(code(name) for name in names)
    others = [item for item in section.items if not item.must]
    yield from (*([f"- {_tally(others)} not named here."] if others else []), "")


def _tally(items: Iterable[PageItem]) -> str:
    found = Counter((item.state, item.address.partition("/")[0]) for item in items)
    return ", ".join(f"{number:,} × {prose(f'{s} {k}')}" for (s, k), number in found.items())


def _item(item: PageItem, tier: Tier) -> Iterator[str]:
    yield _head(item, tier)
    yield ""
    more = [f"- {prose(note)}" for note in item.notes]
    more += [f"- **→ {prose(item.remedy)}**"] if item.remedy else []
    if tier.fields:
        more += [_field(field, tier) for field in item.fields if not _shown(field, tier)]
    yield from more
    yield from [""] if more else []
    if tier.fields:
        for field in item.fields:
            if _shown(field, tier):
                yield from _body(field, tier)


def _head(item: PageItem, tier: Tier) -> str:
    level = f"**{item.level}** " if item.level in ("error", "warning") else ""
    placed = item.place and (tier.fields or item.level == "error")
    place = f" {code(str(item.place))}" if placed else ""
    name = f" {code(item.address)}" if item.address else ""
    start = f"{code(item.sign)} {level}".rstrip()
    if item.state in ACTIONS and item.head:
        said = f" **{prose(item.head)}**" if item.state == DELETE else f" {prose(item.head)}"
    else:
        said = f" ({prose(item.state)})" + (f": {prose(item.head)}" if item.head else "")
    return f"{start}{name}{said}{place}"


def _shown(field: Field, tier: Tier) -> bool:
    return field.body and tier.diff != 0


def _field(field: Field, tier: Tier) -> str:
    told = f" *({prose(field.told)})*" if field.told else ""
    if field.body:
        lines = len(str(field.after or "").splitlines())
        return f"- {code(field.name)}: {counted(lines, 'line')}, not shown here{told}"
    before, after = (_short(values.text(value), tier) for value in (field.before, field.after))
    return f"- {code(field.name)}: {after if field.new else f'{before} → {after}'}{told}"


def _short(text: str, tier: Tier) -> str:
    if tier.value is None or len(text) <= tier.value:
        return code(text)
    return f"{code(text[: tier.value])}… ({len(text):,} characters)"


def _body(field: Field, tier: Tier) -> Iterator[str]:
    diff = bodies.diff(field.before, field.after)
    lines = counted(len(str(field.after or "").splitlines()), "line")
    told = f" ({marked.raw(field.told)})" if field.told else ""
    yield f"<details><summary><code>{marked.raw(field.name)}</code>: {lines}{told}</summary>"
    yield ""
    cut = diff[: tier.diff]
    more = len(diff) - len(cut)
    yield from marked.block([*cut, *([f"… {more} more lines"] if more else [])], "diff")
    yield from ("", "</details>", "")


# --- tasks, tables, plots


def _task(task: Task, tier: Tier) -> Iterator[str]:
    done = task.state == DONE
    who = f", by **{prose(task.owner)}**" if task.owner else ""
    box = "- [x]" if done else "- [ ]"
    yield f"{box} {code(task.address)} ({prose(task.state)}): {prose(task.what)}{who}"
    if done or not tier.fields:
        return
    if task.note:
        yield f"  - note: {prose(task.note)}"
    yield from (f"  - {prose(label)}: {code(value)}" for label, value in task.enter)
    yield from (f"  {n}. {prose(click)}" for n, click in enumerate(task.where, 1))
    if task.seen:
        yield f"  - the account shows: {prose(task.seen)}"


def _table(table: Table, tier: Tier) -> Iterator[str]:
    rows = table.rows[: tier.rows]
    if rows:
        yield "| " + " | ".join(prose(head) for head in table.heads) + " |"
        yield "|" + "".join(
            " --: |" if n in table.numbers else " --- |" for n in range(len(table.heads))
        )
        for row in rows:
            set_ = (prose(c) if n in table.numbers else cell(c) for n, c in enumerate(row))
            yield "| " + " | ".join(set_) + " |"
        yield ""
    if len(rows) < len(table.rows):
        yield from (f"{counted(len(table.rows) - len(rows), 'row')} not shown here.", "")


def _series(series: Series, tier: Tier) -> Iterator[str]:
    if tier.rows != 0:
        title, *drawn = (safe.line(line.text) for line in plots.lines(series))
        yield from (f"**{prose(title)}**", "", *marked.block(drawn, "text"), "")
