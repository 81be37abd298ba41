"""The parts of Markdown, in which no data is markup, mention, link, HTML or fence. Pure.

Names and values stand in code spans, where nothing is markup and no runner of pull requests
looks for mentions. Sentences, which may mention names, have each sign escaped that means
something; an empty comment splits what would be made a link after rendering.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote, urlsplit

from bmeconf.model import DELETE, counted
from bmeconf.model.errors import masked
from bmeconf.render import safe
from bmeconf.render.model import DONE, Page, PageItem, Section, Table, Task

APART = "<!-- -->"
SIGNS, TAGS = (
    re.compile(r"[\\`*_\[\]|~$#]"),
    str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"}),
)
LINKS = re.compile(
    r"@(?=\S)|#(?=\d)|:(?=//)|:(?=[\w+-]+:)|\b[wW]{3}(?=\.)|\b(?:mailto|xmpp|GH)(?=[:-])"
)
COMMIT = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{7,40}(?![0-9a-zA-Z])")
ICONS = {"good": "✅", "warn": "⚠️", "bad": "⛔"}
MOST_NAMED = 10
"""How many deletes the alarm names."""


# --- data


def code(text: str) -> str:
    """`text` as a code span."""
    shown = safe.line(text)
    if not shown.strip():
        return f"<code>{'&nbsp;' * len(shown)}</code>"
    ticks = "`" * (_most_ticks(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def prose(text: str) -> str:
    """`text` as the words of a sentence."""
    escaped = raw(SIGNS.sub(lambda sign: f"\\{sign[0]}", safe.line(text)))
    apart = LINKS.sub(lambda start: start[0] + APART, escaped)
    return COMMIT.sub(lambda id: f"{id[0][:6]}{APART}{id[0][6:]}", apart)


def raw(text: str) -> str:
    """`text` inside of HTML, where Markdown means nothing."""
    return safe.line(text).translate(TAGS)


def block(lines: Iterable[str], language: str) -> list[str]:
    """Lines as they are, each made harmless, in a fence that none of them can close."""
    shown = [safe.line(line) for line in lines]
    fence = "`" * max(3, _most_ticks("\n".join(shown)) + 1)
    return [f"{fence}{language}", *shown, fence]


def _most_ticks(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


# --- parts of a page


def size(*lines: str) -> int:
    """The bytes that lines take, with their ends."""
    return sum(len(line.encode()) + 1 for line in lines)


def marker(document: str, account: str) -> str:
    """A comment by which a report is found again, to be replaced: one per command and account."""
    kind = document.removeprefix("bmeconf.").partition("/")[0]
    name = masked(account).removeprefix("the ").partition(" (")[0]
    name = "sandbox" if name == "sandbox:local" else urlsplit(name).netloc or name
    slug = quote(name, safe=".:")
    # Two hyphens could end the comment.
    slug = slug.replace("-", "%2D") if "--" in slug else slug
    return f"<!-- bmeconf:{kind} account={slug} -->"


def start(page: Page) -> Iterator[str]:
    """Marker, title, verdict, counts, and an alarm where something would be deleted."""
    account = f": {code(page.account)}" if page.account else ""
    kind = page.parts[0].document if page.parts else page.document
    yield marker(kind, page.account or ("all" if page.parts else ""))
    yield f"## {ICONS[page.mood]} {page.title}{account}"
    yield from ("", f"**{prose(page.verdict)}**", "")
    if page.counts:
        labels, numbers = zip(*page.tallies, strict=True)
        row = tuple(f"{number:,}" for number in numbers)
        yield from table(Table(labels, (row,), tuple(range(len(row)))))
    if gone := page.deletes:
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
    place = f" {_placed(item)}" if item.place and placed else ""
    name = f" {code(item.address)}" if item.address else ""
    if item.is_step and item.head:
        emphasis = "**" if item.state == DELETE else ""
        message = f" {emphasis}{prose(item.head)}{emphasis}"
    else:
        message = f" ({prose(item.state)})" + (f": {prose(item.head)}" if item.head else "")
    return f"{f'{code(item.sign)} {level}'.rstrip()}{name}{message}{place}"


def _placed(item: PageItem) -> str:
    place = code(str(item.place))
    return f"[{place}]({item.link})" if item.link else place


def task(task: Task) -> Iterator[str]:
    """A task with its box, and unless it is done what to see to."""
    done = task.state == DONE
    box = "- [x]" if done else "- [ ]"
    yield f"{box} {code(task.address)} ({prose(task.word)}): {prose(task.sentence)}"
    if done:
        return
    yield from (f"  - {prose(label)}: {code(value)}" for label, value in task.facts)
    if task.note:
        yield f"  - note: {prose(task.note)}"
    if task.live:
        yield f"  - the account shows: {prose(task.live)}"


def how_to(where: Iterable[str], tasks: Sequence[Task]) -> Iterator[str]:
    """The clicks of tasks that are done alike, folded unless somebody has to act now."""
    names = ", ".join(f"<code>{raw(task.address)}</code>" for task in tasks)
    first = tasks[0]
    opened = " open" if first.is_broken else ""
    yield from (f"<details{opened}><summary>{first.how} ({names})</summary>", "")
    yield from (f"{n}. {prose(click)}" for n, click in enumerate(where, 1))
    yield from ("", "</details>", "")


def table(table: Table, most_rows: int | None = None) -> Iterator[str]:
    """Heads and rows, and how many of these are left out after `most_rows`."""
    numbers = [n in table.numbers for n in range(len(table.heads))]
    yield _row(map(prose, table.heads))
    yield "|" + "".join(" --: |" if number else " --- |" for number in numbers)
    for row in table.rows[:most_rows]:
        # A code span cannot hold a bar.
        yield _row(
            prose(text) if number or "|" in text else code(text)
            for text, number in zip(row, numbers, strict=True)
        )
    yield ""
    if most_rows is not None and len(table.rows) > most_rows:
        yield from (f"{counted(len(table.rows) - most_rows, 'row')} not shown here.", "")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
