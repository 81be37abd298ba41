"""One item or one task of a Page as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bmeconf.render import safe, values
from bmeconf.render.lines import WIDTH, Line, indented, wrapped
from bmeconf.render.model import DONE, Field, PageItem, Task
from bmeconf.render.text import diffs

LEVELS = {"error": "bad", "warning": "warn"}
SIGNS = {"+": "create", "~": "update", "-": "delete", "»": "manual", "=": "good"}


def title(item: PageItem, above: str = "") -> str:
    """The first line of an item, without its sign.

    `above` is the title over it: an address that stands there already is not repeated.
    """
    if item.address and item.address == above:
        return f"{item.state}: {item.head}"
    label = f"{item.level}: " if item.level in ("error", "note") else ""
    place = f"{item.place}: " if item.place and not item.address else ""
    return f"{label}{place}{item.gist}"


def item(item: PageItem, above: str = "") -> list[Line]:
    """One item with its notes, fields and remedy; `above` as in `title`."""
    style = LEVELS.get(item.level, SIGNS.get(item.sign, ""))
    lines = wrapped(title(item, above), f"{item.sign} ", "  ", style)
    for note in item.notes:
        lines += indented(note)
    for each in item.fields:
        lines += field(each)
    return lines + (indented(f"→ {item.remedy}") if item.remedy else [])


def field(field: Field) -> Iterator[Line]:
    """One field: on one line if it fits, a body as a short unified diff."""
    note = f" ({safe.line(field.note)})" if field.note else ""
    name = safe.line(field.name)
    if field.body:
        yield Line(f"    {name}: {diffs.length(field.after)}{note}")
        if field.before:
            for text in diffs.excerpt(field.before, field.after):
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
    distance = f", {task.distance}" if task.distance else ""
    sentence = f"{task.address} ({task.state}): {task.what}{distance}{task.owned}"
    style = "good" if done else "bad" if task.fails else "manual"
    lines = wrapped(sentence, "[x] " if done else "[ ] ", "    ", style)
    if done:
        return lines
    lines += _note(task)
    for label, value in task.enter:
        lines += wrapped(f"{label}: {value}", "      ", "        ")
    for number, click in enumerate(task.where, 1):
        lines += wrapped(f"{number}. {click}", "    ", "       ")
    return lines + indented(f"the account shows: {task.live}" if task.live else "")


def brief_task(task: Task) -> list[Line]:
    """One task without the way to do it."""
    return [*wrapped(task.gist, "» ", "  ", "manual"), *_note(task)]


def _note(task: Task) -> list[Line]:
    return indented(f"note: {task.note}" if task.note else "")
