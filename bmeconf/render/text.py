"""A Page as text for a terminal or a log. Pure.

Lines come out with the name of a style; the command line paints them. Colour only repeats what
the signs `+ ~ - ! »` say (design 6).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bmeconf.model import Place
from bmeconf.render import figures, safe, values
from bmeconf.render.fold import folded, how_tos
from bmeconf.render.model import DONE, Field, InText, Page, PageItem, Section, Task
from bmeconf.render.safe import WIDTH, Line, wrapped

LEVELS = {"error": "bad", "warning": "warn"}
SIGNS = {"+": "create", "~": "update", "-": "delete", "»": "manual", "=": "good"}


def render(page: Page, width: int = WIDTH) -> list[Line]:
    """The whole page, `width` columns wide; its verdict stands at the end, where one looks."""
    return Sheet(width).page(page)


def place_line(item: PageItem) -> Line:
    """An item as `file:line:column: message [code]`."""
    level = "" if item.level == "error" else f"{item.level}: "
    address = f"{item.address}: " if item.address else ""
    style = LEVELS.get(item.level, "")
    return Line(safe.line(f"{item.place}: {level}{address}{item.head} [{item.state}]"), style)


@dataclass(frozen=True)
class Sheet:
    """Text in so many columns."""

    width: int = WIDTH

    def page(self, page: Page) -> list[Line]:
        lines = [line for part in page.parts for line in (*self.page(part), Line())]
        if page.account and not (page.continues or page.parts):
            lines = [Line(safe.line(f"Account: {page.account}")), Line()]
        for section in page.sections:
            lines += self._section(section)
        lines += [*self._wrapped(page.verdict, style=page.mood), *self._wrapped(page.price)]
        if page.fingerprint and not page.continues:
            lines.append(Line(safe.line(f"Fingerprint: {page.fingerprint}")))
        for number, command in enumerate(page.next_commands):
            lines.append(Line(safe.line(f"{'      ' if number else 'Next: '}{command}")))
        return lines

    def figures(self, section: Section) -> list[Line]:
        """What a section has beside its items and tasks."""
        text = [self._wrapped(section.text)] if section.text else []
        return _spaced([*text, *self._figures(section)])

    def item(self, item: PageItem, above: str = "") -> list[Line]:
        """One item with its members, notes, history, fields and remedy.

        `above` is the title over it: an address that stands there already is not repeated.
        """
        label = f"{item.level}: " if item.level in ("error", "note") else ""
        place = f"{item.place}: " if item.place and not item.address else ""
        title = f"{label}{place}{item.gist}"
        if item.address and item.address == above:
            title = f"{item.state}: {item.head}"
        style = LEVELS.get(item.level, SIGNS.get(item.sign, ""))
        lines = self._wrapped(title, f"{item.sign} ", "  ", style)
        lines += self._indented("", ", ".join(item.members))
        if item.located:
            lines += self._indented("at ", str(item.place))
        for sentence in (*item.notes, *item.history):
            lines += self._indented("", sentence)
        for each in item.fields:
            lines += self.field(each)
        return lines + self._indented("→ ", item.remedy)

    def task(self, task: Task, clicks: bool = True) -> list[Line]:
        """One task: a box, and unless it is done all that a person needs for it."""
        done = task.state == DONE
        sentence = f"{task.address} ({task.word}): {task.sentence}"
        style = "good" if done else "bad" if task.is_broken else "manual"
        lines = self._wrapped(sentence, "[x] " if done else "[ ] ", "    ", style)
        if done:
            return lines
        lines += self._facts(task) + self._indented("the account shows: ", task.live)
        return lines + (self._clicks(task.where) if clicks else [])

    def _facts(self, task: Task) -> list[Line]:
        facts = [*task.facts, ("note", task.note)]
        return [
            line for label, text in facts if text for line in self._indented(f"{label}: ", text)
        ]

    def _clicks(self, where: Sequence[str]) -> list[Line]:
        return [
            line
            for number, click in enumerate(where, 1)
            for line in self._wrapped(f"{number}. {click}", "    ", "       ")
        ]

    def _how_to(self, where: Sequence[str], tasks: Sequence[Task]) -> list[Line]:
        """The clicks of tasks that are done alike."""
        names = ", ".join(task.address for task in tasks)
        return [*self._wrapped(f"{tasks[0].how} ({names}):"), *self._clicks(where)]

    def field(self, field: Field) -> Iterator[Line]:
        """One field: on one line if it fits, a body as a short unified diff."""
        note = f" ({safe.line(field.note)})" if field.note else ""
        name = safe.line(field.name)
        if field.body:
            yield Line(f"    {name}: {figures.length(field.after)}{note}")
            if field.before or field.apart:
                yield from (Line(f"      {text}") for text in figures.legend(field))
                for text in figures.excerpt(field, self.width - 6):
                    yield Line(f"      {text}", {"+": "create", "-": "delete"}.get(text[:1], ""))
            return
        change = values.change(field)
        whole = safe.line(f"    {name}: {change}{note}")
        if len(whole) <= self.width:
            yield Line(whole)
            return
        yield Line(f"    {name}:{note}")
        signs = ("+",) if field.new else ("-", "+")
        for number, (label, value) in enumerate(values.sides(field)):
            first = f"      {label or signs[number]} "
            yield from self._wrapped(values.text(value), first, "        ")

    def _section(self, section: Section) -> list[Line]:
        """The lines of a section and a blank one after them."""
        if section.in_text is InText.NOTHING:
            return []
        if section.in_text is InText.PLACES:
            placed = sorted(section.items, key=lambda item: item.place or Place(""))
            return [*map(place_line, placed)]
        brief = section.in_text is not InText.WHOLE
        head = [] if brief else self._wrapped(section.title)
        head += self._wrapped(section.text, *(() if brief else ("  ", "  ")))
        body = _spaced([*self._blocks(section, brief)])
        apart = [Line()] if section.text and body else []
        lines = [*head, *apart, *body]
        return [*lines, Line()] if lines else []

    def _blocks(self, section: Section, brief: bool) -> Iterator[Sequence[Line]]:
        """The lines of each item, task, table and plot."""
        heads = section.in_text is InText.HEADS
        shown = (i._replace(fields=(), notes=(), history=()) if heads else i for i in section.items)
        for each in folded([*shown]):
            yield self.item(each, "" if brief else section.title)
        if not brief:
            yield from (self.task(task, clicks=False) for task in section.tasks)
            yield from (self._how_to(*each) for each in how_tos(section.tasks).items())
            yield from self._figures(section)
            return
        for waiting in (task for task in section.tasks if task.state != DONE):
            style = "bad" if waiting.is_broken else "manual"
            head = self._wrapped(waiting.gist, "» ", "  ", style)
            yield [*head, *self._facts(waiting)]

    def _figures(self, section: Section) -> list[list[Line]]:
        tables = (figures.table(table, self.width) for table in section.tables)
        return [*tables, *(figures.plot(series, self.width) for series in section.series)]

    def _wrapped(self, text: str, first: str = "", rest: str = "", style: str = "") -> list[Line]:
        return wrapped(text, first, rest, style, self.width)

    def _indented(self, label: str, text: str) -> list[Line]:
        """`text` below something, none for an empty one."""
        return self._wrapped(f"{label}{text}", "    ", "    ") if text else []


def _spaced(blocks: Sequence[Sequence[Line]]) -> list[Line]:
    """Blocks with a blank line between two, unless both are of one line."""
    lines: list[Line] = []
    for number, block in enumerate(blocks):
        if number and max(len(block), len(blocks[number - 1])) > 1:
            lines.append(Line())
        lines += block
    return lines
