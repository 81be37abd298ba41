"""Any Page as text for a terminal or a log, 80 columns wide. Pure.

Out come `Line`s, as in `text`, where plans and results have a text of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bmeconf.plan.diff import CREATE, DELETE, UPDATE
from bmeconf.render import bodies, plots, safe, tables, values
from bmeconf.render.lines import WIDTH, Line, indented, wrapped
from bmeconf.render.page.model import Field, Page, PageItem, Section, Task

ACTIONS = (CREATE, UPDATE, DELETE)
LEVELS = {"error": "bad", "warning": "warn"}
SIGNS = {"+": CREATE, "~": UPDATE, "-": DELETE, "»": "manual", "=": "good"}
DONE = "done"


def page(page: Page) -> list[Line]:
    """The whole page; what it comes to stands at its end, where a terminal shows it."""
    lines = [Line(safe.line(f"Account: {page.account}")), Line()] if page.account else []
    for section in page.sections:
        lines += _blocks([[Line(safe.line(section.title))], *_section(section)])
    lines += wrapped(page.verdict, style=page.mood)
    lines += wrapped(_counts(page.counts))
    lines += wrapped(page.price)
    lines += [Line(safe.line(f"Fingerprint: {page.fingerprint}"))] if page.fingerprint else []
    lines += [Line(safe.line(f"Next: {page.next_command}"))] if page.next_command else []
    return lines


def head(item: PageItem) -> str:
    """The first line of an item, without its sign."""
    label = f"{item.level}: " if item.level in ("error", "note") else ""
    place = f"{item.place}: " if item.place and not item.address else ""
    name = f"{label}{place}{item.address}".rstrip()
    if item.state in ACTIONS and item.head:
        return f"{name} {item.head}"
    if not item.head:
        return f"{name}: {item.state}"
    return f"{name} ({item.state}): {item.head}"


def field(field: Field) -> Iterator[Line]:
    """One field: on one line where it fits, a body as a short unified diff."""
    told = f" ({safe.line(field.told)})" if field.told else ""
    if field.body:
        first, *rest = bodies.changed(field.name, field.before, field.after)
        yield from (Line(first.text + told), *rest)
        return
    name = safe.line(field.name)
    before, after = values.text(field.before), values.text(field.after)
    whole = f"    {name}: {'' if field.new else f'{before} → '}{after}{told}"
    if len(whole) <= WIDTH:
        yield Line(whole)
        return
    yield Line(f"    {name}:{told}")
    if not field.new:
        yield from wrapped(before, "      - ", "        ")
    yield from wrapped(after, "      + ", "        ")


def rest(section: Section) -> list[Line]:
    """What a section has beside items and tasks."""
    return _blocks([wrapped(section.text), *_figures(section)])[:-1]


def _section(section: Section) -> Iterator[list[Line]]:
    if section.text:
        yield wrapped(section.text)
    yield from (item(each) for each in section.items)
    yield from (task(each) for each in section.tasks)
    yield from _figures(section)


def _figures(section: Section) -> Iterator[list[Line]]:
    yield from (tables.lines(table) for table in section.tables)
    yield from (plots.lines(series) for series in section.series)


def item(item: PageItem) -> list[Line]:
    """One item with all that is told of it."""
    style = LEVELS.get(item.level, SIGNS.get(item.sign, ""))
    lines = wrapped(head(item), f"{item.sign} ", "  ", style)
    for note in item.notes:
        lines += indented(note)
    for each in item.fields:
        lines += field(each)
    return lines + (indented(f"→ {item.remedy}") if item.remedy else [])


def task(task: Task) -> list[Line]:
    """One task: a box, and what a person needs to know."""
    done = task.state == DONE
    who = f", by {task.owner}" if task.owner else ""
    said = f"{task.address} ({task.state}): {task.what}{who}"
    style = "good" if done else "bad" if task.fails else "manual"
    lines = wrapped(said, "[x] " if done else "[ ] ", "    ", style)
    if done:
        return lines
    lines += indented(f"note: {task.note}" if task.note else "")
    for label, value in task.enter:
        lines += wrapped(f"{label}: {value}", "      ", "        ")
    for number, click in enumerate(task.where, 1):
        lines += wrapped(f"{number}. {click}", "    ", "       ")
    return lines + indented(f"the account shows: {task.seen}" if task.seen else "")


def _counts(counts: Iterable[tuple[str, int]]) -> str:
    told = ", ".join(f"{number:,} {label}" for label, number in counts if number)
    return f"Counted: {told}." if told else ""


def _blocks(blocks: Iterable[list[Line]]) -> list[Line]:
    return [line for block in blocks if block for line in (*block, Line())]
