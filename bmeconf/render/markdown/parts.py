"""The parts of Markdown that every tier shows alike: start, titles, heads, tasks, end. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bmeconf.model import counted
from bmeconf.render.markdown.escape import block, code, marker, prose
from bmeconf.render.model import DONE, Page, PageItem, Section, Task

ICONS = {"good": "✅", "warn": "⚠️", "bad": "⛔"}
MOST_NAMED = 10
"""How many deletes the alarm names."""


def size(*lines: str) -> int:
    """The bytes that lines take, with their ends."""
    return sum(len(line.encode()) + 1 for line in lines)


def start(page: Page) -> Iterator[str]:
    """Marker, title, verdict, counts, and an alarm where something would be deleted."""
    account = f": {code(page.account)}" if page.account else ""
    yield marker(page.document, page.account)
    yield f"## {ICONS[page.mood]} {page.title}{account}"
    yield from ("", f"**{prose(page.verdict)}**", "")
    if page.counts:
        yield "| " + " | ".join(prose(label) for label, _ in page.counts) + " |"
        yield "|" + " --: |" * len(page.counts)
        yield "| " + " | ".join(f"{number:,}" for _, number in page.counts) + " |"
        yield ""
    gone = [item for section in page.sections for item in section.items if item.state == "delete"]
    if gone:
        named = ", ".join(code(item.address) for item in gone[:MOST_NAMED])
        more = f" and {len(gone) - MOST_NAMED:,} more" if len(gone) > MOST_NAMED else ""
        yield from ("> [!CAUTION]", f"> **{counted(len(gone), 'delete')}:** {named}{more}", "")


def end(page: Page, longest_command: int | None = None) -> Iterator[str]:
    """Price, fingerprint and next commands, unless these are longer than `longest_command`."""
    facts = [prose(page.price)] if page.price else []
    if page.fingerprint:
        facts.append(f"Fingerprint: {code(page.fingerprint)}")
    if facts:
        yield from ("  \n".join(facts), "")
    length = sum(map(len, page.next_commands))
    if page.next_commands and (longest_command is None or length <= longest_command):
        yield from ("Next:", "", *block(page.next_commands, "sh"), "")


def title(section: Section) -> tuple[str, str]:
    """The heading of a section."""
    return f"### {prose(section.title)}", ""


def fitting(sentence: str) -> tuple[str, str, str]:
    """A note on what is missing for lack of room."""
    return "> [!NOTE]", f"> To fit in here, {sentence}", ""


def head(item: PageItem, placed: bool = True) -> str:
    """An item's sign, level, address and message on one line; `placed` adds its place."""
    level = f"**{item.level}** " if item.level in ("error", "warning") else ""
    place = f" {code(str(item.place))}" if item.place and placed else ""
    name = f" {code(item.address)}" if item.address else ""
    if item.state in ("create", "update", "delete") and item.head:
        emphasis = "**" if item.state == "delete" else ""
        message = f" {emphasis}{prose(item.head)}{emphasis}"
    else:
        message = f" ({prose(item.state)})" + (f": {prose(item.head)}" if item.head else "")
    return f"{f'{code(item.sign)} {level}'.rstrip()}{name}{message}{place}"


def task(task: Task) -> Iterator[str]:
    """A task with its box, and unless it is done how to do it."""
    done = task.state == DONE
    distance = f", {task.distance}" if task.distance else ""
    box = "- [x]" if done else "- [ ]"
    what = prose(f"{task.what}{distance}{task.owned}")
    yield f"{box} {code(task.address)} ({prose(task.state)}): {what}"
    if done:
        return
    if task.note:
        yield f"  - note: {prose(task.note)}"
    yield from (f"  - {prose(label)}: {code(value)}" for label, value in task.enter)
    yield from (f"  {n}. {prose(click)}" for n, click in enumerate(task.where, 1))
    if task.live:
        yield f"  - the account shows: {prose(task.live)}"
