"""A Page as text for a terminal or a log, 80 columns wide. Pure.

Lines come out with the name of a style; the command line paints them. Colour only repeats what
the signs `+ ~ - ! »` say (design 6).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bmeconf.model import Place
from bmeconf.render import figures, safe, values
from bmeconf.render.model import DONE, Field, InText, Page, PageItem, Section, Task
from bmeconf.render.safe import WIDTH, Line, wrapped

LEVELS = {"error": "bad", "warning": "warn"}
SIGNS = {"+": "create", "~": "update", "-": "delete", "»": "manual", "=": "good"}


def render(page: Page) -> list[Line]:
    """The whole page; its verdict stands at the end, where a terminal shows it."""
    lines = [line for part in page.parts for line in (*render(part), Line())]
    if page.account and not (page.continues or page.parts):
        lines = [Line(safe.line(f"Account: {page.account}")), Line()]
    for section in page.sections:
        lines += _section(section)
    lines += [*wrapped(page.verdict, style=page.mood), *wrapped(page.price)]
    if page.fingerprint and not page.continues:
        lines.append(Line(safe.line(f"Fingerprint: {page.fingerprint}")))
    for number, command in enumerate(page.next_commands):
        lines.append(Line(safe.line(f"{'      ' if number else 'Next: '}{command}")))
    return lines


def figures_of(section: Section) -> list[Line]:
    """What a section has beside its items and tasks."""
    text = [wrapped(section.text)] if section.text else []
    return _spaced([*text, *_figures(section)])


def place_line(item: PageItem) -> Line:
    """An item as `file:line:column: message`."""
    level = "" if item.level == "error" else f"{item.level}: "
    address = f"{item.address}: " if item.address else ""
    style = LEVELS.get(item.level, "")
    return Line(safe.line(f"{item.place}: {level}{address}{item.head}"), style)


def item(item: PageItem, above: str = "") -> list[Line]:
    """One item with its notes, fields and remedy.

    `above` is the title over it: an address that stands there already is not repeated.
    """
    label = f"{item.level}: " if item.level in ("error", "note") else ""
    place = f"{item.place}: " if item.place and not item.address else ""
    title = f"{label}{place}{item.gist}"
    if item.address and item.address == above:
        title = f"{item.state}: {item.head}"
    style = LEVELS.get(item.level, SIGNS.get(item.sign, ""))
    lines = wrapped(title, f"{item.sign} ", "  ", style)
    for note in item.notes:
        lines += _indented("", note)
    for each in item.fields:
        lines += field(each)
    return lines + _indented("→ ", item.remedy)


def field(field: Field) -> Iterator[Line]:
    """One field: on one line if it fits, a body as a short unified diff."""
    note = f" ({safe.line(field.note)})" if field.note else ""
    name = safe.line(field.name)
    if field.body:
        yield Line(f"    {name}: {figures.length(field.after)}{note}")
        if field.before:
            for text in figures.excerpt(field.before, field.after):
                yield Line(f"      {text}", {"+": "create", "-": "delete"}.get(text[:1], ""))
        return
    before, after = values.text(field.before), values.text(field.after)
    whole = safe.line(f"    {name}: {'' if field.new else f'{before} → '}{after}{note}")
    if len(whole) <= WIDTH:
        yield Line(whole)
        return
    yield Line(f"    {name}:{note}")
    if not field.new:
        yield from wrapped(before, "      - ", "        ")
    yield from wrapped(after, "      + ", "        ")


def task(task: Task) -> list[Line]:
    """One task: a box, and unless it is done all that a person needs for it."""
    done = task.state == DONE
    sentence = f"{task.address} ({task.state}): {task.sentence}"
    style = "good" if done else "bad" if task.fails else "manual"
    lines = wrapped(sentence, "[x] " if done else "[ ] ", "    ", style)
    if done:
        return lines
    lines += _indented("note: ", task.note)
    for label, value in task.enter:
        lines += wrapped(f"{label}: {value}", "      ", "        ")
    for number, click in enumerate(task.where, 1):
        lines += wrapped(f"{number}. {click}", "    ", "       ")
    return lines + _indented("the account shows: ", task.live)


def _section(section: Section) -> list[Line]:
    """The lines of a section and a blank one after them."""
    if section.in_text is InText.NOTHING:
        return []
    if section.in_text is InText.PLACES:
        return [*map(place_line, sorted(section.items, key=lambda item: item.place or Place("")))]
    brief = section.in_text is not InText.WHOLE
    head = [] if brief else wrapped(section.title)
    head += wrapped(section.text, *(() if brief else ("  ", "  ")))
    body = _spaced([*_blocks(section, brief)])
    apart = [Line()] if section.text and body else []
    lines = [*head, *apart, *body]
    return [*lines, Line()] if lines else []


def _blocks(section: Section, brief: bool) -> Iterator[Sequence[Line]]:
    """The lines of each item, task, table and plot."""
    for each in _said_once(section.items):
        heads = section.in_text is InText.HEADS
        shown = replace(each, fields=(), notes=()) if heads else each
        yield item(shown, "" if brief else section.title)
    if not brief:
        yield from (*map(task, section.tasks), *_figures(section))
        return
    for waiting in (task for task in section.tasks if task.state != DONE):
        yield [*wrapped(waiting.gist, "» ", "  ", "manual"), *_indented("note: ", waiting.note)]


def _said_once(items: Sequence[PageItem]) -> Iterator[PageItem]:
    """Findings that say the same of many resources as one, which names them all."""
    causes: dict[object, list[PageItem]] = {}
    for number, each in enumerate(items):
        alike = each.level and each.head and not (each.fields or each.notes)
        cause = (each.level, each.state, each.head, each.remedy) if alike else number
        causes.setdefault(cause, []).append(each)
    for first, *others in causes.values():
        also = ", ".join(other.address for other in others)
        head = f"{first.head}; the same of {also}" if others else first.head
        yield replace(first, head=head)


def _figures(section: Section) -> list[list[Line]]:
    return [*map(figures.table, section.tables), *map(figures.plot, section.series)]


def _spaced(blocks: Sequence[Sequence[Line]]) -> list[Line]:
    """Blocks with a blank line between two, unless both are of one line."""
    lines: list[Line] = []
    for number, block in enumerate(blocks):
        if number and max(len(block), len(blocks[number - 1])) > 1:
            lines.append(Line())
        lines += block
    return lines


def _indented(label: str, text: str) -> list[Line]:
    """`text` below something, none for an empty one."""
    return wrapped(f"{label}{text}", "    ", "    ") if text else []
